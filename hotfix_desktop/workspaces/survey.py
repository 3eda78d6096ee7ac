"""What a package folder contains now, reading only what may have changed since an earlier look.

The stamp of a file proves that nobody touched it, because the system sets its change time and nobody can set
it back. It proves nothing of a file that was changed just now: the clock for files ticks slowly, and a write
in the same tick leaves the change time as it is. Such a file, and one that a program has in memory to write
to it, gets no stamp and is read again the next time.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Mapping

from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.modes import STEP, TICK
from hotfix_desktop.workspaces.refusals import refusal, shown
from hotfix_desktop.workspaces.tree import OPEN_FILE, REPARSE_POINT, Folder, walk
from hotfix_desktop.workspaces.writers import Inode, MappedFiles

CHUNK = 1 << 20
"""Bytes that are read at once; between two chunks of a big file a cancel is heard."""
NO_STAMP = (0, 0, 0)
"""What a file gets whose change time proves nothing; no file has it."""
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)
"""It is gone, or something that is no regular file took its place."""
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""It says nothing of the file that it could not be opened."""


def take(
    root: str,
    earlier: Manifest | None = None,
    progress: Progress = NOBODY,
    linked: dict[Inode, str] | None = None,
    mapped: MappedFiles | None = None,
) -> Manifest:
    """Give every folder, file, link and other thing of a package; the package itself is ``b""``.

    With ``earlier``, a file of the same size and stamp keeps its digest unread. A file that may not be read is
    ``UNREADABLE``; what goes away meanwhile is left out. Into ``linked`` go the files that have other names
    besides, with their paths below ``root``. ``mapped`` knows what programs have in memory.

    Raises:
        WorkspaceError: a folder cannot be read.
        Cancelled: from ``progress``.
    """
    surveyor = _Surveyor(
        earlier.items if earlier else {}, progress, {} if linked is None else linked, mapped or MappedFiles()
    )
    for folder, leaving in walk(root):
        if not leaving:
            surveyor.visit(folder)
    return Manifest(surveyor.items)


class _Surveyor:
    """One look at a package.

    Attributes:
        items: what was found so far.
    """

    def __init__(
        self, earlier: Mapping[bytes, Fact], progress: Progress, linked: dict[Inode, str], mapped: MappedFiles
    ) -> None:
        self.items: dict[bytes, Fact] = {}
        self._earlier = earlier
        self._progress = progress
        self._linked = linked
        self._mapped = mapped
        # From before the first look, so that whatever is changed after a look bears a later time.
        self._begun = time.time_ns()
        self._in_memory: frozenset[int] | None = None

    def visit(self, folder: Folder) -> None:
        """Look at a folder and what lies in it; its folders are for the walk."""
        items, earlier = self.items, self._earlier
        items[os.fsencode(folder.path)] = Fact(Kind.FOLDER, stat.S_IMODE(folder.status().st_mode), 0, NO_STAMP, b"")
        base = os.fsencode(folder.path) + b"/" if folder.path else b""
        names = folder.list_names()
        names.sort()
        is_file, look_at, fd, prefix = stat.S_ISREG, os.stat, folder.fd, folder.prefix
        for at, name in enumerate(names):
            if not at % STEP:
                self._progress.step(len(items) - 1, 0, shown(folder.path))
            try:
                found = look_at(prefix + name, dir_fd=fd, follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise refusal(error, "look at", folder.full(name)) from error
            if not is_file(found.st_mode):
                self._note_other(folder, name, found)
                continue
            if found.st_nlink > 1:
                self._linked[found.st_dev, found.st_ino] = folder.below(name)
            path = base + os.fsencode(name)
            was = earlier.get(path)
            if (
                was is not None
                and was.stamp == (found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
                and was.size == found.st_size
                and was.kind is Kind.FILE
            ):
                mode = found.st_mode & 0o7777
                items[path] = was if was.mode == mode else Fact(was.kind, mode, was.size, was.stamp, was.digest)
            elif fact := self._read(folder, name, found):
                items[path] = fact

    def _note_other(self, folder: Folder, name: str, found: os.stat_result) -> None:
        """Note what is no regular file; a folder is left to the walk, which may find it gone."""
        kind, digest = Kind.OTHER, b""
        if stat.S_ISDIR(found.st_mode) and not getattr(found, "st_file_attributes", 0) & REPARSE_POINT:
            folder.folders.append(name)
            return
        if stat.S_ISLNK(found.st_mode):
            try:
                target = os.readlink(folder.prefix + name, dir_fd=folder.fd)
            except OSError as error:
                if error.errno in (*_GONE, errno.EINVAL):
                    return
                raise refusal(error, "look at", folder.full(name)) from error
            kind, digest = Kind.LINK, hashlib.sha256(os.fsencode(target)).digest()
        items_path = os.fsencode(folder.below(name))
        self.items[items_path] = Fact(kind, stat.S_IMODE(found.st_mode), 0, NO_STAMP, digest)

    def _read(self, folder: Folder, name: str, found: os.stat_result) -> Fact | None:
        """Read a file; None when it is gone or is no regular file any more."""
        if self._in_memory is None:
            self._in_memory = self._mapped.inodes()
        try:
            fd = os.open(folder.prefix + name, OPEN_FILE, dir_fd=folder.fd)
            try:
                found = os.fstat(fd)
                if not stat.S_ISREG(found.st_mode):
                    return None
                digest = self._hash(fd, found.st_size)
            finally:
                os.close(fd)
        except OSError as error:
            if error.errno in _GONE:
                return None
            if error.errno in _NO_ROOM:
                raise refusal(error, "read", folder.full(name)) from error
            return Fact(Kind.FILE, stat.S_IMODE(found.st_mode), found.st_size, NO_STAMP, UNREADABLE)
        stamp = self._stamp(folder, found)
        return Fact(Kind.FILE, stat.S_IMODE(found.st_mode), found.st_size, stamp, digest)

    def _hash(self, fd: int, size: int) -> bytes:
        """Give the digest of what an open file holds; what is added beyond ``size`` meanwhile moves its stamp."""
        if size <= CHUNK:
            data = os.read(fd, size)
            if len(data) == size:
                return hashlib.sha256(data).digest()
            whole, left = hashlib.sha256(data), size - len(data)
        else:
            whole, left = hashlib.sha256(), size
        while left > 0 and (data := os.read(fd, min(left, CHUNK))):
            whole.update(data)
            left -= len(data)
            self._progress.check()
        return whole.digest()

    def _stamp(self, folder: Folder, found: os.stat_result) -> tuple[int, int, int]:
        """Give the stamp of a file, or ``NO_STAMP`` where an equal one later would not prove equal contents.

        A time without fine digits comes from a file system that may count in seconds; and on Windows, where
        there are no descriptors, it is the time of creation.
        """
        changed = found.st_ctime_ns
        is_old = self._begun - changed > TICK and changed % 1_000_000
        if not is_old or folder.fd is None or found.st_ino in (self._in_memory or ()):
            return NO_STAMP
        return found.st_mtime_ns, changed, found.st_ino
