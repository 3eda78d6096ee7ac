"""The timeline of the audit log: one lane for each package, a bar for each hotfix from unlock to lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.timeline import HotfixWindow
from hotfix_desktop.ui.theme import Theme
from hotfix_desktop.ui.timeline_canvas import TimelineCanvas
from hotfix_desktop.ui.timeline_words import window_sentence

ZOOM = 1.25
"""How much one notch of the wheel, or a press of + or −, zooms."""
_NOTCH = 120
_FAR = 10**9


class TimelineView(TimelineCanvas):
    """Shows windows, lets one zoom, pan and choose among them, and changes nothing.

    Signals:
        chosen: the user clicked a hotfix or pressed Enter on it: its number and those of its first and last entry.
    """

    chosen = Signal(int, int, int)

    def __init__(self, theme: Theme, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        """Build an empty timeline; ``now`` tells where the present is."""
        super().__init__(theme, now, parent)
        self._pressed: QPoint | None = None
        self._panned_to: QPointF | None = None
        self.viewport().setMouseTracking(True)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; with Ctrl or Shift, or a wheel that goes sideways, pan."""
        turned = event.angleDelta()
        sideways = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        if not self._layout.lanes or turned.isNull():
            event.ignore()
            return
        if sideways or abs(turned.x()) > abs(turned.y()):
            self._pan(-(turned.x() or turned.y()) / _NOTCH * self._scale.width / 10)
        elif event.position().x() < self._chart().left():
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - round(turned.y() / _NOTCH * self._painter().lane * 2))
        else:
            self._zoom(ZOOM ** (-turned.y() / _NOTCH), event.position().x() - self._chart().left())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed, self._panned_to = event.position().toPoint(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan while the button is held down; else show what can be clicked."""
        at = event.position()
        if self._pressed is None:
            over = self.window_at(at) is not None
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
            return
        if self._panned_to is None:
            if (at.toPoint() - self._pressed).manhattanLength() < 4:
                return
            self._panned_to = QPointF(self._pressed)
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        moved, self._panned_to = at - self._panned_to, at
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() - round(moved.y()))
        self._pan(-moved.x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked, unless it was dragged."""
        clicked, self._pressed = self._pressed is not None and self._panned_to is None, None
        self.viewport().unsetCursor()
        found = self.window_at(event.position()) if clicked else None
        if found is not None:
            self._choose(found[0])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything."""
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from hotfix to hotfix, zoom, choose; what is meant for others goes on to them."""
        key = event.key()
        if not self._layout.lanes or event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            event.ignore()
        elif (step := _STEPS.get(key)) is not None:
            self._go(*step)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom(ZOOM if key == Qt.Key.Key_Minus else 1 / ZOOM, self._anchor())
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected is not None:
            self._choose(self.selected)
        else:
            event.ignore()

    def viewportEvent(self, event: QEvent) -> bool:
        """Show what the pointer rests on as a tooltip."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.window_at(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                sentence = window_sentence(found[0], to_microseconds(self._now()), self._zone, found[1])
                QToolTip.showText(event.globalPos(), sentence, self.viewport())
            return True
        return super().viewportEvent(event)

    def _go(self, across: int, along: int) -> None:
        """Select another hotfix: the next but ``along`` in its lane, or the nearest one in the lane ``across``."""
        if self._selected is None:
            lane = self._layout.lanes[0]
            window: HotfixWindow | None = lane.windows[0 if along == -_FAR else -1]
        elif across:
            window = self._layout.above(self._selected, across)
        else:
            window = self._layout.beside(self._selected, along)
        if window is not None:
            self.select(window.hotfix)

    def _choose(self, window: HotfixWindow) -> None:
        self.outline(window.hotfix)  # what was clicked is in sight, and stays where it is
        self.chosen.emit(window.hotfix, window.first_seq, window.last_seq)

    def _zoom(self, factor: float, x: float) -> None:
        self._is_fitted = False
        self._scale = self._scale.zoomed(factor, min(max(x, 0), self._scale.width), self._whole())
        self.viewport().update()

    def _pan(self, pixels: float) -> None:
        self._is_fitted = False
        self._scale = self._scale.panned(pixels, self._whole())
        self.viewport().update()

    def _anchor(self) -> float:
        """Give around where the keyboard zooms: the selected hotfix, or the middle."""
        window = self.selected
        x = self._scale.x(window.opened_us) if window is not None else -1
        return x if 0 <= x <= self._scale.width else self._scale.width / 2


_STEPS = {
    Qt.Key.Key_Left.value: (0, -1),
    Qt.Key.Key_Right.value: (0, 1),
    Qt.Key.Key_Up.value: (-1, 0),
    Qt.Key.Key_Down.value: (1, 0),
    Qt.Key.Key_Home.value: (0, -_FAR),
    Qt.Key.Key_End.value: (0, _FAR),
}
