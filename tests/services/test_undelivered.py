"""What waits for delivery, and the entries that end the waiting."""

from __future__ import annotations

import json

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.deliveries import DeliveryKind, Receipt
from hotfix_desktop.core.errors import Denied, InvalidInput, Refused
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.services import catalogue, hotfixes
from hotfix_desktop.services.undelivered import enter_delivery, mark_delivered, undelivered, waiting_packages
from tests.services.world import entries, package_id, protected, status

RECEIPT = Receipt(DeliveryKind.COMMIT, "Commit 1a2b3c4 on hotfix/1-Case in billing", {"commit": "1a2b3c4"})


@pytest.fixture
def bench(world):
    return protected(world.bench())


def fixed(bench, text: bytes | None = b"repaired", name: str = "Case", ticket: str = "") -> int:
    """Unlock, repair (with None: only look), and lock; gives the number of the hotfix."""
    hotfix = hotfixes.unlock(bench, package_id(bench, name), "wrong VAT", ticket)
    if text is not None:
        bench.workspace.files[name]["Schemas/B/schema.js"] = (0o600, text)
    hotfixes.lock(bench, hotfix.package_id)
    return hotfix.number


def delivered(bench):
    kinds = (AuditType.DELIVERED.value, AuditType.MARKED_DELIVERED.value)
    return [line.entry().event for line in entries(bench) if line.type in kinds]


def test_what_changed_nothing_does_not_wait(bench):
    fixed(bench, None)
    seen = status(bench, "Case")
    assert (seen.state, seen.undelivered, seen.changes, seen.waiting) == (PackageState.LOCKED, False, 0, None)
    assert undelivered(bench) == {}


def test_age_owner_and_changes_are_those_of_all_that_wait(world, bench):
    first = fixed(bench, b"one")
    since = bench.clock.now().utc
    world.clock.go(hours=2)
    fixed(bench, None)
    second = fixed(bench, b"two")
    waiting = status(bench, "Case").waiting
    assert waiting == undelivered(bench)[package_id(bench, "Case")]
    assert (waiting.hotfixes, waiting.changes, waiting.since, waiting.owner) == ((first, second), 2, since, "ann")
    assert status(bench, "Case").changes == 2


def test_an_open_package_still_waits_for_what_was_before(bench):
    fixed(bench)
    hotfixes.unlock(bench, package_id(bench, "Case"), "again")
    seen = status(bench, "Case")
    assert seen.is_open
    assert seen.undelivered
    assert seen.changes is None, "what is open is counted live"


def test_a_delivery_is_an_entry_and_stands_on_its_hotfix(bench):
    number = fixed(bench, ticket="INC-1")
    (kept,) = enter_delivery(bench, [number], RECEIPT)
    (event,) = delivered(bench)
    assert (event.type, event.owner, event.hotfix, event.package) == (AuditType.DELIVERED, "ann", number, "Case")
    assert event.description == f"{RECEIPT.sentence} (hotfix {number} of Case) [INC-1]"
    assert json.loads(event.detail) == {"kind": "commit", "receipt": {"commit": "1a2b3c4"}}
    assert kept.entry == max(line.seq for line in entries(bench))
    seen = status(bench, "Case")
    assert (seen.state, seen.undelivered, seen.delivered) == (PackageState.LOCKED, False, kept)
    assert seen.changes == 1


def test_several_hotfixes_have_an_entry_each_or_none(bench):
    numbers = [fixed(bench, b"one"), fixed(bench, b"two")]
    with pytest.raises(Refused, match="no hotfix 99"):
        enter_delivery(bench, [*numbers, 99], RECEIPT)
    assert delivered(bench) == []
    assert len(undelivered(bench)) == 1
    enter_delivery(bench, numbers, RECEIPT)
    assert [event.hotfix for event in delivered(bench)] == numbers
    assert undelivered(bench) == {}


def test_an_entry_of_the_program_names_the_program(bench):
    number = fixed(bench)
    (kept,) = enter_delivery(bench, [number], Receipt(DeliveryKind.AS_USUAL, "Came home"), by_program=True)
    assert kept.by == delivered(bench)[0].owner == "Hotfix Desktop"


def test_what_is_open_cannot_be_delivered(bench):
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "now")
    with pytest.raises(Refused, match="still open"):
        enter_delivery(bench, [hotfix.number], RECEIPT)
    with pytest.raises(Refused, match="No hotfix is chosen"):
        enter_delivery(bench, [], RECEIPT)


def test_marking_needs_a_reason_and_enters_it(bench):
    number = fixed(bench)
    for nothing in ("", " \n "):
        with pytest.raises(InvalidInput) as refused:
            mark_delivered(bench, [number], nothing)
        assert refused.value.field == "reason"
    assert delivered(bench) == []
    mark_delivered(bench, [number], "is in release\n1.5")
    (event,) = delivered(bench)
    assert event.type is AuditType.MARKED_DELIVERED
    assert json.loads(event.detail)["receipt"] == {"reason": "is in release 1.5"}
    assert bench.store.deliveries.of(number)[0].receipt.kind is DeliveryKind.BY_HAND
    with pytest.raises(Refused, match="delivered already, by ann"):
        mark_delivered(bench, [number], "again")
    assert len(delivered(bench)) == 1


def test_nobody_else_may_mark_and_the_attempt_is_entered(world, bench):
    number = fixed(bench)
    bob = world.bench("bob")
    with pytest.raises(Denied, match="may not deliver hotfixes"):
        mark_delivered(bob, [number], "because")
    (event,) = delivered(bench)
    assert (event.result, event.owner, event.package) == (AuditResult.DENIED, "bob", "Case")
    assert number in undelivered(bench)[package_id(bench, "Case")].hotfixes


def test_the_wizard_is_told_whose_a_package_is(bench):
    case = fixed(bench)
    bench.store.administration.set_setting("Maintainer", "cusTOMER")
    (package,) = waiting_packages(bench)
    assert (package.found.name, package.is_own, package.changes) == ("Case", True, {case: 1})
    assert [hotfix.number for hotfix in package.hotfixes] == [case]
    bench.store.administration.set_setting("Maintainer", "Somebody")
    assert [p.is_own for p in waiting_packages(bench)] == [False]


def test_the_window_knows_whether_anything_waits(bench):
    assert not catalogue.remembered(bench).waits
    number = fixed(bench)
    assert catalogue.remembered(bench).waits
    enter_delivery(bench, [number], RECEIPT)
    assert not catalogue.remembered(bench).waits
