"""Signals of the system that ask the program to end, brought to Qt's event loop at once.

Python runs its handlers between two of its own instructions, so a program that waits in Qt would hear of a
signal with its next timer. The byte that ``signal.set_wakeup_fd`` writes wakes the event loop itself.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Sequence
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

NAMES = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
"""Those of them that this system has are listened to; the last one is Windows' Ctrl+Break."""


class StopSignals(QObject):
    """Listens from its making until :meth:`close`; make it on the main thread, as Python wants it.

    A signal that whoever started the program wants ignored stays ignored (``nohup``).

    Signals:
        asked: the number of each signal that arrived.
    """

    asked = Signal(int)

    def __init__(self, names: Sequence[str] = NAMES, parent: QObject | None = None) -> None:
        """Take the signals over from whoever had them."""
        super().__init__(parent)
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        self._earlier: dict[int, object] = {}
        self._earlier_fd = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._earlier[number] = signal.signal(number, _leave_it_to_the_wakeup)
        self._notifier: QSocketNotifier | None = QSocketNotifier(
            self._reading.fileno(), QSocketNotifier.Type.Read, self
        )
        self._notifier.activated.connect(self._on_readable)

    def close(self) -> None:
        """Give the signals back to whoever had them before. Closing again does nothing."""
        if self._notifier is None:
            return
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self._notifier = None
        for number, earlier in self._earlier.items():
            # None: it was not Python that handled it, and that handler cannot be had back.
            signal.signal(number, signal.SIG_DFL if earlier is None else earlier)  # type: ignore[arg-type]
        signal.set_wakeup_fd(self._earlier_fd)
        self._reading.close()
        self._writing.close()

    @Slot()
    def _on_readable(self) -> None:
        try:
            numbers = self._reading.recv(64)
        except BlockingIOError:
            return
        for number in numbers:
            if number in self._earlier:  # any signal with a handler of Python's writes its byte
                self.asked.emit(number)


def _leave_it_to_the_wakeup(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that there is a handler makes Python write the byte."""
