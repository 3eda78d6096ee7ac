"""What a program that is timed says on its way. It imports next to nothing: what it costs, both sides pay."""

from __future__ import annotations

import time
from typing import Any

SIGN = "benchmark:"
BETWEEN_OPTIONS = "|"


def mark(name: str, value: Any = None) -> None:
    """Say that the program has come so far, with a value that JSON can hold."""
    # perf_counter has one zero for all processes of a machine, so the starter can subtract its own.
    at = time.perf_counter()
    text = "null"
    if value is not None:
        import json

        text = json.dumps(value)
    print(SIGN, name, at, text, flush=True)


def scenario_of(argument: str) -> tuple[str, list[str]]:
    """Give the name of a scenario and its options."""
    name, *options = argument.split(BETWEEN_OPTIONS)
    return name, options
