"""The tree as one uses it: filter, keys, columns, header menu, and what stays chosen."""

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QStyleOptionViewItem, QWidget

from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.package_model import Column, Grouping, PackageModel
from hotfix_desktop.ui.package_tree import HIDDEN_AT_FIRST, PackageTree
from hotfix_desktop.ui.theme import Theme
from hotfix_desktop.ui.window_bars import CONTEXT
from tests.ui.real_window import CTRL, ORDER, SHIFT, choose, rows
from tests.ui.sample_catalogue import EVERY_STATE, NOW, after, catalogue, package, unlocked


@pytest.fixture
def tree(qtbot, qapp):
    """A tree on its own, with a package in every state."""
    theme = Theme(qapp)
    model = PackageModel(theme, Icons(theme))
    made = PackageTree(model)
    qtbot.addWidget(made)
    made.resize(700, 500)
    model.show_catalogue(catalogue(*EVERY_STATE), NOW)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.setFocus()
    return made


@pytest.fixture
def window(desk):
    return desk.protect().opened()


def shown(tree) -> list[str]:
    """Give the names from top to bottom, as they stand on the screen."""
    below, names = tree.indexBelow(tree.model().index(0, 0)), []
    while below.isValid():
        names.append(below.data())
        below = tree.indexBelow(below)
    return names


def choose_number(tree, number: int):
    tree.choose(number)
    assert tree.chosen.package_id == number


# What it looks like


def test_groups_are_open_and_titles_span_the_columns(tree):
    tree.model().set_grouping(Grouping.STATE)
    for row in range(tree.model().rowCount()):
        assert tree.isExpanded(tree.model().index(row, 0))
        assert tree.isFirstColumnSpanned(row, tree.model().index(-1, 0))
    assert len(shown(tree)) == 8 + 6 - 1


def test_rows_have_one_height_and_a_compact_one(tree):
    index = tree.model().index(0, 0, tree.model().index(0, 0))
    assert tree.visualRect(index).height() == 28
    tree.set_compact(True)
    QApplication.processEvents()
    assert tree.visualRect(index).height() == 22
    assert tree.itemDelegate().sizeHint(QStyleOptionViewItem(), index).height() == 22


def test_maintainer_version_and_modified_are_hidden_at_first(tree):
    assert {c for c in Column if tree.isColumnHidden(c)} == set(HIDDEN_AT_FIRST)
    assert [tree.header().visualIndex(c) for c in Column] == list(Column)


def test_the_columns_fill_the_pane(tree, qtbot):
    for width in (500, 900, 700):
        tree.resize(width, 500)
        qtbot.waitUntil(lambda: tree.header().length() == tree.viewport().width())


# Choosing


def test_what_is_chosen_stays_chosen_while_the_rows_move(tree):
    choose_number(tree, 1)
    heard = []
    tree.package_chosen.connect(heard.append)
    packages = [unlocked(1, "Base", opened=after(minutes=1)) if p.package_id == 1 else p for p in EVERY_STATE]
    tree.model().show_catalogue(catalogue(*packages), NOW)
    assert tree.chosen is packages[0]
    assert heard[-1] is packages[0], "the new status is told, for details and actions"
    assert tree.currentIndex().row() == 0
    assert tree.selectionModel().selectedRows() == [tree.currentIndex()]


def test_the_filter_hides_the_chosen_one_and_brings_it_back(tree):
    choose_number(tree, 1)
    heard = []
    tree.package_chosen.connect(heard.append)
    tree.model().set_filter("custom")
    assert tree.chosen is None
    assert heard[-1] is None
    tree.model().set_filter("")
    assert tree.chosen.package_id == 1
    assert heard[-1].package_id == 1


def test_what_is_chosen_stays_in_sight_when_it_moves(tree):
    many = [package(n, f"P{n:04}") for n in range(500)]
    opened = [unlocked(n, f"P{n:04}", opened=after(minutes=1)) if n == 400 else p for n, p in enumerate(many)]
    tree.model().show_catalogue(catalogue(*opened), NOW)
    choose_number(tree, 400)
    assert tree.currentIndex().row() == 0
    tree.model().show_catalogue(catalogue(*many), NOW)
    assert tree.currentIndex().row() == 400
    assert tree.viewport().rect().contains(tree.visualRect(tree.currentIndex()))
    tree.verticalScrollBar().setValue(10)
    tree.model().show_catalogue(catalogue(*opened[:-1]), NOW)
    assert tree.verticalScrollBar().value() == 10, "somebody who looks at something else is not called back"


