"""What one beat of a relocker saw and did, as it is told to the window and to the guard's event loop."""

from __future__ import annotations

from dataclasses import dataclass

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.core.watch import GuardState, Watcher
from hotfix_desktop.services.standing import Standing


@dataclass(frozen=True, slots=True)
class Beat:
    """What one beat saw and did.

    Attributes:
        moment: both clocks at the beat.
        version: changes whenever another connection has written to the database.
        open_hotfixes: the hotfixes that are still open after it.
        relocked: the hotfixes that this beat ended.
        failed: the hotfixes that are due and could not be ended, with the reason.
        guard: what is known of the guard.
        guard_pid: its process; 0 when none is known.
        windows: the windows that beat; None where the beat was not asked to count them.
        pending: how many looks at closed packages are still to come after their hotfix.
        drifted: the names of the packages whose drift this beat found, or found gone.
        standing: how the audit log stands beside its anchors; None where this beat did not look.
    """

    moment: Moment
    version: int
    open_hotfixes: tuple[Hotfix, ...] = ()
    relocked: tuple[Hotfix, ...] = ()
    failed: tuple[tuple[Hotfix, HotfixError], ...] = ()
    guard: GuardState = GuardState.OWN
    guard_pid: int = 0
    windows: tuple[Watcher, ...] | None = None
    pending: int = 0
    drifted: tuple[str, ...] = ()
    standing: Standing | None = None
