"""The table of the audit log: as many rows as there are entries, and in memory those that are looked at.

No queries: the model says which pages it needs, and the feed brings them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
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
    QTimer,
    QTimeZone,
    Signal,
)
from PySide6.QtGui import QIcon

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.log_query import LOG_WORDS, LogColumn
from hotfix_desktop.services.log_reading import AuditLine
from hotfix_desktop.ui.cell_text import one_line, tip

Index = QModelIndex | QPersistentModelIndex

LINE_ROLE = Qt.ItemDataRole.UserRole
"""Under this role every cell gives its :class:`AuditLine`; None while it is not read."""
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
"""Under this role a cell gives its raw value."""

TIME_FORMAT = "yyyy-MM-dd HH:mm:ss"
PAGE = 200
"""Lines that are asked for together."""
KEPT = 24
"""Pages that are kept."""
ROW_LIMIT = 50_000_000
"""Rows at most: Qt keeps the height of all of them, 28 pixels each and more where fonts are big, in 31 bits."""
UNREAD = "…"


class Column(IntEnum):
    """The columns: those of Creatio's own audit log, and the package."""

    DATE = 0
    TYPE = 1
    PACKAGE = 2
    OWNER = 3
    IP_ADDRESS = 4
    RESULT = 5
    DESCRIPTION = 6


