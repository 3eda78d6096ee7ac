"""Windows for tests of the timeline: made by hand, or a plausible office's year."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.timeline import HotfixWindow, Mark, MarkKind

NOW = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)
NOW_US = to_microseconds(NOW)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
REASONS = (
    "VAT is rounded wrongly on invoices",
    "Portal users cannot log in after the update",
    "Nightly import stops at empty phone numbers",
    "Case queue does not refresh",
)


def window(
    hotfix: int = 1,
    package: str = "UsrInvoices",
    opened: int = NOW_US - HOUR,
    minutes: float = 18,
    granted: float = 30,
    *,
    still_open: bool = False,
    ending: str = "locked",
    marks: tuple[tuple[MarkKind, int], ...] = (),
    reason: str = REASONS[0],
) -> HotfixWindow:
    """A window that was open for ``minutes`` of the ``granted`` ones."""
    first = hotfix * 10
    return HotfixWindow(
        hotfix=hotfix,
        package=package,
        opened_by="ikoval",
        reason=reason,
        ticket="INC-4821",
        opened_us=opened,
        deadline_us=opened + round(granted * MINUTE),
        closed_us=None if still_open else opened + round(minutes * MINUTE),
        ending="" if still_open else ending,
        overdue_us=None,
        first_seq=first,
        last_seq=first + 3,
        marks=tuple(Mark(kind, at, first + 1) for kind, at in marks),
    )


def office(count: int, packages: int, days: float, seed: int = 1) -> tuple[HotfixWindow, ...]:
    """So many windows in the last days: none overlaps in a package, one in twelve overran, the last one is open."""
    chance = random.Random(seed)
    free = {f"Usr{name}": NOW_US - round(days * DAY) for name in _names(packages)}
    step = days * DAY / count
    found = []
    at = NOW_US - round(days * DAY)
    for hotfix in range(1, count + 1):
        at += round(step * chance.uniform(0.2, 1.7))
        package = chance.choice(list(free))
        opened = max(at, free[package] + MINUTE)
        length = min(chance.choice((4, 12, 18, 25, 30)), step * packages / MINUTE / 3)
        marks: list[tuple[MarkKind, int]] = []
        granted, late = max(30.0, length), chance.random()
        if late < 0.08:
            granted, length = length, length * chance.uniform(1.4, 3.0)
            marks.append((MarkKind.RELOCK_FAILED, opened + round(granted * MINUTE)))
        elif late < 0.22:
            marks.append((MarkKind.EXTENSION, opened + round(length * MINUTE * 0.8)))
        elif late < 0.25:
            marks.append((MarkKind.LATE_WRITE, opened + round(length * MINUTE * 1.2)))
        if opened + length * MINUTE > NOW_US - MINUTE:
            break
        free[package] = opened + round(length * MINUTE * 1.3)
        ending = "failed" if chance.random() < 0.03 else "locked"
        reason = chance.choice(REASONS)
        found.append(window(hotfix, package, opened, length, granted, ending=ending, marks=tuple(marks), reason=reason))
    last = max(free.values())
    package = next(iter(free))
    opened = max(NOW_US - 24 * MINUTE, min(last, NOW_US - MINUTE))
    found.append(window(count + 1, package, opened, still_open=True))
    return tuple(found)


def _names(count: int) -> list[str]:
    known = (
        "Invoices",
        "Portal",
        "CustomerInvoices",
        "LeadManagementIntegration",
        "Sales",
        "Case",
        "Campaign",
        "Order",
    )
    return [known[n] if n < len(known) else f"Package{n:03}" for n in range(count)]
