"""F9: clocks that are turned or slewed, and machines that restart, at some point of a lease."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.relocking import Relocker
from tests.faults.fault import Outcome, Scale
from tests.faults.processes import pause
from tests.faults.shim import NoShim, Shim
from tests.faults.tally import Trial, outcome, side_by_side
from tests.faults.world import GRACE, Ground, a_minute_lasts, closed_in_time, grounds
from tests.services.world import HandClock, World, memory, modes, package_id, protected

Change = Callable[["TruthClock"], None]


class TruthClock(HandClock):
    """Clocks that may be turned, may run fast or slow, and the time that really passes."""

    def __init__(self) -> None:
        """Start with all three in step."""
        super().__init__()
        self.truth = 0.0
        self.wall_rate = self.boot_rate = 1.0

    def live(self, seconds: float) -> None:
        """Let real time pass."""
        self.truth += seconds
        self.wall += timedelta(seconds=seconds * self.wall_rate)
        self.boot_us += round(seconds * self.boot_rate * 1e6)

    def restart(self, seconds: float) -> None:
        """Restart the machine, which is off for so long."""
        self.truth += seconds
        self.reboot(seconds=seconds)

    def slew(self, rate: float) -> None:
        """Let NTP slew: the kernel slews all of its clocks."""
        self.wall_rate = self.boot_rate = rate


class WallOnly(TruthClock):
    """The control: its boot-time clock stands still, so that only the wall clock says when something is due."""

    def now(self) -> Moment:
        """Read the wall clock."""
        return Moment(self.wall, 0, "always the same")


def _turned(**step: float) -> Change:
    return lambda clock: clock.set_wall(**step)


CHANGES: dict[str, Change] = {
    **{f"{sign:+} {unit}": _turned(**{unit: sign}) for unit in ("minutes", "hours", "days") for sign in (1, -1)},
    "+1 year": _turned(days=365),
    "-1 year": _turned(days=-365),
    "summer time begins": lambda clock: _local_time_jumps(clock),
    "summer time ends": lambda clock: _local_time_jumps(clock),
    "NTP slews forwards": lambda clock: clock.slew(1.0005),
    "NTP slews back": lambda clock: clock.slew(0.9995),
    "restart": lambda clock: clock.restart(20),
    "long off": lambda clock: clock.restart(7200),
}
"""The fourteen changes of the matrix."""
SUMMER_TIME = {
    "summer time begins": datetime(2026, 3, 29, 1, tzinfo=UTC),
    "summer time ends": datetime(2026, 10, 25, 1, tzinfo=UTC),
}
"""When clocks in Berlin are turned."""


def _local_time_jumps(clock: TruthClock) -> None:
    """Make sure that right now the local time jumps by an hour; the wall clock that counts, UTC, goes on."""
    before, after = ((clock.wall + timedelta(seconds=second)).astimezone() for second in (-1, 1))
    if abs(after.replace(tzinfo=None) - before.replace(tzinfo=None)) < timedelta(minutes=30):
        raise RuntimeError("the time zones of this machine know no summer time")


@contextmanager
def _local_time(zone: str) -> Iterator[None]:
    """Let this process's local time be that of a zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def shifted(scale: Scale) -> Outcome:
    """F9: the clocks are turned at some point of a lease; one trial in ten with the real guard under the shim."""
    count, real = (900, 100) if scale.full else (56, 8)
    rng = Random(f"{scale.seed} F9")
    names = [list(CHANGES)[number % len(CHANGES)] for number in range(count)]
    with _local_time("Europe/Berlin"):
        trials = _in_process(scale.folder / "ours", TruthClock(), names, rng)
        control = _in_process(scale.folder / "control", WallOnly(), names, rng)
    detail = ""
    try:
        trials += _with_guards(scale, real)
    except NoShim as error:
        detail = f"in-process only: {error}"
    return outcome(
        "F9",
        "both clocks turned, slewed, restarted; one in ten with the real guard",
        trials,
        detail,
        control="asks the wall clock only",
        control_trials=len(control),
        control_broken=sum(bool(trial.broken) for trial in control),
        control_least=0.2,
    )


def _in_process(folder: Path, clock: TruthClock, names: list[str], rng: Random) -> list[Trial]:
    """Unlock, turn the clock at some point, and beat on as the heartbeat would."""
    disk = memory()
    world = World(folder, disk)
    world.clock = clock
    bench = protected(world.bench())
    trials = []
    for name in names:
        clock.wall_rate = clock.boot_rate = 1.0
        trials.append(_turn_once(world, bench, clock, name, rng))
    world.close()
    return trials


def _turn_once(world: World, bench, clock: TruthClock, name: str, rng: Random) -> Trial:  # type: ignore[no-untyped-def]
    minutes = rng.choice((1, 5, 30))
    granted, began = minutes * 60.0, clock.truth
    at = rng.random() * granted
    if name in SUMMER_TIME:
        clock.wall = SUMMER_TIME[name] - timedelta(seconds=at)
    hotfixes.unlock(bench, package_id(bench, "Case"), "Fault", "", minutes)
    relocker = Relocker(bench)
    phase = rng.random()
    # Beats come each second; those far from the change and from the end would see nothing new.
    beats = {phase + whole for whole in (0, 1, int(at) - 1, int(at), int(at) + 1, int(granted / 2))}
    beats |= {phase + int(granted) + more for more in (-2, -1, 0, 1, 2)}
    moments = sorted(moment for moment in beats if 0 <= moment <= granted + GRACE)
    changed = False
    trial = Trial()
    for moment in [*moments, granted + GRACE]:
        if not changed and moment >= at:
            clock.live(max(0.0, began + at - clock.truth))
            CHANGES[name](clock)
            changed = True
        clock.live(max(0.0, began + moment - clock.truth))
        if moment < granted + GRACE or clock.truth > began + granted + GRACE:
            relocker.beat()
    if any(mode & 0o222 for mode in modes(bench, "Case").values()):
        trial.broken.append(f"{name} at {at:.0f} s of {granted:.0f} s: still open {clock.truth - began:.0f} s later")
        clock.wall_rate = clock.boot_rate = 1.0
        hotfixes.lock(bench, package_id(bench, "Case"))
    return trial


def _with_guards(scale: Scale, count: int) -> list[Trial]:
    """Turn the clocks of the real guard while it runs."""
    places = grounds(scale, "real", 6)
    shims = {id(ground): Shim(scale.folder) for ground in places}
    a_minute_lasts(2.0)
    try:
        side_by_side(scale, "F9 warm", places, 6, lambda g, rng, n: g.start_guard(env=shims[id(g)].environment()))
        return side_by_side(scale, "F9 real", places, count, lambda g, rng, n: _turn_guard(g, shims[id(g)], rng))
    finally:
        a_minute_lasts(60.0)
        for ground in places:
            ground.end()


def _turn_guard(ground: Ground, shim: Shim, rng: Random) -> Trial:
    shim.set_clocks()
    name = ground.names[0]
    deadline = ground.unlock(name)
    pause(rng.random() * 1.8)
    seconds = rng.choice((60, 3600, 86400, 31_536_000)) * rng.choice((1, -1, -1))
    shim.set_clocks(wall=seconds)
    return closed_in_time(ground, name, deadline, f"wall clock {seconds:+} s")