COLUMN_OF: dict[LogColumn, Column] = dict(zip(LogColumn, Column, strict=True))
LOG_COLUMN: dict[Column, LogColumn] = {column: log_column for log_column, column in COLUMN_OF.items()}
HEADINGS = {column: LOG_WORDS[log_column] for log_column, column in COLUMN_OF.items()}

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
    """The entries of an answer. Its rows move when others come on top; their *places* do not.

    A place counts the rows from the one that was first when the answer began; what came on top since stands at
    −1, −2 ….

    Signals:
        needs: rows are looked at that are not here; :meth:`take_wanted` says which.
    """

    needs = Signal()

    def __init__(self, icon_of: Callable[[AuditResult], QIcon], parent: QObject | None = None) -> None:
        """Start empty; ``icon_of`` gives the icon of a result."""
        super().__init__(parent)
        self._icon_of = icon_of
        self._count = self._rows = 0  # entries of the answer, and rows that it has
        self._top = 0
        self._pages: OrderedDict[int, dict[int, AuditLine | None]] = OrderedDict()
        self._page: dict[int, AuditLine | None] = {}  # the one that was looked at last, and its number
        self._number: int | None = None
        self._wanted: dict[int, None] = {}
        self._row_of: Callable[[int], int] | None = None
        self._utc = False
        self._zone = _zone(self._utc)
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(0)
        self._telling.timeout.connect(self.needs)

    @property
    def utc(self) -> bool:
        """Whether dates are shown in UTC instead of local time."""
        return self._utc

    @property
    def beyond(self) -> int:
        """How many entries of the answer have no row, because no list can have so many."""
        return self._count - self._rows

    # What the feed does

    def show_answer(
        self, count: int, lines: Sequence[AuditLine | None], row_of: Callable[[int], int] | None = None
    ) -> None:
        """Show an answer of ``count`` entries that begins with these lines, and no other.

        ``row_of`` reckons the place of the entry with a number, if that can be reckoned.
        """
        self.beginResetModel()
        self._count, self._rows, self._top = count, min(count, ROW_LIMIT), 0
        self._row_of = row_of
        self._pages.clear()
        self._wanted.clear()
        self._page, self._number = {}, None
        self._keep(0, lines)
        self.endResetModel()

    def grow_top(self, count: int) -> None:
        """Say that so many entries came on top."""
        if count <= 0:
            return
        self.beginInsertRows(NO_PARENT, 0, count - 1)
        self._count += count
        self._rows += count
        self._top += count
        self.endInsertRows()
        self._cut(ROW_LIMIT)

    def grow_bottom(self, count: int) -> None:
        """Say that so many entries came below."""
        self._count += count
        added = min(self._count, ROW_LIMIT) - self._rows
        if added > 0:
            self.beginInsertRows(NO_PARENT, self._rows, self._rows + added - 1)
            self._rows += added
            self.endInsertRows()

    def shrink_bottom(self, count: int) -> None:
        """Say that the lowest entries are gone: they were archived."""
        self._count = max(0, self._count - count)
        self._cut(self._count)

    def _cut(self, rows: int) -> None:
        if self._rows > rows:
            self.beginRemoveRows(NO_PARENT, rows, self._rows - 1)
            self._rows = rows
            self.endRemoveRows()

    def put(self, first: int, lines: Sequence[AuditLine | None]) -> None:
        """Take in the lines from place ``first`` on; None for an entry that is gone."""
        self._keep(first, lines)
        top, bottom = max(0, first + self._top), min(first + self._top + len(lines), self._rows) - 1
        if top <= bottom:
            self.dataChanged.emit(self.index(top, 0), self.index(bottom, len(Column) - 1))

    def take_wanted(self) -> tuple[int, int] | None:
        """Give the first place and the number of lines that are wanted most; None when nothing is.

        What is looked at now comes first, then the pages beside it.
        """
        while self._wanted:
            number = next(reversed(self._wanted))
            del self._wanted[number]
            span = self._span(number)
            if span is not None:
                return span
        for number in (self._number + 1, self._number - 1) if self._number is not None else ():
            span = self._span(number)
            if span is not None and not self._is_full(number, span):
                return span
        return None

    # What the views ask

    def show_utc(self, utc: bool) -> None:
        """Show dates in UTC, or in local time."""
        if utc == self._utc:
            return
        self._utc = utc
        self._zone = _zone(utc)
        if self._rows:
            last = self.index(self._rows - 1, Column.DATE)
            self.dataChanged.emit(self.index(0, Column.DATE), last)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, Column.DATE, Column.DATE)

    def line(self, row: int) -> AuditLine | None:
        """Give the entry of a row; None when it is not here: it is asked for, and ``dataChanged`` follows."""
        place = row - self._top
        number = place // PAGE
        if number != self._number:
            page = self._pages.get(number)
            if page is None:
                self._want(number)
                return None
            self._pages.move_to_end(number)
            self._page, self._number = page, number
        try:
            return self._page[place]
        except KeyError:
            self._want(number)
            return None

    def place_of_row(self, row: int) -> int:
        """Give the place of a row."""
        return row - self._top

    def row_of_place(self, place: int) -> int:
        """Give the row of a place; -1 when there is none."""
        row = place + self._top
        return row if 0 <= row < self._rows else -1

    def known_row_of(self, seq: int) -> int:
        """Give the row of the entry with this number; -1 when it is not there or only the feed can find it."""
        if self._row_of is not None:
            return self.row_of_place(self._row_of(seq))
        for page in self._pages.values():
            for place, line in page.items():
                if line is not None and line.seq == seq:
                    return self.row_of_place(place)
        return -1

    def text(self, row: int, column: Column) -> str:
        """Give the whole text of a cell; empty while its line is not read."""
        line = self.line(row)
        return self.text_of(line, column) if line is not None else ""

    def text_of(self, line: AuditLine, column: Column) -> str:
        """Give the whole text of a cell of a line."""
        if column is Column.DATE:
            return _shown(line, self._zone)
        return str(RAW[column](line))

    def icon_of(self, line: AuditLine) -> QIcon | None:
        """Give the icon of a line's result; None for a word that a later version entered."""
        try:
            return self._icon_of(AuditResult(line.result))
        except ValueError:
            return None

    def _keep(self, first: int, lines: Sequence[AuditLine | None]) -> None:
        for place, line in enumerate(lines, first):
            page = self._pages.setdefault(place // PAGE, {})
            page[place] = line
        for place in range(first, first + len(lines), PAGE):
            self._pages.move_to_end(place // PAGE)
            self._wanted.pop(place // PAGE, None)
        if self._number is not None and self._number in self._pages:
            self._page = self._pages[self._number]
            self._pages.move_to_end(self._number)
        while len(self._pages) > KEPT:
            self._pages.popitem(last=False)

    def _want(self, number: int) -> None:
        self._number, self._page = number, self._pages.get(number, {})
        if number not in self._wanted:
            self._wanted[number] = None
            self._telling.start()

    def _span(self, number: int) -> tuple[int, int] | None:
        first = max(number * PAGE, -self._top)
        end = min(number * PAGE + PAGE, self._count - self._top)
        return (first, end - first) if first < end else None

    def _is_full(self, number: int, span: tuple[int, int]) -> bool:
        page = self._pages.get(number, {})
        return all(place in page for place in (span[0], span[0] + span[1] - 1))

    # Qt's names

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of entries; a cell has none below it."""
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid():
            return None
        line, column = self.line(index.row()), Column(index.column())
        if line is None:
            return UNREAD if role == Qt.ItemDataRole.DisplayRole and column is Column.DATE else None
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(self.text_of(line, column))
        if role == Qt.ItemDataRole.DecorationRole and column is Column.RESULT:
            return self.icon_of(line)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.text_of(line, column))
        if role == SORT_ROLE:
            return RAW[column](line)
        if role == LINE_ROLE:
            return line
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


def _zone(utc: bool) -> QTimeZone:
    return QTimeZone(QTimeZone.Initialization.UTC if utc else QTimeZone.Initialization.LocalTime)


def _shown(line: AuditLine, zone: QTimeZone) -> str:
    at = QDateTime.fromMSecsSinceEpoch(to_microseconds(line.at) // 1000, zone)
    return QLocale().toString(at, TIME_FORMAT)
