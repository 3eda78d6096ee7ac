"""Looks for entries of the audit log, on a connection of its own, and keeps the numbers of what it finds.

The numbers go into a table of a temporary file, in the order in which they are shown: the
list knows exactly how long it is, and any page of it is a range of that table's rows. They are collected in chunks
of the log, the newest first, so that the first hits are there at once, no statement takes long, and a search can be
left, stopped and continued anywhere. Sorting by description or address, and sorting what is filtered, takes one
long statement.

*Places* count the rows from the first that was found, at 0; entries that came on top since stand at −1, −2 ….
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from hotfix_desktop.core.errors import Cancelled
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.ledger import AuditLine
from hotfix_desktop.store.log_plan import Segment, plan, tightened
from hotfix_desktop.store.log_reader import COLUMNS, Bounds, LogReader, line_of
from hotfix_desktop.store.log_sql import FEW, Condition, condition

FIRST_CHUNK = 2_000
"""Entries of the first chunk: looked at in about a millisecond."""
SHORT, LONG = 0.008, 0.016
"""Seconds: chunks grow until they take the first, and shrink when they take the second."""
LEAST = 16_000
"""Entries that no chunk shrinks below: on a machine that is busy with other things a smaller one is no faster."""
EVERY = 50_000
"""Steps of SQLite's machine, a few milliseconds, between two looks at whether a long statement should end."""
ENOUGH = 200
"""Hits with which the first step is content: a page."""
FIRST_STEP = 0.010
"""Seconds after which the first step is content with any hit."""
_FRESH_START = (
    # A database without a name is a file that goes away when it is detached, in no time however much it holds.
    "ATTACH '' AS found",
    "PRAGMA found.journal_mode = MEMORY",
    "CREATE TABLE found.hit (row INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
    "CREATE TABLE found.top (row INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
)


