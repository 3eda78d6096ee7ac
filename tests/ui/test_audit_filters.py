"""The filter bar of the audit log: boxes, period, chips, and the one question that they make together."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QDate, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QComboBox, QDateEdit, QPushButton, QWidget

from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.services.auditing import FilterValues
from hotfix_desktop.ui.audit_chips import Chip
from hotfix_desktop.ui.audit_choice import ValueBox
from hotfix_desktop.ui.audit_filters import AuditFilterBar
from hotfix_desktop.ui.audit_period import Days, Period, Span
from hotfix_desktop.ui.days_dialog import DaysDialog
from hotfix_desktop.ui.flow import FlowLayout
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Scheme, Theme

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
VALUES = FilterValues(
    ("Package locked", "Package unlocked", "Relock failed"),
    ("UsrInvoices", "UsrPortal"),
    ("ann", "bob", "Cleo"),
    ("Denied", "Failure", "Success"),
)


@pytest.fixture
def bar(qtbot, qapp):
    made = AuditFilterBar(Icons(Theme(qapp, Scheme.LIGHT)), lambda: NOW)
    qtbot.addWidget(made)
    made.set_utc(True)
    made.offer(VALUES)
    made.resize(900, 120)
    made.show()
    return made


@pytest.fixture
def asked(bar):
    """The questions that were asked, one after the other."""
    found = []
    bar.changed.connect(lambda: found.append(bar.wanted()))
    return found


def chips(bar) -> list[str]:
    return [chip.text() for chip in bar.findChildren(Chip) if not chip.isHidden()]


def chip(bar, text) -> Chip:
    return next(one for one in bar.findChildren(Chip) if one.text() == text and not one.isHidden())


def row_of(box: ValueBox, value: str) -> int:
    return box.findText(value, Qt.MatchFlag.MatchExactly)


# A box with one value or several


def test_a_box_takes_one_value_and_any(bar, asked):
    box = bar.boxes[LogColumn.OWNER]
    box.setCurrentText("bob")
    assert asked[-1].only == ((LogColumn.OWNER, "bob"),)
    box.setCurrentText("ann")
    assert asked[-1].only == ((LogColumn.OWNER, "ann"),)
    box.setCurrentIndex(0)
    assert asked[-1].is_all
    assert len(asked) == 3


def test_several_values_are_ticked_and_counted(bar, asked):
    box = bar.boxes[LogColumn.TYPE]
    box.toggle("Relock failed")
    assert box.currentText() == "Relock failed"
    box.toggle("Package locked")
    assert (box.currentIndex(), box.placeholderText()) == (-1, "2 types")
    assert box.toolTip() == "Package locked, Relock failed"
    assert asked[-1].only == ((LogColumn.TYPE, "Package locked"), (LogColumn.TYPE, "Relock failed"))
    ticks = [box.itemData(row, Qt.ItemDataRole.CheckStateRole) for row in range(1, box.count())]
    assert ticks == [Qt.CheckState.Checked, Qt.CheckState.Unchecked, Qt.CheckState.Checked]
    box.toggle("Package locked")
    assert box.currentText() == "Relock failed"
    box.toggle("Relock failed")
    assert box.currentText() == "Any"
    assert asked[-1].is_all


def test_one_of_several_can_be_chosen_alone(bar, asked):
    box = bar.boxes[LogColumn.TYPE]
    box.choose(["Relock failed", "Package locked"])
    box.setCurrentText("Package locked")
    assert asked[-1].only == ((LogColumn.TYPE, "Package locked"),)
    assert box.itemData(row_of(box, "Relock failed"), Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked


def test_the_space_bar_ticks_and_the_list_stays(qtbot, bar):
    box = bar.boxes[LogColumn.OWNER]
    box.showPopup()
    view = box.view()
    for value in ("bob", "ann"):
        view.setCurrentIndex(box.model().index(row_of(box, value), 0))
        qtbot.keyClick(view, Qt.Key.Key_Space)
    assert box.values() == ("ann", "bob")
    assert view.isVisible()
    box.hidePopup()


def test_a_click_on_a_tick_ticks_and_one_on_the_text_chooses(qtbot, bar):
    box = bar.boxes[LogColumn.OWNER]
    box.showPopup()
    view = box.view()
    place = view.visualRect(box.model().index(row_of(box, "bob"), 0))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.left() + 8, place.center().y()))
    assert box.values() == ("bob",)
    assert view.isVisible()
    place = view.visualRect(box.model().index(row_of(box, "Cleo"), 0))
    qtbot.mouseMove(view.viewport(), QPoint(place.left() + 50, place.center().y()))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.left() + 50, place.center().y()))
    assert box.values() == ("Cleo",)
    assert not view.isVisible()


def test_new_values_leave_the_chosen_ones(bar, asked):
    box = bar.boxes[LogColumn.OWNER]
    box.choose(["ann", "bob"])
    before = len(asked)
    bar.offer(FilterValues((), (), ("aaron", "zoe"), ()))
    assert box.values() == ("ann", "bob")
    assert [box.itemText(row) for row in range(box.count())] == ["Any", "aaron", "ann", "bob", "Cleo", "zoe"]
    assert len(asked) == before


# Chips


def test_an_excluded_value_is_a_chip_that_can_be_taken_away(qtbot, bar, asked):
    bar.exclude(LogColumn.TYPE, "Relock failed")
    bar.exclude(LogColumn.IP_ADDRESS, "10.0.0.7")
    assert asked[-1].without == ((LogColumn.TYPE, "Relock failed"), (LogColumn.IP_ADDRESS, "10.0.0.7"))
    assert chips(bar) == ["not Relock failed  ×", "not IP address 10.0.0.7  ×"]
    qtbot.mouseClick(chip(bar, "not Relock failed  ×"), Qt.MouseButton.LeftButton)
    assert asked[-1].without == ((LogColumn.IP_ADDRESS, "10.0.0.7"),)
    assert chips(bar) == ["not IP address 10.0.0.7  ×"]
    bar.clear()
    assert chips(bar) == []
    assert asked[-1].is_all


def test_chips_keep_the_focus_while_there_are_any(qtbot, bar):
    for value in ("ann", "bob"):
        bar.exclude(LogColumn.OWNER, value)
    with qtbot.waitActive(bar):
        bar.activateWindow()
    chip(bar, "not ann  ×").setFocus()
    qtbot.keyClick(bar.focusWidget(), Qt.Key.Key_Space)
    assert bar.focusWidget() is chip(bar, "not bob  ×")
    qtbot.keyClick(bar.focusWidget(), Qt.Key.Key_Space)
    assert bar.focusWidget() is bar.search


def test_a_column_without_a_box_is_included_by_a_chip(bar, asked):
    bar.include_only(LogColumn.IP_ADDRESS, "10.0.0.7")
    assert asked[-1].only == ((LogColumn.IP_ADDRESS, "10.0.0.7"),)
    assert chips(bar) == ["IP address 10.0.0.7  ×"]
    bar.include_only(LogColumn.IP_ADDRESS, "10.0.0.8")
    assert chips(bar) == ["IP address 10.0.0.8  ×"]
    assert bar.is_set(LogColumn.IP_ADDRESS)
    bar.show_all(LogColumn.IP_ADDRESS)
    assert chips(bar) == []
    assert not bar.is_set(LogColumn.IP_ADDRESS)


def test_an_empty_cell_can_be_asked_for_and_left_out(bar, asked):
    bar.include_only(LogColumn.PACKAGE, "")
    assert asked[-1].only == ((LogColumn.PACKAGE, ""),)
    assert chips(bar) == ["Package empty  ×"]
    bar.exclude(LogColumn.PACKAGE, "")
    assert (asked[-1].only, asked[-1].without) == ((), ((LogColumn.PACKAGE, ""),))
    assert chips(bar) == ["not Package empty  ×"]


def test_a_hotfix_is_shown_whatever_was_filtered_and_keeps_the_order(bar, asked):
    bar.sort_by(LogColumn.OWNER, False)
    bar.exclude(LogColumn.OWNER, "ann")
    bar.show_hotfix(12)
    assert asked[-1] == LogQuery(hotfix=12, sort=LogColumn.OWNER, descending=False)
    assert chips(bar) == ["Hotfix 12  ×"]


def test_names_are_shown_as_they_are_and_cut_where_they_are_long(bar):
    bar.exclude(LogColumn.OWNER, "<b>Q&A</b>")
    bar.exclude(LogColumn.PACKAGE, "x" * 300)
    assert chips(bar)[0] == "not <b>Q&&A</b>  ×"
    assert len(chips(bar)[1]) < 60
    assert "x" * 300 in chip(bar, chips(bar)[1]).toolTip()
    assert "&lt;b&gt;" in chip(bar, "not <b>Q&&A</b>  ×").toolTip()


# Period


def test_days_are_chosen_in_a_dialog(qtbot, bar, asked):
    bar.period.setCurrentText("Choose days…")
    dialog = bar.findChild(DaysDialog)
    assert bar.period.currentText() == "All time"
    first = dialog.findChildren(QDateEdit)[0]
    show = dialog.findChild(QPushButton, "daysButton")
    first.setDate(QDate(2026, 11, 24))
    assert not show.isEnabled()
    assert dialog.why_not == "The last day is before the first one."
    first.setDate(QDate(2026, 11, 1))
    qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    assert bar.period.currentText() == "2026-11-01 – 2026-11-23"
    assert (asked[-1].since, asked[-1].until) == (datetime(2026, 11, 1, tzinfo=UTC), MIDNIGHT + timedelta(days=1))
    assert bar.period.period == Days(QDate(2026, 11, 1), QDate(2026, 11, 23))


def test_the_days_dialog_can_be_left(qtbot, bar, asked):
    bar.period.setCurrentText("Today")
    bar.period.setCurrentText("Choose days…")
    bar.findChild(DaysDialog).reject()
    assert bar.period.currentText() == "Today"
    assert len(asked) == 1


def test_moments_from_elsewhere_get_a_name(bar, asked):
    bar.take(LogQuery(since=MIDNIGHT, until=MIDNIGHT + timedelta(days=1)))
    assert bar.period.currentText() == "2026-11-23"
    bar.take(LogQuery(since=NOW))
    assert bar.period.currentText() == "2026-11-23 14:02 –"
    assert bar.period.period == Span(NOW, None)
    bar.take(LogQuery(), Period.WEEK)
    assert asked[-1].since == MIDNIGHT - timedelta(days=6)


def test_another_zone_means_other_moments(bar, asked):
    bar.period.setCurrentText("Today")
    assert asked[-1].since == MIDNIGHT
    bar.set_utc(False)
    local = NOW.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    assert bar.wanted().since == local


# One question


def test_taking_a_question_asks_once(bar, asked):
    query = LogQuery(
        text="vat rounding",
        only=((LogColumn.TYPE, "Relock failed"), (LogColumn.OWNER, "ann"), (LogColumn.OWNER, "zoe")),
        without=((LogColumn.PACKAGE, "UsrPortal"),),
        hotfix=3,
        sort=LogColumn.OWNER,
        descending=False,
    )
    bar.take(query)
    assert asked == [query]
    assert bar.search.text() == "vat rounding"
    bar.take(query)
    assert asked == [query]


def test_clearing_keeps_the_order(bar, asked):
    bar.sort_by(LogColumn.PACKAGE, True)
    assert not bar.is_narrowed()
    bar.search.setText("x")
    bar.clear()
    assert asked[-1] == LogQuery(sort=LogColumn.PACKAGE)
    assert not bar.clear_button.isEnabled()


# The layout of the chips


def test_chips_flow_on_to_the_next_line(qtbot):
    whole = QWidget()
    qtbot.addWidget(whole)
    flow = FlowLayout(whole)
    flow.setContentsMargins(0, 0, 0, 0)
    flow.setSpacing(4)
    boxes = [QWidget(whole) for _ in range(3)]
    for box in boxes:
        box.setFixedSize(40, 20)
        flow.addWidget(box)
    assert [flow.heightForWidth(width) for width in (128, 127, 84, 83)] == [20, 44, 44, 68]
    assert flow.sizeHint() == QSize(128, 20)
    flow.setGeometry(QRect(0, 0, 90, 100))
    assert [box.pos().toTuple() for box in boxes] == [(0, 0), (44, 0), (0, 24)]
    boxes[1].hide()
    assert flow.sizeHint() == QSize(84, 20)


def test_every_box_says_what_it_is(bar):
    names = [box.accessibleName() for box in bar.findChildren(QComboBox)]
    assert names == ["Period", "Type", "Package", "Owner", "Result"]
