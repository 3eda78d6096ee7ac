"""Lock after hotfix, lock all, and extend."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Busy, Cancelled, InvalidInput, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending, Files, HotfixState, PackageState
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.services import administration, hotfixes
from hotfix_desktop.store.store import Store
from tests.services.world import (
    CLOSED,
    ORIGINAL,
    at_step,
    beat,
    endings,
    entries,
    modes,
    package_id,
    raising,
    status,
    told,
)


@pytest.fixture
def opened(bench):
    """The hotfix of Case, open for thirty minutes."""
    return hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", "RND-1")


def lock(bench, name: str = "Case", **more):
    return hotfixes.lock(bench, package_id(bench, name), **more)


def extend(bench, minutes=None, name: str = "Case"):
    return hotfixes.extend(bench, package_id(bench, name), minutes)


# Lock


def test_locking_makes_the_files_read_only_and_records_who_did_it_when(bench, world, opened):
    world.clock.go(minutes=10)
    world.disk.files["Case"]["Schemas/B/schema.js"] = (0o600, b"repaired")
    closed = lock(bench)
    assert modes(bench, "Case") == CLOSED
    assert (closed.state, closed.ending, closed.closed_by) == (HotfixState.CLOSED, Ending.LOCKED, "ann")
    assert closed.closed_at == world.clock.wall
    seen = status(bench, "Case")
    assert (seen.state, seen.undelivered, seen.hotfix) == (PackageState.LOCKED, True, closed)


def test_a_lock_is_one_entry_in_the_transaction_that_ends_the_hotfix(bench, world, opened, monkeypatch):
    other = Store(world.database)
    seen = []
    append = type(bench.store.ledger).append

    def watching(self, event, now):
        seq = append(self, event, now)
        if event.type is AuditType.LOCKED:
            seen.append((other.hotfixes.get(1).state, other.ledger.newest() < seq))
        return seq

    monkeypatch.setattr(type(bench.store.ledger), "append", watching)
    lock(bench)
    assert seen == [(HotfixState.OPEN, True)], "neither is to be seen before both are"
    other.close()
    assert told(bench)[-1] == ("Package locked", "Success")
    event = entries(bench)[-1].entry().event
    assert (event.owner, event.package, event.reason, event.ticket) == ("ann", "Case", "a button fails", "RND-1")
    assert event.hotfix == opened.number
    assert json.loads(event.detail) == {"ending": "locked", "overdue_seconds": 0}
    assert endings(bench, opened) == [AuditType.LOCKED]


def test_files_that_were_added_while_it_was_open_are_closed_and_come_back_as_they_were(bench, world, opened):
    world.disk.write("Case", "Schemas/A/new.js", b"new")
    world.disk.files["Case"]["Files/tool.sh"] = (0o700, b"tool")
    lock(bench)
    assert modes(bench, "Case") == {**CLOSED, "Schemas/A/new.js": 0o444, "Files/tool.sh": 0o500}
    hotfixes.unlock(bench, package_id(bench, "Case"), "again")
    assert modes(bench, "Case") == {**ORIGINAL, "Schemas/A/new.js": 0o644, "Files/tool.sh": 0o700}


def test_what_is_not_open_cannot_be_locked(bench, opened):
    lock(bench)
    newest = bench.store.ledger.newest()
    for name in ("Case", "Base", "Custom", "Draft"):
        with pytest.raises(Refused, match=f"{name} is not unlocked, so there is nothing to lock"):
            lock(bench, name)
    with pytest.raises(Refused, match="There is no package “99”"):
        hotfixes.lock(bench, 99)
    assert bench.store.ledger.newest() == newest


def test_locking_after_the_deadline_is_a_lock_and_says_how_late(bench, world, opened):
    world.clock.go(minutes=31)
    assert status(bench, "Case").state is PackageState.OVERDUE
    lock(bench)
    assert json.loads(entries(bench)[-1].entry().event.detail)["overdue_seconds"] == 60
    assert beat(bench) == []


@pytest.mark.parametrize("step", range(6))
def test_a_file_that_cannot_be_closed_is_told_and_entered_and_the_hotfix_goes_on(bench, world, opened, step):
    at_step(world.disk, "close", step, raising(WorkspaceError("Cannot change the mode of b: permission denied.")))
    with pytest.raises(WorkspaceError, match="Cannot change the mode of b"):
        lock(bench)
    assert told(bench)[-1] == ("Lock failed", "Failure")
    assert entries(bench)[-1].hotfix == opened.number
    assert bench.store.hotfixes.get(opened.number).state is HotfixState.OPEN
    assert status(bench, "Case").state is PackageState.UNLOCKED
    assert endings(bench, opened) == []


def test_a_lock_that_failed_is_finished_by_the_relocker(bench, world, opened):
    at_step(world.disk, "close", 3, raising(WorkspaceError("no")))
    with pytest.raises(WorkspaceError):
        lock(bench)
    assert beat(bench) == ["Case"]
    assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == [AuditType.RELOCKED]
    hotfixes.unlock(bench, package_id(bench, "Case"), "again")
    assert modes(bench, "Case") == ORIGINAL, "the record survived the failure in the middle"


def test_a_cancelled_lock_leaves_closed_what_is_closed_and_the_relocker_finishes_it(bench, world, opened):
    at_step(world.disk, "close", 3, raising(Cancelled()))
    with pytest.raises(Cancelled):
        lock(bench)
    assert bench.store.packages.get(package_id(bench, "Case")).files is Files.CLOSING
    assert endings(bench, opened) == []
    assert beat(bench) == ["Case"]
    assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == [AuditType.RELOCKED]


def test_when_the_lock_cannot_be_entered_the_files_are_closed_and_the_hotfix_ends_later(bench, opened, log_fails):
    log_fails(AuditType.LOCKED)
    with pytest.raises(StoreError, match="The files of Case are closed, but that could not be recorded yet") as caught:
        lock(bench)
    assert "full" in caught.value.details
    assert modes(bench, "Case") == CLOSED
    assert bench.store.hotfixes.get(opened.number).state is HotfixState.OPEN
    assert beat(bench) == ["Case"]
    assert endings(bench, opened) == [AuditType.RELOCKED]


def test_a_package_that_another_program_works_on_cannot_be_locked_now(bench, world, opened, impatient):
    number = package_id(bench, "Case")
    with world.bench().store.exclusive.holding(f"package-{number}", "Case"), pytest.raises(Busy):
        lock(bench)
    assert modes(bench, "Case") == ORIGINAL
    assert endings(bench, opened) == []


def test_locking_a_package_that_vanished_while_it_was_open_ends_its_hotfix(bench, world, opened):
    world.disk.files.pop("Case")
    lock(bench)
    assert bench.store.hotfixes.get(opened.number).state is HotfixState.CLOSED
    assert endings(bench, opened) == [AuditType.LOCKED]


def test_nothing_is_called_gone_while_the_whole_workspace_is_away(bench, world, opened):
    away, world.disk.files = world.disk.files, {}
    with pytest.raises(WorkspaceError, match="The folder of Case is not there"):
        lock(bench)
    assert bench.store.hotfixes.get(opened.number).state is HotfixState.OPEN
    world.disk.files = away
    lock(bench)
    assert modes(bench, "Case") == CLOSED


def test_when_another_program_holds_the_database_the_files_are_closed_all_the_same(bench, world, opened):
    bench.store._database.execute_sql("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(world.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="The files of Case are closed, but that could not be recorded yet"):
        lock(bench)
    assert modes(bench, "Case") == CLOSED
    other.close()
    lock(bench)
    assert endings(bench, opened) == [AuditType.LOCKED]
    hotfixes.unlock(bench, opened.package_id, "again")
    assert modes(bench, "Case") == ORIGINAL


def test_when_the_files_are_not_closed_the_database_alone_is_told(bench, world, opened, monkeypatch):
    bench.store._database.execute_sql("ALTER TABLE closing_record RENAME TO gone")
    with pytest.raises(StoreError, match="The audit database cannot be read"):
        lock(bench)
    assert modes(bench, "Case") == ORIGINAL


# Lock all


def test_lock_all_locks_everything_that_is_open(bench, opened):
    hotfixes.unlock(bench, package_id(bench, "Base"), "why")
    done = hotfixes.lock_all(bench)
    assert (sorted(done.locked), done.failed) == (["Base", "Case"], ())
    assert (modes(bench, "Base"), modes(bench, "Case")) == (CLOSED, CLOSED)
    assert hotfixes.lock_all(bench) == hotfixes.LockedAll((), ())


def test_one_package_that_cannot_be_locked_does_not_keep_the_others_open(bench, world, opened):
    hotfixes.unlock(bench, package_id(bench, "Base"), "why")
    world.disk.fail_next("close", WorkspaceError("Cannot change the mode."))
    done = hotfixes.lock_all(bench)
    assert done.locked == ("Base",)
    assert [(name, error.sentence) for name, error in done.failed] == [("Case", "Cannot change the mode.")]
    assert modes(bench, "Base") == CLOSED


def test_lock_all_can_be_cancelled_between_packages(bench, opened):
    progress = CancellableProgress()
    progress.cancel()
    with pytest.raises(Cancelled):
        hotfixes.lock_all(bench, progress)
    assert modes(bench, "Case") == ORIGINAL


def test_lock_all_stops_where_a_package_is_cancelled(bench, world, opened):
    hotfixes.unlock(bench, package_id(bench, "Base"), "why")
    at_step(world.disk, "close", 1, raising(Cancelled()))
    with pytest.raises(Cancelled):
        hotfixes.lock_all(bench)
    assert modes(bench, "Base") == ORIGINAL


# Extend


def test_an_extension_adds_the_step_to_the_deadline_and_is_an_entry(bench, world, opened):
    world.clock.go(minutes=10)
    longer = extend(bench)
    assert longer.lease == opened.lease.extended(15)
    assert longer.extended_minutes == 15
    assert told(bench)[-1] == ("Hotfix extended", "Success")
    event = entries(bench)[-1].entry().event
    assert (event.owner, event.package, event.hotfix) == ("ann", "Case", opened.number)
    assert event.description == "Extended by 15 minutes: a button fails [RND-1]"
    assert json.loads(event.detail) == {
        "minutes": 15,
        "deadline_before": opened.lease.deadline.isoformat(),
        "deadline": (opened.lease.deadline + timedelta(minutes=15)).isoformat(),
    }


def test_an_extended_hotfix_is_locked_at_its_new_deadline(bench, world, opened):
    extend(bench)
    world.clock.go(minutes=44, seconds=59)
    assert beat(bench) == []
    world.clock.go(seconds=1)
    assert beat(bench) == ["Case"]


def test_all_extensions_together_stop_at_the_limit(bench, opened):
    assert [extend(bench).extended_minutes for _ in range(4)] == [15, 30, 45, 60]
    newest = bench.store.ledger.newest()
    with pytest.raises(Refused, match="extended by 60 minutes already"):
        extend(bench)
    assert bench.store.ledger.newest() == newest
    assert bench.store.hotfixes.get(opened.number).lease.granted == timedelta(minutes=90)


@pytest.mark.parametrize("minutes", [0, -1, "abc", "1e9", 61, "５"])
def test_an_extension_of_nonsense_is_refused_and_changes_nothing(bench, opened, minutes):
    newest = bench.store.ledger.newest()
    with pytest.raises(InvalidInput) as caught:
        extend(bench, minutes)
    assert caught.value.field == "minutes"
    assert bench.store.hotfixes.get(opened.number) == opened
    assert bench.store.ledger.newest() == newest


def test_what_is_not_open_cannot_be_extended(bench):
    with pytest.raises(Refused, match="Case is not unlocked, so there is nothing to extend"):
        extend(bench)
    with pytest.raises(Refused, match="There is no package “99”"):
        hotfixes.extend(bench, 99)


def test_what_is_due_cannot_be_extended_even_if_the_clock_was_set_back(bench, world, opened):
    world.clock.go(minutes=30)
    world.clock.set_wall(hours=-5)
    with pytest.raises(Refused, match="The time of Case is over"):
        extend(bench)
    assert beat(bench) == ["Case"]


def test_after_a_restart_of_the_machine_nothing_can_be_extended(bench, world, opened):
    world.clock.reboot(minutes=1)
    with pytest.raises(Refused, match="The time of Case is over"):
        extend(bench)


def test_an_extension_that_cannot_be_entered_is_not_given(bench, opened, log_fails):
    log_fails(AuditType.EXTENDED)
    with pytest.raises(StoreError):
        extend(bench)
    assert bench.store.hotfixes.get(opened.number) == opened


def test_an_extension_while_another_window_extends_or_locks_is_refused(bench, world, opened, monkeypatch):
    monkeypatch.setattr(bench.store.hotfixes, "extend", lambda *seen: False)
    with pytest.raises(Refused, match="changed by another window just now"):
        extend(bench)
    assert told(bench)[-1] == ("Package unlocked", "Success")


def test_an_extension_needs_a_reason_of_its_own_where_the_settings_say_so(bench, opened):
    extended = hotfixes.extend(bench, opened.package_id, 5, "the first repair was wrong")
    assert extended.extended_minutes == 5
    assert "the first repair was wrong" in entries(bench)[-1].description
    administration.change_settings(bench, {"HotfixExtensionReason": "yes"})
    for reason in ("", "  "):
        with pytest.raises(InvalidInput, match="A reason is needed to extend") as refusal:
            hotfixes.extend(bench, opened.package_id, 5, reason)
        assert refusal.value.field == "reason"
    assert hotfixes.extend(bench, opened.package_id, 5, "still wrong").extended_minutes == 10
