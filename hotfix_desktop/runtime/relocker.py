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


def run(build: Callable[[], Workbench], alone: AbstractContextManager[None], *, until_closed: bool) -> int:
    """Run the relocker of one workspace until it is stopped.

    ``alone`` holds the lock that tells others that a relocker lives; entering it raises ``Busy`` when
    another one does.
    """
    with alone:
        application = QCoreApplication(["hotfix-desktop-relocker"])
        heartbeat = Heartbeat(lambda: BeatingBench(build()))
        relocker = HeadlessRelocker(heartbeat, until_closed)
        for number in (signal.SIGTERM, signal.SIGINT):
            # The beat's timer gives Python a turn every second, which is when the handler runs.
            signal.signal(number, lambda *_: application.quit())
        heartbeat.start()
        sys.stdout.write(READY + "\n")
        sys.stdout.flush()
        try:
            return application.exec()
        finally:
            heartbeat.stop()
            relocker.deleteLater()
