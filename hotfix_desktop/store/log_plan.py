"""How a question to the audit log is answered: which parts of it are looked at, in which order, by which index."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.store.log_reader import Bounds, LogReader
from hotfix_desktop.store.log_sql import FEW, Condition

SAMPLE = 20_000
"""The newest entries that tell how rare a value is."""
RARE = 8
"""An index helps for values that fewer than one in so many entries have."""
FAR = 100_000
"""Entries that are passed over in less time than it takes to find out how many they are."""
FEW_ENTRIES = 20_000
"""Entries of a period whose index is read through before the newest of them are shown."""
MANY = 1_000_000
"""Entries of a period whose index is not read through at all: to look at the log itself is as fast."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the log that is looked at in chunks from one end to the other.

    Attributes:
        source: what stands behind FROM; it says which index is used, so that SQLite need not guess.
        low, high: the numbers that are left of it.
        whole: it is looked at in one statement, because its order is not that of the numbers.
        is_one_value: it is the part of one value of the column that is sorted by.
        on_top: what is found belongs above all that was found before.
    """

    source: str
    fits: Condition
    order: str
    descending: bool
    low: int
    high: int
    whole: bool = False
    is_one_value: bool = False
    on_top: bool = False


def plan(reader: LogReader, query: LogQuery, bounds: Bounds, fits: Condition) -> list[Segment]:
    """Give the parts that answer a question, in the order of the answer."""
    low, high = _span(reader, query, bounds)
    if low > high:
        return []
    way = " DESC" if query.descending else ""
    if query.sort is LogColumn.AT:
        source = _source(reader, query, bounds)
        start = _start(reader, query, low, high)
        if query.descending:
            parts = [Segment(source, fits, "seq DESC", True, low, start)]
            parts.append(Segment(source, fits, "seq", False, start + 1, high, on_top=True))
        else:
            parts = [Segment(source, fits, "seq", False, start, high)]
            parts.append(Segment(source, fits, "seq DESC", True, low, start - 1, on_top=True))
        return [part for part in parts if part.low <= part.high]
    if query.sort in FEW and _is_of(query, query.sort):
        values = reader.values(query.sort)
        if values is not None:
            return _by_value(query, values, low, high)
    column = query.sort.value
    return [
        Segment(
            _source(reader, query, bounds), fits, f"{column}{way}, seq{way}", query.descending, low, high, whole=True
        )
    ]


def _by_value(query: LogQuery, values: list[str], low: int, high: int) -> list[Segment]:
    column = query.sort.value
    only = {value for named, value in query.only if named is query.sort}
    without = {value for named, value in query.without if named is query.sort}
    source = f"audit INDEXED BY audit_{column}_seq"
    order = "seq DESC" if query.descending else "seq"
    return [
        Segment(source, Condition(f"{column} = ?", (v,)), order, query.descending, low, high, is_one_value=True)
        for v in (reversed(values) if query.descending else values)
        if (not only or v in only) and v not in without
    ]


def _is_of(query: LogQuery, column: LogColumn) -> bool:
    """Whether nothing is said but of this column."""
    named = {pair[0] for pair in (*query.only, *query.without)}
    return named <= {column} and not query.text.split() and query.hotfix is None and not (query.since or query.until)


def _source(reader: LogReader, query: LogQuery, bounds: Bounds) -> str:
    if query.hotfix is not None:
        return "audit INDEXED BY audit_hotfix"
    rarest, fewest = "", SAMPLE
    for column, values in _only(query).items():
        marks = ", ".join("?" * len(values))
        (here,) = reader.connection.execute(
            f"SELECT count(*) FROM audit INDEXED BY audit_{column.value}_seq"
            f" WHERE {column.value} IN ({marks}) AND seq > ?",
            (*values, bounds.last - SAMPLE),
        ).fetchone()
        if here < fewest:
            rarest, fewest = column.value, here
    sampled = min(SAMPLE, bounds.count)
    if rarest and (fewest * RARE < sampled or _is_of(query, LogColumn(rarest))):
        return f"audit INDEXED BY audit_{rarest}_seq"
    return "audit NOT INDEXED"


def _only(query: LogQuery) -> dict[LogColumn, list[str]]:
    found: dict[LogColumn, list[str]] = {}
    for column, value in query.only:
        if column in FEW:
            found.setdefault(column, []).append(value)
    return found


def _span(reader: LogReader, query: LogQuery, bounds: Bounds) -> tuple[int, int]:
    """Give the lowest and the highest number that can fit, as far as the indexes tell at once."""
    low, high = bounds.first, bounds.last
    wanted: list[tuple[str, list[str] | list[int]]] = [(c.value, values) for c, values in _only(query).items()]
    if query.hotfix is not None:
        wanted.append(("hotfix", [query.hotfix]))
    for column, values in wanted:
        ends = [
            reader.connection.execute(
                f"SELECT (SELECT min(seq) FROM audit WHERE {column} = ?),"
                f" (SELECT max(seq) FROM audit WHERE {column} = ?)",
                (value, value),
            ).fetchone()
            for value in values
        ]
        there = [(first, last) for first, last in ends if first is not None]
        if not there:
            return 1, 0
        low, high = max(low, min(first for first, _ in there)), min(high, max(last for _, last in there))
    return _of_period(reader, query, low, high)


def _of_period(reader: LogReader, query: LogQuery, low: int, high: int) -> tuple[int, int]:
    # A clock may have been set back, so the entries of a period need not stand together: to know the lowest and the
    # highest of them its index is read through, which pays where they are few and much of the log lies outside.
    if query.since is None and query.until is None:
        return low, high
    since, until = _microseconds(query)
    ends = _ends(reader, since, until)
    if ends is None:
        return 1, 0
    if max(ends) - min(ends) > FEW_ENTRIES or (min(ends) - low < FAR and high - max(ends) < FAR):
        return low, high
    first, last = _reach(reader, since, until)
    return max(low, first), min(high, last)


def tightened(reader: LogReader, query: LogQuery, segments: list[Segment]) -> list[Segment]:
    """Give what is left of a search without what its period rules out; for when the first hits are shown."""
    if query.since is None and query.until is None:
        return segments
    since, until = _microseconds(query)
    ends = _ends(reader, since, until)
    if ends is None or max(ends) - min(ends) > MANY:
        return segments
    first, last = _reach(reader, since, until)
    cut = [replace(part, low=max(part.low, first), high=min(part.high, last)) for part in segments]
    return [part for part in cut if part.low <= part.high]


def _reach(reader: LogReader, since: int, until: int) -> tuple[int, int]:
    first, last = reader.connection.execute(
        "SELECT min(seq), max(seq) FROM audit INDEXED BY audit_at WHERE at >= ? AND at < ?", (since, until)
    ).fetchone()
    return first, last


def _start(reader: LogReader, query: LogQuery, low: int, high: int) -> int:
    """Give the number from which on a period is looked for: where it would end if no clock was ever set back.

    What lies beyond is looked at last.
    """
    since, until = _microseconds(query)
    ends = _ends(reader, since, until) if query.until or query.since else None
    if ends is None:
        return high if query.descending else low
    start = ends[1] if query.descending else ends[0]
    far = high - start if query.descending else start - low
    if far < FAR:
        return high if query.descending else low
    return min(high, max(low, start))


def _ends(reader: LogReader, since: int, until: int) -> tuple[int, int] | None:
    """Give the numbers of the first and the last entry of a period as the clocks had it; None when it is empty."""
    first, last = (
        reader.connection.execute(
            f"SELECT seq FROM audit INDEXED BY audit_at WHERE at >= ? AND at < ? ORDER BY at {way} LIMIT 1",
            (since, until),
        ).fetchone()
        for way in ("", "DESC")
    )
    return (first[0], last[0]) if first and last else None


def _microseconds(query: LogQuery) -> tuple[int, int]:
    return (
        to_microseconds(query.since) if query.since else -(2**63),
        to_microseconds(query.until) if query.until else 2**63 - 1,
    )
