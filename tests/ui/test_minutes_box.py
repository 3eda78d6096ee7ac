"""Whole minutes: what was typed stays, and is refused with a sentence instead of being bent."""

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from hotfix_desktop.ui.minutes_box import MinutesBox


@pytest.fixture
def box(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    box = MinutesBox("The duration")
    layout.addWidget(box)
    layout.addWidget(QLineEdit(objectName="other"))
    box.setValue(30)
    window.show()
    qtbot.waitUntil(window.isActiveWindow)
    box.ground = window  # keeps it alive as long as the box
    return box


def retype(qtbot, box: MinutesBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)


def test_sense_is_the_value_at_once(qtbot, box):
    retype(qtbot, box, "45")
    assert (box.value(), box.typed(), box.problem()) == (45, "45", "")


@pytest.mark.parametrize("text", ["abc", "0", "1441", "-1", "1000000000", "5.5", "1e3", "30 min"])
def test_nonsense_stays_as_it_was_typed_and_is_told(qtbot, box, text):
    retype(qtbot, box, text)
    assert box.lineEdit().text() == text
    assert box.problem() == f"The duration must be whole minutes from 1 to 1,440, not “{text}”."


def test_nonsense_stays_when_the_focus_leaves_and_when_enter_is_pressed(qtbot, box):
    retype(qtbot, box, "abc")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    box.window().findChild(QLineEdit, "other").setFocus()
    qtbot.waitUntil(lambda: not box.hasFocus())
    box.interpretText()
    assert box.lineEdit().text() == "abc"
    assert box.problem()


def test_an_empty_field_is_told_in_other_words(qtbot, box):
    box.setFocus()
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    assert box.problem() == "The duration is needed: whole minutes from 1 to 1,440."


def test_a_hundred_thousand_letters_are_refused_and_quoted_briefly(box):
    box.lineEdit().setText("9" * 100_000)
    assert len(box.problem()) < 120


def test_the_arrows_go_on_from_the_last_number_that_made_sense(qtbot, box):
    retype(qtbot, box, "45")
    retype(qtbot, box, "x")
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert (box.lineEdit().text(), box.problem()) == ("46", "")


@pytest.mark.parametrize("value", [0, 1441, -5, 10**12])
def test_a_script_cannot_set_nonsense_without_a_sentence_either(box, value):
    box.setValue(value)
    assert box.problem()
    box.setValue(20)
    assert (box.value(), box.lineEdit().text(), box.problem()) == (20, "20", "")


def test_setting_the_value_that_it_has_clears_nonsense(qtbot, box):
    retype(qtbot, box, "abc")
    box.setValue(30)
    assert box.lineEdit().text() == "30"


def test_every_change_is_told(qtbot, box):
    for change in (lambda: retype(qtbot, box, "x"), lambda: box.setValue(7), lambda: box.stepBy(1)):
        with qtbot.waitSignal(box.edited):
            change()


def test_a_number_may_be_written_as_the_locale_writes_it(box):
    box.lineEdit().setText("1,440")
    assert (box.typed(), box.value(), box.problem()) == ("1440", 1440, "")


def test_the_digits_are_those_of_the_locale(qtbot):
    before = QLocale()
    QLocale.setDefault(QLocale("ar_EG"))
    try:
        box = MinutesBox("The duration")
        qtbot.addWidget(box)
        box.setValue(1440)
        assert (box.lineEdit().text(), box.typed(), box.problem()) == ("١٤٤٠", "1440", "")
    finally:
        QLocale.setDefault(before)
