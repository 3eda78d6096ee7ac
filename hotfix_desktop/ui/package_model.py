"""The package tree's model: packages in, cells out. It filters, groups and sorts what it was given, no more.

The structure (``index``, ``parent``, ``rowCount``) is Qt's own item model, whose items are never made; only
``data`` is Python. A model written in Python alone needs 270 ms to lay out 10,000 rows, this one 2 ms; ``flags``
is left alone for the same reason, and the view says that nothing is edited.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QStandardItem, QStandardItemModel

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lifecycle import PackageState, PackageStatus
from hotfix_desktop.core.ordering import tree_order
from hotfix_desktop.ui.formats import countdown, number, stamp, tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.package_groups import Group, Grouping, cut
from hotfix_desktop.ui.theme import Role, Theme, tabular_font
from hotfix_desktop.ui.words import person_word, state_sentence, state_word

if TYPE_CHECKING:
    from hotfix_desktop.services.catalogue import Catalogue

Index = QModelIndex | QPersistentModelIndex
STATUS_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`PackageStatus` of a row, so that actions survive sorting."""
ROLES = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.DecorationRole,
        Qt.ItemDataRole.ForegroundRole,
        Qt.ItemDataRole.FontRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
        STATUS_ROLE,
    }
)
"""The roles that have an answer."""
ALARM = timedelta(minutes=1)
WARNING = timedelta(minutes=5)


class Column(IntEnum):
    """The columns; the last three are hidden at first."""

    PACKAGE = 0
    STATE = 1
    LEFT = 2
    BY = 3
    CHANGES = 4
    MAINTAINER = 5
    VERSION = 6
    MODIFIED = 7


HEADERS = ("Package", "State", "Left", "By", "Changes", "Maintainer", "Version", "Modified")
RIGHT_ALIGNED = frozenset({Column.LEFT, Column.CHANGES})


