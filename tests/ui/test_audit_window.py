"""The audit log window: looked at, searched, filtered and sorted, over a log of a thousand entries."""

from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit, QTextBrowser

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.ui.audit_filters import AuditFilterBar
from hotfix_desktop.ui.audit_model import LINE_ROLE, Column
from tests.ui.audit_log import NOW, enter, event_of
from tests.ui.audit_windows import (
    ALL,
    ENTRIES,
    action,
    box,
    button,
    chips,
    choose,
    count,
    current,
    details,
    numbers,
    search,
    select,
    table,
    texts,
)

# Looking


def test_the_newest_entries_come_first_and_all_have_a_row(window):
    assert numbers(window)[:3] == [1000, 999, 998]
    assert table(window).model().rowCount() == 1000
    assert window.objectName() == "auditWindow"
    assert window.windowTitle() == "Audit log — Production"
    assert table(window).rowHeight(0) == 28


def test_the_end_key_shows_the_oldest(qtbot, window):
    select(window, 0)
    qtbot.keyClick(table(window), Qt.Key.Key_End)
    qtbot.waitUntil(lambda: current(window) == 1)
    qtbot.waitUntil(lambda: "Number\n1\n" in details(window))


def test_details_show_all_fields_of_the_entry(qtbot, window):
    assert "Select an entry" in details(window)
    select(window, 0)
    assert "Number\n1000" in details(window)
    for text in ("2026-11-23 14:02:11.123456", "INC-4821 wrong VAT", "System start id", "Minutes: 30", "Leaf hash"):
        assert text in details(window)
    line = table(window).model().index(0, 0).data(LINE_ROLE)
    before = table(window).model().index(1, 0).data(LINE_ROLE)
    assert line.hash.hex() in details(window)
    qtbot.waitUntil(lambda: f"Previous hash\n{before.hash.hex()}" in details(window))
    assert "No checkpoint covers this entry yet." in details(window)


def test_what_an_entry_says_is_never_taken_for_html(qtbot, audit, path):
    enter(path, event_of(3, description="<b>bold</b> <img src=x>", reason="a < b & c"))
    window = audit.show(path)
    qtbot.waitUntil(lambda: count(window) == "1,001 entries")
    select(window, 0)
    assert "<b>bold</b> <img src=x>" in details(window)
    assert "a < b & c" in details(window)


def test_the_details_can_be_hidden_and_enter_goes_there(qtbot, window):
    pane = window.findChild(QTextBrowser, "auditDetails")
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert not pane.isVisible()
    select(window, 0)
    qtbot.keyClick(table(window), Qt.Key.Key_Return)
    assert pane.isVisible()
    assert pane.hasFocus()


def test_the_bytes_of_an_entry_are_shown_on_demand(qtbot, window):
    raw = window.findChild(QPlainTextEdit, "auditRaw")
    assert not action(window, "Raw").isEnabled()
    select(window, 0)
    assert not raw.isVisible()
    qtbot.mouseClick(button(window, "Raw bytes"), Qt.MouseButton.LeftButton)
    assert raw.isVisible()
    assert raw.toPlainText().startswith("000000  01 00 00 00 00 00 00 03 e8 ")
    select(window, 1)
    assert raw.toPlainText().startswith("000000  01 00 00 00 00 00 00 03 e7 ")
    action(window, "Raw").trigger()
    assert not raw.isVisible()
    assert not button(window, "Raw bytes").isChecked()


def test_times_can_be_shown_in_utc(qtbot, window):
    action(window, "Utc").trigger()
    assert texts(window, Column.DATE)[0] == "2026-11-23 14:02:11"


# Searching and filtering


