"""The details pane on its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QProgressBar,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
)

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.packages import Dependency, Element, ElementKind
from hotfix_desktop.ui.details import DETAILS_WIDTH, DetailsPane
from hotfix_desktop.ui.element_model import ElementColumn
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import LIGHT_COLOURS, Role, Scheme, Theme
from tests.ui.sample_catalogue import EVERY_STATE, NOW, after, catalogue, hotfix, locked, package, unlocked

ELEMENTS = [
    Element(ElementKind.SCHEMA, "b10", "Schemas/b10", "EntitySchemaManager", "Ten", NOW.utc),
    Element(ElementKind.FILE, "A.cs", "Files/A.cs"),
    Element(ElementKind.SCHEMA, "b9", "Schemas/b9", "PageSchemaManager", "", NOW.utc - timedelta(days=2)),
]


@pytest.fixture
def actions(qapp):
    return [QAction(text) for text in ("Unlock", "Lock", "Extend")]


@pytest.fixture
def pane(qtbot, qapp, actions):
    theme = Theme(qapp, Scheme.LIGHT)
    made = DetailsPane(theme, Icons(theme), actions)
    qtbot.addWidget(made)
    made.resize(464, 600)
    made.show()
    qtbot.waitExposed(made)
    yield made
    theme.apply(Scheme.SYSTEM)


def show(pane, status, now=NOW, **more) -> None:
    pane.show_package(status, catalogue(status, **more), now)


def label(pane, name: str) -> str:
    return pane.findChild(QLabel, name).text()


def facts(pane) -> dict[str, str]:
    """Give what stands in the two columns of facts."""
    grid = pane._facts
    return {
        grid.itemAtPosition(row, 0).widget().text(): getattr(value, "path", "") or value.text()
        for row in range(grid.rowCount())
        if grid.itemAtPosition(row, 0) and (value := grid.itemAtPosition(row, 1).widget())
    }


def elements(pane) -> list[str]:
    model = pane.element_table.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_without_a_package_it_says_what_to_do(pane):
    empty = pane.findChild(QLabel, "detailsEmpty")
    assert empty.isVisible()
    assert empty.text() == "Select a package.\nUnlocked packages stay at the top."
    show(pane, package(1, "Base"))
    assert not empty.isVisible()
    pane.show_package(None, catalogue(), NOW)
    assert empty.isVisible()


@pytest.mark.parametrize("status", EVERY_STATE, ids=lambda status: status.name)
def test_every_state_has_its_line_and_the_bar_only_when_open(pane, status):
    show(pane, status)
    assert label(pane, "detailsName") == status.name
    assert label(pane, "detailsState")
    assert pane.findChild(QProgressBar, "countdownBar").isVisible() is status.is_open


def test_the_facts_of_an_unlocked_package(pane):
    status = package(
        2,
        "Case",
        PackageState.UNLOCKED,
        hotfix=hotfix("Case", 2, by="bob", ticket="INC-9"),
        maintainer="customer",
        depends_on=tuple(Dependency(f"D{n}") for n in range(8)),
        modified=NOW.utc,
        linked_to="/repo/Case",
    )
    show(pane, status)
    opened = f"{NOW.utc.astimezone():%H:%M}"
    assert facts(pane) == {
        "Reason": "wrong VAT",
        "Ticket": "INC-9",
        "Since": f"{opened} by bob",
        "Maintainer": "customer (self-developed)",
        "Depends on": "D0, D1, D2, D3, D4, D5 … (8)",
        "Modified": f"{NOW.utc.astimezone():%Y-%m-%d %H:%M}",
        "Folder": "/packages/Case",
        "Linked to": "/repo/Case",
    }


def test_a_package_of_another_maintainer_is_not_ours(pane):
    show(pane, package(1, "Base", maintainer="Creatio"))
    assert facts(pane) == {"Maintainer": "Creatio", "Folder": "/packages/Base"}


def test_problems_and_failures_are_told(pane):
    show(pane, package(1, "Bad", PackageState.NOT_SYNCHRONISED, problem="Its descriptor.json is not JSON."))
    assert facts(pane) == {"Problem": "Its descriptor.json is not JSON.", "Folder": "/packages/Bad"}
    show(pane, EVERY_STATE[-1])
    assert facts(pane)["Why overdue"] == "It is held by an editor."


def test_the_countdown_runs_by_the_second_and_the_bar_in_steps_of_five(pane):
    show(pane, unlocked(2, "Case"))
    bar = pane.findChild(QProgressBar, "countdownBar")
    values = set()
    for second in range(6):
        pane.set_now(after(seconds=second))
        assert f"{30 - bool(second)}:{(60 - second) % 60:02} left" in label(pane, "detailsState")
        values.add(bar.value())
    assert values == {360, 359}
    pane.set_now(after(minutes=31))
    assert bar.value() == 0


def test_an_extended_hotfix_fills_the_bar_in_proportion(pane):
    longer = hotfix("Case", 2)
    longer = replace(longer, lease=longer.lease.extended(30), extended_minutes=30)
    show(pane, package(2, "Case", PackageState.UNLOCKED, hotfix=longer), after(minutes=30))
    bar = pane.findChild(QProgressBar, "countdownBar")
    assert bar.value() * 2 == bar.maximum()


def test_the_colour_of_the_state(pane):
    def ink() -> str:
        found = pane.findChild(QLabel, "detailsState")
        return found.palette().color(found.foregroundRole()).name().upper()

    show(pane, unlocked(2, "Case"))
    assert ink() == LIGHT_COLOURS[Role.OPEN]
    pane.set_now(after(minutes=29))
    assert ink() == LIGHT_COLOURS[Role.OVERDUE]
    show(pane, EVERY_STATE[-1])
    assert ink() == LIGHT_COLOURS[Role.OVERDUE]
    show(pane, locked(3, "Deal", hours=1))
    assert ink() == LIGHT_COLOURS[Role.UNDELIVERED]
    show(pane, package(1, "Base"))
    assert ink() not in LIGHT_COLOURS.values()


def test_buttons_are_shown_while_they_can_be_used(pane, actions):
    show(pane, package(1, "Base"))
    actions[1].setEnabled(False)
    actions[2].setEnabled(False)
    QApplication.processEvents()
    visible = [b.text() for b in pane.findChildren(QToolButton) if b.isVisible()]
    assert visible == ["Unlock"]
    actions[1].setEnabled(True)
    QApplication.processEvents()
    assert [b.text() for b in pane.findChildren(QToolButton) if b.isVisible()] == ["Unlock", "Lock"]


def test_the_icon_gets_the_new_ink(pane):
    def ink() -> int:
        image = pane._icon.pixmap().toImage()
        spots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        return max(spot.lightness() for spot in spots if spot.alpha() > 200)

    show(pane, package(1, "Mine", PackageState.LOCKED))
    light = ink()
    pane._theme.apply(Scheme.DARK)
    assert ink() - light > 100


def test_a_locked_package_says_from_when_to_when_it_was_unlocked(pane):
    show(pane, locked(3, "Deal", minutes=-1))
    at = f"{NOW.utc.astimezone():%H:%M}–{after(minutes=1).utc.astimezone():%H:%M}"
    assert facts(pane)["Unlocked"] == f"{at} by you"
    assert "Since" not in facts(pane)


def test_a_long_fact_stands_beside_its_caption_and_takes_little_more_than_its_lines(pane):
    why = "The folder of Case is another one than before: it now leads to /somewhere/else/entirely."
    late = hotfix("Case", 1, opened=after(minutes=-31), last_error=why)
    show(pane, package(1, "Case", PackageState.OVERDUE, hotfix=late))
    QApplication.processEvents()
    value = next(found for found in pane.findChildren(QLabel) if found.text() == why)
    assert value.alignment() & Qt.AlignmentFlag.AlignTop
    assert value.height() <= value.heightForWidth(value.width()) + 2, "no hole below it"


def test_a_long_path_is_cut_in_the_middle_and_copied_whole(pane, qtbot):
    location = "/very" * 60
    status = package(1, "Base")
    pane.show_package(status, catalogue(status, location=location), NOW)
    QApplication.processEvents()
    field = next(f for f in pane.findChildren(QLineEdit, "pathField") if f.isVisible())
    assert field.text().startswith("/very")
    assert "…" in field.text()
    assert field.text().endswith("Base")
    assert location in field.toolTip()
    pane.activateWindow()
    qtbot.waitUntil(pane.isActiveWindow)
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: field.selectedText() == f"{location}/Base")
    pane.element_table.setFocus()
    assert "…" in field.text()


# Elements


@pytest.mark.parametrize("width", [300, 464, 900])
def test_names_have_most_of_the_table(pane, width):
    show(pane, package(1, "Base"))
    pane.show_elements(ELEMENTS)
    pane.resize(width, 600)
    QApplication.processEvents()
    table = pane.element_table
    assert table.columnWidth(ElementColumn.NAME) >= 0.45 * table.viewport().width() - 1
    assert table.horizontalHeader().length() == table.viewport().width()
    if width >= DETAILS_WIDTH:
        date = table.fontMetrics().horizontalAdvance("2026-11-23")
        assert table.columnWidth(ElementColumn.MODIFIED) > date, "half a date says nothing"
    option = QStyleOptionViewItem()
    table.itemDelegateForColumn(ElementColumn.NAME).initStyleOption(option, table.model().index(0, 0))
    assert option.textElideMode is Qt.TextElideMode.ElideMiddle


def test_the_elements_come_later_and_replace_the_note(pane):
    note = pane.findChild(QLabel, "elementsNote")
    show(pane, package(1, "Base"))
    assert note.isVisible()
    assert note.text() == "Reading the elements…"
    pane.show_elements(ELEMENTS)
    assert not note.isVisible()
    assert elements(pane) == ["b10", "A.cs", "b9"]
    assert "Elements (3)" in [found.text() for found in pane.findChildren(QLabel)]
    pane.show_elements([])
    assert note.isVisible()
    assert note.text() == "This package holds no elements."
    pane.show_elements_problem(WorkspaceError("Its folder is not there.", "Refresh."))
    assert note.text() == "Its folder is not there. Refresh."
    pane.show_elements(ELEMENTS)
    pane.show_elements_problem(WorkspaceError("Its folder is not there."))
    assert not [found.text() for found in pane.findChildren(QLabel) if "(3)" in found.text()], "a count of yesterday"


def test_the_same_package_keeps_its_elements_and_another_does_not(pane):
    show(pane, package(1, "Base"))
    pane.show_elements(ELEMENTS)
    show(pane, unlocked(1, "Base"))
    assert len(elements(pane)) == 3
    show(pane, package(2, "Other"))
    assert elements(pane) == []


def test_elements_are_sorted_by_clicking(pane):
    show(pane, package(1, "Base"))
    pane.show_elements(ELEMENTS)
    table = pane.element_table
    table.sortByColumn(ElementColumn.NAME, Qt.SortOrder.AscendingOrder)
    assert elements(pane) == ["A.cs", "b10", "b9"]
    table.sortByColumn(ElementColumn.MODIFIED, Qt.SortOrder.DescendingOrder)
    assert elements(pane) == ["b10", "b9", "A.cs"]
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert elements(pane) == ["b10", "A.cs", "b9"], "as the package has them"


def test_nothing_is_edited(pane, qtbot):
    show(pane, package(1, "Base"))
    pane.show_elements(ELEMENTS)
    table = pane.findChild(QTableView, "elementTable")
    table.selectRow(0)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    qtbot.keyClicks(table, "x")
    assert table.state() is QTableView.State.NoState
    assert elements(pane)[0] == "b10"


def test_strange_names_are_shown_as_they_are_and_do_not_push(pane):
    name = "<b>Usr</b>" + "x" * 240
    show(pane, package(1, name, maintainer="M" * 250, linked_to="/very" * 200))
    assert label(pane, "detailsName") == name
    assert pane.findChild(QLabel, "detailsName").textFormat() is Qt.TextFormat.PlainText
    assert facts(pane)["Maintainer"] == "M" * 250
    pane.show_elements_problem(WorkspaceError("/path" * 300))
    QApplication.processEvents()
    assert pane.minimumSizeHint().width() <= 464
