"""What became of open packages after a window that ended unexpectedly, for its next start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lifecycle import Ending, Hotfix
from hotfix_desktop.core.watch import Watcher
from hotfix_desktop.services.workbench import Workbench

BY_THEMSELVES = (Ending.RELOCKED, Ending.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is told at the next start.

    Attributes:
        ended: the last beat of the window that ended, UTC.
        relocked: what was locked by itself since then.
        still_open: what is still open.
    """

    ended: datetime
    relocked: tuple[Hotfix, ...]
    still_open: tuple[Hotfix, ...]


def window_name(bench: Workbench) -> str:
    """Give the name under which a window of this person beats."""
    return f"window of {bench.person.user}"


def look_back(bench: Workbench) -> Aftermath | None:
    """Say what happened since the last window of this person ended unexpectedly.

    None when it ended in good order, still lives, never was, or left nothing open. Call it before this window's
    own first beat. Raises ``StoreError``.
    """
    last = bench.store.presence.get(window_name(bench))
    if last is None or last.ended or _lives(last, bench.clock.now()):
        return None
    closed = bench.store.hotfixes.closed_since(last.beat.utc)
    relocked = tuple(h for h in closed if h.ending in BY_THEMSELVES and h.lease.opened.utc <= last.beat.utc)
    still_open = tuple(bench.store.hotfixes.not_closed())
    if not relocked and not still_open:
        return None
    return Aftermath(last.beat.utc, relocked, still_open)


def _lives(last: Watcher, now: Moment) -> bool:
    """Whether that window lives: it has beaten just now, and its process is there.

    Its process alone would not do, for the number may be another's by now; nor would its beat: a window that was
    killed is often started again within seconds.
    """
    return last.is_fresh(now) and _is_process(last.pid)


def _is_process(pid: int) -> bool:
    if os.name != "posix":
        return True  # there signal 0 is no question: it would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # another user's
    return True
