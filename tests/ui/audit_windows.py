"""What the tests of the audit log window stand on: windows over a real log, and how to look at and touch them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QSettings
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QTableView, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from hotfix_desktop.core.roles import Person
from hotfix_desktop.runtime.audit_session import AuditSession
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.log_reading import LogDesk
from hotfix_desktop.ui.audit_chips import Chip
from hotfix_desktop.ui.audit_model import LINE_ROLE, Column
from hotfix_desktop.ui.audit_window import AuditWindow
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Theme
from tests.ui.audit_log import NOW, StoppedClock

ENTRIES = 1000
PROGRAM = [sys.executable, "-m", "hotfix_desktop"]
ALL = "1,000 entries"


class AuditDesks(QObject):
    """Opens audit log windows, and closes them with their sessions."""

    def __init__(self, qtbot: QtBot, theme: Theme, icons: Icons, settings: QSettings) -> None:
        super().__init__()
        self.qtbot, self.theme, self.icons, self.settings = qtbot, theme, icons, settings
        self.sessions: list[AuditSession] = []
        self.windows: list[AuditWindow] = []  # who has no parent goes with the last reference to it

    def session(self, path: Path, user: str = "cleo", work: WorkspaceSession | None = None) -> AuditSession:
        made = AuditSession(LogDesk(path, Person(user, "10.0.0.7")), StoppedClock(), PROGRAM, work)
        self.sessions.append(made)
        return made

    def show(
        self,
        path: Path,
        *,
        user: str = "cleo",
        parent: QWidget | None = None,
        now: Callable[[], datetime] = lambda: NOW,
    ) -> AuditWindow:
        """Show a read-only window on a log."""
        session = self.session(path, user)
        window = AuditWindow(session, "Production", self.theme, self.icons, self.settings, parent, now=now)
        window.destroyed.connect(session.close)
        self.windows.append(window)
        if parent is None:
            self.qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        return window

    def close(self) -> None:
        for session in self.sessions:
            session.close()


def table(window: QWidget) -> QTableView:
    return window.findChild(QTableView, "auditTable")


def search(window: QWidget) -> QLineEdit:
    return window.findChild(QLineEdit, "auditSearch")


def details(window: QWidget) -> str:
    return window.findChild(QTextBrowser, "auditDetails").toPlainText()


def box(window: QWidget, name: str) -> QComboBox:
    return next(b for b in window.findChildren(QComboBox) if b.accessibleName() == name)


def button(window: QWidget, name: str) -> QAbstractButton:
    return next(b for b in window.findChildren(QAbstractButton) if name in (b.text(), b.accessibleName()))


def action(window: QWidget, name: str) -> QAction:
    return window.findChild(QAction, f"actionAudit{name}")


def label(window: QWidget, beginning: str) -> QLabel:
    return next(w for w in window.findChildren(QLabel) if w.text().startswith(beginning))


def count(window: QWidget) -> str:
    return window.findChild(QLabel, "auditCount").text()


def chips(window: QWidget) -> list[str]:
    return [chip.text() for chip in window.findChildren(Chip) if not chip.isHidden()]


def texts(window: QWidget, column: int) -> list[str]:
    """What stands in a column, as far as it was read."""
    model = table(window).model()
    return [str(model.index(row, column).data()) for row in range(min(200, model.rowCount()))]


def numbers(window: QWidget) -> list[int]:
    """The numbers of the first entries; 0 for one that was not read."""
    model = table(window).model()
    lines = [model.index(row, 0).data(LINE_ROLE) for row in range(min(200, model.rowCount()))]
    return [0 if line is None else line.seq for line in lines]


def current(window: QWidget) -> int:
    """The number of the current entry; 0 for none, or one that was not read."""
    line = table(window).currentIndex().data(LINE_ROLE)
    return 0 if line is None else int(line.seq)


def select(window: QWidget, row: int, column: int = Column.TYPE) -> None:
    view = table(window)
    view.setCurrentIndex(view.model().index(row, column))


def choose(window: QWidget, name: str, text: str) -> None:
    box(window, name).setCurrentText(text)


def clipboard() -> str:
    return QGuiApplication.clipboard().text()
