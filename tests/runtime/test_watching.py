"""Who watches: what a beat knows of the guard, how a guard ends, and that a log-out leaves nothing open."""

import os
import threading

import pytest

from hotfix_desktop.core.errors import StoreError, WorkspaceError
from hotfix_desktop.core.watch import GuardState, Watcher
from hotfix_desktop.runtime.beating import BeatingBench
from hotfix_desktop.runtime.heartbeat import Heartbeat
from hotfix_desktop.runtime.relocker import GIVE_UP_SECONDS, LAST_CALL_SECONDS, HeadlessRelocker
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.aftermath import window_name
from hotfix_desktop.services.drift import DriftWatch
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import OwnHeartbeat
from hotfix_desktop.store.store import Store
from tests.services.world import CLOSED, ORIGINAL, World, endings, entries, modes, package_id, protected

PATIENCE = 5000


class FakeGuard(OwnHeartbeat):
    """A guard whose state a test sets; reviving works when the test says so."""

    def __init__(self) -> None:
        self.state = GuardState.ALIVE
        self.revived = 0

    def look(self, now):
        return self.state, 4711

    def revive(self) -> None:
        self.revived += 1


@pytest.fixture
def guard():
    return FakeGuard()


@pytest.fixture
def window(world, guard):
    """What a window's heartbeat owns."""
    return BeatingBench(lambda: world.bench(guard=guard), window_name)


def unlock(world, name="Case", minutes=30):
    bench = world.benches[0]
    return hotfixes.unlock(bench, package_id(bench, name), "VAT", "", minutes)


def beat(owned):
    return owned.beat(None)


# What a beat knows


def test_a_window_says_that_it_lives_and_that_it_ended(world, window):
    name = window_name(world.benches[0])
    presence = world.benches[0].store.presence
    beat(window)
    assert presence.get(name).is_fresh(world.clock.now())
    assert presence.get(name).pid == os.getpid()
    world.clock.go(seconds=6)
    assert not presence.get(name).is_fresh(world.clock.now())
    beat(window)
    assert presence.get(name).is_fresh(world.clock.now())
    window.close()
    assert presence.get(name).ended


@pytest.mark.parametrize("state", [GuardState.ALIVE, GuardState.SILENT])
def test_a_beat_tells_what_is_known_of_the_guard(world, window, guard, state):
    unlock(world)
    guard.state = state
    seen = beat(window)
    assert (seen.guard, seen.guard_pid, guard.revived) == (state, 4711, 0)


def test_a_dead_guard_is_started_again_while_something_is_open_and_that_is_one_entry(world, window, guard):
    guard.state = GuardState.NONE
    assert beat(window).guard is GuardState.OWN  # nothing is open: the window is enough
    assert guard.revived == 0
    unlock(world)
    assert beat(window).guard is GuardState.NONE
    assert guard.revived == 1
    guard.state = GuardState.ALIVE
    beat(window)
    beat(window)
    (entry,) = entries(world.benches[0], type="Guard restarted")
    assert "1 package was open" in entry.description
    assert entry.owner == "Hotfix Desktop"


def test_the_guard_itself_is_alive_and_sees_the_windows(world, window):
    unlock(world)
    keeper = BeatingBench(world.bench)
    assert keeper.beat(None, True).windows == ()
    beat(window)
    seen = keeper.beat(None, True)
    assert (seen.guard, seen.guard_pid) == (GuardState.ALIVE, os.getpid())
    assert [w.name for w in seen.windows] == [window_name(world.benches[0])]
    world.clock.go(seconds=6)
    assert keeper.beat(None, True).windows == ()


def test_a_presence_that_cannot_be_written_does_not_stop_the_beats(world, window, monkeypatch):
    hotfix = unlock(world)

    def refuse(*_):
        raise StoreError("The disk is full.")

    for name in ("beat", "all", "ended"):
        monkeypatch.setattr(window.bench.store.presence, name, refuse)
    world.clock.go(minutes=30)
    assert [h.number for h in beat(window).relocked] == [hotfix.number]
    window.close()


def test_a_clock_that_jumps_between_two_beats_is_an_entry(world, window):
    beat(window)
    world.clock.go(seconds=1)
    world.clock.set_wall(hours=-1)
    beat(window)
    beat(window)
    assert len(entries(world.benches[0], type="Clock changed")) == 1


