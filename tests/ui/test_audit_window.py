"""The audit log window: typed into, clicked, scrolled, and looked at, over a log of a thousand entries."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QObject, QPoint, QSettings, Qt
from PySide6.QtGui import QAction, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QTextBrowser,
    QWidget,
)

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.core.errors import Cancelled, StoreError
from hotfix_desktop.runtime.audit_session import AuditSession
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services import auditing
from hotfix_desktop.services.auditing import AuditFilter, FilterValues
from hotfix_desktop.ui.audit_filters import AuditFilterBar
from hotfix_desktop.ui.audit_model import LINE_ROLE, Column
from hotfix_desktop.ui.audit_window import AuditWindow
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Scheme, Theme
from tests.ui.audit_log import NOW, enter, event_of, make_log, open_desk

ENTRIES = 1000
EVERYTHING = AuditFilter()


class HandSource(QObject):
    """Answers when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[AuditFilter, int | None, Job]] = []
        self.values: list[Job] = []

    def audit_page(self, wanted: AuditFilter, before: int | None = None) -> Job:
        job = Job(self)
        self.asked.append((wanted, before, job))
        return job

    def audit_values(self) -> Job:
        job = Job(self)
        self.values.append(job)
        return job


def finish(job: Job, page: object) -> None:
    job.done.emit(page)
    job.ended.emit()


def fail(job: Job, error: Exception) -> None:
    job.failed.emit(error)
    job.ended.emit()


@pytest.fixture(scope="session")
def thousand(tmp_path_factory):
    return make_log(tmp_path_factory.mktemp("audit") / "log.sqlite3", ENTRIES)


@pytest.fixture
def path(thousand, tmp_path):
    return shutil.copy(thousand, tmp_path / "log.sqlite3")


@pytest.fixture
def look(qapp):
    theme = Theme(qapp, Scheme.LIGHT)
    yield theme, Icons(theme)
    qapp.setPalette(QPalette())


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def session(qapp, path):
    made = AuditSession(lambda: open_desk(path))
    yield made
    made.close()


@pytest.fixture
def show(qtbot, look, settings):
    """Show a window on a source."""

    def shown(source, read_only=False):
        window = AuditWindow(source, "Production", *look, settings, read_only, now=lambda: NOW)
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        return window

    return shown


@pytest.fixture
def window(qtbot, show, session):
    made = show(session)
    qtbot.waitUntil(lambda: count(made) == "1,000 entries")
    return made


@pytest.fixture
def by_hand(show):
    source = HandSource()
    return show(source), source


def table(window) -> QTableView:
    return window.findChild(QTableView, "auditTable")


def search(window) -> QLineEdit:
    return window.findChild(QLineEdit, "auditSearch")


def details(window) -> str:
    return window.findChild(QTextBrowser, "auditDetails").toPlainText()


def box(window, name) -> QComboBox:
    return next(b for b in window.findChildren(QComboBox) if b.accessibleName() == name)


def button(window, name) -> QAbstractButton:
    return next(b for b in window.findChildren(QAbstractButton) if name in (b.text(), b.accessibleName()))


def action(window, name) -> QAction:
    return window.findChild(QAction, f"actionAudit{name}")


def count(window) -> str:
    return window.findChild(QLabel, "auditCount").text()


def texts(window, column) -> list[str]:
    model = table(window).model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def numbers(window) -> list[int]:
    model = table(window).model()
    return [model.index(row, 0).data(LINE_ROLE).seq for row in range(model.rowCount())]


def select(window, row, column=Column.TYPE) -> None:
    view = table(window)
    view.setCurrentIndex(view.model().index(row, column))


def scroll_to_end(qtbot, window) -> None:
    bar = table(window).verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 100)
    bar.setValue(bar.maximum())


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def choose(window, name, text) -> None:
    box(window, name).setCurrentText(text)


# Looking


