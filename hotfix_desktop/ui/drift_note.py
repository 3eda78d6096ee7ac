"""The note in the details that a package was changed behind the program's back, with its two buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.ui.labels import SignLabel
from hotfix_desktop.ui.theme import BETWEEN, GRID, Role
from hotfix_desktop.ui.words import drift_sentence


class DriftNote(QWidget):
    """A sentence and the buttons of some actions; not there while there is no drift."""

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget | None = None) -> None:
        """Give each action a button with this text; it is enabled and explained as the action is."""
        super().__init__(parent)
        self.setObjectName("driftNote")
        self._sentence = SignLabel("warning", Role.OPEN, "", self)
        self._sentence.setObjectName("driftSentence")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._sentence)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        for text, action in actions:
            button = QPushButton(text, self)
            button.setObjectName(f"{action.objectName()}Button")
            button.clicked.connect(action.trigger)
            action.changed.connect(lambda a=action, b=button: _follow(b, a))
            _follow(button, action)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        self.hide()

    def show_drift(self, drift: Drift | None, now: Moment) -> None:
        """Say what was changed and when that was found."""
        self._sentence.set_text(drift_sentence(drift, now.utc) if drift is not None else "")
        self.setVisible(drift is not None)


def _follow(button: QPushButton, action: QAction) -> None:
    button.setEnabled(action.isEnabled())
    button.setToolTip(action.toolTip())
    button.setAccessibleDescription(action.statusTip())
