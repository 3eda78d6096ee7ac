"""CSV and JSON Lines: what stands in them, who may take them away, and what is left when that fails."""

import csv
import errno
import hashlib
import io
import json
import os
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.audit import AuditResult, AuditType, Event
from hotfix_desktop.core.errors import Cancelled, Denied, InvalidInput, Refused, StoreError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.services import auditing, landing
from hotfix_desktop.services.bundle import make_bundle
from hotfix_desktop.services.exporting import Exported, ExportFailed, ExportFormat, export
from hotfix_desktop.store import log_export, log_plan
from hotfix_desktop.store.log_export import csv_cell, without_formulas
from hotfix_desktop.store.store import Store
from tests.services.sealed_world import SealedWorld, sealed_and_protected
from tests.services.world import World, entries, protected

EVERY = LogQuery()
TEXT_COLUMNS = ("Type", "Package", "Owner", "IP address", "Result", "Description", "Ticket", "Reason")


def put(bench, **texts):
    """Enter something with these texts."""
    event = Event(AuditType.UNLOCKED, AuditResult.SUCCESS, "ann", "10.0.0.1", "", hotfix=7)
    return bench.enter_alone(replace(event, **texts))


def csv_rows(data):
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def without_apostrophe(cell):
    return re.sub(r"(^|[;\t\r\n])'", r"\1", cell)


def exported(bench, tmp_path, kind=ExportFormat.CSV, query=EVERY):
    target = tmp_path / f"log.{kind.value}"
    made = export(bench, query, target, kind)
    return made, target.read_bytes()


def parts(folder):
    return [name for name in os.listdir(folder) if name.endswith(".part")]


@pytest.fixture
def small_chunks(monkeypatch):
    """Three numbers at a time, so that a small log has many chunks."""
    monkeypatch.setattr(log_export, "CHUNK", 3)
    monkeypatch.setattr(log_export, "RARE_CHUNK", 5)
    monkeypatch.setattr(log_plan, "FAR", 0)  # a period is looked for as in a log of millions
    monkeypatch.setattr(log_plan, "FEW_ENTRIES", 0)


def test_csv_has_every_column_of_every_entry_oldest_first(bench, tmp_path, small_chunks):
    number = put(bench, description='He said "no", twice', ticket="SD-1", reason="Users wait", package="Case")
    lines = entries(bench)
    made, data = exported(bench, tmp_path)
    found = csv_rows(data)
    assert [int(row["Number"]) for row in found] == [line.seq for line in lines]
    assert made.count == len(lines)
    line, row = lines[number - 1], found[number - 1]
    assert row == {
        "Number": str(number),
        "Event date": "2026-03-29T00:30:00.000000Z",
        "Type": "Package unlocked",
        "Package": "Case",
        "Owner": "ann",
        "IP address": "10.0.0.1",
        "Result": "Success",
        "Description": 'He said "no", twice',
        "Ticket": "SD-1",
        "Reason": "Users wait",
        "Hotfix": "7",
        "Hash": line.hash.hex(),
    }
    assert data.count(b"\r\n") == len(lines) + 1


def test_the_time_keeps_its_microseconds(world, bench, tmp_path):
    world.clock.go(microseconds=1_000_007)
    put(bench)
    _, data = exported(bench, tmp_path)
    assert csv_rows(data)[-1]["Event date"] == "2026-03-29T00:30:01.000007Z"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "'"])
def test_no_cell_is_a_formula(bench, tmp_path, first):
    evil = f"{first}HYPERLINK(1)"
    put(bench, description=evil, owner=evil, package=evil, ip_address=evil, ticket=evil, reason=evil)
    _, data = exported(bench, tmp_path)
    row = csv_rows(data)[-1]
    for column in ("Package", "Owner", "IP address", "Description", "Ticket", "Reason"):
        assert row[column] == "'" + evil


EVIL = ["see;=HYPERLINK(A1;1);x", "a\t+1", "a\r\n@x", 'a;"=1+1"', "a;'=1", "\t=1", ";;-1", "a;", 'a;"']


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_no_separator_makes_a_formula_of_a_part_of_a_cell(bench, tmp_path, evil, separator):
    put(bench, description=evil, owner=evil, package=evil, ip_address=evil, ticket=evil, reason=evil)
    _, data = exported(bench, tmp_path)
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator):
        assert not any(cell[:1] in tuple("=+-@") for cell in row if cell)
    row = csv_rows(data)[-1]
    for column in ("Package", "Owner", "IP address", "Description", "Ticket", "Reason"):
        assert without_apostrophe(row[column]) == evil


