"""The audit log window while the log grows, where nothing is there, and when something stands in the way."""

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from shiboken6 import isValid

from hotfix_desktop.core.roles import Role
from hotfix_desktop.store.store import Store
from hotfix_desktop.ui.audit_feed import FeedState
from hotfix_desktop.ui.audit_filters import AuditFilterBar
from hotfix_desktop.ui.audit_model import LINE_ROLE, Column
from hotfix_desktop.ui.audit_pages import TroubleLine
from hotfix_desktop.ui.audit_progress import AuditProgress
from tests.ui.audit_log import enter, event_of, make_log
from tests.ui.audit_windows import (
    ALL,
    action,
    box,
    button,
    choose,
    count,
    current,
    details,
    label,
    numbers,
    search,
    select,
    table,
    texts,
)

# A log that grows


def at_the_top(window) -> int:
    line = table(window).indexAt(QPoint(5, 5)).data(LINE_ROLE)
    return 0 if line is None else line.seq


def test_new_entries_come_on_top_and_the_place_is_kept(qtbot, window, path):
    view = table(window)
    select(window, 30)
    view.verticalScrollBar().setValue(25)
    top = at_the_top(window)
    enter(path, event_of(0, owner="new.user"), event_of(1), event_of(2))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "1,003 entries")
    assert view.model().rowCount() == 1003
    qtbot.waitUntil(lambda: current(window) == 970)
    assert [index.data(LINE_ROLE).seq for index in view.selectionModel().selectedRows()] == [970]
    qtbot.waitUntil(lambda: at_the_top(window) == top)
    assert "Number\n970" in details(window)
    qtbot.waitUntil(lambda: box(window, "Owner").findText("new.user") > 0)


def test_at_the_top_new_entries_are_seen(qtbot, window, path):
    enter(path, event_of(0))
    action(window, "Refresh").trigger()
    qtbot.waitUntil(lambda: count(window) == "1,001 entries")
    assert table(window).verticalScrollBar().value() == 0
    qtbot.waitUntil(lambda: at_the_top(window) == 1001)


def test_what_was_entered_since_is_filtered_too(qtbot, window, path):
    qtbot.waitUntil(lambda: box(window, "Owner").count() == 4)
    choose(window, "Owner", "ann")
    qtbot.waitUntil(lambda: count(window) == "334 of 1,000 entries")
    enter(path, event_of(0, owner="bob"), event_of(0, owner="ann"))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "335 of 1,002 entries")
    qtbot.waitUntil(lambda: numbers(window)[0] == 1002)


def test_in_another_order_newer_entries_are_told_and_shown_on_demand(qtbot, window, path):
    table(window).horizontalHeader().sectionClicked.emit(Column.OWNER)
    # The first page comes before the whole order is known, which what is entered meanwhile would still get into.
    qtbot.waitUntil(lambda: texts(window, Column.OWNER)[0] == "ann" and "…" not in count(window))
    enter(path, event_of(0, owner="aaron"))
    window.reload_keeping_place()
    note = window.findChild(QWidget, "auditNewer")
    qtbot.waitUntil(note.isVisible)
    assert label(note, "1 newer entry is not in this list yet.").isVisible()
    assert texts(window, Column.OWNER)[0] == "ann"
    qtbot.mouseClick(button(note, "Show newer"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: texts(window, Column.OWNER)[0] == "aaron")
    assert not note.isVisible()


def test_half_a_word_is_not_asked_because_the_log_grew(qtbot, window, path):
    search(window).setText("zz")
    enter(path, event_of(0))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "1,001 entries")
    window.findChild(AuditFilterBar).timer.timeout.emit()
    qtbot.waitUntil(lambda: count(window) == "0 of 1,001 entries")


# Nothing there


def test_nothing_matches(qtbot, window):
    select(window, 0)
    search(window).setText("nothing like this")
    qtbot.keyClick(search(window), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: count(window) == "0 of 1,000 entries")
    assert not table(window).isVisible()
    assert "Select an entry" in details(window)
    page = label(window, "No entries match.")
    assert page.isVisible()
    clear = button(page.parentWidget(), "Clear filters")
    clear.setFocus()
    qtbot.keyClick(clear, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: count(window) == ALL)
    assert table(window).isVisible()
    assert table(window).hasFocus()


