"""The table of the audit log: drawn, sorted, scrolled and copied from; with a model that is filled by hand."""

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPalette, QPixmap

from hotfix_desktop.core.log_query import LogColumn
from hotfix_desktop.ui import audit_table
from hotfix_desktop.ui.audit_model import LINE_ROLE, PAGE, AuditModel, Column
from hotfix_desktop.ui.audit_table import AuditTable
from tests.ui.audit_log import line_of

MILLIONS = 5_000_000
RED = QColor("#d00000")


@pytest.fixture
def model(qapp):
    pixmap = QPixmap(16, 16)
    pixmap.fill(RED)
    return AuditModel(lambda result: QIcon(pixmap))


@pytest.fixture
def table(qtbot, model):
    made = AuditTable(model)
    qtbot.addWidget(made)
    made.resize(1000, 500)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def long_table(table, model, qtbot):
    """Shows millions of rows, and is laid out."""
    show(model, MILLIONS)
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() > 0)
    return table


def show(model, count, first=None):
    """An answer whose numbers fall from ``first`` on, with its first page."""
    first = first or count
    lines = [line_of(seq) for seq in range(first, max(0, first - min(count, PAGE)), -1)]
    model.show_answer(count, lines, lambda seq: first - seq)


def select(table, *runs):
    model = table.model()
    chosen = QItemSelection()
    for first, last in runs:
        chosen.select(model.index(first, 0), model.index(last, len(Column) - 1))
    table.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def picture(table, row, column, margin=0):
    """The pixels of a cell, as a set of colours."""
    rect = table.visualRect(table.model().index(row, column))
    image = table.viewport().grab(rect).toImage()
    return {image.pixelColor(x, y).name() for x in range(margin, image.width()) for y in range(image.height())}


def click(qtbot, table, column):
    header = table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)


# Drawing


def test_a_cell_is_drawn_from_its_line(table, model):
    show(model, 100)
    paper = table.palette().color(QPalette.ColorRole.Base).name()
    empty = len(picture(table, 0, Column.OWNER))
    assert empty > 1
    model.show_answer(100, [None] * 100)
    assert picture(table, 0, Column.OWNER) == {paper}
    show(model, 100)
    assert RED.name() in picture(table, 0, Column.RESULT)
    assert RED.name() not in picture(table, 0, Column.OWNER)


def test_what_is_not_read_is_dots_and_asks_for_its_page(table, model, qtbot):
    model.show_answer(MILLIONS, ())
    assert len(picture(table, 0, Column.DATE)) > 1
    assert len(picture(table, 0, Column.TYPE)) == 1
    assert model.take_wanted() == (0, PAGE)
    show(model, MILLIONS)
    assert len(picture(table, 0, Column.TYPE)) > 1


def test_a_selected_row_is_drawn_as_such(table, model):
    show(model, 100)
    select(table, (3, 3))
    table.activateWindow()
    group = QPalette.ColorGroup.Active if table.isActiveWindow() else QPalette.ColorGroup.Inactive
    colour = table.palette().color(group, QPalette.ColorRole.Highlight).name()
    for column in Column:
        assert colour in picture(table, 3, column)
        assert colour not in picture(table, 4, column)


def test_the_current_cell_has_a_frame(table, model, qtbot):
    show(model, 100)
    table.choose(98, Column.OWNER)
    with qtbot.waitActive(table):
        table.activateWindow()
    table.setFocus()
    focused = table.viewport().grab(table.visualRect(table.currentIndex())).toImage()
    table.clearFocus()
    table.repaint()
    assert focused != table.viewport().grab(table.visualRect(table.currentIndex())).toImage()


def test_a_text_is_measured_once_until_the_zone_changes(table, model, monkeypatch):
    show(model, 100)
    table.viewport().grab()
    monkeypatch.setattr("hotfix_desktop.ui.audit_model._shown", lambda line, zone: "yesterday")
    before = table.viewport().grab(table.visualRect(model.index(0, Column.DATE))).toImage()
    table.viewport().update()
    assert table.viewport().grab(table.visualRect(model.index(0, Column.DATE))).toImage() == before
    model.show_utc(True)
    assert table.viewport().grab(table.visualRect(model.index(0, Column.DATE))).toImage() != before


def test_a_narrow_column_shows_less(table, model):
    show(model, 100)
    wide = table.viewport().grab(table.visualRect(model.index(0, Column.TYPE))).toImage()
    table.setColumnWidth(Column.TYPE, 60)
    narrow = table.viewport().grab(table.visualRect(model.index(0, Column.TYPE))).toImage()
    assert narrow != wide.copy(0, 0, 60, wide.height())  # dots, not half a letter
    assert len(picture(table, 0, Column.TYPE)) > 1


def test_a_bigger_font_is_measured_anew(table, model):
    show(model, 100)
    before = table.viewport().grab(table.visualRect(model.index(0, Column.DESCRIPTION))).toImage()
    font = QFont(table.font())
    font.setPointSizeF(font.pointSizeF() * 1.5)
    table.setFont(font)
    after = table.viewport().grab(table.visualRect(model.index(0, Column.DESCRIPTION))).toImage()
    assert after != before


def test_one_look_at_the_line_for_each_cell(table, model, monkeypatch):
    show(model, 100)
    asked = []
    real = model.data
    monkeypatch.setattr(AuditModel, "data", lambda self, index, role=0: asked.append(role) or real(index, role))
    table.viewport().grab()
    assert asked == []


# Sorting


