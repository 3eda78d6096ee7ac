"""F5: the disk of the database is full.

By the shim, which lets the files below the home grow by a random number of bytes and no further; and, where this
process may mount one, on a real small tmpfs.
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
from tests.faults.trials import Driver, Trial, spread

UNCHECKED = "unlock without check"
TIGHT, ROOMY = 120_000, 600_000
"""Bytes: about what one unlock writes with the opening of the database, and what a dozen do."""
TMPFS_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Wish:
    """One trial: this act on a disk with so many bytes left."""

    act: str
    disk: int


def run(scale: Scale) -> Outcome:
    """Fill the disk at a random byte of an unlock, of a relock, and of a row of both."""
    chance = random.Random(scale.seed)
    each = 200 if scale.full else 15
    wishes = [Wish(act, chance.randrange(0, TIGHT)) for act in ("unlock", "relock") for _ in range(each)]
    wishes += [Wish("fill up", chance.randrange(0, ROOMY)) for _ in range(each)]
    controls = [Wish(UNCHECKED, chance.randrange(0, TIGHT // 4)) for _ in range(each)]
    answers = spread(scale.folder, wishes, _trial)
    for number in range(10 if scale.full else 2):
        answers += _on_tmpfs(scale.folder / f"tmpfs-{number}")
    open_ones = sum(bool(trial.result.get("open without entry")) for trial in spread(scale.folder, controls, _trial))
    kinds = Counter(text for trial in answers for text in set(trial.broken))
    refused = sum(bool(trial.result.get("refusal")) for trial in answers)
    real = len(answers) - len(wishes)
    told = [f"{number} × {text}" for text, number in kinds.most_common(5)]
    return Outcome(
        fault="F5",
        what="disk of the database full at a random byte of unlock, relock and a row of both",
        trials=len(answers),
        broken=sum(bool(trial.broken) for trial in answers),
        detail="; ".join([f"{refused} were refused; {real} on a real full tmpfs", *told]),
        control="files are opened before the entry is written",
        control_trials=len(controls),
        control_broken=open_ones,
        control_least=0.5,
    )


def _trial(driver: Driver, wish: Wish) -> Trial:
    with driver.place() as place:
        if wish.act == "fill up":
            return driver.run("fill_up", place, disk=wish.disk)
        if wish.act == UNCHECKED:
            return driver.run("hit", place, act=wish.act, disk=wish.disk, keep_living=True)
        trial = driver.run("endure", place, act=wish.act, disk=wish.disk)
    if trial.result.get("left open"):
        trial.result["broken"].append("the disk is full, and after the deadline the files are still open")
    return trial


def _on_tmpfs(folder: Path) -> list[Trial]:
    folder.mkdir(parents=True)
    with Driver(folder / "driver") as driver, driver.place() as place, _mounted(place / "home") as mounted:
        return [driver.run("fill_up", place, disk=-1)] if mounted else []


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
