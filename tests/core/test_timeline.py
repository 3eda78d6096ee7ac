"""Windows from entries: what each entry tells, what a missing or damaged one takes away, and any history at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.audit import AuditResult, AuditType, Entry, Event, encode
from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.lifecycle import Ending
from hotfix_desktop.core.timeline import (
    GRACE_US,
    LATEST_US,
    HotfixEntry,
    MarkKind,
    Timeline,
    drawn_ends,
    window_of,
    windows_of,
)

START = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
START_US = to_microseconds(START)
MINUTE = 60_000_000
NOW = START_US + 600 * MINUTE


def iso(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def entry(
    seq: int,
    kind: AuditType,
    after: float = 0,
    hotfix: int = 7,
    result: AuditResult = AuditResult.SUCCESS,
    package: str = "UsrInvoices",
    **detail: object,
) -> HotfixEntry:
    at = START + timedelta(minutes=after)
    event = Event(
        type=kind,
        result=result,
        owner="ann" if kind is not AuditType.RELOCKED else "Hotfix Desktop",
        ip_address="10.0.0.7",
        description="what happened",
        package=package,
        reason="VAT is wrong",
        ticket="INC-1",
        detail=json.dumps(detail) if detail else "",
        hotfix=hotfix,
    )
    body = encode(Entry(seq, Moment(at, 1, "boot"), event))
    return HotfixEntry(hotfix, seq, to_microseconds(at), kind.value, result.value, package, event.owner, body)


REQUESTED = entry(1, AuditType.UNLOCK_REQUESTED, 0, minutes=30, deadline=iso(30))
UNLOCKED = entry(2, AuditType.UNLOCKED, 0.01, deadline=iso(30))
EXTENDED = entry(3, AuditType.EXTENDED, 20, minutes=15, deadline=iso(45), deadline_before=iso(30))
FAILED = entry(4, AuditType.RELOCK_FAILED, 45.1, result=AuditResult.FAILURE)
RELOCKED = entry(5, AuditType.RELOCKED, 47, ending="relocked", overdue_seconds=120)
LATE = entry(6, AuditType.CHANGED_AFTER_RELOCK, 48, result=AuditResult.FAILURE, changed=["a"])
STORY = [REQUESTED, UNLOCKED, EXTENDED, FAILED, RELOCKED, LATE]


def test_a_whole_story_is_one_window():
    window = window_of(STORY)
    assert (window.hotfix, window.package, window.opened_by) == (7, "UsrInvoices", "ann")
    assert (window.reason, window.ticket) == ("VAT is wrong", "INC-1")
    assert window.opened == START
    assert window.deadline == START + timedelta(minutes=45)
    assert window.closed == START + timedelta(minutes=47)
    assert window.ending == Ending.RELOCKED
    assert window.overrun_us(NOW) == 2 * MINUTE
    assert (window.first_seq, window.last_seq) == (1, 6)
    assert [(mark.kind, mark.seq) for mark in window.marks] == [
        (MarkKind.EXTENSION, 3),
        (MarkKind.RELOCK_FAILED, 4),
        (MarkKind.LATE_WRITE, 6),
    ]


def test_a_lock_failed_by_hand_is_marked_too():
    assert window_of([REQUESTED, entry(2, AuditType.LOCK_FAILED, 1)]).marks[0].kind is MarkKind.RELOCK_FAILED


def test_a_refused_extension_is_none():
    refused = entry(3, AuditType.EXTENDED, 20, result=AuditResult.DENIED, deadline=iso(45))
    window = window_of([REQUESTED, refused])
    assert window.marks == ()
    assert window.deadline == START + timedelta(minutes=30)


def test_an_open_window_reaches_to_now_and_overruns_from_its_deadline_on():
    window = window_of([REQUESTED, UNLOCKED])
    assert window.closed is None
    assert window.end_us(START_US + 10 * MINUTE) == START_US + 10 * MINUTE
    assert window.end_us(START_US - MINUTE) == START_US
    assert window.overrun_us(START_US + 30 * MINUTE + GRACE_US) == 0
    assert window.overrun_us(START_US + 31 * MINUTE) == MINUTE


def test_what_the_lock_says_of_its_lateness_counts_more_than_the_wall_clock():
    # Due by the boot-time clock, after the wall clock was set back.
    late = entry(5, AuditType.RELOCKED, 20, ending="relocked", overdue_seconds=300)
    assert window_of([REQUESTED, late]).overrun_us(NOW) == 5 * MINUTE
    silent = entry(5, AuditType.RELOCKED, 33, ending="relocked")
    assert window_of([REQUESTED, silent]).overrun_us(NOW) == 3 * MINUTE


def test_the_grace_is_no_overrun():
    in_time = entry(5, AuditType.RELOCKED, 30.02, ending="relocked", overdue_seconds=1)
    assert window_of([REQUESTED, in_time]).overrun_us(NOW) == 0


@pytest.mark.parametrize("ending", ["failed", "cancelled"])
def test_an_unlock_that_failed_never_opened_and_never_overran(ending):
    window = window_of([REQUESTED, entry(2, AuditType.LOCKED, 40, ending=ending, overdue_seconds=600)])
    assert window.never_opened
    assert window.overrun_us(NOW) == 0


def test_a_relock_that_was_entered_hours_later_ended_when_the_files_were_closed():
    drained = entry(5, AuditType.RELOCKED, 300, ending="relocked", overdue_seconds=7, entered_late="The disk is full.")
    assert window_of([REQUESTED, drained]).closed_us == START_US + 30 * MINUTE + 7_000_000
    told = entry(5, AuditType.RELOCKED, 300, ending="relocked", entered_late="…", closed=iso(12), overdue_seconds=0)
    assert window_of([REQUESTED, told]).closed == START + timedelta(minutes=12)
    unknown = entry(5, AuditType.RELOCKED, 300, ending="relocked", entered_late="…", overdue_seconds=0)
    assert window_of([REQUESTED, unknown]).closed == START + timedelta(minutes=300)


def test_the_first_lock_counts():
    again = entry(9, AuditType.LOCKED, 90, ending="locked")
    assert window_of([*STORY, again]).closed == START + timedelta(minutes=47)


def test_without_its_first_entries_a_window_tells_the_rest():
    window = window_of([EXTENDED, RELOCKED])
    assert window.opened == START + timedelta(minutes=20)
    assert window.deadline == START + timedelta(minutes=45)
    assert window.closed == START + timedelta(minutes=47)


def test_minutes_stand_in_for_a_deadline_that_is_missing():
    window = window_of([entry(1, AuditType.UNLOCK_REQUESTED, 0, minutes=30)])
    assert window.deadline == START + timedelta(minutes=30)


@pytest.mark.parametrize(
    "body", [b"", b"\x01\x02", REQUESTED.body[:-1], REQUESTED.body.replace(b'{"minutes"', b"[[[[[[[[[[")]
)
def test_a_damaged_body_takes_away_only_what_it_told(body):
    window = window_of([REQUESTED._replace(body=body), RELOCKED])
    assert window.opened == START
    assert window.deadline is None
    assert window.opened_by == "ann"
    assert window.package == "UsrInvoices"
    assert window.overrun_us(NOW) == 2 * MINUTE


@pytest.mark.parametrize(
    "detail",
    [
        {"deadline": "soon"},
        {"deadline": 17},
        {"deadline": "2026-11-23T14:32:00"},
        {"deadline": "0001-01-01T00:00:00+14:00"},
        {"minutes": "many"},
        {"minutes": 10**30},
    ],
)
def test_nonsense_in_a_detail_is_no_deadline(detail):
    window = window_of([entry(1, AuditType.UNLOCK_REQUESTED, 0, **detail)])
    assert window.deadline_us is None


def test_a_time_that_no_calendar_holds_is_brought_back_into_one():
    window = window_of([REQUESTED._replace(at_us=2**62, body=b""), RELOCKED._replace(at_us=-(2**62))])
    assert (window.opened_us, window.closed_us) == (LATEST_US, LATEST_US)
    assert window.opened.year >= 9998


def test_windows_stand_in_the_order_of_their_opening():
    later = [entry(n, k, m, hotfix=3) for n, k, m in ((8, AuditType.UNLOCK_REQUESTED, 60), (9, AuditType.LOCKED, 65))]
    assert [w.hotfix for w in windows_of([*later, *reversed(STORY)])] == [7, 3]


def test_a_window_without_an_end_ends_where_the_next_one_begins():
    first = window_of([REQUESTED])
    second = replace(first, hotfix=8, opened_us=START_US + 50 * MINUTE)
    assert drawn_ends([first, second], NOW) == [START_US + 50 * MINUTE, NOW]


def test_a_window_touches_a_period_by_its_bar_or_by_a_mark():
    window = window_of(STORY)
    assert window.touches(None, None, NOW)
    assert window.touches(START_US + 10 * MINUTE, START_US + 11 * MINUTE, NOW)
    assert window.touches(START_US + 47 * MINUTE + 1, START_US + 49 * MINUTE, NOW)  # the late write
    assert not window.touches(START_US + 49 * MINUTE, None, NOW)
    assert not window.touches(None, START_US, NOW)


def test_news_replace_what_they_are_about():
    first = window_of([REQUESTED])
    news = window_of(STORY)
    other = replace(first, hotfix=9, opened_us=START_US + MINUTE)
    merged = Timeline((first, other), 2).with_news(Timeline((news,), 6))
    assert merged == Timeline((news, other), 6)


kinds = st.sampled_from([kind.value for kind in AuditType] + ["Hotfix delivered", "Anything else", ""])
details = st.one_of(
    st.just(""),
    st.text(max_size=30),
    st.dictionaries(
        st.sampled_from(["deadline", "minutes", "ending", "overdue_seconds", "entered_late", "closed"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(iso(3))),
    ).map(json.dumps),
)


@st.composite
def any_entries(draw: st.DrawFn) -> list[HotfixEntry]:
    found = []
    for seq in range(1, draw(st.integers(1, 12)) + 1):
        event = Event(
            AuditType.LOCKED, AuditResult.SUCCESS, "ann", "", "", detail=draw(details), hotfix=1, reason=draw(st.text())
        )
        body = encode(Entry(seq, Moment(START, 1, ""), event))
        cut = draw(st.one_of(st.none(), st.integers(0, len(body))))
        found.append(
            HotfixEntry(
                draw(st.integers(1, 3)),
                seq,
                draw(st.integers(-(2**63), 2**63 - 1)),
                draw(kinds),
                draw(st.sampled_from(["Success", "Failure", "Denied", "?"])),
                draw(st.sampled_from(["A", "B", ""])),
                draw(st.text(max_size=3)),
                body[:cut],
            )
        )
    return found


@given(any_entries(), st.integers(0, LATEST_US))
def test_no_history_raises_and_each_hotfix_has_one_window(entries, now):
    windows = windows_of(entries)
    assert sorted(w.hotfix for w in windows) == sorted({e.hotfix for e in entries})
    for window in windows:
        assert window.opened_us <= window.end_us(now) <= LATEST_US
        assert window.first_seq <= window.last_seq
        assert window.overrun_us(now) >= 0
        assert window.opened.tzinfo is UTC
        assert window.deadline is None or window.deadline.tzinfo is UTC
        assert window.closed is None or window.closed >= window.opened


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90), st.booleans()), min_size=1, max_size=12))
def test_windows_of_a_package_never_overlap_on_a_clock_that_only_runs_forward(story):
    entries, minutes, seq = [], 0, 0
    for hotfix, (before, length, is_told) in enumerate(story, 1):
        minutes += before
        entries.append(entry(seq := seq + 1, AuditType.UNLOCK_REQUESTED, minutes, hotfix, minutes=30))
        minutes += length
        if is_told:
            entries.append(entry(seq := seq + 1, AuditType.LOCKED, minutes, hotfix, ending="locked"))
    windows = windows_of(entries)
    ends = drawn_ends(windows, START_US + (minutes + 1) * MINUTE)
    for window, end, following in zip(windows, ends, windows[1:], strict=False):
        assert window.opened_us <= end <= following.opened_us
