"""The headless relocker's event loop: a heartbeat without a window."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from PySide6.QtCore import QCoreApplication, QObject, Slot

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.runtime.guard import IDLE_SECONDS, READY
from hotfix_desktop.runtime.heartbeat import BeatingBench, Heartbeat
from hotfix_desktop.services.relocking import Beat
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)


class HeadlessRelocker(QObject):
    """Beats until it is told to stop, or until nothing has been open for a while."""

    def __init__(self, heartbeat: Heartbeat, until_closed: bool) -> None:
        """Listen to the heartbeat."""
        super().__init__()
        self._heartbeat = heartbeat
        self._until_closed = until_closed
        self._idle_since: int | None = None
        heartbeat.beaten.connect(self._on_beat)
        heartbeat.failed.connect(self._on_failure)

    @Slot(object)
    def _on_beat(self, beat: Beat) -> None:
        for hotfix in beat.relocked:
            log.info("%s was locked", hotfix.package_name)
        for hotfix, error in beat.failed:
            log.info("%s could not be locked and is tried again: %s", hotfix.package_name, error)
        if beat.open_hotfixes or not self._until_closed:
            self._idle_since = None
            return
        if self._idle_since is None:
            self._idle_since = beat.moment.boot_us
        elif beat.moment.boot_us - self._idle_since >= IDLE_SECONDS * 1_000_000:
            QCoreApplication.quit()

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        log.warning("the database could not be read, trying again: %s", error)


def run(
    build: Callable[[], Workbench], alone: Callable[[], AbstractContextManager[None]], *, until_closed: bool
) -> int:
    """Run the relocker of one workspace until it is stopped.

    ``alone`` gives the lock that tells others that a relocker lives; entering it raises ``Busy`` when
    another one does.
    """
    application = QCoreApplication(["hotfix-desktop-relocker"])
    stopped: list[int] = []

    def stop(number: int, _frame: object) -> None:
        stopped.append(number)
        application.quit()

    for number in (signal.SIGTERM, signal.SIGINT):
        # The beat's timer gives Python a turn every second, which is when the handler runs.
        signal.signal(number, stop)
    while True:
        with alone():
            code = _beat_until_told(application, build, until_closed)
        # Whoever unlocked between the last beat and here found the lock held, and relies on this relocker.
        if stopped or not until_closed or not _anything_open(build):
            return code


def _beat_until_told(application: QCoreApplication, build: Callable[[], Workbench], until_closed: bool) -> int:
    heartbeat = Heartbeat(lambda: BeatingBench(build()))
    relocker = HeadlessRelocker(heartbeat, until_closed)
    heartbeat.start()
    if sys.stdout is not None:
        try:
            sys.stdout.write(READY + "\n")
            sys.stdout.flush()
        except OSError:
            log.info("nobody waits any more for the relocker to be ready")
    try:
        return application.exec()
    finally:
        heartbeat.stop()
        relocker.deleteLater()


def _anything_open(build: Callable[[], Workbench]) -> bool:
    bench = build()
    try:
        return bool(bench.store.hotfixes.not_closed())
    finally:
        bench.store.close()
