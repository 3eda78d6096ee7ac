"""How large a window is at first: as large as it wants, and never larger than the screen that it opens on."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStyle, QWidget


def take_size(window: QWidget, wanted: tuple[int, int]) -> None:
    """Give a top-level window this width and height, or what its screen has room for, its frame included."""
    screen = (window.parentWidget() or window).screen()  # one that opens over another opens on its screen
    style = window.style()
    bar = style.pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, window)
    edge = style.pixelMetric(QStyle.PixelMetric.PM_MdiSubWindowFrameWidth, None, window)
    room = screen.availableGeometry().size() - QSize(2 * edge, bar + 2 * edge)
    window.resize(QSize(*wanted).boundedTo(room))
