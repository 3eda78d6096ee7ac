"""Opens the file of the content store: checks that it is ours and not newer, or makes it.

The journal is SQLite's rollback journal, not a write-ahead log: what is appended goes to its place at once, and is
written once. ``synchronous=EXTRA`` syncs the folder as well, after the journal is gone: a recording that was told
is there after a power cut, and with it the transaction is all there or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from hotfix_desktop.changes.errors import translated
from hotfix_desktop.core.errors import StoreError

APPLICATION_ID = 0x48464354
"""“HFCT”: stands in the head of the file, so that no other database is taken for it."""
FORMAT = 1
"""Stands in the head of the file; a newer program counts it up."""
BUSY_SECONDS = 10.0
"""How long a statement waits for another program's recording."""
PAGE_BYTES = 16_384
"""Packs fill many pages: large ones mean fewer of them."""
CACHE_KIB = 16_384
"""What SQLite keeps in memory of the file; a large recording goes to the disk meanwhile."""

NOW = "CAST(strftime('%s', 'now') AS INTEGER)"
"""The time of a tree, in seconds, as SQLite says it."""

_TABLES = (
    # Some 256 KiB of small contents, or one piece of a large one; form 1 is compressed by zlib.
    """CREATE TABLE IF NOT EXISTS pack (
        id INTEGER NOT NULL PRIMARY KEY,
        form INTEGER NOT NULL,
        size INTEGER NOT NULL,
        data BLOB NOT NULL
    )""",
    # Where a content begins; one that is larger than what is left of its pack goes on in those that follow.
    """CREATE TABLE IF NOT EXISTS content (
        digest BLOB NOT NULL PRIMARY KEY,
        size INTEGER NOT NULL,
        pack INTEGER NOT NULL,
        start INTEGER NOT NULL
    ) WITHOUT ROWID""",
    # Recorded trees. A pinned one is kept though nothing in the database names it.
    f"""CREATE TABLE IF NOT EXISTS tree (
        digest BLOB NOT NULL PRIMARY KEY,
        recorded INTEGER NOT NULL DEFAULT ({NOW}),
        pinned INTEGER NOT NULL,
        data BLOB NOT NULL
    )""",
)


def open_contents(path: Path | None, *, read_only: bool, made: Callable[[Path], object]) -> sqlite3.Connection:
    """Open the store, and make it where there is none; without a path it lives in memory.

    ``made`` hears of a file that was just made, and may share it with others. Raises ``StoreError``.
    """
    with translated(path):
        if path is None:
            connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        elif read_only:
            if not path.is_file():
                raise StoreError(f"There is no content store at {path}: nothing was recorded yet.")
            connection = sqlite3.connect(
                path.resolve().as_uri() + "?mode=ro",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        else:
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path, read_only, made)
        except BaseException:
            connection.close()
            raise
    return connection


def identity(path: Path | None) -> tuple[int, int] | None:
    """Say which file lies there; None when there is none, or the store lives in memory. Raises ``StoreError``."""
    if path is None:
        return None
    with translated(path):
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
    return found.st_dev, found.st_ino


def _prepare(
    connection: sqlite3.Connection, path: Path | None, read_only: bool, made: Callable[[Path], object]
) -> None:
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    if read_only:
        _refuse_others(connection, path)
        return
    connection.execute("PRAGMA synchronous = EXTRA")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables or _mark(connection):
        _refuse_others(connection, path)
        return
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    # A second program that makes it at the same moment waits here, and finds everything there.
    connection.execute("BEGIN IMMEDIATE")
    if _mark(connection) != APPLICATION_ID:
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        if path is not None:
            made(path)
    connection.execute("COMMIT")
    _refuse_others(connection, path)


def _refuse_others(connection: sqlite3.Connection, path: Path | None) -> None:
    if _mark(connection) != APPLICATION_ID:
        raise StoreError(f"{path} is not a content store of Hotfix Desktop.", "Move it away and try again.")
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if form > FORMAT:
        raise StoreError(
            f"The content store {path} was written by a newer version of Hotfix Desktop.",
            "Update this program; the content store was not touched.",
        )


def _mark(connection: sqlite3.Connection) -> int:
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    return int(mark)
