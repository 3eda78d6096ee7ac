"""A package folder is the one that was recorded: not a link that somebody put in its place."""

from __future__ import annotations

import os
import stat

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.workspaces.folder import FolderWorkspace


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def packages(tmp_path, builder):
    for name in ("Alpha", "Beta"):
        builder.bare(tmp_path / "Pkg" / name)
    return tmp_path / "Pkg"


@pytest.fixture
def victim(tmp_path):
    made = tmp_path / "victim"
    made.mkdir()
    (made / "descriptor.json").write_text("mine")
    (made / "descriptor.json").chmod(0o600)
    return made


def test_a_link_in_place_of_a_package_is_neither_opened_nor_closed(packages, victim):
    workspace = FolderWorkspace(str(packages))
    (packages / "Alpha" / "descriptor.json").chmod(0o666)
    record = workspace.record("Alpha", None)
    workspace.close("Alpha", record)
    (packages / "Alpha").rename(packages.parent / "aside")
    (packages / "Alpha").symlink_to(victim)
    for change in (workspace.open, workspace.close):
        with pytest.raises(WorkspaceError, match="is another one than before"):
            change("Alpha", record)
    assert mode(victim / "descriptor.json") == 0o600
    assert mode(victim) & 0o200


def test_a_folder_that_was_renamed_stays_itself(packages):
    workspace = FolderWorkspace(str(packages))
    record = workspace.record("Alpha", None)
    workspace.close("Alpha", record)
    (packages / "Alpha").rename(packages / "Renamed")
    workspace.open("Renamed", record)
    assert workspace.look("Renamed") is Openness.OPEN


def test_a_folder_that_an_update_replaced_is_taken_at_its_place(packages, builder):
    workspace = FolderWorkspace(str(packages))
    record = workspace.record("Alpha", None)
    os.rename(packages / "Alpha", packages.parent / "old")
    builder.bare(packages / "Alpha")
    workspace.close("Alpha", record)
    assert workspace.look("Alpha") is Openness.CLOSED


@pytest.mark.parametrize("size", [0, 5, 19, 25])
def test_a_record_that_is_cut_off_is_refused(packages, size):
    workspace = FolderWorkspace(str(packages))
    record = workspace.record("Alpha", None)
    with pytest.raises(WorkspaceError, match="is damaged"):
        workspace.close("Alpha", record[:size])
