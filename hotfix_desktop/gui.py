"""The composition root's half with the windows; imported only when one is wanted.

Built in this order: the check of the PySide6 pair → the Qt application → logging with the crash dialog →
theme → icons → the window's own settings → the main window or the audit log window → the event loop.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QWidget

from hotfix_desktop import __version__
from hotfix_desktop.app import DEMO_PREFIX, audit_database, home_of, home_of_database, make_audit_desk
from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.core.errors import Denied, HotfixError
from hotfix_desktop.processes import autostart, has_window, look_for_window, make_window_bench, program_command
from hotfix_desktop.runtime.instance import ask_to_come_up, server_name, somebody_listens
from hotfix_desktop.runtime.log import Logging
from hotfix_desktop.runtime.qt_pair import bad_pair_sentence
from hotfix_desktop.store.home import Home
from hotfix_desktop.ui.crashes import Crashes
from hotfix_desktop.ui.doors import Doors
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.main_window import MainWindow
from hotfix_desktop.ui.system_end import SystemEnd
from hotfix_desktop.ui.theme import Theme, style_arguments
from hotfix_desktop.ui.window_state import WindowState

if TYPE_CHECKING:
    from hotfix_desktop.runtime.audit_session import AuditSession
    from hotfix_desktop.runtime.claimed_session import ClaimedSession
    from hotfix_desktop.runtime.session import WorkspaceSession
    from hotfix_desktop.services.catalogue import Catalogue
    from hotfix_desktop.services.log_reading import LogDesk
    from hotfix_desktop.ui.approach import Approach
    from hotfix_desktop.ui.audit_window import AuditWindow
    from hotfix_desktop.ui.changes_views import ChangesViews


class Program:
    """What all windows of this process share."""

    main: MainWindow

    def __init__(self, home: Home, *, only_looks: bool = False) -> None:
        """Build application, logging, theme and icons; ``only_looks`` is for a picture of the window."""
        self.home = home
        self.only_looks = only_looks
        application = QApplication.instance() or QApplication(["hotfix-desktop", *style_arguments()])
        assert isinstance(application, QApplication)
        self.application = application
        self.application.setApplicationName("hotfix-desktop")
        self.application.setApplicationDisplayName("")
        self.application.setApplicationVersion(__version__)
        self.application.setDesktopFileName("hotfix-desktop")
        self.crashes = Crashes(lambda: self.logging.file)
        self.logging = Logging(home.logs, "hotfix-desktop", self.crashes.on_crash)
        self.settings = QSettings(str(home.folder / "window.ini"), QSettings.Format.IniFormat)
        self.theme = Theme(self.application, WindowState(self.settings).scheme)
        self.icons = Icons(self.theme)
        self.temporary: list[Path] = []
        # A window without a parent goes with the last reference to it.
        self.viewers: dict[AuditSession, AuditWindow] = {}
        self._past_views: dict[AuditSession, ChangesViews] = {}
        self._approach: Approach | None = None
        self._session: ClaimedSession | None = None

    def main_window(self) -> MainWindow:
        """Build the main window on its welcome page."""
        doors = Doors(
            clock=SystemClock(),
            open_session=self.open_session,
            open_demo=self.open_demo,
            audit_window=self.audit_of_session,
            audit_file=self.choose_audit,
            audit_at=self._show_audit,
            logs=self.home.logs,
            approach=self.approach,
            autostart=None if self.temporary else autostart(self.home),
        )
        self.main = MainWindow(self.theme, self.icons, self.settings, doors)
        self.main.loaded.connect(_set_aside)
        return self.main

    def approach(self, location: str, then: Callable[[], None]) -> None:
        """Call ``then`` unless another window has the workspace, which comes to the front."""
        if self.only_looks:
            then()
        else:
            self._approaching().go(location, then)

    def open_first(self, location: str) -> None:
        """Open the workspace that the program was started for; it ends when another window has it."""
        if self.only_looks:
            self.main.open_location(location)
        else:
            self._approaching().start(location)

    def _approaching(self) -> Approach:
        # Windows come first: what opening a workspace needs is loaded with the first of them.
        from hotfix_desktop.ui.approach import Approach

        if self._approach is None:
            self._approach = Approach(self._look_for_window, self.main)
        return self._approach

    def _look_for_window(self, location: str) -> None:
        session = self._session
        ours = session.claim.name if session is not None else ""
        look_for_window(self.home, location, ours)

    def open_session(self, location: str) -> WorkspaceSession:
        """Give a session for a package folder, or for a workspace's name."""
        if self.only_looks:
            from hotfix_desktop.runtime.session import WorkspaceSession

            return WorkspaceSession(partial(make_window_bench, self.home, location))
        from hotfix_desktop.runtime.claimed_session import ClaimedSession
        from hotfix_desktop.ui.approach import bring_up

        session = ClaimedSession(partial(make_window_bench, self.home, location))
        session.bell.rung.connect(partial(bring_up, self.main))
        self._session = session
        return session

    def open_demo(self) -> WorkspaceSession:
        """Make a fresh sample workspace in a folder of its own, and give a session for it."""
        from hotfix_desktop.demo import demo_builder
        from hotfix_desktop.runtime.session import WorkspaceSession

        folder = Path(tempfile.mkdtemp(prefix=DEMO_PREFIX))
        self.temporary.append(folder)
        return WorkspaceSession(demo_builder(folder))

    def audit_of_session(
        self, session: WorkspaceSession, desk: LogDesk, known: Catalogue, parent: QWidget
    ) -> AuditWindow:
        """Build the audit log window of an opened workspace."""
        from hotfix_desktop.runtime.audit_session import AuditSession

        # A demo has a home of its own.
        program = program_command(home_of_database(desk.database))
        reading = AuditSession(desk, SystemClock(), program, session, known.location, self.application)
        return self._audit_window(reading, known.title, parent)

    def audit_alone(self, workspace: str | None) -> AuditWindow:
        """Build the read-only audit log window; raises ``HotfixError``."""
        from hotfix_desktop.runtime.audit_session import AuditSession
        from hotfix_desktop.services.auditing import demand_reader, enter_refused_reader
        from hotfix_desktop.services.log_reading import LogDesk

        database = audit_database(self.home, workspace)
        # Opened once here, so that a refusal is told before any window is shown.
        desk = make_audit_desk(self.home, str(database))
        try:
            demand_reader(desk)
            record = desk.store.administration.workspace()
        except Denied as denied:
            enter_refused_reader(database, desk.person, desk.clock, denied)
            raise
        finally:
            desk.store.close()
        title = record.title if record else database.name
        reading = AuditSession(
            LogDesk(database, desk.person), SystemClock(), program_command(self.home), parent=self.application
        )
        window = self._audit_window(reading, title, None)
        window.changes_wanted.connect(partial(self._show_past, reading, window))
        return window

    def _show_past(self, session: AuditSession, window: AuditWindow, hotfix: int) -> None:
        from hotfix_desktop.ui.changes_views import ChangesViews

        if session not in self._past_views:
            views = ChangesViews(session.past.jobs, self.theme, self.icons, self.settings, window)
            self._past_views[session] = views
        self._past_views[session].show_hotfix(hotfix)

    def _audit_window(self, session: AuditSession, title: str, parent: QWidget | None) -> AuditWindow:
        from hotfix_desktop.ui.audit_window import AuditWindow

        window = AuditWindow(session, title, self.theme, self.icons, self.settings, parent)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.destroyed.connect(partial(self._end_reading, session))
        self.viewers[session] = window
        return window

    def _end_reading(self, session: AuditSession) -> None:
        session.close()
        self.viewers.pop(session, None)
        self._past_views.pop(session, None)

    def choose_audit(self, parent: QWidget) -> None:
        """Ask for the database of an audit log, and open it read-only."""
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(parent, "Open audit log", str(self.home.folder / "workspaces"))
        dialog.setNameFilter("Audit databases (*.sqlite3);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._show_audit(path, parent))
        dialog.open()

    def _show_audit(self, path: str, parent: QWidget) -> None:
        from hotfix_desktop.ui.error_dialog import ErrorDialog

        try:
            window = self.audit_alone(path)
        except HotfixError as error:
            ErrorDialog("Could not open the audit log", error, parent, retry=False).open()
            return
        window.show()

    def first_location(self, parsed: argparse.Namespace) -> str:
        """Give what the main window opens by itself; empty for the welcome page."""
        if parsed.workspace or parsed.screenshot:
            return parsed.workspace or ""
        recents = WindowState(self.settings).recents
        return recents[0].location if recents else ""

    def close(self) -> None:
        """Remove what was temporary, and end logging."""
        if self._approach is not None:
            self._approach.close()
        for reader in list(self.viewers):
            reader.close()
        self.settings.sync()
        self.logging.close()
        for folder in self.temporary:
            _remove_tree(folder)


def run(parsed: argparse.Namespace) -> int:
    """Open the window that the command line asked for, and run until it is closed."""
    bad = bad_pair_sentence()
    if bad:
        sys.stderr.write(f"hotfix-desktop: {bad}\n")
        return 1
    home, temporary = _home(parsed)
    program = Program(home, only_looks=bool(parsed.screenshot))
    program.temporary += temporary
    ending: SystemEnd | None = None
    try:
        location = "" if parsed.audit or parsed.demo else program.first_location(parsed)
        if location and not program.only_looks and _came_up(home, location):
            return 0
        window = program.audit_alone(parsed.workspace) if parsed.audit else program.main_window()
        begin = program.main.open_demo if parsed.demo else partial(program.open_first, location) if location else None
        if not parsed.screenshot:
            ending = SystemEnd(program.application, window)
        window.show()
        _back_to_normal()
        if begin is not None:
            from hotfix_desktop.ui.first_paint import AfterFirstPaint

            AfterFirstPaint(window, begin)
        if parsed.screenshot:
            from hotfix_desktop.ui.screenshot import take_screenshot

            loads = parsed.audit or begin is not None
            return take_screenshot(program.application, window, Path(parsed.screenshot), loads)
        return program.application.exec()
    except HotfixError as error:
        sys.stderr.write(f"hotfix-desktop: {error}\n")
        return 1
    finally:
        if ending is not None:
            ending.close()
        program.close()


def _came_up(home: Home, location: str) -> bool:
    """Whether another window has this workspace and came to the front, before this start shows one of its own.

    A place that is named otherwise than by its own path is found out later.
    """
    place = os.path.realpath(os.path.expanduser(location))
    name = server_name(str(home.folder), place)
    # The lock first: an answer counts only from whoever holds it.
    if not somebody_listens(name) or not has_window(home, place) or not ask_to_come_up(name):
        return False
    sys.stderr.write(f"hotfix-desktop: {location} is open in another window, which has come to the front.\n")
    return True


def _home(parsed: argparse.Namespace) -> tuple[Home, list[Path]]:
    """Give the home, and the folder to remove when it is only for this demo."""
    if parsed.demo and not parsed.home:
        folder = Path(tempfile.mkdtemp(prefix=DEMO_PREFIX))
        return Home(folder), [folder]
    return home_of(parsed.home), []


def _back_to_normal() -> None:
    """Let garbage be looked for, but not in the program itself."""
    gc.freeze()
    gc.enable()


def _set_aside() -> None:
    """Do not look for garbage in a workspace that has just been loaded; the one before it is not kept."""
    # Else each full collection goes through the program and its ten thousand packages: 20 ms in a keystroke.
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _remove_tree(folder: Path) -> None:
    # Closed packages are read-only folders, which do not let their files go.
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
