"""Which bar and which mark stands where: pure geometry, whose cost grows with the pixels and not with the windows.

Things that lie closer together than can be told apart are one *span* on the screen. Spans are found by bisection
in sorted lists, so that twenty thousand windows in one lane cost no more than the pixels they fall on. What stands
out, overruns and marks, has lists of its own: no level of detail swallows it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from hotfix_desktop.core.timeline import HotfixWindow, MarkKind, drawn_ends
from hotfix_desktop.ui.timeline_scale import TimeScale

LEAST = 3.0
"""Pixels that the shortest bar is wide."""
GAP = 1.5
"""Bars that are closer than so many pixels are one."""
WIDE = 8.0
"""A bar of so many pixels stands alone."""
MARK = 9.0
"""Pixels that a mark is wide; marks of one kind that are closer are one."""
BAD = frozenset({MarkKind.RELOCK_FAILED, MarkKind.LATE_WRITE})
"""Marks that are painted however close they are to others."""
NEAR = 3.0
"""Pixels beside a bar where it is still meant."""


class LaneOrder(StrEnum):
    """How the lanes are sorted."""

    LATEST = "latest"
    NAME = "name"


class Span(NamedTuple):
    """Things of a lane that are painted as one: those from ``first`` up to, not with, ``last``."""

    x0: float
    x1: float
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time, sorted by their starts; ``owners`` are the windows that they belong to, by their place."""

    starts: list[float]
    ends: list[float]
    owners: list[int]
    reach: list[float]
    """The latest end so far: ends are not sorted where a clock was set back."""

    @classmethod
    def of(cls, stretches: Iterable[tuple[float, float, int]]) -> Stretches:
        """Keep stretches of start, end and owner; as floats, because bisection compares them with floats."""
        ordered = sorted(stretches)
        ends = [float(end) for _, end, _ in ordered]
        return cls([float(s) for s, _, _ in ordered], ends, [o for _, _, o in ordered], list(accumulate(ends, max)))

    def spans(self, scale: TimeScale) -> list[Span]:
        """Give the bars that are to be painted, from left to right."""
        found: list[Span] = []
        start_us, per_px = scale.start_us, scale.per_px
        least, gap, wide = LEAST * per_px, GAP * per_px, WIDE * per_px
        starts, ends, reach = self.starts, self.ends, self.reach
        at = bisect_left(reach, start_us - least)
        stop = bisect_right(starts, scale.end_us)
        while at < stop:  # a frame goes through here ten thousand times, so it counts in microseconds and not in pixels
            first, begin = at, starts[at]
            end = max(ends[at], begin + least)
            at += 1
            if end - begin < wide:
                while at < stop and starts[at] < end + gap:
                    following = bisect_left(starts, end + gap, at + 1, stop)
                    # Of those that begin so close together only the last can be wide.
                    if ends[following - 1] - starts[following - 1] >= wide:
                        following -= 1
                        if following == at:
                            break
                    end = max(end, reach[following - 1], starts[following - 1] + least)
                    at = following
            found.append(Span((begin - start_us) / per_px, (end - start_us) / per_px, first, at))
        return found

    def cells(self, scale: TimeScale) -> list[Span]:
        """Give the marks that are to be painted around the starts, so that none lies upon another."""
        found: list[Span] = []
        start_us, per_px, starts = scale.start_us, scale.per_px, self.starts
        half, apart = MARK / 2 * per_px, MARK * per_px
        at = bisect_left(starts, start_us - half)
        stop = bisect_right(starts, scale.end_us + half)
        while at < stop:
            begin, first = starts[at], at
            at += 1
            if at < stop and starts[at] < begin + apart:
                at = bisect_left(starts, begin + apart, at + 1, stop)
            x = (begin - start_us) / per_px
            found.append(Span(x - MARK / 2, x + MARK / 2, first, at))
        return found

    def nearest(self, span: Span, at_us: float) -> int:
        """Give the owner of that part of a span which is nearest to a moment."""
        middle = bisect_left(self.starts, at_us, span.first, span.last)
        near = range(max(span.first, middle - 2), min(span.last, middle + 2))
        return self.owners[min(near, key=lambda n: max(self.starts[n] - at_us, at_us - self.ends[n], 0))]

    def count_between(self, first_us: float, last_us: float) -> int:
        """Give how many lie, at least in part, between two moments."""
        return max(0, bisect_right(self.starts, last_us) - bisect_left(self.reach, first_us))

    def replacing(self, owner: int, stretch: tuple[int, int] | None) -> Stretches:
        """Give the same with another stretch, or none, for an owner."""
        others: list[tuple[float, float, int]] = [
            s for s in zip(self.starts, self.ends, self.owners, strict=True) if s[2] != owner
        ]
        return Stretches.of(others if stretch is None else [*others, (*stretch, owner)])


