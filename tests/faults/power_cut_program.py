"""The program whose writes F4 traces: it does acts of every kind, and edits what it has unlocked.

Its controls leave out what makes it survive a power cut: the syncs of the database, those of the content store, or the
order in which the two are written.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hotfix_desktop.changes import contents
from hotfix_desktop.changes.contents import Contents
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.services import administration, catalogue, hotfixes
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.upkeep import clean_contents
from hotfix_desktop.services.workbench import Workbench
from tests.faults.driver import bench_of, prepare
from tests.faults.promises import OTHER, PACKAGE, chain_of, database_of
from tests.faults.shim import Shim, mark

SOUND = "the program"
LAZY_LOG = "synchronous=NORMAL"
LAZY_CONTENTS = "synchronous=OFF in the content store"
NAMED_FIRST = "trees named before they are kept"
CONTROLS = (LAZY_LOG, LAZY_CONTENTS, NAMED_FIRST)
ACTS = ("unlock", "lock") * 3 + ("extend", "setting", "wait", "reopen", "clean")
SIZES = (0, 300, 6_000, 40_000, 40_000, 300_000)
"""Bytes of a file that is edited: none, some in one pack with others, and more than a pack holds."""


def record(place: Path, seed: int, calls: int, way: str) -> dict[str, Any]:
    """Do many acts of every kind and trace what they write; gives the hashes of the log at the end.

    Each entry that the program was told to be written is marked in the trace, once the call has come back.
    """
    chance = random.Random(seed)
    shim = Shim()
    shim.set_clocks()
    shim.skip_syncs()
    prepare(place)
    shutil.copytree(place / "home", place / "base")
    if way == LAZY_CONTENTS:
        _do_not_sync_contents()
    keep = _keep_later() if way == NAMED_FIRST else lambda: None
    shim.trace(place / "home", place / "trace")

    def reopened() -> Workbench:
        bench = bench_of(place)
        if way == LAZY_LOG:
            bench.store._database.execute_sql("PRAGMA synchronous = NORMAL")
        return bench

    bench = reopened()
    numbers = {name: catalogue.find(bench, name).package_id for name in (PACKAGE, OTHER)}

    def unlock(name: str) -> None:
        hotfixes.unlock(bench, numbers[name], chance.choice(("VAT", "Rounding " * 20)), "", 1)
        keep()
        _edit(place / "Pkg" / name, chance)

    for _ in range(calls):
        name, what = chance.choice((PACKAGE, OTHER)), chance.choice(ACTS)
        with contextlib.suppress(HotfixError):
            if what == "unlock":
                unlock(name)
            elif what == "lock":
                hotfixes.lock(bench, numbers[name])
            elif what == "extend":
                hotfixes.extend(bench, numbers[name], 1)
            elif what == "setting":
                texts = {"PackageHotfixTimeout": str(chance.randrange(1, 1000))}
                administration.change_settings(bench, texts)
            elif what == "wait":
                shim.sleep(61)
                Relocker(bench).beat()
            elif what == "clean":
                unlock(name)
                passing = place / "Pkg" / name / "Passing.bin"
                passing.write_bytes(chance.randbytes(chance.choice(SIZES)))
                # Nothing names it, and it is not pinned: an hour later it is cleaned.
                bench.contents.record(bench.workspace.survey(name), partial(bench.workspace.read, name))
                passing.unlink()
                shim.sleep(3_700)
                Relocker(bench).beat()
                clean_contents(bench)
            elif chance.random() < 0.5:
                bench.close()
                bench = reopened()
        keep()
        mark(bench.store.ledger.newest())
    shim.stop_trace()
    bench.close()
    connection = sqlite3.connect(database_of(place))
    hashes, wrong = chain_of(connection)
    connection.close()
    return {"hashes": [digest.hex() for digest in hashes], "broken": [wrong] if wrong else []}


def _edit(package: Path, chance: random.Random) -> None:
    """Write some files of an open package, new ones and old ones."""
    for _ in range(chance.randint(0, 3)):
        (package / f"Edited{chance.randrange(6)}.bin").write_bytes(chance.randbytes(chance.choice(SIZES)))


def _do_not_sync_contents() -> None:
    """A control: leave it to the machine when the content store comes onto the disk."""
    real = contents.open_contents

    def opened(*given: Any, **named: Any) -> sqlite3.Connection:
        connection = real(*given, **named)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    contents.open_contents = opened  # type: ignore[attr-defined]


def _keep_later() -> Callable[[], None]:
    """A control: let the database name what is kept only when the function that this gives is called."""
    waiting: list[Callable[[], Manifest]] = []
    real = Contents.record

    def later(self: Contents, manifest: Manifest, *given: Any, **named: Any) -> Manifest:
        waiting.append(lambda: real(self, manifest, *given, **named))
        return manifest

    def keep() -> None:
        while waiting:
            waiting.pop(0)()

    Contents.record = later  # type: ignore[method-assign]
    return keep
