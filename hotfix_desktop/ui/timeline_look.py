"""The colours and the shapes of the timeline: on the screen as the theme has them, on paper always light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPalette, QPen, QPixmap, QPolygonF

from hotfix_desktop.core.timeline import MarkKind
from hotfix_desktop.ui.theme import LIGHT_COLOURS, LIGHT_PALETTE, VISIBLE, Role, Theme, mixed, readable

MARK_SIZE = 11
"""Pixels of a mark with the rim that keeps it apart from the bar below."""
HATCH_MM = 1.2
"""From line to line of the hatching on paper, along the bar; what a brush makes of the printer's pixels is a grey."""


@dataclass(frozen=True, slots=True)
class TimelineColours:
    """What has which colour.

    Attributes:
        base, stripe: the lanes in turn; head: behind the names and the ticks.
        line: the ticks' lines; text, quiet: labels.
        bar, bar_text: a hotfix that was locked, and the reason inside.
        open, open_text: one that is open.
        overrun, overrun_tint: the hatching and what lies behind it.
        now: the line of the present; selected: the outline.
    """

    base: QColor
    stripe: QColor
    head: QColor
    line: QColor
    text: QColor
    quiet: QColor
    bar: QColor
    bar_text: QColor
    open: QColor
    open_text: QColor
    overrun: QColor
    overrun_tint: QColor
    now: QColor
    selected: QColor
    marks: dict[MarkKind, QColor]

    @classmethod
    def of_theme(cls, theme: Theme) -> TimelineColours:
        """Give the colours of the screen."""
        surface = QPalette.ColorRole.Base
        return _colours(
            theme.background(surface),
            theme.background(QPalette.ColorRole.AlternateBase),
            theme.background(),
            {role: theme.colour(role, surface) for role in Role},
            theme.background(QPalette.ColorRole.Accent),
            theme.is_dark(),
        )

    @classmethod
    def on_paper(cls) -> TimelineColours:
        """Give the colours of a print, whatever the screen has."""
        light = {role: QColor(colour) for role, colour in LIGHT_COLOURS.items()}
        light[Role.TEXT] = QColor(LIGHT_PALETTE[QPalette.ColorRole.Text])
        light[Role.QUIET] = QColor(LIGHT_PALETTE[QPalette.ColorRole.PlaceholderText])
        accent = QColor(LIGHT_PALETTE[QPalette.ColorRole.Accent])
        return _colours(QColor("white"), QColor("#F4F5F7"), QColor("white"), light, accent, dark=False)


def _colours(
    base: QColor, stripe: QColor, head: QColor, meaning: dict[Role, QColor], accent: QColor, dark: bool
) -> TimelineColours:
    bar = readable(mixed(accent, meaning[Role.QUIET], 0.45), base, VISIBLE)
    return TimelineColours(
        base=base,
        stripe=mixed(base, meaning[Role.QUIET], 0.10 if dark else 0.07) if _close(base, stripe) else stripe,
        head=head,
        line=mixed(base, meaning[Role.QUIET], 0.30 if dark else 0.22),
        text=readable(meaning[Role.TEXT], head),
        quiet=readable(meaning[Role.QUIET], head),
        bar=bar,
        bar_text=readable(base, bar),
        open=meaning[Role.OPEN],
        open_text=readable(base, meaning[Role.OPEN]),
        overrun=meaning[Role.OVERDUE],
        overrun_tint=mixed(base, meaning[Role.OVERDUE], 0.25),
        now=readable(accent, base, VISIBLE),
        selected=meaning[Role.TEXT],
        marks={
            MarkKind.RELOCK_FAILED: meaning[Role.OVERDUE],
            MarkKind.LATE_WRITE: meaning[Role.OVERDUE],
            MarkKind.EXTENSION: meaning[Role.TEXT],
            MarkKind.DELIVERY: meaning[Role.VERIFIED],
        },
    )


