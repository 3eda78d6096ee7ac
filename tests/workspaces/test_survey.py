"""What a survey reads again, and what it may believe."""

from __future__ import annotations

import errno
import mmap
import os
import socket
import stat
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.manifest import UNREADABLE, Kind, Manifest, differences
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.workspaces import modes, survey


@pytest.fixture
def settled(tmp_path):
    """Waits until all that was written so far is older than a tick of the clock for files."""

    def wait():
        probe = tmp_path / "probe"
        probe.touch()
        begun = probe.stat().st_ctime_ns
        while probe.stat().st_ctime_ns - begun <= modes.TICK:
            probe.touch()

    return wait


@pytest.fixture
def read(monkeypatch):
    """The names of the files that were read."""
    names = []
    real = survey._Surveyor._read

    def note(self, folder, name, found):
        names.append(folder.below(name))
        return real(self, folder, name, found)

    monkeypatch.setattr(survey._Surveyor, "_read", note)
    return names


def test_only_what_was_touched_is_read_again(one, settled, read):
    settled()
    before = survey.take(str(one))
    read.clear()
    assert survey.take(str(one), before) == before
    assert read == []
    (one / "Files" / "readme.txt").write_text("more")
    (one / "descriptor.json").chmod(0o600)
    os.rename(one / "Files" / "already", one / "Files" / "renamed")
    now = survey.take(str(one), before)
    assert sorted(read) == ["Files/readme.txt", "Files/renamed", "descriptor.json"]
    found = differences(before, now)
    assert (found.added, found.deleted) == ((b"Files/renamed",), (b"Files/already",))
    assert found.changed == (b"Files/readme.txt",)
    assert now.items[b"descriptor.json"].mode == 0o600


def test_the_mode_is_that_of_now_whatever_the_stamp_says(one, settled):
    """Some network file systems change a mode and leave the change time."""
    settled()
    before = survey.take(str(one))
    other = {path: fact._replace(mode=0) for path, fact in before.items.items()}
    assert survey.take(str(one), Manifest(other)) == before


def test_same_size_and_restored_time_is_found(one, settled):
    path = one / "Files" / "readme.txt"
    settled()
    before, times = survey.take(str(one)), path.stat()
    path.write_text("READ")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert differences(before, survey.take(str(one), before)).changed == (b"Files/readme.txt",)


def test_another_file_of_the_same_size_and_time_is_found(one, settled):
    path = one / "Files" / "readme.txt"
    settled()
    before, times = survey.take(str(one)), path.stat()
    (one / "other").write_text("READ")
    os.utime(one / "other", ns=(times.st_atime_ns, times.st_mtime_ns))
    os.replace(one / "other", path)
    assert differences(before, survey.take(str(one), before)).changed == (b"Files/readme.txt",)


def test_files_of_one_moment_that_changed_places_with_their_folders_are_told_apart(one, settled):
    """To rename a folder moves no time of what lies in it: only the inodes tell."""
    files = [one / name / "same.txt" for name in ("Left", "Right")]
    for file in files:
        file.parent.mkdir()
        file.write_text(file.parent.name.ljust(5))
    while True:
        for file in files:
            os.utime(file, ns=(0, 1))
        if len({file.stat().st_ctime_ns for file in files}) == 1:
            break
    settled()
    before = survey.take(str(one))
    os.rename(one / "Left", one / "aside")
    os.rename(one / "Right", one / "Left")
    os.rename(one / "aside", one / "Right")
    found = differences(before, survey.take(str(one), before))
    assert found.changed == (b"Left/same.txt", b"Right/same.txt")


@pytest.mark.parametrize(("age", "proves"), [(modes.TICK + 1, True), (modes.TICK, False), (-5_000_000_000, False)])
def test_a_fresh_change_time_proves_nothing(one, monkeypatch, age, proves):
    path = one / "Files" / "readme.txt"
    while path.stat().st_ctime_ns % 1_000_000 == 0:
        path.touch()
    now = path.stat().st_ctime_ns + age
    monkeypatch.setattr(survey, "time", SimpleNamespace(time_ns=lambda: now))
    found, status = survey.take(str(one)).items[b"Files/readme.txt"], path.stat()
    expected = (status.st_mtime_ns, status.st_ctime_ns, status.st_ino) if proves else survey.NO_STAMP
    assert found.stamp == expected


