"""When the main window has an icon in the tray: after its first paint, where there is a tray and it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from hotfix_desktop.ui.first_paint import AfterFirstPaint

if TYPE_CHECKING:
    from hotfix_desktop.core.lifecycle import PackageStatus
    from hotfix_desktop.ui.main_window import MainWindow
    from hotfix_desktop.ui.tray import Tray


class TrayKeeper(QObject):
    """Makes the tray icon, passes on what it is told and what is clicked, and takes it away."""

    def __init__(self, window: MainWindow) -> None:
        """Wait for the first paint: the time until then is not the tray's."""
        super().__init__(window)
        self._window = window
        self._ended = False
        self.tray: Tray | None = None
        AfterFirstPaint(window, self.follow)

    def follow(self) -> None:
        """Have an icon, or none, as the user wants it."""
        if self._ended or not self._window.state.tray:
            self._take_away()
        elif self.tray is None:
            self._make()

    def end(self) -> None:
        """Take the icon away for good: the window closes."""
        self._ended = True
        self._take_away()

    def _make(self) -> None:
        window = self._window
        icon = window.doors.tray_icon(window)
        if icon is None:
            return
        from hotfix_desktop.ui.tray import Tray

        shared = [window.actions_["actionLockAll"], window.actions_["actionQuit"]]
        tray = Tray(icon, window.icons, shared, window)
        self.tray = tray
        tray.window_wanted.connect(self._raise)
        tray.package_wanted.connect(self._show_package)
        tray.lock_wanted.connect(self._lock)
        window.timed.connect(self._show_time)
        window.reminders.noticed.connect(tray.tell)
        self._show_time()

    def _take_away(self) -> None:
        tray, self.tray = self.tray, None
        if tray is not None:
            self._window.timed.disconnect(self._show_time)
            self._window.reminders.noticed.disconnect(tray.tell)
            tray.end()

    @Slot()
    def _show_time(self) -> None:
        if self.tray is not None:
            self.tray.show_catalogue(self._window.catalogue, self._window.doors.clock.now())

    @Slot()
    def _raise(self) -> None:
        from hotfix_desktop.ui.approach import bring_up  # it needs the main window itself

        bring_up(self._window)

    @Slot(int)
    def _show_package(self, package_id: int) -> None:
        self._raise()
        self._window.filter.clear()  # the filter may hide it
        self._window.tree.choose(package_id)

    @Slot(object)
    def _lock(self, status: PackageStatus) -> None:
        if self._window.workspace is not None:
            self._window.here.verbs.lock(status)
