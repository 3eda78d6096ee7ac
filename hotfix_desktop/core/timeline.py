"""Hotfixes as windows in time, read from the entries of the audit log: what the timeline and the report draw.

They come from the log and not from the table of hotfixes, because the log is what is proven. An entry that is
damaged or missing takes away what it would have told, and nothing else: nothing here raises for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hotfix_desktop.core.audit import AuditResult, AuditType, Fields, fields_of
from hotfix_desktop.core.clock import from_microseconds, to_microseconds

LATEST_US = 253_370_764_800_000_000
"""The year 9999: a time beyond it is damage, and no calendar holds it."""
GRACE_US = 5_000_000
"""What a lock may be late without being an overrun, microseconds (``design.md`` 5, P1)."""
_NOTHING: dict[str, object] = {}


class HotfixEntry(NamedTuple):
    """What is read of an entry that belongs to a hotfix; ``at_us`` is UTC, microseconds."""

    hotfix: int
    seq: int
    at_us: int
    type: str
    result: str
    package: str
    owner: str
    body: bytes


class MarkKind(StrEnum):
    """What is marked on a window; the values are words for people."""

    EXTENSION = "extended"
    DELIVERY = "delivered"
    RELOCK_FAILED = "relock failed"
    LATE_WRITE = "changed after relock"


class Mark(NamedTuple):
    """Something that happened to a hotfix; ``at_us`` is UTC, microseconds."""

    kind: MarkKind
    at_us: int
    seq: int


MARKED: dict[str, MarkKind] = {
    AuditType.EXTENDED.value: MarkKind.EXTENSION,
    AuditType.RELOCK_FAILED.value: MarkKind.RELOCK_FAILED,
    AuditType.LOCK_FAILED.value: MarkKind.RELOCK_FAILED,
    AuditType.CHANGED_AFTER_RELOCK.value: MarkKind.LATE_WRITE,
    "Hotfix delivered": MarkKind.DELIVERY,  # nothing enters it yet
}
_ENDS = frozenset({AuditType.LOCKED.value, AuditType.RELOCKED.value})
_BEGINS = (AuditType.UNLOCK_REQUESTED.value, AuditType.UNLOCKED.value)


@dataclass(frozen=True, slots=True)
class HotfixWindow:
    """One hotfix from unlock to lock; times are UTC, in microseconds, never later than :data:`LATEST_US`.

    Attributes:
        opened_us: when the lease began; the time of the first entry where that one is missing.
        deadline_us: the last one, after extensions; None when no entry tells it.
        closed_us: when it was locked; None while it is open, or when the log does not tell.
        ending: how it ended, a value of ``Ending``; empty where no entry tells.
        overdue_us: how late the lock was, as its entry says, which also knows the boot-time clock; else None.
        first_seq, last_seq: the first and the last of its entries.
        marks: what happened to it, in the order of the log.
    """

    hotfix: int
    package: str
    opened_by: str
    reason: str
    ticket: str
    opened_us: int
    deadline_us: int | None
    closed_us: int | None
    ending: str
    overdue_us: int | None
    first_seq: int
    last_seq: int
    marks: tuple[Mark, ...] = ()

    @property
    def opened(self) -> datetime:
        """When it was opened, UTC."""
        return from_microseconds(self.opened_us)

    @property
    def deadline(self) -> datetime | None:
        """When it had to be locked, UTC."""
        return None if self.deadline_us is None else from_microseconds(self.deadline_us)

    @property
    def closed(self) -> datetime | None:
        """When it was locked, UTC."""
        return None if self.closed_us is None else from_microseconds(self.closed_us)

    @property
    def never_opened(self) -> bool:
        """Whether the unlock failed or was cancelled, so that nobody could change anything."""
        return self.ending in ("failed", "cancelled")

    def end_us(self, now_us: int) -> int:
        """Give where the window ends: at its lock, else now; never before it begins."""
        return max(self.opened_us, now_us if self.closed_us is None else self.closed_us)

    def overrun_us(self, now_us: int) -> int:
        """Give by how much it went over its time; 0 when that is within the grace of :data:`GRACE_US`."""
        if self.never_opened:
            return 0
        if self.closed_us is not None and self.overdue_us is not None:
            late = self.overdue_us
        elif self.deadline_us is None:
            return 0
        else:
            late = self.end_us(now_us) - self.deadline_us
        return late if late > GRACE_US else 0

    def touches(self, since_us: int | None, until_us: int | None, now_us: int) -> bool:
        """Whether the window, or one of its marks, lies in a period; ``until_us`` is not in it any more."""
        low = 0 if since_us is None else since_us
        high = LATEST_US + 1 if until_us is None else until_us
        if self.opened_us < high and self.end_us(now_us) >= low:
            return True
        return any(low <= mark.at_us < high for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Windows in the order in which they were opened.

    Attributes:
        newest: the number of the log's newest entry when they were read.
        is_part: whether there are older ones that were left out, because there were too many.
    """

    windows: tuple[HotfixWindow, ...] = ()
    newest: int = 0
    is_part: bool = False

    def with_news(self, news: Timeline) -> Timeline:
        """Give the timeline with windows that are new or were read again."""
        known = {window.hotfix: window for window in self.windows}
        known.update((window.hotfix, window) for window in news.windows)
        return Timeline(
            tuple(sorted(known.values(), key=_order)), max(self.newest, news.newest), self.is_part or news.is_part
        )


