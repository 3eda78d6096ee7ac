"""What the main window asks the composition root for: everything that has to be built elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.clock import Clock

if TYPE_CHECKING:
    from hotfix_desktop.runtime.session import WorkspaceSession
    from hotfix_desktop.services.catalogue import Catalogue
    from hotfix_desktop.services.log_reading import LogDesk
    from hotfix_desktop.ui.audit_window import AuditWindow
    from hotfix_desktop.ui.this_computer import AutostartLike
    from hotfix_desktop.ui.tray import TrayIcon


def _system_tray(parent: QObject) -> TrayIcon | None:
    # It is asked for after the first paint, and until then nobody should wait for its module.
    from hotfix_desktop.ui.tray import system_tray

    return system_tray(parent)


@dataclass(frozen=True, slots=True)
class Doors:
    """The ways out of the window.

    Attributes:
        open_session: gives a session for a folder; whether the folder is any good, its first job tells.
        open_demo: gives a session for a sample workspace that is made fresh.
        logs: the folder of the log files.
        audit_file: opens the audit log that the user chooses, read-only.
        audit_at: opens the audit log in a file, an archive for instance, read-only.
        autostart: starts the guard at login, or None where that cannot be done.
        approach: calls back unless another window has the folder, and brings that one to the front.
        tray_icon: gives an icon in the system tray, or None where there is no tray.
    """

    clock: Clock
    open_session: Callable[[str], WorkspaceSession]
    open_demo: Callable[[], WorkspaceSession]
    audit_window: Callable[[WorkspaceSession, LogDesk, Catalogue, QWidget], AuditWindow]
    audit_file: Callable[[QWidget], None]
    logs: Path
    approach: Callable[[str, Callable[[], None]], None] = lambda location, then: then()
    autostart: AutostartLike | None = None
    tray_icon: Callable[[QObject], TrayIcon | None] = _system_tray
    audit_at: Callable[[str, QWidget], None] = lambda path, parent: None