def test_the_newest_entries_come_first(window):
    assert numbers(window)[:3] == [1000, 999, 998]
    assert len(numbers(window)) == 200
    assert window.objectName() == "auditWindow"
    assert window.windowTitle() == "Audit log – Production"
    assert table(window).rowHeight(0) == 28


def test_older_pages_are_read_near_the_end(qtbot, window):
    bar = table(window).verticalScrollBar()
    assert len(numbers(window)) == 200
    for rows in (400, 600, 800, 1000):
        bar.setValue(bar.maximum())
        qtbot.waitUntil(lambda rows=rows: len(numbers(window)) == rows)
    assert numbers(window) == list(range(1000, 0, -1))
    bar.setValue(bar.maximum())
    assert count(window) == "1,000 entries"


def test_the_end_key_reads_on(qtbot, window):
    select(window, 0)
    qtbot.keyClick(table(window), Qt.Key.Key_End)
    qtbot.waitUntil(lambda: len(numbers(window)) == 400)


def test_details_show_all_fields_of_the_entry(window):
    assert "Select an entry" in details(window)
    select(window, 0)
    assert "Number\n1000" in details(window)
    for text in ("2026-11-23 14:02:11.123456", "INC-4821 wrong VAT", "System start id", "minutes: 30", "Hash"):
        assert text in details(window)
    line = table(window).model().index(0, 0).data(LINE_ROLE)
    assert line.hash.hex() in details(window)


def test_what_an_entry_says_is_never_taken_for_html(qtbot, show, path, session):
    enter(path, event_of(3, description="<b>bold</b> <img src=x>", reason="a < b & c"))
    window = show(session)
    qtbot.waitUntil(lambda: count(window) == "1,001 entries")
    select(window, 0)
    assert "<b>bold</b> <img src=x>" in details(window)
    assert "a < b & c" in details(window)


def test_the_details_can_be_hidden(qtbot, window):
    pane = window.findChild(QTextBrowser, "auditDetails")
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert not pane.isVisible()
    action(window, "Details").trigger()
    assert pane.isVisible()


def test_times_can_be_shown_in_utc(qtbot, window):
    action(window, "Utc").trigger()
    assert texts(window, Column.DATE)[0] == "2026-11-23 14:02:11"


# Searching and filtering


def test_search_as_you_type(qtbot, window):
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert search(window).hasFocus()
    qtbot.keyClicks(search(window), "portal vat")
    qtbot.waitUntil(lambda: count(window) not in ("1,000 entries", "… of 1,000 entries"))
    assert set(texts(window, Column.PACKAGE)) == {"UsrPortal"}
    qtbot.keyClick(search(window), Qt.Key.Key_Escape)
    assert search(window).text() == ""
    qtbot.waitUntil(lambda: count(window) == "1,000 entries")


def test_typing_asks_once_after_a_pause(by_hand):
    window, source = by_hand
    for text in ("u", "us", "usr"):
        search(window).setText(text)
    assert len(source.asked) == 1
    timer = window.findChild(AuditFilterBar).timer
    assert (timer.interval(), timer.isSingleShot(), timer.isActive()) == (150, True, True)
    timer.timeout.emit()
    assert [wanted.text for wanted, _, _ in source.asked] == ["", "usr"]
    assert not timer.isActive()


def test_return_asks_at_once(qtbot, by_hand):
    window, source = by_hand
    qtbot.keyClicks(search(window), "usr")
    qtbot.keyClick(search(window), Qt.Key.Key_Return)
    assert source.asked[-1][0].text == "usr"


def test_strange_texts_are_searched_and_found_nowhere(qtbot, window):
    for text in ("%", "100% _", "'; DROP TABLE audit; --", "x" * 100_000, "漢字 🙂", "\\"):
        search(window).setText(text)
        qtbot.keyClick(search(window), Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: count(window) == "0 of 1,000 entries")
        search(window).clear()
        qtbot.waitUntil(lambda: count(window) == "1,000 entries")


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
    assert set(texts(window, column)) == {value}


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
    qtbot.waitUntil(lambda: count(window) == "1,000 entries")
    assert [box(window, name).currentText() for name in ("Period", "Owner", "Result")] == [
        "All time",
        "Any",
        "Any",
    ]
    assert not clear.isEnabled()


