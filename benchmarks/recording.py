"""S11 and S12: what a package contains is recorded at unlock and lock, beside git and ``cp -r``."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.services import hotfixes, protection

FIRST_OF_GIT, FIRST_OF_COPY, LATER_OF_GIT = 0.25, 0.7, 0.05
EACH = 100
"""Files in a folder."""
BYTES = 2000


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
    finally:
        bench.close()
    first, _, again, locking = verbs
    what = f"{stage.sizes.recorded:,} files of 2 kB"
    git = (committed,) if committed else ()
    name, judge = ("git add + commit", Judge.RATIO) if git else ("", Judge.NOTHING)
    yield Row(f"first unlock, {what}", (first,), git, name, judge, FIRST_OF_GIT if git else None)
    yield Row("  the same", (first,), (copied,), "cp -r", Judge.RATIO, FIRST_OF_COPY)
    yield Row("second unlock of it, unchanged", (again,), git, name, judge, LATER_OF_GIT if git else None)
    yield Row("lock of it, every file read again", (locking,), git, name, judge, LATER_OF_GIT if git else None)


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
    (package / "descriptor.json").write_bytes(
        b'{"Descriptor": {"UId": "0b1c5a7e-0000-4000-8000-000000000001", "Name": "UsrBig", "Maintainer": "Customer"}}'
    )


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
