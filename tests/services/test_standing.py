"""A log that was rolled back, cut off or replaced: found, refused, acknowledged by two people, and locks go on."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.checkpoints import Checkpoint
from hotfix_desktop.core.errors import Denied, Refused
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.sealing import anchors
from hotfix_desktop.sealing.anchors import FileAnchor
from hotfix_desktop.sealing.signing import SigningKey
from hotfix_desktop.services import administration, hotfixes, protection, sealing, standing
from hotfix_desktop.services.archive_stays import settled_until
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import Workbench
from tests.services.sealed_world import NAME, SealedWorld, days_on, enter, sealed_and_protected
from tests.services.world import entries, package_id, status

ADMINISTRATOR, AUDITOR = Role.ADMINISTRATOR, Role.AUDITOR


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SealedWorld]:
    made = SealedWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: SealedWorld) -> Workbench:
    """The bench of ann, who is an administrator; bob is an auditor."""
    made = sealed_and_protected(world)
    administration.assign_role(made, "bob", AUDITOR)
    sealing.seal(made)
    return made


def sealed_later(bench: Workbench, times: int = 3) -> None:
    for _ in range(times):
        enter(bench, 2)
        assert sealing.seal(bench) is not None


def rolled_back(world: SealedWorld, bench: Workbench) -> Workbench:
    """Put an older copy of the database in place of the one that went on; gives a bench on it."""
    for each in world.benches:
        each.store.close()
    copy = world.folder / "copy.sqlite3"
    shutil.copy(world.database, copy)
    again = world.sealed()
    sealed_later(again)
    again.store.close()
    shutil.copy(world.database, world.folder / "newest.sqlite3")
    put_in_place(world, copy)
    world.clock.go(seconds=1)  # what is entered now is not what was entered then
    return world.sealed()


def put_in_place(world: SealedWorld, database: Path) -> None:
    for file in world.database.parent.glob("*.sqlite3*"):
        file.unlink()
    shutil.copy(database, world.database)


def kind(bench: Workbench) -> Break | None:
    found = standing.standing(bench).finding
    return found.kind if found else None


def broken(bench: Workbench) -> list[str]:
    return [line.result for line in entries(bench, type=AuditType.AUDIT_BROKEN.value)]


# In order


def test_a_log_that_only_grew_is_in_order(world, bench):
    sealed_later(bench)
    days_on(world)
    sealed_later(bench)
    for each in (bench, world.sealed()):
        now = standing.standing(each)
        assert (now.finding, now.refuses) == (None, False)
        (seen,) = now.anchors
        assert (seen.name, seen.problem) == (str(world.anchor), "")
        assert seen.size == each.store.ledger.newest()
    hotfixes.unlock(bench, package_id(bench, "Case"), "Fix")
    assert broken(bench) == []


def test_a_bench_without_seals_compares_nothing(world, bench):
    sealed_later(bench)
    world.cut_off(5)
    assert standing.standing(world.bench()) == standing.Standing()


def test_a_log_that_another_program_continues_meanwhile_is_in_order(world, bench, monkeypatch):
    other = world.sealed()
    read = FileAnchor.read

    def read_late(self: FileAnchor, start: int = 0) -> anchors.Reading:
        sealed_later(other, 1)  # right before the anchor is read: the log has to be looked at after it
        return read(self, start)

    monkeypatch.setattr(FileAnchor, "read", read_late)
    assert kind(bench) is None


# Found


def test_an_older_copy_of_the_database_is_a_rollback(world, bench, expected_log):
    old = rolled_back(world, bench)
    now = standing.standing(old)
    assert now.finding is not None
    assert (now.finding.kind, now.refuses, now.places) == (Break.ROLLED_BACK, True, (str(world.anchor),))
    assert now.finding.seq == old.store.ledger.newest()  # the entry of the finding stands there now
    with pytest.raises(Refused, match="rolled back") as caught:
        hotfixes.unlock(old, package_id(old, "Case"), "Fix")
    assert "administrator and an auditor" in caught.value.remedy
    assert not status(old, "Case").is_open


def test_it_is_found_although_the_log_has_grown_beyond_it_again(world, bench, expected_log):
    old = rolled_back(world, bench)
    sealed_later(old, 8)
    found = standing.standing(world.sealed()).finding
    assert found is not None
    assert found.kind is Break.ROLLED_BACK
    assert "is not the one that was signed" in found.sentence
    assert found.seq <= found.until


def test_the_end_cut_off_with_its_checkpoints_is_a_rollback(world, bench, expected_log):
    last = bench.store.ledger.newest()
    sealed_later(bench)
    world.cut_off(last)
    found = standing.standing(bench).finding
    assert (found.kind, found.seq, found.until) == (Break.ROLLED_BACK, last + 1, last + 1)


def test_the_end_cut_off_without_its_checkpoints_is_a_truncation(world, bench, expected_log):
    last = bench.store.ledger.newest()
    sealed_later(bench)
    world.cut_off(last, checkpoints=False)
    world.anchor.unlink()
    found = standing.standing(world.sealed()).finding
    assert (found.kind, found.seq) == (Break.TRUNCATED, last + 1)


def test_another_log_in_its_place_is_a_replacement(world, bench, expected_log):
    for each in world.benches:
        each.store.close()
    for file in world.database.parent.glob("*.sqlite3*"):
        file.unlink()
    fresh = world.sealed("eve")
    protection.register(fresh)
    sealing.seal(fresh)
    assert kind(fresh) is Break.REPLACED


def test_a_log_that_lost_its_checkpoints_is_a_replacement_also_after_the_next_seal(world, bench, expected_log):
    with world.raw() as connection:
        connection.execute("DELETE FROM checkpoint")
    assert kind(bench) is Break.REPLACED
    assert sealing.seal(bench) is not None
    assert standing.standing(world.sealed()).refuses


def test_an_anchor_that_is_deleted_after_the_finding_lifts_nothing(world, bench, expected_log):
    old = rolled_back(world, bench)
    assert standing.standing(old).refuses
    world.anchor.unlink()
    assert standing.standing(world.sealed()).refuses


def test_a_finding_is_entered_once(world, bench, expected_log):
    old = rolled_back(world, bench)
    for _ in range(3):
        standing.standing(old)
        standing.standing(world.sealed("bob"))
    assert broken(old) == ["Failure"]
    sealed_later(old)
    standing.standing(world.sealed())
    assert broken(old) == ["Failure"]


# Anchors that are no use


def test_nonsense_in_an_anchor_is_a_remark(world, bench):
    note = world.anchor.read_text("utf-8")
    forged = note.replace(f"\n{bench.store.ledger.newest()}\n", f"\n{10**6}\n")
    assert forged != note
    with open(world.anchor, "a", encoding="utf-8") as file:
        file.write(f"\nhello\n{forged}")
    now = standing.standing(world.sealed())
    assert now.finding is None
    assert "wrong signature" in now.anchors[0].problem


def test_an_anchor_of_nothing_but_nonsense_is_a_bad_signature(world, bench, expected_log):
    text = world.anchor.read_text("utf-8")
    for size in {note.checkpoint.size for note in map(_parsed, bench.store.checkpoints.after())}:
        text = text.replace(f"\n{size}\n", f"\n{size + 10**6}\n")
    world.anchor.write_text(text, "utf-8")
    now = standing.standing(world.sealed())
    assert (now.finding.kind, now.refuses) == (Break.SIGNATURE, False)


def _parsed(stored):
    from hotfix_desktop.core.checkpoints import parse_note

    return parse_note(stored.note)


def test_an_anchor_that_missed_checkpoints_catches_up(world, bench, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    administration.change_settings(bench, {"AuditAnchorFolder": str(share)})
    sealed_later(bench, 1)
    file = share / f"{NAME}.notes"
    assert standing.anchors_seen(bench)[1].size == bench.store.ledger.newest()
    share.rename(tmp_path / "unmounted")
    sealed_later(bench, 2)
    assert "cannot be reached" in standing.anchors_seen(bench)[1].problem or not file.exists()
    (tmp_path / "unmounted").rename(share)
    sealed_later(bench, 1)
    seen = standing.anchors_seen(bench)
    assert [anchor.size for anchor in seen] == [bench.store.ledger.newest()] * 2
    assert kind(bench) is None


def test_an_anchor_that_hangs_keeps_nobody_from_unlocking_and_locking(world, bench, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(anchors, "WRITE_SECONDS", 0.05)
    monkeypatch.setattr(anchors, "READ_SECONDS", 0.05)
    for name in ("_append", "_read"):
        monkeypatch.setattr(FileAnchor, name, lambda *args: go_on.wait(60))
    case = package_id(bench, "Case")
    try:
        hotfixes.unlock(bench, case, "Fix", minutes=1)
        hotfixes.lock(bench, case)
        hotfixes.unlock(bench, case, "Fix", minutes=1)
        world.clock.go(minutes=2)
        assert [h.package_name for h in Relocker(bench).beat().relocked] == ["Case"]
        assert "no answer" in standing.standing(bench).anchors[0].problem
    finally:
        go_on.set()
        for thread in threading.enumerate():
            if thread.name.startswith("asking"):
                thread.join(60)


def test_a_hotfix_is_locked_although_the_log_was_rolled_back(world, bench, expected_log):
    case, base = package_id(bench, "Case"), package_id(bench, "Base")
    hotfixes.unlock(bench, case, "Fix", minutes=1)
    hotfixes.unlock(bench, base, "Fix", minutes=60)
    old = rolled_back(world, bench)
    assert standing.standing(old).refuses
    world.clock.go(minutes=2)
    assert [h.package_name for h in Relocker(old).beat().relocked] == ["Case"]
    hotfixes.lock(old, base)
    assert not status(old, "Base").is_open
    with pytest.raises(Refused, match="rolled back"):
        hotfixes.unlock(old, case, "Fix")


# Acknowledging


def test_an_administrator_and_an_auditor_together_lift_it(world, bench, expected_log):
    old = rolled_back(world, bench)
    auditor = world.sealed("bob")
    standing.standing(old)
    now = standing.acknowledge(old, ADMINISTRATOR, "Restored after the disk failed")
    assert now.refuses
    assert [(a.user, a.role, a.remark) for a in now.acknowledged] == [
        ("ann", ADMINISTRATOR, "Restored after the disk failed")
    ]
    assert now.roles == frozenset()
    assert standing.standing(auditor).roles == {AUDITOR}
    sealed_later(old)  # new checkpoints between the two change nothing
    now = standing.acknowledge(auditor, AUDITOR)
    assert (now.finding, now.refuses) == (None, False)
    hotfixes.unlock(old, package_id(old, "Case"), "Fix")
    said = entries(old, type=AuditType.BREAK_ACKNOWLEDGED.value)
    detail = json.loads(said[0].entry().event.detail)
    assert (detail["finding"], detail["role"], detail["alone"]) == ("rolled back", ADMINISTRATOR.value, False)
    assert len(detail["notes"]) == 1
    assert [line.owner for line in said] == ["ann", "bob"]


def test_what_is_acknowledged_stays_so_while_the_log_and_the_anchor_grow(world, bench, expected_log):
    old = rolled_back(world, bench)
    standing.standing(old)
    standing.acknowledge(old, ADMINISTRATOR)
    standing.acknowledge(world.sealed("bob"), AUDITOR)
    for _ in range(4):
        days_on(world)
        sealed_later(old, 2)
        assert standing.standing(old).finding is None
        assert standing.standing(world.sealed()).finding is None
    assert broken(old) == ["Failure"]


def test_a_second_rollback_needs_words_of_its_own(world, bench, expected_log):
    old = rolled_back(world, bench)
    standing.acknowledge(old, ADMINISTRATOR)
    standing.acknowledge(world.sealed("bob"), AUDITOR)
    sealed_later(old, 8)
    again = rolled_back(world, old)
    now = standing.standing(again)
    assert (now.refuses, now.acknowledged) == (True, ())
    standing.acknowledge(again, ADMINISTRATOR)
    assert not standing.acknowledge(world.sealed("bob"), AUDITOR).refuses


def test_nobody_says_it_twice_where_there_are_others(world, bench, expected_log):
    administration.assign_role(bench, "ann", AUDITOR)
    sealing.seal(bench)
    old = rolled_back(world, bench)
    standing.acknowledge(old, ADMINISTRATOR)
    with pytest.raises(Refused, match="somebody else of the Auditors"):
        standing.acknowledge(old, AUDITOR)
    with pytest.raises(Refused, match="ann has acknowledged it for the System administrators already"):
        standing.acknowledge(world.sealed("ann"), ADMINISTRATOR)
    assert standing.standing(old).refuses


def test_nobody_says_it_in_a_role_that_is_not_theirs(world, bench, expected_log):
    old = rolled_back(world, bench)
    with pytest.raises(Refused, match="ann is no member of Auditors"):
        standing.acknowledge(old, AUDITOR)
    with pytest.raises(Denied):
        standing.acknowledge(world.sealed("eve"), ADMINISTRATOR)
    assert standing.standing(old).acknowledged == ()


def test_somebody_who_is_alone_says_it_once_in_each_role(world, expected_log):
    alone = sealed_and_protected(world)
    sealing.seal(alone)
    old = rolled_back(world, alone)
    assert standing.standing(old).roles == {ADMINISTRATOR, AUDITOR}
    assert standing.acknowledge(old, ADMINISTRATOR).roles == {AUDITOR}
    assert not standing.acknowledge(old, AUDITOR).refuses
    # Another member who comes later does not make it undone.
    administration.assign_role(old, "bob", AUDITOR)
    assert standing.standing(world.sealed()).finding is None


def with_a_colleague_rolled_back(world: SealedWorld) -> Workbench:
    """Bring back a database from before bob became an auditor, after the log with him was found in order."""
    alone = sealed_and_protected(world)
    sealing.seal(alone)
    alone.store.close()
    copy = world.folder / "copy.sqlite3"
    shutil.copy(world.database, copy)
    both = world.sealed()
    administration.assign_role(both, "bob", AUDITOR)
    sealed_later(both)
    assert standing.standing(both).finding is None
    both.store.close()
    put_in_place(world, copy)
    world.clock.go(seconds=1)
    return world.sealed()


def test_who_was_not_alone_when_the_log_was_in_order_cannot_say_it_alone(world, expected_log):
    old = with_a_colleague_rolled_back(world)
    assert {user for user, _ in old.store.administration.members()} == {"ann"}, "as the older database has it"
    found = standing.standing(old)
    assert (found.alone, found.roles) == (False, {ADMINISTRATOR})
    assert standing.acknowledge(old, ADMINISTRATOR).refuses
    with pytest.raises(Refused):
        standing.acknowledge(old, AUDITOR)
    # The way out: the colleague is given the role again, which is an entry, and says it.
    administration.assign_role(old, "bob", AUDITOR)
    assert not standing.acknowledge(world.sealed("bob"), AUDITOR).refuses


def test_who_left_while_the_log_was_in_order_is_not_waited_for(world, expected_log):
    bench = sealed_and_protected(world)
    administration.assign_role(bench, "bob", AUDITOR)
    sealing.seal(bench)
    assert standing.standing(bench).finding is None
    assert bench.seals.members() == {"ann", "bob"}
    administration.remove_role(bench, "bob", AUDITOR)
    sealing.seal(bench)
    assert standing.standing(bench).finding is None
    assert standing.standing(rolled_back(world, bench)).alone


def test_a_log_that_no_anchor_vouches_for_makes_nobody_forgotten(world, bench):
    sealing.seal(bench)
    assert standing.standing(bench).finding is None
    assert bench.seals.members() >= {"ann", "bob"}
    world.anchor.unlink()
    administration.remove_role(bench, "bob", AUDITOR)
    again = world.sealed()
    assert standing.standing(again).anchors[0].problem
    assert again.seals.members() >= {"ann", "bob"}


def test_there_is_nothing_to_acknowledge_in_a_log_in_order(bench):
    with pytest.raises(Refused, match="nothing to acknowledge"):
        standing.acknowledge(bench, ADMINISTRATOR)
    assert entries(bench, type=AuditType.BREAK_ACKNOWLEDGED.value) == []


def test_a_truncation_that_is_acknowledged_lets_the_log_go_on(world, bench, expected_log):
    last = bench.store.ledger.newest()
    sealed_later(bench)
    world.cut_off(last, checkpoints=False)
    again = world.sealed()
    assert kind(again) is Break.TRUNCATED
    standing.acknowledge(again, ADMINISTRATOR)
    standing.acknowledge(world.sealed("bob"), AUDITOR)
    sealed_later(again, 5)
    assert standing.standing(again).finding is None
    assert standing.standing(world.sealed()).finding is None


def test_the_right_database_put_back_is_in_order_again(world, bench, expected_log):
    old = rolled_back(world, bench)
    assert standing.standing(old).refuses
    for each in world.benches:
        each.store.close()
    put_in_place(world, world.folder / "newest.sqlite3")
    right = world.sealed()
    assert standing.standing(right).finding is None
    sealed_later(right)
    hotfixes.unlock(right, package_id(right, "Case"), "Fix")


def test_a_folder_for_anchors_must_be_there(bench, tmp_path):
    from hotfix_desktop.core.errors import InvalidInput

    with pytest.raises(InvalidInput, match="There is no folder"):
        administration.change_settings(bench, {"AuditAnchorFolder": str(tmp_path / "nowhere")})
    (tmp_path / "here").mkdir()
    after = administration.change_settings(bench, {"AuditAnchorFolder": str(tmp_path / "here")})
    assert after.anchor_folder == str(tmp_path / "here")
    # It went away: other settings can be changed all the same, and it can be given up.
    (tmp_path / "here").rmdir()
    administration.change_settings(bench, {"PackageHotfixTimeout": "20", "AuditAnchorFolder": str(tmp_path / "here")})
    assert administration.change_settings(bench, {"AuditAnchorFolder": ""}).anchor_folder == ""


# What a hostile review found


def outside(world: SealedWorld) -> Path:
    folder = world.folder / "remote"
    folder.mkdir()
    return folder


def test_a_seal_of_another_program_while_it_looks_is_no_truncation(world, bench, monkeypatch):
    other = world.sealed()
    sealing.seal(bench)
    beyond = bench.store.checkpoints.beyond
    monkeypatch.setattr(bench.store.checkpoints, "beyond", lambda size: sealed_later(other, 1) or beyond(size))
    assert kind(bench) is None
    assert broken(other) == []


def test_an_archive_that_is_recorded_while_it_looks_is_no_rollback(world, bench, monkeypatch):
    sealed_later(bench, 4)
    other = world.sealed()
    hash_of = bench.store.ledger.hash_of
    moved = []

    def late(seq: int) -> bytes | None:
        if not moved:
            moved.append(seq)
            with world.raw() as connection:
                connection.execute("DELETE FROM audit WHERE seq <= 4")
                connection.execute(
                    "INSERT INTO archive (first, last, head, frontier, signed_by, path, sha256, at)"
                    " VALUES (1, 4, zeroblob(32), zeroblob(32), '', '', zeroblob(32), 0)"
                )
        return hash_of(seq)

    monkeypatch.setattr(bench.store.ledger, "hash_of", late)
    assert kind(bench) is None
    assert moved
    assert kind(other) is None


def test_what_does_not_stand_any_more_when_it_is_to_be_entered_refuses_nothing(world, bench, monkeypatch):
    judged = standing._judged
    finding = standing.Judgement(Finding(Break.TRUNCATED, 9, 9, "The end is missing."))
    seen = []

    def once_wrong(made: Workbench, places: tuple[str, ...]) -> standing.Judgement:
        seen.append(places)
        return finding if len(seen) == 1 else judged(made, places)

    monkeypatch.setattr(standing, "_judged", once_wrong)
    now = standing.standing(bench)
    assert (now.finding, now.refuses, len(seen)) == (None, False, 2)
    assert broken(bench) == []


def test_entries_without_an_archive_that_are_gone_are_no_archived_ones(world, bench, expected_log):
    sealed_later(bench, 4)
    newest = bench.store.ledger.newest()
    with world.raw() as connection:
        connection.execute("DELETE FROM audit WHERE seq < ?", (newest,))
        connection.execute("DELETE FROM checkpoint WHERE size < ?", (newest,))
    assert standing.standing(world.sealed()).refuses


def cut_off_and_grown_again(world: SealedWorld, bench: Workbench) -> Workbench:
    enter(bench, 5)
    sealing.seal(bench)
    world.cut_off(bench.store.ledger.newest() - 2, checkpoints=False)
    shutil.rmtree(world.anchors)
    world.clock.go(minutes=1)
    again = world.sealed()
    enter(again, 3)
    return again


def test_a_few_entries_cut_off_are_found_without_any_anchor_and_nothing_is_signed(world, bench, expected_log):
    again = cut_off_and_grown_again(world, bench)
    before = again.store.checkpoints.last()
    assert sealing.seal(again) is None
    assert again.store.checkpoints.last() == before
    assert "is not the one that was signed" in again.seals.trouble
    assert standing.standing(again).refuses


def test_what_was_acknowledged_is_signed_over(world, bench, expected_log):
    again = cut_off_and_grown_again(world, bench)
    standing.acknowledge(again, ADMINISTRATOR)
    standing.acknowledge(world.sealed("bob"), AUDITOR)
    sealed_later(again, 10)
    assert standing.standing(world.sealed()).finding is None


def test_an_archive_keeps_what_was_settled(world, bench, expected_log):
    old = rolled_back(world, bench)
    standing.acknowledge(old, ADMINISTRATOR)
    standing.acknowledge(world.sealed("bob"), AUDITOR)
    settled = settled_until(old, old.store.ledger.newest())
    assert settled
    old.enter_alone(old.event(AuditType.AUDIT_ARCHIVED, "Moved", last=1, settled=settled))
    with world.raw() as connection:
        kinds = (AuditType.BREAK_ACKNOWLEDGED.value, AuditType.AUDIT_BROKEN.value)
        connection.execute("UPDATE audit SET type = 'Archived' WHERE type IN (?, ?)", kinds)
    assert standing.standing(world.sealed()).finding is None
    with world.raw() as connection:
        connection.execute("UPDATE audit SET type = 'Archived' WHERE type = ?", (AuditType.AUDIT_ARCHIVED.value,))
    assert standing.standing(world.sealed()).refuses


def test_a_row_of_the_database_does_not_switch_an_anchor_off(world, bench, expected_log):
    remote = outside(world)
    administration.change_settings(bench, {"AuditAnchorFolder": str(remote)})
    sealed_later(bench, 1)
    old = rolled_back(world, bench)
    shutil.rmtree(world.anchors)
    with world.raw() as connection:
        connection.execute("DELETE FROM setting")
    now = standing.standing(world.sealed())
    assert (now.refuses, now.places) == (True, (str(remote / f"{NAME}.notes"),))
    administration.change_settings(old, {"PackageHotfixTimeout": "20"})
    assert [anchor.name for anchor in standing.anchors_seen(old)][1:] == list(now.places)


def test_an_anchor_that_is_given_up_through_the_program_is_forgotten(world, bench):
    administration.change_settings(bench, {"AuditAnchorFolder": str(outside(world))})
    assert len(standing.anchors_seen(bench)) == 2
    administration.change_settings(bench, {"AuditAnchorFolder": ""})
    assert len(standing.anchors_seen(world.sealed())) == 1


def test_an_anchor_that_is_gone_or_begins_late_says_so(world, bench):
    remote = outside(world)
    administration.change_settings(bench, {"AuditAnchorFolder": str(remote)})
    sealed_later(bench)
    looked = world.sealed()
    assert [seen.problem for seen in standing.anchors_seen(looked)] == ["", ""]
    world.anchor.unlink()
    (remote / f"{NAME}.notes").unlink()
    for made in (bench, world.sealed()):
        assert all("No copy is in it" in seen.problem for seen in standing.anchors_seen(made))
    sealed_later(bench)
    assert all("copies only from entry" in seen.problem for seen in standing.anchors_seen(world.sealed()))
    assert all("not the file it was" in seen.problem for seen in standing.anchors_seen(looked))


def test_a_stranger_is_named_and_acknowledged_once(world, bench, expected_log):
    key = SigningKey.new()

    def write(size: int) -> None:
        log_id = bench.store.administration.workspace().log_id
        note = key.sign(Checkpoint(log_id, size, bytes(32), bytes(32), world.clock.now().utc)).note()
        with open(world.anchor, "a", encoding="utf-8") as file:
            file.write(f"\n{note}")

    write(999)
    now = standing.standing(bench)
    assert "signed by a key that this log does not know" in now.finding.sentence
    standing.acknowledge(bench, ADMINISTRATOR)
    standing.acknowledge(world.sealed("bob"), AUDITOR)
    write(1000)
    assert not standing.standing(bench).refuses
    assert not standing.standing(world.sealed()).refuses
