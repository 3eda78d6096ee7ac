"""The main window: it assembles the parts and passes signals between them; each part does its own work.

Signals:
    loaded: the workspace has been looked at and is shown, for the first time since it was opened.
    refused: the ``HotfixError`` of a workspace that could not be opened.
    timed: what is shown of time and state was brought up to date, about each second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import HotfixError, WorkspaceError
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.ui.actions import ActionCollection
from hotfix_desktop.ui.banners import BannerStack
from hotfix_desktop.ui.details import DetailsDock, DetailsPane, details_dock
from hotfix_desktop.ui.doors import Doors
from hotfix_desktop.ui.dropping import take_dropped
from hotfix_desktop.ui.formats import collation, tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.package_model import PackageModel
from hotfix_desktop.ui.package_tree import PackageTree
from hotfix_desktop.ui.pages import Pages
from hotfix_desktop.ui.permissions import reasons_against
from hotfix_desktop.ui.pulse import Pulse
from hotfix_desktop.ui.reminders import Offers, Reminders
from hotfix_desktop.ui.status_line import StatusLine, window_title
from hotfix_desktop.ui.theme import Theme
from hotfix_desktop.ui.tray_keeper import TrayKeeper
from hotfix_desktop.ui.verb_wiring import wire
from hotfix_desktop.ui.welcome import Recent, WelcomePage
from hotfix_desktop.ui.window_bars import FilterField, build_menus, build_toolbar
from hotfix_desktop.ui.window_memory import keep, restore
from hotfix_desktop.ui.window_state import WindowState

if TYPE_CHECKING:
    from hotfix_desktop.runtime.session import WorkspaceSession
    from hotfix_desktop.services.aftermath import Aftermath
    from hotfix_desktop.services.beat import Beat
    from hotfix_desktop.services.catalogue import Catalogue
    from hotfix_desktop.ui.audit_window import AuditWindow
    from hotfix_desktop.ui.opened_workspace import OpenedWorkspace
    from hotfix_desktop.ui.this_computer import ComputerPage

PROGRAM = "Hotfix Desktop"


class MainWindow(QMainWindow):
    """The packages of one workspace, and everything that can be done with them."""

    loaded = Signal()
    refused = Signal(object)
    timed = Signal()

    def __init__(self, theme: Theme, icons: Icons, settings: QSettings, doors: Doors) -> None:
        """Build the window on its welcome page."""
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowIcon(icons.app_icon())
        self.setAcceptDrops(True)
        self.setAnimated(False)
        self.theme, self.icons, self.doors = theme, icons, doors
        self.state = WindowState(settings)
        self.workspace: OpenedWorkspace | None = None
        self.audit: AuditWindow | None = None
        self._may_close = False
        self.actions_ = ActionCollection(self, icons)
        self.model = PackageModel(theme, icons, collation(), self)
        self.tree = PackageTree(self.model, self)
        self.banners = BannerStack(theme, icons, self)
        self.welcome = WelcomePage(theme, icons, self)
        self.reminders = Reminders(self.banners, self._offers(), self)
        self.pulse = Pulse(doors.clock, self)
        self._pages = Pages(self)
        self._pages.addWidget(self.welcome)
        self._pages.add_column(self.banners, self.tree)
        self.setCentralWidget(self._pages)
        self._allow()  # before the details: buttons that are hidden later would cost them their remembered width
        self.details = DetailsPane(
            theme,
            icons,
            [self.actions_[n] for n in ("actionUnlockForHotfix", "actionLockAfterHotfix", "actionExtendHotfix")],
            [
                (tr("Show…"), self.actions_["actionShowDrift"]),
                (tr("Accept as baseline…"), self.actions_["actionAcceptBaseline"]),
            ],
            self,
        )
        self._dock = details_dock(self, self.details)
        self.line = StatusLine(self.statusBar())
        self.filter = FilterField(self)
        self.toolbar = build_toolbar(self, self.actions_, self.filter)
        build_menus(self, self.actions_, self.tree, self.theme, self.state)
        self._connect()
        wire(self)
        restore(self)
        self._show_welcome()
        self.tray = TrayKeeper(self)

    @property
    def here(self) -> OpenedWorkspace:
        """The workspace that is open; only for actions that are disabled without one."""
        assert self.workspace is not None
        return self.workspace

    # Opening and leaving

    def open_location(self, location: str) -> None:
        """Open a package folder in this window."""

        def begin() -> None:
            self._begin(self.doors.open_session(location), location)

        self.doors.approach(location, lambda: self.leave_workspace(begin))

    def open_demo(self) -> None:
        """Open a fresh sample workspace in this window."""
        self.leave_workspace(lambda: self._begin(self.doors.open_demo(), ""))

    def choose_folder(self) -> None:
        """Ask for a package folder, then open it."""
        dialog = QFileDialog(self, tr("Open package folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_location)
        dialog.open()

    def leave_workspace(self, then: Callable[[], None] = lambda: None, quitting: bool = False) -> None:
        """Go back to the welcome page and on with ``then``, unless the user wants to stay."""

        def leave() -> None:
            self.abandon()
            then()

        if self.workspace is None:
            leave()
        else:
            self.workspace.leave(leave, quitting)

    def abandon(self) -> None:
        """End the session without asking, whatever state it is in."""
        workspace, self.workspace = self.workspace, None
        if self.audit is not None:
            self.audit.close()
        self.pulse.stop()
        self.reminders.forget()
        self.filter.clear()
        self.tree.forget()
        if workspace is not None:
            workspace.end()
        self._show_welcome()

    def _begin(self, session: WorkspaceSession, location: str) -> None:
        # Windows come first: what only an opened workspace needs is loaded with the first of them.
        from hotfix_desktop.ui.opened_workspace import OpenedWorkspace

        workspace = OpenedWorkspace(session, location, self.doors.clock, self)
        self.workspace = workspace
        workspace.verbs.told.connect(self.line.tell)
        workspace.catalogue_changed.connect(self._on_catalogue)
        workspace.opened.connect(self._on_opened)
        workspace.loaded.connect(self._on_loaded)
        workspace.refreshed.connect(self._on_refreshed)
        workspace.refused.connect(self._on_refused)
        session.beaten.connect(self.reminders.on_beat)
        session.beaten.connect(self._on_beat)
        self.pulse.follow(session)
        session.beat_failed.connect(self.reminders.on_beat_failed)
        session.aftermath.connect(self._on_aftermath)
        session.standing_changed.connect(self.reminders.show_standing)
        self.line.tell(tr("Opening…"))
        workspace.start()

    @Slot()
    def _on_opened(self) -> None:
        self.pulse.start()
        self._pages.setCurrentIndex(1)
        self.filter.setEnabled(True)
        self._dock.setVisible(self.actions_["actionDetails"].isChecked())
        self.tree.setFocus()

    @Slot()
    def _on_loaded(self) -> None:
        self.line.tell("")
        catalogue = self.here.known
        if self.here.location:
            self.state.add_recent(Recent(catalogue.title, catalogue.location))
        if self.tree.chosen is None and self.model.packages:
            self.tree.choose(self.model.packages[0].package_id)
        self.loaded.emit()

    @Slot()
    def _on_refreshed(self) -> None:
        self._ask_elements()

    @Slot(object)
    def _on_refused(self, error: HotfixError) -> None:
        if isinstance(error, WorkspaceError):  # a database that is busy, or another window, says nothing of the folder
            self.state.forget_recent(self.here.location)
        self.here.verbs.tell(tr("Could not open the workspace"), error)
        self.abandon()
        self.refused.emit(error)

    # What changes

    @property
    def catalogue(self) -> Catalogue | None:
        """The picture that is shown, or None while no workspace is open."""
        return self.workspace.catalogue if self.workspace is not None else None

    @Slot(object)
    def _on_catalogue(self, catalogue: Catalogue) -> None:
        now = self.doors.clock.now()
        self.model.show_catalogue(catalogue, now)
        self.reminders.show_catalogue(catalogue, now)
        self._show_time()

    @Slot(object)
    def _on_beat(self, beat: Beat) -> None:
        self.line.show_beat(beat)
        self._go_on(beat.moment)

    def _go_on(self, now: Moment) -> None:
        if self.catalogue is not None:
            self.model.set_now(now)
            self.details.set_now(now)
            self.reminders.show_time(self.catalogue, now)
            self._show_time()

    @Slot(object)
    def _on_aftermath(self, aftermath: Aftermath) -> None:
        open_now = self.catalogue.open_packages if self.catalogue is not None else ()
        self.reminders.show_aftermath(aftermath, [p.hotfix for p in open_now if p.hotfix], self.doors.clock.now())

    def _show_time(self) -> None:
        now, catalogue = self.doors.clock.now(), self.catalogue
        self.line.show_catalogue(catalogue, now)
        title = window_title(PROGRAM, catalogue, now)
        if title != self.windowTitle():
            self.setWindowTitle(title)
        self._allow()
        self.timed.emit()

    @Slot(object)
    def _on_chosen(self, status: PackageStatus | None) -> None:
        before = self.details.status
        self.details.show_package(status, self.catalogue, self.doors.clock.now())
        self._allow()
        if status is not None and (before is None or before.package_id != status.package_id):
            self._ask_elements()

    def _ask_elements(self) -> None:
        status = self.details.status
        if status is None or self.workspace is None:
            return
        self.details.load_elements(self.workspace.session.elements(status.package_id))

    def _allow(self) -> None:
        status = self.tree.chosen
        reasons = reasons_against(self.catalogue, status, self.doors.clock.now())
        # Disabled ones first: buttons that were all shown for a moment would leave the details wider.
        for name, why in sorted(reasons.items(), key=lambda reason: not reason[1]):
            self.actions_.allow(name, why)
        keep = self.actions_["actionKeepModifiable"]
        keep.setChecked(status is not None and bool(status.kept.value))

    def this_computer(self) -> ComputerPage:
        """Make the page of the settings that are the user's own."""
        from hotfix_desktop.ui.this_computer import ComputerPage

        return ComputerPage(self.state, self.doors.autostart, self.tray.follow)

    # Building

    @property
    def dock(self) -> DetailsDock:
        """The dock of the details pane."""
        return self._dock

    def _offers(self) -> Offers:
        return Offers(
            lock=lambda status: self.here.verbs.lock(status),
            extend=lambda status: self.here.verbs.extend_by_step(status, self.here.known),
            show_only=lambda text: self.filter.show_only(text),
            protect_packages=lambda packages: self.here.verbs.protect_packages(packages),
            protect_folder=lambda: self.actions_["actionProtectFolder"].trigger(),
            show_standing=lambda: self.here.workspace_verbs.show_standing(self.here.known),
            deliver=lambda status: self.here.delivery_verbs.deliver(status, self.theme, self.state.settings),
        )

    def _connect(self) -> None:
        self.theme.changed.connect(self.tree.repaint_rows)
        self.pulse.passed.connect(lambda: self._go_on(self.doors.clock.now()))
        self.pulse.lost.connect(self.line.show_lost)
        self.tree.package_chosen.connect(self._on_chosen)
        self.filter.searched.connect(self.tree.filter_rows)
        self.filter.left.connect(self.tree.take_focus)
        self.filter.first_wanted.connect(self.tree.choose_first)
        self.tree.whole_wanted.connect(self.filter.clear)
        self.welcome.demo_wanted.connect(self.open_demo)
        self.welcome.folder_wanted.connect(self.choose_folder)
        self.welcome.location_wanted.connect(self.open_location)
        self.welcome.audit_wanted.connect(lambda: self.doors.audit_file(self))

    def _show_welcome(self) -> None:
        self.welcome.show_recents(self.state.recents)
        self._pages.setCurrentIndex(0)
        self.filter.setEnabled(False)
        self._dock.hide()
        self.line.tell("")
        self._show_time()

    def _closed(self) -> None:
        if not self._may_close:
            self._may_close = True
            self.close()

    def keep_state(self) -> None:
        """Remember geometry, panes and columns."""
        keep(self)

    # Qt's names

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what becomes of open packages, remember the window, and end the session."""
        self.keep_state()
        event.ignore()
        self.leave_workspace(self._closed, quitting=True)
        if self._may_close:
            self.tray.end()
            event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a folder and an archive; of other files and addresses it is said why they are not taken."""
        if event.mimeData().urls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the folder that was dropped, or show what the archive would do."""
        take_dropped(self, event)
