"""One audit log, as long as a window shows it: a lane for its pages, and a lane for searches.

Pages by number never wait for a search. A search works in slices, so that its hits can be paged while it runs, and
is stopped in the midst of one when the next question comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.services.log_reading import LogDesk, LogPages, LogSearch

SLICE = 0.03
"""Seconds that a search works until it tells what it has found, and lets a page of hits come between."""


class LogSource(QObject):
    """Gives what the views of a log ask for; each method returns a :class:`Job`.

    Any of them may fail with ``Denied`` (the role was taken away meanwhile) or ``StoreError``.
    """

    def __init__(self, desk: LogDesk | Callable[[], LogDesk], parent: QObject | None = None) -> None:
        """Keep what to read; each lane opens the database with its first job."""
        super().__init__(parent)
        self._desk = desk
        self._search: LogSearch | None = None
        self._pages: Lane[LogPages] = Lane(lambda: LogPages(self._what()), "pages", self, renews=True)
        self._scans: Lane[LogSearch] = Lane(self._open_search, "search", self, renews=True)
        self._asked: list[Job] = []

    # By number

    def check(self) -> Job:
        """Fail with ``Denied`` unless the person may read the log."""
        return self._pages.run(lambda pages, progress: pages.check())

    def bounds(self) -> Job:
        """Give the :class:`~hotfix_desktop.services.log_reading.Bounds`."""
        return self._pages.run(lambda pages, progress: pages.bounds())

    def head(self, count: int, *, newest: bool) -> Job:
        """Give the bounds and the first lines of the whole list, the newest or the oldest first."""
        return self._pages.run(lambda pages, progress: pages.head(count, newest))

    def lines(self, first: int, last: int) -> Job:
        """Give the lines from number ``first`` to ``last``, by number."""
        return self._pages.run(lambda pages, progress: pages.lines(first, last))

    def numbered(self, numbers: Sequence[int]) -> Job:
        """Give the lines with these numbers, by number."""
        return self._pages.run(lambda pages, progress: pages.numbered(numbers))

    def values(self) -> Job:
        """Give the :class:`~hotfix_desktop.services.log_reading.FilterValues`."""
        return self._pages.run(lambda pages, progress: pages.values())

    # By search

    def search(self, query: LogQuery, count: int) -> Job:
        """Stop the search that runs, take up a question, and give ``Found`` and its first lines."""
        self.interrupt()
        for job in self._asked:
            job.cancel()
        return self._scan(lambda search: search.begin(query, SLICE, count))

    def go_on(self) -> Job:
        """Search on for a slice, and give ``Found``."""
        return self._scan(lambda search: search.go_on(SLICE))

    def allow_more(self) -> Job:
        """Let a search that was stopped go on with :meth:`go_on`."""
        return self._scan(lambda search: search.allow_more())

    def hits(self, first: int, count: int) -> Job:
        """Give the hits at these places of the search, counted from the first that was found."""
        return self._scan(lambda search: search.page(first, count))

    def catch_up(self) -> Job:
        """Look at what was entered since the search began, and give ``Found``."""
        return self._scan(lambda search: search.catch_up())

    def place_of(self, seq: int) -> Job:
        """Give the place of an entry in the search, or None."""
        return self._scan(lambda search: search.place_of(seq))

    def interrupt(self) -> None:
        """Stop the search that runs, within some milliseconds; it is paused then."""
        if self._search is not None:
            self._search.interrupt()

    def close(self) -> None:
        """Stop what runs, close the database, and end the lanes' threads; waits for them."""
        self.interrupt()
        self._scans.close()
        self._pages.close()

    def _what(self) -> LogDesk:
        return self._desk if isinstance(self._desk, LogDesk) else self._desk()

    def _open_search(self) -> LogSearch:
        self._search = LogSearch(self._what())
        return self._search

    def _scan(self, work: Callable[[LogSearch], object]) -> Job:
        job = self._scans.run(lambda search, progress: work(search))
        self._asked = [asked for asked in self._asked if not asked.is_over]
        self._asked.append(job)
        return job
