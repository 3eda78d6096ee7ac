"""What the window costs while nobody touches it."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.programs import BARE, PRODUCT
from benchmarks.rows import PERCENT, Judge, Row
from benchmarks.stage import Stage

LIMIT = 1.0


def idle(stage: Stage) -> Iterable[Row]:
    """Let the window stand with a few unlocked packages, beside a bare window that only wakes each second."""
    sizes = stage.sizes
    ground = stage.unlocked(sizes.idle_unlocked, of=sizes.small)
    with ThreadPoolExecutor() as both:  # side by side: neither of them needs a core
        product = both.submit(stage.run, PRODUCT, ("idle", sizes.idle_seconds), *ground.arguments)
        peer = both.submit(stage.run, BARE, ("idle", sizes.idle_seconds))
    yield Row(
        f"idle for {sizes.idle_seconds:g} s, {sizes.idle_unlocked} unlocked",
        (product.result().values["cpu"],),
        (peer.result().values["cpu"],),
        "bare window, waking each second",
        Judge.MEDIAN,
        LIMIT,
        PERCENT,
    )