def _close(one: QColor, other: QColor) -> bool:
    """Whether a desktop's two row colours can hardly be told apart on a large surface."""
    apart = (one.red() - other.red(), one.green() - other.green(), one.blue() - other.blue())
    return sum(map(abs, apart)) < 36


@cache
def mark_shape(kind: MarkKind) -> QPainterPath:
    """Give the outline of a mark around (0, 0), about nine pixels in size: ▲, !, + or ◆."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    match kind:
        case MarkKind.RELOCK_FAILED:
            path.addPolygon(QPolygonF([QPointF(0, -4.5), QPointF(5, 4), QPointF(-5, 4)]))
        case MarkKind.LATE_WRITE:
            path.addPolygon(QPolygonF([QPointF(-1.8, -5), QPointF(1.8, -5), QPointF(1.0, 1.4), QPointF(-1.0, 1.4)]))
            path.addEllipse(QRectF(-1.6, 2.2, 3.2, 3.2))
        case MarkKind.EXTENSION:
            path.addRect(QRectF(-4, -1.1, 8, 2.2))
            path.addRect(QRectF(-1.1, -4, 2.2, 8))
        case MarkKind.DELIVERY:
            path.addPolygon(QPolygonF([QPointF(0, -5), QPointF(5, 0), QPointF(0, 5), QPointF(-5, 0)]))
    path.closeSubpath()
    return path


def paint_mark(painter: QPainter, kind: MarkKind, x: float, y: float, colours: TimelineColours) -> None:
    """Paint a mark with its middle at a place, with a rim around it."""
    shape = mark_shape(kind)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(x, y)
    rim = QPen(colours.base, 2.4)
    rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(shape, rim)
    painter.fillPath(shape, colours.marks[kind])
    painter.restore()


def paint_hatched(
    painter: QPainter, rects: Sequence[QRectF], colours: TimelineColours, *, on_paper: bool = False
) -> None:
    """Paint overruns: what lies behind, the hatching and an outline."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.overrun_tint)
    painter.drawRects(rects)
    outlines = [rect.adjusted(0.5, 0.5, -0.5, -0.5) for rect in rects]
    painter.setPen(QPen(colours.overrun, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush if on_paper else QBrush(colours.overrun, Qt.BrushStyle.BDiagPattern))
    painter.drawRects(outlines)
    if on_paper:
        step = HATCH_MM * units_per_mm(painter)
        painter.drawLines([line for rect in outlines for line in hatching(rect, step)])


def units_per_mm(painter: QPainter) -> float:
    """Give how many of a painter's units are a millimetre on its device."""
    return painter.device().logicalDpiX() / 25.4 / painter.combinedTransform().m11()


def hatching(rect: QRectF, step: float) -> list[QLineF]:
    """Give lines that rise to the right inside of a rectangle, so far apart along its lower edge."""
    lines = []
    foot = rect.left() - rect.height() + step
    while foot < rect.right():
        left, right = max(foot, rect.left()), min(foot + rect.height(), rect.right())
        lines.append(QLineF(left, rect.bottom() - (left - foot), right, rect.bottom() - (right - foot)))
        foot += step
    return lines


class Stamps:
    """Marks as pixmaps, because a frame may have thousands."""

    def __init__(self, colours: TimelineColours, ratio: float) -> None:
        """Paint each mark once, for a screen with so many pixels for one."""
        self.half = MARK_SIZE / 2 + 1
        self._pixmaps = {kind: self._stamp(kind, colours, ratio) for kind in MarkKind}

    def __getitem__(self, kind: MarkKind) -> QPixmap:
        """Give the pixmap of a mark; its middle lies ``half`` from the left and from the top."""
        return self._pixmaps[kind]

    def _stamp(self, kind: MarkKind, colours: TimelineColours, ratio: float) -> QPixmap:
        size = self.half * 2
        pixmap = QPixmap(round(size * ratio), round(size * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        paint_mark(painter, kind, self.half, self.half, colours)
        painter.end()
        return pixmap
