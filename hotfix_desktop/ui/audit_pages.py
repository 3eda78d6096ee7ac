"""What stands around the entries: lines that tell of trouble and of more, and the page when there are none."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import AROUND, BETWEEN, GRID, ICON_TOOLBAR, Role, Theme


class TroubleLine(QFrame):
    """One line: what stood in the way, and *Retry*.

    Signals:
        retry: the user wants it tried again.
    """

    retry = Signal()

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        """Be hidden until there is something to tell."""
        super().__init__(parent)
        self._theme = theme
        self._icons = icons
        self.setObjectName("auditTrouble")
        self.setAutoFillBackground(True)
        self._mark = QLabel(self)
        self.sentence = QLabel(self)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton("Retry", self)
        self.button.setAccessibleName("Retry")
        self.button.clicked.connect(self.retry)
        row = QHBoxLayout(self)
        row.setContentsMargins(AROUND, GRID, AROUND, GRID)
        row.setSpacing(BETWEEN)
        row.addWidget(self._mark)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.button)
        theme.changed.connect(self._paint)
        self._paint()
        self.hide()

    def tell(self, error: HotfixError) -> None:
        """Show the sentence of an error and its remedy, and have a screen reader say it."""
        self.sentence.setText(str(error))
        self.sentence.setAccessibleName(str(error))
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self.sentence, QAccessible.Event.Alert))

    @Slot()
    def _paint(self) -> None:
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, self._theme.tint(Role.OVERDUE))
        self.setPalette(palette)
        self._mark.setPixmap(self._icons.icon("error", Role.OVERDUE).pixmap(ICON_TOOLBAR, ICON_TOOLBAR))


class NoticeLine(QFrame):
    """One line: something that is not wrong but good to know, and what can be done about it.

    Signals:
        wanted: the button was pressed.
    """

    wanted = Signal()

    def __init__(self, name: str, verb: str, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        """Be hidden until there is something to tell; ``verb`` is on the button."""
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self.setObjectName(name)
        self.setAutoFillBackground(True)
        self._mark = QLabel(self)
        self.sentence = QLabel(self)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.button = QPushButton(verb, self)
        self.button.setAccessibleName(verb.replace("&", ""))
        self.button.clicked.connect(self.wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(AROUND, GRID, AROUND, GRID)
        row.setSpacing(BETWEEN)
        row.addWidget(self._mark)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.button)
        theme.changed.connect(self._paint)
        self._paint()
        self.hide()

    def tell(self, sentence: str) -> None:
        """Show a sentence, and have a screen reader say it; an empty one hides the line."""
        if sentence and sentence != self.sentence.text():
            self.sentence.setText(sentence)
            self.sentence.setAccessibleName(sentence)
            QAccessible.updateAccessibility(QAccessibleEvent(self.sentence, QAccessible.Event.Alert))
        self.setVisible(bool(sentence))

    @Slot()
    def _paint(self) -> None:
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, self._theme.tint(Role.UNDELIVERED))
        self.setPalette(palette)
        self._mark.setPixmap(self._icons.icon("info", Role.UNDELIVERED).pixmap(ICON_TOOLBAR, ICON_TOOLBAR))


class EmptyPage(QWidget):
    """Says why there is nothing, and offers the way out when there is one."""

    def __init__(self, sentence: str, button: QPushButton | None = None, parent: QWidget | None = None) -> None:
        """Show the sentence, and the button if there is one."""
        super().__init__(parent)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.sentence = QLabel(sentence, self)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setSpacing(AROUND)
        column.addStretch(1)
        column.addWidget(self.sentence)
        if button is not None:
            button.setAccessibleName(button.text())
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self.setFocusProxy(button)
        column.addStretch(1)
