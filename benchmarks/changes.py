"""S10 and the differ: a live look at an open package beside ``git status``, and the difference of 3 MB of text."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.recording import write_package
from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.core.patches import PatchFile, file_patch
from hotfix_desktop.core.text_diff import line_hunks
from hotfix_desktop.core.text_forms import text_of
from hotfix_desktop.core.text_merge import merge_bytes
from hotfix_desktop.services import hotfixes, protection
from hotfix_desktop.services.changes import LiveChanges

OF_GIT_STATUS, OF_GIT_DIFF = 2.0, 3.0
CHANGED_FILES, CHANGED_LINES = 5, 500


def changes(stage: Stage) -> Iterable[Row]:
    """Look again at an open package of many files, and compare two large texts."""
    yield from _live(stage.folder / "changes", stage.sizes.recorded, stage.sizes.rounds)
    yield from _texts(stage.folder / "texts", stage.sizes.rounds)


def _live(folder: Path, count: int, rounds: int) -> Iterable[Row]:
    package = folder / "Pkg" / "UsrBig"
    write_package(package, count)
    bench = make_bench(home_of(str(folder / "home")), folder / "Pkg", watched=False, sealed=False)
    try:
        protection.protect(bench)
        number = bench.store.packages.all()[0].package_id
        hotfixes.unlock(bench, number, "Benchmark", "", 30)
        git = _repository(package, folder / "git") if shutil.which("git") else []
        some = sorted(package.rglob("*.js"))[:: max(1, count // CHANGED_FILES)][:CHANGED_FILES]
        for path in some:
            path.write_bytes(b"changed")
        live = LiveChanges(bench)
        first = _timed(lambda: live.count(number))
        turns = []
        for _ in range(rounds):
            ours = _timed(lambda: live.count(number))
            theirs = (
                _timed(lambda: subprocess.run([*git, "status", "--short"], check=True, stdout=subprocess.DEVNULL))
                if git
                else 0.0
            )
            turns.append((ours, theirs))
        if live.count(number) != len(some):
            raise RuntimeError("the changes of the open package were not found")
    finally:
        bench.close()
    what = f"{count:,} files of an open package, {len(some)} of them changed"
    ours, theirs = zip(*turns, strict=True)
    yield Row(f"first look at {what}", (first,))
    judged = (theirs, "git status", Judge.RATIO, OF_GIT_STATUS) if git else ((), "", Judge.NOTHING, None)
    yield Row(f"live look at {what}", ours, *judged)


def _repository(package: Path, repository: Path) -> list[str]:
    git = ["git", f"--git-dir={repository}", f"--work-tree={package}"]
    named = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "gc.auto=0"]
    for words in (["init", "-q"], ["add", "-A"], [*named, "commit", "-q", "-m", "x"], ["status", "--short"]):
        subprocess.run([*git, *words], check=True, stdout=subprocess.DEVNULL)
    return git


def _texts(folder: Path, rounds: int) -> Iterable[Row]:
    before, ours = _metadata(""), _metadata("1234567")
    theirs = before.replace(b'"B3": 4\r\n', b'"B3": 5\r\n', 300)
    folder.mkdir(parents=True)
    names = []
    for name, data in (("before", before), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(data)
        names.append(str(folder / name))
    compared = [_timed(lambda: _hunks(before, ours)) for _ in range(rounds)]
    patched = [_timed(lambda: file_patch(PatchFile(b"metadata.json", before, ours))) for _ in range(rounds)]
    merged = [_timed(lambda: merge_bytes(before, ours, theirs)) for _ in range(rounds)]
    git_diff: tuple[float, ...] = ()
    git_merge: tuple[float, ...] = ()
    if shutil.which("git"):
        diff = ["git", "-c", "core.autocrlf=false", "diff", "--no-index", "--no-color", *names[:2]]
        merge = ["git", "merge-file", "-p", names[1], names[0], names[2]]
        git_diff = tuple(
            _timed(lambda: subprocess.run(diff, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            for _ in range(rounds)
        )
        git_merge = tuple(
            _timed(lambda: subprocess.run(merge, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            for _ in range(rounds)
        )
    what = f"{len(before) / 1e6:.1f} MB with {CHANGED_LINES} changed lines"
    judged = (git_diff, "git diff", Judge.RATIO, OF_GIT_DIFF) if git_diff else ((), "", Judge.NOTHING, None)
    yield Row(f"differences of {what}", tuple(compared), *judged)
    yield Row("  as a patch", tuple(patched), git_diff, "git diff" * bool(git_diff))
    yield Row("  merge with 300 other lines", tuple(merged), git_merge, "git merge-file" * bool(git_merge))


def _hunks(before: bytes, after: bytes) -> None:
    was, now = text_of(before), text_of(after)
    if was is None or now is None or len(line_hunks(was.lines, now.lines)) != CHANGED_LINES:
        raise RuntimeError("the differences of the text were not found")


def _metadata(changed: str) -> bytes:
    """Give some 3 MB of a schema's metadata; with ``changed``, one value in each of 500 places is another one."""
    count = 30_000
    blocks = []
    for number in range(count):
        value = changed if changed and not number % (count // CHANGED_LINES) else str(number % 7)
        lines = (
            "    {",
            f'      "UId": "{number:08x}-1c5a-4e7d",',
            '      "A2": true,',
            f'      "B3": {value}',
            "    },",
        )
        blocks += [line + "\r\n" for line in lines]
    return "".join(blocks).encode()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
