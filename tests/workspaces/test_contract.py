"""What the port promises, of the folder and of its twin in memory alike."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.manifest import Kind, differences
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.workspaces.descriptors import parse_package
from hotfix_desktop.workspaces.folder import FolderWorkspace
from hotfix_desktop.workspaces.memory import MemoryWorkspace
from hotfix_desktop.workspaces.port import PackageWorkspace

MANY = {f"Files/many/{number:03}": b"x" for number in range(450)}


class OnDisk:
    def __init__(self, folder: Path, builder, content):
        self.folder = builder.package(folder / "One", content=content)
        for file in self.folder.rglob("*"):
            if file.is_file():
                file.chmod(0o640 if file.suffix == ".cs" else 0o644)
        self.workspace: PackageWorkspace = FolderWorkspace(str(folder))

    def modes(self):
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        found = {str(file.relative_to(self.folder)): stat.S_IMODE(file.stat().st_mode) for file in files}
        return {"": stat.S_IMODE(self.folder.stat().st_mode), **found}

    def add(self, path, data):
        (self.folder / path).write_bytes(data)

    def scribble(self, path, data):
        mode = stat.S_IMODE((self.folder / path).stat().st_mode)
        (self.folder / path).chmod(0o600)
        (self.folder / path).write_bytes(data)
        (self.folder / path).chmod(mode)

    def lose(self):
        os.rename(self.folder, self.folder.parent.parent / "lost")


class InMemory:
    def __init__(self, _folder, builder, content):
        package = parse_package(content["descriptor.json"], "One")
        files = {path: (0o640 if path.endswith(".cs") else 0o644, data) for path, data in content.items()}
        self.workspace = MemoryWorkspace([package], {"One": files}, "memory:", "Memory")

    def modes(self):
        found = {path: mode for path, (mode, _) in self.workspace.files["One"].items()}
        return {"": self.workspace.roots["One"], **found}

    def add(self, path, data):
        self.workspace.write("One", path, data)

    def scribble(self, path, data):
        self.workspace.scribble("One", path, data)

    def lose(self):
        del self.workspace.files["One"]


@pytest.fixture(params=[OnDisk, InMemory])
def place(request, pkg, builder):
    return request.param(pkg, builder, {**builder.content("One"), **MANY})


def shut(modes):
    return {path: mode & ~0o222 for path, mode in modes.items()}


class StopAt(Progress):
    def __init__(self, step):
        self.left = step

    def step(self, done, total=0, what=""):
        self.left -= 1
        if self.left < 0:
            raise Cancelled


class TestContract:
    def test_lists_the_package(self, place):
        (package,) = place.workspace.list_packages().packages
        assert (package.key, package.name, package.problem) == ("One", "One", "")
        assert place.workspace.location
        assert place.workspace.title

    def test_elements_are_the_same_everywhere(self, place):
        found = [(element.kind.value, element.name) for element in place.workspace.elements("One")]
        assert found[:8] == [
            ("Schema", "alpha"),
            ("Schema", "UsrPage"),
            ("Data binding", "Rows"),
            ("Resource", "UsrPage.ClientUnit"),
            ("SQL script", "FillAll"),
            ("Assembly", "Lib"),
            ("File", "cs/a.cs"),
            ("File", "many/000"),
        ]

    def test_contents(self, place, builder):
        expected = {**builder.content("One"), **MANY}
        assert dict(place.workspace.contents("One")) == {os.fsencode(k): v for k, v in expected.items()}

    def test_closing_and_opening_can_be_repeated(self, place):
        workspace, before = place.workspace, place.modes()
        taken = workspace.record("One", None)
        assert isinstance(taken, bytes)
        assert place.modes() == before
        for _ in range(2):
            workspace.close("One", taken)
            assert place.modes() == shut(before)
            assert workspace.look("One") is Openness.CLOSED
        for _ in range(2):
            workspace.open("One", taken)
            assert place.modes() == before
            assert workspace.look("One") is Openness.OPEN

    def test_what_was_added_is_closed_too(self, place):
        taken = place.workspace.record("One", None)
        place.add("Files/new.txt", b"new")
        place.workspace.close("One", taken)
        assert not [path for path, mode in place.modes().items() if mode & 0o222]
        place.workspace.open("One", taken)
        assert not place.modes()["Files/new.txt"] & 0o222

    @pytest.mark.parametrize("step", [0, 1, 2])
    def test_interrupted_closing_is_repaired(self, place, step):
        workspace, before = place.workspace, place.modes()
        earlier = workspace.record("One", None)
        with pytest.raises(Cancelled):
            workspace.close("One", earlier, StopAt(step))
        assert workspace.look("One") is Openness.OPEN
        assert (place.modes() == before) == (step == 0)
        again = workspace.record("One", earlier)
        workspace.close("One", again)
        assert place.modes() == shut(before)
        workspace.open("One", again)
        assert place.modes() == before

    @pytest.mark.parametrize("step", [1, 2])
    def test_interrupted_opening_is_repaired(self, place, step):
        workspace, before = place.workspace, place.modes()
        taken = workspace.record("One", None)
        workspace.close("One", taken)
        with pytest.raises(Cancelled):
            workspace.open("One", taken, StopAt(step))
        assert workspace.look("One") is Openness.OPEN
        assert place.modes() != before
        workspace.open("One", workspace.record("One", taken))
        assert place.modes() == before

    @pytest.mark.parametrize(
        "call", ["list_packages", "elements", "record", "close", "open", "contents", "survey", "freeze", "thaw"]
    )
    def test_cancelled_before_it_began(self, place, call):
        workspace, before = place.workspace, place.modes()
        taken = workspace.record("One", None)
        progress = CancellableProgress()
        progress.cancel()
        workspace.may_freeze = True  # a folder does not ask
        arguments = {
            "survey": ("One", None),
            "list_packages": (),
            "record": ("One", None),
            "close": ("One", taken),
            "open": ("One", taken),
        }
        with pytest.raises(Cancelled):
            list(getattr(workspace, call)(*arguments.get(call, ("One",)), progress))
        assert place.modes() == before

    def test_gone(self, place):
        workspace = place.workspace
        taken = workspace.record("One", None)
        place.lose()
        assert workspace.look("One") is Openness.MISSING
        assert workspace.list_packages().packages == ()
        for call in (
            lambda: workspace.elements("One"),
            lambda: list(workspace.contents("One")),
            lambda: workspace.record("One", None),
            lambda: workspace.close("One", taken),
            lambda: workspace.open("One", taken),
            lambda: workspace.survey("One"),
            lambda: workspace.writers("One"),
            lambda: workspace.freeze("One"),
            lambda: workspace.thaw("One"),
        ):
            with pytest.raises(WorkspaceError, match="The folder of One is not there"):
                call()

    @pytest.mark.parametrize("call", ["close", "open"])
    def test_damaged_record(self, place, call):
        before = place.modes()
        with pytest.raises(WorkspaceError, match="damaged"):
            getattr(place.workspace, call)("One", b"nonsense")
        assert place.modes() == before


class TestSurvey:
    def test_names_everything(self, place, builder):
        found = place.workspace.survey("One").items
        expected = {**builder.content("One"), **MANY}
        files = {path: fact for path, fact in found.items() if fact.kind is Kind.FILE}
        assert {os.fsdecode(path) for path in files} == set(expected)
        assert {fact.digest for fact in files.values()} == {sha256(data).digest() for data in expected.values()}
        assert {os.fsdecode(path): fact.size for path, fact in files.items()} == {
            k: len(v) for k, v in expected.items()
        }
        assert files[b"Files/cs/a.cs"].mode == 0o640
        folders = {path for path, fact in found.items() if fact.kind is Kind.FOLDER}
        assert folders | set(files) == set(found)
        assert {b"", b"Files", b"Files/cs", b"Schemas/UsrPage"} <= folders

    def test_says_what_is_writable(self, place):
        workspace = place.workspace
        assert b"" in workspace.survey("One").writable()
        workspace.close("One", workspace.record("One", None))
        assert workspace.survey("One").writable() == ()

    @pytest.mark.parametrize("data", [b"class B {}", b"longer than before", b""])
    def test_finds_what_was_changed_although_closed(self, place, data):
        workspace = place.workspace
        workspace.close("One", workspace.record("One", None))
        before = workspace.survey("One")
        assert workspace.survey("One", before).digest() == before.digest()
        place.scribble("Files/cs/a.cs", data)
        now = workspace.survey("One", before)
        assert differences(before, now).changed == (b"Files/cs/a.cs",)
        assert now.items[b"Files/cs/a.cs"].digest == sha256(data).digest()

    def test_modes_are_no_difference(self, place):
        workspace = place.workspace
        before = workspace.survey("One")
        workspace.close("One", workspace.record("One", None))
        now = workspace.survey("One", before)
        assert now.digest() == before.digest()
        assert now.items[b"Files/cs/a.cs"].mode == 0o440

    def test_finds_what_was_added(self, place):
        before = place.workspace.survey("One")
        place.add("Files/new.txt", b"new")
        found = differences(before, place.workspace.survey("One", before))
        assert (found.added, found.changed, found.deleted) == ((b"Files/new.txt",), (), ())


class TestFreezing:
    def test_nobody_writes_and_thawing_is_needed_once(self, place):
        workspace, before = place.workspace, place.modes()
        workspace.may_freeze = True
        assert workspace.writers("One") == ()
        taken = workspace.record("One", None)
        workspace.thaw("One")
        workspace.close("One", taken)
        try:
            if not workspace.freeze("One"):
                pytest.skip("needs the right to set the immutable flag, and a file system that has it")
            assert workspace.freeze("One")
            with pytest.raises((WorkspaceError, PermissionError)):
                place.scribble("Files/cs/a.cs", b"x")
            with pytest.raises(WorkspaceError, match="does not permit it"):
                workspace.open("One", taken)
            workspace.close("One", workspace.record("One", taken))
            assert workspace.look("One") is Openness.CLOSED
            assert place.modes() == shut(before)
            assert workspace.survey("One").writable() == ()
        finally:
            workspace.thaw("One")
        workspace.thaw("One")
        place.scribble("Files/cs/a.cs", b"x")
        workspace.open("One", taken)
        assert place.modes() == before

    def test_cancelled_half_way_leaves_nothing_frozen(self, place):
        workspace = place.workspace
        workspace.may_freeze = True
        taken = workspace.record("One", None)
        workspace.close("One", taken)
        try:
            if not workspace.freeze("One"):
                pytest.skip("needs the right to set the immutable flag, and a file system that has it")
            workspace.thaw("One")
            with pytest.raises(Cancelled):
                workspace.freeze("One", StopAt(2))
            workspace.open("One", taken)
        finally:
            workspace.thaw("One")
