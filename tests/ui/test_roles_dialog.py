"""Users and roles: who is what, added and removed, and never without an administrator."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTreeWidget, QWidget
from shiboken6 import isValid

from hotfix_desktop.core.roles import Role
from hotfix_desktop.ui.roles_dialog import RolesDialog

ADMINISTRATOR, AUDITOR = Role.ADMINISTRATOR, Role.AUDITOR
MEMBERS = [("zoe", AUDITOR), ("Iryna", AUDITOR), ("ada", ADMINISTRATOR)]


class Hands:
    def __init__(self, dialog: RolesDialog, qtbot) -> None:
        self.dialog, self.qtbot = dialog, qtbot
        self.table = dialog.findChild(QTreeWidget, "rolesTable")
        self.name = dialog.findChild(QLineEdit, "roleUser")
        self.role = dialog.findChild(QComboBox, "roleChoice")
        self.add = dialog.findChild(QPushButton, "roleAdd")
        self.remove = dialog.findChild(QPushButton, "roleRemove")
        self.assigned: list[tuple] = []
        self.removed: list[tuple] = []
        dialog.assign.connect(lambda *wish: self.assigned.append(wish))
        dialog.remove.connect(lambda *wish: self.removed.append(wish))

    def rows(self) -> list[tuple[str, str]]:
        items = [self.table.topLevelItem(row) for row in range(self.table.topLevelItemCount())]
        return [(item.text(0), item.text(1)) for item in items]

    def select(self, row: int) -> None:
        self.table.setCurrentItem(self.table.topLevelItem(row))

    def words(self) -> list[str]:
        return [label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible()]


@pytest.fixture
def opened(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def open_it(members=MEMBERS, why_not: str = "") -> Hands:
        dialog = RolesDialog(members, "ada", why_not, window)
        dialog.open()
        qtbot.waitUntil(dialog.isActiveWindow)
        return Hands(dialog, qtbot)

    return open_it


def test_administrators_come_first_and_the_roles_are_explained(opened):
    hands = opened()
    assert hands.dialog.objectName() == "rolesDialog"
    assert hands.rows() == [
        ("ada (you)", "System administrators"),
        ("Iryna", "Auditors"),
        ("zoe", "Auditors"),
    ]
    words = " ".join(hands.words())
    for piece in ("System administrators unlock", "Auditors read everything", "those of the operating system"):
        assert piece in words


def test_a_name_and_enter_add_a_member(qtbot, opened):
    hands = opened()
    assert not hands.add.isEnabled()
    assert "A user name is needed." in hands.words()
    qtbot.keyClicks(hands.name, " max ")
    qtbot.keyClick(hands.name, Qt.Key.Key_Return)
    assert hands.assigned == [("max", AUDITOR)]
    assert isinstance(hands.assigned[0][1], Role)
    hands.dialog.set_members([*MEMBERS, ("max", AUDITOR)])
    assert ("max", "Auditors") in hands.rows()
    assert hands.name.text() == ""


def test_another_role_can_be_chosen(qtbot, opened):
    hands = opened()
    qtbot.keyClicks(hands.name, "zoe")
    assert hands.dialog.fields["user"].problem.text == "zoe is a member of Auditors already."
    assert not hands.add.isEnabled()
    qtbot.keyClick(hands.role, Qt.Key.Key_Up)
    assert hands.dialog.fields["user"].problem.text == ""
    qtbot.mouseClick(hands.add, Qt.MouseButton.LeftButton)
    assert hands.assigned == [("zoe", ADMINISTRATOR)]


@pytest.mark.parametrize("text", ["   ", "x" * 100_000])
def test_names_without_sense_are_refused_in_place(qtbot, opened, text):
    hands = opened()
    hands.name.setText(text)
    assert hands.dialog.fields["user"].problem.text
    assert not hands.add.isEnabled()
    qtbot.keyClick(hands.name, Qt.Key.Key_Return)
    assert hands.assigned == []
    assert hands.dialog.isVisible()


def test_a_member_can_be_removed(qtbot, opened):
    hands = opened()
    hands.select(2)
    qtbot.mouseClick(hands.remove, Qt.MouseButton.LeftButton)
    assert hands.removed == [("zoe", AUDITOR)]
    hands.dialog.set_members(MEMBERS[1:])
    assert len(hands.rows()) == 2


def test_the_last_administrator_cannot_be_removed(qtbot, opened):
    hands = opened()
    hands.select(0)
    assert not hands.remove.isEnabled()
    sentence = "ada is the last System administrator, and somebody has to be one."
    assert sentence in hands.words()
    assert hands.remove.accessibleDescription() == sentence


def test_who_removes_their_own_role_is_told_what_it_means(opened):
    hands = opened([*MEMBERS, ("eve", ADMINISTRATOR)])
    hands.select(0)
    assert hands.remove.isEnabled()
    assert "This is you: without it you can change no settings and no roles any more." in hands.words()
    hands.select(1)
    assert "This is you" not in " ".join(hands.words())


def test_the_current_row_stays_when_the_members_change(opened):
    hands = opened()
    hands.select(2)
    hands.dialog.set_members([*MEMBERS, ("bob", AUDITOR)])
    assert hands.table.currentItem().text(0) == "zoe"


def test_nobody_to_select_is_said(opened):
    hands = opened([])
    assert not hands.remove.isEnabled()
    assert "Select a member to remove." in hands.words()


def test_the_owners_refusal_is_shown_until_something_is_changed(qtbot, opened):
    hands = opened()
    hands.dialog.show_problem("The database is locked.")
    assert hands.dialog.problem == "The database is locked."
    qtbot.keyClicks(hands.name, "m")
    assert hands.dialog.problem == ""
    hands.dialog.show_problem("user", "There is no such user.")
    assert hands.dialog.fields["user"].problem.text == "There is no such user."


def test_who_may_not_change_roles_may_read_them(opened):
    sentence = "eve may not assign roles: only members of System administrators may."
    hands = opened(why_not=sentence)
    assert sentence in hands.words()
    hands.select(2)
    for widget in (hands.add, hands.remove, hands.name, hands.role):
        assert not widget.isEnabled()
    assert hands.table.isEnabled()


def test_esc_closes_it(qtbot, opened):
    hands = opened()
    qtbot.keyClick(hands.name, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isValid(hands.dialog))
    assert hands.assigned == hands.removed == []
