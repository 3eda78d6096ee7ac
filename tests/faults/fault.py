"""What a fault of the matrix (``performance.md`` D5) gives: how often it was tried, and what was broken.

Each fault has a *control*: the same trials against a program without the protection. The control must fail,
or the trial could not have found anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to try.

    Attributes:
        full: the whole matrix; else a short leg for each merge.
        seed: what the random choices hang on; printed, so that a failure can be repeated.
        folder: an empty folder of this fault's own.
    """

    full: bool
    seed: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fault.

    Attributes:
        fault: its name in the matrix: ``F1`` …
        what: what was done to the program, in a few words.
        trials: how often.
        broken: in how many trials the promise was broken; has to be 0.
        lost: acknowledged entries that were lost, of ``entries``; has to be 0.
        detail: figures of interest, such as the latest lock.
        control: what the control leaves out; empty for a fault that has none in the matrix.
        control_broken: in how many of ``control_trials`` the control broke the promise.
        control_least: how large that share must be, 0 to 1, for the trial to mean anything.
    """

    fault: str
    what: str
    trials: int
    broken: int
    entries: int = 0
    lost: int = 0
    detail: str = ""
    control: str = ""
    control_trials: int = 0
    control_broken: int = 0
    control_least: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether nothing was broken or lost, and the control failed as it must."""
        if self.broken or self.lost or not self.trials:
            return False
        if not self.control:
            return True
        return self.control_broken > 0 and self.control_broken >= self.control_least * self.control_trials


Fault = Callable[[Scale], Outcome]
