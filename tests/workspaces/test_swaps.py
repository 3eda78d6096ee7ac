"""A new folder takes the place of a package: the same of the folder on disk and of its twin in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Fact, Kind, Manifest
from hotfix_desktop.core.packages import FoundPackage, Openness
from hotfix_desktop.workspaces import placing
from hotfix_desktop.workspaces.folder import FolderWorkspace
from hotfix_desktop.workspaces.memory import MemoryWorkspace
from hotfix_desktop.workspaces.port import PackageWorkspace, Swap

OLD = {"descriptor.json": b"{}", "Files/a.txt": b"old"}
NEW = {"descriptor.json": b"{}", "Files/a.txt": b"new", "Files/b.txt": b"b"}


def tree(files: Mapping[str, bytes]) -> Manifest:
    items = {b"": Fact(Kind.FOLDER, 0, 0, (0, 0, 0), b"")}
    for path, data in files.items():
        if "/" in path:
            items[path.rpartition("/")[0].encode()] = items[b""]
        items[path.encode()] = Fact(Kind.FILE, 0, len(data), (0, 0, 0), hashlib.sha256(data).digest())
    return Manifest(items)


def reader(paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    return ((path, iter([NEW[os.fsdecode(path)]])) for path in paths)


@pytest.fixture(params=["folder", "memory"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> PackageWorkspace:
    if request.param == "memory":
        files = {"A": {path: (0o644, data) for path, data in OLD.items()}}
        return MemoryWorkspace([FoundPackage("A", "A")], files)
    for path, data in OLD.items():
        (tmp_path / "A" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "A" / path).write_bytes(data)
    return FolderWorkspace(str(tmp_path), watched=False)


def closed(workspace: PackageWorkspace) -> bytes:
    record = workspace.record("A", None)
    workspace.close("A", record)
    return record


def staged(workspace: PackageWorkspace, record: bytes | None, key: str = "A") -> Swap:
    swap = workspace.prepare_swap(key, "1", record, is_new=key != "A")
    return workspace.stage(swap, tree(NEW), reader, record, closed=record is not None)


def contents(workspace: PackageWorkspace, key: str = "A") -> dict[str, bytes]:
    return {os.fsdecode(path): data for path, data in workspace.contents(key)}


def test_the_new_one_takes_the_place_closed_and_opens_with_its_record(workspace: PackageWorkspace):
    swap = staged(workspace, closed(workspace))
    assert contents(workspace) == OLD
    assert workspace.survey_staged(swap).digest() == tree(NEW).digest()
    for _ in range(2):  # whoever comes after a kill does it again
        workspace.swap(swap)
        assert contents(workspace) == NEW
    assert workspace.look("A") is Openness.CLOSED
    replaced = workspace.survey_replaced(swap, Manifest({}))
    assert replaced is not None
    assert replaced.digest() == tree(OLD).digest()
    ((path, pieces),) = workspace.read_replaced(swap, [b"Files/a.txt"])
    assert (path, b"".join(pieces)) == (b"Files/a.txt", b"old")
    for _ in range(2):
        workspace.tidy(swap)
    assert workspace.survey_replaced(swap, Manifest({})) is None
    workspace.open("A", swap.record)
    assert all(fact.mode & 0o200 for fact in workspace.survey("A").items.values())


def test_it_can_be_put_back(workspace: PackageWorkspace):
    swap = staged(workspace, closed(workspace))
    workspace.swap_back(swap)  # nothing was moved yet
    workspace.swap(swap)
    for _ in range(2):
        workspace.swap_back(swap)
        assert contents(workspace) == OLD
    assert workspace.look("A") is Openness.CLOSED
    workspace.tidy(swap)
    assert contents(workspace) == OLD


def test_an_open_one_stays_open(workspace: PackageWorkspace):
    swap = staged(workspace, None)
    assert swap.record == b""
    workspace.swap(swap)
    assert workspace.look("A") is Openness.OPEN


def test_a_new_one_comes_in_and_goes_again(workspace: PackageWorkspace):
    assert workspace.new_key("B") == "B"
    swap = workspace.prepare_swap("B", "2", None, is_new=True)
    swap = workspace.stage(swap, tree(NEW), reader, None, closed=True)
    workspace.swap(swap)
    assert contents(workspace, "B") == NEW
    assert workspace.look("B") is Openness.CLOSED
    with pytest.raises(WorkspaceError):
        workspace.new_key("B")
    workspace.swap_back(swap)
    workspace.tidy(swap)
    assert workspace.look("B") is Openness.MISSING


# On disk alone


def test_nothing_that_is_none_of_ours_is_ever_removed(tmp_path: Path):
    (tmp_path / "A").mkdir()
    with pytest.raises(RuntimeError):
        placing.remove(str(tmp_path / "A"))
    placing.remove(str(tmp_path / (placing.PREFIX + "1-new")))  # one that is gone is gone
    assert (tmp_path / "A").is_dir()


def test_a_link_in_what_is_removed_is_not_followed(tmp_path: Path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept")
    old = tmp_path / (placing.PREFIX + "1-old")
    (old / "in").mkdir(parents=True)
    (old / "link").symlink_to(tmp_path / "kept")
    (old / "in" / "file").write_text("x")
    (old / "in").chmod(0o500)
    old.chmod(0o500)
    placing.remove(str(old))
    assert not old.exists()
    assert (tmp_path / "kept" / "file").read_text() == "kept"


def test_a_folder_that_is_not_ours_in_the_place_stops_the_swap(tmp_path: Path):
    where = placing.places(str(tmp_path / "A"), "1", False)
    for path in (where.place, where.new):
        os.mkdir(path)
    identity = placing.identity_of(where.new)
    os.rename(where.place, where.old)
    os.mkdir(where.place)  # the site has made it again
    with pytest.raises(WorkspaceError, match="Something was put in the place"):
        placing.swap(where, identity)
    with pytest.raises(WorkspaceError, match="Something was put in the place"):
        placing.swap_back(where, identity)
    os.rmdir(where.place)
    placing.swap(where, identity)
    assert placing.identity_of(where.place) == identity


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "CON", "a.", ""])
def test_a_package_whose_name_is_no_name_for_a_folder_gets_no_key(tmp_path: Path, name: str):
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "descriptor.json").write_text(
        '{"Descriptor": {"UId": "11111111-2222-3333-4444-555555555555", "Name": "A"}}'
    )
    with pytest.raises(WorkspaceError):
        FolderWorkspace(str(tmp_path), watched=False).new_key(name)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_made(tmp_path: Path):
    place = tmp_path / "closed" / "A"
    place.mkdir(parents=True)
    place.parent.chmod(0o500)
    try:
        with pytest.raises(WorkspaceError, match="cannot be written"):
            placing.demand_room_beside(str(place))
    finally:
        place.parent.chmod(0o700)