def test_periods_are_days_of_the_shown_zone(qtbot, by_hand):
    window, source = by_hand
    action(window, "Utc").trigger()
    choose(window, "Period", "Today")
    wanted = source.asked[-1][0]
    assert wanted.since == NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    assert wanted.until is None
    choose(window, "Period", "Yesterday")
    assert source.asked[-1][0].until == wanted.since


def test_new_values_do_not_change_what_is_chosen(by_hand, page):
    window, source = by_hand
    assert source.values == []
    finish(source.asked[0][2], page())
    finish(source.values[0], FilterValues(("Package locked",), ("b",), ("bob",), ("Success",)))
    choose(window, "Package", "b")
    asked = len(source.asked)
    window.findChild(AuditFilterBar).offer(FilterValues((), ("a", "b", "C"), (), ()))
    packages = box(window, "Package")
    assert [packages.itemText(row) for row in range(packages.count())] == ["Any", "a", "b", "C"]
    assert packages.currentText() == "b"
    assert len(source.asked) == asked


# From a cell


def test_include_only_this_value_and_show_all_values(qtbot, window):
    select(window, 1, Column.PACKAGE)
    package = texts(window, Column.PACKAGE)[1]
    assert not action(window, "ShowAll").isEnabled()
    action(window, "Include").trigger()
    qtbot.waitUntil(lambda: count(window).startswith("2"))
    assert box(window, "Package").currentText() == package
    assert set(texts(window, Column.PACKAGE)) == {package}
    action(window, "ShowAll").trigger()
    qtbot.waitUntil(lambda: count(window) == "1,000 entries")


def test_who_comes_by_the_keyboard_starts_at_the_newest(qtbot, window):
    search(window).setFocus()
    table(window).setFocus(Qt.FocusReason.TabFocusReason)
    assert "Number\n1000" in details(window)
    qtbot.keyClick(table(window), Qt.Key.Key_Down)
    assert "Number\n999" in details(window)


def test_include_only_this_day(qtbot, window):
    action(window, "Utc").trigger()
    select(window, 12, Column.DATE)
    assert action(window, "Include").text() == "&Include only this day"
    day = texts(window, Column.DATE)[12][:10]
    action(window, "Include").trigger()
    qtbot.waitUntil(lambda: count(window) == "8 of 1,000 entries")
    assert box(window, "Period").currentText() == day == "2026-11-22"
    assert {text[:10] for text in texts(window, Column.DATE)} == {day}


def test_an_address_is_searched_for(qtbot, window):
    select(window, 0, Column.IP_ADDRESS)
    action(window, "Include").trigger()
    assert search(window).text() == "10.0.0.7"
    qtbot.waitUntil(lambda: count(window).endswith(" of 1,000 entries") and "…" not in count(window))


def test_an_empty_cell_says_why_it_cannot_be_filtered_by(window):
    row = texts(window, Column.PACKAGE).index("")
    select(window, row, Column.PACKAGE)
    include = action(window, "Include")
    assert not include.isEnabled()
    assert include.toolTip() == include.statusTip() == "The column Package is empty here."


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
        "Show all values",
        "Copy cell",
        "Copy rows",
        "Copy all fields",
        "Show related",
    ]
    menu.close()
    view.clearSelection()
    view.customContextMenuRequested.emit(QPoint(5, 5000))  # from the keyboard: no place of its own
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.close()


