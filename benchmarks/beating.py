"""One heartbeat with many unlocked packages: the relocker's work, and the window's."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing

from benchmarks.programs import PRODUCT
from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.services.relocking import Relocker

LIMIT = 2.0
BEATS = 100


def heartbeat(stage: Stage) -> Iterable[Row]:
    """Beat while nothing is due."""
    sizes = stage.sizes
    ground = stage.unlocked(sizes.unlocked, of=sizes.big)
    count = BEATS if sizes.rounds > 1 else 5
    with ground.bench() as bench, closing(sqlite3.connect(bench.store.path)) as plain:
        relocker = Relocker(bench)
        product, peer = in_turns(count, relocker.beat, lambda: _leases(plain))
        assert len(relocker.beat().open_hotfixes) == sizes.unlocked
    goal = f"heartbeat, {sizes.unlocked} unlocked"
    yield Row(goal, product, peer, "plain SELECT of the rows", Judge.MEDIAN, LIMIT)
    marks = stage.run(PRODUCT, ("beats", count), *ground.arguments)
    yield Row(
        f"  the window's share, {sizes.big:,} packages",
        tuple(marks.values["samples"]),
        tuple(marks.values["paints"]),
        "painting its tree",
    )


def in_turns(
    count: int, product: Callable[[], object], peer: Callable[[], object]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Time both in turns, in milliseconds; the first turn does not count."""
    pairs = [(_timed(product), _timed(peer)) for _ in range(count + 1)][1:]
    return tuple(mine for mine, _ in pairs), tuple(other for _, other in pairs)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _leases(plain: sqlite3.Connection) -> None:
    plain.execute("PRAGMA data_version").fetchone()
    plain.execute("SELECT * FROM hotfix WHERE state <> 'closed'").fetchall()
