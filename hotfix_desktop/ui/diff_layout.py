"""Which row of a difference shows which lines: side by side or unified, with what is the same folded away.

Pure: it knows nothing of pixels. A text of a million lines is some hundred blocks here, and a row is found by
bisection, so that nothing is built line by line.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from hotfix_desktop.services.differences import Lines, Pair

CONTEXT = 3
"""Lines around a change that are shown although they are the same."""
SHORTEST_FOLD = 4
"""A fold hides at least so many lines; fewer are shown."""


class RowKind(Enum):
    """What a row is."""

    SAME = auto()
    CHANGED = auto()
    """Side by side: a line on the left became the one on the right."""
    REMOVED = auto()
    ADDED = auto()
    FOLD = auto()
    """Stands for lines that are the same."""
    NOISE = auto()
    """Stands for lines that differ in noise only."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        before: its line before, from 0; None where there is none.
        after: its line after.
        hunk: the number of its hunk; None for what is the same.
        partner: in a unified view, the line of the other side that a changed line is compared with.
        hidden: how many lines a fold stands for.
    """

    kind: RowKind
    before: int | None = None
    after: int | None = None
    hunk: int | None = None
    partner: int | None = None
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows of one kind: ``rows`` of them from row ``first``, from the lines ``before`` and ``after`` on."""

    first: int
    rows: int
    kind: RowKind
    before: int
    after: int
    hunk: int | None = None
    hidden: int = 0
    pairs: tuple[Pair, ...] = ()


