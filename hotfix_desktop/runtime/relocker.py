"""The guard's event loop: a heartbeat without a window."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from PySide6.QtCore import QCoreApplication, QObject, Slot

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.watch import Watcher
from hotfix_desktop.runtime.beating import BeatingBench
from hotfix_desktop.runtime.guard import IDLE_SECONDS, READY
from hotfix_desktop.runtime.heartbeat import Heartbeat
from hotfix_desktop.runtime.stop_signals import StopSignals
from hotfix_desktop.services.beat import Beat
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

LIVES_ON_US = 2_500_000
"""A window that beats so long after the guard was told to end, stays: a log-out would have ended it, too."""
LAST_CALL_SECONDS = 8.0
"""A window that was killed counts as living until its last beat is stale; after so long nobody is waited for."""
GIVE_UP_SECONDS = 60.0
"""For so long a guard that was told to end tries to lock what resists."""
GONE_SECONDS = 600
"""A database that is away for so long belongs to a workspace that was removed, if nothing of it is known to be open."""


class HeadlessRelocker(QObject):
    """Beats until it is told to stop, or until nothing has been open for a while.

    Told to stop while something is open it leaves that to a window that lives on, or else locks it first: at a
    log-out or shutdown nobody would be left to do it (``design.md`` 5, P1).
    """

    def __init__(self, heartbeat: Heartbeat, until_closed: bool) -> None:
        """Listen to the heartbeat."""
        super().__init__()
        self._heartbeat = heartbeat
        self._until_closed = until_closed
        self._idle_since: int | None = None
        self._asked_at: float | None = None
        self._asked: Moment | None = None
        self._is_locking = False
        self._tries = 0
        self._left_to_window = False
        self._is_ready = False
        self._away_since: float | None = None
        heartbeat.beaten.connect(self._on_beat)
        heartbeat.failed.connect(self._on_failure)

    @Slot(int)
    def stop(self, number: int) -> None:
        """End as soon as nothing depends on this relocker.

        A second signal changes nothing: at a log-out SIGTERM and SIGHUP come together.
        """
        if self._asked_at is not None:
            return
        self._asked_at = time.monotonic()
        self._heartbeat.counts_windows = True
        self._heartbeat.beat()

    @property
    def left_to_window(self) -> bool:
        """Whether it ended and left what is open to a window that lives on."""
        return self._left_to_window

    @Slot(object)
    def _on_beat(self, beat: Beat) -> None:
        self._say_ready()
        self._away_since = None
        for hotfix in beat.relocked:
            log.info("%s was locked", hotfix.package_name)
        for hotfix, error in beat.failed:
            log.info("%s could not be locked and is tried again: %s", hotfix.package_name, error)
        if self._asked_at is not None:
            if beat.windows is not None:  # else it was under way when this was told to stop
                self._end_well(beat, beat.windows, self._asked_at)
            return
        if beat.open_hotfixes or beat.pending or not self._until_closed:
            self._idle_since = None
            return
        if self._idle_since is None:
            self._idle_since = beat.moment.boot_us
        elif beat.moment.boot_us - self._idle_since >= IDLE_SECONDS * 1_000_000:
            QCoreApplication.quit()

    def _end_well(self, beat: Beat, windows: Sequence[Watcher], asked_at: float) -> None:
        now = beat.moment
        asked = self._asked = self._asked or now
        if self._heartbeat.has_noted([hotfix.number for hotfix in beat.open_hotfixes]):
            QCoreApplication.quit()  # nothing is open, or nothing but what the side journal knows to be closed
        elif windows and time.monotonic() - asked_at < LAST_CALL_SECONDS:
            if any(window.beat.boot_us - asked.boot_us > LIVES_ON_US for window in windows):
                log.info("a window lives and goes on to watch")
                self._left_to_window = True
                QCoreApplication.quit()
        else:
            self._lock_all(asked_at)

    def _lock_all(self, asked_at: float) -> None:
        """Lock what is open, and beat again to see whether that worked."""
        if time.monotonic() - asked_at > GIVE_UP_SECONDS:
            log.error("packages stay open: they could not be locked in time")
            QCoreApplication.quit()
        elif not self._is_locking:
            self._is_locking = True
            self._tries += 1
            job = self._heartbeat.close_all("the guard was told to end, and no window was there to go on")
            job.ended.connect(self._locked)

    @Slot()
    def _locked(self) -> None:
        self._is_locking = False
        if self._tries == 1:
            self._heartbeat.beat()  # what resists is tried again with the beats of every second

    def _say_ready(self) -> None:
        """Tell whoever waits for it that this relocker beats, once."""
        if self._is_ready or sys.stdout is None:
            return
        self._is_ready = True
        try:
            sys.stdout.write(READY + "\n")
            sys.stdout.flush()
        except OSError:
            log.info("nobody waits any more for the relocker to be ready")

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            log.warning("the database cannot be read, trying again every second: %s (%s)", error, error.details)
        if self._heartbeat.is_done and (self._asked_at is not None or self._is_long_gone(self._away_since)):
            QCoreApplication.quit()
        elif self._asked_at is not None and time.monotonic() - self._asked_at > LAST_CALL_SECONDS:
            self._lock_all(self._asked_at)  # from memory; the journal has the entries

    def _is_long_gone(self, since: float) -> bool:
        return self._until_closed and time.monotonic() - since > GONE_SECONDS


def run(
    build: Callable[[], Workbench], alone: Callable[[], AbstractContextManager[None]], *, until_closed: bool
) -> int:
    """Run the relocker of one workspace until it is stopped.

    ``alone`` gives the lock that tells others that a relocker lives; entering it raises ``Busy`` when
    another one does.
    """
    application = QCoreApplication(["hotfix-desktop-relocker"])
    signals = StopSignals()
    stopped: list[int] = []
    signals.asked.connect(stopped.append)
    try:
        while True:
            with alone():
                code, left = _beat_until_told(application, build, signals, until_closed, stopped)
            # Whoever unlocked between the last beat and here found the lock held, and relies on this relocker.
            if left or not (stopped or until_closed) or not _anything_open(build):
                return code
    finally:
        signals.close()


def _beat_until_told(
    application: QCoreApplication,
    build: Callable[[], Workbench],
    signals: StopSignals,
    until_closed: bool,
    stopped: Sequence[int],
) -> tuple[int, bool]:
    """Give the exit code, and whether what is open was left to a window."""
    heartbeat = Heartbeat(lambda: BeatingBench(build))
    relocker = HeadlessRelocker(heartbeat, until_closed)
    signals.asked.connect(relocker.stop)
    heartbeat.start()
    if stopped:  # told before, while nothing was open
        relocker.stop(stopped[-1])
    try:
        code = application.exec()
        return code, relocker.left_to_window
    finally:
        signals.asked.disconnect(relocker.stop)
        heartbeat.stop()
        relocker.deleteLater()


def _anything_open(build: Callable[[], Workbench]) -> bool:
    try:
        bench = build()
    except HotfixError as error:
        log.info("it cannot be seen any more whether anything is open: %s", error)
        return False
    try:
        return bool(bench.store.hotfixes.not_closed())
    except HotfixError as error:
        log.info("it cannot be seen any more whether anything is open: %s", error)
        return False
    finally:
        bench.close()
