"""The immutable flag: on a real file system where that is allowed, and on one whose answers we make up."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.workspaces import immutable, modes

fcntl = pytest.importorskip("fcntl")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone has this flag")


class Flags:
    """Plays a file system that knows the flag.

    Attributes:
        set_order: what was frozen, in this order; clear_order likewise what was thawed.
        refuse_after: how many changes succeed before each further one fails with ``error``.
        refused: the inodes whose flag cannot be changed, with their error.
    """

    def __init__(self):
        self.flags = {}
        self.set_order, self.clear_order, self.asked = [], [], []
        self.refuse_after, self.error, self.unknown = None, errno.EPERM, None
        self.refused = {}

    def ioctl(self, fd, request, data):
        status = os.fstat(fd)
        assert stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        self.asked.append(status.st_ino)
        if self.unknown is not None:
            raise OSError(self.unknown, os.strerror(self.unknown))
        if request == immutable._GET_FLAGS:
            return self.flags.get(status.st_ino, 0x80000).to_bytes(4, sys.byteorder) + bytes(4)
        wanted = int.from_bytes(data[:4], sys.byteorder)
        assert request == immutable._SET_FLAGS
        assert wanted & ~immutable.IMMUTABLE == 0x80000
        freezing = wanted & immutable.IMMUTABLE
        if status.st_ino in self.refused:
            raise OSError(self.refused[status.st_ino], "refused")
        if freezing and self.refuse_after is not None and len(self.set_order) >= self.refuse_after:
            raise OSError(self.error, os.strerror(self.error))
        (self.set_order if freezing else self.clear_order).append(status.st_ino)
        self.flags[status.st_ino] = wanted
        return data

    @property
    def frozen(self):
        return {inode for inode, flags in self.flags.items() if flags & immutable.IMMUTABLE}


@pytest.fixture
def flags(monkeypatch):
    made_up = Flags()
    monkeypatch.setattr(fcntl, "ioctl", made_up.ioctl)
    return made_up


@pytest.fixture
def real(one):
    """A closed package on a file system where we may set the flag; it is thawed in any case."""
    taken = modes.record(str(one), None)
    modes.close(str(one), taken)
    try:
        if not immutable.freeze(str(one)):
            pytest.skip("needs the right to set the immutable flag, and a file system that has it")
        immutable.thaw(str(one))
        yield one
    finally:
        immutable.thaw(str(one))
        modes.open(str(one), taken)


def inodes(root):
    return {path.lstat().st_ino for path in [root, *root.rglob("*")] if path.is_file() or path.is_dir()}


class TestReal:
    def test_open_handles_are_shut_out(self, real):
        file = os.open(real / "Files" / "readme.txt", os.O_RDWR)
        try:
            os.pwrite(file, b"late", 0)
            assert immutable.freeze(str(real)) is True
            with pytest.raises(PermissionError):
                os.pwrite(file, b"more", 0)
        finally:
            immutable.thaw(str(real))
            os.close(file)
        assert (real / "Files" / "readme.txt").read_text() == "late"

    def test_nothing_can_be_added_or_taken_away(self, real):
        immutable.freeze(str(real))
        for change in (
            lambda: (real / "new").touch(),
            lambda: (real / "Files" / "cs" / "new").touch(),
            lambda: (real / "Files" / "readme.txt").unlink(),
            lambda: real.rename(real.parent / "Two"),
            lambda: (real / "descriptor.json").chmod(0o644),
        ):
            with pytest.raises(PermissionError):
                change()

    def test_looking_and_closing_again(self, real):
        taken = modes.record(str(real), None)
        immutable.freeze(str(real))
        assert modes.look(str(real)) is Openness.CLOSED
        modes.close(str(real), taken)
        assert modes.record(str(real), taken)

    def test_what_has_to_change_is_refused(self, real):
        (real / "Files" / "cs").chmod(0o755)
        immutable.freeze(str(real))
        with pytest.raises(
            WorkspaceError, match=r"Cannot change the mode of .*Files/cs: .*does not permit it"
        ) as caught:
            modes.close(str(real), modes.record(str(real), None))
        assert "lsattr" in caught.value.remedy

    def test_change_times_stay_when_nothing_changes(self, real):
        immutable.freeze(str(real))
        before = {path: path.lstat().st_ctime_ns for path in real.rglob("*")}
        immutable.freeze(str(real))
        assert {path: path.lstat().st_ctime_ns for path in real.rglob("*")} == before
        immutable.thaw(str(real))
        before = {path: path.lstat().st_ctime_ns for path in real.rglob("*")}
        immutable.thaw(str(real))
        assert {path: path.lstat().st_ctime_ns for path in real.rglob("*")} == before

    def test_one_who_may_not(self, shared, builder, as_nobody):
        """False without the right; and what root froze is not called thawed."""
        folder = builder.package(shared / "One")
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, 65534, 65534)
        (folder / "Files" / "readme.txt").chmod(0o000)
        (folder / "descriptor.json").chmod(0o000)
        repository = Path(immutable.__file__).resolve().parents[2]
        if not repository.lstat().st_mode & 0o005:
            pytest.skip("the repository is not readable for everybody")
        code = """
import os, sys
sys.path.insert(0, sys.argv[1])
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces import immutable
try:
    print(immutable.thaw(sys.argv[2]))
    os.chmod(sys.argv[2] + "/descriptor.json", 0o400)
    os.chmod(sys.argv[2] + "/Files/readme.txt", 0o400)
    print(immutable.freeze(sys.argv[2]))
