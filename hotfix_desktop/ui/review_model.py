"""The model of the list of hotfixes to review. Items in, cells out; older ones are asked for when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from hotfix_desktop.core.lifecycle import Ending
from hotfix_desktop.core.reviews import ReviewItem, span
from hotfix_desktop.ui.formats import stamp, tr
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.words import person_word

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
HEADERS = ("Closed", "Package", "Opened by", "Open for", "Ended", "Changed", "To note")
ENDINGS = {
    Ending.LOCKED: "Locked",
    Ending.RELOCKED: "Relocked",
    Ending.FAILED: "Unlock failed",
    Ending.CANCELLED: "Cancelled",
    Ending.INTERRUPTED: "Interrupted",
}


class ReviewColumn(IntEnum):
    """The columns."""

    CLOSED = 0
    PACKAGE = 1
    OPENED_BY = 2
    DURATION = 3
    ENDED = 4
    CHANGED = 5
    NOTE = 6


class ReviewModel(QAbstractTableModel):
    """Closed hotfixes, the newest first.

    Signals:
        more_wanted: the number below which older ones are wanted.
    """

    more_wanted = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self._items: list[ReviewItem] = []
        self._user = ""
        self._more = False
        self._asked = False

    @property
    def items(self) -> Sequence[ReviewItem]:
        """What is shown."""
        return self._items

    def show_items(self, items: Sequence[ReviewItem], user: str, *, more: bool, append: bool = False) -> None:
        """Show these in place of what was shown, or after it; ``user`` is called "you"."""
        self._more, self._asked, self._user = more, False, user
        if append:
            self.beginInsertRows(ROOT, len(self._items), len(self._items) + len(items) - 1)
            self._items += items
            self.endInsertRows()
            return
        self.beginResetModel()
        self._items = list(items)
        self.endResetModel()

    def stop_asking(self) -> None:
        """Forget that more was asked for: there was no answer."""
        self._asked = False

    # Qt's names

    def rowCount(self, parent: Index = ROOT) -> int:
        """Give how many are shown."""
        return 0 if parent.isValid() else len(self._items)

    def columnCount(self, parent: Index = ROOT) -> int:
        """Give how many columns there are."""
        return 0 if parent.isValid() else len(ReviewColumn)

    def canFetchMore(self, parent: Index) -> bool:
        """Whether there are older ones that nobody asked for yet."""
        return not parent.isValid() and self._more and not self._asked

    def fetchMore(self, parent: Index) -> None:
        """Ask for older ones."""
        if self.canFetchMore(parent) and self._items:
            self._asked = True
            self.more_wanted.emit(self._items[-1].hotfix.number)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a cell."""
        if not index.isValid():
            return None
        item, column = self._items[index.row()], ReviewColumn(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(item, column)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(self._text(item, column))
            case Qt.ItemDataRole.AccessibleTextRole:
                said = self._text(item, column)
                return f"{tr(HEADERS[column])}: {said}" if said else ""
            case Qt.ItemDataRole.TextAlignmentRole if column is ReviewColumn.DURATION:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a column's title."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(HEADERS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole and section == ReviewColumn.DURATION:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, item: ReviewItem, column: ReviewColumn) -> str:
        hotfix = item.hotfix
        match column:
            case ReviewColumn.CLOSED:
                return stamp(hotfix.closed_at) if hotfix.closed_at else ""
            case ReviewColumn.PACKAGE:
                return hotfix.package_name
            case ReviewColumn.OPENED_BY:
                return person_word(hotfix.opened_by, self._user)
            case ReviewColumn.DURATION:
                return span(item.duration)
            case ReviewColumn.ENDED:
                return tr(ENDINGS[hotfix.ending]) if hotfix.ending else ""
            case ReviewColumn.CHANGED:
                return tr(item.changed.value)
        flags = ", ".join(item.flags())
        return f"⚠ {flags}" if flags else ""
