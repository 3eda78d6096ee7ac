"""How far slow work has come: what is being done, and a bar. The dialogs of slow work have one."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.ui.labels import ElidedLabel
from hotfix_desktop.ui.theme import GROUPS

FINENESS = 1000
"""Parts of the bar; what is counted may be more than 32 bits (trap T12)."""


class WorkProgress(QWidget):
    """A line that says what is being done, above a bar."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Begin without an end in sight; ``name`` says what is done, to whoever cannot see the bar."""
        super().__init__(parent)
        self._what = ElidedLabel(" ")
        self._bar = QProgressBar()
        self._bar.setAccessibleName(name)
        self._bar.setTextVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GROUPS)
        column.addWidget(self._what)
        column.addWidget(self._bar)
        self.begin()

    def begin(self) -> None:
        """Show that work begins of which nobody knows yet how much it is."""
        self._what.set_text(" ")  # empty, the line would come with the first step and move what is below
        self._bar.setRange(0, 0)

    @Slot(object)
    def show_step(self, step: Step) -> None:
        """Show how far it has come."""
        self._what.set_text(step.what or " ")
        if step.total <= 0:
            self._bar.setRange(0, 0)
            return
        self._bar.setRange(0, FINENESS)
        self._bar.setValue(min(FINENESS, max(0, step.done * FINENESS // step.total)))