def test_related_entries_whatever_the_filters_were(qtbot, window):
    qtbot.waitUntil(lambda: box(window, "Owner").count() == 4)
    choose(window, "Type", "Package unlocked")
    qtbot.waitUntil(lambda: set(texts(window, Column.TYPE)) == {"Package unlocked"})
    select(window, 3)
    line = table(window).currentIndex().data(LINE_ROLE)
    qtbot.mouseClick(button(window, "Show related"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: count(window) == "3 of 1,000 entries")
    assert numbers(window) == [line.seq + 1, line.seq, line.seq - 1]
    assert table(window).currentIndex().row() == 1, "the entry stays chosen"
    end = button(window, "Show all hotfixes")
    assert end.isVisible()
    qtbot.mouseClick(end, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: count(window) == "1,000 entries")
    assert not end.isVisible()


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
    qtbot.waitUntil(lambda: count(window) == "1,000 entries")
    current = table(window).currentIndex()
    assert current.data(LINE_ROLE).seq == 896
    assert table(window).viewport().rect().intersects(table(window).visualRect(current))


# Copying


def test_ctrl_c_copies_the_selected_rows(qtbot, window):
    view = table(window)
    select(window, 0)
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    action(window, "Utc").trigger()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    first, second = clipboard().split("\n")
    assert first.split("\t")[0] == "2026-11-23 14:02:11"
    assert len(first.split("\t")) == len(second.split("\t")) == 7
    assert window.statusBar().currentMessage() == "Copied 2 entries."


def test_hidden_columns_are_not_copied_and_order_is_kept(window):
    select(window, 0)
    view = table(window)
    view.setColumnHidden(Column.DATE, True)
    view.horizontalHeader().moveSection(Column.RESULT, 0)
    action(window, "CopyRows").trigger()
    assert clipboard().split("\t")[:2] == ["Success", "Unlock requested"]


def test_copying_everything_says_that_more_was_not_read(window):
    table(window).selectAll()
    action(window, "CopyRows").trigger()
    assert len(clipboard().split("\n")) == 200
    assert "scroll to the end to read the rest" in window.statusBar().currentMessage()


def test_copy_a_cell_and_all_fields(qtbot, window):
    select(window, 0, Column.OWNER)
    action(window, "CopyCell").trigger()
    assert clipboard() == "ann"
    qtbot.mouseClick(button(window, "Copy"), Qt.MouseButton.LeftButton)
    assert "Owner: ann" in clipboard().split("\n")
    assert "Number: 1000" in clipboard().split("\n")


def test_nothing_can_be_copied_before_something_is_chosen(window):
    for name in ("CopyRows", "CopyCell", "CopyEntry", "Include", "Related"):
        assert not action(window, name).isEnabled()
        assert action(window, name).toolTip() == action(window, name).statusTip() == "Select an entry first."


# A log that grows


def test_new_entries_come_on_top_and_the_place_is_kept(qtbot, window, path):
    view = table(window)
    select(window, 30)
    bar = view.verticalScrollBar()
    bar.setValue(25)
    top = view.indexAt(QPoint(5, 5)).data(LINE_ROLE).seq
    enter(path, event_of(0, owner="new.user"), event_of(1), event_of(2))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "1,003 entries")
    assert numbers(window) == list(range(1003, 800, -1))
    assert view.currentIndex().data(LINE_ROLE).seq == 970
    assert [index.data(LINE_ROLE).seq for index in view.selectionModel().selectedRows()] == [970]
    assert view.indexAt(QPoint(5, 5)).data(LINE_ROLE).seq == top
    assert "Number\n970" in details(window)
    qtbot.waitUntil(lambda: box(window, "Owner").findText("new.user") > 0)


def test_at_the_top_new_entries_are_seen(qtbot, window, path):
    enter(path, event_of(0))
    action(window, "Refresh").trigger()
    qtbot.waitUntil(lambda: count(window) == "1,001 entries")
    assert table(window).verticalScrollBar().value() == 0
    assert table(window).indexAt(QPoint(5, 5)).data(LINE_ROLE).seq == 1001


