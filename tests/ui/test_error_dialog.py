"""Errors of the world, and bugs of ours: the sentence, the remedy, the details, and what can be done."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QWidget
from shiboken6 import isValid

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.ui.crash_dialog import CrashDialog
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.error_dialog import ErrorDialog

ERROR = WorkspaceError("The file <b>x</b> belongs to somebody else.", "Ask them.", "EPERM\nuid 33")


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


def words(dialog: Dialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def click(qtbot, dialog: Dialog, name: str) -> None:
    qtbot.mouseClick(dialog.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_an_error_is_told_with_its_remedy(qtbot, window):
    dialog = opened(qtbot, ErrorDialog("UsrInvoices was not unlocked", ERROR, window))
    assert dialog.windowTitle() == "UsrInvoices was not unlocked"
    assert ERROR.sentence in words(dialog)
    assert ERROR.remedy in words(dialog)
    assert dialog.findChild(QPushButton, "retryButton") is None
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_the_details_come_and_go(qtbot, window):
    dialog = opened(qtbot, ErrorDialog("Failed", ERROR, window))
    height, details = dialog.height(), dialog.findChild(QPlainTextEdit)
    button = dialog.findChild(QPushButton, "showDetails")
    assert not details.isVisible()
    click(qtbot, dialog, "showDetails")
    assert (button.text(), details.isVisible(), details.toPlainText()) == ("Hide details", True, "EPERM\nuid 33")
    assert details.isReadOnly()
    qtbot.waitUntil(lambda: dialog.height() > height)
    click(qtbot, dialog, "showDetails")
    assert button.text() == "Show details"
    qtbot.waitUntil(lambda: dialog.height() == height)


def test_without_details_there_is_nothing_to_show(qtbot, window):
    dialog = opened(qtbot, ErrorDialog("Failed", WorkspaceError("It failed."), window))
    assert not dialog.findChild(QPushButton, "showDetails").isVisible()
    click(qtbot, dialog, "copyButton")
    assert QApplication.clipboard().text() == "Failed\n\nIt failed."


def test_everything_can_be_copied(qtbot, window):
    dialog = opened(qtbot, ErrorDialog("Failed", ERROR, window))
    click(qtbot, dialog, "copyButton")
    assert QApplication.clipboard().text() == f"Failed\n\n{ERROR.sentence} Ask them.\n\nEPERM\nuid 33"
    assert dialog.isVisible()


def test_enter_tries_again(qtbot, window):
    dialog = opened(qtbot, ErrorDialog("Failed", ERROR, window, retry=True))
    assert dialog.focusWidget().text() == "Retry"
    with qtbot.waitSignal(dialog.retry):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_esc_does_not_try_again(qtbot, window):
    dialog = opened(qtbot, ErrorDialog("Failed", ERROR, window, retry=True))
    with qtbot.assertNotEmitted(dialog.retry):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isValid(dialog))


def crash(window: QWidget | None, log: Path | None = None) -> CrashDialog:
    return CrashDialog("ZeroDivisionError", "Traceback …\nZeroDivisionError", log, window)


def test_a_bug_says_that_it_is_one_and_what_still_works(qtbot, window, tmp_path):
    dialog = opened(qtbot, crash(window, tmp_path / "hotfix-desktop.log"))
    text = " ".join(words(dialog))
    for piece in ("has a bug", "ZeroDivisionError", "keep being locked at their deadline", "Nothing is sent anywhere"):
        assert piece in text
    assert str(tmp_path / "hotfix-desktop.log") in text
    assert dialog.findChild(QPlainTextEdit).toPlainText() == "Traceback …\nZeroDivisionError"
    click(qtbot, dialog, "copyButton")
    assert QApplication.clipboard().text() == "Traceback …\nZeroDivisionError"


def test_the_folder_of_the_log_opens(qtbot, window, tmp_path, monkeypatch):
    asked: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url) or False)
    dialog = opened(qtbot, crash(window, tmp_path / "x.log"))
    click(qtbot, dialog, "openLogFolder")
    assert asked == [QUrl.fromLocalFile(str(tmp_path))]
    assert dialog.problem == f"The folder could not be opened: {tmp_path}"


def test_without_a_log_there_is_no_folder_to_open(qtbot, window):
    assert opened(qtbot, crash(window)).findChild(QPushButton, "openLogFolder") is None


def test_a_bug_without_a_window_is_shown_all_the_same(qtbot, qapp):
    crash(None).open()  # nobody holds it
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, CrashDialog))
    qtbot.waitUntil(dialog.isVisible)
    close = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close)
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not isValid(dialog))
