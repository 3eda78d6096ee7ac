"""Jumps of the wall clock: each is an entry, because the times of the log hang on it (promise P7)."""

from __future__ import annotations

from datetime import timedelta

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lease import CLOCK_TOLERANCE, clock_jump
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.workbench import Workbench

SAME_JUMP_SECONDS = 30
"""Several relockers see one jump within this time of each other; the first one enters it."""


def last_known(bench: Workbench) -> Moment | None:
    """Give both clocks at the last entry: what a relocker that starts compares with. Raises ``StoreError``."""
    entry = bench.store.ledger.last()
    return entry.moment if entry else None


def note_jump(bench: Workbench, before: Moment, now: Moment) -> timedelta:
    """Enter a jump of the wall clock between two moments, once for all relockers; gives it, zero for none.

    Raises ``StoreError``.
    """
    jump = clock_jump(before, now) or _back_across_restart(before, now)
    if not jump or bench.store.administration.workspace() is None:
        return jump
    with bench.store.transaction():
        if not _is_entered(bench, jump, now):
            seconds = round(jump.total_seconds())
            way = "forward" if seconds > 0 else "back"
            bench.enter(
                bench.event(
                    AuditType.CLOCK_CHANGED,
                    f"The clock of this machine was set {way} by {plural(abs(seconds), 'second')}",
                    result=AuditResult.FAILURE if seconds < 0 else AuditResult.SUCCESS,
                    by_program=True,
                    seconds=jump.total_seconds(),
                    before=before.utc.isoformat(),
                    after=now.utc.isoformat(),
                )
            )
    return jump


def _back_across_restart(before: Moment, now: Moment) -> timedelta:
    """Give how far the clock stands before the last entry after a restart, which no time off can explain."""
    back = now.utc - before.utc
    return back if before.boot_id != now.boot_id and back < -CLOCK_TOLERANCE else timedelta(0)


def _is_entered(bench: Workbench, jump: timedelta, now: Moment) -> bool:
    """Whether another relocker has entered this very jump just now: the same clocks fit its entry."""
    entry = bench.store.ledger.last(AuditType.CLOCK_CHANGED)
    if entry is None or entry.moment.boot_id != now.boot_id:
        return False
    passed = timedelta(microseconds=now.boot_us - entry.moment.boot_us)
    if abs(passed.total_seconds()) > SAME_JUMP_SECONDS:
        return False
    # After the entry the clock went on evenly until now: then there was no second jump.
    return abs((now.utc - entry.moment.utc) - passed) <= CLOCK_TOLERANCE
