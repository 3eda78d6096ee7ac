"""Programs that can still write to a closed package: real ones, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hotfix_desktop.core.writers import Writer
from hotfix_desktop.workspaces import modes, writers
from hotfix_desktop.workspaces.folder import FolderWorkspace

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fdinfo"), reason="needs Linux's /proc")

OPEN = "file = open(sys.argv[1], 'r+b')"
MAP = "memory = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 1); os.closerange(3, 100)"
PRIVATE = "memory = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 1, mmap.MAP_PRIVATE); os.closerange(3, 100)"


@pytest.fixture
def program():
    """Starts a program that runs a line of code on a file, and waits."""
    started = []

    def start(line, path):
        code = f"import mmap, os, sys\n{line}\nprint('ready', flush=True)\nsys.stdin.read()"
        child = subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(child)
        assert child.stdout.readline() == b"ready\n"
        return child

    yield start
    for child in started:
        child.communicate(timeout=30)


def found(root, **more):
    return [(writer.pid, writer.path, writer.mapped) for writer in writers.find_writers(str(root), **more)]


@pytest.mark.parametrize(
    "line",
    [OPEN, "file = open(sys.argv[1], 'ab')", "fd = os.open(sys.argv[1], os.O_WRONLY)"],
    ids=["rw", "append", "w"],
)
def test_an_open_handle(one, program, line):
    child = program(line, one / "Files" / "readme.txt")
    modes.close(str(one), modes.record(str(one), None))
    (writer,) = writers.find_writers(str(one))
    with open(f"/proc/{child.pid}/comm") as name:
        assert writer == Writer(child.pid, name.read().strip(), "Files/readme.txt")
    child.communicate()
    assert found(one) == []


def test_a_mapping_without_a_handle(one, program):
    child = program(MAP, one / "Files" / "readme.txt")
    assert found(one) == [(child.pid, "Files/readme.txt", True)]


def test_a_handle_and_a_mapping_are_one_writer(one, program):
    child = program(f"{OPEN}; memory = mmap.mmap(file.fileno(), 1)", one / "Files" / "readme.txt")
    assert found(one) == [(child.pid, "Files/readme.txt", False)]


@pytest.mark.parametrize(
    "line",
    [
        "file = open(sys.argv[1], 'rb')",
        PRIVATE,
        "file = open(sys.argv[1], 'rb'); memory = mmap.mmap(file.fileno(), 1, prot=mmap.PROT_READ)",
    ],
    ids=["handle", "private", "mapping"],
)
def test_readers_are_none(one, program, line):
    program(line, one / "Files" / "readme.txt")
    assert found(one) == []


def test_not_ourselves_nor_a_neighbour(one, pkg, program):
    (pkg / "One2").mkdir()
    (pkg / "One2" / "file").write_text("x")
    program(OPEN, pkg / "One2" / "file")
    with open(one / "Files" / "readme.txt", "r+b"):
        assert found(one) == []


@pytest.mark.parametrize("line", [OPEN, MAP])
def test_a_deleted_file_is_no_part_of_the_package(one, program, line):
    program(line, one / "Files" / "readme.txt")
    (one / "Files" / "readme.txt").unlink()
    assert found(one) == []


@pytest.mark.parametrize("line", [OPEN, MAP])
def test_a_file_that_is_called_deleted(one, program, line):
    path = one / "Files" / "x (deleted)"
    path.write_text("x")
    child = program(line, path)
    assert found(one) == [(child.pid, "Files/x (deleted)", line == MAP)]


@pytest.mark.parametrize("line", [OPEN, MAP])
def test_odd_names(one, program, line):
    path = os.fsencode(one) + b"/Files/line\nfeed\xff"
    with open(path, "wb") as file:
        file.write(b"x")
    child = program(line, path)
    assert found(one) == [(child.pid, "Files/line\nfeed\\udcff", line == MAP)]


def test_a_package_folder_that_is_a_link(one, tmp_path, program):
    (tmp_path / "Links").mkdir()
    (tmp_path / "Links" / "One").symlink_to(one)
    child = program(OPEN, one / "Files" / "readme.txt")
    (writer,) = FolderWorkspace(str(tmp_path / "Links")).writers("One")
    assert (writer.pid, writer.path) == (child.pid, "Files/readme.txt")
    assert writers.find_writers(str(tmp_path / "Links" / "One")) == (writer,)


@pytest.mark.parametrize("look", [lambda w: w.survey("One"), lambda w: w.record("One", None)], ids=["survey", "record"])
@pytest.mark.parametrize("line", [OPEN, MAP])
def test_another_name_outside_is_known_from_the_last_look(one, pkg, tmp_path, program, line, look):
    os.link(one / "Files" / "readme.txt", tmp_path / "outside")
    child = program(line, tmp_path / "outside")
    workspace = FolderWorkspace(str(pkg))
    assert workspace.writers("One") == ()
    look(workspace)
    (writer,) = workspace.writers("One")
    assert (writer.pid, writer.path, writer.mapped) == (child.pid, "Files/readme.txt", line == MAP)


def test_a_name_that_was_made_since_the_survey_is_known_from_the_closing(one, pkg, tmp_path, program):
    workspace = FolderWorkspace(str(pkg))
    workspace.survey("One")
    os.link(one / "Files" / "readme.txt", tmp_path / "outside")
    child = program(OPEN, tmp_path / "outside")
    workspace.close("One", workspace.record("One", None))
    assert [(writer.pid, writer.path) for writer in workspace.writers("One")] == [(child.pid, "Files/readme.txt")]


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("gone", [False, True])
def test_recording_notes_regular_files_with_other_names(one, tmp_path, monkeypatch, gone):
    """Also where a file goes away meanwhile, which makes it look at each a second time."""
    for number, path in enumerate(("descriptor.json", "Files/readme.txt")):
        os.link(one / path, tmp_path / f"outside{number}")
    (one / "Files" / "link").symlink_to("readme.txt")
    os.link(one / "Files" / "link", tmp_path / "outside-link", follow_symlinks=False)

    def vanishing(real):
        def look(path, *args, **more):
            if str(path).endswith("secret"):
                raise FileNotFoundError(2, "No such file")
            return real(path, *args, **more)

        return look

    linked = {}
    if gone:
        for name in ("stat", "lstat"):
            monkeypatch.setattr(os, name, vanishing(getattr(os, name)))
    modes.record(str(one), None, linked=linked)
    monkeypatch.undo()
    expected = {path: os.lstat(one / path) for path in ("descriptor.json", "Files/readme.txt")}
    assert linked == {(found.st_dev, found.st_ino): path for path, found in expected.items()}


def test_two_files_and_two_programs_in_order(one, program):
    paths = ["descriptor.json", "Files/readme.txt", "descriptor.json"]
    expected = sorted((program(OPEN, one / path).pid, path, False) for path in paths)
    assert found(one) == expected


def test_elsewhere_nobody_is_found(one, program, monkeypatch, tmp_path):
    program(OPEN, one / "Files" / "readme.txt")
    monkeypatch.setattr(writers, "PROC", str(tmp_path / "none"))
    assert found(one) == []
    assert writers.MappedFiles().inodes() == frozenset()


def test_processes_that_may_not_be_looked_into(one, program, monkeypatch, tmp_path):
    """What ended meanwhile, or belongs to somebody else, is passed over."""
    proc = tmp_path / "proc"
    (proc / "12" / "fd").mkdir(parents=True)
    (proc / "12" / "fd" / "3").symlink_to(one / "Files" / "readme.txt")
    (proc / "13").mkdir()
    (proc / "self").mkdir()
    monkeypatch.setattr(writers, "PROC", str(proc))
    assert found(one) == []
    (proc / "12" / "fdinfo").mkdir()
    (proc / "12" / "fdinfo" / "3").write_text("pos:\t0\nflags:\t0100001\n")
    assert found(one) == [(12, "Files/readme.txt", False)]
    assert writers.find_writers(str(one))[0].program == "?"


def test_a_question_that_comes_with_each_package_is_asked_once_a_second(monkeypatch):
    asked = []
    now = [100.0]
    monkeypatch.setattr(writers.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(writers, "_others", lambda: asked.append(1) or iter(()))
    mapped = writers.MappedFiles()
    for _ in range(3):
        mapped.inodes()
    assert len(asked) == 1
    now[0] += writers.ANSWER_SECONDS + 0.1
    mapped.inodes()
    assert len(asked) == 2
