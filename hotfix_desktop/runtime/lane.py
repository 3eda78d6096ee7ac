"""Lanes: one worker thread each, so that the window never waits and no connection has two masters.

A lane owns what its work needs (a database connection, a workspace), which is built on the lane's own
thread by the first piece of work. Results come back as signals of a :class:`Job`, delivered on the
thread that the lane was made on.

The threads are not those of a ``ThreadPoolExecutor``: all pools share one lock that its holder cannot take again. A
window that the collector of garbage finds while work is handed over closes its lanes in the midst of that, and hung.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from hotfix_desktop.core.errors import ConnectionLost, HotfixError
from hotfix_desktop.core.progress import CancellableProgress, Progress

log = logging.getLogger(__name__)

STEP_INTERVAL = 0.05
"""Seconds between two reports of progress: more could not be seen."""
CLOSE_SECONDS = 30.0
"""How long the end of a lane is waited for; three times what the database lets anybody wait."""


class Closable(Protocol):
    """What a lane owns."""

    def close(self) -> None:
        """Give up whatever is open; called on the lane's thread."""
        ...  # pragma: no cover


Owned = TypeVar("Owned", bound=Closable)
Work = Callable[[Owned, Progress], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a job has come; ``total`` 0 when nobody knows. Once not ``may_cancel``, a cancel is not heard."""

    done: int
    total: int
    what: str
    may_cancel: bool = True


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

    def begin(self, what: str) -> None:
        self._tell(Step(0, 0, what, may_cancel=False))


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
        self._waiting: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._jobs: set[Job] = set()
        self._closed = False

    @property
    def is_busy(self) -> bool:
        """Whether work is waiting or running."""
        return bool(self._jobs)

    def run(self, work: Callable[[Owned, Progress], object]) -> Job:
        """Queue a piece of work; connect to the job's signals before returning to the event loop.

        Raises ``RuntimeError`` when the lane is closed.
        """
        if self._closed:
            raise RuntimeError(f"{self._name} is closed")
        job = Job(self)
        self._jobs.add(job)
        job.ended.connect(self._forget)
        self._submit(partial(self._work, work, job))
        return job

    def call(self, work: Callable[[Owned], object], seconds: float) -> object:
        """Run a piece of work after what waits, and wait for its result here; None when it fails or takes longer.

        Only for the very end, when no event loop turns any more.
        """
        if self._closed:
            return None
        answer: Future[object] = Future()
        self._submit(partial(self._work_for_caller, work, answer))
        try:
            return answer.result(seconds)
        except (HotfixError, TimeoutError) as error:
            log.warning("the last work of %s was not done: %s", self._name, str(error) or "it took too long")
            return None

    def close(self) -> None:
        """Cancel what waits or runs, close what the lane owns, and end its thread. Waits for it.

        Nothing can be run any more, and no result arrives any more: each job only says that it has ended.
        Closing again does nothing. A thread that does not end within :data:`CLOSE_SECONDS` is left to itself, and
        the log gets what every thread was doing.
        """
        if self._closed:
            return
        self._closed = True
        for job in list(self._jobs):
            job.forsake()
        thread = self._thread
        if thread is None:
            return
        self._waiting.put(self._give_up)
        self._waiting.put(None)
        if thread is threading.current_thread():
            return  # a collector of garbage at work on it closed us
        thread.join(CLOSE_SECONDS)
        if thread.is_alive():
            log.error("%s did not end within %g s and is left alone.\n%s", self._name, CLOSE_SECONDS, _stacks())

    def _submit(self, piece: Callable[[], object]) -> None:
        if self._thread is None:
            # A daemon: one that hangs must not keep the program from ending.
            self._thread = threading.Thread(target=_serve, args=(self._waiting,), name=self._name, daemon=True)
            weakref.finalize(self, self._waiting.put, None)  # of a lane that nobody closed
            self._thread.start()
        self._waiting.put(piece)

    @Slot()
    def _forget(self) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._jobs.discard(job)
            job.deleteLater()

    def _work(self, work: Callable[[Owned, Progress], object], job: Job) -> None:
        try:
            job.progress.check()
            outcome = _Outcome(value=work(self._what_is_owned(), job.progress))
        except BaseException as error:
            outcome = _Outcome(error=error)
            if self._renews and isinstance(error, ConnectionLost):
                self._give_up()
        with suppress(RuntimeError):  # the thread had been left alone, and its jobs are gone
            job._arrived.emit(outcome)

    def _work_for_caller(self, work: Callable[[Owned], object], answer: Future[object]) -> None:
        try:
            answer.set_result(work(self._what_is_owned()))
        except BaseException as error:
            answer.set_exception(error)

    def _what_is_owned(self) -> Owned:
        if self._owned is None:
            self._owned = self._build()
        return self._owned

    def _give_up(self) -> None:
        owned, self._owned = self._owned, None
        if owned is None:
            return
        try:
            owned.close()
        except Exception:
            # Whoever closes cannot help it, and a job that lost its connection still has to end.
            log.exception("what %s owned could not be closed", self._name)


def _serve(waiting: SimpleQueue[Callable[[], object] | None]) -> None:
    # It knows the queue alone, so that a lane that nobody needs any more can go.
    while (piece := waiting.get()) is not None:
        piece()
        del piece


def _stacks() -> str:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"{names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()
    )
