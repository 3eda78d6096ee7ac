"""What becomes of open packages when a workspace or the window is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.lifecycle import PackageState, PackageStatus
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.hotfixes import LockedAll
from hotfix_desktop.ui.formats import clock_time, tr
from hotfix_desktop.ui.package_verbs import PackageVerbs
from hotfix_desktop.ui.progress_dialog import JobDialog


class LeaveQuestion(QObject):
    """Asks what becomes of open packages; the safe answer, to lock them, is the default.

    Left open they are locked at their deadline by the guard, so they are left only while one lives. Somebody who
    may not lock is not asked, unless there is none.
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
        self._open_now: Sequence[PackageStatus] = ()
        self._me = ""
        self._may_lock = False

    def begin(self, open_now: Sequence[PackageStatus], me: str, may_lock: bool) -> None:
        """Ask, if there is something to choose; ``me`` is the one who is asked."""
        self._open_now, self._me, self._may_lock = open_now, me, may_lock
        if may_lock:
            self._ask()
        else:
            self._leave_open()

    def _ask(self, no_guard: HotfixError | None = None) -> None:
        """Show the question; ``no_guard`` is why they would not lock by themselves."""
        open_now = self._open_now
        box = QMessageBox(self._window)
        box.setObjectName("leaveDialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning if no_guard else QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Packages are unlocked"))
        names = ", ".join(_name(p, self._me) for p in open_now[:5]) + (" …" if len(open_now) > 5 else "")
        verb = "is" if len(open_now) == 1 else "are"
        box.setText(f"{tr('%n package(s)', len(open_now))} {verb} unlocked: {names}.")
        if no_guard is not None:
            alone = tr("Nobody would lock at the deadline if this window were not there.")
            box.setInformativeText(f"{alone} {no_guard}")
        lock = leave = None
        if self._may_lock:
            both = "Lock %n package(s) and quit" if self._quitting else "Lock %n package(s) and leave"
            lock = box.addButton(tr(both, len(open_now)), QMessageBox.ButtonRole.AcceptRole)
        verb = tr("Quit") if self._quitting else tr("Leave")
        if no_guard is None:
            leave = box.addButton(f"{verb}, {_by_itself(open_now)}", QMessageBox.ButtonRole.DestructiveRole)
        elif not self._may_lock:
            # Whoever can neither lock nor start a guard would have to kill the program, which is no better.
            leave = box.addButton(f"{verb} {tr('anyway')}", QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(lock or cancel)
        sure = self._leave_open if no_guard is None else self._leave
        box.buttonClicked.connect(lambda button: self._answered(button, lock, leave, sure))
        box.open()

    def _answered(
        self,
        button: QAbstractButton,
        lock: QAbstractButton | None,
        leave: QAbstractButton | None,
        sure: Callable[[], None],
    ) -> None:
        if button is leave:
            sure()
        elif button is lock:
            self._verbs.watch(self._session.lock_all(), tr("Locking all packages"), tr("Could not lock"), self._locked)

    def _leave_open(self) -> None:
        """Leave once a guard lives."""
        job = self._session.ensure_guard()
        JobDialog(tr("Looking for the guard"), job, self._window)
        job.done.connect(lambda _none: self._guarded(job))
        job.failed.connect(self._no_guard)

    def _guarded(self, job: Job) -> None:
        try:
            job.progress.check()  # to start a guard cannot be stopped half-way
        except Cancelled as error:
            self._no_guard(error)
        else:
            self._leave()

    @Slot(object)
    def _no_guard(self, error: HotfixError) -> None:
        if isinstance(error, Cancelled):
            self._verbs.tell("", error)
        else:
            self._ask(error)

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