def test_at_the_very_end_the_place_is_kept_too(qtbot, show, tmp_path):
    path = make_log(tmp_path / "short.sqlite3", 50)
    session = AuditSession(lambda: open_desk(path))
    window = show(session)
    qtbot.waitUntil(lambda: count(window) == "50 entries")
    view = table(window)
    view.scrollToBottom()
    top = view.indexAt(QPoint(5, 5)).data(LINE_ROLE).seq
    enter(path, *(event_of(number) for number in range(30)))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "80 entries")
    assert top < 50
    assert view.indexAt(QPoint(5, 5)).data(LINE_ROLE).seq == top
    session.close()


def test_more_new_entries_than_a_page(qtbot, window, path):
    select(window, 0)
    enter(path, *(event_of(number) for number in range(450)))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "1,450 entries")
    assert numbers(window) == list(range(1450, 800, -1))
    assert table(window).currentIndex().row() == 450


def test_only_entries_that_fit_are_added(qtbot, window, path):
    qtbot.waitUntil(lambda: box(window, "Owner").count() == 4)
    choose(window, "Owner", "ann")
    qtbot.waitUntil(lambda: count(window) == "334 of 1,000 entries")
    enter(path, event_of(0, owner="bob"), event_of(0, owner="ann"))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "335 of 1,002 entries")
    assert numbers(window)[0] == 1002


def test_growth_while_a_page_is_on_its_way_is_not_missed(by_hand, page):
    window, source = by_hand
    window.reload_keeping_place()
    assert len(source.asked) == 1
    finish(source.asked[0][2], page(total=500))
    assert len(source.asked) == 2
    window.reload_keeping_place()
    window.reload_keeping_place()
    assert len(source.asked) == 2
    finish(source.asked[1][2], page(total=500))
    assert len(source.asked) == 3


def test_a_period_moves_on_with_the_days(qtbot, look, settings):
    source = HandSource()
    days = [NOW]
    window = AuditWindow(source, "Production", *look, settings, False, now=lambda: days[-1])
    qtbot.addWidget(window)
    choose(window, "Period", "Today")
    days.append(NOW + timedelta(days=1))
    window.reload_keeping_place()
    assert source.asked[-1][0].since == source.asked[1][0].since + timedelta(days=1)


def test_half_a_word_is_not_asked_because_the_log_grew(by_hand, page):
    window, source = by_hand
    finish(source.asked[0][2], page())
    search(window).setText("ha")
    window.reload_keeping_place()
    assert source.asked[-1][0].text == ""
    window.findChild(AuditFilterBar).timer.timeout.emit()
    assert source.asked[-1][0].text == "ha"


# Nothing there


def test_nothing_matches(qtbot, window):
    select(window, 0)
    search(window).setText("nothing like this")
    qtbot.keyClick(search(window), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: count(window) == "0 of 1,000 entries")
    assert not table(window).isVisible()
    assert "Select an entry" in details(window)
    page = next(w for w in window.findChildren(QLabel) if w.text() == "No entries match.")
    assert page.isVisible()
    clear = next(b for b in window.findChildren(QAbstractButton) if b.parent() is page.parent())
    assert clear.text() == "Clear filters"
    clear.setFocus()
    qtbot.keyClick(clear, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: count(window) == "1,000 entries")
    assert table(window).isVisible()


def test_an_empty_log_and_its_first_entry(qtbot, show, tmp_path):
    path = make_log(tmp_path / "empty.sqlite3", 0)
    session = AuditSession(lambda: open_desk(path))
    window = show(session)
    qtbot.waitUntil(lambda: count(window) == "0 entries")
    page = next(w for w in window.findChildren(QLabel) if w.text().startswith("The audit log is empty: "))
    assert page.isVisible()
    assert not table(window).isVisible()
    enter(path, event_of(1))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "1 entry")
    assert table(window).isVisible()
    session.close()


# Trouble


@pytest.fixture
def page(thousand):
    """Make pages as the service does, from the log of a thousand entries."""
    desk = open_desk(thousand)

    def make(wanted=EVERYTHING, before=None, total=None):
        made = auditing.read_page(desk, wanted, before)
        return made if total is None else replace(made, total=total)

    yield make
    desk.store.close()


