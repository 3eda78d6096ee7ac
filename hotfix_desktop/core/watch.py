"""Who watches over the open packages: the guard and the windows, and how each is known to live.

Whoever beats says so about every second, with both clocks; one who has not said so for a while is stale,
though his process may still be there: stopped, or hung. A restart of the machine makes everybody stale.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum

from hotfix_desktop.core.clock import Moment

STALE_SECONDS = 5.0
"""After so long without a beat nobody relies on a watcher any more: the grace of promise P1."""


class GuardState(StrEnum):
    """What is known of the guard of a workspace; the values are for the log and the tests."""

    OWN = "own"
    """There is no guard of its own: the window itself is the relocker (the demo)."""
    ALIVE = "alive"
    FOREIGN = "foreign"
    """One lives that runs as another user, whose rights may not do for what this user opens."""
    SILENT = "silent"
    """Its process is there and has not beaten for a while."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Watcher:
    """One who beats for a workspace.

    Attributes:
        name: ``guard``, or ``window`` with the user's name.
        pid: the process.
        since: both clocks when it began.
        beat: both clocks at its last beat.
        ended: whether it ended in good order.
        owner: as whom its process runs, as the system calls that user.
    """

    name: str
    pid: int
    since: Moment
    beat: Moment
    ended: bool = False
    owner: str = field(default="", compare=False)

    def is_fresh(self, now: Moment) -> bool:
        """Whether it has beaten just now: on the boot-time clock, which nobody can set."""
        if self.ended or now.boot_id != self.beat.boot_id:
            return False
        return abs(now.boot_us - self.beat.boot_us) <= STALE_SECONDS * 1_000_000


def system_user() -> str:
    """Give as whom this process runs, as the system calls that user."""
    return str(os.geteuid()) if hasattr(os, "geteuid") else os.environ.get("USERNAME", "")
