"""The view of the audit log: columns that the user arranges, rows that stay in place when others arrive."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.services.auditing import AuditLine
from hotfix_desktop.ui.audit_model import HEADINGS, AuditModel, Column, one_line
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
LAST_COLUMN = "This is the only column that is left."


class AuditTable(QTableView):
    """Shows an :class:`AuditModel`.

    Signals:
        near_end: the end of what was read comes into sight.
        current_changed: another cell, or none, is the current one, or other rows are selected.
    """

    near_end = Signal()
    current_changed = Signal()

    def __init__(self, model: AuditModel, parent: QWidget | None = None) -> None:
        """Show this model."""
        super().__init__(parent)
        self._audit = model
        self.setObjectName("auditTable")
        self.setAccessibleName("Entries of the audit log")
        self.setFont(tabular_font(self.font()))
        self.setModel(model)
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
        self.verticalScrollBar().valueChanged.connect(self._watch_end)
        self.verticalScrollBar().rangeChanged.connect(self._watch_end)
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
        """Give the rows that are selected, from the top."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def selected_text(self) -> str:
        """Give the selected rows with the visible columns, as they stand, tab separated."""
        header = self.horizontalHeader()
        places = (header.logicalIndex(place) for place in range(header.count()))
        columns = [Column(section) for section in places if not header.isSectionHidden(section)]
        return "\n".join(
            "\t".join(one_line(self._audit.text(row, column)) for column in columns) for row in self.selected_rows()
        )

    def choose(self, seq: int, column: Column) -> bool:
        """Make the entry with this number the current one; False when it was not read."""
        row = self._audit.row_of(seq)
        if row < 0:
            return False
        self.doItemsLayout()  # or the scroll bar would stop where the rows of before ended
        self.setCurrentIndex(self._audit.index(row, column))
        return True

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
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(NARROWEST)
        header.setToolTip("Drag a heading to move its column; right-click to hide columns")
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_column_menu)
        self.column_menu = QMenu("&Columns", self)
        self.column_menu.setToolTipsVisible(True)
        self.column_menu.addActions(self.column_actions)
        self.reset_columns()

    def _fix_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(Column.DATE, Qt.SortOrder.DescendingOrder)
        for column in Column:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.DESCRIPTION, QHeaderView.ResizeMode.Stretch)

    def _first_width(self, column: Column) -> int:
        metrics, head = self.fontMetrics(), self.horizontalHeader().fontMetrics()
        heading = HEADINGS[column] + (" (UTC)" if column is Column.DATE else "")
        arrow = 2 * BETWEEN + 4 if column is Column.DATE else 0
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

    @Slot()
    def _watch_end(self) -> None:
        bar = self.verticalScrollBar()
        if self._audit.rowCount() and bar.value() >= bar.maximum() - 2 * bar.pageStep():
            self.near_end.emit()

    # Qt's names

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the current row for who comes by the keyboard, or the first arrow key would skip it."""
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and self.currentIndex().isValid() and not self.selectionModel().hasSelection():
            self.selectRow(self.currentIndex().row())

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Take Home and End for the first and the last row, as in every list; Qt means the columns."""
        if action in (QAbstractItemView.CursorAction.MoveHome, QAbstractItemView.CursorAction.MoveEnd):
            modifiers |= Qt.KeyboardModifier.ControlModifier
        return super().moveCursor(action, modifiers)
