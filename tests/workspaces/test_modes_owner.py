"""What modes mean to users whom they bind: not root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotfix_desktop.workspaces import modes


def test_the_owner_who_is_not_root(shared, as_nobody):
    """Shut folders, an unreadable one, and no false promise, for a user whom modes really bind."""
    home = shared / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    repository = str(Path(modes.__file__).resolve().parents[2])
    code = """
import os, sys
sys.path.insert(0, sys.argv[1])
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces import modes
root = sys.argv[2] + "/One"
os.makedirs(root + "/a/b")
open(root + "/a/b/file", "w").close()
taken = modes.record(root, None)
modes.close(root, taken)
for path in ("/new", "/a/b/new", "/a/b/file"):
    try:
        open(root + path, "w")
        raise SystemExit("wrote " + path)
    except PermissionError:
        pass
os.chmod(root + "/a", 0o100)  # somebody shut it while it was closed
modes.open(root, taken)
assert os.lstat(root + "/a").st_mode & 0o777 == 0o755
open(root + "/a/b/file", "w").close()
os.chmod(root, 0)
modes.open(root, taken)
assert os.lstat(root).st_mode & 0o777 == 0o755
os.chmod(root + "/a/b", 0o300)
try:
    modes.record(root, None)
except WorkspaceError as error:
    print(error.sentence)
os.chmod(root + "/a/b", 0o755)
"""
    if not os.access(repository, os.X_OK) or not Path(repository).lstat().st_mode & 0o005:
        pytest.skip("the repository is not readable for everybody")
    assert as_nobody(code, repository, str(home)) == (f"Cannot read the folder {home}/One/a/b: permission denied.")


def test_what_root_closed_its_owner_can_open(shared, as_nobody, builder):
    """Folders that their owner may not read are lent to him; one that is not ours is left shut."""
    folder = builder.package(shared / "One")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    (folder / "Files").chmod(0o300)
    (folder / "Schemas").chmod(0o000)
    before = builder.modes(folder)
    taken = modes.record(str(folder), None)
    modes.close(str(folder), taken)
    (folder / "Files" / "New").mkdir(mode=0o000)
    os.chown(folder / "Files" / "New", 65534, 65534)
    (shared / "record").write_bytes(taken)
    repository = str(Path(modes.__file__).resolve().parents[2])
    if not Path(repository).lstat().st_mode & 0o005:
        pytest.skip("the repository is not readable for everybody")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from hotfix_desktop.workspaces import modes
modes.open(sys.argv[2], open(sys.argv[3], "rb").read())
"""
    as_nobody(code, repository, str(folder), str(shared / "record"))
    after = builder.modes(folder)
    assert after.pop(b"Files/New") == 0o000
    assert after == before


def test_foreign_files_name_their_owner(shared, builder, as_nobody):
    folder = builder.package(shared / "One")
    repository = str(Path(modes.__file__).resolve().parents[2])
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces import modes
taken = modes.record(sys.argv[2], None)
try:
    modes.close(sys.argv[2], taken)
except WorkspaceError as error:
    print(error)
"""
    said = as_nobody(code, repository, str(folder))
    assert f"Cannot change the mode of {folder}" in said
    assert "it belongs to root" in said
    assert "chown" in said


def test_closed_package_refuses_writes_of_others_than_root(shared, builder, as_nobody):
    folder = builder.package(shared / "One")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o777)
    code = """
import sys
for path in ("descriptor.json", "Files/readme.txt", "Files/new", "new"):
    try:
        open(sys.argv[1] + "/" + path, "a").close()
        print("wrote", end=" ")
    except PermissionError:
        print("refused", end=" ")
"""
    taken = modes.record(str(folder), None)
    modes.close(str(folder), taken)
    assert as_nobody(code, str(folder)) == "refused refused refused refused"
    modes.open(str(folder), taken)
    assert as_nobody(code, str(folder)) == "wrote wrote wrote wrote"
