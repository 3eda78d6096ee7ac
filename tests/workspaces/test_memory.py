"""What only the twin in memory can do: fail when it is told to."""

from __future__ import annotations

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.packages import FoundPackage, Openness
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.workspaces.memory import MemoryWorkspace


@pytest.fixture
def workspace():
    files = {"a": (0o644, b"A"), "b": (0o600, b"B"), "c": (0o644, b"C")}
    return MemoryWorkspace([FoundPackage("k", "K", "u"), FoundPackage("e", "Empty")], {"k": files})


def test_fails_once_when_told(workspace):
    workspace.fail_next("record", WorkspaceError("Disk on fire."))
    with pytest.raises(WorkspaceError, match="fire"):
        workspace.record("k", None)
    assert workspace.record("k", None)
    assert workspace.calls == {"record": 2}


@pytest.mark.parametrize("error", [WorkspaceError("No."), SystemExit(9)])
def test_crash_half_way(workspace, error):
    taken = workspace.record("k", None)

    def crash(operation, key, path):
        if (operation, key, path) == ("close", "k", "b"):
            raise error

    workspace.before_step = crash
    with pytest.raises(type(error)):
        workspace.close("k", taken)
    assert [mode for mode, _ in workspace.files["k"].values()] == [0o444, 0o600, 0o644]
    assert workspace.look("k") is Openness.OPEN
    workspace.before_step = None
    again = workspace.record("k", taken)
    workspace.close("k", again)
    assert workspace.look("k") is Openness.CLOSED
    workspace.open("k", again)
    assert [mode for mode, _ in workspace.files["k"].values()] == [0o644, 0o600, 0o644]


def test_the_package_itself_is_closed_last_and_opened_first(workspace):
    steps = []
    workspace.before_step = lambda operation, key, path: steps.append((operation, path))
    taken = workspace.record("k", None)
    steps.clear()
    workspace.close("k", taken)
    workspace.open("k", taken)
    assert [path for operation, path in steps if operation == "close"] == ["a", "b", "c", ""]
    assert [path for operation, path in steps if operation == "open"] == ["", "a", "b", "c"]


def test_closed_package_refuses_a_write(workspace):
    workspace.write("k", "a", b"changed")
    taken = workspace.record("k", None)
    workspace.close("k", taken)
    for path in ("a", "new"):
        with pytest.raises(WorkspaceError, match="permission denied"):
            workspace.write("k", path, b"again")
    workspace.open("k", taken)
    workspace.write("k", "new", b"again")
    assert workspace.files["k"]["new"] == (0o644, b"again")
    assert workspace.files["k"]["a"] == (0o644, b"changed")


def test_empty_package_and_missing_one(workspace):
    taken = workspace.record("e", None)
    workspace.close("e", taken)
    assert workspace.look("e") is Openness.CLOSED
    assert workspace.look("x") is Openness.MISSING
    assert [package.key for package in workspace.list_packages().packages] == ["k", "e"]


def test_stamps_move_with_every_write(workspace):
    first = workspace.survey("k")
    assert workspace.survey("k", first) == first
    workspace.write("k", "a", b"A")
    again = workspace.survey("k", first)
    assert again.items[b"a"].stamp != first.items[b"a"].stamp
    assert again.items[b"b"] == first.items[b"b"]
    workspace.files["k"]["b"] = (0o600, b"X")
    assert workspace.survey("k", again).items[b"b"].digest != first.items[b"b"].digest


def test_an_equal_stamp_is_believed(workspace):
    first = workspace.survey("k")
    lie = Manifest({**first.items, b"a": first.items[b"a"]._replace(digest=b"L" * 32)})
    assert workspace.survey("k", lie).items[b"a"].digest == b"L" * 32


def test_writers_are_what_the_test_says(workspace):
    workspace.writers_of["k"] = (Writer(7, "gedit", "a"),)
    assert workspace.writers("k") == (Writer(7, "gedit", "a"),)
    assert workspace.writers("e") == ()
    assert workspace.calls["writers"] == 2


def test_frozen_only_where_allowed(workspace):
    assert workspace.freeze("k") is False
    workspace.write("k", "a", b"1")
    workspace.may_freeze = True
    assert workspace.freeze("k") is True
    for write in (workspace.write, workspace.scribble):
        with pytest.raises(WorkspaceError, match="Cannot write a"):
            write("k", "a", b"2")
    workspace.thaw("k")
    workspace.scribble("k", "a", b"3")
    assert workspace.files["k"]["a"] == (0o644, b"3")


@pytest.mark.parametrize(("error", "left"), [(WorkspaceError("No."), set()), (SystemExit(9), {"k"})])
def test_freezing_stopped_half_way(workspace, error, left):
    workspace.may_freeze = True

    def stop(operation, key, path):
        if (operation, path) == ("freeze", "b"):
            raise error

    workspace.before_step = stop
    with pytest.raises(type(error)):
        workspace.freeze("k")
    assert workspace.frozen == left
