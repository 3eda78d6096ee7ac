"""One strip of a report, and how strips become pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtGui import QPainter


@dataclass(frozen=True, slots=True)
class Strip:
    """What is never divided between two pages; lengths in the units of the layout.

    Attributes:
        paint: paints it; given where its top is.
        before: room above it, which is left out at the top of a page.
        keep: whether the next strip has to stand on the same page.
        head: what is painted above it when it begins a page, the titles of a table's columns.
    """

    height: float
    paint: Callable[[QPainter, float], None]
    before: float = 0
    keep: bool = False
    head: Strip | None = None


Page = list[tuple[float, Strip]]
"""Strips, each with the place of its top."""


def paginate(strips: Iterable[Strip], height: float) -> Iterator[Page]:
    """Fill pages of this height; gives at least one page."""
    page: Page = []
    used = 0.0
    for group in _groups(strips):
        needed = sum(strip.height + strip.before for strip in group)
        if page and used + needed > height:
            yield page
            page, used = [], 0.0
        for strip in group:
            if page and used + strip.before + strip.height > height:  # a group that is taller than a page
                yield page
                page, used = [], 0.0
            if not page and strip.head is not None:
                page.append((0.0, strip.head))
                used = strip.head.height
            elif page:
                used += strip.before
            page.append((used, strip))
            used += strip.height
    yield page


def _groups(strips: Iterable[Strip]) -> Iterator[list[Strip]]:
    group: list[Strip] = []
    for strip in strips:
        group.append(strip)
        if not strip.keep:
            yield group
            group = []
    if group:
        yield group
