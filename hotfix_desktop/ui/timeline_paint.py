"""Paints a timeline into any painter: the widget's frames, and the pages of a report."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt, QTimeZone
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from hotfix_desktop.core.timeline import MarkKind
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.theme import AROUND, BETWEEN, GRID
from hotfix_desktop.ui.timeline_lanes import LanePainter
from hotfix_desktop.ui.timeline_layout import Lane, TimelineLayout
from hotfix_desktop.ui.timeline_look import Stamps, TimelineColours, paint_hatched, paint_mark
from hotfix_desktop.ui.timeline_scale import TimeScale, ticks

NAMES_MOST = 0.28
"""The share of the width that the packages' names get at most."""
MARK_WORDS = {
    MarkKind.RELOCK_FAILED: "Relock failed",
    MarkKind.LATE_WRITE: "Changed after relock",
    MarkKind.EXTENSION: "Extended",
    MarkKind.DELIVERY: "Delivered",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is painted.

    Attributes:
        top: pixels of the lanes that are scrolled away.
        selected: the number of the hotfix that is outlined.
        note: what stands at the end of the legend.
    """

    layout: TimelineLayout
    scale: TimeScale
    zone: QTimeZone
    now_us: int
    top: int = 0
    selected: int | None = None
    note: str = ""


class TimelinePainter:
    """Knows the sizes of everything in one font and paints it in one set of colours.

    Attributes:
        lane, marks: the heights of a lane and of its upper part with the marks, pixels.
        head, foot: the heights of the ticks above and of the legend below.
    """

    def __init__(self, colours: TimelineColours, font: QFont, ratio: float = 1.0, *, stamped: bool = True) -> None:
        """Measure the font; ``ratio`` is that of the device, and paper takes shapes in place of stamped pixels."""
        self.colours = colours
        self.font = QFont(font)
        self.bold = QFont(font)
        self.bold.setWeight(QFont.Weight.DemiBold)
        self._metrics, self._name_metrics = QFontMetricsF(self.font), QFontMetricsF(self.bold)
        line = self._metrics.height()
        self._on_paper = not stamped
        self._lanes = LanePainter(colours, font, Stamps(colours, ratio) if stamped else None)
        self.lane, self.marks = self._lanes.height, self._lanes.marks
        self.row = round(line + GRID / 2)
        self.head = 2 * self.row
        self.foot = round(line + 1.5 * GRID)
        self._elided: dict[tuple[str, int], str] = {}
        self._advances: dict[str, float] = {}
        self._named: TimelineLayout | None = None
        self._longest = 0.0

    def names_width(self, layout: TimelineLayout, width: float) -> int:
        """Give how wide the column of names has to be."""
        if self._named is not layout:  # there may be thousands, and a frame asks often
            self._named = layout
            self._longest = max(
                (self._name_metrics.horizontalAdvance(lane.package) for lane in layout.lanes), default=0.0
            )
        longest = self._longest
        return round(min(longest + AROUND + BETWEEN, width * NAMES_MOST))

    def lanes_in(self, height: float) -> int:
        """Give how many whole lanes find room in a picture of this height."""
        return max(0, int((height - self.head - self.foot) // self.lane))

    def paint(self, painter: QPainter, area: QRectF, picture: Picture) -> None:
        """Paint the names, the ticks, the lanes and the legend into an area."""
        names = self.names_width(picture.layout, area.width())
        chart = area.adjusted(names, self.head, 0, -self.foot)
        painter.save()
        painter.setFont(self.font)
        painter.fillRect(area, self.colours.head)
        painter.setClipRect(QRectF(area.left(), chart.top(), area.width(), chart.height()))
        rows = self._rows(chart, picture)
        self._paint_stripes(painter, area, rows)
        self._paint_names(painter, area.left(), names, rows, picture)
        painter.setClipRect(QRectF(chart.left(), area.top(), chart.width(), self.head + chart.height()))
        now = self._now_label(area, chart, picture)
        self._paint_ticks(painter, area, chart, picture, now)
        self._paint_now(painter, chart, picture, now)
        painter.setClipRect(chart)
        selected = picture.layout.places.get(-1 if picture.selected is None else picture.selected)
        for lane, at, y in rows:
            chosen = selected[1] if selected and selected[0] == at else None
            self._lanes.paint(painter, lane, picture.scale, QPointF(chart.left(), y), chosen)
        painter.setClipRect(area)
        self._paint_frame(painter, area, chart)
        self._paint_legend(painter, area, picture)
        painter.restore()

    def _rows(self, chart: QRectF, picture: Picture) -> list[tuple[Lane, int, float]]:
        first = max(0, picture.top // self.lane)
        last = min(len(picture.layout.lanes), int((picture.top + chart.height()) // self.lane) + 1)
        lanes = picture.layout.lanes
        return [(lanes[n], n, chart.top() + n * self.lane - picture.top) for n in range(first, last)]

    def _paint_stripes(self, painter: QPainter, area: QRectF, rows: list[tuple[Lane, int, float]]) -> None:
        painter.fillRect(painter.clipBoundingRect(), self.colours.base)
        for _, at, y in rows:
            if at % 2:
                painter.fillRect(QRectF(area.left(), y, area.width(), self.lane), self.colours.stripe)

    def _paint_names(
        self, painter: QPainter, left: float, width: int, rows: list[tuple[Lane, int, float]], picture: Picture
    ) -> None:
        place = picture.layout.places.get(-1 if picture.selected is None else picture.selected)
        painter.setPen(self.colours.text)
        for lane, at, y in rows:
            painter.setFont(self.bold if place and place[0] == at else self.font)
            rect = QRectF(left + AROUND, y, width - AROUND - GRID, self.lane)
            name = self._fitting(lane.package, int(rect.width()))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, name)
        painter.setFont(self.font)

    def _paint_ticks(self, painter: QPainter, area: QRectF, chart: QRectF, picture: Picture, now: QRectF) -> None:
        found, bands = ticks(picture.scale, picture.zone, self._advance)
        left, middle = chart.left(), area.top() + self.row
        painter.setPen(QPen(self.colours.line, 1))
        for band in bands:
            if band.x0 > 0:
                painter.drawLine(QPointF(left + band.x0, area.top()), QPointF(left + band.x0, chart.bottom()))
        for tick in found:
            painter.drawLine(QPointF(left + tick.x, middle), QPointF(left + tick.x, chart.bottom()))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.setPen(self.colours.text)
        for band in bands:
            room = band.x1 - band.x0 - 2 * GRID
            label = next((text for text in (band.label, band.short) if self._advance(text) <= room), "")
            if label:
                painter.drawText(QRectF(left + band.x0 + GRID, area.top(), room + GRID, self.row), flags, label)
        painter.setPen(self.colours.quiet)
        for tick in found:
            rect = QRectF(left + tick.x + GRID, middle, self._advance(tick.label) + 1, self.row)
            if tick.x >= 0 and rect.right() <= chart.right() and not rect.intersects(now):
                painter.drawText(rect, flags, tick.label)

    def _now_label(self, area: QRectF, chart: QRectF, picture: Picture) -> QRectF:
        """Give where the word of the present stands; empty when that is out of sight."""
        x = picture.scale.x(picture.now_us)
        if not 0 <= x <= picture.scale.width:
            return QRectF()
        width = self._advance(tr("now")) + 2 * GRID
        left = min(max(chart.left() + x - width / 2, chart.left()), chart.right() - width)
        return QRectF(left, area.top() + self.row + 1, width, self.row - 2)

    def _paint_now(self, painter: QPainter, chart: QRectF, picture: Picture, label: QRectF) -> None:
        if label.isEmpty():
            return
        at = chart.left() + picture.scale.x(picture.now_us)
        painter.setPen(QPen(self.colours.now, 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(at, chart.top()), QPointF(at, chart.bottom()))
        painter.fillRect(label, self.colours.now)
        painter.setPen(self.colours.base)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, tr("now"))

    def _paint_frame(self, painter: QPainter, area: QRectF, chart: QRectF) -> None:
        painter.setPen(QPen(self.colours.line, 1))
        for y in (chart.top() - 0.5, chart.bottom() + 0.5):
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.drawLine(QPointF(chart.left() - 0.5, area.top()), QPointF(chart.left() - 0.5, chart.bottom()))

    def _paint_legend(self, painter: QPainter, area: QRectF, picture: Picture) -> None:
        line = QRectF(area.left() + AROUND, area.bottom() - self.foot, area.width() - 2 * AROUND, self.foot)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        has = {kind for lane in picture.layout.lanes for kind in lane.marks}
        x = line.left()
        for kind in ("Hotfix", "Open now", "Overrun", *reversed(MarkKind)):
            if kind is MarkKind.DELIVERY and kind not in has:
                continue
            text = tr(MARK_WORDS[kind] if isinstance(kind, MarkKind) else kind)
            sample = 12.0 if isinstance(kind, MarkKind) else 20.0
            end = x + sample + GRID + self._advance(text)
            if end > line.right():
                return
            self._paint_sample(painter, kind, x, line.center().y(), sample)
            painter.setPen(self.colours.text)
            painter.drawText(QRectF(x + sample + GRID, line.top(), end - x, line.height()), flags, text)
            x = end + 1.5 * AROUND
        if x + self._advance(picture.note) <= line.right():
            painter.setPen(self.colours.quiet)
            painter.drawText(line, flags | Qt.AlignmentFlag.AlignRight, picture.note)

    def _paint_sample(self, painter: QPainter, kind: str, x: float, y: float, width: float) -> None:
        if isinstance(kind, MarkKind):
            paint_mark(painter, kind, x + width / 2, y, self.colours)
            return
        rect = QRectF(x, y - 5, width, 10)
        colours = self.colours
        if kind == "Overrun":
            paint_hatched(painter, [rect], colours, on_paper=self._on_paper)
        else:
            painter.fillRect(rect, {"Hotfix": colours.bar, "Open now": colours.open}[kind])

    def _advance(self, text: str) -> float:
        known = self._advances.get(text)
        if known is None:
            if len(self._advances) > 4000:
                self._advances.clear()
            known = self._advances[text] = self._metrics.horizontalAdvance(text)
        return known

    def _fitting(self, text: str, width: int) -> str:
        known = self._elided.get((text, width))
        if known is None:
            if len(self._elided) > 4000:
                self._elided.clear()
            known = self._elided[text, width] = self._name_metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
        return known
