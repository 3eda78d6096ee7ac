"""F4: the plug is pulled, at random places of what a real program wrote.

A driver does unlocks, locks, extensions, settings and relocks with the real database and the real content store while
the shim traces every write, sync and change of a name below its home. At a random step the disk is then put together
as it may be after a power cut, and opened with the product's own: every acknowledged entry is there, and every tree
that the database names is whole in the content store. The model of the disk:

* What a file held at its last sync is there. Each later write to it is there or not, independently of the others
  (so also in another order), or torn: some of its sectors of 512 bytes are there. A quarter of the points each
  lose all of them, keep the first few in order, keep a random half, or tear them.
* Truncations of a file stay in order with its writes, and are there from its next sync on.
* Names (made, renamed, deleted) are journalled as ext4 does it: in order, and a sync of any file makes all of them
  durable; of those since, the first few are there. A file whose name is there without its data is empty.
* SQLite's shared memory (``-shm``) is lost: it is mapped, never synced, and rebuilt.
* A sync that came back is the truth: no disk that lies.
"""

from __future__ import annotations

import bisect
import os
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from hotfix_desktop.changes.contents import FILE_NAME, Contents
from hotfix_desktop.core.errors import HotfixError, StoreError
from hotfix_desktop.store.store import Store
from tests.faults.fault import Outcome, Scale
from tests.faults.power_cut_program import CONTROLS, LAZY_CONTENTS, LAZY_LOG, NAMED_FIRST, SOUND
from tests.faults.promises import chain_of, lost_contents
from tests.faults.shim import CREATED, MARK, Call, Shim, Step, read_trace
from tests.faults.trials import Driver, Trial, spread

SECTOR = 512
CALLS = 120
"""Acts of one recorded program; some 150 entries and two checkpoints of the write-ahead log."""
RECORD = "tests.faults.power_cut_program:record"
LEAST = {LAZY_LOG: 0.5, LAZY_CONTENTS: 0.5, NAMED_FIRST: 0.1}
"""The share of the points of each control that has to break."""
INTEGRITY_EVERY = 10
"""Each so many points SQLite's own check is made, which is slow."""


@dataclass(slots=True)
class _File:
    """One file while a trace is replayed: what is durable of it, and what was done to it since."""

    durable: bytearray
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for number, data in self.pending:
            _do(self.durable, number, data)
        self.pending.clear()


@dataclass(slots=True)
class _Disk:
    """A disk while a trace is replayed. ``names`` are the durable ones, ``renaming`` what was done to them since."""

    names: dict[str, _File]
    live: dict[str, _File]
    renaming: list[tuple[str, str, _File | None]] = field(default_factory=list)

    def play(self, step: Step) -> None:
        path = step.path
        if path.endswith(" (deleted)"):
            return  # what is written to a file without a name is lost
        if step.kind == Call.WRITE:
            self.live[path].pending.append((step.number, step.data))
        elif step.kind == Call.TRUNCATE:
            self.live[path].pending.append((step.number, None))
        elif step.kind == Call.SYNC:
            if path in self.live:  # else a folder
                self.live[path].sync()
            for change in self.renaming:
                _rename(self.names, change)
            self.renaming.clear()
        elif step.kind == CREATED:
            self._change(("", path, _File(bytearray())))
        elif step.kind == Call.UNLINK:
            self._change((path, "", None))
        elif step.kind == Call.RENAME:
            self._change((path, os.fsdecode(step.data), self.live.get(path)))

    def _change(self, change: tuple[str, str, _File | None]) -> None:
        _rename(self.live, change)
        self.renaming.append(change)

    def after_power_cut(self, chance: random.Random) -> dict[str, bytes]:
        """Give what may be on the disk if the plug is pulled now."""
        names = dict(self.names)
        for change in self.renaming[: chance.randint(0, len(self.renaming))]:
            _rename(names, change)
        way = chance.choice((_nothing, _first_few, _some, _torn))
        return {path: bytes(_image(file, way, chance)) for path, file in names.items() if not path.endswith("-shm")}


