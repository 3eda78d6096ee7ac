"""Opens a database: check that it is ours and not newer → back up → migrate → use.

Everything that is true of SQLite only stands here: WAL, ``synchronous=FULL`` (``NORMAL`` loses
acknowledged entries in a power cut, ``performance.md`` D4), ``BEGIN IMMEDIATE`` (a transaction that reads
before it writes would fail at once instead of waiting, ``taste.md`` T6) and the busy timeout.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import peewee

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.store.errors import as_store_error, translated
from hotfix_desktop.store.migrations import APPLICATION_ID, ARCHIVE_MARK, STEPS, Step
from hotfix_desktop.store.sharing import make_folder, share_file

BUSY_SECONDS = 10.0
"""How long a statement waits for another program's transaction."""


def open_database(path: Path, *, read_only: bool = False, steps: tuple[Step, ...] = STEPS) -> peewee.SqliteDatabase:
    """Open a database, bringing it to today's form first; makes it where there is none.

    Raises:
        StoreError: when it is locked, corrupt, read-only, newer than this program, or no database of ours.
    """
    size = _size(path)
    if read_only:
        if not size:
            raise StoreError(f"There is no audit database at {path}.")
        return _connect_read_only(path, steps)
    _make_folder(path.parent)
    database = peewee.SqliteDatabase(
        str(path),
        pragmas={"foreign_keys": 1, "synchronous": "full"},
        timeout=BUSY_SECONDS,
        lock_type="IMMEDIATE",
    )
    try:
        with translated():
            database.connect()
            # A start that died, or that is at work in another program, leaves a head without a table.
            if size and not _is_blank(database):
                _refuse_foreign(database, path)
                _refuse_archive(database, path)
            _refuse_newer(_applied(database), steps, path)
            if not size:
                share_file(path)  # before there is a write-ahead log, which takes its mode from the database
            _turn_on_wal(database)
            _migrate(database, path, steps)
    except BaseException:
        database.close()
        raise
    return database


def _connect_read_only(path: Path, steps: tuple[Step, ...]) -> peewee.SqliteDatabase:
    uri = path.resolve().as_uri()
    wal = path.with_name(path.name + "-wal")
    # On a medium where nothing can be written SQLite cannot make its shared-memory file; without a
    # write-ahead log there is nothing in it to miss.
    modes = ("?mode=ro", "?immutable=1") if not wal.exists() else ("?mode=ro",)
    failure: StoreError | None = None
    for mode in modes:
        database = peewee.SqliteDatabase(uri + mode, uri=True, timeout=BUSY_SECONDS)
        try:
            with translated():
                database.connect()
                _refuse_foreign(database, path)
                applied = _applied(database)
                _refuse_newer(applied, steps, path)
                if len(applied) < len(steps):
                    raise StoreError(
                        f"The database {path} is older than this program.",
                        "Open the workspace once as an administrator; that brings it up to date.",
                    )
        except StoreError as error:
            database.close()
            failure = error
        else:
            return database
    assert failure is not None
    raise failure


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be reached: {error.strerror}.",
            "Check the rights on its folder, or choose another one with --home or HOTFIX_DESKTOP_HOME.",
            str(error),
        ) from error


def _make_folder(folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} for the database cannot be made: {error.strerror}.",
            "Choose another one with --home or HOTFIX_DESKTOP_HOME.",
            str(error),
        ) from error


def _is_blank(database: peewee.SqliteDatabase) -> bool:
    (application,) = database.execute_sql("PRAGMA application_id").fetchone()
    (pages,) = database.execute_sql("PRAGMA page_count").fetchone()  # 0 for a file too short to be a database
    return application == 0 and pages > 0 and not database.get_tables()


def _refuse_foreign(database: peewee.SqliteDatabase, path: Path) -> None:
    (application,) = database.execute_sql("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise StoreError(f"{path} is not a database of Hotfix Desktop.")


def _refuse_archive(database: peewee.SqliteDatabase, path: Path) -> None:
    # Its mode does not keep an administrator of the system from writing to it, and then its SHA-256 is another one.
    (mark,) = database.execute_sql("PRAGMA user_version").fetchone()
    if mark == ARCHIVE_MARK:
        raise StoreError(
            f"{path} is an archive of an audit log, which can only be read.",
            "Look at it with hotfix-desktop --audit FILE.",
        )


def _applied(database: peewee.SqliteDatabase) -> set[int]:
    if not database.table_exists("schema_step"):
        return set()
    return {number for (number,) in database.execute_sql("SELECT number FROM schema_step")}


def _refuse_newer(applied: set[int], steps: tuple[Step, ...], path: Path) -> None:
    if applied - {step.number for step in steps}:
        raise StoreError(
            f"The database {path} was written by a newer version of Hotfix Desktop.",
            "Update this program; the database was not touched.",
        )


def _turn_on_wal(database: peewee.SqliteDatabase) -> None:
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            database.execute_sql("PRAGMA journal_mode = wal")
            return
        except peewee.OperationalError:
            # Two programs that make a database at the same moment: SQLite does not wait here, but it does
            # at the beginning of a transaction.
            if time.monotonic() > until:
                raise
            with database.atomic():
                pass


def _back_up(path: Path, step: int) -> None:
    target = path.with_name(f"{path.name}.before-step-{step + 1}")
    try:
        # A connection of its own: SQLite copies nothing from one that is inside a transaction that writes.
        source = sqlite3.connect(path)
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()
            source.close()
    except sqlite3.Error as error:
        raise as_store_error(error, target) from error


def _migrate(database: peewee.SqliteDatabase, path: Path, steps: tuple[Step, ...]) -> None:
    # One immediate transaction for all: a second program that starts at the same moment waits here, and
    # then finds nothing left to do, nor anything to back up.
    with database.atomic():
        database.execute_sql(
            "CREATE TABLE IF NOT EXISTS schema_step"
            " (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL)"
        )
        done = _applied(database)
        missing = [step for step in steps if step.number not in done]
        if done and missing:
            _back_up(path, max(done))
        for step in missing:
            for statement in step.statements:
                database.execute_sql(statement)
            database.execute_sql(
                "INSERT INTO schema_step (number, name, applied) VALUES (?, ?, ?)",
                (step.number, step.name, to_microseconds(datetime.now(UTC))),
            )
