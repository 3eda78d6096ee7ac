"""The words that differ are in sight, however long the line is; and every text of a difference is readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.differences import difference
from hotfix_desktop.ui.diff_cells import cells
from hotfix_desktop.ui.diff_layout import Layout
from hotfix_desktop.ui.diff_look import DiffLook, Ground, Ink
from hotfix_desktop.ui.diff_sight import changed_stretch, left_for
from hotfix_desktop.ui.diff_view import DiffView
from hotfix_desktop.ui.theme import READABLE, Scheme, Theme, contrast

LONG = "x" * 300
BEFORE = f"a\n{LONG} was {LONG}\n" + "b\n" * 30 + "short was\n" + "c\n" * 30 + f"{LONG} last {LONG}\n"
AFTER = BEFORE.replace(" was ", " is now ").replace("short was", "short is").replace(" last ", " end ")
WAS, LAST = 301, 301


def lines_of(before: str, after: str):
    return difference(b"a.txt", before.encode(), after.encode()).meaning


@pytest.fixture
def view(qtbot, qapp):
    view = DiffView(Theme(qapp), lambda work: Job())
    qtbot.addWidget(view)
    view.resize(700, 300)
    view.show()
    return view


def sees(view: DiffView, cell: int) -> bool:
    bar = view.horizontalScrollBar()
    return bar.value() <= cell < bar.value() + bar.pageStep()


@pytest.mark.parametrize("unified", [False, True])
def test_the_first_changed_words_are_in_sight(view, unified):
    view.set_unified(unified)
    view.show_lines(b"a.txt", lines_of(BEFORE, AFTER))
    assert sees(view, WAS)
    assert sees(view, WAS + len("is now"))


def test_the_next_and_the_previous_change_come_into_sight(view):
    view.show_lines(b"a.txt", lines_of(BEFORE, AFTER))
    assert view.next_change()
    assert view.horizontalScrollBar().value() == 0, "the whole line is in sight, so its beginning is"
    assert view.next_change()
    assert sees(view, LAST)
    assert view.previous_change()
    assert view.horizontalScrollBar().value() == 0
    assert view.previous_change()
    assert sees(view, WAS)


def test_a_smaller_window_keeps_them_until_somebody_scrolls(view):
    view.show_lines(b"a.txt", lines_of(BEFORE, AFTER))
    view.resize(260, 300)
    assert sees(view, WAS)
    QTest.keyClick(view, Qt.Key.Key_Left)
    place = view.horizontalScrollBar().value()
    view.resize(240, 300)
    assert view.horizontalScrollBar().value() == place


def test_a_place_that_was_found_is_in_sight_whole(view):
    view.show_lines(b"a.txt", lines_of(BEFORE, AFTER))
    view.go_to_line(1, after=True, letter=550, letters=20)
    assert sees(view, 550)
    assert sees(view, 569)


def test_tabs_and_wide_signs_reach_further_than_letters(view):
    before = "界" * 400 + " was"
    view.show_lines(b"a.txt", lines_of(before, before.replace("was", "is")))
    assert sees(view, 801)


def test_a_line_that_came_or_went_begins_at_its_beginning():
    lines = lines_of("a\n", f"a\n{LONG}\n")
    layout = Layout(lines)
    assert changed_stretch(layout.row(layout.starts[0]), lines) == (0, 0)


@given(st.text("ab\t界 ", max_size=60), st.text("ab\t界 ", max_size=60))
def test_the_stretch_begins_where_the_lines_begin_to_differ(before, after):
    lines = lines_of(before, after)
    layout = Layout(lines)
    for start in layout.starts:
        row = layout.row(start)
        first, last = changed_stretch(row, lines)
        assert 0 <= first <= last
        if row.before is not None and row.after is not None:
            texts = (lines.before[row.before], lines.after[row.after])
            assert last <= max(cells(text).width for text in texts)


@given(st.integers(0, 500), st.integers(0, 200), st.integers(0, 600), st.integers(1, 120))
def test_what_has_to_be_seen_is_seen(first, long, left, page):
    place = left_for((first, first + long), left, page)
    assert 0 <= place <= first < place + page
    if long < page:
        assert first + long < place + page


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_every_ink_is_readable_on_every_ground(qapp: QApplication, scheme):
    theme = Theme(qapp, scheme)
    look = DiffLook(theme)
    try:
        for ink in Ink:
            for ground in Ground:
                assert contrast(look.ink(ink, ground), look.ground(ground)) >= READABLE, (ink, ground)
        assert contrast(look.fold_text, look.fold) >= READABLE
        for gutter in (look.gutter, look.gutter_added, look.gutter_removed):
            assert contrast(look.number(gutter), gutter) >= READABLE
        assert contrast(look.sign(added=True), look.gutter_added) >= READABLE
        assert contrast(look.sign(added=False), look.gutter_removed) >= READABLE
    finally:
        theme.apply(Scheme.SYSTEM)