def test_a_jump_while_nothing_ran_is_seen_at_the_first_beat(world, window):
    world.clock.set_wall(hours=1)
    beat(window)
    assert len(entries(world.benches[0], type="Clock changed")) == 1


def test_the_looks_that_are_still_to_come_keep_a_guard_going(world, window):
    hotfix = unlock(world)
    hotfixes.lock(world.benches[0], hotfix.package_id)
    keeper = BeatingBench(world.bench)
    assert beat(keeper).pending == 1
    for _ in range(3):
        world.clock.go(minutes=5)
        seen = beat(keeper)
    assert seen.pending == 0


def test_a_database_that_was_put_back_is_opened_again_and_one_that_is_gone_is_not_made(world, window, expected_log):
    hotfix = unlock(world)
    beat(window)
    copy = world.database.with_name("copy")
    other = Store(world.database)
    other._database.execute_sql(f"VACUUM INTO '{copy}'")
    other.close()
    world.database.unlink()
    with pytest.raises(StoreError, match="not there any more"):
        beat(window)
    assert not world.database.exists()
    with pytest.raises(StoreError, match="not there any more"):
        beat(window)
    assert not world.database.exists()
    copy.rename(world.database)
    assert [h.number for h in beat(window).open_hotfixes] == [hotfix.number]
    world.clock.go(minutes=30)
    assert [h.number for h in beat(window).relocked] == [hotfix.number]
    assert endings(world.bench(), hotfix) == ["Package relocked"]
    window.close()


def test_a_connection_that_stays_read_only_for_ever_is_opened_anew(world, window, expected_log):
    # SQLite does that to one that is opened while no file can be created.
    hotfix = unlock(world)
    beat(window)
    window.bench.store._database.execute_sql("PRAGMA query_only = 1")
    world.clock.go(minutes=30)
    assert "read-only" in beat(window).failed[0][1].sentence
    assert modes(world.benches[0], "Case") == CLOSED
    world.clock.go(minutes=1)
    assert [h.number for h in beat(window).relocked] == [hotfix.number]
    window.close()


def test_a_database_that_cannot_be_opened_anew_is_tried_at_every_beat_and_keeps_nothing_open(
    world, guard, expected_log
):
    hotfix = unlock(world)
    refuse = []

    def build():
        if refuse:
            raise StoreError("The database cannot be opened.")
        return world.bench(guard=guard)

    window = BeatingBench(build, window_name)
    beat(window)
    world.clock.go(minutes=29)
    refuse.append(1)
    window._is_lost = True
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be opened"):
            beat(window)
        world.clock.go(minutes=1)
    assert modes(world.benches[0], "Case") == CLOSED
    refuse.clear()
    assert [h.number for h in beat(window).relocked] == [hotfix.number]
    window.close()


@pytest.mark.parametrize("size", [0, None])
def test_another_database_at_the_same_place_is_not_taken_for_the_workspace(world, guard, expected_log, tmp_path, size):
    hotfix = unlock(world)
    window = BeatingBench(lambda: world.bench(guard=guard), window_name)
    beat(window)
    home = world.database.parent
    real = home.with_name("real")
    home.rename(real)
    home.mkdir()
    if size == 0:
        world.database.touch()
    else:
        protected_elsewhere(tmp_path / "elsewhere", world.database)
    world.clock.go(minutes=30)
    for _ in range(2):
        with pytest.raises(StoreError):
            beat(window)
    assert modes(world.benches[0], "Case") == CLOSED
    home.rename(home.with_name("wrong"))
    real.rename(home)
    assert [h.number for h in beat(window).relocked] == [hotfix.number]
    window.close()


def protected_elsewhere(folder, place) -> None:
    """Put the database of another workspace there."""
    other = World(folder)
    protected(other.bench())
    other.benches[0].store._database.execute_sql(f"VACUUM INTO '{place}'")
    other.close()


def test_what_fails_beside_the_duty_hides_nothing_of_it(world, guard, monkeypatch):
    hotfix = unlock(world)
    second = unlock(world, "Base", 60)
    guard.state = GuardState.NONE
    window = BeatingBench(lambda: world.bench(guard=guard), window_name)

    def refuse(*_):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(DriftWatch, "check_due", refuse)
    world.clock.go(minutes=30)
    seen = beat(window)
    assert [h.number for h in seen.relocked] == [hotfix.number]
    assert [h.number for h in seen.open_hotfixes] == [second.number]
    assert guard.revived == 1


