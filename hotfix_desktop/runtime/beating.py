"""What the heartbeat's lane owns, and what one beat does, in the order of its duty.

First the relocker closes what is due. Then everybody learns who watches, and a dead guard is started again.
Only then comes what may fail or take its time without harm: looking for what a crash left half done, and
comparing closed packages with what they contained.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import Cancelled, ConnectionLost, HotfixError, StoreError
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.roles import Act, may
from hotfix_desktop.core.texts import plural
from hotfix_desktop.core.watch import GuardState, Watcher, system_user
from hotfix_desktop.runtime.guard import NAME
from hotfix_desktop.runtime.same_database import SameDatabase
from hotfix_desktop.services import clocks, sealing, standing, update_recovery
from hotfix_desktop.services.beat import Beat
from hotfix_desktop.services.drift import DriftWatch
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.until_due import UntilDue
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.5
"""How long a beat waits for another program's transaction."""
RECONCILE_EVERY = 30
"""Beats between two looks for what a program that died has left half done."""
LOOKS_AT_FIRST, LOOKS = 400, 20
"""How many closed packages a beat looks at, at 0.05 ms each: soon after the start all of them, later in turn."""
COMPARES_AT_FIRST, COMPARES, COMPARES_OF_GUARD = 0.1, 0.003, 0.001
"""Seconds of each beat for comparing closed packages with their baselines; the first round is for the start."""
STANDING_EVERY = 10
"""Beats of a window between two looks whether the audit log still is the one that its anchors saw."""
GUARD_LOOKS_EVERY = 10
"""Beats of the guard, which nobody should notice, between two such looks."""
SAY_AGAIN_SECONDS = 1.0
"""How often a beat that takes long says that its process lives."""


