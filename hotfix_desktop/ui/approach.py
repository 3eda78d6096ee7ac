"""On the way to a workspace: the window that already has it comes to the front, and this one stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.runtime.instance import TOKEN_VARIABLE, AlreadyOpen, NoAnswer
from hotfix_desktop.runtime.lane import Lane
from hotfix_desktop.ui.error_dialog import ErrorDialog
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.main_window import MainWindow


class Approach(QObject):
    """Looks, before the window leaves what it shows, whether another window has the workspace that is wanted."""

    def __init__(self, look: Callable[[str], None], window: MainWindow) -> None:
        """Keep how to look, and the window; ``look`` runs on a worker thread, see ``app.look_for_window``."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._lane: Lane[_Nothing] = Lane(_Nothing, "approach", self)
        self._starting = False

    def start(self, location: str) -> None:
        """Open the first workspace of this program, which ends when another window has it."""
        self._starting = True
        self._window.open_location(location)

    def go(self, location: str, then: Callable[[], None]) -> None:
        """Call ``then`` unless another window has the workspace."""
        job = self._lane.run(lambda owned, progress: self._look(location))
        starting, self._starting = self._starting, False
        job.done.connect(lambda _result: then())
        job.failed.connect(partial(self._not_free, then, starting))

    def close(self) -> None:
        """Look no more; waits for a look that runs."""
        self._lane.close()

    def _not_free(self, then: Callable[[], None], starting: bool, error: HotfixError) -> None:
        if isinstance(error, AlreadyOpen):
            if starting:
                QCoreApplication.exit(0)
            else:
                self._window.line.tell(error.sentence)
        elif isinstance(error, NoAnswer):
            ErrorDialog(tr("Could not open the workspace"), error, self._window, retry=False).open()
        else:
            then()  # it is told where the workspace is opened


class _Nothing:
    def close(self) -> None:
        """There is nothing to close."""


def bring_up(window: QWidget, token: str = "") -> None:
    """Bring a window to the front, as far as the desktop lets it; ``token`` is from whoever asks for it."""
    if token:
        os.environ[TOKEN_VARIABLE] = token  # Qt takes it from there
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
    QApplication.alert(window)  # where the desktop lets nobody come to the front by himself
