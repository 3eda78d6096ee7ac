"""The packages of an archive as rows: versions, what would happen, what changes, and what becomes of our fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from hotfix_desktop.core.update_plan import PackagePlan, Take
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.import_words import changes_of, decision_of, fates_of, kind_of, versions_of
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import GRID, GROUPS, ROW, Role

HEADERS = ("Package", "Version", "What happens", "Changes", "Our fixes", "Decision")
PACKAGE, VERSION, KIND, CHANGES, FIXES, DECISION = range(len(HEADERS))
SHOWN = 5
"""Rows for which there is room without scrolling."""
LETTERS = 40
"""The widest that the column of names is at first."""


class PackageList(QTreeWidget):
    """Lists the packages of a plan, those that need somebody first.

    Signals:
        chosen: the :class:`PackagePlan` that is current now, or None.
    """

    chosen = Signal(object)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self._icons = icons
        self._rows: list[QTreeWidgetItem] = []
        self.packages: list[PackagePlan] = []
        self.setObjectName("importPackages")
        self.setAccessibleName(tr("Packages of the archive"))
        self.setHeaderLabels([tr(title) for title in HEADERS])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setEditTriggers(QTreeWidget.EditTrigger.NoEditTriggers)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(CHANGES, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(self.fontMetrics().averageCharWidth() * 8)
        self.currentItemChanged.connect(lambda _now, _before: self.chosen.emit(self.current))

    @property
    def current(self) -> PackagePlan | None:
        """The chosen package."""
        item = self.currentItem()
        row = self.indexOfTopLevelItem(item) if item is not None else -1
        return self.packages[row] if 0 <= row < len(self.packages) else None

    def show_packages(self, packages: Sequence[PackagePlan], takes: Mapping[str, Take]) -> None:
        """Show these, and choose the first."""
        self.blockSignals(True)
        self.clear()
        self.packages = sorted(packages, key=lambda p: (not p.problem, not p.needs_decision))
        self._rows = [self._item(package) for package in self.packages]
        self.addTopLevelItems(self._rows)
        self.show_decisions(takes)
        for column in (PACKAGE, VERSION, KIND, FIXES):
            self.resizeColumnToContents(column)
        widest = self.fontMetrics().averageCharWidth() * LETTERS
        self.setColumnWidth(PACKAGE, min(self.columnWidth(PACKAGE) + GROUPS, widest))
        self.setColumnHidden(DECISION, not any(p.needs_decision for p in self.packages))
        self.setColumnHidden(FIXES, not any(p.fixes for p in self.packages))
        rows = min(max(len(self.packages), 1), SHOWN)
        self.setFixedHeight(self.header().sizeHint().height() + rows * ROW + 2 * self.frameWidth() + GRID)
        self.blockSignals(False)
        if self.packages:
            self.setCurrentItem(self._rows[0])  # which tells it
        else:
            self.chosen.emit(None)

    def show_decisions(self, takes: Mapping[str, Take]) -> None:
        """Say how each package is decided by now."""
        for item, package in zip(self._rows, self.packages, strict=True):
            word = decision_of(package, takes)
            is_open = bool(word) and package.name not in takes
            item.setText(DECISION, word)
            sign, role = ("warning", Role.OVERDUE) if is_open else ("success", Role.VERIFIED)
            if word:
                item.setIcon(DECISION, self._icons.icon(sign, role))
            self._say(item)
        self.resizeColumnToContents(DECISION)

    def choose(self, name: str) -> None:
        """Choose a package by its name."""
        for item, package in zip(self._rows, self.packages, strict=True):
            if package.name == name:
                self.setCurrentItem(item)

    def _item(self, package: PackagePlan) -> QTreeWidgetItem:
        word, sign, role = kind_of(package)
        item = QTreeWidgetItem([package.name, versions_of(package), word, changes_of(package), fates_of(package), ""])
        item.setIcon(KIND, self._icons.icon(sign, role))
        item.setSizeHint(CHANGES, QSize(0, ROW))  # a size would hide the width of a text
        for column in (PACKAGE, VERSION, CHANGES, FIXES):
            item.setToolTip(column, plain_tooltip(item.text(column)))
        item.setToolTip(KIND, plain_tooltip(package.problem))
        return item

    def _say(self, item: QTreeWidgetItem) -> None:
        words = [item.text(column) for column in range(len(HEADERS)) if item.text(column) not in ("", "–")]
        item.setData(PACKAGE, Qt.ItemDataRole.AccessibleTextRole, ", ".join(words))
