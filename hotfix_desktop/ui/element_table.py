"""The element table: names are cut in the middle, because their ends tell them apart, and get most of the room."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from hotfix_desktop.ui.element_model import ElementColumn

WIDTHS = {ElementColumn.TYPE: 120, ElementColumn.CAPTION: 92}
DATE_WIDTH = 80
NAME_SHARE = 0.45


class _NameDelegate(QStyledItemDelegate):
    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


class ElementTable(QTableView):
    """A table whose other columns give way to the names where there is little room."""

    def __init__(self, parent: QWidget) -> None:
        """Start without a model."""
        super().__init__(parent)
        self._sized_for = 0
        self.setItemDelegateForColumn(ElementColumn.NAME, _NameDelegate(self))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out anew."""
        super().resizeEvent(event)
        width = self.viewport().width()
        if self.model() is None or width == self._sized_for:
            return
        self._sized_for = width
        room = (1 - NAME_SHARE) * width
        date = min(DATE_WIDTH, room / 3)  # half a date says nothing, half a caption something
        self.horizontalHeader().resizeSection(ElementColumn.MODIFIED, int(date))
        share = min(1.0, (room - date) / sum(WIDTHS.values()))
        for column, wanted in WIDTHS.items():
            self.horizontalHeader().resizeSection(column, int(wanted * share))
