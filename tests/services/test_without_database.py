"""While the database is away a relock is done all the same, and its entry is chained in later, once (P1, P2)."""

from __future__ import annotations

import os
import sqlite3

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.relocking import Relocker
from tests.services.world import CLOSED, ORIGINAL, endings, entries, modes, package_id, status


@pytest.fixture
def opened(bench):
    return hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails")


@pytest.fixture
def relocker(bench, opened) -> Relocker:
    """One that has beaten once, so that it knows the lease."""
    made = Relocker(bench)
    made.beat()
    return made


@pytest.fixture
def away(world):
    """The database's file is not at its place, until the test puts it back."""
    elsewhere = world.database.with_name("elsewhere")

    def move(there: bool) -> None:
        os.rename(*((world.database, elsewhere) if there else (elsewhere, world.database)))

    move(True)
    return lambda: move(False)


def test_a_database_that_is_gone_does_not_keep_a_package_open(bench, world, relocker, opened, away, expected_log):
    world.clock.go(minutes=30)
    with pytest.raises(StoreError, match="is not there any more"):
        relocker.beat()
    assert modes(bench, "Case") == CLOSED
    (record,) = bench.store.journal.pending()
    assert (record.hotfix, record.at) == (opened.number, world.clock.now())
    world.clock.go(minutes=10)
    away()
    beat = relocker.beat()
    assert [h.number for h in beat.relocked] == [opened.number]
    assert beat.open_hotfixes == ()
    assert endings(bench, opened) == ["Package relocked"]
    closed = bench.store.hotfixes.get(opened.number)
    assert (closed.ending, closed.closed_at) == (Ending.RELOCKED, record.at.utc)
    entry = entries(bench, type="Package relocked")[-1]
    assert f"{record.at.utc:%Y-%m-%d %H:%M:%S} UTC, while nothing could be entered here" in entry.description
    assert "late" not in entry.description
    assert bench.store.journal.is_empty()


def test_before_its_time_nothing_is_locked_though_the_database_is_away(bench, world, relocker, away):
    world.clock.go(minutes=29)
    with pytest.raises(StoreError):
        relocker.beat()
    assert modes(bench, "Case") == ORIGINAL
    assert bench.store.journal.is_empty()


def test_it_is_closed_and_noted_once_however_long_the_database_is_away(bench, world, relocker, away, expected_log):
    world.clock.go(minutes=30)
    closes = world.disk.calls["close"]
    for _ in range(5):
        with pytest.raises(StoreError):
            relocker.beat()
        world.clock.go(seconds=40)
    assert world.disk.calls["close"] == closes + 1
    assert len(bench.store.journal.pending()) == 1


def test_files_that_cannot_be_closed_then_are_tried_at_every_beat(bench, world, relocker, away, expected_log):
    world.clock.go(minutes=30)
    for _ in range(2):
        world.disk.fail_next("close", WorkspaceError("The disk gives an error."))
        with pytest.raises(StoreError):
            relocker.beat()
    assert bench.store.journal.is_empty()
    with pytest.raises(StoreError):
        relocker.beat()
    assert modes(bench, "Case") == CLOSED
    assert len(bench.store.journal.pending()) == 1


def test_a_record_that_finds_no_place_is_written_when_there_is_one(
    bench, world, relocker, away, monkeypatch, expected_log
):
    append = bench.store.journal.append
    monkeypatch.setattr(bench.store.journal, "append", lambda record: refuse())
    world.clock.go(minutes=30)
    with pytest.raises(StoreError, match="not there any more"):
        relocker.beat()
    assert modes(bench, "Case") == CLOSED
    at = world.clock.now()
    monkeypatch.setattr(bench.store.journal, "append", append)
    world.clock.go(seconds=1)
    with pytest.raises(StoreError):
        relocker.beat()
    assert [record.at for record in bench.store.journal.pending()] == [at]


def refuse():
    raise StoreError("The relock could not be recorded anywhere yet.")


def test_when_the_entry_cannot_be_made_the_packages_that_are_due_too_do_not_wait(
    bench, world, relocker, opened, log_fails, monkeypatch, expected_log
):
    second = hotfixes.unlock(bench, package_id(bench, "Base"), "VAT")
    relocker.beat()
    world.clock.go(minutes=30)
    failed = log_fails(AuditType.RELOCKED, AuditType.RELOCK_FAILED, times=9)
    seen = relocker.beat()
    assert failed == [AuditType.RELOCKED]  # the database was asked once, and not for each package
    assert {h.number for h, _ in seen.failed} == {opened.number, second.number}
    assert all("The files are closed, and that is entered" in error.sentence for _, error in seen.failed)
    assert {h.number for h in seen.open_hotfixes} == {opened.number, second.number}
    assert modes(bench, "Case") == modes(bench, "Base") == CLOSED
    assert len(bench.store.journal.pending()) == 2


