"""Settings: only sense and only what was changed is handed over."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSpinBox,
    QWidget,
)
from shiboken6 import isValid

from hotfix_desktop.core.settings import SPECS
from hotfix_desktop.ui.minutes_box import MinutesBox
from hotfix_desktop.ui.settings_dialog import SettingsDialog

Kind = QDialogButtonBox.StandardButton
DEFAULTS = {spec.name: spec.default for spec in SPECS}


class Hands:
    def __init__(self, dialog: SettingsDialog, qtbot) -> None:
        self.dialog, self.qtbot = dialog, qtbot
        self.timeout = dialog.findChild(QSpinBox, "timeoutMinutes")
        self.pages = dialog.findChild(QListWidget, "settingsPages")
        self.submitted: list[dict[str, str]] = []
        dialog.submitted.connect(self.submitted.append)

    def button(self, kind: Kind) -> QPushButton:
        return self.dialog.findChild(QDialogButtonBox).button(kind)

    def click(self, kind: Kind) -> None:
        self.qtbot.mouseClick(self.button(kind), Qt.MouseButton.LeftButton)

    def line(self, name: str) -> QLineEdit:
        return self.dialog.findChild(QLineEdit, name)

    def retype(self, field: QWidget, text: str) -> None:
        field.setFocus()
        field.selectAll()
        self.qtbot.keyClicks(field, text)

    def sentence(self, name: str) -> str:
        return self.dialog.fields[name].problem.text


@pytest.fixture
def opened(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def open_it(why_not: str = "", **texts: str) -> Hands:
        dialog = SettingsDialog({**DEFAULTS, **texts}, why_not, window)
        dialog.open()
        qtbot.waitUntil(dialog.isActiveWindow)
        return Hands(dialog, qtbot)

    return open_it


def test_a_new_duration_is_handed_over_alone(qtbot, opened):
    hands = opened()
    assert hands.dialog.objectName() == "settingsDialog"
    assert (hands.timeout.minimum(), hands.timeout.maximum(), hands.timeout.value()) == (1, 1440, 30)
    hands.retype(hands.timeout, "45")
    hands.click(Kind.Ok)
    assert hands.submitted == [{"PackageHotfixTimeout": "45"}]
    hands.dialog.accept()
    qtbot.waitUntil(lambda: not isValid(hands.dialog))


def test_a_script_sets_the_duration_and_presses_enter(qtbot, opened):
    hands = opened()
    hands.timeout.setValue(60)
    qtbot.keyClick(hands.timeout, Qt.Key.Key_Return)
    assert hands.submitted == [{"PackageHotfixTimeout": "60"}]


def test_it_says_that_open_packages_keep_their_deadline(opened):
    hands = opened()
    words = [label.text() for label in hands.dialog.findChildren(QLabel)]
    assert "Applies to later unlocks; packages that are open now keep their deadline." in words
    assert "PackageHotfixTimeout" in words
    assert "&Duration of package hotfix status" in words


@pytest.mark.parametrize("text", ["abc", "0", "1441", "-1", "1000000000"])
def test_a_duration_without_sense_is_refused_in_place(qtbot, opened, text):
    hands = opened()
    hands.retype(hands.timeout, text)
    assert hands.sentence("PackageHotfixTimeout") == (
        f"The duration of package hotfix status must be whole minutes from 1 to 1,440, not “{text}”."
    )
    for kind in (Kind.Ok, Kind.Apply):
        assert not hands.button(kind).isEnabled()
    assert hands.dialog.why_not == "Correct “Duration of package hotfix status” on the page Hotfix first."
    assert hands.pages.item(0).text() == "⚠ Hotfix"
    qtbot.keyClick(hands.timeout, Qt.Key.Key_Return)
    assert hands.submitted == []
    hands.timeout.setValue(30)
    assert hands.pages.item(0).text() == "Hotfix"
    assert hands.button(Kind.Ok).isEnabled()


@pytest.mark.parametrize("value", [0, 1441])
def test_a_script_cannot_save_a_duration_without_sense(opened, value):
    hands = opened()
    hands.timeout.setValue(value)
    hands.click(Kind.Ok)
    assert hands.submitted == []
    assert hands.sentence("PackageHotfixTimeout")


@pytest.mark.parametrize(
    ("field", "setting", "text"),
    [
        ("hotfixWarnings", "HotfixWarnings", "5, soon"),
        ("hotfixWarnings", "HotfixWarnings", "1 2 3 4 5 6"),
        ("hotfixWarnings", "HotfixWarnings", "9" * 100_000),
        ("ticketPattern", "HotfixTicketPattern", "INC-[0-9"),
        ("ticketPattern", "HotfixTicketPattern", "x" * 100_000),
        ("maintainer", "Maintainer", "   "),
        ("maintainer", "Maintainer", "m" * 100_000),
        ("deliveryBranchPattern", "DeliveryBranch", "a..b"),
        ("archiveMegabytes", "ArchiveMegabytes", "0"),
        ("archiveMegabytes", "ArchiveMegabytes", "1048577"),
        ("archiveMegabytes", "ArchiveMegabytes", "2 GB"),
    ],
)
def test_every_line_refuses_nonsense(opened, field, setting, text):
    hands = opened()
    hands.line(field).setText(text)
    assert hands.sentence(setting)
    assert hands.dialog.fields[setting].editor.accessibleDescription() == hands.sentence(setting)
    assert not hands.button(Kind.Ok).isEnabled()
    assert hands.dialog.why_not.startswith("Correct “")


def test_every_setting_has_a_field(opened):
    assert set(opened().dialog.fields) == {spec.name for spec in SPECS}


def test_what_an_archive_may_unpack_to_is_typed_on_its_page(qtbot, opened):
    hands = opened()
    row = [page.title for page in hands.dialog.pages].index("Archives")
    hands.pages.setFocus()
    for _ in range(row):
        qtbot.keyClick(hands.pages, Qt.Key.Key_Down)
    qtbot.keyClick(hands.pages, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier)
    line = hands.line("archiveMegabytes")
    assert hands.dialog.focusWidget() is line
    assert line.selectedText() == "2048"
    qtbot.keyClicks(line, "512")
    hands.click(Kind.Ok)
    assert hands.submitted == [{"ArchiveMegabytes": "512"}]


def test_pasting_a_hundred_thousand_letters_is_counted_in_full(qtbot, opened):
    hands = opened()
    hands.pages.setCurrentRow(2)
    QApplication.clipboard().setText("m" * 100_000)
    line = hands.line("maintainer")
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert hands.sentence("Maintainer") == "The maintainer can have at most 250 characters; this one has 100,000."


@pytest.mark.parametrize(("name", "setting"), [("extensionStep", "HotfixExtensionStep")])
def test_zero_is_a_limit_but_no_step(opened, name, setting):
    hands = opened()
    hands.retype(hands.dialog.findChild(MinutesBox, "extensionLimit"), "0")
    assert hands.sentence("HotfixExtensionLimit") == ""
    hands.retype(hands.dialog.findChild(MinutesBox, name), "0")
    assert hands.sentence(setting) == "An extension must be whole minutes from 1 to 1,440, not “0”."


def test_the_same_value_written_otherwise_is_no_change(opened):
    hands = opened()
    hands.line("hotfixWarnings").setText(" 1;5 ")
    assert hands.dialog.why_not == "Nothing is changed."
    assert not hands.button(Kind.Apply).isEnabled()
    hands.line("hotfixWarnings").setText("10 5 1")
    assert hands.dialog.changes() == {"HotfixWarnings": "10, 5, 1"}
    assert hands.dialog.why_not == ""


def test_ok_without_a_change_just_closes(qtbot, opened):
    hands = opened()
    hands.click(Kind.Ok)
    qtbot.waitUntil(lambda: not isValid(hands.dialog))
    assert hands.submitted == []


def test_cancel_and_esc_hand_over_nothing(qtbot, opened):
    for leave in (lambda h: h.click(Kind.Cancel), lambda h: qtbot.keyClick(h.timeout, Qt.Key.Key_Escape)):
        hands = opened()
        hands.timeout.setValue(45)
        leave(hands)
        qtbot.waitUntil(lambda dialog=hands.dialog: not isValid(dialog))
        assert hands.submitted == []


@pytest.mark.parametrize("answer", ["accept", "saved"])
def test_apply_keeps_the_dialog_and_counts_as_saved(opened, answer):
    hands = opened()
    hands.timeout.setValue(45)
    hands.click(Kind.Apply)
    if answer == "accept":
        hands.dialog.accept()
    else:
        hands.dialog.saved(hands.submitted[0])
    assert hands.dialog.isVisible()
    assert hands.dialog.changes() == {}
    hands.timeout.setValue(30)
    hands.click(Kind.Apply)
    assert hands.submitted == [{"PackageHotfixTimeout": "45"}, {"PackageHotfixTimeout": "30"}]


def test_the_owners_refusal_turns_to_the_page_of_its_field(opened):
    hands = opened()
    hands.timeout.setValue(45)
    hands.click(Kind.Ok)
    hands.dialog.set_busy(True)
    assert not hands.timeout.isEnabled()
    hands.dialog.show_problem("Maintainer", "Somebody else has just changed it.")
    assert hands.pages.currentRow() == 2
    assert hands.sentence("Maintainer") == "Somebody else has just changed it."
    assert hands.dialog.focusWidget() is hands.line("maintainer")
    assert hands.timeout.isEnabled()
    hands.dialog.show_problem("", "The database is locked.")
    assert hands.dialog.problem == "The database is locked."


def test_defaults_come_back_for_one_page(opened):
    hands = opened(PackageHotfixTimeout="45", HotfixWarnings="", Maintainer="ACME")
    assert hands.button(Kind.RestoreDefaults).text() == "Restore defaults"
    hands.click(Kind.RestoreDefaults)
    assert hands.dialog.changes() == {"PackageHotfixTimeout": "30", "HotfixWarnings": "5, 1"}


def test_a_ticket_rule_can_be_tried(qtbot, opened):
    hands = opened()
    qtbot.keyClick(hands.pages, Qt.Key.Key_Down)
    assert hands.line("ticketPattern").isVisible()

    def answer() -> list[str]:
        return [w.text() for w in hands.dialog.findChildren(QLabel) if w.isVisible()]

    qtbot.keyClicks(hands.line("ticketTrial"), "INC-1")
    assert "INC-1 is accepted." in answer()
    qtbot.keyClicks(hands.line("ticketPattern"), "INC-[0-9]{3}")
    assert "The ticket number must look like INC-[0-9]{3}." in answer()
    qtbot.keyClicks(hands.line("ticketTrial"), "23")
    assert "INC-123 is accepted." in answer()
    qtbot.keyClicks(hands.line("ticketPattern"), "[")
    assert "INC-123 is accepted." not in answer()
    assert "not a regular expression" in hands.sentence("HotfixTicketPattern")
    qtbot.keyClick(hands.line("ticketPattern"), Qt.Key.Key_Backspace)
    qtbot.mouseClick(hands.dialog.findChild(QCheckBox, "ticketRequired"), Qt.MouseButton.LeftButton, pos=QPoint(8, 10))
    hands.click(Kind.Ok)
    assert hands.submitted == [{"HotfixTicketRequired": "yes", "HotfixTicketPattern": "INC-[0-9]{3}"}]


def test_who_may_not_change_them_may_read_them(qtbot, opened):
    hands = opened(why_not="eve may not change settings: only members of System administrators may.")
    words = [label.text() for label in hands.dialog.findChildren(QLabel) if label.isVisible()]
    assert "eve may not change settings: only members of System administrators may." in words
    assert hands.timeout.isReadOnly()
    qtbot.keyClicks(hands.timeout, "45")
    qtbot.keyClick(hands.timeout, Qt.Key.Key_Up)
    assert hands.timeout.value() == 30
    for name in ("hotfixWarnings", "ticketPattern", "maintainer"):
        assert hands.line(name).isReadOnly()
    assert not hands.dialog.findChild(QCheckBox, "ticketRequired").isEnabled()
    for kind in (Kind.Ok, Kind.Apply, Kind.RestoreDefaults):
        assert not hands.button(kind).isEnabled()
    assert hands.button(Kind.Cancel).isEnabled()


def test_a_stored_text_without_sense_is_shown_and_refused(opened):
    hands = opened(PackageHotfixTimeout="soon")
    assert hands.timeout.lineEdit().text() == "soon"
    assert hands.sentence("PackageHotfixTimeout")
    hands.timeout.setValue(30)
    assert hands.dialog.changes() == {"PackageHotfixTimeout": "30"}
