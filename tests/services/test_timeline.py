"""Windows of hotfixes that really happened, for those who may see them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, Denied, InvalidInput
from hotfix_desktop.core.lifecycle import Ending
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.core.roles import Person
from hotfix_desktop.core.timeline import MarkKind, Timeline
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.log_reading import LogDesk
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.timeline import open_timeline, read_news, read_timeline
from tests.services.world import START, package_id


@pytest.fixture
def desk(world, bench):
    made = open_timeline(LogDesk(world.database, Person("ann", "")), world.clock)
    yield made
    made.close()


def hotfix(bench, world, name: str = "Case", minutes: float = 10) -> int:
    number = hotfixes.unlock(bench, package_id(bench, name), "a button fails", "RND-1").number
    world.clock.go(minutes=minutes)
    hotfixes.lock(bench, package_id(bench, name))
    return number


def test_the_entries_of_the_services_are_understood(bench, world, desk):
    opened = world.clock.wall
    number = hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", "RND-1").number
    world.clock.go(minutes=20)
    hotfixes.extend(bench, package_id(bench, "Case"), 10)
    world.clock.go(minutes=25)
    Relocker(bench).beat()
    (window,) = read_timeline(desk, LogQuery()).windows
    assert (window.hotfix, window.package, window.opened_by) == (number, "Case", "ann")
    assert (window.reason, window.ticket, window.ending) == ("a button fails", "RND-1", Ending.RELOCKED)
    assert window.opened == opened
    assert window.deadline == opened + timedelta(minutes=40)
    assert window.closed == opened + timedelta(minutes=45)
    assert window.overrun_us(0) == 5 * 60_000_000
    assert [mark.kind for mark in window.marks] == [MarkKind.EXTENSION]


def test_an_open_hotfix_has_no_end(bench, world, desk):
    hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", "")
    (window,) = read_timeline(desk, LogQuery()).windows
    assert window.closed is None
    assert window.deadline == START + timedelta(minutes=30)


def test_what_is_open_now_belongs_to_today_whenever_it_was_opened(bench, world, desk):
    number = hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", "").number
    world.clock.go(days=3)
    found = read_timeline(desk, LogQuery(since=START + timedelta(days=2)))
    assert [window.hotfix for window in found.windows] == [number]


def test_what_is_open_now_stands_beside_what_was_opened_today(bench, world, desk):
    old = hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", "").number
    world.clock.go(days=3)
    new = hotfix(bench, world, "Base")
    found = read_timeline(desk, LogQuery(since=START + timedelta(days=2)))
    assert [window.hotfix for window in found.windows] == [old, new]


def test_a_review_long_afterwards_does_not_bring_a_hotfix_into_the_period(bench, world, desk):
    number = hotfix(bench, world)
    world.clock.go(days=3)
    found = bench.store.hotfixes.get(number)
    bench.enter_alone(bench.event(AuditType.HOTFIX_REVIEWED, "Reviewed", hotfix=found))
    assert read_timeline(desk, LogQuery(since=START + timedelta(days=2))).windows == ()
    (window,) = read_timeline(desk, LogQuery()).windows
    assert window.last_seq == bench.store.ledger.newest()


def test_a_period_has_the_windows_that_touch_it(bench, world, desk):
    first = hotfix(bench, world)
    world.clock.go(days=1)
    second = hotfix(bench, world, "Base")
    since = START + timedelta(hours=12)
    assert [w.hotfix for w in read_timeline(desk, LogQuery(since=since)).windows] == [second]
    assert [w.hotfix for w in read_timeline(desk, LogQuery(until=since)).windows] == [first]


def test_too_many_are_cut_off_at_the_old_end_and_that_is_said(bench, world, desk):
    numbers = [hotfix(bench, world) for _ in range(3)]
    part = read_timeline(desk, LogQuery(), most=2)
    assert ([window.hotfix for window in part.windows], part.is_part) == (numbers[1:], True)
    assert not read_timeline(desk, LogQuery(), most=3).is_part


def test_news_are_what_reading_everything_again_would_give(bench, world, desk):
    before = read_timeline(desk, LogQuery())
    assert before == Timeline((), before.newest)
    for name in ("Case", "Base"):
        hotfix(bench, world, name)
    hotfixes.unlock(bench, package_id(bench, "Case"), "again", "")
    middle = read_news(desk, LogQuery(), before)
    assert middle == read_timeline(desk, LogQuery())
    hotfixes.lock(bench, package_id(bench, "Case"))
    after = read_news(desk, LogQuery(), middle)
    assert after == read_timeline(desk, LogQuery())
    assert [window.ending for window in after.windows] == ["locked"] * 3
    assert read_news(desk, LogQuery(), after) is after


def test_news_of_a_search_are_searched(bench, world, desk):
    query = LogQuery(only=((LogColumn.PACKAGE, "Base"),))
    before = read_timeline(desk, query)
    hotfix(bench, world, "Case")
    number = hotfix(bench, world, "Base")
    assert [window.hotfix for window in read_news(desk, query, before).windows] == [number]


def test_only_readers_of_the_log_may_see_it(bench, world, desk):
    stranger = open_timeline(LogDesk(world.database, Person("eve", "")), world.clock)
    with pytest.raises(Denied, match="eve may not read the audit log"):
        read_timeline(stranger, LogQuery())
    with pytest.raises(Denied):
        read_news(stranger, LogQuery(), Timeline())
    stranger.close()


def test_a_text_that_nobody_can_search_for_is_refused(desk):
    with pytest.raises(InvalidInput):
        read_timeline(desk, LogQuery(text="x" * 10_000))


def test_the_reading_is_cancelled(bench, world, desk):
    hotfix(bench, world)
    cancelled = CancellableProgress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        read_timeline(desk, LogQuery(), cancelled)
