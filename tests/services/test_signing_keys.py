"""The daily change of the signing key: crashes between its steps, two programs at once, and places that fail."""

from __future__ import annotations

import base64
import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.checkpoints import parse_note
from hotfix_desktop.sealing import keys
from hotfix_desktop.sealing.keys import FilePlace, KeyringPlace, KeyTrouble, slot_of
from hotfix_desktop.sealing.signing import SigningKey, is_signed
from hotfix_desktop.services import hotfixes, sealing, signing_keys
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import Workbench
from tests.sealing.test_keys import Hanging, Keyring
from tests.services.sealed_world import SealedWorld, days_on, enter, notes, sealed_and_protected
from tests.services.world import entries, package_id, status


class Died(BaseException):
    """The process was killed here."""


class Deadly:
    """A key place in which the process is killed right before one of its changes, or right after."""

    def __init__(self, place: FilePlace, step: int, after: bool) -> None:
        self.name, self.where = place.name, place.where
        self._place = place
        self._left = step
        self._after = after

    def load(self, slot: str) -> bytes | None:
        return self._place.load(slot)

    def keep(self, slot: str, secret: bytes) -> None:
        self._at_step(lambda: self._place.keep(slot, secret))

    def destroy(self, slot: str) -> None:
        self._at_step(lambda: self._place.destroy(slot))

    def _at_step(self, change: Callable[[], None]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Died
        change()
        if self._left == 0:
            raise Died


class Failing(FilePlace):
    """A key place that does not answer for a while."""

    fails = True

    def load(self, slot: str) -> bytes | None:
        if self.fails:
            raise KeyTrouble("The keyring is locked.")
        return super().load(slot)

    def keep(self, slot: str, secret: bytes) -> None:
        if self.fails:
            raise KeyTrouble("The keyring is locked.")
        super().keep(slot, secret)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SealedWorld]:
    made = SealedWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: SealedWorld) -> Workbench:
    return sealed_and_protected(world)


def chain(bench: Workbench) -> list[tuple[int, bool]]:
    """Give epoch and "is signed by its predecessor" of each key; checks that each checkpoint bears the right one."""
    found = []
    known: list[tuple[int, bytes]] = []
    for line in entries(bench, type=AuditType.SIGNING_KEY.value, result="Success"):
        facts = json.loads(line.entry().event.detail)
        public = base64.b64decode(facts["public"])
        before = bool(facts["note"]) and is_signed(parse_note(facts["note"]), known[-1][1])
        found.append((facts["epoch"], before))
        known.append((line.seq, public))
    for note in notes(bench):
        in_force = [public for seq, public in known if seq <= note.checkpoint.size][-1]
        assert is_signed(note, in_force)
    return found


def secret_of(place: FilePlace | KeyringPlace, bench: Workbench, which: str) -> bytes | None:
    return place.load(slot_of(bench.store.administration.workspace().log_id, which))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_crash_at_any_step_leaves_one_chain_and_destroys_the_old_key(world, bench, step, after):
    place = FilePlace(world.keys)
    old = secret_of(place, bench, "current")
    days_on(world)
    world.place = Deadly(place, step, after)
    dying = world.sealed()
    with pytest.raises(Died):
        sealing.seal(dying)
    world.place = None
    assert sealing.seal(world.sealed()) is not None
    assert chain(bench) == [(1, False), (2, True)]
    # The day after, everything that the crash left is gone.
    days_on(world)
    assert sealing.seal(world.sealed()) is not None
    assert chain(bench) == [(1, False), (2, True), (3, True)]
    (left,) = world.secrets()
    assert left == secret_of(place, bench, "current")
    assert left != old


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_crash_at_the_very_first_key_leaves_one_chain(world, step):
    from hotfix_desktop.services import protection

    protection.protect(world.bench())
    world.place = Deadly(FilePlace(world.keys), step, False)
    with pytest.raises(Died):
        sealing.seal(world.sealed())
    world.place = None
    bench = world.sealed()
    assert sealing.seal(bench) is not None
    assert chain(bench) == [(1, False)]


def test_a_crash_after_the_announcement_lets_nobody_else_begin_a_new_chain(world, bench):
    days_on(world)
    world.place = Deadly(FilePlace(world.keys), 2, False)  # announced; the old key is still in its slot
    with pytest.raises(Died):
        sealing.seal(world.sealed())
    assert len(world.secrets()) == 2
    world.place = None
    sealing.seal(world.sealed())
    assert len(world.secrets()) == 1
    assert chain(bench) == [(1, False), (2, True)]


def test_a_secret_that_was_never_announced_is_dropped(world, bench):
    place = FilePlace(world.keys)
    stray = SigningKey.new().secret()
    place.keep(slot_of(bench.store.administration.workspace().log_id, "next"), stray)
    days_on(world)
    sealing.seal(bench)
    assert chain(bench) == [(1, False), (2, True)]
    assert stray not in world.secrets()


def test_a_keyring_forgets_the_old_key_too(world):
    backend = Keyring()
    world.place = KeyringPlace(backend)
    bench = sealed_and_protected(world)
    (before,) = backend.kept.values()
    days_on(world)
    sealing.seal(bench)
    (after,) = backend.kept.values()
    assert before != after
    assert chain(bench) == [(1, False), (2, True)]
    assert not world.keys.exists()