except WorkspaceError as error:
    print(error)
"""
        assert as_nobody(code, str(repository), str(folder)) == "None\nFalse"
        (folder / "descriptor.json").chmod(0o000)
        for frozen in (folder, folder / "descriptor.json"):
            fd = os.open(frozen, os.O_RDONLY)
            try:
                try:
                    immutable._set(fd, True)
                except OSError:
                    pytest.skip("needs the right to set the immutable flag, and a file system that has it")
                said = as_nobody(code, str(repository), str(folder))
            finally:
                immutable._set(fd, False)
                os.close(fd)
            assert said.startswith(f"Cannot take the immutable flag from {frozen}: only root may do that. Run the")


class TestOrder:
    def test_folders_after_their_content_and_the_package_last(self, one, flags):
        assert immutable.freeze(str(one)) is True
        assert flags.frozen == inodes(one)
        order = flags.set_order.index
        assert flags.set_order[-1] == one.stat().st_ino
        for path in one.rglob("*"):
            assert order(path.stat().st_ino) < order(path.parent.stat().st_ino)
        immutable.thaw(str(one))
        assert flags.frozen == set()
        order = flags.clear_order.index
        for path in one.rglob("*"):
            assert order(path.stat().st_ino) > order(path.parent.stat().st_ino)

    def test_links_and_pipes_are_left_alone(self, one, tmp_path, flags):
        (tmp_path / "outside").write_text("x")
        (one / "Files" / "link").symlink_to(tmp_path / "outside")
        (one / "Files" / "folder").symlink_to(tmp_path)
        os.mkfifo(one / "Files" / "pipe")
        assert immutable.freeze(str(one)) is True
        immutable.thaw(str(one))
        left = {tmp_path.stat().st_ino, (tmp_path / "outside").stat().st_ino, (one / "Files" / "pipe").stat().st_ino}
        assert not left & set(flags.asked)


class TestRefused:
    @pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
    @pytest.mark.parametrize("after", [0, 1, 5, 15])
    def test_false_and_nothing_is_left(self, one, flags, code, after):
        flags.refuse_after, flags.error = after, code
        assert immutable.freeze(str(one)) is False
        assert len(flags.set_order) == after
        assert flags.frozen == set()

    @pytest.mark.parametrize("code", [errno.ENOTTY, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
    def test_a_file_system_without_it(self, one, flags, code):
        flags.unknown = code
        assert immutable.freeze(str(one)) is False
        immutable.thaw(str(one))

    def test_another_failure_is_told_and_undone(self, one, flags):
        flags.refuse_after, flags.error = 3, errno.EIO
        with pytest.raises(WorkspaceError, match=r"Cannot set the immutable flag below .*One: the disk"):
            immutable.freeze(str(one))
        assert flags.frozen == set()

    @pytest.mark.parametrize("step", [0, 1, 2])
    def test_cancelled(self, one, flags, builder, step):
        builder.many(one)
        with pytest.raises(Cancelled):
            immutable.freeze(str(one), builder.stop_at(step, Cancelled()))
        assert bool(flags.set_order) == (step > 0)
        assert flags.frozen == set()

    def test_a_file_that_cannot_be_opened(self, one, flags, monkeypatch):
        real = os.open

        def refuse(path, *rest, **more):
            if path == "readme.txt":
                raise PermissionError(errno.EACCES, "no")
            return real(path, *rest, **more)

        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(WorkspaceError, match=r"Cannot read .*readme\.txt: permission denied"):
            immutable.freeze(str(one))
        assert flags.frozen == set()

    @pytest.mark.parametrize("name", ["", "Files", "Files/readme.txt"])
    def test_thawing_says_what_stays_frozen(self, one, flags, name):
        immutable.freeze(str(one))
        path = one / name
        flags.refused[path.stat().st_ino] = errno.EPERM
        with pytest.raises(WorkspaceError, match="only root may do that") as caught:
            immutable.thaw(str(one))
        assert f"from {path}:" in caught.value.sentence
        assert "CAP_LINUX_IMMUTABLE" in caught.value.remedy
        flags.refused.clear()
        immutable.thaw(str(one))
        assert flags.frozen == set()

    def test_what_goes_away_is_passed_over(self, one, flags, monkeypatch):
        real = immutable._open
        victim = one / "Files" / "readme.txt"

        def interfere(folder, name):
            victim.unlink(missing_ok=True)
            return real(folder, name)

        monkeypatch.setattr(immutable, "_open", interfere)
        assert immutable.freeze(str(one)) is True
        assert flags.frozen == inodes(one)

    @pytest.mark.parametrize("instead", ["pipe", "link"])
    def test_what_takes_the_place_of_a_file_is_left_alone(self, one, flags, tmp_path, monkeypatch, instead):
        real = immutable._open
        victim, outside = one / "Files" / "readme.txt", tmp_path / "outside"
        outside.write_text("x")

        def interfere(folder, name):
            if name == victim.name:
                victim.unlink()
                os.mkfifo(victim) if instead == "pipe" else victim.symlink_to(outside)
            return real(folder, name)

        monkeypatch.setattr(immutable, "_open", interfere)
        assert immutable.freeze(str(one)) is True
        assert not {victim.lstat().st_ino, outside.stat().st_ino} & set(flags.asked)

    def test_elsewhere_it_is_not_known(self, one, flags, monkeypatch):
        monkeypatch.setattr(sys, "platform", "win32")
        assert immutable.freeze(str(one)) is False
        immutable.thaw(str(one))
        assert flags.asked == []
