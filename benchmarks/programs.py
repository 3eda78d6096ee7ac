"""Starts the programs that are timed, and reads the marks that they print on their way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.marks import BETWEEN_OPTIONS, SIGN

ROOT = Path(__file__).absolute().parent.parent
PATIENCE = 300
PRODUCT, BARE = "benchmarks.product_window", "benchmarks.bare_window"


@dataclass(frozen=True, slots=True)
class Marks:
    """When a program reached what, in seconds since its process was started, and the values that it gave."""

    times: dict[str, float]
    values: dict[str, Any]

    def ms(self, name: str, since: str | None = None) -> float:
        """Give the milliseconds to a mark, from the start or from another mark."""
        return (self.times[name] - (self.times[since] if since else 0.0)) * 1000


def run(module: str, scenario: Sequence[object], *arguments: object, cache: Path) -> Marks:
    """Run one of our window modules in a process of its own to its end.

    ``scenario`` is what the module makes of its window, ``arguments`` are those of the real program.
    ``cache`` keeps the byte code of both programs: an installed program has its own, too, and this one's
    checkout should stay clean.
    """
    command = [sys.executable, "-m", module, BETWEEN_OPTIONS.join(map(str, scenario)), *map(str, arguments)]
    began = time.perf_counter()
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(cache),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    found = [line.split(" ", 3)[1:] for line in ended.stdout.splitlines() if line.startswith(SIGN)]
    if ended.returncode or not found:
        raise RuntimeError(f"{command} ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return Marks(
        {name: float(at) - began for name, at, _ in found},
        {name: json.loads(value) for name, _, value in found},
    )


def environment(cache: Path) -> dict[str, str]:
    """Give the environment of a timed program: no display needed, byte code kept."""
    result = dict(os.environ)
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP", "HOTFIX_DESKTOP_HOME"):
        result.pop(name, None)
    result["PYTHONPYCACHEPREFIX"] = str(cache)
    if not (result.get("DISPLAY") or result.get("WAYLAND_DISPLAY")) and sys.platform.startswith("linux"):
        result["QT_QPA_PLATFORM"] = "offscreen"
    return result
