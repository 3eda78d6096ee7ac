"""Opening a database: what it is set to, and each thing that can be wrong with it, told in one sentence."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.store import connection
from hotfix_desktop.store.connection import open_database
from hotfix_desktop.store.migrations import APPLICATION_ID
from hotfix_desktop.store.store import Store


def pragma(store: Store, name: str) -> object:
    (value,) = store._database.execute_sql(f"PRAGMA {name}").fetchone()
    return value


def content(path: Path) -> bytes:
    return path.read_bytes()


def test_a_database_keeps_what_was_acknowledged_through_a_power_cut(store):
    # NORMAL in WAL mode loses acknowledged entries (performance.md, D4).
    assert pragma(store, "synchronous") == 2
    assert pragma(store, "journal_mode") == "wal"


def test_a_database_has_foreign_keys_our_mark_and_a_busy_timeout_of_ten_seconds(store):
    assert pragma(store, "foreign_keys") == 1
    assert pragma(store, "application_id") == APPLICATION_ID
    assert pragma(store, "busy_timeout") == 10_000


def test_a_transaction_takes_the_right_to_write_at_its_beginning(store, path):
    # A deferred one would fail at its first write without waiting (trap T6).
    other = sqlite3.connect(path, timeout=0)
    with store.transaction():
        store.administration.workspace()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_what_was_written_is_there_when_the_database_is_opened_again(store, path):
    store.close()
    again = Store(path)
    record = again.administration.workspace()
    assert (record.location, record.title, record.created_by) == ("/packages", "Packages", "ann")
    again.close()


def test_closing_twice_is_no_error(store):
    store.close()
    store.close()
    assert store._database.is_closed()


def test_the_version_changes_when_another_connection_writes_and_not_when_this_one_does(store, path):
    before = store.version()
    with store.transaction():
        store.administration.set_setting("Maintainer", "Us")
    assert store.version() == before
    other = Store(path)
    other.administration.set_setting("Maintainer", "Them")
    other.close()
    assert store.version() != before


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_the_folder_of_a_database_is_for_its_owner_alone(store, path):
    assert path.parent.stat().st_mode & 0o777 == 0o700


# A file that is not ours


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "theirs.sqlite3"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE song (title TEXT)")
    theirs.commit()
    theirs.close()
    before = content(path)
    for read_only in (False, True):
        with pytest.raises(StoreError, match="is not a database of Hotfix Desktop"):
            open_database(path, read_only=read_only)
    assert content(path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize("size", [100, 5000])
def test_random_bytes_are_a_damaged_database_and_are_left_as_they_are(tmp_path, size):
    path = tmp_path / "damaged.sqlite3"
    path.write_bytes(os.urandom(size))
    before = content(path)
    for read_only in (False, True):
        with pytest.raises(StoreError, match="damaged") as caught:
            open_database(path, read_only=read_only)
        assert "Do not delete it" in caught.value.remedy
    assert content(path) == before


def test_a_file_too_short_to_be_a_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "short"
    path.write_bytes(b"!")
    for read_only in (False, True):
        with pytest.raises(StoreError, match="is not a database of Hotfix Desktop"):
            open_database(path, read_only=read_only)
    assert content(path) == b"!"


def test_a_database_with_a_page_overwritten_is_damaged(store, path):
    store.close()
    whole = bytearray(content(path))
    whole[4096 : 4096 * 4] = os.urandom(4096 * 3)
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="damaged"):
        Store(path)


def test_a_database_cut_short_is_damaged(store, path):
    store.close()
    path.write_bytes(content(path)[:6000])
    with pytest.raises(StoreError, match="damaged"):
        Store(path)


def test_a_folder_where_the_database_should_be_cannot_be_read(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        open_database(tmp_path)


def test_there_is_nothing_to_read_where_no_database_is(tmp_path):
    for path in (tmp_path / "none.sqlite3", tmp_path / "no folder" / "none.sqlite3"):
        with pytest.raises(StoreError, match="There is no audit database at"):
            Store(path, read_only=True)
    (tmp_path / "empty.sqlite3").touch()
    with pytest.raises(StoreError, match="There is no audit database at"):
        Store(tmp_path / "empty.sqlite3", read_only=True)
    assert [p.name for p in tmp_path.iterdir()] == ["empty.sqlite3"]


def test_an_empty_file_becomes_a_database(tmp_path):
    path = tmp_path / "empty.sqlite3"
    path.touch()
    store = Store(path)
    assert store.administration.workspace() is None
    store.close()


def test_a_start_that_died_before_its_first_step_is_taken_up_again(path):
    # Killed between turning on the write-ahead log and the first migration: a file with a head and no table.
    path.parent.mkdir()
    died = sqlite3.connect(path)
    died.execute("PRAGMA journal_mode = wal")
    died.close()
    assert path.stat().st_size > 0
    store = Store(path)
    assert store.administration.workspace() is None
    store.close()


def test_a_path_that_is_too_long_is_told_in_a_sentence(tmp_path):
    for read_only in (False, True):
        with pytest.raises(StoreError):
            open_database(tmp_path / ("x" * 300) / "d.sqlite3", read_only=read_only)


def test_a_file_where_the_folder_should_be_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made") as caught:
        open_database(tmp_path / "file" / "workspace" / "d.sqlite3")
    assert "--home" in caught.value.remedy


# Locked


def test_a_database_that_another_program_holds_is_told_and_nothing_is_changed(store, path, enter, monkeypatch):
    enter()
    store.close()
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    mine = Store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Another program holds the audit database, so nothing was changed"):
        mine.administration.set_setting("Maintainer", "Us")
    with pytest.raises(StoreError, match="Another program holds"), mine.transaction():
        pytest.fail("the transaction began")
    assert mine.administration.setting_texts() == {}, "reading goes on while somebody writes"
    other.execute("ROLLBACK")
    mine.administration.set_setting("Maintainer", "Us")
    mine.close()
    other.close()


def test_opening_a_new_database_that_another_program_holds_is_told(path, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = wal")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Another program holds"):
        Store(path)
    other.close()


def test_a_reader_waits_for_a_writer_that_ends_in_time(store, path):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    timer.start()
    store.administration.set_setting("Maintainer", "Us")
    timer.join()
    other.close()
    assert store.administration.setting_texts() == {"Maintainer": "Us"}


# Read-only


def test_a_database_opened_to_be_read_refuses_to_be_written(store, path, enter):
    enter("before")
    store.close()
    reader = Store(path, read_only=True)
    assert reader.ledger.newest() == 1
    with pytest.raises(StoreError, match="read-only, so nothing was changed"):
        reader.administration.set_setting("Maintainer", "Us")
    reader.close()


def test_a_reader_sees_what_is_written_while_it_is_open(store, path, enter):
    reader = Store(path, read_only=True)
    assert reader.ledger.newest() == 0
    enter()
    assert reader.ledger.newest() == 1
    reader.close()


OPEN_AND_WRITE = """
import sys
from pathlib import Path
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.store.store import Store
try:
    store = Store(Path(sys.argv[1]))
    store.administration.set_setting("Maintainer", "Us")
