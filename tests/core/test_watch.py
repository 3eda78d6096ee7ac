"""Who watches: only one who beat just now, in this boot, and has not ended, is relied on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.watch import STALE_SECONDS, Watcher

SECOND = 1_000_000
BEGIN = Moment(datetime(2026, 1, 1, tzinfo=UTC), 100 * SECOND, "this boot")
BEAT = Moment(datetime(2026, 1, 1, 1, tzinfo=UTC), 3700 * SECOND, "this boot")
GUARD = Watcher("guard", 4711, BEGIN, BEAT)


def after(seconds: float, wall: float | None = None, boot_id: str = "this boot") -> Moment:
    """Both clocks so long after the beat; the wall clock goes with the other if not told otherwise."""
    utc = BEAT.utc + timedelta(seconds=seconds if wall is None else wall)
    return Moment(utc, BEAT.boot_us + int(seconds * SECOND), boot_id)


@pytest.mark.parametrize("seconds", [0, 1, STALE_SECONDS - 0.000001, STALE_SECONDS])
def test_one_who_beat_just_now_is_fresh(seconds):
    assert GUARD.is_fresh(after(seconds))


@pytest.mark.parametrize("seconds", [STALE_SECONDS + 0.000001, 60, 86_400])
def test_one_who_has_not_beaten_for_a_while_is_stale(seconds):
    assert not GUARD.is_fresh(after(seconds))


@pytest.mark.parametrize("boot_id", ["another boot", ""])
def test_one_of_another_boot_is_stale_though_the_clocks_say_the_same(boot_id):
    assert not GUARD.is_fresh(after(0, boot_id=boot_id))


def test_one_who_ended_in_good_order_is_not_relied_on():
    assert not replace(GUARD, ended=True).is_fresh(after(0))


def test_a_beat_that_another_processor_read_a_little_later_is_fresh():
    assert GUARD.is_fresh(after(-0.001))


def test_a_beat_from_the_future_is_stale():
    # Where boots have no names, the clock of the boot before may have stood higher.
    nameless = replace(GUARD, beat=replace(BEAT, boot_id=""))
    assert nameless.is_fresh(after(1, boot_id=""))
    assert not nameless.is_fresh(after(-STALE_SECONDS - 1, boot_id=""))


@pytest.mark.parametrize("wall", [-86_400, 86_400])
def test_setting_the_wall_clock_changes_nothing(wall):
    assert GUARD.is_fresh(after(1, wall=wall))
    assert not GUARD.is_fresh(after(60, wall=0))
