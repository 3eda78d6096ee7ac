"""The guard: how late it closes, what it costs, and how long it takes to find who still has a file open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from benchmarks.beating import in_turns
from benchmarks.programs import ROOT, environment
from benchmarks.rows import MEGABYTES, PERCENT, Judge, Row
from benchmarks.stage import Ground, Stage, write_packages
from hotfix_desktop.app import make_bench
from hotfix_desktop.core.clock import Moment, SystemClock
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.store.home import Home

LATE, LATEST, MEMORY, CPU, WRITERS = 1000.0, 2000.0, 40.0, 0.2, 10.0
PROCESSES = 100
AHEAD = 3.0
"""Seconds from the end of an unlock, more or less, to its deadline."""
BARE = (
    "import signal, sys\n"
    "from PySide6.QtCore import QCoreApplication, QTimer\n"
    "application = QCoreApplication(sys.argv)\n"
    "timer = QTimer(interval=1000)\n"
    "timer.timeout.connect(lambda: None)\n"
    "timer.start()\n"
    "print('ready', flush=True)\n"
    "application.exec()\n"
)


class _EarlierClock:
    """The machine's clocks some seconds ago: there is no hotfix shorter than a minute."""

    def __init__(self, seconds: float) -> None:
        self._back = timedelta(seconds=seconds)

    def now(self) -> Moment:
        now = SystemClock().now()
        return Moment(now.utc - self._back, now.boot_us - self._back // timedelta(microseconds=1), now.boot_id)


def guard(stage: Stage) -> Iterable[Row]:
    """Let the real guard process lock a large package, and stand by."""
    if not sys.platform.startswith("linux"):
        return  # /proc tells what it costs
    yield from _lateness(stage)
    yield from _costs(stage)
    yield from _writers(stage)


# How late


def _lateness(stage: Stage) -> Iterable[Row]:
    sizes = stage.sizes
    ground = _large(stage)
    package = ground.packages / "UsrLarge"
    seconds = AHEAD
    late, peer = [], []
    with _running(_guard_command(ground), stage):
        for turn in range(sizes.rounds + 1):
            deadline, seconds = _unlock(ground, seconds)
            if deadline < time.time() + 0.2:
                raise RuntimeError("the unlock took longer than its lease")
            _wait(lambda: not _writable(package), deadline + 60)  # the package's own folder is closed last
            if turn:
                late.append((time.time() - deadline) * 1000)
            _wait(lambda: _is_closed(ground), deadline + 90)
            peer.append(_timed(lambda: subprocess.run(["chmod", "-R", "a-w", package], check=True)))
    goal = f"deadline to last file closed, {sizes.files:,} files, guard alone"
    yield Row(goal, tuple(late), tuple(peer), "chmod -R a-w", Judge.MEDIAN, LATE)
    yield Row(f"  worst of {len(late)}", tuple(late), judge=Judge.WORST, limit=LATEST)


def _large(stage: Stage) -> Ground:
    """Give a workspace with one package of many files, three in a folder as schemas have."""
    folder = stage.folder / "large"
    package = folder / "Pkg" / "UsrLarge"
    for number in range(stage.sizes.files):
        place = package / "Schemas" / f"UsrSchema{number // 3:04}"
        if not number % 3:
            place.mkdir(parents=True)
        (place / f"file{number % 3}.json").write_bytes(b"{}" * 200)
    descriptor = {"Descriptor": {"UId": str(uuid.uuid5(uuid.NAMESPACE_OID, "large")), "Name": "UsrLarge"}}
    (package / "descriptor.json").write_text(json.dumps(descriptor), "utf-8")
    ground = Ground(folder / "Pkg", Home(folder / "home"))
    with ground.bench() as bench:
        protection.protect(bench)
    return ground


def _unlock(ground: Ground, seconds: float) -> tuple[float, float]:
    """Unlock so that about ``AHEAD`` seconds are left; gives the deadline, and the seconds to ask for next time."""
    began = time.monotonic()
    bench = make_bench(ground.home, ground.packages, clock=_EarlierClock(60 - seconds))
    try:
        found = catalogue.find(bench, "UsrLarge")
        hotfix = hotfixes.unlock(bench, found.package_id, "Benchmark", "INC-1", 1)
    finally:
        bench.store.close()
    return hotfix.lease.deadline.timestamp(), AHEAD + time.monotonic() - began


def _is_closed(ground: Ground) -> bool:
    with ground.bench() as bench:
        return not bench.store.hotfixes.not_closed()


def _writable(path: Path) -> bool:
    return bool(os.stat(path).st_mode & 0o222)


# What it costs


def _costs(stage: Stage) -> Iterable[Row]:
    sizes = stage.sizes
    ground = _standing(stage)
    bare = [sys.executable, "-c", BARE]
    warm = min(5.0, sizes.idle_seconds)
    with _running(_guard_command(ground), stage) as product, _running(bare, stage) as peer:
        _pause(warm)
        before = _cpu(product), _cpu(peer)
        began = time.monotonic()
        _pause(sizes.idle_seconds)
        share = 100 / (time.monotonic() - began)
        spent = (_cpu(product) - before[0]) * share, (_cpu(peer) - before[1]) * share
        memory = _memory(product), _memory(peer)
    yield Row(
        f"guard's processor, {sizes.idle_unlocked} open, {sizes.idle_seconds:g} s",
        (spent[0],),
        (spent[1],),
        "bare QtCore process, waking each second",
        Judge.MEDIAN,
        CPU,
        PERCENT,
    )
    more = (max(0.0, memory[0] - memory[1]),)
    yield Row("guard's memory beyond the peer's", more, (memory[1],), "bare QtCore", Judge.MEDIAN, MEMORY, MEGABYTES)


def _standing(stage: Stage) -> Ground:
    """Give a workspace with a few open packages, that no window of another benchmark has started a guard for."""
    sizes = stage.sizes
    folder = stage.folder / "standing"
    write_packages(folder / "Pkg", sizes.small)
    ground = Ground(folder / "Pkg", Home(folder / "home"))
    with ground.bench() as bench:
        protection.protect(bench)
        for package in catalogue.remembered(bench).packages[: sizes.idle_unlocked]:
            hotfixes.unlock(bench, package.package_id, "Benchmark", "INC-1", 600)
    return ground


def _cpu(pid: int) -> float:
    """Give the seconds that a process has spent; in nanoseconds, which the ticks of ``stat`` are not."""
    spent = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with suppress(OSError):
            spent += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
    return spent / 1e9


def _memory(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


# Who has a file open


def _writers(stage: Stage) -> Iterable[Row]:
    ground = stage.unlocked(1, of=stage.sizes.small)
    with ground.bench() as bench:
        package = bench.store.hotfixes.not_closed()[0].package_key
        file = next(path for path in (ground.packages / package).rglob("*") if path.is_file())
        others = max(0, PROCESSES - 1 - sum(name.isdecimal() for name in os.listdir("/proc")))
        held = file.open("ab")
        sleepers = [subprocess.Popen(["sleep", "600"]) for _ in range(others)]
        sleepers.append(subprocess.Popen(["sleep", "600"], pass_fds=[held.fileno()]))
        held.close()
        try:
            count = max(5, stage.sizes.rounds)
            product, peer = in_turns(count, lambda: bench.workspace.writers(package), _every_link)
            if sleepers[-1].pid not in {writer.pid for writer in bench.workspace.writers(package)}:
                raise RuntimeError("the open writer was not found")
        finally:
            for sleeper in sleepers:
                sleeper.kill()
                sleeper.wait()
    yield Row(
        f"open writers among {PROCESSES} processes", product, peer, "readlink of /proc/*/fd", Judge.MEDIAN, WRITERS
    )


def _every_link() -> None:
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with suppress(OSError):
                for number in os.listdir(f"/proc/{name}/fd"):
                    with suppress(OSError):
                        os.readlink(f"/proc/{name}/fd/{number}")


# Processes


def _guard_command(ground: Ground) -> list[str]:
    return [sys.executable, "-m", "hotfix_desktop", "relocker", *ground.arguments]


@contextmanager
def _running(command: list[str], stage: Stage) -> Iterator[int]:
    """Run a process that says when it is ready; gives its number."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(stage.cache), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != b"ready":
            raise RuntimeError(f"{command} ended with {process.wait()}")
        yield process.pid
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _wait(condition: Callable[[], bool], until: float) -> None:
    while not condition():
        if time.time() > until:
            raise RuntimeError("the guard did not lock")
        _pause(0.001)


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
