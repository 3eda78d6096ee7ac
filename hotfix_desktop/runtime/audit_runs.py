"""A verification in a process of its own, and its entry in the log: to whoever waits it looks like one job."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.verification_run import VerificationRun


class EnteredRun(QObject):
    """One verification, from its start to its entry.

    Signals:
        stepped: how far it has come, a ``Step``.
        done: the ``Verdict``, which has been entered where it can be.
        failed: the ``HotfixError`` that stood in the way.
    """

    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, run: VerificationRun, everything: bool, enter: Callable[[Verdict], Job] | None) -> None:
        """Start it; one that runs already is given up. ``enter`` is None where nothing can be entered."""
        super().__init__(run)
        self._run, self._enter = run, enter
        self._job: Job | None = None
        run.close()
        run.stepped.connect(self.stepped)
        run.done.connect(self._on_verdict)
        run.failed.connect(self._on_failure)
        run.start(everything)

    def cancel(self) -> None:
        """Stop it; once it is being entered it comes to its end."""
        if self._job is None:
            self._run.cancel()

    @Slot(object)
    def _on_verdict(self, verdict: Verdict) -> None:
        self._leave()
        if self._enter is None:
            self.done.emit(verdict)
            self.deleteLater()
            return
        self._job = self._enter(verdict)
        self._job.done.connect(self.done)
        self._job.failed.connect(self.failed)
        self._job.ended.connect(self.deleteLater)

    @Slot(object)
    def _on_failure(self, error: object) -> None:
        self._leave()
        self.failed.emit(error)
        self.deleteLater()

    def _leave(self) -> None:
        self._run.stepped.disconnect(self.stepped)
        self._run.done.disconnect(self._on_verdict)
        self._run.failed.disconnect(self._on_failure)
