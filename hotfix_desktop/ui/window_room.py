"""How large a window is at first: as large as it wants, and never larger than the screen that it opens on."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStyle, QWidget

SHARE = 0.94
"""The most of a small screen that a dialog takes; Qt by itself would take two thirds of any."""
DIFFERENCE = QSize(190, 60)
"""Letters and lines of a dialog with a list of files and a difference side by side."""


def take_size(window: QWidget, wanted: tuple[int, int]) -> None:
    """Give a top-level window this width and height, or what its screen has room for, its frame included."""
    screen = (window.parentWidget() or window).screen()  # one that opens over another opens on its screen
    style = window.style()
    bar = style.pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, window)
    edge = style.pixelMetric(QStyle.PixelMetric.PM_MdiSubWindowFrameWidth, None, window)
    room = screen.availableGeometry().size() - QSize(2 * edge, bar + 2 * edge)
    window.resize(QSize(*wanted).boundedTo(room))


def take_wanted(dialog: QWidget) -> None:
    """Give a dialog the size that it asks for, or what its screen has room for."""
    screen = (dialog.parentWidget() or dialog).screen()
    dialog.resize(dialog.sizeHint().boundedTo(screen.availableSize() * SHARE))


def room_for_difference(dialog: QWidget) -> QSize:
    """Give the size to ask for where files and the difference of one stand together."""
    metrics = dialog.fontMetrics()
    return QSize(metrics.averageCharWidth() * DIFFERENCE.width(), metrics.height() * DIFFERENCE.height())
