"""What happens when a package verb is chosen: ask, run the job, and tell how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.clock import Clock
from hotfix_desktop.core.errors import Cancelled, HotfixError, InvalidInput
from hotfix_desktop.core.lifecycle import Hotfix, Kept, PackageStatus
from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.catalogue import Catalogue
from hotfix_desktop.services.hotfixes import LockedAll
from hotfix_desktop.ui.drift_dialog import DriftDialog
from hotfix_desktop.ui.error_dialog import ErrorDialog
from hotfix_desktop.ui.extend_dialog import ExtendDialog
from hotfix_desktop.ui.formats import clock_time, tr
from hotfix_desktop.ui.permissions import reasons_against
from hotfix_desktop.ui.progress_dialog import JobDialog
from hotfix_desktop.ui.unlock_dialog import UnlockDialog


class PackageVerbs(QObject):
    """The verbs of the *Package* menu on one session.

    Signals:
        told: a sentence for the status bar.
    """

    told = Signal(str)

    def __init__(self, session: WorkspaceSession, clock: Clock, window: QWidget, parent: QObject) -> None:
        """Act on this session; dialogs belong to the window and count by the clock."""
        super().__init__(parent)
        self._session = session
        self._clock = clock
        self._window = window
        self._asking = False

    def unlock(self, status: PackageStatus, catalogue: Catalogue) -> None:
        """Ask for a reason, then unlock."""
        if self._asking:
            return  # the key was pressed again before the dialog was there
        self._asking = True
        job = self._session.recent_reasons()
        job.done.connect(lambda reasons: self._ask_unlock(status, catalogue, reasons))
        job.failed.connect(lambda error: self.tell(tr("Cannot unlock"), error))
        job.ended.connect(self._asked)

    def lock(self, status: PackageStatus) -> None:
        """Lock at once: locking never asks."""
        self.watch(
            self._session.lock(status.package_id),
            tr("Locking %1").replace("%1", status.name),
            tr("Could not lock %1").replace("%1", status.name),
            lambda _hotfix: self.told.emit(tr("%1 is locked.").replace("%1", status.name)),
            retry=lambda: self.lock(status),
        )

    def lock_all(self) -> None:
        """Lock every open package."""
        self.watch(self._session.lock_all(), tr("Locking all packages"), tr("Could not lock"), self._locked_all)

    def extend(self, status: PackageStatus, catalogue: Catalogue) -> None:
        """Ask how much longer."""
        if status.hotfix is None:
            return
        dialog = ExtendDialog(status.hotfix, catalogue.settings, self._now, self._window)
        dialog.submitted.connect(lambda minutes, reason: self._extend(status, minutes, reason, dialog))
        dialog.open()

    def extend_by_step(self, status: PackageStatus, catalogue: Catalogue) -> None:
        """Give the step of the settings, in one click; ask first where a reason is needed."""
        if catalogue.settings.extension_reason:
            self.extend(status, catalogue)
        else:
            self._extend(status, None, "", None)

    def show_drift(self, status: PackageStatus, catalogue: Catalogue) -> None:
        """Show what was changed behind the program's back; the dialog is where it is accepted, too."""
        drift = status.drift
        if drift is None:
            return
        against = reasons_against(catalogue, status, self._clock.now())["actionAcceptBaseline"]
        dialog = DriftDialog(status.name, drift, against, self._now(), self._window)
        dialog.submitted.connect(lambda: self._accept_drift(status, drift, dialog))
        dialog.open()

    def toggle_modifiable(self, status: PackageStatus) -> None:
        """Leave a protected package modifiable, or protect one that is."""
        if status.kept is Kept.NO:
            title, job = tr("Opening %1"), self._session.keep_modifiable(status.package_id)
        else:
            title, job = tr("Protecting %1"), self._session.protect_package(status.package_id)
        self.watch(job, title.replace("%1", status.name), tr("Could not change %1").replace("%1", status.name))

    def protect_packages(self, packages: Sequence[PackageStatus]) -> None:
        """Protect packages that are new in the folder."""
        for status in packages:
            self.watch(
                self._session.protect_package(status.package_id),
                tr("Protecting %1").replace("%1", status.name),
                tr("Could not protect %1").replace("%1", status.name),
            )

    def watch(
        self,
        job: Job,
        title: str,
        failure: str,
        done: Callable[[object], None] | None = None,
        retry: Callable[[], None] | None = None,
    ) -> None:
        """Show a job's progress, and its error if it fails."""
        JobDialog(title, job, self._window)
        if done is not None:
            job.done.connect(done)
        job.failed.connect(lambda error: self.tell(failure, error, retry))

    def tell(self, title: str, error: HotfixError, retry: Callable[[], None] | None = None) -> None:
        """Tell an error of the world; a cancel is only noted in the status bar."""
        if isinstance(error, Cancelled):
            self.told.emit(error.sentence)
            return
        dialog = ErrorDialog(title, error, self._window, retry=retry is not None)
        if retry is not None:
            dialog.retry.connect(retry)
        dialog.open()

    def _ask_unlock(self, status: PackageStatus, catalogue: Catalogue, reasons: Sequence[str]) -> None:
        dialog = UnlockDialog(status.name, catalogue.settings, reasons, self._now, self._window)
        dialog.submitted.connect(lambda *wish: self._unlock(status, dialog, *wish))
        dialog.open()

    def _unlock(self, status: PackageStatus, dialog: UnlockDialog, reason: str, ticket: str, minutes: int) -> None:
        dialog.set_busy(True)
        job = self._session.unlock(status.package_id, reason, ticket, minutes)
        JobDialog(tr("Unlocking %1").replace("%1", status.name), job, self._window)
        job.done.connect(lambda hotfix: self._unlocked(hotfix, dialog))
        job.failed.connect(lambda error: self._not_unlocked(status, error, dialog))

    def _unlocked(self, hotfix: Hotfix, dialog: UnlockDialog) -> None:
        dialog.accept()
        until = clock_time(hotfix.lease.deadline)
        self.told.emit(f"{hotfix.package_name} is unlocked until {until}, then it locks by itself.")

    def _not_unlocked(self, status: PackageStatus, error: HotfixError, dialog: UnlockDialog) -> None:
        if isinstance(error, InvalidInput):
            dialog.set_busy(False)
            dialog.show_problem(error.field, error.sentence)
            return
        dialog.reject()
        self.tell(tr("Could not unlock %1").replace("%1", status.name), error)

    def _accept_drift(self, status: PackageStatus, shown: Drift, dialog: DriftDialog) -> None:
        dialog.set_busy(True)
        job = self._session.accept_drift(status.package_id, shown.token)
        JobDialog(tr("Accepting %1").replace("%1", status.name), job, self._window)
        job.done.connect(lambda _none: self._accepted(status, dialog))
        job.failed.connect(lambda error: self._not_accepted(status, error, dialog))

    def _accepted(self, status: PackageStatus, dialog: DriftDialog) -> None:
        dialog.accept()
        self.told.emit(tr("What %1 holds now is its baseline.").replace("%1", status.name))

    def _not_accepted(self, status: PackageStatus, error: HotfixError, dialog: DriftDialog) -> None:
        dialog.set_busy(False)
        dialog.reject()
        self.tell(tr("Could not accept %1").replace("%1", status.name), error)

    def _extend(self, status: PackageStatus, minutes: int | None, reason: str, dialog: ExtendDialog | None) -> None:
        if dialog is not None:
            dialog.set_busy(True)
        job = self._session.extend(status.package_id, minutes, reason)
        job.done.connect(lambda hotfix: self._extended(hotfix, dialog))
        job.failed.connect(lambda error: self._not_extended(status, error, dialog))

    def _extended(self, hotfix: Hotfix, dialog: ExtendDialog | None) -> None:
        if dialog is not None:
            dialog.accept()
        self.told.emit(f"{hotfix.package_name} now locks at {clock_time(hotfix.lease.deadline)}.")

    def _not_extended(self, status: PackageStatus, error: HotfixError, dialog: ExtendDialog | None) -> None:
        if dialog is not None and isinstance(error, InvalidInput):
            dialog.show_problem(error.field, error.sentence)
            return
        if dialog is not None:
            dialog.reject()
        self.tell(tr("Could not extend %1").replace("%1", status.name), error)

    @Slot(object)
    def _locked_all(self, result: object) -> None:
        assert isinstance(result, LockedAll)
        for name, error in result.failed:
            self.tell(tr("Could not lock %1").replace("%1", name), error)
        if result.locked:
            self.told.emit(tr("%n package(s) locked.", len(result.locked)))

    @Slot()
    def _asked(self) -> None:
        self._asking = False

    def _now(self) -> datetime:
        return self._clock.now().utc
