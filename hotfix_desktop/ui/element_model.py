"""The element table's model: what a package holds. Rows in, cells out."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hotfix_desktop.core.changes import in_one_line
from hotfix_desktop.core.packages import Element
from hotfix_desktop.ui.formats import day, stamp, tr

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
HEADERS = ("Name", "Type", "Caption", "Modified")
ROOT = QModelIndex()


class ElementColumn(IntEnum):
    """The columns."""

    NAME = 0
    TYPE = 1
    CAPTION = 2
    MODIFIED = 3


class ElementModel(QAbstractTableModel):
    """The elements of one package."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self._rows: list[Element] = []

    def show_elements(self, elements: Sequence[Element]) -> None:
        """Show these elements; the only way in."""
        self.beginResetModel()
        self._rows = list(elements)
        self.endResetModel()

    def type_word(self, element: Element) -> str:
        """Give "Entity schema" or "File"; what tells elements apart stands first, where it is not cut off."""
        manager = element.manager.removesuffix("SchemaManager").removesuffix("Manager")
        word = tr(element.kind.value)
        return f"{manager} {word.lower()}" if manager else word

    # Qt's names

    def rowCount(self, parent: Index = ROOT) -> int:
        """Give how many elements there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        """Give how many columns there are."""
        return 0 if parent.isValid() else len(ElementColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a cell."""
        if not index.isValid():
            return None
        element = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(element, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(element, index.column())
            case int() if role == SORT_ROLE:
                if index.column() == ElementColumn.MODIFIED:
                    return element.modified.timestamp() if element.modified else 0.0
                return self._text(element, index.column()).casefold()
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a column's title."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(HEADERS[section])
        return None

    def _tip(self, element: Element, column: int) -> str:
        if column == ElementColumn.NAME:
            return in_one_line(element.path)
        if column == ElementColumn.MODIFIED and element.modified:
            return stamp(element.modified)
        return self._text(element, column)

    def _text(self, element: Element, column: int) -> str:
        match column:
            case ElementColumn.NAME:
                return in_one_line(element.name)
            case ElementColumn.TYPE:
                return self.type_word(element)
            case ElementColumn.CAPTION:
                return element.caption
        return day(element.modified) if element.modified else ""
