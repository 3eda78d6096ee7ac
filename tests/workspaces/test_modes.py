"""Recording, closing and opening a package on disk."""

from __future__ import annotations

import os
import stat

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.workspaces import modes, records, tree


@pytest.mark.usefixtures("platform")
def test_closed_and_given_back_exactly(one, builder):
    before = builder.modes(one)
    taken = modes.record(str(one), None)
    assert builder.modes(one) == before
    assert modes.look(str(one)) is Openness.OPEN
    for _ in range(2):
        modes.close(str(one), taken)
        assert builder.modes(one) == builder.closed(before)
        assert modes.look(str(one)) is Openness.CLOSED
    for _ in range(2):
        modes.open(str(one), taken)
        assert builder.modes(one) == before
        assert modes.look(str(one)) is Openness.OPEN


@pytest.mark.usefixtures("platform")
def test_new_files_are_closed_and_left_alone_by_open(one, builder):
    before = builder.modes(one)
    taken = modes.record(str(one), None)
    (one / "Files" / "new.txt").write_text("x")
    (one / "New" / "deep").mkdir(parents=True)
    (one / "New" / "deep" / "file").write_text("x")
    (one / "Files" / "readme.txt").unlink()
    modes.close(str(one), taken)
    assert not [path for path, mode in builder.modes(one).items() if mode & 0o222]
    modes.open(str(one), taken)
    after = builder.modes(one)
    assert after[b"Files/new.txt"] == 0o444
    assert after[b"New"] == after[b"New/deep"] == 0o555
    assert after[b"New/deep/file"] == 0o444
    assert all(after[path] == mode for path, mode in before.items() if path != b"Files/readme.txt")


@pytest.mark.usefixtures("platform")
def test_old_record_closes_what_changed_since(one, builder, monkeypatch):
    """Folders whose names are proven unchanged are not listed again: all others are."""
    monkeypatch.setattr(modes, "TICK", -(10**18))
    taken = modes.record(str(one), None)
    assert records.decode(taken)["Files"].changed or not tree.HAS_DIR_FD
    (one / "Files" / "new.txt").write_text("x")
    (one / "Files" / "secret").rename(one / "Files" / "moved")
    modes.close(str(one), taken)
    assert not [path for path, mode in builder.modes(one).items() if mode & 0o222]


def test_fresh_or_coarse_change_time_proves_nothing(one, monkeypatch):
    found = os.stat(one)
    folder = tree.open_root(str(one))
    late = found.st_ctime_ns + modes.TICK
    monkeypatch.setattr(modes.time, "time_ns", lambda: late)
    assert modes._change_time(folder, found) == 0
    monkeypatch.setattr(modes.time, "time_ns", lambda: late + 1)
    fine = found.st_ctime_ns if found.st_ctime_ns % 1_000_000 else 0
    assert modes._change_time(folder, found) == fine

    class Coarse:
        st_ctime_ns = 5_000_000

    assert modes._change_time(folder, Coarse()) == 0
    folder.close()


@pytest.mark.usefixtures("platform")
def test_names_of_any_bytes(one, builder):
    raw = os.fsencode(one)
    os.mkdir(os.path.join(raw, b"Files", b"d\xff\xfe"))
    for name in (b"\xe4.txt", "日本 語.txt".encode(), b"new\nline", b"x" * 255):
        with open(os.path.join(raw, b"Files", b"d\xff\xfe", name), "wb"):
            pass
    before = builder.modes(one)
    taken = modes.record(str(one), None)
    modes.close(str(one), taken)
    assert builder.modes(one) == builder.closed(before)
    modes.open(str(one), taken)
    assert builder.modes(one) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gets there")
def test_shut_folders(one, builder):
    (one / "Files" / "cs").chmod(0o000)
    (one / "Files").chmod(0o300)
    before = builder.modes(one)
    taken = modes.record(str(one), None)
    modes.close(str(one), taken)
    assert builder.modes(one) == builder.closed(before)
    modes.open(str(one), taken)
    assert builder.modes(one) == before


def test_look(one, tmp_path):
    assert modes.look(str(tmp_path / "nothing")) is Openness.MISSING
    assert modes.look(str(one / "descriptor.json")) is Openness.MISSING
    taken = modes.record(str(one), None)
    modes.close(str(one), taken)
    for path in (one, one / "descriptor.json", one / "Files"):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | 0o020)
        assert modes.look(str(one)) is Openness.OPEN
        path.chmod(mode)
        assert modes.look(str(one)) is Openness.CLOSED


@pytest.mark.usefixtures("platform")
def test_read_only_file_system_is_told(one, monkeypatch):
    taken = modes.record(str(one), None)
    real = os.chmod

    def refuse(path, mode, **more):
        if str(path).endswith("secret"):
            raise OSError(30, "Read-only file system")
        real(path, mode, **more)

    monkeypatch.setattr(os, "chmod", refuse)
    with pytest.raises(WorkspaceError, match=r"One/Files/secret: its file system is mounted read-only") as told:
        modes.close(str(one), taken)
    assert told.value.remedy


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("call", ["record", "close", "open"])
def test_files_that_go_away_meanwhile_are_passed_over(one, builder, monkeypatch, call):
    taken = modes.record(str(one), None)
    name = "chmod" if call != "record" else "stat"
    if call == "record" and not tree.HAS_DIR_FD:
        name = "lstat"
    real = getattr(os, name)

    def vanish(path, *args, **more):
        if str(path).endswith("secret"):
            raise FileNotFoundError(2, "No such file")
        return real(path, *args, **more)

    monkeypatch.setattr(os, name, vanish)
    if call == "record":
        real_lstat = os.lstat
        monkeypatch.setattr(
            os, "lstat", lambda path, **m: vanish(path, **m) if name == "stat" else real_lstat(path, **m)
        )
        again = records.decode(modes.record(str(one), None))
        assert "secret" not in again["Files"].names
        assert "already" in again["Files"].names
    else:
        getattr(modes, call)(str(one), taken)
