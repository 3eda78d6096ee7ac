"""Which letters of two forms of a line differ, for the highlights inside changed lines; never slow."""

from __future__ import annotations

from functools import lru_cache

from hotfix_desktop.core.text_diff import word_spans

LONGEST = 2_000
"""Letters of a line that is compared word by word; of a longer one only where it begins and ends to differ."""
TOO_MUCH = 0.75
"""A line of which a greater share differs is another line: highlights would only be spots."""
Spans = tuple[tuple[int, int], ...]


@lru_cache(maxsize=1024)
def differing(before: str, after: str) -> tuple[Spans, Spans]:
    """Give the stretches of each that are not in the other; nothing for lines that have little in common."""
    if before == after:
        return (), ()
    if max(len(before), len(after)) > LONGEST:
        head = _common(before, after)
        tail = _common(before[: head - 1 if head else None : -1], after[: head - 1 if head else None : -1])
        return ((head, len(before) - tail),), ((head, len(after) - tail),)
    was, now = word_spans(before, after)
    if _share(was, before) > TOO_MUCH and _share(now, after) > TOO_MUCH:
        return (), ()
    return tuple(was), tuple(now)


def _share(spans: list[tuple[int, int]], line: str) -> float:
    letters = len(line.strip())
    return sum(len(line[first:last].strip()) for first, last in spans) / letters if letters else 0.0


def _common(one: str, other: str) -> int:
    """Say with how many letters two texts begin alike, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
