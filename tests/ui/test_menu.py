"""Menus: the icon of the chosen row is as light as its text, and a box that is not ticked is seen in the dark."""

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAction, QImage, QPalette
from PySide6.QtWidgets import QApplication, QToolBar

from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.menu import Menu
from hotfix_desktop.ui.theme import Scheme, Theme, contrast


@pytest.fixture(params=[Scheme.LIGHT, Scheme.DARK], ids=["light", "dark"])
def theme(request, qapp: QApplication):
    yield Theme(qapp, request.param)
    qapp.setPalette(QPalette())


@pytest.fixture
def menu(qtbot, theme: Theme):
    made = Menu()
    qtbot.addWidget(made)
    icons = Icons(theme)
    for text in ("Lock", "Unlock", "Extend"):
        made.addAction(icons.icon("package-locked"), text)
    made.actions()[2].setEnabled(False)
    made.addAction("Toolbar").setCheckable(True)
    made.popup(QPoint(0, 0))
    return made


def left_of(menu: Menu, action: QAction) -> tuple[QImage, QRect]:
    """Draw the menu, and give where the icon or the box of an action is."""
    row = menu.actionGeometry(action)
    return menu.grab().toImage(), QRect(row.x() + 4, row.y() + 2, 22, row.height() - 4)


def strongest(image: QImage, place: QRect) -> float:
    """Give the greatest contrast in this place to the colour at its upper left."""
    around = image.pixelColor(place.topLeft())
    spots = ((x, y) for x in range(place.left(), place.right()) for y in range(place.top(), place.bottom()))
    return max(contrast(image.pixelColor(x, y), around) for x, y in spots)


def colours(image: QImage, place: QRect) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(place.left(), place.right())
        for y in range(place.top(), place.bottom())
    }


def test_the_icon_of_the_chosen_row_has_the_colour_of_its_text(menu, theme):
    chosen, other = menu.actions()[:2]
    menu.setActiveAction(chosen)
    image, place = left_of(menu, chosen)
    white = theme.background(QPalette.ColorRole.HighlightedText).name()
    assert white in colours(image, place)
    assert strongest(image, place) >= 4.5
    image, place = left_of(menu, other)
    text = theme.background(QPalette.ColorRole.WindowText).name()
    assert text in colours(image, place)


def test_the_icon_of_a_row_that_cannot_be_chosen_stays_grey(menu, theme):
    disabled = menu.actions()[2]
    menu.setActiveAction(disabled)
    image, place = left_of(menu, disabled)
    assert theme.disabled().name() in colours(image, place)


def test_the_action_keeps_its_own_icon_for_its_button(menu, qtbot):
    action = menu.actions()[0]
    before = action.icon().cacheKey()
    bar = QToolBar()
    qtbot.addWidget(bar)
    bar.addAction(action)
    menu.setActiveAction(action)
    menu.grab()
    assert action.icon().cacheKey() == before == bar.widgetForAction(action).icon().cacheKey()


def test_a_box_that_is_not_ticked_is_seen_in_the_dark(menu, theme):
    box = menu.actions()[3]
    menu.setActiveAction(menu.actions()[0])
    wanted = 3.0 if theme.is_dark() else 1.5
    assert strongest(*left_of(menu, box)) >= wanted
