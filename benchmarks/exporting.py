"""Taking a million entries away: CSV beside the ``sqlite3`` program, JSON Lines, the evidence bundle and its check."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.big_log import big_log
from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.sealing.keys import FilePlace
from hotfix_desktop.sealing.seals import Seals
from hotfix_desktop.services import bundle_verify
from hotfix_desktop.services.auditing import AuditDesk, open_desk
from hotfix_desktop.services.bundle import make_bundle
from hotfix_desktop.services.exporting import ExportFormat, export
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.services.log_tree import grow
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
from hotfix_desktop.store.store import Store
from hotfix_desktop.workspaces.memory import MemoryWorkspace

MOST = 1_000_000
ROUNDS = 3
VERIFY_MS = 5000.0
COLUMNS = (
    "seq, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch'), type, package, owner, ip_address, result,"
    " description, hotfix, lower(hex(hash))"
)
"""Those of our CSV, but for ticket and reason, which stand in the canonical bytes only."""


def exporting(stage: Stage) -> Iterable[Row]:
    """Export the same log in each format, and check the bundle (goals S7 and R7)."""
    count = min(stage.sizes.log_entries, MOST)
    rounds = min(stage.sizes.rounds, ROUNDS)
    path = _signed(big_log(count), stage.folder / "exporting" / "log.sqlite3")
    out = path.parent
    with closing(open_desk(path, SystemClock(), current_person()).store) as store:
        desk = AuditDesk(store, SystemClock(), current_person())
        for kind, limit in ((ExportFormat.CSV, 2.0), (ExportFormat.JSONL, None)):
            mode = "-csv" if kind is ExportFormat.CSV else "-json"
            ours: list[float] = []
            theirs: list[float] = []
            for _ in range(rounds):
                ours.append(_timed(partial(export, desk, LogQuery(), out / f"ours.{kind}", kind)))
                if shutil.which("sqlite3"):
                    theirs.append(_timed(partial(_sqlite3, path, mode, out / f"theirs.{kind}")))
            judge = Judge.RATIO if limit and theirs else Judge.NOTHING
            named = f"sqlite3 {mode}" if theirs else ""
            goal = f"{count:,} entries as {kind}"
            yield Row(goal, tuple(ours), tuple(theirs), named, judge, limit if theirs else None)
        made = tuple(_timed(partial(make_bundle, desk, LogQuery(), out / "bundle.zip")) for _ in range(rounds))
        yield Row(f"{count:,} entries as bundle, verified before", made)
    checked = tuple(_timed(partial(_verify, out / "bundle.zip")) for _ in range(rounds))
    yield Row(f"verify.py on {count:,} entries", checked, judge=Judge.MEDIAN, limit=VERIFY_MS)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _sqlite3(path: Path, mode: str, target: Path) -> None:
    with target.open("wb") as file:
        subprocess.run(
            ["sqlite3", "-readonly", mode, str(path), f"SELECT {COLUMNS} FROM audit"], stdout=file, check=True
        )


def _verify(bundle: Path) -> None:
    done = subprocess.run([sys.executable, "-I", bundle_verify.__file__, str(bundle)], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the bundle is not proven: {done.stdout.decode()}")


def _signed(log: Path, path: Path) -> Path:
    """Copy a log, which is not to be written to, and sign the copy."""
    path.parent.mkdir()
    shutil.copyfile(log, path)
    keys = FilePlace(path.parent / "keys")
    with closing(Store(path)) as store:
        bench = Workbench(store, MemoryWorkspace([], {}, "", ""), SystemClock(), current_person(), OwnHeartbeat())
        bench = replace(bench, seals=Seals(places=lambda: (keys,)))
        while not grow(bench, 1.0):
            pass
        if seal(bench) is None:
            raise RuntimeError(f"the log cannot be signed: {bench.seals.trouble}")
    return path
