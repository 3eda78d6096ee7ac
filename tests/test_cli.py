"""The command line, as scripts use it: the same use cases, their sentences and their exit codes."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hotfix_desktop.__main__ import main
from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.services import administration
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.services.workbench import OwnHeartbeat
from tests.packages_on_disk import is_writable, make_package, make_packages, modes


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of packages, not protected yet; no command starts a process of its own."""
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    return make_packages(tmp_path / "Pkg", "CrtBase", "UsrInvoices", "UsrPortal")


@pytest.fixture
def protected(folder, capsys):
    assert main(["protect", str(folder)]) == 0
    capsys.readouterr()
    return folder


def said(capsys) -> str:
    return capsys.readouterr().err


def states(folder: Path, capsys) -> dict[str, str]:
    assert main(["status", str(folder), "--json"]) == 0
    return {p["name"]: p["state"] for p in json.loads(capsys.readouterr().out)["packages"]}


def entries(home: Path) -> list[tuple[str, str, str]]:
    (database,) = home.glob("workspaces/*/hotfix-desktop.sqlite3")
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT type, result, package FROM audit ORDER BY seq").fetchall()
    finally:
        connection.close()


def test_protecting_makes_the_files_read_only_and_releasing_gives_every_mode_back(folder, capsys):
    (folder / "CrtBase" / "descriptor.json").chmod(0o640)
    before = modes(folder)
    assert main(["protect", str(folder)]) == 0
    assert "3 packages of" in capsys.readouterr().out
    assert not is_writable(folder / "CrtBase")
    assert not is_writable(folder / "CrtBase" / "Schemas" / "CrtBasePage" / "CrtBasePage.js")
    assert is_writable(folder / "Custom" / "descriptor.json")
    assert main(["release", str(folder)]) == 0
    assert modes(folder) == before


def test_the_whole_loop_from_unlock_to_lock(protected, home, capsys):
    script = protected / "UsrInvoices" / "Schemas" / "UsrInvoicesPage" / "UsrInvoicesPage.js"
    assert main(["unlock", str(protected), "UsrInvoices", "--reason", "VAT", "--ticket", "INC-1"]) == 0
    assert "locks by itself" in capsys.readouterr().out
    assert is_writable(script)
    script.write_text("define('repaired');\n")
    assert main(["status", str(protected), "--json"]) == 0
    seen = next(p for p in json.loads(capsys.readouterr().out)["packages"] if p["name"] == "UsrInvoices")
    assert (seen["state"], seen["changes"], seen["undelivered"]) == ("unlocked", 1, False)
    assert main(["lock", str(protected), "usrinvoices"]) == 0
    capsys.readouterr()
    assert not is_writable(script)
    assert main(["status", str(protected), "--json"]) == 0
    seen = next(p for p in json.loads(capsys.readouterr().out)["packages"] if p["name"] == "UsrInvoices")
    assert (seen["state"], seen["changes"], seen["undelivered"]) == ("locked", 1, True)
    assert seen["undelivered_since"].endswith("Z")
    assert seen["undelivered_by"] == current_person().user
    assert entries(home)[-4:] == [
        ("Unlock requested", "Success", "UsrInvoices"),
        ("Package unlocked", "Success", "UsrInvoices"),
        ("Package locked", "Success", "UsrInvoices"),
        ("Changes recorded", "Success", "UsrInvoices"),
    ]


