"""What nobody touched while its package was open is not read again when it is closed; whatever was touched is."""

from __future__ import annotations

import errno
import mmap
import os
from hashlib import sha256
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.manifest import differences
from hotfix_desktop.workspaces import crossing, folder, modes, survey
from hotfix_desktop.workspaces.folder import FolderWorkspace
from hotfix_desktop.workspaces.tree import Folder
from tests.workspaces.test_survey import read, settled

__all__ = ("read", "settled")
README = b"Files/readme.txt"
WINDOWS = st.dictionaries(
    st.text(max_size=20).filter(lambda text: "\0" not in text and text.isprintable()),
    st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1)),
    max_size=5,
)


class Opened:
    """A package on disk that was closed for a while and is open now."""

    def __init__(self, folder, settled, read):
        self.folder, self.settled, self.read = folder, settled, read
        self.disk = FolderWorkspace(str(folder.parent))
        self.record = self.disk.record("One", None)
        self.disk.close("One", self.record)
        settled()
        self.before = self.disk.survey("One")
        self.proof = self.disk.open("One", self.record)
        settled()

    def closed(self, disk=None, between=lambda: None, after=lambda: None):
        """Close it; gives what it contains then and the names of the files that were read."""
        disk = disk or self.disk
        record = disk.record("One", None, opened=self.proof)
        between()
        disk.close("One", record)
        after()
        self.read.clear()
        found = disk.survey_closed("One", self.before)
        return found, sorted(self.read)


@pytest.fixture
def opened(one, settled, read):
    return Opened(one, settled, read)


def sly(path):
    """Write other bytes of the same number, and set the modification time back."""
    times = path.stat()
    path.write_bytes(b"READ")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)


def test_nothing_is_read_of_what_nobody_touched(opened):
    found, names = opened.closed(after=opened.settled)
    assert names == []
    assert found.digest() == opened.before.digest()
    assert found == opened.disk.survey("One")  # with the stamps and the modes that everything has now
    assert opened.disk.survey("One", found) is found


def test_another_program_may_close_it(opened):
    other = FolderWorkspace(str(opened.folder.parent))
    found, names = opened.closed(other)
    assert names == []
    assert found.digest() == opened.before.digest()


def test_whatever_was_touched_is_read(opened):
    files = opened.folder / "Files"
    (files / "new").write_text("new")
    (files / "readme.txt").write_text("another")
    os.utime(opened.folder / "descriptor.json")
    os.rename(files / "already", files / "renamed")
    found, names = opened.closed()
    assert names == ["Files/new", "Files/readme.txt", "Files/renamed", "descriptor.json"]
    assert found.digest() == opened.disk.survey("One").digest()
    changes = differences(opened.before, found)
    assert (changes.changed, changes.deleted) == ((README,), (b"Files/already",))


def test_same_size_and_restored_time_is_found(opened):
    sly(opened.folder / "Files" / "readme.txt")
    found, names = opened.closed()
    assert names == ["Files/readme.txt"]
    assert found.items[README].digest == sha256(b"READ").digest()


def test_another_file_of_the_same_size_and_time_is_found(opened):
    path = opened.folder / "Files" / "readme.txt"
    times = path.stat()
    (path.parent / "other").write_bytes(b"READ")
    os.utime(path.parent / "other", ns=(times.st_atime_ns, times.st_mtime_ns))
    os.replace(path.parent / "other", path)
    found, names = opened.closed()
    assert names == ["Files/readme.txt"]
    assert found.items[README].digest == sha256(b"READ").digest()


def test_a_file_that_only_its_mode_was_touched_of_is_read(opened):
    (opened.folder / "Files" / "readme.txt").chmod(0o600)
    assert opened.closed()[1] == ["Files/readme.txt"]


def test_what_is_written_between_the_record_and_the_closing_is_read(opened):
    path = opened.folder / "Files" / "readme.txt"
    found, names = opened.closed(between=lambda: path.write_bytes(b"READ"))
    assert names == ["Files/readme.txt"]
    assert found.items[README].digest == sha256(b"READ").digest()


