"""F11: the window's thread hangs, both cores are busy, and the guard is the last to be served."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.faults.fault import Outcome, Scale
from tests.faults.headless import Window, context
from tests.faults.processes import pause, wait_until
from tests.faults.tally import Trial, outcome, side_by_side, together
from tests.faults.world import GRACE, Ground, grounds

HANGS = GRACE + 3.0
"""Seconds: longer than any grace, or a timer in that thread would be good enough."""
NICE = 19


def run(scale: Scale) -> Outcome:
    """F11: the guard locks in time although it gets what the others leave."""
    count, controls = (100, 20) if scale.full else (4, 4)
    places = grounds(scale, "busy", 2)
    alone = grounds(scale, "alone", 4)
    try:
        side_by_side(scale, "F11 warm", places, len(places), lambda ground, rng, n: _nice_guard(ground))
        with _all_cores_busy():
            trials, control = together(
                lambda: side_by_side(scale, "F11", places, count, _try),
                lambda: side_by_side(scale, "F11 control", alone, controls, _in_the_window),
            )
    finally:
        for ground in [*places, *alone]:
            ground.end()
    return outcome(
        "F11",
        f"window hangs for {HANGS:.0f} s, every core at 100 %, guard at nice 19",
        trials,
        control="the timer lives in the window's thread",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=0.9,
    )


@contextmanager
def _all_cores_busy() -> Iterator[None]:
    burners = [context.Process(target=_burn) for _ in range(os.cpu_count() or 1)]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.join()


def _burn() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        sum(range(100_000))


def _nice_guard(ground: Ground) -> None:
    os.setpriority(os.PRIO_PROCESS, ground.start_guard(), NICE)
    # Its threads are processes of their own to the kernel.
    for pid in ground.guards():
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), NICE)


def _hang(ground: Ground, rng: Random, *, guarded: bool) -> tuple[Window, float]:
    """Unlock in a window that then hangs over the deadline; gives it and the deadline."""
    shown = Window(ground, rng.uniform(0.8, 1.5), guarded=guarded)
    if shown.wait_for("open") is None:
        raise RuntimeError(f"the window did not open: {shown.told}")
    shown.tell((time.time(), "unlock", ground.names[0]))
    answer = shown.wait_for("unlock")
    if answer is None or answer[0] != "done":
        raise RuntimeError(f"not unlocked: {answer}")
    shown.tell((time.time(), "block", str(HANGS)))
    return shown, ground.hotfixes_since(0)[-1][3]


def _try(ground: Ground, rng: Random, number: int) -> Trial:
    trial = Trial()
    shown, deadline = _hang(ground, rng, guarded=True)
    name = ground.names[0]
    if not wait_until(lambda: not ground.is_open(name), deadline + GRACE) and ground.is_open(name):
        trial.broken.append(f"open {time.time() - deadline:.2f} s past the deadline")
        wait_until(lambda: not ground.is_open(name), deadline + 30)
    trial.late = time.time() - deadline
    if not wait_until(lambda: ground.hotfixes_since(0)[-1][2] == "closed", deadline + 30):
        trial.broken.append("never recorded as closed")
    shown.kill()
    return trial


def _in_the_window(ground: Ground, rng: Random, number: int) -> bool:
    shown, deadline = _hang(ground, rng, guarded=False)
    pause(deadline + GRACE - time.time())
    left = ground.is_open(ground.names[0])
    wait_until(lambda: not ground.is_open(ground.names[0]), deadline + 30)
    wait_until(lambda: ground.hotfixes_since(0)[-1][2] == "closed", deadline + 30)
    shown.kill()
    return left
