"""The ``.gz`` of one package (``creatio.md`` 7.4): records of a name and its contents, one after another, in gzip.

A record is an int32, that many UTF-16 code units of a name with backslashes, an int32, that many bytes; all little
endian. There is no count and no end: the gzip stream ends where the last record does. What is unpacked goes as it is
into a file (the *spool*), and a file's contents are a stretch of that, so that a large archive costs no memory.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from codecs import utf_16_le_decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import plural
from hotfix_desktop.workspaces.archive_names import LENGTH_LIMIT, name_problem, names_problem, shown_name
from hotfix_desktop.workspaces.port import ArchivedFile, BadArchive

BLOCK = 1 << 20
"""Bytes that are unpacked, hashed and written at a time."""
FILES_LIMIT = 500_000
"""Files of an archive: each costs memory, and an archive of nothing but empty files could hold millions."""
CONTENT_LIMIT = 2**31 - 1
"""Bytes of a file: what an int32 says."""
AGAIN = "Get it again from where it came from."

_LENGTH = struct.Struct("<i")
_GZIP = 16 + zlib.MAX_WBITS
_HEADER = bytes.fromhex("1f8b0800000000000400")
"""As a server writes it: no name, no time, so that the same files are the same bytes."""
_LEVEL = 6
_STREAMS = 1000
"""Streams of gzip that follow each other in one archive; real ones are one."""
_SMALL = 8 << 20
"""Contents up to so many bytes wait in memory for their length, larger ones in a temporary file."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """The files of one package by their paths, and where in the spool the contents of each begin."""

    files: dict[bytes, ArchivedFile]
    places: dict[bytes, int]


class Unpacking:
    """How far an archive is unpacked, however many packages it holds.

    Attributes:
        what: what is being unpacked, as a sentence begins with it.
        done_bytes, files: how much of all packages, and how many files, are unpacked.
    """

    def __init__(self, limit_bytes: int) -> None:
        """Start with the limit of the setting ``ArchiveMegabytes``."""
        self.limit_bytes = limit_bytes
        self.what = "The archive"
        self.done_bytes = 0
        self.files = 0

    def unpacked(self, size: int) -> None:
        """Count bytes; raises ``BadArchive`` past the limit."""
        self.done_bytes += size
        if self.done_bytes > self.limit_bytes:
            raise BadArchive(
                f"The archive unpacks to more than {self.limit_bytes / 2**20:,.0f} MB, which is not allowed.",
                "If it is what you expect, raise the setting ArchiveMegabytes.",
            )

    def demand_room(self, size: int) -> None:
        """Raise ``BadArchive`` for a file that cannot end within the limit, before any of it is read."""
        if self.done_bytes + size > self.limit_bytes + BLOCK:
            self.unpacked(size)

    def one_more(self) -> None:
        """Count a file; raises ``BadArchive`` past the limit."""
        self.files += 1
        if self.files > FILES_LIMIT:
            raise BadArchive(f"The archive holds more than {FILES_LIMIT:,} files, which is not allowed.")


def inflate(packed: Iterable[bytes], unpacking: Unpacking) -> Iterator[bytes]:
    """Unpack gzip, its checksums checked, into pieces of at most ``BLOCK`` bytes; raises ``BadArchive``."""
    stream = zlib.decompressobj(_GZIP)
    streams = 1
    try:
        for piece in packed:
            waiting = piece
            while waiting:
                if stream.eof:
                    # Streams may follow each other (RFC 1952, 2.2), and zeros may fill up the last block of a tape.
                    waiting = waiting.lstrip(b"\0")
                    streams += 1
                    if not waiting:
                        break
                    if streams > _STREAMS:
                        raise BadArchive(f"{unpacking.what} is damaged: it is made of too many pieces.", AGAIN)
                    stream = zlib.decompressobj(_GZIP)
                data = stream.decompress(waiting, BLOCK)
                waiting = stream.unused_data if stream.eof else stream.unconsumed_tail
                if data:
                    unpacking.unpacked(len(data))
                    yield data
    except zlib.error as error:
        raise BadArchive(f"{unpacking.what} is damaged: it cannot be unpacked.", AGAIN, str(error)) from error
    if not stream.eof:
        raise BadArchive(f"{unpacking.what} is not complete: it ends in the middle.", AGAIN)


def read_records(
    pieces: Iterable[bytes], spool: BinaryIO, unpacking: Unpacking, progress: Progress = NOBODY
) -> Spooled:
    """Read the records of one package and write all that was unpacked to the spool, from where that stands.

    Raises ``BadArchive`` for what is no package or holds a name that is not allowed, ``OSError`` of the spool,
    ``Cancelled``.
    """
    reader = _Records(spool.tell(), unpacking)
    for piece in pieces:
        progress.check()
        spool.write(piece)
        reader.take(piece)
    return reader.finish()


class _Records:
    """The records that were read so far, and the beginning of one that goes on in the next piece."""

    def __init__(self, at: int, unpacking: Unpacking) -> None:
        self.unpacking = unpacking
        self.files: dict[bytes, ArchivedFile] = {}
        self.places: dict[bytes, int] = {}
        self.last = ""  # the name of the last file
        self.at = at  # where the next piece begins
        self.left = b""  # of a record whose contents have not begun
        self.open: tuple[str, int, int] | None = None  # name, size, place of contents that go on
        self.missing = 0
        self.digest = hashlib.sha256()

    def take(self, piece: bytes) -> None:
        """Read on."""
        start = 0
        if self.open is not None:
            start = min(self.missing, len(piece))
            self.digest.update(piece[:start] if start < len(piece) else piece)
            self.missing -= start
            if not self.missing:
                name, size, place = self.open
                self._add(name, size, self.digest.digest(), place)
                self.open = None
        before = self.left  # nothing while contents are open
        base = self.at - len(before)
        self.at += len(piece)
        self._records(before + piece if before else piece, start, base)

    def _records(self, buffer: bytes, at: int, base: int) -> None:
        """Read all records that are whole in a buffer, which begins at ``base`` of the spool."""
        unpack, sha256, end, whole = _LENGTH.unpack_from, hashlib.sha256, len(buffer), memoryview(buffer)
        while at + 4 <= end:
            units = unpack(buffer, at)[0]
            if not 0 < units <= LENGTH_LIMIT:
                raise self._bad_length(units)
            content = at + 8 + 2 * units
            if content > end:
                break
            name = self._name(buffer[at + 4 : content - 4])
            size = unpack(buffer, content - 4)[0]
            if size < 0:
                raise self._damaged(f"the size of “{shown_name(name)}” is {size:,} bytes")
            after = content + size
            if after > end:
                self.unpacking.demand_room(after - end)
                self.open, self.missing = (name, size, base + content), after - end
                self.digest = sha256(whole[content:])
                self.left = b""
                return
            self._add(name, size, sha256(whole[content:after]).digest(), base + content)
            at = after
        self.left = buffer[at:]

    def _name(self, data: bytes) -> str:
        """Give a name with forward slashes; raises ``BadArchive`` for one that is not allowed."""
        name = utf_16_le_decode(data, "surrogatepass", True)[0].replace("\\", "/")
        problem = name_problem(name)
        if problem:
            raise self._refused(f"holds “{shown_name(name)}”, which is not allowed: {problem}.")
        return name

    def _add(self, name: str, size: int, digest: bytes, at: int) -> None:
        path = name.encode()
        if path in self.places:
            raise self._refused(f"cannot be used: “{shown_name(name)}” is there twice.")
        self.unpacking.one_more()
        self.files[path] = ArchivedFile(path, size, digest)
        self.places[path] = at
        self.last = name

    def _bad_length(self, units: int) -> BadArchive:
        if units == 0:
            return self._damaged("a file in it has an empty name")
        if units < 0:
            return self._damaged(f"the length of a name is {units:,}")
        return self._damaged(f"a name has {units:,} characters, and {LENGTH_LIMIT:,} are allowed")

    def _damaged(self, what: str) -> BadArchive:
        if self.last:
            return BadArchive(f"{self.unpacking.what} is damaged: {what}, behind “{shown_name(self.last)}”.", AGAIN)
        return BadArchive(
            f"{self.unpacking.what} is not that of a Creatio package.",
            "Choose a .gz of one package, or a .zip of several, as Creatio and clio make them.",
            f"In the first record, {what}.",
        )

    def _refused(self, why: str) -> BadArchive:
        return BadArchive(f"{self.unpacking.what} {why}", "Ask who made it for another one.")

    def finish(self) -> Spooled:
        """Give all files, when the stream has ended; raises ``BadArchive``."""
        if self.open is not None:
            name, size, _ = self.open
            raise BadArchive(
                f"{self.unpacking.what} is damaged: “{shown_name(name)}” should have {plural(size, 'byte')},"
                f" and {plural(self.missing, 'byte')} of them are missing.",
                AGAIN,
            )
        if self.left:
            raise self._damaged("it ends in the middle of a name")
        if not self.last:
            raise BadArchive(f"{self.unpacking.what} is empty: it holds no files.", AGAIN)
        problem = names_problem(path.decode() for path in self.files)
        if problem:
            raise self._refused(f"cannot be used: {problem}")
        return Spooled(self.files, self.places)


def record_order(path: bytes) -> tuple[bool, tuple[tuple[int, bytes, bytes], ...]]:
    """Give what sorts paths as most real archives have them: ``descriptor.json``, files, then what is in folders."""
    *folders, file = path.split(b"/")
    return path != b"descriptor.json", (*((1, part.lower(), part) for part in folders), (0, file.lower(), file))


def write_records(
    stream: BinaryIO, contents: Iterable[tuple[bytes, Iterable[bytes]]], progress: Progress = NOBODY
) -> None:
    """Write the files of a package, in this order; see ``port.Archives.write_package``."""
    gzip = _GzipWriter(stream)
    names: list[str] = []
    for path, pieces in contents:
        progress.step(len(names), 0, shown_name(path.decode("utf-8", "replace")))
        name = _writable_name(path)
        names.append(name)
        with SpooledTemporaryFile(_SMALL) as waiting:  # its length comes first, and is known last
            for piece in pieces:
                progress.check()
                waiting.write(piece)
            size = waiting.tell()
            if size > CONTENT_LIMIT:
                raise BadArchive(f"“{shown_name(name)}” is larger than 2 GB, and no archive can hold that.")
            spelled = name.replace("/", "\\").encode("utf-16-le")
            gzip.write(_LENGTH.pack(len(spelled) // 2) + spelled + _LENGTH.pack(size))
            waiting.seek(0)
            while piece := waiting.read(BLOCK):
                progress.check()
                gzip.write(piece)
    problem = names_problem(names)
    if problem:
        raise BadArchive(f"No archive can hold this package: {problem}", "Rename one of them.")
    gzip.finish()


def _writable_name(path: bytes) -> str:
    """Give the name of a file as text; raises ``BadArchive`` where a reader would refuse it."""
    name = path.decode("utf-8", "surrogateescape")
    problem = name_problem(name)
    if any("\udc80" <= character <= "\udcff" for character in name):
        problem = "its name is not UTF-8"
    if problem:
        shown = shown_name(path.decode("utf-8", "backslashreplace"))
        raise BadArchive(f"No archive can hold the file “{shown}”: {problem}.", "Rename it.")
    return name


class _GzipWriter:
    """Writes one stream of gzip with a header that says neither when nor where it was made."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._checksum = 0
        self._size = 0
        stream.write(_HEADER)

    def write(self, data: bytes) -> None:
        self._checksum = zlib.crc32(data, self._checksum)
        self._size += len(data)
        self._stream.write(self._packer.compress(data))

    def finish(self) -> None:
        trailer = struct.pack("<II", self._checksum, self._size & 0xFFFFFFFF)
        self._stream.write(self._packer.flush() + trailer)
