"""The relocker: closes what is due by either clock, repairs what a crash left, and never gives up (P1, P3, P7)."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from itertools import pairwise

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending, Files, HotfixState, Kept, PackageState
from hotfix_desktop.services import administration, catalogue, hotfixes, protection
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import PROGRAM
from hotfix_desktop.store.administration import Protection
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


class Crash(BaseException):
    """The program is killed here."""


@pytest.fixture
def opened(bench):
    """The hotfix of Case, open for thirty minutes."""
    return hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", "RND-1")


@pytest.fixture
def relocker(bench) -> Relocker:
    return Relocker(bench)


def crash_while_unlocking(bench, world, step: int = 3):
    at_step(world.disk, "open", step, raising(Crash()))
    with pytest.raises(Crash):
        hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails")


# What is due


def test_nothing_open_is_a_quiet_beat(bench, relocker):
    seen = relocker.beat()
    assert (seen.open_hotfixes, seen.relocked, seen.failed) == ((), (), ())


def test_a_hotfix_in_time_is_left_alone(relocker, world, opened):
    world.clock.go(minutes=29, seconds=59)
    seen = relocker.beat()
    assert (seen.open_hotfixes, seen.relocked) == ((opened,), ())
    assert seen.moment == world.clock.now()


def test_at_the_deadline_the_package_is_locked_and_entered_as_done_by_the_program(bench, relocker, world, opened):
    world.clock.go(minutes=30)
    seen = relocker.beat()
    assert [h.number for h in seen.relocked] == [opened.number]
    assert seen.open_hotfixes == ()
    assert modes(bench, "Case") == CLOSED
    assert status(bench, "Case").state is PackageState.LOCKED
    ended = bench.store.hotfixes.get(opened.number)
    assert (ended.ending, ended.closed_by, ended.closed_at) == (Ending.RELOCKED, PROGRAM, world.clock.wall)
    event = entries(bench)[-1].entry().event
    assert (event.type, event.result.value, event.owner) == (AuditType.RELOCKED, "Success", PROGRAM)
    assert event.description == "Locked by itself at the end of its time: a button fails [RND-1]"
    assert (event.package, event.reason, event.ticket, event.hotfix) == ("Case", "a button fails", "RND-1", 1)
    assert json.loads(event.detail) == {"ending": "relocked", "overdue_seconds": 0}
    assert endings(bench, opened) == [AuditType.RELOCKED]


def test_setting_the_clock_back_does_not_lengthen_a_window(bench, relocker, world, opened):
    world.clock.set_wall(hours=-24)
    world.clock.go(minutes=29)
    assert relocker.beat().relocked == ()
    world.clock.go(minutes=1)
    assert len(relocker.beat().relocked) == 1
    assert modes(bench, "Case") == CLOSED


def test_setting_the_clock_forward_ends_a_window(bench, relocker, world, opened):
    world.clock.set_wall(minutes=31)
    assert len(relocker.beat().relocked) == 1
    assert modes(bench, "Case") == CLOSED


def test_sleeping_through_the_deadline_ends_a_window_at_the_first_beat_and_says_how_late(
    bench, relocker, world, opened
):
    world.clock.go(hours=8)
    assert len(relocker.beat().relocked) == 1
    assert "at the end of its time, 27,000 seconds late: a button fails" in entries(bench)[-1].description


def test_a_restart_of_the_machine_ends_a_window_at_the_first_beat(bench, relocker, world, opened):
    world.clock.reboot(seconds=20)
    assert len(relocker.beat().relocked) == 1
    assert modes(bench, "Case") == CLOSED


def test_a_restart_with_the_clock_set_back_ends_a_window_too(bench, relocker, world, opened):
    world.clock.reboot(days=-1)
    assert len(relocker.beat().relocked) == 1


def test_several_due_packages_are_all_locked(bench, relocker, world, opened):
    hotfixes.unlock(bench, package_id(bench, "Base"), "why", minutes=5)
    world.clock.go(minutes=5)
    assert [h.package_name for h in relocker.beat().relocked] == ["Base"]
    world.clock.go(minutes=25)
    assert [h.package_name for h in relocker.beat().relocked] == ["Case"]


def test_one_package_that_cannot_be_locked_does_not_keep_the_others_open(bench, relocker, world, opened):
    hotfixes.unlock(bench, package_id(bench, "Base"), "why")
    world.disk.fail_next("close", WorkspaceError("Cannot change the mode."))
    world.clock.go(minutes=30)
    seen = relocker.beat()
    assert len(seen.relocked) == len(seen.failed) == 1


def test_a_changed_setting_does_not_touch_a_window_that_runs(bench, relocker, world, opened):
    administration.change_settings(bench, {"PackageHotfixTimeout": "1"})
    world.clock.go(minutes=29)
    assert relocker.beat().relocked == ()
    administration.change_settings(bench, {"PackageHotfixTimeout": "1440"})
    world.clock.go(minutes=1)
    assert len(relocker.beat().relocked) == 1


def test_the_version_of_a_beat_changes_when_another_program_writes(relocker, world):
    before = relocker.beat().version
    assert relocker.beat().version == before
    administration.change_settings(world.bench("ann"), {"Maintainer": "Us"})
    assert relocker.beat().version != before


def test_a_database_that_cannot_be_read_fails_the_beat(bench, relocker, opened):
    bench.store._database.execute_sql("ALTER TABLE hotfix RENAME TO gone")
    with pytest.raises(StoreError, match="cannot be read"):
        relocker.beat()


# Another program is at it


def test_a_package_that_somebody_works_on_is_left_to_them_for_two_seconds(bench, relocker, world, opened):
    other = world.bench("bob")
    with other.store.exclusive.holding(f"package-{opened.package_id}", "Case"):
        world.clock.go(minutes=30, seconds=1.9)
        seen = relocker.beat()
        assert seen.relocked == ()
        assert (seen.failed, [h.number for h in seen.open_hotfixes]) == ((), [opened.number])
        assert modes(bench, "Case") == ORIGINAL
        assert told(bench)[-1] == ("Package unlocked", "Success"), "that is no failure to enter"
    assert len(relocker.beat().relocked) == 1


def test_somebody_who_hangs_is_overridden_two_seconds_after_the_deadline(bench, relocker, world, opened):
    other = world.bench("bob")
    with other.store.exclusive.holding(f"package-{opened.package_id}", "Case"):
        world.clock.go(minutes=30, seconds=2)
        assert len(relocker.beat().relocked) == 1
        assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == [AuditType.RELOCKED]


def test_a_window_that_hangs_while_it_opens_and_ends_in_the_middle_of_the_override_does_not_leave_it_open(
    bench, relocker, world
):
    # The relocker has closed the files; before it records that, the hung window opens them and says so.
    other = world.bench("bob")
    number = package_id(bench, "Case")
    hung = hotfixes._record_intent(other, number, hotfixes.UnlockRequest("hung", "", 1))
    world.clock.go(minutes=2)

    def goes_on(operation, key, path):
        if operation == "close" and path == "":
            world.disk.before_step = None
            world.disk.close("Case", other.store.packages.record(number))
            world.disk.open("Case", other.store.packages.record(number))
            hotfixes._record_open(other, other.store.packages.get(number), hung)
            # what follows is the last step of the relocker's own closing: the package itself

    world.disk.before_step = goes_on
    with other.store.exclusive.holding(f"package-{number}", "Case"):
        assert len(relocker.beat().relocked) == 1
    assert endings(bench, hung) == [AuditType.RELOCKED]
    assert modes(bench, "Case") == CLOSED


def test_a_window_that_is_just_opening_is_not_closed_for_it(bench, relocker, world):
    opening = []

    def meanwhile():
        seen = Relocker(world.bench("bob")).beat()
        opening.extend(seen.open_hotfixes)
        assert (seen.relocked, seen.failed) == ((), ())

    at_step(world.disk, "open", 3, meanwhile)
    hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    assert [h.state for h in opening] == [HotfixState.OPENING]
    assert modes(bench, "Case") == ORIGINAL


def test_a_window_that_becomes_open_during_a_beat_is_not_taken_for_a_crash(bench, world):
    # The beat has seen Base opening; while it locks Case, which is due, the window of Base finishes its work.
    hotfixes.unlock(bench, package_id(bench, "Case"), "why", minutes=1)
    world.clock.go(minutes=1)
    other, number = world.bench("bob"), package_id(bench, "Base")
    base = bench.store.packages.get(number)
    work = other.store.exclusive.holding(f"package-{number}", "Base")
    work.__enter__()
    hotfix = hotfixes._record_intent(bench, number, hotfixes.UnlockRequest("why", "", 30))

    def finishes():
        world.disk.open("Base", bench.store.packages.record(number))
        hotfixes._record_open(bench, base, hotfix)
        work.__exit__(None, None, None)

    at_step(world.disk, "close", 0, finishes)
    seen = Relocker(other).beat()
    assert [h.package_name for h in seen.relocked] == ["Case"]
    assert [h.package_name for h in seen.open_hotfixes] == ["Base"]
    assert modes(bench, "Base") == ORIGINAL
    assert endings(bench, hotfix) == []


def test_a_package_that_was_locked_and_unlocked_during_a_beat_stays_open(bench, world, opened):
    # The beat has seen the first hotfix due; before it comes to it, a window locks it and unlocks it again.
    hotfixes.unlock(bench, package_id(bench, "Base"), "why", minutes=1)
    world.clock.go(minutes=30)
    again = []

    def meanwhile():
        hotfixes.lock(bench, opened.package_id)
        again.append(hotfixes.unlock(bench, opened.package_id, "again"))

    other = world.bench("bob")
    order = Relocker(other)
    base_first = [h for h in other.store.hotfixes.not_closed() if h.package_name == "Base"]
    rest = [h for h in other.store.hotfixes.not_closed() if h.package_name != "Base"]
    other.store.hotfixes.not_closed = lambda: base_first + rest
    at_step(world.disk, "close", 0, meanwhile)
    seen = order.beat()
    assert [h.package_name for h in seen.relocked] == ["Base"]
    assert modes(bench, "Case") == ORIGINAL
    assert bench.store.packages.get(opened.package_id).files is Files.OPEN
    assert endings(bench, opened) == [AuditType.LOCKED]
    assert endings(bench, again[0]) == []


# A program died


@pytest.mark.parametrize("step", range(6))
def test_a_hotfix_that_died_while_it_opened_is_closed_at_the_next_beat(bench, relocker, world, step):
    crash_while_unlocking(bench, world, step)
    seen = Relocker(world.bench("bob")).beat()
    assert [h.package_name for h in seen.relocked] == ["Case"]
    assert modes(bench, "Case") == CLOSED
    assert bench.store.hotfixes.get(1).ending is Ending.INTERRUPTED
    assert "Closed again: the program that worked on it ended half-way" in entries(bench)[-1].description
    assert endings(bench, 1) == [AuditType.RELOCKED]
    hotfixes.unlock(bench, package_id(bench, "Case"), "again")
    assert modes(bench, "Case") == ORIGINAL


@pytest.mark.parametrize("step", range(6))
def test_a_lock_that_died_half_way_is_finished_at_the_next_beat(bench, relocker, world, opened, step):
    at_step(world.disk, "close", step, raising(Crash()))
    with pytest.raises(Crash):
        hotfixes.lock(bench, opened.package_id)
    assert beat(world.bench("bob")) == ["Case"]
    assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == [AuditType.RELOCKED]
    hotfixes.unlock(bench, opened.package_id, "again")
    assert modes(bench, "Case") == ORIGINAL


@pytest.mark.parametrize("step", range(6))
def test_a_relock_that_died_half_way_is_finished_at_the_next_beat(bench, relocker, world, opened, step):
    world.clock.go(minutes=30)
    at_step(world.disk, "close", step, raising(Crash()))
    with pytest.raises(Crash):
        relocker.beat()
    assert beat(world.bench("bob")) == ["Case"]
    assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == [AuditType.RELOCKED]


@pytest.mark.parametrize("step", range(12))
def test_a_protect_that_died_is_finished_towards_closed_and_can_be_taken_up(world, step):
    bench = world.bench()
    at_step(world.disk, "close", step, raising(Crash()))
    with pytest.raises(Crash):
        protection.protect(bench)
    again = world.bench()
    repaired = Relocker(again).reconcile()
    half = [p for p in ("Case", "Base") if modes(again, p) not in (CLOSED, ORIGINAL)]
    assert half == []
    assert len(repaired) == 1
    assert told(again)[-1] == ("Package closed again", "Success")
    assert protection.protect(again) == 2
    protection.release(again)
    assert [modes(again, name) for name in world.disk.files] == [ORIGINAL] * 5


@pytest.mark.parametrize("step", range(6))
def test_making_modifiable_that_died_is_finished_towards_closed(bench, world, step):
    at_step(world.disk, "open", step, raising(Crash()))
    with pytest.raises(Crash):
        protection.keep_modifiable(bench, package_id(bench, "Case"))
    again = world.bench("bob")
    assert Relocker(again).reconcile() == ("Case",)
    assert modes(bench, "Case") == CLOSED
    assert status(bench, "Case").state is PackageState.BLOCKED
    assert entries(bench)[-1].owner == PROGRAM
    assert Relocker(again).reconcile() == ()
    hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    assert modes(bench, "Case") == ORIGINAL


@pytest.mark.parametrize("step", range(6))
def test_protecting_a_package_that_died_is_finished_and_the_package_is_blocked(bench, world, step):
    # Not "modifiable" with files that are read-only: nothing in the program could open it then.
    at_step(world.disk, "close", step, raising(Crash()))
    with pytest.raises(Crash):
        protection.protect_package(bench, package_id(bench, "Custom"))
    assert Relocker(world.bench("bob")).reconcile() == ("Custom",)
    assert modes(bench, "Custom") == CLOSED
    seen = status(bench, "Custom")
    assert (seen.state, seen.kept) == (PackageState.BLOCKED, Kept.NO)
    hotfixes.unlock(bench, package_id(bench, "Custom"), "why")
    assert modes(bench, "Custom") == ORIGINAL


@pytest.mark.parametrize("step", range(12))
def test_a_release_that_died_can_be_taken_up_without_losing_a_mode(bench, world, step):
    at_step(world.disk, "open", step, raising(Crash()))
    with pytest.raises(Crash):
        protection.release(bench)
    again = world.bench("ann")
    assert len(Relocker(again).reconcile()) == 1
    assert [m for m in (modes(again, "Case"), modes(again, "Base")) if m not in (CLOSED, ORIGINAL)] == []
    assert again.store.administration.workspace().protection is Protection.RELEASING
    protection.protect(again)
    assert (modes(again, "Case"), modes(again, "Base")) == (CLOSED, CLOSED)
    protection.release(again)
    assert (modes(again, "Case"), modes(again, "Base")) == (ORIGINAL, ORIGINAL)


def test_reconciling_leaves_alone_what_somebody_works_on(bench, world):
    number = package_id(bench, "Case")
    with world.bench("bob").store.exclusive.holding(f"package-{number}", "Case"):
        bench.store.packages.set_files(number, Files.OPENING)
        assert Relocker(bench).reconcile() == ()
        assert bench.store.packages.get(number).files is Files.OPENING


def test_reconciling_leaves_to_the_beat_what_belongs_to_a_hotfix(bench, world):
    crash_while_unlocking(bench, world)
    assert Relocker(bench).reconcile() == ()
    assert beat(bench) == ["Case"]


def test_what_cannot_be_reconciled_is_entered_and_tried_again_at_the_next_start(bench, world):
    at_step(world.disk, "open", 3, raising(Crash()))
    with pytest.raises(Crash):
        protection.keep_modifiable(bench, package_id(bench, "Case"))
    world.disk.fail_next("close", WorkspaceError("Cannot change the mode of b."))
    assert Relocker(bench).reconcile() == ()
    assert told(bench)[-1] == ("Package closed again", "Failure")
    assert "could not be finished: Cannot change the mode of b." in entries(bench)[-1].description
    assert Relocker(bench).reconcile() == ("Case",)
    assert modes(bench, "Case") == CLOSED


def test_reconciling_a_sound_workspace_does_nothing(bench, opened):
    newest = bench.store.ledger.newest()
    assert Relocker(bench).reconcile() == ()
    assert bench.store.ledger.newest() == newest
    assert modes(bench, "Case") == ORIGINAL


# It never gives up


def fail_closing(world, sentence: str = "Cannot change the mode of b: permission denied.") -> None:
    """Let every closing fail from here on, until ``before_step`` is taken away."""

    def before_step(operation, key, path):
        if operation == "close":
            raise WorkspaceError(sentence)

    world.disk.before_step = before_step


def test_a_relock_that_fails_is_shown_as_overdue_and_entered_once(bench, relocker, world, opened):
    world.clock.go(minutes=30)
    fail_closing(world)
    seen = relocker.beat()
    assert [(h.number, e.sentence) for h, e in seen.failed] == [(1, "Cannot change the mode of b: permission denied.")]
    assert [h.number for h in seen.open_hotfixes] == [1]
    shown = {p.name: p for p in catalogue.remembered(bench).packages}["Case"]
    assert shown.state is PackageState.OVERDUE
    assert (shown.hotfix.attempts, shown.hotfix.last_error) == (1, "Cannot change the mode of b: permission denied.")
    assert shown.hotfix.next_try == world.clock.wall + timedelta(seconds=1)
    assert told(bench)[-1] == ("Relock failed", "Failure")
    assert entries(bench)[-1].owner == PROGRAM


def test_a_failing_relock_is_tried_with_capped_backoff_for_ever_with_one_entry_for_each_kind(
    bench, relocker, world, opened
):
    world.clock.go(minutes=30)
    fail_closing(world)
    tries = []
    for second in range(200):
        if relocker.beat().failed:
            tries.append(second)
        world.clock.go(seconds=1)
    assert tries[:7] == [0, 1, 3, 7, 15, 31, 61]
    assert {after - before for before, after in pairwise(tries[6:])} == {30}
    assert [t for t, _ in told(bench)].count("Relock failed") == 1
    fail_closing(world, "The disk gives an error.")
    world.clock.go(seconds=30)
    relocker.beat()
    assert [t for t, _ in told(bench)].count("Relock failed") == 2
    world.disk.before_step = None
    world.clock.go(seconds=30)
    assert len(relocker.beat().relocked) == 1
    assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == [AuditType.RELOCKED]


def test_setting_the_clock_back_does_not_put_off_the_next_try(bench, relocker, world, opened):
    world.clock.go(minutes=30)
    fail_closing(world)
    relocker.beat()
    world.disk.before_step = None
    world.clock.set_wall(days=-1)
    world.clock.go(seconds=1)
    assert len(relocker.beat().relocked) == 1


def test_a_window_locks_by_hand_what_the_relocker_could_not(bench, relocker, world, opened):
    world.clock.go(minutes=30)
    fail_closing(world)
    relocker.beat()
    world.disk.before_step = None
    hotfixes.lock(bench, opened.package_id)
    assert relocker.beat().relocked == ()
    assert endings(bench, opened) == [AuditType.LOCKED]


def test_a_new_relocker_tries_at_once(bench, relocker, world, opened):
    world.clock.go(minutes=30)
    fail_closing(world)
    relocker.beat()
    world.disk.before_step = None
    assert beat(world.bench("bob")) == ["Case"]


def test_the_hotfix_of_a_package_that_vanished_ends_and_it_is_closed_when_it_is_back(bench, relocker, world, opened):
    gone = world.disk.files.pop("Case")
    world.clock.go(minutes=30)
    assert len(relocker.beat().relocked) == 1
    assert endings(bench, opened) == [AuditType.RELOCKED]
    assert "its folder is not there any more" in entries(bench)[-1].description
    assert relocker.look_at_closed(100) == ()
    world.disk.files["Case"] = gone
    assert relocker.look_at_closed(100) == ("Case",)
    assert modes(bench, "Case") == CLOSED
    assert entries(bench)[-1].type == AuditType.RECONCILED
    assert relocker.look_at_closed(100) == ()


def test_a_package_that_somebody_opened_behind_the_programs_back_is_closed_again(bench, relocker, world):
    number = package_id(bench, "Case")
    record = bench.store.packages.record(number)
    world.disk.open("Case", record)
    assert relocker.look_at_closed(100) == ("Case",)
    assert modes(bench, "Case") == CLOSED
    hotfixes.unlock(bench, number, "why")
    assert modes(bench, "Case") == ORIGINAL, "no mode was lost"
    assert relocker.look_at_closed(100) == (), "one that is unlocked may be open"


def test_the_closed_packages_are_looked_at_in_turn(bench, relocker, world):
    before = world.disk.calls["look"]
    relocker.look_at_closed(1)
    assert world.disk.calls["look"] == before + 1


def test_a_workspace_that_is_gone_as_a_whole_keeps_its_hotfixes_until_it_is_back(bench, relocker, world, opened):
    hotfixes.unlock(bench, package_id(bench, "Base"), "why")
    gone, world.disk.files = world.disk.files, {}
    world.clock.go(minutes=30)
    assert len(relocker.beat().failed) == 2
    world.disk.files = gone
    world.clock.go(seconds=1)
    assert len(relocker.beat().relocked) == 2
    assert (modes(bench, "Base"), modes(bench, "Case")) == (CLOSED, CLOSED)


def test_when_the_end_cannot_be_entered_the_files_are_closed_and_it_is_tried_again(
    bench, relocker, world, opened, log_fails, expected_log
):
    world.clock.go(minutes=30)
    log_fails(AuditType.RELOCKED)
    seen = relocker.beat()
    assert [type(e) for _, e in seen.failed] == [StoreError]
    assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == []
    world.clock.go(seconds=1)
    assert len(relocker.beat().relocked) == 1
    assert endings(bench, opened) == [AuditType.RELOCKED]


def fill(bench):
    (pages,) = bench.store._database.execute_sql("PRAGMA page_count").fetchone()
    bench.store._database.execute_sql(f"PRAGMA max_page_count = {pages}")
    padding = 0
    while True:
        try:
            bench.enter_alone(bench.event(AuditType.AUDIT_OPENED, "x" * max(1, 2000 - padding)))
        except StoreError:
            padding += 250
            if padding > 2000:
                return


def test_on_a_full_disk_the_files_are_closed_all_the_same_and_the_end_is_entered_when_there_is_room(
    bench, relocker, world, opened, expected_log
):
    # Nothing stays writable past its deadline (P1), also when that cannot be written down yet.
    world.disk.files["Case"].update({f"Files/{n}": (0o640, b"") for n in range(3000)})  # a record that needs room
    fill(bench)
    world.clock.go(minutes=30)
    seen = relocker.beat()
    assert [type(e) for _, e in seen.failed] == [StoreError]
    assert {mode & 0o222 for mode in modes(bench, "Case").values()} == {0}
    bench.store._database.execute_sql("PRAGMA max_page_count = 100000")
    world.clock.go(seconds=30)
    assert len(relocker.beat().relocked) == 1
    assert endings(bench, opened) == [AuditType.RELOCKED]
    hotfixes.unlock(bench, opened.package_id, "again")
    now = modes(bench, "Case")
    assert {path: now[path] for path in ORIGINAL} == ORIGINAL


def test_a_database_that_another_program_holds_does_not_keep_a_package_open(
    bench, relocker, world, opened, expected_log
):
    bench.store._database.execute_sql("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(world.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    world.clock.go(minutes=30)
    assert [type(e) for _, e in relocker.beat().failed] == [StoreError]
    assert modes(bench, "Case") == CLOSED
    other.close()
    world.clock.go(seconds=30)
    assert len(relocker.beat().relocked) == 1
    hotfixes.unlock(bench, opened.package_id, "again")
    assert modes(bench, "Case") == ORIGINAL


def test_a_hotfix_without_a_package_is_a_bug(bench, relocker, world, opened):
    world.clock.go(minutes=30)
    bench.store.packages.get = lambda number: None
    with pytest.raises(RuntimeError, match="belongs to no package"):
        relocker.beat()


def test_nothing_else_is_refused_while_a_package_is_overdue(bench, relocker, world, opened):
    world.clock.go(minutes=30)
    fail_closing(world)
    relocker.beat()
    world.disk.before_step = None
    with pytest.raises(Refused, match="already unlocked"):
        hotfixes.unlock(bench, opened.package_id, "again")
    hotfixes.unlock(bench, package_id(bench, "Base"), "why")
    assert modes(bench, "Base") == ORIGINAL


def test_what_another_program_finished_while_this_one_reconciled_is_left_as_it_is(bench, world, monkeypatch):
    number = package_id(bench, "Case")
    bench.store.packages.set_files(number, Files.OPENING)
    half_done = bench.store.packages.half_done()
    protection.keep_modifiable(world.bench("ann"), number)
    monkeypatch.setattr(bench.store.packages, "half_done", lambda: half_done)
    newest = bench.store.ledger.newest()
    Relocker(bench).reconcile()
    assert modes(bench, "Case") == ORIGINAL
    assert bench.store.ledger.newest() == newest
    assert status(bench, "Case").kept is Kept.MARKED


def test_a_package_that_cannot_be_recorded_is_closed_with_what_is_known_and_ends_when_it_can(bench, world, opened):
    relocker = Relocker(bench)
    world.clock.go(minutes=30)
    world.disk.fail_next("record", WorkspaceError("Cannot read the folder Case/Files."))
    seen = relocker.beat()
    assert [str(e) for _, e in seen.failed] == ["Cannot read the folder Case/Files."]
    assert modes(bench, "Case") == CLOSED
    assert endings(bench, opened) == []
    world.clock.go(seconds=1)
    assert [h.number for h in relocker.beat().relocked] == [opened.number]
    protection.release(bench)
    assert modes(bench, "Case") == ORIGINAL


def test_a_package_that_the_other_relocker_is_closing_just_now_is_no_failure(bench, world, opened):
    other = world.bench("bob")
    world.clock.go(minutes=30)
    with other.store.exclusive.holding(f"package-{opened.package_id}", "Case"):
        seen = Relocker(bench).beat()
    assert seen.failed == ()
    assert [h.number for h in seen.open_hotfixes] == [opened.number]


def test_a_baseline_that_gave_way_is_taken_at_the_next_beat(bench, world, opened):
    second = hotfixes.unlock(bench, package_id(bench, "Base"), "VAT", "", 31)
    relocker = Relocker(bench)
    world.clock.go(minutes=30)
    at_step(world.disk, "survey", 0, lambda: world.clock.go(minutes=1))
    world.disk.files["Case"].update({f"Files/{n}": (0o644, b"") for n in range(500)})
    relocker.beat()
    assert bench.store.baselines.get(opened.package_id) is None
    relocker.beat()
    relocker.beat()
    assert bench.store.baselines.get(opened.package_id).checks == 0  # late writes are looked for from here on
    assert endings(bench, second) == ["Package relocked"]
