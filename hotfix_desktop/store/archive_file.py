"""Archive files: a prefix of the audit log as a database of its own, which is written once and never again.

An archive file has our own schema, so that the viewer and the verification read it as they read any log: the
workspace with its log id, the entries, the checkpoints that cover them, and the records of the archives before it,
from which its chain goes on. It has no write-ahead log, is read-only, and bears a mark that keeps every version of
this program from opening it for writing.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.store.migrations import ARCHIVE_MARK, STEPS

CHUNK = 20_000
"""Entries that are copied between two looks at the progress: about 50 ms."""
BLOCK = 1 << 20
READ_ONLY = 0o444
_LATER = ("CREATE TRIGGER", "CREATE INDEX", "CREATE UNIQUE INDEX")
_COLUMNS = "seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash"


def part_of(target: Path) -> Path:
    """Give the name under which an archive is written until it is whole; one that a crash left is written anew."""
    return target.with_name(f".{target.name}.part")


def write_part(log: Path, target: Path, first: int, last: int, progress: Progress = NOBODY) -> Path:
    """Copy entries and what belongs to them from the database ``log`` into a file beside ``target``; gives it.

    The log is read only, and others may go on writing to it. Raises ``StoreError``, and ``Cancelled``; both leave
    nothing behind.
    """
    part = part_of(target)
    with _told(target):
        part.unlink(missing_ok=True)
        try:
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(part, isolation_level=None)) as connection:
                _fill(connection, log, first, last, progress)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return part


def publish(part: Path, target: Path) -> None:
    """Make a part durable and read-only, and give it its name, which nothing else may have; raises ``StoreError``."""
    with _told(target):
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.chmod(READ_ONLY)
        try:
            os.link(part, target)  # unlike a rename it replaces nothing
        except OSError:
            if target.exists():
                raise
            part.rename(target)  # a file system without hard links
        part.unlink(missing_ok=True)
        _sync_folder(target.parent)


def discard(part: Path) -> None:
    """Remove a part that is not wanted any more, if it is there; raises ``StoreError``."""
    with _told(part):
        part.unlink(missing_ok=True)


def sha256_of(path: Path, progress: Progress = NOBODY) -> bytes:
    """Give the SHA-256 of a file; raises ``StoreError``, and ``Cancelled``."""
    digest = hashlib.sha256()
    with _told(path), path.open("rb") as file:
        while block := file.read(BLOCK):
            progress.check()
            digest.update(block)
    return digest.digest()


def identity(path: Path) -> tuple[int, int, int, int]:
    """Give what tells a file from another of its name; raises ``StoreError``."""
    with _told(path):
        found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def holds_only(file: Path, log: Path, progress: Progress = NOBODY) -> bool:
    """Whether every entry of an archive file is in a database, byte for byte; raises ``StoreError``, ``Cancelled``."""
    with _told(file), closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for name, path in (("copy", file), ("log", log)):
            connection.execute(f"ATTACH ? AS {name}", (f"{path.resolve().as_uri()}?mode=ro",))
        first, last = connection.execute("SELECT min(seq), max(seq) FROM copy.audit").fetchone()
        while first is not None and first <= last:
            progress.check()
            other = connection.execute(
                f"SELECT 1 FROM (SELECT {_COLUMNS} FROM copy.audit WHERE seq BETWEEN ? AND ?"
                f" EXCEPT SELECT {_COLUMNS} FROM log.audit WHERE seq BETWEEN ? AND ?) LIMIT 1",
                (first, first + CHUNK - 1) * 2,
            ).fetchone()
            if other is not None:
                return False
            first += CHUNK
        return last is not None


def _fill(connection: sqlite3.Connection, log: Path, first: int, last: int, progress: Progress) -> None:
    # Nobody else sees the file, and a crash throws it away: it is made durable once, at the end.
    connection.execute("PRAGMA journal_mode = off")
    connection.execute("PRAGMA synchronous = off")
    later = []
    for step in STEPS:
        for statement in step.statements:
            if statement.startswith(_LATER):
                later.append(statement)  # indexes are built faster at once; triggers would refuse a log from the middle
            else:
                connection.execute(statement)
    connection.execute(
        "CREATE TABLE schema_step (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL)"
    )
    connection.execute("ATTACH ? AS log", (f"{log.resolve().as_uri()}?mode=ro",))
    for table in ("schema_step", "workspace", "archive"):
        connection.execute(f"INSERT INTO main.{table} SELECT * FROM log.{table}")
    connection.execute(
        "INSERT INTO main.checkpoint SELECT * FROM log.checkpoint WHERE size BETWEEN ? AND ? ORDER BY id",
        (first, last),
    )
    at = first
    while at <= last:
        progress.step(at - first, last - first + 1, "copying entries")
        upto = min(last, at + CHUNK - 1)
        connection.execute(
            f"INSERT INTO main.audit ({_COLUMNS}) SELECT {_COLUMNS} FROM log.audit WHERE seq BETWEEN ? AND ?",
            (at, upto),
        )
        at = upto + 1
    connection.execute("DETACH log")
    for statement in later:
        progress.check()
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {ARCHIVE_MARK}")


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StoreError(
            f"The archive {target} could not be written or read: {reason}.",
            "Check its folder, or choose another one; the audit log is as it was.",
            f"{type(error).__name__}: {error}",
        ) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no handle for a folder, and writes its entries with the file
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
