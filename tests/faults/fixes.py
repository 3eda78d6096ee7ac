"""F16: the program is killed at a random moment while it carries a fix: nothing is lost, and nothing is half-done.

Each *kind* is something that a process does in a workspace of its own until it is killed, and what is looked at
after whoever comes next has repaired it. ``KINDS`` is open: updates and deliveries have theirs in modules beside.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import HotfixState
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import Workbench
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import context
from tests.faults.processes import kill, pause
from tests.faults.tally import Trial, outcome, side_by_side
from tests.faults.world import Ground, grounds

FILES = 60
"""Files that each workspace has besides: a recording that takes no time cannot be interrupted."""
Act = Callable[[str, str, int], None]
"""What the process does: with the home and the location, for the n-th time. It is killed, or it returns."""
Judge = Callable[[Ground, Workbench, int], list[str]]
"""Repairs as the next program does, and says which promises were broken since the hotfix of this number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is killed.

    Attributes:
        full, short: how many kills in the whole matrix, and in the short leg.
        control: the same without what protects it; None where there is none.
    """

    name: str
    act: Act
    judge: Judge
    full: int
    short: int
    control: Act | None = None


def run(scale: Scale) -> Outcome:
    """F16: kill each kind at random moments; the control leaves out what is recorded before a package opens."""
    trials: list[Trial] = []
    control: list[bool] = []
    parts = []
    for kind in KINDS:
        made, left = _kill_all(scale, kind)
        trials += made
        control += left
        parts.append(f"{kind.name}: {len(made)}")
    return outcome(
        "F16",
        "kill -9 at a random moment of carrying a fix",
        trials,
        "; ".join(parts),
        control="nothing is recorded before a package opens",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=0.2,
    )


def _kill_all(scale: Scale, kind: Kind) -> tuple[list[Trial], list[bool]]:
    places = grounds(scale, f"{kind.name}-", 2)
    for ground in places:
        _fill(ground)
    spans = {id(ground): _span(ground, kind.act) for ground in places}

    def attempt(act: Act, earliest: float) -> Callable[[Ground, Random, int], Trial]:
        def one(ground: Ground, rng: Random, number: int) -> Trial:
            return _killed(ground, kind, act, number, rng.uniform(earliest, 1.1) * spans[id(ground)])

        return one

    try:
        count = kind.full if scale.full else kind.short
        trials = side_by_side(scale, f"F16 {kind.name}", places, count, attempt(kind.act, 0.1))
        left: list[bool] = []
        if kind.control is not None:
            lonely = grounds(scale, f"{kind.name}-control-", 2)
            for ground in lonely:
                _fill(ground)
                spans[id(ground)] = _span(ground, kind.control)
            tries = side_by_side(
                scale, f"F16 {kind.name} control", lonely, max(12, count // 10), attempt(kind.control, 0.6)
            )
            left = [bool(trial.broken) for trial in tries]
            places += lonely
    finally:
        for ground in places:
            ground.end()
    trials[0].broken += [text for ground in places if (text := ground.log.integrity())]
    return trials, left


def _fill(ground: Ground) -> None:
    """Give the package more files, by way of a hotfix."""
    with ground.bench() as bench:
        for name in ground.names:
            hotfixes.unlock(bench, ground.ids[name], "Fill", "", 1)
            for number in range(FILES):
                (ground.location / name / f"Files{number:03}.txt").write_bytes(os.urandom(30_000))
            hotfixes.lock(bench, ground.ids[name])
    ground.log.read()


def _span(ground: Ground, act: Act) -> float:
    """Give how many seconds a process takes that nobody kills."""
    process = context.Process(target=act, args=(str(ground.home.folder), str(ground.location), 0))
    began = time.perf_counter()
    process.start()
    process.join()
    return time.perf_counter() - began


def _killed(ground: Ground, kind: Kind, act: Act, number: int, after: float) -> Trial:
    trial = Trial()
    process = context.Process(target=act, args=(str(ground.home.folder), str(ground.location), number + 1))
    before = ground.last_hotfix()
    process.start()
    pause(after)
    kill(process.pid or 0)
    process.join()
    with ground.bench() as bench:
        try:
            trial.broken += [f"{kind.name} {number}: {text}" for text in kind.judge(ground, bench, before)]
        except HotfixError as error:
            trial.broken.append(f"{kind.name} {number}: {error} {error.details}")
    trial.entries += len(ground.log.read())
    trial.broken += ground.log.faults
    ground.log.faults.clear()
    return trial


def broken_records(ground: Ground, bench: Workbench, since: int) -> list[str]:
    """Repair what a killed program left behind, and say what is wrong with the records of hotfixes after ``since``."""
    relocker = Relocker(bench)
    relocker.reconcile()
    relocker.beat()
    for hotfix in bench.store.hotfixes.not_closed():
        hotfixes.lock(bench, hotfix.package_id)
    relocker.look_at_closed(len(ground.names))
    for package in ground.ids.values():
        if bench.store.baselines.get(package) is None:
            hotfixes.look_inside(bench, package)
    Relocker(bench).beat()
    broken = [f"{name} is open" for name in ground.open_names()]
    broken += [f"hotfix {trees.hotfix} has no end" for trees in bench.store.fixes.pending()]
    opened = {line[0] for line in ground.rows("SELECT hotfix FROM audit WHERE type = ?", AuditType.UNLOCKED.value)}
    last: dict[int, bytes | None] = {}
    for number, state in ground.rows("SELECT id, state FROM hotfix WHERE id > ? ORDER BY id", since):
        trees = bench.store.fixes.of(number)
        if trees is None:
            broken += [f"hotfix {number} was opened and nothing was recorded"] if number in opened else []
            continue
        for tree in filter(None, (trees.before, trees.after)):
            if not bench.contents.has_tree(tree):
                broken.append(f"a tree of hotfix {number}, which is {state}, is not in the store")
        if state == HotfixState.CLOSED.value:
            last[trees.package_id] = trees.after
    for name, package in ground.ids.items():
        now = bench.workspace.survey(name).digest()
        if package in last and last[package] != now:
            broken.append(f"the end of the last hotfix of {name} is not what it contains")
    report = bench.contents.verify()
    return broken + list(report.damages)


def _hotfix(home: str, location: str, number: int, *, record: bool = True) -> None:
    """Unlock, change three files, and lock."""
    from hotfix_desktop.app import home_of, make_bench

    if not record:
        hotfixes.record_before = lambda *_: None  # type: ignore[attr-defined,assignment]
    bench = make_bench(home_of(home), Path(location))
    try:
        name = min(path.name for path in Path(location).glob("Usr*"))
        package = next(one.package_id for one in bench.store.packages.all() if one.found.name == name)
        hotfixes.unlock(bench, package, f"Fault {number}", "", 1)
        folder = Path(location) / name
        (folder / "Files001.txt").write_bytes(os.urandom(400_000))
        (folder / "Files002.txt").write_bytes(f"number {number}".encode() * 1000)
        (folder / f"New{number % 5}.txt").write_bytes(str(number).encode())
        hotfixes.lock(bench, package)
    except HotfixError as error:
        raise SystemExit(str(error)) from error
    finally:
        bench.close()


def _unrecorded_hotfix(home: str, location: str, number: int) -> None:
    """Do the same as a program that records nothing before it opens a package."""
    _hotfix(home, location, number, record=False)


KINDS: list[Kind] = [Kind("hotfix", _hotfix, broken_records, full=2000, short=60, control=_unrecorded_hotfix)]
"""What is killed. Each module of another kind adds its own here."""
