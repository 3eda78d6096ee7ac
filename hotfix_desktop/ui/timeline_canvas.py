"""Where the timeline is shown: which windows, which stretch of time, and what is selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, QTimeZone, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.timeline import HotfixWindow, Timeline
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.theme import AROUND, Theme
from hotfix_desktop.ui.timeline_layout import TimelineLayout
from hotfix_desktop.ui.timeline_look import TimelineColours
from hotfix_desktop.ui.timeline_page import Period, note_of, stretch
from hotfix_desktop.ui.timeline_paint import Picture, TimelinePainter
from hotfix_desktop.ui.timeline_scale import TimeScale
from hotfix_desktop.ui.timeline_words import window_sentence

NOTHING = "No hotfixes in this period."
HELP = "Wheel zooms, dragging pans, double-click shows everything; arrow keys go from hotfix to hotfix."
GROWS_EACH_MS = 10_000
"""How often an open hotfix, and the line of the present, move on."""


class TimelineCanvas(QAbstractScrollArea):
    """Paints a timeline and knows what stands where; what the user does with it is :class:`TimelineView`'s."""

    def __init__(self, theme: Theme, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        """Build an empty timeline; ``now`` tells where the present is."""
        super().__init__(parent)
        self._theme = theme
        self._now = now
        self._zone = QTimeZone.systemTimeZone()
        self._note = ""
        self._layout = TimelineLayout()
        self._period: Period = (None, None)
        self._scale = TimeScale(0, 1, 1)
        self._is_fitted = True
        self._selected: int | None = None
        self._sentence = tr(NOTHING)
        self._kit: TimelinePainter | None = None
        self.setObjectName("timeline")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Timeline of hotfixes"))
        self.setAccessibleDescription(self._sentence)
        self._grows = QTimer(self)
        self._grows.setInterval(GROWS_EACH_MS)
        self._grows.timeout.connect(self._grow)
        theme.changed.connect(self._look_anew)

    def show_windows(self, windows: Sequence[HotfixWindow], period: Period = (None, None)) -> None:
        """Show windows; lays them out here, which takes too long for thousands: see :meth:`show_timeline`."""
        timeline = Timeline(tuple(windows))
        self.show_timeline(timeline, TimelineLayout.of(timeline.windows, to_microseconds(self._now())), period)

    def show_timeline(self, timeline: Timeline, layout: TimelineLayout, period: Period = (None, None)) -> None:
        """Show a timeline that was laid out elsewhere, on a lane; what is selected stays so.

        Whoever has zoomed or panned keeps the place, unless it is another period now.
        """
        self._is_fitted = self._is_fitted or period != self._period or not self._layout.lanes
        self._note, self._period = note_of(timeline), period
        self._layout = layout.until(to_microseconds(self._now()))
        self._sentence = "" if layout.lanes else tr(NOTHING)
        if self._selected is not None and self._selected not in layout.places:
            self._selected = None
        self._arrange()
        self._tell_selected()
        self._tell_timer()

    def show_sentence(self, sentence: str) -> None:
        """Show a sentence in place of the windows: that they are being read, or why they cannot be."""
        self._layout, self._selected = TimelineLayout(), None
        self._sentence = sentence
        self._arrange()
        self._tell_selected()
        self._tell_timer()

    def set_zone(self, zone: QTimeZone) -> None:
        """Label the ticks, and tell times, in this time zone."""
        self._zone = zone
        self._tell_selected()
        self.viewport().update()

    def select(self, hotfix: int | None) -> bool:
        """Outline a hotfix and bring it into sight; False when it is not shown. Emits nothing."""
        window = None if hotfix is None else self._layout.window(hotfix)
        if window is not None:
            self._reveal(window)
        return self.outline(hotfix)

    def outline(self, hotfix: int | None) -> bool:
        """Outline a hotfix where it is; False, and none is outlined, when it is not shown."""
        self._selected = hotfix if hotfix in self._layout.places else None
        self._tell_selected()
        self.viewport().update()
        return self._selected is not None

    @property
    def selected(self) -> HotfixWindow | None:
        """The outlined hotfix."""
        return None if self._selected is None else self._layout.window(self._selected)

    @property
    def scale(self) -> TimeScale:
        """The shown stretch of time."""
        return self._scale

    def fit(self) -> None:
        """Show the whole period."""
        self._is_fitted = True
        self._scale = self._whole()
        self.viewport().update()

    def window_at(self, at: QPointF) -> tuple[HotfixWindow, int] | None:
        """Give the window at a place of the viewport, and how many cannot be told apart there."""
        chart = self._chart()
        if not self._layout.lanes or not chart.contains(at):
            return None
        row = int(at.y() - chart.top() + self.verticalScrollBar().value()) // self._painter().lane
        if not 0 <= row < len(self._layout.lanes):
            return None
        is_mark = (
            at.y() - chart.top() + self.verticalScrollBar().value()
        ) % self._painter().lane < self._painter().marks
        return self._layout.lanes[row].window_at(at.x() - chart.left(), self._scale, is_mark=is_mark)

    def place_of(self, hotfix: int) -> QRect:
        """Give where a hotfix is painted in the viewport, also when that is out of sight; empty for a strange one."""
        place = self._layout.places.get(hotfix)
        if place is None:
            return QRect()
        chart, kit = self._chart(), self._painter()
        x0, x1 = self._layout.lanes[place[0]].bar_of(place[1], self._scale)
        y = chart.top() + place[0] * kit.lane - self.verticalScrollBar().value()
        return QRectF(chart.left() + x0, y, x1 - x0, kit.lane).toRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a frame."""
        painter = QPainter(self.viewport())
        area = QRectF(self.viewport().rect())
        if not self._layout.lanes:
            colours = self._painter().colours
            painter.fillRect(area, colours.base)
            painter.setPen(colours.quiet)
            painter.drawText(area.adjusted(AROUND, 0, -AROUND, 0), Qt.AlignmentFlag.AlignCenter, self._sentence)
        else:
            now_us, top = to_microseconds(self._now()), self.verticalScrollBar().value()
            picture = Picture(self._layout, self._scale, self._zone, now_us, top, self._selected, self._note)
            self._painter().paint(painter, area, picture)
        if self.hasFocus():
            painter.setPen(QPen(self._painter().colours.now, 1))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the same stretch of time in the new width, or everything where it was shown before."""
        super().resizeEvent(event)
        self._arrange()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are meant for it."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they are not."""
        super().focusOutEvent(event)
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew in another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._look_anew()

    def sizeHint(self) -> QSize:
        """Give room for six lanes."""
        kit = self._painter()
        return QSize(600, kit.head + kit.foot + 6 * kit.lane)

    def minimumSizeHint(self) -> QSize:
        """Give room for two lanes."""
        kit = self._painter()
        return QSize(240, kit.head + kit.foot + 2 * kit.lane)

    def _reveal(self, window: HotfixWindow) -> None:
        now_us = to_microseconds(self._now())
        shown = self._scale.showing(window.opened_us, window.end_us(now_us), self._whole())
        self._is_fitted = self._is_fitted and shown == self._scale
        self._scale = shown
        row, kit, bar = self._layout.places[window.hotfix][0], self._painter(), self.verticalScrollBar()
        bar.setValue(min(max(bar.value(), (row + 1) * kit.lane - bar.pageStep()), row * kit.lane))

    def _arrange(self) -> None:
        chart, kit, bar = self._chart(), self._painter(), self.verticalScrollBar()
        room = max(1, int(chart.height()))
        bar.setRange(0, max(0, len(self._layout.lanes) * kit.lane - room))
        bar.setPageStep(room)
        bar.setSingleStep(kit.lane)
        self._scale = self._whole() if self._is_fitted else self._scale.resized(int(chart.width()))
        self.viewport().update()

    def _whole(self) -> TimeScale:
        return TimeScale.fitting(*stretch(self._layout, self._period, self._now()), int(self._chart().width()))

    def _chart(self) -> QRectF:
        area, kit = QRectF(self.viewport().rect()), self._painter()
        return area.adjusted(kit.names_width(self._layout, area.width()), kit.head, 0, -kit.foot)

    def _painter(self) -> TimelinePainter:
        if self._kit is None:
            self._kit = TimelinePainter(TimelineColours.of_theme(self._theme), self.font(), self.devicePixelRatioF())
        return self._kit

    @Slot()
    def _look_anew(self) -> None:
        self._kit = None
        self._arrange()

    @Slot()
    def _grow(self) -> None:
        self._layout = self._layout.until(to_microseconds(self._now()))
        self._arrange()

    def _tell_timer(self) -> None:
        if self._layout.lanes and self._layout.is_open:
            self._grows.start()
        else:
            self._grows.stop()

    def _tell_selected(self) -> None:
        window = self.selected
        said = self._sentence or f"{self._note}. {tr(HELP)}"
        if window is not None:
            said = window_sentence(window, to_microseconds(self._now()), self._zone)
        if said == self.accessibleDescription():
            return
        self.setAccessibleDescription(said)
        if window is not None and self.hasFocus():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))
