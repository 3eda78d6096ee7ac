"""Our own mistakes: a bug on any thread becomes one dialog; all of them are in the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget


class Crashes(QObject):
    """Brings the report of a bug from whatever thread it happened on to a dialog.

    Signals:
        reported: the name of the error, and the report.
    """

    reported = Signal(str, str)

    def __init__(self, log_file: Callable[[], Path | None]) -> None:
        """Keep where the report was written, too."""
        super().__init__()
        self._log_file = log_file
        self._shown: QWidget | None = None
        self.reported.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def on_crash(self, report: str) -> None:
        """Hear of a bug; may be called on any thread."""
        last = report.strip().splitlines()[-1] if report.strip() else ""
        self.reported.emit(last.split(":")[0], report)

    @Slot(str, str)
    def _show(self, kind: str, text: str) -> None:
        from hotfix_desktop.ui.crash_dialog import CrashDialog

        if self._shown is not None:
            return  # one that happens at each beat would fill the screen; all of them are in the log
        dialog = CrashDialog(kind, text, self._log_file(), QApplication.activeWindow())
        self._shown = dialog
        dialog.finished.connect(self._closed)
        dialog.open()

    @Slot()
    def _closed(self) -> None:
        self._shown = None
