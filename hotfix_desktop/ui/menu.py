"""Menus whose icons and boxes are seen: the icon of the chosen row as light as its text, the boxes on a dark desktop.

Fusion takes the same icon, *active*, for the chosen row of a menu, which is dark blue, and for a button under the
mouse, which is not, so that an icon alone can suit but one of the two.
"""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QStyle, QStyleOptionMenuItem

from hotfix_desktop.ui.theme import ICON_ROW, style_arguments
from hotfix_desktop.ui.tick_delegate import outlined


class Menu(QMenu):
    """A menu; the styles of other desktops choose a row in their own way and are left alone."""

    def initStyleOption(self, option: QStyleOptionMenuItem, action: QAction) -> None:
        """Take the colours for this row."""
        super().initStyleOption(option, action)
        if not style_arguments():
            return
        outlined(option)
        chosen = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_Enabled
        if option.state & chosen == chosen and not option.icon.isNull():
            size = QSize(ICON_ROW, ICON_ROW)
            pixmap = option.icon.pixmap(size, self.devicePixelRatioF(), QIcon.Mode.Selected)
            option.icon = QIcon(pixmap)
