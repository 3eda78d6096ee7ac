"""The watch over the wall clock, with a timer that is worked by hand: no test sets the clock of its machine."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from hotfix_desktop.runtime.clock_watch import ClockWatch, TimerFd


class HandTimer:
    """A pipe in the timer's place: each byte is one thing that made it readable."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.armed = 0
        self.closed = False
        self.trouble: OSError | None = None

    def set_clock(self) -> None:
        os.write(self.writing, b"c")

    def expire(self) -> None:
        os.write(self.writing, b"e")

    def fileno(self) -> int:
        return self.reading

    def arm(self) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.armed += 1

    def was_cancelled(self) -> bool:
        return os.read(self.reading, 1) == b"c"

    def close(self) -> None:
        self.closed = True
        os.close(self.reading)
        os.close(self.writing)


@pytest.fixture
def timer():
    made = HandTimer()
    yield made
    if not made.closed:
        made.close()


@pytest.fixture
def watch(qapp, timer):
    made = ClockWatch(make=lambda: timer)
    yield made
    made.close()
    made.deleteLater()


def test_each_step_of_the_clock_is_told_and_the_next_one_is_waited_for(watch, timer, qtbot):
    assert watch.is_watching
    for armed in (1, 2):
        assert timer.armed == armed
        with qtbot.waitSignal(watch.changed):
            timer.set_clock()
    assert timer.armed == 3


def test_a_timer_that_fires_is_armed_again_and_nothing_is_told(watch, timer, qtbot):
    with qtbot.assertNotEmitted(watch.changed):
        timer.expire()
        qtbot.waitUntil(lambda: timer.armed == 2)


def test_a_timer_that_cannot_be_armed_again_is_given_back_after_the_last_step_was_told(watch, timer, qtbot):
    timer.trouble = OSError(errno.EINVAL, "no")
    with qtbot.waitSignal(watch.changed):
        timer.set_clock()
    assert not watch.is_watching
    assert timer.closed


def test_closing_twice_closes_once(watch, timer):
    watch.close()
    watch.close()
    assert timer.closed
    assert not watch.is_watching


@pytest.mark.parametrize("at", ["make", "arm"])
def test_where_the_system_has_no_such_timer_nothing_happens(qapp, timer, at):
    def make() -> HandTimer:
        if at == "make":
            raise OSError(errno.ENOSYS, "no such system call")
        timer.trouble = OSError(errno.EINVAL, "no")
        return timer

    watch = ClockWatch(make=make)
    assert not watch.is_watching
    watch.close()
    watch.deleteLater()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has it")
def test_the_real_timer_waits_for_the_clock_only():
    timer = TimerFd()
    try:
        timer.arm()
        assert timer.was_cancelled() is False
        timer.arm()
        assert os.get_inheritable(timer.fileno()) is False
        assert os.get_blocking(timer.fileno()) is False
    finally:
        timer.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has it")
def test_a_real_watch_gives_its_descriptor_back(qapp):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        watch = ClockWatch()
        assert watch.is_watching
        watch.close()
        watch.deleteLater()
    assert len(os.listdir("/proc/self/fd")) == before
