"""A file of an archive beside ours: what the update does, what our fix was, and how ours stays on top."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.update_plan import PackagePlan, UpdatePlan
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.update_jobs import Preview, UpdateJobs
from hotfix_desktop.services.differences import Difference
from hotfix_desktop.ui.diff_pane import DiffPane
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.import_files import FileRow
from hotfix_desktop.ui.theme import BETWEEN, GRID, Theme


class Pair(StrEnum):
    """Which two versions stand beside each other."""

    UPDATE = "update"
    FIX = "fix"
    ON_TOP = "on top"


_WORDS = {
    Pair.UPDATE: "What the update does",
    Pair.FIX: "What our fix was",
    Pair.ON_TOP: "With our fix on top",
}
_CAPTIONS = {
    Pair.UPDATE: ("Ours, now", "The update"),
    Pair.FIX: ("Before our fix", "Ours, now"),
    Pair.ON_TOP: ("Ours, now", "The update with ours on top"),
}


class ImportPreview(QWidget):
    """Shows the chosen file."""

    def __init__(self, jobs: UpdateJobs, theme: Theme, parent: QWidget | None = None) -> None:
        """Show nothing yet."""
        super().__init__(parent)
        self._jobs, self._theme = jobs, theme
        self._job: Job | None = None
        self._preview: Preview | None = None
        self._panes: dict[Pair, DiffPane] = {}
        self.pair = QComboBox(self)
        self.pair.setObjectName("importPair")
        for pair, word in _WORDS.items():
            self.pair.addItem(tr(word), pair.value)
        self.pair.currentIndexChanged.connect(lambda _at: self._show())
        self._caption = QLabel(tr("&Show"), self)
        self._caption.setBuddy(self.pair)
        self.pair.setAccessibleName(tr("What is shown beside each other"))
        self._stack = QStackedWidget(self)
        head = QHBoxLayout()
        head.setSpacing(BETWEEN)
        head.addWidget(self._caption)
        head.addWidget(self.pair)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        self._say(tr("Choose a file."))
        self._offer(None)

    @property
    def shown(self) -> Difference | None:
        """What is shown."""
        pane = self._stack.currentWidget()
        return pane.difference if isinstance(pane, DiffPane) else None

    @property
    def wanted(self) -> Pair:
        """Which versions are chosen."""
        return Pair(self.pair.currentData())

    def show_file(self, plan: UpdatePlan, package: PackagePlan, row: FileRow | None) -> None:
        """Read a file and show it; what is being read already is not wanted any more."""
        self.forget()
        if row is None:
            self._say(tr("Nothing changes in this package.") if not package.problem else "")
            self._offer(None)
            return
        self._offer(row)
        self._say(tr("Reading…"), waiting=True)
        job = self._jobs.preview(plan, package, row.path)
        self._job = job
        job.done.connect(lambda preview: self._came(job, preview))
        job.failed.connect(lambda error: self._failed(job, error))

    def forget(self) -> None:
        """Stop reading."""
        job, self._job = self._job, None
        self._preview = None
        if job is not None:
            job.cancel()

    def _came(self, job: Job, preview: Preview) -> None:
        if self._job is job:
            self._job, self._preview = None, preview
            self._show()

    def _failed(self, job: Job, error: HotfixError) -> None:
        if self._job is job:
            self._job = None
            self._say(str(error))

    def _offer(self, row: FileRow | None) -> None:
        """Offer the pairs that there are of a file: one without a fix has only the update."""
        has_fix = row is not None and row.fix is not None
        if not has_fix:
            self.pair.setCurrentIndex(0)
        self.pair.setVisible(has_fix)
        self._caption.setVisible(has_fix)

    def _show(self) -> None:
        preview = self._preview
        if preview is None:
            return
        found = {Pair.UPDATE: preview.update, Pair.FIX: preview.fix, Pair.ON_TOP: preview.on_top}[self.wanted]
        self._pane().show_difference(found if found is not None else preview.update)

    def _say(self, text: str, *, waiting: bool = False) -> None:
        self._pane().show_message(text, waiting=waiting)

    def _pane(self) -> DiffPane:
        """Give the pane of the chosen pair, and turn to it; each has its own words over the two sides."""
        pair = self.wanted
        if pair not in self._panes:
            before, after = _CAPTIONS[pair]
            pane = DiffPane(self._theme, self._jobs.compute, self, captions=(tr(before), tr(after)))
            pane.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._panes[pair] = pane
            self._stack.addWidget(pane)
        self._stack.setCurrentWidget(self._panes[pair])
        return self._panes[pair]