class PackageModel(QStandardItemModel):
    """Groups of packages."""

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        collate: Callable[[str], Any] = str.casefold,
        parent: QObject | None = None,
    ) -> None:
        """Start empty; ``collate`` gives the locale's sort key of a name."""
        super().__init__(0, len(Column), parent)
        self._theme = theme
        self._icons = icons
        self._collate = collate
        self._catalogue: Catalogue | None = None
        self._ordered: list[PackageStatus] = []
        self._haystacks: dict[int, str] = {}
        self._groups: list[Group] = []
        self._filter = ""
        self._grouping = Grouping.NONE
        self._sort = (Column.PACKAGE, Qt.SortOrder.AscendingOrder)
        self._now: Moment | None = None
        self._digits: QFont | None = None
        self._loud: QFont | None = None

    # What goes in

    def show_catalogue(self, catalogue: Catalogue, now: Moment) -> None:
        """Show these packages."""
        self._catalogue = catalogue
        self._now = now
        self._haystacks = {p.package_id: _haystack(p) for p in catalogue.packages}
        self._order()
        self._fill()

    def forget(self) -> None:
        """Show nothing: the workspace was left."""
        self._catalogue, self._haystacks = None, {}
        self._order()
        self._fill()

    def set_filter(self, text: str) -> None:
        """Show the packages that hold every word of the text, in any case, in any column."""
        folded = " ".join(text.casefold().split())
        if folded != self._filter:
            self._filter = folded
            self._fill()

    def set_grouping(self, grouping: Grouping) -> None:
        """Cut the tree by state or maintainer, or not at all."""
        if grouping is not self._grouping:
            self._grouping = grouping
            self._fill()

    def set_now(self, now: Moment) -> None:
        """Let the countdowns run."""
        self._now = now
        for position, group in enumerate(self._groups):
            last = -1
            for row, status in enumerate(group.rows):
                if not status.is_open:
                    break  # open packages stand on top of every group
                last = row
            if last >= 0:
                parent = self.index(position, 0)
                self.dataChanged.emit(self.index(0, Column.STATE, parent), self.index(last, Column.LEFT, parent))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort inside the two parts: unlocked packages stay on top."""
        if column < 0:
            column, order = Column.PACKAGE, Qt.SortOrder.AscendingOrder
        if (Column(column), order) != self._sort:
            self._sort = (Column(column), order)
            self._order()
            self._fill()

    # What comes out

    @property
    def filtered(self) -> bool:
        """Whether a filter is set."""
        return bool(self._filter)

    @property
    def matching(self) -> int:
        """How many packages the filter lets through."""
        return sum(len(group.rows) for group in self._groups)

    @property
    def packages(self) -> Sequence[PackageStatus]:
        """All packages in the tree's order, filtered or not."""
        return self._ordered

    def status(self, index: Index) -> PackageStatus | None:
        """Give the package of an index, or None for a group."""
        parent = index.parent()
        if not index.isValid() or not parent.isValid():
            return None
        rows = self._groups[parent.row()].rows
        return rows[index.row()] if index.row() < len(rows) else None

    def index_of(self, package_id: int) -> QModelIndex:
        """Give where a package stands; an invalid index when it is not shown."""
        for position, group in enumerate(self._groups):
            for row, status in enumerate(group.rows):
                if status.package_id == package_id:
                    return self.index(row, 0, self.index(position, 0))
        return QModelIndex()

    def _order(self) -> None:
        packages = self._catalogue.packages if self._catalogue else ()
        self._ordered = tree_order(packages, self._collate)
        column, order = self._sort
        down = order == Qt.SortOrder.DescendingOrder
        if column is not Column.PACKAGE or down:
            top = [p for p in self._ordered if p.is_open]
            rest = [p for p in self._ordered if not p.is_open]
            for part in (top, rest):
                part.sort(key=lambda p: self._sort_key(p, column), reverse=down)
            self._ordered = top + rest

    def _sort_key(self, status: PackageStatus, column: Column) -> Any:
        match column:
            case Column.LEFT:
                return status.hotfix.lease.deadline.timestamp() if status.hotfix and status.is_open else 0.0
            case Column.CHANGES:
                return -1 if status.changes is None else status.changes
            case Column.MODIFIED:
                return status.found.modified.timestamp() if status.found.modified else 0.0
            case Column.VERSION:
                return [(int(part), "") if part.isdecimal() else (-1, part) for part in status.found.version.split(".")]
            case Column.PACKAGE:
                return self._collate(status.name)
        return self._collate(self._text(status, column))

    def _fill(self) -> None:
        shown, haystacks = self._ordered, self._haystacks
        for word in self._filter.split():
            shown = [p for p in shown if word in haystacks[p.package_id]]
        self.beginResetModel()
        self._groups = cut(shown, self._ordered, self._grouping, self._collate) if self._catalogue else []
        # The items underneath announce their own changes, which the reset makes moot.
        blocked = self.blockSignals(True)
        self.setRowCount(0)
        for group in self._groups:
            item = QStandardItem()
            self.appendRow(item)
            item.setColumnCount(len(Column))
            item.setRowCount(len(group.rows))
        self.blockSignals(blocked)
        self.endResetModel()

    def _text(self, status: PackageStatus, column: int) -> str:
        match column:
            case Column.PACKAGE:
                return status.name
            case Column.STATE:
                return state_word(status)
            case Column.LEFT:
                return self._left(status)
            case Column.BY:
                me = self._catalogue.user if self._catalogue else ""
                return person_word(status.hotfix.opened_by, me) if status.hotfix and status.is_open else ""
            case Column.CHANGES:
                return "" if status.changes is None else number(status.changes)
            case Column.MAINTAINER:
                return status.found.maintainer
            case Column.VERSION:
                return status.found.version
            case Column.MODIFIED:
                return stamp(status.found.modified) if status.found.modified else ""
        return ""

    def _left(self, status: PackageStatus) -> str:
        if not status.is_open or status.hotfix is None or self._now is None:
            return ""
        left = status.hotfix.lease.left(self._now)
        text = countdown(left)
        return f"⚠ {text}" if left <= WARNING else text

    def _ink(self, status: PackageStatus, column: int) -> object:
        if column not in (Column.STATE, Column.LEFT):
            return None
        if status.state is PackageState.OVERDUE:
            return self._theme.colour(Role.OVERDUE)
        if status.state is PackageState.UNLOCKED:
            hotfix, now = status.hotfix, self._now
            late = hotfix is not None and now is not None and hotfix.lease.left(now) <= ALARM
            return self._theme.colour(Role.OVERDUE if late else Role.OPEN)
        if status.drift is not None:
            return self._theme.colour(Role.OPEN)
        return self._theme.colour(Role.UNDELIVERED) if status.undelivered else None

    def _font(self, status: PackageStatus, column: int) -> QFont | None:
        if column != Column.LEFT:
            return None
        if self._digits is None or self._loud is None:
            self._digits = tabular_font(QFont())
            self._loud = QFont(self._digits)
            self._loud.setBold(True)
        hotfix, now = status.hotfix, self._now
        late = status.is_open and hotfix is not None and now is not None and hotfix.lease.left(now) <= ALARM
        return self._loud if late else self._digits

    # Qt's names

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a cell; a paint asks seven roles of each, most of them in vain."""
        if role not in ROLES:
            return None
        parent = index.parent()
        if not parent.isValid():
            shown = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            if shown and index.column() == 0 and index.row() < len(self._groups):
                return self._groups[index.row()].text()
            return None
        rows, row = self._groups[parent.row()].rows, index.row()
        if row >= len(rows):
            return None
        status, column = rows[row], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(status, column)
            case Qt.ItemDataRole.DecorationRole if column == Column.PACKAGE:
                return self._icons.state_icon(status.state, status.undelivered, status.drift is not None)
            case Qt.ItemDataRole.ForegroundRole:
                return self._ink(status, column)
            case Qt.ItemDataRole.FontRole:
                return self._font(status, column)
            case Qt.ItemDataRole.TextAlignmentRole if column in RIGHT_ALIGNED:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ToolTipRole:
                if self._now is None or self._catalogue is None:
                    return None
                return state_sentence(status, self._now, self._catalogue.user)
            case Qt.ItemDataRole.AccessibleTextRole:
                if column == Column.PACKAGE:
                    return f"{status.name}, {state_word(status)}"
                return self._text(status, column)
            case int() if role == STATUS_ROLE:
                return status
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a column's title."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(Column):
            if role == Qt.ItemDataRole.DisplayRole:
                return tr(HEADERS[section])
            if role == Qt.ItemDataRole.TextAlignmentRole and section in RIGHT_ALIGNED:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def _haystack(status: PackageStatus) -> str:
    found = status.found
    parts = (found.name, state_word(status), found.maintainer, found.version, found.description)
    who = status.hotfix.opened_by if status.hotfix and status.is_open else ""
    return " ".join((*parts, who)).casefold()