class Standing(StrEnum):
    """How far a scan has come."""

    RUNNING = "running"
    COMPLETE = "complete"
    PAUSED = "paused"  # stopped, or its time budget is used up; it can go on


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan has found so far.

    Attributes:
        bounds: the entries that were there when it began, and came since as far as it has caught up.
        hits: how many entries fit; all of them once it is complete.
        fresh: how many of the hits came on top since it began.
        newer: how many entries fit and came since, but are not among the hits: their place is in between.
        examined: how many entries were looked at, of ``bounds.count``.
    """

    query: LogQuery
    bounds: Bounds
    hits: int
    fresh: int
    newer: int
    examined: int
    standing: Standing


class LogScan:
    """One search at a time in the log of one database; all but :meth:`interrupt` belong to one thread."""

    def __init__(self, path: Path) -> None:
        """Open the database read-only; raises ``StoreError``."""
        self.reader = LogReader(path)
        self._connection = self.reader.connection
        self._stopped = False
        self._interruptible = False
        self._budget = self._spent = 0.0
        self._attached = False
        self._tight = True
        self._segments: list[Segment] = []
        self._found = Found(LogQuery(), Bounds(1, 0), 0, 0, 0, 0, Standing.COMPLETE)

    @told
    def begin(self, query: LogQuery, budget: float) -> None:
        """Take up a new question, which may cost ``budget`` seconds of work; nothing is looked for yet.

        Raises ``Cancelled`` when it is interrupted.
        """
        self._stopped = False
        if self._attached:
            self._connection.execute("DETACH found")
            self._attached = False
        for statement in _FRESH_START:
            self._connection.execute(statement)
            self._attached = True
        self._budget, self._spent = budget, 0.0
        self._width = FIRST_CHUNK
        bounds = self.reader.bounds()
        self._found = Found(query, bounds, 0, 0, 0, 0, Standing.RUNNING)
        self._segments, self._tight = [], False
        with self._may_be_interrupted():
            self._segments = plan(self.reader, query, bounds, self._condition())
        if self._stopped:
            raise Cancelled

    def allow(self, seconds: float) -> None:
        """Give a search that is paused more time."""
        self._stopped = False
        self._budget = self._spent + seconds
        if self._found.standing is Standing.PAUSED:
            self._found = replace(self._found, standing=Standing.RUNNING)

    @property
    def found(self) -> Found:
        """What was found so far."""
        return self._found

    @told
    def step(self, seconds: float) -> Found:
        """Work on for about so long, in the first step until there is something to show; give what was found."""
        first = not self._found.examined
        began = time.perf_counter()
        if not first and not self._tight:
            with self._may_be_interrupted():
                self._segments = tightened(self.reader, self._found.query, self._segments)
                self._tight = True
        while self._found.standing is Standing.RUNNING:
            now = time.perf_counter()
            enough = first and (self._found.hits >= ENOUGH or (self._found.hits > 0 and now - began > FIRST_STEP))
            if self._stopped or self._spent + now - began >= self._budget:
                self._found = replace(self._found, standing=Standing.PAUSED)
            elif not self._segments:
                self._found = replace(self._found, standing=Standing.COMPLETE)
            elif now - began >= seconds or enough:
                break
            else:
                with self._may_be_interrupted():
                    self._one_chunk(self._segments[0], self._budget - self._spent - (now - began))
        self._spent += time.perf_counter() - began
        return self._found

    @told
    def page(self, first: int, count: int) -> list[AuditLine | None]:
        """Give the entries at ``count`` places from ``first`` on, if there are so many; None for one that is gone."""
        found: list[AuditLine | None] = []
        columns = ", ".join(f"a.{column}" for column in COLUMNS.split(", "))
        for table, low, high, order in (
            ("top", -(first + count - 1), -first, "DESC"),
            ("hit", first + 1, first + count, ""),
        ):
            if high < 1:
                continue
            rows = self._connection.execute(
                f"SELECT {columns} FROM found.{table} h LEFT JOIN audit a ON a.seq = h.seq"
                f" WHERE h.row BETWEEN ? AND ? ORDER BY h.row {order}",
                (max(1, low), high),
            )
            found += [line_of(row) if row[0] is not None else None for row in rows]
        return found

    @told
    def catch_up(self) -> Found:
        """Look at what was entered since: on top, below, or only counted, as the order has it."""
        found = self._found
        now = self.reader.bounds()
        low, high = found.bounds.last + 1, now.last
        if high < low:
            return found
        query, fits = found.query, self._condition()
        for at, segment in enumerate(self._segments):
            if segment.on_top and query.descending:  # what came before has not been looked at yet
                self._segments[at] = replace(segment, high=high, fits=fits)
                self._found = replace(found, bounds=Bounds(found.bounds.first, high))
                return self._found
        values = (low, high, *fits.values)
        where = f"FROM audit NOT INDEXED WHERE seq BETWEEN ? AND ? AND {fits.sql}"
        bounds = Bounds(found.bounds.first, high)
        if query.sort is not LogColumn.AT:
            (newer,) = self._connection.execute(f"SELECT count(*) {where}", values).fetchone()
            self._found = replace(found, bounds=bounds, newer=found.newer + newer)
        elif query.descending:
            sql = f"INSERT INTO found.top (seq) SELECT seq {where} ORDER BY seq"
            fresh = self._connection.execute(sql, values).rowcount
            self._found = replace(
                found,
                bounds=bounds,
                hits=found.hits + fresh,
                fresh=found.fresh + fresh,
                examined=found.examined + high - low + 1,
            )
        else:
            self._segments.append(Segment("audit NOT INDEXED", fits, "seq", False, low, high))
            running = Standing.RUNNING if found.standing is Standing.COMPLETE else found.standing
            self._found = replace(found, bounds=bounds, standing=running)
        return self._found

    @told
    def place_of(self, seq: int) -> int | None:
        """Give the place of the entry with this number; None when it is not among the hits."""
        (row,) = self._connection.execute("SELECT min(row) FROM found.top WHERE seq = ?", (seq,)).fetchone()
        if row is not None:
            return -int(row)
        if self._found.query.sort is LogColumn.AT:
            return self._searched(seq)
        (row,) = self._connection.execute("SELECT min(row) FROM found.hit WHERE seq = ?", (seq,)).fetchone()
        return int(row) - 1 if row is not None else None

    def interrupt(self) -> None:
        """Stop what runs, within some milliseconds, from any thread; it is paused then."""
        self._stopped = True
        if self._interruptible:  # a page that is being read is not stopped: it is there sooner than it is asked again
            self._connection.interrupt()

    def close(self) -> None:
        """Close the connection, and with it forget all hits."""
        self.reader.close()

    def _condition(self) -> Condition:
        known = {column: self.reader.values(column) for column in FEW} if self._found.query.text.split() else {}
        return condition(self._found.query, known)

    def _one_chunk(self, segment: Segment, left: float) -> None:
        if segment.whole:
            low, high = segment.low, segment.high
            deadline = time.perf_counter() + left
            self._connection.set_progress_handler(lambda: int(self._stopped or time.perf_counter() > deadline), EVERY)
        elif segment.descending:
            low, high = max(segment.low, segment.high - self._width + 1), segment.high
        else:
            low, high = segment.low, min(segment.high, segment.low + self._width - 1)
        began = time.perf_counter()
        table = "top" if segment.on_top else "hit"
        sql = f"INSERT INTO found.{table} (seq) SELECT seq FROM {segment.source} WHERE seq BETWEEN ? AND ? AND "
        added = self._connection.execute(
            f"{sql}{segment.fits.sql} ORDER BY {segment.order}", (low, high, *segment.fits.values)
        ).rowcount
        took = time.perf_counter() - began
        if took < SHORT:
            self._width *= 4 if took < SHORT / 4 else 2
        elif took > LONG:
            self._width = max(min(LEAST, self._width), self._width // 2)
        found = self._found
        self._found = replace(
            found,
            hits=found.hits + added,
            fresh=found.fresh + (added if segment.on_top else 0),
            examined=found.examined + (added if segment.is_one_value else high - low + 1),
        )
        if segment.whole or (low <= segment.low and high >= segment.high):
            self._segments.pop(0)
        elif segment.descending:
            self._segments[0] = replace(segment, high=low - 1)
        else:
            self._segments[0] = replace(segment, low=high + 1)

    @contextmanager
    def _may_be_interrupted(self) -> Iterator[None]:
        self._interruptible = True
        try:
            yield
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            # The statement left nothing behind, so it can be done again.
            self._found = replace(self._found, standing=Standing.PAUSED)
        finally:
            self._interruptible = False
            self._connection.set_progress_handler(None, 0)

    def _searched(self, seq: int) -> int | None:
        low, high = 1, self._found.hits - self._found.fresh
        while low <= high:
            middle = (low + high) // 2
            (there,) = self._connection.execute("SELECT seq FROM found.hit WHERE row = ?", (middle,)).fetchone()
            if there == seq:
                return middle - 1
            if (there > seq) is self._found.query.descending:
                low = middle + 1
            else:
                high = middle - 1
        return None
