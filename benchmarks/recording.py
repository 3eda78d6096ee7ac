"""S11 and S12: what a package contains is recorded at unlock and lock, beside git and ``cp -r``."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.rows import MEGABYTES, Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.services import hotfixes, protection

FIRST_OF_GIT, FIRST_OF_COPY, LATER_OF_GIT = 0.25, 0.7, 0.05
PIECE = 1_000_000
EACH = 100
"""Files in a folder."""
BYTES = 2000
OF_LARGE, OF_MANY = 100.0, 250.0
"""Megabytes: a few packs and the cache of the store, whatever a file holds; and the facts of 100,000 files."""
PROGRAM = "benchmarks.recording_memory"


def recording(stage: Stage) -> Iterable[Row]:
    """Record a package of many small files for the first time, and then unchanged; and whole verbs around it."""
    folder = stage.folder / "recording"
    package = folder / "Pkg" / "UsrBig"
    write_package(package, stage.sizes.recorded)
    copied = _timed(lambda: subprocess.run(["cp", "-r", str(package), str(folder / "copy")], check=True))
    shutil.rmtree(folder / "copy")
    committed = _committed(package, folder / "git") if shutil.which("git") else 0.0
    bench = make_bench(home_of(str(folder / "home")), folder / "Pkg", watched=False, sealed=False)
    try:
        protection.protect(bench)
        number = bench.store.packages.all()[0].package_id
        verbs = [
            _timed(work)
            for _ in range(2)
            for work in (
                lambda: hotfixes.unlock(bench, number, "Benchmark", "", 30),
                lambda: hotfixes.lock(bench, number),
            )
        ]
        protection.release(bench)  # the program that measures memory protects it from a home of its own
    finally:
        bench.close()
    first, _, again, locking = verbs
    what = f"{stage.sizes.recorded:,} files of 2 kB"
    git = (committed,) if committed else ()
    name, judge = ("git add + commit", Judge.RATIO) if git else ("", Judge.NOTHING)
    yield Row(f"first unlock, {what}", (first,), git, name, judge, FIRST_OF_GIT if git else None)
    yield Row("  the same", (first,), (copied,), "cp -r", Judge.RATIO, FIRST_OF_COPY)
    yield Row("second unlock of it, unchanged", (again,), git, name, judge, LATER_OF_GIT if git else None)
    yield Row("lock of it, unchanged", (locking,), git, name, judge, LATER_OF_GIT if git else None)
    yield _memory(stage, folder, f"unlock and lock of {what}", OF_MANY)
    large = stage.folder / "recording one file"
    write_large(large / "Pkg" / "UsrLarge", stage.sizes.recorded_bytes)
    yield _memory(stage, large, f"the same of one file of {stage.sizes.recorded_bytes // 1_000_000} MB", OF_LARGE)
    shutil.rmtree(large / "home of memory")


def _memory(stage: Stage, folder: Path, goal: str, limit: float) -> Row:
    found = stage.run(PROGRAM, ("memory", folder)).values["memory"]
    return Row(f"memory: {goal}", (found,), judge=Judge.MEDIAN, limit=limit, unit=MEGABYTES)


def write_package(package: Path, count: int) -> None:
    """Write a package of so many files of words, no two of them alike."""
    chance = random.Random(11)
    words = [f"word{number}".encode() for number in range(3000)]
    for number in range(count):
        folder = package / "Schemas" / f"UsrSchema{number // EACH:04}"
        if not number % EACH:
            folder.mkdir(parents=True)
        text = b" ".join(chance.choices(words, k=BYTES // 7))[: BYTES - 8]
        (folder / f"file{number % EACH:02}.js").write_bytes(text + b"%08d" % number)
    _write_descriptor(package)


def write_large(package: Path, size: int) -> None:
    """Write a package of one file of so many bytes, which no compression makes smaller."""
    package.mkdir(parents=True)
    chance = random.Random(12)
    with open(package / "large.bin", "wb") as file:
        for at in range(0, size, PIECE):
            file.write(chance.randbytes(min(PIECE, size - at)))
    _write_descriptor(package)


def _write_descriptor(package: Path) -> None:
    named = f'"UId": "0b1c5a7e-0000-4000-8000-000000000001", "Name": "{package.name}", "Maintainer": "Customer"'
    (package / "descriptor.json").write_text(f'{{"Descriptor": {{{named}}}}}', "utf-8")


def _committed(package: Path, repository: Path) -> float:
    def commit() -> None:
        git = ["git", f"--git-dir={repository}", f"--work-tree={package}"]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "add", "-A"], check=True)
        named = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "gc.auto=0"]
        subprocess.run([*git, *named, "commit", "-q", "-m", "x"], check=True)

    return _timed(commit)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
