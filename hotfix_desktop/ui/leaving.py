"""What becomes of open packages when a workspace or the window is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from hotfix_desktop.core.lifecycle import PackageState, PackageStatus
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.hotfixes import LockedAll
from hotfix_desktop.ui.formats import clock_time, tr
from hotfix_desktop.ui.package_verbs import PackageVerbs


class LeaveQuestion(QObject):
    """Asks what becomes of open packages; the safe answer, to lock them, is the default.

    Left open they are locked at their deadline by the relocker that was started with the unlock.
    """

    def __init__(
        self, session: WorkspaceSession, verbs: PackageVerbs, window: QWidget, leave: Callable[[], None]
    ) -> None:
        """Keep what locking needs; ``leave`` is called once the workspace may be left."""
        super().__init__(session)
        self._session = session
        self._verbs = verbs
        self._window = window
        self._leave = leave

    def ask(self, open_now: Sequence[PackageStatus], me: str) -> None:
        """Show the question; ``me`` is the one who is asked."""
        last = max(p.hotfix.lease.deadline for p in open_now if p.hotfix)
        box = QMessageBox(self._window)
        box.setObjectName("leaveDialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Packages are unlocked"))
        names = ", ".join(_name(p, me) for p in open_now[:5]) + (" …" if len(open_now) > 5 else "")
        verb = "is" if len(open_now) == 1 else "are"
        box.setText(f"{tr('%n package(s)', len(open_now))} {verb} unlocked: {names}.")
        lock = box.addButton(tr("Lock %n package(s) and leave", len(open_now)), QMessageBox.ButtonRole.AcceptRole)
        left = tr("Quit, leave them unlocked") if len(open_now) > 1 else tr("Quit, leave it unlocked")
        if any(p.state is PackageState.UNLOCKED for p in open_now):  # what is overdue has no time left
            left += f" {tr('until')} {clock_time(last)}"
        leave = box.addButton(left, QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(lock)
        box.buttonClicked.connect(lambda button: self._answered(button, lock, leave))
        box.open()

    def _answered(self, button: QAbstractButton, lock: QAbstractButton, leave: QAbstractButton) -> None:
        if button is leave:
            self._leave()
        elif button is lock:
            self._verbs.watch(self._session.lock_all(), tr("Locking all packages"), tr("Could not lock"), self._locked)

    def _locked(self, result: object) -> None:
        assert isinstance(result, LockedAll)
        for name, error in result.failed:
            self._verbs.tell(tr("Could not lock %1").replace("%1", name), error)
        if not result.failed:
            self._leave()


def _name(status: PackageStatus, me: str) -> str:
    by = status.hotfix.opened_by if status.hotfix else me
    return status.name if by == me else f"{status.name} ({tr('by')} {by})"
