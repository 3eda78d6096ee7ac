"""The record of archives, the one place where entries leave the database, and the mark of archive files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from hotfix_desktop.core.errors import Cancelled, StoreError
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.store.archive_file import CHUNK, discard, part_of, publish, sha256_of, write_part
from hotfix_desktop.store.archives import Archive
from hotfix_desktop.store.store import Store
from tests.store.conftest import START

AT = datetime(2026, 11, 23, tzinfo=UTC)


def record(first: int, last: int) -> Archive:
    return Archive(first, last, b"h" * 32, b"f" * 32, "{}", "/archives/a.sqlite3", b"s" * 32, AT)


@pytest.fixture
def ten(enter):
    """Ten entries, one a minute."""
    for number in range(10):
        enter(f"Entry {number + 1}", minutes=number, hotfix=number // 2 + 1)


def test_a_prefix_leaves_and_is_remembered(store, enter, ten):
    with store.transaction():
        assert store.archives.move(record(1, 4)) == 4
    assert store.archives.bounds() == (5, 10)
    assert store.archives.last() == record(1, 4)
    with store.transaction():
        assert store.archives.move(record(5, 9)) == 5
    assert store.archives.all() == [record(1, 4), record(5, 9)]
    assert enter("Next") == 11
    assert store.ledger.newest() == 11


@pytest.mark.parametrize(("first", "last"), [(2, 4), (1, 10), (1, 11), (1, 0), (0, 4)])
def test_only_a_prefix_that_leaves_something_is_moved(store, ten, first, last):
    with pytest.raises(ValueError, match="no prefix"), store.transaction():
        store.archives.move(record(first, last))
    assert store.archives.bounds() == (1, 10)
    assert store.archives.all() == []


def test_moving_outside_of_a_transaction_is_a_bug(store, ten):
    with pytest.raises(RuntimeError, match="inside a transaction"):
        store.archives.move(record(1, 4))


def test_what_fails_after_it_undoes_it_and_the_triggers_stand(store, ten):
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012 - the whole of it fails
        store.archives.move(record(1, 8))
        raise ZeroDivisionError
    assert store.archives.bounds() == (1, 10)
    with closing(sqlite3.connect(store.path)) as plain, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        plain.execute("DELETE FROM audit WHERE seq = 1")


def test_where_days_and_hotfixes_begin(store, ten):
    archives = store.archives
    assert archives.first_since(START.utc) == 1
    assert archives.first_since(START.utc + timedelta(minutes=3)) == 4
    assert archives.first_since(START.utc + timedelta(minutes=2, seconds=1)) == 4
    assert archives.first_since(START.utc + timedelta(days=1)) == 0
    assert archives.first_of_hotfixes([3, 2, 77]) == (3, 2)
    assert archives.first_of_hotfixes([77]) == archives.first_of_hotfixes([]) == (0, 0)
    assert archives.period(1, 3) == (START.utc, START.utc + timedelta(minutes=2))


def test_a_clock_that_was_set_back_does_not_let_later_days_go(store, enter):
    for minutes in (0, 10, 2, 11):
        enter("Something", minutes=minutes)
    assert store.archives.first_since(START.utc + timedelta(minutes=5)) == 2


def test_a_checkpoint_is_found_that_ends_in_the_range(store, ten):
    with store.transaction():
        for size in (3, 3, 6, 9):
            store.checkpoints.add(size, f"note {size}", b"f")
    found = store.archives.last_checkpoint(1, 8)
    assert (found.number, found.size) == (3, 6)
    assert store.archives.last_checkpoint(1, 5).number == 2
    assert store.archives.last_checkpoint(4, 5) is None
    assert store.archives.last_checkpoint(1, 2) is None


# The file


def test_a_part_holds_exactly_what_was_asked_for(store, ten, tmp_path):
    with store.transaction():
        for size in (2, 5, 9):
            store.checkpoints.add(size, "note", b"f")
        store.archives.move(record(1, 3))
    target = tmp_path / "a.sqlite3"
    part = write_part(store.path, target, 4, 7)
    assert part == part_of(target)
    publish(part, target)
    assert not part.exists()
    copy = Store(target, read_only=True)
    assert copy.is_archive
    assert copy.archives.bounds() == (4, 7)
    assert copy.archives.last() == record(1, 3)
    assert [kept.size for kept in copy.checkpoints.after()] == [5]
    assert copy.administration.members() == []
    copy.close()


def test_a_part_that_was_left_over_is_written_anew(store, ten, tmp_path):
    target = tmp_path / "a.sqlite3"
    part_of(target).write_bytes(b"half a file")
    publish(write_part(store.path, target, 1, 3), target)
    assert sha256_of(target) != b""
    assert [path.name for path in tmp_path.glob("*a.sqlite3*")] == ["a.sqlite3"]


def test_publishing_replaces_nothing(store, ten, tmp_path):
    target = tmp_path / "a.sqlite3"
    part = write_part(store.path, target, 1, 3)
    target.write_text("somebody's own")
    with pytest.raises(StoreError, match="could not be written"):
        publish(part, target)
    assert target.read_text() == "somebody's own"
    discard(part)
    discard(part)
    assert not part.exists()


def test_a_cancel_leaves_nothing(store, ten, tmp_path):
    progress = CancellableProgress()
    progress.cancel()
    with pytest.raises(Cancelled):
        write_part(store.path, tmp_path / "a.sqlite3", 1, 9, progress)
    assert list(tmp_path.glob("*.part")) == list(tmp_path.glob(".*.part")) == []


def test_a_folder_that_is_not_there_is_a_sentence(store, ten, tmp_path):
    with pytest.raises(StoreError, match="No such file or directory"):
        write_part(store.path, tmp_path / "no" / "a.sqlite3", 1, 3)


def test_progress_counts_entries(store, ten, tmp_path):
    class Seen(CancellableProgress):
        steps: list = []

        def step(self, done, total=0, what=""):
            self.steps.append((done, total))

    write_part(store.path, tmp_path / "a.sqlite3", 3, 9, Seen())
    assert Seen.steps == [(0, 7)]
    assert CHUNK > 7
