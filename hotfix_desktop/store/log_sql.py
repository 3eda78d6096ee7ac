"""What a :class:`LogQuery` means in SQL, said so that SQLite has little to do for each entry.

A word may stand in any of six columns. Four of them hold a few different values only, so the word is looked up in
those once, and for each entry only the description is compared (and the address, where the word could be part of
one): a search costs what SQLite's own ``LIKE`` over the descriptions costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.log_query import LogColumn, LogQuery

FEW = (LogColumn.TYPE, LogColumn.PACKAGE, LogColumn.OWNER, LogColumn.RESULT)
"""The columns with few different values; each has an index on itself and ``seq``."""
Known = Mapping[LogColumn, Sequence[str] | None]
"""The different values of the columns of :data:`FEW`, the empty one too; None where there are too many."""
_ADDRESS = frozenset("0123456789abcdefABCDEF.:")
_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in SQL ("1" for everything), and its parameters."""

    sql: str
    values: tuple[object, ...]


def variants(word: str) -> tuple[str, ...]:
    """Give the ways in which a word is looked for; SQLite's ``LIKE`` takes A for a, but not Ä for ä."""
    if word.isascii():
        return (word,)
    ways = {way.translate(_TO_LOWER): way for way in (word.title(), word.upper(), word.lower(), word)}
    return tuple(ways.values())


def stands_in(word: str, text: str) -> bool:
    """Whether a word stands in a text, as the search of the log means it."""
    text = text.translate(_TO_LOWER)
    return any(variant.translate(_TO_LOWER) in text for variant in variants(word))


def condition(query: LogQuery, known: Known) -> Condition:
    """Give which entries are meant, but for their order.

    No column stands there so that SQLite would choose an index for it: which one is used is said in ``FROM``.
    """
    parts: list[str] = []
    values: list[object] = []
    for column in LogColumn:
        only = [_value(column, value) for named, value in query.only if named is column]
        without = [_value(column, value) for named, value in query.without if named is column]
        for wanted, operator in ((only, "IN"), (without, "NOT IN")):
            if len(wanted) == 1:
                parts.append(f"{column.value} {'=' if operator == 'IN' else '<>'} ?")
            elif wanted:
                parts.append(f"{column.value} {operator} ({_marks(wanted)})")
            values += wanted
    for moment, operator in ((query.since, ">="), (query.until, "<")):
        if moment is not None:
            parts.append(f"at {operator} ?")
            values.append(to_microseconds(moment))
    if query.hotfix is not None:
        parts.append("hotfix = ?")
        values.append(query.hotfix)
    for word in dict.fromkeys(query.text.split()):
        part = _word(word, known)
        if part.sql != "1":
            parts.append(part.sql)
            values += part.values
    return Condition(" AND ".join(parts) or "1", tuple(values))


def _value(column: LogColumn, value: str) -> object:
    return int(value) if column is LogColumn.AT else value  # microseconds since 1970


def _word(word: str, known: Known) -> Condition:
    parts: list[str] = []
    values: list[object] = []
    compared = [LogColumn.DESCRIPTION]
    if all(_ADDRESS.issuperset(variant) for variant in variants(word)):
        compared.append(LogColumn.IP_ADDRESS)
    for column in FEW:
        here = known[column]
        if here is None:
            compared.append(column)
            continue
        found = [value for value in here if stands_in(word, value)]
        if here and len(found) == len(here):
            return Condition("1", ())  # it stands in every entry
        if found:
            parts.append(f"{column.value} = ?" if len(found) == 1 else f"{column.value} IN ({_marks(found)})")
            values += found
    for column in compared:
        for variant in variants(word):
            escaped = variant.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            parts.append(f"{column.value} LIKE ?" + (" ESCAPE '\\'" if escaped != variant else ""))
            values.append(f"%{escaped}%")
    return Condition(f"({' OR '.join(parts)})", tuple(values))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
