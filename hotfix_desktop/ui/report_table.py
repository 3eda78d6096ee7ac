"""A table of a report as strips: its rows are never torn, and its titles stand on every page."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPen

from hotfix_desktop.ui import report_type as look
from hotfix_desktop.ui.report_parts import Row, Table, Text, Tone
from hotfix_desktop.ui.report_strip import Strip
from hotfix_desktop.ui.report_type import Block, pt

CELL, TITLE, BELOW = 8.5, 8.0, 8.5
GAP, PAD = 10.0, 3.2
LINES_TOGETHER = 12
"""Lines below a row that stay with it and with each other; a longer text goes on over the page."""


def table_strips(table: Table, width: float) -> Iterator[Strip]:
    """Give the strips of a table for a page of this width."""
    places = _places(table, width)
    head = _head(table, places, width)
    yield head
    for row in table.rows:
        yield from _row(table, row, places, width, head)


def _places(table: Table, width: float) -> list[tuple[float, float]]:
    whole = sum(column.share for column in table.columns)
    places, x = [], 0.0
    for column in table.columns:
        share = width * column.share / whole
        places.append((x, share - pt(GAP)))
        x += share
    left, last = places[-1]
    places[-1] = (left, last + pt(GAP))
    return places


def _head(table: Table, places: list[tuple[float, float]], width: float) -> Strip:
    blocks = [
        Block((Text(column.title, Tone.QUIET),), TITLE, room, right=column.right, bold=True)
        for column, (_, room) in zip(table.columns, places, strict=True)
    ]
    height = max(block.height for block in blocks) + pt(2 * PAD)

    def paint(painter: QPainter, y: float) -> None:
        for block, (x, _) in zip(blocks, places, strict=True):
            block.paint(painter, x, y + pt(PAD))
        _rule(painter, y + height, width, pt(0.9), strong=True)

    return Strip(height, paint, pt(2), keep=True)


def _row(table: Table, row: Row, places: list[tuple[float, float]], width: float, head: Strip) -> Iterator[Strip]:
    cells = [
        Block((cell,), CELL, room, right=column.right)
        for cell, column, (_, room) in zip(row.cells, table.columns, places, strict=True)
    ]
    # Below the first column only where that is a narrow number.
    indent = places[1][0] if len(places) > 1 and table.columns[0].right else 0.0
    below = [Block(line, BELOW, width - indent) for line in row.below]
    chunks = list(_chunks(below))
    height = pt(PAD) + max(block.height for block in cells)
    if not chunks:
        yield _painted(height + pt(PAD), cells, places, width, head, rule=True)
        return
    yield _painted(height, cells, places, width, head, rule=False)
    for at, chunk in enumerate(chunks):
        yield _below(chunk, indent, width, head, last=at == len(chunks) - 1)


Chunk = tuple[Block, int, int]


def _chunks(blocks: list[Block]) -> Iterator[Chunk]:
    for block in blocks:
        for first in range(0, block.lines, LINES_TOGETHER):
            yield block, first, min(block.lines, first + LINES_TOGETHER)


def _painted(
    height: float, cells: list[Block], places: list[tuple[float, float]], width: float, head: Strip, *, rule: bool
) -> Strip:
    def paint(painter: QPainter, y: float) -> None:
        for block, (x, _) in zip(cells, places, strict=True):
            block.paint(painter, x, y + pt(PAD))
        if rule:
            _rule(painter, y + height, width)

    return Strip(height, paint, keep=not rule, head=head)


def _below(chunk: Chunk, indent: float, width: float, head: Strip, *, last: bool) -> Strip:
    block, first, end = chunk
    height = (end - first) * block.leading + (pt(PAD) if last else 0)

    def paint(painter: QPainter, y: float) -> None:
        block.paint(painter, indent, y, first, end)
        if last:
            _rule(painter, y + height, width)

    # The lines of a long text may part; a short one stays with its row.
    return Strip(height, paint, keep=not last and end == block.lines, head=head)


def _rule(painter: QPainter, y: float, width: float, thickness: float = pt(0.5), *, strong: bool = False) -> None:
    painter.setPen(QPen(look.QUIET if strong else look.RULE, thickness))
    painter.drawLine(QPointF(0, y), QPointF(width, y))
