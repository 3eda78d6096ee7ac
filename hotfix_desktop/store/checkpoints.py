"""The signed checkpoints of the audit log: added at the end, never changed, and read in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import peewee

from hotfix_desktop.store.errors import told, translated


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as it is kept.

    Attributes:
        number: counted from 1, without a gap.
        size: how many entries it covers.
        note: the signed note, see ``core/checkpoints.py``.
        frontier: the roots of its Merkle tree, see ``core/merkle.py``; not signed, but they lead to the root that is.
    """

    number: int
    size: int
    note: str
    frontier: bytes


_COLUMNS = "SELECT id, size, note, frontier FROM checkpoint"


class Checkpoints:
    """The checkpoints of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def add(self, size: int, note: str, frontier: bytes) -> int:
        """Keep a checkpoint and give its number. Call it inside a transaction."""
        if not self._database.in_transaction():
            raise RuntimeError("a checkpoint belongs into a transaction")
        (last,) = self._database.execute_sql("SELECT max(id) FROM checkpoint").fetchone()
        number = int(last or 0) + 1
        self._database.execute_sql(
            "INSERT INTO checkpoint (id, size, note, frontier) VALUES (?, ?, ?, ?)", (number, size, note, frontier)
        )
        return number

    @told
    def last(self) -> StoredCheckpoint | None:
        """Give the newest; None when there is none."""
        row = self._database.execute_sql(f"{_COLUMNS} ORDER BY id DESC LIMIT 1").fetchone()
        return StoredCheckpoint(*row) if row else None

    @told
    def get(self, number: int) -> StoredCheckpoint | None:
        """Give one by its number; None when there is none."""
        row = self._database.execute_sql(f"{_COLUMNS} WHERE id = ?", (number,)).fetchone()
        return StoredCheckpoint(*row) if row else None

    @told
    def covering(self, seq: int) -> StoredCheckpoint | None:
        """Give the first that covers an entry; None when none does yet."""
        row = self._database.execute_sql(f"{_COLUMNS} WHERE size >= ? ORDER BY size, id LIMIT 1", (seq,)).fetchone()
        return StoredCheckpoint(*row) if row else None

    @told
    def within(self, size: int) -> StoredCheckpoint | None:
        """Give the newest that covers no more than so many entries; None when there is none."""
        # The + has SQLite walk back from the newest, which is mostly the one, instead of sorting those of an index.
        row = self._database.execute_sql(f"{_COLUMNS} WHERE +size <= ? ORDER BY id DESC LIMIT 1", (size,)).fetchone()
        return StoredCheckpoint(*row) if row else None

    @told
    def beyond(self, size: int) -> list[StoredCheckpoint]:
        """Give those that cover more than so many entries, in the order in which they were made."""
        # The + keeps SQLite from walking all checkpoints in their order for what are mostly none.
        rows = self._database.execute_sql(f"{_COLUMNS} WHERE size > ? ORDER BY +id", (size,)).fetchall()
        return [StoredCheckpoint(*row) for row in rows]

    def after(self, number: int = 0) -> Iterator[StoredCheckpoint]:
        """Give all after one, in the order in which they were made; do not write meanwhile."""
        with translated():
            for row in self._database.execute_sql(f"{_COLUMNS} WHERE id > ? ORDER BY id", (number,)):
                yield StoredCheckpoint(*row)
