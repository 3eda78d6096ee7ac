"""Who beats for a workspace: the guard and the windows, each with the two clocks of its last beat.

It stands in a small SQLite file of its own beside the database. There a beat every second costs no flush of
the disk, wakes no window (each looks at the version of the database), and works while another program holds
the database. Nothing in it is evidence: what is lost in a power cut was not true any more after it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.watch import Watcher, system_user
from hotfix_desktop.store.errors import as_store_error
from hotfix_desktop.store.sharing import share_file

FILE = "watch.sqlite3"
PATIENCE_SECONDS = 0.2
"""A beat that has to wait longer is left out; the next one comes in a second."""
_TABLE = """CREATE TABLE IF NOT EXISTS watching (
    name TEXT NOT NULL PRIMARY KEY, pid INTEGER NOT NULL, since BIGINT NOT NULL, since_boot_us BIGINT NOT NULL,
    beat BIGINT NOT NULL, beat_boot_us BIGINT NOT NULL, boot_id TEXT NOT NULL, ended INTEGER NOT NULL,
    owner TEXT NOT NULL)"""
_COLUMNS = "name, pid, since, since_boot_us, beat, beat_boot_us, boot_id, ended, owner"


class Presence:
    """The watchers of one workspace, for one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder of the workspace's database; the file is opened when first needed."""
        self._path = folder / FILE
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def beat(self, name: str, since: Moment, now: Moment) -> None:
        """Say that ``name``, this process, lives now; raises ``StoreError``."""
        self._write(
            f"INSERT OR REPLACE INTO watching ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
            (
                name,
                os.getpid(),
                to_microseconds(since.utc),
                since.boot_us,
                to_microseconds(now.utc),
                now.boot_us,
                now.boot_id,
                system_user(),
            ),
        )

    def ended(self, name: str) -> None:
        """Say that ``name``, this process, ends in good order; raises ``StoreError``."""
        self._write("UPDATE watching SET ended = 1 WHERE name = ? AND pid = ?", (name, os.getpid()))

    def get(self, name: str) -> Watcher | None:
        """Give one watcher, or None for one that never beat; raises ``StoreError``."""
        return next((watcher for watcher in self.all() if watcher.name == name), None)

    def all(self) -> list[Watcher]:
        """Give everybody who ever beat; raises ``StoreError``."""
        try:
            rows = self._open().execute(f"SELECT {_COLUMNS} FROM watching").fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            raise as_store_error(error, self._path) from error
        return [
            Watcher(
                name,
                pid,
                Moment(from_microseconds(since), since_boot_us, boot_id),
                Moment(from_microseconds(beat), beat_boot_us, boot_id),
                bool(ended),
                owner,
            )
            for name, pid, since, since_boot_us, beat, beat_boot_us, boot_id, ended, owner in rows
        ]

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, sql: str, values: tuple[object, ...]) -> None:
        try:
            self._open().execute(sql, values)
        except sqlite3.Error as error:
            self._give_up(error)
            raise as_store_error(error, self._path) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._file == _identity(self._path):
            return self._connection
        self.close()  # another program found the file damaged and made it anew: nobody looks into the old one
        is_new = not os.path.exists(self._path)
        connection = sqlite3.connect(
            self._path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            # WAL survives a kill; without a flush only a power cut can damage it, after which nobody here lives.
            connection.execute("PRAGMA synchronous = off")
            if is_new:
                _share(self._path)
            connection.execute("PRAGMA journal_mode = wal")
            connection.execute(_TABLE)
        except BaseException:
            connection.close()
            raise
        self._connection, self._file = connection, _identity(self._path)
        return connection

    def _give_up(self, error: sqlite3.Error) -> None:
        """After an error open the file again the next time; a damaged one is made anew."""
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for path in (self._path, *(self._path.with_name(FILE + end) for end in ("-wal", "-shm"))):
                with suppress(OSError):  # Windows deletes no file that somebody has open
                    path.unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _share(path: Path) -> None:
    try:
        share_file(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be shared: {error.strerror}.", "", str(error)) from error
