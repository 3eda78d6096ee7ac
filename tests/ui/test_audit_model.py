"""The audit model: entries in, cells out, and only those in memory that are looked at."""

import os
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon, QPixmap

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.core.log_query import LogColumn
from hotfix_desktop.ui import audit_model
from hotfix_desktop.ui.audit_model import (
    COLUMN_OF,
    HEADINGS,
    KEPT,
    LINE_ROLE,
    PAGE,
    SORT_ROLE,
    UNREAD,
    AuditModel,
    Column,
)
from hotfix_desktop.ui.cell_text import one_line, tip
from tests.ui.audit_log import NOW, line_of


def lines(first, last):
    """Entries by number, the newest first."""
    return [line_of(seq) for seq in range(first, last - 1, -1)]


@pytest.fixture
def icon(qapp):
    pixmap = QPixmap(16, 16)
    pixmap.fill(Qt.GlobalColor.black)
    return QIcon(pixmap)


@pytest.fixture
def asked():
    return []


@pytest.fixture
def model(qapp, icon, asked):
    def icon_of(result):
        asked.append(result)
        return icon

    return AuditModel(icon_of)


@pytest.fixture
def in_kyiv(monkeypatch):
    """Local time is two hours before UTC in winter; Qt and Python both look at TZ."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of this system cannot be set for one test")
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4")
    time.tzset()
    yield
    if before is None:
        monkeypatch.delenv("TZ")
    else:
        monkeypatch.setenv("TZ", before)
    time.tzset()


def cell(model, row, column, role=Qt.ItemDataRole.DisplayRole):
    return model.index(row, column).data(role)


def show(model, *here):
    model.show_answer(len(here), here)


def all_wanted(model):
    """What the feed would bring, one after another."""
    found = []
    while (span := model.take_wanted()) is not None:
        found.append(span)
        first, count = span
        model.put(first, [line_of(1)] * count)
    return found


def test_qt_finds_no_fault(model, qtmodeltester):
    show(model, *lines(60, 41))
    qtmodeltester.check(model)
    model.grow_bottom(20)
    model.put(20, lines(40, 21))
    model.grow_top(2)
    model.put(-2, lines(62, 61))
    model.show_utc(True)
    model.shrink_bottom(5)
    show(model, *lines(20, 1))
    show(model)


def test_qt_finds_no_fault_where_rows_are_cut(model, qtmodeltester, monkeypatch):
    monkeypatch.setattr(audit_model, "ROW_LIMIT", 30)
    model.show_answer(40, lines(60, 41))
    qtmodeltester.check(model)
    model.grow_top(3)
    model.grow_bottom(3)
    assert (model.rowCount(), model.beyond) == (30, 16)
    model.shrink_bottom(10)
    assert (model.rowCount(), model.beyond) == (30, 6)
    model.shrink_bottom(10)
    assert (model.rowCount(), model.beyond) == (26, 0)
    assert model.place_of_row(0) == -3
    model.grow_bottom(2)
    assert (model.rowCount(), model.beyond) == (28, 0)


def test_the_columns_are_those_of_the_product_page(model):
    headings = [model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) for column in Column]
    expected = ["Event date", "Type", "Package", "Owner", "IP address", "Result", "Description"]
    assert headings == expected == list(HEADINGS.values())
    assert COLUMN_OF[LogColumn.IP_ADDRESS] is Column.IP_ADDRESS


def test_a_cell_has_nothing_below_it(model):
    show(model, *lines(3, 1))
    assert (model.rowCount(), model.columnCount()) == (3, 7)
    for parent in (model.index(0, 0), QPersistentModelIndex(model.index(1, 1))):
        assert (model.rowCount(parent), model.columnCount(parent)) == (0, 0)
    assert model.data(QModelIndex()) is None


def test_what_the_cells_show(model):
    show(model, line_of(4))
    texts = [cell(model, 0, column) for column in Column]
    assert texts[1:6] == ["Package unlocked", "UsrPortal", "bob", "10.0.0.8", "Success"]
    assert texts[6].startswith("UsrPortal is unlocked for a hotfix")


def test_times_are_local_or_utc(model, in_kyiv):
    show(model, line_of(1))
    model.show_utc(True)
    model.show_utc(False)
    assert cell(model, 0, Column.DATE) == "2026-11-23 16:02:11"
    changes = []
    model.dataChanged.connect(lambda first, last: changes.append((first.row(), last.column())))
    model.show_utc(True)
    model.show_utc(True)
    assert cell(model, 0, Column.DATE) == "2026-11-23 14:02:11"
    heading = model.headerData(Column.DATE, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole)
    assert heading == "Event date (UTC)"
    assert changes == [(0, Column.DATE)]


def test_a_result_is_a_word_and_an_icon(model, icon, asked):
    show(model, line_of(45))
    assert cell(model, 0, Column.RESULT) == "Denied"
    assert cell(model, 0, Column.RESULT, Qt.ItemDataRole.DecorationRole).cacheKey() == icon.cacheKey()
    assert asked == [AuditResult.DENIED]
    assert cell(model, 0, Column.TYPE, Qt.ItemDataRole.DecorationRole) is None


def test_a_result_of_a_later_version_has_no_icon(model):
    show(model, replace(line_of(1), result="Postponed"))
    assert cell(model, 0, Column.RESULT) == "Postponed"
    assert cell(model, 0, Column.RESULT, Qt.ItemDataRole.DecorationRole) is None


def test_roles_give_the_entry_and_raw_values(model):
    line = line_of(7)
    show(model, line)
    assert all(cell(model, 0, column, LINE_ROLE) is line for column in Column)
    assert cell(model, 0, Column.DATE, SORT_ROLE) == int(NOW.timestamp() * 1_000_000)
    assert cell(model, 0, Column.OWNER, SORT_ROLE) == line.owner


# Pages


def test_what_is_not_read_is_asked_for_once_and_told(model, qtbot):
    model.show_answer(5_000_000, lines(300, 101))
    assert [model.line(row).seq for row in (0, 199)] == [300, 101]
    with qtbot.waitSignal(model.needs):
        assert model.line(1_000_000) is None
        assert model.line(1_000_001) is None
        assert model.text(1_000_000, Column.OWNER) == ""
    assert cell(model, 1_000_000, Column.DATE) == UNREAD
    assert cell(model, 1_000_000, Column.OWNER) is None
    first, count = model.take_wanted()
    assert (first, count) == (1_000_000, PAGE)
    changes = []
    model.dataChanged.connect(lambda top, bottom: changes.append((top.row(), bottom.row())))
    model.put(first, lines(count, 1))
    assert changes == [(1_000_000, 1_000_199)]
    assert model.line(1_000_001).seq == 199


def test_what_was_looked_at_last_comes_first_and_then_what_lies_beside_it(model):
    model.show_answer(5_000_000, ())
    for row in (2_000_000, 400, 3_000_100):
        model.line(row)
    wanted = all_wanted(model)
    assert wanted[:3] == [(3_000_000, PAGE), (400, PAGE), (2_000_000, PAGE)]
    assert wanted[3:] == [(3_000_200, PAGE), (2_999_800, PAGE)]


def test_the_last_page_is_as_long_as_it_is(model):
    model.show_answer(450, ())
    model.line(449)
    assert model.take_wanted() == (400, 50)
    model.put(400, lines(50, 1))
    model.grow_bottom(30)
    assert model.line(449).seq == 1
    assert model.line(450) is None
    assert model.take_wanted() == (400, 80)


def test_what_lies_above_is_a_page_of_its_own(model):
    model.show_answer(300, lines(300, 101))
    model.grow_top(7)
    assert model.line(0) is None
    assert model.take_wanted() == (-7, 7)
    model.put(-7, lines(307, 301))
    assert [model.line(row).seq for row in (0, 6, 7)] == [307, 301, 300]
    assert model.place_of_row(7) == 0
    assert (model.row_of_place(-7), model.row_of_place(-8), model.row_of_place(299)) == (0, -1, 306)
    assert model.row_of_place(300) == -1


def test_only_some_pages_are_kept(model):
    model.show_answer(5_000_000, ())
    for number in range(KEPT + 10):
        model.put(number * PAGE, lines(PAGE, 1))
        assert model.line(0) is not None  # it is looked at all the time
    assert model.line(PAGE) is None
    assert model.line((KEPT + 9) * PAGE) is not None
    assert sum(model.line(number * PAGE) is not None for number in range(KEPT + 10)) == KEPT


def test_a_new_answer_forgets_the_old_one(model):
    show(model, *lines(9, 5))
    model.grow_top(1)
    model.line(0)
    model.show_answer(700, lines(20, 11))
    assert model.line(0).seq == 20
    assert model.line(10) is None
    assert model.take_wanted() == (0, PAGE)


def test_an_entry_that_is_gone_is_not_asked_for_again(model):
    show(model, line_of(9), None, line_of(7))
    assert model.line(1) is None
    assert model.take_wanted() is None
    assert cell(model, 1, Column.TYPE) is None


def test_rows_are_reckoned_or_looked_up(model):
    model.show_answer(100, lines(100, 51), lambda seq: 100 - seq)
    model.grow_top(2)
    assert [model.known_row_of(seq) for seq in (102, 100, 1, 0, 103)] == [0, 2, 101, -1, -1]
    show(model, line_of(90), None, line_of(7))
    assert [model.known_row_of(seq) for seq in (90, 7, 50)] == [0, 2, -1]


def test_growth_and_loss_are_told_as_rows(model):
    told = []
    model.rowsInserted.connect(lambda parent, first, last: told.append(("+", first, last)))
    model.rowsRemoved.connect(lambda parent, first, last: told.append(("-", first, last)))
    show(model, *lines(10, 1))
    model.grow_top(2)
    model.grow_bottom(3)
    model.shrink_bottom(4)
    model.grow_top(0)
    model.grow_bottom(0)
    model.shrink_bottom(0)
    assert told == [("+", 0, 1), ("+", 12, 14), ("-", 11, 14)]


# Texts


def test_a_cell_is_one_line_and_a_tooltip_shows_the_whole(model):
    text = "first\nsecond\tthird <b>" + "x" * 3000
    show(model, line_of(1, description=text))
    shown = cell(model, 0, Column.DESCRIPTION)
    assert shown.startswith("first second third <b>xx")
    assert len(shown) == 500
    assert model.text(0, Column.DESCRIPTION) == text
    whole = cell(model, 0, Column.DESCRIPTION, Qt.ItemDataRole.ToolTipRole)
    assert "first\nsecond" in whole
    assert "&lt;b&gt;" in whole
    assert len(whole) < 2200


@pytest.mark.parametrize("text", ["a\r\nb", "a\u2028b", "a\x0bb", "a\tb"])
def test_every_kind_of_line_end_becomes_a_blank(text):
    assert one_line(text) == "a b"


def test_a_tooltip_is_never_taken_for_html():
    assert "<img" not in tip('<img src="file:///etc/passwd">')
    assert tip("") == ""
