"""The record of a closing: which mode every folder and file had, as bytes that a database can keep.

Format: one version byte, then zlib (level 1: the names repeat, and time matters more than size) over one
block per folder, parents before children: ``HEADER`` (mode of the folder, its change time in nanoseconds
since 1970, number of its files, bytes of its path, bytes of their names), the path below the package, the
names joined with ``/``, and one unsigned 16-bit number per file, its mode. Names are raw bytes of the file
system, little endian everywhere. Nothing here touches a disk.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from hotfix_desktop.core.errors import WorkspaceError

VERSION = b"\x01"
HEADER = struct.Struct("<HqIII")
WRITE_BITS = 0o222


def closed(mode: int) -> int:
    """Give the mode that a file or folder of this mode has while its package is closed."""
    return mode & ~WRITE_BITS


@dataclass(slots=True)
class FolderModes:
    """One folder as it was found.

    Attributes:
        path: its path below the package; '' for the package itself.
        mode: its permission bits.
        changed: its ``st_ctime_ns`` where that proves that no name in it was replaced since; else 0.
        names: its regular files, in the order in which the system listed them.
        modes: their permission bits.
        folders: the names of the recorded folders in it.
    """

    path: str
    mode: int
    changed: int = 0
    names: list[str] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    def by_name(self) -> dict[str, int]:
        """Give the files' modes by name."""
        return dict(zip(self.names, self.modes, strict=True))


def encode(folders: Iterable[FolderModes]) -> bytes:
    """Pack the modes of a package."""
    blocks: list[bytes] = []
    for folder in folders:
        path = os.fsencode(folder.path)
        names = os.fsencode("/".join(folder.names))
        modes = array("H", folder.modes)
        if sys.byteorder == "big":
            modes.byteswap()
        blocks += (
            HEADER.pack(folder.mode, folder.changed, len(folder.modes), len(path), len(names)),
            path,
            names,
        )
        blocks.append(modes.tobytes())
    return VERSION + zlib.compress(b"".join(blocks), 1)


def decode(record: bytes) -> dict[str, FolderModes]:
    """Unpack a record into its folders by path.

    Raises:
        WorkspaceError: the bytes are not a record, or a newer program wrote them.
    """
    if record[:1] != VERSION:
        raise _damaged("its version is unknown")
    try:
        return _blocks(zlib.decompress(record[1:]))
    except (zlib.error, struct.error, ValueError) as error:
        raise _damaged(str(error)) from error


def _blocks(data: bytes) -> dict[str, FolderModes]:
    """Read block after block; a ``ValueError`` where the lengths do not fit."""
    folders: dict[str, FolderModes] = {}
    at = 0
    while at < len(data):
        mode, changed, count, path_size, names_size = HEADER.unpack_from(data, at)
        names_at = at + HEADER.size + path_size
        modes_at = names_at + names_size
        path = os.fsdecode(data[at + HEADER.size : names_at])
        names = os.fsdecode(data[names_at:modes_at]).split("/") if count else []
        at = modes_at + 2 * count
        if at > len(data) or len(names) != count:
            raise ValueError(f"the block of {path!r} is cut off")
        modes = array("H", data[modes_at:at])
        if sys.byteorder == "big":
            modes.byteswap()
        folders[path] = FolderModes(path, mode, changed, names, modes.tolist())
        parent, _, name = path.rpartition("/")
        if path and parent in folders:
            folders[parent].folders.append(name)
    return folders


def _damaged(details: str) -> WorkspaceError:
    return WorkspaceError(
        "The record of the package's original file modes is damaged.",
        "Restore the program's database from a backup, or make the files writable by hand.",
        details,
    )
