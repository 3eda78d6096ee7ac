"""The lease: due when either clock says so, and after a restart of the machine at once (promise P7)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lease import CLOCK_TOLERANCE, Lease, clock_jump, due

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
HOUR_UP = 3_600_000_000


def moment(wall_minutes: float = 0, boot_minutes: float | None = None, boot_id: str = "this boot") -> Moment:
    """Both clocks so many minutes after the unlock; the boot-time clock goes with the wall if not told otherwise."""
    boot = wall_minutes if boot_minutes is None else boot_minutes
    return Moment(NOON + timedelta(minutes=wall_minutes), HOUR_UP + int(boot * 60_000_000), boot_id)


def test_a_lease_ends_so_many_minutes_after_its_start():
    lease = Lease.starting(moment(), 30)
    assert lease.deadline == NOON + timedelta(minutes=30)
    assert lease.left(moment()) == timedelta(minutes=30)
    assert lease.left(moment(29)) == timedelta(minutes=1)


def test_a_lease_is_due_at_its_deadline_and_not_a_microsecond_before():
    lease = Lease.starting(moment(), 30)
    before = Moment(lease.deadline - timedelta(microseconds=1), HOUR_UP + 30 * 60_000_000 - 1, "this boot")
    assert not lease.is_due(before)
    assert lease.left(before) == timedelta(microseconds=1)
    assert lease.is_due(moment(30))


def test_setting_the_wall_clock_back_does_not_lengthen_a_lease():
    lease = Lease.starting(moment(), 30)
    assert lease.left(moment(wall_minutes=-600, boot_minutes=29)) == timedelta(minutes=1)
    assert lease.is_due(moment(wall_minutes=-600, boot_minutes=30))


def test_setting_the_wall_clock_forward_past_the_deadline_ends_a_lease():
    lease = Lease.starting(moment(), 30)
    assert lease.is_due(moment(wall_minutes=31, boot_minutes=1))
    assert lease.left(moment(wall_minutes=20, boot_minutes=1)) == timedelta(minutes=10)


def test_sleeping_through_the_deadline_ends_a_lease():
    # Asleep both clocks go on; that the boot-time clock does, even if the wall clock is wrong after it, is enough.
    lease = Lease.starting(moment(), 30)
    assert lease.is_due(moment(wall_minutes=480))
    assert lease.is_due(moment(wall_minutes=1, boot_minutes=480))


def test_a_restart_of_the_machine_ends_a_lease_at_once():
    lease = Lease.starting(moment(), 30)
    after = moment(wall_minutes=1, boot_minutes=1, boot_id="another boot")
    assert lease.is_due(after)
    assert lease.left(after) == timedelta(0)


def test_a_boot_counter_that_went_backwards_counts_as_a_restart():
    lease = Lease.starting(Moment(NOON, HOUR_UP, ""), 30)
    assert lease.is_due(Moment(NOON, HOUR_UP - 1, ""))
    assert not lease.is_due(Moment(NOON, HOUR_UP, ""))


def test_an_extension_moves_both_ends_and_leaves_the_start_alone():
    lease = Lease.starting(moment(), 30)
    longer = lease.extended(15)
    assert longer == Lease(lease.opened, NOON + timedelta(minutes=45), timedelta(minutes=45))
    assert longer.left(moment(40)) == timedelta(minutes=5)
    assert longer.is_due(moment(wall_minutes=-60, boot_minutes=45))
    assert not longer.is_due(moment(wall_minutes=-60, boot_minutes=44))


def test_a_lease_is_overdue_by_the_clock_that_is_further():
    lease = Lease.starting(moment(), 30)
    assert lease.overdue_by(moment(29)) == timedelta(0)
    assert lease.overdue_by(moment(30)) == timedelta(0)
    assert lease.overdue_by(moment(wall_minutes=33, boot_minutes=31)) == timedelta(minutes=3)
    assert lease.overdue_by(moment(wall_minutes=-5, boot_minutes=34)) == timedelta(minutes=4)


def test_after_a_restart_only_the_wall_clock_says_how_overdue_a_lease_is():
    lease = Lease.starting(moment(), 30)
    assert lease.overdue_by(moment(10, boot_minutes=9_999, boot_id="another boot")) == timedelta(0)
    assert lease.overdue_by(moment(37, boot_minutes=0, boot_id="another boot")) == timedelta(minutes=7)


clocks = st.integers(min_value=-10_000, max_value=10_000)
running = st.integers(min_value=0, max_value=10_000)


@given(minutes=st.integers(1, 1440), wall=clocks, boot=running, boot_id=st.sampled_from(["this boot", "another"]))
def test_what_is_left_is_never_negative_and_never_more_than_either_clock_leaves(minutes, wall, boot, boot_id):
    lease = Lease.starting(moment(), minutes)
    now = moment(wall, boot, boot_id)
    left = lease.left(now)
    assert timedelta(0) <= left <= max(timedelta(0), timedelta(minutes=minutes - max(wall, boot)))
    assert lease.is_due(now) == (left == timedelta(0))


@given(minutes=st.integers(1, 1440), walls=st.lists(clocks, min_size=1), steps=st.lists(running, min_size=1))
def test_however_the_wall_clock_is_turned_nobody_gets_more_time_than_was_granted(minutes, walls, steps):
    lease = Lease.starting(moment(), minutes)
    boot = 0
    for wall, step in zip(walls, steps, strict=False):
        boot += step
        if not lease.is_due(moment(wall, boot)):
            assert boot < minutes


@given(boot=running, wall=clocks)
def test_a_lease_that_is_not_due_is_not_overdue(boot, wall):
    lease = Lease.starting(moment(), 60)
    now = moment(wall, boot)
    if not lease.is_due(now):
        assert lease.overdue_by(now) == timedelta(0)


@dataclass(frozen=True)
class Open:
    """Something with a lease."""

    name: str
    lease: Lease


def test_what_is_due_comes_with_the_longest_overdue_first_and_without_what_is_not_due():
    late, later = Open("late", Lease.starting(moment(), 10)), Open("later", Lease.starting(moment(), 5))
    in_time = Open("in time", Lease.starting(moment(), 60))
    assert [h.name for h in due(moment(20), [late, in_time, later])] == ["later", "late"]
    assert due(moment(1), [late, in_time, later]) == []


def test_clocks_that_go_together_are_no_jump():
    assert clock_jump(moment(), moment(60)) == timedelta(0)


def test_a_clock_jump_has_a_size_and_a_direction():
    assert clock_jump(moment(), moment(wall_minutes=-59, boot_minutes=1)) == timedelta(minutes=-60)
    assert clock_jump(moment(), moment(wall_minutes=61, boot_minutes=1)) == timedelta(minutes=60)


@pytest.mark.parametrize(("seconds", "expected"), [(2.0, 0.0), (2.5, 2.5), (-2.0, 0.0), (-2.5, -2.5)])
def test_a_drift_within_the_tolerance_is_no_jump(seconds, expected):
    assert timedelta(seconds=2) == CLOCK_TOLERANCE
    now = Moment(NOON + timedelta(seconds=60 + seconds), HOUR_UP + 60_000_000, "this boot")
    assert clock_jump(moment(), now) == timedelta(seconds=expected)


def test_nobody_speaks_of_a_jump_across_a_restart():
    assert clock_jump(moment(), moment(900, boot_minutes=1, boot_id="another boot")) == timedelta(0)
    assert clock_jump(moment(), moment(900, boot_minutes=-1)) == timedelta(0)
