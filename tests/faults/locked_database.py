"""F7: another program keeps the database locked, many write, and a reader keeps the write-ahead log from ending."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.services import hotfixes
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import context
from tests.faults.processes import kill, pause, wait_until
from tests.faults.tally import Trial, outcome, side_by_side
from tests.faults.world import GRACE, Ground, a_minute_lasts, endings, grounds

HOW = ("immediate", "exclusive", "unreadable", "eight writers", "a reader")
LOCKED = HOW[:3]
WRITERS = 8


def run(scale: Scale) -> Outcome:
    """F7: relocks are never refused, unlocks are, with a sentence; entries follow."""
    count, controls = (200, 40) if scale.full else (10, 8)
    places = grounds(scale, "locked", 10, packages=2)
    naked = grounds(scale, "naked", 8)
    try:
        side_by_side(scale, "F7 warm", places, len(places), lambda ground, rng, n: ground.start_guard())
        trials = side_by_side(scale, "F7", places, count, lambda g, rng, n: _try(scale, g, rng, HOW[n % len(HOW)]))
        control = side_by_side(scale, "F7 control", naked, controls, lambda g, rng, n: _naked(g))
    finally:
        a_minute_lasts(60.0)
        for ground in places:
            ground.end()
    trials[0].broken += [f"{ground.location}: {text}" for ground in places if (text := ground.log.integrity())]
    refused = sum(trial.late is None for trial in trials)
    return outcome(
        "F7",
        "database locked for 1 to 30 s, eight writers, a reader that starves checkpoints",
        trials,
        f"{refused} never unlocked" if refused else "",
        control="busy timeout 0, and no other way to the files",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=0.9,
    )


def _try(scale: Scale, ground: Ground, rng: Random, how: str) -> Trial:
    """Unlock, lock the database over the deadline, try to unlock another time meanwhile."""
    name = ground.names[0]
    a_minute_lasts(3.0 if how == "unreadable" else 2.0)
    trial = Trial()
    try:
        deadline = ground.unlock(name)
    except HotfixError as error:
        trial.broken.append(f"the unlock before the fault was refused: {error}")
        return trial
    if how == "unreadable":
        pause(1.2)  # a beat of the guard: nobody can know a lease that could never be read
    number = ground.last_hotfix()
    seconds = rng.uniform(1.0, 30.0 if scale.full else 5.0)
    until = deadline + seconds - 0.5
    pests = [_Pest(ground.database, how, until) for _ in range(WRITERS if how == "eight writers" else 1)]
    answers: list[str] = []
    second = threading.Thread(target=lambda: answers.append(_second_unlock(ground, until)))
    if how in LOCKED:
        second.start()
    try:
        if not wait_until(lambda: not ground.is_open(name), deadline + GRACE) and ground.is_open(name):
            late = time.time() - deadline
            trial.broken.append(f"{how} for {seconds:.1f} s: open {late:.2f} s past the deadline")
            wait_until(lambda: not ground.is_open(name), until + 60)
        trial.late = time.time() - deadline
    finally:
        pause(until - time.time())
        for pest in pests:
            pest.end()
        if second.is_alive():
            second.join()
    trial.broken += [f"{how}: {answer}" for answer in answers if answer]
    _judge(ground, trial, number, pests, how)
    return trial


def _judge(ground: Ground, trial: Trial, number: int, pests: list[_Pest], how: str) -> None:
    """When the database is free again, the entry follows, once, and nothing that was committed is lost."""
    if not wait_until(
        lambda: {row[2] for row in ground.hotfixes_since(number - 1)} == {"closed"}, time.time() + 40, 0.1
    ):
        trial.broken.append(f"{how}: the lock was never recorded")
    new = ground.log.read()
    if endings(new, number) != 1:
        trial.broken.append(f"{how}: {endings(new, number)} endings")
    trial.broken += ground.log.faults
    trial.entries += 3
    if how == "eight writers":
        written = ground.rows("SELECT count(*) FROM fault_pest")[0][0]
        acknowledged = sum(pest.written for pest in pests)
        trial.entries += acknowledged
        trial.lost += max(0, acknowledged - written)
        with contextlib.closing(sqlite3.connect(ground.database, timeout=30)) as plain, plain:
            plain.execute("DROP TABLE fault_pest")


def _second_unlock(ground: Ground, until: float) -> str:
    """Unlock while nothing can be recorded; gives what is wrong with the answer, empty for nothing."""
    name = ground.names[1]
    try:
        with ground.bench() as bench:
            hotfixes.unlock(bench, ground.ids[name], "Fault", "", 1)
    except HotfixError as error:
        if not error.sentence.endswith("."):
            return f"the refusal is no sentence: {error.sentence}"
        return f"refused, and open all the same: {error}" if ground.is_open(name) else ""
    except Exception as error:
        return f"no refusal but {type(error).__name__}: {error}"
    return "" if time.time() > until else "an unlock was granted while the database was locked"


def _naked(ground: Ground) -> bool:
    """The control: the plain way through the database, which does not wait and knows no other way."""
    name = ground.names[0]
    a_minute_lasts(0.2)
    deadline = ground.unlock(name)
    pest = _Pest(ground.database, "immediate", time.time() + 60)
    try:
        with contextlib.closing(sqlite3.connect(ground.database, timeout=0)) as plain:
            while time.time() < deadline + GRACE:
                try:
                    if plain.execute("SELECT 1 FROM hotfix WHERE state <> 'closed'").fetchone():
                        plain.execute("UPDATE package SET files = 'closing'")
                        return False
                except sqlite3.OperationalError:
                    pause(0.25)
        return ground.is_open(name)
    finally:
        pest.end()
        with ground.bench() as bench:
            hotfixes.lock(bench, ground.ids[name])


class _Pest:
    """Another program that is at the database: it locks, writes or reads until it is ended."""

    def __init__(self, database: Path, how: str, until: float) -> None:
        self._mail, theirs = context.Pipe()
        self._process = context.Process(target=_PESTS[how], args=(str(database), theirs, until))
        self._process.start()
        theirs.close()
        self.written = 0
        if not self._mail.poll(30) or self._mail.recv() != "at it":
            raise RuntimeError(f"{how} could not be had")

    def end(self) -> None:
        kill(self._process.pid or 0)
        self._process.join()
        with contextlib.suppress(EOFError, OSError):
            while self._mail.poll(0):
                self.written = self._mail.recv()
        self._mail.close()


def _immediate(database: str, mail: Connection, until: float, begin: str = "IMMEDIATE") -> None:
    plain = sqlite3.connect(database, timeout=20, isolation_level=None)
    plain.execute(f"BEGIN {begin}")
    mail.send("at it")
    pause(until - time.time())
    plain.execute("ROLLBACK")
    plain.close()


def _exclusive(database: str, mail: Connection, until: float) -> None:
    _immediate(database, mail, until, "EXCLUSIVE")


def _unreadable(database: str, mail: Connection, until: float) -> None:
    """Hold all eight locks of the shared memory, as ``locking_mode = EXCLUSIVE`` does: nobody can even read."""
    file = os.open(f"{database}-shm", os.O_RDWR)
    fcntl.lockf(file, fcntl.LOCK_EX, 8, 120)  # UNIX_SHM_BASE of SQLite's os_unix.c
    mail.send("at it")
    pause(until - time.time())
    os.close(file)


def _write(database: str, mail: Connection, until: float) -> None:
    plain = sqlite3.connect(database, timeout=20, isolation_level=None)
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("CREATE TABLE IF NOT EXISTS fault_pest (x BLOB)")
    mail.send("at it")
    done = 0
    while time.time() < until:
        with contextlib.suppress(sqlite3.OperationalError):
            plain.execute("INSERT INTO fault_pest VALUES (randomblob(500))")
            done += 1
            mail.send(done)


def _read(database: str, mail: Connection, until: float) -> None:
    """Keep a snapshot open, so that no checkpoint can empty the write-ahead log, while something fills it."""
    reader = sqlite3.connect(database, timeout=20, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM audit").fetchone()
    writer = sqlite3.connect(database, timeout=20, isolation_level=None)
    mail.send("at it")
    while time.time() < until:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE fault_fill AS SELECT randomblob(2000000) AS x")
        writer.execute("DROP TABLE fault_fill")
        writer.execute("COMMIT")
        pause(0.1)


_PESTS = {
    "immediate": _immediate,
    "exclusive": _exclusive,
    "unreadable": _unreadable,
    "eight writers": _write,
    "a reader": _read,
}
