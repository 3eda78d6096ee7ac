"""Who lacks the role is refused by every use case that changes something, with an entry, and nothing changes."""

from __future__ import annotations

import sqlite3

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Denied
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import administration, auditing, catalogue, hotfixes, protection
from tests.services.world import entries, modes, package_id, told

CHANGES = {
    "unlock": (AuditType.UNLOCK_REQUESTED, lambda b: hotfixes.unlock(b, package_id(b, "Case"), "why")),
    "unlock with nonsense": (AuditType.UNLOCK_REQUESTED, lambda b: hotfixes.unlock(b, package_id(b, "Case"), "")),
    "lock": (AuditType.LOCKED, lambda b: hotfixes.lock(b, package_id(b, "Base"))),
    "extend": (AuditType.EXTENDED, lambda b: hotfixes.extend(b, package_id(b, "Base"))),
    "protect": (AuditType.FOLDER_PROTECTED, protection.protect),
    "release": (AuditType.FOLDER_RELEASED, protection.release),
    "keep modifiable": (
        AuditType.PACKAGE_MODIFIABLE,
        lambda b: protection.keep_modifiable(b, package_id(b, "Case")),
    ),
    "protect a package": (
        AuditType.PACKAGE_PROTECTED,
        lambda b: protection.protect_package(b, package_id(b, "Custom")),
    ),
    "change settings": (
        AuditType.SETTING_CHANGED,
        lambda b: administration.change_settings(b, {"PackageHotfixTimeout": "1440"}),
    ),
    "assign a role": (
        AuditType.ROLE_ASSIGNED,
        lambda b: administration.assign_role(b, b.person.user, Role.ADMINISTRATOR),
    ),
    "remove a role": (AuditType.ROLE_REMOVED, lambda b: administration.remove_role(b, "ann", Role.ADMINISTRATOR)),
}


def everything(world) -> dict[str, list]:
    """What stands in every table but the log's, and every mode."""
    plain = sqlite3.connect(world.database)
    tables = ("workspace", "package", "closing_record", "hotfix", "setting", "role", "schema_step")
    content = {table: plain.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
    plain.close()
    return content


@pytest.fixture
def people(bench):
    """Base is open; ann is an administrator, aud an auditor, and out nobody."""
    hotfixes.unlock(bench, package_id(bench, "Base"), "why")
    administration.assign_role(bench, "aud", Role.AUDITOR)
    return bench


@pytest.mark.parametrize("user", ["aud", "out", "ANN", ""])
@pytest.mark.parametrize("change", CHANGES)
def test_without_the_role_it_is_denied_with_one_entry_and_nothing_changes(people, world, user, change):
    kind, act = CHANGES[change]
    theirs = world.bench(user)
    before = (everything(world), {n: modes(people, n) for n in world.disk.files}, people.store.ledger.newest())
    calls = world.disk.calls.copy()
    with pytest.raises(Denied, match="only members of System administrators may") as caught:
        act(theirs)
    after = (everything(world), {n: modes(people, n) for n in world.disk.files}, people.store.ledger.newest() - 1)
    assert after == before
    assert world.disk.calls == calls
    entry = entries(people)[-1].entry().event
    assert (entry.type, entry.result.value, entry.owner, entry.ip_address) == (kind, "Denied", user, "10.0.0.1")
    assert entry.description.startswith("Refused: ")
    assert caught.value.sentence in entry.description


def test_with_the_role_each_of_them_is_allowed(people, world):
    for change in ("unlock", "extend", "lock", "change settings", "protect a package", "keep modifiable"):
        if change == "keep modifiable":
            hotfixes.lock(people, package_id(people, "Case"))
        CHANGES[change][1](people)
    administration.assign_role(people, "bob", Role.ADMINISTRATOR)
    CHANGES["remove a role"][1](people)
    assert "Denied" not in [result for _, result in told(people)]


def test_locking_everything_is_denied_package_by_package(people, world):
    done = hotfixes.lock_all(world.bench("out"))
    assert done.locked == ()
    assert [(name, type(error)) for name, error in done.failed] == [("Base", Denied)]
    assert told(people)[-1] == ("Package locked", "Denied")


def test_an_entry_of_a_refusal_names_the_package(people, world):
    with pytest.raises(Denied):
        hotfixes.unlock(world.bench("out"), package_id(people, "Case"), "why")
    assert (entries(people)[-1].package, entries(people)[-1].owner) == ("Case", "out")


def test_a_role_that_was_taken_away_is_gone_at_once(people, world):
    administration.assign_role(people, "bob", Role.ADMINISTRATOR)
    bob = world.bench("bob")
    hotfixes.extend(bob, package_id(bob, "Base"))
    administration.remove_role(people, "bob", Role.ADMINISTRATOR)
    with pytest.raises(Denied):
        hotfixes.extend(bob, package_id(bob, "Base"))


def test_anybody_may_look_at_the_tree(people, world):
    seen = catalogue.refresh(world.bench("out"))
    assert {p.name for p in seen.packages} == {"Case", "Base", "Custom", "Draft", "Twin"}
    assert (seen.user, seen.roles) == ("out", frozenset())


def test_the_log_is_for_auditors_and_administrators(people, world):
    auditing.open_log(people)
    auditing.open_log(world.bench("aud"))
    with pytest.raises(Denied, match="members of System administrators or Auditors may"):
        auditing.open_log(world.bench("out"))
    assert [(t, r, line.owner) for (t, r), line in zip(told(people), entries(people), strict=True)][-3:] == [
        ("Audit log opened", "Success", "ann"),
        ("Audit log opened", "Success", "aud"),
        ("Audit log opened", "Denied", "out"),
    ]


def test_a_reader_of_a_database_that_is_opened_read_only_needs_the_role_too(people, world):
    for user, allowed in (("ann", True), ("aud", True), ("out", False)):
        bench = world.bench(user)
        desk = auditing.AuditDesk(bench.store, world.clock, bench.person)
        if allowed:
            assert auditing.demand_reader(desk) is None
            continue
        with pytest.raises(Denied):
            auditing.demand_reader(desk)


def test_if_the_refusal_cannot_be_entered_it_is_refused_all_the_same(people, world, log_fails):
    log_fails(everything=True, times=99)
    theirs = world.bench("out")
    before = everything(world)
    with pytest.raises(Exception, match="full"):
        hotfixes.unlock(theirs, package_id(people, "Case"), "why")
    assert everything(world) == before
    assert world.disk.calls["open"] == 1, "Base alone"
