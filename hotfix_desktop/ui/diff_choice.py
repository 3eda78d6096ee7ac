"""What is chosen in a difference, and what of it goes to the clipboard or to a screen reader."""

from __future__ import annotations

from dataclasses import dataclass

from hotfix_desktop.services.differences import Lines
from hotfix_desktop.ui.diff_layout import Layout, Row, RowKind
from hotfix_desktop.ui.diff_paint import fold_words
from hotfix_desktop.ui.formats import tr

SPOKEN = 200
"""Letters of a line that a screen reader is given."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A letter of a row."""

    row: int
    letter: int


@dataclass(frozen=True, slots=True)
class Choice:
    """From a place to a place, in one side of a view with two."""

    start: Place
    end: Place
    after: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies between."""
        return self.start == self.end

    def span(self, row: int, *, after: bool | None) -> tuple[int, int] | None:
        """Give from which to which letter of a row is chosen; ``after`` is the side, None where there is one only."""
        low, high = sorted((self.start, self.end))
        if (after is not None and after != self.after) or not low.row <= row <= high.row or low == high:
            return None
        return (low.letter if row == low.row else 0, high.letter if row == high.row else 1 << 30)

    def text(self, layout: Layout, lines: Lines, *, unified: bool) -> str:
        """Give the chosen text; what a fold hides between its ends belongs to it, except in a unified view."""
        low, high = sorted((self.start, self.end))
        taken: list[str] = []
        for at in range(low.row, high.row + 1):
            row = layout.row(at)
            first = low.letter if at == low.row else 0
            last = high.letter if at == high.row else None
            after = row.kind is not RowKind.REMOVED if unified else self.after
            texts = lines.after if after else lines.before
            line = row.after if after else row.before
            if line is None:
                continue
            if row.hidden:
                whole = row.hidden if not unified else 0
                taken += texts[line : line + whole]
            else:
                taken.append(texts[line][first:last].rstrip("\r\n"))
        return "\n".join(taken)


def change_text(layout: Layout, lines: Lines, current: int) -> str:
    """Give the change at a row, or the line where there is none: removed lines with −, added ones with +."""
    if not layout.rows:
        return ""
    row = layout.row(current)
    if row.hunk is None:
        return "" if row.hidden or row.after is None else lines.after[row.after].rstrip("\r\n")
    hunk = lines.hunks[row.hunk]
    gone = [f"-{line}" for line in lines.before[hunk.before_start : hunk.before_end]]
    come = [f"+{line}" for line in lines.after[hunk.after_start : hunk.after_end]]
    return "\n".join(line.rstrip("\r\n") for line in (*gone, *come))


def row_words(row: Row, lines: Lines) -> str:
    """Give what a screen reader says of a row."""
    if row.kind in (RowKind.FOLD, RowKind.NOISE):
        return tr("Folded:") + f" {fold_words(row)}"
    before = lines.before[row.before][:SPOKEN].strip() if row.before is not None else ""
    after = lines.after[row.after][:SPOKEN].strip() if row.after is not None else ""
    match row.kind:
        case RowKind.SAME:
            return f"{tr('Line')} {(row.after or 0) + 1}: {after or tr('empty')}"
        case RowKind.CHANGED:
            return f"{tr('Changed line')} {(row.after or 0) + 1}: {tr('was')} {before}, {tr('is')} {after}"
        case RowKind.REMOVED:
            return f"{tr('Removed line')} {(row.before or 0) + 1}: {before or tr('empty')}"
    return f"{tr('Added line')} {(row.after or 0) + 1}: {after or tr('empty')}"
