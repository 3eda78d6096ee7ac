"""Closing a package on disk by taking the write bits away, and giving it back exactly as it was.

As with ``svn:needs-lock`` this binds tools and people, not root (``design.md``, 6). Only folders and regular
files are touched; links are never followed, and pipes, sockets and devices are left alone. On Windows only
the read-only attribute of *files* means anything: there a closed folder still takes new files.

The package folder itself is closed last and opened first, so that :func:`look` calls a package open from the
first step of an opening to the last step of a closing, and an interrupted one is repaired towards closed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.crossing import Crossing, Windows, note_window
from hotfix_desktop.workspaces.records import WRITE_BITS, FolderModes, closed, decode, encode
from hotfix_desktop.workspaces.refusals import refusal, shown
from hotfix_desktop.workspaces.tree import Folder, walk
from hotfix_desktop.workspaces.writers import Inode

STEP = 200
"""Files between two reports of progress, which are also the places where a cancel is heard."""
TICK = 20_000_000
"""Nanoseconds; no kernel's clock for files ticks more slowly (HZ=100 is 10 ms)."""
_REACHED = 0o500
"""What an owner needs to reach the content of a folder: an opening lends it until the content is done."""
SAMPLE = 100
"""Direct children that a look goes through at most."""
_Refused = Callable[[WorkspaceError], None]
"""Hears of something whose mode could not be changed; to raise it is to stop."""
_TYPE = 0o170000
"""The bits of ``st_mode`` that say what a file is."""


def record(
    root: str,
    earlier: bytes | None,
    progress: Progress = NOBODY,
    linked: dict[Inode, str] | None = None,
    crossing: Crossing | None = None,
) -> bytes:
    """Note the mode of a package folder and of every folder and file in it.

    With ``earlier``, the record of a closing that was interrupted, whatever looks as that closing would have
    left it keeps the mode that it had before. Into ``linked`` go the files that have other names besides, with
    their paths below ``root``: these are looked at here in any case; ``crossing`` hears of all.

    Raises:
        WorkspaceError: a folder cannot be read, or ``earlier`` is damaged.
    """
    before = decode(earlier) if earlier is not None else {}
    folders: list[FolderModes] = []
    meter = _Meter(progress)
    linked = {} if linked is None else linked
    for folder, leaving in walk(root):
        if leaving:
            continue
        found = folder.status()
        now = FolderModes(folder.path, stat.S_IMODE(found.st_mode), _change_time(folder, found))
        _note_files(folder, now, meter, linked, crossing)
        if folder.path in before:
            _keep_earlier(now, before[folder.path])
        folders.append(now)
    return encode(folders)


def _change_time(folder: Folder, found: os.stat_result) -> int:
    """Give the folder's change time if an equal one later proves its names to mean the same files; else 0.

    Nobody can set this time, and each change of a name moves it, if only by a tick of the kernel's clock. So
    a fresh one proves nothing, nor one without fine digits, whose file system may count in seconds. Without
    descriptors there is no proof either: on Windows it is the time of creation.
    """
    changed = found.st_ctime_ns
    fine = changed % 1_000_000 and time.time_ns() - changed > TICK
    return changed if fine and folder.fd is not None else 0


class _Meter:
    """Counts what was done and reports it every ``STEP`` files or folders."""

    def __init__(self, progress: Progress, folders: dict[str, FolderModes] | None = None) -> None:
        self._progress = progress
        self._total = sum(1 + len(folder.names) for folder in folders.values()) if folders else 0
        self._done = self._told = 0
        progress.step(0, self._total)

    def add(self, count: int, folder: Folder) -> None:
        """Hear of ``count`` more; raises ``Cancelled``."""
        self._done += count
        if self._done - self._told >= STEP:
            self._told = self._done
            self._progress.step(self._done, max(self._total, self._done) if self._total else 0, shown(folder.path))


