"""What can wait until a window is there to be looked at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

PATIENCE_MS = 1000


class AfterFirstPaint(QObject):
    """Does something once: after a window was first painted, or soon where nobody sees it (another desktop)."""

    _painted = Signal()

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        """Wait for the window, and belong to it."""
        super().__init__(window)
        self._then = then
        self._window = window
        # Queued: the event comes before the paint.
        self._painted.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._begin)
        self._patience.start(PATIENCE_MS)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hear of the first paint."""
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            self._patience.stop()
            self._painted.emit()
        return False

    @Slot()
    def _begin(self) -> None:
        self._window.removeEventFilter(self)
        self._then()
        self.deleteLater()
