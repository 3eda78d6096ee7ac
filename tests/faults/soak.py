"""F15: a day of beats in minutes, with 200 packages: memory and file descriptors stay what they are."""

from __future__ import annotations

import gc
import os
from datetime import timedelta
from multiprocessing.connection import Connection
from random import Random

from hotfix_desktop.core.clock import Moment, SystemClock
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import context
from tests.faults.world import Ground

PACKAGES = 200
HOUR = 3600
SLOPE = 1.0
"""Megabytes an hour that the memory may grow by."""
Sample = tuple[float, float, int]
"""Simulated hours, megabytes of memory, open file descriptors."""


class RunningClock:
    """Both clocks of the machine, and ahead of them by as much as was beaten."""

    def __init__(self) -> None:
        """Start with the machine's time."""
        self._real = SystemClock()
        self.ahead = 0

    def now(self) -> Moment:
        """Read both clocks."""
        now = self._real.now()
        return Moment(now.utc + timedelta(seconds=self.ahead), now.boot_us + self.ahead * 1_000_000, now.boot_id)


def run(scale: Scale) -> Outcome:
    """F15: beat for 24 simulated hours, or for one."""
    hours, warm = (24.0, 4.0) if scale.full else (1.0, 0.4)
    ground = Ground(scale.folder, PACKAGES)
    mail, theirs = context.Pipe()
    beats = round(hours * HOUR)
    process = context.Process(
        target=_beat, args=(ground, theirs, beats, HOUR if scale.full else HOUR // 20, scale.seed)
    )
    process.start()
    theirs.close()
    samples: list[Sample] = []
    told: dict[str, int] = {}
    try:
        while process.is_alive() or mail.poll(0):
            if mail.poll(0.2):
                message = mail.recv()
                if isinstance(message, dict):
                    told = message
                    break
                samples.append(message)
    except EOFError:
        told = {}
    finally:
        process.kill()
        process.join()
    return _judge(ground, samples, told, warm, hours)


def _judge(ground: Ground, samples: list[Sample], told: dict[str, int], warm: float, hours: float) -> Outcome:
    settled = [sample for sample in samples if sample[0] >= warm]
    slope = _slope([(at, memory) for at, memory, _ in settled]) if len(settled) > 2 else float("inf")
    files = {count for _, _, count in settled}
    broken = [f"memory grows by {slope:.2f} MB/h"] if slope >= SLOPE else []
    broken += [f"file descriptors: {sorted(files)}"] if not files or max(files) - min(files) > 1 else []
    broken += ["it did not get to its end"] if not told else []
    ground.log.read()
    broken += ground.log.faults
    if ground.open_names():
        broken.append(f"still open: {ground.open_names()[:3]}")
    memory = f"{settled[0][1]:.1f} to {settled[-1][1]:.1f} MB" if settled else "nothing measured"
    detail = f"{memory}, {slope:+.2f} MB/h, {max(files, default=0)} descriptors, {told.get('locked', 0)} relocked"
    what = f"{hours:g} simulated hours of beats, {PACKAGES} packages"
    return Outcome("F15", what, 1, int(bool(broken)), len(ground.log.entries), 0, "; ".join([detail, *broken]))


def _slope(points: list[tuple[float, float]]) -> float:
    """Give the slope of the straight line through the points (least squares)."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    across = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / across


def _beat(ground: Ground, mail: Connection, beats: int, every: int, seed: int) -> None:
    """Beat without waiting; a hotfix every two minutes or so, which ends by itself or by hand."""
    from hotfix_desktop.app import make_bench
    from hotfix_desktop.core.errors import Refused
    from hotfix_desktop.core.progress import NOBODY
    from hotfix_desktop.runtime.beating import BeatingBench
    from hotfix_desktop.services import hotfixes

    clock, rng = RunningClock(), Random(seed)
    beating = BeatingBench(lambda: make_bench(ground.home, ground.location, clock=clock))
    user = make_bench(ground.home, ground.location, clock=clock)
    locked = 0
    for beat in range(beats):
        clock.ahead += 1
        locked += len(beating.beat(NOBODY).relocked)
        if beat < beats - 30 * 60 and rng.random() < 1 / 120:
            package = ground.ids[rng.choice(ground.names)]
            try:
                if rng.random() < 0.3:
                    hotfixes.lock(user, package)
                else:
                    hotfixes.unlock(user, package, "Soak", "", rng.choice((1, 5, 15)))
            except Refused:
                gc.collect(0)  # it was open already, or not open
        if beat % every == every - 1:
            gc.collect()
            mail.send(((beat + 1) / HOUR, _megabytes(), len(os.listdir("/proc/self/fd"))))
    beating.close()
    user.store.close()
    mail.send({"locked": locked})


def _megabytes() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
