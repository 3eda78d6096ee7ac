"""Start at login on all three systems, wherever the test runs."""

from __future__ import annotations

import os
import plistlib
import shlex
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.__main__ import command_parser
from hotfix_desktop.app import home_of
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.processes import autostart
from hotfix_desktop.runtime.autostart import LABEL, NAME, Autostart, desktop_entry

COMMAND = ["/opt/Hotfix Desktop/bin/hotfix-desktop", "--home", '/srv/100% "home" $x`\\', "relocker", "--all"]


class HandKey:
    """Windows' Run key."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.trouble: OSError | None = None

    def get(self, name: str) -> str | None:
        self._fail()
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self._fail()
        self.values[name] = value

    def remove(self, name: str) -> None:
        self._fail()
        self.values.pop(name, None)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture(params=["linux", "darwin", "win32"])
def make(request, tmp_path):
    key = HandKey()
    return lambda command=COMMAND: Autostart(
        command, platform=request.param, folder=tmp_path / "not" / "there yet", run_key=key
    )


def words_of(entry: str) -> list[str]:
    """Read Exec as the specification says: the value's own escapes first, then the quotes of arguments."""
    (line,) = (line for line in entry.split("\n") if line.startswith("Exec="))
    value, characters = "", iter(line.removeprefix("Exec="))
    for c in characters:
        value += {"\\": "\\", "n": "\n", "t": "\t", "r": "\r", "s": " "}[next(characters)] if c == "\\" else c
    words, word, quoted, begun, characters = [], "", False, False, iter(value)
    for c in characters:
        if c == '"':
            quoted, begun = not quoted, True
        elif c == "\\" and quoted:
            word += next(characters)
        elif c == "%":
            assert next(characters) == "%"
            word += "%"
        elif c == " " and not quoted:
            words, word, begun = [*words, word], "", False
        else:
            assert quoted or c not in "\t\n\"'\\><~|&;$*?#()`"
            word += c
    assert not quoted
    return [*words, word] if word or begun else words


def test_it_is_on_after_it_was_turned_on_and_off_after_it_was_turned_off(make):
    one = make()
    assert not one.is_on()
    one.turn_on()
    one.turn_on()
    assert one.is_on()
    other = make(["/elsewhere/hotfix-desktop", "relocker", "--all"])
    assert (one.is_another(), other.is_on(), other.is_another()) == (False, False, True)
    one.turn_off()
    one.turn_off()
    assert not one.is_on()


def test_an_entry_of_another_home_is_replaced(make):
    make(["/elsewhere/hotfix-desktop"]).turn_on()
    make().turn_on()
    assert make().is_on()


def test_the_entry_for_linux_runs_the_command(tmp_path):
    Autostart(COMMAND, platform="linux", folder=tmp_path).turn_on()
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.desktop"]
    entry = (tmp_path / f"{NAME}.desktop").read_text("utf-8")
    assert entry.startswith("[Desktop Entry]\nType=Application\n")
    assert words_of(entry) == COMMAND


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_any_argument_survives_the_quoting_of_the_entry(command):
    assert words_of(desktop_entry(command)) == command


@pytest.mark.parametrize("chosen", ["chosen", "", "relative"])
def test_the_entry_for_linux_lies_where_the_user_has_his_configuration(tmp_path, monkeypatch, chosen):
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / chosen) if chosen == "chosen" else chosen)
    Autostart(COMMAND, platform="linux").turn_on()
    place = tmp_path / "chosen" if chosen == "chosen" else tmp_path / "user" / ".config"
    assert (place / "autostart" / f"{NAME}.desktop").is_file()


def test_the_agent_for_macos_runs_the_command_and_leaves_the_guards_alone(tmp_path):
    Autostart(COMMAND, platform="darwin", folder=tmp_path).turn_on()
    agent = plistlib.loads((tmp_path / f"{LABEL}.plist").read_bytes())
    assert agent["ProgramArguments"] == COMMAND
    assert (agent["RunAtLoad"], agent["AbandonProcessGroup"], agent["Label"]) == (True, True, LABEL)


def test_the_run_key_of_windows_runs_the_command():
    key = HandKey()
    Autostart([r"C:\Program Files\Hotfix\pythonw.exe", "-P", "relocker"], platform="win32", run_key=key).turn_on()
    assert key.values == {NAME: r'"C:\Program Files\Hotfix\pythonw.exe" -P relocker'}


def test_windows_refuses_what_it_would_not_start():
    key = HandKey()
    with pytest.raises(Refused, match="Windows starts no command of more than 260 characters at login"):
        Autostart(["x" * 261], platform="win32", run_key=key).turn_on()
    assert key.values == {}


@pytest.mark.parametrize("verb", ["is_on", "is_another", "turn_on", "turn_off"])
def test_a_registry_that_refuses_is_told(verb):
    key = HandKey()
    key.trouble = OSError(13, "Access is denied")
    with pytest.raises(Refused, match=r"HKEY_CURRENT_USER.*Run cannot be \w+: Access is denied\."):
        getattr(Autostart(COMMAND, platform="win32", run_key=key), verb)()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("verb", ["is_on", "is_another", "turn_on", "turn_off"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path, platform, verb):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Refused, match=r"cannot be \w+: Not a directory\."):
        getattr(Autostart(COMMAND, platform=platform, folder=tmp_path / "file" / "autostart"), verb)()


def test_what_is_started_at_login_is_understood_by_the_command_line(home, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if sys.platform != "linux":
        pytest.skip("reads the entry of Linux")
    autostart(home_of(None)).turn_on()
    words = words_of((tmp_path / "autostart" / f"{NAME}.desktop").read_text("utf-8"))
    assert os.access(words[0], os.X_OK)
    parsed = command_parser().parse_args(words[words.index("--home") :])
    assert (parsed.command, parsed.all, parsed.home) == ("relocker", True, str(home))


def test_the_users_own_home_is_not_named(tmp_path, monkeypatch):
    monkeypatch.delenv("HOTFIX_DESKTOP_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    command = autostart(home_of(None))._command
    assert "--home" not in command
    assert command[-2:] == ["relocker", "--all"]
    assert shlex.join(command)
    assert Path(command[0]).is_absolute()