def test_a_failure_is_told_in_the_window_and_tried_again(qtbot, by_hand, page):
    window, source = by_hand
    fail(source.asked[0][2], StoreError("The database is locked by another program.", "Try again."))
    trouble = next(w for w in window.findChildren(QLabel) if w.text().startswith("The database is locked"))
    assert trouble.text() == "The database is locked by another program. Try again."
    assert trouble.isVisible()
    assert QApplication.activeModalWidget() is None
    qtbot.mouseClick(button(window, "Retry"), Qt.MouseButton.LeftButton)
    assert len(source.asked) == 2
    assert not trouble.isVisible()
    finish(source.asked[1][2], page())
    assert len(numbers(window)) == 200
    assert not trouble.isVisible()


def test_a_failure_after_a_new_question_does_not_leave_the_old_answer(by_hand, page):
    window, source = by_hand
    finish(source.asked[0][2], page())
    choose(window, "Period", "Today")
    assert len(numbers(window)) == 200
    fail(source.asked[1][2], StoreError("The disk is gone."))
    assert numbers(window) == []
    assert count(window) == "… of 1,000 entries"


def test_a_failed_next_page_is_tried_again(qtbot, by_hand, page):
    window, source = by_hand
    finish(source.asked[0][2], page())
    scroll_to_end(qtbot, window)
    assert source.asked[-1][1] == 801
    fail(source.asked[-1][2], StoreError("The disk is gone."))
    assert len(numbers(window)) == 200
    button(window, "Retry").click()
    assert (len(source.asked), source.asked[-1][1]) == (3, 801)
    finish(source.asked[-1][2], page(before=801))
    assert len(numbers(window)) == 400


def test_a_failed_look_for_new_entries_is_tried_again(by_hand, page):
    window, source = by_hand
    finish(source.asked[0][2], page(before=901))
    window.reload_keeping_place()
    fail(source.asked[1][2], StoreError("The disk is gone."))
    button(window, "Retry").click()
    finish(source.asked[2][2], page())
    assert numbers(window)[0] == 1000
    assert len(numbers(window)) == 300


def test_a_log_that_is_being_closed_is_no_trouble(by_hand):
    window, source = by_hand
    fail(source.asked[0][2], Cancelled())
    assert not button(window, "Retry").isVisible()


def test_answers_to_older_questions_are_dropped(by_hand, page):
    window, source = by_hand
    choose(window, "Period", "Today")
    choose(window, "Period", "Last 7 days")
    assert len(source.asked) == 3
    (_, _, first), (_, _, second), (third_filter, _, third) = source.asked
    assert first.progress.cancelled
    assert second.progress.cancelled
    assert not third.progress.cancelled
    finish(first, page())
    fail(second, StoreError("too late"))
    assert numbers(window) == []
    assert count(window) == "…"
    assert not button(window, "Retry").isVisible()
    finish(third, page(third_filter))
    assert len(numbers(window)) == len(page(third_filter).lines) > 0


def test_an_older_page_of_an_older_question_is_dropped(qtbot, by_hand, page):
    window, source = by_hand
    finish(source.asked[0][2], page())
    scroll_to_end(qtbot, window)
    older = source.asked[1][2]
    choose(window, "Period", "Last 7 days")
    finish(older, page(before=801))
    assert len(numbers(window)) == 200
    finish(source.asked[2][2], page(source.asked[2][0]))
    assert numbers(window) == [line.seq for line in page(source.asked[2][0]).lines]


def test_the_count_is_unknown_while_a_question_is_open(by_hand, page):
    window, source = by_hand
    assert count(window) == "…"
    finish(source.asked[0][2], page())
    choose(window, "Period", "Today")
    assert count(window) == "… of 1,000 entries"