# A NUL ends a cell; no text that is entered has one. A lone surrogate is entered with escapes.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=60)
@given(st.tuples(*[texts] * 5))
def test_any_text_comes_back_from_csv_and_json_lines(tmp_path_factory, given_texts):
    folder = tmp_path_factory.mktemp("texts")
    world = World(folder)
    try:
        bench = protected(world.bench("ann"))
        owner, description, package, reason, ticket = given_texts
        put(bench, owner=owner, description=description, package=package, reason=reason, ticket=ticket)
        _, data = exported(bench, folder)
        row = csv_rows(data)[-1]
        _, lines = exported(bench, folder, ExportFormat.JSONL)
    finally:
        world.close()
    names = ("Owner", "Description", "Package", "Reason", "Ticket")
    assert tuple(without_apostrophe(row[name]) for name in names) == given_texts
    assert not any(row[name][:1] in tuple("=+-@\t\r\n") for name in names if row[name])
    found = json.loads(lines.decode().split("\n")[-3])  # the export of the CSV is the last entry
    assert tuple(found[name] for name in ("owner", "description", "package", "reason", "ticket")) == given_texts


@given(texts)
def test_python_and_sqlite_write_the_same_cell(text):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(":memory:")) as plain:
        risky = f"[-{log_export.RISKY.replace('-', '')}]*"
        sql = f"SELECT printf('\"%w\"', {log_export._cell('x')}) FROM (SELECT :x AS x)"
        cell = plain.execute(sql, {"x": text, "risky": risky}).fetchone()[0]
    assert cell == csv_cell(text)
    (read,) = next(csv.reader(io.StringIO(without_formulas(cell.encode()).decode(), newline="")), [""])
    assert without_apostrophe(read) == text


def test_json_lines_say_everything(bench, tmp_path, small_chunks):
    put(bench, description="Ünlocked", detail='{"minutes": 30}', package_uid="u-case")
    lines = entries(bench)
    made, data = exported(bench, tmp_path, ExportFormat.JSONL)
    found = [json.loads(line) for line in data.decode().splitlines()]
    assert [one["number"] for one in found] == [line.seq for line in lines]
    last, body = found[-1], lines[-1].body
    assert (last["description"], last["detail"], last["package_uid"]) == ("Ünlocked", '{"minutes": 30}', "u-case")
    assert last["leaf"] == hashlib.sha256(b"\0" + body).hexdigest()
    assert last["hash"] == lines[-1].hash.hex()
    assert (last["hotfix"], found[0]["hotfix"]) == (7, None)
    assert made.sha256 == hashlib.sha256(data).hexdigest()


FILTERS = [
    LogQuery(only=((LogColumn.OWNER, "eve"),)),
    LogQuery(only=((LogColumn.TYPE, "Package unlocked"), (LogColumn.TYPE, "Package locked"))),
    LogQuery(without=((LogColumn.OWNER, "eve"),)),
    LogQuery(text="odd"),
    LogQuery(hotfix=3),
    LogQuery(text="nothing has this"),
    LogQuery(sort=LogColumn.OWNER, descending=True),
]


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_takes_what_fits_in_the_order_of_the_log(world, bench, tmp_path, small_chunks, query):
    for number in range(40):
        kind = AuditType.UNLOCKED if number % 3 else AuditType.LOCKED
        said, owner = ("odd" if number % 2 else "even"), ("eve" if number % 5 else "ann")
        put(bench, type=kind, owner=owner, description=said, hotfix=number % 7)
        world.clock.set_wall(minutes=-1 if number % 4 == 0 else 5)
    wanted = [
        line.seq
        for line in entries(bench)
        if all(line.owner != value for column, value in query.without)
        and (not query.only or any(getattr(line, column.value) == value for column, value in query.only))
        and query.text in ("", line.description)
        and query.hotfix in (None, line.hotfix)
    ]
    for kind in (ExportFormat.CSV, ExportFormat.JSONL):
        bench_lines = exported(bench, tmp_path, kind, query)[1]
        numbers = (
            [int(row["Number"]) for row in csv_rows(bench_lines)]
            if kind is ExportFormat.CSV
            else [json.loads(line)["number"] for line in bench_lines.decode().splitlines()]
        )
        assert [n for n in numbers if n <= 42] == [n for n in wanted if n <= 42]


@pytest.mark.parametrize("hours", range(-5, 7))
def test_a_period_is_taken_although_the_clock_was_set_back(world, bench, tmp_path, small_chunks, hours):
    for step in (5, -9, 3, 2, 2, 1, -6, 3):
        world.clock.set_wall(hours=step)
        put(bench, description="in time")
    lines = entries(bench)
    since = lines[0].at + timedelta(hours=hours)
    _, data = exported(bench, tmp_path, query=LogQuery(since=since))
    assert [row["Number"] for row in csv_rows(data)] == [str(line.seq) for line in lines if line.at >= since]


