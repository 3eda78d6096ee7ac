"""The list of all keyboard shortcuts, found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QDialogButtonBox, QHeaderView, QLineEdit, QStackedLayout, QTreeView, QWidget

from hotfix_desktop.ui.dialog import Dialog, Field
from hotfix_desktop.ui.labels import ToneLabel
from hotfix_desktop.ui.theme import ROW_COMPACT, Role


class ShortcutsDialog(Dialog):
    """Shows every action with its menu and its shortcut."""

    def __init__(self, rows: Sequence[tuple[str, str, str]], parent: QWidget | None) -> None:
        """Show these rows: menu, action, shortcut."""
        super().__init__(parent, columns=80, grows=True)
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self._filter = QLineEdit()
        self._filter.setObjectName("shortcutFilter")
        self._filter.setClearButtonEnabled(True)
        self._filter.setMaxLength(1000)
        self._filter.setPlaceholderText(self.tr("a word or a key, for instance lock or Ctrl"))
        self._model = QStandardItemModel(0, 3, self)
        self._model.setHorizontalHeaderLabels([self.tr("Action"), self.tr("Shortcut"), self.tr("Menu")])
        for menu, action, shortcut in rows:
            items = [QStandardItem(text) for text in (action, shortcut, menu)]
            for item in items:
                item.setEditable(False)
                item.setSizeHint(QSize(0, ROW_COMPACT))
            self._model.appendRow(items)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setFilterKeyColumn(-1)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._table = self._make_table()
        self._empty = ToneLabel("", Role.QUIET)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addWidget(Field(self.tr("&Filter"), self._filter))
        self._pane = QStackedLayout()
        self._pane.addWidget(self._table)
        self._pane.addWidget(self._empty)
        self.body.addLayout(self._pane, 1)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        self.add_buttons(box, box.button(QDialogButtonBox.StandardButton.Close))
        self._filter.textChanged.connect(self._look)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._filter.setFocus)
        self._filter.setFocus()

    def _make_table(self) -> QTreeView:
        table = QTreeView()
        table.setObjectName("shortcutTable")
        table.setAccessibleName(self.tr("Keyboard shortcuts"))
        table.setModel(self._shown)
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAlternatingRowColors(True)
        table.setMinimumHeight(self.fontMetrics().height() * 16)
        header = table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, self.fontMetrics().averageCharWidth() * 18)
        return table

    def _look(self, text: str) -> None:
        self._shown.setFilterFixedString(text.strip())
        if self._shown.rowCount():
            self._pane.setCurrentWidget(self._table)
            return
        self._empty.setText(self.tr("No shortcut matches “{text}”.").format(text=text.strip()[:40]))
        self._pane.setCurrentWidget(self._empty)
