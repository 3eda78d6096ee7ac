"""The strip beside a difference: the whole text at a glance, where it changed and what is on the screen."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from hotfix_desktop.ui.diff_layout import Layout, RowKind
from hotfix_desktop.ui.diff_look import DiffLook
from hotfix_desktop.ui.formats import tr

LEAST = 2
"""Pixels of the smallest change."""


class DiffStrip(QWidget):
    """Marks where the changes are; a click goes there.

    Signals:
        wanted: which share of the rows, 0 to 1, is to be in the middle of the screen.
    """

    WIDTH = 14
    wanted = Signal(float)

    def __init__(self, area: QAbstractScrollArea) -> None:
        """Stand beside the viewport of an area."""
        super().__init__(area)
        self.setObjectName("diffStrip")
        self.setAccessibleName(tr("Where the changes are"))
        self.setToolTip(tr("Where the changes are; click to go there"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._area = area
        self._layout: Layout | None = None
        self._look: DiffLook | None = None
        self._picture = QPixmap()

    def show_layout(self, layout: Layout, look: DiffLook) -> None:
        """Show other rows."""
        self._layout, self._look = layout, look
        self._picture = QPixmap()
        self.update()

    def _rows(self) -> int:
        """How many rows the strip stands for: those on the screen at least, so that marks stand beside their rows."""
        return max(1, self._layout.rows if self._layout is not None else 0, self._area.verticalScrollBar().pageStep())

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = self.size() * ratio
        if self._picture.size() == size or self._layout is None or self._look is None:
            return self._picture
        picture = QPixmap(size)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self._look.gutter)
        painter = QPainter(picture)
        rows, height = self._rows(), self.height()
        half = (self.width() - 4) // 2
        for first, count, kind in self._layout.bands():
            top = first * height // rows
            tall = max(LEAST, count * height // rows)
            if kind is not RowKind.ADDED:
                painter.fillRect(QRect(2, top, half, tall), self._look.red)
            if kind is not RowKind.REMOVED:
                painter.fillRect(QRect(2 + half, top, half, tall), self._look.green)
        painter.end()
        self._picture = picture
        return picture

    # Qt's names

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the changes, and a frame around what is on the screen."""
        if self._layout is None or self._look is None:
            return
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn())
        bar, rows = self._area.verticalScrollBar(), self._rows()
        if bar.maximum() > 0:
            top = bar.value() * self.height() // rows
            tall = max(6, min(rows, bar.pageStep()) * self.height() // rows)
            painter.setPen(self._look.fold_text)
            painter.drawRect(QRect(0, top, self.width() - 1, tall))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        self.wanted.emit(event.position().y() / max(1, self.height()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.wanted.emit(event.position().y() / max(1, self.height()))
