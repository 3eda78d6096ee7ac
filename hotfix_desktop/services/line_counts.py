"""How many lines each changed file gained and lost, for the list of changes."""

from __future__ import annotations

from collections.abc import Sequence

from hotfix_desktop.core.changes import Change
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.changes import contents_of
from hotfix_desktop.services.differences import difference
from hotfix_desktop.services.workbench import Workbench

LARGEST = 4 << 20
"""Bytes of a file whose lines are counted; a larger one is counted when it is looked at."""


def line_counts(
    bench: Workbench, hotfix: int, changes: Sequence[Change], progress: Progress = NOBODY
) -> dict[bytes, tuple[int, int]]:
    """Give, by path, how many lines were added and removed.

    What is no text, too large or not readable is left out: whoever looks at it is told why. Raises ``Cancelled``.
    """
    found = {}
    for at, change in enumerate(changes):
        progress.step(at, len(changes))
        if max((fact.size for fact in (change.before, change.after) if fact is not None), default=0) > LARGEST:
            continue
        try:
            before, after = contents_of(bench, hotfix, change, progress)
        except HotfixError:
            progress.check()
            continue
        lines = difference(change.path, before, after).meaning
        if lines is not None:
            found[change.path] = lines.counts
    return found
