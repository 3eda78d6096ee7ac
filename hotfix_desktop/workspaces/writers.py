"""Programs that can still write to a file of a package (``performance.md`` D2).

Taking the write bits away does not stop a program that opened a file before. Linux tells who that is, below
``/proc``: each open file is a link there, and each file in memory a line of ``maps``. Elsewhere nobody is
found, and the next look at the contents has to tell. Only processes that this user may look into are seen.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping

from hotfix_desktop.core.texts import printable
from hotfix_desktop.core.writers import Writer

PROC = "/proc"
ANSWER_SECONDS = 1.0
"""How long an answer of :class:`MappedFiles` is good."""
Inode = tuple[int, int]
"""Device and inode: a file, whatever it is called."""

_WRITES = os.O_WRONLY | os.O_RDWR
_DELETED = " (deleted)"
_SHARED_AND_WRITABLE = re.compile(rb"^\S+ .w.s \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) +(/.*)$", re.MULTILINE)
"""A line of ``maps`` whose changes reach the file; those of a private mapping do not."""


def find_writers(root: str, linked: Mapping[Inode, str] | None = None) -> tuple[Writer, ...]:
    """Give every program, this one left out, that can still write to a file below ``root``.

    ``linked`` names, with their paths below ``root``, the files that have other names besides: a program that
    holds one of these by a name elsewhere is found too. Never raises; what ended meanwhile is left out.
    """
    below = os.path.join(os.path.realpath(root), "")
    found: dict[tuple[int, str], Writer] = {}
    for pid in _others():
        held = set(_held(pid, below, linked or {}))
        mapped = set(_mapped(pid, below, linked or {})) - held
        if held or mapped:
            program = _program(pid)
            for path in held | mapped:
                found[pid, path] = Writer(pid, program, printable(path.replace(os.sep, "/")), path in mapped)
    return tuple(writer for _, writer in sorted(found.items()))


class MappedFiles:
    """The files that programs have in memory to write to them, asked anew after a second at most.

    Such a program can change a file again and again while the change time moves only at the first of these
    writes, until the system has written the page to the disk. So no stamp proves anything of them. When a whole
    folder is protected the question comes with each package, and one look at all processes takes some ten ms.
    """

    def __init__(self) -> None:
        """Start without an answer."""
        self._inodes: frozenset[int] = frozenset()
        self._asked = float("-inf")

    def inodes(self) -> frozenset[int]:
        """Give their inode numbers, those of this program included."""
        if time.monotonic() - self._asked > ANSWER_SECONDS:
            pids = [*_others(), os.getpid()]
            self._inodes = frozenset(inode for pid in pids for (_, inode), _ in _mappings(pid))
            self._asked = time.monotonic()
        return self._inodes


def _others() -> Iterator[int]:
    """Give the processes; none where there is no ``/proc``."""
    try:
        names = os.listdir(PROC)
    except OSError:
        return
    me = os.getpid()
    for name in names:
        if name.isdecimal() and int(name) != me:
            yield int(name)


def _held(pid: int, below: str, linked: Mapping[Inode, str]) -> Iterator[str]:
    """Give the paths of the package that a process has open for writing."""
    folder = f"{PROC}/{pid}/fd/"
    try:
        descriptors = os.listdir(folder)
    except OSError:
        return  # it has ended, or belongs to somebody else
    for descriptor in descriptors:
        try:
            path = os.readlink(folder + descriptor)
            inside = path.startswith(below)
            # A look at the file itself is dear, and only the rare package with hard links pays for it.
            if not inside and (not linked or path[:1] != "/" or path.startswith("/dev/")):
                continue
            if not _flags(pid, descriptor) & _WRITES:
                continue
            known = None
            if linked or path.endswith(_DELETED):
                status = os.stat(folder + descriptor)
                known = linked.get((status.st_dev, status.st_ino))
                inside = inside and status.st_nlink > 0
            if known is not None:
                yield known
            elif inside:
                yield path[len(below) :]
        except OSError:
            continue  # it was closed meanwhile


def _flags(pid: int, descriptor: str) -> int:
    """Give the flags with which a file was opened."""
    fd = os.open(f"{PROC}/{pid}/fdinfo/{descriptor}", os.O_RDONLY)
    try:
        text = os.read(fd, 1024)
    finally:
        os.close(fd)
    found = re.search(rb"^flags:\s*([0-7]+)", text, re.MULTILINE)
    return int(found[1], 8) if found else 0


def _mapped(pid: int, below: str, linked: Mapping[Inode, str]) -> Iterator[str]:
    """Give the paths of the package that a process has in memory, shared and writable."""
    for inode, shown in _mappings(pid):
        # The system writes a line feed as \012 here, and nothing else in any other way.
        path = os.fsdecode(shown.replace(rb"\012", b"\n"))
        if inode in linked:
            yield linked[inode]
        elif path.startswith(below) and not (path.endswith(_DELETED) and not os.path.lexists(path)):
            yield path[len(below) :]


def _mappings(pid: int) -> Iterator[tuple[Inode, bytes]]:
    """Give the files that a process has in memory, shared and writable."""
    try:
        fd = os.open(f"{PROC}/{pid}/maps", os.O_RDONLY)
    except OSError:
        return
    try:
        parts = []
        while part := os.read(fd, 1 << 20):
            parts.append(part)
    except OSError:
        return  # it has ended, or belongs to somebody else
    finally:
        os.close(fd)
    text = b"".join(parts)
    if b"w-s " not in text and b"wxs " not in text:
        return  # as with nearly all; five times as fast as the pattern
    for major, minor, inode, path in _SHARED_AND_WRITABLE.findall(text):
        if not path.startswith(b"/dev/"):
            yield (os.makedev(int(major, 16), int(minor, 16)), int(inode)), path


def _program(pid: int) -> str:
    """Give the name of a process on one line."""
    try:
        with open(f"{PROC}/{pid}/comm", "rb") as file:
            return printable(" ".join(os.fsdecode(file.read()).split())) or "?"
    except OSError:
        return "?"
