"""The details pane on its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QTableView, QToolButton

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.packages import Dependency, Element, ElementKind
from hotfix_desktop.ui.details import DetailsPane
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
        grid.itemAtPosition(row, 0).widget().text(): grid.itemAtPosition(row, 1).widget().text()
        for row in range(grid.rowCount())
        if grid.itemAtPosition(row, 0)
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
        "Linked to": "/repo/Case",
    }


def test_a_package_of_another_maintainer_is_not_ours(pane):
    show(pane, package(1, "Base", maintainer="Creatio"))
    assert facts(pane) == {"Maintainer": "Creatio"}


def test_problems_and_failures_are_told(pane):
    show(pane, package(1, "Bad", PackageState.NOT_SYNCHRONISED, problem="Its descriptor.json is not JSON."))
    assert facts(pane) == {"Problem": "Its descriptor.json is not JSON."}
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


# Elements


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
