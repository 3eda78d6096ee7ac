"""Archive until…: a prefix of the log moves to a file, all of it or nothing, and the chain goes on."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.archiving import Stay
from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import Cancelled, Denied, InvalidInput, Refused, StoreError
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.core.reviews import ReviewVerdict
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.services import administration, archiving, hotfixes, reviewing, undelivered
from hotfix_desktop.services.archive_left_overs import left_overs, remove
from hotfix_desktop.services.archiving import archive, archives_seen, plan_archive
from hotfix_desktop.services.auditing import demand_reader, open_desk
from hotfix_desktop.services.findings import acknowledgements
from hotfix_desktop.services.log_reading import LogDesk, LogPages
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.standing import Standing
from hotfix_desktop.services.verifying import verify
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store import archive_file
from hotfix_desktop.store.archives import Archives
from hotfix_desktop.store.store import Store
from tests.log_lines import lines_of
from tests.services.sealed import days, enter, reading, rows, sealing, whole
from tests.services.world import START, World, entries, package_id, protected

FIRST_DAY = START.date()


@pytest.fixture
def bench(world: World) -> Workbench:
    """The bench of ann, the administrator of a log that is signed."""
    return protected(sealing(world))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where archives go."""
    made = tmp_path / "archives"
    made.mkdir()
    return made


def after(count: int) -> date:
    return FIRST_DAY + timedelta(days=count)


def state(bench: Workbench) -> tuple:
    """Give everything that an archive changes in the database."""
    database = bench.store._database
    tables = ("audit", "archive", "checkpoint", "sqlite_master")
    return tuple(database.execute_sql(f"SELECT * FROM {table}").fetchall() for table in tables)


# What is moved


def test_a_prefix_moves_and_the_chain_goes_on(world, bench, folder):
    days(world, bench, 6)
    before = rows(world.database)
    planned = plan_archive(bench, after(3))
    done = archive(bench, after(3), folder)
    made = Path(done.archive.path)
    assert made.parent == folder
    assert (done.archive.first, done.archive.last, done.count) == (1, planned.last, planned.last)
    assert whole(made, world.database)[: len(before)] == before
    assert rows(made) == before[: planned.last]
    assert rows(world.database)[0][0] == planned.last + 1
    (line,) = entries(bench, type=AuditType.AUDIT_ARCHIVED.value)
    assert (line.seq, line.result, line.owner) == (done.entry, AuditResult.SUCCESS.value, "ann")
    detail = json.loads(line.entry().event.detail)
    assert detail["sha256"] == hashlib.sha256(made.read_bytes()).hexdigest() == done.archive.sha256.hex()
    assert (detail["first"], detail["last"], detail["path"]) == (1, planned.last, str(made))
    assert bench.store.archives.last() == done.archive


def test_only_what_is_older_than_the_day_moves_and_up_to_a_checkpoint(world, bench, folder):
    days(world, bench, 4)
    done = archive(bench, after(2), folder)
    with reading(Path(done.archive.path)) as copy:
        times = [line.at.date() for line in entries_of(copy)]
        assert (min(times), max(times)) == (after(0), after(1))
        last = copy.checkpoints.last()
        assert last is not None
        assert last.size == done.archive.last
    assert entries(bench)[0].at.date() >= after(1)


def entries_of(store: Store) -> list:
    return lines_of(store)