def test_another_size_is_read_though_its_time_was_set_back_between_the_record_and_the_closing(opened):
    path = opened.folder / "Files" / "readme.txt"

    def write():
        times = path.stat()
        path.write_bytes(b"longer")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    found, names = opened.closed(between=write)
    assert names == ["Files/readme.txt"]
    assert found.items[README].digest == sha256(b"longer").digest()


def test_another_file_is_read_though_its_time_was_set_back_between_the_record_and_the_closing(opened):
    path = opened.folder / "Files" / "readme.txt"

    def replace():
        times = path.stat()
        (opened.folder / "other").write_bytes(b"READ")
        os.utime(opened.folder / "other", ns=(times.st_atime_ns, times.st_mtime_ns))
        os.replace(opened.folder / "other", path)

    found, names = opened.closed(between=replace)
    assert names == ["Files/readme.txt"]
    assert found.items[README].digest == sha256(b"READ").digest()


@pytest.mark.parametrize(
    ("window", "believed"),
    [((0, 0), True), ((-5, 5), True), ((1, 5), False), ((-5, -1), False), (None, False)],
    ids=["just it", "around it", "later", "earlier", "none"],
)
@pytest.mark.parametrize(("age", "proves"), [(modes.TICK + 1, True), (modes.TICK, False)], ids=["old", "fresh"])
def test_only_what_was_changed_by_the_closing_is_believed(opened, monkeypatch, window, believed, age, proves):
    status = (opened.folder / "Files" / "readme.txt").stat()
    changed = status.st_ctime_ns
    was = opened.before.items[README]
    before = survey.Manifest({**opened.before.items, README: was._replace(digest=b"believed")})
    closing = crossing.Crossing(b"")
    if window is not None:
        closing.closed["Files"] = changed + window[0], changed + window[1]
    monkeypatch.setattr(survey, "time", SimpleNamespace(time_ns=lambda: changed + age))
    found = survey.take(str(opened.folder), before, crossing=closing).items[README]
    assert (found.digest == b"believed") is believed
    assert found.stamp == ((status.st_mtime_ns, changed, status.st_ino) if proves else survey.NO_STAMP)


def test_what_is_written_behind_the_closing_is_read_though_its_time_was_set_back(opened):
    path = opened.folder / "Files" / "readme.txt"
    with open(path, "r+b") as file:
        times = path.stat()

        def write():
            opened.settled()
            file.write(b"READ")
            file.flush()
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

        found, names = opened.closed(after=write)
    assert names == ["Files/readme.txt"]
    assert found.items[README].digest == sha256(b"READ").digest()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fdinfo"), reason="needs Linux's /proc")
def test_what_a_program_has_in_memory_is_read(opened):
    with open(opened.folder / "Files" / "readme.txt", "r+b") as file, mmap.mmap(file.fileno(), 4):
        found, names = opened.closed(FolderWorkspace(str(opened.folder.parent)))
    assert names == ["Files/readme.txt"]
    assert found.items[README].stamp == survey.NO_STAMP


@pytest.mark.parametrize("proof", [b"", b"\0", b"x" * 100], ids=["none", "short", "other bytes"])
def test_without_a_proof_everything_is_read(opened, proof):
    opened.proof = proof
    found, names = opened.closed()
    assert len(names) == len([fact for fact in found.items.values() if fact.kind is survey.Kind.FILE])


def test_a_closing_that_fails_proves_nothing(opened, monkeypatch):
    record = opened.disk.record("One", None, opened=opened.proof)
    with monkeypatch.context() as patch:
        patch.setattr(modes, "look", lambda root: (_ for _ in ()).throw(OSError("no")))
        with pytest.raises(OSError, match="no"):
            opened.disk.close("One", record)
    opened.disk.close("One", record)
    opened.read.clear()
    opened.disk.survey_closed("One", opened.before)
    assert "Files/readme.txt" in opened.read


def test_a_proof_is_good_for_one_closing_and_one_look(opened):
    opened.closed()
    opened.read.clear()
    opened.disk.survey_closed("One", opened.before)
    assert "Files/readme.txt" in opened.read
    record = opened.disk.record("One", opened.record, opened=opened.proof)
    opened.disk.close("One", record)
    opened.disk.close("One", record)
    opened.read.clear()
    opened.disk.survey_closed("One", opened.before)
    assert "Files/readme.txt" in opened.read


