"""What happens when a delivery verb is chosen: look at what waits, and open the wizard or the question."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.errors import HotfixError, Refused
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.texts import plural
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.package_verbs import PackageVerbs
from hotfix_desktop.ui.theme import Theme

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings

    from hotfix_desktop.services.undelivered import WaitingPackage
    from hotfix_desktop.ui.delivery_wizard import DeliveryWizard
    from hotfix_desktop.ui.mark_dialog import MarkDialog

    Show = Callable[[tuple[WaitingPackage, ...]], None]


class DeliveryVerbs(QObject):
    """*Deliver…* and *Mark as delivered…* on one session."""

    def __init__(self, session: WorkspaceSession, verbs: PackageVerbs, window: QWidget, parent: QObject) -> None:
        """Act on this session; errors are told as ``verbs`` does it."""
        super().__init__(parent)
        self._session, self._verbs, self._window = session, verbs, window
        self._asking = False

    def deliver(self, status: PackageStatus, theme: Theme, settings: QSettings) -> None:
        """Open the wizard, beginning with this package."""

        def show(packages: tuple[WaitingPackage, ...]) -> None:
            from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs
            from hotfix_desktop.ui.delivery_memory import DeliveryMemory
            from hotfix_desktop.ui.delivery_wizard import DeliveryWizard

            jobs = DeliveryJobs(self._session)
            wizard: DeliveryWizard = DeliveryWizard(
                packages, status.package_id, jobs, DeliveryMemory(settings), theme, self._window
            )
            wizard.open()

        self._ask(tr("Cannot deliver"), status, show)

    def mark(self, status: PackageStatus) -> None:
        """Ask which hotfixes of this package, and why."""

        def show(packages: tuple[WaitingPackage, ...]) -> None:
            from hotfix_desktop.ui.mark_dialog import MarkDialog

            package = next(p for p in packages if p.package_id == status.package_id)
            dialog = MarkDialog(package, self._window)
            dialog.submitted.connect(lambda hotfixes, reason: self._mark(hotfixes, reason, dialog))
            dialog.open()

        self._ask(tr("Cannot mark as delivered"), status, show)

    def _ask(self, title: str, status: PackageStatus, show: Show) -> None:
        if self._asking:
            return  # the key was pressed again before the dialog was there
        self._asking = True
        from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs

        def came(packages: tuple[WaitingPackage, ...]) -> None:
            if any(package.package_id == status.package_id for package in packages):
                show(packages)
            else:
                self._verbs.tell(title, Refused(f"Nothing of {status.name} waits for delivery any more."))

        def over() -> None:
            self._asking = False

        job = DeliveryJobs(self._session).waiting()
        job.done.connect(came)
        job.failed.connect(lambda error: self._verbs.tell(title, error))
        job.ended.connect(over)

    def _mark(self, hotfixes: tuple[int, ...], reason: str, dialog: MarkDialog) -> None:
        from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs

        dialog.set_busy(True)

        def marked(_deliveries: object) -> None:
            self._verbs.told.emit(f"{plural(len(hotfixes), 'hotfix', 'hotfixes')} marked as delivered.")
            dialog.set_busy(False)
            dialog.accept()

        def failed(error: HotfixError) -> None:
            dialog.show_problem(getattr(error, "field", ""), str(error))

        job = DeliveryJobs(self._session).mark(hotfixes, reason)
        job.done.connect(marked)
        job.failed.connect(failed)