class BeatingBench:
    """A workbench of its own, the relocker on it, and what it knows of the clocks and of who watches."""

    def __init__(self, build: Callable[[], Workbench], name: Callable[[Workbench], str] = lambda bench: NAME) -> None:
        """Build the workbench; ``name`` gives the one under which it beats, see ``store/presence.py``."""
        self._same = SameDatabase(build)
        self.bench = self._built()
        self.relocker = Relocker(self.bench)
        self._drift = DriftWatch(self.bench)
        self._name = name(self.bench)
        self._is_guard = self._name == NAME
        self._may_lock = True
        self._beats = 0
        self._since = self.bench.clock.now()
        self._before: Moment | None = None
        self._reviving = False
        self._is_lost = False
        self._reconcile_at = 0

    def beat(self, progress: Progress, count_windows: bool = False) -> Beat:
        """Close what is due, see who watches, and look at what is closed. Raises ``StoreError``."""
        now = self.bench.clock.now()
        self._say_that_it_lives(now)
        try:
            if self._is_lost:
                self._reopen()
            self._learn()
            beat = self.relocker.beat() if self._may_lock else self.relocker.watch()
            beat = self._with_watchers(beat, count_windows)
        except StoreError as error:
            self._is_lost = self._is_lost or isinstance(error, ConnectionLost)
            raise
        self._is_lost = any(isinstance(error, ConnectionLost) for _, error in beat.failed)
        try:
            beat = self._keep_house(beat, now)
        except StoreError as error:
            # What is due is closed; this is done at another beat, and must not hide what this one has done.
            log.info("a beat did not look at what is closed: %s", error)
            self._is_lost = self._is_lost or isinstance(error, ConnectionLost)
        self._beats += 1
        return beat

    def rescue(self) -> tuple[str, ...]:
        """Close what is due although a beat hangs; another thread calls it. Gives the packages' names."""
        return self.relocker.rescue(StoreError("The guard was held up."))

    def close_all(self, why: str) -> tuple[str, ...]:
        """Lock everything that is open before its time; gives the names."""
        return self.relocker.close_all(why)

    def close(self) -> None:
        """Say that this ends in good order, and close the database connection."""
        try:
            self.bench.store.presence.ended(self._name)
        except StoreError as error:
            log.info("the end could not be noted: %s", error)
        self.bench.close()

    def _built(self) -> Workbench:
        bench = self._same()
        # A beat that waited for somebody's transaction would close files late; the side journal takes the entry.
        bench.store.wait_at_most(PATIENCE_SECONDS)
        return bench

    def _learn(self) -> None:
        """Now and then: whether this is still the workspace's log, and whether this person may lock.

        Who may not, an auditor in a shared home, has no rights on the files either; to try would only leave false
        entries. The guard was started by somebody who might, and locks in any case.
        """
        if self._beats % RECONCILE_EVERY:
            return
        self._same.learn(self.bench)
        if self._is_guard or self.bench.store.administration.workspace() is None:
            return
        roles = self.bench.store.administration.roles_of(self.bench.person.user)
        self._may_lock = may(Act.LOCK, roles) or system_user() == "0"

    def _keep_house(self, beat: Beat, now: Moment) -> Beat:
        """Look for what is half done, for late writes, for drift, and for jumps of the clock; seal the log.

        Raises ``StoreError``.
        """
        self._note_jump(now)
        if not self._is_guard and self._beats % STANDING_EVERY == 0:
            beat = replace(beat, standing=standing.standing(self.bench))
        if not self._may_lock:
            return beat
        sealing.seal_if_due(self.bench, now)
        if self._beats >= self._reconcile_at:
            self.relocker.reconcile()
            self._reconcile_at = self._beats + RECONCILE_EVERY
        if not update_recovery.is_settled(self.bench):
            return beat  # what a package contains in the midst of an update says nothing
        aside = _Aside(self, beat)
        drifted = self._drift.check_due(aside)
        if not self._is_guard or self._beats % GUARD_LOOKS_EVERY == 0:
            share = COMPARES if self._drift.rounds else COMPARES_AT_FIRST
            try:
                self.relocker.look_at_closed(LOOKS_AT_FIRST if self._beats < RECONCILE_EVERY else LOOKS, aside)
            except Cancelled:
                log.info("a look at what is closed gave way")
            drifted += self._drift.go_on(COMPARES_OF_GUARD if self._is_guard else share, aside)
        return replace(beat, drifted=drifted, pending=self._drift.pending)

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
        if self._is_guard:
            state, pid = GuardState.ALIVE, os.getpid()
        else:
            state, pid = bench.guard.look(beat.moment)
        if state is GuardState.NONE and not beat.open_hotfixes:
            state = GuardState.OWN
        elif state is GuardState.NONE and self._may_lock:
            bench.guard.revive()
            self._reviving = True
        elif state is GuardState.ALIVE and self._reviving:
            self._reviving = False
            self._enter_restart(beat, pid)
        return replace(beat, guard=state, guard_pid=pid, windows=self._windows(beat.moment) if count_windows else None)

    def _enter_restart(self, beat: Beat, pid: int) -> None:
        bench = self.bench
        try:
            bench.enter_alone(
                bench.event(
                    AuditType.GUARD_RESTARTED,
                    f"The guard had ended while {plural(len(beat.open_hotfixes), 'package was', 'packages were')} open,"
                    " and was started again; this window watched meanwhile",
                    by_program=True,
                    process=pid,
                )
            )
        except StoreError as error:
            self._reviving = True  # entered at another beat
            log.info("the restart of the guard could not be entered yet: %s", error)

    def _windows(self, now: Moment) -> tuple[Watcher, ...]:
        """Give the windows on which a guard that ends may rely: those that have its own rights."""
        try:
            everybody = self.bench.store.presence.all()
        except StoreError:
            return ()
        return tuple(w for w in everybody if w.name != NAME and w.owner == system_user() and w.is_fresh(now))

    def _reopen(self) -> None:
        """Open the database anew; raises ``StoreError``, after closing what is due.

        The old connection goes first: as long as one is open, SQLite shares what it holds with the next.
        """
        self.bench.close()
        # What the errors of the last beats remember, cursors for instance, keeps a closed connection half open.
        gc.collect()
        try:
            bench = self._built()
        except HotfixError as error:
            lost = error if isinstance(error, StoreError) else StoreError(error.sentence, error.remedy, error.details)
            self.relocker.rescue(lost)
            raise lost from error
        self.bench = self.relocker.bench = self._drift.bench = bench
        self._is_lost = False


class _Aside(UntilDue):
    """What a beat does beside its duty: it gives way to the duty, and says now and then that the process lives."""

    def __init__(self, beating: BeatingBench, beat: Beat) -> None:
        super().__init__(beating.bench.clock, [h.lease for h in beat.open_hotfixes])
        self._beating = beating
        self._said_at = time.monotonic()

    def check(self) -> None:
        super().check()
        if time.monotonic() - self._said_at > SAY_AGAIN_SECONDS:
            self._said_at = time.monotonic()
            self._beating._say_that_it_lives(self._beating.bench.clock.now())
