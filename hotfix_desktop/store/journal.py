"""The side journal: what was done while the database could not be written, until it is chained into the log.

A relock must not wait for a disk that is full or a database that somebody holds, and its entry must not be
lost. So it goes into a small file that was filled with zeros before, which a full disk does not keep from
being written over: first beside the database, else in a spare folder on another disk. Each record is flushed
before the relock counts as recorded, and carries an id, so that one that is read twice is entered once.

Form: ``HFJ1``, then records (length and CRC-32 as 32-bit big-endian numbers, JSON in UTF-8); a length of zero
ends them, and so does a record that a power cut tore.
"""

from __future__ import annotations

import json
import os
import struct
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import filelock

from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.store.sharing import file_mode, make_folder, share_file

FILE = "pending.journal"
SIZE = 256 * 1024
"""Bytes that are kept free: some hundred records with modes, some eight hundred without."""
LOCK_SECONDS = 1.0
_MAGIC = b"HFJ1"
_HEAD = struct.Struct(">II")
_OPEN = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """A relock whose entry is not in the log yet.

    Attributes:
        hotfix: the number of the hotfix whose files were closed.
        at: both clocks when they were.
        why: what kept the entry out of the log, in one sentence.
        writers: the programs that still had a file open for writing.
        late: seconds past its deadline.
        early: why it was locked before its deadline; empty when it was not.
        modes: the record of that closing, compressed, as text; empty where it is too long for here.
        journal_id: names the record.
    """

    hotfix: int
    at: Moment
    why: str
    writers: tuple[Writer, ...] = ()
    late: int = 0
    early: str = ""
    modes: str = ""
    journal_id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Journal:
    """The side journal of one workspace, shared by all its relockers."""

    def __init__(self, folder: Path, spare: Callable[[], Path] | None = None) -> None:
        """Use the folder of the database first, and the one that ``spare`` gives when that cannot be written."""
        self._folder = folder
        self._spare = spare
        self._other: Path | None = None
        self._in_spare = False

    def prepare(self) -> None:
        """Make the file beside the database at its full size; raises ``StoreError`` when that is impossible.

        Called before anything is unlocked: a relock must be able to be recorded, or there is no unlock.
        """
        path = self._folder / FILE
        try:
            if path.exists() and path.stat().st_size >= SIZE:
                return
            with self._locked(self._folder):
                self._make(path)
        except OSError as error:
            raise StoreError(
                f"The journal {path} cannot be made: {error.strerror or error}.",
                "Free some space and check the rights on its folder.",
                str(error),
            ) from error

    def append(self, record: JournalRecord) -> None:
        """Add a record durably, in the first place that takes it; raises ``StoreError`` when none does."""
        failures = []
        for folder in self._places(spare=True):
            try:
                if folder == self._folder and not folder.is_dir():
                    raise FileNotFoundError(f"{folder} is not there")
                with self._locked(folder):
                    self._write(folder / FILE, record)
            except OSError as error:
                failures.append(f"{folder}: {error.strerror or error}")
                continue
            self._in_spare = self._in_spare or folder != self._folder
            return
        raise StoreError("The relock could not be recorded anywhere yet.", "", "\n".join(failures))

    def pending(self) -> list[JournalRecord]:
        """Give the records that wait, the oldest first; what is damaged at the end of a file is left out."""
        found: list[JournalRecord] = []
        for folder in self._places():
            try:
                found += _scan((folder / FILE).read_bytes())[0]
            except OSError:
                continue  # it is not there, or not now
        return found

    def clear(self, entered: set[str]) -> None:
        """Drop the records with these ids; the file keeps its size. Raises ``StoreError``.

        A record that came meanwhile stays.
        """
        for folder in self._places():
            path = folder / FILE
            try:
                if not path.exists():
                    continue
                with self._locked(folder):
                    left = [r for r in _scan(path.read_bytes())[0] if r.journal_id not in entered]
                    _over(path, b"".join(map(_bytes, left)))
            except OSError as error:
                raise StoreError(f"The journal {path} cannot be written.", "", str(error)) from error
        self._in_spare = False

    def is_empty(self) -> bool:
        """Whether nothing waits: cheap, each beat asks."""
        for folder in self._places():
            try:
                with open(folder / FILE, "rb") as file:
                    head = file.read(len(_MAGIC) + _HEAD.size)
            except OSError:
                continue
            if head[len(_MAGIC) :].strip(b"\0"):
                return False
        return True

    def _places(self, spare: bool = False) -> list[Path]:
        """Give the folders; the spare one also when this process wrote there, or somebody did before."""
        places = [self._folder]
        if self._spare is not None:
            other = self._other = self._other or self._spare()
            if spare or self._in_spare or os.path.exists(other / FILE):  # Path.exists raises
                places.append(other)
        return places

    def _make(self, path: Path) -> None:
        data = path.read_bytes() if path.exists() else b""
        kept = _MAGIC + data[len(_MAGIC) : _scan(data)[1]]
        file = os.open(path, _OPEN | os.O_CREAT, file_mode(path.parent))
        try:
            share_file(path)  # the umask took the group's rights away
            _write_all(file, kept.ljust(SIZE, b"\0"))
            os.fsync(file)
        finally:
            os.close(file)
        _flush_folder(path.parent)

    def _write(self, path: Path, record: JournalRecord) -> None:
        data = path.read_bytes() if path.exists() else b""
        if not data.startswith(_MAGIC):
            self._make(path)  # also when a full disk or a power cut left it empty
        _, end = _scan(data)
        file = os.open(path, _OPEN)
        try:
            os.lseek(file, end, os.SEEK_SET)
            _write_all(file, _bytes(record) + bytes(_HEAD.size))
            os.fsync(file)
        finally:
            os.close(file)

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        make_folder(folder)
        lock = filelock.FileLock(folder / f"{FILE}.lock", mode=file_mode(folder), thread_local=False)
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except filelock.Timeout as error:
            raise OSError(f"another program holds {folder / FILE}") from error
        try:
            yield
        finally:
            lock.release()


def _bytes(record: JournalRecord) -> bytes:
    facts = asdict(record)
    facts["at"] = [to_microseconds(record.at.utc), record.at.boot_us, record.at.boot_id]
    payload = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def _scan(data: bytes) -> tuple[list[JournalRecord], int]:
    """Give the records up to the first that is torn or damaged, and where the last of them ends."""
    found: list[JournalRecord] = []
    at = len(_MAGIC)
    while data.startswith(_MAGIC) and at + _HEAD.size <= len(data):
        length, check = _HEAD.unpack_from(data, at)
        payload = data[at + _HEAD.size : at + _HEAD.size + length]
        if not length or len(payload) != length or zlib.crc32(payload) != check:
            break
        with suppress(ValueError, TypeError, LookupError, AttributeError, OverflowError):  # a newer version's
            found.append(_record(json.loads(payload)))
        at += _HEAD.size + length
    return found, at


def _record(facts: dict[str, Any]) -> JournalRecord:
    utc, boot_us, boot_id = facts.pop("at")
    writers = tuple(Writer(**each) for each in facts.pop("writers"))
    return JournalRecord(at=Moment(from_microseconds(utc), boot_us, boot_id), writers=writers, **facts)


def _over(path: Path, records: bytes) -> None:
    file = os.open(path, _OPEN)
    try:
        _write_all(file, (_MAGIC + records).ljust(max(os.fstat(file).st_size, SIZE), b"\0"))
        os.fsync(file)
    finally:
        os.close(file)


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # a folder cannot be opened there
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
