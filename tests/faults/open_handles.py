"""F12: programs that hold files open over the relock, changes behind the program's back, and files that resist."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from hotfix_desktop.core.audit import AuditType, Entry
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import context
from tests.faults.processes import kill, pause, wait_until
from tests.faults.tally import Trial, outcome, side_by_side, together
from tests.faults.world import GRACE, Ground, a_minute_lasts, endings, grounds
from tests.packages_on_disk import is_writable

HELD = ("a handle", "an appending handle", "a mapping", "a mapping without its handle", "a hard link", "no rest")
BEHIND = ("a link swapped in", "renamed over", "a new file", "a folder deleted")
STUBBORN = ("foreign file", "chmod refused")
KINDS = HELD + BEHIND + STUBBORN
LOOK_AGAIN = 25.0
"""Seconds after the lock within which a late write has to be reported: contents are read again after five."""
REPORTS = (AuditType.CHANGED_AFTER_RELOCK, AuditType.DRIFT_FOUND)
WITHOUT_RIGHTS = ("setpriv", "--inh-caps=-fowner", "--bounding-set=-fowner")
"""A guard that may not change the modes of files that belong to others, even where it runs as root."""


def run(scale: Scale) -> Outcome:
    """F12: every open writer is named, every late write is reported, and what resists is tried until it works."""
    each, controls = (25, 60) if scale.full else (1, 6)
    kinds = [kind for kind in KINDS if (kind not in STUBBORN or not _why_not(scale.folder, kind))] * each
    skipped = [why for kind in STUBBORN if (why := _why_not(scale.folder, kind))]
    places = grounds(scale, "open", 12, packages=1 + len(kinds) // 8)
    used = {id(ground): iter(ground.names) for ground in places}
    foreign = [kind for kind in kinds if kind == "foreign file"]
    others = [kind for kind in kinds if kind != "foreign file"]
    a_minute_lasts(1.5)
    weak = grounds(scale, "weak", 2 if scale.full else 1, packages=len(foreign)) if foreign else []
    used |= {id(ground): iter(ground.names) for ground in weak}
    try:
        side_by_side(scale, "F12 warm", places, len(places), lambda ground, rng, n: ground.start_guard())
        side_by_side(scale, "F12 weak", weak, len(weak), lambda g, rng, n: g.start_guard(prefix=WITHOUT_RIGHTS))
        trials, foreigners, control = together(
            lambda: side_by_side(
                scale, "F12", places, len(others), lambda g, rng, n: _try(g, next(used[id(g)]), others[n], rng)
            ),
            lambda: side_by_side(
                scale, "F12 foreign", weak, len(foreign), lambda g, rng, n: _try(g, next(used[id(g)]), foreign[n], rng)
            ),
            lambda: _control(scale, controls),
        )
        trials += foreigners
    finally:
        a_minute_lasts(60.0)
        for ground in [*places, *weak]:
            ground.end()
    return outcome(
        "F12",
        f"{len(set(kinds))} kinds: " + ", ".join(dict.fromkeys(kinds)),
        trials,
        "; ".join(f"not tried: {why}" for why in skipped),
        control="chmod only",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=0.9,
    )


def _why_not(folder: Path, kind: str) -> str:
    """Why a file cannot be made to resist on this machine; empty when it can."""
    if os.geteuid() != 0:
        return f"{kind} (needs root)"
    if kind == "foreign file":
        return "" if shutil.which("setpriv") else f"{kind} (no setpriv)"
    probe = folder / "probe"
    probe.touch()
    refused = (
        not shutil.which("chattr")
        or subprocess.run(["chattr", "+i", probe], check=False, capture_output=True).returncode
    )
    subprocess.run(["chattr", "-i", probe], check=False, capture_output=True) if not refused else None
    return f"{kind} (no immutable files here)" if refused else ""


def _try(ground: Ground, name: str, kind: str, rng: Random) -> Trial:
    ground.log.read()
    seq = len(ground.log.entries)
    deadline = ground.unlock(name)
    number = ground.hotfixes_since(0)[-1][0]
    if kind in STUBBORN:
        trial = _resist(ground, name, kind, deadline, number, seq, rng)
    elif kind in HELD:
        with _holding(ground.location / name, kind) as holder:
            trial = _lock(ground, name, kind, deadline, number)
            entry = next((e for e in ground.log.entries[seq:] if e.event.type is AuditType.RELOCKED), None)
            told = f"{entry.event.description} {entry.event.detail}" if entry else ""
            if str(holder.pid) not in told:
                trial.broken.append(f"{kind}: process {holder.pid} is not named in “{told}”")
            if holder.write() and not _reported(ground, name, seq, holder.file):
                trial.broken.append(f"{kind}: the late write was not reported")
    else:
        trial = _behind(ground, name, kind, deadline, number, seq)
    trial.entries = len(ground.log.entries) - seq
    trial.broken += ground.log.faults
    ground.log.faults.clear()
    return trial


def _lock(ground: Ground, name: str, kind: str, deadline: float, number: int) -> Trial:
    """Wait for the guard to lock at the deadline."""
    trial = Trial()
    if not wait_until(lambda: not ground.is_open(name), deadline + GRACE) and ground.is_open(name):
        trial.broken.append(f"{kind}: open {time.time() - deadline:.2f} s past the deadline")
        wait_until(lambda: not ground.is_open(name), deadline + 30)
    trial.late = time.time() - deadline
    if not wait_until(lambda: _state(ground, number) == "closed", deadline + 30):
        trial.broken.append(f"{kind}: never recorded as closed")
    ground.log.read()
    return trial


def _state(ground: Ground, number: int) -> str:
    return next(row[2] for row in ground.hotfixes_since(number - 1) if row[0] == number)


def _reported(ground: Ground, name: str, seq: int, file: str) -> bool:
    """Whether an entry says that a file of the package changed; waits for it."""

    def is_it(entry: Entry) -> bool:
        event = entry.event
        return event.type in REPORTS and event.package == name and file in event.description + event.detail

    def there() -> bool:
        ground.log.read()
        return any(is_it(entry) for entry in ground.log.entries[seq:])

    return wait_until(there, time.time() + LOOK_AGAIN, 0.1)


def _behind(ground: Ground, name: str, kind: str, deadline: float, number: int, seq: int) -> Trial:
    """Change a package behind the program's back, in ways that the modes do not keep root from."""
    package = ground.location / name
    script = package / "Schemas" / f"{name}Page" / f"{name}Page.js"
    outside = ground.location.parent / f"outside-{name}"
    outside.write_text("mine\n", "utf-8")
    if kind == "a link swapped in":
        script.unlink()
        script.symlink_to(outside)
    trial = _lock(ground, name, kind, deadline, number)
    if not is_writable(outside):
        trial.broken.append(f"{kind}: a file outside of the package was closed")
    pause(0.3)
    changed = script.name
    if kind == "a new file":
        changed = "new.txt"
        (package / changed).write_text("new\n", "utf-8")
        os.chmod(package / changed, 0o444)
    elif kind == "a folder deleted":
        shutil.rmtree(script.parent)
    else:
        fresh = outside.with_name(f"fresh-{name}")
        fresh.write_text("define(1);\n", "utf-8")
        os.chmod(fresh, 0o444)
        if kind == "a link swapped in":
            link = outside.with_name(f"link-{name}")
            link.symlink_to(fresh)
            fresh = link
        os.replace(fresh, script)
    if not _reported(ground, name, seq, changed):
        trial.broken.append(f"{kind}: the change was not reported")
    return trial


