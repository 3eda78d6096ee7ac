"""The heartbeat: one timer that wakes the relocker about every second.

The timer only wakes; whether something is due is asked of both clocks each time (``design.md`` 5), so a
late, early or missed beat is never wrong, only late. It is woken a little earlier for a deadline that comes
before the next second, and at once when the clock is set or the machine resumes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import ConnectionLost, HotfixError, StoreError
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.texts import plural
from hotfix_desktop.core.watch import GuardState, Watcher
from hotfix_desktop.runtime.clock_watch import ClockWatch
from hotfix_desktop.runtime.guard import NAME
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.services import clocks
from hotfix_desktop.services.drift import DriftWatch
from hotfix_desktop.services.relocking import Beat, Relocker
from hotfix_desktop.services.until_due import UntilDue
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

INTERVAL_MS = 1000
HANGS_MS = 1000
"""A beat that takes longer is not waited for: what is due is closed beside it."""
PATIENCE_SECONDS = 0.5
"""How long a beat waits for another program's transaction."""
RECONCILE_EVERY = 30
"""Beats between two looks for what a program that died has left half done."""
LOOKS_AT_FIRST, LOOKS = 400, 20
"""How many closed packages a beat looks at, at 0.05 ms each: soon after the start all of them, later in turn."""
COMPARES_AT_FIRST, COMPARES, COMPARES_OF_GUARD = 0.1, 0.003, 0.001
"""Seconds of each beat for comparing closed packages with their baselines; the first round is for the start."""
GUARD_LOOKS_EVERY = 10
"""Beats of the guard, which nobody should notice, between two such looks."""


