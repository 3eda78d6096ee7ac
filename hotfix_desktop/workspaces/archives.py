"""Archives of packages, ``.gz`` and ``.zip``, read and written in Creatio's own formats (``creatio.md`` 7.3 and 7.4).

An archive is unpacked once, in one go, into a temporary file that has no name, and checked while that is done: names,
lengths, checksums, the limit, and that each package has a descriptor of its own. Nobody asks the archive again.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.archive_gz import (
    AGAIN,
    BLOCK,
    Spooled,
    Unpacking,
    inflate,
    read_records,
    record_order,
    write_records,
)
from hotfix_desktop.workspaces.archive_names import part_problem, shown_name
from hotfix_desktop.workspaces.archive_zip import read_bundle, write_zip
from hotfix_desktop.workspaces.descriptors import DESCRIPTOR, SIZE_LIMIT, Unsound, parse_package
from hotfix_desktop.workspaces.port import Archive, ArchivedPackage, Archives, BadArchive
from hotfix_desktop.workspaces.refusals import refusal, shown

_GZIP, _ZIP, _EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class CreatioArchives(Archives):
    """Archives in Creatio's formats."""

    def __init__(self, spool: Path | None = None) -> None:
        """Unpack in the folder ``spool``, else where the system has temporary files, which may be its memory."""
        self._spool = spool

    def open(self, path: Path, limit_bytes: int, progress: Progress = NOBODY) -> Archive:
        """Read an archive; see :func:`open_archive`."""
        return open_archive(path, limit_bytes, progress, spool=self._spool)

    def ordered(self, paths: Iterable[bytes]) -> list[bytes]:
        """Give the paths in the order of most real archives."""
        return sorted(paths, key=record_order)

    def write_package(
        self, stream: BinaryIO, contents: Iterable[tuple[bytes, Iterable[bytes]]], progress: Progress = NOBODY
    ) -> None:
        """Write a ``.gz``."""
        write_records(stream, contents, progress)

    def write_bundle(
        self,
        stream: BinaryIO,
        packages: Iterable[tuple[str, Iterable[tuple[bytes, Iterable[bytes]]]]],
        progress: Progress = NOBODY,
    ) -> None:
        """Write a ``.zip``."""
        write_zip(stream, packages, progress)


def open_archive(path: Path, limit_bytes: int, progress: Progress = NOBODY, *, spool: Path | None = None) -> Archive:
    """Read an archive of one package (``.gz``) or several (``.zip``), whatever its name ends with.

    It is unpacked once into a temporary file in ``spool`` (or where the system has those), never into memory.
    Raises ``BadArchive``, ``WorkspaceError``, ``Cancelled``.
    """
    with ExitStack() as opened:
        try:
            source = _Source(path, limit_bytes, progress)
            opened.callback(source.file.close)
            unpacked = _temporary(spool)
            opened.callback(unpacked.close)
            places: dict[str, dict[bytes, int]] = {}
            packages: list[ArchivedPackage] = []
            unpacking = Unpacking(limit_bytes)
            for name, spooled in _packages(source, unpacked, unpacking, spool, progress):
                found = _described(spooled, unpacked, unpacking.what, name)
                _refuse_double(packages, found)
                packages.append(ArchivedPackage(found, spooled.files))
                places[found.uid] = spooled.places
            unpacked.flush()
        except OSError as error:  # of the temporary files: those of the archive are told where it is read
            raise _no_room(error) from error
        source.file.close()
        opened.pop_all()
        return _Unpacked(path, source.digest.digest(), tuple(packages), unpacked, places)


