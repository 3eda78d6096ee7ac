"""The heartbeat: one beat at a time, and no failure that stops it."""

import threading

import pytest

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.runtime.beating import RECONCILE_EVERY, BeatingBench
from hotfix_desktop.runtime.heartbeat import INTERVAL_MS, Heartbeat
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.relocking import Relocker
from tests.services.world import CLOSED, World, modes, package_id, status

PATIENCE = 5000


@pytest.fixture
def new_heart(qapp):
    """Makes hearts, and deletes them as a session does: later, not when the last name for one goes."""
    made: list[Heartbeat] = []

    def make(build) -> Heartbeat:
        made.append(Heartbeat(build))
        return made[-1]

    yield make
    for one in made:
        one.stop()
        one.deleteLater()


@pytest.fixture
def heart(new_heart, world):
    return new_heart(lambda: BeatingBench(world.bench))


def beat(qtbot, heart: Heartbeat):
    """Squeeze the heart by hand and give the beat."""
    with qtbot.waitSignal(heart.beaten, timeout=PATIENCE) as waiting:
        heart.timer.timeout.emit()
    return waiting.args[0]


def unlock(world: World, minutes: int = 30, name: str = "Case") -> None:
    bench = world.benches[0]
    hotfixes.unlock(bench, package_id(bench, name), "because", "", minutes)


def state(world: World, name: str = "Case") -> PackageState:
    return status(world.benches[0], name).state


def test_starting_beats_at_once_and_then_every_second(qtbot, heart):
    assert not heart.timer.isActive()
    with qtbot.waitSignal(heart.beaten, timeout=PATIENCE):
        heart.start()
    assert heart.timer.isActive()
    assert heart.timer.interval() == INTERVAL_MS == 1000
    assert not heart.timer.isSingleShot()


def test_a_beat_tells_what_is_open_and_what_it_locked(qtbot, heart, world):
    unlock(world, 5)
    assert [h.package_name for h in beat(qtbot, heart).open_hotfixes] == ["Case"]
    world.clock.go(minutes=4, seconds=59)
    assert beat(qtbot, heart).relocked == ()
    world.clock.go(seconds=1)
    ended = beat(qtbot, heart)
    assert [h.package_name for h in ended.relocked] == ["Case"]
    assert ended.open_hotfixes == ()
    assert state(world) is PackageState.LOCKED
    assert modes(world.benches[0], "Case") == CLOSED


def test_a_beat_is_left_out_while_the_last_is_at_work(qtbot, heart, monkeypatch):
    gate, begun, beats = threading.Event(), threading.Event(), []
    real = Relocker.beat

    def slow(self):
        beats.append(1)
        begun.set()
        assert gate.wait(5)
        return real(self)

    monkeypatch.setattr(Relocker, "beat", slow)
    heart.timer.timeout.emit()
    assert begun.wait(5)
    for _ in range(5):
        heart.timer.timeout.emit()
    with qtbot.waitSignal(heart.beaten, timeout=PATIENCE):
        gate.set()
    qtbot.waitUntil(lambda: not heart._lane.is_busy, timeout=PATIENCE)
    assert len(beats) == 1
    beat(qtbot, heart)
    assert len(beats) == 2


def test_it_beats_on_after_a_failure(qtbot, heart, world, monkeypatch):
    unlock(world, 5)

    def broken(self):
        raise StoreError("The database is locked.")

    monkeypatch.setattr(Relocker, "beat", broken)
    for _ in range(3):
        with qtbot.waitSignal(heart.failed, timeout=PATIENCE) as waiting:
            heart.timer.timeout.emit()
        assert waiting.args[0].sentence == "The database is locked."
    monkeypatch.undo()
    world.clock.go(minutes=5)
    beat(qtbot, heart)
    assert state(world) is PackageState.LOCKED


def test_it_beats_on_after_a_bug(qtbot, heart, world, monkeypatch):
    monkeypatch.setattr(Relocker, "beat", lambda self: 1 / 0)
    with qtbot.capture_exceptions() as caught:
        heart.timer.timeout.emit()
        qtbot.waitUntil(lambda: bool(caught), timeout=PATIENCE)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    monkeypatch.undo()
    assert beat(qtbot, heart).open_hotfixes == ()


def test_a_bench_that_cannot_be_built_is_tried_again(qtbot, new_heart, world):
    tries = []

    def build():
        tries.append(1)
        if len(tries) < 3:
            raise StoreError("The database cannot be read.")
        return BeatingBench(world.bench)

    heart = new_heart(build)
    for _ in range(2):
        with qtbot.waitSignal(heart.failed, timeout=PATIENCE):
            heart.timer.timeout.emit()
    beat(qtbot, heart)
    beat(qtbot, heart)
    assert len(tries) == 3
    heart.stop()


def test_the_first_beat_reconciles_and_then_one_now_and_then(qtbot, heart, monkeypatch):
    done = []
    monkeypatch.setattr(Relocker, "reconcile", lambda self: done.append(1) or ())
    for _ in range(RECONCILE_EVERY):
        beat(qtbot, heart)
    assert len(done) == 1
    beat(qtbot, heart)
    assert len(done) == 2


def test_a_reconciliation_that_fails_is_tried_again(qtbot, heart, monkeypatch):
    done = []

    def reconcile(self):
        done.append(1)
        if len(done) == 1:
            raise StoreError("The database is locked.")
        return ()

    monkeypatch.setattr(Relocker, "reconcile", reconcile)
    beat(qtbot, heart)
    beat(qtbot, heart)
    beat(qtbot, heart)
    assert len(done) == 2


def test_the_beats_work_beside_the_windows(qtbot, heart, monkeypatch):
    where = []
    real = Relocker.beat
    monkeypatch.setattr(Relocker, "beat", lambda self: where.append(threading.current_thread()) or real(self))
    heard = []
    heart.beaten.connect(lambda _: heard.append(threading.current_thread()))
    beat(qtbot, heart)
    assert where[0] is not threading.main_thread()
    assert heard == [threading.main_thread()]


def test_stopping_ends_timer_thread_and_connection(qtbot, new_heart, world):
    owned = []
    heart = new_heart(lambda: owned.append(BeatingBench(world.bench)) or owned[0])
    with qtbot.waitSignal(heart.beaten, timeout=PATIENCE):
        heart.start()
    heart.stop()
    assert not heart.timer.isActive()
    assert owned[0].bench.store._database.is_closed()
    assert not [t for t in threading.enumerate() if t.name.startswith("heartbeat")]


def test_a_beat_that_was_under_way_is_not_heard_after_stopping(qtbot, new_heart, world, qapp):
    heart = new_heart(lambda: BeatingBench(world.bench))
    heard = []
    heart.beaten.connect(heard.append)
    heart.failed.connect(heard.append)
    heart.timer.timeout.emit()
    heart.stop()
    qapp.processEvents()
    assert heard == []
