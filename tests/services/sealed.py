"""A sealed log that grows over days, archives of it, and whether they hold every entry once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from hotfix_desktop.core.audit import AuditType, chain_hash, leaf_hash
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.sealing.keys import FilePlace
from hotfix_desktop.sealing.seals import Seals
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.store import Store
from tests.services.world import World


def sealing(world: World, user: str = "ann") -> Workbench:
    """Give a bench that signs its log, with keys in a file."""
    keys = FilePlace(world.spare / "keys")
    return replace(world.bench(user), seals=Seals(places=lambda: (keys,)))


def enter(bench: Workbench, count: int = 1) -> None:
    """Enter something that nobody has to settle."""
    with bench.store.transaction():
        for number in range(count):
            bench.enter(bench.event(AuditType.SETTING_CHANGED, f"Something was set for the {number}. time"))


def days(world: World, bench: Workbench, count: int, entries: int = 5) -> date:
    """Let so many days pass, with entries and a seal on each; gives the last of them."""
    for _ in range(count):
        enter(bench, entries)
        assert seal(bench) is not None, bench.seals.trouble
        world.clock.go(days=1)
    return world.clock.wall.date()


@contextmanager
def reading(path: Path) -> Iterator[Store]:
    """Open a log read-only."""
    store = Store(path, read_only=True)
    try:
        yield store
    finally:
        store.close()


def rows(path: Path) -> list[tuple[int, bytes, bytes]]:
    """Give number, body and hash of every entry of a file."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as plain:
        return plain.execute("SELECT seq, body, hash FROM audit ORDER BY seq").fetchall()


def whole(*files: Path) -> list[tuple[int, bytes, bytes]]:
    """Give all entries of some files in their order, after looking that they are one unbroken chain of one log."""
    found: list[tuple[int, bytes, bytes]] = []
    tree = Frontier()
    with reading(files[0]) as store:
        record = store.administration.workspace()
        assert record is not None
        previous = record.log_id
    for file in files:
        with reading(file) as store:
            before = store.archives.last()
            assert (before.last if before else 0) == len(found)
            assert before is None or (before.head, before.frontier) == (previous, tree.to_bytes())
        for seq, body, digest in rows(file):
            assert seq == len(found) + 1
            leaf = leaf_hash(body)
            assert digest == chain_hash(previous, leaf)
            tree.append(leaf)
            previous = digest
            found.append((seq, body, digest))
    return found