@dataclass(frozen=True, slots=True)
class Lane:
    """The windows of one package, in the order of their opening.

    Attributes:
        bars, overruns, marks: what is painted, one upon the other.
        special: the places of those that are painted unlike others, because they are open or never were.
    """

    package: str
    windows: tuple[HotfixWindow, ...]
    bars: Stretches
    overruns: Stretches
    marks: dict[MarkKind, Stretches]
    special: frozenset[int]

    @classmethod
    def of(cls, package: str, windows: Sequence[HotfixWindow], now_us: int) -> Lane:
        """Lay out the windows of a package; those that are open reach to now."""
        bars, overruns = [], []
        marks: dict[MarkKind, list[tuple[int, int, int]]] = {}
        for at, (window, end) in enumerate(zip(windows, drawn_ends(windows, now_us), strict=True)):
            bars.append((window.opened_us, end, at))
            if late := _overrun(window, end):
                overruns.append((*late, at))
            for mark in window.marks:
                marks.setdefault(mark.kind, []).append((mark.at_us, mark.at_us, at))
        kinds = {kind: Stretches.of(marks[kind]) for kind in MarkKind if kind in marks}
        special = frozenset(n for n, w in enumerate(windows) if w.closed_us is None or w.never_opened)
        return cls(package, tuple(windows), Stretches.of(bars), Stretches.of(overruns), kinds, special)

    @property
    def is_open(self) -> bool:
        """Whether its last window has no end yet."""
        return self.windows[-1].closed_us is None

    def until(self, now_us: int) -> Lane:
        """Give the lane as it looks now: an open window has grown."""
        if not self.is_open:
            return self
        at, window = len(self.windows) - 1, self.windows[-1]
        end = window.end_us(now_us)
        bars = self.bars.replacing(at, (window.opened_us, end))
        return replace(self, bars=bars, overruns=self.overruns.replacing(at, _overrun(window, end)))

    def bar_of(self, place: int, scale: TimeScale) -> tuple[float, float]:
        """Give from where to where a single window's bar reaches, pixels."""
        at = self.bars.owners.index(place)
        x0 = scale.x(self.bars.starts[at])
        return x0, max(scale.x(self.bars.ends[at]), x0 + LEAST)

    def mark_cells(self, scale: TimeScale) -> list[tuple[MarkKind, Span]]:
        """Give the marks that are to be painted, the last on top; bad news hide what lies under them."""
        shown: list[tuple[MarkKind, Span]] = []
        taken: set[int] = set()
        for kind in reversed(self.marks):
            cells = self.marks[kind].cells(scale)
            columns = [int(cell.x0 // MARK) for cell in cells]
            if kind not in BAD:
                free = [(n, cell) for n, cell in zip(columns, cells, strict=True) if not {n - 1, n, n + 1} & taken]
                columns, cells = [n for n, _ in free], [cell for _, cell in free]
            taken.update(columns)
            shown = [(kind, cell) for cell in cells] + shown
        return shown

    def window_at(self, x: float, scale: TimeScale, *, is_mark: bool = True) -> tuple[HotfixWindow, int] | None:
        """Give the window that is painted at a place, and how many cannot be told apart there.

        What is on top is meant: a mark (``is_mark``: at the height of the marks), then an overrun, then a bar, and
        at last a bar right beside.
        """
        at_us = scale.at(x)
        layers = [(self.marks[kind], [cell], 0.0) for kind, cell in reversed(self.mark_cells(scale))] if is_mark else []
        bars = self.bars.spans(scale)
        layers += [(self.overruns, self.overruns.spans(scale), 0.0), (self.bars, bars, 0.0), (self.bars, bars, NEAR)]
        for stretches, spans, near in layers:
            span = _over(spans, x, near)
            if span is not None:
                beside = LEAST * scale.per_px
                count = self.bars.count_between(at_us - beside, at_us + beside)
                return self.windows[stretches.nearest(span, at_us)], max(1, count)
        return None


def _overrun(window: HotfixWindow, end_us: int) -> tuple[int, int] | None:
    late = window.overrun_us(end_us)
    return (max(window.opened_us, end_us - late), end_us) if late else None


def _over(spans: list[Span], x: float, near: float) -> Span | None:
    """Give the span nearest to a place that is not farther than ``near``; of several the last, which is on top."""
    away, _, at = min(((max(s.x0 - x, x - s.x1, 0.0), -n, n) for n, s in enumerate(spans)), default=(near + 1, 0, 0))
    return spans[at] if away <= near else None


@dataclass(frozen=True, slots=True)
class TimelineLayout:
    """All lanes, from top to bottom."""

    lanes: tuple[Lane, ...] = ()
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    """For each hotfix its lane and its place there."""

    @classmethod
    def of(cls, windows: Iterable[HotfixWindow], now_us: int, order: LaneOrder = LaneOrder.LATEST) -> TimelineLayout:
        """Give each package its lane."""
        by_package: dict[str, list[HotfixWindow]] = {}
        for window in windows:
            by_package.setdefault(window.package, []).append(window)
        for found in by_package.values():
            found.sort(key=lambda window: (window.opened_us, window.hotfix))
        names = sorted(by_package, key=lambda name: (name.casefold(), name))
        if order is LaneOrder.LATEST:
            names.sort(key=lambda name: by_package[name][-1].opened_us, reverse=True)
        lanes = tuple(Lane.of(name, by_package[name], now_us) for name in names)
        places = {w.hotfix: (row, at) for row, lane in enumerate(lanes) for at, w in enumerate(lane.windows)}
        return cls(lanes, places)

    @property
    def is_open(self) -> bool:
        """Whether something grows with the time."""
        return any(lane.is_open for lane in self.lanes)

    def until(self, now_us: int) -> TimelineLayout:
        """Give the layout as it looks now."""
        return replace(self, lanes=tuple(lane.until(now_us) for lane in self.lanes))

    def window(self, hotfix: int) -> HotfixWindow | None:
        """Give the window of a hotfix, if it is shown."""
        place = self.places.get(hotfix)
        return None if place is None else self.lanes[place[0]].windows[place[1]]

    def extent(self) -> tuple[float, float] | None:
        """Give from when to when something is shown; None for an empty timeline."""
        if not self.lanes:
            return None
        reaches = [found.reach[-1] for lane in self.lanes for found in (lane.bars, *lane.marks.values())]
        return min(lane.bars.starts[0] for lane in self.lanes), max(reaches)

    def beside(self, hotfix: int, step: int) -> HotfixWindow | None:
        """Give the window before (-1) or after (1) a hotfix in its lane; itself at the end."""
        place = self.places.get(hotfix)
        if place is None:
            return None
        windows = self.lanes[place[0]].windows
        return windows[min(max(place[1] + step, 0), len(windows) - 1)]

    def above(self, hotfix: int, step: int) -> HotfixWindow | None:
        """Give the window nearest in time in the lane above (-1) or below (1); itself in the outermost lane."""
        place = self.places.get(hotfix)
        if place is None:
            return None
        row = min(max(place[0] + step, 0), len(self.lanes) - 1)
        windows = self.lanes[place[0]].windows
        if row == place[0]:
            return windows[place[1]]
        wanted, bars = windows[place[1]].opened_us, self.lanes[row].bars
        at = bisect_left(bars.starts, wanted)
        near = range(max(0, at - 1), min(len(bars.starts), at + 1))
        return self.lanes[row].windows[bars.owners[min(near, key=lambda n: abs(bars.starts[n] - wanted))]]
