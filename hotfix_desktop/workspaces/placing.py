"""Putting a new folder in the place of a package: made beside it, swapped by two renames, and the old one removed.

Both lie beside the package, in the same folder, under names that no listing shows: to rename a read-only folder there
takes no right on itself, because its parent stays the same. Each step looks at what is there and can be repeated, so
that whoever comes after a crash can finish it or take it back.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Kind, Manifest
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.workspaces import immutable
from hotfix_desktop.workspaces.port import Reader
from hotfix_desktop.workspaces.records import FolderModes
from hotfix_desktop.workspaces.refusals import refusal, shown
from hotfix_desktop.workspaces.tree import walk

PREFIX = ".hotfix-desktop-update-"
"""How the names of all such folders begin; a name with a dot in front is never a package (``discovery.py``)."""
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
FOLDER_MODE, FILE_MODE = 0o755, 0o644
"""What something gets that nothing beside it gives a mode for."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the folders of one swap lie, as whole paths.

    Attributes:
        place: the package.
        new: the folder that takes its place.
        old: where the package goes; empty for a package that is not there yet.
    """

    place: str
    new: str
    old: str


def places(place: str, label: str, is_new: bool) -> Places:
    """Give where the folders of one swap lie; ``label`` tells the swaps of a workspace apart."""
    parent = os.path.dirname(place)
    beside = os.path.join(parent, PREFIX + label)
    return Places(place, beside + "-new", "" if is_new else beside + "-old")


def demand_room_beside(place: str) -> None:
    """Raise ``WorkspaceError`` unless a folder can be made beside this place and renamed to it."""
    parent = os.path.dirname(place)
    if os.path.ismount(place):
        raise WorkspaceError(
            f"{shown(place)} is a disk of its own, which cannot be replaced by a new folder.",
            "Update a folder that lies on it, or have it mounted one folder higher.",
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise WorkspaceError(
            f"Nothing can be put beside {shown(place)}: the folder {shown(parent)} cannot be written.",
            "Give yourself the right to write there, or run the program as its owner.",
        )


# The new folder


def mode_beside(place: str) -> int:
    """Give the mode of folders for a package that has none yet: that of the folder which it comes into."""
    try:
        return stat.S_IMODE(os.stat(os.path.dirname(place)).st_mode) & 0o2777
    except OSError:
        return FOLDER_MODE


class Modes:
    """Which mode everything in a new folder gets: its own as it was recorded, else that of what lies beside it."""

    def __init__(self, recorded: dict[str, FolderModes], folder_mode: int) -> None:
        """Use the recorded modes of the package; ``folder_mode`` for a package without any."""
        self._recorded = recorded
        root = recorded.get("")
        self._folder = root.mode if root else folder_mode
        files = [mode for folder in recorded.values() for mode in folder.modes]
        self._file = max(set(files), key=files.count) if files else self._folder & 0o666 or FILE_MODE

    def of_folder(self, path: str) -> int:
        """Give the mode of a folder."""
        while path:
            if path in self._recorded:
                return self._recorded[path].mode
            path = path.rpartition("/")[0]
        return self._folder

    def of_file(self, path: str) -> int:
        """Give the mode of a file."""
        folder, _, name = path.rpartition("/")
        known = self._recorded.get(folder)
        if known is None:
            return self._file
        modes = known.by_name()
        return modes.get(name) or (max(set(known.modes), key=known.modes.count) if known.modes else self._file)


def stage(where: Places, tree: Manifest, read: Reader, modes: Modes, progress: Progress) -> None:
    """Make the new folder as ``tree`` says, with the contents that ``read`` gives and the modes that ``modes`` gives.

    What is left of an earlier try goes first. Raises ``WorkspaceError`` and ``Cancelled``; what was made then stays
    for :func:`remove`.
    """
    remove(where.new)
    owner = _owner_of(where.place)
    folders = sorted(path for path, fact in tree.items.items() if fact.kind is Kind.FOLDER)
    files = sorted(path for path, fact in tree.items.items() if fact.kind is Kind.FILE)
    try:
        for path in folders:
            os.mkdir(_below(where.new, path), 0o700)
    except OSError as error:
        raise refusal(error, "make the folder", where.new) from error
    for path, fact in tree.items.items():
        if fact.kind is Kind.LINK:
            _copy_link(where, path)
    done = 0
    for path, pieces in read(files):
        progress.step(done, len(files), shown(path))
        _write(_below(where.new, path), pieces, modes.of_file(os.fsdecode(path)), owner, progress)
        done += 1
    if done != len(files):
        raise WorkspaceError(f"Of {len(files):,} files for {shown(where.place)} only {done:,} could be had.")
    for path in reversed(folders):
        _finish(_below(where.new, path), modes.of_folder(os.fsdecode(path)), owner)


def _below(root: str, path: bytes) -> str:
    return os.path.join(root, os.fsdecode(path)) if path else root


def _write(path: str, pieces: Iterator[bytes], mode: int, owner: tuple[int, int] | None, progress: Progress) -> None:
    try:
        file = os.open(path, _NEW_FILE, 0o600)
        with open(file, "wb") as stream:
            for piece in pieces:
                stream.write(piece)
                progress.check()
        _finish(path, mode, owner)
    except OSError as error:
        raise refusal(error, "write", path) from error


def _copy_link(where: Places, path: bytes) -> None:
    """Make a link as it is in the package now; what lies beside its contents, like ``.git``, may have some."""
    try:
        os.symlink(os.readlink(_below(where.place, path)), _below(where.new, path))
    except OSError as error:
        raise refusal(error, "copy the link", _below(where.place, path)) from error


def _finish(path: str, mode: int, owner: tuple[int, int] | None) -> None:
    """Give something that was made its owner, as far as we may, and then its mode, which a change of owner cuts."""
    try:
        if owner is not None:
            _give(path, owner)
        os.chmod(path, mode)
    except OSError as error:
        raise refusal(error, "change the mode of", path) from error


def _give(path: str, owner: tuple[int, int]) -> None:
    found = os.lstat(path)
    if (found.st_uid, found.st_gid) == owner:
        return
    for user, group in (owner, (-1, owner[1])):
        try:
            os.chown(path, user, group)
        except OSError:
            continue
        return


def _owner_of(place: str) -> tuple[int, int] | None:
    """Give user and group of a package, or for a new one of the folder that it comes into; None on Windows."""
    if not hasattr(os, "chown"):
        return None
    for path in (place, os.path.dirname(place)):
        try:
            found = os.stat(path)
        except OSError:
            continue
        return found.st_uid, found.st_gid
    return None


def write_through() -> None:
    """Have everything on the disk that was written until now, so that no power cut leaves renamed folders empty."""
    if hasattr(os, "sync"):
        os.sync()


# The swap


def swap(where: Places, identity: tuple[int, int]) -> None:
    """Put the new folder in the package's place; ``identity`` is its device and inode. Done twice, it stays done.

    Raises ``WorkspaceError``: the package is as it was, or gone to where :func:`swap_back` gets it from.
    """
    if not os.path.lexists(where.new):
        if _identity(where.place) != identity:
            raise WorkspaceError(f"The new folder for {shown(where.place)} is not there any more.")
        return
    if where.old and not os.path.lexists(where.old):
        _rename(where.place, where.old)
    _demand_free(where)
    _rename(where.new, where.place)


def swap_back(where: Places, identity: tuple[int, int]) -> None:
    """Put the package back in its place, as far as a swap has come. Raises ``WorkspaceError``."""
    if not os.path.lexists(where.new) and _identity(where.place) == identity:
        if where.old and not os.path.lexists(where.old):
            raise WorkspaceError(f"What was {shown(where.place)} is not there any more.")
        _rename(where.place, where.new)
    if where.old and os.path.lexists(where.old):
        _demand_free(where)
        _rename(where.old, where.place)


def identity_of(path: str) -> tuple[int, int]:
    """Give device and inode of a folder; raises ``WorkspaceError`` when it is not there."""
    found = _identity(path)
    if found is None:
        raise WorkspaceError(f"{shown(path)} is not there any more.")
    return found


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _demand_free(where: Places) -> None:
    if os.path.lexists(where.place):
        raise WorkspaceError(
            f"Something was put in the place of {shown(where.place)} while it was being replaced.",
            "Move it away; the update then goes on by itself.",
        )


def _rename(source: str, target: str) -> None:
    try:
        os.rename(source, target)
        _sync_folder(os.path.dirname(target))
    except OSError as error:
        raise refusal(error, "move", source) from error


def _sync_folder(path: str) -> None:
    if os.name != "posix":
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError:
        return  # some file systems sync no folders
    finally:
        os.close(fd)


# The old folder


def remove(path: str) -> None:
    """Remove a folder that was made here or moved away from its place, read-only or not; one that is gone is gone.

    Raises ``WorkspaceError``.
    """
    if not path or not os.path.lexists(path):
        return
    if not os.path.basename(path).startswith(PREFIX):
        raise RuntimeError(f"{path} is none of ours")
    immutable.thaw(path)
    for folder, leaving in walk(path, force=True):
        if leaving:
            continue
        folder.scan()
        folder.set_mode(stat.S_IMODE(folder.status().st_mode) | 0o700)
        if os.name != "posix":  # there a read-only file cannot be deleted
            for name in folder.files:
                os.chmod(folder.full(name), 0o600)
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise refusal(error, "remove", path) from error
