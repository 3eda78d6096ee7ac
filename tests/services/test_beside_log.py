"""What stands beside the log must be what the log tells: schema, indexes, the lists of hotfixes and reviews."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled
from hotfix_desktop.core.reviews import ReviewVerdict
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import Break
from hotfix_desktop.services import administration, archiving, hotfixes, reviewing
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.verifying import verify
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store import beside_reader
from hotfix_desktop.store.beside_reader import BesideReader
from tests.services.sealed_world import SealedWorld, days_on, enter, sealed_and_protected
from tests.services.world import entries, package_id

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SealedWorld]:
    made = SealedWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: SealedWorld) -> Workbench:
    """The bench of ann: hotfix 1 is locked and reviewed, 2 relocked and objected to, 3 open."""
    made = sealed_and_protected(world)
    administration.assign_role(made, "bob", Role.AUDITOR)
    case = package_id(made, "Case")
    hotfixes.unlock(made, case, "  Fix\tthe “form” ", "T-1")
    world.clock.go(minutes=3)
    hotfixes.lock(made, case)
    hotfixes.unlock(made, case, "again", "", 5)
    world.clock.go(hours=2)
    assert Relocker(made).beat().relocked
    bob = world.sealed("bob")
    reviewing.review(bob, 1, ReviewVerdict.REVIEWED, "fine")
    reviewing.review(bob, 2, ReviewVerdict.OBJECTED, "why?")
    hotfixes.unlock(made, case, "third", "T-3")
    enter(made, 3)
    assert seal(made) is not None
    return made


def found(bench: Workbench) -> tuple[Break, int] | None:
    finding = verify(bench.store.path, NOW, everything=True).finding
    return (finding.kind, finding.seq) if finding else None


def test_what_the_program_made_is_whole(bench):
    assert found(bench) is None


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DROP TRIGGER audit_no_delete", "the trigger “audit_no_delete” is not there"),
        ("DROP INDEX audit_owner_seq", "the index “audit_owner_seq” is not there"),
        ("CREATE VIEW audit_view AS SELECT 1", "the view “audit_view” does not belong there"),
        (
            "CREATE TRIGGER quiet AFTER INSERT ON hotfix BEGIN SELECT 1; END",
            "the trigger “quiet” does not belong there",
        ),
        ("CREATE INDEX more ON checkpoint (note)", "the index “more” does not belong there"),
        ("ALTER TABLE review ADD COLUMN x", "the table “review” was changed"),
    ],
)
def test_another_schema_is_told(bench, statement, words):
    with closing(sqlite3.connect(bench.store.path)) as plain, plain:
        plain.execute(statement)
    finding = verify(bench.store.path, NOW, everything=True).finding
    assert (finding.kind, finding.seq, finding.until) == (Break.COLUMN, 1, 1)
    assert words in finding.sentence
    assert verify(bench.store.path, NOW).is_whole


@pytest.mark.parametrize("name", ["audit_owner_seq", "audit_type_seq", "audit_hotfix"])
def test_an_entry_that_an_index_does_not_hold_is_named(bench, name):
    hidden = next(line.seq for line in entries(bench) if line.type == AuditType.UNLOCK_REQUESTED.value)
    without_one(bench.store.path, name, f"seq <> {hidden}")
    finding = verify(bench.store.path, NOW, everything=True).finding
    assert (finding.kind, finding.seq, finding.until) == (Break.COLUMN, hidden, hidden)
    assert finding.sentence.startswith(f"The index “{name}” does not hold every entry")


def test_an_entry_is_named_by_its_number_when_older_ones_were_archived(world, bench, tmp_path):
    days_on(world)
    hotfixes.lock(bench, package_id(bench, "Case"))
    reviewing.review(world.sealed("bob"), 3, ReviewVerdict.REVIEWED, "")
    reviewing.review(world.sealed("bob"), 2, ReviewVerdict.REVIEWED, "")
    days_on(world)
    enter(bench, 3)
    (tmp_path / "archives").mkdir()
    made = archiving.archive(bench, world.clock.wall.date(), tmp_path / "archives").archive
    assert found(bench) is None
    assert verify(Path(made.path), NOW, everything=True).is_whole
    newest = bench.store.ledger.newest()
    without_one(bench.store.path, "audit_owner_seq", f"seq <> {newest}")
    assert found(bench) == (Break.COLUMN, newest)


def test_a_checkpoint_that_its_index_does_not_hold_is_found(bench):
    without_one(bench.store.path, "checkpoint_size", "id <> 2")
    finding = verify(bench.store.path, NOW, everything=True).finding
    assert finding.kind is Break.COLUMN
    assert "“checkpoint_size”" in finding.sentence


def without_one(path: Path, name: str, where: str) -> None:
    """Make an index anew without something, and let the schema say that it has everything."""
    with closing(sqlite3.connect(path)) as plain, plain:
        (sql,) = plain.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        plain.execute(f"DROP INDEX {name}")
        plain.execute(f"{sql} WHERE {where}")
        plain.execute("PRAGMA writable_schema = ON")
        plain.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, name))


@pytest.mark.parametrize(
    ("statement", "hotfix"),
    [
        ("UPDATE hotfix SET opened_by = 'bob' WHERE id = 1", 1),
        ("UPDATE hotfix SET reason = 'another' WHERE id = 2", 2),
        ("UPDATE hotfix SET ticket = '' WHERE id = 3", 3),
        ("UPDATE hotfix SET closed_at = closed_at - 3600000000 WHERE id = 2", 2),
        ("UPDATE hotfix SET closed_by = 'bob' WHERE id = 1", 1),
        ("UPDATE hotfix SET ending = 'locked' WHERE id = 2", 2),
        ("UPDATE hotfix SET state = 'closed', closed_at = 0, ending = 'locked' WHERE id = 3", 3),
        ("UPDATE hotfix SET state = 'open' WHERE id = 2", None),
        ("UPDATE review SET verdict = 'reviewed' WHERE hotfix_id = 2", 2),
        ("UPDATE review SET remark = 'good' WHERE hotfix_id = 1", 1),
        ("UPDATE review SET reviewed_by = 'ann' WHERE hotfix_id = 1", 1),
        ("DELETE FROM review WHERE hotfix_id = 2", 2),
        ("INSERT INTO review VALUES (3, 'reviewed', '', 'bob', 0)", 3),
        ("DELETE FROM hotfix WHERE id = 3", 3),
        ("DELETE FROM hotfix", 1),
    ],
)
def test_a_list_that_was_changed_names_the_last_entry_of_its_hotfix(bench, statement, hotfix):
    with closing(sqlite3.connect(bench.store.path)) as plain, plain:
        if hotfix is None:
            hotfix = 2
            plain.execute("UPDATE hotfix SET package_id = 99 WHERE id = 3")  # one open hotfix of a package
        plain.execute(statement)
    last = max(line.seq for line in entries(bench) if line.hotfix == hotfix)
    assert found(bench) == (Break.COLUMN, last)
    assert verify(bench.store.path, NOW).is_whole


def test_a_hotfix_that_no_entry_tells_of_is_found(bench):
    with closing(sqlite3.connect(bench.store.path)) as plain, plain:
        plain.execute("CREATE TEMP TABLE copy AS SELECT * FROM hotfix WHERE id = 1")
        plain.execute("UPDATE copy SET id = 9")
        plain.execute("INSERT INTO hotfix SELECT * FROM copy")
    assert found(bench) == (Break.COLUMN, bench.store.ledger.newest())


def test_what_the_log_itself_shows_is_told_first(world, bench):
    with world.raw() as raw:
        raw.execute("UPDATE audit SET owner = 'x' WHERE seq = 2")
        raw.execute("UPDATE hotfix SET reason = 'another'")
        raw.execute("DROP INDEX audit_at")
    assert found(bench) == (Break.COLUMN, 2)


def test_a_cancel_is_heard_while_indexes_are_looked_through(bench, monkeypatch):
    monkeypatch.setattr(beside_reader, "_STEPS", 10)

    def cancel(done: int) -> None:
        raise Cancelled

    with closing(sqlite3.connect(bench.store.path)) as plain:
        reader = BesideReader(plain)
        with pytest.raises(Cancelled):
            reader.odd_index(cancel)
        heard: list[int] = []
        assert reader.odd_index(heard.append) is None
        assert heard == sorted(heard)
        assert heard[-1] > 0