def test_values_that_failed_are_asked_for_again_when_the_log_grew(by_hand, page):
    window, source = by_hand
    finish(source.asked[0][2], page())
    fail(source.values[0], StoreError("The disk is gone."))
    assert not button(window, "Retry").isVisible(), "the list itself is there"
    window.reload_keeping_place()
    finish(source.asked[1][2], page())
    finish(source.values[1], FilterValues((), ("UsrPortal",), (), ()))
    assert box(window, "Package").count() == 2
    window.reload_keeping_place()
    finish(source.asked[2][2], page())
    assert len(source.values) == 2
    window.reload_keeping_place()
    finish(source.asked[3][2], page(total=1001))
    assert len(source.values) == 3


# The window itself


def test_read_only_says_so(qtbot, show, session):
    window = show(session, read_only=True)
    note = window.findChild(QLabel, "auditReadOnly")
    assert note.isVisible()
    assert note.text() == "Read-only: nothing can be changed here"


def test_the_window_of_the_program_has_no_such_note(window):
    assert window.findChild(QLabel, "auditReadOnly") is None


def test_columns_can_be_hidden_but_not_all(window):
    view = table(window)
    shown = [a for a in view.column_actions if a.isChecked()]
    assert shown[0].text() == "Event date"
    for column in shown[:-1]:
        column.trigger()
    last = shown[-1]
    assert view.isColumnHidden(Column.DATE)
    assert not last.isEnabled()
    assert last.toolTip() == "This is the only column that is left."
    action(window, "ResetColumns").trigger()
    assert not any(view.isColumnHidden(column) for column in Column)
    assert last.isEnabled()


def test_the_list_fills_its_pane(window):
    view = table(window)
    for width in (1024, 1400):
        window.resize(width, 700)
        assert view.horizontalHeader().length() == view.viewport().width()
    view.column_actions[Column.DESCRIPTION].trigger()
    assert view.horizontalHeader().length() == view.viewport().width()


def test_how_the_window_looked_is_remembered(qtbot, show, session, window, settings):
    view = table(window)
    window.resize(1000, 640)
    view.column_actions[Column.IP_ADDRESS].trigger()
    view.horizontalHeader().moveSection(Column.RESULT, 0)
    view.setColumnWidth(Column.OWNER, 77)
    action(window, "Utc").trigger()
    action(window, "Details").trigger()
    with qtbot.waitSignal(window.closed):
        window.close()
    again = show(session)
    header = table(again).horizontalHeader()
    assert again.height() == 640  # no wider than the screen of the tests
    assert header.isSectionHidden(Column.IP_ADDRESS)
    assert not table(again).column_actions[Column.IP_ADDRESS].isChecked()
    assert header.visualIndex(Column.RESULT) == 0
    assert header.sectionSize(Column.OWNER) == 77
    assert action(again, "Utc").isChecked()
    assert not action(again, "Details").isChecked()


def test_damaged_settings_are_ignored(qtbot, show, session, settings):
    for name in ("geometry", "splitter", "columns", "utc", "details"):
        settings.setValue(f"auditWindow/{name}", "nonsense")
    window = show(session)
    qtbot.waitUntil(lambda: count(window) == "1,000 entries")
    assert window.size().toTuple() == (1100, 700)


@pytest.mark.parametrize("key", [Qt.Key.Key_W, Qt.Key.Key_Q])
def test_ctrl_w_and_on_its_own_ctrl_q_close(qtbot, window, key):
    with qtbot.waitSignal(window.closed):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()


def test_every_control_has_a_name(window):
    kinds = (QLineEdit, QComboBox, QAbstractButton, QTableView, QTextBrowser)
    controls = [w for kind in kinds for w in window.findChildren(kind)]
    named = [w for w in controls if w.focusPolicy() is not Qt.FocusPolicy.NoFocus]
    assert len(named) == 14
    assert [w for w in named if not w.accessibleName()] == []


def test_every_label_of_a_filter_leads_to_its_control(window):
    bar = window.findChild(AuditFilterBar)
    buddies = {label.text().replace("&", ""): label.buddy() for label in bar.findChildren(QLabel)}
    assert isinstance(buddies["Search"], QLineEdit)
    for name in ("Period", "Type", "Package", "Owner", "Result"):
        assert buddies[name].accessibleName() == name


