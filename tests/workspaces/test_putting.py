"""Single files are written and removed whole or not at all, and never through a link."""

from __future__ import annotations

import os
import stat

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Kind
from hotfix_desktop.workspaces import putting
from hotfix_desktop.workspaces.folder import FolderWorkspace
from tests.packages_on_disk import make_package, make_packages


@pytest.fixture
def place(tmp_path):
    """A workspace on disk, and the folder of its package ``UsrInvoices``."""
    folder = make_packages(tmp_path / "Pkg", "UsrInvoices", "Base")
    return FolderWorkspace(str(folder)), folder / "UsrInvoices"


def left_over(package):
    """What a half-done writing left in or beside the package."""
    return [p.name for p in (*package.parent.iterdir(), *package.rglob("*")) if p.name.startswith(putting.TEMPORARY)]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_and_keeps_its_mode(place):
    workspace, package = place
    (package / "descriptor.json").chmod(0o640)
    workspace.put("UsrInvoices", b"descriptor.json", [b"new ", b"", b"contents"], mode=0o777)
    assert (package / "descriptor.json").read_bytes() == b"new contents"
    assert mode(package / "descriptor.json") == 0o640
    assert left_over(package) == []


def test_a_new_file_gets_its_mode_and_its_folders(place):
    workspace, package = place
    package.chmod(0o750)
    workspace.put("UsrInvoices", "Files/Größe/run\n.sh".encode(), [b"x"], mode=0o755)
    made = package / "Files" / "Größe" / "run\n.sh"
    assert made.read_bytes() == b"x"
    assert mode(made) == 0o755
    assert mode(package / "Files" / "Größe") == 0o750


def test_names_that_are_no_text(place):
    workspace, package = place
    workspace.put("UsrInvoices", b"\xff/\xfe", [b"x"])
    assert (os.fsencode(package) + b"/\xff/\xfe").decode("utf-8", "surrogateescape")
    with open(os.fsencode(package) + b"/\xff/\xfe", "rb") as stream:
        assert stream.read() == b"x"
    workspace.remove("UsrInvoices", b"\xff/\xfe")
    assert os.listdir(os.fsencode(package) + b"/\xff") == []


def test_a_link_is_made_and_replaced_itself(place, tmp_path):
    workspace, package = place
    outside = tmp_path / "outside"
    outside.write_text("mine", "utf-8")
    workspace.put("UsrInvoices", b"link", [os.fsencode(outside)], Kind.LINK)
    assert (package / "link").readlink() == outside
    workspace.put("UsrInvoices", b"link", [b"a file now"])
    assert not (package / "link").is_symlink()
    assert (package / "link").read_bytes() == b"a file now"
    assert outside.read_text("utf-8") == "mine"


def test_a_link_is_removed_itself(place, tmp_path):
    workspace, package = place
    outside = tmp_path / "outside"
    outside.write_text("mine", "utf-8")
    (package / "link").symlink_to(outside)
    workspace.remove("UsrInvoices", b"link")
    assert not (package / "link").is_symlink()
    assert outside.read_text("utf-8") == "mine"


@pytest.mark.parametrize("path", [b"way/victim", b"way/deep/victim"])
def test_no_way_leads_through_a_link(place, tmp_path, path):
    workspace, package = place
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    for victim in (outside / "victim", outside / "deep" / "victim"):
        victim.write_text("mine", "utf-8")
    (package / "way").symlink_to(outside)
    with pytest.raises(WorkspaceError, match="not followed"):
        workspace.put("UsrInvoices", path, [b"theirs"])
    workspace.remove("UsrInvoices", path)
    assert {p.read_text("utf-8") for p in outside.rglob("victim")} == {"mine"}
    assert len(list(outside.rglob("*"))) == 3


@pytest.mark.parametrize("path", [b"../Base/x", b"a/../../x", b"/x", b"", b"a//b", b"a/", b".", b"a\0b"])
def test_no_path_leads_out(place, path):
    workspace, package = place
    before = sorted(package.parent.rglob("*"))
    with pytest.raises(WorkspaceError):
        workspace.put("UsrInvoices", path, [b"x"])
    with pytest.raises(WorkspaceError):
        workspace.remove("UsrInvoices", path)
    assert sorted(package.parent.rglob("*")) == before


def test_a_file_in_the_way_is_told(place):
    workspace, package = place
    with pytest.raises(WorkspaceError, match="no folder, or a link"):
        workspace.put("UsrInvoices", b"descriptor.json/x", [b"x"])
    workspace.remove("UsrInvoices", b"descriptor.json/x")
    assert (package / "descriptor.json").is_file()


def test_an_empty_folder_makes_room_and_a_full_one_does_not(place):
    workspace, package = place
    (package / "empty").mkdir()
    workspace.put("UsrInvoices", b"empty", [b"x"])
    assert (package / "empty").read_bytes() == b"x"
    with pytest.raises(WorkspaceError, match="Schemas"):
        workspace.put("UsrInvoices", b"Schemas", [b"x"])
    assert (package / "Schemas" / "UsrInvoicesPage").is_dir()
    assert left_over(package) == []


