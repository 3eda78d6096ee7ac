"""Notices, in product and peer alike, when a widget has been painted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget

HIGH_PRIORITY = 1  # Qt.EventPriority's, but to import Qt would cost the bare window 12 ms that are not its own


class PaintWatch(QObject):
    """Calls ``then`` once, after the first paint of a widget for which ``counts`` is true.

    A window paints all its widgets in one go; a posted event of high priority comes right behind that, before
    any timer and whatever else was queued meanwhile.
    """

    def __init__(self, widget: QWidget, then: Callable[[], None], counts: Callable[[], bool] = lambda: True) -> None:
        super().__init__(widget)
        self._widget = widget
        self._then = then
        self._counts = counts
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and watched is self._widget and self._counts():
            self._widget.removeEventFilter(self)
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), HIGH_PRIORITY)
        return False

    def customEvent(self, event: QEvent) -> None:
        self._then()
