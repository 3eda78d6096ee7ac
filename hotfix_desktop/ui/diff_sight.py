"""Which stretch of a row has to be in sight, and how far a view is scrolled sideways for that; pure."""

from __future__ import annotations

from hotfix_desktop.services.differences import Lines
from hotfix_desktop.ui.diff_cells import cells
from hotfix_desktop.ui.diff_layout import Row
from hotfix_desktop.ui.diff_words import differing

Stretch = tuple[int, int]
"""From cell to cell of a line; both sides of a view are scrolled together, so it is one for both."""


def changed_stretch(row: Row, lines: Lines) -> Stretch:
    """Give where the first words that differ stand in a row; the beginning where the whole line came or went."""
    before = row.before if row.before is not None else row.partner
    after = row.after if row.after is not None else row.partner
    if row.hunk is None or before is None or after is None:
        return (0, 0)
    texts = (lines.before[before], lines.after[after])
    places = [
        (cells(text).cell(spans[0][0]), cells(text).cell(spans[0][1]))
        for text, spans in zip(texts, differing(*texts), strict=True)
        if spans
    ]
    return (min(first for first, _ in places), max(last for _, last in places)) if places else (0, 0)


def left_for(stretch: Stretch, left: int, page: int) -> int:
    """Give the first cell of a page that shows a stretch: 0 if that does, else ``left``, else some cells before it."""
    first, last = stretch
    last = min(last, first + page - 1)  # of what is longer than a page the beginning counts
    if last < page:
        return 0
    if left <= first and last < left + page:
        return left
    return min(first, last - page + 1 + page // 4)  # what stands before it says more than what follows
