"""The files of one package of an archive as rows: what would happen to each, and what becomes of our fix in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hotfix_desktop.core.changes import Change, ChangeKind, shown
from hotfix_desktop.core.update_plan import FixFate, FixFile, PackagePlan
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.import_words import FATE_SIGNS
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import GROUPS, ICON_ROW, ROW_COMPACT, Theme

Index = QModelIndex | QPersistentModelIndex
HEADERS = ("File", "Change", "Our fix")
_ORDER = {FixFate.LOST: 0, FixFate.CONFLICTING: 1, FixFate.CONTAINED: 2}


class FileColumn(IntEnum):
    """The columns."""

    FILE = 0
    CHANGE = 1
    FIX = 2


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that changes, or that a fix changed, or both."""

    path: bytes
    change: Change | None
    fix: FixFile | None

    @property
    def shown(self) -> str:
        """The path for people."""
        return shown(self.path)

    @property
    def word(self) -> str:
        """What happens to it."""
        return tr(self.change.kind.value) if self.change is not None else tr("Same")


def rows_of(package: PackagePlan) -> list[FileRow]:
    """Give the files of a package: those with fixes first, what would be lost before all."""
    changes = {change.path: change for change in package.changes.changes}
    changes |= {c.old_path: c for c in package.changes.changes if c.old_path and c.old_path not in changes}
    fixes = sorted(package.fixes, key=lambda fix: (_ORDER[fix.fate], fix.path))
    with_fix = {fix.path for fix in fixes}
    rows = [FileRow(fix.path, changes.get(fix.path), fix) for fix in fixes]
    return rows + [FileRow(c.path, c, None) for c in package.changes.changes if c.path not in with_fix]


class FilesModel(QAbstractTableModel):
    """The rows; there may be a hundred thousand."""

    def __init__(self, icons: Icons, theme: Theme, parent: QObject) -> None:
        """Start empty."""
        super().__init__(parent)
        self._icons, self._theme = icons, theme
        self.rows: Sequence[FileRow] = ()

    def show_package(self, package: PackagePlan | None) -> None:
        """Show the files of a package, or none."""
        self.beginResetModel()
        self.rows = rows_of(package) if package is not None else ()
        self.endResetModel()

    # Qt's names

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Give how many files there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Give how many columns there are."""
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give the title of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(HEADERS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what stands in a cell."""
        row, column = self.rows[index.row()], FileColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            fix = tr(row.fix.fate.value) if row.fix is not None else ""
            return (row.shown, row.word, fix)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(_tooltip(row))
        if row.fix is not None and column is FileColumn.FIX:
            sign, meaning = FATE_SIGNS[row.fix.fate]
            if role == Qt.ItemDataRole.DecorationRole:
                return self._icons.icon(sign, meaning)
        if role == Qt.ItemDataRole.AccessibleTextRole and column is FileColumn.FILE:
            return ", ".join(part for part in (row.shown, row.word, tr(row.fix.fate.value) if row.fix else "") if part)
        return None


class FileTable(QTableView):
    """Shows the files.

    Signals:
        chosen: the :class:`FileRow` that is current now, or None.
    """

    chosen = Signal(object)

    def __init__(self, icons: Icons, theme: Theme, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.files = FilesModel(icons, theme, self)
        self.setModel(self.files)
        self.setObjectName("importFiles")
        self.setAccessibleName(tr("Files that change"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)  # the end of a path tells more than its beginning
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_COMPACT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(FileColumn.FILE, QHeaderView.ResizeMode.Stretch)
        metrics = self.fontMetrics()
        header.resizeSection(FileColumn.CHANGE, metrics.horizontalAdvance(tr(ChangeKind.MODIFIED.value)) + GROUPS)
        header.resizeSection(FileColumn.FIX, metrics.horizontalAdvance(tr(FixFate.LOST.value)) + ICON_ROW + GROUPS)
        self.selectionModel().currentRowChanged.connect(lambda _now, _before: self.chosen.emit(self.current))

    @property
    def current(self) -> FileRow | None:
        """The chosen file."""
        row = self.currentIndex().row()
        return self.files.rows[row] if 0 <= row < len(self.files.rows) else None

    def show_package(self, package: PackagePlan | None) -> None:
        """Show the files of a package, and choose the first."""
        self.files.show_package(package)
        self.setColumnHidden(FileColumn.FIX, package is None or not package.fixes)
        if self.files.rows:
            self.selectRow(0)
        else:
            self.chosen.emit(None)


def _tooltip(row: FileRow) -> str:
    lines = [row.shown]
    if row.change is not None and row.change.old_path:
        lines.append(f"{tr('was')} {row.change.old_shown}")
    if row.fix is not None:
        numbers = ", ".join(number(hotfix) for hotfix in row.fix.hotfixes)
        lines.append(f"{tr('Changed by hotfix')} {numbers}: {tr(row.fix.fate.value)}")
    return "\n".join(lines)
