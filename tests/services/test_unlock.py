"""Unlock for hotfix: guard, intent, files, record; and closed again whatever goes wrong on the way (promise P2)."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Busy, Cancelled, InvalidInput, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending, Files, HotfixState, PackageState
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.services import administration, catalogue, hotfixes, protection
from hotfix_desktop.services.closing import close_files
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


def unlock(bench, name: str = "Case", reason: str = "a button fails", ticket: str = "", minutes=None, **more):
    return hotfixes.unlock(bench, package_id(bench, name), reason, ticket, minutes, **more)


def assert_closed(bench, name: str = "Case") -> None:
    """Check that a package is closed on disk, in the database and on the screen."""
    assert modes(bench, name) == CLOSED
    assert bench.store.hotfixes.not_closed() == []
    assert bench.store.packages.get(package_id(bench, name)).files is Files.CLOSED
    assert status(bench, name).state in (PackageState.BLOCKED, PackageState.LOCKED)


# It works


def test_unlocking_opens_the_files_with_their_own_modes_until_the_deadline(bench, world):
    assert modes(bench, "Case") == CLOSED
    hotfix = unlock(bench)
    assert modes(bench, "Case") == ORIGINAL
    assert modes(bench, "Base") == CLOSED
    assert hotfix.state is HotfixState.OPEN
    assert hotfix.lease.deadline == world.clock.wall + timedelta(minutes=30)
    assert (hotfix.reason, hotfix.opened_by) == ("a button fails", "ann")
    seen = status(bench, "Case")
    assert (seen.state, seen.opened, seen.hotfix) == (PackageState.UNLOCKED, world.clock.wall, hotfix)


def test_what_was_read_only_before_it_was_protected_stays_read_only(bench):
    unlock(bench)
    assert modes(bench, "Case")["Files/frozen.txt"] == 0o444


def test_every_entry_of_a_hotfix_can_be_found_by_its_ticket(bench, world):
    hotfix = unlock(bench, reason="RND-1 a button fails", ticket="RND-1")
    hotfixes.lock(bench, hotfix.package_id)
    hotfix = unlock(bench, ticket="RND-2")
    hotfixes.extend(bench, hotfix.package_id, 5, reason="a second button")
    hotfixes.lock(bench, hotfix.package_id)
    told = [line.description for line in entries(bench) if line.hotfix is not None]
    assert [text.count("RND-1") for text in told if "RND-2" not in text] == [1, 1, 1]
    assert len([text for text in told if text.endswith(" [RND-2]")]) == 4


def test_the_minutes_and_the_ticket_that_were_asked_for_count(bench, world):
    hotfix = unlock(bench, minutes="45", ticket="RND-1")
    assert hotfix.lease.granted == timedelta(minutes=45)
    assert hotfix.ticket == "RND-1"


def test_an_unlock_has_an_entry_of_its_wish_and_one_of_its_success(bench):
    before = bench.store.ledger.newest()
    hotfix = unlock(bench, reason="a button  fails", ticket="RND-1", minutes=1)
    asked, done = [line.entry() for line in entries(bench) if line.seq > before]
    for entry, kind in ((asked, AuditType.UNLOCK_REQUESTED), (done, AuditType.UNLOCKED)):
        event = entry.event
        assert (event.type, event.result.value, event.owner, event.ip_address) == (kind, "Success", "ann", "10.0.0.1")
        assert (event.package, event.package_uid) == ("Case", "u-case")
        assert (event.reason, event.ticket, event.hotfix) == ("a button fails", "RND-1", hotfix.number)
        assert json.loads(event.detail)["deadline"] == hotfix.lease.deadline.isoformat()
    assert asked.event.description == "Unlock for 1 minute requested: a button fails [RND-1]"
    assert json.loads(asked.event.detail)["minutes"] == 1


def test_the_wish_is_durable_before_the_first_file_opens(bench, world):
    seen = []

    def look_from_outside(operation, key, path):
        if operation == "open" and not seen:
            plain = sqlite3.connect(world.database)
            seen.append(plain.execute("SELECT type, hotfix FROM audit ORDER BY seq DESC LIMIT 1").fetchone())
            seen.append(plain.execute("SELECT state FROM hotfix").fetchone())
            seen.append(plain.execute("SELECT files FROM package WHERE key = 'Case'").fetchone())
            plain.close()

    world.disk.before_step = look_from_outside
    unlock(bench)
    assert seen == [("Unlock requested", 1), ("opening",), ("opening",)]


def test_a_locked_package_can_be_unlocked_again(bench):
    unlock(bench)
    hotfixes.lock(bench, package_id(bench, "Case"))
    assert status(bench, "Case").state is PackageState.LOCKED
    again = unlock(bench, reason="again")
    assert again.number == 2
    assert modes(bench, "Case") == ORIGINAL


def test_a_changed_setting_counts_for_later_unlocks_only(bench):
    first = unlock(bench)
    administration.change_settings(bench, {"PackageHotfixTimeout": "5"})
    assert bench.store.hotfixes.get(first.number).lease == first.lease
    assert unlock(bench, "Base").lease.granted == timedelta(minutes=5)


# It is refused, and nothing is changed


@pytest.fixture
def unchanged(bench, world):
    """Checks afterwards that no file, no hotfix and no entry came of it."""
    files = {name: modes(bench, name) for name in world.disk.files}
    calls, newest = world.disk.calls["open"], bench.store.ledger.newest()
    yield
    assert {name: modes(bench, name) for name in world.disk.files} == files
    assert (world.disk.calls["open"], bench.store.ledger.newest()) == (calls, newest)
    assert bench.store.hotfixes.not_closed() == []


def test_an_unknown_package_is_refused(bench, unchanged):
    with pytest.raises(Refused, match="There is no package “99” in this workspace"):
        hotfixes.unlock(bench, 99, "why")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Custom", "Custom is modifiable: it was never closed"),
        ("Draft", "Draft is not synchronised and cannot be unlocked. Its folder holds files but no descriptor"),
        ("Twin", "Twin is not synchronised and cannot be unlocked. Another package has the same UId"),
    ],
)
def test_what_was_never_closed_is_refused(bench, unchanged, name, sentence):
    with pytest.raises(Refused, match=sentence):
        unlock(bench, name)


@pytest.mark.parametrize("refreshed", [False, True])
def test_a_package_whose_folder_is_gone_is_refused_and_that_is_entered(bench, world, refreshed):
    world.disk.files.pop("Case")
    if refreshed:
        catalogue.refresh(bench)
    with pytest.raises(Refused, match="Case cannot be unlocked: its folder is not there"):
        unlock(bench)
    assert entries(bench)[-1].description == "Its folder was deleted while it was not unlocked"
    assert bench.store.hotfixes.not_closed() == []


def test_a_package_that_is_new_is_refused(bench, world):
    world.disk.packages.append(type(world.disk.packages[0])("New", "New"))
    world.disk.files["New"] = {}
    world.disk.roots["New"] = 0o755
    catalogue.refresh(bench)
    with pytest.raises(Refused, match="New is new and not protected yet"):
        unlock(bench, "New")


@pytest.mark.parametrize(
    ("field", "texts"),
    [
        ("reason", {"reason": " \n"}),
        ("reason", {"reason": "x" * 100_000}),
        ("ticket", {"ticket": "x" * 100_000}),
        ("minutes", {"minutes": "abc"}),
        ("minutes", {"minutes": 0}),
        ("minutes", {"minutes": -1}),
        ("minutes", {"minutes": 1e9}),
        ("minutes", {"minutes": "9" * 100_000}),
    ],
)
def test_nonsense_in_a_field_is_refused(bench, unchanged, field, texts):
    with pytest.raises(InvalidInput) as caught:
        unlock(bench, **texts)
    assert caught.value.field == field


def test_a_missing_ticket_is_refused_when_the_settings_ask_for_one(bench):
    administration.change_settings(bench, {"HotfixTicketRequired": "yes", "HotfixTicketPattern": r"RND-\d+"})
    for ticket in ("", "abc"):
        with pytest.raises(InvalidInput, match="ticket"):
            unlock(bench, ticket=ticket)
    assert unlock(bench, ticket="RND-7").ticket == "RND-7"


def test_an_open_package_is_refused_and_stays_as_it_is(bench):
    first = unlock(bench)
    newest = bench.store.ledger.newest()
    with pytest.raises(Refused, match="Case is already unlocked for a hotfix"):
        unlock(bench, minutes=1440)
    assert bench.store.hotfixes.not_closed() == [first]
    assert bench.store.ledger.newest() == newest
    assert modes(bench, "Case") == ORIGINAL


def test_nothing_is_unlocked_in_a_folder_that_is_not_protected(world):
    bench = world.bench()
    protection.register(bench)
    catalogue.refresh(bench)
    with pytest.raises(Refused, match="This folder is not protected"):
        unlock(bench)
    assert world.disk.calls["open"] == 0


def test_nothing_is_unlocked_in_a_folder_that_has_no_record_and_nobody_stumbles(world):
    # A window may look at a folder that nobody protected: there are packages then, and no log to enter in.
    bench = world.bench()
    catalogue.refresh(bench)
    with pytest.raises(Refused, match="not protected"):
        unlock(bench)


def test_nothing_is_unlocked_without_a_living_guard(world, bench, unchanged):
    class DeadGuard:
        def ensure(self):
            raise Refused("No relocker could be started, so nothing is unlocked.")

    with pytest.raises(Refused, match="No relocker"):
        unlock(world.bench("ann", guard=DeadGuard()))


def test_the_guard_lives_before_the_wish_is_recorded(world, bench):
    seen = []

    class Guard:
        def ensure(self):
            seen.append(told(bench)[-1][0])

    unlock(world.bench("ann", guard=Guard()))
    # Asked again once the wish is recorded: one that had nothing to do may have ended in between.
    assert seen == ["Folder protected", "Unlock requested"]


def test_a_guard_that_ends_between_the_asking_and_the_wish_leaves_the_package_closed(world, bench):
    asked = []

    class Guard:
        def ensure(self):
            asked.append(1)
            if len(asked) == 2:
                raise Refused("No relocker could be started, so nothing is unlocked.")

    calls = world.disk.calls["open"]
    with pytest.raises(WorkspaceError, match=r"was not unlocked and stays closed\. No relocker"):
        unlock(world.bench("ann", guard=Guard()))
    assert world.disk.calls["open"] == calls
    assert told(bench)[-1][0] == "Package locked"


def test_a_package_that_another_program_works_on_is_refused(bench, world, impatient, unchanged):
    other = world.bench("bob")
    number = package_id(bench, "Case")
    with other.store.exclusive.holding(f"package-{number}", "Case"), pytest.raises(Busy, match="working on Case"):
        unlock(bench)


# It fails half-way, and the package is closed again


def test_when_the_wish_cannot_be_entered_no_file_opens(bench, world, log_fails):
    failed = log_fails(AuditType.UNLOCK_REQUESTED)
    newest = bench.store.ledger.newest()
    with pytest.raises(StoreError, match="full"):
        unlock(bench)
    assert failed == [AuditType.UNLOCK_REQUESTED]
    assert world.disk.calls["open"] == 0
    assert bench.store.ledger.newest() == newest
    assert bench.store.hotfixes.get(1) is None
    assert_closed(bench)


def test_when_the_database_is_held_by_another_program_no_file_opens(bench, world, monkeypatch):
    bench.store._database.execute_sql("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(world.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Another program holds the audit database"):
        unlock(bench)
    other.close()
    assert world.disk.calls["open"] == 0
    assert_closed(bench)


def test_when_the_database_is_full_no_file_opens(bench, world):
    (pages,) = bench.store._database.execute_sql("PRAGMA page_count").fetchone()
    bench.store._database.execute_sql(f"PRAGMA max_page_count = {pages}")

    def again_and_again():
        for _ in range(100):
            unlock(bench, reason="x" * 2000)
            hotfixes.lock(bench, package_id(bench, "Case"))

    with pytest.raises(StoreError, match="full"):
        again_and_again()
    (opened,) = bench.store._database.execute_sql("SELECT count(*) FROM hotfix").fetchone()
    assert world.disk.calls["open"] == opened
    bench.store._database.execute_sql("PRAGMA max_page_count = 100000")
    beat(bench)
    assert_closed(bench)


def test_when_the_success_cannot_be_entered_the_package_is_closed_again(bench, world, log_fails):
    failed = log_fails(AuditType.UNLOCKED)
    with pytest.raises(StoreError, match="Case was not unlocked and stays closed") as caught:
        unlock(bench)
    assert failed == [AuditType.UNLOCKED]
    assert "full" in caught.value.sentence
    assert world.disk.calls["open"] == 1
    assert_closed(bench)
    hotfix = bench.store.hotfixes.get(1)
    assert (hotfix.state, hotfix.ending, hotfix.closed_by) == (HotfixState.CLOSED, Ending.FAILED, "Hotfix Desktop")
    assert endings(bench, 1) == [AuditType.LOCKED]


@pytest.mark.parametrize("step", range(6))
def test_a_file_that_cannot_be_opened_leaves_the_package_closed_and_is_named(bench, world, step):
    at_step(
        world.disk, "open", step, raising(WorkspaceError("Cannot change the mode of b: permission denied.", "Ask."))
    )
    with pytest.raises(WorkspaceError, match="Case was not unlocked and stays closed") as e:
        unlock(bench)
    assert e.value.sentence.endswith(" Cannot change the mode of b: permission denied.")
    assert e.value.remedy == "Ask."
    assert_closed(bench)
    assert status(bench, "Case").state is PackageState.BLOCKED
    assert endings(bench, 1) == [AuditType.LOCKED]
    assert "Closed again, the unlock failed: Cannot change" in entries(bench)[-1].description
    assert AuditType.UNLOCKED.value not in [line.type for line in entries(bench)]


@pytest.mark.parametrize("step", range(6))
def test_a_cancel_half_way_leaves_the_package_closed_and_says_so(bench, world, step):
    at_step(world.disk, "open", step, raising(Cancelled()))
    with pytest.raises(Cancelled, match=r"^Cancelled: Case stays closed\.$"):
        unlock(bench)
    assert_closed(bench)
    assert bench.store.hotfixes.get(1).ending is Ending.CANCELLED
    assert endings(bench, 1) == [AuditType.LOCKED]


def test_the_progress_hears_of_the_opening_and_can_cancel_it(bench):
    heard = []

    class Listening(Progress):
        def step(self, done, total=0, what=""):
            heard.append((done, total))

    unlock(bench, progress=Listening())
    assert heard == [(0, 6)]
    hotfixes.lock(bench, package_id(bench, "Case"))
    cancelled = CancellableProgress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        unlock(bench, progress=cancelled)
    assert_closed(bench)


def test_after_a_failure_the_package_can_be_unlocked(bench, world):
    at_step(world.disk, "open", 2, raising(WorkspaceError("no")))
    with pytest.raises(WorkspaceError):
        unlock(bench)
    unlock(bench)
    assert modes(bench, "Case") == ORIGINAL


def test_a_package_that_vanishes_while_it_is_opened_is_not_unlocked(bench, world, monkeypatch):
    monkeypatch.setattr(world.disk, "look", lambda key: Openness.MISSING)
    with pytest.raises(WorkspaceError, match=r"was not unlocked and stays closed\. The folder of Case is not there"):
        unlock(bench)
    assert_closed(bench)
    assert AuditType.UNLOCKED.value not in [line.type for line in entries(bench)]


def test_a_package_that_vanished_before_it_is_opened_is_not_unlocked_and_is_closed_when_it_comes_back(
    bench, world, monkeypatch
):
    gone = world.disk.files["Case"]
    # The guard is asked before the intent is recorded, and once more before the files are opened.
    asked = iter([lambda: None, lambda: world.disk.files.pop("Case")])
    monkeypatch.setattr(type(bench.guard), "ensure", lambda guard: next(asked)())
    with pytest.raises(WorkspaceError, match="was not unlocked, but could not be closed again yet"):
        unlock(bench)
    world.disk.files["Case"] = gone
    assert beat(bench) == ["Case"]
    assert_closed(bench)
    assert endings(bench, 1) == [AuditType.RELOCKED]


def test_a_package_that_was_never_closed_by_the_program_cannot_be_opened(bench, world):
    bench.store._database.execute_sql("DELETE FROM closing_record")
    with pytest.raises(WorkspaceError, match="never closed by this program"):
        unlock(bench)
    assert AuditType.UNLOCKED.value not in [line.type for line in entries(bench)]


def test_when_it_cannot_be_closed_again_the_sentence_does_not_say_that_it_is_closed(bench, world):
    at_step(world.disk, "open", 3, raising(WorkspaceError("The disk gives an error.")))
    world.disk.fail_next("close", WorkspaceError("The disk gives another error."))
    with pytest.raises(WorkspaceError, match="The disk gives an error") as caught:
        unlock(bench)
    assert modes(bench, "Case") != CLOSED
    assert "stays closed" not in str(caught.value)
    assert "could not be closed again" in str(caught.value)
    assert "The disk gives another error" in caught.value.details


def test_what_could_not_be_closed_again_is_closed_by_the_next_beat(bench, world):
    at_step(world.disk, "open", 3, raising(WorkspaceError("The disk gives an error.")))
    world.disk.fail_next("close", WorkspaceError("The disk gives another error."))
    with pytest.raises(WorkspaceError):
        unlock(bench)
    assert beat(bench) == ["Case"]
    assert_closed(bench)
    assert endings(bench, 1) == [AuditType.RELOCKED]
    assert bench.store.hotfixes.get(1).ending is Ending.INTERRUPTED


def test_a_bug_on_the_way_is_not_dressed_up_and_the_next_beat_closes_the_package(bench, world):
    at_step(world.disk, "open", 3, raising(KeyError("a bug")))
    with pytest.raises(KeyError, match="a bug"):
        unlock(bench)
    assert beat(bench) == ["Case"]
    assert_closed(bench)


def test_a_program_that_locked_it_meanwhile_wins(bench, world):
    # A hung window: its deadline passes while it opens the files, and a relocker closes the hotfix over its head.
    other = world.bench("bob")

    def meanwhile():
        world.clock.go(minutes=31)
        assert beat(other) == ["Case"]

    at_step(world.disk, "open", 3, meanwhile)
    with pytest.raises(WorkspaceError, match="was locked by another program while it was being opened"):
        unlock(bench)
    assert_closed(bench)
    assert endings(bench, 1) == [AuditType.RELOCKED]


def test_two_windows_that_unlock_one_package_make_one_hotfix(bench, world, impatient):
    other = Store(world.database)
    other.close()
    second = world.bench("ann")
    refused = []

    def meanwhile():
        with pytest.raises(Refused, match="already unlocked") as caught:
            hotfixes._record_intent(second, package_id(second, "Case"), hotfixes.UnlockRequest("me too", "", 5))
        refused.append(caught.value)

    at_step(world.disk, "open", 0, meanwhile)
    unlock(bench)
    assert len(refused) == 1
    assert len(bench.store.hotfixes.not_closed()) == 1


def test_when_nobody_can_tell_whether_it_is_closed_again_the_sentence_does_not_say_so(bench, world, monkeypatch):
    def cannot_look(key):
        raise WorkspaceError("Cannot look at Case.")

    at_step(world.disk, "open", 3, raising(WorkspaceError("The disk gives an error.")))
    world.disk.fail_next("close", WorkspaceError("The disk gives another error."))
    monkeypatch.setattr(world.disk, "look", cannot_look)
    with pytest.raises(WorkspaceError, match="could not be closed again yet"):
        unlock(bench)


def test_when_the_database_goes_away_while_it_is_opened_the_files_are_closed_all_the_same(bench, world, log_fails):
    other = sqlite3.connect(world.database, isolation_level=None)
    bench.store._database.execute_sql("PRAGMA busy_timeout = 20")
    at_step(world.disk, "open", 3, lambda: other.execute("BEGIN IMMEDIATE"))
    with pytest.raises(StoreError, match=r"Case was not unlocked and stays closed\. Another program holds"):
        unlock(bench)
    assert modes(bench, "Case") == CLOSED
    other.close()
    assert beat(bench) == ["Case"]
    assert_closed(bench)
    assert endings(bench, 1) == [AuditType.RELOCKED]
    unlock(bench)
    assert modes(bench, "Case") == ORIGINAL


def test_a_package_that_the_database_does_not_know_cannot_be_closed(bench):
    with pytest.raises(Refused, match="There is no package “99”"):
        close_files(bench, 99)