@pytest.mark.parametrize("digits", [1_000_000_000, 1_000_000])
def test_a_change_time_without_fine_digits_proves_nothing(one, settled, monkeypatch, digits):
    settled()
    real = os.fstat

    def coarse(fd):
        found = real(fd)
        values = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
        return SimpleNamespace(**{**values, "st_ctime_ns": found.st_ctime_ns // digits * digits})

    monkeypatch.setattr(os, "fstat", coarse)
    assert survey.take(str(one)).items[b"Files/readme.txt"].stamp == survey.NO_STAMP


@pytest.mark.skipif(not os.path.isdir("/proc/self/fdinfo"), reason="needs Linux's /proc")
def test_a_program_that_has_the_file_in_memory(one, settled):
    """Its second write to a page does not move the change time until the page was written to the disk."""
    with open(one / "Files" / "readme.txt", "r+b") as file, mmap.mmap(file.fileno(), 4) as memory:
        memory[:4] = b"1234"
        settled()
        before = survey.take(str(one))
        memory[:4] = b"5678"
        now = survey.take(str(one), before)
    assert differences(before, now).changed == (b"Files/readme.txt",)
    assert now.items[b"Files/readme.txt"].digest == sha256(b"5678").digest()


@pytest.mark.usefixtures("platform")
def test_odd_names_and_other_things(one, tmp_path, monkeypatch):
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: opened.append(str(path)) or real(path, *rest, **more))
    (tmp_path / "outside").write_text("not ours")
    for name in (b"line\nfeed", b"\xff\xfe", b" "):
        with open(os.path.join(os.fsencode(one), name), "wb") as file:
            file.write(name)
    (one / "link").symlink_to(tmp_path / "outside")
    (one / "folder").symlink_to(tmp_path)
    os.symlink(b"nowhere\xff", os.fsencode(one) + b"/broken")
    os.mkfifo(one / "pipe", 0o622)
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.join(one, "socket"))
    server.close()
    found = survey.take(str(one)).items
    for name in (b"line\nfeed", b"\xff\xfe", b" "):
        assert (found[name].kind, found[name].digest) == (Kind.FILE, sha256(name).digest())
    assert found[b"link"].digest == sha256(os.fsencode(tmp_path / "outside")).digest()
    assert found[b"broken"].digest == sha256(b"nowhere\xff").digest()
    assert {found[path].kind for path in (b"link", b"folder", b"broken")} == {Kind.LINK}
    for path in (b"pipe", b"socket"):
        assert (found[path].kind, found[path].digest, found[path].size) == (Kind.OTHER, b"", 0)
    assert found[b"pipe"].mode == stat.S_IMODE((one / "pipe").lstat().st_mode)
    assert not [path for path in opened if os.path.basename(path) in ("pipe", "socket", "link", "outside")]
    assert not [path for path in found if path.startswith(b"folder/")]
    assert Manifest.decode(Manifest(found).encode()).items == found


def test_paths_alone_prove_nothing(one, settled, monkeypatch):
    """On Windows the change time is the time of creation."""
    monkeypatch.setattr("hotfix_desktop.workspaces.tree.HAS_DIR_FD", False)
    settled()
    assert {fact.stamp for fact in survey.take(str(one)).items.values()} == {survey.NO_STAMP}


@pytest.mark.parametrize(("code", "unreadable"), [(errno.EACCES, True), (errno.EIO, True), (errno.EMFILE, False)])
def test_a_file_that_cannot_be_opened(one, settled, monkeypatch, code, unreadable):
    settled()
    real = os.open

    def refuse(path, *rest, **more):
        if path == "readme.txt":
            raise OSError(code, os.strerror(code))
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    if not unreadable:
        with pytest.raises(WorkspaceError, match=r"Cannot read .*readme\.txt: too many files are open"):
            survey.take(str(one))
        return
    fact = survey.take(str(one)).items[b"Files/readme.txt"]
    assert (fact.digest, fact.size, fact.stamp) == (UNREADABLE, 4, survey.NO_STAMP)