def test_every_action_has_a_shortcut_of_its_own_and_says_what_it_does(window):
    actions = [a for menu in window.menuBar().actions() for a in leaves(menu)]
    assert len(actions) == 20
    keys = [key.toString() for a in actions for key in a.shortcuts()]
    assert all(a.shortcuts() for a in actions)
    assert len(keys) == len(set(keys))
    assert not {"Ctrl+U", "Ctrl+E"} & set(keys)
    assert all(a.statusTip() and a.toolTip() for a in actions)


def leaves(entry: QAction) -> list[QAction]:
    menu = entry.menu()
    if menu is None:
        return [] if entry.isSeparator() else [entry]
    return [leaf for inner in menu.actions() for leaf in leaves(inner)]


def test_mnemonics_are_unique(window):
    texts = [w.text() for kind in (QLabel, QAbstractButton) for w in window.findChildren(kind)]
    texts += [a.text() for a in window.menuBar().actions()]
    keys = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert sorted(keys) == sorted(set(keys))


def test_the_keyboard_reaches_everything_in_order(qtbot, window):
    select(window, 0)
    search(window).setFocus()
    choose(window, "Period", "Last year")
    qtbot.waitUntil(lambda: "…" not in count(window))
    choose(window, "Period", "This year")
    qtbot.waitUntil(lambda: count(window) == "1,000 of 1,000 entries")
    visited = []
    for _ in range(12):
        focus = window.focusWidget()
        visited.append(focus.accessibleName() or focus.objectName())
        window.focusNextChild()
    assert visited == [
        "Search the audit log",
        "Clear filters",
        "Period",
        "Type",
        "Package",
        "Owner",
        "Result",
        "Entries of the audit log",
        "All fields of the selected entry",
        "Show related",
        "Copy",
        "Search the audit log",
    ]


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_nothing_is_cut_off_at_1024_by_700(qtbot, window, look, scheme):
    look[0].apply(scheme)
    window.resize(1024, 700)
    assert window.size().toTuple() == (1024, 700)
    bar = window.findChild(AuditFilterBar)
    for control in [*bar.findChildren(QLabel), *bar.findChildren(QAbstractButton)]:
        if control.isVisible():
            assert control.width() >= control.minimumSizeHint().width(), control.text()
            assert bar.rect().contains(control.geometry()) or control.parent() is not bar
    view = table(window)
    for column in (Column.DATE, Column.RESULT, Column.TYPE):
        needed = view.fontMetrics().horizontalAdvance(texts(window, column)[0])
        assert view.columnWidth(column) > needed + (16 if column is Column.RESULT else 0)
    assert view.columnWidth(Column.DESCRIPTION) > 200


def test_icons_of_results_follow_the_theme(qtbot, window, look):
    theme, icons = look
    theme.changed.connect(icons.recolour)
    model = table(window).model()
    cell = model.index(0, Column.RESULT)
    assert cell.data() == AuditResult.SUCCESS.value

    def colour():
        image = cell.data(Qt.ItemDataRole.DecorationRole).pixmap(48, 48).toImage()
        return {image.pixelColor(x, 24).name() for x in range(48) if image.pixelColor(x, 24).alpha() == 255}

    light = colour()
    theme.apply(Scheme.DARK)
    assert light
    assert colour() != light


def test_the_window_goes_while_its_questions_are_open(qtbot, look, settings, page):
    source = HandSource()
    parent = QWidget()
    qtbot.addWidget(parent)
    window = AuditWindow(source, "", *look, settings, True, parent, now=lambda: NOW)
    window.show()
    assert window.windowTitle() == "Audit log"
    window.close()
    window.deleteLater()
    with qtbot.waitSignal(window.destroyed):
        pass
    finish(source.asked[0][2], page())
    assert source.values == []