def test_what_is_gone_or_not_empty_is_no_error(place):
    workspace, package = place
    (package / "empty").mkdir()
    for path in (b"nothing", b"no/thing", b"empty", b"Schemas"):
        workspace.remove("UsrInvoices", path)
    assert not (package / "empty").exists()
    assert (package / "Schemas" / "UsrInvoicesPage").is_dir()


def failing():
    yield b"half"
    raise WorkspaceError("The store is damaged.")


def test_what_stops_half_way_leaves_the_file_as_it_was(place):
    workspace, package = place
    before = (package / "descriptor.json").read_bytes()
    with pytest.raises(WorkspaceError, match="damaged"):
        workspace.put("UsrInvoices", b"descriptor.json", failing())
    with pytest.raises(WorkspaceError, match="damaged"):
        workspace.put("UsrInvoices", b"new", failing())
    assert (package / "descriptor.json").read_bytes() == before
    assert not (package / "new").exists()
    assert left_over(package) == []


def test_a_disk_that_is_full_is_told(place, monkeypatch):
    workspace, package = place
    before = (package / "descriptor.json").read_bytes()

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="no space left"):
        workspace.put("UsrInvoices", b"descriptor.json", [b"new"])
    assert (package / "descriptor.json").read_bytes() == before
    assert left_over(package) == []


class Killed(BaseException):
    pass


def test_what_a_kill_leaves_lies_beside_the_package_and_goes_the_next_time(place, monkeypatch):
    workspace, package = place
    seen = sorted(p.key for p in workspace.list_packages().packages)
    digest = workspace.survey("UsrInvoices").digest()
    (package.parent / (putting.TEMPORARY + "x")).write_text("of a kill", "utf-8")
    assert workspace.survey("UsrInvoices").digest() == digest
    assert sorted(p.key for p in workspace.list_packages().packages) == seen
    made = []
    replace = os.replace

    def note(source, target, **folders):
        made.append(source)
        return replace(source, target, **folders)

    monkeypatch.setattr(os, "replace", note)
    workspace.put("UsrInvoices", b"a", [b"1"])
    (name,) = made
    (package.parent / name).symlink_to(package / "descriptor.json")  # a left-over, or a trap
    workspace.put("UsrInvoices", b"a", [b"2"])
    assert (package / "a").read_bytes() == b"2"
    assert (package / "descriptor.json").read_bytes() != b"2"
    assert not (package.parent / name).is_symlink()
    workspace.put("Base", b"a", [b"1"])
    assert made[-1] != name  # another package may be written to at the same time


def test_a_single_package_is_written_to_without_touching_what_lies_beside_it(tmp_path, monkeypatch):
    package = make_package(tmp_path / "alone", "UsrInvoices")
    workspace = FolderWorkspace(str(package))
    opened = []
    monkeypatch.setattr(putting, "open_root", lambda root, at=putting.open_root: (opened.append(root), at(root))[1])
    workspace.put(".", b"Files/a", [b"1"])
    assert (package / "Files" / "a").read_bytes() == b"1"
    assert opened == [str(package)]


def test_a_folder_beside_that_lies_on_another_disk_is_not_used(place, monkeypatch):
    workspace, package = place
    status = putting.Folder.status

    def elsewhere(self):
        found = status(self)
        return os.stat_result((*found[:2], 999_999, *found[3:])) if self.root == str(package.parent) else found

    monkeypatch.setattr(putting.Folder, "status", elsewhere)
    made = []
    replace = os.replace

    def note(source, target, *, src_dir_fd, dst_dir_fd):
        made.append(src_dir_fd == dst_dir_fd)
        return replace(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "replace", note)
    workspace.put("UsrInvoices", b"Files/a", [b"1"])
    assert made == [True]
    assert left_over(package) == []


def test_what_a_killed_put_left_goes_and_nothing_else(place):
    _workspace, package = place
    root = str(package)
    (package / "Made" / "deep").mkdir(parents=True)
    (package / "Kept").mkdir()
    (package / "Kept" / "x").write_text("x")
    (package / "Now a file").write_text("typed")
    for folder in (package.parent, package, package / "Kept"):
        (folder / f"{putting.TEMPORARY}1").write_text("half")
    (package / "Kept" / f"{putting.TEMPORARY}2").write_text("of another package")
    emptied = [b"Made", b"Made/deep", b"Kept", b"Now a file", b"gone", b"../Base"]
    putting.clear(root, f"{putting.TEMPORARY}1", str(package.parent), [b"", b"Kept", b"gone", b"../Base"], emptied)
    assert left_over(package) == [f"{putting.TEMPORARY}2"]
    assert not (package / "Made").exists()
    assert (package / "Kept" / "x").read_text() == "x"
    assert (package / "Now a file").read_text() == "typed"
    assert (package.parent / "Base").is_dir()


def test_what_cannot_be_cleared_is_left(place):
    workspace, package = place
    workspace.clear_after_put("UsrInvoices", [b"descriptor.json"], [b"descriptor.json", b""])
    assert (package / "descriptor.json").is_file()
