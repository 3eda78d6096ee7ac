"""The search in one changed file: a field, the next place with Enter, the one before with Shift+Enter."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.ui.diff_colours import Compute
from hotfix_desktop.ui.diff_pane import DiffPane
from hotfix_desktop.ui.diff_search import Found, search
from hotfix_desktop.ui.formats import number, tr

PAUSE_MS = 150
"""After the last key before a search begins."""


class DiffSearchField(QLineEdit):
    """Looks for words in what a pane shows.

    Signals:
        told: how many places there are, for the status bar.
        left: Esc in an empty field.
    """

    told = Signal(str)
    left = Signal()

    def __init__(self, pane: DiffPane, compute: Compute, parent: QWidget | None = None) -> None:
        """Search in this pane."""
        super().__init__(parent)
        self.setObjectName("diffSearch")
        self.setAccessibleName(tr("Find in this file"))
        self.setPlaceholderText(tr("Find in this file (Ctrl+F)"))
        self.setClearButtonEnabled(True)
        self.setMaxLength(250)
        self.setMinimumWidth(180)
        self.setMaximumWidth(300)
        self._pane, self._compute = pane, compute
        self._found: Found | None = None
        self._at = -1
        self._job: Job | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._search)
        self.textChanged.connect(self._on_text)
        pane.shown.connect(self._on_shown)

    def step(self, forward: bool) -> None:
        """Go to the next or the previous place; around at the end."""
        if self._pause.isActive():
            self._search()
        if self._found is None or not (places := self._found.places):
            return
        self._at = (self._at + (1 if forward else -1)) % len(places)
        line, letter, after = places[self._at]
        self._pane.view.go_to_line(line, after=after, letter=letter, letters=len(self._found.text))
        self._tell()

    def _on_text(self) -> None:
        self._pause.start()

    def _on_shown(self) -> None:
        self._found, self._at = None, -1
        if self.text():
            self._search(go=False)

    def _search(self, *, go: bool = True) -> None:
        self._pause.stop()
        if self._job is not None:
            self._job.forsake()
            self._job = None
        text, lines = self.text(), self._pane.view.lines
        if not text or not self._pane.has_text:
            self._found = None
            self._pane.view.show_found(None)
            self.told.emit("")
            return
        job = self._job = self._compute(lambda progress: search(lines, text, progress))
        job.done.connect(lambda found: self._show(job, found, go))

    def _show(self, job: Job, found: Found, go: bool) -> None:
        if job is not self._job:
            return
        self._job = None
        self._found, self._at = found, -1
        self._pane.view.show_found(found)
        if go:
            self.step(True)
        self._tell()

    def _tell(self) -> None:
        found = self._found
        if found is None:
            return
        count = number(len(found.places)) + ("+" if found.more else "")
        if not found.places:
            self.told.emit(tr("“%1” is not in this file.").replace("%1", found.text))
        elif self._at >= 0:
            self.told.emit(f"{number(self._at + 1)} {tr('of')} {count}")
        else:
            self.told.emit(f"{count} {tr('place') if count == '1' else tr('places')}")

    # Qt's names

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from place to place; Esc clears, then leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.step(not event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        elif event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)