def test_the_place_in_a_long_list_is_kept(tree):
    many = [package(n, f"P{n:04}") for n in range(500)]
    tree.model().show_catalogue(catalogue(*many), NOW)
    QApplication.processEvents()
    tree.verticalScrollBar().setValue(200)
    before = tree.verticalScrollBar().value()
    tree.model().show_catalogue(catalogue(*many[:-1]), NOW)
    QApplication.processEvents()
    assert before > 0
    assert tree.verticalScrollBar().value() == before


def test_choosing_what_is_not_there_changes_nothing(tree):
    choose_number(tree, 1)
    tree.choose(99)
    assert tree.chosen.package_id == 1


def test_a_group_is_chosen_as_nothing(tree):
    tree.setCurrentIndex(tree.model().index(0, 0))
    assert tree.chosen is None


# Keys


def test_the_arrows_home_and_end_walk_through_the_packages(tree, qtbot):
    choose_number(tree, 2)
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    assert tree.chosen.name == "Old"
    qtbot.keyClick(tree, Qt.Key.Key_End)
    assert tree.chosen.name == shown(tree)[-1] == "Mine"
    qtbot.keyClick(tree, Qt.Key.Key_Home)
    assert tree.chosen is None, "the group"
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    assert tree.chosen.name == "Case"


def test_typing_a_name_goes_there(tree, qtbot):
    choose_number(tree, 2)
    qtbot.keyClicks(tree, "de")
    assert tree.chosen.name == "Deal"


def test_enter_opens_and_space_does_nothing(tree, qtbot):
    choose_number(tree, 1)
    opened, menus = [], []
    tree.package_opened.connect(opened.append)
    tree.menu_wanted.connect(menus.append)
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert (opened, menus) == ([], [])
    assert tree.chosen.package_id == 1
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    qtbot.keyClick(tree, Qt.Key.Key_Enter)
    assert [status.name for status in opened] == ["Base", "Base"]
    tree.setCurrentIndex(tree.model().index(0, 0))
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert len(opened) == 2


def test_a_double_click_opens(tree, qtbot):
    opened = []
    tree.package_opened.connect(opened.append)
    at = tree.visualRect(tree.model().index_of(3)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert [status.name for status in opened] == ["Deal"]
    group = tree.visualRect(tree.model().index(0, 0)).center()
    qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=group)
    assert len(opened) == 1
    assert tree.isExpanded(tree.model().index(0, 0))


@pytest.mark.parametrize("keys", [(Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_F10, SHIFT)])
def test_the_menu_key_opens_the_menu_below_the_package(tree, qtbot, keys):
    choose_number(tree, 3)
    menus = []
    tree.menu_wanted.connect(menus.append)
    qtbot.keyClick(tree, *keys)
    assert menus == [tree.viewport().mapToGlobal(tree.visualRect(tree.currentIndex()).bottomLeft())]
    tree.setCurrentIndex(tree.model().index(0, 0))
    qtbot.keyClick(tree, *keys)
    assert len(menus) == 1, "a group has none"


def test_a_right_click_opens_the_menu_where_it_was_clicked(tree, qtbot):
    menus = []
    tree.menu_wanted.connect(menus.append)
    at = tree.visualRect(tree.model().index_of(3)).center()
    tree.customContextMenuRequested.emit(at)
    assert menus == [tree.viewport().mapToGlobal(at)]
    tree.customContextMenuRequested.emit(tree.visualRect(tree.model().index(0, 0)).center())
    tree.customContextMenuRequested.emit(QPoint(5, 480))
    assert len(menus) == 1, "neither a group nor the empty space below has one"


# Columns


def headers(menu: QMenu) -> dict[str, bool]:
    return {action.text(): action.isChecked() for action in menu.actions() if action.isCheckable()}


def test_the_header_menu_shows_and_hides_columns(tree, qtbot):
    tree.header().customContextMenuRequested.emit(QPoint(5, 5))
    menu = tree.findChild(QMenu)
    assert menu.isVisible()
    assert headers(menu) == {
        "Package": True,
        "State": True,
        "Left": True,
        "By": True,
        "Changes": True,
        "Maintainer": False,
        "Version": False,
        "Modified": False,
    }
    actions = {action.text().replace("&", ""): action for action in menu.actions()}
    assert not actions["Package"].isEnabled(), "a row without a name is none"
    actions["Maintainer"].trigger()
    actions["By"].trigger()
    assert not tree.isColumnHidden(Column.MAINTAINER)
    assert tree.isColumnHidden(Column.BY)
    actions["Reset columns"].trigger()
    assert {c for c in Column if tree.isColumnHidden(c)} == set(HIDDEN_AT_FIRST)
    menu.close()


