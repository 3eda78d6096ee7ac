"""Unlock for hotfix…: the reason, the ticket, the minutes, and when it will lock."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QComboBox, QDialogButtonBox, QLabel, QLineEdit, QPushButton, QWidget
from shiboken6 import isValid

from hotfix_desktop.core.settings import Settings
from hotfix_desktop.ui.minutes_box import MinutesBox
from hotfix_desktop.ui.unlock_dialog import UnlockDialog


class Hands:
    """What a user sees and does, by object names."""

    def __init__(self, dialog: UnlockDialog, qtbot) -> None:
        self.dialog, self.qtbot = dialog, qtbot
        self.reason = dialog.findChild(QComboBox, "unlockReason")
        self.ticket = dialog.findChild(QLineEdit, "unlockTicket")
        self.minutes = dialog.findChild(MinutesBox, "unlockMinutes")
        self.button = dialog.findChild(QPushButton, "unlockButton")
        self.cancel = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Cancel)
        self.submitted: list[tuple] = []
        dialog.submitted.connect(lambda *wish: self.submitted.append(wish))

    def type_minutes(self, text: str) -> None:
        self.minutes.setFocus()
        self.minutes.selectAll()
        self.qtbot.keyClicks(self.minutes, text)

    def sentence(self, field: str) -> str:
        return self.dialog.fields[field].problem.text

    def words(self) -> str:
        return "\n".join(label.text() for label in self.dialog.findChildren(QLabel))


class Watch:
    def __init__(self, local: datetime) -> None:
        self.now = local.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch(datetime(2026, 11, 23, 14, 2))  # noqa: DTZ001 - local time is what the user reads


@pytest.fixture
def opened(qtbot, watch):
    """Opens the dialog with these settings, and gives the hands on it."""
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def open_it(settings: Settings | None = None, recent=(), name: str = "UsrInvoices") -> Hands:
        dialog = UnlockDialog(name, settings or Settings(), recent, watch, window)
        dialog.open()
        qtbot.waitUntil(dialog.isActiveWindow)
        return Hands(dialog, qtbot)

    return open_it


def test_typing_a_reason_and_clicking_submits_it(qtbot, opened):
    hands = opened()
    assert hands.dialog.objectName() == "unlockDialog"
    assert hands.dialog.windowTitle() == "Unlock for hotfix"
    assert hands.button.text() == "Unlock for 30 minutes"
    assert not hands.button.isEnabled()
    assert hands.dialog.why_not == "A reason is needed to unlock a package."
    qtbot.keyClicks(hands.reason.lineEdit(), "  INC-4821 wrong VAT  ")
    assert hands.button.isEnabled()
    assert hands.dialog.why_not == ""
    qtbot.mouseClick(hands.button, Qt.MouseButton.LeftButton)
    assert hands.submitted == [("INC-4821 wrong VAT", "", 30)]
    assert hands.dialog.isVisible(), "the owner closes it once the package is unlocked"


def test_the_keyboard_alone_will_do(qtbot, opened):
    hands = opened()
    assert hands.dialog.focusWidget() in (hands.reason, hands.reason.lineEdit())
    for widget, text in ((hands.reason, "portal down"), (hands.ticket, "INC-1"), (hands.minutes, "45")):
        qtbot.waitUntil(lambda w=widget: QApplication.focusWidget() in (w, getattr(w, "lineEdit", lambda: None)()))
        qtbot.keyClicks(QApplication.focusWidget(), text)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert hands.button.text() == "Unlock for 45 minutes"
    assert QApplication.focusWidget() is hands.button
    qtbot.keyClick(hands.button, Qt.Key.Key_Return)
    assert hands.submitted == [("portal down", "INC-1", 45)]


def test_enter_in_the_reason_never_cancels(qtbot, opened):
    hands = opened()
    qtbot.keyClick(hands.reason.lineEdit(), Qt.Key.Key_Return)
    assert hands.dialog.isVisible()
    qtbot.keyClicks(hands.reason.lineEdit(), "x")
    qtbot.keyClick(hands.reason.lineEdit(), Qt.Key.Key_Return)
    assert hands.submitted == [("x", "", 30)]


def test_esc_and_cancel_submit_nothing(qtbot, opened):
    for leave in (
        lambda h: qtbot.keyClick(h.dialog, Qt.Key.Key_Escape),
        lambda h: qtbot.mouseClick(h.cancel, Qt.MouseButton.LeftButton),
    ):
        hands = opened()
        qtbot.keyClicks(hands.reason.lineEdit(), "x")
        leave(hands)
        qtbot.waitUntil(lambda dialog=hands.dialog: not isValid(dialog))
        assert hands.submitted == []


def test_blanks_are_no_reason(qtbot, opened):
    hands = opened()
    qtbot.keyClicks(hands.reason.lineEdit(), "   ")
    assert hands.sentence("reason") == "A reason is needed to unlock a package."
    assert hands.dialog.why_not == "Correct the reason first."
    assert not hands.button.isEnabled()
    assert hands.reason.accessibleDescription() == hands.sentence("reason")


def test_a_hundred_thousand_letters_are_refused_and_counted(qtbot, opened):
    hands = opened(Settings(ticket_pattern="INC-[0-9]+"))
    for line in (hands.reason.lineEdit(), hands.ticket):
        QApplication.clipboard().setText("x" * 100_000)
        line.setFocus()
        qtbot.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert hands.sentence("reason") == "A reason can have at most 2,000 characters; this one has 100,000."
    assert hands.sentence("ticket") == "A ticket number can have at most 100 characters; this one has 100,000."
    assert not hands.button.isEnabled()


@pytest.mark.parametrize("text", ["abc", "0", "1441", "-1"])
def test_minutes_without_sense_are_refused_in_place(qtbot, opened, text):
    hands = opened()
    qtbot.keyClicks(hands.reason.lineEdit(), "x")
    hands.type_minutes(text)
    assert hands.sentence("minutes") == (
        f"The duration of a hotfix must be whole minutes from 1 to 1,440, not “{text}”."
    )
    assert (hands.button.text(), hands.button.isEnabled()) == ("Unlock", False)
    assert hands.dialog.why_not == "Correct the duration first."
    qtbot.keyClick(hands.minutes, Qt.Key.Key_Return)
    assert hands.submitted == []
    hands.type_minutes("1")
    assert hands.button.text() == "Unlock for 1 minute"
    qtbot.mouseClick(hands.button, Qt.MouseButton.LeftButton)
    assert hands.submitted == [("x", "", 1)]


def test_the_minutes_are_those_of_the_settings(opened):
    assert opened(Settings(package_hotfix_timeout=1440)).button.text() == "Unlock for 1440 minutes"


def test_a_ticket_is_asked_for_as_the_settings_say(qtbot, opened):
    hands = opened()
    assert hands.dialog.fields["ticket"].label.text() == "&Ticket (optional)"
    assert hands.ticket.placeholderText() == ""
    hands = opened(Settings(ticket_required=True, ticket_pattern="INC-[0-9]+"))
    assert hands.dialog.fields["ticket"].label.text() == "&Ticket (required)"
    assert hands.ticket.placeholderText() == "like INC-[0-9]+"
    qtbot.keyClicks(hands.reason.lineEdit(), "x")
    assert hands.dialog.why_not == "A ticket number is needed to unlock a package here."
    qtbot.keyClicks(hands.ticket, "4821")
    assert hands.sentence("ticket") == "The ticket number must look like INC-[0-9]+."
    hands.ticket.clear()
    qtbot.keyClicks(hands.ticket, "INC-4821")
    qtbot.mouseClick(hands.button, Qt.MouseButton.LeftButton)
    assert hands.submitted == [("x", "INC-4821", 30)]


def test_all_wrong_fields_say_so_at_once(qtbot, opened):
    hands = opened(Settings(ticket_pattern="INC-[0-9]+"))
    qtbot.keyClicks(hands.reason.lineEdit(), " ")
    qtbot.keyClicks(hands.ticket, "x")
    hands.type_minutes("x")
    assert all(hands.sentence(field) for field in ("reason", "ticket", "minutes"))


def test_the_last_ten_reasons_are_offered_but_never_typed_for_the_user(qtbot, opened):
    recent = [f"reason {n}" for n in range(12)]
    hands = opened(recent=["reason 0", *recent])
    assert [hands.reason.itemText(row) for row in range(hands.reason.count())] == recent[:10]
    assert hands.reason.currentText() == ""
    qtbot.keyClicks(hands.reason.lineEdit(), "reas")
    assert hands.reason.currentText() == "reas"
    hands.reason.lineEdit().clear()
    qtbot.keyClick(hands.reason, Qt.Key.Key_Down)
    assert hands.reason.currentText() == "reason 0"
    assert hands.button.isEnabled()


def test_it_says_when_it_will_lock_and_the_time_goes_on(opened, watch):
    hands = opened()
    assert "locks at 14:32" in hands.words()
    assert (
        "Files of UsrInvoices become writable until 14:32, then it locks by itself. "
        "The reason is written to the audit log."
    ) in hands.words()
    watch.now += timedelta(minutes=3)
    hands.dialog.findChild(QTimer).timeout.emit()
    assert "locks at 14:35" in hands.words()
    hands.minutes.setValue(10)
    assert "locks at 14:15" in hands.words()
    assert hands.minutes.accessibleDescription() == "locks at 14:15"


def test_past_midnight_the_date_is_said(opened):
    hands = opened()
    hands.minutes.setValue(600)
    assert "locks at 2026-11-24 00:02" in hands.words()


def test_the_tick_of_the_clock_leaves_the_owners_sentence(qtbot, opened):
    hands = opened()
    qtbot.keyClicks(hands.reason.lineEdit(), "x")
    hands.dialog.set_busy(True)
    hands.dialog.show_problem("ticket", "This ticket is closed.")
    hands.dialog.findChild(QTimer).timeout.emit()
    assert hands.sentence("ticket") == "This ticket is closed."
    assert not hands.dialog.is_busy
    assert hands.button.isEnabled()
    assert hands.dialog.focusWidget() is hands.ticket
    qtbot.keyClicks(hands.ticket, "y")
    assert hands.sentence("ticket") == ""


def test_a_problem_of_no_field_stands_above_the_buttons(qtbot, opened):
    hands = opened()
    hands.dialog.show_problem("", "UsrInvoices is already unlocked for a hotfix.")
    assert hands.dialog.problem == "UsrInvoices is already unlocked for a hotfix."
    qtbot.keyClicks(hands.reason.lineEdit(), "x")
    assert hands.dialog.problem == ""


def test_while_the_owner_works_the_user_waits(qtbot, opened):
    hands = opened()
    qtbot.keyClicks(hands.reason.lineEdit(), "x")
    hands.dialog.set_busy(True)
    assert hands.button.text() == "Unlocking…"
    for widget in (hands.button, hands.reason, hands.ticket, hands.minutes, hands.cancel):
        assert not widget.isEnabled()
    qtbot.keyClick(hands.dialog, Qt.Key.Key_Escape)
    hands.dialog.close()
    assert hands.dialog.isVisible()
    hands.dialog.set_busy(False)
    assert hands.button.isEnabled()
    assert hands.button.text() == "Unlock for 30 minutes"
    hands.dialog.set_busy(True)
    hands.dialog.accept()
    qtbot.waitUntil(lambda: not isValid(hands.dialog))


def test_a_name_may_look_like_a_page_and_be_very_long(opened):
    hands = opened(name="<b>" + "Usr" * 80)
    assert "Files of <b>UsrUsr" in hands.words()
    assert all(
        label.textFormat() is Qt.TextFormat.PlainText for label in hands.dialog.findChildren(QLabel) if label.text()
    )
    assert hands.dialog.width() < 700