def _resist(ground: Ground, name: str, kind: str, deadline: float, number: int, seq: int, rng: Random) -> Trial:
    """Keep one file from being closed for a while: the others are closed, one entry says so, and it ends well."""
    trial = Trial()
    package = ground.location / name
    files = sorted(path for path in package.rglob("*") if path.is_file())
    stubborn = rng.choice(files)
    if kind == "foreign file":
        os.chown(stubborn, 65534, 65534)
    else:
        subprocess.run(["chattr", "+i", stubborn], check=True, capture_output=True)
    try:
        rest = [package, *(path for path in package.rglob("*") if path != stubborn)]
        if not wait_until(lambda: not any(map(is_writable, rest)), deadline + GRACE):
            left = [str(path.relative_to(package)) for path in rest if is_writable(path)]
            trial.broken.append(f"{kind}: {stubborn.name} kept others open: {left}")
        pause(deadline + 5.0 - time.time())
        ground.log.read()
        failures = [e for e in ground.log.entries[seq:] if e.event.type is AuditType.RELOCK_FAILED]
        if len(failures) != 1:
            trial.broken.append(f"{kind}: {len(failures)} entries about the failure")
        if _state(ground, number) == "closed":
            trial.broken.append(f"{kind}: recorded as closed while a file is open")
    finally:
        if kind == "foreign file":
            os.chown(stubborn, os.geteuid(), os.getegid())
        else:
            subprocess.run(["chattr", "-i", stubborn], check=True, capture_output=True)
    if not wait_until(lambda: not ground.is_open(name), time.time() + 35):
        trial.broken.append(f"{kind}: given up")
    wait_until(lambda: _state(ground, number) == "closed", time.time() + 10)
    ground.log.read()
    if endings(ground.log.entries[seq:], number) != 1:
        trial.broken.append(f"{kind}: {endings(ground.log.entries[seq:], number)} endings")
    return trial


