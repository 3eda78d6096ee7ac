"""Whether the heart of an opened workspace still beats, seen from the window, which must not wait for it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hotfix_desktop.core.clock import Clock

if TYPE_CHECKING:
    from hotfix_desktop.core.errors import HotfixError
    from hotfix_desktop.runtime.session import WorkspaceSession
    from hotfix_desktop.services.beat import Beat

LATE_MS, AGAIN_MS = 2000, 1000
"""After a beat nothing is asked for so long, so that beats that come cost next to nothing; then each second."""
LOST = 2
"""Turns of the timer without a beat that are trouble, so after three seconds.

One alone is not: both are late when the window itself was busy, or when the machine slept.
"""


class Pulse(QObject):
    """Says when time passes without a beat, and when that is no longer in order.

    Signals:
        passed: a second without a beat; what counts down has to go on by itself.
        lost: the time of the last beat, in UTC; with each second that it stays away, and when one failed.
    """

    passed = Signal()
    lost = Signal(object)

    def __init__(self, clock: Clock, parent: QObject) -> None:
        """Wait for :meth:`start`; until the first beat the clock tells since when there was none."""
        super().__init__(parent)
        self._clock = clock
        self._last: datetime | None = None
        self._turns = 0
        self.timer = QTimer(self)
        self.timer.timeout.connect(self._on_turn)

    def follow(self, session: WorkspaceSession) -> None:
        """Hear this session's beats."""
        session.beaten.connect(self._on_beat)
        session.beat_failed.connect(self._on_failed)

    def start(self) -> None:
        """Expect beats from now on."""
        self._expect(self._clock.now().utc)

    def stop(self) -> None:
        """Expect none any more."""
        self.timer.stop()
        self._last = None

    def _expect(self, last: datetime) -> None:
        self._last, self._turns = last, 0
        self.timer.start(LATE_MS)

    @Slot(object)
    def _on_beat(self, beat: Beat) -> None:
        self._expect(beat.moment.utc)

    @Slot(object)
    def _on_failed(self, _error: HotfixError) -> None:
        if self._last is not None:
            self.lost.emit(self._last)

    @Slot()
    def _on_turn(self) -> None:
        self._turns += 1
        self.timer.setInterval(AGAIN_MS)
        self.passed.emit()
        if self._turns >= LOST and self._last is not None:
            self.lost.emit(self._last)
