"""A real main window on a real package folder, with a clock and a heart that are worked by hand."""

from __future__ import annotations

import json
import os
import stat
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hotfix_desktop.app import locate, make_bench
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.runtime.audit_session import AuditSession
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services import administration, catalogue, hotfixes, protection
from hotfix_desktop.services.catalogue import Catalogue
from hotfix_desktop.services.log_reading import LogDesk
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.home import Home
from hotfix_desktop.ui.audit_window import AuditWindow
from hotfix_desktop.ui.doors import Doors
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.main_window import MainWindow
from hotfix_desktop.ui.theme import Theme
from hotfix_desktop.ui.this_computer import AutostartLike
from hotfix_desktop.ui.tray import TrayIcon
from tests.services.world import HandClock

PACKAGES = {"Zeta": "Customer", "alpha": "Creatio", "Émile": "Customer", "Delta": "Creatio", "Beta": "Customer"}
ORDER = ["alpha", "Beta", "Custom", "Delta", "Draft", "Émile", "Zeta"]
PATIENCE = 10_000
PROGRAM = [sys.executable, "-m", "hotfix_desktop"]
W = TypeVar("W", bound=QWidget)


def descriptor(name: str, **more: Any) -> str:
    return json.dumps(
        {
            "Descriptor": {
                "UId": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
                "PackageVersion": "1.2.0",
                "Name": name,
                "ModifiedOnUtc": "/Date(1637077312000)/",
                "DependsOn": [],
                **more,
            }
        }
    )


def write_package(folder: Path, name: str, **more: Any) -> Path:
    """Write a package with one schema, one script and one file that was read-only from the start."""
    schema = {"Name": f"Usr{name}Page", "ManagerName": "ClientUnitSchemaManager", "Caption": f"{name}'s page"}
    files = {
        "descriptor.json": descriptor(name, **more),
        f"Schemas/Usr{name}Page/descriptor.json": json.dumps({"Descriptor": schema}),
        f"Schemas/Usr{name}Page/Usr{name}Page.js": "define();",
        "Files/run.sh": "#!/bin/sh",
        "Files/frozen.txt": "never changed",
    }
    for path, text in files.items():
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_text(text, "utf-8")
    (folder / name / "Files" / "run.sh").chmod(0o755)
    (folder / name / "Files" / "frozen.txt").chmod(0o444)
    return folder / name


def modes(root: Path) -> dict[str, int]:
    """Give the mode of every file and folder."""
    return {
        str(path.relative_to(root)): stat.S_IMODE(path.lstat().st_mode) for path in sorted([root, *root.rglob("*")])
    }


def writable(root: Path) -> list[str]:
    """Give what has a write bit."""
    return [path for path, mode in modes(root).items() if mode & 0o222]


