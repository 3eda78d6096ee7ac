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
from hotfix_desktop.runtime.guard import IDLE_SECONDS, READY
from hotfix_desktop.runtime.heartbeat import BeatingBench, Heartbeat
from hotfix_desktop.runtime.stop_signals import StopSignals
from hotfix_desktop.services.relocking import Beat
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

LIVES_ON_US = 2_500_000
"""A window that beats so long after the guard was told to end, stays: a log-out would have ended it, too."""
LAST_CALL_US = 8_000_000
"""A window that was killed counts as living until its last beat is stale; after so long nobody is waited for."""
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
        self._stop_wanted = False
        self._asked: Moment | None = None
        self._is_ready = False
        self._away_since: float | None = None
        heartbeat.beaten.connect(self._on_beat)
        heartbeat.failed.connect(self._on_failure)

    @Slot(int)
    def stop(self, number: int) -> None:
        """End as soon as nothing depends on this relocker; a second time at once."""
        if self._stop_wanted:
            QCoreApplication.quit()
            return
        self._stop_wanted = self._heartbeat.counts_windows = True
        self._heartbeat.beat()

    @Slot(object)
    def _on_beat(self, beat: Beat) -> None:
        self._say_ready()
        self._away_since = None
        for hotfix in beat.relocked:
            log.info("%s was locked", hotfix.package_name)
        for hotfix, error in beat.failed:
            log.info("%s could not be locked and is tried again: %s", hotfix.package_name, error)
        if self._stop_wanted:
            if beat.windows is not None:  # else it was under way when this was told to stop
                self._end_well(beat, beat.windows)
            return
        if beat.open_hotfixes or beat.pending or not self._until_closed:
            self._idle_since = None
            return
        if self._idle_since is None:
            self._idle_since = beat.moment.boot_us
        elif beat.moment.boot_us - self._idle_since >= IDLE_SECONDS * 1_000_000:
            QCoreApplication.quit()

    def _end_well(self, beat: Beat, windows: Sequence[Watcher]) -> None:
        now = beat.moment
        asked = self._asked = self._asked or now
        if not beat.open_hotfixes:
            QCoreApplication.quit()
        elif windows and now.boot_us - asked.boot_us < LAST_CALL_US:
            if any(window.beat.boot_us - asked.boot_us > LIVES_ON_US for window in windows):
                log.info("a window lives and goes on to watch")
                QCoreApplication.quit()
        else:
            job = self._heartbeat.close_all("the guard was told to end, and no window was there to go on")
            job.ended.connect(QCoreApplication.quit)

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
        is_long_gone = time.monotonic() - self._away_since > GONE_SECONDS
        # Told to end, it has closed what was due, and the journal has it.
        if self._stop_wanted or (is_long_gone and self._until_closed and self._heartbeat.is_done):
            QCoreApplication.quit()


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
                code = _beat_until_told(application, build, signals, until_closed)
            # Whoever unlocked between the last beat and here found the lock held, and relies on this relocker.
            if stopped or not until_closed or not _anything_open(build):
                return code
    finally:
        signals.close()


def _beat_until_told(
    application: QCoreApplication, build: Callable[[], Workbench], signals: StopSignals, until_closed: bool
) -> int:
    heartbeat = Heartbeat(lambda: BeatingBench(build))
    relocker = HeadlessRelocker(heartbeat, until_closed)
    signals.asked.connect(relocker.stop)
    heartbeat.start()
    try:
        return application.exec()
    finally:
        signals.asked.disconnect(relocker.stop)
        heartbeat.stop()
        relocker.deleteLater()


def _anything_open(build: Callable[[], Workbench]) -> bool:
    bench = build()
    try:
        return bool(bench.store.hotfixes.not_closed())
    finally:
        bench.store.close()
