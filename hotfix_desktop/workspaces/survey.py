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
from dataclasses import dataclass

from hotfix_desktop.core.collecting import no_collection
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.crossing import Crossing
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
    crossing: Crossing | None = None,
) -> Manifest:
    """Give every folder, file, link and other thing of a package; the package itself is ``b""``.

    With ``earlier``, a file of the same size and stamp keeps its digest unread. A file that may not be read is
    ``UNREADABLE``; what goes away meanwhile is left out. Into ``linked`` go the files that have other names
    besides, with their paths below ``root``. ``mapped`` knows what programs have in memory. With ``crossing``, of a
    package that was just closed, ``earlier`` is what it contained before it was opened.

    Raises:
        WorkspaceError: a folder cannot be read.
        Cancelled: from ``progress``.
    """
    surveyor = _Surveyor(
        earlier or Manifest({}), progress, {} if linked is None else linked, mapped or MappedFiles(), crossing
    )
    with no_collection():
        for folder, leaving in walk(root):
            if not leaving:
                surveyor.visit(folder)
        return surveyor.manifest()


@dataclass(slots=True)
class _Listing:
    """What a folder contains: kept in the manifest, so that the next survey finds the facts of a folder at once.

    Attributes:
        itself: the fact of the folder.
        names: of what lies in it, sorted.
        paths: theirs below the package.
        facts: theirs; None for folders, which have listings of their own, and for what went away meanwhile.
    """

    itself: Fact
    names: list[str]
    paths: list[bytes]
    facts: list[Fact | None]


class _Surveyor:
    """One look at a package."""

    def __init__(
        self,
        earlier: Manifest,
        progress: Progress,
        linked: dict[Inode, str],
        mapped: MappedFiles,
        crossing: Crossing | None,
    ) -> None:
        self._earlier = earlier
        self._progress = progress
        self._linked = linked
        self._mapped = mapped
        self._crossing = crossing
        self._begun = self._done = 0
        self._in_memory = mapped.inodes() if crossing is not None else None
        self._listings: dict[str, object] = {}

    def manifest(self) -> Manifest:
        """Give what was found: the earlier manifest itself, whose digest is known, when that is the same."""
        earlier, listings = self._earlier, self._listings
        if earlier.listings and listings == earlier.listings:
            return earlier
        items: dict[bytes, Fact] = {}
        for path, listing in listings.items():
            assert isinstance(listing, _Listing)
            items[os.fsencode(path)] = listing.itself
            items.update((path, fact) for path, fact in zip(listing.paths, listing.facts, strict=True) if fact)
        if items == earlier.items:
            earlier.listings.update(listings)
            return earlier
        found = Manifest(items)
        found.listings.update(listings)
        return found

    def visit(self, folder: Folder) -> None:
        """Look at a folder and what lies in it; its folders are for the walk."""
        itself = Fact(Kind.FOLDER, stat.S_IMODE(folder.status().st_mode), 0, NO_STAMP, b"")
        names = folder.list_names()
        names.sort()
        known = self._earlier.listings.get(folder.path)
        if isinstance(known, _Listing) and known.names == names:
            paths, earlier = known.paths, known.facts
        else:
            base = os.fsencode(folder.path) + b"/" if folder.path else b""
            # All in one: no name has a zero in it, and ``os.fsencode`` of each would take as long as the rest.
            paths = [base + name for name in os.fsencode("\0".join(names)).split(b"\0")] if names else []
            earlier = list(map(self._earlier.items.get, paths))
        facts: list[Fact | None] = []
        for start in range(0, len(names), STEP):
            self._progress.step(self._done + start, 0, shown(folder.path))
            # From before the looks, so that whatever is changed after a look bears a later time.
            self._begun = time.time_ns()
            end = start + STEP
            self._visit_some(folder, names[start:end], earlier[start:end], facts)
        self._done += len(names)
        self._listings[folder.path] = _Listing(itself, names, paths, facts)

    def _visit_some(
        self, folder: Folder, names: list[str], earlier: list[Fact | None], facts: list[Fact | None]
    ) -> None:
        """Add the facts of some of what lies in a folder; this runs once for each of a hundred thousand files."""
        crossing = self._crossing
        look_at, fd, prefix, regular, file = os.lstat, folder.fd, folder.prefix, stat.S_IFREG, Kind.FILE
        first, last, touched, in_memory = 1, 0, set[str](), self._in_memory or frozenset()
        if crossing is not None:
            (first, last), touched = crossing.closed.get(folder.path, (1, 0)), crossing.touched
        for name, was in zip(names, earlier, strict=True):
            fact: Fact | None = None
            try:
                found = look_at(prefix + name, dir_fd=fd)
            except FileNotFoundError:
                facts.append(None)
                continue
            except OSError as error:
                raise refusal(error, "look at", folder.full(name)) from error
            mode = found.st_mode
            if mode & 0o170000 != regular:
                facts.append(self._other(folder, name, found))
                continue
            if found.st_nlink > 1:
                self._linked[found.st_dev, found.st_ino] = folder.below(name)
            if was is not None and was.size == found.st_size and was.kind is file:
                stamp, changed, mode = was.stamp, found.st_ctime_ns, mode & 0o7777
                if stamp == (found.st_mtime_ns, changed, found.st_ino):
                    fact = was if was.mode == mode else was._replace(mode=mode)
                elif (
                    first <= changed <= last
                    and stamp == (found.st_mtime_ns, stamp[1], found.st_ino)
                    and found.st_ino not in in_memory
                    and not (touched and folder.below(name) in touched)
                ):
                    stamp = (stamp[0], changed, stamp[2]) if self._begun - changed > TICK else NO_STAMP
                    fact = Fact(file, mode, was.size, stamp, was.digest)
            facts.append(fact or self._read(folder, name, found))

    def _other(self, folder: Folder, name: str, found: os.stat_result) -> Fact | None:
        """Give what is no regular file; a folder is left to the walk, which may find it gone."""
        kind, digest = Kind.OTHER, b""
        if stat.S_ISDIR(found.st_mode) and not getattr(found, "st_file_attributes", 0) & REPARSE_POINT:
            folder.folders.append(name)
            return None
        if stat.S_ISLNK(found.st_mode):
            try:
                target = os.readlink(folder.prefix + name, dir_fd=folder.fd)
            except OSError as error:
                if error.errno in (*_GONE, errno.EINVAL):
                    return None
                raise refusal(error, "look at", folder.full(name)) from error
            kind, digest = Kind.LINK, hashlib.sha256(os.fsencode(target)).digest()
        return Fact(kind, stat.S_IMODE(found.st_mode), 0, NO_STAMP, digest)

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