def windows_of(entries: Iterable[HotfixEntry]) -> tuple[HotfixWindow, ...]:
    """Build the windows of entries in any order, as they were opened."""
    by_hotfix: dict[int, list[HotfixEntry]] = {}
    for entry in entries:
        by_hotfix.setdefault(entry.hotfix, []).append(entry)
    windows = []
    for found in by_hotfix.values():
        found.sort(key=_seq)
        windows.append(window_of(found))
    windows.sort(key=_order)
    return tuple(windows)


def window_of(entries: Sequence[HotfixEntry]) -> HotfixWindow:
    """Build the window of one hotfix from its entries, at least one, in the order of the log."""
    first = _beginning(entries)
    told = _fields(first)
    facts = _facts(told)
    opened = _time(first.at_us)
    deadline = _deadline(facts, opened)
    end: HotfixEntry | None = None
    marks = []
    for entry in entries:
        kind = MARKED.get(entry.type)
        if kind is not None:
            # An extension that was refused is none, the other marks are failures by nature.
            if kind is MarkKind.EXTENSION:
                if entry.result != AuditResult.SUCCESS:
                    continue
                deadline = _deadline(_facts(_fields(entry)), None) or deadline
            marks.append(Mark(kind, _time(entry.at_us), entry.seq))
        elif end is None and entry.type in _ENDS and entry.result == AuditResult.SUCCESS:
            end = entry
    if deadline is not None and deadline < opened:  # no lease is like that
        deadline = None
    closed = overdue = None
    ending = ""
    if end is not None:
        last = _facts(_fields(end))
        ending = _text(last.get("ending"))
        overdue = _seconds(last.get("overdue_seconds"))
        closed = max(opened, _closed(end, last, deadline, overdue))
    return HotfixWindow(
        hotfix=first.hotfix,
        package=first.package,
        opened_by=first.owner,
        reason=told.reason if told else "",
        ticket=told.ticket if told else "",
        opened_us=opened,
        deadline_us=deadline,
        closed_us=closed,
        ending=ending,
        overdue_us=overdue,
        first_seq=entries[0].seq,
        last_seq=entries[-1].seq,
        marks=tuple(marks),
    )


def drawn_ends(windows: Sequence[HotfixWindow], now_us: int) -> list[int]:
    """Give where each window of one package ends on a picture; they stand in the order of their opening.

    One whose end the log does not tell ends at the latest where the next one begins, for a package that is
    open cannot be opened once more.
    """
    ends = [window.end_us(now_us) for window in windows]
    following: int | None = None
    for at in range(len(windows) - 1, -1, -1):
        window = windows[at]
        if window.closed_us is None and following is not None:
            ends[at] = max(window.opened_us, min(ends[at], following))
        following = window.opened_us
    return ends


def _seq(entry: HotfixEntry) -> int:
    return entry.seq


def _order(window: HotfixWindow) -> tuple[int, int]:
    return window.opened_us, window.hotfix


def _beginning(entries: Sequence[HotfixEntry]) -> HotfixEntry:
    for kind in _BEGINS:
        for entry in entries:
            if entry.type == kind and entry.result == AuditResult.SUCCESS:
                return entry
    return entries[0]


def _fields(entry: HotfixEntry) -> Fields | None:
    try:
        return fields_of(entry.body)
    except ValueError:  # damaged; the verification names it, and the columns are still there
        return None


def _facts(fields: Fields | None) -> dict[str, object]:
    if fields is None or not fields.detail:
        return _NOTHING
    try:
        found = json.loads(fields.detail)
    except (ValueError, RecursionError):
        return _NOTHING
    return found if isinstance(found, dict) else _NOTHING


def _deadline(facts: dict[str, object], opened: int | None) -> int | None:
    found = _moment(facts.get("deadline"))
    if found is None and opened is not None:
        minutes = facts.get("minutes")
        if isinstance(minutes, int) and 0 <= minutes <= 10**6:
            return _time(opened + minutes * 60_000_000)
    return found


def _closed(end: HotfixEntry, facts: dict[str, object], deadline: int | None, overdue: int | None) -> int:
    """Give when a hotfix was locked, which is long before its entry when the database was away at that time."""
    entered = _time(end.at_us)
    if "entered_late" not in facts:
        return entered
    told = _moment(facts.get("closed"))
    if told is None and deadline is not None and overdue:
        told = deadline + overdue
    return entered if told is None else min(entered, told)


def _moment(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return _time(to_microseconds(datetime.fromisoformat(value)))
    except (ValueError, OverflowError):
        return None


def _seconds(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**10:
        return value * 1_000_000
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(at_us: int) -> int:
    return min(max(at_us, 0), LATEST_US)
