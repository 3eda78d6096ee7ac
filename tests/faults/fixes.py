"""F16: the program is killed at a random moment while it carries a fix: nothing is lost, and nothing is half-done.

Each *kind* is something that a process does in a workspace of its own until it is killed, and what is looked at
after whoever comes next has repaired it. Updates (F17) and deliveries (F18) are killed in modules beside.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hotfix_desktop.changes.contents import Contents
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import HotfixState
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.reverting import revert
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.putting import TEMPORARY
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import context
from tests.faults.processes import kill, pause
from tests.faults.tally import Trial, outcome, side_by_side
from tests.faults.world import Ground, grounds

FILES = 60
"""Files that each workspace has besides: a recording that takes no time cannot be interrupted."""
CONTROL_LEAST = 0.2
"""The share of the trials of each kind's control that has to break."""
Act = Callable[[str, str, int], None]
"""What the process does: with the home and the location, for the n-th time. It is killed, or it returns."""
Judge = Callable[[Ground, Workbench, int], list[str]]
"""Repairs as the next program does, and says which promises were broken since the hotfix of this number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is killed.

    Attributes:
        full, short: how many kills in the whole matrix, and in the short leg.
        control: the same without what protects it.
        midway: whether what was killed is half done, looked at right after the kill.
        prepare: what is done before the process that is killed, for the n-th time.
    """

    name: str
    act: Act
    judge: Judge
    full: int
    short: int
    control: Act
    midway: Callable[[Ground], bool]
    prepare: Callable[[Ground, int], None] = lambda ground, number: None


def run(scale: Scale) -> Outcome:
    """F16: kill each kind at random moments; the controls leave out what is recorded before anything is overwritten."""
    trials: list[Trial] = []
    control: list[bool] = []
    parts = []
    for kind in KINDS:
        made, midway, left = _kill_all(scale, kind)
        trials += made
        control += left
        parts.append(f"{kind.name}: {len(made):,}, {midway:,} half-done (control {sum(left)} of {len(left)})")
    return outcome(
        "F16",
        "kill -9 at a random moment of a hotfix, of a revert",
        trials,
        "; ".join(parts),
        control="nothing is recorded before it is overwritten",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=CONTROL_LEAST,
    )


