"""Filters with a name: kept as questions, applied, renamed, deleted, and dropped where they are damaged."""

import json
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton, QWidget

from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.ui.audit_filters import AuditFilterBar
from hotfix_desktop.ui.audit_period import Period
from hotfix_desktop.ui.filter_menu import FilterMenu
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.name_dialog import NameDialog
from hotfix_desktop.ui.saved_filters import KEY, SavedFilter, SavedFilters
from hotfix_desktop.ui.theme import Scheme, Theme

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
FAILED = SavedFilter("Failures", LogQuery(only=((LogColumn.RESULT, "Failure"),), sort=LogColumn.OWNER), Period.MONTH)
SINCE = SavedFilter("since", LogQuery(since=NOW, text="vat"))


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def window(qtbot, qapp, settings):
    """A filter bar with its menu of saved filters."""
    whole = QWidget()
    qtbot.addWidget(whole)
    bar = AuditFilterBar(Icons(Theme(qapp, Scheme.LIGHT)), lambda: NOW, whole)
    bar.set_utc(True)
    save = QAction("&Save filter…", whole)
    whole.menu = FilterMenu(SavedFilters(settings), bar, save, whole)
    whole.bar, whole.save = bar, save
    whole.show()
    return whole


def texts(menu: QMenu) -> list[str]:
    return [entry.text() for entry in menu.actions() if entry.text()]


def entry(menu: QMenu, text: str) -> QAction:
    return next(one for one in menu.actions() if one.text() == text)


def answer(window, name: str) -> NameDialog:
    dialog = window.findChild(NameDialog)
    dialog.findChild(QLineEdit, "filterName").setText(name)
    return dialog


def test_they_come_back(settings):
    kept = SavedFilters(settings)
    kept.keep(SINCE)
    kept.keep(FAILED)
    again = SavedFilters(settings)
    assert again.all() == [FAILED, SINCE]
    again.rename("since", "Äpfel")
    again.delete("Failures")
    assert [one.name for one in SavedFilters(settings).all()] == ["Äpfel"]
    assert SavedFilters(settings).get("Äpfel").query == SINCE.query


def test_a_named_period_is_kept_by_its_name(settings):
    kept = SavedFilters(settings)
    kept.keep(SavedFilter("x", LogQuery(since=NOW), Period.WEEK))
    assert SavedFilters(settings).get("x") == SavedFilter("x", LogQuery(), Period.WEEK)


def test_a_name_is_taken_once_and_has_limits(settings):
    kept = SavedFilters(settings)
    kept.keep(FAILED)
    kept.keep(SavedFilter("Failures", LogQuery()))
    assert [one.query for one in kept.all()] == [LogQuery()]
    assert kept.why_not("Failures") == ""
    assert kept.why_not(" ") == "A name is needed."
    assert kept.why_not("x" * 61) == "A name has at most 60 characters."
    for number in range(99):
        kept.keep(SavedFilter(f"{number}", LogQuery()))
    assert "Delete one first" in kept.why_not("one more")
    assert kept.why_not("7") == ""


@pytest.mark.parametrize("damage", ["nonsense", "7", '{"a": 1}', "[[", "null"])
def test_damaged_ones_are_dropped(settings, damage, caplog):
    settings.setValue(KEY, damage)
    assert SavedFilters(settings).all() == []
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("damage", ["x", 3, {}, {"name": "a"}, {"name": "", "query": "", "period": None}, None])
def test_a_damaged_one_does_not_take_the_others_away(settings, damage, caplog):
    good = {"name": "good", "query": LogQuery(text="a").as_json(), "period": None}
    bad = {"name": "bad", "query": LogQuery().as_json(), "period": "Last 31 days"}
    settings.setValue(KEY, json.dumps([damage, good, bad]))
    assert SavedFilters(settings).all() == [SavedFilter("good", LogQuery(text="a"))]
    assert caplog.text.count("a saved filter is damaged and is dropped") == 2


def test_saving_names_what_the_bar_shows(qtbot, window, settings):
    window.bar.exclude(LogColumn.TYPE, "Relock failed")
    window.bar.period.choose(Period.MONTH)
    window.save.trigger()
    dialog = answer(window, "")
    button = dialog.findChild(QPushButton, "nameButton")
    assert not button.isEnabled()
    assert dialog.why_not == "A name is needed."
    answer(window, " my  & view ")
    button.click()
    assert entry(window.menu, "my && view").isEnabled()
    wanted = SavedFilter("my & view", LogQuery(without=((LogColumn.TYPE, "Relock failed"),)), Period.MONTH)
    assert SavedFilters(settings).all() == [wanted]


def test_one_is_applied_with_its_order_and_period(window, settings):
    SavedFilters(settings).keep(FAILED)
    menu = FilterMenu(SavedFilters(settings), window.bar, window.save, window)
    window.bar.search.setText("gone afterwards")
    entry(menu, "Failures").trigger()
    wanted = window.bar.wanted()
    assert (wanted.text, wanted.only, wanted.sort) == ("", FAILED.query.only, LogColumn.OWNER)
    assert window.bar.period.currentText() == "Last 30 days"
    assert wanted.since == datetime(2026, 10, 25, tzinfo=UTC)
    assert "Result is “Failure”" in entry(menu, "Failures").statusTip()


def test_one_is_renamed_and_deleted_in_the_menu(window, settings):
    assert texts(window.menu) == ["&Save filter…", "No filter was saved yet"]
    kept = SavedFilters(settings)
    kept.keep(FAILED)
    menu = FilterMenu(kept, window.bar, window.save, window)
    assert texts(menu) == ["&Save filter…", "Failures", "&Rename", "&Delete"]
    entry(entry(menu, "&Rename").menu(), "Failures").trigger()
    dialog = answer(window, "Bad ends")
    dialog.findChild(QPushButton, "nameButton").click()
    assert texts(menu) == ["&Save filter…", "Bad ends", "&Rename", "&Delete"]
    entry(entry(menu, "&Delete").menu(), "Bad ends").trigger()
    assert texts(menu) == ["&Save filter…", "No filter was saved yet"]
    assert SavedFilters(settings).all() == []