def test_reset_puts_order_widths_and_sorting_back(tree):
    first = [tree.header().visualIndex(c) for c in Column]
    width = tree.columnWidth(Column.STATE)
    tree.header().moveSection(1, 4)
    tree.header().moveSection(0, 2)
    tree.header().resizeSection(Column.STATE, 60)
    tree.sortByColumn(Column.STATE, Qt.SortOrder.DescendingOrder)
    assert shown(tree) != ["Case", "Old", "Base", "Custom", "Deal", "Draft", "Fresh", "Mine"]
    tree.reset_columns()
    assert [tree.header().visualIndex(c) for c in Column] == first
    assert tree.columnWidth(Column.STATE) == width
    assert shown(tree) == ["Case", "Old", "Base", "Custom", "Deal", "Draft", "Fresh", "Mine"]


def click_header(tree, qtbot, column: int) -> None:
    header = tree.header()
    at = QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_clicking_a_header_sorts_and_a_third_click_ends_it(tree, qtbot):
    first = shown(tree)
    click_header(tree, qtbot, Column.STATE)
    click_header(tree, qtbot, Column.STATE)
    sorted_twice = shown(tree)
    assert sorted_twice != first
    assert set(sorted_twice[:2]) == {"Case", "Old"}
    click_header(tree, qtbot, Column.STATE)
    assert shown(tree) == first


def test_columns_are_remembered_and_nonsense_is_not(tree, qtbot, qapp):
    tree.setColumnHidden(Column.VERSION, False)
    tree.header().moveSection(4, 1)
    tree.sortByColumn(Column.STATE, Qt.SortOrder.DescendingOrder)
    state, order = tree.save_columns(), shown(tree)
    theme = Theme(qapp)
    other = PackageTree(PackageModel(theme, Icons(theme)))
    qtbot.addWidget(other)
    other.restore_columns(QByteArray(b"nonsense"))
    assert other.isColumnHidden(Column.VERSION)
    other.restore_columns(state)
    other.model().show_catalogue(catalogue(*EVERY_STATE), NOW)
    assert not other.isColumnHidden(Column.VERSION)
    assert other.header().visualIndex(Column.CHANGES) == 1
    assert shown(other) == order


# In the window


def test_filtering_as_one_types(desk, window):
    desk.press(window, Qt.Key.Key_F, CTRL)
    assert window.filter.hasFocus()
    desk.qtbot.keyClicks(window.filter, "z")
    assert rows(window) == ["All packages (1 of 7)", "Zeta"]
    assert window.filter.hasFocus(), "the tree does not take the focus"
    desk.qtbot.keyClicks(window.filter, "q")
    assert rows(window) == ["All packages (0 of 7)"]
    assert window.actions_["actionUnlockForHotfix"].statusTip() == "Select a package first."
    desk.press(window, Qt.Key.Key_Backspace)
    assert rows(window)[1:] == ["Zeta"]


def test_escape_clears_the_filter_then_goes_to_the_tree(desk, window):
    window.filter.setFocus()
    desk.qtbot.keyClicks(window.filter, "zeta")
    desk.press(window, Qt.Key.Key_Escape)
    assert window.filter.text() == ""
    assert rows(window) == ["All packages (7)", *ORDER]
    assert window.filter.hasFocus()
    desk.press(window, Qt.Key.Key_Escape)
    assert window.tree.hasFocus()


def test_escape_in_the_tree_clears_the_filter_and_the_chosen_row_stays_in_sight(desk, window):
    window.resize(900, 330)
    QApplication.processEvents()
    choose(window, "Zeta")
    window.filter.setText("custom")
    assert window.tree.chosen is None or window.tree.chosen.name == "Zeta"
    window.filter.setText("zeta")
    window.tree.setFocus()
    desk.press(window, Qt.Key.Key_Escape)
    assert window.filter.text() == ""
    assert window.tree.chosen.name == "Zeta"
    place = window.tree.visualRect(window.tree.currentIndex())
    assert window.tree.viewport().rect().contains(place.center())
    desk.press(window, Qt.Key.Key_Escape)
    assert window.tree.hasFocus(), "without a filter it does nothing"


def test_a_banner_shows_the_first_package_that_matches(window):
    choose(window, "Beta")
    window.filter.show_only("e")
    assert window.tree.chosen.name == rows(window)[1] != ""
    window.filter.show_only("zeta")
    assert window.tree.chosen.name == "Zeta"
    window.filter.show_only("nothing at all")
    assert window.tree.chosen is None


