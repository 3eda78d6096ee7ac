"""F3 and F6: every call that changes the world is one at which the process dies, or which fails.

The calls are counted below the home and the package folder, from the opening of the database on. The promises
that are looked at afterwards are those of ``promises.broken_promises``.
"""

from __future__ import annotations

import errno
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.faults.fault import Outcome, Scale
from tests.faults.shim import Act, Call
from tests.faults.trials import Driver, spread

ERRORS = (errno.EIO, errno.ENOSPC, errno.EPERM, errno.EROFS)
MORE = 3
"""Calls past the last one that was counted: not every run makes the same number."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One trial: at the ``at``-th of ``calls`` (all, when empty), do this."""

    act: str
    how: Act
    at: int
    error: int = errno.EIO
    for_ever: bool = False
    calls: tuple[Call, ...] = ()

    def __str__(self) -> str:
        kind = "/".join(call.name.lower() for call in self.calls) or "call"
        if self.how is not Act.FAIL:
            return f"{self.act}, killed {'before' if self.how is Act.KILL_BEFORE else 'after'} {kind} {self.at}"
        often = "from then on" if self.for_ever else "once"
        return f"{self.act}, {errno.errorcode[self.error]} at {kind} {self.at} {often}"


@dataclass(frozen=True, slots=True)
class _Answer:
    wish: Wish
    broken: list[str]
    left_open: bool
    was_hit: bool


def kill_at_each(scale: Scale) -> Outcome:
    """F3: ``kill -9`` at each call of unlock, lock and relock; the control is the same without the recovery."""
    acts = ("unlock", "relock", "relock at start", "lock") if scale.full else ("unlock", "relock")
    counts, kinds = _count(scale, acts)
    ways = (Act.KILL_BEFORE, Act.KILL_AFTER) if scale.full else (Act.KILL_BEFORE,)
    first, step = (1, 1) if scale.full else (1 + scale.seed % 2, 2)
    wishes = [Wish(act, how, at) for act in acts for how in ways for at in range(first, counts[act] + MORE, step)]
    answers = spread(scale.folder, wishes, _kill)
    return Outcome(
        fault="F3",
        what=f"kill -9 at each {'' if scale.full else 'second '}call of "
        + ", ".join(f"{act} ({counts[act]})" for act in acts),
        trials=len(answers),
        broken=sum(bool(answer.broken) for answer in answers),
        detail=_detail(answers, f"{kinds}; {sum(a.was_hit for a in answers)} were killed"),
        control="nobody recovers",
        control_trials=len(answers),
        control_broken=sum(answer.left_open for answer in answers),
        control_least=0.1,
    )


def failing_calls(scale: Scale) -> Outcome:
    """F6: each call fails, once or from then on, with each error; then the fault ends."""
    chance = random.Random(scale.seed)
    acts = ("unlock", "relock", "relock at start", "lock") if scale.full else ("unlock", "relock")
    counts, kinds = _count(scale, acts)
    every = [
        Wish(act, Act.FAIL, at, error, for_ever)
        for act, errors in zip(acts, (ERRORS, ERRORS, ERRORS[:2], ERRORS[:2]), strict=False)
        for at in range(1, max(60, counts[act]) + MORE)
        for error in errors
        for for_ever in (False, True)
    ]
    every += [
        Wish(act, Act.FAIL, at, error, for_ever, (call,))
        for act in acts
        for call, most in ((Call.CHMOD, 10), (Call.SYNC, 8), (Call.CREATE, 6))
        for at in range(1, most)
        for error in ERRORS
        for for_ever in (False, True)
    ]
    every += [
        Wish(act, Act.FAIL, at, error, True, (Call.WRITE,))
        for act in acts
        for at in range(1, 50)
        for error in ERRORS[:2]
    ]
    wishes = every if scale.full else chance.sample(every, 160)
    answers = spread(scale.folder, wishes, _fail)
    return Outcome(
        fault="F6",
        what="EIO, ENOSPC, EPERM, EROFS at the n-th call of " + ", ".join(f"{act} ({counts[act]})" for act in acts),
        trials=len(answers),
        broken=sum(bool(answer.broken) for answer in answers),
        detail=_detail(answers, f"{kinds}; {sum(a.was_hit for a in answers)} were hit"),
    )


def _count(scale: Scale, acts: Iterable[str]) -> tuple[dict[str, int], str]:
    counts: dict[str, int] = {}
    seen: Counter[str] = Counter()
    with Driver(scale.folder / "count") as driver:
        for act in acts:
            with driver.place() as place:
                result = driver.run("hit", place, act=act).result
            if result["broken"]:
                raise AssertionError(f"without any fault: {result}")
            counts[act] = result["count"]
            seen.update(result["seen"])
    return counts, ", ".join(f"{number} {name}" for name, number in seen.most_common())


def _kill(driver: Driver, wish: Wish) -> _Answer:
    with driver.place() as place:
        hit = driver.run("hit", place, act=wish.act, how=wish.how, at=wish.at)
        after = driver.run("settle", place)
    return _Answer(wish, hit.broken + after.broken, bool(after.result.get("left open")), hit.signal == 9)


def _fail(driver: Driver, wish: Wish) -> _Answer:
    arguments: dict[str, Any] = {
        "act": wish.act,
        "how": wish.how,
        "at": wish.at,
        "error": wish.error,
        "for_ever": wish.for_ever,
        "calls": wish.calls,
    }
    with driver.place() as place:
        trial = driver.run("endure", place, **arguments)
    return _Answer(wish, trial.broken, bool(trial.result.get("left open")), bool(trial.result.get("failed")))


def _detail(answers: list[_Answer], figures: str) -> str:
    kinds = Counter(text for answer in answers for text in set(answer.broken))
    examples: dict[str, Wish] = {}
    for answer in answers:
        for text in answer.broken:
            examples.setdefault(text, answer.wish)
    told = [f"{number} × {text} (as in: {examples[text]})" for text, number in kinds.most_common(5)]
    return "; ".join([figures, *told])
