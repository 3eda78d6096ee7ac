"""Asks a question of the audit log, and puts what comes back into the model.

One question at a time counts: what an older one brings is dropped, and a search for it is stopped. Every entry in
the order of the log needs no search: the place of each is reckoned from its number.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from PySide6.QtCore import QLocale, QObject, Signal, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.log_source import LogSource
from hotfix_desktop.services.log_reading import AuditLine, Bounds, Found, Standing
from hotfix_desktop.ui.audit_model import PAGE, AuditModel

AHEAD = 2
"""Slices of a search that wait in its lane, so that it never waits for the window."""
Lines = list[AuditLine | None]


class FeedState(Enum):
    """How far the answer is."""

    ASKED = "asked"  # nothing of it is here yet; the model still shows the one before
    SEARCHING = "searching"
    COMPLETE = "complete"
    PAUSED = "paused"  # stopped by the user, or past its time
    FAILED = "failed"


class AuditFeed(QObject):
    """Fills an :class:`AuditModel`.

    Attributes:
        total: how many entries the log has, as of the last answer; None before the first.
        matching: how many fit so far; None while nothing is known.
        newer: how many entries fit and came since, but are not shown: their place is in between.
        examined: how many entries were looked at.
        state: how far the answer is.
        query: the question that counts.

    Signals:
        asked: a new question went out; the model still shows the old answer.
        answered: the first rows of the answer are in the model, or there are none so far.
        grew: rows, numbers or the state changed.
        failed: the ``HotfixError`` that stood in the way; :meth:`retry` tries the same again.
        placed: the row of the entry that :meth:`find` looked for; -1 when it is not in the answer.
    """

    asked = Signal()
    answered = Signal()
    grew = Signal()
    failed = Signal(object)
    placed = Signal(int)

    def __init__(self, source: LogSource, model: AuditModel, parent: QObject | None = None) -> None:
        """Fill the model from the source; nothing is asked yet."""
        super().__init__(parent)
        self.total: int | None = None
        self.matching: int | None = None
        self.newer = 0
        self.examined = 0
        self.state = FeedState.ASKED
        self.query = LogQuery()
        self._source = source
        self._model = model
        self._bounds = Bounds(1, 0)
        self._found: Found | None = None  # None for the whole log in its own order
        self._asking: Job | None = None
        self._catching: Job | None = None
        self._paging: Job | None = None
        self._slices = 0  # on their way
        self._then: dict[Job, Callable[[Any], None]] = {}  # what to do with the answers that still count
        self._behind = False
        self._broken = False  # pages cannot be read: not asked for again before the user wants it
        self._origin = 0  # number of the entry at place 0 of the whole log
        self._retry: Callable[[], None] = self._ask_again
        model.needs.connect(self._bring)

    # Questions

    def ask(self, query: LogQuery) -> None:
        """Ask a new question; the answers to older ones do not count any more."""
        self._forget()
        self.query = query
        self.state = FeedState.ASKED
        self.matching, self.newer, self.examined = None, 0, 0
        if query.is_all and query.sort is LogColumn.AT:
            self._source.interrupt()
            self._asking = self._run(self._source.head(PAGE, newest=query.descending), self._on_head)
        else:
            self._asking = self._run(self._source.search(query, PAGE), self._on_opening)
        self.asked.emit()

    def catch_up(self) -> None:
        """Add what the log got since; nothing that is shown moves."""
        if self.state is FeedState.FAILED or (self.state is FeedState.ASKED and self._asking is None):
            self.ask(self.query)
        elif self._asking is not None or self._catching is not None:
            self._behind = True  # what is on its way may have been read before the log grew
        elif self._found is None:
            self._catching = self._run(self._source.bounds(), self._on_bounds)
        else:
            self._catching = self._run(self._source.catch_up(), self._on_caught_up)

    @Slot()
    def show_newer(self) -> None:
        """Ask again, so that what came since finds its place."""
        self.ask(self.query)

    @Slot()
    def go_on(self) -> None:
        """Search on after a stop."""
        if self.state is not FeedState.PAUSED:
            return
        self.state = FeedState.SEARCHING
        self._source.allow_more()
        self._search_on()
        self.grew.emit()

    @Slot()
    def stop(self) -> None:
        """Stop the search; what was found stays."""
        if self.state is FeedState.SEARCHING:
            self._source.interrupt()

    def find(self, seq: int) -> None:
        """Look where in the answer an entry stands; :attr:`placed` says it, perhaps at once."""
        row = self._model.known_row_of(seq)
        if row >= 0 or self._found is None:
            self.placed.emit(row)
        else:
            self._run(self._source.place_of(seq), self._on_place)

    @Slot()
    def retry(self) -> None:
        """Try again what failed last."""
        self._retry()

    def numbers(self) -> str:
        """Say how many entries there are, and how many of them fit."""
        if self.total is None:
            return "…"
        entries = f"{shown_number(self.total)} {'entry' if self.total == 1 else 'entries'}"
        if self.state in (FeedState.ASKED, FeedState.FAILED) or self.matching is None:
            return f"… of {entries}"
        if self.query.is_all and self.state is FeedState.COMPLETE:
            return entries
        so_far = "" if self.state is FeedState.COMPLETE else " so far"
        return f"{shown_number(self.matching)}{so_far} of {entries}"

    # Answers

    def _on_head(self, answer: tuple[Bounds, list[AuditLine]]) -> None:
        self._asking = None
        self._bounds, lines = answer
        self._found = None
        self.total = self.matching = self.examined = self._bounds.count
        self.state = FeedState.COMPLETE
        first, last, down = self._bounds.first, self._bounds.last, self.query.descending
        self._model.show_answer(self._bounds.count, lines, lambda seq: last - seq if down else seq - first)
        self._origin = last if down else first
        self._answered()

    def _on_opening(self, answer: tuple[Found, Lines]) -> None:
        self._asking = None
        found, lines = answer
        self._found = found
        self._model.show_answer(found.hits - found.fresh, lines[found.fresh :])
        self._model.grow_top(found.fresh)
        self._tell(found)
        self._answered()
        self._search_on()

    def _answered(self) -> None:
        self.answered.emit()
        self._catch_up_if_behind()

    def _on_slice(self, found: Found) -> None:
        self._slices -= 1
        self._take(found)
        self._search_on()
        self._catch_up_if_behind()

    def _on_caught_up(self, found: Found) -> None:
        self._catching = None
        self._take(found)
        self._search_on()
        self._catch_up_if_behind()

    def _take(self, found: Found) -> None:
        before, self._found = self._found, found
        if before is None:
            return
        self._model.grow_top(found.fresh - before.fresh)
        self._model.grow_bottom(found.hits - found.fresh - (before.hits - before.fresh))
        self._tell(found)
        self.grew.emit()

    def _tell(self, found: Found) -> None:
        self.total, self.matching = found.bounds.count, found.hits
        self.newer, self.examined = found.newer, found.examined
        self.state = {
            Standing.RUNNING: FeedState.SEARCHING,
            Standing.COMPLETE: FeedState.COMPLETE,
            Standing.PAUSED: FeedState.PAUSED,
        }[found.standing]

    def _search_on(self) -> None:
        while self.state is FeedState.SEARCHING and self._slices < AHEAD:
            self._slices += 1
            self._run(self._source.go_on(), self._on_slice)

    def _on_bounds(self, now: Bounds) -> None:
        self._catching = None
        before, self._bounds = self._bounds, now
        if now.last < before.last or (now.first != before.first and not self.query.descending):
            self.ask(self.query)  # another log, or what was archived is on top
            return
        came = now.last - before.last
        if self.query.descending:
            self._model.grow_top(came)
            self._model.shrink_bottom(now.first - before.first)
        else:
            self._model.grow_bottom(came)
        self.total = self.matching = self.examined = now.count
        self.grew.emit()
        self._catch_up_if_behind()

    def _on_place(self, place: int | None) -> None:
        self.placed.emit(-1 if place is None else self._model.row_of_place(place))

    # Pages

    @Slot()
    def _bring(self) -> None:
        if self._broken or self._paging is not None or self._asking is not None:
            return
        wanted = self._model.take_wanted()
        if wanted is None:
            return
        first, count = wanted
        if self._found is not None:
            job = self._source.hits(first, count)
        elif self.query.descending:
            job = self._source.lines(self._origin - first - count + 1, self._origin - first)
        else:
            job = self._source.lines(self._origin + first, self._origin + first + count - 1)
        self._paging = self._run(job, lambda lines: self._on_page(first, lines))

    def _on_page(self, first: int, lines: Lines) -> None:
        self._paging = None
        if self._found is None and self.query.descending:
            lines = lines[::-1]
        self._model.put(first, lines)
        self._bring()

    # What goes wrong

    def _run(self, job: Job, then: Callable[[Any], None]) -> Job:
        self._then[job] = then
        job.done.connect(self._on_done)
        job.failed.connect(self._on_failure)
        return job

    @Slot(object)
    def _on_done(self, value: object) -> None:
        job = self.sender()
        then = self._then.pop(job, None) if isinstance(job, Job) else None
        if then is not None:
            then(value)

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        job = self.sender()
        if not isinstance(job, Job) or self._then.pop(job, None) is None:
            return
        if job is self._paging:
            self._paging, self._retry = None, self._bring_again
            self._broken = True
        elif job is self._catching:
            self._catching, self._retry = None, self.catch_up
        else:
            self._forget()
            self._retry = self._ask_again
            self.state = FeedState.FAILED
            self._model.show_answer(0, ())  # the old answer would stand under the new question
        if not isinstance(error, Cancelled):  # the log is being closed
            self.failed.emit(error)

    def _ask_again(self) -> None:
        self.ask(self.query)

    def _bring_again(self) -> None:
        self._broken = False
        self._bring()

    def _forget(self) -> None:
        for job in self._then:
            job.cancel()
        self._then.clear()
        self._asking = self._catching = self._paging = None
        self._slices = 0
        self._behind = self._broken = False

    def _catch_up_if_behind(self) -> None:
        if self._behind and self._asking is None and self._catching is None:
            self._behind = False
            self.catch_up()


def shown_number(number: int) -> str:
    """Give a number with its thousands apart, as the user's language has it."""
    locale = QLocale()
    locale.setNumberOptions(locale.numberOptions() & ~QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(number)