def _note_files(
    folder: Folder, now: FolderModes, meter: _Meter, linked: dict[Inode, str], crossing: Crossing | None
) -> None:
    """Look at what lies in a folder: the modes of its files into ``now``, its folders onto the walk."""
    meter.add(1, folder)
    # Names and os.stat: with half the objects this is a little faster than os.scandir and DirEntry.stat.
    all_names = folder.list_names()
    for start in range(0, len(all_names), STEP):
        names = all_names[start : start + STEP]
        found = _types_and_modes(folder, names, linked, crossing)
        if any(mode & _TYPE != stat.S_IFREG for mode in set(found)):
            pairs = list(zip(names, found, strict=True))
            folder.folders += [name for name, mode in pairs if mode & _TYPE == stat.S_IFDIR]
            names = [name for name, mode in pairs if mode & _TYPE == stat.S_IFREG]
            found = [mode for mode in found if mode & _TYPE == stat.S_IFREG]
        now.names += names
        now.modes += [mode & 0o7777 for mode in found]
        meter.add(len(names), folder)


def _types_and_modes(
    folder: Folder, names: list[str], linked: dict[Inode, str], crossing: Crossing | None
) -> list[int]:
    """Give ``st_mode`` of each of these; 0 for one that went away."""
    look_at, fd = os.stat, folder.fd
    statuses: list[os.stat_result | None] = []
    if not folder.prefix:
        with suppress(OSError):  # of one of them: the slower way says of which, or passes it over
            statuses += [look_at(name, dir_fd=fd, follow_symlinks=False) for name in names]
    statuses = statuses or [folder.status_of(name) for name in names]
    if crossing is not None:
        crossing.note(folder, names, statuses)
    modes = [0 if found is None else found.st_mode for found in statuses]
    for name, found in zip(names, statuses, strict=True):
        if found is not None and found.st_nlink > 1 and stat.S_ISREG(found.st_mode):
            linked[found.st_dev, found.st_ino] = folder.below(name)
    return modes


def _keep_earlier(now: FolderModes, earlier: FolderModes) -> None:
    """Put back what an interrupted closing had taken away already, or an interrupted opening lent."""
    if now.mode in (closed(earlier.mode), earlier.mode | _REACHED, closed(earlier.mode | _REACHED)):
        now.mode = earlier.mode
    known = earlier.by_name()
    for at, (name, mode) in enumerate(zip(now.names, now.modes, strict=True)):
        before = known.get(name, mode)
        if mode == closed(before):
            now.modes[at] = before


def close(root: str, taken: bytes, progress: Progress = NOBODY) -> Windows:
    """Take the write bits from a package folder and all in it, what was added since the record included.

    Gives the change times that this gave.

    Raises:
        WorkspaceError: at the very end, when modes could not be changed: everything else is closed then.
        Cancelled: from ``progress``, at once; what was closed until then stays closed.
    """
    recorded, windows = decode(taken), Windows()
    meter, refusals = _Meter(progress, recorded), _Refusals()
    for folder, leaving in walk(root, refused=refusals.add):
        if leaving and folder.path:
            continue
        try:
            _close_folder(folder, leaving, recorded.get(folder.path), meter, refusals.add, windows)
        except WorkspaceError as error:
            refusals.add(error)
    refusals.tell()
    return windows


def _close_folder(
    folder: Folder, leaving: bool, known: FolderModes | None, meter: _Meter, refused: _Refused, windows: Windows
) -> None:
    """Close a folder and the files in it; what else it holds is for the walk."""
    found = folder.status()
    # The package itself last (see above); the others before the scan, so that nothing is added behind it.
    if leaving or folder.path:
        try:
            folder.set_mode(closed(known.mode if known else stat.S_IMODE(found.st_mode)))
        except WorkspaceError as error:
            refused(error)
    if leaving:
        return
    if known and known.changed and known.changed == found.st_ctime_ns:
        folder.files, folder.folders = known.names, known.folders.copy()
    else:
        try:
            folder.scan()
        except WorkspaceError as error:
            refused(error)  # What was listed until then is closed all the same.
    if known and known.names == folder.files:
        _set_modes(folder, folder.files, [mode & ~WRITE_BITS for mode in known.modes], meter, refused, windows)
    else:
        names, closed_modes = _closed_modes(folder, known.by_name() if known else {}, refused)
        _set_modes(folder, names, closed_modes, meter, refused, windows)


def _closed_modes(folder: Folder, known: dict[str, int], refused: _Refused) -> tuple[list[str], list[int]]:
    """Give the files and the closed mode of each; one that the record does not know is looked at."""
    names, modes = [], []
    for name in folder.files:
        mode = known.get(name)
        if mode is None:
            try:
                mode = stat.S_IMODE(folder.mode_of(name))
            except WorkspaceError as error:
                refused(error)
                continue
        names.append(name)
        modes.append(closed(mode))
    return names, modes


