"""Reading the contents that a survey named: through no link, never for ever; what cannot be read is left out."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.workspaces import reading, survey

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX names and kinds of files")


def read(root, *paths, progress=reading.NOBODY):
    return {path: b"".join(chunks) for path, chunks in reading.read(str(root), paths, progress)}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "Pkg"
    (folder / "A" / "deep").mkdir(parents=True)
    (folder / "B").mkdir()
    (folder / "a.txt").write_bytes(b"a")
    (folder / "A" / "b.txt").write_bytes(b"b")
    (folder / "A" / "deep" / "c.txt").write_bytes(b"c")
    (folder / "B" / "d.txt").write_bytes(b"")
    return folder


def test_reads_files_in_any_order_and_leaves_out_what_is_gone(root):
    paths = (
        b"A/deep/c.txt",
        b"a.txt",
        b"B/d.txt",
        b"A/b.txt",
        b"gone.txt",
        b"gone/x.txt",
        b"A/gone/x",
        b"A/deep/c.txt",
    )
    given = [(path, b"".join(chunks)) for path, chunks in reading.read(str(root), paths)]
    assert given == [
        (b"A/deep/c.txt", b"c"),
        (b"a.txt", b"a"),
        (b"B/d.txt", b""),
        (b"A/b.txt", b"b"),
        (b"A/deep/c.txt", b"c"),
    ]


@pytest.mark.parametrize("name", [b"line\nend", b"\xff\xfe", b"tab\t", "ü".encode(), b" "])
def test_reads_names_of_any_bytes(root, name):
    folder = os.fsencode(root) + b"/" + name
    os.mkdir(folder)
    with open(folder + b"/" + name, "wb") as file:
        file.write(b"odd")
    assert read(root, name + b"/" + name) == {name + b"/" + name: b"odd"}


def test_follows_no_link_neither_of_a_file_nor_of_a_folder(root, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x").write_bytes(b"secret")
    (root / "L").symlink_to(tmp_path / "secret")
    (root / "l").symlink_to(tmp_path / "secret" / "x")
    assert read(root, b"L/x", b"l", b"a.txt") == {b"l": os.fsencode(tmp_path / "secret" / "x"), b"a.txt": b"a"}


def test_a_link_is_its_target_with_the_digest_of_the_survey(root):
    import hashlib

    (root / "l").symlink_to("nowhere")
    assert hashlib.sha256(read(root, b"l")[b"l"]).digest() == survey.take(str(root)).items[b"l"].digest


def test_pipes_sockets_and_folders_are_left_out_and_not_waited_for(root):
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(root)  # the path of a socket may not be long
        try:
            listener.bind("sock")
        finally:
            os.chdir(here)
        assert read(root, b"pipe", b"sock", b"A", b"a.txt") == {b"a.txt": b"a"}


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else False, reason="root may read everything")
def test_what_may_not_be_read_is_left_out(root):
    (root / "a.txt").chmod(0)
    (root / "B").chmod(0)
    try:
        assert read(root, b"a.txt", b"B/d.txt", b"A/b.txt") == {b"A/b.txt": b"b"}
    finally:
        (root / "B").chmod(0o700)


def test_hard_links_are_files_like_others(root):
    os.link(root / "a.txt", root / "B" / "again")
    assert read(root, b"a.txt", b"B/again") == {b"a.txt": b"a", b"B/again": b"a"}


def test_a_large_file_comes_in_chunks_and_no_more_than_it_held(root):
    size = 3 * reading.CHUNK + 5
    (root / "big").write_bytes(b"x" * size)
    given = reading.read(str(root), [b"big"])
    _, chunks = next(given)
    sizes = []
    for chunk in chunks:
        sizes.append(len(chunk))
        with open(root / "big", "ab") as file:
            file.write(b"y" * len(chunk))  # it grows as fast as it is read
    assert sizes == [reading.CHUNK] * 3 + [5]


def test_a_file_that_becomes_shorter_ends(root):
    (root / "big").write_bytes(b"x" * (3 * reading.CHUNK))
    given = reading.read(str(root), [b"big"])
    _, chunks = next(given)
    first = next(chunks)
    os.truncate(root / "big", 10)
    assert [len(first), *map(len, chunks)] == [reading.CHUNK]


def test_an_error_in_the_midst_is_told_and_the_next_file_is_read(root, monkeypatch):
    (root / "big").write_bytes(b"x" * (3 * reading.CHUNK))
    given = reading.read(str(root), [b"big", b"a.txt"])
    _, chunks = next(given)
    next(chunks)
    with monkeypatch.context() as patch:
        patch.setattr(reading.os, "read", _fails)
        with pytest.raises(WorkspaceError, match="big"):
            next(chunks)
    assert [(path, b"".join(rest)) for path, rest in given] == [(b"a.txt", b"a")]


def _fails(fd, size):
    raise OSError(5, "Input/output error")


def test_cancelled_in_the_midst_of_a_large_file(root):
    (root / "big").write_bytes(b"x" * (3 * reading.CHUNK))
    progress = CancellableProgress()
    given = reading.read(str(root), [b"big"], progress)
    _, chunks = next(given)
    next(chunks)
    progress.cancel()
    with pytest.raises(Cancelled):
        next(chunks)


def test_nothing_stays_open(root):
    (root / "big").write_bytes(b"x" * (3 * reading.CHUNK))
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    given = reading.read(str(root), [b"A/deep/c.txt", b"big", b"a.txt"])
    next(given)
    next(given)  # its chunks are never asked for
    given.close()
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_a_package_that_is_gone_is_told(tmp_path):
    with pytest.raises(WorkspaceError):
        read(tmp_path / "gone", b"a")
