"""``changes`` for scripts: as lines, as JSON, as a patch."""

from __future__ import annotations

import io
import json

import pytest

from hotfix_desktop.__main__ import main
from hotfix_desktop.services.workbench import OwnHeartbeat
from tests.packages_on_disk import make_packages


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A protected folder of packages; no command starts a process of its own."""
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    made = make_packages(tmp_path / "Pkg", "UsrInvoices", "Base")
    assert main(["protect", str(made)]) == 0
    capsys.readouterr()
    return made


@pytest.fixture
def edited(folder, capsys):
    """UsrInvoices is open, and was changed."""
    assert main(["unlock", str(folder), "UsrInvoices", "--reason", "broken", "--ticket", "INC-1"]) == 0
    page = folder / "UsrInvoices" / "Schemas" / "UsrInvoicesPage"
    (page / "UsrInvoicesPage.js").write_text("define();\nfixed();\n", "utf-8")
    (page / "new\n1.js").write_bytes(b"\0")
    capsys.readouterr()
    return folder


def test_the_changes_are_listed_by_element(edited, capsys):
    assert main(["changes", str(edited), "usrinvoices"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("UsrInvoices, hotfix of ")
    assert first.endswith(" to now: 1 modified, 1 added")
    assert others == [
        "Schema UsrInvoicesPage",
        "  Modified  Schemas/UsrInvoicesPage/UsrInvoicesPage.js",
        "  Added     Schemas/UsrInvoicesPage/new\\n1.js",
    ]


@pytest.mark.parametrize("closed", [False, True])
def test_the_changes_as_json(edited, capsys, closed):
    if closed:
        assert main(["lock", str(edited), "UsrInvoices"]) == 0
        capsys.readouterr()
    assert main(["changes", str(edited), "UsrInvoices", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["package"], found["hotfix"], found["reason"], found["ticket"]) == (
        "UsrInvoices",
        1,
        "broken",
        "INC-1",
    )
    assert (found["live"], found["closed"] is not None, found["remark"]) == (not closed, closed, None)
    modified, added = found["changes"]
    assert modified["kind"] == "modified"
    assert (modified["element_kind"], modified["element"]) == ("Schema", "UsrInvoicesPage")
    assert (modified["before"]["size"], modified["after"]["size"]) == (10, 19)
    assert (added["kind"], added["before"], added["path"]) == ("added", None, "Schemas/UsrInvoicesPage/new\n1.js")
    assert len(found["before"]) == len(found["after"]) == len(added["after"]["sha256"]) == 64


def test_the_changes_as_a_patch(edited, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", out)
    assert main(["changes", str(edited), "UsrInvoices", "--patch"]) == 0
    patch = out.buffer.getvalue()
    assert b"@@ -1 +1,2 @@\n define();\n+fixed();\n" in patch
    assert b"GIT binary patch\nliteral 1\n" in patch


def test_a_package_without_a_hotfix_is_told(folder, capsys):
    assert main(["changes", str(folder), "Base"]) == 1
    assert capsys.readouterr().err == "hotfix-desktop: Base has had no hotfix whose changes were recorded.\n"


def test_an_unknown_package_is_told(folder, capsys):
    assert main(["changes", str(folder), "Nothing"]) == 1
    assert "There is no package “Nothing”" in capsys.readouterr().err
