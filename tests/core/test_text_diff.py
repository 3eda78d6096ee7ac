from __future__ import annotations

import time
from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.text_diff import Hunk, line_hunks, word_spans

LINES = st.lists(st.sampled_from("abcdefgh{}"), max_size=40)
"""Few different lines, so that there are many ways to take them for equal."""


@st.composite
def edited(draw):
    """A text, and what somebody made of it with a few edits."""
    before = draw(st.lists(st.sampled_from([*"abc{}", *map(str, range(30))]), max_size=60))
    after = list(before)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(after)))
        count = draw(st.integers(0, 4))
        after[at : at + count] = draw(st.lists(st.sampled_from("abcxyz{}"), max_size=4))
    return before, after


def applied(before, after, hunks):
    """What the hunks make of a text."""
    made, at = [], 0
    for hunk in hunks:
        made += before[at : hunk.before_start] + after[hunk.after_start : hunk.after_end]
        at = hunk.before_end
    return made + before[at:]


@given(st.one_of(edited(), st.tuples(LINES, LINES)))
def test_the_hunks_make_one_text_of_the_other(texts):
    before, after = texts
    assert applied(before, after, line_hunks(before, after)) == after


@given(st.one_of(edited(), st.tuples(LINES, LINES)))
def test_hunks_are_in_order_and_a_line_that_is_the_same_lies_between_two(texts):
    before, after = texts
    last = None
    for hunk in line_hunks(before, after):
        assert hunk.before_count or hunk.after_count
        same = hunk.before_start if last is None else hunk.before_start - last.before_end
        same_after = hunk.after_start if last is None else hunk.after_start - last.after_end
        assert same == same_after
        assert same > 0 or last is None
        last = hunk


@given(edited())
def test_hunks_are_not_much_longer_than_those_of_difflib(texts):
    before, after = texts
    ours = sum(h.before_count + h.after_count for h in line_hunks(before, after))
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    theirs = len(before) + len(after) - 2 * sum(block.size for block in blocks)
    assert ours <= 2 * theirs + 12


@pytest.mark.parametrize(
    ("before", "after", "hunks"),
    [
        ("", "", []),
        ("abc", "abc", []),
        ("", "ab", [Hunk(0, 0, 0, 2)]),
        ("ab", "", [Hunk(0, 2, 0, 0)]),
        ("abcde", "abXde", [Hunk(2, 1, 2, 1)]),
        ("abcde", "bcdeZ", [Hunk(0, 1, 0, 0), Hunk(5, 0, 4, 1)]),
        ("aXbYc", "aPbQc", [Hunk(1, 1, 1, 1), Hunk(3, 1, 3, 1)]),
    ],
)
def test_what_differs_is_named_and_nothing_else(before, after, hunks):
    assert line_hunks(before, after) == hunks


def test_a_moved_function_is_not_torn_into_braces():
    one, two = ["def a {", "  1", "}", ""], ["def b {", "  2", "}", ""]
    assert line_hunks(one + two, ["def new {", "  0", "}", "", *one, *two]) == [Hunk(0, 0, 0, 4)]


def changed_json(lines):
    """A metadata.json of so many lines, and the same with 500 lines changed."""
    before = []
    for at in range(lines // 5):
        before += ["  {", f'    "UId": "{at:08x}-aaaa",', '    "A2": true,', f'    "B3": {at % 7}', "  },"]
    after = list(before)
    for at in range(500):
        after[at * (len(after) // 500)] += " changed"
    return before, after


def took(before, after):
    started = time.perf_counter()
    hunks = line_hunks(before, after)
    return time.perf_counter() - started, hunks


def test_3_mb_of_json_take_no_time_to_speak_of():
    seconds, hunks = took(*changed_json(75_000))
    assert len(hunks) == 500
    assert seconds < 2  # 60 ms on a quiet machine; difflib takes more than a minute


HOSTILE = {
    "one line, thousands of times": (["x"] * 20_000, ["x"] * 20_000 + ["y"] + ["x"] * 5_000),
    "two lines in turn, in another rhythm": (["a", "b"] * 10_000, ["a", "b", "b"] * 6_000),
    "nothing in common": ([f"a{n}" for n in range(50_000)], [f"b{n}" for n in range(50_000)]),
    "turned round": ([str(n) for n in range(30_000)], [str(n) for n in reversed(range(30_000))]),
    "anchors within anchors": (
        [str(n) for n in range(3_000, 0, -1)] + [str(n) for n in range(2, 3_000)],
        [str(n) for n in range(3_000, 0, -1)],
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_takes_for_ever(kind):
    before, after = HOSTILE[kind]
    seconds, hunks = took(before, after)
    assert applied(before, after, hunks) == after
    assert seconds < 15


def test_many_equal_lines_with_one_change_among_them_are_still_compared():
    before = ["{", "}"] * 4_000
    after = [*before[:3_000], "changed", *before[3_000:5_000], "too", *before[5_000:]]
    hunks = line_hunks(before, after)
    assert sum(hunk.before_count for hunk in hunks) == 0
    assert sum(hunk.after_count for hunk in hunks) == 2


# words


def outside(text, spans):
    """What no span covers."""
    left, at = [], 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        left.append(text[at:start])
        at = end
    return "".join([*left, text[at:]])


WORDS = st.lists(st.sampled_from(["foo", "bar", "Б", " ", "  ", ".", "(", '"', "42"]), max_size=25).map("".join)


@given(WORDS, WORDS)
def test_outside_the_spans_both_lines_are_the_same(before, after):
    was, now = word_spans(before, after)
    assert outside(before, was) == outside(after, now)


@pytest.mark.parametrize(
    ("before", "after", "was", "now"),
    [
        ("same", "same", [], []),
        ("x = total * 20;", "x = total * 0.2;", ["20"], ["0.2"]),
        ("a b c", "a c", ["b "], []),
        ("one two three", "eins zwei three", ["one two"], ["eins zwei"]),
        ("", "new", [], ["new"]),
    ],
)
def test_whole_words_are_named(before, after, was, now):
    spans = word_spans(before, after)
    assert [before[a:b] for a, b in spans[0]] == was
    assert [after[a:b] for a, b in spans[1]] == now


def test_a_whole_script_in_one_line_is_compared_from_its_ends():
    line = "var a=1;" * 50_000
    was, now = word_spans(line + "old();" + line, line + "fresh();" + line)
    assert was == [(400_000, 400_003)]
    assert now == [(400_000, 400_005)]
    assert word_spans(line, line) == ([], [])