def test_search_as_you_type(qtbot, window):
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert search(window).hasFocus()
    qtbot.keyClicks(search(window), "portal vat")
    fitting = [
        number
        for number in range(ENTRIES)
        if all(
            word in f"{event_of(number).description} {event_of(number).package}".lower() for word in ("portal", "vat")
        )
    ]
    qtbot.waitUntil(lambda: count(window) == f"{len(fitting)} of 1,000 entries")
    qtbot.waitUntil(lambda: numbers(window) == [number + 1 for number in reversed(fitting)])
    qtbot.keyClick(search(window), Qt.Key.Key_Escape)
    assert search(window).text() == ""
    qtbot.waitUntil(lambda: count(window) == ALL)


def test_typing_asks_once_after_a_pause(window):
    asked = []
    bar = window.findChild(AuditFilterBar)
    bar.changed.connect(lambda: asked.append(bar.wanted().text))
    for text in ("u", "us", "usr"):
        search(window).setText(text)
    assert asked == []
    assert (bar.timer.interval(), bar.timer.isSingleShot(), bar.timer.isActive()) == (150, True, True)
    bar.timer.timeout.emit()
    assert asked == ["usr"]
    assert not bar.timer.isActive()


def test_return_asks_at_once(qtbot, window):
    qtbot.keyClicks(search(window), "nothing like this")
    qtbot.keyClick(search(window), Qt.Key.Key_Return)
    assert count(window) == "… of 1,000 entries"
    qtbot.waitUntil(lambda: count(window) == "0 of 1,000 entries")


def test_strange_texts_are_searched_and_found_nowhere(qtbot, window):
    for text in ("%", "100% _", "'; DROP TABLE audit; --", "x" * 100_000, "漢字 🙂", "\\"):
        search(window).setText(text)
        qtbot.keyClick(search(window), Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: count(window) == "0 of 1,000 entries")
        search(window).clear()
        qtbot.waitUntil(lambda: count(window) == ALL)


def test_the_boxes_offer_what_the_log_holds(qtbot, window):
    owners = box(window, "Owner")
    qtbot.waitUntil(lambda: owners.count() == 4)
    assert [owners.itemText(row) for row in range(4)] == ["Any", "ann", "bob", "i.koval"]
    assert box(window, "Result").count() == 4
    assert box(window, "Package").count() == 5


@pytest.mark.parametrize(
    ("name", "value", "column", "number"),
    [
        ("Type", "Setting changed", Column.TYPE, 20),
        ("Package", "UsrPortal", Column.PACKAGE, 244),
        ("Owner", "ann", Column.OWNER, 334),
        ("Result", "Denied", Column.RESULT, 20),
    ],
)
def test_a_box_narrows_the_list(qtbot, window, name, value, column, number):
    qtbot.waitUntil(lambda: box(window, name).findText(value) > 0)
    choose(window, name, value)
    qtbot.waitUntil(lambda: count(window) == f"{number} of 1,000 entries")
    qtbot.waitUntil(lambda: set(texts(window, column)[:20]) == {value})


def test_filters_add_up_and_are_cleared_together(qtbot, window):
    clear = button(window, "Clear filters")
    assert not clear.isEnabled()
    assert "every entry is shown" in clear.toolTip()
    qtbot.waitUntil(lambda: box(window, "Owner").count() == 4)
    choose(window, "Owner", "ann")
    choose(window, "Result", "Failure")
    choose(window, "Period", "This year")
    qtbot.keyClicks(search(window), "relocked")
    events = [event_of(number) for number in range(ENTRIES)]
    fitting = [
        number for number, event in enumerate(events) if event.result is AuditResult.FAILURE and event.owner == "ann"
    ]
    qtbot.waitUntil(lambda: count(window) == f"{len(fitting)} of 1,000 entries")
    qtbot.waitUntil(lambda: numbers(window) == [number + 1 for number in reversed(fitting)])
    qtbot.mouseClick(clear, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: count(window) == ALL)
    assert [box(window, name).currentText() for name in ("Period", "Owner", "Result")] == [
        "All time",
        "Any",
        "Any",
    ]
    assert not clear.isEnabled()


