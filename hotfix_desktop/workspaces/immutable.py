"""The immutable flag of Linux file systems (``chattr +i``): a lock that binds open handles, and root too.

Setting and clearing it takes CAP_LINUX_IMMUTABLE, and not every file system knows it. Folders come after their
content and the package last when freezing, and first when thawing, so that the package's own flag stands
for the whole. A frozen package can be neither changed nor moved nor deleted, by any of its names.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys

from hotfix_desktop.core.errors import HotfixError, WorkspaceError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.modes import STEP
from hotfix_desktop.workspaces.refusals import refusal, shown
from hotfix_desktop.workspaces.tree import OPEN_FILE, Folder, walk

IMMUTABLE = 0x10
"""``FS_IMMUTABLE_FL``."""
# _IOR('f', 1, long) and _IOW('f', 2, long) of linux/fs.h, which move an int all the same. Where a machine
# numbers them otherwise (MIPS, POWER, SPARC), the answer is that there is no such call.
_GET_FLAGS = 0x80006601 | struct.calcsize("l") << 16
_SET_FLAGS = 0x40006602 | struct.calcsize("l") << 16
_UNKNOWN = (errno.ENOTTY, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What a file system says that does not know these calls, or not this flag."""
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)


def freeze(root: str, progress: Progress = NOBODY) -> bool:
    """Set the flag on all regular files and folders; False, and nothing is set, where that cannot be done.

    Whatever stops it half-way is undone; after a crash :func:`thaw` does that.

    Raises:
        WorkspaceError: a file or folder cannot be opened.
        Cancelled: from ``progress``.
    """
    if not sys.platform.startswith("linux"):
        return False
    meter = _Meter(progress)
    try:
        for folder, leaving in walk(root):
            if leaving:
                _set(_fd(folder), True)
                continue
            folder.scan()
            for name in folder.files:
                meter.add(folder)
                _freeze_file(folder, name)
    except OSError as error:  # of the flags alone; whatever else fails is a WorkspaceError
        thaw(root)
        if error.errno in (errno.EPERM, *_UNKNOWN):
            return False
        raise refusal(error, "set the immutable flag below", root) from error
    except HotfixError:
        thaw(root)
        raise
    return True


def _freeze_file(folder: Folder, name: str) -> None:
    """Set the flag on a file; one that went away is passed over."""
    try:
        fd = _open(folder, name)
    except OSError as error:
        raise refusal(error, "read", folder.full(name)) from error
    if fd is not None:
        try:
            _set(fd, True)
        finally:
            os.close(fd)


def thaw(root: str, progress: Progress = NOBODY) -> None:
    """Clear the flag on all regular files and folders; where there is none, or no such flag, nothing happens.

    Raises:
        WorkspaceError: a flag cannot be cleared, or nobody can tell; what was cleared until then stays so.
        Cancelled: from ``progress``; likewise.
    """
    if not sys.platform.startswith("linux"):
        return
    meter = _Meter(progress)
    for folder, leaving in walk(root):
        if leaving:
            continue
        _clear(_fd(folder), folder.full())
        folder.scan()
        for name in folder.files:
            meter.add(folder)
            _thaw_file(folder, name)


def _thaw_file(folder: Folder, name: str) -> None:
    """Clear the flag on a file; one that went away is passed over."""
    try:
        fd = _open(folder, name)
    except PermissionError as error:
        if _has_flag_unopened(folder, name):
            raise _kept(error, folder.full(name)) from error
        return
    except OSError as error:
        raise refusal(error, "read", folder.full(name)) from error
    if fd is not None:
        try:
            _clear(fd, folder.full(name))
        finally:
            os.close(fd)


def _clear(fd: int, path: str) -> None:
    try:
        _set(fd, False)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise _kept(error, path) from error


def _kept(error: OSError, path: str) -> WorkspaceError:
    """Say that the flag stays, and what to do."""
    plain = refusal(error, "take the immutable flag from", path)
    if error.errno not in (errno.EPERM, errno.EACCES):
        return plain
    return WorkspaceError(
        f"Cannot take the immutable flag from {shown(path)}: only root may do that.",
        "Run the program as root or with CAP_LINUX_IMMUTABLE, or take the flag away with chattr -R -i.",
        plain.details,
    )


def _open(folder: Folder, name: str) -> int | None:
    """Open a regular file; None when it is gone or something else took its place."""
    try:
        fd = os.open(folder.prefix + name, OPEN_FILE, dir_fd=folder.fd)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    return None


def _has_flag_unopened(folder: Folder, name: str) -> bool:
    """Tell of a file that may not be opened: its owner may give it the mode that it has unless it is frozen."""
    try:
        os.chmod(folder.prefix + name, stat.S_IMODE(folder.mode_of(name)), dir_fd=folder.fd)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _fd(folder: Folder) -> int:
    """Give the open folder; Linux always has one."""
    assert folder.fd is not None
    return folder.fd


def _set(fd: int, wanted: bool) -> None:
    """Set or clear the flag of an open file; what has it so already keeps its change time. Raises ``OSError``."""
    import fcntl  # not on Windows

    flags = int.from_bytes(fcntl.ioctl(fd, _GET_FLAGS, bytes(8))[:4], sys.byteorder)
    changed = flags | IMMUTABLE if wanted else flags & ~IMMUTABLE
    if changed != flags:
        fcntl.ioctl(fd, _SET_FLAGS, changed.to_bytes(4, sys.byteorder) + bytes(4))


class _Meter:
    """Reports every ``STEP`` files, beginning with the first."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0
        progress.step(0)

    def add(self, folder: Folder) -> None:
        """Hear of one more; raises ``Cancelled``."""
        self._done += 1
        if not self._done % STEP:
            self._progress.step(self._done, 0, shown(folder.path))
