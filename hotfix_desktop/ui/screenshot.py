"""A picture of the window, drawn once it has loaded; for documentation, and for a machine without a display."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QMainWindow

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.ui.main_window import MainWindow

PATIENCE_MS = 30_000
SETTLED_MS = 500
"""After so long everything that has loaded is laid out and painted, too."""


def take_screenshot(application: QCoreApplication, window: QMainWindow, path: Path, loads: bool) -> int:
    """Run until the window has loaded, and draw it to ``path``; gives the exit code.

    ``loads`` says whether there is anything to wait for.
    """
    done: list[int] = []

    def take() -> None:
        if not done:
            done.append(0 if window.grab().save(str(path)) else 1)
            if done[0]:
                sys.stderr.write(f"hotfix-desktop: {path} cannot be written.\n")
            # Not window.close(): nobody is there to answer what becomes of open packages.
            application.exit(done[0])

    def refuse(error: HotfixError) -> None:
        done.append(1)
        sys.stderr.write(f"hotfix-desktop: {error}\n")
        application.exit(1)

    def give_up() -> None:
        if not done:
            sys.stderr.write("hotfix-desktop: the window did not load in time.\n")
            application.exit(1)

    settled = QTimer(window)
    settled.setSingleShot(True)
    settled.setInterval(SETTLED_MS)
    settled.timeout.connect(take)
    loaded = getattr(window, "loaded", None)
    if loaded is None or not loads:
        settled.start()
    else:
        loaded.connect(settled.start)
    if isinstance(window, MainWindow):
        window.refused.connect(refuse)
    QTimer.singleShot(PATIENCE_MS, window, give_up)
    code = application.exec()
    if isinstance(window, MainWindow):
        window.abandon()
    return code
