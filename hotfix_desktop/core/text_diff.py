"""Which lines of two texts differ, and which words of two lines: fast enough for a ``metadata.json`` of 3 MB.

What both texts begin and end with is set aside; between, the lines that occur once in each are anchors (the
longest run of them that is in the same order in both, Bram Cohen's *patience* diff), and ``difflib`` compares
what lies between two anchors. ``difflib`` alone takes a minute for what this does in some 60 ms. Anything that
can be compared and hashed is a line here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_STEP = 1024
"""Lines that are compared at once where texts begin and end alike."""
_STRIDE = 32
"""The same, from an anchor on: the next change is not far."""
_MOST_PAIRS = 100_000
"""Between two anchors ``difflib`` is asked only when so many pairs of lines are equal: its time grows with them."""
_LONGEST_GRAM = 64
_DEEPEST = 200
"""Levels of anchors between anchors; no text that anybody wrote comes near, and a hostile one stays harmless."""
_MOST_EDITS = 300
"""Lines that may differ in a stretch of lines that all repeat; its time grows with their square."""
_MOST_WORDS = 4_000
"""Of a longer line (a whole script in one) only what it begins and ends with is compared."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Hunk:
    """A stretch that differs: these lines before became those lines after. One of the counts may be 0.

    Attributes:
        before_start: the first of them, counted from 0; of an addition the line before which it was made.
        before_count: how many.
        after_start: where they are after.
        after_count: how many they became.
    """

    before_start: int
    before_count: int
    after_start: int
    after_count: int

    @property
    def before_end(self) -> int:
        """The line after the last one before."""
        return self.before_start + self.before_count

    @property
    def after_end(self) -> int:
        """The line after the last one after."""
        return self.after_start + self.after_count


def line_hunks(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Hunk]:
    """Give what differs, in order; between two hunks lies at least one line that is the same in both texts.

    What is not named in a hunk is equal. The hunks are few and short but not always the fewest and shortest.
    """
    hunks = []
    was = now = 0
    for i, j, size in [*_equal_stretches(before, after), (len(before), len(after), 0)]:
        if i > was or j > now:
            hunks.append(Hunk(was, i - was, now, j - now))
        was, now = i + size, j + size
    return hunks


