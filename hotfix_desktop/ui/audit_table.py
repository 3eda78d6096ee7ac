"""The view of the audit log: columns that the user arranges, rows that stay in place when others arrive."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.log_query import LogColumn
from hotfix_desktop.services.log_reading import AuditLine
from hotfix_desktop.ui.audit_delegate import AuditDelegate
from hotfix_desktop.ui.audit_model import COLUMN_OF, HEADINGS, LOG_COLUMN, AuditModel, Column
from hotfix_desktop.ui.cell_text import one_line
from hotfix_desktop.ui.menu import Menu
from hotfix_desktop.ui.theme import BETWEEN, ICON_ROW, ROW, tabular_font

SAMPLES = {
    Column.DATE: "2026-12-28 20:28:28",
    Column.TYPE: max((kind.value for kind in AuditType), key=len),
    Column.PACKAGE: "UsrCustomerInvoices",
    Column.OWNER: "Hotfix Desktop",
    Column.IP_ADDRESS: "192.168.228.228",
    Column.RESULT: "Success",
    Column.DESCRIPTION: "Description",
}
"""What each column has room for at first."""
NARROWEST = 48
COPY_LIMIT = 10_000
"""Rows that are copied at most: a clipboard is no export."""
LAST_COLUMN = "This is the only column that is left."


class AuditTable(QTableView):
    """Shows an :class:`AuditModel`.

    Signals:
        sort_changed: the log's column that the user wants to sort by, and whether downwards.
        current_changed: another cell, or none, is the current one, its line has arrived, or other rows are selected.
    """

    sort_changed = Signal(object, bool)
    current_changed = Signal()

    def __init__(self, model: AuditModel, parent: QWidget | None = None) -> None:
        """Show this model."""
        super().__init__(parent)
        self._audit = model
        self._sort, self._descending = LogColumn.AT, True
        self.setObjectName("auditTable")
        self.setAccessibleName("Entries of the audit log")
        self.setFont(tabular_font(self.font()))
        self.setModel(model)
        self._delegate = AuditDelegate(model, self)
        self.setItemDelegate(self._delegate)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(0)
        rows.setDefaultSectionSize(max(ROW, self.fontMetrics().height() + BETWEEN))
        self.column_actions = [self._column_action(column) for column in Column]
        self._prepare_header()
        model.rowsInserted.connect(self._keep_place)
        model.dataChanged.connect(self._on_lines)
        self.selectionModel().currentChanged.connect(self.current_changed)
        self.selectionModel().selectionChanged.connect(self.current_changed)
        model.modelReset.connect(self.current_changed)

    # What is chosen

    def current_line(self) -> AuditLine | None:
        """Give the current entry; None when its row is not selected (Qt makes one current by itself)."""
        index = self.currentIndex()
        selected = index.isValid() and self.selectionModel().isRowSelected(index.row())
        return self._audit.line(index.row()) if selected else None

    def current_column(self) -> Column:
        """Give the column of the current cell."""
        return Column(max(0, self.currentIndex().column()))

    def current_text(self) -> str:
        """Give the whole text of the current cell."""
        index = self.currentIndex()
        return self._audit.text(index.row(), Column(index.column())) if index.isValid() else ""

    def selected_rows(self) -> list[int]:
        """Give the rows that are selected, from the top; :data:`COPY_LIMIT` of them at most."""
        rows: list[int] = []
        for first, last in self.selected_ranges():
            rows += range(first, min(last + 1, first + COPY_LIMIT - len(rows)))
            if len(rows) == COPY_LIMIT:
                break
        return rows

    def selected_ranges(self) -> list[tuple[int, int]]:
        """Give the first and the last row of each run of selected rows, from the top."""
        found: list[tuple[int, int]] = []
        chosen = self.selectionModel().selection()
        parts = [chosen.at(number) for number in range(chosen.count())]
        for first, last in sorted((part.top(), part.bottom()) for part in parts):
            if found and first <= found[-1][1] + 1:
                found[-1] = found[-1][0], max(last, found[-1][1])
            else:
                found.append((first, last))
        return found

    def selected_count(self) -> int:
        """Give how many rows are selected."""
        return sum(last - first + 1 for first, last in self.selected_ranges())

    def selected_lines(self) -> tuple[list[AuditLine], int]:
        """Give the selected entries that are read, and how many are selected altogether."""
        lines = (self._audit.line(row) for row in self.selected_rows())
        return [line for line in lines if line is not None], self.selected_count()

    def selected_text(self) -> str:
        """Give the selected entries that are read with the visible columns, as they stand, tab separated."""
        columns = self.shown_columns()
        return "\n".join(
            "\t".join(one_line(self._audit.text_of(line, column)) for column in columns)
            for line in self.selected_lines()[0]
        )

    def shown_columns(self) -> list[Column]:
        """Give the visible columns as they stand."""
        header = self.horizontalHeader()
        places = (header.logicalIndex(place) for place in range(header.count()))
        return [Column(section) for section in places if not header.isSectionHidden(section)]

    def choose(self, seq: int, column: Column) -> bool:
        """Make the entry with this number the current one; False when it is not known where it stands."""
        return self.choose_row(self._audit.known_row_of(seq), column)

    def choose_row(self, row: int, column: Column) -> bool:
        """Make a row the current one, and scroll to it; False when there is none."""
        if not 0 <= row < self._audit.rowCount():
            return False
        self.doItemsLayout()  # or the scroll bar would stop where the rows of before ended
        self.setCurrentIndex(self._audit.index(row, column))
        return True

    # Sorting

    def show_sort(self, column: LogColumn, descending: bool) -> None:
        """Show by the arrow in its heading what the entries are sorted by."""
        self._sort, self._descending = column, descending
        way = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(COLUMN_OF[column], way)

    @Slot(int)
    def sort_by(self, section: int) -> None:
        """Want the entries sorted by a column; the other way round if they are sorted by it already."""
        column = LOG_COLUMN[Column(section)]
        first = column is LogColumn.AT  # the newest date first, but A before B
        self.show_sort(column, not self._descending if column is self._sort else first)
        self.sort_changed.emit(self._sort, self._descending)

    # Columns

    def save_columns(self) -> QByteArray:
        """Give widths, order and visibility of the columns."""
        return self.horizontalHeader().saveState()

    def restore_columns(self, state: QByteArray) -> None:
        """Take them back; damaged bytes are ignored."""
        if not self.horizontalHeader().restoreState(state):
            return
        self._fix_header()
        header = self.horizontalHeader()
        if all(header.isSectionHidden(column) for column in Column):
            self.reset_columns()
        self._tell_columns()

    @Slot()
    def reset_columns(self) -> None:
        """Show every column, in the first order and width."""
        header = self.horizontalHeader()
        for column in Column:
            self.setColumnHidden(column, False)
            header.moveSection(header.visualIndex(column), column)
            self.setColumnWidth(column, self._first_width(column))
        self._fix_header()
        self._tell_columns()

    def _prepare_header(self) -> None:
        header = self.horizontalHeader()
        # To draw its sections it asks whether all rows are selected, one by one: with those of the table that would
        # take a minute where millions are.
        header.setSelectionModel(QItemSelectionModel(self._audit, self))
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(NARROWEST)
        header.setToolTip("Click a heading to sort; drag it to move its column; right-click to hide columns")
        header.sectionClicked.connect(self.sort_by)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_column_menu)
        self.column_menu = Menu("&Columns", self)
        self.column_menu.setToolTipsVisible(True)
        self.column_menu.addActions(self.column_actions)
        self.reset_columns()

    def _fix_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        self.show_sort(self._sort, self._descending)
        for column in Column:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.DESCRIPTION, QHeaderView.ResizeMode.Stretch)

    def _first_width(self, column: Column) -> int:
        metrics, head = self.fontMetrics(), self.horizontalHeader().fontMetrics()
        heading = HEADINGS[column] + (" (UTC)" if column is Column.DATE else "")
        arrow = 2 * BETWEEN + 4  # any column can be the one that is sorted by
        icon = ICON_ROW + BETWEEN if column is Column.RESULT else 0
        wide = max(metrics.horizontalAdvance(SAMPLES[column]) + icon, head.horizontalAdvance(heading) + arrow)
        return wide + 2 * BETWEEN

    def _column_action(self, column: Column) -> QAction:
        action = QAction(HEADINGS[column], self, checkable=True, checked=True)
        action.setShortcut(f"Ctrl+{column + 1}")
        action.toggled.connect(lambda shown: self._show_column(column, shown))
        return action

    def _show_column(self, column: Column, shown: bool) -> None:
        self.setColumnHidden(column, not shown)
        self._tell_columns()

    def _tell_columns(self) -> None:
        shown = [column for column in Column if not self.isColumnHidden(column)]
        # Without the column that stretches, the last one fills the pane.
        self.horizontalHeader().setStretchLastSection(Column.DESCRIPTION not in shown)
        for column, action in zip(Column, self.column_actions, strict=True):
            action.setChecked(column in shown)
            only = shown == [column]
            action.setEnabled(not only)
            tip = LAST_COLUMN if only else f"Show or hide the column {HEADINGS[column]}"
            action.setToolTip(tip)
            action.setStatusTip(tip)

    @Slot(QPoint)
    def _show_column_menu(self, at: QPoint) -> None:
        self.column_menu.popup(self.horizontalHeader().viewport().mapToGlobal(at))

    # Rows

    @Slot(QModelIndex, int, int)
    def _keep_place(self, parent: QModelIndex, first: int, last: int) -> None:
        """Scroll along with entries that arrive on top, unless the top is what the user looks at."""
        bar = self.verticalScrollBar()
        if first == 0 and bar.value() > 0:
            at = bar.value() + last + 1  # the bar counts rows
            self.doItemsLayout()
            bar.setValue(at)

    @Slot(QModelIndex, QModelIndex)
    def _on_lines(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.row() <= self.currentIndex().row() <= last.row():
            self.current_changed.emit()

    # Qt's names

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the current row for who comes by the keyboard, or the first arrow key would skip it."""
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and self.currentIndex().isValid() and not self.selectionModel().hasSelection():
            self.selectRow(self.currentIndex().row())

    def changeEvent(self, event: QEvent) -> None:
        """Measure again when the font changes."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_delegate"):
            self._delegate.forget()

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Take Home and End for the first and the last row, as in every list; Qt means the columns."""
        if action in (QAbstractItemView.CursorAction.MoveHome, QAbstractItemView.CursorAction.MoveEnd):
            modifiers |= Qt.KeyboardModifier.ControlModifier
        return super().moveCursor(action, modifiers)
