"""The windows of changes that are open over one other window: one for each hotfix, which comes up again."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QWidget

from hotfix_desktop.runtime.change_jobs import ChangeJobs
from hotfix_desktop.ui.changes_view import ChangesView
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Theme


class ChangesViews(QObject):
    """Opens windows of changes.

    Signals:
        revert_wanted: a view, the paths to put back or None for all, and the ``HotfixChanges`` that they belong to.
    """

    revert_wanted = Signal(object, object, object)

    def __init__(self, jobs: ChangeJobs, theme: Theme, icons: Icons, settings: QSettings, window: QWidget) -> None:
        """Open them over this window."""
        super().__init__(window)
        self._jobs, self._theme, self._icons, self._settings, self._window = jobs, theme, icons, settings, window
        self._views: dict[tuple[str, int], ChangesView] = {}

    def show_package(self, package_id: int, why_no_revert: str) -> ChangesView:
        """Show what the open or the last hotfix of a package changed."""
        view, _ = self._view(("package", package_id))
        view.show_package(package_id, why_no_revert=why_no_revert)  # again, too: there may be another hotfix by now
        return view

    def show_hotfix(self, number: int) -> ChangesView:
        """Show what a hotfix of any age changed."""
        view, is_new = self._view(("hotfix", number))
        if is_new:
            view.show_hotfix(number)
        return view

    def close(self) -> None:
        """Close every one of them."""
        for view in list(self._views.values()):
            view.close()

    def _view(self, key: tuple[str, int]) -> tuple[ChangesView, bool]:
        view = self._views.get(key)
        is_new = view is None
        if view is None:
            view = ChangesView(self._jobs, self._theme, self._icons, self._settings, self._window)
            view.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            view.closed.connect(lambda: self._views.pop(key, None))
            made = view
            view.revert_wanted.connect(lambda paths, found: self.revert_wanted.emit(made, paths, found))
            self._views[key] = view
        view.show()
        view.raise_()
        view.activateWindow()
        return view, is_new
