"""Paints one lane of a timeline: bars, overruns, marks. A frame has thousands of them, so that is done in batches."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from hotfix_desktop.core.timeline import HotfixWindow, MarkKind
from hotfix_desktop.ui.theme import GRID
from hotfix_desktop.ui.timeline_layout import Lane
from hotfix_desktop.ui.timeline_look import Stamps, TimelineColours, paint_hatched, paint_mark
from hotfix_desktop.ui.timeline_scale import TimeScale

ROUND_FROM = 24.0
"""A bar of so many pixels has round corners, and tells its reason inside if there is room."""
LABEL_FROM = 64.0
HATCHED_FROM = 7.0
"""In a narrower overrun no hatching could be seen: it is filled, and stands out above the bar."""
OPEN_LEAST = 6.0
BEYOND = 8.0
"""How far a bar is painted beyond the edges: much farther a painter loses its precision."""


class LanePainter:
    """Knows the sizes of a lane in one font and paints it in one set of colours.

    Attributes:
        height: of a lane, pixels.
        marks: the height of its upper part, where the marks are.
        bar: the height of its lower part, where the bars are.
    """

    def __init__(self, colours: TimelineColours, font: QFont, stamps: Stamps | None) -> None:
        """Measure the font; without ``stamps`` marks are painted as shapes."""
        self._colours = colours
        self._stamps = stamps
        self._font = _scaled(font, 0.85)
        self._metrics = QFontMetricsF(self._font)
        self.height = round(max(22.0, QFontMetricsF(font).height() * 1.65))
        self.bar = round(self.height * 0.52)
        self.marks = self.height - self.bar - 1

    def paint(self, painter: QPainter, lane: Lane, scale: TimeScale, at: QPointF, selected: int | None) -> None:
        """Paint a lane with its upper left corner at a place; ``selected`` is the place of the outlined window."""
        top = at.y() + self.height - self.bar - 2
        self._paint_bars(painter, lane, scale, at.x(), top)
        self._paint_overruns(painter, lane, scale, at.x(), top)
        if selected is not None:
            self._paint_selected(painter, lane.bar_of(selected, scale), QPointF(at.x(), top), scale)
        y = at.y() + self.marks / 2 + 0.5
        for kind, cell in lane.mark_cells(scale):
            self._paint_mark(painter, kind, at.x() + (cell.x0 + cell.x1) / 2, y)

    def _paint_bars(self, painter: QPainter, lane: Lane, scale: TimeScale, left: float, top: float) -> None:
        height, owners, special = self.bar, lane.bars.owners, lane.special
        plain: list[QRectF] = []
        alone: list[tuple[QRectF, HotfixWindow, float]] = []
        for x0, x1, first, last in lane.bars.spans(scale):
            width = x1 - x0
            if width < ROUND_FROM and (last - first > 1 or owners[first] not in special):
                # A sliver is left free before the next bar.
                plain.append(QRectF(left + x0, top, width - 1 if width > 4 else width, height))
            elif last - first > 1:
                plain.append(self._rect(x0, x1, left, top, scale))
            else:
                window = lane.windows[owners[first]]
                in_time = x1 - window.overrun_us(round(lane.bars.ends[first])) / scale.per_px
                alone.append((self._rect(x0, x1, left, top, scale), window, left + in_time))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colours.bar)
        painter.drawRects(plain)
        for rect, window, in_time in alone:
            self._paint_alone(painter, rect, window, in_time)

    def _paint_overruns(self, painter: QPainter, lane: Lane, scale: TimeScale, left: float, top: float) -> None:
        hatched, filled = [], []
        for x0, x1, _, _ in lane.overruns.spans(scale):
            rect = self._rect(x0, x1, left, top, scale)
            if x1 - x0 >= HATCHED_FROM:
                hatched.append(rect)
            else:
                filled.append(rect.adjusted(0, -3, 0, 0))
        colours = self._colours
        painter.setPen(Qt.PenStyle.NoPen)
        if filled:
            painter.setBrush(colours.overrun)
            painter.drawRects(filled)
        if hatched:
            paint_hatched(painter, hatched, colours, on_paper=self._stamps is None)

    def _rect(self, x0: float, x1: float, left: float, top: float, scale: TimeScale) -> QRectF:
        x0, x1 = max(-BEYOND, x0), min(scale.width + BEYOND, x1)
        return QRectF(left + x0, top, max(1.0, x1 - x0 - (1 if x1 - x0 > 4 else 0)), self.bar)

    def _paint_alone(self, painter: QPainter, rect: QRectF, window: HotfixWindow, in_time: float) -> None:
        """Paint a bar that is told apart: open, never opened, or wide enough to say why up to ``in_time``."""
        colours = self._colours
        fill, ink = (colours.open, colours.open_text) if window.closed_us is None else (colours.bar, colours.bar_text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if window.never_opened:
            painter.setPen(QPen(colours.bar, 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            rect, ink = rect.adjusted(0.7, 0.7, -0.7, -0.7), colours.quiet
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            if window.closed_us is None:  # what is open now has to be seen, however short it is yet
                rect.setLeft(min(rect.left(), rect.right() - OPEN_LEAST))
        if rect.width() >= ROUND_FROM:
            painter.drawRoundedRect(rect, 2, 2)
        else:
            painter.drawRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        seen = rect.intersected(painter.clipBoundingRect())
        seen.setRight(min(seen.right(), in_time))
        if seen.width() >= LABEL_FROM and window.reason:
            self._paint_reason(painter, seen.adjusted(GRID, 0, -GRID, 0), window.reason, ink)

    def _paint_reason(self, painter: QPainter, rect: QRectF, reason: str, ink: QColor) -> None:
        # No more of a long reason than can fit is measured.
        text = self._metrics.elidedText(reason[: int(rect.width() / 2)], Qt.TextElideMode.ElideRight, rect.width())
        before = painter.font()
        painter.setPen(ink)
        painter.setFont(self._font)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        painter.setFont(before)

    def _paint_selected(self, painter: QPainter, bar: tuple[float, float], corner: QPointF, scale: TimeScale) -> None:
        if bar[1] < -BEYOND or bar[0] > scale.width + BEYOND:
            return
        rect = self._rect(*bar, corner.x(), corner.y(), scale).adjusted(-2, -2, 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._colours.base, 4))
        painter.drawRoundedRect(rect, 3, 3)
        painter.setPen(QPen(self._colours.selected, 2))
        painter.drawRoundedRect(rect, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_mark(self, painter: QPainter, kind: MarkKind, x: float, y: float) -> None:
        if self._stamps is None:
            paint_mark(painter, kind, x, y, self._colours)
        else:  # four times as fast at whole pixels
            half = self._stamps.half
            painter.drawPixmap(round(x - half), round(y - half), self._stamps[kind])


def _scaled(font: QFont, share: float) -> QFont:
    scaled = QFont(font)
    if font.pixelSize() > 0:
        scaled.setPixelSize(round(font.pixelSize() * share))
    else:
        scaled.setPointSizeF(font.pointSizeF() * share)
    return scaled
