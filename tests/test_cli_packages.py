"""``export`` as scripts use it: an archive, its sentences, and its exit codes."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotfix_desktop.__main__ import main
from hotfix_desktop.services.workbench import OwnHeartbeat
from hotfix_desktop.workspaces.archives import open_archive
from hotfix_desktop.workspaces.sample import PACKAGES_FOLDER, write_sample_workspace

NOW = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "production"
    write_sample_workspace(folder, NOW)
    return folder


@pytest.fixture
def packages(sample: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A protected folder of three packages; no command starts a process of its own."""
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    made = tmp_path / "Pkg"
    for name in ("UsrInvoices", "NwDocuments", "CrtForecast"):
        shutil.copytree(sample / PACKAGES_FOLDER / name, made / name)
    assert main(["protect", str(made)]) == 0
    capsys.readouterr()
    return made


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def held(path: Path) -> dict[str, bytes]:
    with open_archive(path, 1 << 24) as archive:
        (package,) = archive.packages
        return {name.decode(): b"".join(pieces) for name, pieces in archive.read(package, list(package.files))}


@pytest.mark.parametrize("name", ["UsrInvoices.gz", "UsrInvoices.zip"])
def test_a_closed_package_is_exported_whole(packages, tmp_path, capsys, name):
    target = tmp_path / name
    assert main(["export", str(packages), "usrinvoices", "-o", str(target)]) == 0
    found = held(target)
    assert found == files_of(packages / "UsrInvoices")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"UsrInvoices 1.4.2 exported to {target}: {len(found)} files."
    assert said[1].startswith("SHA-256 ")


def test_an_open_package_is_exported_as_it_is_now(packages, tmp_path):
    assert main(["unlock", str(packages), "UsrInvoices", "--reason", "To export it"]) == 0
    changed = packages / "UsrInvoices" / "Files" / "cs" / "Constants.cs"
    changed.write_bytes(b"changed in a hotfix")
    assert main(["export", str(packages), "UsrInvoices", "-o", str(tmp_path / "x.gz")]) == 0
    assert held(tmp_path / "x.gz")["Files/cs/Constants.cs"] == b"changed in a hotfix"


def test_the_content_of_a_version_folder_is_what_is_exported(packages, tmp_path):
    assert main(["export", str(packages), "NwDocuments", "-o", str(tmp_path / "x.gz")]) == 0
    assert held(tmp_path / "x.gz") == files_of(packages / "NwDocuments" / "branches" / "7.2.0")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_what_no_archive_holds_is_named(packages, tmp_path, capsys):
    assert main(["unlock", str(packages), "UsrInvoices", "--reason", "To add odd things"]) == 0
    (packages / "UsrInvoices" / "Files" / "link").symlink_to("cs")
    os.mkfifo(packages / "UsrInvoices" / "Files" / "pipe")
    assert main(["export", str(packages), "UsrInvoices", "-o", str(tmp_path / "x.gz")]) == 0
    assert capsys.readouterr().out.splitlines()[-3:-1] == ["Left out: Files/link", "Left out: Files/pipe"]
    assert "Files/link" not in held(tmp_path / "x.gz")


@pytest.mark.parametrize(
    ("package", "output", "says"),
    [
        ("Nobody", "x.gz", "There is no package “Nobody” in this workspace."),
        ("CrtForecast", "x.gz", "CrtForecast cannot be exported: it has no descriptor.json."),
        ("UsrInvoices", "not there/x.gz", "cannot be written"),
    ],
)
def test_a_refusal_is_one_sentence_and_no_file(packages, tmp_path, capsys, package, output, says):
    before = sorted(os.listdir(tmp_path))
    assert main(["export", str(packages), package, "-o", str(tmp_path / output)]) == 1
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""
    assert sorted(os.listdir(tmp_path)) == before


def test_a_file_with_a_name_for_no_archive_is_a_refusal(packages, tmp_path, capsys):
    assert main(["unlock", str(packages), "UsrInvoices", "--reason", "To add odd things"]) == 0
    (packages / "UsrInvoices" / "Files" / os.fsdecode(b"\xff.txt")).write_bytes(b"")
    assert main(["export", str(packages), "UsrInvoices", "-o", str(tmp_path / "x.gz")]) == 1
    assert (
        "No archive can hold the file “Files/\\xff.txt”: its name is not UTF-8. Rename it." in capsys.readouterr().err
    )


def test_an_output_is_needed(packages, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["export", str(packages), "UsrInvoices"])
    assert ended.value.code == 2
