"""A read-only pane of technical text that can be copied whole."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget


class ReportView(QPlainTextEdit):
    """Technical text in letters of one width; Tab leaves it."""

    def __init__(self, text: str, name: str, parent: QWidget | None = None) -> None:
        """Show the text; ``name`` is what a screen reader calls the pane."""
        super().__init__(parent)
        self.setPlainText(text)
        self.setReadOnly(True)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(name)


def copy(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)
