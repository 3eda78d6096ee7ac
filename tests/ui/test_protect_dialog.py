"""Protect folder… and Release folder…: what it means, and the safe answer as the default."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from shiboken6 import isValid

from hotfix_desktop.services.protection import CONSENT
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.protect_dialog import ProtectDialog, ReleaseDialog


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


def shown(qtbot, dialog: Dialog) -> list[str]:
    dialog.open()
    qtbot.waitUntil(dialog.isActiveWindow)
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def protect(window: QWidget, closable: int = 41, kept=("Custom",), skipped=("Old",)) -> ProtectDialog:
    return ProtectDialog("Pkg", "/srv/Pkg", closable, kept, skipped, window)


def test_it_says_what_protecting_means_and_for_which_packages(qtbot, window):
    dialog = protect(window)
    words = shown(qtbot, dialog)
    assert dialog.objectName() == "protectDialog"
    assert dialog.windowTitle() == "Protect folder"
    assert CONSENT in words
    assert "41 packages will be closed." in words
    assert "These stay modifiable: Custom." in words
    assert "These are not synchronised and stay as they are: Old." in words


def test_what_is_not_there_is_not_mentioned(qtbot, window):
    words = " ".join(shown(qtbot, protect(window, 1, (), ())))
    assert "1 package will be closed." in words
    assert "modifiable:" not in words
    assert "synchronised" not in words
    assert "There is no package here that would be closed now." in shown(qtbot, protect(window, 0))


def test_many_names_are_counted_and_all_in_the_tooltip(qtbot, window):
    dialog = protect(window, kept=[f"Usr<{n}>" for n in range(1200)])
    words = shown(qtbot, dialog)
    sentence = next(text for text in words if text.startswith("These stay"))
    assert sentence.endswith("Usr<7> and 1,192 more.")
    label = next(label for label in dialog.findChildren(QLabel) if label.text() == sentence)
    assert "Usr&lt;1199&gt;" in label.toolTip()


def test_enter_does_nothing_by_default(qtbot, window):
    dialog = protect(window)
    shown(qtbot, dialog)
    assert dialog.focusWidget().text() == "Not now"
    with qtbot.assertNotEmitted(dialog.accepted), qtbot.waitSignal(dialog.rejected):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_consent_is_a_click_on_the_verb(qtbot, window):
    dialog = protect(window)
    shown(qtbot, dialog)
    button = dialog.findChild(QPushButton, "agreeButton")
    assert button.text() == "Protect folder"
    with qtbot.waitSignal(dialog.accepted):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_long_path_is_cut_in_the_middle_and_whole_in_the_tooltip(qtbot, window):
    path = "/srv/" + "very-long-folder/" * 20 + "Pkg"
    dialog = ProtectDialog("Pkg", path, 1, [], [], window)
    shown(qtbot, dialog)
    label = next(label for label in dialog.findChildren(QLabel) if label.text() == path)
    assert path in label.toolTip()
    assert dialog.width() < 700


def test_releasing_says_what_it_means(qtbot, window):
    dialog = ReleaseDialog("Pkg", "/srv/Pkg", window, closed=41)
    words = " ".join(shown(qtbot, dialog))
    assert dialog.windowTitle() == "Release folder"
    assert "gives every file and folder its original rights back" in words
    assert "41 packages will be opened for good." in words
    assert dialog.focusWidget().text() == "Keep protected"
    with qtbot.waitSignal(dialog.accepted):
        qtbot.mouseClick(dialog.findChild(QPushButton, "agreeButton"), Qt.MouseButton.LeftButton)


def test_unlocked_packages_have_to_be_locked_before(qtbot, window):
    dialog = ReleaseDialog("Pkg", "/srv/Pkg", window, unlocked=["UsrInvoices", "UsrPortal"])
    assert "Lock these packages first: UsrInvoices, UsrPortal." in shown(qtbot, dialog)
    assert not dialog.findChild(QPushButton, "agreeButton").isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isValid(dialog))
