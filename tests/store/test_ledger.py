"""The audit log: numbers, chain and columns."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType, chain_hash, leaf_hash
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.store.ledger import AuditLine, new_log_id
from hotfix_desktop.store.store import Store
from tests.log_lines import lines_of

NOON = datetime(2026, 1, 1, tzinfo=UTC)


def every_line(store: Store) -> list[AuditLine]:
    return lines_of(store)


@pytest.fixture
def history(store, enter):
    """Three hundred entries of all types, by four people, about five packages."""
    chance = random.Random(1)
    for number in range(300):
        enter(
            f"Entry {number}",
            minutes=number,
            type=chance.choice(list(AuditType)),
            result=chance.choice(list(AuditResult)),
            owner=chance.choice(["ann", "bob", "Hotfix Desktop", "Zoë"]),
            package=chance.choice(["", "Case", "Größe", "Base", "CrtCore"]),
            hotfix=chance.choice([None, 1, 2, 3]),
            reason="why",
            detail='{"minutes": 30}',
        )
    return every_line(store)


def test_entries_are_numbered_from_one_on_without_a_gap(store, history):
    assert [line.seq for line in history] == list(range(1, 301))
    assert store.ledger.newest() == 300


def test_the_chain_can_be_computed_again_from_the_bodies_and_the_log_id(store, history):
    previous = store.administration.workspace().log_id
    assert len(previous) == 32
    for line in history:
        previous = chain_hash(previous, leaf_hash(line.body))
        assert line.hash == previous, f"entry {line.seq}"


def test_the_columns_that_are_searched_say_what_the_body_says(history):
    for line in history:
        entry = line.entry()
        event = entry.event
        assert (line.seq, line.at) == (entry.seq, entry.moment.utc)
        assert (line.type, line.result) == (event.type.value, event.result.value)
        assert (line.owner, line.ip_address, line.description) == (event.owner, event.ip_address, event.description)
        assert (line.package, line.hotfix) == (event.package, event.hotfix)


def test_two_logs_never_have_the_same_beginning():
    assert len({new_log_id() for _ in range(100)}) == 100


def test_two_writers_make_one_chain(store, enter):
    other = Store(store.path)
    for number in range(10):
        enter(f"mine {number}")
        with other.transaction():
            other.ledger.append(every_line(store)[0].entry().event, every_line(store)[0].entry().moment)
    other.close()
    previous = store.administration.workspace().log_id
    for line in every_line(store):
        previous = chain_hash(previous, leaf_hash(line.body))
        assert line.hash == previous
    assert store.ledger.newest() == 20


def test_an_entry_keeps_everything_that_it_was_given(store, enter):
    enter("Größe ≤ 3", minutes=3, hotfix=4, package="Größe", package_uid="u", reason="r", ticket="t", detail="{}")
    (line,) = every_line(store)
    event = line.entry().event
    assert (event.description, event.package, event.package_uid) == ("Größe ≤ 3", "Größe", "u")
    assert (event.reason, event.ticket, event.detail, event.hotfix) == ("r", "t", "{}", 4)
    assert line.at == NOON + timedelta(minutes=3)
    assert line.entry().moment.boot_id == "boot"


def test_a_damaged_file_name_is_entered_with_escapes(store, enter):
    enter("cannot read a\udcff", package="b\ud800", reason="c\udfff")
    (line,) = every_line(store)
    assert line.description == "cannot read a\\udcff"
    assert line.package == "b\\ud800"
    assert line.entry().event.reason == "c\\udfff"


def test_a_description_may_be_very_long(store, enter):
    enter("x" * 100_000)
    assert len(every_line(store)[0].entry().event.description) == 100_000


def test_a_log_without_entries_has_no_number(store):
    assert store.ledger.newest() == 0
    assert store.ledger.last() is None


# Time


def test_times_are_stored_as_microseconds_of_utc(store, enter):
    enter(minutes=1)
    plain = sqlite3.connect(store.path)
    assert plain.execute("SELECT at FROM audit").fetchone() == (to_microseconds(NOON + timedelta(minutes=1)),)
    plain.close()