def test_several_values_of_a_box(qtbot, window):
    owners = box(window, "Owner")
    qtbot.waitUntil(lambda: owners.count() == 4)
    owners.toggle("ann")
    owners.toggle("bob")
    qtbot.waitUntil(lambda: count(window) == "667 of 1,000 entries")


# Sorting


def test_every_column_can_be_sorted_by(qtbot, window):
    header = table(window).horizontalHeader()
    for column, first in ((Column.OWNER, "ann"), (Column.TYPE, "Package locked"), (Column.PACKAGE, "")):
        header.sectionClicked.emit(column)
        qtbot.waitUntil(lambda column=column, first=first: texts(window, column)[0] == first)
        qtbot.waitUntil(lambda: count(window) == ALL)
        assert header.sortIndicatorSection() == column
    header.sectionClicked.emit(Column.PACKAGE)
    qtbot.waitUntil(lambda: texts(window, Column.PACKAGE)[0] == "UsrPortal")


def test_the_oldest_first_and_back(qtbot, window):
    select(window, 0, Column.DATE)
    action(window, "Sort").trigger()
    qtbot.waitUntil(lambda: numbers(window)[:2] == [1, 2])
    qtbot.waitUntil(lambda: current(window) == 1000)
    action(window, "Sort").trigger()
    qtbot.waitUntil(lambda: numbers(window)[:2] == [1000, 999])


def test_the_order_stays_when_filters_are_cleared(qtbot, window):
    table(window).horizontalHeader().sectionClicked.emit(Column.OWNER)
    choose(window, "Period", "Last 7 days")
    qtbot.waitUntil(lambda: count(window).startswith("5"))
    action(window, "ClearFilters").trigger()
    qtbot.waitUntil(lambda: count(window) == ALL)
    qtbot.waitUntil(lambda: set(texts(window, Column.OWNER)[:50]) == {"ann"})


# From a cell


def test_include_only_this_value_and_show_all_values(qtbot, window):
    select(window, 1, Column.PACKAGE)
    package = texts(window, Column.PACKAGE)[1]
    assert not action(window, "ShowAll").isEnabled()
    action(window, "Include").trigger()
    qtbot.waitUntil(lambda: count(window).startswith("2"))
    assert box(window, "Package").currentText() == package
    qtbot.waitUntil(lambda: set(texts(window, Column.PACKAGE)[:50]) == {package})
    action(window, "ShowAll").trigger()
    qtbot.waitUntil(lambda: count(window) == ALL)


