"""Packages, hotfixes, settings and roles: what goes in comes out, and every step that ends something is guarded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import peewee
import pytest

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lifecycle import Ending, Files, HotfixState, Kept, UnlockRequest
from hotfix_desktop.core.packages import Dependency, FoundPackage
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.store.administration import Protection
from hotfix_desktop.store.models import HotfixRow, UtcField
from hotfix_desktop.store.store import Store

NOW = Moment(datetime(2026, 1, 1, tzinfo=UTC), 10**9, "boot")
CASE = FoundPackage(
    key="Case",
    name="Größe",
    uid="u-1",
    version="8.1.0",
    maintainer="Customer",
    description="It's ≤ 3",
    modified=datetime(2025, 5, 5, 5, 5, 5, 555555, tzinfo=UTC),
    depends_on=(Dependency("Base", "u-0", "7"), Dependency("CrtCore")),
    problem="",
    synchronised=True,
    linked_to="/repository/Case",
)
BASE = FoundPackage(key="Base", name="Base")


@pytest.fixture
def case(store) -> int:
    """The number of the one package that is known."""
    store.packages.remember([CASE], {})
    (package,) = store.packages.all()
    return package.package_id


def begin(store: Store, package_id: int, reason: str = "why", minutes: int = 30) -> int:
    return store.hotfixes.begin(package_id, CASE, UnlockRequest(reason, "T-1", minutes), "ann", NOW).number


# Times


def test_a_naive_time_is_refused_by_the_column(store, case):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is what is refused
    with pytest.raises(ValueError, match="naive"):
        UtcField().db_value(naive)
    with pytest.raises(ValueError, match="naive"):
        HotfixRow.update(deadline=naive).execute(store._database)


def test_a_time_of_another_zone_is_the_same_instant():
    there = datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))
    field = UtcField()
    assert field.python_value(field.db_value(there)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert (field.db_value(None), field.python_value(None)) == (None, None)


# Packages


def test_a_package_comes_back_as_it_was_found(store, case):
    stored = store.packages.get(case)
    assert stored.found == CASE
    assert (stored.kept, stored.files, stored.locked, stored.missing) == (Kept.NEW, Files.OPEN, False, False)
    assert store.packages.get(case + 1) is None


def test_a_new_package_is_kept_for_the_reason_that_is_given(store):
    store.packages.remember([CASE, BASE], {"Base": Kept.CUSTOM})
    assert {p.found.key: p.kept for p in store.packages.all()} == {"Case": Kept.NEW, "Base": Kept.CUSTOM}


def test_looking_again_updates_what_differs_and_leaves_what_we_know_alone(store, case):
    store.packages.set_kept(case, Kept.NO)
    store.packages.set_files(case, Files.CLOSED)
    store.packages.set_locked(case, True)
    newer = replace(CASE, version="8.2.0", problem="Two packages have this name.", depends_on=())
    store.packages.remember([newer], {"Case": Kept.CUSTOM})
    stored = store.packages.get(case)
    assert stored.found == newer
    assert (stored.kept, stored.files, stored.locked) == (Kept.NO, Files.CLOSED, True)


def test_a_package_that_is_gone_is_missing_until_it_comes_back(store, case):
    store.packages.remember([BASE], {})
    assert store.packages.get(case).missing
    assert store.packages.get(case).found == CASE
    store.packages.remember([BASE, CASE], {})
    assert not store.packages.get(case).missing
    assert len(store.packages.all()) == 2


def test_looking_again_at_the_same_writes_nothing(store, case):
    reader = Store(store.path)
    before = reader.version()
    store.packages.remember([CASE], {})
    assert reader.version() == before
    reader.close()


def test_two_windows_that_see_a_new_package_at_the_same_moment_both_remember_it(store, monkeypatch):
    other = Store(store.path)
    look = store.packages.all

    def slow_look():
        known = look()
        other.packages.remember([CASE], {})
        return known

    monkeypatch.setattr(type(store.packages), "all", lambda self: slow_look() if self is store.packages else [])
    store.packages.remember([CASE, BASE], {"Base": Kept.CUSTOM})
    monkeypatch.undo()
    assert sorted(p.found.key for p in store.packages.all()) == ["Base", "Case"]
    other.close()


def test_the_record_is_kept_with_the_beginning_of_the_closing(store, case):
    assert store.packages.record(case) is None
    assert store.packages.begin_closing(case, b"modes", Files.OPEN)
    assert store.packages.record(case) == b"modes"
    assert store.packages.get(case).files is Files.CLOSING
    assert [p.package_id for p in store.packages.half_done()] == [case]


def test_whoever_saw_the_package_otherwise_does_not_begin_and_does_not_overwrite_the_record(store, case):
    store.packages.begin_closing(case, b"right", Files.OPEN)
    assert not store.packages.begin_closing(case, b"wrong", Files.OPEN)
    assert store.packages.record(case) == b"right"


@pytest.mark.parametrize("files", Files)
def test_half_done_is_what_was_begun_and_not_ended(store, case, files):
    store.packages.set_files(case, files)
    assert bool(store.packages.half_done()) == (files in (Files.CLOSING, Files.OPENING))
    assert store.packages.get(case).files is files


# Hotfixes


def test_a_hotfix_begins_with_its_lease(store, case):
    hotfix = store.hotfixes.get(begin(store, case))
    assert (hotfix.package_id, hotfix.package_key, hotfix.package_name) == (case, "Case", "Größe")
    assert (hotfix.reason, hotfix.ticket, hotfix.opened_by) == ("why", "T-1", "ann")
    assert (hotfix.lease.opened, hotfix.lease.granted) == (NOW, timedelta(minutes=30))
    assert hotfix.lease.deadline == NOW.utc + timedelta(minutes=30)
    assert (hotfix.state, hotfix.ending, hotfix.closed_at) == (HotfixState.OPENING, None, None)
    assert store.hotfixes.not_closed() == [hotfix]
    assert store.hotfixes.get(99) is None


def test_a_package_cannot_be_opened_twice(store, case):
    begin(store, case)
    with pytest.raises(peewee.IntegrityError):
        begin(store, case)


def test_a_hotfix_is_closed_by_one_caller_only(store, case):
    number = begin(store, case)
    other = Store(store.path)
    assert other.hotfixes.close(number, NOW.utc, "Hotfix Desktop", Ending.RELOCKED)
    assert not store.hotfixes.close(number, NOW.utc, "ann", Ending.LOCKED)
    hotfix = store.hotfixes.get(number)
    assert (hotfix.ending, hotfix.closed_by, hotfix.closed_at) == (Ending.RELOCKED, "Hotfix Desktop", NOW.utc)
    assert store.hotfixes.not_closed() == []
    other.close()


def test_a_hotfix_that_was_closed_while_it_opened_does_not_become_open(store, case):
    number = begin(store, case)
    store.hotfixes.close(number, NOW.utc, "x", Ending.RELOCKED)
    assert not store.hotfixes.mark_open(number)
    assert store.hotfixes.get(number).state is HotfixState.CLOSED


def test_a_hotfix_becomes_open_once(store, case):
    number = begin(store, case)
    assert store.hotfixes.mark_open(number)
    assert not store.hotfixes.mark_open(number)


def test_an_extension_counts_only_for_whoever_saw_the_hotfix_as_it_is(store, case):
    number = begin(store, case)
    opening = store.hotfixes.get(number)
    assert not store.hotfixes.extend(opening, opening.lease.extended(15), 15), "it is not open yet"
    store.hotfixes.mark_open(number)
    seen = store.hotfixes.get(number)
    assert store.hotfixes.extend(seen, seen.lease.extended(15), 15)
    assert not store.hotfixes.extend(seen, seen.lease.extended(60), 60), "it was extended meanwhile"
    longer = store.hotfixes.get(number)
    assert (longer.lease, longer.extended_minutes) == (seen.lease.extended(15), 15)
    store.hotfixes.close(number, NOW.utc, "x", Ending.LOCKED)
    assert not store.hotfixes.extend(longer, longer.lease.extended(1), 1), "it is closed"


def test_a_failed_relock_is_counted_and_a_new_kind_of_failure_is_told(store, case):
    number = begin(store, case)
    later = NOW.utc + timedelta(seconds=2)
    assert store.hotfixes.relock_failed(number, "permission denied", later)
    assert not store.hotfixes.relock_failed(number, "permission denied", later)
    assert store.hotfixes.relock_failed(number, "disk error", later)
    hotfix = store.hotfixes.get(number)
    assert (hotfix.attempts, hotfix.last_error, hotfix.next_try) == (3, "disk error", later)
    assert not store.hotfixes.relock_failed(99, "disk error", later)


def test_the_last_closed_hotfix_of_each_package_is_its_newest(store, case):
    first = begin(store, case)
    store.hotfixes.close(first, NOW.utc, "x", Ending.LOCKED)
    second = begin(store, case)
    store.hotfixes.close(second, NOW.utc, "x", Ending.LOCKED)
    begin(store, case)
    assert {p: h.number for p, h in store.hotfixes.last_closed([case]).items()} == {case: second}
    assert store.hotfixes.last_closed([]) == {}
    many = store.hotfixes.last_closed(range(2000))
    assert [h.number for h in many.values()] == [second]


def test_recent_reasons_are_different_and_the_newest_comes_first(store, case):
    for reason in [*(f"reason {n}" for n in range(12)), "reason 3"]:
        store.hotfixes.close(begin(store, case, reason), NOW.utc, "x", Ending.LOCKED)
    recent = store.hotfixes.recent_reasons()
    assert recent[0] == "reason 3"
    assert recent[1:] == [f"reason {n}" for n in (11, 10, 9, 8, 7, 6, 5, 4, 2)]


# Workspace, settings and roles


def test_the_creator_of_a_workspace_is_its_first_administrator(store):
    record = store.administration.workspace()
    assert (record.location, record.title, record.created_by) == ("/packages", "Packages", "ann")
    assert record.protection is Protection.NONE
    assert store.administration.members() == [("ann", Role.ADMINISTRATOR)]


@pytest.mark.parametrize("protection", Protection)
def test_the_state_of_protection_is_kept(store, protection):
    store.administration.set_protection(protection)
    assert store.administration.workspace().protection is protection


def test_a_setting_is_kept_once_and_comes_back_as_a_value(store):
    assert store.administration.settings() == Settings()
    store.administration.set_setting("PackageHotfixTimeout", "45")
    store.administration.set_setting("PackageHotfixTimeout", "50")
    assert store.administration.setting_texts() == {"PackageHotfixTimeout": "50"}
    assert store.administration.settings() == Settings(package_hotfix_timeout=50)


def test_roles_are_given_and_taken_once(store):
    rows = store.administration
    assert rows.assign("bob", Role.AUDITOR)
    assert not rows.assign("bob", Role.AUDITOR)
    assert rows.assign("bob", Role.ADMINISTRATOR)
    assert rows.roles_of("bob") == {Role.AUDITOR, Role.ADMINISTRATOR}
    assert rows.remove("bob", Role.AUDITOR)
    assert not rows.remove("bob", Role.AUDITOR)
    assert rows.members() == [("ann", Role.ADMINISTRATOR), ("bob", Role.ADMINISTRATOR)]
    assert rows.roles_of("nobody") == frozenset()


def test_users_whose_names_differ_only_in_case_are_different_users(store):
    store.administration.assign("Bob", Role.AUDITOR)
    assert store.administration.roles_of("bob") == frozenset()