def test_the_file_is_one_of_ours_read_only_and_without_a_write_ahead_log(world, bench, folder):
    days(world, bench, 3)
    made = Path(archive(bench, after(2), folder).archive.path)
    assert stat.S_IMODE(made.stat().st_mode) == 0o444
    assert [path.name for path in folder.iterdir()] == [made.name]
    with reading(made) as copy, reading(world.database) as rest:
        assert copy.is_archive
        assert not rest.is_archive
        assert copy.administration.workspace() == rest.administration.workspace()
        assert copy._database.execute_sql("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy._database.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)
        triggers = "SELECT name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY name"
        assert copy._database.execute_sql(triggers).fetchall() == rest._database.execute_sql(triggers).fetchall()


def test_nobody_writes_to_an_archive(world, bench, folder):
    days(world, bench, 3)
    made = Path(archive(bench, after(2), folder).archive.path)
    content = made.read_bytes()
    with pytest.raises(StoreError, match="is an archive of an audit log, which can only be read"):
        Store(made)
    assert made.read_bytes() == content


def test_the_log_goes_on_after_it(world, bench, folder):
    days(world, bench, 4)
    archive(bench, after(3), folder)
    newest = bench.store.ledger.newest()
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails")
    hotfixes.lock(bench, hotfix.package_id)
    assert entries(bench)[-1].seq > newest
    assert seal(bench) is not None
    whole(*sorted(folder.iterdir()), world.database)
    plain = sqlite3.connect(world.database)
    with pytest.raises(sqlite3.IntegrityError, match="no entry can be deleted"):
        plain.execute("DELETE FROM audit")
    plain.close()


@pytest.mark.parametrize("until", [1, 7])  # the smaller part of the log, and the larger one
def test_triggers_and_indexes_are_as_before(world, bench, folder, until):
    days(world, bench, 8)
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    before = bench.store._database.execute_sql(schema).fetchall()
    done = archive(bench, after(until), folder)
    assert (done.count > bench.store.ledger.newest() - done.archive.last) == (until == 7)
    assert bench.store._database.execute_sql(schema).fetchall() == before
    assert bench.store._database.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_second_archive_goes_on_from_the_first(world, bench, folder):
    days(world, bench, 4)
    first = archive(bench, after(2), folder).archive
    days(world, bench, 3)
    second = archive(bench, after(6), folder).archive
    assert (second.first, second.last > second.first) == (first.last + 1, True)
    with reading(Path(second.path)) as copy:
        assert copy.archives.last() == first
        assert copy.checkpoints.last().size == second.last
    whole(Path(first.path), Path(second.path), world.database)
    assert [a.last for a in bench.store.archives.all()] == [first.last, second.last]


def test_the_key_in_force_is_kept_with_the_record(world, bench, folder):
    days(world, bench, 4)
    made = archive(bench, after(3), folder).archive
    announced = [line for line in entries_of_file(made.path) if line.type == AuditType.SIGNING_KEY.value]
    facts = json.loads(made.signed_by)
    told = json.loads(announced[-1].entry().event.detail)
    assert {name: facts[name] for name in ("epoch", "day", "public")} == {
        name: told[name] for name in ("epoch", "day", "public")
    }
    assert facts["seq"] == announced[-1].seq
    enter(bench, 3)
    early = archive(bench, after(4), folder).archive  # the same day's key, announced in the first archive or later
    assert json.loads(early.signed_by)["seq"] <= early.last


def entries_of_file(path: str) -> list:
    with reading(Path(path)) as copy:
        return entries_of(copy)


def test_both_parts_are_found_whole_by_the_verification(world, bench, folder):
    days(world, bench, 3)
    first = Path(archive(bench, after(1), folder).archive.path)
    days(world, bench, 3)
    second = Path(archive(bench, after(4), folder).archive.path)
    enter(bench, 3)
    assert seal(bench) is not None
    for file in (first, second, world.database):
        for everything in (True, False):
            verdict = verify(file, world.clock.now().utc, everything=everything)
            assert (verdict.finding, verdict.renewed_at) == (None, 0), (file.name, everything)
            assert verdict.signed_upto == verdict.upto
        assert (verdict.first, verdict.upto) == (rows(file)[0][0], rows(file)[-1][0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET body = CAST(body || 'x' AS BLOB) WHERE seq = 4",
        "UPDATE audit SET description = 'x' WHERE seq = 4",
        "UPDATE audit SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM audit)",
        "UPDATE checkpoint SET note = replace(note, 'time 2', 'time 3')",
        "UPDATE workspace SET title = title",
    ],
)
def test_a_tampered_archive_is_found(world, bench, folder, statement):
    days(world, bench, 4)
    made = archive(bench, after(3), folder).archive
    Path(made.path).chmod(0o644)
    tamper(Path(made.path), statement)
    verdict = verify(Path(made.path), world.clock.now().utc, everything=True)
    assert verdict.is_whole == ("title" in statement)
    (seen,) = archives_seen(bench.store)
    assert (seen.is_there, seen.is_same) == (True, False)  # each byte of the file counts


# What stays


def test_open_unreviewed_and_objected_hotfixes_stay(world, bench, folder):
    administration.assign_role(bench, "eve", Role.AUDITOR)
    eve = world.bench("eve")
    days(world, bench, 1)
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", minutes=1440)
    first = entries(bench, hotfix=hotfix.number)[0].seq
    today = days(world, bench, 1)
    assert plan_archive(bench, today).stays_sentence() == f"Entries from {first} on stay: hotfix 1 of Case is open."
    assert plan_archive(bench, today).last < first
    world.disk.files["Case"]["Schemas/B/schema.js"] = (0o600, b"repaired")
    hotfixes.lock(bench, hotfix.package_id)
    today = days(world, bench, 2)
    assert "hotfix 1 of Case is not reviewed yet" in plan_archive(bench, today).stays_sentence()
    reviewing.review(eve, hotfix.number, ReviewVerdict.OBJECTED, "why?")
    assert "hotfix 1 of Case is not reviewed yet" in plan_archive(bench, today).stays_sentence()
    reviewing.review(eve, hotfix.number, ReviewVerdict.REVIEWED)
    assert "hotfix 1 of Case is not delivered" in plan_archive(bench, today).stays_sentence()
    undelivered.mark_delivered(bench, [hotfix.number], "by hand")
    assert "hotfix 1 of Case goes on until entry " in plan_archive(bench, today).stays_sentence()
    today = days(world, bench, 2)
    assert plan_archive(bench, today).stays == ()
    assert plan_archive(bench, today).last > first
    whole(Path(archive(bench, today, folder).archive.path), world.database)


def test_the_newest_entry_always_stays(world, bench, folder):
    today = days(world, bench, 2)
    assert entries(bench)[-1].at.date() < today
    planned = plan_archive(bench, today)
    assert planned.last < planned.newest
    done = archive(bench, today, folder)
    assert done.archive.last < bench.store.ledger.newest()


def test_nothing_to_archive_is_said_clearly(world, bench, folder):
    days(world, bench, 2)
    world.clock.set_wall(days=1)
    with pytest.raises(
        Refused, match="There is nothing to archive: no entry of this database is older than 2026-03-29"
    ):
        archive(bench, FIRST_DAY, folder)
    tomorrow = world.clock.wall.date() + timedelta(days=1)
    with pytest.raises(InvalidInput, match="is still to come") as refused:
        archive(bench, tomorrow, folder)
    assert refused.value.field == "until"
    archive(bench, after(1), folder)
    with pytest.raises(Refused, match="nothing to archive"):
        archive(bench, after(1), folder)
    with pytest.raises(Refused, match="There is no folder"):
        archive(bench, after(2), folder / "not there")
    assert len(list(folder.iterdir())) == 1


def test_a_log_that_was_never_signed_is_not_archived(world, folder):
    bench = protected(world.bench())
    enter(bench, 5)
    world.clock.go(days=2)
    with pytest.raises(Refused, match="covered by no signed checkpoint"):
        archive(bench, after(1), folder)
    assert list(folder.iterdir()) == []


def test_only_an_administrator_archives(world, bench, folder):
    administration.assign_role(bench, "eve", Role.AUDITOR)
    days(world, bench, 3)
    with pytest.raises(Denied, match="eve may not archive the audit log"):
        archive(world.bench("eve"), after(2), folder)
    (line,) = entries(bench, type=AuditType.AUDIT_ARCHIVED.value)
    assert (line.result, line.owner) == (AuditResult.DENIED.value, "eve")
    assert list(folder.iterdir()) == []


def test_no_hotfix_is_parted(world, bench, folder):
    administration.assign_role(bench, "eve", Role.AUDITOR)
    eve, pid = world.bench("eve"), package_id(bench, "Case")
    days(world, bench, 1)
    spans = []
    for _ in range(2):  # each begins on the day on which the one before it was reviewed, and before that
        hotfix = hotfixes.unlock(bench, pid, "a button fails", minutes=1440)
        if spans:
            reviewing.review(eve, spans[-1], ReviewVerdict.REVIEWED)
        spans.append(hotfix.number)
        days(world, bench, 1)
        hotfixes.lock(bench, pid)
    days(world, bench, 1)
    reviewing.review(eve, spans[-1], ReviewVerdict.REVIEWED)
    bench.store.packages.set_locked(pid, False)
    first = entries(bench, hotfix=spans[0])[0].seq
    end = entries(bench, hotfix=spans[-1])[-1].seq
    for until in (2, 3, 4):  # the second keeps the first one
        planned = plan_archive(bench, after(until))
        assert 0 < planned.last < first, until
        assert planned.stays[0].seq == first
        assert planned.stays[0].why.startswith("hotfix 1 of Case goes on until entry ")
    today = days(world, bench, 2)
    planned = plan_archive(bench, today)
    assert planned.last >= end
    assert planned.stays == ()
    done = archive(bench, after(4), folder)
    assert done.archive.last < first
    assert {line.hotfix for line in entries_of_file(done.archive.path)} == {None}


def test_a_hotfix_that_goes_on_meanwhile_is_not_parted(world, bench, folder, monkeypatch):
    administration.assign_role(bench, "eve", Role.AUDITOR)
    eve, pid = world.bench("eve"), package_id(bench, "Case")
    number = hotfixes.unlock(bench, pid, "a button fails").number
    hotfixes.lock(bench, pid)
    reviewing.review(eve, number, ReviewVerdict.REVIEWED)
    bench.store.packages.set_locked(pid, False)
    days(world, bench, 3)
    assert plan_archive(bench, after(2)).last > entries(bench, hotfix=number)[-1].seq
    real = archiving.publish

    def publishing(part: Path, target: Path) -> None:
        real(part, target)
        hotfix = bench.store.hotfixes.get(number)
        bench.enter_alone(bench.event(AuditType.CHANGED_AFTER_RELOCK, "Somebody wrote after the lock", hotfix=hotfix))

    monkeypatch.setattr(archiving, "publish", publishing)
    with pytest.raises(Refused, match="has changed meanwhile, so nothing was archived"):
        archive(bench, after(2), folder)
    assert bench.store.archives.all() == []


# What was found and acknowledged


def found(bench: Workbench, *notes: str) -> int:
    """Enter a finding as the comparison with anchors does."""
    return bench.enter_alone(
        bench.event(
            AuditType.AUDIT_BROKEN,
            "The audit log was rolled back: …",
            result=AuditResult.FAILURE,
            by_program=True,
            **{"finding": Break.ROLLED_BACK.value, "seq": 3, "until": 3, "places": ["x"], "notes": sorted(notes)},
        )
    )


def acknowledge(bench: Workbench, *notes: str, roles: tuple[Role, ...] = tuple(Role)) -> None:
    for role in roles:
        facts = {"role": role.value, "alone": True, "notes": sorted(notes), "remark": ""}
        bench.enter_alone(bench.event(AuditType.BREAK_ACKNOWLEDGED, "Acknowledged", facts=facts))


def test_while_unlocks_are_refused_nothing_is_archived(world, bench, folder, monkeypatch):
    days(world, bench, 4)
    finding = Finding(Break.ROLLED_BACK, 9, 9, "The audit log was rolled back: …")
    monkeypatch.setattr(archiving, "standing", lambda bench: Standing(finding, refuses=True))
    before = state(bench)
    with pytest.raises(Refused, match="was rolled back: … Nothing can be archived until that is ack") as refused:
        archive(bench, after(3), folder)
    assert "an administrator and an auditor have to acknowledge it" in refused.value.remedy
    assert state(bench) == before
    assert list(folder.iterdir()) == []
    assert plan_archive(bench, after(3)).count == 0


def test_a_break_stays_until_both_roles_acknowledged_it(world, bench, monkeypatch):
    monkeypatch.setattr(archiving, "standing", lambda bench: Standing())  # as somebody sees it right before it is found
    days(world, bench, 1)
    seq = found(bench, "d1")
    days(world, bench, 2)
    stays = (Stay(seq, "a break of the audit log is not acknowledged"),)
    assert plan_archive(bench, after(3)).stays == stays
    assert plan_archive(bench, after(3)).last < seq
    acknowledge(bench, "d1", roles=(Role.ADMINISTRATOR,))
    acknowledge(bench, "d2", roles=(Role.AUDITOR,))
    days(world, bench, 1)
    assert plan_archive(bench, after(4)).stays == stays
    acknowledge(bench, "d1", roles=(Role.AUDITOR,))
    assert plan_archive(bench, after(4)).stays == ()
    assert plan_archive(bench, after(4)).last > seq


def test_a_break_that_is_found_meanwhile_stays(world, bench, folder, monkeypatch):
    days(world, bench, 4)
    planned = plan_archive(bench, after(3))
    made, known = archiving._write(bench, planned, archiving._target(bench, planned, folder), Progress())
    bench.store._database.execute_sql("DROP TRIGGER audit_no_update")
    monkeypatch.setattr(archiving, "all_stays", lambda bench: [Stay(planned.last, "a break")])
    with pytest.raises(Refused, match="has changed meanwhile"):
        archiving._move(bench, planned, made, known)


def test_what_was_settled_goes_on_from_archive_to_archive(world, bench, folder):
    def settled() -> list[list[str]]:
        lines = entries(bench, type=AuditType.AUDIT_ARCHIVED.value)
        return [json.loads(line.entry().event.detail)["settled"] for line in lines]

    found(bench, "d2", "d1")
    acknowledge(bench, "d2", "d1")
    days(world, bench, 2)
    archive(bench, after(1), folder)
    assert settled() == [["d1", "d2"]]
    found(bench, "d0")
    acknowledge(bench, "d0")
    days(world, bench, 3)
    archive(bench, after(4), folder)
    assert settled() == [["d0", "d1", "d2"]]
    days(world, bench, 1)
    assert {note for said in acknowledgements(bench.store) for note in said.settled} == {"d0", "d1", "d2"}


# The record, and the entry that seals it


@pytest.mark.parametrize(
    "change",
    ["sha256 = zeroblob(32)", "path = '/no/x.sqlite3'", "frontier = zeroblob(32)", "signed_by = '{}'", "at = 0"],
)
@pytest.mark.parametrize("which", [0, 1])
def test_a_record_that_was_edited_is_noticed(world, bench, folder, change, which):
    days(world, bench, 3)
    archive(bench, after(1), folder)
    days(world, bench, 3)
    made = [archive(bench, after(4), folder).archive, bench.store.archives.all()[0]][1 - which]
    assert len(entries(bench, type=AuditType.AUDIT_ARCHIVED.value)) == 1  # that of the first was moved itself
    assert [(seen.is_as_entered, seen.is_broken) for seen in archives_seen(bench.store)] == [(True, False)] * 2
    bench.store._database.execute_sql(f"UPDATE archive SET {change} WHERE last = ?", (made.last,))
    seen = archives_seen(bench.store)
    assert [each.is_as_entered for each in seen] == [which == 1, which == 0]
    assert "is not what the log says of it" in seen[which].sentence()
    assert seen[which].is_broken
    for everything in (False, True):  # the badge of the window has the first
        finding = verify(world.database, START, everything=everything).finding
        assert finding is not None
        assert finding.kind in (Break.COLUMN, Break.MISSING, Break.SIGNATURE)
        assert finding.until == made.last
    with reading(max(folder.iterdir())) as copy:
        assert [each.is_as_entered for each in archives_seen(copy)] == [True]


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "DELETE FROM archive WHERE first = 1",
            "The records of the archives before the last are not what the log says.",
        ),
        ("UPDATE archive SET at = 'x' WHERE first = 1", "The records of the archives are damaged."),
    ],
)
def test_a_record_that_is_gone_or_nonsense_is_found(world, bench, folder, statement, words, everything):
    days(world, bench, 3)
    archive(bench, after(1), folder)
    days(world, bench, 3)
    archive(bench, after(4), folder)
    assert verify(world.database, START, everything=everything).finding is None
    bench.store._database.execute_sql(statement)
    finding = verify(world.database, START, everything=everything).finding
    assert finding is not None
    assert (finding.kind, finding.sentence) == (Break.COLUMN, words)


