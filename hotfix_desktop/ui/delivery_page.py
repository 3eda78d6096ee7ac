"""What the pages of the delivery wizard have in common: they wait for jobs, and say why there is no *Next*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget, QWizardPage

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.ui.delivery_draft import Draft
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, Role
from hotfix_desktop.ui.work_progress import WorkProgress


class DeliveryPage(QWizardPage):
    """A page: its content, a job under way, what went wrong, and why one cannot go on.

    Attributes:
        body: the layout to fill.
    """

    def __init__(self, title: str, sentence: str, draft: Draft, jobs: DeliveryJobs) -> None:
        """Make an empty page."""
        super().__init__()
        self.setTitle(title)
        self.setSubTitle(sentence)
        self.draft, self.jobs = draft, jobs
        self._job: Job | None = None
        self.body = QVBoxLayout()
        self.body.setSpacing(BETWEEN)
        self.progress = WorkProgress(title, self)
        self.progress.hide()
        self.problem = SignLabel(parent=self)
        self._why = ToneLabel("", Role.QUIET, self)
        self._why.setAlignment(Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(BETWEEN)
        column.addLayout(self.body, 1)
        column.addWidget(self.progress)
        column.addWidget(self.problem)
        column.addWidget(self._why)

    @property
    def is_waiting(self) -> bool:
        """Whether a job of this page is under way."""
        return self._job is not None

    def why_not(self) -> str:
        """Why one cannot go on, in one sentence; empty when one can. For the pages."""
        return ""

    def changed(self) -> None:
        """Look again at whether one can go on."""
        sentence = self.why_not()
        self._why.setText(sentence)
        self._why.setVisible(bool(sentence))
        self.completeChanged.emit()

    def isComplete(self) -> bool:
        """Whether *Next* works."""
        return not self.is_waiting and not self.why_not()

    def watch(self, job: Job, done: Callable[[Any], object], *, shown: bool = True) -> None:
        """Wait for a job in place of the one before, whose answer nobody wants any more."""
        self.forget_job()
        self._job = job
        self.problem.set_text("")
        if shown:
            self.progress.begin()
            self.progress.show()
            job.stepped.connect(self.progress.show_step)

        def over(act: Callable[[Any], object], value: Any) -> None:
            if self._job is job:
                self._job = None
                self.progress.hide()
                act(value)
                self.changed()

        job.done.connect(lambda value: over(done, value))
        job.failed.connect(lambda error: over(self.fail, error))
        self.changed()

    def fail(self, error: HotfixError) -> None:
        """Say what went wrong."""
        if not isinstance(error, Cancelled):
            self.problem.set_text(str(error))

    def forget_job(self) -> None:
        """Stop what is under way; its answer is dropped."""
        job, self._job = self._job, None
        if job is not None:
            job.cancel()
        self.progress.hide()

    def cleanupPage(self) -> None:
        """Go back: what was asked for here is not wanted any more."""
        self.forget_job()

    def add(self, *widgets: QWidget) -> None:
        """Add widgets below each other."""
        for widget in widgets:
            self.body.addWidget(widget)