def test_an_empty_log_and_its_first_entry(qtbot, audit, tmp_path):
    path = make_log(tmp_path / "empty.sqlite3", 0)
    window = audit.show(path)
    qtbot.waitUntil(lambda: count(window) == "0 entries")
    assert label(window, "The audit log is empty: ").isVisible()
    assert not table(window).isVisible()
    enter(path, event_of(1))
    window.reload_keeping_place()
    qtbot.waitUntil(lambda: count(window) == "1 entry")
    assert table(window).isVisible()


# Trouble


def test_a_database_that_is_away_is_told_and_tried_again(qtbot, window, path):
    away = path.rename(path.with_suffix(".away"))
    choose(window, "Period", "This year")
    qtbot.waitUntil(button(window, "Retry").isVisible)
    trouble = window.findChild(TroubleLine)
    assert str(path) in trouble.sentence.text()
    assert QApplication.activeModalWidget() is None
    assert numbers(window) == []
    assert count(window) == "… of 1,000 entries"
    away.rename(path)
    qtbot.mouseClick(button(window, "Retry"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: count(window) == "1,000 of 1,000 entries")
    assert not trouble.isVisible()


def test_a_look_for_new_entries_that_failed_leaves_the_old_ones(qtbot, window, path):
    away = path.rename(path.with_suffix(".away"))
    window.reload_keeping_place()
    qtbot.waitUntil(button(window, "Retry").isVisible)
    assert numbers(window)[0] == 1000
    away.rename(path)
    enter(path, event_of(0))
    button(window, "Retry").click()
    qtbot.waitUntil(lambda: count(window) == "1,001 entries")


def test_a_role_that_was_taken_away(qtbot, window, path):
    store = Store(path)
    store.administration.remove("cleo", Role.AUDITOR)
    store.close()
    choose(window, "Period", "Today")
    qtbot.waitUntil(lambda: window.findChild(QWidget, "auditTrouble").isVisible())
    assert label(window, "cleo may not read the audit log").isVisible()
    assert not button(window, "Retry").isVisible()
    assert numbers(window) == []


class HandFeed(QObject):
    """Is where the test says."""

    asked, answered, grew = Signal(), Signal(), Signal()
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.state, self.total, self.matching, self.newer, self.examined = FeedState.SEARCHING, 1000, 12, 0, 404
        self.told: list[str] = []

    def numbers(self) -> str:
        return "12 so far of 1,000 entries"

    def stop(self) -> None:
        self.told.append("stop")

    def go_on(self) -> None:
        self.told.append("go on")

    def show_newer(self) -> None:
        self.told.append("show newer")


def test_a_search_is_told_stopped_and_goes_on(qtbot, audit):
    whole, feed = QWidget(), HandFeed()
    qtbot.addWidget(whole)
    progress = AuditProgress(feed, audit.theme, audit.icons, whole)
    whole.show()
    feed.grew.emit()
    assert count(whole) == "Searching… 40 %, 12 so far of 1,000 entries"
    assert not progress.paused.isVisible()
    qtbot.mouseClick(button(whole, "Stop searching"), Qt.MouseButton.LeftButton)
    feed.state = FeedState.PAUSED
    feed.grew.emit()
    assert count(whole) == "12 so far of 1,000 entries"
    assert not button(whole, "Stop searching").isVisible()
    assert label(progress.paused, "The search stopped when 40 % of the log was looked at: 12 found so far.").isVisible()
    qtbot.mouseClick(button(whole, "Go on"), Qt.MouseButton.LeftButton)
    feed.state, feed.newer = FeedState.COMPLETE, 1234
    feed.grew.emit()
    assert not progress.paused.isVisible()
    assert label(progress.newer, "1,234 newer entries are not in this list yet.").isVisible()
    button(whole, "Show newer").click()
    assert feed.told == ["stop", "go on", "show newer"]


def test_read_only_says_so_and_why(window):
    note = window.findChild(QLabel, "auditReadOnly")
    assert note.isVisible()
    assert note.text() == "Read-only: nothing can be changed here"
    for name in ("Reviews", "Archive"):
        assert not action(window, name).isEnabled()
        assert "only read" in action(window, name).toolTip()
    assert not button(window, "To review").isVisible()


def test_the_window_goes_while_its_questions_are_open(qtbot, audit, path):
    parent = QWidget()
    qtbot.addWidget(parent)
    window = audit.show(path, parent=parent)
    choose(window, "Period", "Today")
    window.close()
    window.deleteLater()
    with qtbot.waitSignal(window.destroyed):
        pass
    assert not isValid(window)
