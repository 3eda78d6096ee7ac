"""What stands in the tree's place when no package matches the filter."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.theme import BETWEEN


class NoMatch(QWidget):
    """A sentence and a button that clears the filter.

    Signals:
        cleared: the button was pressed.
    """

    cleared = Signal()

    def __init__(self, parent: QWidget) -> None:
        """Start hidden; whoever owns it gives it its size."""
        super().__init__(parent)
        self.setObjectName("noMatch")
        sentence = QLabel(tr("No packages match the filter."), self)
        sentence.setForegroundRole(sentence.palette().ColorRole.PlaceholderText)
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        button = QPushButton(tr("Clear filter"), self)
        button.setObjectName("clearFilter")
        button.setAutoDefault(True)
        button.clicked.connect(lambda _checked=False: self.cleared.emit())
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(BETWEEN)
        column.addStretch(1)
        column.addWidget(sentence)
        column.addLayout(row)
        column.addStretch(1)
        self.hide()
