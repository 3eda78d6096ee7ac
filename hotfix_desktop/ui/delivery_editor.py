"""Deciding a conflict by hand: the merged text with its marks, edited in place."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QFontDatabase, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.core.delivery_plan import CONFLICT_MARKS, has_conflict_marks
from hotfix_desktop.core.text_forms import Text
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.labels import ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, Role

_MARKS = "^(?:" + "|".join(QRegularExpression.escape(mark.decode()) for mark in CONFLICT_MARKS) + ")"


class MergeEditor(QWidget):
    """Edits one text; its byte order mark, line ends and encoding stay.

    Signals:
        accepted: the bytes of the text that was made of both.
        left: the text is not wanted.
    """

    accepted = Signal(bytes)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self._text: Text | None = None
        self.edit = QPlainTextEdit(self)
        self.edit.setObjectName("mergeText")
        self.edit.setAccessibleName(tr("Merged text"))
        self.edit.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._note = ToneLabel("", Role.QUIET, self)
        self.take = QPushButton(tr("&Use this text"), self)
        self.take.setObjectName("mergeTake")
        self.next = QPushButton(tr("Ne&xt mark"), self)
        self._leave = QPushButton(tr("&Discard"), self)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        row.addWidget(self._note, 1)
        for button, act in ((self.next, self._next), (self._leave, self.left.emit), (self.take, self._take)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, do=act: do())
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(BETWEEN)
        column.addWidget(self.edit, 1)
        column.addLayout(row)
        self.edit.textChanged.connect(self._look)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep Esc from the wizard, which would end the delivery and take the text with it."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif not self.edit.document().isModified():
            self.left.emit()

    def begin(self, text: Text) -> None:
        """Show a text, from its first mark on."""
        self._text = text
        self.edit.setPlainText(text.whole.replace("\r\n", "\n"))
        self._look()
        self._next()
        self.edit.setFocus()

    def _written(self) -> bytes:
        assert self._text is not None
        # toPlainText() would make line ends of separators and blanks of hard blanks; the document keeps them apart.
        whole = self.edit.document().toRawText().replace("\u2029", "\n").replace("\u2028", "\n")
        if self._text.line_end == "CRLF":
            whole = whole.replace("\n", "\r\n")
        return replace(self._text, whole=whole).encoded()

    def _look(self) -> None:
        why = ""
        if self._text is not None:
            try:
                if has_conflict_marks(self._written()):
                    why = tr("Take the marks out: between them stand the hotfix's lines and development's.")
            except UnicodeEncodeError:
                why = tr("The text has a character that its encoding does not have.")
        self._note.setText(why)
        self.take.setEnabled(not why)
        self.take.setToolTip(why)
        self.take.setAccessibleDescription(why)
        self.next.setEnabled(bool(why))

    def _next(self) -> None:
        mark = QRegularExpression(_MARKS)
        if not self.edit.find(mark):
            cursor = self.edit.textCursor()
            cursor.movePosition(cursor.MoveOperation.Start)
            self.edit.setTextCursor(cursor)
            self.edit.find(mark)
        self.edit.setFocus()

    def _take(self) -> None:
        self.accepted.emit(self._written())
