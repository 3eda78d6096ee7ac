"""Writes and removes single files of an open package, each whole or not at all.

A new file is made under another name and then takes the place of the old one in one step, so that whoever reads, and
whoever is killed, finds the one or the other. It is made beside the package where that can be done: what a killed
program leaves behind is then no file of the package. The way to the place leads through open folders and no link.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Kind
from hotfix_desktop.workspaces.refusals import refusal, shown
from hotfix_desktop.workspaces.tree import Folder, open_root

TEMPORARY = ".hotfix-desktop-put-"
"""How the name of a file begins that is being made; with a dot, so that it is never taken for a package."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def put(
    root: str,
    path: bytes,
    contents: Iterable[bytes],
    kind: Kind,
    mode: int,
    temporary: str,
    beside: str | None = None,
) -> None:
    """Make a file or link at ``path`` below ``root``, in place of what is there; missing folders are made.

    Args:
        root: the package folder.
        path: where, with forward slashes.
        contents: its bytes in chunks; of a link its target.
        kind: a file or a link.
        mode: of a file that was not there; one that was keeps its own, and its owner where that is allowed.
        temporary: the name under which it is made; whatever has that name already is a left-over and goes.
        beside: a folder on the same disk to make it in, where possible; None for where it belongs.

    Raises:
        WorkspaceError: it could not be written, and what was there is as it was. What ``contents`` raises, too.
    """
    with _way(root, path, make=True) as (folder, name):
        if folder is None:
            raise _no_folder(root, path)
        found = folder.status_of(name)
        is_file = found is not None and stat.S_ISREG(found.st_mode)
        place = _place(beside, folder)
        try:
            with suppress(FileNotFoundError):
                os.unlink(place.prefix + temporary, dir_fd=place.fd)
            try:
                if kind is Kind.LINK:
                    os.symlink(os.fsdecode(b"".join(contents)), place.prefix + temporary, dir_fd=place.fd)
                else:
                    _write(place, temporary, contents, found if is_file else None, mode)
                if found is not None and stat.S_ISDIR(found.st_mode):
                    os.rmdir(folder.prefix + name, dir_fd=folder.fd)
                os.replace(place.prefix + temporary, folder.prefix + name, src_dir_fd=place.fd, dst_dir_fd=folder.fd)
            except BaseException:
                with suppress(OSError):
                    os.unlink(place.prefix + temporary, dir_fd=place.fd)
                raise
        except OSError as error:
            raise refusal(error, "write", folder.full(name)) from error
        finally:
            if place is not folder:
                place.close()


def remove(root: str, path: bytes) -> None:
    """Remove a file, a link or an empty folder; what is gone already, or is a folder with something in it, stays so.

    Raises ``WorkspaceError`` for what cannot be removed.
    """
    with _way(root, path) as (folder, name):
        if folder is None or (found := folder.status_of(name)) is None:
            return
        try:
            if stat.S_ISDIR(found.st_mode):
                os.rmdir(folder.prefix + name, dir_fd=folder.fd)
            else:
                os.unlink(folder.prefix + name, dir_fd=folder.fd)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise refusal(error, "remove", folder.full(name)) from error


def clear(root: str, temporary: str, beside: str | None, places: Collection[bytes], emptied: Collection[bytes]) -> None:
    """Remove what a put that was killed has left, as far as that is there and can be done.

    ``places`` are the folders below ``root`` where it may have made its file, when not in ``beside``; of the folders
    ``emptied`` those go in which nothing is. Nothing else is touched: a file that took a folder's place stays.
    """
    if beside is not None:
        with suppress(WorkspaceError), closing(open_root(beside)) as folder, suppress(OSError):
            os.unlink(folder.prefix + temporary, dir_fd=folder.fd)
    for place in places:
        path = b"/".join(filter(None, (place, os.fsencode(temporary))))
        with suppress(WorkspaceError), _way(root, path) as (there, name), suppress(OSError):
            if there is not None:
                os.unlink(there.prefix + name, dir_fd=there.fd)
    for path in sorted(emptied, reverse=True):  # what lies in a folder before the folder
        with suppress(WorkspaceError), _way(root, path) as (there, name), suppress(OSError):
            if there is not None:
                os.rmdir(there.prefix + name, dir_fd=there.fd)


@contextmanager
def _way(root: str, path: bytes, make: bool = False) -> Iterator[tuple[Folder | None, str]]:
    """Open the folder in which something lies, and give its name there; None where the way does not lead there.

    With ``make`` missing folders are made, as open as the one that they are made in.
    """
    *parts, name = os.fsdecode(path).split("/")
    if not name or {"", ".", ".."} & {*parts, name} or "\0" in name:
        raise _no_folder(root, path)
    trail = [open_root(root)]
    try:
        for part in parts:
            folder = trail[-1]
            child = folder.enter(part)
            if child is None and make and folder.status_of(part) is None:
                try:
                    os.mkdir(folder.prefix + part, stat.S_IMODE(folder.status().st_mode), dir_fd=folder.fd)
                except OSError as error:
                    raise refusal(error, "make the folder", folder.full(part)) from error
                child = folder.enter(part)
            if child is None:
                yield None, name
                return
            trail.append(child)
        yield trail[-1], name
    finally:
        for folder in trail:
            folder.close()


def _no_folder(root: str, path: bytes) -> WorkspaceError:
    place = f"{shown(root)}/{shown(path)}"
    return WorkspaceError(
        f"Cannot write {place}: the way there is no folder, or a link, which is not followed.",
        "Look what lies there now.",
    )


def _place(beside: str | None, folder: Folder) -> Folder:
    """Give where the file is made: beside the package, or in the folder itself when that is another disk or is shut."""
    if beside is None:
        return folder
    try:
        place = open_root(beside)
    except WorkspaceError:
        return folder
    if place.status().st_dev == folder.status().st_dev and os.access(beside, os.W_OK | os.X_OK):
        return place
    place.close()
    return folder


def _write(
    place: Folder, temporary: str, contents: Iterable[bytes], instead_of: os.stat_result | None, mode: int
) -> None:
    fd = os.open(place.prefix + temporary, _NEW, 0o600, dir_fd=place.fd)
    with open(fd, "wb", buffering=0) as stream:
        for chunk in contents:
            left = memoryview(chunk)
            while left:
                left = left[stream.write(left) or 0 :]
        os.fsync(fd)
        if instead_of is not None:
            mode = stat.S_IMODE(instead_of.st_mode)
            made = os.fstat(fd)
            if hasattr(os, "fchown") and (made.st_uid, made.st_gid) != (instead_of.st_uid, instead_of.st_gid):
                with suppress(PermissionError):
                    os.fchown(fd, instead_of.st_uid, instead_of.st_gid)
        os.chmod(fd if os.chmod in os.supports_fd else place.full(temporary), mode)
