"""The collection of actions."""

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from hotfix_desktop.ui.actions import MENUS, VERBS, ActionCollection
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Theme
from hotfix_desktop.ui.window_bars import CONTEXT, SEPARATED, TOOLBAR

NAMES = [verb.name for verb in VERBS]


@pytest.fixture
def window(qtbot, qapp):
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def actions(window, qapp):
    return ActionCollection(window, Icons(Theme(qapp)))


def test_names_are_unique_and_menus_known():
    assert len(NAMES) == len(set(NAMES))
    assert {verb.menu for verb in VERBS} == set(MENUS)
    assert {*TOOLBAR, *CONTEXT, *SEPARATED} - {""} <= set(NAMES)


def test_every_verb_says_what_it_does_in_a_sentence():
    for verb in VERBS:
        assert verb.does[0].isupper(), verb.name
        assert not verb.does.endswith("."), verb.name
        assert "&" in verb.text, verb.name


def test_every_action_belongs_to_the_window_with_its_name(actions, window):
    assert [action.objectName() for action in window.actions()] == NAMES
    assert all(isinstance(actions[name], QAction) for name in NAMES)


def test_icon_texts_keep_their_dots_and_have_no_mnemonics(actions):
    assert actions["actionUnlockForHotfix"].iconText() == "Unlock for hotfix…"


def test_icons_that_are_named_are_there(actions):
    for verb in VERBS:
        assert actions[verb.name].icon().isNull() is (not verb.icon), verb.name


def test_a_refusal_is_told_and_taken_back(actions):
    action = actions["actionLockAfterHotfix"]
    assert action.isEnabled()
    actions.allow("actionLockAfterHotfix", "Nothing is unlocked.")
    assert not action.isEnabled()
    assert action.statusTip() == "Nothing is unlocked."
    assert action.toolTip() == "Lock after hotfix: Nothing is unlocked."
    actions.allow("actionLockAfterHotfix", "Another reason.")
    assert action.statusTip() == "Another reason."
    actions.allow("actionLockAfterHotfix", "")
    assert action.isEnabled()
    assert action.toolTip() == "Closes the selected package now (Ctrl+L)"


def test_the_list_of_shortcuts(actions):
    rows = list(actions.rows())
    assert ("Package", "Unlock for hotfix", "Ctrl+Shift+H") in rows
    assert ("View", "Refresh", "F5, Ctrl+R") in rows
    assert len(rows) == sum(1 for verb in VERBS if verb.shortcuts)
