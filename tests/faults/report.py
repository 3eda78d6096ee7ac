"""How the outcomes are shown: a line for each as it comes, and a table in Markdown at the end."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

from tests.faults.fault import Outcome

HEADINGS = ("fault", "what", "trials", "broken", "entries", "lost", "control", "broken/trials", "detail", "seconds", "")


def machine() -> str:
    """Give the facts of the machine that matter here; no date, so that two runs can be compared."""
    import PySide6.QtCore

    facts = f"{os.cpu_count()} cores, Python {platform.python_version()}, PySide6 {PySide6.__version__}"
    return f"{platform.system()} {platform.machine()}, {facts}"


def line(outcome: Outcome, seconds: float) -> str:
    """Give one outcome for people who watch."""
    control = f", control {outcome.control_broken}/{outcome.control_trials}" if outcome.control else ""
    counts = f"{outcome.trials:,} trials, {outcome.broken} broken, {outcome.lost} of {outcome.entries:,} entries lost"
    detail = f" ({outcome.detail})" if outcome.detail else ""
    return f"{outcome.fault:<4} {_word(outcome):<6} {outcome.what}: {counts}{control}, {seconds:.0f} s{detail}"


def markdown(outcomes: Sequence[tuple[Outcome, float]]) -> str:
    """Give the table."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(_cells(*each) for each in outcomes)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _cells(outcome: Outcome, seconds: float) -> tuple[str, ...]:
    control = f"{outcome.control_broken}/{outcome.control_trials}" if outcome.control else ""
    return (
        outcome.fault,
        outcome.what,
        f"{outcome.trials:,}",
        str(outcome.broken),
        f"{outcome.entries:,}",
        str(outcome.lost),
        outcome.control,
        control,
        outcome.detail.replace("|", "/"),
        f"{seconds:.0f}",
        _word(outcome),
    )


def _word(outcome: Outcome) -> str:
    return "sound" if outcome.is_sound else "BROKEN"
