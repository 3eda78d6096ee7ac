"""Open in editor: what is started, with which arguments, and what is said when nothing can be."""

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.ui.editor_command import arguments_of, open_in_editor
from tests.ui.real_window import PATIENCE, choose


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("", []),
        ("   ", []),
        ("code", ["code", "/a b"]),
        ("code {folder}", ["code", "/a b"]),
        ("code --folder={folder} -n", ["code", "--folder=/a b", "-n"]),
        ('"/opt/my editor/run" -n', ["/opt/my editor/run", "-n", "/a b"]),
        ("code ; rm -rf {folder}", ["code", ";", "rm", "-rf", "/a b"]),
    ],
)
def test_the_folder_is_one_argument_and_no_shell_reads_the_command(command, arguments):
    assert arguments_of(command, "/a b") == arguments


@pytest.mark.parametrize("command", ['code "half', '""', "{folder}"])
def test_a_command_that_makes_no_sense_is_refused(command):
    with pytest.raises(InvalidInput) as caught:
        arguments_of(command, "/a")
    assert caught.value.field == "editor"


def test_a_program_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Refused, match=r"“no-such-editor-here” could not be started"):
        open_in_editor("no-such-editor-here {folder}", str(tmp_path))


@pytest.mark.parametrize("opens", [True, False])
def test_without_a_command_the_desktop_opens_the_folder(tmp_path, monkeypatch, opens):
    asked: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url) or opens)
    if opens:
        open_in_editor("", str(tmp_path))
    else:
        with pytest.raises(Refused, match="no program that opens"):
            open_in_editor("", str(tmp_path))
    assert asked == [QUrl.fromLocalFile(str(tmp_path))]


def test_an_unlocked_package_is_opened_in_the_editor_of_the_settings(desk, tmp_path):
    desk.protect()
    window = desk.opened()
    choose(window, "Zeta")
    action = window.actions_["actionOpenInEditor"]
    assert not action.isEnabled()
    assert action.statusTip() == "Zeta is not unlocked; Open folder shows its files for reading."
    desk.unlock("Zeta")
    desk.beat(window)
    desk.qtbot.waitUntil(action.isEnabled, timeout=PATIENCE)
    script = tmp_path / "editor.py"
    script.write_text(
        "import os, sys\n"
        "with open(sys.argv[1] + '.new', 'w') as file:\n"
        "    file.write(sys.argv[2] + '\\n' + os.getcwd())\n"
        "os.replace(sys.argv[1] + '.new', sys.argv[1])\n",
        "utf-8",
    )
    told = tmp_path / "told by the editor"
    window.state.editor = f'"{sys.executable}" "{script}" "{told}" {{folder}}'
    action.trigger()
    desk.qtbot.waitUntil(told.exists, timeout=PATIENCE)
    folder = desk.folder / "Zeta"
    assert [Path(line) for line in told.read_text("utf-8").split("\n")] == [folder, folder.resolve()]


def test_an_editor_that_cannot_be_started_is_an_error_dialog(desk):
    desk.protect()
    desk.unlock("Zeta")
    window = desk.opened()
    choose(window, "Zeta")
    window.state.editor = "no-such-editor-here"
    window.actions_["actionOpenInEditor"].trigger()
    report = desk.dialog(window, "errorDialog").report()
    assert "Could not open Zeta in the editor" in report
    assert "Check the command in Settings › This computer." in report
