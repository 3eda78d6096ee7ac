"""The program that the faults hit: a real process with the product's own parts on real files, without a window.

It runs with the library of ``shim.py`` and forks a child for each trial, so that the imports are paid once; the
child may be killed at any call. It is told on standard input, one JSON line ``[function, {arguments}]`` each (one
of these here, or ``module:function``), and answers with one line ``[wait status, result]``.

A *place* is a folder with ``Pkg`` (the packages), ``home`` (the database) and ``modes.json`` (the rights that the
files had before anybody closed them).
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import io
import json
import logging
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hotfix_desktop import __main__ as program
from hotfix_desktop.app import Home, make_bench
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.progress import NOBODY
from hotfix_desktop.runtime.beating import BeatingBench
from hotfix_desktop.services import catalogue, closing, hotfixes, protection
from hotfix_desktop.services.workbench import Workbench
from tests.faults.promises import OTHER, PACKAGE, broken_promises, modes, undue, writable
from tests.faults.shim import EVERY_CALL, Act, Call, Shim
from tests.packages_on_disk import make_packages

HUNG_SECONDS = 90
LONGEST_BACKOFF = 31
_ODD_RIGHTS = (0o644, 0o600, 0o755, 0o664, 0o444)


def bench_of(place: Path) -> Workbench:
    """Open the workspace of a place as the program does."""
    return make_bench(Home(place / "home"), place / "Pkg")


def prepare(place: Path, *, opened: bool = False) -> None:
    """Make a protected workspace with two packages; with ``opened`` one of them is unlocked."""
    folder = make_packages(place / "Pkg", PACKAGE, OTHER)
    for number, path in enumerate(sorted((folder / PACKAGE).rglob("*"))):
        path.chmod(0o750 if path.is_dir() else _ODD_RIGHTS[number % len(_ODD_RIGHTS)])
    (place / "modes.json").write_text(json.dumps(modes(place)))
    bench = bench_of(place)
    protection.protect(bench)
    if opened:
        unlock(bench)
    bench.store.close()


def unlock(bench: Workbench) -> None:
    """Unlock the package for a minute."""
    hotfixes.unlock(bench, catalogue.find(bench, PACKAGE).package_id, "VAT is wrong", "INC1", 1)


def unlock_without_check(bench: Workbench) -> None:
    """The control of F5: open the files first, and hope that the entry can be written."""
    package = bench.store.packages.get(catalogue.find(bench, PACKAGE).package_id)
    assert package is not None
    closing.open_files(bench, package)
    unlock(bench)


def lock(bench: Workbench) -> None:
    """Lock the package by hand."""
    hotfixes.lock(bench, catalogue.find(bench, PACKAGE).package_id)


class Guard:
    """A guard as it lives in the relocker's process, without the event loop; it is built at its first beat."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._beating: BeatingBench | None = None

    def beat(self) -> None:
        """Do what one beat does; raises ``HotfixError`` as a beat may."""
        if self._beating is None:
            self._beating = BeatingBench(lambda: bench_of(self._place))
        self._beating.beat(NOBODY)

    def beat_anyhow(self) -> str:
        """Beat; gives what the beat complained of."""
        try:
            self.beat()
        except HotfixError as told:
            return f"{type(told).__name__}: {told}"
        return ""

    def close(self) -> None:
        """End the guard in good order."""
        if self._beating is not None:
            self._beating.close()


ACTS: dict[str, Callable[[Workbench], None]] = {
    "unlock": unlock,
    "lock": lock,
    "unlock without check": unlock_without_check,
}
RELOCK, RELOCK_AT_START = "relock", "relock at start"
"""By a guard that has lived since before the unlock, and by one that starts only now."""
OPENED_FIRST = ("lock", RELOCK, RELOCK_AT_START)


def recover(place: Path) -> str:
    """Run ``relocker --once``; gives what it complained of."""
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        program.main(["--home", str(place / "home"), "relocker", str(place / "Pkg"), "--once"])
    return said.getvalue().strip()


# --- whole trials


def hit(
    place: Path,
    act: str,
    how: int = Act.NOTHING,
    at: int = 0,
    error: int = errno.EIO,
    for_ever: bool = False,
    calls: Sequence[int] = (),
    disk: int | None = None,
    keep_living: bool = False,
) -> dict[str, Any]:
    """Prepare a place and do one act, the opening of the database included, to which something happens.

    With ``keep_living`` there is a guard, which beats while the fault lasts, and has to end it once it is over.
    """
    shim = Shim()
    shim.set_clocks()
    shim.skip_syncs()
    prepare(place, opened=act in OPENED_FIRST)
    shim.watch(place / "home", place / "Pkg")
    shim.aim(Act(how), at, error=error, for_ever=for_ever, calls=tuple(map(Call, calls)) or EVERY_CALL)
    guard = Guard(place)
    if act == RELOCK or (keep_living and act != RELOCK_AT_START):
        guard.beat()
    if act in (RELOCK, RELOCK_AT_START):
        shim.sleep(61)
    bench = None
    shim.arm()
    if disk is not None and act in (RELOCK, RELOCK_AT_START):
        shim.limit_disk(place / "home", disk)
    broken: list[str] = []
    found: dict[str, Any] = {"refusal": "", "broken": broken}
    try:
        if act in (RELOCK, RELOCK_AT_START):
            guard.beat()
        else:
            bench = bench_of(place)
            if disk is not None:
                shim.limit_disk(place / "home", disk)
            ACTS[act](bench)
    except HotfixError as told:
        found["refusal"] = f"{type(told).__name__}: {told}"
    if keep_living:
        broken += _live_on(place, shim, guard, found, is_control=act == "unlock without check")
    if bench is not None:
        bench.store.close()
    guard.close()
    return found | {"count": shim.count, "seen": shim.seen(), "failed": shim.failed + shim.refused}


