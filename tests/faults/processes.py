"""Waiting in real time, and the processes that the faults start.

Every process that a fault starts, and every guard that a window of it starts, ends up as a child of this one
(it adopts orphans), so that all of them can be ended by their numbers.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

_SUBREAPER = 36
STOP = threading.Event()
"""Set when the run is interrupted; every wait then ends at once."""


class Stopped(BaseException):
    """The run was interrupted."""


def pause(seconds: float) -> None:
    """Let real time pass: what is tried here is what real clocks, kernels and processes do."""
    if STOP.wait(max(0.0, seconds)):
        raise Stopped


def wait_until(condition: Callable[[], bool], until: float, every: float = 0.025) -> bool:
    """Wait for a condition until ``time.time()`` says ``until``; gives whether it came."""
    while not condition():
        if time.time() >= until:
            return False
        pause(min(every, max(0.0, until - time.time())))
    return True


def adopt_orphans() -> None:
    """Make the processes whose parent dies children of this one."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def descendants() -> dict[int, str]:
    """Give the processes that hang on this one, with their command lines."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError):
                parents[int(name)] = int(Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[1])
    found: dict[int, str] = {}
    wave = {os.getpid()}
    while wave:
        wave = {pid for pid, parent in parents.items() if parent in wave}
        found.update((pid, command_of(pid)) for pid in wave)
    return found


def command_of(pid: int) -> str:
    """Give the command line of a process; empty for one that is gone."""
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def kill(pid: int, number: int = signal.SIGKILL) -> bool:
    """Send a signal to one process; False when it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def reap(pid: int) -> None:
    """Take notice of the end of an adopted process; of anything else its own parent does."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def end_descendants(but: frozenset[int] = frozenset()) -> int:
    """End every process that hangs on this one, by its number; gives how many that were."""
    ended = 0
    for _ in range(20):  # one that is ending may still have started another
        left = [pid for pid, command in descendants().items() if pid not in but and command]
        if not left:
            break
        for pid in left:
            kill(pid, signal.SIGCONT)
            ended += kill(pid)
        threading.Event().wait(0.02)
        for pid in left:
            reap(pid)
    return ended
