"""Links are never followed, whenever they appeared."""

from __future__ import annotations

import os
import socket
import stat

import pytest

from hotfix_desktop.core.packages import Openness
from hotfix_desktop.workspaces import modes, tree


@pytest.mark.usefixtures("platform")
def test_links_and_special_files_are_left_alone(one, tmp_path, builder):
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o777)
    (outside / "file").write_text("x")
    before_outside = builder.modes(outside)
    (one / "Files" / "link").symlink_to(outside / "file")
    (one / "Files" / "folder").symlink_to(outside)
    os.mkfifo(one / "Files" / "pipe", 0o622)
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.join(one, "s"))
    server.close()
    special = [stat.S_IMODE((one / path).lstat().st_mode) for path in ("Files/pipe", "s")]
    taken = modes.record(str(one), None)
    modes.close(str(one), taken)
    assert builder.modes(outside) == before_outside
    assert [stat.S_IMODE((one / path).lstat().st_mode) for path in ("Files/pipe", "s")] == special
    assert modes.look(str(one)) is Openness.CLOSED
    modes.open(str(one), taken)
    assert builder.modes(outside) == before_outside


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("call", [modes.close, modes.open])
def test_what_became_a_link_since_the_record_is_not_followed(one, tmp_path, builder, call):
    outside = tmp_path / "outside"
    (outside / "cs").mkdir(parents=True)
    for name in ("readme.txt", "cs/a.cs"):
        (outside / name).write_text("x")
        (outside / name).chmod(0o640)
    taken = modes.record(str(one), None)
    before_outside = builder.modes(outside)
    (one / "Files" / "readme.txt").unlink()
    (one / "Files" / "readme.txt").symlink_to(outside / "readme.txt")
    (one / "Files" / "cs" / "a.cs").unlink()
    (one / "Files" / "cs").rmdir()
    (one / "Files" / "cs").symlink_to(outside / "cs")
    call(str(one), taken)
    assert builder.modes(outside) == before_outside


def test_folder_swapped_for_a_link_during_the_walk(one, tmp_path, builder):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.cs").write_text("x")
    visited = []
    for folder, leaving in tree.walk(str(one)):
        if leaving:
            continue
        visited.append(folder.path)
        folder.scan()
        if folder.path == "Files":
            (one / "Files" / "cs" / "a.cs").unlink()
            (one / "Files" / "cs").rmdir()
            (one / "Files" / "cs").symlink_to(outside)
    assert "Files" in visited
    assert "Files/cs" not in visited


def test_junctions_of_windows_are_no_folders(one, monkeypatch):
    monkeypatch.setattr(tree, "HAS_DIR_FD", False)
    real = os.lstat

    class Junction:
        st_mode = stat.S_IFDIR | 0o755
        st_file_attributes = 0x410

    monkeypatch.setattr(os, "lstat", lambda path: Junction() if str(path).endswith("cs") else real(path))
    seen = []
    for folder, leaving in tree.walk(str(one)):
        if not leaving:
            seen.append(folder.path)
            folder.scan()
    assert "Files" in seen
    assert "Files/cs" not in seen
