"""Reads the contents of files of a package that a survey named, on the way to the content store.

The way to each file leads through open folders and no link (see ``tree``); files of one folder that follow one
another are read through the same one. A pipe that took a file's place is not waited for.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.refusals import refusal
from hotfix_desktop.workspaces.tree import OPEN_FILE, Folder, open_root

CHUNK = 1 << 20
"""Bytes that are read at once."""
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""It says nothing of the file that it could not be opened."""


def read(root: str, paths: Sequence[bytes], progress: Progress = NOBODY) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    """Yield each of these files that can be read, with its bytes in chunks; of a link they are its target.

    The chunks of one are to be asked for before the next one. No more is given than the file held when it was opened:
    one that grows for ever is read to an end.

    Raises:
        WorkspaceError: the package cannot be read at all, or too many files are open; and from the chunks, when the
            disk gives an error in the midst of a file.
        Cancelled: from ``progress``, between two chunks.
    """
    trail = _Trail(root)
    try:
        for path in paths:
            base, _, name = path.rpartition(b"/")
            folder = trail.to(os.fsdecode(base))
            if folder is None:
                continue
            chunks = _open(folder, os.fsdecode(name), progress)
            if chunks is None:
                continue
            try:
                yield path, chunks
            finally:
                if isinstance(chunks, _Chunks):
                    chunks.close()
    finally:
        trail.close()


class _Trail:
    """The open folders from the root to where the last file lay."""

    def __init__(self, root: str) -> None:
        self._folders = [open_root(root)]
        self._path = ""

    def to(self, path: str) -> Folder | None:
        """Go to a folder; None when it is gone, is a link now, or may not be entered."""
        if path == self._path:
            return self._folders[-1]
        parts, here = (path.split("/") if path else []), (self._path.split("/") if self._path else [])
        shared = 0
        while shared < min(len(parts), len(here)) and parts[shared] == here[shared]:
            shared += 1
        while len(self._folders) > shared + 1:
            self._folders.pop().close()
        for depth in range(shared, len(parts)):
            self._path = "/".join(parts[:depth])
            try:
                child = self._folders[-1].enter(parts[depth])
            except WorkspaceError as error:
                if isinstance(error.__cause__, OSError) and error.__cause__.errno in _NO_ROOM:
                    raise
                return None
            if child is None:
                return None
            self._folders.append(child)
        self._path = path
        return self._folders[-1]

    def close(self) -> None:
        for folder in self._folders:
            folder.close()


def _open(folder: Folder, name: str, progress: Progress) -> Iterator[bytes] | None:
    """Give the chunks of a file or the target of a link; None when it is neither, or cannot be read."""
    if folder.fd is None and stat.S_ISLNK(folder.mode_of(name)):
        return _target(folder, name)  # there is no way to open it and not follow it
    try:
        fd = os.open(folder.prefix + name, OPEN_FILE, dir_fd=folder.fd)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise refusal(error, "read", folder.full(name)) from error
        return _target(folder, name) if error.errno == errno.ELOOP else None
    chunks: Iterator[bytes] | None = None
    try:
        found = os.fstat(fd)
        if stat.S_ISREG(found.st_mode):
            if found.st_size > CHUNK:
                chunks = _Chunks(fd, found.st_size, folder.full(name), progress)
            else:
                chunks = iter((_whole(fd, found.st_size),))
    except OSError:
        pass
    finally:
        if not isinstance(chunks, _Chunks):
            os.close(fd)
    return chunks


def _whole(fd: int, size: int) -> bytes:
    """Give at most ``size`` bytes of an open file: fewer when it became shorter."""
    data = os.read(fd, size)
    while len(data) < size and (more := os.read(fd, size - len(data))):
        data += more
    return data


def _target(folder: Folder, name: str) -> Iterator[bytes] | None:
    try:
        return iter((os.fsencode(os.readlink(folder.prefix + name, dir_fd=folder.fd)),))
    except OSError:
        return None


class _Chunks(Iterator[bytes]):
    """The bytes of a large file, which is closed behind the last of them."""

    def __init__(self, fd: int, size: int, path: str, progress: Progress) -> None:
        self._fd = fd
        self._left = size
        self._path = path
        self._progress = progress

    def __next__(self) -> bytes:
        self._progress.check()
        try:
            data = os.read(self._fd, min(self._left, CHUNK)) if self._left > 0 else b""
        except OSError as error:
            self.close()
            raise refusal(error, "read", self._path) from error
        if not data:
            self.close()
            raise StopIteration
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file, wherever the reading has come to."""
        self._left = 0
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
