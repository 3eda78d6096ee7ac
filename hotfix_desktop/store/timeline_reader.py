"""Reads the entries of hotfixes out of a log of any size: which hotfixes a question means, and their entries.

It has a read-only connection of its own, which a cancel interrupts. Which hotfixes are meant is found in the
indexes alone wherever no word or value is asked for; the bodies are read of those only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.timeline import HotfixEntry
from hotfix_desktop.store.errors import translated
from hotfix_desktop.store.log_plan import plan
from hotfix_desktop.store.log_reader import LogReader
from hotfix_desktop.store.log_sql import FEW, condition

CHUNK = 400
"""Hotfixes whose entries are read at once; a cancel waits for no more."""
LOOK_AFTER = 20_000
"""Steps of SQLite's machine between two looks at whether the work was cancelled: a millisecond or so."""
_FAR = 2**62
# A damaged or altered database may hold anything in any column.
_COLUMNS = (
    "CAST(hotfix AS INTEGER), seq, CAST(at AS INTEGER), CAST(type AS TEXT), CAST(result AS TEXT),"
    " CAST(package AS TEXT), CAST(owner AS TEXT), CAST(body AS BLOB)"
)


class TimelineReader:
    """The hotfixes of one database's log. It belongs to the thread that opened it.

    Attributes:
        log: the log itself, over the same connection.
    """

    def __init__(self, path: Path) -> None:
        """Open the database, read-only; raises ``StoreError``."""
        self.log = LogReader(path)
        self._connection = self.log.connection

    def numbers(self, query: LogQuery, limit: int, progress: Progress = NOBODY) -> list[int]:
        """Give the newest ``limit`` hotfixes that the question means, the newest first.

        One is meant when an entry of it is; where only a period is asked for, also when it was open all the
        time. Raises ``StoreError`` and ``Cancelled``.
        """
        with self._interrupted_by(progress):
            if query.is_all:
                return self._first(
                    "SELECT DISTINCT hotfix FROM audit WHERE hotfix >= 0 ORDER BY hotfix DESC", (), limit
                )
            if _is_period(query):
                return self._in_period(query, limit)
            return self._among_entries(query, limit)

    def numbers_since(self, seq: int, limit: int, progress: Progress = NOBODY) -> list[int]:
        """Give the hotfixes that have an entry after this number. Raises ``StoreError`` and ``Cancelled``."""
        sql = "SELECT DISTINCT hotfix FROM audit WHERE seq > ? AND hotfix >= 0 ORDER BY hotfix DESC"
        with self._interrupted_by(progress):
            return self._first(sql, (seq,), limit)

    def entries(self, numbers: Sequence[int], progress: Progress = NOBODY) -> Iterator[list[HotfixEntry]]:
        """Give all entries of hotfixes, in chunks that end with a hotfix. Raises ``StoreError`` and ``Cancelled``."""
        wanted = sorted(numbers)
        for at in range(0, len(wanted), CHUNK):
            progress.step(at, len(wanted))
            chunk = wanted[at : at + CHUNK]
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT {_COLUMNS} FROM audit WHERE hotfix IN ({marks}) ORDER BY hotfix, seq"
            with self._interrupted_by(progress):
                yield [HotfixEntry._make(row) for row in self._rows(sql, chunk)]

    def close(self) -> None:
        """Close the connection."""
        self.log.close()

    def _in_period(self, query: LogQuery, limit: int) -> list[int]:
        since, until = _bounds(query)
        first, last = self._connection.execute(
            "SELECT min(seq), max(seq) FROM audit INDEXED BY audit_at WHERE at >= ? AND at < ?", (since, until)
        ).fetchone()
        # What is open now may have been opened long before and have no entry since. The table of hotfixes only
        # says which to look at; what is shown of them stands in the log.
        still = [n for (n,) in self._connection.execute("SELECT id FROM hotfix WHERE state <> 'closed'")]
        if first is None:
            return still[:limit]
        # One pass over an index that holds number and seq and nothing else.
        sql = (
            "SELECT hotfix FROM audit INDEXED BY audit_hotfix WHERE hotfix >= 0 GROUP BY hotfix"
            " HAVING max(seq) >= ? AND min(seq) <= ? ORDER BY hotfix DESC"
        )
        found = dict.fromkeys([*still, *self._first(sql, (first, last), limit)])
        return sorted(found, reverse=True)[:limit]

    def _first(self, sql: str, values: Sequence[object], limit: int) -> list[int]:
        return [int(n) for (n,) in self._connection.execute(f"{sql} LIMIT ?", (*values, limit))]

    def _rows(self, sql: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        lenient = self._connection.text_factory
        self._connection.text_factory = str  # half the time of reading, and text is damaged only by hand
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "UTF-8" not in str(error):
                raise
        finally:
            self._connection.text_factory = lenient
        return self._connection.execute(sql, values).fetchall()

    def _among_entries(self, query: LogQuery, limit: int) -> list[int]:
        fits = condition(query, {column: self.log.values(column) for column in FEW})
        newest_first = replace(query, sort=LogColumn.AT, descending=True)
        found: dict[int, None] = {}
        for part in plan(self.log, newest_first, self.log.bounds(), fits):
            sql = (
                f"SELECT CAST(hotfix AS INTEGER) FROM {part.source}"
                f" WHERE hotfix >= 0 AND seq BETWEEN ? AND ? AND {part.fits.sql} ORDER BY seq DESC"
            )
            for (number,) in self._connection.execute(sql, (part.low, part.high, *part.fits.values)):
                found[number] = None
                if len(found) >= limit:  # however long the log is
                    return list(found)
        return list(found)

    @contextmanager
    def _interrupted_by(self, progress: Progress) -> Iterator[None]:
        cancelled: list[BaseException] = []
        self._connection.set_progress_handler(_looking(progress, cancelled), LOOK_AFTER)
        try:
            with translated():
                yield
        except Exception:
            if cancelled:
                raise cancelled[0] from None
            raise
        finally:
            self._connection.set_progress_handler(None, 0)


def _looking(progress: Progress, cancelled: list[BaseException]) -> Callable[[], int]:
    def look() -> int:
        try:
            progress.check()
        except BaseException as error:  # SQLite would drop it: it is raised when the statement has stopped
            cancelled.append(error)
            return 1
        return 0

    return look


def _is_period(query: LogQuery) -> bool:
    return LogQuery(since=query.since, until=query.until, sort=query.sort, descending=query.descending) == query


def _bounds(query: LogQuery) -> tuple[int, int]:
    since = -_FAR if query.since is None else to_microseconds(query.since)
    return since, _FAR if query.until is None else to_microseconds(query.until)
