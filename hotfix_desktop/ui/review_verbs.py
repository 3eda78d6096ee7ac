"""What happens when reviews are chosen: read the list, show it, enter the auditor's word, and read it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.errors import HotfixError, InvalidInput
from hotfix_desktop.core.reviews import ReviewState, ReviewVerdict
from hotfix_desktop.runtime.lane import Job

if TYPE_CHECKING:
    from hotfix_desktop.services.reviewing import ReviewPage
    from hotfix_desktop.ui.review_dialog import ReviewDialog


class ReviewSource(Protocol):
    """Where reviews come from: a ``WorkspaceSession``."""

    def reviews(self, state: ReviewState, before: int | None = None) -> Job:
        """Give a :class:`~hotfix_desktop.services.reviewing.ReviewPage`."""
        ...  # pragma: no cover

    def review(self, number: int, verdict: ReviewVerdict, remark: str) -> Job:
        """Enter what an auditor says of a hotfix."""
        ...  # pragma: no cover

    def review_together(self, numbers: tuple[int, ...], remark: str) -> Job:
        """Review hotfixes that changed nothing; gives how many."""
        ...  # pragma: no cover


class ReviewVerbs(QObject):
    """The reviews of one session; one dialog at a time, whoever opens it."""

    def __init__(self, source: ReviewSource, parent: QObject) -> None:
        """Act on this session."""
        super().__init__(parent)
        self._source = source
        self._dialog: ReviewDialog | None = None
        self._asked = 0

    def show(self, window: QWidget) -> ReviewDialog:
        """Show the list over a window, or bring it up where it is open already."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return self._dialog
        from hotfix_desktop.ui.review_dialog import ReviewDialog

        dialog = ReviewDialog(window)
        self._dialog = dialog
        dialog.wanted.connect(self._read)
        dialog.submitted.connect(self._review)
        dialog.together.connect(self._together)
        dialog.finished.connect(self._forget)
        dialog.open()
        dialog.ask()
        return dialog

    def _forget(self) -> None:
        self._dialog = None

    def _read(self, state: ReviewState, before: int) -> None:
        self._asked += 1
        asked = self._asked
        job = self._source.reviews(ReviewState(state), before or None)
        job.done.connect(lambda page: self._show(page, asked, append=bool(before)))
        job.failed.connect(self._refused)

    def _show(self, page: ReviewPage, asked: int, *, append: bool) -> None:
        # Only the last answer counts: another list may have been chosen meanwhile.
        if self._dialog is not None and asked == self._asked:
            self._dialog.show_page(page, append=append)

    def _review(self, number: int, verdict: ReviewVerdict, remark: str) -> None:
        self._enter(self._source.review(number, ReviewVerdict(verdict), remark))

    def _together(self, numbers: tuple[int, ...], remark: str) -> None:
        self._enter(self._source.review_together(tuple(numbers), remark))

    def _enter(self, job: Job) -> None:
        if self._dialog is not None:
            self._dialog.set_busy(True)
        job.done.connect(self._entered)
        job.failed.connect(self._refused)

    def _entered(self) -> None:
        if self._dialog is not None:
            self._dialog.done_with()

    def _refused(self, error: HotfixError) -> None:
        if self._dialog is not None:
            self._dialog.model.stop_asking()
            self._dialog.show_problem(error.field if isinstance(error, InvalidInput) else "", str(error))