def test_a_bug_crashes_and_keeps_nothing_open(world, window, monkeypatch, expected_log):
    unlock(world)
    beat(window)
    monkeypatch.setattr(Relocker, "_beat", lambda self, now: 1 / 0)
    world.clock.go(minutes=30)
    with pytest.raises(ZeroDivisionError):
        beat(window)
    assert modes(world.benches[0], "Case") == CLOSED


def test_the_window_of_somebody_who_may_not_lock_only_watches(world, guard, monkeypatch):
    monkeypatch.setattr("hotfix_desktop.runtime.beating.system_user", lambda: "1005")
    hotfix = unlock(world)
    guard.state = GuardState.NONE
    window = BeatingBench(lambda: world.bench("eve", guard), window_name)
    world.clock.go(minutes=31)
    seen = beat(window)
    assert [h.number for h in seen.open_hotfixes] == [hotfix.number]
    assert (seen.failed, guard.revived) == ((), 0)
    assert modes(world.benches[0], "Case") == ORIGINAL
    monkeypatch.setattr("hotfix_desktop.runtime.beating.system_user", lambda: "0")  # root may
    assert [h.number for h in beat(BeatingBench(lambda: world.bench("eve", guard), window_name)).relocked] == [1]


def test_a_beat_that_takes_long_says_meanwhile_that_it_lives(world, window, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("hotfix_desktop.runtime.beating.time.monotonic", lambda: now[0])
    said = []
    monkeypatch.setattr(window, "_say_that_it_lives", said.append)

    def slow(limit, progress):
        for _ in range(10):
            now[0] += 0.5
            progress.step(1)

    monkeypatch.setattr(Relocker, "look_at_closed", lambda self, limit, progress: slow(limit, progress))
    beat(window)
    assert len(said) == 1 + 3


# The heart


@pytest.fixture
def heart(qapp, world):
    made = Heartbeat(lambda: BeatingBench(world.bench))
    yield made
    made.stop()
    made.deleteLater()


def once(qtbot, heart):
    with qtbot.waitSignal(heart.beaten, timeout=PATIENCE) as waiting:
        heart.timer.timeout.emit()
    return waiting.args[0]


def test_a_deadline_before_the_next_second_wakes_the_heart_earlier(qtbot, heart, world):
    unlock(world, minutes=1)
    once(qtbot, heart)
    assert not heart._deadline.isActive()
    world.clock.go(seconds=59.7)
    once(qtbot, heart)
    assert heart._deadline.isActive()
    assert heart._deadline.interval() == 301
    with qtbot.waitSignal(heart.beaten, timeout=PATIENCE):
        world.clock.go(seconds=0.3)
    assert modes(world.benches[0], "Case") == CLOSED


def test_what_is_due_is_closed_while_a_beat_hangs(qtbot, heart, world, monkeypatch, expected_log):
    hotfix = unlock(world)
    once(qtbot, heart)
    hangs = threading.Event()
    monkeypatch.setattr(Store, "version", lambda self: hangs.wait(PATIENCE / 1000) and 1)
    world.clock.go(minutes=30)
    heart.timer.timeout.emit()
    try:
        assert heart._hanging.isActive()
        heart._hanging.timeout.emit()
        qtbot.waitUntil(lambda: modes(world.benches[0], "Case") == CLOSED, timeout=PATIENCE)
        qtbot.waitUntil(lambda: not world.benches[0].store.journal.is_empty(), timeout=PATIENCE)
        assert endings(world.benches[0], hotfix) == []
        qtbot.waitUntil(lambda: heart.is_done, timeout=PATIENCE)
    finally:
        monkeypatch.undo()
        hangs.set()
    qtbot.waitUntil(lambda: endings(world.benches[0], hotfix) == ["Package relocked"], timeout=PATIENCE)
    qtbot.waitUntil(lambda: not heart._hanging.isActive(), timeout=PATIENCE)
    assert "held up" in expected_log.messages[0]


# How a guard ends


@pytest.fixture
def quits(monkeypatch):
    """How often the event loop was told to end."""
    told = []
    monkeypatch.setattr("hotfix_desktop.runtime.relocker.QCoreApplication.quit", lambda: told.append(1))
    return told


@pytest.fixture
def keeper(heart, quits, capsys):
    made = HeadlessRelocker(heart, until_closed=True)
    yield made
    made.deleteLater()


def test_it_says_ready_once_it_has_beaten(qtbot, heart, keeper, capsys):
    assert capsys.readouterr().out == ""
    once(qtbot, heart)
    once(qtbot, heart)
    assert capsys.readouterr().out == "ready\n"


def test_told_to_stop_with_nothing_open_it_ends(qtbot, heart, keeper, quits):
    keeper.stop(15)
    qtbot.waitUntil(lambda: quits == [1], timeout=PATIENCE)


def test_told_to_stop_it_locks_what_is_open_when_no_window_lives(qtbot, heart, keeper, quits, world):
    hotfix = unlock(world)
    keeper.stop(15)
    qtbot.waitUntil(lambda: quits == [1], timeout=PATIENCE)
    assert modes(world.benches[0], "Case") == CLOSED
    (entry,) = entries(world.benches[0], type="Package relocked")
    assert entry.hotfix == hotfix.number
    assert "before the end of its time: the guard was told to end" in entry.description


def test_told_to_stop_it_leaves_what_is_open_to_a_window_that_lives_on(qtbot, heart, keeper, quits, world, window):
    unlock(world)
    beat(window)
    keeper.stop(15)
    once(qtbot, heart)
    assert quits == []
    world.clock.go(seconds=3)
    beat(window)
    once(qtbot, heart)
    assert quits == [1]
    assert modes(world.benches[0], "Case") == ORIGINAL


@pytest.mark.parametrize("how", ["ends", "was killed"])
def test_told_to_stop_together_with_the_window_it_locks_what_is_open(qtbot, heart, keeper, quits, world, window, how):
    unlock(world)
    beat(window)
    keeper.stop(15)
    once(qtbot, heart)
    assert quits == []
    if how == "ends":
        window.close()
    else:
        world.clock.go(seconds=6)
    once(qtbot, heart)
    qtbot.waitUntil(lambda: quits == [1], timeout=PATIENCE)
    assert modes(world.benches[0], "Case") == CLOSED


@pytest.fixture
def later(monkeypatch):
    """Moves the clock by which a guard that was told to end waits."""
    now = [1000.0]
    monkeypatch.setattr("hotfix_desktop.runtime.relocker.time.monotonic", lambda: now[0])

    def go(seconds: float) -> None:
        now[0] += seconds

    return go


def test_nobody_is_waited_for_longer_than_the_last_call(qtbot, heart, keeper, quits, world, window, monkeypatch, later):
    unlock(world)
    beat(window)
    monkeypatch.setattr(Watcher, "is_fresh", lambda self, now: True)  # it is there, and does not beat
    keeper.stop(15)
    once(qtbot, heart)
    later(LAST_CALL_SECONDS)
    once(qtbot, heart)
    qtbot.waitUntil(lambda: quits == [1], timeout=PATIENCE)
    assert modes(world.benches[0], "Case") == CLOSED


def test_a_second_signal_does_not_end_it_with_something_open(qtbot, heart, keeper, quits, world):
    # At a log-out SIGTERM and SIGHUP come together.
    unlock(world)
    keeper.stop(15)
    keeper.stop(1)
    assert quits == []
    qtbot.waitUntil(lambda: quits == [1], timeout=PATIENCE)
    assert modes(world.benches[0], "Case") == CLOSED


def test_the_window_of_another_user_is_none_to_leave_it_to(qtbot, heart, keeper, quits, world, window, monkeypatch):
    unlock(world)
    monkeypatch.setattr("hotfix_desktop.store.presence.system_user", lambda: "1005")
    beat(window)
    monkeypatch.undo()
    monkeypatch.setattr("hotfix_desktop.runtime.relocker.QCoreApplication.quit", lambda: quits.append(1))
    keeper.stop(15)
    qtbot.waitUntil(lambda: quits == [1], timeout=PATIENCE)
    assert modes(world.benches[0], "Case") == CLOSED


def test_told_to_stop_while_the_database_is_away_it_locks_from_memory(
    qtbot, heart, keeper, quits, world, later, expected_log
):
    hotfix = unlock(world)
    once(qtbot, heart)
    home = world.database.parent
    away = home.with_name("away")
    home.rename(away)
    keeper.stop(15)
    with qtbot.waitSignal(heart.failed, timeout=PATIENCE):
        heart.timer.timeout.emit()
    assert quits == []
    later(LAST_CALL_SECONDS + 1)
    with qtbot.waitSignal(heart.failed, timeout=PATIENCE):
        heart.timer.timeout.emit()
    qtbot.waitUntil(lambda: quits != [], timeout=PATIENCE)
    assert modes(world.benches[0], "Case") == CLOSED
    away.rename(home)
    bench = world.bench()
    Relocker(bench).beat()
    assert bench.store.hotfixes.get(hotfix.number).state.value == "closed"
    assert "before the end of its time" in entries(bench, type="Package relocked")[0].description
    assert "the guard was told to end" in entries(bench, type="Package relocked")[0].description


def test_what_resists_is_tried_for_a_minute_and_said(qtbot, heart, keeper, quits, world, later, expected_log):
    unlock(world)

    def resist(operation, key, path):
        if operation == "close":
            raise WorkspaceError("The file is busy.")

    world.disk.before_step = resist
    keeper.stop(15)
    qtbot.waitUntil(lambda: world.disk.calls["close"] >= 2, timeout=PATIENCE)
    assert quits == []
    later(GIVE_UP_SECONDS + 1)
    once(qtbot, heart)
    assert quits == [1]
    assert "packages stay open" in expected_log.messages[-1]


def test_it_ends_when_its_workspace_was_removed_and_nothing_of_it_is_known_to_be_open(
    qtbot, heart, keeper, quits, world, later, expected_log
):
    hotfix = unlock(world)
    once(qtbot, heart)
    world.database.rename(world.database.with_name("removed"))

    def fail():
        with qtbot.waitSignal(heart.failed, timeout=PATIENCE):
            heart.timer.timeout.emit()

    fail()
    later(700)
    fail()
    assert quits == []  # a package is open, as far as anybody knows
    world.clock.go(minutes=30)
    fail()
    assert modes(world.benches[0], "Case") == CLOSED
    fail()
    assert quits
    assert hotfix.number in [r.hotfix for r in world.benches[0].store.journal.pending()]


# A session's end


@pytest.fixture
def session(qapp, world, guard):
    made = WorkspaceSession(lambda: world.bench(guard=guard))
    yield made
    made.close()
    made.deleteLater()


def test_before_a_log_out_a_living_guard_is_enough(world, session):
    unlock(world)
    assert session.secure(5.0)
    assert modes(world.benches[0], "Case") == ORIGINAL


@pytest.mark.parametrize("state", [GuardState.NONE, GuardState.SILENT, GuardState.OWN])
def test_without_one_everything_open_is_locked_there_and_then(world, session, guard, state):
    unlock(world)
    guard.state = state
    assert session.secure(5.0)
    assert modes(world.benches[0], "Case") == CLOSED
    assert "the session ended and no guard lived" in entries(world.benches[0])[-1].description


def test_what_cannot_be_locked_in_time_is_told_to_the_caller(world, session, guard, expected_log):
    unlock(world)
    guard.state = GuardState.NONE
    world.disk.fail_next("close", WorkspaceError("The file is busy."))
    assert not session.secure(5.0)
    assert "could not be locked at the end" in expected_log.messages[0]


def test_a_session_tells_the_aftermath_of_the_last_window_once_after_opening(qtbot, world, session):
    bench = world.benches[0]
    bench.store.presence.beat(window_name(bench), world.clock.now(), world.clock.now())
    unlock(world)
    world.clock.go(seconds=30)
    heard = []
    session.catalogue_changed.connect(lambda catalogue: heard.append("catalogue"))
    session.aftermath.connect(heard.append)
    with qtbot.waitSignal(session.aftermath, timeout=PATIENCE):
        session.open()
    assert heard[0] == "catalogue"
    assert [h.package_name for h in heard[1].still_open] == ["Case"]
    with qtbot.waitSignal(session.catalogue_changed, timeout=PATIENCE):
        session.load()
    assert heard[2:] == ["catalogue"]
