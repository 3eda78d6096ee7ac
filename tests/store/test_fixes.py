"""The recorded trees of hotfixes: which are pending, which are live, and who ends them."""

from __future__ import annotations

from contextlib import closing

import pytest

from hotfix_desktop.core.lifecycle import Ending, UnlockRequest
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.store.fixes import FixTrees
from hotfix_desktop.store.store import Store
from tests.services.world import HandClock

A, B, C = b"a" * 32, b"b" * 32, b"c" * 32
CASE = FoundPackage("Case", "Case", "u-case")


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def store(path):
    with closing(Store(path)) as made:
        made.packages.remember([CASE], {})
        yield made


@pytest.fixture
def hotfix(store, clock):
    def begin(before: bytes = A) -> int:
        package = store.packages.all()[0].package_id
        number = store.hotfixes.begin(package, CASE, UnlockRequest("why", "", 30), "ann", clock.now()).number
        store.fixes.begin(number, package, before)
        return number

    return begin


def close(store, number, clock):
    assert store.hotfixes.close(number, clock.now().utc, "ann", Ending.LOCKED)


def test_an_open_hotfix_has_a_beginning_and_is_not_pending(store, hotfix):
    number = hotfix()
    assert store.fixes.of(number) == FixTrees(number, 1, A, None, None, "")
    assert store.fixes.pending() == []
    assert store.fixes.of(number + 1) is None


def test_a_closed_one_is_pending_until_its_end_is_kept_once(store, hotfix, clock):
    number = hotfix()
    close(store, number, clock)
    assert [trees.hotfix for trees in store.fixes.pending()] == [number]
    assert store.fixes.end(number, B, 3, "odd")
    assert not store.fixes.end(number, C, 4)
    assert store.fixes.of(number) == FixTrees(number, 1, A, B, 3, "odd")
    assert store.fixes.pending() == []


def test_a_remark_is_new_once_and_only_while_the_end_is_missing(store, hotfix, clock):
    number = hotfix()
    assert store.fixes.note(number, "the disk is full")
    assert not store.fixes.note(number, "the disk is full")
    assert store.fixes.note(number, "the disk is gone")
    store.fixes.end(number, B, 0)
    assert not store.fixes.note(number, "too late")
    assert store.fixes.of(number).remark == ""


def test_all_of_a_package_and_of_a_list(store, hotfix, clock):
    first = hotfix()
    close(store, first, clock)
    second = hotfix(B)
    assert [(trees.hotfix, trees.before) for trees in store.fixes.of_package(1)] == [(first, A), (second, B)]
    assert store.fixes.of_package(2) == []
    assert store.fixes.of_many([second, 99, *range(1000, 2500)]).keys() == {second}


def test_what_hotfixes_and_updates_name_is_live(store, hotfix):
    number = hotfix()
    assert store.fixes.live_trees() == {A}
    store.fixes.end(number, B, 1)
    execute = store._database.execute_sql
    execute("INSERT INTO package_update VALUES (1, 'done', 'x', x'00', 'ann', 0, '')")
    execute("INSERT INTO updated_package VALUES (1, 1, ?, ?, ?, '')", (C, b"d" * 32, b"e" * 32))
    assert store.fixes.live_trees() == {A, B, C, b"d" * 32, b"e" * 32}
