"""F5: the disk of the database is full, or that of the content store.

By the shim, which lets the files below the home, or the content store, grow by a random number of bytes and no
further; and, where this process may mount one, on a real small tmpfs.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fault import Outcome, Scale
from tests.faults.full_contents import SMALL
from tests.faults.trials import Driver, Trial, spread

UNCHECKED = "unlock without check"
TIGHT, ROOMY = 120_000, 600_000
"""Bytes: about what one unlock writes with the opening of the database, and what a dozen do."""
CONTENTS = 400_000
"""Bytes of the content store with some hotfixes in it."""
TMPFS_BYTES = 4 << 20
CARELESS = "unlock that keeps nothing"
CONTROLS = {UNCHECKED: "open without entry", CARELESS: "careless"}
"""Each control, and by what in the answer it is seen to have failed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One trial: this act on a disk with so many bytes left."""

    act: str
    disk: int


def run(scale: Scale) -> Outcome:
    """Fill the disk at a random byte of an unlock, of a relock, of a row of both, and of what is kept of them."""
    chance = random.Random(scale.seed)
    each = 200 if scale.full else 15
    wishes = [Wish(act, chance.randrange(0, TIGHT)) for act in ("unlock", "relock") for _ in range(each)]
    wishes += [Wish("fill up", chance.randrange(0, ROOMY)) for _ in range(each)]
    wishes += [Wish("contents", chance.randrange(0, CONTENTS)) for _ in range(each)]
    controls = [Wish(UNCHECKED, chance.randrange(0, TIGHT // 4)) for _ in range(each)]
    controls += [Wish(CARELESS, chance.randrange(0, CONTENTS)) for _ in range(each)]
    answers = spread(scale.folder, wishes, _trial)
    for number in range(10 if scale.full else 2):
        for act in ("fill up", "contents"):
            answers += _on_tmpfs(scale.folder / f"tmpfs-{act}-{number}", act)
    left = spread(scale.folder / "control", controls, _trial)  # a place twice has the signed ends of another log
    kinds = Counter(text for trial in answers for text in set(trial.broken))
    parts = [f"{sum(bool(trial.result.get('refusal')) for trial in answers)} were refused"]
    parts.append(f"{sum(bool(trial.result.get('waited')) for trial in answers)} were kept late")
    parts.append(f"{len(answers) - len(wishes)} on a real full tmpfs")
    failed = {way: sum(bool(trial.result.get(sign)) for trial in left) for way, sign in CONTROLS.items()}
    parts += [f"{way}: {number} of {each}" for way, number in failed.items()]
    short = [f"the control “{way}” broke in {number} only" for way, number in failed.items() if number < each / 2]
    return Outcome(
        fault="F5",
        what="disk of the database or of the content store full at a random byte of unlock, relock and a row of both",
        trials=len(answers),
        broken=sum(bool(trial.broken) for trial in answers) + len(short),
        detail="; ".join(parts + short + [f"{number} × {text}" for text, number in kinds.most_common(5)]),
        control="files are opened before the entry is written, or though nothing can be kept",
        control_trials=len(controls),
        control_broken=sum(failed.values()),
        control_least=0.5,
    )


def _trial(driver: Driver, wish: Wish) -> Trial:
    with driver.place() as place:
        if wish.act == "fill up":
            return driver.run("fill_up", place, disk=wish.disk)
        if wish.act == UNCHECKED:
            return driver.run("hit", place, act=wish.act, disk=wish.disk, keep_living=True)
        if wish.act in ("contents", CARELESS):
            return _fill_contents(driver, place, wish.disk, careless=wish.act == CARELESS)
        trial = driver.run("endure", place, act=wish.act, disk=wish.disk)
    if trial.result.get("left open"):
        trial.result["broken"].append("the disk is full, and after the deadline the files are still open")
    return trial


def _fill_contents(driver: Driver, place: Path, disk: int, **how: bool) -> Trial:
    return driver.run("tests.faults.full_contents:fill_contents", place, seed=disk, disk=disk, **how)


def _on_tmpfs(folder: Path, act: str) -> list[Trial]:
    folder.mkdir(parents=True)
    where = "home" if act == "fill up" else SMALL
    with Driver(folder / "driver") as driver, driver.place() as place, _mounted(place / where) as mounted:
        if not mounted:
            return []
        return [driver.run("fill_up", place, disk=-1) if act == "fill up" else _fill_contents(driver, place, -1)]


@contextmanager
def _mounted(folder: Path) -> Iterator[bool]:
    folder.mkdir()
    options = f"size={TMPFS_BYTES},mode=700"
    command = ["mount", "-t", "tmpfs", "-o", options, "hotfix-faults", str(folder)]
    done = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", str(folder)], check=True)
