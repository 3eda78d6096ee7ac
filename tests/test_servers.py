"""What the page for servers says is so, and the unit is one that works."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hotfix_desktop.__main__ import COMMANDS, command_parser

DOCS = Path(__file__).resolve().parent.parent / "docs"
UNIT = DOCS / "systemd" / "hotfix-desktop-relocker@.service"
PAGE = (DOCS / "servers.md").read_text("utf-8")
FOLDER = "/srv/site/Pkg"


@pytest.fixture(scope="module")
def unit():
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNIT, "utf-8")
    return parser


def test_the_unit_runs_the_relocker_of_its_instance_for_ever(unit):
    program, *arguments = unit["Service"]["ExecStart"].replace("%f", FOLDER).split()
    assert program.endswith("/hotfix-desktop")
    parsed = command_parser().parse_args(arguments)
    assert (parsed.command, parsed.workspace, parsed.once, parsed.until_closed) == ("relocker", FOLDER, False, False)
    assert unit["Service"]["Restart"] == "always"
    assert float(unit["Service"]["RestartSec"]) <= 2, "nobody watches meanwhile"
    assert "--wait" in arguments, "else it would be started again and again while another guard is at work"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Install"]["WantedBy"] == "default.target"


def test_the_unit_forbids_nothing_that_closing_a_package_needs(unit):
    forbidding = {"RestrictSUIDSGID", "ProtectSystem", "ProtectHome", "ReadOnlyPaths", "PrivateUsers", "DynamicUser"}
    assert not forbidding & set(unit["Service"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd's own check")
def test_systemd_understands_the_unit(tmp_path):
    program = tmp_path / ".local" / "bin" / "hotfix-desktop"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / UNIT.name.replace("@", "@srv-site-Pkg")
    copy.write_text(UNIT.read_text("utf-8"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(copy)],
        env=os.environ | {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-escape") is None, reason="needs systemd's own tool")
@pytest.mark.parametrize("folder", [FOLDER, "/srv/My Site/Pkg-1", "/srv/ünï/%x"])
def test_the_name_of_an_instance_leads_back_to_its_folder(folder):
    def escape(*arguments: str) -> str:
        done = subprocess.run(["systemd-escape", *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert escape("--unescape", "--path", escape("--path", folder)) == folder


def test_each_call_of_the_page_is_understood():
    calls = re.findall(r"^ *hotfix-desktop (.+)$", PAGE, re.MULTILINE)
    assert {call.split()[0] for call in calls} == {"protect", "status"}
    assert all(command_parser().parse_args(call.split()).command in COMMANDS for call in calls)


def test_every_link_of_the_page_is_there():
    targets = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert targets
    assert [target for target in targets if not (DOCS / target).exists()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="for servers with a shell")
def test_the_page_puts_the_unit_where_it_lies():
    assert f"cp docs/systemd/{UNIT.name} ~/.config/systemd/user/" in PAGE
    assert "loginctl enable-linger" in PAGE
