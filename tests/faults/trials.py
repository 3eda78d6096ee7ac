"""Starts drivers (``driver.py``) and spreads trials over them: one for each core."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

from tests.faults.shim import Shim

ROOT = Path(__file__).resolve().parents[2]
Wish = TypeVar("Wish")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one call of a driver's function came to.

    Attributes:
        signal: what ended the process; 0 when it ended by itself.
        result: what the function gave; empty when the process was killed.
    """

    signal: int
    result: dict[str, Any]

    @property
    def broken(self) -> list[str]:
        """What was not as promised: a process that hung is that, too."""
        hung = ["the process hung"] if self.signal == signal.SIGALRM else []
        crashed = [f"the process died of signal {self.signal}"] if self.signal not in (0, 9, signal.SIGALRM) else []
        return hung + crashed + list(self.result.get("broken", ()))


class Driver:
    """A driver process with a shim of its own."""

    def __init__(self, folder: Path) -> None:
        """Start it; ``folder`` is for its control file and its places."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.shim = Shim(self.folder)
        self._numbers = count(1)
        environment = self.shim.environment()
        environment["PYTHONPATH"] = str(ROOT)
        environment["XDG_STATE_HOME"] = str(self.folder / "another disk")  # where the spare journals go
        environment.pop("HOTFIX_DESKTOP_HOME", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
        )

    def run(self, function: str, place: Path, **arguments: object) -> Trial:
        """Have a function run in a fresh child, and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([function, {"place": str(place), **arguments}]) + "\n")
        self._process.stdin.flush()
        status, result = json.loads(self._process.stdout.readline())
        # A child that was killed could not tidy up.
        self.shim.disarm()
        self.shim.free_disk()
        self.shim.stop_trace()
        return Trial(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, result or {})

    @contextmanager
    def place(self) -> Iterator[Path]:
        """Give a fresh folder for one trial, which is gone afterwards."""
        place = self.folder / f"place-{next(self._numbers)}"
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place, onerror=_make_deletable)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def __enter__(self) -> Driver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _make_deletable(function: Any, path: str, _error: Any) -> None:
    for each in (os.path.dirname(path), path):
        os.chmod(each, 0o700)
    if os.path.isdir(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def spread(folder: Path, wishes: Iterable[Wish], trial: Callable[[Driver, Wish], Answer]) -> list[Answer]:
    """Call ``trial(driver, wish)`` for each wish, on a driver for each core; gives the answers in no order."""
    cores = os.cpu_count() or 1
    waiting: SimpleQueue[Wish] = SimpleQueue()
    for wish in wishes:
        waiting.put(wish)
    answers: list[Answer] = []

    def work(number: int) -> None:
        with Driver(folder / f"driver-{number}") as driver, suppress(Empty):
            while True:
                answers.append(trial(driver, waiting.get_nowait()))

    with ThreadPoolExecutor(cores) as pool:
        for done in [pool.submit(work, number) for number in range(cores)]:
            done.result()
    return answers