def test_a_user_who_may_not_read_a_file(shared, builder, as_nobody):
    folder = builder.package(shared / "One")
    (folder / "Files" / "readme.txt").chmod(0o600)
    repository = Path(survey.__file__).resolve().parents[2]
    if not repository.lstat().st_mode & 0o005:
        pytest.skip("the repository is not readable for everybody")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from hotfix_desktop.core.manifest import UNREADABLE
from hotfix_desktop.workspaces import survey
items = survey.take(sys.argv[2]).items
print([path for path, fact in items.items() if fact.digest == UNREADABLE])
"""
    assert as_nobody(code, str(repository), str(folder)) == "[b'Files/readme.txt']"


@pytest.mark.parametrize("instead", [None, "link", "pipe", "folder"])
def test_what_goes_away_meanwhile_is_left_out(one, tmp_path, monkeypatch, instead):
    path, real = one / "Files" / "readme.txt", survey._Surveyor._read

    def interfere(self, folder, name, found):
        if name == "readme.txt":
            path.unlink()
            if instead == "link":
                path.symlink_to(one / "descriptor.json")
            elif instead == "pipe":
                os.mkfifo(path)
            elif instead == "folder":
                path.mkdir()
        return real(self, folder, name, found)

    monkeypatch.setattr(survey._Surveyor, "_read", interfere)
    assert b"Files/readme.txt" not in survey.take(str(one)).items


def test_a_file_that_grows_while_it_is_read(one, settled, monkeypatch):
    path, real = one / "Files" / "readme.txt", survey._Surveyor._hash
    settled()

    def grow(self, fd, size):
        if os.path.samestat(os.fstat(fd), path.stat()):
            with open(path, "ab") as file:
                file.write(b"more")
        return real(self, fd, size)

    with monkeypatch.context() as patch:
        patch.setattr(survey._Surveyor, "_hash", grow)
        before = survey.take(str(one))
    now = survey.take(str(one), before)
    assert now.items[b"Files/readme.txt"].digest == sha256(b"readmore").digest()


@pytest.mark.parametrize("size", [0, survey.CHUNK - 1, survey.CHUNK, survey.CHUNK + 1, 2 * survey.CHUNK + 7])
def test_big_files(one, size):
    data = os.urandom(size)
    (one / "big").write_bytes(data)
    fact = survey.take(str(one)).items[b"big"]
    assert (fact.size, fact.digest) == (size, sha256(data).digest())


def test_cancelled_within_a_big_file(one):
    class Impatient(Progress):
        left = 2

        def check(self):
            if big.exists():
                self.left -= 1
            if self.left < 0:
                raise Cancelled

        def step(self, done, total=0, what=""):
            return

    big = one / "big"
    big.write_bytes(bytes(4 * survey.CHUNK))
    with pytest.raises(Cancelled):
        survey.take(str(one), None, Impatient())


def test_progress_counts_what_was_found(one, builder):
    told = []

    class Listener(Progress):
        def step(self, done, total=0, what=""):
            told.append((done, what))

    builder.many(one)
    survey.take(str(one), None, Listener())
    assert [what for _, what in told].count("Files/many") == 3
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_files_with_other_names_are_reported(one, tmp_path):
    os.link(one / "Files" / "readme.txt", tmp_path / "outside")
    status, linked = (tmp_path / "outside").stat(), {}
    survey.take(str(one), None, Progress(), linked)
    assert linked == {(status.st_dev, status.st_ino): "Files/readme.txt"}


def test_a_folder_that_cannot_be_read(one, monkeypatch):
    real = os.listdir

    def refuse(path):
        if isinstance(path, int) and os.path.samestat(os.fstat(path), (one / "Data").stat()):
            raise PermissionError(errno.EACCES, "no")
        return real(path)

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(WorkspaceError, match=r"Cannot read the folder .*Data: permission denied"):
        survey.take(str(one))
