"""Reads what a verification needs of a log: everything of one moment, in order, and without a word of peewee.

One read transaction holds that moment: entries that are made meanwhile are not seen, and an archiving does not take
entries away under the verification. Damaged text must not stop it, so that such a chunk is read again with escapes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.log_rows import Row
from hotfix_desktop.core.verification import Kept
from hotfix_desktop.store.beside_reader import BesideReader
from hotfix_desktop.store.connection import open_database
from hotfix_desktop.store.errors import told, translated
from hotfix_desktop.store.migrations import ARCHIVE_MARK

CHUNK = 512
"""Rows that are read at a time: as many as stay in the processor's cache; about 2 ms."""
COLUMNS = "seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash"
_ALIKE = 4


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the entries of a database begin.

    Attributes:
        last: the number of the last entry that was archived; 0 when none was.
        head: its chain hash; the log id when none was.
        frontier: the roots of the Merkle tree up to it.
        signed_by: the key in force there, as JSON; see ``store/archives.py``.
        sha256: of the archive file; empty when none was.
    """

    last: int
    head: bytes
    frontier: bytes
    signed_by: str
    sha256: bytes


class ChainReader:
    """One log as it is at the moment of opening.

    Attributes:
        log_id: what stands before the first entry.
        newest: the number of the newest entry; 0 for an empty log.
        is_archive: whether this is an archive file.
        beside: what stands beside the log, at the same moment.
    """

    def __init__(self, path: Path) -> None:
        """Open the database read-only; raises ``StoreError``, also when no log was begun there."""
        self._database = open_database(path, read_only=True)
        try:
            with translated():
                self._connection: sqlite3.Connection = self._database.connection()
                self._connection.execute("BEGIN")
                found = self._connection.execute("SELECT log_id FROM workspace WHERE id = 1").fetchone()
                (mark,) = self._connection.execute("PRAGMA user_version").fetchone()
                (self.newest,) = self._connection.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()
        except BaseException:
            self._database.close()
            raise
        if found is None:
            self._database.close()
            raise StoreError(f"There is no audit log in {path} yet.", "Protect the folder first.")
        self.log_id = bytes(found[0])
        self.is_archive = mark == ARCHIVE_MARK
        self.beside = BesideReader(self._connection)

    def close(self) -> None:
        """End the transaction and close the file."""
        self._database.close()

    @told
    def beginning(self) -> Beginning:
        """Give where the entries begin."""
        row = self._connection.execute(
            "SELECT last, head, frontier, signed_by, sha256 FROM archive ORDER BY last DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return Beginning(0, self.log_id, b"", "", b"")
        return Beginning(row[0], bytes(row[1]), bytes(row[2]), row[3], bytes(row[4]))

    @told
    def first(self) -> int:
        """Give the number of the first entry that is here; 0 for an empty log."""
        return int(self._connection.execute("SELECT coalesce(min(seq), 0) FROM audit").fetchone()[0])

    @told
    def checkpoints(self, size: int = 0, *, through_index: bool = False) -> list[Kept]:
        """Give the checkpoints of so many entries and more, in the order in which they were made.

        ``through_index`` is for whoever trusts what the database has beside its rows, and wants it fast.
        """
        how = "" if through_index else "NOT INDEXED"
        sql = f"SELECT id, size, note, frontier FROM checkpoint {how} WHERE size >= ? ORDER BY id"
        return [Kept(*row) for row in self._connection.execute(sql, (size,))]

    @told
    def newest_checkpoints(self, count: int) -> list[Kept]:
        """Give so many checkpoints, the newest first; fewer when there are no more."""
        sql = "SELECT id, size, note, frontier FROM checkpoint ORDER BY id DESC LIMIT ?"
        return [Kept(*row) for row in self._connection.execute(sql, (count,))]

    @told
    def of_type(self, kind: AuditType, *, through_index: bool = False) -> list[tuple[int, bytes]]:
        """Give numbers and bodies of the entries of a type, in order; from the rows themselves 0.3 s a million.

        ``through_index`` as for :meth:`checkpoints`; what an index says is looked up in its table, not compared.
        """
        how = "" if through_index else "NOT INDEXED"
        sql = f"SELECT seq, body FROM audit {how} WHERE type = ? ORDER BY seq"
        return self._connection.execute(sql, (kind.value,)).fetchall()

    @told
    def hash_of(self, number: int) -> bytes | None:
        """Give the stored hash of an entry; None for one that is not there."""
        row = self._connection.execute("SELECT hash FROM audit WHERE seq = ?", (number,)).fetchone()
        return row[0] if row and isinstance(row[0], bytes) else None

    def chunks(self, after: int | None) -> Iterator[list[Row]]:
        """Give all rows in order, those after a number if given, in chunks."""
        where, values = ("seq > ?", (after,)) if after is not None else ("1", ())
        with translated():
            cursor = self._connection.execute(f"SELECT {COLUMNS} FROM audit WHERE {where} ORDER BY seq", values)
            cursor.arraysize = CHUNK
            while True:
                try:
                    chunk = cursor.fetchmany()
                except sqlite3.OperationalError as error:
                    if "decode" not in str(error).lower():
                        raise
                    break
                if not chunk:
                    return
                yield chunk
                after = chunk[-1][0]
        while chunk := self._read("seq > ?" if after is not None else "1", () if after is None else (after,), CHUNK):
            yield chunk
            after = chunk[-1][0]

    def rows(self, first: int, last: int) -> list[Row]:
        """Give the rows with these numbers, in order."""
        return self._read("seq BETWEEN ? AND ?", (first, last), -1)

    def holding(self, number: int) -> list[Row]:
        """Give some rows whose body says that it is this number; linear in the log."""
        if not 0 <= number < 1 << 64:
            return []
        return self._read("substr(body, 2, 8) = ?", (number.to_bytes(8, "big"),), _ALIKE)

    def _read(self, where: str, values: tuple[object, ...], limit: int) -> list[Row]:
        sql = f"SELECT {COLUMNS} FROM audit WHERE {where} ORDER BY seq LIMIT {limit}"
        with translated():
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if "decode" not in str(error).lower():
                    raise
            self._connection.text_factory = _with_escapes
            try:
                return self._connection.execute(sql, values).fetchall()
            finally:
                self._connection.text_factory = str


def _with_escapes(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
