"""The parts of a report as strips over the width of the page: what cannot be divided, and what stays together."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPen

from hotfix_desktop.ui import report_type as look
from hotfix_desktop.ui.report_parts import (
    Bullets,
    Facts,
    Heading,
    Line,
    Paragraph,
    Part,
    Picture,
    Sign,
    Statement,
    Table,
    Text,
    Tile,
    Tiles,
    Title,
    Tone,
    Verbatim,
)
from hotfix_desktop.ui.report_strip import Strip
from hotfix_desktop.ui.report_table import table_strips
from hotfix_desktop.ui.report_type import Block, pt

BODY = 9.0
TILES_IN_ROW = 4


def strips(part: Part, width: float) -> Iterator[Strip]:
    """Give the strips of a part for a page of this width."""
    match part:
        case Title():
            yield _text((Text(part.title),), 20, width, bold=True, keep=True)
            yield _text((Text(part.subtitle, Tone.QUIET),), 13, width, before=2, after=8)
        case Heading():
            yield _text((Text(part.text),), 12.5, width, bold=True, keep=True, before=18, after=4)
        case Paragraph():
            yield _text(part.line, BODY, width, keep=part.keep, before=5, after=5)
        case Bullets():
            for line in part.lines:
                yield _bullet(line, width)
        case Facts():
            for name, value in part.pairs:
                yield _fact(name, value, width)
        case Tiles():
            for start in range(0, len(part.tiles), TILES_IN_ROW):
                yield _tiles(part.tiles[start : start + TILES_IN_ROW], width)
        case Statement():
            yield _statement(part, width)
        case Verbatim():
            yield from _verbatim(part.lines, width)
        case Table():
            yield from table_strips(part, width)
        case Picture():
            yield _picture(part, width)


def _text(
    line: Line,
    size: float,
    width: float,
    *,
    bold: bool = False,
    keep: bool = False,
    before: float = 0,
    after: float = 0,
) -> Strip:
    block = Block(line, size, width, bold=bold)
    return Strip(block.height + pt(after), lambda p, y: block.paint(p, 0, y), pt(before), keep=keep)


def _bullet(line: Line, width: float) -> Strip:
    block, indent = Block(line, BODY, width - pt(12)), pt(12)

    def paint(painter: QPainter, y: float) -> None:
        painter.fillRect(QRectF(pt(3), y + block.leading / 2 - pt(1.5), pt(3), pt(3)), look.INK)
        block.paint(painter, indent, y)

    return Strip(block.height + pt(2.5), paint)


def _fact(name: str, value: str, width: float) -> Strip:
    indent = pt(82)
    left, right = Block((Text(name, Tone.QUIET),), BODY, indent - pt(6)), Block((Text(value),), BODY, width - indent)

    def paint(painter: QPainter, y: float) -> None:
        left.paint(painter, 0, y)
        right.paint(painter, indent, y)

    return Strip(max(left.height, right.height) + pt(2), paint)


def _tiles(tiles: tuple[Tile, ...], width: float) -> Strip:
    gap, height = pt(6), pt(41)
    each = (width - gap * (TILES_IN_ROW - 1)) / TILES_IN_ROW
    made = [
        (
            tile,
            Block((Text(tile.value, Tone.ALARM if tile.alarm else Tone.PLAIN),), 15, each - pt(16), bold=True),
            Block((Text(tile.label, Tone.QUIET),), 8, each - pt(16)),
        )
        for tile in tiles
    ]

    def paint(painter: QPainter, y: float) -> None:
        for at, (tile, value, label) in enumerate(made):
            box = QRectF(at * (each + gap), y, each, height)
            painter.fillRect(box, look.FILL)
            if tile.alarm:
                painter.fillRect(QRectF(box.left(), y, pt(3), height), look.ALARM)
            value.paint(painter, box.left() + pt(9), y + pt(5))
            label.paint(painter, box.left() + pt(9), y + pt(25))

    return Strip(height + gap, paint)


def _statement(statement: Statement, width: float) -> Strip:
    indent, pad = pt(40), pt(10)
    tone = Tone.ALARM if statement.sign is Sign.BAD else Tone.PLAIN
    head = Block((Text(statement.headline, tone),), 11, width - indent - pad, bold=True)
    blocks = [Block((Text(line),), BODY, width - indent - pad) for line in statement.lines]
    height = pad * 2 + head.height + sum(block.height + pt(3) for block in blocks)

    def paint(painter: QPainter, y: float) -> None:
        painter.setPen(QPen(look.INK if statement.sign is Sign.GOOD else look.ALARM, pt(0.8)))
        if statement.sign is Sign.UNKNOWN:
            painter.setPen(QPen(look.QUIET, pt(0.8)))
        painter.drawRect(QRectF(0, y, width, height))
        paint_sign(painter, statement.sign, QPointF(pt(20), y + pad + pt(9)), pt(9))
        below = y + pad
        head.paint(painter, indent, below)
        below += head.height + pt(3)
        for block in blocks:
            block.paint(painter, indent, below)
            below += block.height + pt(3)

    return Strip(height + pt(8), paint)


def paint_sign(painter: QPainter, sign: Sign, centre: QPointF, radius: float) -> None:
    """Paint a tick in a disc, a cross in an octagon, or a question mark in a ring: told apart in black and white."""
    painter.save()
    pen = QPen(look.FILL, radius / 4.5)
    if sign is Sign.UNKNOWN:
        painter.setPen(QPen(look.QUIET, radius / 6))
        painter.drawEllipse(centre, radius, radius)
        mark = Block((Text("?", Tone.QUIET),), radius / pt(1) * 1.2, radius * 2, bold=True)
        mark.paint(painter, centre.x() - mark.natural_width / 2, centre.y() - mark.height / 2)
        painter.restore()
        return
    shape = QPainterPath()
    if sign is Sign.GOOD:
        shape.addEllipse(centre, radius, radius)
        strokes = (((-0.45, 0.02), (-0.12, 0.36), (0.46, -0.32)),)
    else:
        corner = 0.42
        points = [(-corner, -1), (corner, -1), (1, -corner), (1, corner), (corner, 1), (-corner, 1), (-1, corner)]
        shape.moveTo(centre + QPointF(-1, -corner) * radius)
        for x, y in points:
            shape.lineTo(centre + QPointF(x, y) * radius)
        shape.closeSubpath()
        strokes = (((-0.36, -0.36), (0.36, 0.36)), ((-0.36, 0.36), (0.36, -0.36)))  # type: ignore[assignment]
    painter.fillPath(shape, look.GOOD if sign is Sign.GOOD else look.ALARM)
    painter.setPen(pen)
    for stroke in strokes:
        painter.drawPolyline([centre + QPointF(x, y) * radius for x, y in stroke])
    painter.restore()


def _verbatim(lines: tuple[str, ...], width: float) -> Iterator[Strip]:
    blocks = [Block((Text(line),), 7, width - pt(16), fixed=True) for line in lines]
    for at, block in enumerate(blocks):
        yield _verbatim_line(block, width, pt(5) if at == 0 else 0, pt(5) if at == len(blocks) - 1 else 0)


def _verbatim_line(block: Block, width: float, above: float, below: float) -> Strip:
    height = above + block.height + below

    def paint(painter: QPainter, y: float) -> None:
        painter.fillRect(QRectF(0, y, width, height), look.FILL)
        block.paint(painter, pt(8), y + above)

    return Strip(height, paint, keep=not below)


def _picture(picture: Picture, width: float) -> Strip:
    def paint(painter: QPainter, y: float) -> None:
        painter.save()
        painter.translate(0, y)
        painter.scale(pt(1), pt(1))
        picture.paint(painter, QRectF(0, 0, width / pt(1), picture.height))
        painter.restore()

    return Strip(pt(picture.height + 6), paint, pt(4))
