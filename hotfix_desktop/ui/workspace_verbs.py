"""What happens when a workspace verb is chosen: protect, release, settings, roles, audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.errors import HotfixError, InvalidInput
from hotfix_desktop.core.lifecycle import Kept, PackageState
from hotfix_desktop.core.roles import Act, Role, why_not
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.catalogue import Catalogue
from hotfix_desktop.services.standing import Standing
from hotfix_desktop.ui.break_dialog import BreakDialog
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.package_verbs import PackageVerbs
from hotfix_desktop.ui.protect_dialog import ProtectDialog, ReleaseDialog
from hotfix_desktop.ui.roles_dialog import RolesDialog
from hotfix_desktop.ui.settings_dialog import SettingsDialog
from hotfix_desktop.ui.this_computer import ComputerPage

if TYPE_CHECKING:
    from hotfix_desktop.services.log_reading import LogDesk
    from hotfix_desktop.ui.archive_dialog import ArchiveDialog
    from hotfix_desktop.ui.doors import Doors


class WorkspaceVerbs(QObject):
    """The verbs on a whole session."""

    def __init__(self, session: WorkspaceSession, verbs: PackageVerbs, window: QWidget, parent: QObject) -> None:
        """Act on this session; errors and progress are told as ``verbs`` does it."""
        super().__init__(parent)
        self._session = session
        self._verbs = verbs
        self._window = window
        self._asking = False

    def protect(self, catalogue: Catalogue) -> None:
        """Say what protecting means, ask, and do it."""
        skipped = [p.name for p in catalogue.packages if p.state is PackageState.NOT_SYNCHRONISED]
        kept = [p.name for p in catalogue.packages if p.kept in (Kept.CUSTOM, Kept.MARKED)]
        closable = len(catalogue.packages) - len(skipped) - len([n for n in kept if n not in skipped])
        dialog = ProtectDialog(catalogue.title, catalogue.location, closable, kept, skipped, self._window)
        dialog.accepted.connect(self._protect)
        dialog.open()

    def release(self, catalogue: Catalogue) -> None:
        """Say what releasing means, ask, and do it."""
        dialog = ReleaseDialog(catalogue.title, catalogue.location, self._window)
        dialog.accepted.connect(self._release)
        dialog.open()

    def change_settings(self, catalogue: Catalogue, computer: ComputerPage | None = None) -> None:
        """Show the settings, read-only for somebody who may not change them, and the user's own page."""
        job = self._ask_once(self._session.setting_texts)
        if job is None:
            return
        job.done.connect(lambda texts: self._show_settings(texts, catalogue, computer))
        job.failed.connect(lambda error: self._verbs.tell(tr("Cannot show the settings"), error))

    def change_roles(self, catalogue: Catalogue) -> None:
        """Show who has which role; read-only for somebody who may not change it."""
        job = self._ask_once(self._session.members)
        if job is None:
            return
        job.done.connect(lambda members: self._show_roles(members, catalogue))
        job.failed.connect(lambda error: self._verbs.tell(tr("Cannot show the roles"), error))

    def open_audit(self, show: Callable[[LogDesk], None]) -> None:
        """Enter that the log is opened, then show it; refused for somebody without the role."""
        job = self._session.open_audit()
        job.done.connect(show)
        job.failed.connect(lambda error: self._verbs.tell(tr("Cannot open the audit log"), error))

    def archive_audit(self, doors: Doors) -> None:
        """Ask until when and where to, show what would be moved, and move it."""
        from hotfix_desktop.ui.archive_dialog import ArchiveDialog

        dialog = ArchiveDialog(doors.clock.now().utc.date(), "", self._window)
        dialog.planned.connect(lambda until: self._plan_archive(until, dialog))
        dialog.submitted.connect(lambda until, folder: dialog.watch(self._session.archive(until, folder)))
        dialog.open_wanted.connect(lambda path: doors.audit_at(path, self._window))
        dialog.open()
        dialog.ask()

    def _plan_archive(self, until: date, dialog: ArchiveDialog) -> None:
        job = self._session.archive_plan(until)
        job.done.connect(dialog.show_plan)
        job.failed.connect(lambda error: dialog.show_no_plan(str(error)))

    def show_standing(self, catalogue: Catalogue) -> None:
        """Show what is wrong with the audit log, and let it be acknowledged."""
        job = self._ask_once(self._session.standing)
        if job is None:
            return
        job.done.connect(lambda found: self._show_standing(found, catalogue))
        job.failed.connect(lambda error: self._verbs.tell(tr("Cannot look at the audit log"), error))

    def _show_standing(self, found: Standing, catalogue: Catalogue) -> None:
        if found.finding is None:
            return  # it is in order by now, and the banner is gone
        dialog = BreakDialog(found, catalogue.user, self._window)
        dialog.submitted.connect(lambda role, remark: self._acknowledge(role, remark, dialog))
        dialog.open()

    def _acknowledge(self, role: Role, remark: str, dialog: BreakDialog) -> None:
        dialog.set_busy(True)
        job = self._session.acknowledge_break(role, remark)
        job.done.connect(dialog.show_standing)
        job.failed.connect(lambda error: dialog.show_problem(getattr(error, "field", ""), str(error)))

    def _ask_once(self, ask: Callable[[], Job]) -> Job | None:
        """Ask the session for what a dialog shows; None while that is asked already."""
        if self._asking:
            return None
        self._asking = True
        job = ask()
        job.ended.connect(self._asked)
        return job

    @Slot()
    def _asked(self) -> None:
        self._asking = False

    def _protect(self) -> None:
        self._verbs.watch(
            self._session.protect(),
            tr("Protecting the folder"),
            tr("Could not protect the folder"),
            lambda count: self._verbs.told.emit(tr("%n package(s) protected.", int(str(count)))),
        )

    def _release(self) -> None:
        self._verbs.watch(
            self._session.release(),
            tr("Releasing the folder"),
            tr("Could not release the folder"),
            lambda count: self._verbs.told.emit(tr("%n package(s) released.", int(str(count)))),
        )

    def _show_settings(self, texts: Mapping[str, str], catalogue: Catalogue, computer: ComputerPage | None) -> None:
        refusal = why_not(Act.CHANGE_SETTINGS, catalogue.user, catalogue.roles)
        dialog = SettingsDialog(texts, refusal, self._window, computer)
        self._session.signing_facts().done.connect(dialog.audit.show_signing)
        dialog.submitted.connect(lambda wanted: self._save_settings(wanted, dialog))
        dialog.open()

    def _save_settings(self, wanted: Mapping[str, str], dialog: SettingsDialog) -> None:
        dialog.set_busy(True)
        job = self._session.change_settings(wanted)
        job.done.connect(lambda _settings: dialog.saved(wanted))
        job.failed.connect(lambda error: self._settings_refused(error, dialog))

    def _settings_refused(self, error: HotfixError, dialog: SettingsDialog) -> None:
        if isinstance(error, InvalidInput):
            dialog.show_problem(error.field, error.sentence)
        else:
            dialog.set_busy(False)
            self._verbs.tell(tr("Could not change the settings"), error)

    def _show_roles(self, members: Sequence[tuple[str, Role]], catalogue: Catalogue) -> None:
        refusal = why_not(Act.ASSIGN_ROLES, catalogue.user, catalogue.roles)
        dialog = RolesDialog(members, catalogue.user, refusal, self._window)
        dialog.assign.connect(lambda user, role: self._roles_job(self._session.assign_role(user, role), dialog))
        dialog.remove.connect(lambda user, role: self._roles_job(self._session.remove_role(user, role), dialog))
        dialog.open()

    def _roles_job(self, job: Job, dialog: RolesDialog) -> None:
        dialog.set_busy(True)
        job.done.connect(lambda _none: self._reload_roles(dialog))
        job.failed.connect(lambda error: dialog.show_problem(str(error)))

    def _reload_roles(self, dialog: RolesDialog) -> None:
        job = self._session.members()
        job.done.connect(dialog.set_members)
        job.failed.connect(lambda error: dialog.show_problem(str(error)))
