"""What tells, across our own changes of modes, that nobody touched a file while its package was open.

An equal change time proves that nobody wrote to a file (see ``survey``), but opening and closing a package moves it
themselves. So it is noted, folder by folder, between which two change times our own calls lay: their *window*. A file
whose change time lies in the window of the opening when the package is to be closed, and in that of the closing
afterwards, and whose size, modification time and inode are what they were before, need not be read again. Who writes
within such a window, or between the two looks around a closing, and sets the modification time back as well, is found
all the same: by the looks that read everything again after each hotfix.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces.tree import Folder

Windows = dict[str, tuple[int, int]]
"""The first and the last change time of the files of each folder, by its path below the package."""

_WINDOW = struct.Struct("<qqI")


def note_window(windows: Windows, folder: Folder, names: Sequence[str]) -> None:
    """Look at the first and the last of the files whose modes were just set, in this order.

    It is the clock of the file system that counts, which may be another machine's. One that counts in whole
    milliseconds or seconds proves nothing, nor does the time of creation that Windows tells.
    """
    if not names or folder.fd is None:
        return
    try:
        first, last = folder.status_of(names[0]), folder.status_of(names[-1])
    except WorkspaceError:
        return
    if first is not None and last is not None and first.st_ctime_ns % 1_000_000 and last.st_ctime_ns % 1_000_000:
        windows[folder.path] = first.st_ctime_ns, last.st_ctime_ns


def encode(windows: Windows) -> bytes:
    """Give windows as bytes that a database can keep; none of none."""
    parts = []
    for path, (first, last) in windows.items():
        name = os.fsencode(path)
        parts.append(_WINDOW.pack(first, last, len(name)) + name)
    return b"".join(parts)


def decode(data: bytes) -> Windows:
    """Give the windows of these bytes; of damaged ones those before the damage."""
    windows: Windows = {}
    at = 0
    while at + _WINDOW.size <= len(data):
        first, last, length = _WINDOW.unpack_from(data, at)
        at += _WINDOW.size + length
        if at > len(data):
            break
        windows[os.fsdecode(data[at - length : at])] = first, last
    return windows


class Crossing:
    """One closing of a package, for the survey that follows it.

    Attributes:
        closed: the windows of the closing, once it is done.
        touched: the files that somebody touched since the opening, by their paths below the package.
    """

    def __init__(self, opened: bytes) -> None:
        """Begin with the windows of the opening."""
        self.closed: Windows = {}
        self.touched: set[str] = set()
        self._opened = decode(opened)

    def note(self, folder: Folder, names: Sequence[str], found: Sequence[os.stat_result | None]) -> None:
        """Hear what lies in a folder before it is closed."""
        first, last = self._opened.get(folder.path, (1, 0))
        changed = [0 if one is None else one.st_ctime_ns for one in found]
        if changed and not first <= min(changed) <= max(changed) <= last:
            pairs = zip(names, changed, strict=True)
            self.touched.update(folder.below(name) for name, at in pairs if not first <= at <= last)
