"""What happens when changes are to be seen or put back, and how many there are while packages are open."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.catalogue import Catalogue
from hotfix_desktop.ui.error_dialog import ErrorDialog
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.progress_dialog import JobDialog
from hotfix_desktop.ui.theme import Theme

if TYPE_CHECKING:
    from hotfix_desktop.runtime.change_jobs import ChangeJobs
    from hotfix_desktop.services.changes import HotfixChanges
    from hotfix_desktop.ui.changes_view import ChangesView
    from hotfix_desktop.ui.changes_views import ChangesViews

LEAST_SECONDS = 2.0
"""Between two counts of what open packages have changed."""
SHARE = 10
"""A count that takes long is repeated only after so many times as long."""


class ChangeVerbs(QObject):
    """The changes of one opened workspace.

    Signals:
        counted: there are other numbers of changes; :meth:`counted_in` puts them into a catalogue.
    """

    counted = Signal()

    def __init__(self, session: WorkspaceSession, parent: QObject) -> None:
        """Act on this session."""
        super().__init__(parent)
        self._session = session
        self._jobs: ChangeJobs | None = None
        self._views: ChangesViews | None = None
        self._counts: dict[int, int] = {}
        self._counting = False
        self._next = 0.0

    @property
    def jobs(self) -> ChangeJobs:
        """What asks for changes on the lane of this workspace."""
        if self._jobs is None:
            from hotfix_desktop.runtime.change_jobs import jobs_of  # not before a package is open

            self._jobs = jobs_of(self._session)
        return self._jobs

    # Numbers

    def count(self, packages: Sequence[PackageStatus], now: Callable[[], float] = time.monotonic) -> None:
        """Count what the open ones of these packages have changed, unless that was done a moment ago."""
        open_now = [status.package_id for status in packages if status.is_open]
        if not open_now:
            self._counts = {}
            return
        started = now()
        if self._counting or started < self._next:
            return
        self._counting = True
        job = self.jobs.counts(open_now)
        job.done.connect(self._keep)
        job.ended.connect(lambda: self._counted(started, now()))

    def counted_in(self, catalogue: Catalogue) -> Catalogue:
        """Give a catalogue with the numbers of changes that are known of its open packages."""
        if not any(status.package_id in self._counts for status in catalogue.open_packages):
            return catalogue
        packages = tuple(
            replace(status, changes=self._counts[status.package_id])
            if status.is_open and status.package_id in self._counts
            else status
            for status in catalogue.packages
        )
        return replace(catalogue, packages=packages)

    def _keep(self, counts: dict[int, int]) -> None:
        if counts != self._counts:
            self._counts = counts
            self.counted.emit()

    def _counted(self, started: float, ended: float) -> None:
        self._counting = False
        self._next = ended + max(LEAST_SECONDS, SHARE * (ended - started))

    # Windows

    def views(self, theme: Theme, icons: Icons, settings: QSettings, window: QWidget) -> ChangesViews:
        """Give the windows of changes over this window."""
        if self._views is None:
            from hotfix_desktop.ui.changes_views import ChangesViews  # not before somebody looks

            self._views = ChangesViews(self.jobs, theme, icons, settings, window)
            self._views.revert_wanted.connect(self._ask_revert)
        return self._views

    def close(self) -> None:
        """Close the windows: the workspace is left."""
        if self._views is not None:
            self._views.close()
            self._views.deleteLater()
            self._views = None

    def _ask_revert(self, view: ChangesView, paths: list[bytes] | None, found: HotfixChanges) -> None:
        from hotfix_desktop.ui.revert_dialog import RevertDialog

        chosen = [change for change in found.changes.changes if paths is None or change.path in paths]
        dialog = RevertDialog(found.hotfix.package_name, chosen, view)
        dialog.submitted.connect(lambda: self._revert(view, dialog, paths, found))
        dialog.open()

    def _revert(self, view: ChangesView, dialog: QWidget, paths: list[bytes] | None, found: HotfixChanges) -> None:
        dialog.close()
        name = found.hotfix.package_name
        job = self.jobs.revert(found.hotfix.package_id, paths)
        JobDialog(tr("Reverting changes of %1").replace("%1", name), job, view)
        job.done.connect(view.head.tell_reverted)
        job.failed.connect(lambda error: self._tell(view, name, error))
        job.ended.connect(view.look_again)

    def _tell(self, view: ChangesView, name: str, error: HotfixError) -> None:
        if not isinstance(error, Cancelled):
            ErrorDialog(tr("Could not revert the changes of %1").replace("%1", name), error, view).open()
