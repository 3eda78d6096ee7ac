"""The log takes entries at its end and gives none back: the database itself refuses everything else."""

from __future__ import annotations

import sqlite3

import peewee
import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType, Event
from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.store.models import AuditRow

ROW = "(seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash)"


@pytest.fixture
def before(store, enter):
    """Three entries, as stored."""
    for number in range(3):
        enter(f"Entry {number}")
    return rows(store)


def rows(store) -> list[tuple]:
    plain = sqlite3.connect(store.path)
    found = plain.execute("SELECT * FROM audit ORDER BY seq").fetchall()
    plain.close()
    return found


def values(seq: int) -> str:
    return f"({seq}, 0, 't', 'r', 'i', 'o', 'forged', 'p', NULL, x'00', x'00')"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit SET description = 'forged' WHERE seq = 2", "no entry can be changed"),
        ("UPDATE audit SET seq = 9 WHERE seq = 3", "no entry can be changed"),
        ("UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 3", "no entry can be changed"),
        ("UPDATE audit SET owner = owner", "no entry can be changed"),
        ("DELETE FROM audit WHERE seq = 3", "no entry can be deleted"),
        ("DELETE FROM audit", "no entry can be deleted"),
        ("UPDATE workspace SET log_id = x'00'", "its log id cannot be changed"),
        ("DELETE FROM workspace", "its workspace cannot be deleted"),
        ("REPLACE INTO workspace VALUES (1, '/', 't', 'none', 0, 'eve', x'00')", "a database has one workspace"),
        (f"INSERT INTO audit {ROW} VALUES {values(5)}", "entries follow one another"),
        (f"INSERT INTO audit {ROW} VALUES {values(0)}", "entries follow one another"),
        (f"INSERT INTO audit {ROW} VALUES {values(2)}", "entries follow one another"),
        (f"INSERT OR REPLACE INTO audit {ROW} VALUES {values(2)}", "entries follow one another"),
        (f"REPLACE INTO audit {ROW} VALUES {values(3)}", "entries follow one another"),
        (
            f"INSERT INTO audit {ROW} VALUES {values(3)} ON CONFLICT (seq) DO UPDATE SET owner = 'forged'",
            "entries follow one another",
        ),
    ],
)
def test_plain_sql_from_another_connection_is_refused(store, before, statement, sentence):
    plain = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match=f"the audit log is append-only: {sentence}"):
        plain.execute(statement)
    plain.commit()
    plain.close()
    assert rows(store) == before


def test_ignoring_the_conflict_does_not_help(store, before):
    plain = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        plain.execute(f"INSERT OR IGNORE INTO audit {ROW} VALUES {values(2)}")
    plain.close()
    assert rows(store) == before


@pytest.mark.parametrize(
    "query",
    [
        lambda: AuditRow.update(description="forged").where(AuditRow.seq == 2),
        lambda: AuditRow.delete().where(AuditRow.seq == 3),
        lambda: AuditRow.delete(),
        lambda: AuditRow.replace(**forged(2)),
        lambda: AuditRow.insert(**forged(7)),
    ],
)
def test_peewee_is_refused_as_well(store, before, query):
    with pytest.raises(peewee.IntegrityError, match="append-only"):
        query().execute(store._database)
    assert rows(store) == before


def forged(seq: int) -> dict[str, object]:
    texts = dict.fromkeys(("type", "result", "ip_address", "owner", "description", "package"), "x")
    return {"seq": seq, "at": 0, "body": b"", "hash": b"", **texts}


def test_an_entry_outside_a_transaction_is_a_bug(store):
    event = Event(AuditType.UNLOCKED, AuditResult.SUCCESS, "ann", "", "")
    with pytest.raises(RuntimeError, match="belongs into the transaction"):
        store.ledger.append(event, SystemClock().now())
    assert store.ledger.newest() == 0


def test_an_entry_goes_with_what_it_records_when_that_fails(store, enter, before):
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012 - the whole of it fails
        store.administration.set_setting("Maintainer", "Us")
        enter("Setting changed")
        raise ZeroDivisionError
    assert rows(store) == before
    assert store.administration.setting_texts() == {}
    assert enter("Next") == 4
