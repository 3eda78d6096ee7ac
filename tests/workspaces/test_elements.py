"""The table of elements."""

from __future__ import annotations

import builtins
import os
from datetime import UTC, datetime

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.packages import ElementKind
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.workspaces.elements import list_elements

MODIFIED = datetime(2021, 11, 16, 15, 41, 52, tzinfo=UTC)


def test_table(pkg, builder):
    folder = builder.package(pkg / "One")
    os.utime(folder / "Files" / "readme.txt", (0, 0))
    found = list_elements(str(folder))
    assert [(one.kind, one.name, one.path, one.manager, one.caption) for one in found] == [
        (ElementKind.SCHEMA, "alpha", "Schemas/alpha", "", ""),
        (ElementKind.SCHEMA, "UsrPage", "Schemas/UsrPage", "ClientUnitSchemaManager", "Seite"),
        (ElementKind.DATA, "Rows", "Data/Rows", "", ""),
        (ElementKind.RESOURCE, "UsrPage.ClientUnit", "Resources/UsrPage.ClientUnit", "ClientUnit", ""),
        (ElementKind.SQL_SCRIPT, "FillAll", "SqlScripts/Fill", "", ""),
        (ElementKind.ASSEMBLY, "Lib", "Assemblies/Lib.dll", "", ""),
        (ElementKind.FILE, "cs/a.cs", "Files/cs/a.cs", "", ""),
        (ElementKind.FILE, "readme.txt", "Files/readme.txt", "", ""),
    ]
    assert [one.modified for one in found][:3] == [None, MODIFIED, MODIFIED]
    assert found[-1].modified == datetime(1970, 1, 1, tzinfo=UTC)


def test_metadata_is_never_opened(pkg, builder, monkeypatch):
    folder = builder.package(pkg / "One")
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *a, **k: opened.append(str(path)) or real(path, *a, **k))
    monkeypatch.setattr(builtins, "open", None)
    list_elements(str(folder))
    assert opened
    assert not [path for path in opened if not path.endswith("descriptor.json")]


def test_links_are_listed_and_not_followed(pkg, tmp_path, builder):
    outside = builder.package(tmp_path / "outside")
    folder = builder.bare(pkg / "One")
    (folder / "Files").mkdir()
    (folder / "Files" / "link").symlink_to(outside)
    (folder / "Files" / "gone").symlink_to("nowhere")
    (folder / "Schemas").mkdir()
    (folder / "Schemas" / "Linked").symlink_to(outside / "Schemas" / "UsrPage")
    (folder / "Data").symlink_to(outside / "Data")
    found = list_elements(str(folder))
    assert [(one.kind.value, one.name, one.caption) for one in found] == [
        ("Schema", "Linked", ""),
        ("File", "gone", ""),
        ("File", "link", ""),
    ]


def test_loose_files_and_strange_names(pkg, builder):
    folder = builder.bare(pkg / "One")
    (folder / "Schemas").mkdir()
    (folder / "Schemas" / "readme").write_text("x")
    (folder / "Resources" / "NoKind").mkdir(parents=True)
    (folder / "Files").mkdir()
    with open(os.path.join(os.fsencode(folder), b"Files", b"\xff.txt"), "w"):
        pass
    found = list_elements(str(folder))
    assert [(one.name, one.manager) for one in found] == [("NoKind", ""), ("\\udcff.txt", "")]


def test_version_folder_is_part_of_the_path(pkg, builder):
    builder.package(pkg / "One" / "branches" / "1.0", "One")
    found = list_elements(str(pkg / "One"), "branches/1.0/")
    assert found[1].path == "branches/1.0/Schemas/UsrPage"
    assert found[-1].name == "readme.txt"


def test_unreadable_folder_is_named(pkg, builder, monkeypatch):
    folder = builder.package(pkg / "One")
    real = os.scandir

    def refuse(path):
        if str(path).endswith("Data"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(WorkspaceError, match=r"Pkg/One/Data: permission denied"):
        list_elements(str(folder))


def test_progress_and_cancel(pkg, builder):
    folder = builder.bare(pkg / "One")
    (folder / "Files").mkdir()
    for number in range(450):
        (folder / "Files" / f"{number}").touch()
    steps = []

    class Ear(Progress):
        def step(self, done, total=0, what=""):
            steps.append(done)

    list_elements(str(folder), "", Ear())
    assert steps == [0, 200, 400]
    stopped = CancellableProgress()
    stopped.cancel()
    with pytest.raises(Cancelled):
        list_elements(str(folder), "", stopped)
