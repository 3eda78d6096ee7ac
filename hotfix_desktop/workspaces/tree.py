"""A walk over a folder tree that no link can lead astray.

Each folder is opened relative to its open parent and never through a link (``O_NOFOLLOW``), so a folder that
is swapped for a link while we work is left out instead of followed, and all calls go through the descriptor.
Windows has no such calls: there it is paths, each looked at (``lstat``) before it is entered.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from types import TracebackType

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces.refusals import refusal

HAS_DIR_FD = os.chmod in os.supports_dir_fd and os.scandir in os.supports_fd
_OPEN_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
OPEN_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NOT_A_FOLDER = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
REPARSE_POINT = 0x400
"""``FILE_ATTRIBUTE_REPARSE_POINT``: a Windows junction, which ``lstat`` reports as a folder."""


class Folder:
    """An open folder of the walk.

    Attributes:
        root: the folder that the walk began at.
        path: the path below it with forward slashes; '' for the root.
        fd: the open folder, to give as ``dir_fd``; None where the platform has none.
        prefix: what stands before a name in a call with ``dir_fd=fd``: nothing, or on Windows the path.
        files: the regular files, once :meth:`scan` was called.
        folders: the folders that the walk goes on to; whoever takes one out keeps the walk from it.
    """

    __slots__ = ("fd", "files", "folders", "path", "prefix", "root")

    def __init__(self, root: str, path: str, fd: int | None) -> None:
        """Keep where the folder lies."""
        self.root = root
        self.path = path
        self.fd = fd
        self.prefix = "" if fd is not None else self.full() + os.sep
        self.files: list[str] = []
        self.folders: list[str] = []

    def full(self, name: str = "") -> str:
        """Give the whole path of the folder or of something in it, for messages."""
        return os.path.join(self.root, *filter(None, (self.path, name)))

    def below(self, name: str) -> str:
        """Give the path, relative to the root, of something in this folder."""
        return f"{self.path}/{name}" if self.path else name

    def list_names(self) -> list[str]:
        """List whatever lies in the folder. Raises ``WorkspaceError`` when it cannot be read."""
        try:
            return os.listdir(self.full() if self.fd is None else self.fd)
        except OSError as error:
            raise refusal(error, "read the folder", self.full()) from error

    def scan(self) -> None:
        """Fill ``files`` and ``folders``; links, sockets, pipes and devices are neither.

        Raises ``WorkspaceError`` when the folder cannot be read.
        """
        try:
            with os.scandir(self.full() if self.fd is None else self.fd) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        self.files.append(entry.name)
                    elif entry.is_dir(follow_symlinks=False):
                        self.folders.append(entry.name)
        except OSError as error:
            raise refusal(error, "read the folder", self.full()) from error

    def status(self) -> os.stat_result:
        """Give what the system knows about the folder itself."""
        try:
            return os.lstat(self.full()) if self.fd is None else os.fstat(self.fd)
        except OSError as error:
            raise refusal(error, "look at", self.full()) from error

    def set_mode(self, mode: int) -> None:
        """Change the folder's own permission bits; a frozen folder may keep those that it has."""
        try:
            os.chmod(self.full() if self.fd is None else self.fd, mode)
        except OSError as error:
            if stat.S_IMODE(self.status().st_mode) == mode:
                return
            raise refusal(error, "change the mode of", self.full()) from error

    def status_of(self, name: str) -> os.stat_result | None:
        """Give what the system knows about something in this folder, a link itself for a link; None when it is gone."""
        try:
            return os.lstat(self.prefix + name, dir_fd=self.fd)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refusal(error, "look at", self.full(name)) from error

    def mode_of(self, name: str) -> int:
        """Give ``st_mode`` of something in this folder; 0 when it went away."""
        found = self.status_of(name)
        return found.st_mode if found else 0

    def read(self, name: str) -> bytes | None:
        """Read a file; None when it is gone or is no regular file (any more)."""
        try:
            file = os.open(self.prefix + name, OPEN_FILE, dir_fd=self.fd)
            with open(file, "rb") as stream:
                return stream.read() if stat.S_ISREG(os.fstat(file).st_mode) else None
        except OSError as error:
            if error.errno in (*_NOT_A_FOLDER, errno.ENXIO):
                return None
            raise refusal(error, "read", self.full(name)) from error

    def enter(self, name: str, force: bool = False) -> Folder | None:
        """Open a folder in this one; None when it is gone or a link took its place.

        With ``force`` a folder that its owner may not read is made readable to him; the caller sets its
        mode afterwards.
        """
        if self.fd is None:
            return Folder(self.root, self.below(name), None) if _is_plain_folder(self.prefix + name) else None
        try:
            return Folder(self.root, self.below(name), os.open(name, _OPEN_FOLDER, dir_fd=self.fd))
        except PermissionError as error:
            if not force:
                raise refusal(error, "read the folder", self.full(name)) from error
        except OSError as error:
            if error.errno in _NOT_A_FOLDER:
                return None
            raise refusal(error, "read the folder", self.full(name)) from error
        self._make_readable(name)
        return self.enter(name)

    def _make_readable(self, name: str) -> None:
        """Add what an owner needs to list a folder."""
        try:
            now = os.lstat(name, dir_fd=self.fd)
            if stat.S_ISDIR(now.st_mode):
                os.chmod(name, stat.S_IMODE(now.st_mode) | 0o500, dir_fd=self.fd)
        except OSError as error:
            raise refusal(error, "change the mode of", self.full(name)) from error

    def close(self) -> None:
        """Let go of the open folder."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def __enter__(self) -> Folder:
        """Give the folder itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def open_root(root: str, force: bool = False) -> Folder:
    """Open the folder that a walk begins at; links in ``root`` must have been resolved.

    Raises:
        WorkspaceError: it is not there, not a folder, a link, or may not be read.
    """
    if not HAS_DIR_FD:
        return Folder(root, "", None)
    try:
        return Folder(root, "", os.open(root, _OPEN_FOLDER))
    except PermissionError as error:
        if not force:
            raise refusal(error, "read the folder", root) from error
    except OSError as error:
        raise refusal(error, "read the folder", root) from error
    try:
        os.chmod(root, stat.S_IMODE(os.lstat(root).st_mode) | 0o500)
    except OSError as error:
        raise refusal(error, "change the mode of", root) from error
    return open_root(root)


def walk(
    root: str, force: bool = False, refused: Callable[[WorkspaceError], object] | None = None
) -> Iterator[tuple[Folder, bool]]:
    """Visit a folder and all folders below, parents first.

    Yields each folder twice: with False when it was opened (the visitor calls ``scan``, and may take folders
    out) and with True when everything below it was visited. ``force`` is that of :meth:`Folder.enter`.
    Raises ``WorkspaceError`` for a folder that cannot be opened; with ``refused``, a folder below the first is
    told to that instead, and the walk goes on without it.
    """
    trail = [open_root(root, force)]
    try:
        yield trail[0], False
        while trail:
            folder = trail[-1]
            if folder.folders:
                try:
                    child = folder.enter(folder.folders.pop(), force)
                except WorkspaceError as error:
                    if refused is None:
                        raise
                    refused(error)
                    continue
                if child is not None:
                    trail.append(child)
                    yield child, False
                continue
            yield folder, True
            trail.pop().close()
    finally:
        for folder in trail:
            folder.close()


def _is_plain_folder(path: str) -> bool:
    """Tell a folder from a link and from a Windows junction."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and not getattr(found, "st_file_attributes", 0) & REPARSE_POINT
