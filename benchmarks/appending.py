"""A durable audit entry, beside what the disk alone needs for as many bytes, and four programs that enter at once."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from benchmarks.beating import in_turns
from benchmarks.rows import Judge, Row
from benchmarks.stage import Ground, Stage
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.services import sealing
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.home import Home

BYTES = b"x" * 512
PROGRAMS = 4
LOOK_EVERY = 64
"""Entries between two questions whether a seal is due; in the product a beat asks each second."""
PATIENCE = 300


def append(stage: Stage) -> Iterable[Row]:
    """Append entries one by one, and by several programs at once, sealed every 256 entries (goal S9)."""
    ground = stage.ground(stage.sizes.small)
    yield _beside_the_disk(stage, ground)
    yield _at_once(stage, ground)


def _beside_the_disk(stage: Stage, ground: Ground) -> Row:
    sync = getattr(os, "fdatasync", os.fsync)
    file = os.open(stage.folder / "plain file", os.O_RDWR | os.O_CREAT)
    try:
        with ground.bench() as bench:

            def plain() -> None:
                os.write(file, BYTES)
                sync(file)

            product, peer = in_turns(stage.sizes.appends, lambda: _entry(bench), plain)
    finally:
        os.close(file)
    return Row("durable audit entry", product, peer, "write + fdatasync of 512 B", Judge.RATIO, 1.5)


def _at_once(stage: Stage, ground: Ground) -> Row:
    """Time one program and four in turns, as milliseconds for each entry; raises when an entry is missing."""
    rounds = min(stage.sizes.rounds, 5)
    alone, together = [], []
    for _ in range(rounds):
        alone.append(_run(ground, 1, stage.sizes.appends * 2))
        together.append(_run(ground, PROGRAMS, stage.sizes.appends // 2))
    return Row(
        f"durable audit entry, {PROGRAMS} programs at once",
        tuple(together),
        tuple(alone),
        "one program alone",
        Judge.RATIO,
        round(1 / 0.7, 2),
    )


def _run(ground: Ground, programs: int, count: int) -> float:
    context: Any = multiprocessing.get_context("spawn")
    gate, times = context.Barrier(programs), context.Queue()
    with ground.bench() as bench:
        before = bench.store.ledger.newest()
        at_work = [
            context.Process(target=_program, args=(ground.home.folder, ground.packages, count, gate, times))
            for _ in range(programs)
        ]
        for process in at_work:
            process.start()
        spans = [times.get(timeout=PATIENCE) for _ in at_work]
        for process in at_work:
            process.join(PATIENCE)
        _demand_no_gap(bench, before, programs * count)
    began, ended = min(span[0] for span in spans), max(span[1] for span in spans)
    return (ended - began) * 1000 / (programs * count)


def _program(home: Path, packages: Path, count: int, gate: Barrier, times: Any) -> None:
    with Ground(packages, Home(home)).bench() as bench:
        _entry(bench)  # what is loaded with the first one is not timed, nor is its entry counted as missing
        gate.wait(PATIENCE)
        began = time.monotonic()
        for number in range(count):
            _entry(bench)
            if number % LOOK_EVERY == 0:
                sealing.seal_if_due(bench)
        times.put((began, time.monotonic()))


def _demand_no_gap(bench: Workbench, before: int, least: int) -> None:
    numbers = [seq for seq, _body in bench.store.ledger.bodies(before, 10**9)]
    if len(numbers) < least or numbers != list(range(before + 1, before + 1 + len(numbers))):
        raise RuntimeError(f"{len(numbers)} entries after {before} are too few, or have a gap")


def _entry(bench: Workbench) -> None:
    bench.enter_alone(bench.event(AuditType.AUDIT_OPENED, "Somebody opened the audit log of the benchmark"))
