"""Draws the rows of a difference that are on the screen: numbers, signs, grounds, words, syntax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from hotfix_desktop.services.differences import Lines
from hotfix_desktop.ui.diff_cells import Cells, cells
from hotfix_desktop.ui.diff_layout import Row, RowKind
from hotfix_desktop.ui.diff_look import DiffLook, Ground, Ink
from hotfix_desktop.ui.diff_syntax import Span
from hotfix_desktop.ui.diff_words import differing
from hotfix_desktop.ui.formats import number, tr

PAD = 6
"""Pixels beside a line's number."""
TEXT_PAD = 4
"""Pixels between the gutter and the text."""
LEADING = 3
"""Pixels between two lines, beyond what the font asks for."""
BAR = 3
"""Pixels of the bar beside the current change."""
Mark = tuple[int, int, Ground]
"""From letter to letter, and what these stand on."""


@dataclass(slots=True)
class Sheet:
    """What is drawn on: the texts, the font and the places.

    Attributes:
        left: the first cell on the screen.
        colours: gives the syntax of a line, by its number and its side (True: after).
        marks: gives what is found or chosen in a line, by row and side.
    """

    lines: Lines
    look: DiffLook
    font: QFont
    unified: bool
    colours: Callable[[int, bool], Sequence[Span]]
    marks: Callable[[int, bool], Sequence[Mark]]
    left: int = 0
    cell: float = field(init=False)
    height: int = field(init=False)
    ascent: int = field(init=False)
    digits: int = field(init=False)

    def __post_init__(self) -> None:
        """Measure the font."""
        metrics = QFontMetricsF(self.font)
        self.cell = metrics.horizontalAdvance("0" * 100) / 100
        self.height = round(metrics.ascent() + metrics.descent()) + LEADING
        self.ascent = round(metrics.ascent()) + LEADING // 2
        self.digits = len(str(max(len(self.lines.before), len(self.lines.after), 99)))

    @property
    def number_width(self) -> int:
        """Pixels of a column of line numbers."""
        return round(self.digits * self.cell) + 2 * PAD

    @property
    def sign_width(self) -> int:
        """Pixels of the column of + and −."""
        return round(self.cell) + 8

    @property
    def gutter(self) -> int:
        """Pixels before the text of a side."""
        return self.number_width * (2 if self.unified else 1) + self.sign_width

    def columns(self, width: int) -> tuple[tuple[int, int], ...]:
        """Give left edge and width of each side: one of a unified view, else two with a line between."""
        if self.unified:
            return ((0, width),)
        half = (width - 1) // 2
        return ((0, half), (half + 1, width - half - 1))


def paint_row(painter: QPainter, sheet: Sheet, row: Row, at: int, top: int, width: int, *, current: bool) -> None:
    """Draw the row number ``at`` from ``top`` on."""
    if row.kind in (RowKind.FOLD, RowKind.NOISE):
        _paint_fold(painter, sheet, row, top, width)
    elif sheet.unified:
        _paint_unified(painter, sheet, row, at, top, width)
    else:
        (left, left_width), (right, right_width) = sheet.columns(width)
        _paint_side(painter, sheet, row, at, QRect(left, top, left_width, sheet.height), after=False)
        _paint_side(painter, sheet, row, at, QRect(right, top, right_width, sheet.height), after=True)
        painter.fillRect(right - 1, top, 1, sheet.height, sheet.look.line)
    if current:
        painter.fillRect(0, top, BAR, sheet.height, sheet.look.current)


def _paint_fold(painter: QPainter, sheet: Sheet, row: Row, top: int, width: int) -> None:
    look = sheet.look
    painter.fillRect(0, top, width, sheet.height, look.fold)
    painter.fillRect(0, top, width, 1, look.line)
    painter.fillRect(0, top + sheet.height - 1, width, 1, look.line)
    painter.setPen(look.fold_text)
    painter.drawText(QPoint(sheet.gutter, top + sheet.ascent), f"⋯  {fold_words(row)}")


def fold_words(row: Row) -> str:
    """Give what a fold says."""
    text = tr("%n line(s) differ only in noise" if row.kind is RowKind.NOISE else "%n unchanged line(s)", row.hidden)
    return text.replace(str(row.hidden), number(row.hidden), 1).replace("1 line differ ", "1 line differs ")


def _paint_unified(painter: QPainter, sheet: Sheet, row: Row, at: int, top: int, width: int) -> None:
    numbers = sheet.number_width
    after = row.kind is not RowKind.REMOVED
    line = row.after if after else row.before
    assert line is not None
    gutter = _gutter(sheet.look, row.kind, after=after)
    painter.fillRect(0, top, sheet.gutter, sheet.height, gutter)
    _paint_number(painter, sheet, row.before, 0, top, gutter)
    _paint_number(painter, sheet, row.after, numbers, top, gutter)
    _paint_sign(painter, sheet, row.kind, 2 * numbers, top, after=after)
    partner = None
    if row.partner is not None:
        texts = sheet.lines.after if not after else sheet.lines.before
        partner = texts[row.partner]
    room = QRect(sheet.gutter, top, width - sheet.gutter, sheet.height)
    _paint_line(painter, sheet, row.kind, at, line, partner, room, after=after)


