"""A tray that is nowhere to be seen and remembers what it was told."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon


class FakeTray(QObject):
    """What is used of ``QSystemTrayIcon``."""

    activated = Signal(QSystemTrayIcon.ActivationReason)
    messageClicked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.icon = QIcon()
        self.tips: list[str] = []
        self.menu: QMenu | None = None
        self.messages: list[tuple[str, str, QSystemTrayIcon.MessageIcon]] = []
        self.visible = False

    def setIcon(self, icon: QIcon) -> None:
        self.icon = icon

    def setToolTip(self, tip: str) -> None:
        self.tips.append(tip)

    def setContextMenu(self, menu: QMenu) -> None:
        self.menu = menu

    def showMessage(self, title: str, message: str, icon: QSystemTrayIcon.MessageIcon, msecs: int) -> None:
        self.messages.append((title, message, icon))

    def show(self) -> None:
        self.visible = True

    def hide(self) -> None:
        self.visible = False

    def actions(self) -> list[QAction]:
        """Give what the menu offers, lines left out."""
        assert self.menu is not None
        return [action for action in self.menu.actions() if not action.isSeparator()]

    def texts(self) -> list[str]:
        """Give the words of the menu."""
        return [action.text().replace("&&", "\0").replace("&", "").replace("\0", "&") for action in self.actions()]
