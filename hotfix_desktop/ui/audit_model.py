"""The table of the audit log: entries in, cells out. No queries; the feed hands the pages in."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimeZone,
)
from PySide6.QtGui import QIcon

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.services.auditing import AuditLine

Index = QModelIndex | QPersistentModelIndex

LINE_ROLE = Qt.ItemDataRole.UserRole
"""Under this role every cell gives its :class:`AuditLine`."""
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
"""Under this role a cell gives its raw value."""

TIME_FORMAT = "yyyy-MM-dd HH:mm:ss"
CELL_LIMIT = 500
"""Characters of a cell: more can never be seen in it, and would be slow to draw."""
TIP_LIMIT = 2000


class Column(IntEnum):
    """The columns: those of Creatio's own audit log, and the package."""

    DATE = 0
    TYPE = 1
    PACKAGE = 2
    OWNER = 3
    IP_ADDRESS = 4
    RESULT = 5
    DESCRIPTION = 6


HEADINGS = {
    Column.DATE: "Event date",
    Column.TYPE: "Type",
    Column.PACKAGE: "Package",
    Column.OWNER: "Owner",
    Column.IP_ADDRESS: "IP address",
    Column.RESULT: "Result",
    Column.DESCRIPTION: "Description",
}

RawValue = Callable[[AuditLine], Any]
RAW: dict[Column, RawValue] = {
    Column.DATE: lambda line: to_microseconds(line.at),
    Column.TYPE: lambda line: line.type,
    Column.PACKAGE: lambda line: line.package,
    Column.OWNER: lambda line: line.owner,
    Column.IP_ADDRESS: lambda line: line.ip_address,
    Column.RESULT: lambda line: line.result,
    Column.DESCRIPTION: lambda line: line.description,
}

NO_PARENT = QModelIndex()


class AuditModel(QAbstractTableModel):
    """The entries that were read so far, the newest first."""

    def __init__(self, icon_of: Callable[[AuditResult], QIcon], parent: QObject | None = None) -> None:
        """Start empty; ``icon_of`` gives the icon of a result."""
        super().__init__(parent)
        self._icon_of = icon_of
        self._lines: list[AuditLine] = []
        self._utc = False

    @property
    def utc(self) -> bool:
        """Whether dates are shown in UTC instead of local time."""
        return self._utc

    @property
    def newest(self) -> int:
        """The number of the first entry; 0 when there is none."""
        return self._lines[0].seq if self._lines else 0

    @property
    def oldest(self) -> int:
        """The number of the last entry; 0 when there is none."""
        return self._lines[-1].seq if self._lines else 0

    def set_page(self, lines: Iterable[AuditLine]) -> None:
        """Show these entries and no others."""
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def append_page(self, lines: Iterable[AuditLine]) -> None:
        """Add older entries below."""
        self._insert(len(self._lines), list(lines))

    def prepend_page(self, lines: Iterable[AuditLine]) -> None:
        """Add newer entries on top."""
        self._insert(0, list(lines))

    def show_utc(self, utc: bool) -> None:
        """Show dates in UTC, or in local time."""
        if utc == self._utc:
            return
        self._utc = utc
        if self._lines:
            last = self.index(len(self._lines) - 1, Column.DATE)
            self.dataChanged.emit(self.index(0, Column.DATE), last)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, Column.DATE, Column.DATE)

    def line(self, row: int) -> AuditLine:
        """Give the entry of a row."""
        return self._lines[row]

    def row_of(self, seq: int) -> int:
        """Give the row of the entry with this number; -1 when it was not read."""
        low, high = 0, len(self._lines)
        while low < high:  # numbers fall from row to row
            middle = (low + high) // 2
            if self._lines[middle].seq > seq:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self._lines) and self._lines[low].seq == seq else -1

    def text(self, row: int, column: Column) -> str:
        """Give the whole text of a cell."""
        line = self._lines[row]
        if column is Column.DATE:
            return shown_time(line, self._utc)
        return str(RAW[column](line))

    def _insert(self, at: int, lines: list[AuditLine]) -> None:
        if not lines:
            return
        self.beginInsertRows(NO_PARENT, at, at + len(lines) - 1)
        self._lines[at:at] = lines
        self.endInsertRows()

    # Qt's names

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of entries; a cell has none below it."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid():
            return None
        row, column = index.row(), Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(self.text(row, column))
        if role == Qt.ItemDataRole.DecorationRole and column is Column.RESULT:
            return self._icon(self._lines[row].result)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.text(row, column))
        if role == SORT_ROLE:
            return RAW[column](self._lines[row])
        if role == LINE_ROLE:
            return self._lines[row]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a column's heading."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            heading = HEADINGS[Column(section)]
            return f"{heading} (UTC)" if section == Column.DATE and self._utc else heading
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def _icon(self, result: str) -> QIcon | None:
        try:
            return self._icon_of(AuditResult(result))
        except ValueError:
            return None  # a word that a later version entered


def shown_time(line: AuditLine, utc: bool) -> str:
    """Give the time of an entry as every list of the program shows it."""
    zone = QTimeZone(QTimeZone.Initialization.UTC if utc else QTimeZone.Initialization.LocalTime)
    at = QDateTime.fromMSecsSinceEpoch(to_microseconds(line.at) // 1000, zone)
    return QLocale().toString(at, TIME_FORMAT)


def one_line(text: str, limit: int = CELL_LIMIT) -> str:
    """Give a text as a cell can show it: on one line, and not endless."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return " ".join(short.replace("\t", " ").splitlines())


def tip(text: str) -> str:
    """Give a text as a tooltip that wraps; escaped, because Qt takes what looks like HTML for HTML."""
    if not text:
        return ""
    short = text if len(text) <= TIP_LIMIT else text[: TIP_LIMIT - 1] + "…"
    return f'<p style="white-space: pre-wrap">{html.escape(short)}</p>'