def test_what_is_written_between_two_closings_is_read_though_its_time_was_set_back(opened):
    record = opened.disk.record("One", None, opened=opened.proof)
    opened.disk.close("One", record)
    sly(opened.folder / "Files" / "readme.txt")
    opened.disk.close("One", record)
    assert opened.disk.survey_closed("One", opened.before).items[README].digest == sha256(b"READ").digest()


def test_files_that_got_other_names_are_known_afterwards(opened, monkeypatch):
    monkeypatch.setattr(folder, "find_writers", lambda root, linked: tuple(linked.values()))
    opened.closed(after=lambda: os.link(opened.folder / "Files" / "readme.txt", opened.folder.parent / "outside"))
    assert opened.disk.writers("One") == ("Files/readme.txt",)


def test_a_file_without_a_stamp_before_is_read(opened):
    facts = {path: fact._replace(stamp=survey.NO_STAMP) for path, fact in opened.before.items.items()}
    opened.before = survey.Manifest(facts)
    assert "Files/readme.txt" in opened.closed()[1]


@pytest.mark.parametrize("digits", [1_000_000_000, 1_000_000])
def test_change_times_without_fine_digits_prove_nothing(opened, monkeypatch, digits):
    real = os.lstat

    def coarse(path, **more):
        found = real(path, **more)
        values = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
        return SimpleNamespace(**{**values, "st_ctime_ns": found.st_ctime_ns // digits * digits})

    monkeypatch.setattr(os, "lstat", coarse)
    opened.disk.close("One", opened.record)
    opened.proof = opened.disk.open("One", opened.record)
    assert opened.proof == b""


@pytest.mark.usefixtures("platform")
def test_paths_alone_prove_nothing(opened, monkeypatch):
    monkeypatch.setattr("hotfix_desktop.workspaces.tree.HAS_DIR_FD", False)
    opened.disk.close("One", opened.record)
    assert opened.disk.open("One", opened.record) == b""


def test_a_window_is_from_the_first_change_time_to_the_last(opened):
    for path, window in modes.close(str(opened.folder), modes.record(str(opened.folder), None)).items():
        times = [file.lstat().st_ctime_ns for file in (opened.folder / path).iterdir() if file.is_file()]
        assert window == (min(times), max(times))


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
@pytest.mark.parametrize("happens", ["gone", "refused"])
def test_a_folder_whose_change_times_cannot_be_told_has_no_window(opened, monkeypatch, which, happens):
    def interfere(windows, folder, names):
        with monkeypatch.context() as patch:
            if happens == "gone" and folder.path == "Files":
                os.unlink(names[which], dir_fd=folder.fd)
            elif folder.path == "Files":
                patch.setattr(os, "lstat", lambda *_, **__: (_ for _ in ()).throw(PermissionError(errno.EACCES, "no")))
            crossing.note_window(windows, folder, names)

    monkeypatch.setattr(modes, "note_window", interfere)
    windows = modes.close(str(opened.folder), modes.record(str(opened.folder), None))
    assert "Files" not in windows
    assert "" in windows


@pytest.mark.parametrize(("at", "touched"), [(9, True), (10, False), (20, False), (21, True), (None, True)])
@pytest.mark.parametrize("others", [[], [15]], ids=["alone", "beside another"])
def test_only_what_was_changed_within_the_window_is_untouched(at, touched, others):
    noted = crossing.Crossing(crossing.encode({"Files": (10, 20)}))
    found = [None if time is None else SimpleNamespace(st_ctime_ns=time) for time in [*others, at]]
    names = ["other", "file"][-len(found) :]
    noted.note(Folder("/package", "Files", None), names, found)
    assert noted.touched == ({"Files/file"} if touched else set())


@given(WINDOWS)
def test_windows_come_back_from_their_bytes(windows):
    assert crossing.decode(crossing.encode(windows)) == windows


@given(WINDOWS, st.data())
def test_bytes_of_windows_that_were_cut_give_fewer_windows(windows, data):
    whole = crossing.encode(windows)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    assert crossing.decode(cut).items() <= windows.items()
