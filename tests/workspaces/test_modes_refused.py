"""Files and folders whose mode cannot be changed: a closing goes on behind them, an opening stops there."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.workspaces import modes, tree


@pytest.fixture
def refuse(monkeypatch):
    """Makes the system refuse to change the modes of these paths, however it is asked."""
    real = os.chmod

    def for_paths(*paths):
        inodes = {os.lstat(path).st_ino for path in paths}

        def chmod(path, mode, **more):
            found = os.stat(path, **more) if more.get("dir_fd") is not None else os.stat(path)
            if found.st_ino in inodes:
                raise OSError(errno.EROFS, "Read-only file system")
            real(path, mode, **more)

        monkeypatch.setattr(os, "chmod", chmod)

    return for_paths


def writable(builder, root):
    return {os.fsdecode(path) for path, mode in builder.modes(root).items() if mode & 0o222}


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("stubborn", ["descriptor.json", "Files/secret", "Files", "Schemas/UsrPage", "."])
def test_everything_else_is_closed(one, builder, refuse, stubborn):
    taken = modes.record(str(one), None)
    refuse(one / stubborn)
    with pytest.raises(WorkspaceError) as told:
        modes.close(str(one), taken)
    assert writable(builder, one) == {stubborn}
    path = one if stubborn == "." else one / stubborn
    assert told.value.sentence == f"Cannot change the mode of {path}: its file system is mounted read-only."
    assert told.value.remedy
    assert told.value.details


@pytest.mark.usefixtures("platform")
def test_one_is_named_and_the_others_are_counted(one, builder, refuse):
    taken = modes.record(str(one), None)
    stubborn = ["Schemas/UsrPage", "Files/tool.sh", "Files/secret", "Data", "descriptor.json", "."]
    refuse(*(one / path for path in stubborn))
    with pytest.raises(WorkspaceError) as told:
        modes.close(str(one), taken)
    assert writable(builder, one) == set(stubborn)
    assert told.value.sentence.endswith("read-only. 5 more could not be closed.")
    assert told.value.remedy
    assert modes.look(str(one)) is Openness.OPEN


def test_the_next_try_says_the_same_in_whatever_order_the_folders_come(one, refuse, monkeypatch):
    """For each sentence that is new gets an entry in the audit log."""
    monkeypatch.setattr(modes, "TICK", -(10**18))
    proven = modes.record(str(one), None)
    (one / "new").touch()
    refuse(*(one / path for path in ("Schemas/alpha", "Files/cs/a.cs", "Data", "SqlScripts/Fill")))
    said = set()
    for record in (proven, modes.record(str(one), proven)):
        with pytest.raises(WorkspaceError) as told:
            modes.close(str(one), record)
        said.add(told.value.sentence)
    assert said == {
        f"Cannot change the mode of {one}/Data: its file system is mounted read-only. 3 more could not be closed."
    }


@pytest.mark.usefixtures("platform")
def test_what_was_refused_is_closed_at_the_next_try_and_given_back(one, builder, refuse, monkeypatch):
    before = builder.modes(one)
    earlier = modes.record(str(one), None)
    refuse(one / "Files" / "secret", one / "Schemas")
    with pytest.raises(WorkspaceError, match="1 more"):
        modes.close(str(one), earlier)
    monkeypatch.undo()
    again = modes.record(str(one), earlier)
    modes.close(str(one), again)
    assert builder.modes(one) == builder.closed(before)
    modes.open(str(one), again)
    assert builder.modes(one) == before


def test_a_folder_that_cannot_be_entered(one, builder, monkeypatch):
    taken = modes.record(str(one), None)
    real = os.open

    def shut(path, *args, **more):
        if path in ("cs", "Fill"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", shut)
    with pytest.raises(WorkspaceError) as told:
        modes.close(str(one), taken)
    assert (
        told.value.sentence == f"Cannot read the folder {one}/Files/cs: permission denied. 1 more could not be closed."
    )
    assert writable(builder, one) == {"Files/cs", "Files/cs/a.cs", "SqlScripts/Fill"} | {
        f"SqlScripts/Fill/{name}" for name in ("descriptor.json", "Fill.sql")
    }
    with pytest.raises(WorkspaceError, match="Cannot read the folder"):
        modes.record(str(one), None)


@pytest.mark.usefixtures("platform")
def test_a_folder_that_cannot_be_listed(one, builder, monkeypatch):
    taken = modes.record(str(one), None)
    (one / "Files" / "cs" / "new").touch()
    real, inode = os.scandir, (one / "Files" / "cs").stat().st_ino

    def shut(path):
        if os.stat(path).st_ino == inode:
            raise OSError(errno.EIO, "Input/output error")
        return real(path)

    monkeypatch.setattr(os, "scandir", shut)
    with pytest.raises(WorkspaceError, match=r"Cannot read the folder .*Files/cs: the disk"):
        modes.close(str(one), taken)
    monkeypatch.undo()
    assert writable(builder, one) == {"Files/cs/a.cs", "Files/cs/new"}


@pytest.mark.usefixtures("platform")
def test_what_was_listed_before_a_folder_failed_is_closed(one, builder, monkeypatch):
    taken = modes.record(str(one), None)
    (one / "Files" / "new").touch()
    real, inode = os.scandir, (one / "Files").stat().st_ino

    @contextmanager
    def breaking(path):
        with real(path) as entries:
            yield _first(entries, ("cs", "new", "secret")) if os.stat(path).st_ino == inode else entries

    monkeypatch.setattr(os, "scandir", breaking)
    with pytest.raises(WorkspaceError, match=r"Cannot read the folder .*Files: the disk"):
        modes.close(str(one), taken)
    monkeypatch.undo()
    assert writable(builder, one) == {"Files/readme.txt", "Files/tool.sh"}


def _first(entries, names):
    """Give these entries of a folder, and then an error of the disk."""
    yield from (entry for entry in sorted(entries, key=lambda entry: entry.name) if entry.name in names)
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.usefixtures("platform")
def test_a_new_file_that_cannot_be_looked_at(one, builder, monkeypatch):
    taken = modes.record(str(one), None)
    (one / "Files" / "new").touch()
    (one / "Files" / "other").touch()
    real = os.lstat

    def fail(path, **more):
        if str(path).endswith("new"):
            raise OSError(errno.EIO, "Input/output error")
        return real(path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", fail)
        with pytest.raises(WorkspaceError, match=r"Cannot look at .*Files/new: the disk"):
            modes.close(str(one), taken)
    assert writable(builder, one) == {"Files/new"}


def test_a_folder_of_which_nothing_is_known_does_not_keep_the_rest_open(one, builder, monkeypatch):
    taken = modes.record(str(one), None)
    real, inode = os.fstat, (one / "Files" / "cs").stat().st_ino

    def fail(fd):
        found = real(fd)
        if found.st_ino == inode:
            raise OSError(errno.ESTALE, "Stale file handle")
        return found

    monkeypatch.setattr(os, "fstat", fail)
    with pytest.raises(WorkspaceError, match=r"Cannot look at .*Files/cs: the disk"):
        modes.close(str(one), taken)
    assert writable(builder, one) == {"Files/cs", "Files/cs/a.cs"}


@pytest.mark.parametrize("step", [1, 2])
def test_a_cancel_stops_at_once(one, builder, refuse, step):
    builder.many(one)
    taken = modes.record(str(one), None)
    refuse(*(one / "Files").iterdir())
    with pytest.raises(Cancelled):
        modes.close(str(one), taken, builder.stop_at(step, Cancelled()))
    assert "." in writable(builder, one)


@pytest.mark.usefixtures("platform")
def test_opening_stops_at_the_first_refusal(one, builder, refuse):
    taken = modes.record(str(one), None)
    modes.close(str(one), taken)
    refuse(one / "descriptor.json")
    with pytest.raises(WorkspaceError, match=r"descriptor.json: its file system is mounted read-only\."):
        modes.open(str(one), taken)
    assert writable(builder, one) == {"."}


def test_a_foreign_file_among_ones_own(shared, builder, as_nobody):
    """A user whom modes bind, and a file that belongs to somebody else."""
    folder = builder.package(shared / "One")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    stubborn = "Files/readme.txt"
    os.chown(folder / stubborn, 0, 0)
    repository = str(Path(modes.__file__).resolve().parents[2])
    if not Path(repository).lstat().st_mode & 0o005:
        pytest.skip("the repository is not readable for everybody")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces import modes
try:
    modes.close(sys.argv[2], modes.record(sys.argv[2], None))
except WorkspaceError as error:
    print(error.sentence)
"""
    said = as_nobody(code, repository, str(folder))
    assert said == f"Cannot change the mode of {folder}/{stubborn}: it belongs to root."
    assert writable(builder, folder) == {stubborn}


def test_no_descriptor_is_left_open(one, refuse):
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("counts in /proc")
    assert tree.HAS_DIR_FD
    taken = modes.record(str(one), None)
    refuse(one, one / "Files", one / "Files" / "secret")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(WorkspaceError, match="2 more"):
        modes.close(str(one), taken)
    assert len(os.listdir("/proc/self/fd")) == before
