"""Where hotfixes went, and which of them wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.deliveries import DeliveryKind, Receipt
from hotfix_desktop.core.lifecycle import Ending, UnlockRequest
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.store.store import Store

START = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
BEFORE, AFTER = b"b" * 32, b"a" * 32
RECEIPT = Receipt(DeliveryKind.COMMIT, "Commit 1a2b3c4 on hotfix/1-Case in billing", {"commit": "1a2b3c4", "é": "ü"})


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "log.sqlite3")
    made.packages.remember([FoundPackage("Case", "Case", "u-case"), FoundPackage("Deal", "Deal")], {})
    yield made
    made.close()


def moment(minutes: int) -> Moment:
    return Moment(START + timedelta(minutes=minutes), minutes * 60_000_000, "boot")


def closed(store, name="Case", minutes=0, changes=1, ending=Ending.LOCKED, trees=True, user="ann"):
    """Give the number of a hotfix that was closed; ``changes`` of None: what it changed is not recorded yet."""
    package = next(p for p in store.packages.all() if p.found.name == name)
    now = moment(minutes)
    hotfix = store.hotfixes.begin(package.package_id, package.found, UnlockRequest("VAT", "", 30), user, now)
    if trees:
        store.fixes.begin(hotfix.number, package.package_id, BEFORE)
        if changes is not None:
            store.fixes.end(hotfix.number, AFTER, changes)
    store.hotfixes.close(hotfix.number, now.utc, user, ending)
    return hotfix.number


def waiting(store):
    return [fix.hotfix for fix in store.deliveries.waiting()]


def deliver(store, hotfix, receipt=RECEIPT):
    with store.transaction():
        return store.deliveries.keep(hotfix, receipt, "ann", moment(99), 7)


def test_what_changed_something_or_may_have_waits(store):
    changed, unknown = closed(store), closed(store, minutes=1, changes=None)
    closed(store, minutes=2, changes=0)
    for ending in (Ending.FAILED, Ending.CANCELLED):
        closed(store, minutes=3, ending=ending)
    relocked = closed(store, "Deal", minutes=4, changes=3, ending=Ending.RELOCKED, user="bob")
    assert waiting(store) == [changed, unknown, relocked]
    last = store.deliveries.waiting()[-1]
    assert (last.changes, last.closed_at, last.opened_by) == (3, START + timedelta(minutes=4), "bob")
    assert [f.hotfix for f in store.deliveries.waiting({last.package_id})] == [relocked]


def test_what_is_open_does_not_wait_yet(store):
    package = store.packages.all()[0]
    hotfix = store.hotfixes.begin(package.package_id, package.found, UnlockRequest("x", "", 30), "ann", moment(0))
    store.fixes.begin(hotfix.number, package.package_id, BEFORE)
    assert waiting(store) == []


def test_a_delivery_ends_the_waiting_of_its_hotfix_alone(store):
    first, second = closed(store), closed(store, minutes=1)
    kept = deliver(store, first)
    assert waiting(store) == [second]
    assert store.deliveries.of(first) == (kept,)
    assert store.deliveries.of(second) == ()
    assert (kept.receipt, kept.by, kept.at, kept.entry) == (RECEIPT, "ann", moment(99).utc, 7)


def test_each_receipt_stands_and_the_newest_is_given(store):
    number = closed(store)
    deliver(store, number)
    other = Receipt(DeliveryKind.LETTER, "Letter HF-1 to support@example.com", {})
    deliver(store, number, other)
    assert [d.receipt for d in store.deliveries.of(number)] == [RECEIPT, other]
    assert store.deliveries.newest([number, 99])[number].receipt == other
    package_id = store.hotfixes.get(number).package_id
    assert store.deliveries.newest_of_packages([package_id])[package_id].receipt == other


def test_of_hotfixes_without_trees_the_last_of_a_locked_package_waits(store):
    closed(store, trees=False)
    last = closed(store, minutes=1, trees=False)
    assert waiting(store) == []  # it is not locked: it was delivered as usual
    package = store.hotfixes.get(last).package_id
    store.packages.set_locked(package, True)
    assert [(f.hotfix, f.changes) for f in store.deliveries.waiting()] == [(last, None)]
    deliver(store, last)
    assert waiting(store) == []


def test_a_failed_unlock_without_trees_is_not_the_last_one(store):
    real = closed(store, trees=False)
    closed(store, minutes=1, trees=False, ending=Ending.FAILED)
    store.packages.set_locked(store.hotfixes.get(real).package_id, True)
    assert waiting(store) == [real]


def test_a_delivery_belongs_into_the_transaction_that_enters_it(store):
    number = closed(store)
    with pytest.raises(RuntimeError, match="transaction"):
        store.deliveries.keep(number, RECEIPT, "ann", moment(0), 1)
    assert waiting(store) == [number]


def test_changes_are_counted_for_those_that_have_trees(store):
    one, none, old = closed(store, changes=4), closed(store, changes=None), closed(store, trees=False)
    assert store.deliveries.changes_of([one, none, old]) == {one: 4, none: None}


def test_a_contact_is_remembered_whatever_the_case_of_the_maintainer(store):
    assert store.contacts.get("Creatio") == ""
    store.contacts.keep("Creatio", "support@creatio.example")
    assert store.contacts.get("CREATIO") == "support@creatio.example"
    store.contacts.keep("creatio", "https://portal.example")
    assert store.contacts.get("Creatio") == "https://portal.example"
    store.contacts.keep("Creatio", "")
    assert store.contacts.get("Creatio") == ""
