"""Moments: aware, in UTC, and read from both clocks of the machine."""

import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.clock import EPOCH, Moment, SystemClock, from_microseconds, to_microseconds


def test_a_moment_refuses_a_naive_time():
    with pytest.raises(ValueError, match="aware"):
        Moment(datetime(2026, 1, 1), 0, "")  # noqa: DTZ001 - that is what is refused


def test_a_naive_time_has_no_microseconds():
    with pytest.raises(ValueError, match="naive"):
        to_microseconds(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis asks so
def test_a_time_comes_back_to_the_microsecond(utc):
    assert from_microseconds(to_microseconds(utc)) == utc


def test_one_instant_has_one_number_in_every_time_zone():
    there = timezone(timedelta(hours=5, minutes=30))
    assert to_microseconds(datetime(2026, 1, 1, 5, 30, tzinfo=there)) == to_microseconds(
        datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert to_microseconds(EPOCH) == 0


def test_the_clock_of_this_machine_goes_on_and_names_its_boot():
    clock = SystemClock()
    before = datetime.now(UTC)
    first, second = clock.now(), clock.now()
    assert before <= first.utc <= second.utc <= datetime.now(UTC)
    assert first.boot_us <= second.boot_us
    assert first.boot_id == second.boot_id == SystemClock().now().boot_id


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="CLOCK_BOOTTIME and boot_id are Linux's")
def test_on_linux_the_boot_clock_is_the_one_that_counts_sleep():
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    now = SystemClock().now()
    assert before <= now.boot_us <= time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    assert now.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_machine_that_does_not_name_its_boot_gives_an_empty_name(monkeypatch):
    def unreadable(self, encoding):
        raise PermissionError(13, "no /proc here")

    monkeypatch.setattr(Path, "read_text", unreadable)
    assert SystemClock().now().boot_id == ""
