"""Sealing: what is signed, with which key, and that nothing waits for it or fails with it."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotfix_desktop.core.anchoring import copies_in
from hotfix_desktop.core.audit import AuditType, leaf_hash
from hotfix_desktop.core.checkpoints import parse_note
from hotfix_desktop.core.merkle import root_of
from hotfix_desktop.sealing import anchors
from hotfix_desktop.sealing.signing import is_signed
from hotfix_desktop.services import administration, hotfixes, log_tree, protection, sealing, signing_keys
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import Workbench
from tests.services.sealed_world import SealedWorld, days_on, enter, notes, sealed_and_protected
from tests.services.world import entries, package_id


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SealedWorld]:
    made = SealedWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: SealedWorld) -> Workbench:
    return sealed_and_protected(world)


def announced(bench: Workbench) -> list[dict[str, object]]:
    """Give what the log says of each key, the oldest first."""
    lines = entries(bench, type=AuditType.SIGNING_KEY.value, result="Success")
    return [{**json.loads(line.entry().event.detail), "seq": line.seq} for line in lines]


def public(key: dict[str, object]) -> bytes:
    return base64.b64decode(str(key["public"]))


def test_protecting_makes_the_first_key_and_a_checkpoint_over_everything(bench):
    (key,) = announced(bench)
    assert (key["epoch"], key["day"], key["note"]) == (1, "2026-03-29", "")
    (note,) = notes(bench)
    assert note.checkpoint.size == bench.store.ledger.newest() == key["seq"]
    assert is_signed(note, public(key))


def test_a_checkpoint_has_the_root_of_all_leaves_and_the_hash_of_the_newest(bench):
    enter(bench, 37)
    made = sealing.seal(bench)
    lines = entries(bench)
    assert made is not None
    assert made.checkpoint.root == root_of(leaf_hash(line.body) for line in lines)
    assert (made.checkpoint.size, made.checkpoint.head) == (lines[-1].seq, lines[-1].hash)
    assert made.checkpoint.log_id == bench.store.administration.workspace().log_id


def test_unlock_lock_and_relock_end_with_a_checkpoint_of_their_entries(world, bench):
    case, base = package_id(bench, "Case"), package_id(bench, "Base")
    for step in (
        lambda: hotfixes.unlock(bench, case, "Fix"),
        lambda: hotfixes.lock(bench, case),
        lambda: hotfixes.unlock(bench, base, "Fix", minutes=1),
        lambda: [world.clock.go(minutes=2), Relocker(bench).beat()],
        lambda: hotfixes.unlock(bench, base, "Fix"),
        lambda: Relocker(bench).close_all("the session ends"),
        lambda: protection.release(bench),
    ):
        before = len(notes(bench))
        step()
        made = notes(bench)
        assert len(made) == before + 1
        assert made[-1].checkpoint.size == bench.store.ledger.newest()


def test_a_relock_is_sealed_after_all_that_is_due_is_closed(world, bench, monkeypatch):
    for name in ("Case", "Base"):
        hotfixes.unlock(bench, package_id(bench, name), "Fix", minutes=1)
    world.clock.go(minutes=2)
    open_at_seal = []
    key_in_force = sealing.key_in_force
    monkeypatch.setattr(
        sealing,
        "key_in_force",
        lambda b, now: open_at_seal.append(b.store.hotfixes.not_closed()) or key_in_force(b, now),
    )
    Relocker(bench).beat()
    assert open_at_seal == [[]]


def test_a_bench_without_seals_signs_nothing(world):
    plain = world.bench()
    protection.protect(plain)
    assert sealing.seal(plain) is None
    assert sealing.seal_if_due(plain) is None
    assert notes(plain) == []
    assert announced(plain) == []


def test_a_folder_that_nobody_protected_is_not_sealed(world):
    bench = world.sealed()
    assert sealing.seal(bench) is None
    assert sealing.seal_if_due(bench) is None
    assert not world.anchors.exists()


# When it is due


def test_a_beat_seals_every_256_entries(bench):
    size = notes(bench)[-1].checkpoint.size
    enter(bench, 255)
    assert sealing.seal_if_due(bench) is None
    enter(bench)
    assert sealing.seal_if_due(bench).checkpoint.size == size + 256


def test_a_beat_seals_every_fifteen_minutes_also_when_nothing_was_entered(world, bench):
    world.clock.go(minutes=14, seconds=59)
    assert sealing.seal_if_due(bench) is None
    world.clock.go(seconds=1)
    again = sealing.seal_if_due(bench)
    assert again.checkpoint.size == notes(bench)[0].checkpoint.size
    assert sealing.seal_if_due(bench) is None


def test_a_clock_that_is_set_back_does_not_put_the_seal_off(world, bench):
    assert sealing.seal_if_due(bench) is None
    world.clock.set_wall(minutes=-10)
    world.clock.go(minutes=15)
    assert sealing.seal_if_due(bench) is not None


def test_another_program_that_has_just_sealed_is_enough(world, bench):
    other = world.sealed()
    world.clock.go(minutes=15)
    assert sealing.seal_if_due(other) is not None
    assert sealing.seal_if_due(bench) is None


def test_an_old_log_that_was_never_sealed_is_read_a_little_at_each_beat(world, monkeypatch):
    monkeypatch.setattr(log_tree, "AT_ONCE", 8)
    monkeypatch.setattr(log_tree, "PART", 8)
    monkeypatch.setattr(sealing, "GROW_SECONDS", 0.0)
    protection.protect(world.bench())
    bench = world.sealed()
    enter(bench, 40)
    beats = 0
    monkeypatch.setattr(log_tree.time, "monotonic", iter(range(1000)).__next__)
    monkeypatch.setattr(sealing, "GROW_SECONDS", 2)
    while sealing.seal_if_due(bench) is None:
        beats += 1
        assert beats < 40
    assert beats > 3
    (note,) = notes(bench)
    assert note.checkpoint.root == root_of(leaf_hash(line.body) for line in entries(bench))


def test_a_frontier_that_somebody_changed_is_not_built_upon(world, bench):
    with world.raw() as connection:
        connection.execute("UPDATE checkpoint SET frontier = zeroblob(length(frontier))")
    made = sealing.seal(world.sealed())
    assert made.checkpoint.root == root_of(leaf_hash(line.body) for line in entries(bench))


def test_a_log_with_a_gap_is_not_signed(world, bench, expected_log):
    enter(bench, 9)
    with world.raw() as connection:
        connection.execute("DELETE FROM audit WHERE seq = ?", (bench.store.ledger.newest() - 3,))
    assert sealing.seal(bench) is None
    assert "some are missing" in bench.seals.trouble


# The key of each day


def test_each_day_has_a_key_of_its_own_and_the_old_one_signs_everything_before(world, bench):
    days_on(world)
    enter(bench)
    made = sealing.seal(bench)
    first, second = announced(bench)
    assert (second["epoch"], second["day"]) == (2, "2026-03-30")
    last_act = parse_note(str(second["note"]))
    assert is_signed(last_act, public(first))
    assert last_act.checkpoint.size == second["seq"] - 1
    assert last_act.checkpoint.more == (("next-key", second["public"]),)
    assert is_signed(made, public(second))
    assert not is_signed(made, public(first))


def test_the_old_private_key_is_really_gone(world, bench):
    (before,) = world.secrets()
    days_on(world)
    sealing.seal(bench)
    (after,) = world.secrets()
    assert before != after
    assert len(before) == len(after) == 32


def test_a_clock_that_is_set_back_makes_a_newer_key_never_the_older_one_again(world, bench):
    days_on(world)
    sealing.seal(bench)
    world.clock.set_wall(days=-1)
    sealing.seal(bench)
    keys = announced(bench)
    assert [(k["epoch"], k["day"]) for k in keys] == [(1, "2026-03-29"), (2, "2026-03-30"), (3, "2026-03-29")]
    assert all(k["note"] for k in keys[1:])
    assert len({k["public"] for k in keys}) == 3


def test_a_key_that_is_lost_begins_a_new_chain_and_says_so(world, bench):
    for path in world.keys.iterdir():
        path.unlink()
    assert sealing.seal(bench) is not None
    first, second = announced(bench)
    assert (second["epoch"], second["note"]) == (2, "")
    assert "a new chain of keys begins" in entries(bench, type=AuditType.SIGNING_KEY.value)[-1].description
    assert first["public"] != second["public"]


def test_a_key_that_somebody_else_keeps_is_waited_for_a_day(world, bench, expected_log):
    world.keys = world.folder / "keys of bob"
    other = world.sealed("bob")
    assert sealing.seal(other) is None
    assert "another user" in other.seals.trouble
    assert sealing.seal(bench) is not None
    days_on(world)
    assert sealing.seal(other) is not None
    assert [bool(key["note"]) for key in announced(bench)] == [False, False]
    assert len(expected_log.messages) == 1


# Anchors


def test_each_checkpoint_goes_to_the_file_in_the_state_folder(world, bench):
    sealing.seal(bench)
    copies, end, damaged = copies_in(world.anchor.read_bytes())
    assert [copy.note for copy in copies] == [note.note() for note in notes(bench)]
    assert (end, damaged) == (world.anchor.stat().st_size, False)


def test_signing_facts_say_where_the_key_is(world, bench):
    facts = sealing.signing_facts(bench)
    (key,) = announced(bench)
    assert facts.place == "a file that only its owner may read"
    assert facts.public.endswith(base64.b64encode(b"\x01" + public(key)).decode())
    assert facts.signed_upto == bench.store.ledger.newest()
    assert sealing.key_place(world.bench()) == ""
    assert signing_keys.announced_keys(bench.store)[0].public == public(key)


# Nothing stops or delays a lock


@pytest.mark.parametrize("column", ["note = x'00'", "frontier = substr(hex(zeroblob(999)), 1, length(frontier))"])
def test_nonsense_in_a_checkpoint_stops_no_lock(world, bench, column):
    case = package_id(bench, "Case")
    hotfixes.unlock(bench, case, "Fix", minutes=1)
    with world.raw() as connection:
        connection.execute(f"UPDATE checkpoint SET {column}")
    hotfixes.lock(bench, case)
    hotfixes.unlock(bench, case, "Fix", minutes=1)
    with world.raw() as connection:
        connection.execute(f"UPDATE checkpoint SET {column}")
    world.clock.go(minutes=20)
    assert len(Relocker(bench).beat().relocked) == 1
    assert sealing.seal_if_due(world.sealed()) is None  # the beat has signed it
    assert sealing.seal(bench).checkpoint.root == root_of(leaf_hash(line.body) for line in entries(bench))


def test_a_bug_of_the_sealing_stops_no_lock_and_is_heard_of(world, bench, monkeypatch, expected_log):
    def bug(*args: object) -> None:
        raise TypeError("a bug")

    case = package_id(bench, "Case")
    hotfixes.unlock(bench, case, "Fix")
    monkeypatch.setattr(sealing, "tree_at_end", bug)
    hotfixes.lock(bench, case)
    assert not bench.store.hotfixes.not_closed()
    assert "a bug" in bench.seals.trouble
    assert len(expected_log.messages) == 1


def test_a_database_that_is_held_delays_a_seal_only_for_moments(world, bench, monkeypatch):
    waits = []
    key_in_force = sealing.key_in_force

    def held(made: Workbench, now: object) -> object:
        key = key_in_force(made, now)
        other = sqlite3.connect(world.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waits.append((other, made.store._database.execute_sql("PRAGMA busy_timeout").fetchone()[0]))
        return key

    monkeypatch.setattr(sealing, "BUSY_SECONDS", 0.01)
    enter(bench)
    with monkeypatch.context() as busy:
        busy.setattr(sealing, "key_in_force", held)
        assert sealing.seal(bench) is None
    ((other, wait),) = waits
    other.close()
    assert wait == 10
    assert bench.store._database.execute_sql("PRAGMA busy_timeout").fetchone()[0] == 10_000
    assert bench.seals.trouble == ""
    assert sealing.seal_if_due(bench) is not None, "the next beat makes up for it"
    assert sealing.seal_if_due(bench) is None


def test_lock_all_seals_once_after_everything_is_closed(bench):
    for name in ("Case", "Base"):
        hotfixes.unlock(bench, package_id(bench, name), "Fix")
    before = len(notes(bench))
    assert len(hotfixes.lock_all(bench).locked) == 2
    assert len(notes(bench)) == before + 1


def test_all_anchors_together_are_waited_for_once(world, bench, monkeypatch, tmp_path):
    (tmp_path / "share").mkdir()
    administration.change_settings(bench, {"AuditAnchorFolder": str(tmp_path / "share")})
    times = iter((100.0, 100.0, 100.45))
    monkeypatch.setattr(sealing.time, "monotonic", lambda: next(times, 100.45))
    given = []
    monkeypatch.setattr(anchors.FileAnchor, "write", lambda self, note, seconds: given.append(round(seconds, 2)))
    sealing.copy_to_anchors(bench, "a note")
    assert given == [0.5, 0.05]
