"""About, and the list of shortcuts."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QTreeView, QWidget
from shiboken6 import isValid

from hotfix_desktop.ui.about_dialog import AboutDialog
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.shortcuts_dialog import ShortcutsDialog

FACTS = {"Hotfix Desktop": "0.1.0", "Qt": "6.11.3", "Data": "/srv/<ada>"}
ROWS = [
    ("File", "Open folder…", "Ctrl+O"),
    ("Package", "Unlock for hotfix…", "Ctrl+U"),
    ("Package", "Lock after hotfix", "Ctrl+L"),
    ("Help", "Keyboard shortcuts", "Ctrl+/"),
]


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


def opened(qtbot, dialog: Dialog) -> Dialog:
    dialog.open()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def words(dialog: Dialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_about_names_the_versions_and_the_licences(qtbot, window):
    dialog = opened(qtbot, AboutDialog(FACTS, window))
    for piece in ("MIT licence", "Qt and PySide6", "LGPL", "6.11.3", "/srv/<ada>"):
        assert piece in words(dialog)
    qtbot.mouseClick(dialog.findChild(QPushButton, "copyButton"), Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "Hotfix Desktop: 0.1.0\nQt: 6.11.3\nData: /srv/<ada>"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isValid(dialog))


def actions(dialog: ShortcutsDialog) -> list[str]:
    model = dialog.findChild(QTreeView, "shortcutTable").model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_shortcuts_are_found_by_action_key_and_menu(qtbot, window):
    dialog = opened(qtbot, ShortcutsDialog(ROWS, window))
    line = dialog.findChild(QLineEdit, "shortcutFilter")
    assert dialog.focusWidget() is line
    assert actions(dialog) == [action for _, action, _ in ROWS]
    for text, count in (("lock", 2), ("ctrl+/", 1), ("PACKAGE", 2), ("[", 0)):
        line.clear()
        qtbot.keyClicks(line, text)
        assert len(actions(dialog)) == count
    assert "No shortcut matches “[”." in words(dialog)
    line.setText("x" * 100_000)
    assert len(line.text()) == 1000
    line.clear()
    assert dialog.findChild(QTreeView).isVisible()


def test_find_leads_back_to_the_filter(qtbot, window):
    dialog = opened(qtbot, ShortcutsDialog(ROWS, window))
    dialog.findChild(QTreeView).setFocus()
    qtbot.keyClick(dialog, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert dialog.focusWidget() is dialog.findChild(QLineEdit, "shortcutFilter")


def test_the_model_of_shortcuts_is_sound(qtmodeltester, qtbot, window):
    dialog = opened(qtbot, ShortcutsDialog(ROWS, window))
    qtmodeltester.check(dialog.findChild(QTreeView).model())