class BeatingBench:
    """What the heartbeat's lane owns: its own workbench, the relocker on it, and what it knows of the clocks."""

    def __init__(self, build: Callable[[], Workbench], name: Callable[[Workbench], str] = lambda bench: NAME) -> None:
        """Build the workbench; ``name`` gives the one under which it beats, see ``store/presence.py``."""
        self._build = build
        self.bench = self._built()
        self.relocker = Relocker(self.bench)
        self._drift = DriftWatch(self.bench)
        self._name = name(self.bench)
        self._beats = 0
        self._since = self.bench.clock.now()
        self._before: Moment | None = None
        self._reviving = False
        self._is_lost = False

    def beat(self, progress: Progress, count_windows: bool = False) -> Beat:
        """Close what is due; now and then reconcile, and look at what is closed. Raises ``StoreError``."""
        now = self.bench.clock.now()
        self._say_that_it_lives(now)
        try:
            if self._is_lost:
                self._reopen()
            beat = self._beat(now, count_windows)
        except StoreError as error:
            self._is_lost = self._is_lost or isinstance(error, ConnectionLost)
            raise
        self._is_lost = any(isinstance(error, ConnectionLost) for _, error in beat.failed)
        return beat

    def _beat(self, now: Moment, count_windows: bool) -> Beat:
        beat = self.relocker.beat()
        if self._beats % RECONCILE_EVERY == 0:
            self.relocker.reconcile()
        gives_way = UntilDue(self.bench.clock, [h.lease for h in beat.open_hotfixes])
        drifted = self._drift.check_due(gives_way)
        at_first = self._beats < RECONCILE_EVERY
        if self._name != NAME:
            self.relocker.look_at_closed(LOOKS_AT_FIRST if at_first else LOOKS)
            drifted += self._drift.go_on(COMPARES if self._drift.rounds else COMPARES_AT_FIRST, gives_way)
        elif self._beats % GUARD_LOOKS_EVERY == 0:
            self.relocker.look_at_closed(LOOKS_AT_FIRST if at_first else LOOKS)
            drifted += self._drift.go_on(COMPARES_OF_GUARD, gives_way)
        self._note_jump(now)
        self._beats += 1
        return self._with_watchers(replace(beat, drifted=drifted, pending=self._drift.pending), count_windows)

    def rescue(self) -> tuple[str, ...]:
        """Close what is due although a beat hangs; another thread calls it. Gives the packages' names."""
        return self.relocker.rescue(StoreError("The database does not answer."))

    def close_all(self, why: str) -> tuple[str, ...]:
        """Lock everything that is open before its time; gives the names."""
        return self.relocker.close_all(why)

    def close(self) -> None:
        """Say that this ends in good order, and close the database connection."""
        try:
            self.bench.store.presence.ended(self._name)
        except StoreError as error:
            log.info("the end could not be noted: %s", error)
        self.bench.store.close()

    def _built(self) -> Workbench:
        bench = self._build()
        # A beat that waited for somebody's transaction would close files late; the side journal takes the entry.
        bench.store.wait_at_most(PATIENCE_SECONDS)
        return bench

    def _say_that_it_lives(self, now: Moment) -> None:
        try:
            self.bench.store.presence.beat(self._name, self._since, now)
        except StoreError as error:
            log.info("the beat could not be noted: %s", error)

    def _note_jump(self, now: Moment) -> None:
        before = self._before or clocks.last_known(self.bench)
        self._before = now
        if before is not None:
            clocks.note_jump(self.bench, before, now)

    def _with_watchers(self, beat: Beat, count_windows: bool) -> Beat:
        """Add what is known of the guard and the windows, and start the guard again where it is missed."""
        bench = self.bench
        if self._name == NAME:
            state, pid = GuardState.ALIVE, os.getpid()
        else:
            state, pid = bench.guard.look(beat.moment)
        if state is GuardState.NONE and not beat.open_hotfixes:
            state = GuardState.OWN
        elif state is GuardState.NONE:
            bench.guard.revive()
            self._reviving = True
        elif state is GuardState.ALIVE and self._reviving:
            self._reviving = False
            bench.enter_alone(
                bench.event(
                    AuditType.GUARD_RESTARTED,
                    f"The guard had ended while {plural(len(beat.open_hotfixes), 'package')} were open, and was"
                    " started again; this window watched meanwhile",
                    by_program=True,
                    process=pid,
                )
            )
        return replace(beat, guard=state, guard_pid=pid, windows=self._windows(beat.moment) if count_windows else None)

    def _windows(self, now: Moment) -> tuple[Watcher, ...]:
        try:
            return tuple(w for w in self.bench.store.presence.all() if w.name != NAME and w.is_fresh(now))
        except StoreError:
            return ()

    def _reopen(self) -> None:
        """Open the database anew, but never make a new one; raises ``StoreError``, after closing what is due.

        The old connection goes first: as long as one is open, SQLite shares what it holds with the next.
        """
        store = self.bench.store
        try:
            if not os.path.exists(store.path):
                store.demand_there()
            store.close()
            bench = self._built()
        except HotfixError as error:
            lost = error if isinstance(error, StoreError) else StoreError(error.sentence, error.remedy, error.details)
            self.relocker.rescue(lost)
            raise lost from error
        self.bench = self.relocker.bench = self._drift.bench = bench
        self._is_lost = False


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
        self._deadline.timeout.connect(self.beat)
        self._clock: ClockWatch | None = None
        self._rescue: Lane[_Rescuer] | None = None
        self._hanging = QTimer(self)
        self._hanging.setInterval(HANGS_MS)
        self._hanging.timeout.connect(self._come_to_the_rescue)

    @property
    def is_done(self) -> bool:
        """Whether nothing is known to be open and not yet closed."""
        return self._owned is None or self._owned.relocker.is_done

    def start(self) -> None:
        """Beat now, and from now on."""
        self._clock = ClockWatch(self)
        self._clock.changed.connect(self.beat)
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

    @Slot(object)
    def _done(self, beat: Beat) -> None:
        left = min((h.lease.left(beat.moment).total_seconds() for h in beat.open_hotfixes), default=INTERVAL_MS)
        if 0 < left * 1000 < INTERVAL_MS:
            self._deadline.start(int(left * 1000) + 1)
        self.beaten.emit(beat)

    @Slot(object)
    def _failed(self, error: HotfixError) -> None:
        self.failed.emit(error)

    @Slot()
    def _ended(self) -> None:
        self._beating = None
        self._hanging.stop()

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
