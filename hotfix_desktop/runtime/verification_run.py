"""A verification in a process of its own: hashing millions of entries beside the window would cost it frames.

The process is this program's own ``audit verify … --progress``, whose lines of JSON are read here. One that is
cancelled is killed, which harms nothing: it only reads.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, QProcess, Signal, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError, StoreError
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.runtime.lane import Step

log = logging.getLogger(__name__)

KILL_SECONDS = 1.0
"""How long the end of a killed process is waited for when this object goes away."""


class VerificationRun(QObject):
    """Runs one verification at a time, and tells how far it is and how it ended.

    Signals:
        stepped: how far it has come, a ``Step`` of a hundred.
        done: the ``Verdict``.
        failed: a ``HotfixError``: ``Cancelled`` at once after :meth:`cancel`, and what is told when the process
            crashed or could not be started. Nothing comes after it.
    """

    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        """Keep the command: this program with ``audit verify FILE``, to which ``--progress`` and more are added."""
        super().__init__(parent)
        self._command = list(command)
        self._process: QProcess | None = None
        self._rest = b""
        self._answer: Verdict | HotfixError | None = None

    @property
    def is_running(self) -> bool:
        """Whether a verification is under way."""
        return self._process is not None

    def start(self, everything: bool) -> None:
        """Start; does nothing while one is running."""
        if self._process is not None:
            return
        self._rest, self._answer = b"", None
        program, *arguments = self._command
        process = QProcess(self)
        process.setProgram(program)
        process.setArguments([*arguments, "--progress", *(["--full"] if everything else [])])
        process.setStandardInputFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._trouble)
        self._process = process
        process.start()

    def cancel(self) -> None:
        """End it at once; does nothing when none is running."""
        if self._process is not None:
            self._give_up()
            self.failed.emit(Cancelled())

    def _give_up(self) -> None:
        process, self._process = self._process, None
        assert process is not None
        process.readyReadStandardOutput.disconnect(self._read)
        process.finished.disconnect(self._finished)
        process.errorOccurred.disconnect(self._trouble)
        if process.state() is QProcess.ProcessState.NotRunning:
            process.deleteLater()
            return
        process.finished.connect(process.deleteLater)
        process.kill()

    def close(self) -> None:
        """End it without a word, and wait until the process is gone."""
        process = self._process
        if process is not None:
            self._give_up()
            process.waitForFinished(int(KILL_SECONDS * 1000))

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
            if "percent" in said:
                self.stepped.emit(Step(int(said["percent"]), 100, ""))
            elif "verdict" in said:
                self._answer = Verdict.from_json(said["verdict"])
            elif "error" in said:
                self._answer = HotfixError(
                    str(said["error"]), str(said.get("remedy", "")), str(said.get("details", ""))
                )
        except (ValueError, TypeError) as error:
            log.info("the verification said what nobody understands: %s (%s)", line[:200], error)

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        process, self._process = self._process, None
        if process is None:
            return
        complaint = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        process.deleteLater()
        answer = self._answer
        if isinstance(answer, Verdict) and status is QProcess.ExitStatus.NormalExit:
            self.done.emit(answer)
        elif isinstance(answer, HotfixError):
            self.failed.emit(answer)
        else:
            how = f"ended with {code}" if status is QProcess.ExitStatus.NormalExit else "crashed"
            self._fail(f"It {how}.\n{complaint}")

    @Slot(QProcess.ProcessError)
    def _trouble(self, error: QProcess.ProcessError) -> None:
        # Every other error is followed by "finished".
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            process, self._process = self._process, None
            process.deleteLater()
            self._fail(process.errorString())

    def _fail(self, details: str) -> None:
        sentence = "The verification of the audit log did not come to its end."
        self.failed.emit(StoreError(sentence, "Try again; what was verified before still counts.", details))
