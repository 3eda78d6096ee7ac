"""Drives ``shim.c``, the library that makes a program meet the machine's faults: see there for what it can do.

A :class:`Shim` is one mapped file. Every program that is started with :meth:`Shim.environment` hears what is set
here, also while it runs; a program's own children do, too. Linux only, and it needs a C compiler.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import mmap
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
CONTROL = "FAULT_SHIM_CONTROL"
_MAGIC = 0x48464653484D3031
_PREFIX = 512
_NUMBERS = (
    *("magic", "wall_ns", "boot_ns", "armed", "count", "kinds", "act", "at", "error", "forever"),
    *("budget", "used", "trace", "skip_sync", "failed", "refused"),
)
_SEEN = len(_NUMBERS) * 8
_TEXTS = _SEEN + 16 * 8
_PREFIXES = 4
_PLACE = {name: _TEXTS + (_PREFIXES + at) * _PREFIX for at, name in enumerate(("budget", "trace", "log", "boot_id"))}
_SIZE = _TEXTS + (_PREFIXES + 4) * _PREFIX


class NoShim(RuntimeError):
    """The library cannot be had on this machine."""


class Call(IntEnum):
    """The calls that change the world, as ``shim.c`` numbers them."""

    CREATE = 0
    WRITE = 1
    TRUNCATE = 2
    SYNC = 3
    CHMOD = 4
    RENAME = 5
    UNLINK = 6
    MKDIR = 7
    LINK = 8
    FLAGS = 9
    MSYNC = 10
    ALLOCATE = 11
    TIMES = 12


EVERY_CALL = tuple(Call)


class Act(IntEnum):
    """What happens at the n-th call."""

    NOTHING = 0
    KILL_BEFORE = 1
    KILL_AFTER = 2
    FAIL = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trace: a call, or ``kind`` 100 for a mark and 101 for a file that was made.

    Attributes:
        number: the offset of a write, the size after a truncation, or the mark.
        data: what was written, or the new name of a rename.
    """

    kind: int
    number: int
    path: str
    data: bytes


MARK, CREATED = 100, 101


