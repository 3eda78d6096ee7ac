"""The timeline's lane: answers, news, and only the last question counts."""

from __future__ import annotations

import threading

import pytest

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.roles import Person
from hotfix_desktop.core.timeline import Timeline
from hotfix_desktop.runtime.timeline_source import TimelineSource
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.log_reading import LogDesk
from hotfix_desktop.services.timeline import open_timeline
from tests.services.world import package_id


@pytest.fixture
def source(qapp, world):
    made = TimelineSource(lambda: open_timeline(LogDesk(world.database, Person("ann", "")), world.clock))
    yield made
    made.close()


def answer(qtbot, job):
    with qtbot.waitSignal(job.done, timeout=5000) as waiting:
        pass
    return waiting.args[0]


def test_a_question_and_its_news_are_answered(qtbot, source, world):
    bench = world.benches[0]
    before = answer(qtbot, source.read(LogQuery()))
    hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails", "")
    timeline = answer(qtbot, source.news(LogQuery(), before))
    assert (len(before.windows), [window.package for window in timeline.windows]) == (0, ["Case"])


def test_it_can_be_prepared_for_the_screen_on_the_lane(qtbot, source, world):
    threads: list[int] = []

    def prepare(timeline: Timeline) -> int:
        threads.append(threading.get_ident())
        return len(timeline.windows)

    expected = Timeline((), world.benches[0].store.ledger.newest())
    assert answer(qtbot, source.read(LogQuery(), prepare)) == (expected, 0)
    assert answer(qtbot, source.news(LogQuery(), expected, prepare)) == (expected, 0)
    assert len(threads) == 2
    assert threading.get_ident() not in threads


def test_a_new_question_makes_the_one_before_pointless(qtbot, source, world):
    newest = world.benches[0].store.ledger.newest()
    told: list[object] = []
    first = source.read(LogQuery(text="a"))
    first.done.connect(told.append)
    first.failed.connect(told.append)
    assert answer(qtbot, source.read(LogQuery())) == Timeline((), newest)
    assert told == []  # the lane does one after the other, so the first is over


def test_without_a_database_it_fails_with_a_sentence(qtbot, qapp, tmp_path, world):
    made = TimelineSource(lambda: open_timeline(LogDesk(tmp_path / "none", Person("ann", "")), world.clock))
    with qtbot.waitSignal(made.read(LogQuery()).failed, timeout=5000) as waiting:
        pass
    assert isinstance(waiting.args[0], StoreError)
    made.close()
