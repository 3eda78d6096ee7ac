"""The audit log viewer at five million entries: opening, scrolling, filtering, searching, and what it takes.

Peers: DB Browser for SQLite opens the same table (under Xvfb, where both are installed), Qt's own
``QStandardItemModel`` scrolls six thousand rows, and SQLite's ``LIKE`` searches the same column.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from benchmarks.big_log import AUDITOR, big_log
from benchmarks.browsing import browsed
from benchmarks.rows import MEGABYTES, Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.log_reading import LogDesk, LogSearch, Standing

VIEWER, BARE = "benchmarks.audit_program", "benchmarks.bare_table"
FRAME = 16.7
AT_ONCE = 50.0
WORD = "_1234.cs"
SMALL = 100_000
SLICE = 0.03
ASKED = ("type", "package", "owner", "result", "month", "old-month", "sorted")
Samples = tuple[float, ...]


def viewing(stage: Stage) -> Iterable[Row]:
    """Open, scroll, filter and search the log of five years, and weigh the viewer that shows it."""
    entries = stage.sizes.log_entries
    path = big_log(entries)
    yield from _opening(stage, path, entries)
    yield from _scrolling(stage, path, entries)
    yield from _answers(stage, path, entries)
    yield from _searching(path, entries, max(1, stage.sizes.rounds // 3))
    yield from _memory(stage, path, entries)


def _viewer(stage: Stage, path: Path, *scenario: object) -> dict[str, object]:
    return stage.run(VIEWER, scenario, "--home", str(stage.folder / "home"), "--audit", str(path)).values


def _painted(stage: Stage, path: Path) -> float:
    return stage.run(VIEWER, ("page",), "--home", str(stage.folder / "home"), "--audit", str(path)).ms("painted")


def _opening(stage: Stage, path: Path, entries: int) -> Iterable[Row]:
    smaller, empty = big_log(min(SMALL, entries)), big_log(0)
    big: list[float] = []
    small: list[float] = []
    none: list[float] = []
    for _ in range(stage.sizes.rounds):
        for log, samples in ((path, big), (smaller, small), (empty, none)):
            samples.append(_painted(stage, log))
    yield Row(
        f"viewer: start to first page painted, {entries:,} entries",
        tuple(big),
        tuple(small),
        f"own with {min(SMALL, entries):,}",
        Judge.RATIO,
        1.2,
    )
    rounds = max(1, stage.sizes.rounds // 3)
    opened, started = browsed(path, "audit", rounds), browsed(None, "", rounds)
    extra = tuple(max(0.1, sample - median(none)) for sample in big)
    if opened and started:
        peer = tuple(max(0.1, sample - median(started)) for sample in opened)
        yield Row("  less the start with an empty log", extra, peer, "DB Browser, less its start", Judge.RATIO, 0.10)
    else:
        yield Row("  less the start with an empty log", extra)


def _scrolling(stage: Stage, path: Path, entries: int) -> Iterable[Row]:
    count = stage.sizes.frames
    ours = _viewer(stage, path, "frames", count)
    theirs = stage.run(BARE, ("frames", count)).values
    for name in ("jump", "paging", "wheel"):
        goal = f"viewer, {name}: a frame, {entries:,} rows"
        yield Row(goal, _of(ours, name), _of(theirs, name), "QStandardItemModel, 6,000 rows", Judge.RATIO, 0.8)
        yield Row("  the worst of all", _of(ours, name), judge=Judge.WORST, limit=FRAME)
        own = _of(ours, f"{name}-own")
        yield Row("  the worst without what other programs took", own, judge=Judge.WORST, limit=FRAME)


def _answers(stage: Stage, path: Path, entries: int) -> Iterable[Row]:
    found = _viewer(stage, path, "answers", stage.sizes.rounds, WORD)
    for name in ASKED:
        goal = f"viewer, filter by {name}: first page painted" if name != "sorted" else "viewer, sorted by package"
        yield Row(goal, _of(found, f"{name}-first"), judge=Judge.MEDIAN, limit=AT_ONCE)
    yield Row("viewer, search: first hits painted", _of(found, "word-first"), judge=Judge.MEDIAN, limit=AT_ONCE)
    yield Row("  to the end, in the window", _of(found, "word-whole"))
    yield Row("  stopped", _of(found, "stop"), judge=Judge.MEDIAN, limit=AT_ONCE)


def _searching(path: Path, entries: int, rounds: int) -> Iterable[Row]:
    like = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    search = LogSearch(LogDesk(path, Person(AUDITOR, "")))
    pattern = "%" + WORD.replace("_", "\\_") + "%"
    ours: list[float] = []
    theirs: list[float] = []
    try:
        for number in range(rounds + 1):
            began = time.perf_counter()
            like.execute("SELECT count(*) FROM audit WHERE description LIKE ? ESCAPE '\\'", (pattern,)).fetchone()
            between = time.perf_counter()
            found, _ = search.begin(LogQuery(text=WORD), SLICE, 200)
            while found.standing is Standing.RUNNING:
                found = search.go_on(SLICE)
            if number:  # the first round brings the file into memory
                theirs.append((between - began) * 1000)
                ours.append((time.perf_counter() - between) * 1000)
    finally:
        like.close()
        search.close()
    goal = f"search through all {entries:,} entries"
    yield Row(goal, tuple(ours), tuple(theirs), "SQLite's LIKE over the descriptions", Judge.RATIO, 1.15)


def _memory(stage: Stage, path: Path, entries: int) -> Iterable[Row]:
    if not Path("/proc/self/statm").exists():
        return
    ours: list[float] = []
    empty: list[float] = []
    bare: list[float] = []
    for _ in range(max(1, stage.sizes.rounds // 3)):
        ours.append(float(_viewer(stage, path, "frames", min(50, stage.sizes.frames))["memory"]))  # type: ignore[arg-type]
        empty.append(float(_viewer(stage, big_log(0), "memory")["memory"]))  # type: ignore[arg-type]
        bare.append(stage.run(BARE, ("memory",)).values["memory"])
    goal = f"viewer, resident with {entries:,} rows, scrolled about"
    yield Row(goal, tuple(ours), tuple(empty), "own with an empty log", Judge.RATIO, 1.15, MEGABYTES)
    yield Row("  beside a bare window", tuple(ours), tuple(bare), "bare PySide6 window", Judge.RATIO, 1.15, MEGABYTES)


def _of(found: dict[str, object], name: str) -> Samples:
    samples = found[name]
    assert isinstance(samples, list)
    return tuple(samples)
