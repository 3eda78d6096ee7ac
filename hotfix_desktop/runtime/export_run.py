"""An export in a process of its own: millions of entries beside the window would cost it frames.

The process is this program's own ``audit export … --progress``, whose lines of JSON are read here. Whatever ends it,
there is no half file: it is written without a name, or thrown away.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.services.exporting import Exported, ExportFormat
from hotfix_desktop.services.landing import ExportFailed

log = logging.getLogger(__name__)

PATIENCE_MS = 2000
"""How long a cancelled export may take to tidy up until it is killed."""


class ExportRun(QObject):
    """Runs one export at a time, and tells how far it is and how it ended.

    Signals:
        stepped: how far it has come, a ``Step``.
        done: what was made, an ``Exported``; also after a cancel that came too late.
        failed: a ``HotfixError``: ``Cancelled`` after :meth:`cancel`, and what is told when the process crashed or
            could not be started. Nothing comes after it.
    """

    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        """Keep the command: this program with ``audit export LOG``, to which the rest is added."""
        super().__init__(parent)
        self._command = list(command)
        self._process: QProcess | None = None
        self._rest = b""
        self._answer: Exported | HotfixError | None = None
        self._cancelled = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._kill)

    @property
    def is_running(self) -> bool:
        """Whether an export is under way."""
        return self._process is not None

    def start(self, kind: ExportFormat, query: LogQuery, target: Path) -> None:
        """Start; does nothing while one is running."""
        if self._process is not None:
            return
        self._rest, self._answer, self._cancelled = b"", None, False
        program, *arguments = self._command
        wanted = ["--format", kind.value, f"--output={target}", f"--query={query.as_json()}", "--progress"]
        process = QProcess(self)
        process.setProgram(program)
        process.setArguments([*arguments, *wanted])
        process.setStandardInputFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._trouble)
        self._process = process
        process.start()

    def cancel(self) -> None:
        """Ask it to end; ``failed`` comes when it has, or ``done`` when it was faster."""
        if self._process is not None and not self._cancelled:
            self._cancelled = True
            self._process.terminate()
            self._patience.start(PATIENCE_MS)

    def close(self) -> None:
        """End it without a word, and wait until the process is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.readyReadStandardOutput.disconnect(self._read)
            process.finished.disconnect(self._finished)
            process.errorOccurred.disconnect(self._trouble)
            self._patience.stop()
            process.terminate()
            if not process.waitForFinished(PATIENCE_MS):
                process.kill()
                process.waitForFinished(PATIENCE_MS)
            process.deleteLater()

    @Slot()
    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    @Slot()
    def _read(self) -> None:
        if self._process is None:
            return
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            if "done" in said:
                self.stepped.emit(Step(int(said["done"]), int(said["total"]), str(said["what"])))
            elif "exported" in said:
                made = said["exported"]
                self._answer = Exported(
                    Path(made["file"]),
                    int(made["entries"]),
                    str(made["sha256"]),
                    int(made["unproven"]),
                    str(made["broken"]),
                    bool(made["entered"]),
                )
            elif "error" in said:
                self._answer = HotfixError(
                    str(said["error"]), str(said.get("remedy", "")), str(said.get("details", ""))
                )
        except (ValueError, TypeError, KeyError) as error:
            log.info("the export said what nobody understands: %s (%s)", line[:200], error)

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._patience.stop()
        process, self._process = self._process, None
        if process is None:
            return
        complaint = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        process.deleteLater()
        if isinstance(self._answer, Exported):
            self.done.emit(self._answer)
        elif self._cancelled:
            self.failed.emit(Cancelled())
        elif self._answer is not None:
            self.failed.emit(self._answer)
        else:
            how = f"ended with {code}" if status is QProcess.ExitStatus.NormalExit else "crashed"
            self._fail(f"It {how}.\n{complaint}")

    @Slot(QProcess.ProcessError)
    def _trouble(self, error: QProcess.ProcessError) -> None:
        # Every other error is followed by "finished".
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            process, self._process = self._process, None
            self._patience.stop()
            process.deleteLater()
            self._fail(process.errorString())

    def _fail(self, details: str) -> None:
        sentence = "The export of the audit log did not come to its end, and no file was written."
        self.failed.emit(ExportFailed(sentence, "Try again.", details))