@pytest.mark.parametrize("grouping", list(Grouping))
def test_no_match_says_so_and_offers_the_way_back(desk, window, grouping):
    window.model.set_grouping(grouping)
    assert window.tree.findChild(QWidget, "noMatch") is None
    window.filter.setText("qqq")
    empty = window.tree.findChild(QWidget, "noMatch")
    assert empty.isVisible()
    assert "No packages match the filter." in [label.text() for label in empty.findChildren(QLabel)]
    window.resize(820, 600)
    QApplication.processEvents()
    assert empty.size() == window.tree.viewport().size()
    desk.click(window, "clearFilter")
    assert window.filter.text() == ""
    assert not empty.isVisible()
    assert window.model.matching == 7


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_down_and_enter_go_to_the_first_match(desk, window, key):
    choose(window, "Beta")
    window.filter.setFocus()
    desk.qtbot.keyClicks(window.filter, "customer")
    assert window.tree.chosen.name == "Beta", "it matches, too"
    desk.qtbot.keyClicks(window.filter, " ze")
    assert window.tree.chosen is None
    desk.press(window, key)
    assert window.tree.hasFocus()
    assert window.tree.chosen.name == "Zeta"
    assert window.actions_["actionUnlockForHotfix"].isEnabled()


def test_ctrl_f_selects_what_was_typed(desk, window):
    window.filter.setText("zeta")
    window.tree.setFocus()
    desk.press(window, Qt.Key.Key_F, CTRL)
    desk.qtbot.keyClicks(window.filter, "b")
    assert window.filter.text() == "b"


def test_a_hundred_thousand_characters_in_the_filter(desk, window):
    window.filter.setFocus()
    QApplication.clipboard().setText("x" * 100_000)
    desk.press(window, Qt.Key.Key_V, CTRL)
    assert len(window.filter.text()) == 250
    assert rows(window) == ["All packages (0 of 7)"]


def test_the_context_menu_holds_the_actions_themselves(desk, window):
    choose(window, "Zeta")
    window.tree.customContextMenuRequested.emit(window.tree.visualRect(window.tree.currentIndex()).center())
    menu = window.findChild(QMenu, "packageMenu")
    assert menu.isVisible()
    assert [a for a in menu.actions() if not a.isSeparator()] == [window.actions_[name] for name in CONTEXT if name]
    lines = [position for position, action in enumerate(menu.actions()) if action.isSeparator()]
    assert lines == [position for position, name in enumerate(CONTEXT) if not name]
    menu.close()
    desk.qtbot.waitUntil(lambda: window.findChild(QMenu, "packageMenu") is None)


def test_a_right_click_chooses_the_package_first(desk, window):
    choose(window, "Zeta")
    at = window.tree.visualRect(window.model.index_of(next(p.package_id for p in window.model.packages))).center()
    desk.qtbot.mousePress(window.tree.viewport(), Qt.MouseButton.RightButton, pos=at)
    where = window.tree.viewport().mapToGlobal(at)
    QApplication.sendEvent(window.tree.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, where))
    assert window.tree.chosen.name == "alpha"
    menu = window.findChild(QMenu, "packageMenu")
    assert menu.isVisible()
    menu.close()


def test_unlock_from_the_context_menu(desk, window):
    choose(window, "Zeta")
    desk.press(window, Qt.Key.Key_F10, SHIFT)
    menu = window.findChild(QMenu, "packageMenu")
    desk.qtbot.keyClick(menu, Qt.Key.Key_Down)
    assert menu.activeAction() is window.actions_["actionUnlockForHotfix"]
    desk.qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert desk.dialog(window, "unlockDialog")


def test_grouping_from_the_menu(desk, window):
    desk.unlock("Zeta")
    desk.beat(window)
    view = window.findChild(QMenu, "menuView")
    group_by = next(a.menu() for a in view.actions() if a.text().replace("&", "") == "Group by")
    choices = {a.text().replace("&", ""): a for a in group_by.actions()}
    assert [name for name, action in choices.items() if action.isChecked()] == ["Nothing"]
    choices["Maintainer"].trigger()
    assert rows(window)[0] in ("(no maintainer) (1)", "Creatio (2)")
    choices["State"].trigger()
    assert rows(window)[:3] == ["Unlocked (1)", "Zeta", "Blocked (4)"]
    assert not choices["Maintainer"].isChecked()
    choices["Nothing"].trigger()
    assert rows(window)[:2] == ["All packages (7, 1 unlocked)", "Zeta"]


def test_columns_from_the_view_menu_follow_the_header(desk, window):
    view = window.findChild(QMenu, "menuView")
    columns = next(a.menu() for a in view.actions() if a.text().replace("&", "") == "Columns")
    window.tree.setColumnHidden(Column.BY, True)
    columns.aboutToShow.emit()
    actions = {a.text().replace("&", ""): a for a in columns.actions()}
    assert not actions["By"].isChecked()
    actions["Version"].trigger()
    assert not window.tree.isColumnHidden(Column.VERSION)
    columns.aboutToShow.emit()
    assert headers(columns)["Version"]
