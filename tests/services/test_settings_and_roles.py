"""Settings and roles: each change is an entry, and nonsense changes nothing."""

from __future__ import annotations

import json

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import InvalidInput, Refused, StoreError
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import administration
from tests.services.world import entries, told


def test_out_of_the_box_every_setting_has_its_default(bench):
    texts = administration.setting_texts(bench)
    assert texts["PackageHotfixTimeout"] == "30"
    assert list(texts) == [spec.name for spec in administration.SPECS]


def test_a_changed_setting_is_an_entry_with_old_and_new(bench):
    after = administration.change_settings(bench, {"packagehotfixtimeout": " 045 "})
    assert after.package_hotfix_timeout == 45
    event = entries(bench)[-1].entry().event
    assert (event.type, event.owner) == (AuditType.SETTING_CHANGED, "ann")
    assert event.description == "PackageHotfixTimeout: 30 → 45"
    assert json.loads(event.detail) == {"setting": "PackageHotfixTimeout", "old": "30", "new": "45"}


def test_an_empty_value_is_told_as_empty(bench):
    administration.change_settings(bench, {"HotfixTicketPattern": r"RND-\d+"})
    administration.change_settings(bench, {"HotfixTicketPattern": ""})
    assert [line.description for line in entries(bench)[-2:]] == [
        r"HotfixTicketPattern: (empty) → RND-\d+",
        r"HotfixTicketPattern: RND-\d+ → (empty)",
    ]


def test_a_setting_that_stays_as_it_is_makes_no_entry(bench):
    newest = bench.store.ledger.newest()
    administration.change_settings(bench, {"PackageHotfixTimeout": "030", "Maintainer": "Customer"})
    administration.change_settings(bench, {})
    assert bench.store.ledger.newest() == newest


def test_several_settings_change_all_or_none(bench):
    newest = bench.store.ledger.newest()
    with pytest.raises(InvalidInput) as caught:
        administration.change_settings(bench, {"Maintainer": "Us", "HotfixExtensionStep": "abc"})
    assert caught.value.field == "HotfixExtensionStep"
    assert administration.setting_texts(bench)["Maintainer"] == "Customer"
    assert bench.store.ledger.newest() == newest
    administration.change_settings(bench, {"Maintainer": "Us", "HotfixExtensionStep": "5"})
    assert bench.store.ledger.newest() == newest + 2


def test_an_unknown_setting_is_refused(bench):
    with pytest.raises(InvalidInput, match="There is no setting “Nonsense”"):
        administration.change_settings(bench, {"Nonsense": "1"})


def test_a_setting_whose_entry_cannot_be_written_stays_as_it_was(bench, log_fails):
    log_fails(AuditType.SETTING_CHANGED)
    with pytest.raises(StoreError):
        administration.change_settings(bench, {"PackageHotfixTimeout": "45"})
    assert administration.setting_texts(bench)["PackageHotfixTimeout"] == "30"


def test_a_role_that_is_given_or_taken_is_an_entry(bench):
    administration.assign_role(bench, "  bob ", Role.AUDITOR)
    administration.remove_role(bench, "bob", Role.AUDITOR)
    given, taken = (line.entry().event for line in entries(bench)[-2:])
    assert given.description == "bob is now a member of Auditors"
    assert json.loads(given.detail) == {"user": "bob", "role": "Auditors"}
    assert taken.description == "bob is no member of Auditors any more"
    assert [t for t, _ in told(bench)][-2:] == ["Role assigned", "Role removed"]
    assert bench.store.administration.roles_of("bob") == frozenset()


def test_a_role_is_not_given_twice_nor_taken_from_somebody_without_it(bench):
    newest = bench.store.ledger.newest()
    with pytest.raises(Refused, match="ann is a member of System administrators already"):
        administration.assign_role(bench, "ann", Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="bob is no member of Auditors"):
        administration.remove_role(bench, "bob", Role.AUDITOR)
    assert bench.store.ledger.newest() == newest


@pytest.mark.parametrize("user", ["", "  ", "x" * 251, "x" * 100_000, "\ud800"])
def test_a_user_name_that_is_nonsense_is_refused(bench, user):
    with pytest.raises(InvalidInput) as caught:
        administration.assign_role(bench, user, Role.AUDITOR)
    assert caught.value.field == "user"
    assert bench.store.administration.members() == [("ann", Role.ADMINISTRATOR)]


def test_the_last_administrator_stays(bench):
    administration.assign_role(bench, "aud", Role.AUDITOR)
    with pytest.raises(Refused, match="ann is the last System administrator, and somebody has to be one"):
        administration.remove_role(bench, "ann", Role.ADMINISTRATOR)
    administration.assign_role(bench, "bob", Role.ADMINISTRATOR)
    administration.remove_role(bench, "ann", Role.ADMINISTRATOR)
    assert bench.store.administration.roles_of("ann") == frozenset()


def test_an_administrator_who_is_also_an_auditor_can_stop_being_an_auditor(bench):
    administration.assign_role(bench, "ann", Role.AUDITOR)
    administration.remove_role(bench, "ann", Role.AUDITOR)
    assert bench.store.administration.members() == [("ann", Role.ADMINISTRATOR)]
