"""Facts for the tests of the report: made by hand, so that each says what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hotfix_desktop.core.audit import Fields
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.hotfix_story import HotfixStory
from hotfix_desktop.core.timeline import HotfixWindow
from hotfix_desktop.core.verdict import AnchorSeen, Verdict
from hotfix_desktop.services.report_facts import ReportFacts, Share, Sums

SINCE = datetime(2026, 10, 1, tzinfo=UTC)
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)
OPENED = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


def facts(**more: object) -> ReportFacts:
    """Give the facts of October, in which nothing happened."""
    empty = ReportFacts(
        workspace="Production",
        location="/srv/Pkg",
        log_id="ab" * 32,
        made_by="eve",
        made_at=NOW,
        version="1.2.3",
        sentence="from 2026-10-01T00:00:00Z, before 2026-11-01T00:00:00Z",
        since=SINCE,
        until=UNTIL,
        entries=0,
        first=0,
        last=0,
        newest=40,
    )
    return replace(empty, **more)  # type: ignore[arg-type]


def hotfix(number: int = 7, minutes: float | None = 20, package: str = "Case", **more: object) -> HotfixStory:
    """Give one that ann opened for half an hour and locked after so many minutes; None for one that is open."""
    closed = None if minutes is None else to_microseconds(OPENED + timedelta(minutes=minutes))
    late = None if minutes is None else max(0, round((minutes - 30) * 60_000_000))
    window = HotfixWindow(
        hotfix=number,
        package=package,
        opened_by="ann",
        reason="VAT is wrong",
        ticket="INC-1",
        opened_us=to_microseconds(OPENED),
        deadline_us=to_microseconds(OPENED + timedelta(minutes=30)),
        closed_us=closed,
        ending="" if closed is None else "locked",
        overdue_us=late,
        first_seq=3,
        last_seq=5,
    )
    told = HotfixStory(window, was_open=True, closed_by="" if closed is None else "ann")
    return replace(told, **more)  # type: ignore[arg-type]


def some(count: int = 1, **more: object) -> ReportFacts:
    """Give the facts of a month with so many ordinary hotfixes."""
    told = tuple(hotfix(number) for number in range(1, count + 1))
    open_for = timedelta(minutes=20)
    ordinary = facts(
        entries=3 * count,
        first=1,
        last=3 * count,
        sums=Sums(opened=count, open_for=count * open_for, longest=open_for, to_review=count),
        hotfixes=told,
        windows=tuple(each.window for each in told),
        packages=(Share("Case", count, count * open_for, 0),),
        packages_total=1,
        people=(Share("ann", count, count * open_for, 0, 3 * count),),
    )
    return replace(ordinary, **more)  # type: ignore[arg-type]


def entry(seq: int, kind: str, text: str, **more: object) -> Fields:
    """Give the fields of an entry."""
    plain = Fields(
        seq, to_microseconds(OPENED), 1, "boot", "bob", "10.0.0.2", kind, "Success", "Case", "", text, "", "", "", ""
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def verdict(**more: object) -> Verdict:
    """Give that of a whole log that is signed and anchored up to entry 40."""
    whole = Verdict(
        "ab" * 32,
        first=1,
        since=1,
        upto=40,
        at=NOW,
        signed_upto=40,
        signed_at=NOW,
        signed_by="7F3A 0C11 92BE 44D0",
        key_place="the keyring of this computer",
        anchors=(AnchorSeen("/anchors/log", 40, NOW),),
    )
    return replace(whole, **more)  # type: ignore[arg-type]
