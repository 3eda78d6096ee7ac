"""What the offscreen platform cannot show: real focus, a line edit that swallows keys, a real window title.

Keys come from the window system where ``xdotool`` is installed, and so go through everything that stands
between a keyboard and an action.
"""

import shutil
import subprocess

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPushButton

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.ui.package_model import Column
from tests.ui.real_window import PATIENCE, cell, choose, dialogs, rows, writable

pytestmark = pytest.mark.xvfb


class Keyboard:
    """Presses keys as a person does: whoever has the focus gets them."""

    def __init__(self, qtbot) -> None:
        self._qtbot = qtbot

    def press(self, *keys: str) -> None:
        """Press keys by their X names, ``ctrl+shift+h`` for instance."""
        self._run("key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        self._run("type", "--delay", "10", text)

    def _run(self, *words: str) -> None:
        process = subprocess.Popen(["xdotool", *words], stdout=subprocess.DEVNULL)
        self._qtbot.waitUntil(lambda: process.poll() is not None, timeout=PATIENCE)
        assert process.returncode == 0


@pytest.fixture
def keyboard(qtbot):
    if QGuiApplication.platformName() != "xcb" or not shutil.which("xdotool"):
        pytest.skip("needs X11 and xdotool")
    return Keyboard(qtbot)


@pytest.fixture
def window(desk, keyboard):
    window = desk.opened()
    desk.qtbot.waitUntil(lambda: QApplication.focusWidget() is window.tree, timeout=PATIENCE)
    return window


def focus_filter(desk, window, keyboard, text: str = "") -> None:
    keyboard.press("ctrl+f")
    desk.qtbot.waitUntil(window.filter.hasFocus, timeout=PATIENCE)
    if text:
        keyboard.type(text)
        desk.qtbot.waitUntil(lambda: window.filter.text() == text, timeout=PATIENCE)


def eventually(desk, condition) -> None:
    desk.qtbot.waitUntil(condition, timeout=PATIENCE)


# Shortcuts while a line edit has the focus


def test_unlock_and_lock_from_the_filter(desk, window, keyboard):
    focus_filter(desk, window, keyboard, "zeta")
    keyboard.press("Down")
    eventually(desk, lambda: window.tree.chosen is not None and window.tree.chosen.name == "Zeta")
    keyboard.press("ctrl+f")
    eventually(desk, window.filter.hasFocus)
    keyboard.press("ctrl+shift+h")
    dialog = desk.dialog(window, "unlockDialog")
    eventually(desk, dialog.isActiveWindow)
    keyboard.press("Escape")
    eventually(desk, lambda: not dialogs(window, "unlockDialog"))
    desk.unlock("Zeta")
    desk.beat(window)
    keyboard.press("ctrl+f")
    eventually(desk, window.filter.hasFocus)
    keyboard.press("ctrl+l")
    eventually(desk, lambda: not desk.status("Zeta").is_open)
    assert window.filter.text() == "zeta"


@pytest.mark.parametrize(
    ("keys", "dialog"),
    [("ctrl+comma", "settingsDialog"), ("ctrl+slash", "shortcutsDialog"), ("F1", "helpDialog")],
)
def test_dialogs_from_the_filter(desk, window, keyboard, keys, dialog):
    focus_filter(desk, window, keyboard)
    keyboard.press(keys)
    desk.dialog(window, dialog)
    keyboard.press("Escape")
    eventually(desk, lambda: not dialogs(window, dialog))
    eventually(desk, window.filter.hasFocus)


def test_the_audit_log_from_the_filter(desk, window, keyboard):
    focus_filter(desk, window, keyboard)
    keyboard.press("ctrl+j")
    eventually(desk, lambda: window.audit is not None and window.audit.isActiveWindow())
    window.audit.close()
    eventually(desk, window.isActiveWindow)


def test_extend_and_lock_all_from_the_filter(desk, window, keyboard):
    desk.unlock("Zeta")
    desk.beat(window)
    choose(window, "Zeta")
    focus_filter(desk, window, keyboard)
    keyboard.press("ctrl+shift+x")
    dialog = desk.dialog(window, "extendDialog")
    eventually(desk, dialog.isActiveWindow)
    keyboard.press("Return")
    eventually(desk, lambda: desk.status("Zeta").hotfix.extended_minutes == 15)
    eventually(desk, window.isActiveWindow)
    keyboard.press("ctrl+shift+l")
    eventually(desk, lambda: desk.status("Zeta").state is PackageState.LOCKED)


def test_the_line_edit_keeps_its_own_keys(desk, window, keyboard):
    focus_filter(desk, window, keyboard, "zeta")
    keyboard.press("ctrl+a", "ctrl+x")
    eventually(desk, lambda: window.filter.text() == "")
    keyboard.press("ctrl+v")
    eventually(desk, lambda: window.filter.text() == "zeta")


def test_refresh_and_details_from_the_filter(desk, window, keyboard):
    focus_filter(desk, window, keyboard)
    (desk.folder / "Draft" / "descriptor.json").write_text((desk.folder / "Custom" / "descriptor.json").read_text())
    before = window.catalogue
    keyboard.press("ctrl+r")
    eventually(desk, lambda: window.catalogue != before)
    desk.settle(window)
    keyboard.press("F9")
    eventually(desk, lambda: not window.dock.isVisible())
    keyboard.press("F9")
    eventually(desk, window.dock.isVisible)


# Focus


def test_escape_clears_and_then_leaves(desk, window, keyboard):
    focus_filter(desk, window, keyboard, "zeta")
    assert rows(window)[1:] == ["Zeta"]
    keyboard.press("Escape")
    eventually(desk, lambda: window.filter.text() == "")
    assert window.filter.hasFocus()
    keyboard.press("Escape")
    eventually(desk, window.tree.hasFocus)


def test_f6_goes_around(desk, window, keyboard):
    desk.unlock("Beta")
    desk.edit("Beta")
    desk.lock("Beta")
    desk.beat(window)
    keyboard.press("F6")
    eventually(desk, window.details.element_table.hasFocus)
    keyboard.press("F6")
    eventually(desk, lambda: window.banners.isAncestorOf(QApplication.focusWidget()))
    keyboard.press("F6")
    eventually(desk, window.tree.hasFocus)


def test_the_focus_comes_back_after_a_dialog(desk, window, keyboard):
    choose(window, "Beta")
    keyboard.press("ctrl+shift+h")
    eventually(desk, desk.dialog(window, "unlockDialog").isActiveWindow)
    keyboard.press("Escape")
    eventually(desk, window.tree.hasFocus)


@pytest.mark.parametrize("keys", ["Menu", "shift+F10"])
def test_the_menu_key_opens_one_menu_of_the_chosen_package(desk, window, keyboard, keys):
    choose(window, "Zeta")
    keyboard.press(keys)
    eventually(desk, lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    keyboard.press("Down")  # comes after a second menu, if there were one
    eventually(desk, lambda: QApplication.activePopupWidget().activeAction() is not None)
    assert len([m for m in window.findChildren(QMenu, "packageMenu") if m.isVisible()]) == 1
    assert window.tree.chosen.name == "Zeta"
    menu = QApplication.activePopupWidget()
    below = window.tree.viewport().mapToGlobal(window.tree.visualRect(window.tree.currentIndex()).bottomLeft())
    assert abs(menu.geometry().top() - below.y()) < 12
    keyboard.press("Escape")
    eventually(desk, lambda: QApplication.activePopupWidget() is None)


# The whole way by keyboard


def test_unlock_and_lock_by_keyboard_alone(desk, window, keyboard):
    focus_filter(desk, window, keyboard, "zet")
    keyboard.press("Return")
    eventually(desk, lambda: window.tree.hasFocus() and window.tree.chosen is not None)
    keyboard.press("alt+p")
    eventually(desk, lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    keyboard.press("u")
    dialog = desk.dialog(window, "unlockDialog")
    eventually(desk, dialog.isActiveWindow)
    keyboard.type("wrong VAT")
    reason = dialog.findChild(QComboBox, "unlockReason")
    eventually(desk, lambda: reason.currentText() == "wrong VAT")
    keyboard.press("Tab")
    keyboard.type("INC-7")
    keyboard.press("Tab", "ctrl+a")
    keyboard.type("12")
    button = dialog.findChild(QPushButton, "unlockButton")
    eventually(desk, lambda: button.text() == "Unlock for 12 minutes")
    keyboard.press("Return")
    eventually(desk, lambda: cell(window, "Zeta", Column.STATE) == "Unlocked")
    desk.settle(window)
    hotfix = desk.status("Zeta").hotfix
    assert (hotfix.reason, hotfix.ticket) == ("wrong VAT", "INC-7")
    assert writable(desk.folder / "Zeta")
    eventually(desk, window.isActiveWindow)
    assert title_on_screen(window) == "12:00 Zeta — production — Hotfix Desktop"
    desk.edit("Zeta")
    keyboard.press("ctrl+l")
    eventually(desk, lambda: cell(window, "Zeta", Column.STATE) == "Locked · undelivered")
    assert writable(desk.folder / "Zeta") == []
    eventually(desk, lambda: title_on_screen(window) == "production — Hotfix Desktop")


def title_on_screen(window) -> str:
    """Give the title as the window manager knows it."""
    found = subprocess.run(
        ["xdotool", "getwindowname", str(int(window.winId()))], capture_output=True, text=True, check=True, timeout=10
    )
    return found.stdout.strip()


def test_the_warning_is_used_by_keyboard(desk, window, keyboard):
    desk.unlock("Beta")
    desk.beat(window, minutes=28)
    keyboard.press("F6", "F6")
    eventually(desk, lambda: window.banners.isAncestorOf(QApplication.focusWidget()))
    assert QApplication.focusWidget().text() == "Extend 15 min"
    keyboard.press("space")
    eventually(desk, lambda: desk.status("Beta").hotfix.extended_minutes == 15)
    eventually(desk, lambda: not window.banners.isVisible())
    eventually(desk, lambda: QApplication.focusWidget() is not None)


def test_quitting_by_keyboard_asks_and_locks(desk, window, keyboard):
    desk.unlock("Beta")
    desk.beat(window)
    keyboard.press("ctrl+q")
    eventually(desk, lambda: QApplication.activeModalWidget() is not None)
    eventually(desk, lambda: QApplication.activeModalWidget().isActiveWindow())
    keyboard.press("Return")
    eventually(desk, lambda: not window.isVisible())
    assert desk.status("Beta").state is PackageState.LOCKED


# The window


def test_a_window_keeps_its_place_and_size(desk, window):
    window.setGeometry(60, 70, 900, 620)
    window.resizeDocks([window.dock], [330], Qt.Orientation.Horizontal)
    eventually(desk, lambda: (window.width(), window.height(), window.dock.width()) == (900, 620, 330))
    window.close()
    again = desk.opened()
    eventually(desk, lambda: (again.width(), again.height(), again.dock.width()) == (900, 620, 330))


@pytest.mark.parametrize("size", [(1024, 700), (1100, 700)])
def test_nothing_is_cut_off(desk, window, size):
    window.resize(*size)
    eventually(desk, lambda: (window.width(), window.height()) == size)
    extension = window.toolbar.findChild(object, "qt_toolbar_ext_button")
    assert not extension.isVisible()
    assert window.tree.columnWidth(Column.PACKAGE) >= 120
    assert not window.tree.horizontalScrollBar().isVisible()
    assert not window.details.element_table.horizontalScrollBar().isVisible()


def test_a_screen_reader_finds_the_focus(desk, window, keyboard):
    QAccessible.setActive(True)
    try:
        focus_filter(desk, window, keyboard)
        interface = QAccessible.queryAccessibleInterface(QApplication.focusWidget())
        assert interface.text(QAccessible.Text.Name) == "Filter packages"
        assert interface.state().focused
    finally:
        QAccessible.setActive(False)
