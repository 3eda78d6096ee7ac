"""The package tree: the view, its header menu, and what it remembers while its model changes."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.menu import Menu
from hotfix_desktop.ui.no_match import NoMatch
from hotfix_desktop.ui.package_model import HEADERS, Column, PackageModel
from hotfix_desktop.ui.theme import BETWEEN, ICON_ROW, ROW, ROW_COMPACT

HIDDEN_AT_FIRST = (Column.MAINTAINER, Column.VERSION, Column.MODIFIED)
WIDEST = {
    Column.STATE: "Locked · undelivered",
    Column.LEFT: "⚠ 1:02:41",
    Column.BY: "a.person",
    Column.CHANGES: "Changes",
    Column.MAINTAINER: "Customer Limited",
    Column.VERSION: "10.11.12.1",
    Column.MODIFIED: "2026-11-23 14:32",
}
"""What a column has room for at first, and no more: every point that the others take is taken from the names."""


class RowDelegate(QStyledItemDelegate):
    """Gives every row the same height."""

    def __init__(self, parent: QWidget) -> None:
        """Start with comfortable rows."""
        super().__init__(parent)
        self.height = ROW

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Give the width that the text needs and the height of the density."""
        return QSize(super().sizeHint(option, index).width(), self.height)


class PackageTree(QTreeView):
    """The packages.

    Signals:
        package_chosen: the :class:`PackageStatus` that is selected now, or None.
        package_opened: the one on which Enter was pressed or that was double-clicked.
        menu_wanted: where, in global coordinates, the context menu of the selected package belongs.
        whole_wanted: the filter is to be cleared.
    """

    package_chosen = Signal(object)
    package_opened = Signal(object)
    menu_wanted = Signal(QPoint)
    whole_wanted = Signal()

    def __init__(self, model: PackageModel, parent: QWidget | None = None) -> None:
        """Show the model."""
        super().__init__(parent)
        self.setObjectName("packageTree")
        self.setAccessibleName(tr("Packages"))
        self._model = model
        self._chosen: int | None = None
        self._in_sight = False
        self._no_match: NoMatch | None = None
        self._rows = RowDelegate(self)
        self.setItemDelegate(self._rows)
        # Connected first: the view's own selection forgets its row at the same signal.
        model.modelAboutToBeReset.connect(self._before_reset)
        self.setModel(model)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(False)
        self.setIconSize(QSize(ICON_ROW, ICON_ROW))
        self.setIndentation(16)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setExpandsOnDoubleClick(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_for_menu)
        self.doubleClicked.connect(self._open)
        self._set_up_header()
        model.modelReset.connect(self._after_reset)
        self.selectionModel().currentChanged.connect(self._on_current)

    @property
    def chosen(self) -> PackageStatus | None:
        """The package that is selected."""
        return self._model.status(self.currentIndex())

    def choose(self, package_id: int) -> None:
        """Select a package and scroll to it; nothing happens when it is not shown."""
        index = self._model.index_of(package_id)
        if index.isValid():
            self._chosen = package_id
            self.setCurrentIndex(index)
            self.scrollTo(index)

    @Slot()
    def choose_first(self) -> None:
        """Select the first package that is shown, and scroll to it."""
        first = self._model.index(0, 0, self._model.index(0, 0))
        status = self._model.status(first)
        if status is not None:
            self.choose(status.package_id)

    @Slot(str)
    def filter_rows(self, text: str) -> None:
        """Show the packages that match, and among them the chosen one."""
        self._model.set_filter(text)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def forget(self) -> None:
        """Show nothing, and choose nothing in the workspace that comes next."""
        self._chosen = None
        self._model.forget()

    def take_focus(self) -> None:
        """Take the focus with a package chosen: the first one when none is."""
        self.setFocus()
        first = self._model.index(0, 0, self._model.index(0, 0))
        if self.chosen is None and first.isValid():
            self.setCurrentIndex(first)

    def set_compact(self, compact: bool) -> None:
        """Choose between comfortable and compact rows."""
        self._rows.height = ROW_COMPACT if compact else ROW
        self.scheduleDelayedItemsLayout()

    @Slot()
    def repaint_rows(self) -> None:
        """Paint all rows again: the colours have changed."""
        # Asked for only here: PySide6 needs 6 ms to find out, the first time, what kind of widget it is.
        self.viewport().update()

    def reset_columns(self) -> None:
        """Show, order and size the columns as they were at first."""
        header = self.header()
        for column in Column:
            header.moveSection(header.visualIndex(column), column)
            header.setSectionHidden(column, column in HIDDEN_AT_FIRST)
        metrics, edges = self.fontMetrics(), 2 * BETWEEN
        for column, text in WIDEST.items():
            wide = max(metrics.horizontalAdvance(tr(text)), header.fontMetrics().horizontalAdvance(tr(HEADERS[column])))
            header.resizeSection(column, wide + edges)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def save_columns(self) -> QByteArray:
        """Give order, sizes, visibility and sorting of the columns."""
        return self.header().saveState()

    def restore_columns(self, state: QByteArray) -> None:
        """Take what :meth:`save_columns` gave; nonsense changes nothing."""
        self.header().restoreState(state)

    def column_menu(self, parent: QWidget) -> QMenu:
        """Give a menu that shows and hides columns."""
        menu = Menu(tr("&Columns"), parent)
        for column in Column:
            action = menu.addAction(tr(HEADERS[column]))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.setEnabled(column is not Column.PACKAGE)
            action.toggled.connect(lambda shown, c=column: self.setColumnHidden(c, not shown))
        menu.addSeparator()
        menu.addAction(tr("&Reset columns")).triggered.connect(self.reset_columns)
        return menu

    def _set_up_header(self) -> None:
        header = self.header()
        header.setSectionsMovable(True)
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        # The names take what the other columns leave, so that the table always fills its pane.
        header.setSectionResizeMode(Column.PACKAGE, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicatorClearable(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.reset_columns()

    @Slot(QPoint)
    def _header_menu(self, at: QPoint) -> None:
        menu = self.column_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.header().mapToGlobal(at))

    @Slot(QPoint)
    def _ask_for_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if self._model.status(index) is not None:
            self.menu_wanted.emit(self.viewport().mapToGlobal(at))

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        status = self._model.status(index)
        if status is not None:
            self.package_opened.emit(status)

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        status = self._model.status(current)
        if status is not None:
            self._chosen = status.package_id
        self.package_chosen.emit(status)

    @Slot()
    def _before_reset(self) -> None:
        """Note whether the chosen row is in sight: somebody who scrolled away from it wants to stay where he is."""
        current = self.currentIndex()
        self._in_sight = current.isValid() and self.visualRect(current).intersects(self.viewport().rect())

    @Slot()
    def _after_reset(self) -> None:
        """Open the groups and choose again what was chosen, without taking the focus from a filter."""
        place = self.verticalScrollBar().value()
        for position in range(self._model.rowCount()):
            self.expand(self._model.index(position, 0))
            self.setFirstColumnSpanned(position, QModelIndex(), True)
        index = self._model.index_of(self._chosen) if self._chosen is not None else QModelIndex()
        if index.isValid():
            self.setCurrentIndex(index)
        self.verticalScrollBar().setValue(place)
        if index.isValid() and self._in_sight:
            self.scrollTo(index)  # it may have moved, back to its alphabetical place for instance
        self.package_chosen.emit(self._model.status(index))
        self._say_when_nothing_matches()

    def _say_when_nothing_matches(self) -> None:
        nothing = bool(self._model.filtered and self._model.packages and not self._model.matching)
        if nothing and self._no_match is None:
            self._no_match = NoMatch(self.viewport())
            self._no_match.cleared.connect(self.whole_wanted)
        if self._no_match is None or self._no_match.isVisibleTo(self) is nothing:
            return
        if not nothing and self._no_match.isAncestorOf(self.focusWidget() or self):
            self.setFocus()
        self._no_match.resize(self.viewport().size())
        self._no_match.setVisible(nothing)

    # Qt's names

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is said instead of packages in the middle."""
        super().resizeEvent(event)
        if self._no_match is not None:
            self._no_match.resize(self.viewport().size())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open on Enter, clear the filter on Esc, show the menu on its key, and let everything else be Qt's."""
        status = self.chosen
        if event.key() == Qt.Key.Key_Escape and self._model.filtered:
            self.whole_wanted.emit()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and status is not None:
            self.package_opened.emit(status)
            return
        menu_key = event.key() == Qt.Key.Key_Menu or (
            event.key() == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        )
        if menu_key and status is not None:
            below = self.visualRect(self.currentIndex()).bottomLeft()
            self.menu_wanted.emit(self.viewport().mapToGlobal(below))
            return
        super().keyPressEvent(event)