# When something stands in the way


STEPS: dict[str, tuple[object, str]] = {
    "copying": (archive_file, "_fill"),
    "hashing": (archiving, "sha256_of"),
    "verifying": (archiving, "verify"),
    "publishing": (archiving, "publish"),
    "entering": (Workbench, "enter"),
    "recording": (Archives, "move"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_between_any_two_steps_leaves_all_or_nothing(world, bench, folder, monkeypatch, step, moment):
    days(world, bench, 4)
    before, held = state(bench), rows(world.database)
    place, name = STEPS[step]
    real = getattr(place, name)

    def dying(*given, **named):
        if moment == "after":
            real(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(place, name, dying)
    with pytest.raises(KeyboardInterrupt):
        archive(bench, after(3), folder)
    monkeypatch.undo()
    assert state(bench) == before
    done = archive(bench, after(3), folder)  # and what was left over stands in nobody's way
    assert whole(Path(done.archive.path), world.database)[: len(held)] == held
    assert [path.name for path in folder.iterdir()] == [Path(done.archive.path).name]


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO archive", "DROP TRIGGER", "DROP INDEX", "DELETE FROM audit", "CREATE INDEX", "CREATE TRIGGER"],
)
def test_the_last_transaction_is_one(world, bench, folder, monkeypatch, statement):
    days(world, bench, 4)
    before = state(bench)
    database = bench.store._database
    real = type(database).execute_sql

    def dying(self, sql, *given):
        if sql.upper().startswith(statement.upper()):
            raise KeyboardInterrupt
        return real(self, sql, *given)

    monkeypatch.setattr(type(database), "execute_sql", dying)
    with pytest.raises(KeyboardInterrupt):
        archive(bench, after(3), folder)
    monkeypatch.undo()
    assert state(bench) == before
    archive(bench, after(3), folder)


def test_a_left_over_file_is_taken_up_again(world, bench, folder, monkeypatch):
    days(world, bench, 4)
    monkeypatch.setattr(Archives, "move", _stop)
    with pytest.raises(KeyboardInterrupt):
        archive(bench, after(3), folder)
    monkeypatch.undo()
    (left,) = folder.iterdir()
    made = left.stat()
    done = archive(bench, after(3), folder)
    assert Path(done.archive.path) == left
    assert (left.stat().st_ino, left.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def left_by_a_crash(bench: Workbench, until: date, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file that a crash right before the last transaction leaves."""
    before = set(folder.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(Archives, "move", _stop)
        with pytest.raises(KeyboardInterrupt):
            archive(bench, until, folder)
    (left,) = set(folder.iterdir()) - before
    return left


def test_a_left_over_file_with_another_end_is_named_and_removed(world, bench, folder, monkeypatch):
    days(world, bench, 5)
    earlier = Path(archive(bench, after(1), folder).archive.path)
    days(world, bench, 2)
    left = left_by_a_crash(bench, after(3), folder, monkeypatch)
    planned = plan_archive(bench, after(5))  # where earlier archives are
    assert planned.left_over == (str(left),)
    assert str(left) in planned.left_over_sentence()
    done = archive(bench, after(5), folder)
    assert done.removed == (str(left),)
    assert sorted(folder.iterdir()) == [earlier, Path(done.archive.path)]
    assert plan_archive(bench, after(6), folder).left_over == ()


@pytest.mark.parametrize("statement", ["UPDATE audit SET description = 'x' WHERE seq = 4", "PRAGMA user_version = 7"])
def test_a_left_over_file_with_anything_else_in_it_stays(world, bench, folder, monkeypatch, statement):
    days(world, bench, 5)
    left = left_by_a_crash(bench, after(2), folder, monkeypatch)
    left.chmod(0o644)
    tamper(left, statement)
    done = archive(bench, after(4), folder)
    assert done.removed == ()
    assert left.exists()


def test_a_file_that_was_cleared_up_meanwhile_is_missed_before_its_entries_go(world, bench, folder, monkeypatch):
    days(world, bench, 4)
    real = archiving.publish

    def publishing(part: Path, target: Path) -> None:
        real(part, target)
        monkeypatch.setattr(archiving, "publish", real)
        assert remove(bench, [target], folder / "another") == (str(target),)

    monkeypatch.setattr(archiving, "publish", publishing)
    before = state(bench)
    with pytest.raises((Refused, StoreError)):
        archive(bench, after(3), folder)
    assert state(bench) == before


def test_the_file_of_an_archive_is_never_left_over(world, bench, folder):
    days(world, bench, 4)
    made = Path(archive(bench, after(2), folder).archive.path)
    copy = folder / made.name.replace("-0000000001-", "-0000000002-")
    copy.write_bytes(made.read_bytes())
    assert left_overs(bench, [folder]) == []
    assert remove(bench, [made, copy], folder / "another") == ()
    assert sorted(folder.iterdir()) == [made, copy]


def tamper(file: Path, statement: str) -> None:
    """Change something that our triggers forbid."""
    plain = sqlite3.connect(file)
    rules = plain.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE '%_no_update'").fetchall()
    for name, _ in rules:
        plain.execute(f"DROP TRIGGER {name}")
    plain.execute(statement)
    for _, sql in rules:
        plain.execute(sql)
    plain.commit()
    plain.close()


def _stop(*given: object) -> None:
    raise KeyboardInterrupt


def test_another_file_of_that_name_is_never_replaced(world, bench, folder):
    days(world, bench, 4)
    planned = plan_archive(bench, after(3))
    record = bench.store.administration.workspace()
    name = archiving.file_name(record.title, record.log_id, planned.first, planned.last)
    (folder / name).write_text("somebody's own")
    before = state(bench)
    with pytest.raises((Refused, StoreError)):
        archive(bench, after(3), folder)
    assert (folder / name).read_text() == "somebody's own"
    assert [line.type for line in entries(bench)][-1] != AuditType.AUDIT_ARCHIVED.value
    assert state(bench) == before


def test_a_left_over_file_that_was_changed_is_not_taken(world, bench, folder, monkeypatch):
    days(world, bench, 4)
    monkeypatch.setattr(Archives, "move", _stop)
    with pytest.raises(KeyboardInterrupt):
        archive(bench, after(3), folder)
    monkeypatch.undo()
    (left,) = folder.iterdir()
    left.chmod(0o644)
    tamper(left, "UPDATE audit SET body = CAST(body || 'x' AS BLOB) WHERE seq = 4")
    before = state(bench)
    with pytest.raises(Refused, match=r"broken at entry 4: changed, so nothing was archived"):
        archive(bench, after(3), folder)
    assert state(bench) == before


class CancelAt(CancellableProgress):
    """Cancels at the n-th look."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def test_it_can_be_cancelled_until_the_last_transaction(world, bench, folder):
    days(world, bench, 4)
    before = state(bench)
    looks = 0
    while True:
        try:
            archive(bench, after(3), folder, CancelAt(looks))
        except Cancelled:
            assert state(bench) == before
            looks += 1
        else:
            break
    assert looks >= 5
    whole(*folder.iterdir(), world.database)


def test_somebody_who_archives_at_the_same_time_is_noticed(world, bench, folder, tmp_path):
    days(world, bench, 4)
    other = sealing(world)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    class Meanwhile(Progress):
        def __init__(self) -> None:
            self.done = False

        def check(self) -> None:
            if not self.done:
                self.done = True
                archive(other, after(2), elsewhere)

    with pytest.raises((Refused, StoreError)):
        archive(bench, after(3), folder, Meanwhile())
    whole(*elsewhere.iterdir(), world.database)
    assert len(bench.store.archives.all()) == 1


def test_somebody_who_archives_right_before_the_last_step_is_noticed(world, bench, folder, tmp_path, monkeypatch):
    days(world, bench, 4)
    other = sealing(world)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    real = archiving.publish

    def publishing(part: Path, target: Path) -> None:
        real(part, target)
        if target.parent == folder.resolve():
            archive(other, after(2), elsewhere)

    monkeypatch.setattr(archiving, "publish", publishing)
    with pytest.raises(Refused, match="has changed meanwhile, so nothing was archived"):
        archive(bench, after(3), folder)
    whole(*elsewhere.iterdir(), world.database)


def test_a_tampered_log_is_not_archived(world, bench, folder):
    days(world, bench, 4)
    tamper(world.database, "UPDATE audit SET owner = 'eve' WHERE seq = 4")
    before = state(bench)
    with pytest.raises(Refused, match=r"broken at entry 4: column differs, so nothing was archived"):
        archive(bench, after(3), folder)
    assert state(bench) == before
    assert list(folder.iterdir()) == []


# Many times


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7), st.integers(-30, 30)), min_size=2, max_size=6))
def test_archives_and_the_rest_hold_every_entry_exactly_once(tmp_path_factory, story):
    place = tmp_path_factory.mktemp("world")
    folder = place / "archives"
    folder.mkdir()
    world = World(place)
    bench = protected(sealing(world))
    try:
        written: list = []
        made: list[Path] = []
        for passing, back, jump in story:
            days(world, bench, passing, entries=2)
            world.clock.set_wall(minutes=jump)
            enter(bench, 1)
            try:
                done = archive(bench, world.clock.wall.date() - timedelta(days=back), folder)
            except Refused:
                pass
            else:
                made.append(Path(done.archive.path))
            found = whole(*made, world.database)
            assert found[: len(written)] == written
            written = found
        assert sorted(folder.iterdir()) == sorted(made)
    finally:
        world.close()


# Reading it


def test_whoever_was_given_an_archive_reads_it_by_its_numbers(world, bench, folder):
    days(world, bench, 3)
    archive(bench, after(1), folder)
    days(world, bench, 3)
    made = archive(bench, after(4), folder).archive
    stranger = Person("nobody", "10.9.9.9")
    desk = open_desk(Path(made.path), world.clock, stranger)
    demand_reader(desk)
    desk.store.close()
    pages = LogPages(LogDesk(Path(made.path), stranger))
    assert (pages.bounds().first, pages.bounds().last) == (made.first, made.last)
    assert [line.seq for line in pages.lines(made.first, made.first + 2)] == [
        made.first,
        made.first + 1,
        made.first + 2,
    ]
    pages.close()
    rest = LogPages(LogDesk(world.database, stranger))
    with pytest.raises(Denied):
        rest.check()
    rest.close()