def build() -> Path:
    """Give the compiled library, compiling it when it is not there yet; raises ``NoShim``."""
    if not sys.platform.startswith("linux"):
        raise NoShim("the shim is for Linux")
    source = SOURCE.read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotfix-desktop-faults"
    library = cache / f"shim-{hashlib.sha256(source + os.uname().machine.encode()).hexdigest()[:16]}.so"
    if library.exists():
        return library
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoShim("there is no C compiler (cc) to build the shim with")
    cache.mkdir(parents=True, exist_ok=True)
    fresh = cache / f"{library.name}.{os.getpid()}"
    command = [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", str(fresh), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoShim(f"the shim could not be compiled: {done.stderr.strip()}")
    os.replace(fresh, library)
    return library


class Shim:
    """What the library is told; made in a folder of the test's, outside of all folders that it watches."""

    def __init__(self, folder: Path | None = None) -> None:
        """Make the control file in ``folder``; without one, join that of this process's own library."""
        if folder is None:
            self.path = Path(os.environ[CONTROL])
        else:
            self.path = folder / f"shim-{os.urandom(4).hex()}.control"
            self.path.write_bytes(bytes(_SIZE))
        with self.path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        if folder is not None:
            self._set(magic=_MAGIC, budget=-1, kinds=-1)

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the environment, on top of ``base`` or of this process's, for programs that are to hear of this."""
        environment = dict(os.environ if base is None else base)
        earlier = environment.get("LD_PRELOAD")
        library = str(build())
        environment["LD_PRELOAD"] = library if not earlier or earlier == library else f"{library}:{earlier}"
        environment[CONTROL] = str(self.path)
        return environment

    # --- clocks

    def set_clocks(self, wall: float = 0.0, boot: float = 0.0, boot_id: str = "") -> None:
        """Move the wall clock and the boot-time clock by so many seconds, and rename the boot ('' for its own name)."""
        self._set(wall_ns=round(wall * 1e9), boot_ns=round(boot * 1e9))
        self._set_text(_PLACE["boot_id"], boot_id)

    def sleep(self, seconds: float) -> None:
        """Let both clocks run on by so many seconds, as when the machine slept."""
        by = round(seconds * 1e9)
        self._set(wall_ns=self._get("wall_ns") + by, boot_ns=self._get("boot_ns") + by)

    # --- the n-th call

    def watch(self, *folders: Path) -> None:
        """Say below which folders calls count: four at most, without links in their paths."""
        for at in range(_PREFIXES):
            self._set_text(_TEXTS + at * _PREFIX, str(folders[at]) if at < len(folders) else "")

    def aim(
        self,
        act: Act = Act.NOTHING,
        at: int = 0,
        *,
        error: int = errno.EIO,
        for_ever: bool = False,
        calls: tuple[Call, ...] = EVERY_CALL,
    ) -> None:
        """Say what happens at which call; only ``calls`` are counted. :meth:`arm` begins."""
        kinds = sum(1 << call for call in calls)
        self._set(act=act, at=at, error=error, forever=int(for_ever), kinds=kinds)

    def arm(self, pid: int | None = None) -> None:
        """Count from here: the calls of this process, of ``pid``, or of everybody (-1)."""
        self._set(count=0, failed=0, refused=0)
        self._map[_SEEN : _SEEN + 16 * 8] = bytes(16 * 8)
        self._set(armed=os.getpid() if pid is None else pid)

    def disarm(self) -> None:
        """Count no more; nothing fails any more, and no process is killed."""
        self._set(armed=0)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Count nothing and let nothing fail for a while; for whoever looks at what came of it."""
        armed = self._get("armed")
        self._set(armed=0)
        yield
        self._set(armed=armed)

    @property
    def count(self) -> int:
        """How many calls were counted."""
        return self._get("count")

    @property
    def failed(self) -> int:
        """How many calls were made to fail."""
        return self._get("failed")

    def seen(self) -> dict[str, int]:
        """Give how many calls of each kind were counted."""
        numbers = struct.unpack_from("=16q", self._map, _SEEN)
        return {call.name.lower(): numbers[call] for call in Call if numbers[call]}

    # --- the disk

    def limit_disk(self, folder: Path, size: int) -> None:
        """Let the disk below ``folder`` take so many bytes more; a negative size frees it.

        A single database may be given, too; it is then limited with what SQLite keeps beside it.
        """
        self._set_text(_PLACE["budget"], str(folder))
        self._set(used=0, refused=0, budget=size)

    def free_disk(self) -> None:
        """Let the disk take everything again."""
        self._set(budget=-1)

    @property
    def refused(self) -> int:
        """How many writes did not fit on the disk, in whole or in part."""
        return self._get("refused")

    def skip_syncs(self, skip: bool = True) -> None:
        """Count and trace syncs without doing them: what only dies by a kill needs none, and is much faster."""
        self._set(skip_sync=int(skip))

    # --- the trace

    def trace(self, folder: Path, log: Path) -> None:
        """Write down each write, sync, truncation, and change of a name below ``folder``."""
        self._set_text(_PLACE["trace"], str(folder))
        self._set_text(_PLACE["log"], str(log))
        self._set(trace=1)

    def stop_trace(self) -> None:
        """Write down no more."""
        self._set(trace=0)

    # --- the mapped file

    def _get(self, name: str) -> int:
        return int(struct.unpack_from("=q", self._map, _NUMBERS.index(name) * 8)[0])

    def _set(self, **numbers: int) -> None:
        for name, number in numbers.items():
            struct.pack_into("=q", self._map, _NUMBERS.index(name) * 8, number)

    def _set_text(self, place: int, text: str) -> None:
        raw = os.fsencode(text)
        if len(raw) >= _PREFIX:
            raise ValueError(f"too long for the shim: {text}")
        self._map[place : place + _PREFIX] = raw.ljust(_PREFIX, b"\0")


def mark(number: int) -> None:
    """Put a mark into the trace, from within a program that runs with the library: "this was acknowledged"."""
    ctypes.CDLL(None).fault_shim_mark(ctypes.c_longlong(number))


def read_trace(log: Path) -> Iterator[Step]:
    """Give what a trace holds, in its order."""
    data = log.read_bytes()
    head = struct.Struct("=qqII")
    at = 0
    while at < len(data):
        kind, number, path, size = head.unpack_from(data, at)
        at += head.size
        yield Step(kind, number, os.fsdecode(data[at : at + path]), data[at + path : at + path + size])
        at += path + size
