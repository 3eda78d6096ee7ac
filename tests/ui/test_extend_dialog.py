"""Extend…: how much more time, within the limit."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget
from shiboken6 import isValid

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.ui.extend_dialog import ExtendDialog
from hotfix_desktop.ui.minutes_box import MinutesBox

START = datetime(2026, 11, 23, 14, 2).astimezone(UTC)


def hotfix(extended: int = 0) -> Hotfix:
    lease = Lease.starting(Moment(START, 1000, "boot"), 30)
    return Hotfix(1, 1, "key", "UsrInvoices", "why", "", "ada", lease, HotfixState.OPEN, extended_minutes=extended)


class Watch:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def opened(qtbot, watch):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def open_it(extended: int = 0, settings: Settings | None = None) -> ExtendDialog:
        dialog = ExtendDialog(hotfix(extended), settings or Settings(), watch, window)
        dialog.open()
        qtbot.waitUntil(dialog.isActiveWindow)
        return dialog

    return open_it


def words(dialog: ExtendDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def button(dialog: ExtendDialog) -> QPushButton:
    return dialog.findChild(QPushButton, "extendButton")


def test_the_step_of_the_settings_is_offered(qtbot, opened):
    dialog = opened()
    assert dialog.objectName() == "extendDialog"
    assert button(dialog).text() == "Extend by 15 minutes"
    assert "locks at 14:47 instead of 14:32" in words(dialog)
    assert "The settings allow 60 minutes in all." in words(dialog)
    with qtbot.waitSignal(dialog.submitted) as heard:
        qtbot.mouseClick(button(dialog), Qt.MouseButton.LeftButton)
    assert heard.args == [15, ""]


def test_typing_and_enter_will_do(qtbot, opened):
    dialog = opened()
    box = dialog.findChild(MinutesBox)
    qtbot.keyClicks(box, "1")
    assert button(dialog).text() == "Extend by 1 minute"
    with qtbot.waitSignal(dialog.submitted) as heard:
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert heard.args == [1, ""]


@pytest.mark.parametrize("text", ["abc", "0", "46", "1441"])
def test_nonsense_and_too_much_are_refused_in_place(qtbot, opened, text):
    dialog = opened(extended=15)
    assert "15 added already, 45 left" in words(dialog)
    box = dialog.findChild(MinutesBox)
    with qtbot.assertNotEmitted(dialog.submitted):
        qtbot.keyClicks(box, text)
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert dialog.fields["minutes"].problem.text == f"An extension must be whole minutes from 1 to 45, not “{text}”."
    assert not button(dialog).isEnabled()
    assert dialog.why_not == "Correct the minutes first."


def test_the_step_shrinks_to_what_is_left(opened):
    assert button(opened(extended=55)).text() == "Extend by 5 minutes"


def test_when_nothing_is_left_it_says_why(opened):
    dialog = opened(extended=60)
    assert not button(dialog).isEnabled()
    assert dialog.why_not == (
        "UsrInvoices has been extended by 60 minutes already, which is all that the settings allow."
    )
    assert dialog.findChild(MinutesBox).isReadOnly()
    assert opened(settings=Settings(extension_limit=0)).why_not == "The settings allow no extensions."


def test_when_the_time_is_over_meanwhile_it_says_so(qtbot, opened, watch):
    dialog = opened()
    assert button(dialog).isEnabled()
    watch.now = START + timedelta(minutes=31)
    dialog.findChild(QTimer).timeout.emit()
    assert dialog.why_not == "The time of UsrInvoices is over; it cannot be extended any more."
    with qtbot.assertNotEmitted(dialog.submitted):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)


def test_the_owners_answer_is_shown_or_closes_it(qtbot, opened):
    dialog = opened()
    dialog.set_busy(True)
    assert button(dialog).text() == "Extending…"
    dialog.show_problem("minutes", "Too much.")
    assert dialog.fields["minutes"].problem.text == "Too much."
    assert button(dialog).isEnabled()
    dialog.accept()
    qtbot.waitUntil(lambda: not isValid(dialog))


ASKING = Settings(extension_reason=True)


def reason_of(dialog: ExtendDialog) -> QLineEdit:
    return dialog.findChild(QLineEdit, "extendReason")


def test_no_reason_is_asked_for_where_the_settings_want_none(opened):
    dialog = opened()
    assert not reason_of(dialog).isVisible()
    assert "reason" not in dialog.fields
    assert button(dialog).isEnabled()


def test_a_reason_is_needed_where_the_settings_want_one(qtbot, opened):
    dialog = opened(settings=ASKING)
    line = reason_of(dialog)
    assert dialog.focusWidget() is line
    assert not button(dialog).isEnabled()
    assert dialog.why_not == "A reason is needed to extend a hotfix here."
    heard = []
    dialog.submitted.connect(lambda *wish: heard.append(wish))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert heard == []
    qtbot.keyClicks(line, "  the  build is slow ")
    assert button(dialog).isEnabled()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert heard == [(15, "the build is slow")]


def test_a_reason_that_is_too_long_is_refused_in_place(opened):
    dialog = opened(settings=ASKING)
    reason_of(dialog).setText("x" * 2001)
    assert "at most 2,000 characters" in dialog.fields["reason"].problem.text
    assert dialog.why_not == "Correct the reason first."
    reason_of(dialog).setText("   ")
    assert dialog.fields["reason"].problem.text == "A reason is needed to extend a hotfix here."
    reason_of(dialog).setText("slow")
    assert dialog.fields["reason"].problem.text == ""
    assert button(dialog).isEnabled()


def test_the_owner_refuses_a_reason_in_place(opened):
    dialog = opened(settings=ASKING)
    reason_of(dialog).setText("slow")
    dialog.set_busy(True)
    dialog.show_problem("reason", "Say more.")
    assert dialog.fields["reason"].problem.text == "Say more."
    assert dialog.focusWidget() is reason_of(dialog)