class Desk:
    """One machine: a package folder, a home, a clock, the people who work there, and their windows."""

    def __init__(self, tmp_path: Path, qtbot: QtBot, app: QApplication) -> None:
        self.qtbot = qtbot
        self.clock = HandClock()
        self.home = Home(tmp_path / "home")
        self.folder = tmp_path / "production"
        for name, maintainer in PACKAGES.items():
            write_package(self.folder, name, Maintainer=maintainer)
        write_package(self.folder, "Custom", Maintainer="Customer")
        (self.folder / "Draft" / "Files").mkdir(parents=True)
        (self.folder / "Draft" / "Files" / "a.cs").write_text("class A {}")
        self.original = modes(self.folder)
        self.theme = Theme(app)
        self.icons = Icons(self.theme)
        self.settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
        self.windows: list[MainWindow] = []
        self.benches: list[Workbench] = []
        self.logs: list[QWidget] = []  # for whom an audit file was asked for
        self.tray_icon: Callable[[QObject], TrayIcon | None] = lambda _parent: None
        self.autostart: AutostartLike | None = None

    def original_of(self, name: str) -> dict[str, int]:
        """Give the modes that a package had before this program ever saw it."""
        parts = ((path.partition("/"), mode) for path, mode in self.original.items())
        return {below or ".": mode for (top, _, below), mode in parts if top == name}

    def block(self, name: str) -> None:
        """Put a link to elsewhere in a package's place: its files can neither be opened nor closed."""
        elsewhere = self.folder.parent / "elsewhere"
        write_package(elsewhere, name)
        (self.folder / name).rename(self.folder.parent / "away")
        (self.folder / name).symlink_to(elsewhere / name, target_is_directory=True)

    def unblock(self, name: str) -> None:
        """Put the package back."""
        (self.folder / name).unlink()
        (self.folder.parent / "away").rename(self.folder / name)

    # People and their programs

    def bench(self, user: str = "ann", location: Path | None = None) -> Workbench:
        """Open the workspace as a script does, with a connection of its own."""
        made = self._bench(user, str(location or self.folder))
        self.benches.append(made)
        return made

    def _bench(self, user: str, location: str) -> Workbench:
        place = locate(self.home, location)
        return make_bench(self.home, place, clock=self.clock, person=Person(user, "10.0.0.1"))

    def protect(self) -> Desk:
        """Let ann protect the folder, before any window is there."""
        protection.protect(self.bench())
        return self

    def assign(self, user: str, role: Role) -> None:
        administration.assign_role(self.benches[0], user, role)

    def unlock(self, name: str, user: str = "ann", minutes: int = 30, ticket: str = "") -> None:
        """Unlock a package as a script does."""
        bench = self.bench(user)
        hotfixes.unlock(bench, catalogue.find(bench, name).package_id, f"{name} is broken", ticket, minutes)

    def edit(self, name: str) -> None:
        """Repair something in an open package, with another program."""
        (self.folder / name / "Files" / "run.sh").write_text("#!/bin/sh\necho repaired\n")

    def lock(self, name: str) -> None:
        bench = self.bench()
        hotfixes.lock(bench, catalogue.find(bench, name).package_id)

    def status(self, name: str) -> PackageStatus:
        """Give what the database says now."""
        return catalogue.find(self.bench(), name)

    def entries(self, *types: str) -> list[str]:
        """Give type and result of the entries of these types, the oldest first."""
        from tests.services.world import told

        return [f"{kind} {result}" for kind, result in told(self.bench()) if not types or kind in types]

    # Windows

    def window(self, user: str = "ann", *, demo: Callable[[], WorkspaceSession] | None = None) -> MainWindow:
        """Build a window on its welcome page."""

        def open_session(location: str) -> WorkspaceSession:
            return WorkspaceSession(lambda: self._bench(user, location))

        def audit_window(session: WorkspaceSession, desk: LogDesk, known: Catalogue, parent: QWidget) -> AuditWindow:
            reading = AuditSession(desk, self.clock, PROGRAM, session, known.location, session)
            made = AuditWindow(reading, known.title, self.theme, self.icons, self.settings, parent)
            made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            made.destroyed.connect(reading.close)
            return made

        doors = Doors(
            clock=self.clock,
            open_session=open_session,
            open_demo=demo or (lambda: open_session(str(self.folder))),
            audit_window=audit_window,
            audit_file=self.logs.append,
            logs=self.home.logs,
            autostart=self.autostart,
            tray_icon=self.tray_icon,
        )
        made = MainWindow(self.theme, self.icons, self.settings, doors)
        self.windows.append(made)
        return made

    def show(self, window: MainWindow) -> MainWindow:
        """Put a window on the screen, with the focus."""
        window.show()
        window.activateWindow()
        self.qtbot.waitExposed(window)
        self.qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
        return window

    def opened(self, user: str = "ann", window: MainWindow | None = None) -> MainWindow:
        """Show a window with the folder open, all its work done and its timer stopped."""
        window = window or self.window(user)
        self.show(window)
        with self.qtbot.waitSignal(window.loaded, timeout=PATIENCE):
            window.open_location(str(self.folder))
        self.settle(window)
        return window

    def settle(self, window: MainWindow) -> None:
        """Wait until nothing is at work, and let time pass by hand only from now on."""
        if window.workspace is None:
            return
        session = window.workspace.session
        session.heartbeat.timer.stop()
        window.pulse.timer.stop()
        self.qtbot.waitUntil(
            lambda: not session._lane.is_busy and not session.heartbeat._lane.is_busy, timeout=PATIENCE
        )

    def beat(self, window: MainWindow, **passed: float) -> None:
        """Let so much time pass, then beat once, and let the window show what came of it."""
        self.settle(window)
        self.clock.go(**passed)
        session = window.here.session
        with self.qtbot.waitSignals([session.beaten], timeout=PATIENCE):
            session.heartbeat.timer.timeout.emit()
        self.settle(window)

    def hears(self, window: MainWindow, sentence: str) -> None:
        """Wait until the status bar tells a sentence."""
        bar = window.statusBar()
        self.qtbot.waitUntil(lambda: bar.currentMessage() == sentence, timeout=PATIENCE)

    def close(self) -> None:
        for window in self.windows:
            if isValid(window):
                window.abandon()
                window.close()
                window.deleteLater()
        for bench in self.benches:
            bench.store.close()
        for path in [self.folder, *self.folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                os.chmod(path, 0o755)

    # Eyes and hands

    def dialog(self, window: QWidget, name: str) -> QDialog:
        """Wait for a dialog of this object name and give it."""
        self.qtbot.waitUntil(lambda: bool(dialogs(window, name)), timeout=PATIENCE)
        return dialogs(window, name)[0]

    def click(self, parent: QWidget, name: str) -> None:
        """Click the button of this object name or text."""
        button = next(b for b in parent.findChildren(QPushButton) if name in (b.objectName(), b.text()))
        assert button.isEnabled(), f"{name} is disabled"
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def press(self, window: QWidget, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        """Press a key where the focus is."""
        held = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            held |= modifier
        self.qtbot.keyClick(window.focusWidget() or window, key, held)


CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def dialogs(window: QWidget, name: str) -> list[QDialog]:
    """Give the visible dialogs of this object name."""
    return [d for d in window.findChildren(QDialog, name) if d.isVisible()]


def rows(window: MainWindow) -> list[str]:
    """Give what the tree shows, top to bottom, groups with their packages."""
    model = window.model
    shown = []
    for position in range(model.rowCount()):
        group = model.index(position, 0)
        shown.append(str(group.data()))
        shown.extend(str(model.index(row, 0, group).data()) for row in range(model.rowCount(group)))
    return shown


def cell(window: MainWindow, name: str, column: int, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
    """Give what stands in a column of a package."""
    model = window.model
    for position in range(model.rowCount()):
        group = model.index(position, 0)
        for row in range(model.rowCount(group)):
            if model.index(row, 0, group).data() == name:
                return model.index(row, column, group).data(role)
    raise LookupError(f"{name} is not shown")


def choose(window: MainWindow, name: str) -> None:
    """Select a package."""
    window.tree.choose(next(p.package_id for p in window.model.packages if p.name == name))
    assert window.tree.chosen is not None
    assert window.tree.chosen.name == name
