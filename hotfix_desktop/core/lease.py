"""The lease of an open package, and what is due now: the heart of the relock promise.

The truth is the lease in the database, never a running timer (``design.md`` 5). A hotfix is due when
*either* clock says so, so that setting the wall clock back does not lengthen a window (promise P7),
and a restart of the machine ends it, as it does for sudo: across a boot nobody can say how much time
has really passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from hotfix_desktop.core.clock import Moment

CLOCK_TOLERANCE = timedelta(seconds=2)
"""How far the two clocks may drift apart before it counts as a jump (``performance.md`` D1)."""


@dataclass(frozen=True, slots=True)
class Lease:
    """From when to when a package may be open.

    Attributes:
        opened: both clocks at unlock.
        deadline: the wall clock, UTC, at which the package locks.
        granted: how long the package may be open, extensions included.
    """

    opened: Moment
    deadline: datetime
    granted: timedelta

    @classmethod
    def starting(cls, now: Moment, minutes: int) -> Lease:
        """Start a lease of so many minutes now."""
        granted = timedelta(minutes=minutes)
        return cls(opened=now, deadline=now.utc + granted, granted=granted)

    def extended(self, minutes: int) -> Lease:
        """Give the same lease with so many minutes more, counted from its deadline."""
        more = timedelta(minutes=minutes)
        return replace(self, deadline=self.deadline + more, granted=self.granted + more)

    def left(self, now: Moment) -> timedelta:
        """How long the package may still be open: the shorter answer of the two clocks, never below zero."""
        if self._rebooted(now):
            return timedelta(0)
        by_wall = self.deadline - now.utc
        by_boot = self.granted - self._elapsed(now)
        return max(timedelta(0), min(by_wall, by_boot))

    def is_due(self, now: Moment) -> bool:
        """Whether the package has to be closed now."""
        return self.left(now) <= timedelta(0)

    def overdue_by(self, now: Moment) -> timedelta:
        """How long ago the package had to be closed; zero when it is not due."""
        by_boot = timedelta(0) if self._rebooted(now) else self._elapsed(now) - self.granted
        return max(timedelta(0), now.utc - self.deadline, by_boot)

    def _elapsed(self, now: Moment) -> timedelta:
        return timedelta(microseconds=now.boot_us - self.opened.boot_us)

    def _rebooted(self, now: Moment) -> bool:
        return now.boot_id != self.opened.boot_id or now.boot_us < self.opened.boot_us


class Leased(Protocol):
    """Anything that holds a lease."""

    @property
    def lease(self) -> Lease:
        """The lease."""
        ...  # pragma: no cover


T = TypeVar("T", bound=Leased)


def due(now: Moment, open_hotfixes: Iterable[T]) -> list[T]:
    """Which of the open hotfixes have to be closed now; the longest overdue first."""
    return sorted((h for h in open_hotfixes if h.lease.is_due(now)), key=lambda h: h.lease.deadline)


def clock_jump(before: Moment, now: Moment) -> timedelta:
    """How far the wall clock moved beyond what the boot-time clock saw; zero across a restart."""
    if before.boot_id != now.boot_id or now.boot_us < before.boot_us:
        return timedelta(0)
    seen = timedelta(microseconds=now.boot_us - before.boot_us)
    jump = (now.utc - before.utc) - seen
    return jump if abs(jump) > CLOCK_TOLERANCE else timedelta(0)
