"""Light and dark, room at 1024 × 700, and what a window remembers."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QToolBar, QToolButton

from hotfix_desktop.ui.details import DETAILS_WIDTH, LEAST_WIDTH, REST, SHARE
from hotfix_desktop.ui.package_model import Column, Grouping
from hotfix_desktop.ui.theme import Scheme, contrast
from hotfix_desktop.ui.welcome import Recent
from hotfix_desktop.ui.window_state import WindowState
from tests.ui.real_window import cell, choose, rows


@pytest.fixture
def window(desk):
    desk.protect().unlock("Beta")
    return desk.opened()


@pytest.fixture(autouse=True)
def light_again(desk):
    yield
    desk.theme.apply(Scheme.SYSTEM)


SIZE = (780, 640)
"""It fits the screen of the offscreen platform, as a remembered window has to."""


# Light and dark


def appearance(window, text: str):
    view = window.findChild(QMenu, "menuView")
    menu = next(a.menu() for a in view.actions() if a.text().replace("&", "") == "Appearance")
    return next(a for a in menu.actions() if a.text().replace("&", "") == text)


def brightest(icon) -> int:
    image = icon.pixmap(16).toImage()
    return max(
        image.pixelColor(x, y).lightness() for x in range(16) for y in range(16) if image.pixelColor(x, y).alpha() > 200
    )


def test_dark_and_light_change_palette_icons_and_inks(desk, window):
    choose(window, "Beta")
    desk.beat(window, minutes=26)
    seen = {}
    for text in ("Light", "Dark"):
        appearance(window, text).trigger()
        QApplication.processEvents()  # widgets hear of a new palette by an event
        icon = cell(window, "Custom", Column.PACKAGE, Qt.ItemDataRole.DecorationRole)
        banner = next(label for label in window.banners.findChildren(QLabel, "bannerText") if label.isVisible())
        seen[text] = (
            window.palette().color(QPalette.ColorRole.Window).lightness(),
            brightest(window.actions_["actionLockAfterHotfix"].icon()),
            brightest(icon),
            cell(window, "Beta", Column.STATE, Qt.ItemDataRole.ForegroundRole).lightness(),
            banner.parentWidget().palette().color(QPalette.ColorRole.Window).lightness(),
        )
        details = window.findChild(QLabel, "detailsState").palette().color(QPalette.ColorRole.WindowText)
        assert contrast(details, window.palette().color(QPalette.ColorRole.Window)) >= 4.5
        ink = banner.palette().color(QPalette.ColorRole.WindowText)
        assert contrast(ink, banner.parentWidget().palette().color(QPalette.ColorRole.Window)) >= 4.5
    paper, toolbar, state, ink, banner = (dark - light for light, dark in zip(*seen.values(), strict=True))
    assert paper < -100
    assert toolbar > 100
    assert state > 40
    assert ink > 20
    assert banner < -100


def test_the_scheme_is_remembered(desk, window):
    appearance(window, "Dark").trigger()
    assert appearance(window, "Dark").isChecked()
    assert not appearance(window, "Light").isChecked()
    desk.settings.sync()
    assert WindowState(QSettings(desk.settings.fileName(), QSettings.Format.IniFormat)).scheme is Scheme.DARK
    desk.settings.setValue("appearance/scheme", "violet")
    assert WindowState(desk.settings).scheme is Scheme.SYSTEM


# Room


@pytest.mark.parametrize("size", [(1024, 700), (1100, 700), (1920, 1080)])
def test_nothing_is_cut_off(desk, window, size):
    window.resize(*size)
    desk.qtbot.waitUntil(lambda: (window.width(), window.height()) == size)
    desk.beat(window)
    bar = window.findChild(QToolBar, "mainToolbar")
    extension = bar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert not extension.isVisible()
    assert window.filter.isVisible()
    assert window.filter.width() >= 200
    assert bar.rect().contains(window.filter.geometry())
    assert window.tree.columnWidth(Column.PACKAGE) >= 230, "a name of 25 letters, its icon and the indentation"
    assert not window.tree.horizontalScrollBar().isVisible()
    for column in (Column.STATE, Column.LEFT, Column.BY, Column.CHANGES):
        assert window.tree.header().sectionSizeHint(column) <= window.tree.columnWidth(column) + 24
    state = window.fontMetrics().horizontalAdvance("Locked · undelivered")
    assert window.tree.columnWidth(Column.STATE) >= state
    table = window.details.element_table
    assert not table.horizontalScrollBar().isVisible()
    assert table.columnWidth(0) >= 80


def test_the_window_can_be_made_small(window):
    assert window.minimumSizeHint().width() <= 1024
    assert window.minimumSizeHint().height() <= 600


def fitting(window) -> int:
    """Give how wide the details are in a window that remembers nothing."""
    return min(DETAILS_WIDTH, int(SHARE * window.width()), max(LEAST_WIDTH, window.width() - REST))


def test_the_window_fits_its_screen_and_its_details_leave_room(desk, window):
    room = window.screen().availableGeometry()
    assert room.contains(window.frameGeometry().translated(room.topLeft() - window.frameGeometry().topLeft()))
    assert window.dock.width() == fitting(window) < DETAILS_WIDTH


def test_the_filter_stays_in_sight_where_the_labels_do_not_fit(desk, window):
    bar = window.findChild(QToolBar, "mainToolbar")
    for width, style in ((760, "ToolButtonIconOnly"), (1024, "ToolButtonTextBesideIcon")):
        window.resize(width, 600)
        desk.qtbot.waitUntil(lambda style=style: bar.toolButtonStyle().name == style)
        desk.settle(window)
        assert window.filter.isVisible()
        assert not bar.findChild(QToolButton, "qt_toolbar_ext_button").isVisible()


def test_a_long_name_does_not_push_the_window_wide(desk, tmp_path):
    from tests.ui.real_window import write_package

    name = "Usr" + "VeryLong" * 28
    write_package(desk.folder, name, Description="x" * 3000, Maintainer="M" * 250)
    window = desk.protect().opened()
    window.resize(1024, 700)
    choose(window, name)
    desk.beat(window)
    assert window.minimumSizeHint().width() <= 1024
    assert window.width() == 1024


# Memory


def closed_and_opened_again(desk, window):
    window.here.verbs.told.disconnect()
    desk.lock("Beta")
    desk.beat(window)
    window.close()
    assert not window.isVisible()
    desk.settings.sync()
    desk.settings = QSettings(desk.settings.fileName(), QSettings.Format.IniFormat)
    return desk.opened()


def test_a_window_remembers_its_size_panes_and_columns(desk, window):
    window.resize(*SIZE)
    window.tree.setColumnHidden(Column.VERSION, False)
    window.tree.setColumnHidden(Column.BY, True)
    window.tree.header().moveSection(4, 1)
    window.tree.sortByColumn(Column.PACKAGE, Qt.SortOrder.DescendingOrder)
    window.resizeDocks([window.dock], [320], Qt.Orientation.Horizontal)
    window.actions_["actionCompact"].setChecked(True)
    QApplication.processEvents()
    width = window.dock.width()
    again = closed_and_opened_again(desk, window)
    assert (again.width(), again.height()) == SIZE
    assert not again.tree.isColumnHidden(Column.VERSION)
    assert again.tree.isColumnHidden(Column.BY)
    assert again.tree.header().visualIndex(Column.CHANGES) == 1
    assert [p.name for p in again.model.packages][:2] == ["Zeta", "Émile"]
    assert again.actions_["actionCompact"].isChecked()
    assert abs(again.dock.width() - width) <= 4
    assert again.dock.isVisible()


def test_the_details_keep_their_width_when_a_state_changes(desk, window):
    window.resizeDocks([window.dock], [320], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    for change in (desk.lock, desk.unlock, desk.lock):
        change("Beta")
        desk.beat(window)
        assert window.dock.width() == 320


def test_hidden_details_stay_hidden(desk, window):
    window.actions_["actionDetails"].trigger()
    again = closed_and_opened_again(desk, window)
    assert not again.dock.isVisible()
    assert not again.actions_["actionDetails"].isChecked()


def test_closing_on_the_welcome_page_does_not_forget_the_details(desk, window):
    desk.lock("Beta")
    desk.beat(window)
    window.leave_workspace()
    window.close()
    again = desk.opened()
    assert again.dock.isVisible()
    assert again.actions_["actionDetails"].isChecked()


def test_the_details_are_as_wide_from_the_welcome_page_as_from_the_command_line(desk):
    desk.protect()
    window = desk.window()
    window.open_location(str(desk.folder))  # as the command line does, before it is shown
    desk.show(window)
    desk.qtbot.waitUntil(window.dock.isVisible)
    desk.settle(window)
    first = window.dock.width()
    desk.settings.clear()
    second = desk.opened()
    QApplication.processEvents()
    assert second.dock.width() == first == fitting(second)


def test_details_that_are_shown_later_have_their_width(desk, window):
    window.actions_["actionDetails"].trigger()
    again = closed_and_opened_again(desk, window)
    again.actions_["actionDetails"].trigger()
    QApplication.processEvents()
    assert abs(again.dock.width() - fitting(again)) <= 4


def test_the_grouping_is_remembered(desk, window):
    def choices(of) -> dict[str, QAction]:
        view = of.findChild(QMenu, "menuView")
        menu = next(a.menu() for a in view.actions() if a.text().replace("&", "") == "Group by")
        return {a.text().replace("&", ""): a for a in menu.actions()}

    choices(window)["Maintainer"].trigger()
    again = closed_and_opened_again(desk, window)
    assert [text for text, action in choices(again).items() if action.isChecked()] == ["Maintainer"]
    assert "Creatio (2)" in rows(again)
    desk.settings.setValue("window/grouping", "nonsense")
    assert WindowState(desk.settings).grouping is Grouping.NONE


@pytest.mark.parametrize("text", ["nonsense", "-4", "99999999999999999999", ""])
def test_a_width_that_was_edited_by_hand(desk, text):
    desk.settings.setValue("window/width", text)
    assert WindowState(desk.settings).width == 0, "as wide as fits the window"


def test_reset_window(desk, window):
    window.tree.setColumnHidden(Column.VERSION, False)
    window.resize(1300, 900)
    window.toolbar.hide()
    window.dock.setFloating(True)
    first = desk.window().size()
    window.actions_["actionResetWindow"].trigger()
    assert window.tree.isColumnHidden(Column.VERSION)
    assert window.size() == first
    assert window.toolbar.isVisible()
    assert not window.dock.isFloating()
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, window.dock)
    window.actions_["actionDetails"].setChecked(False)
    window.actions_["actionResetWindow"].trigger()
    assert window.dockWidgetArea(window.dock) == Qt.DockWidgetArea.RightDockWidgetArea
    assert window.dock.isVisible()


def test_nonsense_in_the_file_changes_nothing(desk):
    for key in ("window/geometry", "window/panes", "window/columns", "window/details", "recents"):
        desk.settings.setValue(key, "nonsense")
    window = desk.protect().opened()
    assert window.tree.isColumnHidden(Column.VERSION)
    desk.settings.clear()
    assert window.size() == desk.window().size()


# The small file behind it


@pytest.fixture
def state(tmp_path, qapp):
    return WindowState(QSettings(str(tmp_path / "state.ini"), QSettings.Format.IniFormat))


def test_recents_are_kept_newest_first_and_eight_at_most(state):
    for number in range(10):
        state.add_recent(Recent(f"W{number}", f"/w/{number}"))
    state.add_recent(Recent("W5 again", "/w/5"))
    assert [r.location for r in state.recents] == [f"/w/{n}" for n in (5, 9, 8, 7, 6, 4, 3, 2)]
    assert state.recents[0].title == "W5 again"
    state.forget_recent("/w/9")
    assert "/w/9" not in [r.location for r in state.recents]
    state.forget_recent("/nowhere")
    assert len(state.recents) == 7


@pytest.mark.parametrize("text", ["nonsense", "{}", "[1]", '[["a"]]', "null", '[["a", "b", "c"]]'])
def test_recents_that_were_edited_by_hand(state, text):
    state.keep("recents", text)
    assert state.recents == []
    state.add_recent(Recent("A", "/a"))
    assert state.recents == [Recent("A", "/a")]


def test_flags_survive_the_file(tmp_path, state):
    state.keep("yes", True)
    state.keep("no", False)
    state._settings.sync()
    again = WindowState(QSettings(str(tmp_path / "state.ini"), QSettings.Format.IniFormat))
    assert (again.flag("yes", False), again.flag("no", True)) == (True, False)
    assert (again.flag("unknown", True), again.flag("unknown", False)) == (True, False)
    assert again.bytes("yes").isEmpty()
