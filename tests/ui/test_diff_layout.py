"""Rows of a difference: alignment, folds, unified, and the way from a line to its row."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.services.differences import difference
from hotfix_desktop.ui.diff_cells import cells, has_unseen
from hotfix_desktop.ui.diff_layout import Layout, RowKind
from hotfix_desktop.ui.diff_search import search
from hotfix_desktop.ui.diff_words import differing


def lines_of(before: str, after: str, path: bytes = b"a.txt"):
    return difference(path, before.encode(), after.encode()).meaning


NUMBERS = "".join(f"{n}\n" for n in range(40))


def rows(layout: Layout) -> list[tuple]:
    return [(row.kind.name, row.before, row.after) for row in map(layout.row, range(layout.rows))]


def test_what_is_the_same_is_folded_except_three_lines_around_a_change():
    layout = Layout(lines_of(NUMBERS, NUMBERS.replace("\n20\n", "\ntwenty\n")))
    assert rows(layout) == [
        ("FOLD", 0, 0),
        ("SAME", 17, 17),
        ("SAME", 18, 18),
        ("SAME", 19, 19),
        ("CHANGED", 20, 20),
        ("SAME", 21, 21),
        ("SAME", 22, 22),
        ("SAME", 23, 23),
        ("FOLD", 24, 24),
    ]
    assert (layout.row(0).hidden, layout.row(8).hidden) == (17, 16)
    assert layout.starts == [4]


def test_an_opened_fold_shows_its_lines():
    lines = lines_of(NUMBERS, NUMBERS.replace("\n20\n", "\ntwenty\n"))
    layout = Layout(lines, opened={(0, 0)})
    assert layout.rows == 9 - 1 + 17
    assert layout.row(5).before == 5


def test_one_column_has_removed_lines_first_and_knows_their_partners():
    layout = Layout(lines_of("a b\nx\n", "a c\nx\n"), unified=True)
    assert rows(layout) == [("REMOVED", 0, None), ("ADDED", None, 0), ("SAME", 1, 1)]
    assert (layout.row(0).partner, layout.row(1).partner) == (0, 0)


def test_noise_is_one_row_that_is_no_change():
    before = "{\n" + '"ModifiedOnUtc": "1"\n}'
    lines = lines_of(before, before.replace('"1"', '"2"'), b"a.json")
    layout = Layout(lines)
    assert ("NOISE", 1, 1) in rows(layout)
    assert layout.starts == []
    assert ("CHANGED", 1, 1) in rows(Layout(lines, fold=False))


LINES = st.lists(st.sampled_from(["a", "b", "c", "d e", "d f"]), max_size=40)


@given(LINES, LINES, st.booleans(), st.booleans())
def test_every_line_has_the_row_that_shows_or_hides_it(before, after, unified, fold):
    lines = lines_of("".join(f"{x}\n" for x in before), "".join(f"{x}\n" for x in after))
    layout = Layout(lines, unified=unified, fold=fold)
    for is_after, texts in ((False, lines.before), (True, lines.after)):
        for line in range(len(texts)):
            row = layout.row(layout.row_of(line, after=is_after))
            shown = row.after if is_after else row.before
            assert shown is not None
            assert shown == line if not row.hidden else shown <= line < shown + row.hidden
    if not fold:
        shown_rows = [layout.row(at) for at in range(layout.rows)]
        assert [row.before for row in shown_rows if row.before is not None] == list(range(len(lines.before)))
        assert [row.after for row in shown_rows if row.after is not None] == list(range(len(lines.after)))


def test_the_next_and_the_previous_change():
    layout = Layout(lines_of(NUMBERS, NUMBERS.replace("\n5\n", "\nfive\n").replace("\n30\n", "\nthirty\n")))
    first, second = layout.starts
    assert layout.next_start(0) == first
    assert layout.next_start(first) == second
    assert layout.next_start(second) is None
    assert layout.previous_start(second) == first
    assert layout.previous_start(first) is None


def test_a_row_outside_is_an_error():
    with pytest.raises(IndexError):
        Layout(lines_of("a\n", "b\n")).row(9)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("\tx", 5), ("ab\tx", 5), ("税x", 3), ("e\u0301x", 2), ("\u202ex", 2), ("", 0)]
)
def test_cells_of_a_line(text, width):
    assert cells(text).width == width


@given(st.text(st.sampled_from("ab\t税é\u0301\u202e\x00"), max_size=30))
def test_each_letter_is_found_at_its_cell(text):
    measured = cells(text)
    for at in range(len(text)):
        found = measured.letter(measured.cell(at))
        assert measured.cell(found) == measured.cell(at), "another one only of those that share its cell"
    assert not any(0x202A <= ord(sign) <= 0x202E or sign == "\x00" for sign in measured.shown(0, len(text)))


def test_signs_that_nobody_sees_are_told():
    assert has_unseen("if (admin\u202e) {")
    assert not has_unseen("Податок ü 税")


def test_words_that_differ_and_lines_that_have_nothing_in_common():
    assert differing("return 1;", "return 2;") == (((7, 8),), ((7, 8),))
    assert differing("alpha beta", "gamma delta epsilon") == ((), ())
    assert differing("same", "same") == ((), ())


def test_a_line_of_three_million_letters_is_compared_at_its_ends():
    long = "".join(random.Random(1).choices("abcdef", k=3_000_000))
    other = f"{long[:1_000_000]}XYZ{long[1_000_000:]}"
    assert differing(long, other) == (((1_000_000, 1_000_000),), ((1_000_000, 1_000_003),))


def test_a_search_finds_both_sides_once():
    lines = lines_of("tax one\nold Tax\nend\n", "tax one\nnew TAX\nend\n")
    found = search(lines, "tax")
    assert found.places == ((0, 0, True), (1, 4, False), (1, 4, True))
    assert found.in_line(1, after=True) == [(4, 7)]
    assert search(lines, "nowhere").places == ()
    assert search(lines, "").places == ()


def test_every_kind_of_row_has_a_place_in_the_strip():
    layout = Layout(lines_of("a\nb\nc\nd\n", "a\nB x\nc\nd\nnew\n"))
    assert [(rows, kind) for _, rows, kind in layout.bands()] == [(1, RowKind.CHANGED), (1, RowKind.ADDED)]
