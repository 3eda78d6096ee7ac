"""Reads the audit log, and nothing but reads, over a connection of its own: pages by number, in no time at any size.

The numbers of the log have no gap, so that a page is a range of the primary key, the number of entries is the
difference of the newest and the oldest, and neither needs ``OFFSET`` nor ``count(*)``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotfix_desktop.core.clock import from_microseconds
from hotfix_desktop.core.errors import ConnectionLost
from hotfix_desktop.core.log_query import LogColumn
from hotfix_desktop.core.roles import Role
from hotfix_desktop.store.connection import open_database
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.ledger import AuditLine
from hotfix_desktop.store.log_sql import FEW
from hotfix_desktop.store.migrations import ARCHIVE_MARK

COLUMNS = "seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash"
"""What :func:`line_of` takes, in this order."""
TOO_MANY = 5000
"""Different values of a column from which on they are not listed: nobody chooses among more."""
_AT_ONCE = 500
_UNREADABLE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers of the oldest and of the newest entry that the database has; (1, 0) for an empty log."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many there are."""
        return self.last - self.first + 1


class LogReader:
    """The audit log of one database, read by one thread."""

    def __init__(self, path: Path) -> None:
        """Open the database read-only; raises ``StoreError``."""
        self._path = path
        self._database = open_database(path, read_only=True)
        self.connection: sqlite3.Connection = self._database.connection()
        # An entry with damaged text must not hide the 199 others of its page.
        self.connection.text_factory = _text
        self._file = _identity(path)

    def demand_there(self) -> None:
        """Raise ``ConnectionLost`` when the file that was opened is not at its place any more."""
        if _identity(self._path) != self._file:
            raise ConnectionLost(
                f"The audit database is not there any more: {self._path}.",
                "Put it back, or check that its disk or network share is mounted.",
            )

    @told
    def roles_of(self, user: str) -> frozenset[Role]:
        """Give the roles of one user, as of now; an archive file makes an auditor of whoever was given it."""
        if self.connection.execute("PRAGMA user_version").fetchone() == (ARCHIVE_MARK,):
            return frozenset({Role.AUDITOR})
        rows = self.connection.execute('SELECT role FROM role WHERE "user" = ?', (user,))
        return frozenset(Role(role) for (role,) in rows)

    @told
    def bounds(self) -> Bounds:
        """Give the first and the last number."""
        first, last = self.connection.execute(
            "SELECT (SELECT min(seq) FROM audit), (SELECT max(seq) FROM audit)"
        ).fetchone()
        return Bounds(first, last) if last is not None else Bounds(1, 0)

    @told
    def lines(self, first: int, last: int) -> list[AuditLine]:
        """Give the entries from number ``first`` to ``last``, both included, by number."""
        rows = self.connection.execute(
            f"SELECT {COLUMNS} FROM audit WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
        )
        return [line_of(row) for row in rows]

    @told
    def numbered(self, numbers: Sequence[int]) -> list[AuditLine]:
        """Give the entries with these numbers, by number; those that are not there are left out."""
        found: list[AuditLine] = []
        wanted = sorted(set(numbers))
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self.connection.execute(f"SELECT {COLUMNS} FROM audit WHERE seq IN ({marks}) ORDER BY seq", some)
            found += [line_of(row) for row in rows]
        return found

    @told
    def values(self, column: LogColumn) -> list[str] | None:
        """Give the different values of a column of ``FEW``, sorted, the empty one too; None for :data:`TOO_MANY`."""
        if column not in FEW:
            raise ValueError(column)
        # One seek in the index for each value instead of a scan of all of it.
        name = column.value
        sql = (
            f"WITH RECURSIVE v(x) AS (SELECT min({name}) FROM audit UNION ALL"
            f" SELECT (SELECT min({name}) FROM audit WHERE {name} > v.x) FROM v WHERE v.x IS NOT NULL)"
            " SELECT x FROM v WHERE x IS NOT NULL LIMIT ?"
        )
        found = [value for (value,) in self.connection.execute(sql, (TOO_MANY + 1,))]
        return found if len(found) <= TOO_MANY else None

    def close(self) -> None:
        """Close the connection."""
        if not self._database.is_closed():
            self._database.close()


def line_of(row: Sequence[Any]) -> AuditLine:
    """Make the line of a row of :data:`COLUMNS`; whatever somebody put there by hand."""
    seq, at, kind, result, ip_address, owner, description, package, hotfix, body, digest = row
    try:
        when = from_microseconds(at)
    except (OverflowError, TypeError):
        when = _UNREADABLE
    return AuditLine(seq, when, kind, result, ip_address, owner, description, package, hotfix, body, digest)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
