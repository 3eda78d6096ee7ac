"""Moments: what both clocks of the machine say at once.

Rules never read a clock; they are given a :class:`Moment`. Only the composition root hands out
:class:`SystemClock`, and tests hand out a clock that they turn by hand.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of the wall clock and of the boot-time clock.

    Attributes:
        utc: the wall clock, aware, in UTC.
        boot_us: microseconds since the machine booted, time asleep included.
        boot_id: names this boot of the machine; empty where the system has no such name.
    """

    utc: datetime
    boot_us: int
    boot_id: str

    def __post_init__(self) -> None:
        """Refuse a naive time: half of all clock bugs start there."""
        if self.utc.tzinfo is None:
            raise ValueError("a moment needs an aware time in UTC")


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> Moment:
        """Read both clocks."""
        ...  # pragma: no cover


class SystemClock:
    """The clocks of this machine."""

    def __init__(self) -> None:
        """Read the name of this boot once; it cannot change while the process lives."""
        self._boot_id = _boot_id()

    def now(self) -> Moment:
        """Read both clocks."""
        return Moment(datetime.now(UTC), _boot_microseconds(), self._boot_id)


def to_microseconds(moment: datetime) -> int:
    """Give an aware time as whole microseconds since 1970 UTC; ``ValueError`` for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a naive time has no place on the time line")
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """Give whole microseconds since 1970 UTC as an aware time in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def _boot_microseconds() -> int:
    if sys.platform == "win32":
        # GetTickCount64 goes on while the machine sleeps, which time.monotonic() does not promise.
        import ctypes

        return int(ctypes.windll.kernel32.GetTickCount64()) * 1000
    # CLOCK_BOOTTIME counts suspend (Linux); on macOS CLOCK_MONOTONIC_RAW's sibling CLOCK_MONOTONIC does.
    which = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(which) // 1000


def _boot_id() -> str:
    if sys.platform == "win32":
        import winreg

        path = (
            r"SYSTEM\CurrentControlSet\Control\Session Manager"
            r"\Memory Management\PrefetchParameters"
        )
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                return f"windows-{winreg.QueryValueEx(key, 'BootId')[0]}"
        except OSError:
            return ""  # the boot-time clock alone then tells a restart: it starts again from zero
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
