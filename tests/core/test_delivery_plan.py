"""The words and rules of a delivery: names of branches, and what has to be decided."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.changes import ChangeKind
from hotfix_desktop.core.delivery_plan import (
    Decision,
    DeliveryPlan,
    Merge,
    MergedFile,
    Side,
    branch_name,
    check_decisions,
    has_conflict_marks,
)
from hotfix_desktop.core.errors import InvalidInput, Refused

MARKED = b"a\n<<<<<<< hotfix\nb\n=======\nc\n>>>>>>> development\n"


def plan(*merges: Merge) -> DeliveryPlan:
    files = tuple(MergedFile(b"f%d" % at, f"p/f{at}", merge, ChangeKind.MODIFIED) for at, merge in enumerate(merges))
    return DeliveryPlan(Path("/r"), "p", "hotfix/1-P", "main", "0" * 40, (1,), files, "A <a@b>", "")


@pytest.mark.parametrize(
    ("ticket", "package", "expected"),
    [
        ("INC-1", "Case", "hotfix/INC-1-Case"),
        ("", "Case", "hotfix/7-Case"),
        ("~^:", "Case", "hotfix/7-Case"),
        ("a/b c", "Größe", "hotfix/a-b-c-Größe"),
        ("..x..", "y.lock", "hotfix/x-y"),
    ],
)
def test_a_branch_is_called_by_ticket_and_package(ticket, package, expected):
    assert branch_name("hotfix/{ticket}-{package}", ticket, 7, package) == expected


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["hotfix/{ticket}-{package}", "{package}/{ticket}"]))
def test_whatever_the_ticket_git_takes_the_name(ticket, package, pattern):
    name = branch_name(pattern, ticket, 7, package)
    assert name
    assert not re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[/.]|[/.]$|/\.|\.lock(/|$)", name)


def test_every_conflict_that_is_ticked_has_to_be_decided():
    three = plan(Merge.CONFLICT, Merge.MERGED, Merge.CONFLICT)
    assert [file.path for file in three.conflicts] == [b"f0", b"f2"]
    with pytest.raises(Refused, match=r"^2 files changed in development, too, and must be decided: p/f0, p/f2\."):
        check_decisions(three, {})
    with pytest.raises(Refused, match=r"^1 file changed"):
        check_decisions(three, {b"f0": Decision(Side.OURS)})
    check_decisions(three, {b"f0": Decision(Side.OURS), b"f2": Decision(Side.THEIRS)})
    check_decisions(three, {}, [b"f1"])
    with pytest.raises(Refused, match="No file is ticked"):
        check_decisions(three, {}, [b"unknown"])


def test_many_conflicts_are_counted():
    with pytest.raises(Refused, match=r"p/f4 and 2 more\."):
        check_decisions(plan(*[Merge.CONFLICT] * 7), {})


def test_a_merged_text_has_to_be_whole():
    one = plan(Merge.CONFLICT)
    for text, sentence in ((None, "There is no merged text of p/f0"), (MARKED, "still conflict marks in p/f0")):
        with pytest.raises(InvalidInput, match=sentence) as told:
            check_decisions(one, {b"f0": Decision(Side.MERGED, text)})
        assert told.value.field == "decisions"
    check_decisions(one, {b"f0": Decision(Side.MERGED, b"")})


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (MARKED, True),
        (MARKED[2:], True),
        (b"x <<<<<<< a\n >>>>>>> b", False),
        (b">>>>>>> development\n", True),
        (b"a\n||||||| before\nb\n", True),
        (b"Heading\n=======\n>>>>>> mail\n", False),
        (b"", False),
    ],
)
def test_conflict_marks_begin_lines(text, marked):
    assert has_conflict_marks(text) is marked


def test_what_is_there_already():
    assert plan(Merge.SAME, Merge.SAME).is_there_already
    assert not plan(Merge.SAME, Merge.TAKEN).is_there_already
    assert not plan().is_there_already
