"""The heartbeat: one timer that wakes the relocker about every second.

The timer only wakes; whether something is due is asked of both clocks each time (``design.md`` 5), so a
late, early or missed beat is never wrong, only late.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.services.relocking import Beat, Relocker
from hotfix_desktop.services.workbench import Workbench

INTERVAL_MS = 1000
RECONCILE_EVERY = 30
"""Beats between two looks for what a program that died has left half done."""
LOOKS_AT_FIRST, LOOKS = 400, 20
"""How many closed packages a beat looks at, at 0.05 ms each: soon after the start all of them, later in turn."""


class BeatingBench:
    """What the heartbeat's lane owns: its own workbench and the relocker on it."""

    def __init__(self, bench: Workbench) -> None:
        """Build the relocker; the first beat reconciles."""
        self.bench = bench
        self.relocker = Relocker(bench)
        self._beats = 0

    def beat(self, progress: Progress) -> Beat:
        """Reconcile at the first beat and now and then, and close what is due."""
        if self._beats % RECONCILE_EVERY == 0:
            self.relocker.reconcile()
        beat = self.relocker.beat()
        self.relocker.look_at_closed(LOOKS_AT_FIRST if self._beats < RECONCILE_EVERY else LOOKS)
        self._beats += 1
        return beat

    def close(self) -> None:
        """Close the database connection."""
        self.bench.store.close()


class Heartbeat(QObject):
    """Beats for one workspace.

    Signals:
        beaten: the :class:`Beat` after each one.
        failed: the ``HotfixError`` when the database cannot be read; the next beat tries again.
    """

    beaten = Signal(object)
    failed = Signal(object)

    def __init__(self, build: Callable[[], BeatingBench], parent: QObject | None = None) -> None:
        """Keep how to build the lane's workbench; :meth:`start` begins."""
        super().__init__(parent)
        self._lane: Lane[BeatingBench] = Lane(build, "heartbeat", self)
        self._beating: Job | None = None
        self.timer = QTimer(self)
        self.timer.setInterval(INTERVAL_MS)
        # Coarse timers may fire early and together with others; the countdown should tick evenly.
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.beat)

    def start(self) -> None:
        """Beat now, and from now on."""
        self.timer.start()
        self.beat()

    def stop(self) -> None:
        """Beat no more, and end the lane's thread."""
        self.timer.stop()
        self._lane.close()

    @Slot()
    def beat(self) -> None:
        """Ask what is due, unless the last beat is still at work."""
        if self._beating is not None:
            return
        job = self._lane.run(lambda owned, progress: owned.beat(progress))
        self._beating = job
        job.done.connect(self._done)
        job.failed.connect(self._failed)
        job.ended.connect(self._ended)

    @Slot(object)
    def _done(self, beat: Beat) -> None:
        self.beaten.emit(beat)

    @Slot(object)
    def _failed(self, error: HotfixError) -> None:
        self.failed.emit(error)

    @Slot()
    def _ended(self) -> None:
        self._beating = None
