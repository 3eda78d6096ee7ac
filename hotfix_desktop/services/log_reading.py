"""Reading the audit log at any size: pages by number, and searches that can be watched, stopped and continued.

Both check at each use that the person may read it: a role can be taken away while the window is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.roles import Act, Person
from hotfix_desktop.core.roles import demand as demand_role
from hotfix_desktop.core.texts import NAME_LIMIT, clean_line
from hotfix_desktop.services.auditing import FilterValues
from hotfix_desktop.store.ledger import AuditLine
from hotfix_desktop.store.log_reader import Bounds, LogReader
from hotfix_desktop.store.log_scan import Found, LogScan, Standing

# The floors above take these from here.
__all__ = [
    "AuditLine",
    "Bounds",
    "FilterValues",
    "Found",
    "LogDesk",
    "LogPages",
    "LogSearch",
    "Standing",
    "checked_query",
]

SEARCH_BUDGET = 30.0
"""Seconds of work before a search stops and asks; one through five million entries takes one or two."""


@dataclass(frozen=True, slots=True)
class LogDesk:
    """What reading a log needs: its database and who reads it. Nothing is opened yet."""

    database: Path
    person: Person


class LogPages:
    """The log by number. Belongs to one thread; each use raises ``Denied`` or ``StoreError``."""

    def __init__(self, desk: LogDesk) -> None:
        """Open the database read-only."""
        self._person = desk.person
        self._reader = LogReader(desk.database)

    def check(self) -> None:
        """Raise ``Denied`` unless the person may read the log."""
        _demand(self._reader, self._person)

    def bounds(self) -> Bounds:
        """Give the numbers of the oldest and the newest entry."""
        self.check()
        return self._reader.bounds()

    def head(self, count: int, newest: bool) -> tuple[Bounds, list[AuditLine]]:
        """Give the bounds and the ``count`` newest (or oldest) entries, those at the head of the list first."""
        bounds = self.bounds()
        if newest:
            return bounds, self._reader.lines(bounds.last - count + 1, bounds.last)[::-1]
        return bounds, self._reader.lines(bounds.first, bounds.first + count - 1)

    def lines(self, first: int, last: int) -> list[AuditLine]:
        """Give the entries from number ``first`` to ``last``, by number."""
        self.check()
        return self._reader.lines(first, last)

    def numbered(self, numbers: Sequence[int]) -> list[AuditLine]:
        """Give the entries with these numbers, by number."""
        self.check()
        return self._reader.numbered(numbers)

    def values(self) -> FilterValues:
        """Give the different types, packages, owners and results of the log."""
        self.check()
        return FilterValues(
            *(
                tuple(value for value in self._reader.values(column) or () if value)
                for column in (LogColumn.TYPE, LogColumn.PACKAGE, LogColumn.OWNER, LogColumn.RESULT)
            )
        )

    def close(self) -> None:
        """Close the database."""
        self._reader.close()


class LogSearch:
    """One search at a time in the log. Belongs to one thread, but for :meth:`interrupt`."""

    def __init__(self, desk: LogDesk, budget: float = SEARCH_BUDGET) -> None:
        """Open the database read-only; a search may cost ``budget`` seconds of work until it stops and asks."""
        self._person = desk.person
        self._budget = budget
        self._scan = LogScan(desk.database)

    def begin(self, query: LogQuery, seconds: float, count: int) -> tuple[Found, list[AuditLine | None]]:
        """Take up a question and work on it for about so long, or until there is a page of hits.

        Gives how far it has come and the first ``count`` hits.

        Raises ``InvalidInput`` for a text that is too long or cannot be stored anyway.
        """
        _demand(self._scan.reader, self._person)
        self._scan.begin(checked_query(query), self._budget)
        found = self._scan.step(seconds)
        return found, self._scan.page(-found.fresh, count)

    def go_on(self, seconds: float) -> Found:
        """Work on for about so long."""
        _demand(self._scan.reader, self._person)
        return self._scan.step(seconds)

    def allow_more(self) -> None:
        """Let a search that was stopped go on, for the same time once more."""
        self._scan.allow(self._budget)

    def page(self, first: int, count: int) -> list[AuditLine | None]:
        """Give the hits at these places, counted from the first that was found; None for one that is gone."""
        _demand(self._scan.reader, self._person)
        return self._scan.page(first, count)

    def catch_up(self) -> Found:
        """Look at what was entered since."""
        _demand(self._scan.reader, self._person)
        return self._scan.catch_up()

    def place_of(self, seq: int) -> int | None:
        """Give the place of an entry among the hits; None when it is not there."""
        _demand(self._scan.reader, self._person)
        return self._scan.place_of(seq)

    def interrupt(self) -> None:
        """Stop the search that runs, from any thread; it can go on."""
        self._scan.interrupt()

    def close(self) -> None:
        """Close the database."""
        self._scan.close()


def checked_query(query: LogQuery) -> LogQuery:
    """Give the question with its text cleaned; raises ``InvalidInput`` for one that cannot be asked."""
    for column, value in (*query.only, *query.without):
        if column is LogColumn.AT and not value.removeprefix("-").isdecimal():
            raise InvalidInput("only", f"“{value}” is no time of an entry; choose a period instead.")
    return replace(query, text=clean_line(query.text, "text", "A search", NAME_LIMIT))


def _demand(reader: LogReader, person: Person) -> None:
    reader.demand_there()
    demand_role(Act.READ_AUDIT, person.user, reader.roles_of(person.user))
