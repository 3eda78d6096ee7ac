"""A folder under protection with its real guard and its log: what the faults are tried on."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.core.audit import AuditType, Entry, chain_hash, decode, leaf_hash
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.services.workbench import Workbench
from tests.faults.fault import Scale
from tests.faults.processes import descendants, kill, reap, wait_until
from tests.faults.tally import Trial
from tests.packages_on_disk import make_packages

ROOT = Path(protection.__file__).resolve().parents[2]
GRACE = 2.0
"""Seconds past its deadline at which no package may be open any more."""
ENDINGS = (AuditType.LOCKED, AuditType.RELOCKED)
_REAL = (Lease.starting, Lease.extended)


def a_minute_lasts(seconds: float) -> None:
    """Shorten the minutes of leases that start in this process: no hotfix is shorter than a minute; 60 undoes it.

    A guard in another process reads the lease from the database as it is, and knows nothing of this.
    """

    def span(minutes: int) -> timedelta:
        return timedelta(seconds=minutes * seconds)

    def starting(now: Moment, minutes: int) -> Lease:
        return Lease(opened=now, deadline=now.utc + span(minutes), granted=span(minutes))

    def extended(self: Lease, minutes: int) -> Lease:
        return Lease(self.opened, self.deadline + span(minutes), self.granted + span(minutes))

    changed = seconds != 60.0
    Lease.starting = starting if changed else _REAL[0]  # type: ignore[method-assign,assignment]
    Lease.extended = extended if changed else _REAL[1]  # type: ignore[method-assign]


class Ground:
    """A package folder under protection with a home of its own.

    Attributes:
        names: the packages that can be unlocked.
    """

    def __init__(self, folder: Path, packages: int = 1) -> None:
        """Make the folder and protect it."""
        self.names = tuple(f"Usr{number:03}" for number in range(packages))
        self.location = make_packages(folder / "Pkg", *self.names)
        self.home = home_of(str(folder / "home"))
        with self.bench() as bench:
            protection.protect(bench)
            self.database = bench.store.path
            self.ids = {p.name: p.package_id for p in catalogue.remembered(bench).packages}
        self.log = Log(self.database)
        self._started: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def bench(self, **how: object) -> Iterator[Workbench]:
        """Open the workspace in this process; ``how`` goes to ``make_bench``."""
        bench = make_bench(self.home, self.location, **how)  # type: ignore[arg-type]
        try:
            yield bench
        finally:
            bench.store.close()

    def unlock(self, name: str, minutes: int = 1) -> float:
        """Unlock a package from this process, without a guard; gives the deadline as ``time.time()`` counts."""
        with self.bench() as bench:
            return hotfixes.unlock(bench, self.ids[name], "Fault", "", minutes).lease.deadline.timestamp()

    def is_open(self, name: str) -> bool:
        """Whether any file or folder of a package has a write bit."""
        return has_write_bit(self.location / name)

    def open_names(self) -> list[str]:
        """Give the packages that have a write bit anywhere."""
        return [name for name in self.names if self.is_open(name)]

    def rows(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        """Ask the database directly."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as plain:
            return plain.execute(query, values).fetchall()

    def hotfixes_since(self, number: int) -> list[tuple[int, str, str, float]]:
        """Give number, package, state and deadline (as ``time.time()`` counts) of the hotfixes after a number."""
        found = self.rows("SELECT id, package_name, state, deadline FROM hotfix WHERE id > ? ORDER BY id", number)
        return [(number, name, state, deadline / 1e6) for number, name, state, deadline in found]

    def last_hotfix(self) -> int:
        """Give the number of the newest hotfix."""
        return self.rows("SELECT coalesce(max(id), 0) FROM hotfix")[0][0]

    def guard_command(self, *options: str) -> list[str]:
        """Give the command of the real relocker of this workspace."""
        given = ["--home", str(self.home.folder), "relocker", str(self.location), *options]
        return [sys.executable, "-m", "hotfix_desktop", *given]

    def start_guard(self, *options: str, ready: bool = True, prefix: tuple[str, ...] = (), **how: object) -> int:
        """Start the real guard, as a service manager does; gives its number.

        ``prefix`` is a command that runs it; ``how`` goes to ``Popen``.
        """
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **(how.pop("env", None) or {})}  # type: ignore[dict-item]
        process = subprocess.Popen(
            [*prefix, *self.guard_command(*options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if ready else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=ROOT,
            env=environment,
            **how,  # type: ignore[call-overload]
        )
        self._started = [old for old in self._started if old.poll() is None] + [process]
        if ready:
            with process.stdout as answer:
                if answer.readline().strip() != b"ready":
                    raise RuntimeError(f"the guard did not start: {process.wait()}")
        return process.pid

    def guards(self) -> list[int]:
        """Give the living guards of this workspace."""
        place = f" {self.location} "
        return [pid for pid, command in descendants().items() if " relocker " in command and place in command + " "]

    def kill_guards(self, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to the guards of this workspace; gives their numbers."""
        hit = [pid for pid in self.guards() if kill(pid, number)]
        if number == signal.SIGKILL:
            for process in self._started:
                process.poll()
            for pid in set(hit) - {process.pid for process in self._started}:
                reap(pid)
        return hit

    def end(self) -> None:
        """Kill the guards and take notice of their ends."""
        self.kill_guards()
        for process in self._started:
            process.kill()
            process.wait()


def has_write_bit(path: Path) -> bool:
    """Whether a folder or anything below it has a write bit; links are not followed."""
    for where, _, files in os.walk(path):
        if stat.S_IMODE(os.lstat(where).st_mode) & 0o222:
            return True
        for name in files:
            found = os.lstat(os.path.join(where, name)).st_mode
            if not stat.S_ISLNK(found) and found & 0o222:
                return True
    return False


class Log:
    """The audit log of a ground, read beside the program; each entry is checked once.

    Attributes:
        entries: those that were read so far.
        faults: what was wrong with the chain, in words.
    """

    def __init__(self, database: Path) -> None:
        """Read nothing yet."""
        self._database = database
        self._hash = b""
        self.entries: list[Entry] = []
        self.faults: list[str] = []

    def read(self) -> list[Entry]:
        """Read and check what is new; gives it."""
        with contextlib.closing(sqlite3.connect(self._database, timeout=30)) as plain:
            if not self._hash:
                ((self._hash,),) = plain.execute("SELECT log_id FROM workspace").fetchall()
            rows = plain.execute("SELECT seq, body, hash FROM audit WHERE seq > ? ORDER BY seq", (len(self.entries),))
            new = []
            for seq, body, digest in rows:
                entry = decode(body)
                self._hash = chain_hash(self._hash, leaf_hash(body))
                if seq != len(self.entries) + 1 or entry.seq != seq or self._hash != digest:
                    self.faults.append(f"the chain breaks at entry {seq}")
                self.entries.append(entry)
                new.append(entry)
        return new

    def integrity(self) -> str:
        """Give what SQLite finds wrong with the database; empty when nothing is."""
        with contextlib.closing(sqlite3.connect(self._database, timeout=30)) as plain:
            (answer,) = plain.execute("PRAGMA integrity_check").fetchone()
        return "" if answer == "ok" else str(answer)


def endings(entries: list[Entry], hotfix: int) -> int:
    """Count the entries that end a hotfix."""
    return sum(e.event.type in ENDINGS and e.event.hotfix == hotfix for e in entries)


def grounds(scale: Scale, name: str, count: int, packages: int = 1) -> list[Ground]:
    """Make so many workspaces below the fault's folder."""
    return [Ground(scale.folder / f"{name}{number}", packages) for number in range(count)]


def closed_in_time(ground: Ground, name: str, deadline: float, what: str) -> Trial:
    """Wait for a package to be closed and recorded so, and say when it was."""
    trial = Trial()
    if not wait_until(lambda: not ground.is_open(name), deadline + GRACE, 0.01) and ground.is_open(name):
        trial.broken.append(f"{what}: still open {time.time() - deadline:.2f} s past the deadline")
        wait_until(lambda: not ground.is_open(name), deadline + 60)
    trial.late = time.time() - deadline
    closed = lambda: all(row[2] == "closed" for row in ground.hotfixes_since(0))  # noqa: E731
    if not wait_until(closed, deadline + 60):
        trial.broken.append(f"{what}: never recorded as closed")
    return trial
