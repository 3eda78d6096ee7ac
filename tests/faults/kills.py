"""F1 and F2: the window, the guard, or both are killed with ``kill -9`` at random moments."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.lifecycle import HotfixState
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import Message, Window
from tests.faults.processes import kill, pause, wait_until
from tests.faults.tally import Trial, outcome, side_by_side, together
from tests.faults.world import GRACE, Ground, endings, grounds

AROUND = 0.04
"""Half of the kills fall within so many seconds of an unlock or a lock."""
RESTART = 0.3
CONTROL_LEAST = 0.7

ACKNOWLEDGED = {
    "open": (AuditType.WORKSPACE_OPENED,),
    "unlock": (AuditType.UNLOCK_REQUESTED, AuditType.UNLOCKED),
    "extend": (AuditType.EXTENDED,),
    "lock": (AuditType.LOCKED,),
}
"""Which entries a service call that was acknowledged must have left."""


def window(scale: Scale) -> Outcome:
    """F1: the window is killed; the guard, which outlives it, locks."""
    trials, control = _both(scale, "F1", _kill_window, _kill_lonely_window)
    return outcome(
        "F1",
        "kill -9 of the window",
        trials,
        control="the timer lives in the window only",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=CONTROL_LEAST if scale.full else CONTROL_LEAST / 2,
    )


def guard(scale: Scale) -> Outcome:
    """F2: the guard is killed, alone or with the window, and started again after 0.3 s."""
    trials, control = _both(scale, "F2", _kill_guard, _kill_both_for_good)
    return outcome(
        "F2",
        "kill -9 of the guard, or of guard and window; restart after 0.3 s",
        trials,
        control="both are killed and nobody is started again",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=CONTROL_LEAST if scale.full else CONTROL_LEAST / 2,
    )


def _both(
    scale: Scale,
    name: str,
    attempt: Callable[[Ground, Random, int], Trial],
    control: Callable[[Ground, Random, int], bool],
) -> tuple[list[Trial], list[bool]]:
    """Make the trials and then those of the control, each in as many workspaces as two cores can serve."""
    # A guard that starts needs a third of a second of a core: with more of them at once the trial measures itself.
    places = grounds(scale, "w", (16 if scale.full else 12) if name == "F1" else (5 if scale.full else 4))
    lonely = grounds(scale, "control", 10)
    count, controls = (2000, 200) if scale.full else (40 if name == "F1" else 24, 16)
    try:
        side_by_side(scale, f"{name} warm", places, len(places), lambda ground, rng, n: _started(ground))
        if scale.full:  # one after the other, so that neither makes the other late
            trials = side_by_side(scale, name, places, count, attempt)
            left = side_by_side(scale, f"{name} control", lonely, controls, control)
        else:
            trials, left = together(
                lambda: side_by_side(scale, name, places, count, attempt),
                lambda: side_by_side(scale, f"{name} control", lonely, controls, control),
            )
    finally:
        for ground in [*places, *lonely]:
            ground.end()
    trials[0].broken += [f"{ground.location}: {text}" for ground in places if (text := ground.log.integrity())]
    return trials, left


def _started(ground: Ground) -> int:
    return ground.start_guard("--until-closed")


_calls = {True: 0.1, False: 0.01}
"""How many seconds the last unlock took, with and without a guard."""


def _show(ground: Ground, rng: Random, *, guarded: bool = True) -> Window:
    """Start a window, have it unlock something and perhaps lock or extend it, and wait for the moment of the kill.

    Half of these moments are uniform in what is left of the lease; the others lie close to the unlock, the
    deadline, or what the user does.
    """
    # A lease begins before what the package contains is kept and its files are opened: that must not eat it up.
    minute = rng.uniform(1.0, 2.0) + _calls[guarded]
    shown = Window(ground, minute, guarded=guarded)
    if shown.wait_for("open") is None:
        raise RuntimeError(f"the window of {ground.location} did not open: {shown.told}")
    name, began = rng.choice(ground.names), time.time()
    shown.tell((began, "unlock", name))
    kind = rng.choices(("uniform", "unlock", "deadline", "lock", "extend"), (11, 4, 4, 1, 2))[0]
    if kind == "unlock":
        # Somewhere in it, or from its first open file on: most of it is the keeping of what the package contains.
        if rng.random() < 0.3:
            pause(began + _calls[guarded] * rng.random() - time.time())
        elif wait_until(lambda: ground.is_open(name), began + 20, 0.002):
            pause(rng.uniform(0, AROUND))
        return shown
    answer = shown.wait_for("unlock")
    if answer is None or answer[0] != "done":
        return shown  # nothing is open; what is acknowledged is still looked at
    _calls[guarded] = answer[4]
    deadline = max(row[3] for row in ground.hotfixes_since(answer[3] - 1))
    if kind == "uniform":
        kill_at = rng.uniform(time.time(), deadline)
    elif kind == "deadline":
        kill_at = deadline + rng.uniform(-AROUND, AROUND)
    else:
        at = rng.uniform(time.time() + AROUND, max(time.time() + 2 * AROUND, deadline - AROUND))
        shown.tell((at, kind, name))
        kill_at = at + 0.01 + rng.uniform(-AROUND, AROUND)
    pause(kill_at - time.time())
    return shown


def _kill_window(ground: Ground, rng: Random, number: int) -> Trial:
    before, ready = _before(ground)
    shown = _show(ground, rng)
    shown.kill()
    return _judge(ground, before, ready, shown.told)


def _kill_guard(ground: Ground, rng: Random, number: int) -> Trial:
    before, ready = _before(ground)
    guards = ground.guards() or [_started(ground)]  # looked up now: that takes a while
    shown = _show(ground, rng)
    with_window = rng.random() < 0.5
    if with_window:
        kill(shown.pid)
    hit = [pid for pid in guards if kill(pid)]
    if not hit:
        return Trial([f"trial {number}: there was no guard to kill"])
    ground.kill_guards()  # one that the window has started meanwhile, and takes notice of the ends
    if with_window:
        shown.kill()
    pause(RESTART)
    ground.start_guard("--until-closed", ready=False)
    if with_window:
        return _judge(ground, before, ready, shown.told)
    trial = _judge(ground, before, ready, shown.told, shown)
    shown.kill()
    return trial


def _kill_lonely_window(ground: Ground, rng: Random, number: int) -> bool:
    before, _ = _before(ground)
    shown = _show(ground, rng, guarded=False)
    shown.kill()
    return _left_open(ground, before)


def _kill_both_for_good(ground: Ground, rng: Random, number: int) -> bool:
    before, _ = _before(ground)
    guard = _started(ground)
    shown = _show(ground, rng)
    kill(shown.pid)
    kill(guard)
    shown.kill()
    ground.kill_guards()
    return _left_open(ground, before)


def _left_open(ground: Ground, before: int) -> bool:
    """Whether a package is still open when the grace is over; it is then closed for the next trial."""
    rows = ground.hotfixes_since(before)
    pause(max((row[3] for row in rows), default=0.0) + GRACE - time.time())
    left = bool(ground.open_names())
    if rows:
        from hotfix_desktop.services.relocking import Relocker

        with ground.bench() as bench:
            Relocker(bench).beat()
    return left


def _before(ground: Ground) -> tuple[int, int]:
    ground.log.read()
    return ground.last_hotfix(), len(ground.log.entries)


def _judge(ground: Ground, before: int, seq: int, told: list[Message], alive: Window | None = None) -> Trial:
    """Wait for the deadline and hold what is found against the promises."""
    trial = Trial()
    rows = ground.hotfixes_since(before)
    deadline = max((row[3] for row in rows), default=time.time())
    in_time = wait_until(lambda: not ground.open_names(), deadline + GRACE)
    # Asked once more: the last look may have begun before the grace was over.
    if not in_time and (left := ground.open_names()):
        trial.broken.append(f"{ground.location}: {left} open {time.time() - deadline:.2f} s past the deadline")
        wait_until(lambda: not ground.open_names(), deadline + 30)
    if rows and time.time() > deadline:
        trial.late = time.time() - deadline
    closed = HotfixState.CLOSED.value
    if not wait_until(lambda: all(r[2] == closed for r in ground.hotfixes_since(before)), deadline + 15, 0.05):
        trial.broken.append(f"{ground.location}: {ground.hotfixes_since(before)} not recorded as closed")
    if alive is not None:
        alive.hear()
    count_entries(ground, trial, seq, told)
    return trial


def count_entries(ground: Ground, trial: Trial, seq: int, told: list[Message]) -> None:
    """Look for each entry that was acknowledged, for breaks of the chain and for one ending of each hotfix."""
    ground.log.read()
    new = ground.log.entries[seq:]
    for result, verb, _, number, _ in told:
        if result == "crash":
            trial.broken.append(f"{ground.location}: the window crashed: {number}")
        if result != "done":
            continue
        for kind in ACKNOWLEDGED[verb]:
            trial.entries += 1
            if not any(e.event.type is kind and e.event.hotfix == number for e in new):
                trial.lost += 1
                trial.broken.append(f"{ground.location}: the entry “{kind}” of {verb} {number} is lost")
    for number in {e.event.hotfix for e in new if e.event.type is AuditType.UNLOCK_REQUESTED}:
        count = endings(new, number or 0)
        if count != 1:
            trial.broken.append(f"{ground.location}: hotfix {number} has {count} endings")
    trial.broken += ground.log.faults
    ground.log.faults.clear()
