"""The words of a verification, and their way through JSON."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.verdict import NEEDS_ACKNOWLEDGING, AnchorSeen, Break, Finding, Verdict

times = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis asks so
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
numbers = st.integers(0, 2**62)
findings = st.builds(Finding, kind=st.sampled_from(Break), seq=numbers, until=numbers, sentence=texts)
anchors = st.builds(AnchorSeen, name=texts, size=numbers, at=st.none() | times, problem=texts)
verdicts = st.builds(
    Verdict,
    log_id=texts,
    first=numbers,
    since=numbers,
    upto=numbers,
    at=times,
    finding=st.none() | findings,
    signed_upto=numbers,
    signed_at=st.none() | times,
    signed_by=texts,
    key_place=texts,
    renewed_at=numbers,
    anchors=st.lists(anchors, max_size=3).map(tuple),
)
AT = datetime(2026, 11, 23, tzinfo=UTC)
WHOLE = Verdict("ab", 1, 1, 7, AT)


def test_the_words_stay_what_reports_and_scripts_hold():
    assert [kind.value for kind in Break] == [
        "changed",
        "missing",
        "inserted",
        "reordered",
        "duplicated",
        "truncated",
        "rolled back",
        "replaced",
        "column differs",
        "bad signature",
        "key newer than its epoch",
    ]


def test_what_takes_entries_away_has_to_be_acknowledged():
    assert {kind.value for kind in NEEDS_ACKNOWLEDGING} == {"truncated", "rolled back", "replaced"}


@given(verdicts)
def test_every_verdict_comes_back_from_json(verdict):
    assert Verdict.from_json(json.loads(verdict.to_text())) == verdict
    assert "\n" not in verdict.to_text()


def test_times_are_written_in_utc():
    assert json.loads(WHOLE.to_text())["at"] == "2026-11-23T00:00:00Z"


@pytest.mark.parametrize(
    "edit",
    [
        {"at": None},
        {"at": "yesterday"},
        {"finding": {"kind": "gone", "seq": 1, "until": 1, "sentence": ""}},
        {"finding": {"kind": "changed"}},
        {"anchors": 7},
        {"more": 1},
    ],
)
def test_what_is_no_verdict_is_refused(edit):
    with pytest.raises(ValueError):
        Verdict.from_json({**WHOLE.as_json(), **edit})


@pytest.mark.parametrize(
    "name", sorted(WHOLE.as_json().keys() - {"key_place", "signed_by", "signed_upto", "renewed_at"})
)
def test_a_verdict_without_a_part_is_refused(name):
    found = WHOLE.as_json()
    del found[name]
    with pytest.raises(ValueError, match="cannot be read"):
        Verdict.from_json(found)


def test_a_log_is_whole_without_a_finding():
    assert WHOLE.is_whole
    assert not Verdict("ab", 1, 1, 7, AT, Finding(Break.CHANGED, 1, 1, "")).is_whole


def test_the_newest_copy_that_was_reached_counts():
    near, far = AnchorSeen("near", 5, AT), AnchorSeen("far", 9, AT)
    unknown, gone = AnchorSeen("empty", 0, None), AnchorSeen("gone", 12, None, "away")
    assert Verdict("ab", 1, 1, 7, AT, anchors=(near, far, unknown, gone)).anchored == far
    assert Verdict("ab", 1, 1, 7, AT, anchors=(unknown, gone)).anchored is None