def test_a_second_relocker_enters_what_the_first_noted_and_nobody_enters_it_twice(
    bench, world, relocker, opened, away, expected_log
):
    world.clock.go(minutes=30)
    with pytest.raises(StoreError):
        relocker.beat()
    records = bench.store.journal.pending()
    away()
    other = Relocker(world.bench("bob"))
    assert [h.number for h in other.beat().relocked] == [opened.number]
    for record in records:  # a crash between the entry and the clearing leaves them there
        bench.store.journal.append(record)
    assert relocker.beat().relocked == ()
    assert endings(bench, opened) == ["Package relocked"]
    assert bench.store.journal.is_empty()


def test_a_record_of_a_package_that_is_open_again_is_not_believed(bench, world, relocker, opened, away, expected_log):
    world.clock.go(minutes=30)
    with pytest.raises(StoreError):
        relocker.beat()
    world.disk.open("Case", bench.store.packages.record(package_id(bench, "Case")))
    away()
    Relocker(bench).beat()
    assert modes(bench, "Case") == CLOSED
    assert "while nothing could be entered" not in entries(bench, type="Package relocked")[-1].description


def test_the_programs_that_still_wrote_then_are_in_the_entry(bench, world, relocker, opened, away, expected_log):
    world.disk.writers_of["Case"] = (Writer(4711, "gedit", "a.js"),)
    world.clock.go(minutes=30)
    with pytest.raises(StoreError):
        relocker.beat()
    away()
    relocker.beat()
    assert bench.store.hotfixes.get(opened.number).writers == (Writer(4711, "gedit", "a.js"),)
    assert "gedit (process 4711)" in entries(bench, type="Package relocked")[-1].description


def test_a_locked_database_refuses_the_unlock_and_not_the_relock(bench, world, relocker, opened, expected_log):
    other = sqlite3.connect(world.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    bench.store.wait_at_most(0.02)
    with pytest.raises(StoreError, match="Another program holds"):
        hotfixes.unlock(bench, package_id(bench, "Base"), "VAT")
    assert modes(bench, "Base") == CLOSED
    world.clock.go(minutes=30)
    assert [h.number for h, _ in relocker.beat().failed] == [opened.number]
    assert modes(bench, "Case") == CLOSED
    other.close()
    assert [h.number for h in relocker.beat().relocked] == [opened.number]
    assert status(bench, "Case").state.value == "locked"


def test_a_journal_that_cannot_be_cleared_keeps_nothing_open(
    bench, world, relocker, opened, away, monkeypatch, expected_log
):
    world.clock.go(minutes=30)
    with pytest.raises(StoreError):
        relocker.beat()
    away()
    second = hotfixes.unlock(bench, package_id(bench, "Base"), "VAT")
    monkeypatch.setattr(bench.store.journal, "clear", lambda entered: refuse())
    world.clock.go(minutes=30)
    assert second.number in [h.number for h in relocker.beat().relocked]


def test_nothing_is_unlocked_when_a_relock_could_not_be_noted(bench, world, monkeypatch):
    def cannot() -> None:
        raise StoreError("The journal cannot be made: no space left.")

    monkeypatch.setattr(bench.store.journal, "prepare", cannot)
    with pytest.raises(StoreError, match="journal"):
        hotfixes.unlock(bench, package_id(bench, "Case"), "VAT")
    assert modes(bench, "Case") == CLOSED
    assert entries(bench)[-1].type == "Folder protected"


def test_an_unlock_makes_room_for_the_entry_of_its_relock(bench, world, opened):
    assert (world.database.parent / "pending.journal").stat().st_size >= 64 * 1024


def test_files_that_were_made_in_the_hotfix_get_their_own_rights_back(
    bench, world, relocker, opened, away, expected_log
):
    world.disk.files["Case"]["Files/new.txt"] = (0o664, b"made while it was open")
    world.clock.go(minutes=30)
    with pytest.raises(StoreError):
        relocker.beat()
    assert world.disk.files["Case"]["Files/new.txt"][0] == 0o444
    away()
    relocker.beat()
    number = package_id(bench, "Case")
    hotfixes.unlock(bench, number, "VAT")
    assert world.disk.files["Case"]["Files/new.txt"][0] == 0o664


def test_a_hotfix_that_this_database_does_not_know_is_not_forgotten(bench, world, relocker, opened, expected_log):
    bench.store._database.execute_sql("DELETE FROM hotfix_tree")
    bench.store._database.execute_sql("DELETE FROM hotfix")  # another database, or an older copy of this one
    relocker.beat()
    world.clock.go(minutes=30)
    relocker.rescue(StoreError("The database is away."))
    assert modes(bench, "Case") == CLOSED


def test_a_journal_with_little_room_takes_the_lock_without_the_modes(
    bench, world, relocker, opened, away, monkeypatch, expected_log
):
    append = bench.store.journal.append

    def little_room(record):
        return refuse() if record.modes else append(record)

    monkeypatch.setattr(bench.store.journal, "append", little_room)
    world.clock.go(minutes=30)
    with pytest.raises(StoreError):
        relocker.beat()
    assert [(r.hotfix, r.modes) for r in bench.store.journal.pending()] == [(opened.number, "")]