except StoreError as error:
    print("refused:", error)
"""

OPEN_AND_READ = """
import sys
from pathlib import Path
from hotfix_desktop.store.store import Store
store = Store(Path(sys.argv[1]), read_only=True)
print("entries:", store.ledger.newest())
store.close()
"""


def finished(folder: Path) -> Path:
    """A database with one entry that no program has open, in this folder."""
    path = folder / "d.sqlite3"
    store = Store(path)
    store.close()
    return path


def said(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_home_that_belongs_to_somebody_else_is_told_in_a_sentence(as_nobody, open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    answer = said(as_nobody(OPEN_AND_WRITE, closed / "workspaces" / "d.sqlite3"))
    assert answer.startswith("refused: ")
    assert "closed" in answer or "cannot be read" in answer


def test_a_home_that_cannot_be_written_is_told_in_a_sentence(as_nobody, open_folder):
    open_folder.chmod(0o755)
    answer = said(as_nobody(OPEN_AND_WRITE, open_folder / "workspaces" / "d.sqlite3"))
    assert "cannot be made: Permission denied." in answer
    assert "--home" in answer
    assert list(open_folder.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told_and_stays_as_it_is(as_nobody, open_folder):
    path = finished(open_folder)
    path.chmod(0o644)
    before = content(path)
    assert "refused: The audit database is read-only, so nothing was changed." in said(as_nobody(OPEN_AND_WRITE, path))
    assert content(path) == before


def test_a_folder_that_cannot_be_written_is_told_and_the_file_stays_as_it_is(as_nobody, open_folder):
    path = finished(open_folder)
    path.chmod(0o666)
    open_folder.chmod(0o755)
    before = content(path)
    answer = said(as_nobody(OPEN_AND_WRITE, path))
    assert answer.startswith("refused: The audit database ")
    assert content(path) == before


def test_an_auditor_without_the_right_to_write_anything_can_read_the_log(as_nobody, open_folder):
    path = finished(open_folder)
    path.chmod(0o644)
    open_folder.chmod(0o755)
    assert said(as_nobody(OPEN_AND_READ, path)) == "entries: 0\n"


def test_the_write_ahead_log_is_waited_for_as_long_as_for_any_lock_and_then_told(path, monkeypatch):
    # SQLite itself does not wait here; a database in the old journal mode shows it.
    Store(path).close()
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode = delete")
    plain.execute("BEGIN")
    plain.execute("SELECT * FROM workspace").fetchall()
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    with pytest.raises(StoreError, match="Another program holds the audit database"):
        Store(path)
    plain.execute("ROLLBACK")
    plain.close()
    store = Store(path)
    assert pragma(store, "journal_mode") == "wal"
    store.close()
