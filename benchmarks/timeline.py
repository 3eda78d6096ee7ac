"""Frames of the timeline with twenty thousand hotfixes, and how long these take to be read out of a log."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import chain

from benchmarks.big_log import AUDITOR, big_log
from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.log_reading import LogDesk
from hotfix_desktop.services.timeline import open_timeline, read_timeline

WINDOW = "benchmarks.timeline_window"
FRAME = 16.7
READ = 1000.0
LANES = (1, 40, 200)
"""All in one lane, as many lanes as fit a few times over, and as many as a big workspace has packages."""


def timeline(stage: Stage) -> Iterable[Row]:
    """Zoom, drag and scroll with real events in a window of 1100 × 700; then read the hotfixes of a log."""
    sizes = stage.sizes
    runs = [stage.run(WINDOW, ("frames", sizes.windows, lanes, max(1, sizes.rounds // 3))).values for lanes in LANES]
    for name in ("zoom", "drag", "scroll"):
        samples = tuple(chain.from_iterable(run[name] for run in runs))
        yield Row(f"timeline, {name}: a frame, {sizes.windows:,} hotfixes", samples, judge=Judge.MEDIAN, limit=FRAME)
        yield Row("  the worst of all", samples, judge=Judge.WORST, limit=FRAME)
        worked = tuple(chain.from_iterable(run[f"{name}-worked"] for run in runs))
        yield Row("  the worst without what other programs took", worked, judge=Judge.WORST, limit=FRAME)
    shown = tuple(chain.from_iterable(run["shown"] for run in runs))
    yield Row("  the first frame", shown, judge=Judge.WORST, limit=FRAME)
    yield Row("  laid out, on the lane", tuple(chain.from_iterable(run["layout"] for run in runs)))
    yield _read(sizes.log_entries, max(2, sizes.rounds // 3))


def _read(entries: int, rounds: int) -> Row:
    desk = open_timeline(LogDesk(big_log(entries), Person(AUDITOR, "")), SystemClock())
    samples, found = [], 0
    try:
        for _ in range(rounds):
            began = time.perf_counter()
            found = len(read_timeline(desk, LogQuery()).windows)
            samples.append((time.perf_counter() - began) * 1000)
    finally:
        desk.close()
    goal = f"{found:,} hotfixes read out of {entries:,} entries"
    return Row(goal, tuple(samples), judge=Judge.MEDIAN, limit=READ)