def test_a_key_stays_where_it_is_kept_when_a_better_place_appears(world, bench):
    ring = KeyringPlace(Keyring())
    with_ring = world.sealed()
    with_ring.seals.places = lambda: (ring, FilePlace(world.keys))
    days_on(world)
    sealing.seal(with_ring)
    sealing.seal(bench)
    assert chain(bench) == [(1, False), (2, True)]
    assert sealing.key_place(with_ring) == "a file that only its owner may read"


# Two at once


def _seal_days(folder: str, gate: object, days: int) -> None:
    world = SealedWorld(Path(folder))
    bench = world.sealed()
    for _ in range(days):
        days_on(world)
        gate.wait(60)  # type: ignore[attr-defined]
        enter(bench)
        for _try in range(20):
            if sealing.seal(bench) is not None:
                break
    world.close()


def test_two_processes_that_seal_at_once_have_one_chain_of_keys(world, bench):
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    both = [context.Process(target=_seal_days, args=(str(world.folder), gate, 4)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
        assert process.exitcode == 0
    assert chain(bench) == [(1, False), (2, True), (3, True), (4, True), (5, True)]
    assert len(world.secrets()) == 1


# A place that fails


def test_a_place_that_fails_keeps_nobody_from_unlocking_and_locking(world, expected_log):
    world.place = Failing(world.keys)
    bench = sealed_and_protected(world)
    case = package_id(bench, "Case")
    hotfixes.unlock(bench, case, "Fix", minutes=5)
    hotfixes.lock(bench, case)
    hotfixes.unlock(bench, case, "Fix", minutes=5)
    world.clock.go(minutes=6)
    assert [h.package_name for h in Relocker(bench).beat().relocked] == ["Case"]
    assert notes(bench) == []
    assert bench.seals.trouble == "The keyring is locked."
    assert sealing.signing_facts(bench).trouble == "The keyring is locked."
    failures = entries(bench, type=AuditType.SIGNING_KEY.value)
    # One entry for the kind, however often it is tried, also by another process.
    world.clock.go(minutes=20)
    assert sealing.seal(bench) is None
    assert sealing.seal(world.sealed()) is None
    assert [line.result for line in failures] == ["Failure"]
    assert len(entries(bench, type=AuditType.SIGNING_KEY.value)) == 1


def test_signing_goes_on_when_the_place_answers_again(world, expected_log):
    world.place = Failing(world.keys)
    bench = sealed_and_protected(world)
    world.place.fails = False
    world.clock.go(seconds=59)
    assert sealing.seal_if_due(bench) is None, "a wallet would ask again and again"
    world.clock.go(seconds=2)
    assert sealing.seal_if_due(bench) is not None
    assert (bench.seals.trouble, chain(bench)) == ("", [(1, False)])


def test_a_wallet_that_hangs_holds_nobody_up_for_long(world, monkeypatch, expected_log):
    monkeypatch.setattr(keys, "KEYRING_SECONDS", 0.05)
    backend = Hanging()
    world.place = KeyringPlace(backend)
    bench = sealed_and_protected(world)
    case = package_id(bench, "Case")
    try:
        hotfixes.unlock(bench, case, "Fix")
        hotfixes.lock(bench, case)
        assert not status(bench, "Case").is_open
        assert backend.asked == 1
    finally:
        backend.go_on.set()
        for thread in threading.enumerate():
            if thread.name.startswith("asking"):
                thread.join(60)


def test_a_database_that_takes_no_checkpoint_keeps_nothing_open(world, bench, monkeypatch, expected_log):
    from hotfix_desktop.core.errors import StoreError
    from hotfix_desktop.store.checkpoints import Checkpoints

    def full(*args: object) -> int:
        raise StoreError("The disk that holds the audit database is full, so nothing was changed.")

    monkeypatch.setattr(Checkpoints, "add", full)
    case = package_id(bench, "Case")
    hotfixes.unlock(bench, case, "Fix", minutes=1)
    world.clock.go(minutes=2)
    beat = Relocker(bench).beat()
    assert ([h.package_name for h in beat.relocked], beat.failed) == (["Case"], ())
    assert "full" in bench.seals.trouble


def test_a_destroyed_slot_that_fails_is_done_by_the_next(world, bench, monkeypatch, expected_log):
    days_on(world)
    keep = FilePlace.keep

    def refuse_current(self: FilePlace, slot: str, secret: bytes) -> None:
        if slot.endswith("current"):
            raise KeyTrouble("The signing key of the audit log cannot be kept: Input/output error.")
        keep(self, slot, secret)

    with monkeypatch.context() as broken:
        broken.setattr(FilePlace, "keep", refuse_current)
        assert sealing.seal(bench) is not None
    assert len(world.secrets()) == 2
    world.clock.go(minutes=1)
    assert sealing.seal(bench) is not None
    assert len(world.secrets()) == 1
    assert chain(bench) == [(1, False), (2, True)]


def test_nonsense_in_an_announcement_is_no_key(bench):
    bench.enter_alone(bench.event(AuditType.SIGNING_KEY, "Forged", public="???", epoch="x", day="y"))
    assert signing_keys.announced_keys(bench.store) == []
    assert sealing.seal(bench) is not None
