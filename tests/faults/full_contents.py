"""The part of F5 in which the content store is on a full disk of its own, and the database is not.

An unlock that cannot keep what a package contains is refused, with a clear sentence, and the package stays closed. A
lock and a relock go on: what cannot be kept then is kept once there is space again.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
from pathlib import Path
from typing import Any

from hotfix_desktop.changes.contents import FILE_NAME
from hotfix_desktop.core.errors import HotfixError, StoreError
from hotfix_desktop.services import hotfixes, recording
from tests.faults.driver import LONGEST_BACKOFF, Guard, bench_of, lock, prepare, unlock
from tests.faults.promises import PACKAGE, broken_promises, database_of, unkept, writable
from tests.faults.shim import Shim

SMALL = "small disk"
"""Below a place: where a real small disk for the content store is mounted."""
ROUNDS = 16
EDITED_BYTES = 60_000
FULL = f"{PACKAGE} was not unlocked and stays closed. The disk that holds the content store is full."


def fill_contents(place: Path, seed: int, disk: int, careless: bool = False) -> dict[str, Any]:
    """Unlock, edit and lock or relock until an unlock is refused; then free the disk, and look at what is kept.

    The content store may grow by ``disk`` bytes; for -1 it lies on a real disk that is almost full. ``careless`` is the
    control: an unlock goes on when nothing can be kept.
    """
    chance = random.Random(seed)
    shim = Shim()
    shim.set_clocks()
    shim.skip_syncs(disk >= 0)
    prepare(place)
    if careless:
        _open_anyhow()
    bench, guard = bench_of(place), Guard(place)
    guard.beat()
    contents = database_of(place).with_name(FILE_NAME)
    if disk >= 0:
        shim.limit_disk(contents, disk)
    else:
        contents.symlink_to(place / SMALL / FILE_NAME)
        _pour_ballast(place / SMALL, chance.randrange(0, 500_000))
    broken: list[str] = []
    refusal, rounds = "", 0
    while not refusal and rounds < ROUNDS and not _unkept(place):
        try:
            unlock(bench)
        except HotfixError as told:
            refusal = told.sentence
            broken += [f"refused: {refusal}"] if refusal != FULL or not told.remedy else []
            broken += ["an unlock was refused, and the package is open"] if writable(place) else []
            continue
        (place / "Pkg" / PACKAGE / "descriptor.json").write_bytes(chance.randbytes(EDITED_BYTES))
        if chance.random() < 0.5:
            try:
                lock(bench)
            except HotfixError as told:
                broken.append(f"a lock was refused: {told}")
        else:
            shim.sleep(61)
            if said := guard.beat_anyhow():
                broken.append(f"the guard said: {said}")
        broken += ["the package is open after its lock"] if writable(place) else []
        rounds += 1
    if not refusal:
        broken.append("an unlock was never refused")
    waiting = _count(place, "SELECT count(*) FROM hotfix_tree WHERE after IS NULL")
    shim.free_disk()
    (place / SMALL / "ballast").unlink(missing_ok=True)
    said = ""
    for _ in range(3):
        shim.sleep(LONGEST_BACKOFF)
        said = guard.beat_anyhow()
    broken += [f"there is space and the guard still says: {said}"] if said else []
    if _count(place, "SELECT count(*) FROM hotfix_tree WHERE after IS NULL"):
        broken.append("there is space, and what a package contained is still not kept")
    try:
        unlock(bench)
        lock(bench)
    except HotfixError as told:
        broken.append(f"there is space, and it cannot be unlocked: {told}")
    guard.close()
    bench.close()
    broken += [f"with space again: {text}" for text in broken_promises(place, must_be_closed=True)]
    return {"broken": broken, "refusal": refusal, "waited": waiting, "careless": bool(_unkept(place))}


def _open_anyhow() -> None:
    """The control: a full content store keeps nobody from unlocking."""
    real = recording.record_before

    def record_before(*given: Any) -> None:
        with contextlib.suppress(StoreError):
            real(*given)

    hotfixes.record_before = record_before  # type: ignore[attr-defined]


def _pour_ballast(folder: Path, spare: int) -> None:
    left = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(max(0, left.f_bavail * left.f_bsize - spare)))


def _count(place: Path, query: str) -> int:
    with contextlib.closing(sqlite3.connect(database_of(place))) as plain:
        return int(plain.execute(query).fetchone()[0])


def _unkept(place: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database_of(place))) as plain:
        return unkept(plain)
