"""F14: two windows, two guards, two users, and everything twice at the same moment."""

from __future__ import annotations

import time
from random import Random

from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import administration
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import Message, Window
from tests.faults.processes import pause, wait_until
from tests.faults.tally import Trial, outcome, side_by_side
from tests.faults.world import GRACE, Ground, endings, grounds

SECOND_USER = "bob"
AT_ONCE = 0.1
"""Seconds from the order to the moment at which both do it."""


class Pair:
    """A workspace with two windows, the second one of another user."""

    def __init__(self, ground: Ground) -> None:
        """Open both; the first guards are started at the same moment, too."""
        self.ground = ground
        with ground.bench() as bench:
            administration.assign_role(bench, SECOND_USER, Role.ADMINISTRATOR)
        self.windows = [Window(ground, 1.2), Window(ground, 1.2, user=SECOND_USER)]
        for window in self.windows:
            if window.wait_for("open") is None:
                raise RuntimeError(f"the window did not open: {window.told}")

    def tell_both(self, verb: str, name: str, rng: Random) -> list[Message]:
        """Have both do the same within a few milliseconds; gives what came of it."""
        at = time.time() + AT_ONCE
        for window in self.windows:
            window.told.clear()
            window.tell((at + rng.choice((0.0, 0.0, rng.random() * 0.05)), verb, name))
        return [answer for window in self.windows if (answer := window.wait_for(verb)) is not None]

    def end(self) -> None:
        """End all four processes."""
        for window in self.windows:
            window.kill()
        self.ground.end()


def run(scale: Scale) -> Outcome:
    """F14: one of two wins, and each hotfix ends once."""
    count = 500 if scale.full else 20
    pairs = [Pair(ground) for ground in grounds(scale, "pair", 8 if scale.full else 7)]
    try:
        trials = side_by_side(scale, "F14", pairs, count, _try)
    finally:
        for pair in pairs:
            pair.end()
    trials[0].broken += [f"{pair.ground.location}: {text}" for pair in pairs if (text := pair.ground.log.integrity())]
    return outcome("F14", "two windows, two guards, two users; unlocked, locked and guarded twice at once", trials)


def _try(pair: Pair, rng: Random, number: int) -> Trial:
    ground, name = pair.ground, pair.ground.names[0]
    trial = Trial()
    ground.log.read()
    seq, before = len(ground.log.entries), ground.last_hotfix()
    if number % 5 == 4:  # both guards at once, when none lives
        ground.kill_guards()
        for _ in range(2):
            ground.start_guard(ready=False)
    answers = pair.tell_both("unlock", name, rng)
    won = [answer for answer in answers if answer[0] == "done"]
    if len(answers) != 2 or len(won) != 1:
        trial.broken.append(f"two unlocks at once gave {answers}")
    rows = ground.hotfixes_since(before)
    deadline = max((row[3] for row in rows), default=time.time())
    if number % 3 == 0:
        answers = pair.tell_both("lock", name, rng)
        if sum(answer[0] == "done" for answer in answers) > 1:
            trial.broken.append(f"two locks at once gave {answers}")
    elif number % 3 == 1:  # against the relockers
        pause(deadline + rng.uniform(-0.05, 0.5) - time.time() - AT_ONCE)
        pair.tell_both("lock", name, rng)
    if not wait_until(lambda: not ground.is_open(name), deadline + GRACE) and ground.is_open(name):
        trial.broken.append(f"open {time.time() - deadline:.2f} s past the deadline")
    wait_until(lambda: all(row[2] == "closed" for row in ground.hotfixes_since(before)), deadline + 20)
    new = ground.log.read()
    trial.entries = len(ground.log.entries) - seq
    for row in ground.hotfixes_since(before):
        if row[2] != "closed" or endings(new, row[0]) != 1:
            trial.broken.append(f"hotfix {row[0]} is {row[2]} and has {endings(new, row[0])} endings")
    if not wait_until(lambda: len(ground.guards()) < 2, time.time() + 10, 0.1):
        trial.broken.append(f"two guards live: {ground.guards()}")
    trial.broken += [f"a window crashed: {m[3]}" for w in pair.windows for m in w.told if m[0] == "crash"]
    trial.broken += ground.log.faults
    ground.log.faults.clear()
    return trial