def word_spans(before: str, after: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Give the ranges of characters (from, to) that differ in two forms of one line, words taken whole.

    What lies outside the ranges is the same text in both.
    """
    was = [0, *(word.end() for word in _WORD.finditer(before))]
    now = [0, *(word.end() for word in _WORD.finditer(after))]
    old = [before[a:b] for a, b in pairwise(was)]
    new = [after[a:b] for a, b in pairwise(now)]
    if len(old) > _MOST_WORDS or len(new) > _MOST_WORDS:
        hunks = _ends_cut(old, new)
    else:
        hunks = _joined(line_hunks(old, new), old)
    return (
        [(was[hunk.before_start], was[hunk.before_end]) for hunk in hunks if hunk.before_count],
        [(now[hunk.after_start], now[hunk.after_end]) for hunk in hunks if hunk.after_count],
    )


def _ends_cut(old: list[str], new: list[str]) -> list[Hunk]:
    head, tail = common_ends(old, new)
    if head == len(old) == len(new):
        return []
    return [Hunk(head, len(old) - tail - head, head, len(new) - tail - head)]


def _joined(hunks: list[Hunk], words: list[str]) -> list[Hunk]:
    """Take two hunks with nothing but blanks between them as one: it is read at a glance."""
    joined: list[Hunk] = []
    for hunk in hunks:
        last = joined[-1] if joined else None
        if last and "".join(words[last.before_end : hunk.before_start]).isspace():
            hunk = Hunk(
                last.before_start,
                hunk.before_end - last.before_start,
                last.after_start,
                hunk.after_end - last.after_start,
            )
            joined[-1] = hunk
        else:
            joined.append(hunk)
    return joined


def common_ends(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[int, int]:
    """Say how many lines two texts begin with alike, and how many they then end with alike."""
    most = min(len(a), len(b))
    head = 0
    while head + _STEP <= most and a[head : head + _STEP] == b[head : head + _STEP]:
        head += _STEP
    while head < most and a[head] == b[head]:
        head += 1
    end, other = len(a), len(b)
    while end - _STEP >= head <= other - _STEP and a[end - _STEP : end] == b[other - _STEP : other]:
        end, other = end - _STEP, other - _STEP
    while end > head < other and a[end - 1] == b[other - 1]:
        end, other = end - 1, other - 1
    return head, len(a) - end


def _equal_stretches(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    """Give where equal stretches begin in both and how long they are, in order; some may touch the next."""
    head, tail = common_ends(a, b)
    found = [(0, 0, head)] if head else []
    if tail:
        found.append((len(a) - tail, len(b) - tail, tail))
    waiting = [(head, len(a) - tail, head, len(b) - tail, 0)]
    while waiting:
        low, high, other_low, other_high, depth = waiting.pop()
        if low >= high or other_low >= other_high:
            continue
        chain = _anchors(a, b, low, high, other_low, other_high) if depth < _DEEPEST else []
        if not chain:
            if _pairs(a, b, low, high, other_low, other_high) <= _MOST_PAIRS:
                matcher = SequenceMatcher(None, a[low:high], b[other_low:other_high], autojunk=False)
                found += [(low + i, other_low + j, n) for i, j, n in matcher.get_matching_blocks() if n]
            else:
                found += _few_edits(a, b, low, high, other_low, other_high)
            continue
        at, other = low, other_low
        for i, j in [*chain, (high, other_high)]:
            if i < at or j < other:
                continue  # the anchor before reached beyond this one
            start, other_start = i, j
            while start > at and other_start > other and a[start - 1] == b[other_start - 1]:
                start, other_start = start - 1, other_start - 1
            waiting.append((at, start, other, other_start, depth + 1))
            while i + _STRIDE <= high and j + _STRIDE <= other_high and a[i : i + _STRIDE] == b[j : j + _STRIDE]:
                i, j = i + _STRIDE, j + _STRIDE
            while i < high and j < other_high and a[i] == b[j]:
                i, j = i + 1, j + 1
            if i > start:
                found.append((start, other_start, i - start))
            at, other = i, j
    found.sort()
    return found


def _anchors(
    a: Sequence[Hashable], b: Sequence[Hashable], low: int, high: int, other_low: int, other_high: int
) -> list[tuple[int, int]]:
    """Give the longest run of lines that occur once in each stretch and in the same order in both.

    Where there is none and the stretch is too much for ``difflib``, runs of 2, 4, 8 … lines stand for a line.
    """
    size = 1
    while size <= _LONGEST_GRAM:
        once = _once(a, low, high, size)
        other_once = _once(b, other_low, other_high, size)
        pairs = [(i, other_once[line]) for line, i in once.items() if line in other_once]
        if pairs:
            return _longest_rising(pairs)
        if size == 1 and _pairs(a, b, low, high, other_low, other_high) <= _MOST_PAIRS:
            break
        size *= 2
    return []


def _once(lines: Sequence[Hashable], low: int, high: int, size: int) -> dict[Hashable, int]:
    """Give where each line (or run of lines) of a stretch begins that is there only once."""
    runs: Sequence[Hashable] = lines[low:high]
    if size > 1:
        runs = [tuple(lines[at : at + size]) for at in range(low, high - size + 1)]
    last = dict(zip(runs, range(low, high), strict=False))
    if len(last) == len(runs):
        return last
    first = dict(zip(reversed(runs), range(low + len(runs) - 1, low - 1, -1), strict=True))
    return {run: at for run, at in last.items() if first[run] == at}  # faster than to count them


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give the longest run of pairs, sorted by their first, of which the second rises too."""
    if all(one[1] < other[1] for one, other in pairwise(pairs)):
        return pairs  # nothing was moved about, as nearly always
    ends: list[int] = []
    at_end: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        place = bisect_left(ends, j)
        before.append(at_end[place - 1] if place else -1)
        if place == len(ends):
            ends.append(j)
            at_end.append(number)
        else:
            ends[place], at_end[place] = j, number
    return list(_back(pairs, before, at_end[-1]))[::-1]


def _back(pairs: list[tuple[int, int]], before: list[int], number: int) -> Iterator[tuple[int, int]]:
    while number >= 0:
        yield pairs[number]
        number = before[number]


def _few_edits(
    a: Sequence[Hashable], b: Sequence[Hashable], low: int, high: int, other_low: int, other_high: int
) -> list[tuple[int, int, int]]:
    """Give the equal stretches of two that differ in few lines (Myers, 1986); nothing where they differ in more."""
    reached, trail = {1: low}, []
    for edits in range(_MOST_EDITS + 1):
        trail.append(dict(reached))
        for diagonal in range(-edits, edits + 1, 2):
            left, right = reached.get(diagonal - 1, -1), reached.get(diagonal + 1, -1)
            i = right if diagonal == -edits or (diagonal != edits and left < right) else left + 1
            j = other_low + i - low - diagonal
            while i < high and j < other_high and a[i] == b[j]:
                i, j = i + 1, j + 1
            reached[diagonal] = i
            if i >= high and j >= other_high:
                return list(_stretches(trail, i, j, low, other_low))
    return []


def _stretches(trail: list[dict[int, int]], i: int, j: int, low: int, other_low: int) -> Iterator[tuple[int, int, int]]:
    """Go back over the trail of :func:`_few_edits` and give what was equal on the way."""
    for edits in range(len(trail) - 1, -1, -1):
        reached, diagonal = trail[edits], i - low - (j - other_low)
        left, right = reached.get(diagonal - 1, -1), reached.get(diagonal + 1, -1)
        down = diagonal == -edits or (diagonal != edits and left < right)
        before = right if down else left
        start = before if down else before + 1
        if i > start:
            yield start, j - (i - start), i - start
        i, j = before, other_low + before - low - (diagonal + (1 if down else -1))


def _pairs(a: Sequence[Hashable], b: Sequence[Hashable], low: int, high: int, other_low: int, other_high: int) -> int:
    """Say how many pairs of equal lines two stretches make."""
    counted = Counter(b[other_low:other_high])
    return sum(counted.get(line, 0) for line in a[low:high])
