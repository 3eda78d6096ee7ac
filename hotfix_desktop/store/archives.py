"""What of the audit log was moved to archive files, and the one step that takes a prefix out of the database.

The files themselves are made by ``store/archive_file.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import peewee

from hotfix_desktop.core.archiving import Span
from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import from_microseconds, to_microseconds
from hotfix_desktop.store.checkpoints import StoredCheckpoint
from hotfix_desktop.store.errors import told, translated

NO_DELETE = "audit_no_delete"
"""The trigger that lets no entry be deleted; it is away while a prefix is moved, inside that one transaction."""
_COLUMNS = "SELECT first, last, head, frontier, signed_by, path, sha256, at FROM archive"


@dataclass(frozen=True, slots=True)
class Archive:
    """A prefix of the log that was moved to a file of its own.

    Attributes:
        first, last: the numbers of its entries; the entry after ``last`` is the first that the database still has.
        head: the chain hash of entry ``last``.
        frontier: the roots of the Merkle tree over the entries from 1 to ``last``, see ``core/merkle.py``.
        signed_by: the key in force at ``last`` as its announcing entry has it: JSON with "epoch", "day", "public",
            "where" and "seq", the number of that entry. Empty where no key was announced until then. The next
            announcement, and checkpoints until then, are verified with it.
        path: where the file was put.
        sha256: of the file.
        at: when it was moved, UTC.
    """

    first: int
    last: int
    head: bytes
    frontier: bytes
    signed_by: str
    path: str
    sha256: bytes
    at: datetime


class Archives:
    """The archives of one database; in an archive file, those that came before it."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def all(self) -> list[Archive]:
        """Give every archive, the oldest first."""
        return [_archive(row) for row in self._database.execute_sql(f"{_COLUMNS} ORDER BY last")]

    @told
    def last(self) -> Archive | None:
        """Give the newest, after which the entries of this database begin; None where they begin at 1."""
        row = self._database.execute_sql(f"{_COLUMNS} ORDER BY last DESC LIMIT 1").fetchone()
        return _archive(row) if row else None

    @told
    def bounds(self) -> tuple[int, int]:
        """Give the numbers of the first and the newest entry in this database; zeros for an empty log."""
        # Two statements in one: each alone is answered by one seek, min and max together by a scan.
        row = self._database.execute_sql("SELECT (SELECT min(seq) FROM audit), (SELECT max(seq) FROM audit)").fetchone()
        return row[0] or 0, row[1] or 0

    @told
    def first_since(self, moment: datetime) -> int:
        """Give the number of the first entry of this time or a later one; 0 where there is none. Linear in the log."""
        row = self._database.execute_sql(
            "SELECT seq FROM audit NOT INDEXED WHERE at >= ? ORDER BY seq LIMIT 1", (to_microseconds(moment),)
        ).fetchone()
        return row[0] if row else 0

    @told
    def last_checkpoint(self, first: int, last: int) -> StoredCheckpoint | None:
        """Give the checkpoint that covers most of these entries and none after them; None when there is none."""
        row = self._database.execute_sql(
            "SELECT id, size, note, frontier FROM checkpoint WHERE size BETWEEN ? AND ? ORDER BY size DESC, id DESC"
            " LIMIT 1",
            (first, last),
        ).fetchone()
        return StoredCheckpoint(row[0], row[1], row[2], bytes(row[3])) if row else None

    @told
    def first_of_hotfixes(self, numbers: Iterable[int]) -> tuple[int, int]:
        """Give the number of the first entry of any of these hotfixes, and which one that is; zeros for none."""
        found = [(self._first_of(number), number) for number in numbers]
        return min((pair for pair in found if pair[0]), default=(0, 0))

    def _first_of(self, hotfix: int) -> int:
        row = self._database.execute_sql("SELECT min(seq) FROM audit WHERE hotfix = ?", (hotfix,)).fetchone()
        return row[0] or 0

    def spans_before(self, last: int) -> Iterator[Span]:
        """Give the hotfixes that begin up to an entry, the one that ends last first.

        One pass over an index that holds nothing but hotfix and number, 0.1 µs an entry, and then as they are taken.
        """
        with translated():
            rows = self._database.execute_sql(
                "SELECT hotfix, min(seq), max(seq) AS ends FROM audit WHERE hotfix IS NOT NULL GROUP BY hotfix"
                " HAVING min(seq) <= ? ORDER BY ends DESC",
                (last,),
            )
            yield from map(Span._make, rows)

    @told
    def goes_over(self, last: int, since: int) -> bool:
        """Whether a hotfix with an entry up to ``last`` has one after ``since``, too; reads only what is after that."""
        row = self._database.execute_sql(
            "SELECT 1 FROM (SELECT DISTINCT hotfix AS number FROM audit NOT INDEXED WHERE seq > ? AND hotfix NOT NULL)"
            " WHERE (SELECT min(seq) FROM audit WHERE hotfix = number) <= ? LIMIT 1",
            (since, last),
        ).fetchone()
        return row is not None

    @told
    def of_type(self, kind: AuditType, last: int) -> list[tuple[int, bytes]]:
        """Give numbers and bodies of the entries of a type up to a number, without refused attempts, in order."""
        rows = self._database.execute_sql(
            "SELECT seq, body FROM audit WHERE type = ? AND seq <= ? AND +result IN (?, ?) ORDER BY seq",
            (kind.value, last, AuditResult.SUCCESS.value, AuditResult.FAILURE.value),
        ).fetchall()
        return [(seq, bytes(body)) for seq, body in rows]

    @told
    def key_at(self, seq: int) -> tuple[int, bytes] | None:
        """Give number and body of the newest entry up to a number that announces a signing key; None for none."""
        row = self._database.execute_sql(
            "SELECT seq, body FROM audit WHERE type = ? AND seq <= ? AND result = ? ORDER BY seq DESC LIMIT 1",
            (AuditType.SIGNING_KEY.value, seq, AuditResult.SUCCESS.value),
        ).fetchone()
        return (row[0], bytes(row[1])) if row else None

    @told
    def period(self, first: int, last: int) -> tuple[datetime, datetime] | None:
        """Give when the first and the last of some entries were entered, UTC; None where one is not there."""
        rows = self._database.execute_sql("SELECT at FROM audit WHERE seq IN (?, ?) ORDER BY seq", (first, last))
        times = [from_microseconds(row[0]) for row in rows]
        return (times[0], times[-1]) if times else None

    @told
    def head_at(self, seq: int) -> bytes | None:
        """Give the chain hash of an entry; None where it is not in this database."""
        row = self._database.execute_sql("SELECT hash FROM audit WHERE seq = ?", (seq,)).fetchone()
        return bytes(row[0]) if row else None

    @told
    def move(self, archive: Archive) -> int:
        """Keep the archive's record and take its entries out of the database; gives how many those were.

        Call it inside the transaction that enters it; whoever holds the file made sure that it has them all. This is
        the one place where entries are deleted: the trigger that forbids it is put back before the transaction ends,
        so that no other connection ever sees the database without it.

        It is one transaction however many they are, 7 µs an entry, and others wait for it: after the first of
        several, a log would begin in the middle of what its own record says was moved.
        """
        if not self._database.in_transaction():
            raise RuntimeError("entries are moved inside a transaction")
        first, newest = self.bounds()
        if archive.first != first or not first <= archive.last < newest:
            raise ValueError(f"entries {archive.first} to {archive.last} are no prefix of {first} to {newest}")
        self._database.execute_sql(
            "INSERT INTO archive (first, last, head, frontier, signed_by, path, sha256, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                archive.first,
                archive.last,
                archive.head,
                archive.frontier,
                archive.signed_by,
                archive.path,
                archive.sha256,
                to_microseconds(archive.at),
            ),
        )
        put_back = self._take_away(indexes=archive.last - first > newest - archive.last)
        self._database.execute_sql("DELETE FROM audit WHERE seq <= ?", (archive.last,))
        (gone,) = self._database.execute_sql("SELECT changes()").fetchone()
        for statement in put_back:
            self._database.execute_sql(statement)
        return int(gone)

    def _take_away(self, *, indexes: bool) -> list[str]:
        """Drop the trigger, and the indexes where most of them goes anyway; gives the statements that bring them back.

        To take each entry out of six indexes takes almost three times as long (4.6 µs an entry) as to make those of
        the rest anew (1.7 µs), and nobody else can write meanwhile.
        """
        found = self._database.execute_sql(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'audit' AND sql IS NOT NULL"
            " AND (name = ? OR (? AND type = 'index'))",
            (NO_DELETE, indexes),
        ).fetchall()
        for kind, name, _ in found:
            self._database.execute_sql(f"DROP {kind} {name}")
        return [sql for _, _, sql in found]

    @told
    def write_back(self) -> None:
        """Copy what was written from the write-ahead log into the database file, and make the log short again.

        The pages of moved entries stay in the file and take the next entries: it grows no more until they are full.
        """
        self._database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _archive(row: tuple) -> Archive:  # type: ignore[type-arg]
    first, last, head, frontier, signed_by, path, sha256, at = row
    return Archive(first, last, bytes(head), bytes(frontier), signed_by, path, bytes(sha256), from_microseconds(at))
