"""Who may review which hotfix, what is known of its changes, and the words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.lifecycle import Ending, Hotfix, HotfixState
from hotfix_desktop.core.reviews import (
    Changed,
    Review,
    ReviewItem,
    ReviewState,
    ReviewVerdict,
    changed_of,
    checked_remark,
    sentence_of,
    span,
    why_not_review,
)
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.writers import Writer

NOW = Moment(datetime(2026, 3, 29, 12, 0, tzinfo=UTC), 10**9, "boot")
AUDITOR = frozenset({Role.AUDITOR})
REVIEWED, OBJECTED = ReviewVerdict.REVIEWED, ReviewVerdict.OBJECTED
WRITER = Writer(7, "vim", "A.js", False)


def hotfix(ending: Ending = Ending.LOCKED, minutes: float = 20, **more: object) -> Hotfix:
    made = Hotfix(
        number=12,
        package_id=1,
        package_key="Case",
        package_name="Case",
        reason="a button fails",
        ticket="",
        opened_by="ann",
        lease=Lease.starting(NOW, 30),
        state=HotfixState.CLOSED,
        closed_at=NOW.utc + timedelta(minutes=minutes),
        closed_by="ann",
        ending=ending,
    )
    return replace(made, **more)


def said(verdict: ReviewVerdict, by: str = "eve") -> Review:
    return Review(verdict, "why", by, NOW.utc)


# Who may


def test_an_auditor_reviews_what_somebody_else_opened():
    for verdict in ReviewVerdict:
        assert why_not_review(hotfix(), None, verdict, "eve", AUDITOR, lone=False) == ""


def test_nobody_without_the_role_does():
    for roles in (frozenset(), frozenset({Role.ADMINISTRATOR})):
        sentence = why_not_review(hotfix(), None, REVIEWED, "eve", roles, lone=True)
        assert sentence == "eve may not review hotfixes: only members of Auditors may."


def test_the_opener_may_only_where_there_is_no_other_auditor():
    both = frozenset(Role)
    sentence = why_not_review(hotfix(), None, REVIEWED, "ann", both, lone=False)
    assert sentence == "ann opened this hotfix of Case; another auditor reviews it."
    assert why_not_review(hotfix(), None, REVIEWED, "ann", both, lone=True) == ""


@pytest.mark.parametrize("state", [HotfixState.OPENING, HotfixState.OPEN])
def test_an_open_hotfix_is_not_reviewed_yet(state):
    assert "still open" in why_not_review(hotfix(state=state), None, REVIEWED, "eve", AUDITOR, lone=False)


def test_a_review_is_final_and_an_objection_becomes_a_review():
    for verdict in ReviewVerdict:
        sentence = why_not_review(hotfix(), said(REVIEWED, "max"), verdict, "eve", AUDITOR, lone=False)
        assert sentence == "max has reviewed this hotfix of Case already."
    assert why_not_review(hotfix(), said(OBJECTED), REVIEWED, "eve", AUDITOR, lone=False) == ""
    again = why_not_review(hotfix(), said(OBJECTED), OBJECTED, "eve", AUDITOR, lone=False)
    assert again == "eve has objected to this hotfix of Case already."


def test_an_objection_needs_a_remark():
    for empty in ("", "  \n "):
        assert checked_remark(empty, REVIEWED) == ""
        with pytest.raises(InvalidInput, match="An objection needs a remark") as refused:
            checked_remark(empty, OBJECTED)
        assert refused.value.field == "remark"
    assert checked_remark(" too\nlong ", OBJECTED) == "too long"


# What it changed


@pytest.mark.parametrize(
    ("given", "before", "after", "own", "changes", "known"),
    [
        (hotfix(Ending.FAILED), "", "", False, None, Changed.NOTHING),
        (hotfix(Ending.CANCELLED), "", "", False, None, Changed.NOTHING),
        (hotfix(Ending.CANCELLED, writers=(WRITER,)), "", "", False, None, Changed.UNKNOWN),
        (hotfix(Ending.INTERRUPTED), "", "", False, None, Changed.UNKNOWN),
        (hotfix(), "", "", False, None, Changed.UNKNOWN),
        (hotfix(), "", "aa", True, None, Changed.UNKNOWN),
        (hotfix(), "aa", "", True, None, Changed.UNKNOWN),
        (hotfix(), "aa", "aa", True, None, Changed.NOTHING),
        (hotfix(), "aa", "aa", False, None, Changed.NOTHING),
        (hotfix(), "aa", "bb", True, None, Changed.SOMETHING),
        (hotfix(), "aa", "bb", False, None, Changed.UNKNOWN),
        (hotfix(writers=(WRITER,)), "aa", "aa", True, None, Changed.UNKNOWN),
        (hotfix(), "", "", False, 0, Changed.NOTHING),
        (hotfix(), "aa", "aa", True, 3, Changed.SOMETHING),
    ],
)
def test_what_is_not_known_is_not_nothing(given, before, after, own, changes, known):
    assert changed_of(given, 0, before, after, after_is_its_own=own, changes=changes) is known


def test_a_late_write_is_a_change_whatever_else_is_known():
    for given in (hotfix(), hotfix(Ending.FAILED)):
        assert changed_of(given, 1, "aa", "aa", after_is_its_own=True, changes=0) is Changed.SOMETHING


# Words


def test_flags_name_what_deserves_a_look():
    assert ReviewItem(hotfix(), Changed.UNKNOWN).flags() == ()
    assert ReviewItem(hotfix(minutes=30 + 4 / 60), Changed.UNKNOWN).flags() == ()  # the grace
    many = hotfix(minutes=95, extended_minutes=15, attempts=2, writers=(WRITER,))
    assert ReviewItem(many, Changed.UNKNOWN).flags() == (
        "overrun by 1 h 5 min",
        "extended by 15 minutes",
        "2 failed relocks",
        "still open for writing at the lock",
    )
    assert ReviewItem(many, Changed.SOMETHING, late_writes=1).flags()[-1] == "changed after the lock"


def test_durations_and_lists():
    item = ReviewItem(hotfix(minutes=90), Changed.UNKNOWN)
    assert item.duration == timedelta(minutes=90)
    assert item.overrun == timedelta(minutes=60)
    assert item.state is ReviewState.TO_REVIEW
    assert replace(item, review=said(OBJECTED)).state is ReviewState.OBJECTED
    assert replace(item, review=said(REVIEWED)).state is ReviewState.REVIEWED


def test_the_entry_says_who_and_what():
    item = ReviewItem(hotfix(), Changed.UNKNOWN)
    assert sentence_of(item, REVIEWED, "", "eve") == "Reviewed: Hotfix 12 of Case by ann"
    assert sentence_of(item, OBJECTED, "no ticket", "eve") == "Objected to: Hotfix 12 of Case by ann. no ticket"
    settled = replace(item, review=said(OBJECTED))
    assert sentence_of(settled, REVIEWED, "", "eve") == "Objection settled: Hotfix 12 of Case by ann"
    own = sentence_of(item, REVIEWED, "", "ann")
    assert own == "Reviewed: Hotfix 12 of Case by ann (by ann, who opened it: there is no other auditor)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (40, "40 s"),
        (60, "1 min"),
        (65, "1 min 5 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (93_784, "1 d 2 h"),
    ],
)
def test_a_span_has_at_most_two_units(seconds, words):
    assert span(timedelta(seconds=seconds)) == words
