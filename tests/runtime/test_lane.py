"""Lanes: one thread each, in order, results on the thread of the windows, and an end that waits."""

import gc
import threading
from concurrent.futures import thread as pools
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from shiboken6 import delete, isValid

from hotfix_desktop.core.errors import Cancelled, ConnectionLost, Refused
from hotfix_desktop.runtime import lane as lanes
from hotfix_desktop.runtime.lane import Job, Lane, Step

PATIENCE = 5000


class Owned:
    """What a lane owns here: it notes who does what."""

    def __init__(self) -> None:
        self.built_on = threading.current_thread()
        self.closed_on: threading.Thread | None = None

    def close(self) -> None:
        self.closed_on = threading.current_thread()


class Gate:
    """Holds a piece of work until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, owned, progress):
        self.reached.set()
        assert self.opened.wait(PATIENCE / 1000)
        progress.check()
        return "through"

    def open(self) -> None:
        self.opened.set()


@pytest.fixture
def owned():
    return []


@pytest.fixture
def new_lane(qapp):
    """Makes lanes, and deletes them as a session does: later, not when the last name for one goes."""
    made: list[Lane] = []

    def make(build) -> Lane:
        made.append(Lane(build, "test"))
        return made[-1]

    yield make
    for one in made:
        one.close()
        one.deleteLater()


@pytest.fixture
def lane(new_lane, owned):
    return new_lane(lambda: owned.append(Owned()) or owned[-1])


@pytest.fixture
def gate():
    made = Gate()
    yield made
    made.open()


def result(qtbot, job: Job):
    with qtbot.waitSignal(job.done, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def failure(qtbot, job: Job):
    with qtbot.waitSignal(job.failed, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def ended(qtbot, *jobs: Job) -> None:
    with qtbot.waitSignals([job.ended for job in jobs], timeout=PATIENCE):
        pass


# Threads and order


def test_work_runs_in_order_on_one_other_thread(qtbot, lane, owned):
    seen = []

    def work(number):
        return lambda own, progress: seen.append((number, threading.current_thread(), own))

    jobs = [lane.run(work(number)) for number in range(20)]
    ended(qtbot, *jobs)
    assert [number for number, _, _ in seen] == list(range(20))
    assert {thread for _, thread, _ in seen} == {owned[0].built_on}
    assert owned[0].built_on is not threading.main_thread()
    assert owned[0].built_on.name.startswith("test")
    assert {id(own) for _, _, own in seen} == {id(owned[0])}
    assert len(owned) == 1


def test_nothing_is_built_before_the_first_work(qtbot, lane, owned):
    assert owned == []
    result(qtbot, lane.run(lambda own, progress: 1))
    assert len(owned) == 1


def test_results_arrive_on_the_thread_of_the_windows_even_to_a_plain_function(qtbot, lane):
    where = []
    job = lane.run(lambda own, progress: progress.step(1, 2, "x") or "result")
    for signal in (job.stepped, job.done, job.ended):
        signal.connect(lambda *_: where.append(threading.current_thread()), Qt.ConnectionType.DirectConnection)
    ended(qtbot, job)
    assert where == [threading.main_thread()] * 3


def test_nothing_arrives_before_the_event_loop_runs(qtbot, lane):
    """So that whoever runs a job has time to connect to it."""
    seen = []
    job = lane.run(lambda own, progress: 1)
    lane.run(lambda own, progress: None)
    lane.call(lambda own: None, 5)  # the work is long done
    job.done.connect(seen.append)
    assert seen == []
    ended(qtbot, job)
    assert seen == [1]


def test_a_big_number_arrives_whole(qtbot, lane):
    """A Signal(int) would deliver 0 (trap T12)."""
    assert result(qtbot, lane.run(lambda own, progress: 2**40)) == 2**40


def test_it_is_busy_until_the_last_has_ended(qtbot, lane, gate):
    assert not lane.is_busy
    first, second = lane.run(gate), lane.run(lambda own, progress: 2)
    assert lane.is_busy
    gate.open()
    ended(qtbot, first, second)
    assert not lane.is_busy


def test_a_job_goes_away_after_it_has_ended(qtbot, lane):
    job = lane.run(lambda own, progress: 1)
    result(qtbot, job)
    qtbot.waitUntil(lambda: not isValid(job))


# Errors


def test_an_error_of_the_world_fails_the_job(qtbot, lane):
    error = Refused("No.", "Ask.")

    def work(own, progress):
        raise error

    job = lane.run(work)
    done = []
    job.done.connect(done.append)
    assert failure(qtbot, job) is error
    assert done == []
    assert result(qtbot, lane.run(lambda own, progress: "on it goes")) == "on it goes"


@pytest.mark.parametrize("bug", [ZeroDivisionError("ours"), KeyError("k"), AssertionError()])
def test_a_bug_reaches_the_excepthook_and_the_job_still_ends(qtbot, lane, bug):
    def work(own, progress):
        raise bug

    heard = []
    with qtbot.capture_exceptions() as caught:
        job = lane.run(work)
        job.failed.connect(heard.append)
        job.done.connect(heard.append)
        ended(qtbot, job)
    assert [value for _, value, _ in caught] == [bug]
    assert heard == []
    assert result(qtbot, lane.run(lambda own, progress: 1)) == 1


def test_what_cannot_be_built_is_told_and_tried_again(new_lane, qtbot, owned):
    tries = []

    def build():
        tries.append(1)
        if len(tries) == 1:
            raise Refused("The database is locked.")
        return Owned()

    lane = new_lane(build)
    assert failure(qtbot, lane.run(lambda own, progress: 1)).sentence == "The database is locked."
    assert result(qtbot, lane.run(lambda own, progress: 1)) == 1
    lane.close()


def test_a_slip_in_a_slot_still_ends_the_job(qtbot, lane):
    job = lane.run(lambda own, progress: 1)
    job.done.connect(lambda _: 1 / 0)
    with qtbot.capture_exceptions() as caught:
        ended(qtbot, job)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    assert not lane.is_busy


# Cancel


def test_cancelling_what_waits_never_begins_it(qtbot, lane, gate):
    begun = []
    lane.run(gate)
    second = lane.run(lambda own, progress: begun.append(1))
    second.cancel()
    gate.open()
    assert isinstance(failure(qtbot, second), Cancelled)
    assert begun == []


def test_cancelling_what_runs_stops_it_at_its_next_step(qtbot, lane):
    steps = []
    begun, asked = threading.Event(), threading.Event()

    def work(own, progress):
        for number in range(1000):
            steps.append(number)
            begun.set()
            assert asked.wait(5)
            progress.step(number, 1000)

    job = lane.run(work)
    assert begun.wait(5)
    job.cancel()
    asked.set()
    assert isinstance(failure(qtbot, job), Cancelled)
    assert steps == [0]


def test_work_that_does_not_look_finishes(qtbot, lane, gate):
    job = lane.run(lambda own, progress: gate.reached.set() or gate.opened.wait(5))
    assert gate.reached.wait(5)
    job.cancel()
    gate.open()
    assert result(qtbot, job) is True


# Progress


def test_progress_is_told_twenty_times_a_second_at_most(qtbot, lane, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(lanes.time, "monotonic", lambda: clock[0])

    def work(own, progress):
        for number in range(100):
            progress.step(number, 100, f"file {number}")
            clock[0] += 0.01

    job = lane.run(work)
    steps = []
    job.stepped.connect(steps.append)
    ended(qtbot, job)
    assert steps[0] == Step(0, 100, "file 0")
    assert 18 <= len(steps) <= 20
    assert all(b.done - a.done >= 5 for a, b in pairwise(steps))


def test_a_part_that_is_not_cancelled_any_more_is_always_told(qtbot, lane, monkeypatch):
    monkeypatch.setattr(lanes.time, "monotonic", lambda: 100.0)

    def work(own, progress):
        progress.step(0, 9, "file")
        progress.cancel()
        progress.begin("Pushing")
        return "went"

    job = lane.run(work)
    steps = []
    job.stepped.connect(steps.append)
    assert result(qtbot, job) == "went"
    assert steps == [Step(0, 9, "file"), Step(0, 0, "Pushing", may_cancel=False)]


def test_a_hundred_thousand_steps_cost_little(qtbot, lane):
    def work(own, progress):
        for number in range(100_000):
            progress.step(number, 100_000, "x")

    job = lane.run(work)
    steps = []
    job.stepped.connect(steps.append)
    ended(qtbot, job)
    assert len(steps) < 2000


# The end


def test_closing_waits_for_what_runs_then_gives_up_what_it_owns(qtbot, new_lane, gate):
    owned = Owned()
    lane = new_lane(lambda: owned)
    lane.run(gate)
    assert gate.reached.wait(5)
    threading.Timer(0.05, gate.open).start()
    lane.close()
    assert gate.opened.is_set(), "it waited"
    assert owned.closed_on is not None
    assert owned.closed_on is not threading.main_thread()
    assert not [t for t in threading.enumerate() if t.name.startswith("test")]


def test_closing_cancels_what_waits(qtbot, new_lane, gate):
    lane = new_lane(Owned)
    begun = []
    lane.run(gate)
    assert gate.reached.wait(5)
    lane.run(lambda own, progress: begun.append(1))
    gate.open()
    lane.close()
    assert begun == []


def test_after_closing_no_result_arrives_and_every_job_ends(qtbot, new_lane, gate):
    lane = new_lane(Owned)
    heard, over = [], []
    jobs = [lane.run(lambda own, progress: 1), lane.run(gate), lane.run(lambda own, progress: 2)]
    for job in jobs:
        job.done.connect(heard.append)
        job.failed.connect(heard.append)
        job.ended.connect(lambda: over.append(1))
    gate.open()
    lane.close()
    qtbot.waitUntil(lambda: len(over) == 3)
    assert heard == []
    assert not lane.is_busy


def test_a_bug_is_reported_even_while_closing(qtbot, new_lane):
    lane = new_lane(Owned)
    with qtbot.capture_exceptions() as caught:
        lane.run(lambda own, progress: 1 / 0)
        lane.call(lambda own: None, 5)
        lane.close()
        qtbot.waitUntil(lambda: bool(caught))
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]


def test_closing_in_a_slot_of_a_job(qtbot, new_lane):
    """The window does so: the last package is locked, and then it leaves."""
    lane = new_lane(Owned)
    job = lane.run(lambda own, progress: 1)
    over = []
    job.done.connect(lambda _: lane.close())
    job.ended.connect(lambda: over.append(1))
    qtbot.waitUntil(lambda: bool(over))
    assert not lane.is_busy


@pytest.mark.timeout(10)
def test_closing_needs_no_lock_that_this_thread_may_hold_already(qtbot, new_lane):
    """The collector of garbage deleted a window while another lane's work was handed over, which a pool does so."""
    lane, other = new_lane(Owned), new_lane(Owned)
    result(qtbot, lane.run(lambda own, progress: 1))
    with pools._global_shutdown_lock:
        job = other.run(lambda own, progress: 1)
        lane.close()
    assert result(qtbot, job) == 1