def _rename(names: dict[str, _File], change: tuple[str, str, _File | None]) -> None:
    old, new, file = change
    moved = names.pop(old, file)
    if new and moved is not None:
        names[new] = moved


def _do(content: bytearray, number: int, data: bytes | None) -> None:
    if data is None:
        del content[number:]
        content.extend(bytes(number - len(content)))
        return
    if number > len(content):
        content.extend(bytes(number - len(content)))
    content[number : number + len(data)] = data


Ways = Iterator[tuple[int, bytes | None]]


def _nothing(pending: list[tuple[int, bytes | None]], chance: random.Random) -> Ways:
    return iter(())


def _first_few(pending: list[tuple[int, bytes | None]], chance: random.Random) -> Ways:
    return iter(pending[: chance.randint(0, len(pending))])


def _some(pending: list[tuple[int, bytes | None]], chance: random.Random) -> Ways:
    return (each for each in pending if chance.random() < 0.5)


def _torn(pending: list[tuple[int, bytes | None]], chance: random.Random) -> Ways:
    for number, data in pending:
        if data is None:
            if chance.random() < 0.5:
                yield number, data
            continue
        # Sectors are those of the disk, not of the write.
        edges = [0, *range(SECTOR - number % SECTOR, len(data), SECTOR), len(data)]
        for start, end in pairwise(edges):
            if chance.random() < 0.5:
                yield number + start, data[start:end]


def _image(
    file: _File, way: Callable[[list[tuple[int, bytes | None]], random.Random], Ways], chance: random.Random
) -> bytearray:
    content = bytearray(file.durable)
    for number, data in way(file.pending, chance):
        _do(content, number, data)
    return content


# --- one recorded program, and its crash points


@dataclass(frozen=True, slots=True)
class _Task:
    seed: int
    points: int
    way: str


def _cut(driver: Driver, task: _Task) -> tuple[_Task, Trial]:
    """Record a program, and look at so many power cuts."""
    with driver.place() as place:
        program = driver.run(RECORD, place, seed=task.seed, calls=CALLS, way=task.way)
        if program.broken:
            return task, program
        arguments = {"seed": task.seed, "points": task.points, "hashes": program.result["hashes"]}
        return task, driver.run("tests.faults.power_cut:cut", place, hung_seconds=600, **arguments)


def cut(place: Path, seed: int, points: int, hashes: list[str]) -> dict[str, Any]:
    """Cut the power at so many steps of the trace that a program left in ``place``; a driver calls this."""
    Shim().skip_syncs(False)
    chance = random.Random(seed)
    complete = [bytes.fromhex(text) for text in hashes]
    home = str(place / "home")
    steps = [step for step in read_trace(place / "trace") if not step.path.endswith("-shm")]
    start = _base(place / "base", home)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    marks = [(number, step.number) for number, step in enumerate(steps) if step.kind == MARK]
    disk = _Disk(dict(start), dict(start))
    played = losing = lost = entries = 0
    broken: list[str] = []
    with tempfile.TemporaryDirectory(dir=memory, prefix="hotfix-power-cut-") as scratch:
        for number, point in enumerate(sorted(chance.randrange(len(steps)) for _ in range(points))):
            while played <= point:
                disk.play(steps[played])
                played += 1
            before = bisect.bisect_right(marks, (point, len(complete) + 1))
            acknowledged = marks[before - 1][1] if before else 0
            image = Path(scratch) / str(number)
            _write(disk.after_power_cut(chance), home, image)
            there, wrong = _open(image, complete, thorough=number % INTEGRITY_EVERY == 0)
            shutil.rmtree(image)
            entries += acknowledged
            if wrong:
                broken.append(wrong)
            elif there < acknowledged:
                losing += 1
                lost += acknowledged - there
    return {
        "points": points,
        "losing": losing,
        "lost": lost,
        "entries": entries,
        "wrong": len(broken),
        "damaged": broken,
    }


