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
        self,
        session: WorkspaceSession,
        verbs: PackageVerbs,
        window: QWidget,
        leave: Callable[[], None],
        quitting: bool = False,
    ) -> None:
        """Keep what locking needs; ``leave`` is called once the workspace may be left, which may end the program."""
        super().__init__(session)
        self._session = session
        self._verbs = verbs
        self._window = window
        self._leave = leave
        self._quitting = quitting

    def ask(self, open_now: Sequence[PackageStatus], me: str) -> None:
        """Show the question; ``me`` is the one who is asked."""
        box = QMessageBox(self._window)
        box.setObjectName("leaveDialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Packages are unlocked"))
        names = ", ".join(_name(p, me) for p in open_now[:5]) + (" …" if len(open_now) > 5 else "")
        verb = "is" if len(open_now) == 1 else "are"
        box.setText(f"{tr('%n package(s)', len(open_now))} {verb} unlocked: {names}.")
        many = len(open_now)
        both = tr("Lock %n package(s) and quit", many) if self._quitting else tr("Lock %n package(s) and leave", many)
        lock = box.addButton(both, QMessageBox.ButtonRole.AcceptRole)
        verb = tr("Quit") if self._quitting else tr("Leave")
        leave = box.addButton(f"{verb}, {_by_itself(open_now)}", QMessageBox.ButtonRole.DestructiveRole)
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


def _by_itself(open_now: Sequence[PackageStatus]) -> str:
    """Give "they lock by themselves at 14:32", or "by 14:50" where one of them locks earlier."""
    left = tr("they lock by themselves") if len(open_now) > 1 else tr("it locks by itself")
    # What is overdue has no time left: it is locked as soon as that can be done.
    times = {p.hotfix.lease.deadline for p in open_now if p.hotfix and p.state is PackageState.UNLOCKED}
    if not times:
        return left
    together = len({clock_time(at) for at in times}) == 1
    return f"{left} {tr('at') if together else tr('by')} {clock_time(max(times))}"


def _name(status: PackageStatus, me: str) -> str:
    by = status.hotfix.opened_by if status.hotfix else me
    return status.name if by == me else f"{status.name} ({tr('by')} {by})"