def test_a_thread_that_does_not_end_is_left_alone_and_told(qtbot, qapp, gate, monkeypatch, expected_log):
    monkeypatch.setattr(lanes, "CLOSE_SECONDS", 0.05)
    owned, lane = Owned(), Lane(lambda: owned, "stuck")
    over = []
    job = lane.run(gate)
    job.ended.connect(lambda: over.append(1))
    assert gate.reached.wait(5)
    (thread,) = [one for one in threading.enumerate() if one.name == "stuck"]
    lane.close()
    (message,) = expected_log.messages
    assert message.startswith("stuck did not end within 0.05 s and is left alone.")
    assert "opened.wait" in message, "what it hung in"
    assert thread.daemon, "else the program hangs at its end"
    gate.open()
    thread.join(5)
    assert owned.closed_on is thread
    qtbot.waitUntil(lambda: bool(over))
    lane.deleteLater()


def test_one_that_ends_after_its_lane_is_gone_harms_nobody(qtbot, qapp, gate, monkeypatch, expected_log):
    monkeypatch.setattr(lanes, "CLOSE_SECONDS", 0.05)
    lane = Lane(Owned, "stuck")
    lane.run(gate)
    assert gate.reached.wait(5)
    lane.close()
    (thread,) = [one for one in threading.enumerate() if one.name == "stuck"]
    delete(lane)
    gate.open()
    thread.join(5)
    assert not thread.is_alive()
    assert len(expected_log.messages) == 1


