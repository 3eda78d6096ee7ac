"""The heartbeat: one timer that wakes the relocker about every second.

The timer only wakes; whether something is due is asked of both clocks each time (``design.md`` 5), so a
late, early or missed beat is never wrong, only late. It is woken a little earlier for a deadline that comes
before the next second, and at once when the clock is set or the machine resumes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.runtime.beating import BeatingBench
from hotfix_desktop.runtime.clock_watch import ClockWatch
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.services.beat import Beat

INTERVAL_MS = 1000
HANGS_MS = 1000
"""A beat that takes longer is not waited for: what is due is closed beside it."""


class _Rescuer:
    """What the rescue lane owns: nothing of its own."""

    def __init__(self, owned: BeatingBench) -> None:
        self.owned = owned

    def close(self) -> None:
        """Leave everything to the heartbeat's lane."""


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
        self._lane: Lane[BeatingBench] = Lane(lambda: self._keep(build()), "heartbeat", self)
        self._owned: BeatingBench | None = None
        self._beating: Job | None = None
        self._again = False
        self.counts_windows = False
        """Whether beats tell which windows live."""
        self.timer = QTimer(self)
        self.timer.setInterval(INTERVAL_MS)
        # Coarse timers may fire early and together with others; the countdown should tick evenly.
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.beat)
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setTimerType(Qt.TimerType.PreciseTimer)
        self._deadline.timeout.connect(self.beat_at_once)
        self._clock: ClockWatch | None = None
        self._rescue: Lane[_Rescuer] | None = None
        self._hanging = QTimer(self)
        self._hanging.setInterval(HANGS_MS)
        self._hanging.timeout.connect(self._come_to_the_rescue)

    @property
    def is_done(self) -> bool:
        """Whether nothing is known to be open and not yet closed."""
        return self._owned is None or self._owned.relocker.is_done

    def has_noted(self, hotfixes: Sequence[int]) -> bool:
        """Whether all of these were closed without the database, and the side journal has them."""
        return not hotfixes or (self._owned is not None and self._owned.relocker.has_noted(hotfixes))

    def start(self) -> None:
        """Beat now, and from now on."""
        self._clock = ClockWatch(self)
        self._clock.changed.connect(self.beat_at_once)
        self.timer.start()
        self.beat()

    def stop(self) -> None:
        """Beat no more, and end the lane's thread."""
        self.timer.stop()
        self._deadline.stop()
        self._hanging.stop()
        if self._clock is not None:
            self._clock.close()
        self._lane.close()
        if self._rescue is not None:
            self._rescue.close()

    def close_all(self, why: str) -> Job:
        """Lock everything that is open before its time; ``why`` stands in the entries."""
        return self._lane.run(lambda owned, progress: owned.close_all(why))

    @Slot()
    def beat(self) -> None:
        """Ask what is due, unless the last beat is still at work."""
        if self._beating is not None:
            return
        job = self._lane.run(lambda owned, progress: owned.beat(progress, self.counts_windows))
        self._beating = job
        self._hanging.start()
        job.done.connect(self._done)
        job.failed.connect(self._failed)
        job.ended.connect(self._ended)

    @Slot()
    def beat_at_once(self) -> None:
        """Beat now, or as soon as the beat has ended that is at work: it may have looked at the clocks too early."""
        self._again = self._beating is not None
        self.beat()

    @Slot(object)
    def _done(self, beat: Beat) -> None:
        left = [h.lease.left(beat.moment).total_seconds() * 1000 for h in beat.open_hotfixes]
        soon = min((ms for ms in left if 0 < ms < INTERVAL_MS), default=None)
        if soon is not None:
            self._deadline.start(int(soon) + 1)
        self.beaten.emit(beat)

    @Slot(object)
    def _failed(self, error: HotfixError) -> None:
        self.failed.emit(error)

    @Slot()
    def _ended(self) -> None:
        self._beating = None
        self._hanging.stop()
        if self._again and self.timer.isActive():
            self._again = False
            self.beat()

    @Slot()
    def _come_to_the_rescue(self) -> None:
        """Close what is due on another thread while the beat hangs, in the database or on a disk that is slow."""
        if self._owned is None or (self._rescue is not None and self._rescue.is_busy):
            return
        if self._rescue is None:
            owned = self._owned
            self._rescue = Lane(lambda: _Rescuer(owned), "rescue", self)
        self._rescue.run(lambda rescuer, progress: rescuer.owned.rescue())

    def _keep(self, owned: BeatingBench) -> BeatingBench:
        self._owned = owned
        return owned
