"""An export in a process of its own: ``audit export … --progress``.

Whatever ends it, there is no half file: it is written without a name, or thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QTimer, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.runtime.own_process import OwnProcess
from hotfix_desktop.services.exporting import Exported, ExportFormat
from hotfix_desktop.services.landing import ExportFailed

PATIENCE_MS = 2000
"""How long a cancelled export may take to tidy up until it is killed."""


class ExportRun(OwnProcess):
    """Runs one export at a time, told ``audit export LOG``.

    Signals:
        stepped: how far it has come, a ``Step``.
        done: what was made, an ``Exported``; also after a cancel that came too late.
        failed: a ``HotfixError``: ``Cancelled`` after :meth:`cancel`, and what is told when the process crashed or
            could not be started. Nothing comes after it.
    """

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        """Keep the command, to which each start adds its arguments."""
        super().__init__(command, parent)
        self._cancelled = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._kill)

    def start(self, kind: ExportFormat, query: LogQuery, target: Path) -> None:
        """Start; does nothing while one is running."""
        if not self.is_running:
            self._cancelled = False
            self._launch(["--format", kind.value, f"--output={target}", f"--query={query.as_json()}", "--progress"])

    def cancel(self) -> None:
        """Ask it to end; ``failed`` comes when it has, or ``done`` when it was faster."""
        if self._process is not None and not self._cancelled:
            self._cancelled = True
            self._process.terminate()
            self._patience.start(PATIENCE_MS)

    def _understand(self, said: dict[str, Any]) -> object:
        if "done" in said:
            self.stepped.emit(Step(int(said["done"]), int(said["total"]), str(said["what"])))
        if "exported" not in said:
            return None
        made = said["exported"]
        return Exported(
            Path(made["file"]),
            int(made["entries"]),
            str(made["sha256"]),
            int(made["unproven"]),
            str(made["broken"]),
            bool(made["entered"]),
        )

    def _outcome(self, answer: object, crashed: bool) -> object:
        # What was made is there, however its process ended.
        return Cancelled() if self._cancelled and not isinstance(answer, Exported) else answer

    def _no_answer(self, details: str) -> HotfixError:
        sentence = "The export of the audit log did not come to its end, and no file was written."
        return ExportFailed(sentence, "Try again.", details)

    def _let_go(self) -> QProcess | None:
        self._patience.stop()
        return super()._let_go()

    def _end(self, process: QProcess) -> None:
        process.terminate()
        if not process.waitForFinished(PATIENCE_MS):
            process.kill()

    @Slot()
    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
