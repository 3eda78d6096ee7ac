"""From the start of the process to the first painted window, to the painted packages, and to the demo."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.programs import BARE, PRODUCT, Marks
from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage

PEER = "bare PySide6 window"
START_LIMIT = 1.5
SHOWN_LIMIT = 500.0


def start(stage: Stage) -> Iterable[Row]:
    """Start to the first painted main window, on its welcome page and with a small workspace."""
    empty = ("--home", str(stage.folder / "no home yet"))
    yield _against_bare(stage, "start, welcome page", empty)
    small = stage.ground(stage.sizes.small)
    yield _against_bare(stage, f"start, {stage.sizes.small} packages", small.arguments)
    pairs = [(stage.run(BARE, ("furnished",)), stage.run(BARE, ("paint",))) for _ in range(stage.sizes.rounds + 1)]
    yield Row(
        "  the limit: such a window without a program",
        tuple(furnished.ms("painted") for furnished, _ in pairs[1:]),
        tuple(bare.ms("painted") for _, bare in pairs[1:]),
        PEER,
    )


def _against_bare(stage: Stage, goal: str, arguments: tuple[str, ...]) -> Row:
    pairs = _pairs(stage, stage.sizes.rounds, "paint", arguments)
    return Row(
        goal,
        tuple(product.ms("painted") for product, _ in pairs),
        tuple(bare.ms("painted") for _, bare in pairs),
        PEER,
        Judge.RATIO,
        START_LIMIT,
    )


def shown(stage: Stage) -> Iterable[Row]:
    """Start to the painted packages of a big workspace that was opened before."""
    count = stage.sizes.big
    pairs = _pairs(stage, max(1, stage.sizes.rounds // 2), "rows", stage.ground(count).arguments)
    bare = tuple(peer.ms("painted") for _, peer in pairs)
    whole = tuple(product.ms("rows") for product, _ in pairs)
    yield Row(f"shown, {count:,} packages, second start", whole, bare, PEER, Judge.MEDIAN, SHOWN_LIMIT)
    yield Row("  of it, from the painted window on", tuple(p.ms("rows", "painted") for p, _ in pairs))


def demo(stage: Stage) -> Iterable[Row]:
    """Start to the loaded demo, which is made fresh on the way."""
    arguments = ("--home", str(stage.folder / "demo home"), "--demo")
    pairs = _pairs(stage, max(1, stage.sizes.rounds // 4), "loaded", arguments)
    yield Row(
        "start of the demo, to loaded",
        tuple(product.ms("loaded") for product, _ in pairs),
        tuple(bare.ms("painted") for _, bare in pairs),
        PEER,
    )


def _pairs(stage: Stage, rounds: int, scenario: str, arguments: tuple[str, ...]) -> list[tuple[Marks, Marks]]:
    """Run both in turns; the first turn, which only fills caches, does not count."""
    pairs = [(stage.run(PRODUCT, (scenario,), *arguments), stage.run(BARE, ("paint",))) for _ in range(rounds + 1)]
    return pairs[1:]
