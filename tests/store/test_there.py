"""The database as a file, what was entered from the side journal, and the small questions about the newest rows."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.lifecycle import Ending, UnlockRequest
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.store.store import Store

NOW = Moment(datetime(2026, 1, 1, tzinfo=UTC), 10**9, "boot")
CASE = FoundPackage("Case", "Case")

needs_posix = pytest.mark.skipif(os.name == "nt", reason="an open file can be neither deleted nor replaced there")


@pytest.fixture
def case(store) -> int:
    """The number of the one package that is known."""
    store.packages.remember([CASE], {})
    (package,) = store.packages.all()
    return package.package_id


# The file is there


def assert_gone(store: Store) -> None:
    assert not store.is_there()
    with pytest.raises(StoreError, match="not there any more") as caught:
        store.demand_there()
    assert str(store.path) in str(caught.value)
    assert "mounted" in caught.value.remedy


def test_a_database_at_its_place_is_there_also_after_it_was_written(store, enter):
    enter()
    assert store.is_there()
    store.demand_there()


@needs_posix
def test_a_database_that_was_deleted_is_not_there(store):
    store.path.unlink()
    assert_gone(store)


@needs_posix
def test_a_database_that_was_replaced_by_its_copy_is_not_there(store):
    copy = store.path.with_name("copy")
    shutil.copy2(store.path, copy)
    os.replace(copy, store.path)
    assert_gone(store)


@needs_posix
def test_a_database_whose_folder_went_away_is_there_when_it_comes_back(store):
    away = store.path.parent.with_name("away")
    store.path.parent.rename(away)
    assert_gone(store)
    away.rename(store.path.parent)
    assert store.is_there()
    store.demand_there()


# How long a statement waits


@pytest.fixture
def held(store):
    """Another program's transaction on the database."""
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_store_that_waits_little_gives_up_soon_and_works_afterwards(store, case, held):
    store.wait_at_most(0.05)
    begun = time.monotonic()
    with pytest.raises(StoreError, match="Another program holds"):
        store.packages.set_frozen(case, True)
    assert time.monotonic() - begun < 2, "less than the five seconds of everybody else"
    held.execute("ROLLBACK")
    store.packages.set_frozen(case, True)
    assert store.packages.get(case).frozen


def test_a_store_that_waits_longer_says_so_to_sqlite_in_milliseconds(store):
    store.wait_at_most(1.5)
    assert store._database.execute_sql("PRAGMA busy_timeout").fetchone() == (1500,)


# What was entered from the side journal


def test_a_record_of_the_journal_is_entered_once(store, enter):
    assert store.mark_drained("one", NOW)
    assert not store.mark_drained("one", NOW)
    enter()
    assert not store.mark_drained("one", NOW), "also when something else was written meanwhile"
    assert store.mark_drained("two", NOW)


def test_a_record_that_another_window_entered_is_not_entered_again(store):
    other = Store(store.path)
    assert other.mark_drained("one", NOW)
    assert not store.mark_drained("one", NOW)
    other.close()


def test_a_record_whose_transaction_failed_may_be_entered_later(store):
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012 - one transaction
        assert store.mark_drained("one", NOW)
        raise ZeroDivisionError
    with store.transaction():
        assert store.mark_drained("one", NOW)
        assert not store.mark_drained("one", NOW)


# The newest entry


def test_the_newest_entry_of_an_empty_log_is_none(store):
    assert store.ledger.last() is None
    assert store.ledger.last(AuditType.UNLOCKED) is None


def test_the_newest_entry_is_the_last_one_of_all_or_of_a_type(store, enter):
    enter("first", type=AuditType.UNLOCKED)
    enter("second", type=AuditType.UNLOCKED, minutes=-10)  # by number, not by a clock that was set back
    enter("third", type=AuditType.SETTING_CHANGED, owner="bob")
    assert (store.ledger.last().seq, store.ledger.last().event.owner) == (3, "bob")
    entry = store.ledger.last(AuditType.UNLOCKED)
    assert (entry.seq, entry.event.description) == (2, "second")
    assert entry.moment.utc == NOW.utc - timedelta(minutes=10)
    assert store.ledger.last(AuditType.ROLE_ASSIGNED) is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"null", b'["a"]', b"\x00" * 40])
def test_a_newest_entry_that_is_damaged_is_none(store, enter, body):
    enter()
    store._database.execute_sql(
        "INSERT INTO audit (seq, at, type, result, ip_address, owner, description, package, body, hash)"
        " VALUES (2, 0, ?, '', '', '', '', '', ?, x'00')",
        (AuditType.UNLOCKED.value, body),
    )
    assert store.ledger.last() is None
    assert store.ledger.last(AuditType.UNLOCKED) is None


# Hotfixes that ended since


def ended(store: Store, package_id: int, seconds: float) -> int:
    """Begin a hotfix and close it so many seconds after the start; gives its number."""
    number = store.hotfixes.begin(package_id, CASE, UnlockRequest("why", "", 30), "ann", NOW).number
    store.hotfixes.close(number, NOW.utc + timedelta(seconds=seconds), "Hotfix Desktop", Ending.RELOCKED)
    return number


def test_hotfixes_that_ended_since_come_in_the_order_in_which_they_did(store, case):
    late, early, middle = (ended(store, case, seconds) for seconds in (30, 10, 20))
    assert [h.number for h in store.hotfixes.closed_since(NOW.utc)] == [early, middle, late]


def test_what_ended_at_the_moment_itself_or_before_or_not_yet_is_left_out(store, case):
    ended(store, case, 10)
    after = ended(store, case, 10.000001)
    store.hotfixes.begin(case, CASE, UnlockRequest("why", "", 30), "ann", NOW)
    found = store.hotfixes.closed_since(NOW.utc + timedelta(seconds=10))
    assert [(h.number, h.ending) for h in found] == [(after, Ending.RELOCKED)]
    assert store.hotfixes.closed_since(NOW.utc + timedelta(days=1)) == []


# The immutable flag


def test_a_package_is_frozen_from_when_it_is_said_until_it_is_said_otherwise(store, case):
    store.packages.remember([CASE, FoundPackage("Base", "Base")], {})
    assert not any(package.frozen for package in store.packages.all())
    store.packages.set_frozen(case, True)
    assert {p.found.key: p.frozen for p in store.packages.all()} == {"Case": True, "Base": False}
    store.packages.remember([FoundPackage("Case", "Case", version="8.2")], {})
    assert store.packages.get(case).frozen, "looking at the packages again does not forget it"
    store.packages.set_frozen(case, False)
    assert not store.packages.get(case).frozen
