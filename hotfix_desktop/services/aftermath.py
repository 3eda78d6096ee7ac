"""What became of open packages after a window that ended unexpectedly, for its next start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hotfix_desktop.core.lifecycle import Ending, Hotfix
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
    if last is None or last.ended or last.is_fresh(bench.clock.now()):
        return None
    closed = bench.store.hotfixes.closed_since(last.beat.utc)
    relocked = tuple(h for h in closed if h.ending in BY_THEMSELVES and h.lease.opened.utc <= last.beat.utc)
    still_open = tuple(bench.store.hotfixes.not_closed())
    if not relocked and not still_open:
        return None
    return Aftermath(last.beat.utc, relocked, still_open)