def test_closing_on_its_own_thread_does_not_wait_for_itself(qtbot, new_lane):
    owned = Owned()
    lane = new_lane(lambda: owned)
    lane.run(lambda own, progress: lane.close())
    qtbot.waitUntil(lambda: owned.closed_on is not None)


def test_what_cannot_be_closed_is_told_in_the_log_and_the_job_still_ends(qtbot, qapp, expected_log):
    class Stubborn(Owned):
        def close(self) -> None:
            raise OSError("no")

    def lose(own, progress):
        raise ConnectionLost("It is gone.")

    lane = Lane(Stubborn, "test", renews=True)
    assert isinstance(failure(qtbot, lane.run(lose)), ConnectionLost)
    assert result(qtbot, lane.run(lambda own, progress: 1)) == 1
    lane.close()
    assert expected_log.messages == ["what test owned could not be closed"] * 2
    lane.deleteLater()


def test_a_lane_that_nobody_closed_ends_its_thread_when_it_goes(qtbot, qapp):
    lane = Lane(Owned, "dropped")
    result(qtbot, lane.run(lambda own, progress: 1))
    (thread,) = [one for one in threading.enumerate() if one.name == "dropped"]
    delete(lane)
    del lane
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_closing_what_was_never_used_builds_nothing(new_lane, owned):
    lane = new_lane(lambda: owned.append(1))
    lane.close()
    assert owned == []