def test_more_rows_than_are_held_at_a_time_all_come(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(log_export, "MOST", 4)
    for number in range(30):
        put(bench, description=str(number))
    _, data = exported(bench, tmp_path)
    assert [row["Description"] for row in csv_rows(data)][-30:] == [str(number) for number in range(30)]


def test_an_export_is_an_entry(bench, tmp_path):
    made, data = exported(bench, tmp_path, query=LogQuery(text="workspace"))
    last = entries(bench)[-1].entry().event
    assert (last.type, last.result, last.owner) == (AuditType.AUDIT_EXPORTED, AuditResult.SUCCESS, "ann")
    assert last.description == "ann exported 1 entry of the audit log as CSV: with the words “workspace”"
    assert json.loads(last.detail) == {
        "count": 1,
        "file": "log.csv",
        "filter": "with the words “workspace”",
        "format": "csv",
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert made.entered


def test_only_administrators_and_auditors_export(world, bench, tmp_path):
    with pytest.raises(Denied):
        export(world.bench("bob"), EVERY, tmp_path / "log.csv", ExportFormat.CSV)
    assert not (tmp_path / "log.csv").exists()
    refused = entries(bench)[-1]
    assert (refused.type, refused.result, refused.owner) == ("Audit log exported", "Denied", "bob")
    bench.store.administration.assign("bob", Role.AUDITOR)
    assert exported(world.bench("bob"), tmp_path)[0].count == refused.seq


def test_a_log_opened_read_only_is_exported_without_an_entry(world, bench, tmp_path):
    newest = bench.store.ledger.newest()
    desk = auditing.open_desk(world.database, world.clock, bench.person)
    try:
        made, _ = exported(desk, tmp_path)
        with pytest.raises(Denied):
            exported(replace(desk, person=replace(bench.person, user="bob")), tmp_path)
    finally:
        desk.store.close()
    assert (made.count, made.entered, bench.store.ledger.newest()) == (newest, False, newest)


def test_a_damaged_entry_does_not_stop_the_others(world, bench, tmp_path):
    put(bench, reason="said")
    bench.store._database.execute_sql("DROP TRIGGER audit_no_update")
    bench.store._database.execute_sql("UPDATE audit SET body = x'00', owner = CAST(x'ff41' AS TEXT) WHERE seq = 1")
    _, data = exported(bench, tmp_path)
    assert csv_rows(data)[0]["Owner"] == "\ufffdA"
    _, lines = exported(bench, tmp_path, ExportFormat.JSONL)
    first, second = (json.loads(line) for line in lines.decode().splitlines()[:2])
    assert (first["damaged"], first["body"], second["number"]) == (True, "AA==", 2)


class StopAt(Progress):
    """Cancels at one of its steps."""

    def __init__(self, step):
        self.left = step

    def step(self, done, total=0, what=""):
        assert 0 <= done <= total
        self.left -= 1
        if self.left <= 0:
            raise Cancelled


@pytest.mark.parametrize("kind", [ExportFormat.CSV, ExportFormat.JSONL])
def test_a_cancelled_export_leaves_everything_as_it_was(bench, tmp_path, small_chunks, kind):
    for number in range(20):
        put(bench, description=str(number))
    target = tmp_path / "log"
    target.write_bytes(b"older")
    newest = bench.store.ledger.newest()
    with pytest.raises(Cancelled):
        export(bench, EVERY, target, kind, StopAt(3))
    assert (target.read_bytes(), parts(tmp_path)) == (b"older", [])
    assert bench.store.ledger.newest() == newest


def test_an_export_that_cannot_be_entered_is_not_made(bench, tmp_path, log_fails):
    target = tmp_path / "log.csv"
    log_fails(AuditType.AUDIT_EXPORTED)
    with pytest.raises(StoreError):
        export(bench, EVERY, target, ExportFormat.CSV)
    assert (target.exists(), parts(tmp_path)) == (False, [])


@pytest.mark.parametrize("nameless", [True, False])
def test_a_full_disk_is_told_and_leaves_nothing(bench, tmp_path, monkeypatch, nameless):
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "log.csv").write_bytes(b"older")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(landing.os, "fsync", full)
    with pytest.raises(ExportFailed, match=r"not enough room on the disk for log\.csv"):
        export(bench, EVERY, folder / "log.csv", ExportFormat.CSV)
    assert (os.listdir(folder), (folder / "log.csv").read_bytes()) == (["log.csv"], b"older")


def test_an_older_file_is_replaced_where_files_without_a_name_are_unknown(bench, tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "log.csv").write_bytes(b"older")
    made = export(bench, EVERY, folder / "log.csv", ExportFormat.CSV)
    assert os.listdir(folder) == ["log.csv"]
    assert hashlib.sha256((folder / "log.csv").read_bytes()).hexdigest() == made.sha256


def test_what_a_killed_program_left_is_swept_away_a_day_later(bench, tmp_path):
    old, young, other = (tmp_path / name for name in (".log.csv.1.part", ".log.csv.2.part", ".x.csv.1.part"))
    for left in (old, young, other):
        left.write_bytes(b"")
    for left in (old, other):
        os.utime(left, (0, 0))
    exported(bench, tmp_path)
    assert [left.exists() for left in (old, young, other)] == [False, True, True]


@pytest.mark.parametrize("place", ["", "no such folder/log.csv"])
def test_a_place_that_cannot_be_written_is_told(bench, tmp_path, place):
    with pytest.raises(ExportFailed, match="cannot be written"):
        export(bench, EVERY, tmp_path / place, ExportFormat.CSV)


def test_the_database_itself_is_never_replaced(world, bench):
    before = bench.store.ledger.newest()
    with pytest.raises(InvalidInput, match="keeps the audit database"):
        export(bench, EVERY, world.database, ExportFormat.CSV)
    assert bench.store.is_there()
    assert bench.store.ledger.newest() == before


def test_an_exported_file_may_be_read_by_whom_the_umask_lets(bench, tmp_path):
    before = os.umask(0o027)
    try:
        made, _ = exported(bench, tmp_path)
    finally:
        os.umask(before)
    assert isinstance(made, Exported)
    assert made.path.stat().st_mode & 0o777 == 0o640


@pytest.fixture
def living(tmp_path):
    """A sealed workspace with its keys, its anchors and an anchor in a folder of somebody's choice."""
    world = SealedWorld(tmp_path)
    bench = sealed_and_protected(world)
    yield world, bench
    world.close()


def take_away(bench, target, kind):
    if kind is ExportFormat.BUNDLE:
        return make_bundle(bench, EVERY, target)
    if kind is ExportFormat.PDF:
        from hotfix_desktop.pdf import write_report

        return write_report(bench, EVERY, target)
    return export(bench, EVERY, target, kind)


@pytest.mark.parametrize("kind", list(ExportFormat))
def test_no_export_takes_the_place_of_what_the_program_lives_on(living, tmp_path, kind, qapp):
    world, bench = living
    (tmp_path / "link").symlink_to(world.database.parent, target_is_directory=True)
    (tmp_path / "file link").symlink_to(world.database)
    os.link(world.anchor, tmp_path / "hard link")
    places = [world.database.with_name(world.database.name + end) for end in ("", "-wal", "-shm", "-journal")]
    places += [world.database.parent / "any.csv", world.database.parent / "watch.sqlite3"]
    places += [tmp_path / "link" / "any.csv", tmp_path / "file link", tmp_path / "hard link", world.anchor]
    places += [world.keys / "x.csv", next(world.keys.glob("*.key"))]
    before = {path: path.read_bytes() for path in (world.anchor, *world.keys.glob("*.key"))}
    newest = bench.store.ledger.newest()
    for place in places:
        with pytest.raises(InvalidInput, match="keeps the audit database"):
            take_away(bench, place, kind)
    assert {path: path.read_bytes() for path in before} == before
    assert bench.store.ledger.newest() == newest


def test_a_log_that_is_only_read_is_not_replaced_either(living, tmp_path):
    world, bench = living
    desk = auditing.open_desk(world.database, world.clock, bench.person)
    try:
        for end in ("", "-wal", "-shm"):
            with pytest.raises(InvalidInput, match="keeps the audit database"):
                export(desk, EVERY, world.database.with_name(world.database.name + end), ExportFormat.CSV)
    finally:
        desk.store.close()


def test_a_database_without_a_workspace_is_told(world, tmp_path):
    Store(tmp_path / "blank.sqlite3").close()
    desk = auditing.open_desk(tmp_path / "blank.sqlite3", world.clock, Person("ann", "10.0.0.1"))
    try:
        for take in (
            lambda: export(desk, EVERY, tmp_path / "x", ExportFormat.CSV),
            lambda: make_bundle(desk, EVERY, tmp_path / "x"),
        ):
            with pytest.raises(Refused, match="There is no audit log in"):
                take()
    finally:
        desk.store.close()