class _Refusals:
    """What could not be closed: one is told, and the others are counted.

    That one is the first by its sentence. A folder that was listed anew may come in another order, and the same
    refusals at the next try are to say the same: an entry is written for each new sentence.
    """

    def __init__(self) -> None:
        self._first: WorkspaceError | None = None
        self._count = 0

    def add(self, error: WorkspaceError) -> None:
        """Hear of one."""
        self._count += 1
        if self._first is None or error.sentence < self._first.sentence:
            self._first = error

    def tell(self) -> None:
        """Raise what was heard of, if anything was."""
        first = self._first
        if first is None:
            return
        if self._count > 1:
            sentence = f"{first.sentence} {self._count - 1:,} more could not be closed."
            first = WorkspaceError(sentence, first.remedy, first.details)
        raise first


def open(root: str, taken: bytes, progress: Progress = NOBODY) -> Windows:
    """Give back the modes that ``taken`` recorded, to the bit; gives the change times that this gave.

    What is not in the record is left alone, and what is gone is passed over.

    Raises:
        WorkspaceError: a mode cannot be changed; what was opened until then stays open.
        Cancelled: from ``progress``; likewise.
    """
    recorded, windows = decode(taken), Windows()
    meter = _Meter(progress, recorded)
    for folder, leaving in walk(root, force=True):
        known = recorded.get(folder.path)
        if known is None:
            continue
        if leaving:
            if known.mode | _REACHED != known.mode:
                folder.set_mode(known.mode)
            continue
        # Its owner must be able to reach the content, even of a folder that is to be shut off afterwards.
        folder.set_mode(known.mode | _REACHED)
        folder.scan()
        folder.folders = [name for name in folder.folders if folder.below(name) in recorded]
        if known.names == folder.files:
            _set_modes(folder, folder.files, known.modes, meter, _stop, windows)
        else:
            modes = known.by_name()
            there = [name for name in folder.files if name in modes]
            _set_modes(folder, there, [modes[name] for name in there], meter, _stop, windows)
    return windows


def _stop(error: WorkspaceError) -> None:
    """Let the first refusal be the end, as when opening."""
    raise error


def _set_modes(
    folder: Folder, names: list[str], modes: list[int], meter: _Meter, refused: _Refused, windows: Windows
) -> None:
    """Set the modes of files that are known to be regular; one that went away is passed over."""
    meter.add(1, folder)
    chmod, fd = os.chmod, folder.fd
    full = [folder.prefix + name for name in names] if folder.prefix else names
    for start in range(0, len(names), STEP):
        chunk = full[start : start + STEP]
        for name, mode in zip(chunk, modes[start : start + STEP], strict=True):
            try:
                chmod(name, mode, dir_fd=fd)
            except FileNotFoundError:
                continue
            except OSError as error:
                # A frozen file refuses the mode that it has already, which is no failure.
                if not _has_mode(folder, name.removeprefix(folder.prefix), mode):
                    refused(refusal(error, "change the mode of", folder.full(name)))
        meter.add(len(chunk), folder)
    note_window(windows, folder, names)


def _has_mode(folder: Folder, name: str, mode: int) -> bool:
    """Whether a file has this mode already; one that cannot be looked at has not."""
    try:
        return stat.S_IMODE(folder.mode_of(name)) == mode
    except WorkspaceError:
        return False


def look(root: str) -> Openness:
    """Say what a package folder is by the folder itself and a sample of what lies directly in it.

    Raises:
        WorkspaceError: it is there and may not be looked at.
    """
    try:
        found = os.lstat(root)
    except (FileNotFoundError, NotADirectoryError):
        return Openness.MISSING
    except OSError as error:
        raise refusal(error, "look at", root) from error
    if not stat.S_ISDIR(found.st_mode):
        return Openness.MISSING
    return Openness.OPEN if found.st_mode & WRITE_BITS or _open_inside(root) else Openness.CLOSED


def _open_inside(root: str) -> bool:
    """Look for a write bit on the first few files and folders in the package folder."""
    try:
        with os.scandir(root) as entries:
            for entry in islice(entries, SAMPLE):
                try:
                    mode = entry.stat(follow_symlinks=False).st_mode
                except FileNotFoundError:
                    continue
                if mode & WRITE_BITS and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    return True
    except OSError as error:
        raise refusal(error, "look at", root) from error
    return False
