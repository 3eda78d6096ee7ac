"""The package folder as a whole: keys, what went away, and what does not take."""

from __future__ import annotations

import os
import shutil

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.workspaces.folder import FolderWorkspace


@pytest.fixture
def workspace(pkg, builder):
    builder.package(pkg / "One")
    builder.package(pkg / "Two")
    return FolderWorkspace(str(pkg))


def test_listing(workspace, pkg):
    listing = workspace.list_packages()
    assert [(package.key, package.problem) for package in listing.packages] == [("One", ""), ("Two", "")]
    assert listing.remarks == ()
    assert (workspace.location, workspace.title) == (str(pkg), pkg.parent.name)


@pytest.mark.parametrize("key", ["", "..", "../Pkg/One", "One/..", "/etc", "One//Files", "./One", "a\0b", "One/"])
@pytest.mark.parametrize("call", ["elements", "look"])
def test_keys_cannot_leave_the_workspace(workspace, key, call):
    with pytest.raises(WorkspaceError, match="names no package"):
        getattr(workspace, call)(key)


def test_the_whole_is_no_package_where_there_are_several(workspace, pkg, builder):
    before = builder.modes(pkg)
    with pytest.raises(WorkspaceError, match="not a package"):
        workspace.record(".", None)
    assert builder.modes(pkg) == before


def test_single_package(tmp_path, builder):
    folder = builder.package(tmp_path / "Custom")
    workspace = FolderWorkspace(str(folder))
    before = builder.modes(folder)
    taken = workspace.record(".", None)
    (folder / "descriptor.json").unlink()
    shutil.rmtree(folder / "Schemas")
    workspace.close(".", taken)
    assert workspace.look(".") is Openness.CLOSED
    workspace.open(".", taken)
    after = builder.modes(folder)
    assert all(before[path] == mode for path, mode in after.items())
    assert workspace.title == "Custom"


def test_linked_package_is_closed_where_it_lies(tmp_path, pkg, builder):
    real = builder.package(tmp_path / "repository" / "One")
    (pkg / "One").symlink_to(real)
    workspace = FolderWorkspace(str(pkg))
    taken = workspace.record("One", None)
    workspace.close("One", taken)
    assert not [path for path, mode in builder.modes(real).items() if mode & 0o222]
    assert workspace.look("One") is Openness.CLOSED
    shutil.rmtree(real)
    assert workspace.look("One") is Openness.MISSING


def test_package_that_went_away(workspace, pkg):
    taken = workspace.record("One", None)
    shutil.rmtree(pkg / "One")
    assert workspace.look("One") is Openness.MISSING
    for call in (
        lambda: workspace.close("One", taken),
        lambda: workspace.open("One", taken),
        lambda: workspace.record("One", None),
        lambda: workspace.elements("One"),
        lambda: list(workspace.contents("One")),
    ):
        with pytest.raises(WorkspaceError, match=f"The folder of One is not there: {pkg}/One"):
            call()


def test_workspace_that_went_away_and_came_back(workspace, pkg):
    pkg.rename(pkg.parent / "unmounted")
    again = FolderWorkspace(workspace.location, known=True)
    for call in (again.list_packages, lambda: again.record("One", None), lambda: again.elements(".")):
        with pytest.raises(WorkspaceError, match="The workspace's folder is not there") as told:
            call()
        assert "mounted" in told.value.remedy
    assert again.look("One") is Openness.MISSING
    (pkg.parent / "unmounted").rename(pkg)
    assert len(again.list_packages().packages) == 2


def test_workspace_that_was_emptied_says_so(workspace, pkg):
    shutil.rmtree(pkg / "One")
    shutil.rmtree(pkg / "Two")
    listing = workspace.list_packages()
    assert listing.packages == ()
    assert "no packages any more" in listing.remarks[0]


def test_file_system_without_modes_is_told(workspace, monkeypatch):
    taken = workspace.record("One", None)
    monkeypatch.setattr(os, "chmod", lambda *_args, **_more: None)
    with pytest.raises(WorkspaceError, match="does not keep file modes"):
        workspace.close("One", taken)


def test_contents_are_regular_files_only(workspace, pkg, tmp_path):
    (tmp_path / "secret").write_text("outside")
    one = pkg / "One"
    (one / "Files" / "link").symlink_to(tmp_path / "secret")
    (one / "Files" / "up").symlink_to(tmp_path)
    os.mkfifo(one / "Files" / "pipe")
    with open(os.path.join(os.fsencode(one), b"Files", b"\xff"), "wb") as file:
        file.write(b"raw")
    found = dict(workspace.contents("One"))
    on_disk = {
        os.path.relpath(os.path.join(base, name), os.fsencode(one))
        for base, _, files in os.walk(os.fsencode(one))
        for name in files
    }
    assert set(found) == on_disk - {b"Files/link", b"Files/pipe", b"Files/up"}
    assert found[b"Files/\xff"] == b"raw"
    assert found[b"Files/readme.txt"] == b"read"


def test_file_that_became_a_link_is_not_read(workspace, pkg, tmp_path):
    (tmp_path / "secret").write_text("outside")
    readme = pkg / "One" / "Files" / "readme.txt"
    found = {}
    for path, data in workspace.contents("One"):
        found[path] = data
        if path == b"Files/a":
            readme.unlink()
            readme.symlink_to(tmp_path / "secret")
    assert found[b"Files/readme.txt"] == b"read"
    (pkg / "One" / "Files" / "a").write_text("first")
    found.clear()
    for path, data in workspace.contents("One"):
        found[path] = data
        if path == b"Files/a":
            readme.unlink()
            readme.symlink_to(tmp_path / "secret")
    assert b"Files/a" in found
    assert b"Files/readme.txt" not in found


def test_contents_that_cannot_be_read_name_the_file(workspace, monkeypatch):
    real = os.open

    def refuse(path, *args, **more):
        if path == "readme.txt":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(WorkspaceError, match=r"One/Files/readme.txt: permission denied"):
        list(workspace.contents("One"))


def test_package_with_a_name_that_is_not_utf8(pkg, builder):
    builder.bare(pkg / "Good")
    os.mkdir(os.path.join(os.fsencode(pkg), b"B\xe4d"))
    os.mkdir(os.path.join(os.fsencode(pkg), b"B\xe4d", b"Files"))
    workspace = FolderWorkspace(str(pkg))
    bad = workspace.list_packages().packages[0]
    assert bad.problem
    assert workspace.look(bad.key) is Openness.OPEN
    assert workspace.elements(bad.key) == []


def test_version_folder_is_closed_as_a_whole(pkg, builder):
    builder.package(pkg / "One" / "branches" / "1.0", "One")
    workspace = FolderWorkspace(str(pkg))
    workspace.close("One", workspace.record("One", None))
    assert not [path for path, mode in builder.modes(pkg / "One").items() if mode & 0o222]
    assert {element.path.split("/")[0] for element in workspace.elements("One")} == {"branches"}
