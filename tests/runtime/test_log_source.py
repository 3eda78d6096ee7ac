"""The source of a log's views: two lanes, so that no page waits for a search, and a stop that is heard at once."""

import threading

import pytest

from hotfix_desktop.core.errors import Cancelled, ConnectionLost, Denied
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.roles import Person
from hotfix_desktop.runtime.log_source import LogSource
from hotfix_desktop.services.log_reading import Bounds, LogDesk, Standing
from tests.ui.audit_log import enter, event_of, make_log

ENTRIES = 450


@pytest.fixture
def path(tmp_path):
    return make_log(tmp_path / "log.sqlite3", ENTRIES)


@pytest.fixture
def source(qapp, path):
    made = LogSource(LogDesk(path, Person("cleo", "")))
    yield made
    made.close()


@pytest.fixture
def answer(qtbot):
    def wait(job):
        with qtbot.waitSignal(job.done) as told:
            pass
        return told.args[0]

    return wait


@pytest.fixture
def failure(qtbot):
    def wait(job):
        with qtbot.waitSignal(job.failed) as told:
            pass
        return told.args[0]

    return wait


def test_pages_and_values(source, answer, path):
    answer(source.check())
    bounds, lines = answer(source.head(2, newest=True))
    assert (bounds, [line.seq for line in lines]) == (Bounds(1, ENTRIES), [450, 449])
    assert [line.seq for line in answer(source.lines(7, 9))] == [7, 8, 9]
    assert [line.seq for line in answer(source.numbered([9, 2]))] == [2, 9]
    assert answer(source.values()).owners == ("ann", "bob", "i.koval")
    enter(path, event_of(3))
    assert answer(source.bounds()) == Bounds(1, ENTRIES + 1)


def test_a_search_and_its_hits(source, answer, path):
    found, lines = answer(source.search(LogQuery(only=((LogColumn.OWNER, "bob"),)), 3))
    while found.standing is Standing.RUNNING:
        found = answer(source.go_on())
    assert {line.owner for line in lines} == {"bob"}
    page = answer(source.hits(1, 2))
    assert [line.seq for line in page] == [line.seq for line in lines[1:]]
    assert answer(source.place_of(page[0].seq)) == 1
    enter(path, event_of(3, owner="bob"))
    assert answer(source.catch_up()).fresh == 1


def test_pages_do_not_wait_for_a_search(source, answer, qtbot):
    held = threading.Event()
    hold = source._scans.run(lambda search, progress: held.wait(10))  # as long as a search takes
    assert answer(source.bounds()) == Bounds(1, ENTRIES)
    assert not hold.is_over
    held.set()
    with qtbot.waitSignal(hold.done):
        pass


def test_a_new_question_drops_what_waits_for_the_old_one(source, answer):
    held = threading.Event()
    source._scans.run(lambda search, progress: held.wait(10))
    dropped = []
    for job in (source.search(LogQuery(text="a"), 1), source.go_on(), source.hits(0, 5)):
        job.failed.connect(dropped.append)
    new = source.search(LogQuery(text="b"), 1)
    held.set()
    assert answer(new)[0].query.text == "b"
    assert [type(error) for error in dropped] == [Cancelled] * 3


def test_stopping_and_going_on(source, answer):
    source.interrupt()  # nothing runs yet
    answer(source.search(LogQuery(sort=LogColumn.DESCRIPTION), 1))
    source.interrupt()
    assert answer(source.go_on()).standing in (Standing.PAUSED, Standing.COMPLETE)
    answer(source.allow_more())
    assert answer(source.go_on()).standing is Standing.COMPLETE


def test_a_stranger_is_refused_by_both_lanes(qapp, path, failure):
    source = LogSource(lambda: LogDesk(path, Person("eve", "")))
    for ask in (source.check, source.values, lambda: source.search(LogQuery(text="a"), 1)):
        assert isinstance(failure(ask()), Denied)
    source.close()


def test_a_database_that_was_put_back_is_opened_again(source, path, answer, failure):
    answer(source.bounds())
    answer(source.search(LogQuery(text="a"), 1))
    away = path.with_name("away")
    path.rename(away)
    assert isinstance(failure(source.bounds()), ConnectionLost)
    assert isinstance(failure(source.go_on()), ConnectionLost)
    away.rename(path)
    assert answer(source.bounds()) == Bounds(1, ENTRIES)
    assert answer(source.search(LogQuery(text="a"), 1))[0].hits > 0
