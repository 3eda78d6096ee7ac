"""What a report asks of the log: one unchanging picture of it, counted by the database or read in one pass.

Entries are given by their canonical bytes, never by the searchable columns beside them: these bytes are what
the chain protects. The connection is its own and read-only, so a long report holds nobody up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hotfix_desktop.core.audit import AuditResult, AuditType, Fields, fields_of
from hotfix_desktop.core.clock import from_microseconds, to_microseconds
from hotfix_desktop.core.errors import Cancelled
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.store.connection import open_database
from hotfix_desktop.store.deliveries import WAITING_SQL
from hotfix_desktop.store.errors import translated

STEPS_BETWEEN_LOOKS = 200_000
"""Steps of SQLite's machine between two looks at whether somebody cancelled: a few milliseconds."""
_COUNTED = ("type", "owner", "result")


@dataclass(frozen=True, slots=True)
class Span:
    """The entries of a period.

    Attributes:
        first, last: the lowest and the highest number; 0 for none.
        count: how many there are; fewer than from first to last where a clock was set.
        since, until: the period, microseconds since 1970 UTC; None is open.
    """

    first: int
    last: int
    count: int
    since: int | None = None
    until: int | None = None

    def where(self, prefix: str = "") -> tuple[str, list[int]]:
        """Give the condition in SQL and its parameters; times are asked only where numbers are not enough."""
        text, values = f"{prefix}seq BETWEEN ? AND ?", [self.first, self.last]
        if self.count != self.last - self.first + 1:
            if self.since is not None:
                text, values = f"{text} AND {prefix}at >= ?", [*values, self.since]
            if self.until is not None:
                text, values = f"{text} AND {prefix}at < ?", [*values, self.until]
        return text, values


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hotfix whose changes were not delivered, as the program remembers it now.

    Attributes:
        changes: how many files it changed; None while that is not known.
    """

    package: str
    hotfix: int | None
    opened_by: str
    ticket: str
    reason: str
    closed_at: datetime | None
    changes: int | None = None


@dataclass(frozen=True, slots=True)
class Archived:
    """A prefix of the log that was moved to a file."""

    first: int
    last: int
    path: str


class ReportRows:
    """Reads a log for a report; every answer is of the same moment. Close it.

    Attributes:
        damaged: how many entries could not be read so far; the verification names them.
    """

    def __init__(self, path: Path, progress: Progress = NOBODY) -> None:
        """Open a database read-only; raises ``StoreError``. ``progress`` is asked whether to go on."""
        self.damaged = 0
        self._progress = progress
        self._database = open_database(path, read_only=True)
        self._connection: sqlite3.Connection = self._database.connection()
        self._connection.set_progress_handler(self._look_up, STEPS_BETWEEN_LOOKS)
        with self._told():
            self._connection.execute("BEGIN")

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def newest(self) -> int:
        """Give the number of the newest entry, 0 for an empty log."""
        return int(self._one("SELECT max(seq) FROM audit")[0] or 0)

    def earliest(self) -> datetime | None:
        """Give the time of the earliest entry, UTC; None for an empty log."""
        (at,) = self._one("SELECT min(at) FROM audit")
        return None if at is None else from_microseconds(at)

    def span(self, since: datetime | None, until: datetime | None) -> Span:
        """Give which entries are of a period; ``until`` is not in it any more."""
        low = None if since is None else to_microseconds(since)
        high = None if until is None else to_microseconds(until)
        parts = [(f"at {sign} ?", value) for sign, value in ((">=", low), ("<", high)) if value is not None]
        where = " AND ".join(text for text, _ in parts) or "1"
        count, first, last = self._one(
            f"SELECT count(*), min(seq), max(seq) FROM audit WHERE {where}", [value for _, value in parts]
        )
        return Span(first or 0, last or 0, count, low, high)

    def counts(self, column: str, span: Span) -> list[tuple[str, int]]:
        """Give how many entries each ``type``, ``owner`` or ``result`` has: over its index, the entries stay unread."""
        if column not in _COUNTED:
            raise ValueError(column)
        where, values = span.where("a.")
        sql = (
            f"WITH RECURSIVE v(x) AS (SELECT min({column}) FROM audit UNION ALL"
            f" SELECT (SELECT min({column}) FROM audit WHERE {column} > v.x) FROM v WHERE v.x IS NOT NULL)"
            f" SELECT x, (SELECT count(*) FROM audit a WHERE a.{column} = v.x AND {where}) FROM v WHERE x IS NOT NULL"
        )
        return [(value, count) for value, count in self._all(sql, values) if count]

    def not_done(self, span: Span) -> dict[tuple[str, str], int]:
        """Give how many entries of each type and result were no success."""
        where, values = span.where()
        found: dict[tuple[str, str], int] = {}
        for result, _ in self.counts("result", span):
            if result != AuditResult.SUCCESS.value:
                rows = self._all(
                    f"SELECT type, count(*) FROM audit WHERE result = ? AND {where} GROUP BY type", [result, *values]
                )
                found |= {(kind, result): count for kind, count in rows}
        return found

    def newest_of(self, types: Sequence[AuditType], span: Span, limit: int) -> list[Fields]:
        """Give the newest entries of some types, at most so many, the oldest of them first."""
        found: list[Fields] = []
        for kind in types:
            found += self._newest("type", kind.value, span, limit)
        return sorted(found, key=lambda entry: entry.seq)[-limit:]

    def newest_denied(self, span: Span, limit: int) -> list[Fields]:
        """Give the newest refused attempts, at most so many, the oldest of them first."""
        return self._newest("result", AuditResult.DENIED.value, span, limit)

    def hotfixes(self, span: Span) -> tuple[int, int]:
        """Give the lowest and highest number of the hotfixes that were open in a period; (1, 0) for none.

        There may be others between them.
        """
        found: list[int] = []
        if span.count:
            where, values = span.where()
            for kind in (AuditType.UNLOCK_REQUESTED, AuditType.LOCKED, AuditType.RELOCKED):
                row = self._one(
                    f"SELECT min(hotfix), max(hotfix) FROM audit WHERE type = ? AND {where}", [kind.value, *values]
                )
                found += [number for number in row if number is not None]
        # Those that were open all the while have no entry of their own in it.
        before = span.until if span.until is not None else (1 << 62)
        row = self._one(
            "SELECT min(id), max(id) FROM hotfix WHERE opened_at < ? AND (closed_at IS NULL OR closed_at >= ?)",
            [before, span.since or 0],
        )
        found += [number for number in row if number is not None]
        return (min(found), max(found)) if found else (1, 0)

    def entries_of(self, low: int, high: int) -> Iterator[tuple[Fields, bytes]]:
        """Give the entries of hotfixes from one number to another, ordered by hotfix and then by their own number.

        Each comes with its canonical bytes; one whose bytes are damaged is left out and counted.
        """
        with self._told():
            cursor = self._connection.execute(
                "SELECT hotfix, body FROM audit WHERE hotfix BETWEEN ? AND ? ORDER BY hotfix, seq", (low, high)
            )
            for hotfix, body in cursor:
                fields = self._fields(body)
                if fields is None:
                    continue
                if fields.hotfix == str(hotfix):
                    yield fields, bytes(body)
                else:
                    self.damaged += 1

    def waiting(self) -> list[Waiting]:
        """Give the hotfixes that wait for delivery now, the longest first; not those of packages that are gone."""
        rows = self._all(
            "SELECT p.name, h.id, h.opened_by, h.ticket, h.reason, h.closed_at, w.changes"
            f" FROM ({WAITING_SQL}) w JOIN hotfix h ON h.id = w.hotfix_id JOIN package p ON p.id = w.package_id"
            " WHERE NOT p.missing ORDER BY h.closed_at, p.name",
            [],
        )
        return [
            Waiting(name, number, by, ticket, reason, from_microseconds(at), changes)
            for name, number, by, ticket, reason, at, changes in rows
        ]

    def note(self) -> str:
        """Give the newest checkpoint as it was signed; empty when there is none."""
        rows = self._all("SELECT note FROM checkpoint ORDER BY id DESC LIMIT 1", [])
        return str(rows[0][0]) if rows else ""

    def archives(self) -> list[Archived]:
        """Give what was moved to archive files."""
        return [Archived(*row) for row in self._all("SELECT first, last, path FROM archive ORDER BY last", [])]

    def _newest(self, column: str, value: str, span: Span, limit: int) -> list[Fields]:
        where, values = span.where()
        rows = self._all(
            f"SELECT body FROM audit WHERE {column} = ? AND {where} ORDER BY seq DESC LIMIT ?", [value, *values, limit]
        )
        return [fields for (body,) in reversed(rows) if (fields := self._fields(body)) is not None]

    def _fields(self, body: bytes) -> Fields | None:
        try:
            return fields_of(bytes(body))
        except ValueError:
            self.damaged += 1
            return None

    def _one(self, sql: str, values: Sequence[object] = ()) -> tuple:  # type: ignore[type-arg]
        return tuple(self._all(sql, values)[0])

    def _all(self, sql: str, values: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]
        with self._told():
            return self._connection.execute(sql, values).fetchall()

    def _look_up(self) -> int:
        try:
            self._progress.check()
        except Cancelled:
            return 1
        return 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        with translated():
            try:
                yield
            except sqlite3.OperationalError:
                self._progress.check()  # interrupted because somebody cancelled: then it is said so
                raise
