"""What beats do for the seals: they make what is due, and windows look whether the log still is the right one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotfix_desktop.core.progress import NOBODY
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import Break
from hotfix_desktop.runtime.beating import STANDING_EVERY, BeatingBench
from hotfix_desktop.services import administration, hotfixes, sealing
from hotfix_desktop.services.aftermath import window_name
from tests.services.sealed_world import SealedWorld, enter, notes, sealed_and_protected
from tests.services.world import package_id


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SealedWorld]:
    made = SealedWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def window(world):
    made = BeatingBench(world.sealed, window_name)
    yield made
    made.close()


@pytest.fixture
def guard(world):
    made = BeatingBench(world.sealed)
    yield made
    made.close()


@pytest.mark.parametrize("who", ["window", "guard"])
def test_a_beat_seals_what_is_due_also_without_a_window(world, who, request):
    bench = sealed_and_protected(world)
    beating = request.getfixturevalue(who)
    beating.beat(NOBODY)
    assert len(notes(bench)) == 1
    world.clock.go(minutes=15)
    beating.beat(NOBODY)
    assert len(notes(bench)) == 2
    enter(bench, 256)
    beating.beat(NOBODY)
    assert notes(bench)[-1].checkpoint.size == bench.store.ledger.newest()


def test_a_relock_by_the_guard_is_sealed(world, guard):
    bench = sealed_and_protected(world)
    hotfixes.unlock(bench, package_id(bench, "Case"), "Fix", minutes=1)
    before = len(notes(bench))
    world.clock.go(minutes=1)
    assert [h.package_name for h in guard.beat(NOBODY).relocked] == ["Case"]
    assert len(notes(bench)) == before + 1
    assert notes(bench)[-1].checkpoint.size == bench.store.ledger.newest()


def test_a_window_looks_at_its_first_beat_and_then_now_and_then(world, window, expected_log):
    bench = sealed_and_protected(world)
    first = window.beat(NOBODY).standing
    assert first is not None
    assert first.finding is None
    last = bench.store.ledger.newest()
    enter(bench, 2)
    sealing.seal(bench)
    world.cut_off(last)
    looked = [window.beat(NOBODY).standing for _ in range(STANDING_EVERY)]
    assert looked[:-1] == [None] * (STANDING_EVERY - 1)
    assert looked[-1].finding.kind is Break.ROLLED_BACK


def test_the_guard_does_not_look_and_an_auditors_window_does(world, guard, expected_log):
    bench = sealed_and_protected(world)
    administration.assign_role(bench, "bob", Role.AUDITOR)
    assert guard.beat(NOBODY).standing is None
    auditor = BeatingBench(lambda: world.sealed("bob"), window_name)
    try:
        assert auditor.beat(NOBODY).standing is not None
    finally:
        auditor.close()