def test_a_click_on_a_heading_sorts_and_another_turns_it_round(table, model, qtbot):
    show(model, 100)
    told = []
    table.sort_changed.connect(lambda *of: told.append(of))
    for column in (Column.OWNER, Column.OWNER, Column.DATE, Column.DATE):
        click(qtbot, table, column)
    assert told == [
        (LogColumn.OWNER, False),
        (LogColumn.OWNER, True),
        (LogColumn.AT, True),
        (LogColumn.AT, False),
    ]
    header = table.horizontalHeader()
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (Column.DATE, Qt.SortOrder.AscendingOrder)


def test_the_arrow_follows_the_question(table):
    header = table.horizontalHeader()
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (Column.DATE, Qt.SortOrder.DescendingOrder)
    table.show_sort(LogColumn.RESULT, False)
    table.restore_columns(table.save_columns())
    table.reset_columns()
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (Column.RESULT, Qt.SortOrder.AscendingOrder)


# Places


def test_the_scroll_bar_counts_every_entry(long_table, model):
    table = long_table
    shown = table.viewport().height() // table.rowHeight(0)
    assert table.verticalScrollBar().maximum() == MILLIONS - shown
    table.verticalScrollBar().setValue(MILLIONS)
    assert table.rowAt(table.viewport().height() - 2) == MILLIONS - 1


def test_home_and_end_are_the_first_and_the_last_entry(table, model, qtbot):
    show(model, MILLIONS)
    table.choose_row(0, Column.TYPE)
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert (table.currentIndex().row(), table.currentIndex().column()) == (MILLIONS - 1, Column.DESCRIPTION)
    qtbot.keyClick(table, Qt.Key.Key_PageUp)
    assert MILLIONS - 30 < table.currentIndex().row() < MILLIONS - 5
    qtbot.keyClick(table, Qt.Key.Key_Home)
    assert table.currentIndex().row() == 0


def test_new_entries_on_top_leave_what_is_looked_at_in_place(long_table, model):
    table = long_table
    table.verticalScrollBar().setValue(1000)
    table.choose(MILLIONS - 1005, Column.OWNER)
    select(table, (1003, 1010))
    top = model.place_of_row(table.rowAt(1))
    model.grow_top(7)
    assert table.verticalScrollBar().value() == 1007
    assert model.place_of_row(table.rowAt(1)) == top
    assert table.currentIndex().row() == 1012
    assert table.selected_ranges() == [(1010, 1017)]


def test_whoever_looks_at_the_top_sees_what_is_new(table, model):
    show(model, MILLIONS)
    model.grow_top(7)
    assert table.verticalScrollBar().value() == 0
    assert model.place_of_row(table.rowAt(1)) == -7


def test_an_entry_far_away_is_chosen(table, model):
    show(model, MILLIONS)
    assert table.choose(12, Column.TYPE)
    row = MILLIONS - 12
    assert table.currentIndex().row() == row
    assert table.visualRect(table.currentIndex()).intersects(table.viewport().rect())
    assert not table.choose(MILLIONS + 1, Column.TYPE)
    assert not table.choose_row(MILLIONS, Column.TYPE)
    assert table.currentIndex().row() == row


def test_the_current_entry_is_told_when_it_arrives(table, model, qtbot):
    show(model, MILLIONS)
    table.choose_row(1_000_000, Column.TYPE)
    assert table.current_line() is None
    assert table.current_text() == ""
    with qtbot.assertNotEmitted(table.current_changed):
        model.put(2_000_000, [line_of(3)])
    with qtbot.waitSignal(table.current_changed):
        model.put(1_000_000, [line_of(7)])
    assert table.current_line().seq == 7
    assert table.current_text() == line_of(7).type


# What is selected


def test_millions_are_selected_at_once(table, model):
    show(model, MILLIONS)
    table.selectAll()
    table.horizontalHeader().viewport().grab()  # took a minute
    assert table.selected_ranges() == [(0, MILLIONS - 1)]
    assert table.selected_count() == MILLIONS
    assert len(table.selected_rows()) == audit_table.COPY_LIMIT
    lines, selected = table.selected_lines()
    assert (len(lines), selected) == (PAGE, MILLIONS)


def test_runs_of_rows_are_joined_and_in_order(table, model):
    show(model, 100)
    select(table, (50, 60), (3, 5), (6, 9))
    assert table.selected_ranges() == [(3, 9), (50, 60)]
    assert table.selected_rows() == [*range(3, 10), *range(50, 61)]
    assert table.selected_count() == 18


def test_copied_rows_have_the_columns_that_are_shown_as_they_stand(table, model):
    show(model, 100)
    for column in (Column.DATE, Column.IP_ADDRESS, Column.RESULT, Column.DESCRIPTION):
        table.setColumnHidden(column, True)
    table.horizontalHeader().moveSection(table.horizontalHeader().visualIndex(Column.OWNER), 0)
    select(table, (0, 1))
    expected = [f"{line.owner}\t{line.type}\t{line.package}" for line in (line_of(100), line_of(99))]
    assert table.selected_text().split("\n") == expected
    assert table.shown_columns() == [Column.OWNER, Column.TYPE, Column.PACKAGE]


# For who cannot see it


def test_a_screen_reader_is_told_names_and_cells(table, model):
    show(model, 100)
    assert table.accessibleName() == "Entries of the audit log"
    index = model.index(1, Column.TYPE)
    assert index.data() == line_of(99).type
    assert index.data(LINE_ROLE).seq == 99
    assert index.data(Qt.ItemDataRole.ToolTipRole) != ""
