"""The pages in the middle of the main window, of which one is shown."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget


class Pages(QStackedWidget):
    """Pages of which only the one that is shown says how much room it needs; Qt would ask the others, too."""

    def __init__(self, parent: QWidget) -> None:
        """Start without pages."""
        super().__init__(parent)
        self.currentChanged.connect(self._make_room)

    def add_column(self, *widgets: QWidget) -> None:
        """Add a page with these widgets one below the other; the last takes the room that is left."""
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in widgets:
            column.addWidget(widget, 1 if widget is widgets[-1] else 0)
        self.addWidget(page)

    @Slot(int)
    def _make_room(self, shown: int) -> None:
        for number in range(self.count()):
            page = self.widget(number)
            assert page is not None
            policy = QSizePolicy.Policy.Preferred if number == shown else QSizePolicy.Policy.Ignored
            page.setSizePolicy(policy, policy)
        self.updateGeometry()
