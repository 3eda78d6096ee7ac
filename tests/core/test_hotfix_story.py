"""The story of a hotfix, told from its entries alone."""

import json
from datetime import UTC, datetime, timedelta

from hotfix_desktop.core.audit import AuditResult, AuditType, Entry, Event, encode, fields_of
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.hotfix_story import detail_of, stories, story

OPENED = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
DEADLINE = OPENED + timedelta(minutes=30)


def entry(seq, kind, after=0.0, *, result=AuditResult.SUCCESS, hotfix=7, owner="ann", text="said", **detail):
    event = Event(
        kind, result, owner, "10.0.0.1", text, "Case", reason="VAT", ticket="INC-1",
        detail=json.dumps(detail) if detail else "", hotfix=hotfix,
    )  # fmt: skip
    body = encode(Entry(seq, Moment(OPENED + timedelta(minutes=after), 1, "boot"), event))
    return fields_of(body), body


def opened(*, hotfix=7, seq=1):
    return [
        entry(seq, AuditType.UNLOCK_REQUESTED, hotfix=hotfix, minutes=30, deadline=DEADLINE.isoformat()),
        entry(seq + 1, AuditType.UNLOCKED, 0.01, hotfix=hotfix, deadline=DEADLINE.isoformat()),
    ]


def ended(seq=9, after=20.0, kind=AuditType.LOCKED, **detail):
    return entry(seq, kind, after, text="Locked after hotfix: VAT", ending="locked", overdue_seconds=0, **detail)


def test_a_whole_hotfix_is_told_from_its_entries():
    told = story([*opened(), ended()])
    assert (told.window.hotfix, told.window.package, told.window.reason, told.window.ticket) == (
        7, "Case", "VAT", "INC-1",
    )  # fmt: skip
    assert told.was_open
    assert told.closed_by == "ann"
    assert told.end == "Locked after hotfix: VAT"
    assert told.open_for(OPENED + timedelta(days=9)) == timedelta(minutes=20)
    assert told.overrun(OPENED + timedelta(days=9)) == timedelta(0)


def test_an_open_hotfix_lasts_until_now_and_overruns_past_its_deadline():
    told = story(opened())
    assert told.open_for(OPENED + timedelta(minutes=12)) == timedelta(minutes=12)
    assert told.overrun(DEADLINE + timedelta(seconds=5)) == timedelta(0)
    assert told.overrun(DEADLINE + timedelta(seconds=6)) == timedelta(seconds=6)
    assert not told.to_review


def test_an_unlock_that_failed_was_never_open():
    told = story([opened()[0], entry(2, AuditType.LOCKED, 50, ending="failed", overdue_seconds=1200)])
    assert not told.was_open
    assert told.open_for(DEADLINE) == timedelta(0)
    assert told.overrun(DEADLINE + timedelta(days=1)) == timedelta(0)


def test_what_went_wrong_is_kept_in_its_own_words():
    told = story(
        [
            *opened(),
            entry(3, AuditType.EXTENDED, 10, minutes=15, deadline=(DEADLINE + timedelta(minutes=15)).isoformat()),
            entry(4, AuditType.EXTENDED, 11, result=AuditResult.DENIED, minutes=60),
            entry(5, AuditType.RELOCK_FAILED, 45, result=AuditResult.FAILURE, text="Busy disk"),
            entry(6, AuditType.LOCK_FAILED, 46, result=AuditResult.FAILURE, text="Still busy"),
            ended(7, 47, writers=[{"program": "vim", "path": "a.js", "pid": 1}, "odd", {}]),
            entry(8, AuditType.CHANGED_AFTER_RELOCK, 48, result=AuditResult.FAILURE, text="1 changed"),
        ]
    )
    assert told.extensions == (15,)
    assert told.failures == ("Busy disk", "Still busy")
    assert told.writers == ("vim in a.js", "a program in a file")
    assert told.late_writes == ("1 changed",)


def test_the_last_word_of_an_auditor_counts():
    objected = entry(10, AuditType.HOTFIX_OBJECTED, 60, owner="eve", remark="Why?")
    refused = entry(11, AuditType.HOTFIX_REVIEWED, 61, owner="ann", result=AuditResult.DENIED)
    told = story([*opened(), ended(), objected, refused])
    assert told.opinion is not None
    assert (told.opinion.objected, told.opinion.by, told.opinion.remark) == (True, "eve", "Why?")
    assert not told.to_review
    settled = story([*opened(), ended(), objected, entry(12, AuditType.HOTFIX_REVIEWED, 62, owner="eve")])
    assert settled.opinion is not None
    assert not settled.opinion.objected
    assert story([*opened(), ended()]).to_review


def test_hotfixes_are_told_one_by_one():
    told = list(stories([*opened(hotfix=1), *opened(hotfix=2, seq=3)]))
    assert [(each.window.hotfix, each.window.first_seq, each.window.last_seq) for each in told] == [
        (1, 1, 2), (2, 3, 4),
    ]  # fmt: skip


def test_a_detail_that_is_none_of_ours_tells_nothing():
    assert detail_of(entry(1, AuditType.LOCKED)[0]) == {}
    for text in ("no json", "[1]", "[" * 100_000):
        fields, _ = entry(1, AuditType.LOCKED)
        odd = Event(AuditType.LOCKED, AuditResult.SUCCESS, "ann", "", "", detail=text, hotfix=7)
        assert detail_of(fields_of(encode(Entry(1, Moment(OPENED, 1, ""), odd)))) == {}
        assert fields.detail == ""