def _control(scale: Scale, count: int) -> list[bool]:
    """The control: the write bits are taken away, and nobody looks who may write all the same."""
    places = grounds(scale, "naked", 6, packages=1 + count // 6)
    used = {id(ground): iter(ground.names) for ground in places}
    return side_by_side(scale, "F12 control", places, count, lambda g, rng, n: _naked(g, next(used[id(g)]), rng))


def _naked(ground: Ground, name: str, rng: Random) -> bool:
    ground.unlock(name)
    with _holding(ground.location / name, rng.choice(HELD)) as holder, ground.bench() as bench:
        package = bench.store.packages.get(ground.ids[name])
        record = bench.store.packages.record(ground.ids[name])
        assert package is not None
        assert record is not None
        bench.workspace.close(package.found.key, record)
        written = holder.write()
        ground.log.read()
        told = any(str(holder.pid) in f"{e.event.description} {e.event.detail}" for e in ground.log.entries)
    return written and not told


# The program that holds a file


class Holder:
    """Another program that can write to a file of the package, whatever its mode.

    Attributes:
        file: the name of that file.
    """

    def __init__(self, package: Path, kind: str) -> None:
        """Start it; it has the file when this returns."""
        script = next(package.rglob("*Page.js"))
        self.file = script.name
        if kind == "a hard link":
            link = package.parent.parent / f"hard-{package.name}"
            os.link(script, link)
            script = link
        self._mail, theirs = context.Pipe()
        self._process = context.Process(target=_hold, args=(str(script), kind, theirs))
        self._process.start()
        theirs.close()
        self.pid = self._process.pid or 0
        if not self._mail.poll(20):
            raise RuntimeError(f"{kind} could not be had")
        self._mail.recv()

    def write(self) -> bool:
        """Write late; whether that was possible."""
        pause(0.3)
        self._mail.send("write")
        return bool(self._mail.poll(20) and self._mail.recv())

    def end(self) -> None:
        """End it."""
        kill(self.pid)
        self._process.join()
        self._mail.close()


@contextmanager
def _holding(package: Path, kind: str) -> Iterator[Holder]:
    holder = Holder(package, kind)
    try:
        yield holder
    finally:
        holder.end()


def _hold(path: str, kind: str, mail: Connection) -> None:
    file = os.open(path, os.O_RDWR | (os.O_APPEND if kind == "an appending handle" else 0))
    mapped = mmap.mmap(file, 0) if kind.startswith("a mapping") else None
    if kind == "a mapping without its handle":
        os.close(file)
    mail.send("ready")
    number = 0
    while kind == "no rest" and not mail.poll(0.005):
        number += 1
        os.pwrite(file, f"{number:09}".encode(), 0)
    with contextlib.suppress(EOFError):
        mail.recv()
        try:
            if mapped is not None:
                mapped[:9] = b"tampered!"
            else:
                os.write(file, b"tampered after the relock\n")
        except OSError:
            mail.send(False)
        else:
            mail.send(True)
        mail.recv()
