"""Trials side by side, and what they add up to."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from tests.faults.fault import Outcome, Scale


@dataclass(slots=True)
class Trial:
    """What one try gave.

    Attributes:
        broken: which promises were broken, in words.
        late: seconds from the deadline to the moment at which the package was seen closed.
    """

    broken: list[str] = field(default_factory=list)
    entries: int = 0
    lost: int = 0
    late: float | None = None


def outcome(fault: str, what: str, trials: list[Trial], detail: str = "", **control: object) -> Outcome:
    """Add the trials up."""
    late = sorted(trial.late for trial in trials if trial.late is not None)
    parts = [detail] if detail else []
    if late:
        parts.append(f"closed {late[len(late) // 2]:.2f} s after the deadline (median), {late[-1]:.2f} s (worst)")
    broken = [trial for trial in trials if trial.broken]
    if broken:
        parts.append(f"first: {broken[0].broken[0]}")
        sys.stderr.writelines(f"     {fault}: {'; '.join(trial.broken)}\n" for trial in broken[:20])
    return Outcome(
        fault,
        what,
        len(trials),
        len(broken),
        sum(trial.entries for trial in trials),
        sum(trial.lost for trial in trials),
        "; ".join(parts),
        **control,  # type: ignore[arg-type]
    )


Place = TypeVar("Place")
Result = TypeVar("Result")


def side_by_side(
    scale: Scale, name: str, places: list[Place], count: int, attempt: Callable[[Place, Random, int], Result]
) -> list[Result]:
    """Make ``count`` attempts, one at a time in each place; each has random choices of its own."""
    numbers = iter(range(count))
    lock = threading.Lock()
    results: list[Result] = []
    failures: list[BaseException] = []

    def work(place: Place) -> None:
        while not failures:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                result = attempt(place, Random(f"{scale.seed} {name} {number}"), number)
            except BaseException as error:
                failures.append(error)
                raise
            with lock:
                results.append(result)

    with ThreadPoolExecutor(len(places)) as pool:
        list(pool.map(work, places))
    return results


def together(*works: Callable[[], Result]) -> list[Result]:
    """Do several things at once: most of a trial is waiting."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(work) for work in works]]
