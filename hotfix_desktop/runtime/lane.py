"""Lanes: one worker thread each, so that the window never waits and no connection has two masters.

A lane owns what its work needs (a database connection, a workspace), which is built on the lane's own
thread by the first piece of work. Results come back as signals of a :class:`Job`, delivered on the
thread that the lane was made on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from hotfix_desktop.core.errors import ConnectionLost, HotfixError
from hotfix_desktop.core.progress import CancellableProgress, Progress

log = logging.getLogger(__name__)

STEP_INTERVAL = 0.05
"""Seconds between two reports of progress: more could not be seen."""


class Closable(Protocol):
    """What a lane owns."""

    def close(self) -> None:
        """Give up whatever is open; called on the lane's thread."""
        ...  # pragma: no cover


Owned = TypeVar("Owned", bound=Closable)
Work = Callable[[Owned, Progress], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a job has come; ``total`` 0 when nobody knows."""

    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: object = None
    error: BaseException | None = None


class _JobProgress(CancellableProgress):
    def __init__(self, tell: Callable[[Step], None]) -> None:
        super().__init__()
        self._tell = tell
        self._told_at = 0.0

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        self.check()
        now = time.monotonic()
        if now - self._told_at >= STEP_INTERVAL:
            self._told_at = now
            self._tell(Step(done, total, what))


class Job(QObject):
    """A piece of work on a lane.

    Signals:
        stepped: a :class:`Step`, at most every 50 ms.
        done: the work's result.
        failed: the ``HotfixError`` that it raised; any other exception is a bug and goes to the excepthook.
        ended: always, after ``done`` or ``failed``; alone when the lane was closed meanwhile.
    """

    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)
    ended = Signal()
    _arrived = Signal(object)
    _step_arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Make a job that has not begun."""
        super().__init__(parent)
        self.progress: CancellableProgress = _JobProgress(self._step_arrived.emit)
        self.is_over = False
        self._forsaken = False
        # Queued: they are emitted on the worker's thread and belong to this object's.
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._step_arrived.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        """Ask the work to stop at its next step; it then fails with ``Cancelled``."""
        self.progress.cancel()

    def forsake(self) -> None:
        """Cancel, and tell nobody of the result: whoever waits for it is closing."""
        self._forsaken = True
        self.cancel()

    @Slot(object)
    def _pass_on(self, step: Step) -> None:
        if not self.is_over:
            self.stepped.emit(step)

    @Slot(object)
    def _deliver(self, outcome: _Outcome) -> None:
        self.is_over = True
        error = outcome.error
        try:
            if error is not None and not isinstance(error, HotfixError):
                raise error
            if self._forsaken:
                return
            if error is None:
                self.done.emit(outcome.value)
            else:
                self.failed.emit(error)
        finally:
            self.ended.emit()


class Lane(QObject, Generic[Owned]):
    """One worker thread with what it owns."""

    def __init__(
        self, build: Callable[[], Owned], name: str, parent: QObject | None = None, *, renews: bool = False
    ) -> None:
        """Keep how to build what the lane owns; nothing is built before the first work.

        One that ``renews`` builds it anew after a ``ConnectionLost``.
        """
        super().__init__(parent)
        self._build = build
        self._renews = renews
        self._owned: Owned | None = None
        self._name = name
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._jobs: set[Job] = set()
        self._closed = False

    @property
    def is_busy(self) -> bool:
        """Whether work is waiting or running."""
        return bool(self._jobs)

    def run(self, work: Callable[[Owned, Progress], object]) -> Job:
        """Queue a piece of work; connect to the job's signals before returning to the event loop."""
        job = Job(self)
        self._jobs.add(job)
        job.ended.connect(self._forget)
        self._executor.submit(self._work, work, job)
        return job

    def call(self, work: Callable[[Owned], object], seconds: float) -> object:
        """Run a piece of work after what waits, and wait for its result here; None when it fails or takes longer.

        Only for the very end, when no event loop turns any more.
        """
        if self._closed:
            return None
        try:
            return self._executor.submit(self._work_for_caller, work).result(seconds)
        except (HotfixError, FutureTimeout) as error:
            log.warning("the last work of %s was not done: %s", self._name, str(error) or "it took too long")
            return None

    def _work_for_caller(self, work: Callable[[Owned], object]) -> object:
        if self._owned is None:
            self._owned = self._build()
        return work(self._owned)

    def close(self) -> None:
        """Cancel what waits or runs, close what the lane owns, and end its thread. Waits for it.

        Nothing can be run any more, and no result arrives any more: each job only says that it has ended.
        Closing again does nothing.
        """
        if self._closed:
            return
        self._closed = True
        for job in self._jobs:
            job.forsake()
        self._executor.submit(self._give_up)
        self._executor.shutdown(wait=True)

    @Slot()
    def _forget(self) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._jobs.discard(job)
            job.deleteLater()

    def _work(self, work: Callable[[Owned, Progress], object], job: Job) -> None:
        try:
            job.progress.check()
            if self._owned is None:
                self._owned = self._build()
            outcome = _Outcome(value=work(self._owned, job.progress))
        except BaseException as error:
            outcome = _Outcome(error=error)
            if self._renews and isinstance(error, ConnectionLost):
                self._give_up()
        job._arrived.emit(outcome)

    def _give_up(self) -> None:
        if self._owned is not None:
            self._owned.close()
            self._owned = None