def test_closing_twice_is_closing_once(new_lane, qtbot, owned):
    lane = new_lane(lambda: owned.append(Owned()) or owned[-1])
    result(qtbot, lane.run(lambda own, progress: 1))
    lane.close()
    lane.close()
    assert len(owned) == 1


def test_a_closed_lane_takes_no_work(new_lane):
    lane = new_lane(Owned)
    lane.close()
    with pytest.raises(RuntimeError):
        lane.run(lambda own, progress: 1)


# A connection that is lost, and the last work of all


@pytest.mark.parametrize("renews", [True, False])
def test_after_a_lost_connection_a_lane_that_renews_builds_anew(qtbot, qapp, owned, renews):
    lane = Lane(lambda: owned.append(Owned()) or owned[-1], "test", renews=renews)

    def lose(own, progress):
        raise ConnectionLost("The audit database is read-only.")

    failure(qtbot, lane.run(lose))
    assert result(qtbot, lane.run(lambda own, progress: own)) is owned[-1]
    assert len(owned) == (2 if renews else 1)
    assert (owned[0].closed_on is not None) == renews
    lane.close()
    lane.deleteLater()


def test_the_last_work_is_waited_for_without_an_event_loop(lane, owned):
    assert lane.call(lambda own: own, 5.0) is owned[0]
    assert owned[0].built_on is not threading.main_thread()


def test_the_last_work_that_fails_or_takes_too_long_gives_nothing(lane, gate, expected_log):
    def refuse(own):
        raise Refused("No.")

    assert lane.call(refuse, 5.0) is None
    lane.run(gate)
    assert lane.call(lambda own: "done", 0.05) is None
    gate.open()
    assert [message.split(": ")[1] for message in expected_log.messages] == ["No.", "it took too long"]
    lane.close()
    assert lane.call(lambda own: "done", 5.0) is None
