"""Checkpoints in the database: added at the end, and never changed by anybody who goes through SQLite."""

import sqlite3
from contextlib import closing

import pytest

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.store.checkpoints import StoredCheckpoint
from hotfix_desktop.store.store import Store


def add(store: Store, *sizes: int) -> list[int]:
    with store.transaction():
        return [store.checkpoints.add(size, f"note {size}", bytes([size])) for size in sizes]


def test_they_are_numbered_and_come_back_in_order(store):
    assert store.checkpoints.last() is None
    assert add(store, 3, 3, 8) == [1, 2, 3]
    assert add(store, 8) == [4]
    assert store.checkpoints.last() == StoredCheckpoint(4, 8, "note 8", b"\x08")
    assert [kept.number for kept in store.checkpoints.after()] == [1, 2, 3, 4]
    assert [kept.number for kept in store.checkpoints.after(2)] == [3, 4]
    assert store.checkpoints.get(2) == StoredCheckpoint(2, 3, "note 3", b"\x03")
    assert store.checkpoints.get(5) is None


@pytest.mark.parametrize(("seq", "number"), [(1, 1), (3, 1), (4, 3), (8, 3), (9, None)])
def test_the_first_that_covers_an_entry_is_found(store, seq, number):
    add(store, 3, 3, 8, 8)
    found = store.checkpoints.covering(seq)
    assert (found.number if found else None) == number


def test_one_without_a_transaction_is_a_bug(store):
    with pytest.raises(RuntimeError, match="transaction"):
        store.checkpoints.add(1, "note", b"")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checkpoint SET note = 'x'",
        "UPDATE checkpoint SET size = 1 WHERE id = 2",
        "DELETE FROM checkpoint WHERE id = 2",
        "INSERT INTO checkpoint (id, size, note, frontier) VALUES (9, 1, '', x'')",
        "INSERT OR REPLACE INTO checkpoint (id, size, note, frontier) VALUES (1, 1, '', x'')",
    ],
)
def test_the_database_itself_refuses_to_change_them(store, statement):
    add(store, 3, 8)
    with closing(sqlite3.connect(store.path)) as plain, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        plain.execute(statement)
    assert [kept.size for kept in store.checkpoints.after()] == [3, 8]


def test_a_transaction_that_fails_leaves_none(store):
    def fail() -> None:
        with store.transaction():
            store.checkpoints.add(3, "note", b"")
            raise StoreError("No.")

    with pytest.raises(StoreError):
        fail()
    assert store.checkpoints.last() is None