class Layout:
    """The rows of a difference.

    Attributes:
        rows: how many there are.
        starts: the first row of each change that counts, in order.
    """

    def __init__(
        self, lines: Lines, *, unified: bool = False, fold: bool = True, opened: Collection[tuple[int, int]] = ()
    ) -> None:
        """Lay the lines out; ``opened`` names the folds that are open, by the lines they begin with."""
        self._unified = unified
        self._fold = fold
        self._opened = opened
        self._blocks: list[_Block] = []
        self.rows = 0
        self.starts: list[int] = []
        before = after = 0
        for at, hunk in enumerate(lines.hunks):
            self._add_same(hunk.before_start - before, before, after, head=at > 0, tail=True)
            noise = at in lines.noise
            hidden = max(hunk.before_count, hunk.after_count)
            if noise and fold and (hunk.before_start, hunk.after_start) not in opened:
                self._add(1, RowKind.NOISE, hunk.before_start, hunk.after_start, at, hidden)
            else:
                if not noise:
                    self.starts.append(self.rows)
                self._add_hunk(at, lines.pairs[at], hunk.before_start, hunk.after_start)
            before, after = hunk.before_end, hunk.after_end
        self._add_same(len(lines.before) - before, before, after, head=bool(lines.hunks), tail=False)
        self._firsts = [block.first for block in self._blocks]

    def row(self, number: int) -> Row:
        """Give a row; ``IndexError`` outside."""
        if not 0 <= number < self.rows:
            raise IndexError(number)
        block = self._blocks[bisect_right(self._firsts, number) - 1]
        at = number - block.first
        if block.kind is RowKind.SAME:
            return Row(RowKind.SAME, block.before + at, block.after + at)
        if block.kind in (RowKind.FOLD, RowKind.NOISE):
            return Row(block.kind, block.before, block.after, block.hunk, hidden=block.hidden)
        before, after = block.pairs[at]
        if block.kind is RowKind.REMOVED:
            return Row(RowKind.REMOVED, before, None, block.hunk, after)
        if block.kind is RowKind.ADDED:
            return Row(RowKind.ADDED, None, after, block.hunk, before)
        kind = RowKind.REMOVED if after is None else RowKind.ADDED if before is None else RowKind.CHANGED
        return Row(kind, before, after, block.hunk)

    def span(self, hunk: int) -> tuple[int, int]:
        """Give the first row of a hunk and the one after its last."""
        blocks = [block for block in self._blocks if block.hunk == hunk]
        return blocks[0].first, blocks[-1].first + blocks[-1].rows

    def bands(self) -> Iterator[tuple[int, int, RowKind]]:
        """Give first row, rows and kind of everything that differs and is shown, for the strip beside the text."""
        for block in self._blocks:
            if block.hunk is not None and block.kind is not RowKind.NOISE:
                kind = block.kind
                if kind is RowKind.CHANGED:
                    gone = all(after is None for _, after in block.pairs)
                    come = all(before is None for before, _ in block.pairs)
                    kind = RowKind.REMOVED if gone else RowKind.ADDED if come else RowKind.CHANGED
                yield block.first, block.rows, kind

    def row_of(self, line: int, *, after: bool) -> int:
        """Give the row that shows a line, or the fold that hides it."""
        low, high = 0, len(self._blocks) - 1
        while low < high:  # the last block that does not begin after the line
            middle = (low + high + 1) // 2
            block = self._blocks[middle]
            if (block.after if after else block.before) <= line:
                low = middle
            else:
                high = middle - 1
        # Blocks of one side only begin at a line that is not theirs.
        for at in range(low, -1, -1):
            row = self._row_in(self._blocks[at], line, after)
            if row is not None:
                return row
        return 0

    def next_start(self, row: int) -> int | None:
        """Give the first row of the next change below a row."""
        at = bisect_right(self.starts, row)
        return self.starts[at] if at < len(self.starts) else None

    def previous_start(self, row: int) -> int | None:
        """Give the first row of the change above a row."""
        above = [start for start in self.starts if start < row]
        return above[-1] if above else None

    def _row_in(self, block: _Block, line: int, after: bool) -> int | None:
        if block.kind in (RowKind.FOLD, RowKind.NOISE):
            start = block.after if after else block.before
            return block.first if start <= line < start + max(1, block.hidden) else None
        if block.kind is RowKind.SAME:
            at = line - (block.after if after else block.before)
            return block.first + at if 0 <= at < block.rows else None
        if block.kind is (RowKind.REMOVED if after else RowKind.ADDED):
            return None
        for at, pair in enumerate(block.pairs):
            if pair[1 if after else 0] == line:
                return block.first + at
        return None

    def _add(
        self,
        rows: int,
        kind: RowKind,
        before: int,
        after: int,
        hunk: int | None = None,
        hidden: int = 0,
        pairs: tuple[Pair, ...] = (),
    ) -> None:
        if rows:
            self._blocks.append(_Block(self.rows, rows, kind, before, after, hunk, hidden, pairs))
            self.rows += rows

    def _add_same(self, count: int, before: int, after: int, *, head: bool, tail: bool) -> None:
        """Add lines that are the same; ``head`` and ``tail`` say whether a change stands before and after them."""
        first, last = CONTEXT if head else 0, CONTEXT if tail else 0
        hidden = count - first - last
        key = (before + first, after + first)
        if not self._fold or not (head or tail) or hidden < SHORTEST_FOLD or key in self._opened:
            self._add(count, RowKind.SAME, before, after)
            return
        self._add(first, RowKind.SAME, before, after)
        self._add(1, RowKind.FOLD, *key, hidden=hidden)
        self._add(last, RowKind.SAME, before + count - last, after + count - last)

    def _add_hunk(self, hunk: int, pairs: tuple[Pair, ...], before: int, after: int) -> None:
        if not self._unified:
            self._add(len(pairs), RowKind.CHANGED, before, after, hunk, pairs=pairs)
            return
        removed = tuple(pair for pair in pairs if pair[0] is not None)
        added = tuple(pair for pair in pairs if pair[1] is not None)
        self._add(len(removed), RowKind.REMOVED, before, after, hunk, pairs=removed)
        self._add(len(added), RowKind.ADDED, before, after, hunk, pairs=added)
