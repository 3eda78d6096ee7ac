"""Hears of a clock step, or of a resume from suspend, at once.

Nothing depends on it: each beat asks both clocks. It only spares the second until the next beat, in which a
package that has become due while the machine slept would still be open.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

log = logging.getLogger(__name__)

FAR_FUTURE_SECONDS = 1 << 33
"""In the year 2242: the timer is there to be cancelled, never to fire."""

_NONBLOCK_CLOEXEC = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)  # timerfd's flags are these two
_ABSTIME, _CANCEL_ON_SET = 1, 2


class Timer(Protocol):
    """A timer on the wall clock with a file descriptor that becomes readable when the clock is set."""

    def fileno(self) -> int:
        """Give the file descriptor."""
        ...  # pragma: no cover

    def arm(self) -> None:
        """Wait for the next step of the clock; raises ``OSError``."""
        ...  # pragma: no cover

    def was_cancelled(self) -> bool:
        """Read what made it readable: whether the clock was set; raises ``OSError``."""
        ...  # pragma: no cover

    def close(self) -> None:
        """Give the file descriptor back."""
        ...  # pragma: no cover


class _Spec(ctypes.Structure):
    """``struct itimerspec``: interval and value, each of seconds and nanoseconds."""

    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns")]


class TimerFd:
    """Linux' timerfd that a change of the wall clock cancels; raises ``OSError`` where there is none."""

    def __init__(self) -> None:
        """Make it; it is not armed."""
        # os.timerfd_create came with Python 3.13.
        self._python = hasattr(os, "timerfd_create")
        if self._python:
            self._fd: int = _os().timerfd_create(time.CLOCK_REALTIME, flags=_NONBLOCK_CLOEXEC)
            return
        if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_long) < 8:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self._libc = ctypes.CDLL(None, use_errno=True)
        try:
            self._fd = self._libc.timerfd_create(time.CLOCK_REALTIME, _NONBLOCK_CLOEXEC)
        except AttributeError as error:  # a C library without it
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from error
        _check(self._fd)

    def fileno(self) -> int:
        """Give the file descriptor."""
        return self._fd

    def arm(self) -> None:
        """Wait for the next step of the clock."""
        flags = _ABSTIME | _CANCEL_ON_SET
        try:
            if self._python:
                _os().timerfd_settime(self._fd, flags=flags, initial=FAR_FUTURE_SECONDS)
                return
            spec = _Spec(at_s=FAR_FUTURE_SECONDS)
            _check(self._libc.timerfd_settime(self._fd, flags, ctypes.byref(spec), None))
        except OSError as error:
            if error.errno != errno.ECANCELED:
                raise
            # It is armed all the same; the clock was set once more, just before somebody is told of it.

    def was_cancelled(self) -> bool:
        """Read what made it readable."""
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != errno.ECANCELED:
                raise
            return True
        return False

    def close(self) -> None:
        """Give the file descriptor back."""
        os.close(self._fd)


class ClockWatch(QObject):
    """Tells when the wall clock was set, also by a resume; on Linux only, elsewhere it does nothing.

    Signals:
        changed: the clock was set just now.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None, make: Callable[[], Timer] = TimerFd) -> None:
        """Begin to watch, where the system can; ``make`` gives the timer or raises ``OSError``."""
        super().__init__(parent)
        self._timer: Timer | None = None
        self._notifier: QSocketNotifier | None = None
        try:
            timer = make()
        except OSError as error:
            log.info("steps of the clock are noticed at the next beat only: %s", error)
            return
        self._timer = timer
        if not self._arm():
            return
        self._notifier = QSocketNotifier(timer.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_readable)

    @property
    def is_watching(self) -> bool:
        """Whether a step of the clock is told at once."""
        return self._timer is not None

    def close(self) -> None:
        """Watch no more. Closing again does nothing."""
        notifier, self._notifier = self._notifier, None
        timer, self._timer = self._timer, None
        if notifier is not None:
            notifier.setEnabled(False)  # before its descriptor is another's
            notifier.deleteLater()
        if timer is not None:
            with contextlib.suppress(OSError):  # nothing is left to be done with it
                timer.close()

    @Slot()
    def _on_readable(self) -> None:
        if self._timer is None:
            return  # the step came together with the end
        try:
            cancelled = self._timer.was_cancelled()
        except OSError as error:
            self._give_up(error)
            return
        self._arm()
        if cancelled:
            self.changed.emit()

    def _arm(self) -> bool:
        assert self._timer is not None
        try:
            self._timer.arm()
        except OSError as error:
            self._give_up(error)
            return False
        return True

    def _give_up(self, error: OSError) -> None:
        log.info("steps of the clock are noticed at the next beat only: %s", error)
        self.close()


def _os() -> Any:
    # The type checker looks with the eyes of Python 3.11.
    return os


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
