"""Which hotfixes a question means, and what is read of them."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, StoreError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.store import timeline_reader
from hotfix_desktop.store.timeline_reader import TimelineReader
from tests.store.conftest import START

DAY = 24 * 60


@pytest.fixture
def filled(store, enter):
    """Five hotfixes on five days, with two entries each; hotfix 3 was locked by bob, and 4 is of another package."""
    for number in range(1, 6):
        package = "Base" if number == 4 else "Case"
        begin = number * DAY
        enter("asked", begin, type=AuditType.UNLOCK_REQUESTED, hotfix=number, package=package)
        enter("looked on", begin + 1, type=AuditType.AUDIT_OPENED, package="")
        owner = "bob" if number == 3 else "ann"
        enter("the VAT", begin + 30, type=AuditType.LOCKED, hotfix=number, package=package, owner=owner)
    return store


@pytest.fixture
def reader(filled, path):
    made = TimelineReader(path)
    yield made
    made.close()


def at(days: float):
    return START.utc + timedelta(days=days)


def only(column: LogColumn, value: str) -> LogQuery:
    return LogQuery(only=((column, value),))


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        (LogQuery(), [5, 4, 3, 2, 1]),
        (LogQuery(sort=LogColumn.OWNER, descending=False), [5, 4, 3, 2, 1]),
        (LogQuery(since=at(3)), [5, 4, 3]),
        (LogQuery(until=at(3)), [2, 1]),
        (LogQuery(since=at(2), until=at(4)), [3, 2]),
        (LogQuery(since=at(50)), []),
        (only(LogColumn.PACKAGE, "Base"), [4]),
        (only(LogColumn.OWNER, "bob"), [3]),
        (only(LogColumn.TYPE, AuditType.LOCKED.value), [5, 4, 3, 2, 1]),
        (LogQuery(without=((LogColumn.PACKAGE, "Case"),)), [4]),
        (LogQuery(text="vat"), [5, 4, 3, 2, 1]),
        (LogQuery(text="vat bob"), [3]),
        (LogQuery(text="looked"), []),
        (LogQuery(hotfix=2), [2]),
        (LogQuery(only=((LogColumn.PACKAGE, "Case"),), since=at(3)), [5, 3]),
    ],
)
def test_a_hotfix_is_meant_when_one_of_its_entries_is(reader, query, meant):
    assert reader.numbers(query, 100) == meant


def test_the_newest_are_given_when_there_are_too_many(reader):
    for query in (LogQuery(), LogQuery(since=at(0)), only(LogColumn.RESULT, "Success")):
        assert reader.numbers(query, 2) == [5, 4]


def test_a_hotfix_that_spans_a_period_without_an_entry_in_it_is_meant(reader):
    gap = timedelta(minutes=5)
    assert reader.numbers(LogQuery(since=at(2) + gap, until=at(3)), 100) == [2]  # only its lock
    enter_nothing = LogQuery(since=at(2) + gap, until=at(2) + 2 * gap)
    assert reader.numbers(enter_nothing, 100) == []  # no entry of anything: nobody can tell, and nothing is claimed


def test_a_hotfix_that_was_open_while_others_were_opened_and_locked_is_meant(filled, enter, path):
    enter("asked", 6 * DAY, type=AuditType.UNLOCK_REQUESTED, hotfix=6, package="Long")
    enter("asked", 7 * DAY, type=AuditType.UNLOCK_REQUESTED, hotfix=7)
    enter("locked", 7 * DAY + 9, type=AuditType.LOCKED, hotfix=7)
    enter("locked", 8 * DAY, type=AuditType.LOCKED, hotfix=6, package="Long")
    reader = TimelineReader(path)
    assert reader.numbers(LogQuery(since=at(7), until=at(7.5)), 100) == [7, 6]
    reader.close()


def test_a_clock_that_was_set_back_hides_nothing(filled, enter, path):
    enter("asked", 1.5 * DAY, type=AuditType.UNLOCK_REQUESTED, hotfix=6)
    reader = TimelineReader(path)
    assert 6 in reader.numbers(LogQuery(since=at(1), until=at(2)), 100)
    reader.close()


def test_all_entries_of_the_hotfixes_come_in_the_order_of_the_log(reader, monkeypatch):
    monkeypatch.setattr(timeline_reader, "CHUNK", 2)
    chunks = list(reader.entries([5, 1, 3]))
    assert [[(e.hotfix, e.seq) for e in chunk] for chunk in chunks] == [
        [(1, 1), (1, 3), (3, 7), (3, 9)],
        [(5, 13), (5, 15)],
    ]
    first = chunks[0][0]
    assert (first.type, first.result, first.package, first.owner) == ("Unlock requested", "Success", "Case", "ann")
    assert first.at_us == (START.utc.timestamp() + DAY * 60) * 1_000_000
    assert first.body


def test_damaged_text_takes_nothing_away(reader, path):
    by_hand = sqlite3.connect(path)
    by_hand.execute("DROP TRIGGER audit_no_update")
    by_hand.execute("UPDATE audit SET package = CAST(x'43ff' AS TEXT), at = 'never', body = 'none' WHERE seq = 7")
    by_hand.commit()
    by_hand.close()
    ((damaged, sound),) = reader.entries([3])
    assert (damaged.seq, damaged.package, damaged.at_us, damaged.body) == (7, "C\ufffd", 0, b"none")
    assert sound.package == "Case"


def test_news_are_the_hotfixes_with_later_entries(reader):
    assert reader.numbers_since(10, 100) == [5, 4]
    assert reader.numbers_since(15, 100) == []


def test_a_cancel_stops_a_question_and_the_reading(reader, monkeypatch):
    monkeypatch.setattr(timeline_reader, "LOOK_AFTER", 1)
    cancelled = CancellableProgress()
    cancelled.cancel()
    for query in (LogQuery(), LogQuery(since=at(1)), LogQuery(text="x")):
        with pytest.raises(Cancelled):
            reader.numbers(query, 100, cancelled)
    with pytest.raises(Cancelled):
        list(reader.entries([1], cancelled))
    assert reader.numbers(LogQuery(), 1) == [5]  # and the connection goes on


def test_a_bug_in_the_progress_is_not_taken_for_a_database_error(reader, monkeypatch):
    monkeypatch.setattr(timeline_reader, "LOOK_AFTER", 1)

    class Broken(Progress):
        def check(self) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reader.numbers(LogQuery(text="x"), 100, Broken())


def test_there_is_no_timeline_without_a_database(tmp_path):
    with pytest.raises(StoreError, match="There is no audit database"):
        TimelineReader(tmp_path / "nothing.sqlite3")
