"""The welcome page on its own."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton

from hotfix_desktop import __version__
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Scheme, Theme
from hotfix_desktop.ui.welcome import Recent, WelcomePage

RECENTS = [Recent("production", "/srv/production/Pkg"), Recent("test", "/srv/" + "very" * 100 + "/Pkg")]


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, Scheme.LIGHT)
    yield made
    made.apply(Scheme.SYSTEM)


@pytest.fixture
def page(qtbot, theme):
    icons = Icons(theme)
    made = WelcomePage(theme, icons)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.mark.parametrize(
    ("name", "text", "signal"),
    [
        ("welcomeDemo", "Try the demo workspace", "demo_wanted"),
        ("welcomeOpen", "Open a package folder…", "folder_wanted"),
        ("welcomeAudit", "I am an auditor: open an audit log…", "audit_wanted"),
    ],
)
def test_three_big_buttons(page, qtbot, name, text, signal):
    button = page.findChild(QPushButton, name)
    assert button.text().replace("&", "") == text
    assert button.height() >= 44
    with qtbot.waitSignal(getattr(page, signal), timeout=1000):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    button.setFocus()
    with qtbot.waitSignal(getattr(page, signal), timeout=1000):
        qtbot.keyClick(button, Qt.Key.Key_Space)


def test_what_it_is_for_and_which_version_it_is(page):
    text = "\n".join(label.text() for label in page.findChildren(QLabel))
    assert "Unlock a package for a hotfix, and never forget to lock it again." in text
    assert f"Version {__version__}." in text
    assert "This program sends nothing anywhere." in text


def test_without_recents_it_says_what_would_be_there(page):
    page.show_recents([])
    assert not page.findChild(QListWidget, "recentList").isVisible()
    assert "The workspaces that you open will be listed here." in [
        label.text() for label in page.findChildren(QLabel) if label.isVisible()
    ]


def test_recents_are_listed_with_their_folder(page, qtbot):
    page.show_recents(RECENTS)
    page.show_recents(RECENTS)
    found = page.findChild(QListWidget, "recentList")
    assert found.isVisible()
    assert found.count() == 2
    assert [found.item(n).text() for n in range(2)] == [f"{r.title}\n{r.location}" for r in RECENTS]
    assert found.item(1).toolTip() == RECENTS[1].location
    with qtbot.waitSignal(page.location_wanted, timeout=1000) as wanted:
        qtbot.mouseClick(found.viewport(), Qt.MouseButton.LeftButton, pos=found.visualItemRect(found.item(1)).center())
    assert wanted.args == [RECENTS[1].location]


def test_the_mnemonic_of_the_recents_goes_to_the_list(page, qtbot):
    page.show_recents(RECENTS)
    label = next(label for label in page.findChildren(QLabel) if "&Recent" in label.text())
    assert label.buddy() is page.findChild(QListWidget, "recentList")


def test_a_long_path_does_not_push_the_page_wide(page):
    page.show_recents(RECENTS)
    assert page.minimumSizeHint().width() <= 800


def test_the_icons_follow_the_theme(page, theme):
    button = page.findChild(QPushButton, "welcomeDemo")

    def drawn() -> bytes:
        return bytes(button.icon().pixmap(20, QIcon.Mode.Normal).toImage().constBits())

    light = drawn()
    theme.apply(Scheme.DARK)
    assert drawn() != light
