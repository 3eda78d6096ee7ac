"""Verifying the audit log: its chain, and everything, beside what git and journald do to verify as many entries."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.big_log import big_log
from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.core.verification import chained
from hotfix_desktop.services.verifying import verify
from hotfix_desktop.store.chain_reader import CHUNK, COLUMNS

MOST = 1_000_000
"""Entries of the log that is verified."""
PEERS = 20_000
"""Commits and journal entries: git fsck and journalctl take minutes for a million."""
TIMES = 0.2
REMOTE = ("/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote")
"""Writes a journal without systemd; Debian's package systemd-journal-remote."""


def verifying(stage: Stage) -> Iterable[Row]:
    """Verify in turns with the peers; every figure is for a thousand entries: a million a second is 1 ms."""
    count = min(stage.sizes.log_entries, MOST)
    few = min(count, PEERS)
    path = big_log(count)
    rounds = max(1, stage.sizes.rounds // 3)
    works: dict[str, tuple[Callable[[], object], int]] = {
        "chain": (lambda: _chain(path), count),
        "rows": (lambda: _read(path, COLUMNS), count),
        "everything": (lambda: _everything(path), count),
    }
    repository = _repository(stage.folder / "commits", few)
    works["git"] = (lambda: _run("git", "-C", str(repository), "fsck", "--full", "--no-progress"), few)
    journal = _journal(stage.folder / "journal", few)
    if journal is not None:
        works["journal"] = (lambda: _run("journalctl", "--verify", "--file", str(journal)), few)
    samples: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, entries) in works.items():
            began = time.perf_counter()
            work()
            samples[name].append((time.perf_counter() - began) * 1e6 / entries)
    found = {name: tuple(values) for name, values in samples.items()}
    goal = f"verify the chain, {count:,} entries, for a thousand"
    yield Row(goal, found["chain"], judge=Judge.MEDIAN, limit=1.0)
    git = f"git fsck, {few:,} commits"
    yield Row("  beside git", found["chain"], found["git"], git, Judge.RATIO, TIMES)
    goal = "verify everything (columns, Merkle tree, numbers)"
    yield Row(goal, found["everything"], found["git"], git)
    yield Row("  beside reading all rows", found["everything"], found["rows"], "sqlite3, all columns")
    if journal is not None:
        peer = f"journalctl --verify, {few:,}"
        yield Row("  beside journald", found["everything"], found["journal"], peer)


def _chain(path: Path) -> None:
    """Verify the stored chain alone: every body, every hash."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as plain:
        (head,) = plain.execute("SELECT log_id FROM workspace").fetchone()
        cursor = plain.execute("SELECT body, hash FROM audit ORDER BY seq")
        while rows := cursor.fetchmany(CHUNK):
            bodies, hashes = zip(*rows, strict=True)
            if chained(head, bodies, hashes) is None:
                raise RuntimeError("the big log is broken")
            head = hashes[-1]


def _read(path: Path, columns: str) -> None:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as plain:
        cursor = plain.execute(f"SELECT {columns} FROM audit ORDER BY seq")
        while cursor.fetchmany(CHUNK):
            pass


def _everything(path: Path) -> None:
    verdict = verify(path, datetime.now(UTC), everything=True)
    if not verdict.is_whole:
        raise RuntimeError(f"the big log is broken: {verdict.finding}")


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{command} ended with {ended.returncode}: {ended.stderr[-500:]!r}")


def _repository(folder: Path, count: int) -> Path:
    """Make a chain of commits, one for each entry, in one pack."""
    folder.mkdir()
    _run("git", "-C", str(folder), "init", "-q", "--bare")
    text = "".join(_commits(count))
    ended = subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet"], input=text.encode(), capture_output=True, check=False
    )
    if ended.returncode:
        raise RuntimeError(f"git fast-import: {ended.stderr[-500:]!r}")
    return folder


def _commits(count: int) -> Iterator[str]:
    for number in range(count):
        message = f"Entry {number}: ann unlocked UsrInvoices for a hotfix " + "x" * 100
        yield (
            f"commit refs/heads/log\ncommitter ann <ann@example.org> {1_700_000_000 + number} +0000\n"
            f"data {len(message)}\n{message}\nM 100644 inline entry\ndata {len(message)}\n{message}\n"
        )


def _journal(folder: Path, count: int) -> Path | None:
    """Make a journal with as many entries; None where nothing here can write one."""
    remote = shutil.which("systemd-journal-remote") or next((name for name in REMOTE if Path(name).exists()), None)
    if remote is None or shutil.which("journalctl") is None:
        return None
    folder.mkdir()
    boot = "0123456789abcdef0123456789abcdef"
    text = "".join(
        f"__REALTIME_TIMESTAMP={1_700_000_000_000_000 + number}\n__MONOTONIC_TIMESTAMP={number + 1}\n_BOOT_ID={boot}\n"
        f"MESSAGE=Entry {number}: ann unlocked UsrInvoices {'x' * 100}\nPRIORITY=5\n\n"
        for number in range(count)
    )
    file = folder / "log.journal"
    ended = subprocess.run(
        [remote, f"--output={file}", "--split-mode=none", "-"], input=text.encode(), capture_output=True, check=False
    )
    return file if ended.returncode == 0 and file.exists() else None
