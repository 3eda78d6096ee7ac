"""Boxes to tick in a list that are seen on a dark desktop, too."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QStyledItemDelegate, QStyleOption, QStyleOptionViewItem

from hotfix_desktop.ui.theme import BOXES, ROW_COMPACT


def outlined(option: QStyleOption) -> None:
    """Let the style darken the colour for the outline of a box that it darkens for a check box."""
    window = QPalette.ColorRole.Window
    option.palette.setColor(window, QApplication.palette(BOXES[0]).color(window))  # type: ignore[call-overload]


class TickDelegate(QStyledItemDelegate):
    """Draws the boxes as :class:`~hotfix_desktop.ui.theme.Theme` lets check boxes be drawn.

    A palette for the list itself would do the same to its frame, its grid and its header.
    """

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Take the colour that Fusion darkens for the outline."""
        super().initStyleOption(option, index)
        outlined(option)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Keep the rows of a list that drops down apart; a table has its own height of rows."""
        size = super().sizeHint(option, index)
        return size.expandedTo(QSize(0, ROW_COMPACT))
