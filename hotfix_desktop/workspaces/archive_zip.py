"""The ``.zip`` of several packages (``creatio.md`` 7.3): ``<PackageName>.gz`` for each at its root, nothing else."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.archive_gz import (
    AGAIN,
    BLOCK,
    Spooled,
    Unpacking,
    inflate,
    read_records,
    write_records,
)
from hotfix_desktop.workspaces.archive_names import folded, part_problem, shown_name
from hotfix_desktop.workspaces.port import BadArchive

SUFFIX = ".gz"
PACKAGES_LIMIT = 1000
"""Packages of a bundle; a whole production has some hundred."""
_AT_ONCE = 4 << 20
"""Bytes that may be read in one go: the list of what a zip holds, for which Python reads as many as the zip says."""
_ENCRYPTED = 0x1 | 0x40 | 0x2000
"""Flags of an entry: encrypted, strongly, and with its header (APPNOTE.TXT 4.4.4)."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER = "Ask who made it for another one."
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,  # among them names that are not in their encoding
    LookupError,
    EOFError,
    OverflowError,
    RuntimeError,  # among them what Python does not know how to read
)
"""What ``zipfile`` raises for a file that is damaged or was made to do harm."""


def read_bundle(
    file: BinaryIO, size: int, spool: BinaryIO, unpacking: Unpacking, progress: Progress = NOBODY
) -> Iterator[tuple[str, Spooled]]:
    """Give each package of a zip by the name of its ``.gz``, without that ending; see ``read_records``.

    ``file`` has ``size`` bytes and does not change meanwhile.
    """
    try:
        zipped = zipfile.ZipFile(cast(BinaryIO, _Bounded(file, size)))
    except _DAMAGE as error:
        raise _damaged(error) from error
    with zipped:
        entries = zipped.infolist()
        names = _checked(entries, unpacking)
        for entry, name in zip(entries, names, strict=True):
            unpacking.what = f"“{shown_name(name)}{SUFFIX}” in the archive"
            yield name, read_records(inflate(_pieces(zipped, entry), unpacking), spool, unpacking, progress)


def write_zip(
    stream: BinaryIO,
    packages: Iterable[tuple[str, Iterable[tuple[bytes, Iterable[bytes]]]]],
    progress: Progress = NOBODY,
) -> None:
    """Write packages, each as its name and its files; see ``port.Archives.write_bundle``."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as zipped:  # they are compressed already
        for name, contents in packages:
            problem = part_problem(f"{name}{SUFFIX}")
            if problem:
                raise BadArchive(f"No archive can hold the package “{shown_name(name)}”: {problem}.")
            entry = zipfile.ZipInfo(f"{name}{SUFFIX}")  # of 1980: the same packages are the same bytes
            entry.create_system = 0
            with zipped.open(entry, "w", force_zip64=True) as member:
                write_records(cast(BinaryIO, member), contents, progress)


class _Outside(zipfile.BadZipFile, OSError):
    """A place before or behind a file; where Python only tries whether something is there, it expects ``OSError``."""


class _Bounded:
    """A file in which nobody goes where it does not lie, nor reads more at once than a sound zip has any need of."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self.tell = file.tell

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        place = offset + {0: 0, 1: self._file.tell(), 2: self._size}[whence]
        if not 0 <= place <= self._size:
            raise _Outside(f"something should lie at {place:,} of {self._size:,} bytes")
        return self._file.seek(place)

    def read(self, count: int = -1) -> bytes:
        rest = max(self._size - self._file.tell(), 0)
        if (rest if count < 0 else count) > _AT_ONCE:
            raise zipfile.BadZipFile(f"{rest if count < 0 else count:,} bytes were to be read at once")
        return self._file.read(count)


def _checked(entries: list[zipfile.ZipInfo], unpacking: Unpacking) -> list[str]:
    """Give the names of the packages; raises ``BadArchive`` for anything that is no package."""
    if not entries:
        raise BadArchive("The archive is empty: it holds no packages.", AGAIN)
    if len(entries) > PACKAGES_LIMIT:
        raise BadArchive(f"The archive holds more than {PACKAGES_LIMIT:,} packages, which is not allowed.")
    names: list[str] = []
    seen: set[str] = set()
    unpacked = 0
    for entry in entries:
        name = entry.orig_filename  # Python cuts the other one at a NUL
        shown = shown_name(name)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BadArchive(f"The archive holds “{shown}”, which is a link, and links are not allowed.", _OTHER)
        if "/" in name or "\\" in name or not name.casefold().endswith(SUFFIX):
            raise BadArchive(
                f"The archive holds “{shown}”, and a .zip of packages holds nothing but their .gz files.",
                "Choose a .gz of one package, or a .zip of several, as Creatio and clio make them.",
            )
        problem = part_problem(name) or part_problem(name[: -len(SUFFIX)])
        if problem:
            raise BadArchive(f"The archive holds “{shown}”, which is not allowed: {problem}.", _OTHER)
        if entry.flag_bits & _ENCRYPTED:
            raise BadArchive(f"The archive is encrypted: “{shown}” asks for a password.", "Unpack it first.")
        if entry.compress_type not in _METHODS:
            raise BadArchive(f"“{shown}” is compressed in a way that Creatio does not use.", "Pack the .zip anew.")
        if folded(name) in seen:
            raise BadArchive(f"The archive cannot be used: “{shown}” is there twice.", _OTHER)
        seen.add(folded(name))
        unpacked += entry.file_size
        unpacking.demand_room(unpacked)
        names.append(name[: -len(SUFFIX)])
    return names


def _pieces(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with zipped.open(entry) as member:
            while piece := member.read(BLOCK // 4):
                yield piece
    except _DAMAGE as error:
        raise _damaged(error) from error


def _damaged(error: BaseException) -> BadArchive:
    return BadArchive("The archive is damaged: it is no sound .zip.", AGAIN, f"{type(error).__name__}: {error}")
