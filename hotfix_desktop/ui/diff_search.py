"""Looks for a text in both sides of a difference, whatever its case; pure, so that a lane can do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.differences import Lines

MOST = 10_000
"""Places that are kept; who finds more looks for something else."""
STEP = 20_000
"""Lines between two looks whether the search was cancelled."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a text stands.

    Attributes:
        places: line, letter and side (True: after) of each place, in the order of the lines; what stands the same
            on both sides counts once.
        more: whether there are more than :data:`MOST`.
    """

    text: str
    places: tuple[tuple[int, int, bool], ...]
    more: bool = False
    _by_line: dict[tuple[int, bool], list[tuple[int, int]]] = field(default_factory=dict, compare=False, repr=False)

    def in_line(self, line: int, *, after: bool) -> Sequence[tuple[int, int]]:
        """Give the stretches of a line."""
        return self._by_line.get((line, after), ())


def search(lines: Lines, text: str, progress: Progress = NOBODY) -> Found:
    """Find every place of a text, those of the left side in what was changed only."""
    wanted = text.casefold()
    by_line: dict[tuple[int, bool], list[tuple[int, int]]] = {}
    places: list[tuple[int, int, int, bool]] = []
    if not wanted:
        return Found(text, ())
    for after, texts in ((True, lines.after), (False, lines.before)):
        for number in _lines_with(texts, wanted, progress):
            if len(places) >= MOST:
                return _sorted(text, places, by_line, more=True)
            spans = by_line.setdefault((number, after), [])
            folded = texts[number].casefold()
            at = folded.find(wanted)
            while at >= 0 and len(spans) < MOST:
                spans.append((at, at + len(wanted)))
                at = folded.find(wanted, at + len(wanted))
            order = number if after else _after_of(lines, number)
            if order is not None:
                places += [(order, number, first, after) for first, _ in spans]
    return _sorted(text, places, by_line, more=False)


def _lines_with(texts: Sequence[str], wanted: str, progress: Progress) -> list[int]:
    found = []
    for start in range(0, len(texts), STEP):
        progress.step(start, len(texts))
        found += [at for at, line in enumerate(texts[start : start + STEP], start) if wanted in line.casefold()]
    return found


def _after_of(lines: Lines, before: int) -> int | None:
    """Give where a line that was changed or removed stands on the right; None for one that is the same there."""
    low, high = 0, len(lines.hunks)
    while low < high:
        middle = (low + high) // 2
        if lines.hunks[middle].before_end <= before:
            low = middle + 1
        else:
            high = middle
    hunk = lines.hunks[low] if low < len(lines.hunks) else None
    return hunk.after_start if hunk is not None and hunk.before_start <= before else None


def _sorted(
    text: str,
    places: list[tuple[int, int, int, bool]],
    by_line: dict[tuple[int, bool], list[tuple[int, int]]],
    *,
    more: bool,
) -> Found:
    places.sort()
    return Found(text, tuple((line, at, after) for _, line, at, after in places[:MOST]), more, by_line)