def test_exclude_this_value_by_the_keyboard(qtbot, window):
    select(window, texts(window, Column.RESULT).index("Denied"), Column.TYPE)
    qtbot.keyClick(table(window), Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: count(window) == "980 of 1,000 entries")
    assert chips(window) == ["not Setting changed  ×"]
    qtbot.mouseClick(button(window, "not Setting changed  ×"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: count(window) == ALL)


def test_empty_cells_can_be_included_and_excluded(qtbot, window):
    select(window, texts(window, Column.PACKAGE).index(""), Column.PACKAGE)
    assert action(window, "Include").text() == "&Include only empty cells"
    action(window, "Exclude").trigger()
    qtbot.waitUntil(lambda: count(window) == "980 of 1,000 entries")
    assert chips(window) == ["not Package empty  ×"]


def test_include_only_this_day(qtbot, window):
    action(window, "Utc").trigger()
    select(window, 12, Column.DATE)
    assert action(window, "Include").text() == "&Include only this day"
    assert not action(window, "Exclude").isEnabled()
    assert "Choose a period instead" in action(window, "Exclude").toolTip()
    day = texts(window, Column.DATE)[12][:10]
    action(window, "Include").trigger()
    qtbot.waitUntil(lambda: count(window) == "8 of 1,000 entries")
    assert box(window, "Period").currentText() == day == "2026-11-22"
    assert {text[:10] for text in texts(window, Column.DATE)} == {day}


def test_an_address_gets_a_chip(qtbot, window):
    select(window, 0, Column.IP_ADDRESS)
    action(window, "Include").trigger()
    assert chips(window) == ["IP address 10.0.0.7  ×"]
    qtbot.waitUntil(lambda: count(window) == "334 of 1,000 entries")


def test_the_context_menu_belongs_to_the_cell(qtbot, window):
    view = table(window)
    place = view.visualRect(view.model().index(2, Column.OWNER)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    view.customContextMenuRequested.emit(place)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    named = [entry.text().replace("&", "") for entry in menu.actions() if entry.text()]
    assert named == [
        "Include only this value",
        "Exclude this value",
        "Show all values",
        "Copy cell",
        "Copy rows",
        "Copy all fields",
        "Show related",
        "Open changes",
    ]
    menu.close()
    view.clearSelection()
    view.customContextMenuRequested.emit(QPoint(5, 5000))  # from the keyboard: no place of its own
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.close()


def test_who_comes_by_the_keyboard_starts_at_the_newest(qtbot, window):
    search(window).setFocus()
    table(window).setFocus(Qt.FocusReason.TabFocusReason)
    assert "Number\n1000" in details(window)
    qtbot.keyClick(table(window), Qt.Key.Key_Down)
    assert "Number\n999" in details(window)


# Related


def test_related_entries_whatever_the_filters_were(qtbot, window):
    qtbot.waitUntil(lambda: box(window, "Owner").count() == 4)
    choose(window, "Type", "Package unlocked")
    qtbot.waitUntil(lambda: set(texts(window, Column.TYPE)[:20]) == {"Package unlocked"})
    select(window, 3)
    seq = current(window)
    qtbot.mouseClick(button(window, "Show related"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: count(window) == "3 of 1,000 entries")
    assert numbers(window) == [seq + 1, seq, seq - 1]
    qtbot.waitUntil(lambda: table(window).currentIndex().row() == 1)
    assert chips(window) == [f"Hotfix {(seq - 1) // 3 + 1}  ×"]
    qtbot.mouseClick(button(window, chips(window)[0]), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: count(window) == ALL)
    assert chips(window) == []


def test_an_entry_without_a_hotfix_has_none_related(window):
    select(window, texts(window, Column.RESULT).index("Denied"))
    assert not action(window, "Related").isEnabled()
    assert not button(window, "Show related").isEnabled()
    assert button(window, "Show related").toolTip() == "This entry belongs to no hotfix."


def test_the_chosen_entry_stays_when_filters_are_cleared(qtbot, window):
    qtbot.waitUntil(lambda: box(window, "Result").findText("Denied") > 0)
    choose(window, "Result", "Denied")
    qtbot.waitUntil(lambda: count(window) == "20 of 1,000 entries")
    select(window, 2)
    action(window, "ClearFilters").trigger()
    qtbot.waitUntil(lambda: count(window) == ALL)
    qtbot.waitUntil(lambda: current(window) == 896)
    view = table(window)
    assert view.viewport().rect().intersects(view.visualRect(view.currentIndex()))


def test_an_entry_is_gone_to_whatever_was_filtered(qtbot, window):
    choose(window, "Period", "Today")
    window.go_to(3)
    qtbot.waitUntil(lambda: current(window) == 3)
    assert count(window) == ALL
    assert table(window).hasFocus()


# The period


def test_a_period_moves_on_with_the_days(qtbot, audit, thousand):
    days = [NOW]
    window = audit.show(thousand, now=lambda: days[-1])
    choose(window, "Period", "Today")
    qtbot.waitUntil(lambda: count(window) == "5 of 1,000 entries")
    days.append(NOW + timedelta(days=1))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "0 of 1,000 entries")


def test_one_package_or_all(qtbot, window):
    window.show_package("UsrPortal")
    qtbot.waitUntil(lambda: count(window) == "244 of 1,000 entries")
    window.show_package("")
    qtbot.waitUntil(lambda: count(window) == ALL)
