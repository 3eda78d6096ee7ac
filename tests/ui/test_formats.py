"""Times, numbers and countdowns as people read them."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale

from hotfix_desktop.ui.formats import age, clock_time, countdown, day, day_and_time, for_age, number, stamp, tr

WINTER = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 22, 30, tzinfo=UTC)


@pytest.fixture
def kyiv(monkeypatch):
    """The local time is that of Kyiv: UTC+2 in winter, UTC+3 in summer."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change its time zone")
    monkeypatch.setenv("TZ", "Europe/Kyiv")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_local_time_is_told(kyiv):
    assert clock_time(WINTER) == "00:30"
    assert clock_time(SUMMER) == "01:30"
    assert stamp(WINTER) == "2026-01-16 00:30"
    assert day(SUMMER) == "2026-07-16"


def test_the_day_is_told_when_it_is_another_local_day(kyiv):
    assert day_and_time(WINTER, WINTER - timedelta(minutes=29)) == "00:30"
    assert day_and_time(WINTER, WINTER - timedelta(minutes=31)) == "2026-01-16 00:30"
    assert day_and_time(WINTER, WINTER + timedelta(hours=23)) == "00:30"


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (timedelta(0), "0:00"),
        (timedelta(microseconds=1), "0:01"),
        (timedelta(seconds=59), "0:59"),
        (timedelta(seconds=59, microseconds=1), "1:00"),
        (timedelta(minutes=12, seconds=41), "12:41"),
        (timedelta(minutes=59, seconds=59), "59:59"),
        (timedelta(hours=1), "1:00:00"),
        (timedelta(hours=24), "24:00:00"),
        (timedelta(seconds=-5), "0:00"),
    ],
)
def test_countdown_rounds_up_so_that_zero_means_over(left, shown):
    assert countdown(left) == shown


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(seconds=-5), "for less than a minute"),
        (timedelta(seconds=59), "for less than a minute"),
        (timedelta(minutes=1), "for 1 min"),
        (timedelta(hours=2), "for 2 h"),
        (timedelta(days=1), "for 1 day"),
    ],
)
def test_how_long_something_waits_is_a_part_of_a_sentence(passed, shown):
    assert for_age(WINTER, WINTER + passed) == shown


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=3, hours=5), "3 days"),
        (timedelta(minutes=-5), "just now"),  # the clock was set back
    ],
)
def test_age(qapp, passed, shown):
    assert age(WINTER, WINTER + passed) == shown


def test_numbers_as_the_locale_writes_them(qapp):
    assert number(1284) == "1,284"
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        assert number(1284) == "1.284"
    finally:
        QLocale.setDefault(before)


def test_plurals(qapp):
    assert [tr("%n package(s)", n) for n in (0, 1, 2)] == ["0 packages", "1 package", "2 packages"]
    assert tr("Refresh") == "Refresh"
