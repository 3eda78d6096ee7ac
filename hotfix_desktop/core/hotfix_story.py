"""The story of a hotfix: its window in time, and what its entries tell beyond that; what a report goes by.

The entries are the evidence; the table of hotfixes is only the program's memory and is not asked here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from hotfix_desktop.core.audit import AuditResult, AuditType, Fields
from hotfix_desktop.core.clock import from_microseconds, to_microseconds
from hotfix_desktop.core.timeline import HotfixEntry, HotfixWindow, window_of

_FAILURES = frozenset({AuditType.RELOCK_FAILED.value, AuditType.LOCK_FAILED.value})
_ENDS = frozenset({AuditType.LOCKED.value, AuditType.RELOCKED.value})
_REVIEWS = frozenset({AuditType.HOTFIX_REVIEWED.value, AuditType.HOTFIX_OBJECTED.value})


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an auditor said of a hotfix."""

    objected: bool
    by: str
    at: datetime
    remark: str


@dataclass(frozen=True, slots=True)
class HotfixStory:
    """One hotfix as its entries tell it.

    Attributes:
        window: from when to when, by whom and why.
        was_open: whether its files were opened, so that anybody could write.
        extensions: the minutes of each extension.
        closed_by: who or what locked it, empty while it is open.
        end: the sentence of the entry of its end.
        failures: what each failed lock or relock said.
        writers: the programs that could still write when it was locked.
        late_writes: what each change after the lock said.
        opinion: what an auditor said last, None when nobody did.
    """

    window: HotfixWindow
    was_open: bool = False
    extensions: tuple[int, ...] = ()
    closed_by: str = ""
    end: str = ""
    failures: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    late_writes: tuple[str, ...] = ()
    opinion: Opinion | None = None

    @property
    def to_review(self) -> bool:
        """Whether it waits for an auditor: it is closed, and nobody has said anything."""
        return self.window.closed_us is not None and self.opinion is None

    def open_for(self, now: datetime) -> timedelta:
        """Give how long its window was; until ``now`` while it is open, nothing when it never was."""
        if not self.was_open:
            return timedelta(0)
        return timedelta(microseconds=self.window.end_us(to_microseconds(now)) - self.window.opened_us)

    def overrun(self, now: datetime) -> timedelta:
        """Give how long it was open past its deadline, nothing within the grace."""
        late = self.window.overrun_us(to_microseconds(now)) if self.was_open else 0
        return timedelta(microseconds=late)


def stories(entries: Iterable[tuple[Fields, bytes]]) -> Iterator[HotfixStory]:
    """Tell each hotfix from fields and bodies, ordered by hotfix and then by number."""
    for _, some in groupby(entries, lambda entry: entry[0].hotfix):
        yield story(list(some))


def story(entries: Sequence[tuple[Fields, bytes]]) -> HotfixStory:
    """Tell one hotfix from its entries, at least one, in the order of the log."""
    window = window_of(
        [HotfixEntry(int(f.hotfix), f.seq, f.utc_us, f.type, f.result, f.package, f.owner, body) for f, body in entries]
    )
    was_open, extensions, failures, late_writes = False, [], [], []
    end: Fields | None = None
    opinion: Opinion | None = None
    for entry, _ in entries:
        if entry.type in _FAILURES:
            failures.append(entry.description)
        elif entry.type == AuditType.CHANGED_AFTER_RELOCK.value:
            late_writes.append(entry.description)
        elif entry.result != AuditResult.SUCCESS.value:
            continue
        elif entry.type == AuditType.UNLOCKED.value:
            was_open = True
        elif entry.type == AuditType.EXTENDED.value:
            extensions.append(_minutes(detail_of(entry)))
        elif entry.type in _ENDS and end is None:
            end = entry
        elif entry.type in _REVIEWS:
            opinion = _opinion(entry)
    return HotfixStory(
        window=window,
        was_open=was_open,
        extensions=tuple(extensions),
        closed_by=end.owner if end else "",
        end=end.description if end else "",
        failures=tuple(failures),
        writers=_writers(detail_of(end)) if end else (),
        late_writes=tuple(late_writes),
        opinion=opinion,
    )


def detail_of(entry: Fields) -> dict[str, Any]:
    """Give the further facts of an entry; empty for a detail that is none of ours."""
    try:
        found = json.loads(entry.detail) if entry.detail else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _opinion(entry: Fields) -> Opinion:
    remark = detail_of(entry).get("remark")
    return Opinion(
        entry.type == AuditType.HOTFIX_OBJECTED.value,
        entry.owner,
        from_microseconds(entry.utc_us),
        remark if isinstance(remark, str) else "",
    )


def _minutes(facts: dict[str, Any]) -> int:
    found = facts.get("minutes")
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _writers(facts: dict[str, Any]) -> tuple[str, ...]:
    found = facts.get("writers")
    if not isinstance(found, list):
        return ()
    return tuple(
        f"{each.get('program') or 'a program'} in {each.get('path') or 'a file'}"
        for each in found
        if isinstance(each, dict)
    )
