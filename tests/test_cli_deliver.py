"""``hotfix-desktop deliver``: the whole way from unlock to a commit, with the real program on real files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hotfix_desktop.__main__ import main
from hotfix_desktop.services.workbench import OwnHeartbeat
from tests.packages_on_disk import make_packages
from tests.services.conftest import plain_git as plain_git
from tests.services.delivery_world import GitRepository

SCRIPT = "UsrInvoices/Schemas/UsrInvoicesPage/UsrInvoicesPage.js"


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A protected folder; no command starts a process of its own."""
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    made = make_packages(tmp_path / "Pkg", "CrtBase", "UsrInvoices")
    assert main(["protect", str(made)]) == 0
    capsys.readouterr()
    return made


@pytest.fixture
def repository(tmp_path, plain_git) -> GitRepository:
    """The same packages in development."""
    made = GitRepository(tmp_path / "billing")
    make_packages(made.folder / "packages", "UsrInvoices")
    made.commit({})
    return made


def fix(folder: Path, text: str, package: str = "UsrInvoices", more: Mapping[str, str] | None = None) -> None:
    """One hotfix from unlock to lock."""
    script = folder / package / "Schemas" / f"{package}Page" / f"{package}Page.js"
    assert main(["unlock", str(folder), package, "--reason", "VAT", "--ticket", "INC-7"]) == 0
    script.write_text(text)
    for path, written in (more or {}).items():
        (folder / package / path).parent.mkdir(exist_ok=True)
        (folder / package / path).write_text(written)
    assert main(["lock", str(folder), package]) == 0


def state(folder: Path, capsys) -> dict[str, object]:
    capsys.readouterr()
    assert main(["status", str(folder), "--json"]) == 0
    return next(p for p in json.loads(capsys.readouterr().out)["packages"] if p["name"] == "UsrInvoices")


def test_from_unlock_to_the_commit(folder, repository, capsys):
    fix(folder, "define(1);\n")
    assert state(folder, capsys)["undelivered"] is True
    assert main(["deliver", str(folder), "usrinvoices", "--repository", str(repository.folder)]) == 0
    told = capsys.readouterr().out
    assert "1 file onto main:\n  Taken          packages/UsrInvoices/Schemas" in told
    assert f"Commit {repository.git('rev-parse', 'hotfix/INC-7-UsrInvoices')[:10]} on hotfix/INC-7-UsrInvoices" in told
    assert repository.show("hotfix/INC-7-UsrInvoices", f"packages/{SCRIPT}") == b"define(1);\n"
    assert state(folder, capsys)["undelivered"] is False
    assert main(["deliver", str(folder), "UsrInvoices", "--repository", str(repository.folder)]) == 1
    assert "No hotfix of UsrInvoices waits for its delivery." in capsys.readouterr().err


def test_what_cannot_go_is_told_and_the_hotfix_waits(folder, repository, capsys):
    repository.commit({".gitattributes": b"*.bin filter=lfs\n"})
    fix(folder, "define(1);\n", more={"Files/a.bin": "a"})
    assert main(["deliver", str(folder), "UsrInvoices", "--repository", str(repository.folder)]) == 0
    told = capsys.readouterr().out
    assert "Remark: Not delivered: Files/a.bin, which the repository takes in through a program" in told
    assert ", 1 of 2 files; left out: packages/UsrInvoices/Files/a.bin.\n" in told
    assert "Hotfix 1 stays undelivered until a later delivery takes the rest, or it is marked so.\n" in told
    assert state(folder, capsys)["undelivered"] is True


def test_a_conflict_needs_take(folder, repository, capsys):
    fix(folder, "define(1);\n")
    repository.commit({f"packages/{SCRIPT}": b"define(2);\n"})
    command = ["deliver", str(folder), "UsrInvoices", "--repository", str(repository.folder), "--branch", "fix"]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "Conflict       packages/UsrInvoices" in said.out
    assert "1 file changed in development, too, and must be decided" in said.err
    assert repository.git("branch", "--list", "fix") == ""
    assert main([*command, "--take", "ours", "--message", "By hand"]) == 0
    assert repository.show("fix", f"packages/{SCRIPT}") == b"define(1);\n"
    assert repository.git("log", "-1", "--format=%s", "fix") == "By hand"


def test_a_push_that_fails_is_no_success(folder, repository, capsys):
    fix(folder, "define(1);\n")
    command = [
        "deliver",
        str(folder),
        "UsrInvoices",
        "--repository",
        str(repository.folder),
        "--onto",
        "main",
        "--push",
    ]
    assert main(command) == 1
    assert "not pushed: There is no remote to push to" in capsys.readouterr().out


def test_another_maintainers_package(folder, repository, capsys):
    fix(folder, "define(1);\n", "CrtBase")
    assert main(["deliver", str(folder), "CrtBase", "--repository", str(repository.folder)]) == 1
    assert "CrtBase belongs to Creatio." in capsys.readouterr().err


def test_a_repository_is_needed(folder):
    with pytest.raises(SystemExit) as ended:
        main(["deliver", str(folder), "UsrInvoices"])
    assert ended.value.code == 2