def _kill_all(scale: Scale, kind: Kind) -> tuple[list[Trial], int, list[bool]]:
    """Give the trials, how many of them were hit midway, and which of the control's broke."""
    count = kind.full if scale.full else kind.short
    made = _kill(scale, kind, kind.act, "", count, 0.1)
    trials = [trial for trial, _ in made]
    left = [bool(trial.broken) for trial, _ in _kill(scale, kind, kind.control, " control", max(12, count // 10), 0.6)]
    if sum(left) < CONTROL_LEAST * len(left):
        trials[0].broken.append(f"{kind.name}: the control broke in {sum(left)} of {len(left)} only")
    return trials, sum(midway for _, midway in made), left


def _kill(scale: Scale, kind: Kind, act: Act, suffix: str, count: int, earliest: float) -> list[tuple[Trial, bool]]:
    """Kill so many, none before this share of the time that one takes; gives with each whether it was hit midway."""
    name = kind.name + suffix
    places = grounds(scale, f"{name}-".replace(" ", "-"), 2)

    def one(ground: Ground, rng: Random, number: int) -> tuple[Trial, bool]:
        return _killed(ground, kind, act, number, rng.uniform(earliest, 1.1) * spans[id(ground)])

    try:
        for ground in places:
            _fill(ground)
        spans = {id(ground): _span(ground, kind, act) for ground in places}
        made = side_by_side(scale, f"F16 {name}", places, count, one)
    finally:
        for ground in places:
            ground.end()
    made[0][0].broken += [text for ground in places if (text := ground.log.integrity())]
    return made


def _fill(ground: Ground) -> None:
    """Give the package more files, by way of a hotfix."""
    with ground.bench() as bench:
        for name in ground.names:
            hotfixes.unlock(bench, ground.ids[name], "Fill", "", 1)
            for number in range(FILES):
                (ground.location / name / f"Files{number:03}.txt").write_bytes(os.urandom(30_000))
            hotfixes.lock(bench, ground.ids[name])
    ground.log.read()


def _span(ground: Ground, kind: Kind, act: Act) -> float:
    """Give how many seconds a process takes that nobody kills."""
    before = ground.last_hotfix()
    kind.prepare(ground, 0)
    process = context.Process(target=act, args=(str(ground.home.folder), str(ground.location), 0))
    began = time.perf_counter()
    process.start()
    process.join()
    seconds = time.perf_counter() - began
    with ground.bench() as bench:
        broken = kind.judge(ground, bench, before)
    if act is kind.act and (broken or process.exitcode):
        raise AssertionError(f"without any fault: {broken}, it ended with {process.exitcode}")
    return seconds


def _killed(ground: Ground, kind: Kind, act: Act, number: int, after: float) -> tuple[Trial, bool]:
    trial = Trial()
    before, read = ground.last_hotfix(), len(ground.log.entries)
    kind.prepare(ground, number + 1)
    process = context.Process(target=act, args=(str(ground.home.folder), str(ground.location), number + 1))
    process.start()
    pause(after)
    kill(process.pid or 0)
    process.join()
    midway = kind.midway(ground)
    with ground.bench() as bench:
        try:
            trial.broken += [f"{kind.name} {number}: {text}" for text in kind.judge(ground, bench, before)]
        except HotfixError as error:
            trial.broken.append(f"{kind.name} {number}: {error} {error.details}")
    ground.log.read()
    trial.entries += len(ground.log.entries) - read
    trial.broken += ground.log.faults
    ground.log.faults.clear()
    return trial, midway


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


def _change_much(ground: Ground, number: int) -> None:
    """Unlock, and edit, add, remove and rename files; what they contain then is noted beside."""
    (name,) = ground.names
    folder = ground.location / name
    before, folders = _contents(folder), _folders(folder)
    with ground.bench() as bench:
        hotfixes.unlock(bench, ground.ids[name], f"Fault {number}", "", 5)
    for at in range(FILES):
        path = folder / f"Files{at:03}.txt"
        if at % 12 == number % 12 and path.exists():
            path.unlink()
        elif at % 12 == (number + 5) % 12 and path.exists():
            path.replace(folder / f"Moved{at % 3}.txt")
        else:
            path.write_bytes(os.urandom(2_000))
    new = folder / f"New{number % 4}" / "Deep" / "New.txt"
    new.parent.mkdir(parents=True, exist_ok=True)
    new.write_bytes(os.urandom(2_000))
    _note(ground).write_text(json.dumps([before, _contents(folder), sorted(folders | _folders(folder))]))


def _is_half_reverted(ground: Ground) -> bool:
    before, after, _ = json.loads(_note(ground).read_text())
    return _contents(ground.location / ground.names[0]) not in (before, after)


def _broken_revert(ground: Ground, bench: Workbench, since: int) -> list[str]:
    """Look at every file, and at what the entry names, also after somebody beat; then revert again, or only lock."""
    (name,) = ground.names
    folder, package = ground.location / name, ground.ids[name]
    before, after, _ = json.loads(_note(ground).read_text())
    now = _contents(folder)
    paths = before.keys() | after.keys() | now.keys()
    broken = [f"{path} is not whole" for path in paths if now.get(path) not in (before.get(path), after.get(path))]
    gone = {path: digest for path, digest in after.items() if now.get(path) != digest}
    broken += [f"{text} was overwritten, and is not kept" for text in _not_kept(ground, bench, gone)]
    Relocker(bench).beat()
    broken += _unsettled(ground, since)
    if _contents(folder) != now:
        broken.append("the look at a half-done revert changed files")
    again = since % 2 == 0
    if again:
        if now != before:
            revert(bench, package)
        if _contents(folder) != before:
            broken.append("reverted again, it is not what it was before the hotfix")
    broken += broken_records(ground, bench, since)
    (trees,) = (bench.store.fixes.of(number) for (number,) in ground.rows("SELECT id FROM hotfix WHERE id > ?", since))
    # An empty folder that a kill left is no change: only files are carried home.
    if trees is None or (again and trees.changes != 0):
        broken.append("reverted again, the hotfix is recorded as one that changed something")
    return broken


def _unsettled(ground: Ground, since: int) -> list[str]:
    """Say what a killed revert left though somebody looked: a file of ours, an empty folder, no word of its end."""
    (name,) = ground.names
    folder = ground.location / name
    before, after, folders = json.loads(_note(ground).read_text())
    broken = [f"{left.name} is left beside the package" for left in ground.location.glob(f"{TEMPORARY}*")]
    empty = {path for path in _folders(folder) if not any((folder / path).iterdir())}
    broken += [f"the empty folder {path} is left" for path in empty]
    broken += [f"the folder {path} is of nobody" for path in _folders(folder) - set(folders)]
    ground.log.read()
    events = [entry.event for entry in ground.log.entries if entry.event.type is AuditType.CHANGES_REVERTED]
    told = [event for event in events if (event.hotfix or 0) > since]
    step = json.loads(told[-1].detail)["step"] if told else ""
    now = _contents(folder)
    if step == "begun" or (told and now == before and step != "done") or (now == after and step == "done"):
        broken.append(f"the files say another end of the revert than the entry “{told[-1].description}”")
    if now not in (before, after) and step != "half-way":
        broken.append("a half-done revert, and no entry says so")
    return broken


def _folders(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_dir()}


def _not_kept(ground: Ground, bench: Workbench, gone: dict[str, str]) -> list[str]:
    """Give those contents, by path, that no tree has which an entry names."""
    kept: dict[str, str] = {}
    for entry in ground.log.read():
        tree = bytes.fromhex(str(json.loads(entry.event.detail or "{}").get("kept", "")))
        if entry.event.type is AuditType.CHANGES_REVERTED and bench.contents.has_tree(tree):
            facts = bench.contents.tree(tree).items
            held = bench.contents.has({fact.digest for fact in facts.values()})
            kept |= {os.fsdecode(path): fact.digest.hex() for path, fact in facts.items() if fact.digest in held}
    return [path for path, digest in gone.items() if kept.get(path) != digest]


def _note(ground: Ground) -> Path:
    return ground.location.parent / "note.json"


def _contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _revert(home: str, location: str, number: int) -> None:
    """Revert everything."""
    from hotfix_desktop.app import home_of, make_bench

    bench = make_bench(home_of(home), Path(location))
    try:
        (hotfix,) = bench.store.hotfixes.not_closed()
        revert(bench, hotfix.package_id)
    finally:
        bench.close()


def _unkept_revert(home: str, location: str, number: int) -> None:
    """Do the same as a program that keeps nothing of what it overwrites."""
    Contents.record = lambda self, manifest, *given, **named: manifest  # type: ignore[method-assign,assignment]
    _revert(home, location, number)


KINDS: list[Kind] = [
    Kind(
        "hotfix",
        _hotfix,
        broken_records,
        full=1000,
        short=30,
        control=_unrecorded_hotfix,
        midway=lambda ground: bool(ground.open_names()),
    ),
    Kind(
        "revert",
        _revert,
        _broken_revert,
        full=500,
        short=24,
        control=_unkept_revert,
        midway=_is_half_reverted,
        prepare=_change_much,
    ),
]
"""What is killed."""
