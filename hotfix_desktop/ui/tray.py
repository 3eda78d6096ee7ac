"""The icon in the system tray, where there is one: what is open, a few verbs, and messages. Nothing needs it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lifecycle import PackageState, PackageStatus
from hotfix_desktop.ui.formats import countdown, tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Role

if TYPE_CHECKING:
    from hotfix_desktop.services.catalogue import Catalogue
    from hotfix_desktop.ui.reminders import Notice

MESSAGE_MS = 10_000
Reason = QSystemTrayIcon.ActivationReason
CLICKS = (Reason.Trigger, Reason.DoubleClick, Reason.MiddleClick)
# The panel may be light or dark whatever our windows are, so nothing is drawn in the colour of text.
LOOKS = {
    PackageState.OVERDUE: ("overdue", Role.OVERDUE),
    PackageState.UNLOCKED: ("unlock", Role.OPEN),
    PackageState.LOCKED: ("lock", Role.QUIET),
}


class TrayIcon(Protocol):
    """What is used of ``QSystemTrayIcon``."""

    activated: Any
    messageClicked: Any

    def setIcon(self, icon: QIcon) -> None:
        """Show this drawing."""

    def setToolTip(self, tip: str) -> None:
        """Say this while the pointer rests."""

    def setContextMenu(self, menu: QMenu) -> None:
        """Open this menu."""

    def showMessage(self, title: str, message: str, icon: QSystemTrayIcon.MessageIcon, msecs: int) -> None:
        """Show a message for a while."""

    def show(self) -> None:
        """Appear."""

    def hide(self) -> None:
        """Go away."""


def system_tray(parent: QObject) -> TrayIcon | None:
    """Give an icon in the system tray, or None where there is none, as on a plain GNOME."""
    return QSystemTrayIcon(parent) if QSystemTrayIcon.isSystemTrayAvailable() else None


class Tray(QObject):
    """Keeps an icon in step with what is open.

    Signals:
        window_wanted: the icon or its menu was clicked to see the window.
        package_wanted: the number of the package that a message was about, which was clicked.
        lock_wanted: the :class:`PackageStatus` of a package that is to be locked now.
    """

    window_wanted = Signal()
    package_wanted = Signal(int)
    lock_wanted = Signal(object)

    def __init__(self, icon: TrayIcon, icons: Icons, shared: Sequence[QAction], window: QWidget) -> None:
        """Show the icon; ``shared`` are the window's own *Lock all* and *Quit*."""
        super().__init__(window)
        self.icon = icon
        self._icons = icons
        self._shared = shared
        self._look: PackageState | None = None
        self._tip = ""
        self._listed: tuple[object, ...] | None = None
        self._told: Notice | None = None
        self.menu = QMenu(window)
        self.menu.setObjectName("trayMenu")
        icon.activated.connect(self._on_activated)
        icon.messageClicked.connect(self._on_message_clicked)
        icon.setContextMenu(self.menu)
        self.show_catalogue(None, None)
        icon.show()

    def show_catalogue(self, catalogue: Catalogue | None, now: Moment | None) -> None:
        """Show what is open, and until when."""
        open_now = catalogue.open_packages if catalogue is not None else ()
        late = [p for p in open_now if p.state is PackageState.OVERDUE or (now and _is_due(p, now))]
        look = PackageState.OVERDUE if late else PackageState.UNLOCKED if open_now else PackageState.LOCKED
        if look is not self._look:
            self._look = look
            self._icons.dress(self.icon, *LOOKS[look])
        tip = _tip(open_now, late, now)
        if tip != self._tip:
            self._tip = tip
            self.icon.setToolTip(tip)
        self._list(open_now)

    @Slot(object)
    def tell(self, notice: Notice) -> None:
        """Show a message; a click on it leads to the package."""
        self._told = notice
        kind = QSystemTrayIcon.MessageIcon
        icon = kind.Warning if notice.urgent else kind.Information
        self.icon.showMessage(notice.title, notice.sentence, icon, MESSAGE_MS)

    def end(self) -> None:
        """Take the icon away."""
        self.icon.hide()
        self.menu.deleteLater()
        self.deleteLater()

    def _list(self, open_now: Sequence[PackageStatus]) -> None:
        lock_all, quit_ = self._shared
        listed = (lock_all.isEnabled(), *((p.package_id, p.name) for p in open_now))
        if listed == self._listed:
            return
        self._listed = listed
        self.menu.clear()
        self.menu.addAction(tr("&Show window"), self.window_wanted.emit)
        self.menu.addAction(lock_all)
        if open_now:
            self.menu.addSeparator()
        for status in open_now:
            text = tr("Lock %1 now").replace("%1", status.name.replace("&", "&&"))
            action = self.menu.addAction(text, partial(self.lock_wanted.emit, status))
            action.setEnabled(lock_all.isEnabled())  # who may lock one may lock all
        self.menu.addSeparator()
        self.menu.addAction(quit_)

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in CLICKS:
            self.window_wanted.emit()

    @Slot()
    def _on_message_clicked(self) -> None:
        if self._told is None:
            self.window_wanted.emit()
        else:
            self.package_wanted.emit(self._told.package_id)


def _is_due(status: PackageStatus, now: Moment) -> bool:
    return status.hotfix is not None and status.hotfix.lease.is_due(now)


def _tip(open_now: Sequence[PackageStatus], late: Sequence[PackageStatus], now: Moment | None) -> str:
    if late:
        return f"{tr('Overdue:')} {', '.join(p.name for p in late)}"
    left = [p.hotfix.lease.left(now) for p in open_now if p.hotfix and now]
    if not left:
        return tr("Hotfix Desktop: nothing is unlocked")
    return f"{len(open_now)} {tr('unlocked')}, {tr('next lock in')} {countdown(min(left))}"
