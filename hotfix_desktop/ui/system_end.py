"""The end that nobody answers questions at: a signal of the system, or the end of the desktop session."""

from __future__ import annotations

import logging
import signal

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.runtime.stop_signals import StopSignals
from hotfix_desktop.ui.main_window import MainWindow

log = logging.getLogger(__name__)

SECURE_SECONDS = 4.0
"""Windows ends a program by force that takes more than five at log-out."""


class SystemEnd(QObject):
    """Ends the program at once, without a question, with what is open locked or left to a guard that lives."""

    def __init__(self, application: QGuiApplication, window: QMainWindow) -> None:
        """Listen to the system from now until :meth:`close`."""
        super().__init__()
        self._application = application
        self._window = window
        self._over = False
        self._signals = StopSignals(parent=self)
        self._signals.asked.connect(self._on_signal)
        # Direct: the machine waits for this, and for nothing after it.
        application.commitDataRequest.connect(self.on_log_out, Qt.ConnectionType.DirectConnection)

    def close(self) -> None:
        """Listen no more."""
        self._application.commitDataRequest.disconnect(self.on_log_out)
        self._signals.close()

    @Slot(int)
    def _on_signal(self, number: int) -> None:
        self._end(signal.Signals(number).name)

    @Slot("QSessionManager&")
    def on_log_out(self, _manager: object) -> None:
        """End, because the desktop session does; the log-out is not held up by a question, nor cancelled."""
        self._end("the end of the desktop session")

    def _end(self, why: str) -> None:
        if self._over:
            return
        self._over = True
        log.info("ending: %s", why)
        if isinstance(self._window, MainWindow):
            end_at_once(self._window)
        self._application.exit(0)


def end_at_once(window: MainWindow) -> None:
    """Remember the window, and end its session with what is open locked or left to a guard that lives."""
    window.keep_state()
    workspace = window.workspace
    if workspace is not None and workspace.location:  # the folder of a demo goes away with it
        try:
            if not workspace.session.secure(SECURE_SECONDS):
                log.warning("packages are open, and no relocker could be reached; the next start locks what is due")
        except HotfixError as error:
            log.warning("it is not known whether everything is locked or guarded: %s", error)
    window.abandon()
