"""F10: processes that are stopped, and machines that sleep, over the deadline."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from random import Random

from tests.faults.fault import Outcome, Scale
from tests.faults.headless import Window, context
from tests.faults.processes import kill, pause, wait_until
from tests.faults.shim import NoShim, Shim
from tests.faults.tally import Trial, outcome, side_by_side, together
from tests.faults.world import GRACE, Ground, closed_in_time, grounds
from tests.packages_on_disk import is_writable


@dataclass(frozen=True, slots=True)
class Stop:
    """One process that is stopped for a while, or the whole machine."""

    guard: bool
    window: bool


def suspended(scale: Scale) -> Outcome:
    """F10: guard, window or both are stopped over the deadline, or the machine sleeps over it."""
    count, asleep, controls, longest = (200, 100, 20, 20.0) if scale.full else (9, 4, 4, 3.0)
    trials, (slept, detail), control = together(
        lambda: _stopped(scale, count, longest),
        lambda: _slept(scale, asleep),
        lambda: side_by_side(scale, "F10 control", list(range(4)), controls, lambda p, g, n: _monotonic(scale, g, n)),
    )
    trials += slept
    return outcome(
        "F10",
        "SIGSTOP of guard, window, both, and a machine that sleeps over the deadline",
        trials,
        detail,
        control="a timer on the monotonic clock",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=0.9,
    )


def _stopped(scale: Scale, count: int, longest: float) -> list[Trial]:
    stops = (Stop(True, True), Stop(True, False), Stop(False, True))
    places = grounds(scale, "stop", 12 if scale.full else 9)
    try:
        side_by_side(scale, "F10 warm", places, len(places), lambda g, rng, n: g.start_guard())
        return side_by_side(
            scale, "F10", places, count, lambda g, rng, n: _stop(g, rng, stops[n % len(stops)], longest)
        )
    finally:
        for ground in places:
            ground.end()


def _stop(ground: Ground, rng: Random, stop: Stop, longest: float) -> Trial:
    name = ground.names[0]
    minute = rng.uniform(0.8, 1.5)
    shown = Window(ground, minute)
    pids = []
    try:
        if shown.wait_for("open") is None:
            raise RuntimeError(f"the window did not open: {shown.told}")
        shown.tell((time.time(), "unlock", name))
        if (answer := shown.wait_for("unlock")) is None or answer[0] != "done":
            return Trial([f"not unlocked: {answer}"])
        deadline = ground.hotfixes_since(0)[-1][3]
        pids = [*(ground.guards() if stop.guard else ()), *([shown.pid] if stop.window else ())]
        pause(deadline - rng.uniform(0.05, 0.3) - time.time())
        for pid in pids:
            kill(pid, signal.SIGSTOP)
        awake = deadline + rng.uniform(1.0, longest)
        if stop.guard and stop.window:
            pause(awake - time.time())
            for pid in pids:
                kill(pid, signal.SIGCONT)
            return closed_in_time(ground, name, awake, "both stopped")
        return closed_in_time(ground, name, deadline, f"{'guard' if stop.guard else 'window'} stopped")
    finally:
        for pid in pids:
            kill(pid, signal.SIGCONT)
        shown.kill()


def _slept(scale: Scale, count: int) -> tuple[list[Trial], str]:
    """Let the machine sleep; gives the trials, or why there are none."""
    places = grounds(scale, "sleep", 4)
    try:
        shims = {id(ground): Shim(scale.folder) for ground in places}
        side_by_side(scale, "sleep warm", places, 4, lambda g, rng, n: g.start_guard(env=shims[id(g)].environment()))
        return side_by_side(scale, "sleep", places, count, lambda g, rng, n: _sleep(g, shims[id(g)], rng)), ""
    except NoShim as error:
        return [], f"no sleep of the machine: {error}"
    finally:
        for ground in places:
            ground.end()


def _sleep(ground: Ground, shim: Shim, rng: Random) -> Trial:
    """Let the machine sleep over the deadline: the guard stands still, and then both clocks have gone on."""
    shim.set_clocks()
    name = ground.names[0]
    slept = rng.uniform(60, 7200)
    deadline = ground.unlock(name, 1)
    pause(rng.uniform(0.2, 0.8))
    (guard,) = ground.guards()
    kill(guard, signal.SIGSTOP)
    pause(rng.uniform(0.2, 1.0))
    shim.sleep(slept)
    awake = time.time()
    kill(guard, signal.SIGCONT)
    if awake + slept < deadline:  # it slept for less than was left: by now only this much is left
        awake = deadline - slept
    trial = closed_in_time(ground, name, awake, f"slept for {slept:.0f} s")
    shim.set_clocks()
    return trial


def _monotonic(scale: Scale, rng: Random, number: int) -> bool:
    """The control: a timer armed at unlock for the deadline, a minute ahead, and a machine that sleeps for two.

    The monotonic clock stands still meanwhile, so for this process nothing has happened when the machine awakes.
    """
    package = scale.folder / f"timer{number}"
    package.mkdir()
    process = context.Process(target=_timer, args=(str(package), 60.0))
    process.start()
    pause(rng.uniform(0.1, 0.5))
    closed = wait_until(lambda: not is_writable(package), time.time() + GRACE)
    process.kill()
    process.join()
    return not closed


def _timer(package: str, granted: float) -> None:
    from PySide6.QtCore import QCoreApplication, QTimer

    application = QCoreApplication(["timer"])
    QTimer.singleShot(round(granted * 1000), lambda: os.chmod(package, 0o555))
    application.exec()
