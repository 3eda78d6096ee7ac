"""A keystroke in the filter of a big workspace, until everything is painted again."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from benchmarks.programs import BARE, PRODUCT
from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage

FRAME = 16.7
# As one types, corrects and clears; the single letters let nearly all through, the last one nothing.
TEXTS = (
    *("i", "in", "inv", "invoice 0", "inv", "", "u", "usrsales", ""),
    *("customer", "blocked", "", "nothing at all", ""),
)


def filter_key(stage: Stage) -> Iterable[Row]:
    """Type into the filter, and clear it."""
    count, rounds = stage.sizes.big, max(1, stage.sizes.rounds // 3)
    arguments = stage.ground(count).arguments
    product: list[float] = []
    peer: list[float] = []
    for _ in range(2):
        product += stage.run(PRODUCT, ("keystrokes", rounds, *TEXTS), *arguments).values["samples"]
        peer += stage.run(BARE, ("keystrokes", count, rounds, *TEXTS)).values["samples"]
    goal, name = f"keystroke in the filter, {count:,} packages", "QSortFilterProxyModel"
    yield Row(goal, tuple(product), tuple(peer), name, Judge.MEDIAN, FRAME)
    slowest = max((product[at :: len(TEXTS)] for at in range(len(TEXTS))), key=median)
    yield Row("  the slowest text", tuple(slowest), judge=Judge.MEDIAN, limit=FRAME)
    yield Row("  the worst of all, noise included", tuple(product), judge=Judge.WORST, limit=FRAME)
