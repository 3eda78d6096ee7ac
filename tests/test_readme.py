"""The README says nothing that is not so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hotfix_desktop.__main__ import COMMANDS, command_parser, window_parser
from hotfix_desktop.core.settings import SPEC_BY_NAME
from hotfix_desktop.ui.actions import VERBS
from hotfix_desktop.ui.words import STATE_WORDS

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
SHORTCUTS = re.findall(r"^\| ((?:Ctrl|F\d)\S*) \| (.+) \|$", TEXT, re.MULTILINE)
CALLS = re.findall(r"^\| `hotfix-desktop ([^`]+)` \|", TEXT, re.MULTILINE)


def test_every_link_and_picture_is_there():
    targets = [t for t in re.findall(r"\]\(([^)]+)\)", TEXT) if not t.startswith("http")]
    assert "docs/main-window.png" in targets
    assert [t for t in targets if not (ROOT / t).is_file()] == []


def test_every_path_that_it_names_is_there():
    named = re.findall(r"`((?:tests|hotfix_desktop)/[\w/.]+)`", TEXT)
    assert named
    assert [n for n in named if not (ROOT / n).exists()] == []


@pytest.mark.parametrize(("keys", "text"), SHORTCUTS)
def test_a_shortcut_does_what_it_says(keys, text):
    verb = next(v for v in VERBS if keys in v.shortcuts)
    assert verb.text.replace("&", "").rstrip("…") == text


def test_the_shortcuts_of_the_first_minute_are_right():
    steps = dict(re.findall(r"\*\*(Ctrl\+[\w+]+)\*\* \(\*([^*]+)\*\)", TEXT))
    assert set(steps) == {"Ctrl+D", "Ctrl+L", "Ctrl+Shift+D", "Ctrl+Shift+H", "Ctrl+I", "Ctrl+J"}
    for keys, text in steps.items():
        assert next(v for v in VERBS if keys in v.shortcuts).text.replace("&", "") == text
    assert "actionOpenFolder" in {v.name for v in VERBS if "Ctrl+Shift+O" in v.shortcuts}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_understood(call):
    without_options = re.sub(r"\[[^]]*(\[[^]]*\])?\]", "", call)
    words = without_options.replace("TEXT", "text").split()
    parser = command_parser() if words and words[0] in COMMANDS else window_parser()
    assert parser.parse_args(words)


def test_the_help_of_each_command_has_the_options_that_are_named(capsys):
    for call in CALLS:
        first = call.split()[0]
        if first not in COMMANDS:
            continue
        with pytest.raises(SystemExit):
            command_parser().parse_args([*call.split()[: 2 if first == "audit" else 1], "--help"])
        shown = capsys.readouterr().out
        assert [o for o in re.findall(r"--[\w-]+", call) if o not in shown] == []


def test_every_command_is_described():
    assert {call.split()[0] for call in CALLS if call.split()[0] in COMMANDS} == set(COMMANDS)


def test_every_state_is_explained():
    rows = re.findall(r"^\| ([A-Z][a-z ]+) \| [a-z ]+ \|", TEXT, re.MULTILINE)
    assert set(rows) == set(STATE_WORDS.values())


def test_the_default_duration_is_right():
    assert SPEC_BY_NAME["PackageHotfixTimeout"].default == "30"
    assert "for 30 minutes (`PackageHotfixTimeout`)" in TEXT
