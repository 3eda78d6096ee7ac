"""Asks for the pages of the audit log, and puts what comes back into the model in the right place.

One question at a time counts: what an older one brings is dropped (its work is cancelled where it still
waits), so that fast typing never shows the answer to half a word.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

from PySide6.QtCore import QObject, Signal, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.runtime.audit_session import AuditSource
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.auditing import AuditFilter, AuditLine, AuditPage
from hotfix_desktop.ui.audit_model import AuditModel


class AuditFeed(QObject):
    """Fills an :class:`AuditModel`.

    Attributes:
        total: how many entries the log has, as of the last answer; None before the first.
        matching: how many fit the question; None while that is not known.

    Signals:
        asked: a new question went out; the model still shows the old answer.
        answered: the first page of a new question is in the model.
        grew: newer or older entries were added, or the numbers changed.
        failed: the ``HotfixError`` that stood in the way; :meth:`retry` tries the same again.
    """

    asked = Signal()
    answered = Signal()
    grew = Signal()
    failed = Signal(object)

    def __init__(self, source: AuditSource, model: AuditModel, parent: QObject | None = None) -> None:
        """Fill the model from the source; nothing is asked yet."""
        super().__init__(parent)
        self.total: int | None = None
        self.matching: int | None = None
        self._source = source
        self._model = model
        self._wanted = AuditFilter()
        self._is_answered = False
        self._more = False
        self._behind = False
        self._fresh: list[AuditLine] = []
        self._asking: Job | None = None
        self._older: Job | None = None
        self._newer: Job | None = None
        self._retry: Callable[[], None] = self._ask_again

    @property
    def has_more(self) -> bool:
        """Whether older entries fit that were not read yet."""
        return self._more

    def ask(self, wanted: AuditFilter) -> None:
        """Ask a new question; the answers to older ones do not count any more."""
        for job in (self._asking, self._older, self._newer):
            if job is not None:
                job.cancel()
        self._older = self._newer = None
        self._behind = False
        self._wanted = wanted
        self._is_answered = False
        self.matching = None
        self._asking = self._source.audit_page(wanted)
        self._asking.done.connect(self._on_answer)
        self._asking.failed.connect(self._on_failure)
        self.asked.emit()

    def ask_older(self) -> None:
        """Read the next page, if there is one and it is not on its way."""
        if not self._more or self._asking is not None or self._older is not None:
            return
        self._older = self._source.audit_page(self._wanted, self._model.oldest)
        self._older.done.connect(self._on_older)
        self._older.failed.connect(self._on_failure)

    def catch_up(self, wanted: AuditFilter) -> None:
        """Add what the log got since, above what is shown; a changed question is asked anew."""
        if wanted != self._wanted or (self._asking is None and not self._is_answered):
            self.ask(wanted)
        elif self._asking is not None or self._newer is not None:
            self._behind = True  # what is on its way may have been read before the log grew
        else:
            self._behind = False
            self._fresh = []
            self._ask_newer(None)

    @Slot()
    def retry(self) -> None:
        """Try again what failed last."""
        self._retry()

    def _ask_again(self) -> None:
        self.ask(self._wanted)

    def _catch_up_again(self) -> None:
        self.catch_up(self._wanted)

    def _ask_newer(self, before: int | None) -> None:
        self._newer = self._source.audit_page(self._wanted, before)
        self._newer.done.connect(self._on_newer)
        self._newer.failed.connect(self._on_failure)

    @Slot(object)
    def _on_answer(self, page: AuditPage) -> None:
        if self.sender() is not self._asking:
            return
        self._asking = None
        self._is_answered = True
        self._count(page)
        self._more = page.more
        self._model.set_page(page.lines)
        self.answered.emit()
        self._catch_up_if_behind()

    @Slot(object)
    def _on_older(self, page: AuditPage) -> None:
        if self.sender() is not self._older:
            return
        self._older = None
        self._more = page.more
        self._model.append_page(page.lines)
        self.grew.emit()

    @Slot(object)
    def _on_newer(self, page: AuditPage) -> None:
        if self.sender() is not self._newer:
            return
        self._newer = None
        self._count(page)
        newest = self._model.newest
        fresh = list(takewhile(lambda line: line.seq > newest, page.lines))
        self._fresh += fresh
        if newest and page.more and len(fresh) == len(page.lines):
            self._ask_newer(fresh[-1].seq)  # more than a page came: read on down to what is shown
            return
        if newest:
            self._model.prepend_page(self._fresh)
            self.grew.emit()
        else:
            self._more = page.more
            self._model.set_page(page.lines)
            self.answered.emit()
        self._catch_up_if_behind()

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        job = self.sender()
        if job is self._asking:
            self._asking, self._retry = None, self._ask_again
            self._more = False
            self._model.set_page(())  # the old answer would stand under the new question
        elif job is self._older:
            self._older, self._retry = None, self.ask_older
        elif job is self._newer:
            self._newer, self._retry = None, self._catch_up_again
        else:
            return
        if not isinstance(error, Cancelled):  # the log is being closed
            self.failed.emit(error)

    def _count(self, page: AuditPage) -> None:
        self.total = page.total
        if page.matching is not None:
            self.matching = page.matching

    def _catch_up_if_behind(self) -> None:
        if self._behind:
            self._catch_up_again()