def _base(folder: Path, home: str) -> dict[str, _File]:
    return {
        os.path.join(home, path.relative_to(folder)): _File(bytearray(path.read_bytes()))
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith("-shm")
    }


def _write(files: dict[str, bytes], home: str, image: Path) -> None:
    for path, content in files.items():
        target = image / os.path.relpath(path, home)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _open(image: Path, hashes: list[bytes], thorough: bool) -> tuple[int, str]:
    """Open what the power cut left with the product; gives how many entries are there, and what is wrong."""
    found = list(image.glob("workspaces/*/hotfix-desktop.sqlite3"))
    if not found:
        return 0, "the database is gone"
    try:
        store = Store(found[0])
    except HotfixError as error:
        return 0, f"it does not open: {error} {error.details}"
    try:
        connection: sqlite3.Connection = store._database.connection()
        there, wrong = chain_of(connection, thorough=thorough)
        if not wrong and there != hashes[: len(there)]:
            wrong = "the log is another one"
        if thorough and not wrong:
            (checked,) = connection.execute("PRAGMA integrity_check").fetchone()
            wrong = "" if checked == "ok" else f"integrity_check: {checked}"
        if not wrong and (lost := lost_contents(connection, found[0])):
            wrong = lost[0]
        if thorough and not wrong:
            wrong = _damage(found[0].with_name(FILE_NAME))
        return len(there), wrong
    except sqlite3.Error as error:
        return 0, f"it cannot be read: {error}"
    finally:
        store.close()


def _damage(path: Path) -> str:
    """Say what is damaged in a content store, also of what nothing names; one that cannot be read is damaged, too."""
    contents = Contents(path)
    try:
        return next(iter(contents.verify().damages), "")
    except StoreError as error:
        return f"{error} {error.details}"
    finally:
        contents.close()


def run(scale: Scale) -> Outcome:
    """Cut the power at 20,000 points (300 in short); each control leaves out one of what makes that survivable."""
    points, each = (20_000, 500) if scale.full else (300, 100)
    controls = 2_000 if scale.full else 100
    chance = random.Random(scale.seed)
    tasks = [
        _Task(chance.getrandbits(32), min(each, some), way)
        for way, some in ((SOUND, points), *((way, controls) for way in CONTROLS))
        for _ in range(-(-some // each))
    ]
    found = spread(scale.folder, tasks, _cut)

    def total(way: str, *names: str) -> int:
        return sum(trial.result.get(name, 0) for task, trial in found if task.way == way for name in names)

    kinds = Counter(text for task, trial in found if task.way == SOUND for text in trial.result.get("damaged", ()))
    kinds.update(text for _, trial in found for text in trial.broken)
    parts = [f"{sum(task.way == SOUND for task in tasks)} recorded programs"]
    for way in CONTROLS:
        broken, tried = total(way, "losing", "wrong"), total(way, "points")
        parts.append(f"{way}: {broken} of {tried}")
        if broken < LEAST[way] * tried:
            kinds[f"the control “{way}” broke in {broken} of {tried} only"] += 1
    parts += [f"{number} × {text}" for text, number in kinds.most_common(5)]
    return Outcome(
        fault="F4",
        what="power cut at a random step of unlock, edit, lock, extend, settings, relock, clean-up of the contents",
        trials=total(SOUND, "points"),
        broken=kinds.total(),
        entries=total(SOUND, "entries"),
        lost=total(SOUND, "lost"),
        detail="; ".join(parts),
        control="; ".join(CONTROLS),
        control_trials=sum(total(way, "points") for way in CONTROLS),
        control_broken=sum(total(way, "losing", "wrong") for way in CONTROLS),
        control_least=min(LEAST.values()),
    )
