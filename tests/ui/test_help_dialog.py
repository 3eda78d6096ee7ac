"""The help page names the verbs that people need, by the keys and words that they have."""

from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QTextBrowser, QWidget

from hotfix_desktop.ui.actions import VERBS
from hotfix_desktop.ui.help_dialog import TEXT, HelpDialog

NAMED = [
    "actionUnlockForHotfix",
    "actionLockAfterHotfix",
    "actionOpenInEditor",
    "actionOpenFolder",
    "actionShowChanges",
    "actionDeliver",
    "actionMarkDelivered",
    "actionImportArchive",
    "actionExportArchive",
    "actionContentStore",
    "actionAuditLog",
]


@pytest.mark.parametrize("name", NAMED)
def test_a_verb_is_named_by_its_key_or_its_words(name):
    verb = next(verb for verb in VERBS if verb.name == name)
    words = verb.text.replace("&", "")
    assert f"{words}*" in TEXT or any(f"**{key}**" in TEXT for key in verb.shortcuts)


def test_no_key_is_named_that_does_nothing():
    known = {key for verb in VERBS for key in verb.shortcuts}
    of_changes = {"F8", "Shift+F8", "Ctrl+F", "Ctrl+S"}
    assert set(re.findall(r"\*\*((?:Ctrl|Shift|Alt|F\d)[^*]*)\*\*", TEXT)) <= known | of_changes


def test_the_page_can_be_read(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    page = HelpDialog(parent).findChild(QTextBrowser)
    assert "What a hotfix changed" in page.toPlainText()
    assert "Revert" in page.toPlainText()
