"""A full disk: the change is refused with a sentence, nothing of it stays, and the log is whole (promise P2)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType, Event, chain_hash, leaf_hash
from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.roles import Role
from hotfix_desktop.store.store import Store
from tests.log_lines import lines_of

FULL = "The disk that holds the audit database is full, so nothing was changed"


def event(description: str) -> Event:
    return Event(AuditType.SETTING_CHANGED, AuditResult.SUCCESS, "ann", "", description)


def assert_whole(store: Store, entries: int) -> None:
    """Check the file and the chain of the log, which has so many entries."""
    lines = lines_of(store)
    assert [line.seq for line in lines] == list(range(1, entries + 1))
    previous = store.administration.workspace().log_id
    for line in lines:
        previous = chain_hash(previous, leaf_hash(line.body))
        assert line.hash == previous
    plain = sqlite3.connect(store.path)
    assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()


def fill(store: Store) -> None:
    """Let the database grow no further."""
    (pages,) = store._database.execute_sql("PRAGMA page_count").fetchone()
    store._database.execute_sql(f"PRAGMA max_page_count = {pages}")


def fill_up(disk: Path) -> None:
    """Leave not a byte on a disk."""
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while ballast.write(bytes(4096)):
            pass
    assert shutil.disk_usage(disk).free == 0


def make_room(store: Store) -> None:
    store._database.execute_sql("PRAGMA max_page_count = 1000000")


def enter_until_full(store: Store, size: int = 3000) -> int:
    """Change a setting with its entry until there is no room; gives how many were acknowledged."""
    done = store.ledger.newest()
    with pytest.raises(StoreError, match=FULL) as caught:  # noqa: PT012 - nobody knows which one fails
        for number in range(done + 1, 100_000):
            with store.transaction():
                store.administration.set_setting("Maintainer", f"Us {number}")
                store.ledger.append(event("x" * size), SystemClock().now())
            done = number
    assert "Free some space" in caught.value.remedy
    return done


def test_what_does_not_fit_any_more_is_refused_and_what_was_acknowledged_stays(store, enter):
    enter()
    fill(store)
    done = enter_until_full(store)
    assert store.administration.setting_texts() == ({"Maintainer": f"Us {done}"} if done > 1 else {})
    assert_whole(store, done)


def test_when_there_is_room_again_the_next_entry_goes_on(store, enter):
    fill(store)
    done = enter_until_full(store)
    make_room(store)
    assert enter("x" * 3000) == done + 1
    assert_whole(store, done + 1)


def test_a_transaction_that_was_refused_half_way_leaves_nothing_of_its_first_half(store):
    fill(store)
    with pytest.raises(StoreError, match=FULL), store.transaction():  # noqa: PT012 - one transaction
        store.administration.set_setting("HotfixTicketRequired", "yes")
        store.ledger.append(event("x" * 100_000), SystemClock().now())
    assert store.administration.setting_texts() == {}
    assert_whole(store, 0)


def test_a_transaction_within_a_transaction_tells_the_full_disk_too(store):
    store.packages.remember([FoundPackage("Case", "Case")], {})
    (package,) = store.packages.all()
    fill(store)
    with pytest.raises(StoreError, match=FULL), store.transaction():  # noqa: PT012 - one transaction
        store.administration.assign("bob", Role.AUDITOR)
        store.packages.begin_closing(package.package_id, os.urandom(100_000), Files.OPEN)
    assert store.administration.members() == [("ann", Role.ADMINISTRATOR)]
    assert store.packages.get(package.package_id).files is Files.OPEN
    assert store.packages.record(package.package_id) is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte."""
    mount = shutil.which("mount")
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or mount is None:
        pytest.skip("needs root to mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    answer = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if answer.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_is_really_full_loses_nothing_that_was_acknowledged(small_disk):
    store = Store(small_disk / "workspace" / "d.sqlite3")
    store.administration.create_workspace("/packages", "Packages", "ann", SystemClock().now())
    done = enter_until_full(store)
    assert done > 5
    assert store.administration.setting_texts() == {"Maintainer": f"Us {done}"}
    assert_whole(store, done)
    store.close()

    again = Store(store.path)
    assert_whole(again, done)
    assert again.administration.setting_texts() == {"Maintainer": f"Us {done}"}
    again.close()


def test_on_a_disk_that_is_really_full_the_first_error_is_told_and_the_connection_goes_on_afterwards(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    store = Store(small_disk / "workspace" / "d.sqlite3")
    store.administration.create_workspace("/packages", "Packages", "ann", SystemClock().now())
    store.packages.remember([FoundPackage("Case", "Case")], {})
    (package,) = store.packages.all()
    done = enter_until_full(store)
    for _ in range(3):
        with pytest.raises(StoreError, match=FULL), store.transaction():  # noqa: PT012 - one transaction
            store.packages.begin_closing(package.package_id, os.urandom(500_000), Files.OPEN)
            store.ledger.append(event("x"), SystemClock().now())
    ballast.unlink()
    with store.transaction():
        assert store.ledger.append(event("there is room"), SystemClock().now()) == done + 1
    assert_whole(store, done + 1)
    assert store.packages.get(package.package_id).files is Files.OPEN
    store.close()


def test_a_database_that_cannot_be_made_on_a_full_disk_is_told(small_disk):
    (small_disk / "ballast").write_bytes(bytes(1024 * 1024))
    with pytest.raises(StoreError, match=r"disk .* full|cannot be made"):
        Store(small_disk / "workspace" / "d.sqlite3")
    (small_disk / "ballast").unlink()
    store = Store(small_disk / "workspace" / "d.sqlite3")
    assert store.administration.workspace() is None
    store.close()


def test_the_relocker_can_take_its_lock_on_a_full_disk(small_disk):
    store = Store(small_disk / "workspace" / "d.sqlite3")
    with store.exclusive.holding("package-1", "Case"):
        pass
    fill_up(small_disk)
    with store.exclusive.holding("package-1", "Case"):
        assert not store.exclusive.is_free("package-1")
    store.close()
