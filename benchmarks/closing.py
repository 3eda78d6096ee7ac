"""Closing and opening the files of a large package, beside ``chmod -R``."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.workspaces import modes

SAME, WITH_RECORD = 1.0, 1.5
# A package of schemas has a folder for every few files, one of static content hundreds of files in a folder.
SHAPES = {"hundreds in a folder": 250, "schemas of four": 4}


def files(stage: Stage) -> Iterable[Row]:
    """Close and open a package of many files."""
    if shutil.which("chmod") is None:
        return  # there is no such peer on Windows
    for shape, each in SHAPES.items():
        root = stage.folder / "files" / shape
        _write_files(root, stage.sizes.files, each)
        yield from _rows(f"{stage.sizes.files:,} files, {shape}", str(root), stage.sizes.rounds)


def _rows(what: str, root: str, rounds: int) -> Iterable[Row]:
    turns = [_turn(root) for _ in range(rounds + 1)][1:]
    record, close, reopen, down, up = zip(*turns, strict=True)
    both = tuple(one + other for one, other in zip(record, close, strict=True))
    yield Row(f"close {what}", close, down, "chmod -R a-w", Judge.RATIO, SAME)
    yield Row("  with the recording", both, down, "chmod -R a-w", Judge.RATIO, WITH_RECORD)
    yield Row(f"open {what}", reopen, up, "chmod -R u+w", Judge.RATIO, SAME)


def _turn(root: str) -> tuple[float, ...]:
    taken = b""

    def record() -> None:
        nonlocal taken
        taken = modes.record(root, None)

    return (
        _timed(record),
        _timed(lambda: modes.close(root, taken)),
        _timed(lambda: modes.open(root, taken)),
        _timed(lambda: subprocess.run(["chmod", "-R", "a-w", root], check=True)),
        _timed(lambda: subprocess.run(["chmod", "-R", "u+w", root], check=True)),
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _write_files(root: Path, count: int, each: int) -> None:
    for number in range(count):
        folder = root / "Schemas" / f"UsrSchema{number // each:04}"
        if not number % each:
            folder.mkdir(parents=True)
        (folder / f"file{number % each:03}.json").write_bytes(b"{}")