def _live_on(place: Path, shim: Shim, guard: Guard, found: dict[str, Any], is_control: bool) -> list[str]:
    with shim.paused():
        without_entry = undue(place)
    found["open without entry"] = bool(without_entry)
    shim.sleep(61)
    beats = [guard.beat_anyhow()]
    shim.sleep(LONGEST_BACKOFF)
    beats.append(guard.beat_anyhow())
    found["left open"] = writable(place)
    shim.disarm()
    shim.free_disk()
    if is_control:
        return []
    for _ in range(3):
        shim.sleep(LONGEST_BACKOFF)
        beats.append(guard.beat_anyhow())
    found["beats"] = beats
    broken = [f"the guard lived on: {text}" for text in broken_promises(place, must_be_closed=True)]
    if broken and beats[-1]:
        broken.append(f"the fault is over and the guard still says: {beats[-1]}")
    return without_entry + broken


def settle(place: Path) -> dict[str, Any]:
    """After a kill: recover in time, after the deadline, and unlock once more; looks at every promise on the way."""
    shim = Shim()
    left = writable(place)
    broken = undue(place)
    said = [recover(place)]
    broken += [f"after recovery: {text}" for text in broken_promises(place, must_be_closed=False)]
    shim.sleep(61)
    said.append(recover(place))
    broken += [f"after the deadline: {text}" for text in broken_promises(place, must_be_closed=True)]
    bench = bench_of(place)
    try:
        unlock(bench)
    except HotfixError as told:
        broken.append(f"it cannot be unlocked again: {told}")
    finally:
        bench.store.close()
    broken += [f"unlocked again: {text}" for text in broken_promises(place, must_be_closed=False)]
    if writable(place) != [PACKAGE]:
        broken.append("unlocked again: it is not open")
    shim.sleep(61)
    said.append(recover(place))
    broken += [f"locked again: {text}" for text in broken_promises(place, must_be_closed=True)]
    return {"left open": left, "broken": broken, "said": [text for text in said if text]}


def endure(place: Path, **arguments: Any) -> dict[str, Any]:
    """Do :func:`hit` with a guard that lives on, and then :func:`settle`, all in one process."""
    found = hit(place, keep_living=True, **arguments)
    gc.collect()  # what an error remembers keeps SQLite's connections half open, and another process would not see them
    return found | {"broken": found["broken"] + settle(place)["broken"]}


def fill_up(place: Path, disk: int) -> dict[str, Any]:
    """Unlock and lock on a disk that has only ``disk`` bytes left, until something is refused; then relock.

    ``disk`` of -1: the disk really is that small, and what stands on it as ``ballast`` is what fills it.
    """
    shim = Shim()
    shim.set_clocks()
    shim.skip_syncs(disk >= 0)
    prepare(place)
    bench = bench_of(place)
    guard = Guard(place)
    guard.beat()
    if disk >= 0:
        shim.limit_disk(place / "home", disk)
    else:
        _pour_ballast(place)
    broken: list[str] = []
    refusal = ""
    rounds = 0
    while not refusal and rounds < 500:
        try:
            unlock(bench)
            guard.beat_anyhow()
            lock(bench)
            rounds += 1
        except HotfixError as told:
            refusal = str(told)
    broken += undue(place)
    was_open = bool(writable(place))
    shim.sleep(61)
    guard.beat_anyhow()
    if writable(place):
        broken.append(f"the disk is full and at the deadline the files stay open: {refusal}")
    shim.free_disk()
    (place / "home" / "ballast").unlink(missing_ok=True)
    beats = []
    for _ in range(3):
        shim.sleep(LONGEST_BACKOFF)
        beats.append(guard.beat_anyhow())
    if beats[-1]:
        broken.append(f"there is space and the guard still says: {beats[-1]}")
    guard.close()
    bench.store.close()
    broken += [f"with space again: {text}" for text in broken_promises(place, must_be_closed=True)]
    return {"broken": broken, "refusal": refusal, "rounds": rounds, "was open": was_open}


def _pour_ballast(place: Path) -> None:
    left = os.statvfs(place / "home")
    spare = random.SystemRandom().randrange(0, 400_000)
    with (place / "home" / "ballast").open("wb") as file, contextlib.suppress(OSError):
        file.write(bytes(max(0, left.f_bavail * left.f_bsize - spare)))


FUNCTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    function.__name__: function for function in (hit, settle, endure, fill_up)
}


def _in_child(name: str, arguments: dict[str, Any]) -> tuple[int, Any]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(arguments.pop("hung_seconds", HUNG_SECONDS))
        os.close(read)
        try:
            arguments["place"] = Path(arguments["place"])
            module, _, function = name.rpartition(":")
            chosen = getattr(importlib.import_module(module), function) if module else FUNCTIONS[name]
            result = chosen(**arguments)
        except BaseException as error:
            result = {"broken": [f"{type(error).__name__} in {_where(error)}: {error}"]}
        with open(write, "w") as out:
            json.dump(result, out)
        os._exit(0)
    os.close(write)
    with open(read) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    return status, json.loads(text) if text else None


def _where(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "hotfix_desktop" in frame.filename]
    return " ← ".join(f"{Path(f.filename).stem}.{f.name}:{f.lineno}" for f in reversed(frames[-3:])) or "the driver"


def main() -> None:
    """Serve until standard input ends."""
    logging.getLogger("hotfix_desktop").addHandler(logging.NullHandler())  # it complains by the hundred, rightly
    gc.freeze()
    for line in sys.stdin:
        name, arguments = json.loads(line)
        sys.stdout.write(json.dumps(_in_child(name, arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
