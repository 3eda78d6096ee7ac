"""This program in a process of its own: what goes through millions of entries beside the window costs it frames.

The process says with ``--progress`` what it does in lines of JSON, which are read here: ``{"error": …}`` for what
stood in its way, and what each kind of process has to say besides.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError

log = logging.getLogger(__name__)

KILL_SECONDS = 1.0
"""How long the end of a killed process is waited for when this object goes away."""


class OwnProcess(QObject):
    """Runs one process at a time, and tells how far it is and how it ended. What it only reads, it kills at once.

    Signals:
        stepped: how far it has come, a ``Step``.
        done: what the process gave.
        failed: a ``HotfixError``: ``Cancelled`` after :meth:`cancel`, and what is told when the process crashed or
            could not be started. Nothing comes after it.
    """

    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        """Keep the command, to which each start adds its arguments."""
        super().__init__(parent)
        self._command = list(command)
        self._process: QProcess | None = None
        self._rest = b""
        self._answer: object = None

    @property
    def is_running(self) -> bool:
        """Whether a process is under way."""
        return self._process is not None

    def cancel(self) -> None:
        """End it at once; does nothing when none is running."""
        process = self._let_go()
        if process is not None:
            process.kill()
            self.failed.emit(Cancelled())

    def close(self) -> None:
        """End it without a word, and wait until the process is gone, one that was cancelled too."""
        process = self._let_go()
        if process is not None:
            self._end(process)
        for dying in self.findChildren(QProcess):
            dying.waitForFinished(int(KILL_SECONDS * 1000))

    # What a kind of process has of its own

    def _understand(self, said: dict[str, Any]) -> object:
        """Tell a step, or give the answer that a line brings, else None; any ``ValueError`` and the like is noted."""
        raise NotImplementedError

    def _outcome(self, answer: object, crashed: bool) -> object:
        """Give the answer for ``done``, a ``HotfixError`` for ``failed``, or None for :meth:`_no_answer`."""
        return None if crashed and not isinstance(answer, HotfixError) else answer

    def _no_answer(self, details: str) -> HotfixError:
        """Give what is told of a process that ended without an answer."""
        raise NotImplementedError

    def _end(self, process: QProcess) -> None:
        """Have a process end that nobody listens to any more."""
        process.kill()

    # The process

    def _launch(self, arguments: Sequence[str]) -> None:
        self._rest, self._answer = b"", None
        program, *always = self._command
        process = QProcess(self)
        process.setProgram(program)
        process.setArguments([*always, *arguments])
        process.setStandardInputFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._trouble)
        self._process = process
        process.start()

    def _let_go(self) -> QProcess | None:
        """Listen to the process no more; it goes away by itself when it has ended."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.readyReadStandardOutput.disconnect(self._read)
        process.finished.disconnect(self._finished)
        process.errorOccurred.disconnect(self._trouble)
        if process.state() is QProcess.ProcessState.NotRunning:
            process.deleteLater()
        else:
            process.finished.connect(process.deleteLater)
        return process

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
            answer = _error(said) if "error" in said else self._understand(said)
        except (ValueError, TypeError, KeyError) as error:
            log.info("a process said what nobody understands: %s (%s)", line[:200], error)
            return
        if answer is not None:
            self._answer = answer

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        process = self._let_go()
        if process is None:
            return
        complaint = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        crashed = status is not QProcess.ExitStatus.NormalExit
        outcome = self._outcome(self._answer, crashed)
        if outcome is None:
            how = "crashed" if crashed else f"ended with {code}"
            outcome = self._no_answer(f"It {how}.\n{complaint}")
        (self.failed if isinstance(outcome, HotfixError) else self.done).emit(outcome)

    @Slot(QProcess.ProcessError)
    def _trouble(self, error: QProcess.ProcessError) -> None:
        # Every other error is followed by "finished".
        if error is QProcess.ProcessError.FailedToStart:
            process = self._let_go()
            if process is not None:
                process.deleteLater()  # no end of it will be told
                self.failed.emit(self._no_answer(process.errorString()))


def _error(said: dict[str, Any]) -> HotfixError:
    return HotfixError(str(said["error"]), str(said.get("remedy", "")), str(said.get("details", "")))
