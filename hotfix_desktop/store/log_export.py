"""Reads a selection of the audit log for taking it away: in the log's own order, in chunks, everything of one moment.

CSV lines are built by SQLite itself, which takes half the time that Python would. Ticket and reason stand in the
canonical bytes only and are taken from there. One read transaction holds the moment, so that an archiving meanwhile
takes no entries away.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.store.archives import Archives
from hotfix_desktop.store.checkpoints import Checkpoints
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.log_plan import plan
from hotfix_desktop.store.log_reader import Bounds, LogReader
from hotfix_desktop.store.log_sql import FEW, condition

CHUNK = 4096
"""Numbers that are looked at between two looks at the progress: about 20 ms."""
RARE_CHUNK = 1 << 18
"""The same where an index leads to the few that are wanted."""
MOST = 20_000
"""Entries that are held at a time."""
_HEAD_BYTES = 25
_BOTH_EMPTY = bytes(8)
_length_at = struct.Struct(">I").unpack_from
_TEXT = ("type", "package", "owner", "ip_address", "result", "description")
RISKY = "=+-@\t\r\n'"
"""A spreadsheet takes a cell that begins with one of these for a formula; an apostrophe stands for itself."""
_INSIDE = re.compile(rb"([;\t\r\n])(?=\"*[=+\-@'])")
"""Where a cell would begin with a formula in a program that parts lines at semicolons or tabs; never across a cell's
end, behind whose quotation mark a comma or a line end stands."""
CSV_HEADINGS = (
    "Number,Event date,Type,Package,Owner,IP address,Result,Description,Ticket,Reason,Hotfix,Hash\r\n"  # RFC 4180
)


def _cell(column: str) -> str:
    # All risky characters stand before A: most cells are done with one comparison.
    return f"CASE WHEN {column} >= 'A' THEN {column} WHEN {column} GLOB :risky THEN '''' || {column} ELSE {column} END"


_LINE = (
    'CAST(printf(\'%d,%s.%06dZ,"%w","%w","%w","%w","%w","%w",%s,%s,%s\' || char(13, 10), seq,'
    " strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch'), at % 1000000, "
    + ", ".join(_cell(column) for column in _TEXT)
    + ", ticket_and_reason(body), hotfix, lower(hex(hash))) AS BLOB)"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries are meant, as SQL has it.

    Attributes:
        source: what stands behind FROM.
        fits, values: the condition and its parameters, by name.
        low, high: the numbers between which they lie; high < low for none.
        step: how many numbers are looked at in one statement.
    """

    source: str
    fits: str
    values: dict[str, object]
    low: int
    high: int
    step: int


