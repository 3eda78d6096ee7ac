"""What all dialogs have in common: how they ask, refuse in place, wait, and keep their measures.

A dialog is built with plain values, shows them, and emits a signal with what the user wants. It never
touches the database or the session. The owner opens it with ``open()``, runs the job, and calls
``show_problem()`` or ``accept()``.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QIcon, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import AROUND, BETWEEN, GRID, GROUPS, Role

LINE_LIMIT = 1_000_000
"""Characters that a line takes; Qt's own 32,767 would cut a paste without a word."""


class Field(QWidget):
    """A label, its editor with whatever stands beside it, a quiet hint, and the sentence of a refusal."""

    def __init__(
        self,
        caption: str,
        editor: QWidget,
        beside: Sequence[QWidget] = (),
        hint: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Stand the editor under its caption, if it has one; ``beside`` keeps the editor narrow."""
        super().__init__(parent)
        self.editor = editor
        self.label = QLabel(caption, self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        entry = editor.focusProxy() or editor  # a line with a button beside it: the line is what is meant
        self.label.setBuddy(entry)
        self.label.setVisible(bool(caption))
        if caption and not entry.accessibleName():
            entry.setAccessibleName(caption.replace("&", ""))
        self.problem = SignLabel(parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.label)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        row.addWidget(editor, 0 if beside else 1)
        for widget in beside:
            row.addWidget(widget)
        if beside:
            row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.problem)
        if hint:
            column.addWidget(ToneLabel(hint, Role.QUIET, self))
            entry.setAccessibleDescription(hint)
        self._hint, self._entry = hint, entry

    def show_problem(self, sentence: str) -> None:
        """Show why the value is refused; an empty sentence takes it back."""
        self.problem.set_text(sentence)
        self._entry.setAccessibleDescription(sentence or self._hint)


class Dialog(QDialog):
    """A dialog of this program.

    Attributes:
        body: the layout to fill.
        fields: the fields by the name that ``InvalidInput.field`` uses.
    """

    def __init__(self, parent: QWidget | None, columns: int = 72, grows: bool = False) -> None:
        """Make a dialog so many letters wide; one that does not grow is exactly as high as its content."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fields: dict[str, Field] = {}
        self._grows = grows
        self._busy = False
        self._focus_before: QWidget | None = None
        self.form = QWidget(self)
        self.body = QVBoxLayout(self.form)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(GROUPS)
        self._problem = SignLabel(parent=self)
        self._note = ToneLabel("", Role.QUIET, self)
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(AROUND, AROUND, AROUND, AROUND)
        self._column.setSpacing(GROUPS)
        self._column.addWidget(self.form, 1)
        self._column.addWidget(self._problem)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * columns)

    @property
    def is_busy(self) -> bool:
        """Whether the owner is doing what was asked for."""
        return self._busy

    @property
    def why_not(self) -> str:
        """The sentence under the buttons: why the main one is disabled."""
        return self._note.text()

    @property
    def problem(self) -> str:
        """The sentence above the buttons, which belongs to no field."""
        return self._problem.text

    def add_buttons(self, box: QDialogButtonBox, default: QPushButton, explains: bool = False) -> None:
        """Stand the buttons at the end; ``explains`` keeps a line under them for why one is disabled."""
        # Inside the dialog first: otherwise Enter presses Cancel while the default button is disabled.
        box.setParent(self)
        default.setDefault(True)
        for button in box.buttons():
            button.setIcon(QIcon())  # a style's own icons on some of the buttons only make noise
        foot = QVBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(box)
        if explains:
            self._column.setContentsMargins(AROUND, AROUND, AROUND, BETWEEN)
            policy = self._note.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            self._note.setSizePolicy(policy)
            foot.addWidget(self._note)
        else:
            self._note.hide()
        self._column.addLayout(foot)
        self._box = box

    def explain(self, button: QPushButton, sentence: str) -> None:
        """Disable the button with this reason under it, or enable it when the reason is empty."""
        button.setEnabled(not sentence and not self._busy)
        button.setAccessibleDescription(sentence)
        self._note.setText(sentence)

    def show_problem(self, field: str, sentence: str) -> None:
        """Show why the owner could not do it, under the field or above the buttons, and let the user go on."""
        self.set_busy(False)
        place = self.fields.get(field)
        if place is None:
            self._problem.set_text(sentence)
            return
        place.show_problem(sentence)
        place.editor.setFocus()

    def forget_problem(self) -> None:
        """Take back the sentence above the buttons."""
        self._problem.set_text("")

    def set_busy(self, busy: bool) -> None:
        """Wait for the owner: the user can change and close nothing meanwhile."""
        if busy == self._busy:
            return
        self._busy = busy
        if busy:
            self.forget_problem()
            self._focus_before = self.focusWidget()
        self.form.setEnabled(not busy)
        self._box.setEnabled(not busy)
        self.refresh()
        if not busy and self._focus_before is not None:
            self._focus_before.setFocus()

    def refresh(self) -> None:
        """Bring buttons and sentences in line with the fields; for subclasses."""

    def settle(self) -> None:
        """Take the height that is needed now, without waiting for the event loop."""
        self.body.invalidate()
        self._column.invalidate()
        self._fit()

    def _fit(self) -> None:
        layout = self._column
        flows, width = layout.hasHeightForWidth(), self.width()
        if self._grows:
            least = layout.totalMinimumHeightForWidth(width) if flows else layout.totalMinimumSize().height()
            self.setMinimumHeight(least)
        else:
            self.setFixedHeight(layout.totalHeightForWidth(width) if flows else layout.totalSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Keep the height in line with wrapped sentences as they come and go."""
        handled = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Polish):
            self._fit()
        return handled

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc wait while the owner is at work."""
        if self._busy and event.matches(QKeySequence.StandardKey.Cancel):
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stay while the owner is at work; it may close the dialog itself."""
        if self._busy:
            event.ignore()
            return
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew, and take the height that this needs."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()
