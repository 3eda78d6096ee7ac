"""A delivery of 1,000 changed files, each of them changed in development, too: the plan, and the commit.

The peer is git itself, which merges the same two sides with ``git merge`` in a work tree.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.app import make_bench
from hotfix_desktop.core.changes import changes_between
from hotfix_desktop.core.lifecycle import Ending, UnlockRequest
from hotfix_desktop.core.manifest import Fact, Kind, Manifest
from hotfix_desktop.services import catalogue, protection
from hotfix_desktop.services.delivering import deliver, message_for, plan_delivery
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.home import Home

MOST = 2000.0
"""Milliseconds for the plan of 1,000 files, and for their commit (issue 5)."""
FILES = 1000
UID = "5d0f5a5e-0000-4000-8000-000000000001"
DESCRIPTOR = b'{"Descriptor": {"UId": "%s", "Name": "Big", "Maintainer": "Customer"}}' % UID.encode()
_PLAIN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def delivering(stage: Stage) -> Iterable[Row]:
    """Plan and deliver a hotfix that development met on each of its files."""
    if shutil.which("git") is None:
        return
    count = min(FILES, stage.sizes.files)
    before, after, theirs = (_files(count, who) for who in ("", "production", "development"))
    folder = stage.folder / "delivering"
    package = folder / "Pkg" / "Big"
    package.mkdir(parents=True)
    (package / "descriptor.json").write_bytes(DESCRIPTOR)
    repository = _repository(folder / "development", before, theirs)
    bench = make_bench(Home(folder / "home"), folder / "Pkg")
    try:
        protection.protect(bench)
        number = _hotfix(bench, before, after)
        plans, commits, merges = [], [], []
        for turn in range(max(1, min(3, stage.sizes.rounds))):
            began = time.perf_counter()
            plan = plan_delivery(bench, [number], repository, branch=f"fix-{turn}")
            plans.append((time.perf_counter() - began) * 1000)
            if len(plan.files) != count or plan.conflicts:
                raise RuntimeError(f"{len(plan.files)} files, {len(plan.conflicts)} conflicts")
            began = time.perf_counter()
            deliver(bench, replace(plan, made=""), {}, message_for(bench, [number]))
            commits.append((time.perf_counter() - began) * 1000)
            merges.append(_git_merge(repository, folder / f"merge-{turn}", after))
    finally:
        bench.close()
    goal = f"deliver {count:,} files that development changed, too"
    yield Row(f"{goal}: the plan", tuple(plans), tuple(merges), "git merge", Judge.MEDIAN, MOST)
    yield Row(f"{goal}: the commit", tuple(commits), judge=Judge.MEDIAN, limit=MOST)


def _files(count: int, who: str) -> dict[str, bytes]:
    """Give files of some 4 kB; production changes a line near the beginning, development one near the end."""
    files = {"descriptor.json": DESCRIPTOR}
    changed = {"production": 10, "development": 90}.get(who)
    for number in range(count):
        lines = [f"line {line} of file {number}, with some words".encode() for line in range(100)]
        if changed is not None:
            lines[changed] = f"changed in {who}".encode()
        files[f"Schemas/S{number:04}/S{number:04}.js"] = b"\r\n".join(lines) + b"\r\n"
    return files


def _repository(folder: Path, before: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> Path:
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "config", "user.name", "Dev")
    _git(folder, "config", "user.email", "dev@example.com")
    for files in (before, theirs):
        _write(folder / "packages" / "Big", files)
        _git(folder, "add", "-A")
        _git(folder, "commit", "-q", "-m", "work")
    return folder


def _git_merge(repository: Path, folder: Path, after: Mapping[str, bytes]) -> float:
    """Let git do the same from files that lie there: add, commit, merge. In milliseconds."""
    _git(repository, "worktree", "add", "-q", "--detach", str(folder), "main~1")
    try:
        _write(folder / "packages" / "Big", after)
        began = time.perf_counter()
        _git(folder, "add", "-A")
        _git(folder, "commit", "-q", "-m", "fix")
        _git(folder, "merge", "-q", "-m", "merge", "main")
        return (time.perf_counter() - began) * 1000
    finally:
        _git(repository, "worktree", "remove", "--force", str(folder))


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **_PLAIN})


def _hotfix(bench: Workbench, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> int:
    """Keep a closed hotfix with these trees, as unlock and lock do."""
    trees = [_tree(files) for files in (before, after)]
    for files, tree in zip((before, after), trees, strict=True):
        bench.contents.record(tree, _reader(files))
    package = catalogue.find(bench, "Big")
    now = bench.clock.now()
    with bench.store.transaction():
        request = UnlockRequest("VAT", "INC-1", 30)
        number = bench.store.hotfixes.begin(package.package_id, package.found, request, "ann", now).number
        bench.store.fixes.begin(number, package.package_id, trees[0].digest())
        bench.store.hotfixes.close(number, now.utc, "ann", Ending.LOCKED)
        bench.store.fixes.end(number, trees[1].digest(), changes_between(*trees).count)
    return number


def _tree(files: Mapping[str, bytes]) -> Manifest:
    return Manifest(
        {
            path.encode(): Fact(Kind.FILE, 0o444, len(data), (0, 0, 0), hashlib.sha256(data).digest())
            for path, data in files.items()
        }
    )


def _reader(files: Mapping[str, bytes]):  # type: ignore[no-untyped-def]
    def read(paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        for path in paths:
            yield path, iter([files[path.decode()]])

    return read