class _Unpacked(Archive):
    """An archive whose contents lie in a temporary file."""

    def __init__(
        self,
        path: Path,
        sha256: bytes,
        packages: tuple[ArchivedPackage, ...],
        spool: BinaryIO,
        places: dict[str, dict[bytes, int]],
    ) -> None:
        self.path, self.sha256, self.packages = path, sha256, packages
        self._spool = spool
        self._places = places

    def read(self, package: ArchivedPackage, paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Yield each of these files with its contents in pieces."""
        places = self._places[package.found.uid]
        for path in paths:
            yield path, self._pieces(places[path], package.files[path].size)

    def _pieces(self, at: int, size: int) -> Iterator[bytes]:
        end = at + size
        while at < end:
            try:
                self._spool.seek(at)
                piece = self._spool.read(min(BLOCK, end - at))
            except OSError as error:
                raise _no_room(error) from error
            if not piece:
                raise WorkspaceError("The temporary file with the unpacked archive was cut off.", "Try again.")
            at += len(piece)
            yield piece

    def close(self) -> None:
        """Throw the temporary file away."""
        self._spool.close()


class _Source:
    """The file of an archive, read once from its beginning to its end, and hashed meanwhile."""

    def __init__(self, path: Path, limit_bytes: int, progress: Progress) -> None:
        self.path, self.progress = path, progress
        self.digest = hashlib.sha256()
        name = shown_name(path.name)
        if "\0" in str(path):
            raise BadArchive(f"“{shown_name(str(path))}” is not the path of a file.", _CHOOSE)
        self.file = cast(BinaryIO, self._told(self._opened))
        try:
            self.size = os.fstat(self.file.fileno()).st_size
            if not self.size:
                raise BadArchive(f"The file {name} is empty.", AGAIN)
            Unpacking(limit_bytes).demand_room(self.size)
            self.head = cast(bytes, self._told(lambda: self.file.read(4)))
            self._told(lambda: self.file.seek(0))
            self.is_zip = self.head in (_ZIP, _EMPTY_ZIP)
            if not self.is_zip and not self.head.startswith(_GZIP):
                raise BadArchive(f"The file {name} is neither a .gz nor a .zip of packages.", _CHOOSE)
        except BaseException:
            self.file.close()
            raise

    def pieces(self) -> Iterator[bytes]:
        """Give all of it; raises ``WorkspaceError``."""
        done = 0
        while piece := cast(bytes, self._told(lambda: self.file.read(BLOCK // 4))):
            self.progress.step(done, self.size, shown_name(self.path.name))
            done += len(piece)
            self.digest.update(piece)
            yield piece

    def _opened(self) -> BinaryIO:
        file = os.open(self.path, _READ)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise BadArchive(f"{shown(str(self.path))} is not a file.", _CHOOSE)
            return os.fdopen(file, "rb")
        except BaseException:
            os.close(file)
            raise

    def _told(self, work: Callable[[], object]) -> object:
        try:
            return work()
        except OSError as error:
            raise refusal(error, "read the archive", str(self.path)) from error


_CHOOSE = "Choose a .gz of one package, or a .zip of several, as Creatio and clio make them."


def _packages(
    source: _Source,
    unpacked: BinaryIO,
    unpacking: Unpacking,
    spool: Path | None,
    progress: Progress,
) -> Iterator[tuple[str, Spooled]]:
    """Unpack each package, and give it by the name that the archive has for it; that of a ``.gz`` says nothing."""
    if not source.is_zip:
        yield "", read_records(inflate(source.pieces(), unpacking), unpacked, unpacking, progress)
        return
    # A zip is read here and there: from a copy, so that what is hashed is what is read.
    with _temporary(spool) as copy:
        for piece in source.pieces():
            copy.write(piece)
        yield from read_bundle(copy, source.size, unpacked, unpacking, progress)


def _described(spooled: Spooled, unpacked: BinaryIO, what: str, name: str) -> FoundPackage:
    """Give what the descriptor of a package says; ``name`` is that of its ``.gz`` in a zip, else empty."""
    path = DESCRIPTOR.encode()
    file = spooled.files.get(path)
    if file is None:
        raise BadArchive(f"{what} is not that of a package: it holds no {DESCRIPTOR}.", _CHOOSE)
    if file.size > SIZE_LIMIT:
        raise BadArchive(f"{what} cannot be used: its {DESCRIPTOR} is too large ({file.size:,} bytes).", AGAIN)
    end = unpacked.tell()
    unpacked.seek(spooled.places[path])
    data = unpacked.read(file.size)
    unpacked.seek(end)
    try:
        found = parse_package(data, "")
    except Unsound as unsound:
        sentence = str(unsound)
        raise BadArchive(f"{what} cannot be used: {sentence[0].lower()}{sentence[1:]}", AGAIN) from unsound
    problem = "it begins with a dot" if found.name.startswith(".") else part_problem(found.name)
    if problem:
        raise BadArchive(f"{what} cannot be used: “{shown_name(found.name)}” is no name for a package: {problem}.")
    if name and found.name.casefold() != name.casefold():
        raise BadArchive(
            f"{what} holds another package: the {DESCRIPTOR} in it is that of “{shown_name(found.name)}”.",
            "Ask who made it for another one.",
        )
    return replace(found, key=found.name)


def _refuse_double(packages: list[ArchivedPackage], found: FoundPackage) -> None:
    for other in packages:
        if other.found.uid == found.uid or other.found.name.casefold() == found.name.casefold():
            raise BadArchive(
                f"The archive cannot be used: “{shown_name(other.found.name)}” and “{shown_name(found.name)}”"
                " in it are one package, by name or by UId.",
                "Ask who made it for another one.",
            )


def _temporary(folder: Path | None) -> BinaryIO:
    """Open a temporary file without a name in a folder, or where the system has them."""
    if folder is not None:
        try:
            return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
        except OSError:
            folder = None  # it is not there yet, or nothing can be written in it
    return cast(BinaryIO, tempfile.TemporaryFile())


def _no_room(error: OSError) -> WorkspaceError:
    if error.errno in _FULL:
        return WorkspaceError(
            "There is not enough room on the disk to unpack the archive.", "Free some space and try again.", str(error)
        )
    return WorkspaceError(
        f"The archive cannot be unpacked into a temporary file: {error.strerror or error}.",
        "Check the disk, and where TMPDIR points to.",
        str(error),
    )