def test_status_as_json_has_the_public_fields(protected, capsys):
    main(["unlock", str(protected), "UsrPortal", "--reason", "x", "--minutes", "7"])
    capsys.readouterr()
    assert main(["status", str(protected), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["workspace"] == str(protected)
    assert answer["timeout_minutes"] == 30
    first, second = answer["packages"][:2]
    assert first["name"] == "UsrPortal"  # unlocked stands on top
    assert first["state"] == "unlocked"
    assert first["deadline"].endswith("Z")
    assert first["by"] == current_person().user
    assert second == {
        "name": "CrtBase",
        "uid": second["uid"],
        "version": "1.0.0",
        "maintainer": "Creatio",
        "state": "blocked",
        "deadline": None,
        "by": None,
        "changes": None,
        "undelivered": False,
        "undelivered_since": None,
        "undelivered_by": None,
        "drift": False,
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["unlock", "{}", "Nope", "--reason", "x"], "There is no package “Nope”"),
        (["unlock", "{}", "Custom", "--reason", "x"], "Custom is modifiable"),
        (["unlock", "{}", "CrtForecast", "--reason", "x"], "not synchronised"),
        (["unlock", "{}", "CrtBase", "--reason", "  "], "A reason is needed"),
        (["unlock", "{}", "CrtBase", "--reason", "x" * 100_000], "at most 2,000 characters"),
        (["unlock", "{}", "CrtBase", "--reason", "x", "--ticket", "y" * 100_000], "at most 100 characters"),
        *(
            (["unlock", "{}", "CrtBase", "--reason", "x", f"--minutes={m}"], "whole minutes from 1 to 1,440")
            for m in ("0", "-1", "1000000000", "abc", "1e9", "")
        ),
        (["lock", "{}", "CrtBase"], "not unlocked, so there is nothing to lock"),
        (["extend", "{}", "CrtBase"], "not unlocked, so there is nothing to extend"),
        (["settings", "{}", "PackageHotfixTimeout", "1441"], "whole minutes from 1 to 1,440"),
        (["settings", "{}", "HotfixTicketPattern", "["], "not a regular expression"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_changes_nothing(protected, home, capsys, arguments, sentence):
    (protected / "CrtForecast" / "Files").mkdir(parents=True)
    before, log = modes(protected), entries(home)
    assert main([a.replace("{}", str(protected)) for a in arguments]) == 1
    assert sentence in said(capsys)
    assert modes(protected) == before
    assert entries(home) == log


def test_a_package_that_is_open_cannot_be_unlocked_again(protected, capsys):
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    assert main(["unlock", str(protected), "CrtBase", "--reason", "x"]) == 1
    assert "already unlocked" in said(capsys)


def test_a_folder_cannot_be_released_while_a_package_is_open(protected, capsys):
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    assert main(["release", str(protected)]) == 1
    assert "CrtBase" in said(capsys)
    assert not is_writable(protected / "UsrPortal")


def test_extending_stays_within_the_limit(protected, capsys):
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    for _ in range(4):
        assert main(["extend", str(protected), "CrtBase"]) == 0
    assert main(["extend", str(protected), "CrtBase"]) == 1
    assert "all that the settings allow" in said(capsys)


def test_settings_are_read_and_written(protected, home, capsys):
    assert main(["settings", str(protected), "packagehotfixtimeout", "45"]) == 0
    assert capsys.readouterr().out.strip() == "45"
    assert main(["settings", str(protected)]) == 0
    assert "PackageHotfixTimeout = 45" in capsys.readouterr().out
    assert entries(home)[-1][0] == "Setting changed"
    assert main(["settings", str(protected), "Nonsense"]) == 2
    assert "There is no setting “Nonsense”" in said(capsys)


def test_an_auditor_is_refused_on_the_command_line_and_that_is_an_entry(protected, home, capsys, monkeypatch):
    bench = make_bench(home_of(None), protected)
    administration.assign_role(bench, "eve", Role.AUDITOR)
    bench.store.close()
    monkeypatch.setattr("hotfix_desktop.app.current_person", lambda: Person("eve", "10.0.0.9"))
    for command in (
        ["unlock", str(protected), "CrtBase", "--reason", "x"],
        ["settings", str(protected), "Maintainer", "Eve"],
        ["release", str(protected)],
    ):
        assert main(command) == 1
        assert "eve may not" in said(capsys)
        assert entries(home)[-1][1] == "Denied"
    assert not is_writable(protected / "CrtBase")
    assert main(["status", str(protected)]) == 0  # anyone may look


def test_a_folder_that_nobody_protected_is_refused_and_nothing_is_written(folder, home, capsys):
    assert main(["status", str(folder)]) == 1
    assert "is not protected" in said(capsys)
    assert not home.exists()


def test_a_released_folder_is_modifiable_and_says_so(protected, capsys):
    main(["release", str(protected)])
    capsys.readouterr()
    assert set(states(protected, capsys).values()) == {"modifiable"}
    assert main(["unlock", str(protected), "CrtBase", "--reason", "x"]) == 1
    assert "not protected" in said(capsys)


def test_a_package_that_somebody_opened_is_closed_by_the_relocker(protected, home, capsys):
    for path in [protected / "CrtBase", *(protected / "CrtBase").rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    assert main(["relocker", str(protected), "--once"]) == 0
    assert "CrtBase was found writable and was closed." in capsys.readouterr().out
    assert not is_writable(protected / "CrtBase")
    assert entries(home)[-1] == ("Package closed again", "Success", "CrtBase")


def test_a_folder_without_packages_is_refused(tmp_path, capsys):
    assert main(["protect", str(tmp_path)]) == 1
    assert "no packages" in said(capsys)


def test_a_workspace_is_also_known_by_its_name(protected, capsys):
    assert main(["status", protected.parent.name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workspace"] == str(protected)
    assert main(["status", "no-such-workspace"]) == 1
    assert "There is no folder and no workspace" in said(capsys)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "~nobody-here/x"])
def test_a_strange_path_is_refused_with_a_sentence(name, capsys):
    assert main(["status", name]) == 1
    assert "There is no folder and no workspace" in said(capsys)


def test_home_can_be_named_before_and_after_the_command(folder, tmp_path, capsys):
    assert main(["--home", str(tmp_path / "one"), "protect", str(folder)]) == 0
    assert main(["status", str(folder), "--home", str(tmp_path / "one")]) == 0
    assert main(["status", str(folder), "--home", str(tmp_path / "two")]) == 1
    assert (tmp_path / "one" / "workspaces").is_dir()


def test_a_home_that_cannot_be_made_is_refused(folder, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["--home", str(tmp_path / "file" / "home"), "protect", str(folder)]) == 1
    assert "cannot be made" in said(capsys)
    assert is_writable(folder / "CrtBase")


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"x" * 4096, b"nothing of ours" * 100])
def test_a_damaged_database_is_told_and_left_alone(protected, home, capsys, content):
    (database,) = home.glob("workspaces/*/hotfix-desktop.sqlite3")
    if not content:
        return_code, sentence = 1, "is not protected"  # an empty file is a database that nobody has used yet
    else:
        return_code, sentence = 1, "database"
    for side in ("-wal", "-shm"):
        database.with_name(database.name + side).unlink(missing_ok=True)
    database.write_bytes(content)
    assert main(["unlock", str(protected), "CrtBase", "--reason", "x"]) == return_code
    assert sentence in said(capsys)
    assert not is_writable(protected / "CrtBase")
    if content:
        assert database.read_bytes() == content


def test_the_output_may_end_early(protected):
    command = f"{sys.executable} -m hotfix_desktop status '{protected}' --json | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "{"
    assert done.stderr == ""


class NotedGuard:
    """A guard that is only said to have been started."""

    def __init__(self, started: list[str], location: str) -> None:
        self._started, self._location = started, location

    def ensure(self) -> None:
        self._started.append(self._location)


@pytest.fixture
def started(monkeypatch):
    """The locations for which a relocker was started."""
    made: list[str] = []
    monkeypatch.setattr(
        "hotfix_desktop.processes._guard_at", lambda home, exclusive, presence, location: NotedGuard(made, location)
    )
    return made


def test_all_starts_a_relocker_only_where_something_is_open(protected, tmp_path, started, capsys):
    quiet = make_packages(tmp_path / "quiet" / "Pkg", "UsrQuiet")
    assert main(["protect", str(quiet)]) == 0
    capsys.readouterr()
    assert main(["relocker", "--all"]) == 0
    assert (started, capsys.readouterr().out) == ([], "")
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    capsys.readouterr()
    assert main(["relocker", "--all"]) == 0
    assert started == [str(protected)]
    out = capsys.readouterr().out
    assert out == f"{protected.parent.name} has packages that are open or half done; its guard runs.\n"


def test_all_comes_to_the_other_workspaces_when_one_is_damaged_or_empty(protected, home, started, capsys):
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    for name, content in (("a-damaged", b"nothing of ours" * 100), ("b-empty", b"")):
        (home / "workspaces" / name).mkdir()
        (home / "workspaces" / name / "hotfix-desktop.sqlite3").write_bytes(content)
    assert main(["relocker", "--all"]) == 1
    assert started == [str(protected)]
    complaints = said(capsys).splitlines()
    assert len(complaints) == 1
    assert "a-damaged" in complaints[0]
    assert "damaged" in complaints[0]


def test_all_says_where_no_relocker_could_be_started(protected, monkeypatch, capsys):
    class Hopeless:
        def ensure(self) -> None:
            raise Refused("No guard could be started.")

    monkeypatch.setattr("hotfix_desktop.processes._guard_at", lambda *anything: Hopeless())
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    assert main(["relocker", "--all"]) == 1
    assert said(capsys) == f"hotfix-desktop: {protected.parent.name}: No guard could be started.\n"


def test_all_without_a_home_does_nothing(home, capsys):
    assert main(["relocker", "--all"]) == 0
    assert not home.exists()
    assert capsys.readouterr() == ("", "")


def test_all_works_without_anything_to_print_to(protected, started, monkeypatch):
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["relocker", "--all"]) == 0
    assert started == [str(protected)]


def test_extending_may_need_a_reason(protected, home, capsys):
    main(["unlock", str(protected), "CrtBase", "--reason", "x"])
    assert main(["settings", str(protected), "HotfixExtensionReason", "on"]) == 0
    assert main(["extend", str(protected), "CrtBase"]) == 1
    assert "reason" in said(capsys)
    assert main(["extend", str(protected), "CrtBase", "--reason", "the test takes longer"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [["relocker"], ["relocker", "x", "--all"], ["relocker", "--all", "--once"], ["relocker", "--once"]],
)
def test_a_relocker_is_for_one_workspace_or_for_all(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in said(capsys)


@pytest.mark.parametrize("arguments", [["unlock"], ["--nonsense"], ["status"], ["unlock", "a", "b"]])
def test_wrong_usage_ends_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in said(capsys)


def without_display() -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in hidden}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only here a desktop can be missing")
@pytest.mark.parametrize("arguments", [[], ["--demo"], ["--audit"]])
def test_without_a_display_it_says_what_to_do_and_ends_with_69(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "hotfix_desktop", *arguments],
        env=without_display(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 69
    assert "no display" in done.stderr
    assert "--screenshot" in done.stderr


def test_the_demo_draws_its_window_without_a_display_and_leaves_nothing_behind(tmp_path, home):
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "hotfix_desktop", "--demo", "--screenshot", str(tmp_path / "demo.png")],
        env=without_display() | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    assert list(scratch.iterdir()) == []
    assert not home.exists(), "a demo touches nothing else on the machine"


def test_a_workspace_that_cannot_be_opened_draws_no_picture_and_says_why(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hotfix_desktop", str(tmp_path / "away"), "--screenshot", str(tmp_path / "x.png")],
        env=without_display(),
        capture_output=True,
        text=True,
        check=False,
        timeout=25,
    )
    assert done.returncode == 1
    assert "There is no folder and no workspace" in done.stderr
    assert not (tmp_path / "x.png").exists()


def test_the_audit_log_is_drawn_read_only_and_ends_cleanly(protected, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hotfix_desktop", "--audit", str(protected), "--screenshot", str(tmp_path / "a.png")],
        env=without_display(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_somebody_without_a_role_cannot_read_the_audit_log_and_that_is_an_entry(protected, home):
    bench = make_bench(home_of(None), protected)
    administration.assign_role(bench, "eve", Role.ADMINISTRATOR)
    administration.remove_role(bench, current_person().user, Role.ADMINISTRATOR)
    bench.store.close()
    done = subprocess.run(
        [sys.executable, "-m", "hotfix_desktop", "--audit", str(protected), "--screenshot", str(home / "a.png")],
        env=without_display(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "may not read the audit log" in done.stderr
    assert not (home / "a.png").exists()
    assert entries(home)[-1] == ("Audit log opened", "Denied", "")


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def as_nobody(*command: str) -> bool:
    """Whether another user, who is not root, can do this."""
    return subprocess.run([*NOBODY, *command], capture_output=True, check=False).returncode == 0


@pytest.fixture
def public_folder():
    """A folder of packages that belong to another user; not below tmp_path, which lets nobody else in."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root, who can become another user")
    folder = Path(tempfile.mkdtemp(prefix="hotfix-desktop-test-"))
    make_package(folder, "UsrInvoices")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


def test_another_user_is_refused_the_write_while_locked_and_allowed_while_unlocked(public_folder, monkeypatch):
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    script = public_folder / "UsrInvoices" / "Schemas" / "UsrInvoicesPage" / "UsrInvoicesPage.js"
    write = ("dd", "if=/dev/zero", f"of={script}", "count=1")
    create = ("touch", str(script.with_name("new.js")))
    delete = ("rm", "-f", str(script))

    assert as_nobody(*write)
    assert main(["protect", str(public_folder)]) == 0
    assert not as_nobody(*write)
    assert not as_nobody(*create)
    assert not as_nobody(*delete)

    assert main(["unlock", str(public_folder), "UsrInvoices", "--reason", "VAT"]) == 0
    assert as_nobody(*write)
    assert as_nobody(*create)
    assert main(["lock", str(public_folder), "UsrInvoices"]) == 0
    assert not as_nobody(*write)
    assert not as_nobody("dd", "if=/dev/zero", f"of={script.with_name('new.js')}", "count=1")