class LogExport:
    """One log as it is at the moment of opening, read by one thread.

    Attributes:
        bounds: the first and the last number of its entries.
        archives, checkpoints: those of the same moment.
    """

    def __init__(self, path: Path) -> None:
        """Open the database read-only; raises ``StoreError``."""
        self._reader = LogReader(path)
        self._connection = self._reader.connection
        try:
            self._connection.create_function("ticket_and_reason", 1, ticket_and_reason, deterministic=True)
            self._connection.execute("BEGIN")
            self.bounds: Bounds = self._reader.bounds()
            self.archives = Archives(self._reader._database)
            self.checkpoints = Checkpoints(self._reader._database)
        except BaseException:
            self._reader.close()
            raise

    def close(self) -> None:
        """End the transaction and close the file."""
        self._reader.close()

    @told
    def select(self, query: LogQuery, upto: int | None = None) -> Selection:
        """Find out how a question is answered; its order is always that of the log.

        ``upto`` leaves out newer entries than this number.
        """
        query = replace(query, sort=LogColumn.AT, descending=False)
        known = {column: self._reader.values(column) for column in FEW} if query.text.split() else {}
        fits = condition(query, known)
        bounds = self.bounds if upto is None else Bounds(self.bounds.first, min(upto, self.bounds.last))
        parts = plan(self._reader, query, bounds, fits)
        if not parts:
            return Selection("audit NOT INDEXED", "1", {}, 1, 0, CHUNK)
        named = fits.sql.split("?")
        sql = "".join(f"{part}:v{at}" for at, part in enumerate(named[:-1])) + named[-1]
        source = parts[0].source
        return Selection(
            source,
            sql,
            {f"v{at}": value for at, value in enumerate(fits.values)},
            min(part.low for part in parts),
            max(part.high for part in parts),
            CHUNK if source == "audit NOT INDEXED" else RARE_CHUNK,
        )

    def csv(self, chosen: Selection) -> Iterator[tuple[int, int, bytes]]:
        """Give the lines of the entries in chunks: the number that was looked at last, how many lines, and them.

        A NUL, which nothing enters, ends its cell.
        """
        for upto, rows in self._chunks(chosen, _LINE, {"risky": f"[-{RISKY.replace('-', '')}]*"}):
            lines = b"".join([line for (line,) in rows])
            try:
                lines.decode()
            except UnicodeDecodeError:  # somebody wrote into the database by hand
                lines = lines.decode("utf-8", "replace").encode()
            # Looking for single bytes costs next to nothing; most chunks have none inside of their cells.
            ends = lines.count(b"\n") != len(rows) or lines.count(b"\r") != len(rows)
            yield upto, len(rows), without_formulas(lines) if ends or b";" in lines or b"\t" in lines else lines

    def entries(self, chosen: Selection) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
        """Give number, body and hash of the entries in chunks, each with the number that was looked at last."""
        yield from self._chunks(chosen, "seq, body, hash", {})

    @told
    def raw(self, first: int, last: int) -> list[tuple[Any, ...]]:
        """Give the rows from one number to another as they lie in the database."""
        rows = self._connection.execute(
            "SELECT seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash FROM audit"
            " WHERE seq BETWEEN ? AND ? ORDER BY seq",
            (first, last),
        )
        return rows.fetchall()

    def _chunks(
        self, chosen: Selection, columns: str, values: dict[str, object]
    ) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
        sql = (
            f"SELECT {columns} FROM {chosen.source} WHERE seq BETWEEN :low AND :high AND {chosen.fits}"
            f" ORDER BY seq LIMIT {MOST + 1}"
        )
        numbers = sql.replace(f"SELECT {columns}", "SELECT seq", 1)
        low = chosen.low
        while low <= chosen.high:
            high = min(chosen.high, low + chosen.step - 1)
            rows = self._rows(sql, {**chosen.values, **values, "low": low, "high": high})
            if len(rows) > MOST:  # more than an index promised: so many at a time
                high = self._rows(numbers, {**chosen.values, "low": low, "high": high})[MOST - 1][0]
                rows.pop()
            yield high, rows
            low = high + 1

    @told
    def _rows(self, sql: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()


def ticket_and_reason(body: bytes) -> str:
    """Give the two cells of a canonical body; empty ones for bytes that are none. Called for each entry: no loop."""
    try:
        at = _HEAD_BYTES
        at += 4 + _length_at(body, at)[0]
        at += 4 + _length_at(body, at)[0]
        at += 4 + _length_at(body, at)[0]
        at += 4 + _length_at(body, at)[0]
        at += 4 + _length_at(body, at)[0]
        at += 4 + _length_at(body, at)[0]
        at += 4 + _length_at(body, at)[0]
        at += 4 + _length_at(body, at)[0]
        if body[at : at + 8] == _BOTH_EMPTY:
            return ","
        end = at + 4 + _length_at(body, at)[0]
        reason = body[at + 4 : end]
        ticket = body[end + 4 : end + 4 + _length_at(body, end)[0]]
    except (struct.error, TypeError):
        return ","
    return f"{csv_cell(ticket.decode('utf-8', 'replace'))},{csv_cell(reason.decode('utf-8', 'replace'))}"


def without_formulas(cells: bytes) -> bytes:
    """Put an apostrophe before what would be a formula in a program that parts lines at semicolons or tabs."""
    return _INSIDE.sub(rb"\1'", cells)


def csv_cell(text: str) -> str:
    """Give a text as a cell: quoted, and with a leading apostrophe where a spreadsheet would reckon or take one off.

    :func:`without_formulas` has to follow, for a whole chunk at once.
    """
    if text[:1] and text[0] in RISKY:
        text = "'" + text
    return '"' + text.replace('"', '""') + '"'