def _paint_side(painter: QPainter, sheet: Sheet, row: Row, at: int, place: QRect, *, after: bool) -> None:
    line, other = (row.after, row.before) if after else (row.before, row.after)
    look, top = sheet.look, place.top()
    painter.setClipRect(place)
    if line is None:
        painter.fillRect(place, look.nothing)
        painter.fillRect(place, look.hatched())
        painter.setClipping(False)
        return
    gutter = _gutter(look, row.kind, after=after)
    painter.fillRect(place.left(), top, sheet.gutter, place.height(), gutter)
    _paint_number(painter, sheet, line, place.left(), top, gutter)
    _paint_sign(painter, sheet, row.kind, place.left() + sheet.number_width, top, after=after)
    partner = None
    if row.kind is RowKind.CHANGED and other is not None:
        partner = (sheet.lines.before if after else sheet.lines.after)[other]
    room = place.adjusted(sheet.gutter, 0, 0, 0)
    _paint_line(painter, sheet, row.kind, at, line, partner, room, after=after)
    painter.setClipping(False)


def _paint_number(painter: QPainter, sheet: Sheet, line: int | None, left: int, top: int, gutter: QColor) -> None:
    if line is None:
        return
    text = str(line + 1)
    x = left + sheet.number_width - PAD - round(len(text) * sheet.cell)
    painter.setPen(sheet.look.number(gutter))
    painter.drawText(QPoint(x, top + sheet.ascent), text)


def _paint_sign(painter: QPainter, sheet: Sheet, kind: RowKind, left: int, top: int, *, after: bool) -> None:
    if kind is RowKind.SAME:
        return
    painter.setPen(sheet.look.sign(added=after))
    painter.drawText(QPoint(left + 4, top + sheet.ascent), "+" if after else "−")


def _gutter(look: DiffLook, kind: RowKind, *, after: bool) -> QColor:
    if kind is RowKind.SAME:
        return look.gutter
    return look.gutter_added if after else look.gutter_removed


def _paint_line(
    painter: QPainter, sheet: Sheet, kind: RowKind, at: int, line: int, partner: str | None, room: QRect, *, after: bool
) -> None:
    text = (sheet.lines.after if after else sheet.lines.before)[line]
    ground = Ground.BASE
    if kind is not RowKind.SAME:
        ground = Ground.ADDED if after else Ground.REMOVED
    look = sheet.look
    painter.fillRect(room, look.ground(ground))
    measured = cells(text)
    first = measured.letter(sheet.left)
    last = min(len(text), measured.letter(sheet.left + int(room.width() / sheet.cell) + 1) + 1)
    marks: list[Mark] = []
    if partner is not None:
        spans = differing(text, partner)[0]
        word = Ground.ADDED_WORD if after else Ground.REMOVED_WORD
        marks += [(a, b, word) for a, b in spans if b > first and a < last]
    marks += sheet.marks(at, after)
    colours = sheet.colours(line, after)
    left = room.left() + TEXT_PAD - sheet.left * sheet.cell
    for a, b, mark in marks:
        x, end = left + measured.cell(a) * sheet.cell, left + measured.cell(b) * sheet.cell
        if b > len(text):  # the line's end is chosen, too
            end += sheet.cell
        x = max(x, room.left() + TEXT_PAD)
        end = min(end, room.right() + 1)
        if end > x:
            painter.fillRect(round(x), room.top(), round(end) - round(x), room.height(), look.ground(mark))
    baseline = room.top() + sheet.ascent
    for a, b, ink, mark in _runs(first, last, colours, marks, ground):
        _draw(painter, measured, a, b, left, baseline, sheet.cell, look.ink(ink, mark))


def _draw(
    painter: QPainter, measured: Cells, a: int, b: int, left: float, baseline: int, cell: float, colour: QColor
) -> None:
    text = measured.shown(a, b)
    if text and not text.isspace():
        painter.setPen(colour)
        painter.drawText(QPoint(round(left + measured.cell(a) * cell), baseline), text)


def _runs(
    first: int, last: int, colours: Sequence[Span], marks: Sequence[Mark], ground: Ground
) -> list[tuple[int, int, Ink, Ground]]:
    """Cut a stretch of a line into pieces of one colour on one ground; of two marks the later one is on top."""
    if not marks:
        found = []
        at = first
        for a, b, ink in colours:
            if b <= first:
                continue
            if a >= last:
                break
            a, b = max(a, first), min(b, last)
            if a > at:
                found.append((at, a, Ink.PLAIN, ground))
            found.append((a, b, ink, ground))
            at = b
        if at < last:
            found.append((at, last, Ink.PLAIN, ground))
        return found
    cuts = {first, last}
    for a, b, _ in (*colours, *marks):
        cuts.update((min(max(a, first), last), min(max(b, first), last)))
    edges = sorted(cuts)
    found = []
    for a, b in pairwise(edges):
        ink = next((ink for x, y, ink in colours if x <= a < y), Ink.PLAIN)
        mark = next((mark for x, y, mark in reversed(marks) if x <= a < y), ground)
        found.append((a, b, ink, mark))
    return found
