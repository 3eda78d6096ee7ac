"""Draws a cell of the audit log: one call, straight from the line, and nothing measured twice.

Qt's own delegate asks a model written in Python some ninety times for each row it draws; at full height that takes
longer than a frame lasts.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from hotfix_desktop.services.log_reading import AuditLine
from hotfix_desktop.ui.audit_model import UNREAD, AuditModel, Column
from hotfix_desktop.ui.cell_text import one_line
from hotfix_desktop.ui.theme import ICON_ROW

REMEMBERED = 4000
"""Cells whose shortened text is kept: some screens full."""
MARGIN = 4
"""Pixels beside a text."""
SELECTED, FOCUSED = QStyle.StateFlag.State_Selected, QStyle.StateFlag.State_HasFocus
ENABLED, ACTIVE = QStyle.StateFlag.State_Enabled, QStyle.StateFlag.State_Active


class AuditDelegate(QStyledItemDelegate):
    """Draws the cells of an :class:`AuditModel`."""

    def __init__(self, model: AuditModel, parent: QWidget) -> None:
        """Draw the lines of this model."""
        super().__init__(parent)
        self._audit = model
        self._shown: dict[tuple[int, int, int], str] = {}
        self._metrics = QFontMetrics(parent.font())
        self._rise = self._metrics.ascent() - self._metrics.descent()
        model.headerDataChanged.connect(self.forget)  # times are shown in another zone

    def forget(self) -> None:
        """Forget the shortened texts: the font or what they say has changed."""
        self._shown.clear()
        parent = self.parent()
        if isinstance(parent, QWidget):
            self._metrics = QFontMetrics(parent.font())
            self._rise = self._metrics.ascent() - self._metrics.descent()

    def _shorten(self, line: AuditLine, key: tuple[int, int, int]) -> str:
        if len(self._shown) >= REMEMBERED:
            self._shown.clear()
        whole = one_line(self._audit.text_of(line, Column(key[1])))
        text = self._metrics.elidedText(whole, Qt.TextElideMode.ElideRight, key[2])
        self._shown[key] = text
        return text

    # Qt's names

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a cell."""
        rect, state, palette = option.rect, option.state, option.palette
        column = index.column()
        line = self._audit.line(index.row())
        group = QPalette.ColorGroup.Active if state & ACTIVE else QPalette.ColorGroup.Inactive
        if not state & ENABLED:
            group = QPalette.ColorGroup.Disabled
        ink = QPalette.ColorRole.Text
        if state & SELECTED:
            painter.fillRect(rect, palette.brush(group, QPalette.ColorRole.Highlight))
            ink = QPalette.ColorRole.HighlightedText
        left = rect.left() + MARGIN
        if line is None:
            text = UNREAD if column == Column.DATE else ""
        else:
            if column == Column.RESULT:
                icon = self._audit.icon_of(line)
                if icon is not None:
                    mode = QIcon.Mode.Selected if state & SELECTED else QIcon.Mode.Normal
                    icon.paint(painter, left, rect.top(), ICON_ROW, rect.height(), mode=mode)
                    left += ICON_ROW + MARGIN
            width = rect.right() - left - MARGIN
            key = (line.seq, column, width)
            known = self._shown.get(key)
            text = self._shorten(line, key) if known is None else known
        if text:
            painter.setPen(palette.color(group, ink))
            painter.drawText(left, rect.top() + (rect.height() + self._rise + 1) // 2, text)
        if state & FOCUSED:
            # The style's own frame is hardly seen on a selected row, and what can be filtered by is this cell.
            painter.setPen(palette.color(group, ink))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
