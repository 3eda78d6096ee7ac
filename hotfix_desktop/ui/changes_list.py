"""The list of what a hotfix changed: elements, and below each its files, with what happened and how many lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPalette, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from hotfix_desktop.core.changes import Change, ChangeKind, ChangeSet, ElementKey
from hotfix_desktop.core.packages import ElementKind
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import ROW_COMPACT, Role, Theme, tabular_font

CHANGE_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`Change` of a file's row."""
SEARCHED_ROLE = Qt.ItemDataRole.UserRole + 2
SIGNS = {
    ChangeKind.ADDED: ("add", Role.VERIFIED),
    ChangeKind.MODIFIED: ("changes", Role.OPEN),
    ChangeKind.DELETED: ("close", Role.OVERDUE),
    ChangeKind.RENAMED: ("deliver", Role.UNDELIVERED),
}
HEADERS = ("Changed", "Lines", "What")
NAME, LINES, WORD = range(3)


class ChangesList(QTreeView):
    """Elements with their files.

    Signals:
        chosen: the :class:`Change` that is current now, or None.
        opened: Enter or a double click on a file: whoever looks wants to read it.
    """

    chosen = Signal(object)
    opened = Signal()

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setObjectName("changesList")
        self.setAccessibleName(tr("Changed elements and files"))
        self._theme, self._icons = theme, icons
        self._rows: dict[bytes, QStandardItem] = {}
        self._elements: dict[ElementKey | None, QStandardItem] = {}
        self._counts: dict[bytes, tuple[int, int]] = {}
        self._model = QStandardItemModel(0, 3, self)
        self._model.setHorizontalHeaderLabels([tr(title) for title in HEADERS])
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self._model)
        self._proxy.setFilterRole(SEARCHED_ROLE)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._proxy.setRecursiveFilteringEnabled(True)
        self.setModel(self._proxy)
        self.setUniformRowHeights(True)
        self.setItemDelegate(RowHeight(ROW_COMPACT, self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAllColumnsShowFocus(True)
        self.setIndentation(16)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (LINES, WORD):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        metrics = self.fontMetrics()
        self.setColumnWidth(LINES, metrics.horizontalAdvance("+999 −999") + 16)
        self.setColumnWidth(WORD, metrics.horizontalAdvance(tr("Data binding")) + 12)
        theme.changed.connect(self._tint)

    @property
    def current(self) -> Change | None:
        """The chosen file; None on an element."""
        change = self.currentIndex().siblingAtColumn(NAME).data(CHANGE_ROLE)
        return change if isinstance(change, Change) else None

    def chosen_paths(self) -> list[bytes]:
        """Give the path of the chosen file, or those of all files of the chosen element."""
        index = self.currentIndex().siblingAtColumn(NAME)
        change = index.data(CHANGE_ROLE)
        if isinstance(change, Change):
            return [change.path]
        return [change.path for change in self._below(index)]

    @property
    def chosen_element(self) -> tuple[ElementKey, list[Change]] | None:
        """The chosen element and its files that are listed; None on a file."""
        index = self.currentIndex().siblingAtColumn(NAME)
        below = self._below(index)
        return (below[0].element, below) if below else None

    def show_changes(self, changes: ChangeSet) -> None:
        """Show these; what was chosen stays chosen, or the first file is."""
        wanted = self.current.path if self.current is not None else None
        element = some[0] if (some := self.chosen_element) is not None else None
        self.blockSignals(True)
        self._model.removeRows(0, self._model.rowCount())
        self._rows.clear()
        self._elements.clear()
        self._counts.clear()
        for key, files in changes.by_element().items():
            if key.kind is ElementKind.FILE:  # such an element is its one file
                self._model.appendRow(self._file_row(key, files[0]))
            else:
                self._model.appendRow(self._element_row(key, files))
        self.expandAll()
        self._tint()
        self.blockSignals(False)
        item = self._rows.get(wanted) if wanted is not None else self._elements.get(element)
        if item is None and self._rows:
            item = next(iter(self._rows.values()))
        if item is not None:
            self.setCurrentIndex(self._proxy.mapFromSource(item.index()))
        else:
            self.chosen.emit(None)

    def _below(self, index: QModelIndex) -> list[Change]:
        if not index.isValid():
            return []
        below = (self._proxy.index(row, NAME, index).data(CHANGE_ROLE) for row in range(self._proxy.rowCount(index)))
        return [change for change in below if isinstance(change, Change)]

    def show_counts(self, counts: Mapping[bytes, tuple[int, int]]) -> None:
        """Say how many lines came and went, of those files that are named."""
        self._counts.update(counts)
        elements: dict[int, QStandardItem] = {}
        for path in counts:
            item = self._rows.get(path)
            if item is not None:
                self._say_lines(item, counts[path])
                parent = item.parent()
                if parent is not None:
                    elements[parent.row()] = parent
        for element in elements.values():
            files = (element.child(row).data(CHANGE_ROLE) for row in range(element.rowCount()))
            known = [self._counts[change.path] for change in files if change.path in self._counts]
            self._say_lines(element, (sum(pair[0] for pair in known), sum(pair[1] for pair in known)))

    def filter_rows(self, text: str) -> None:
        """Show what has the text in its path or in what happened."""
        self._proxy.setFilterFixedString(text.strip())
        self.expandAll()

    def step(self, forward: bool) -> bool:
        """Choose the next or the previous file; False when there is none."""
        index = self.currentIndex()
        while True:
            index = self.indexBelow(index) if forward else self.indexAbove(index)
            if not index.isValid():
                return False
            if isinstance(index.siblingAtColumn(NAME).data(CHANGE_ROLE), Change):
                self.setCurrentIndex(index)
                return True

    def _element_row(self, key: ElementKey, files: Sequence[Change]) -> list[QStandardItem]:
        kind = tr(key.kind) if key.kind else ""
        title = QStandardItem(key.shown or tr("The package itself"))
        font = title.font()
        font.setWeight(QFont.Weight.DemiBold)
        title.setFont(font)
        title.setToolTip(plain_tooltip(f"{kind} {key.shown}".strip() or tr("descriptor.json and what lies beside it")))
        word = QStandardItem(kind)
        self._elements[key] = title
        row = [title, _lines_item(), word]
        for change in files:
            title.appendRow(self._file_row(key, change))
        return row

    def _file_row(self, key: ElementKey, change: Change) -> list[QStandardItem]:
        _, found, below = change.shown.partition(f"/{key.shown}/")
        if key.kind is ElementKind.FILE:
            found, below = "Files/", key.shown
        name = QStandardItem(below if found and below else change.shown.rpartition("/")[2])
        name.setData(change, CHANGE_ROLE)
        moved = f"\n{tr('was')} {change.old_shown}" if change.old_path else ""
        name.setToolTip(plain_tooltip(change.shown + moved))
        word = QStandardItem(tr(change.kind.value))
        name.setData(f"{change.shown} {word.text()}", SEARCHED_ROLE)
        name.setAccessibleText(f"{change.shown}, {word.text()}")
        self._rows[change.path] = name
        return [name, _lines_item(), word]

    def _say_lines(self, item: QStandardItem, counts: tuple[int, int]) -> None:
        parent = item.parent() or self._model.invisibleRootItem()
        added, removed = counts
        parent.child(item.row(), LINES).setText(f"+{number(added)} −{number(removed)}" if any(counts) else "±0")

    def _tint(self) -> None:
        for row in range(self._model.rowCount()):  # of a file at the top it is overwritten below
            self._model.item(row, WORD).setForeground(self._theme.colour(Role.QUIET, on=QPalette.ColorRole.Base))
        for item in self._rows.values():
            change = item.data(CHANGE_ROLE)
            sign, role = SIGNS[change.kind]
            item.setIcon(self._icons.icon(sign, role))
            parent = item.parent() or self._model.invisibleRootItem()
            parent.child(item.row(), WORD).setForeground(self._theme.colour(role, on=QPalette.ColorRole.Base))

    # Qt's names

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Tell which file is chosen."""
        super().currentChanged(current, previous)
        self.chosen.emit(self.current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the differences."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.opened.emit()
            return
        super().keyPressEvent(event)


class RowHeight(QStyledItemDelegate):
    """Gives all rows one height."""

    def __init__(self, height: int, parent: QWidget) -> None:
        """Give this many pixels."""
        super().__init__(parent)
        self._height = height

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Ask for the height."""
        size = super().sizeHint(option, index)
        size.setHeight(self._height)
        return size


def _lines_item() -> QStandardItem:
    item = QStandardItem()
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setFont(tabular_font(item.font()))
    return item
