"""Reviews: each closed hotfix is looked at by an auditor, who is another person than the one who opened it.

Where the opener is the only auditor, they may review it themselves, and the entry says so. A review is final; an
objection stands until an auditor turns it into a review.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.lifecycle import Ending, Hotfix, HotfixState
from hotfix_desktop.core.roles import Act, Role, why_not
from hotfix_desktop.core.texts import REASON_LIMIT, clean_line, plural

LATE = timedelta(seconds=5)
"""The grace of promise P1: what was locked within it was locked in time."""
NEVER_OPEN = frozenset({Ending.FAILED, Ending.CANCELLED})
"""Endings of hotfixes whose package was closed again before anybody could work in it."""


class ReviewVerdict(StrEnum):
    """What an auditor said of a hotfix; the values are stored."""

    REVIEWED = "reviewed"
    OBJECTED = "objected"


class ReviewState(StrEnum):
    """Which hotfixes a list shows; the values are the words on the screen."""

    TO_REVIEW = "To review"
    OBJECTED = "Objected to"
    REVIEWED = "Reviewed"


class Changed(StrEnum):
    """What is known of whether a hotfix changed its package; the values are the words on the screen."""

    NOTHING = "Nothing"
    SOMETHING = "Something"
    UNKNOWN = "Not known"


@dataclass(frozen=True, slots=True)
class Review:
    """What an auditor said of a hotfix last."""

    verdict: ReviewVerdict
    remark: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """How many closed hotfixes wait, were objected to, and were reviewed."""

    to_review: int = 0
    objected: int = 0
    reviewed: int = 0


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A closed hotfix as an auditor sees it.

    Attributes:
        changed: what is known of whether it changed its package.
        late_writes: how often something was written to the package after the lock by a program that had it open.
        review: what was said of it last; None while it waits.
    """

    hotfix: Hotfix
    changed: Changed
    late_writes: int = 0
    review: Review | None = None

    @property
    def state(self) -> ReviewState:
        """The list that it stands in."""
        return state_of(self.review)

    @property
    def duration(self) -> timedelta:
        """From unlock to lock."""
        closed = self.hotfix.closed_at
        return closed - self.hotfix.lease.opened.utc if closed is not None else timedelta(0)

    @property
    def overrun(self) -> timedelta:
        """How long after its deadline it was locked; zero where that was in time."""
        closed = self.hotfix.closed_at
        late = closed - self.hotfix.lease.deadline if closed is not None else timedelta(0)
        return late if late >= LATE else timedelta(0)

    def flags(self) -> tuple[str, ...]:
        """Say what an auditor should look at, each in a few words."""
        hotfix = self.hotfix
        said = []
        if self.overrun:
            said.append("overrun by " + span(self.overrun))
        if hotfix.extended_minutes:
            said.append(f"extended by {plural(hotfix.extended_minutes, 'minute')}")
        if hotfix.attempts:
            said.append(plural(hotfix.attempts, "failed relock"))
        if self.late_writes:
            said.append("changed after the lock")
        elif hotfix.writers:
            said.append("still open for writing at the lock")
        return tuple(said)


def state_of(review: Review | None) -> ReviewState:
    """Give the list that a hotfix with this review stands in."""
    if review is None:
        return ReviewState.TO_REVIEW
    return ReviewState.OBJECTED if review.verdict is ReviewVerdict.OBJECTED else ReviewState.REVIEWED


def changed_of(
    hotfix: Hotfix, late_writes: int, before: str, after: str, *, after_is_its_own: bool, changes: int | None = None
) -> Changed:
    """Say what is known of whether a hotfix changed its package.

    ``before`` and ``after`` are digests of all contents at unlock and now, empty where nobody knows;
    ``after_is_its_own`` says that the latter was taken when this hotfix was locked. ``changes`` counts what it
    changed, where that was recorded. What is not known is never "nothing".
    """
    if late_writes or changes:
        return Changed.SOMETHING
    if hotfix.writers:
        return Changed.UNKNOWN
    if changes == 0 or hotfix.ending in NEVER_OPEN:
        return Changed.NOTHING
    if not before or not after:
        return Changed.UNKNOWN
    if before == after:
        return Changed.NOTHING
    return Changed.SOMETHING if after_is_its_own else Changed.UNKNOWN


def why_not_review(
    hotfix: Hotfix, review: Review | None, verdict: ReviewVerdict, user: str, roles: Collection[Role], lone: bool
) -> str:
    """Why somebody may not say this of a hotfix, in one sentence; empty when they may.

    ``lone`` says that there is no auditor but ``user``.
    """
    name = hotfix.package_name
    denied = why_not(Act.REVIEW, user, roles)
    if denied:
        return denied
    if hotfix.state is not HotfixState.CLOSED:
        return f"{name} is still open; a hotfix is reviewed when it is closed."
    if review is not None and review.verdict is ReviewVerdict.REVIEWED:
        return f"{review.by} has reviewed this hotfix of {name} already."
    if review is not None and verdict is ReviewVerdict.OBJECTED:
        return f"{review.by} has objected to this hotfix of {name} already."
    if is_own(hotfix, user) and not lone:
        return f"{user} opened this hotfix of {name}; another auditor reviews it."
    return ""


def is_own(hotfix: Hotfix, user: str) -> bool:
    """Whether somebody would review what they opened themselves."""
    return hotfix.opened_by == user


def checked_remark(remark: str, verdict: ReviewVerdict) -> str:
    """Give a remark on one line; an objection needs one. Raises ``InvalidInput`` with the field "remark"."""
    cleaned = clean_line(remark, "remark", "A remark", REASON_LIMIT)
    if not cleaned and verdict is ReviewVerdict.OBJECTED:
        raise InvalidInput("remark", "An objection needs a remark that says why.")
    return cleaned


def sentence_of(item: ReviewItem, verdict: ReviewVerdict, remark: str, user: str) -> str:
    """Give the sentence of the entry."""
    hotfix = item.hotfix
    what = f"Hotfix {hotfix.number} of {hotfix.package_name} by {hotfix.opened_by}"
    if verdict is ReviewVerdict.REVIEWED:
        said = f"Reviewed: {what}" if item.review is None else f"Objection settled: {what}"
    else:
        said = f"Objected to: {what}"
    if remark:
        said += f". {remark}"
    if is_own(hotfix, user):
        said += f" (by {user}, who opened it: there is no other auditor)"
    return said


def span(length: timedelta) -> str:
    """Give a length of time in its two largest units: "2 h 5 min", "40 s"."""
    seconds = max(0, int(length.total_seconds()))
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for word, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {word}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"
