"""What only the twin in memory can do: fail when it is told to."""

from __future__ import annotations

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import FoundPackage, Openness
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
