"""The files of a delivery as rows: what happened to each, how it meets development, and how it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from hotfix_desktop.core.changes import element_of, in_one_line, shown
from hotfix_desktop.core.delivery_plan import Merge, MergedFile, Side
from hotfix_desktop.core.packages import ElementKind
from hotfix_desktop.services.letters import Told
from hotfix_desktop.ui.delivery_draft import Draft
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import Role, Theme

Index = QModelIndex | QPersistentModelIndex
SIDES = {
    Side.OURS: "Ours (the hotfix)",
    Side.THEIRS: "Theirs (development)",
    Side.MERGED: "Merged text",
}
MEETINGS = {
    Merge.TAKEN: "As in the hotfix",
    Merge.SAME: "Already there",
    Merge.MERGED: "Merged with development",
    Merge.CONFLICT: "Conflict",
}


class FileColumn(IntEnum):
    """The columns."""

    FILE = 0
    ELEMENT = 1
    CHANGE = 2
    MEETING = 3


HEADERS = ("File", "Element", "Change", "In development")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row: a path below the package; ``merged`` is None where there is no development to meet."""

    path: bytes
    shown: str
    change: str
    merged: MergedFile | None = None

    @property
    def place(self) -> str:
        """Where it lies, or moves, in the repository; without one, the path."""
        if self.merged is None:
            return self.shown
        old, new = self.merged.old_place, self.merged.place
        return in_one_line(f"{old} → {new}" if old else new)

    @property
    def element(self) -> str:
        """Give "Schema UsrInvoicePage"."""
        return element_words(self.path)


def element_words(path: bytes) -> str:
    """Give the element that a file belongs to: "Schema UsrInvoicePage"."""
    key = element_of(path)
    kind = key.kind.value if isinstance(key.kind, ElementKind) else key.kind
    return f"{tr(kind)} {key.shown}".strip() or tr("Package")


class FilesModel(QAbstractTableModel):
    """The rows.

    Signals:
        ticked: another set of files is to be delivered.
    """

    ticked = Signal()

    def __init__(self, draft: Draft, theme: Theme, parent: QObject) -> None:
        """Start empty."""
        super().__init__(parent)
        self._draft, self._theme = draft, theme
        self.rows: Sequence[FileRow] = ()

    def show_plan(self) -> None:
        """Show the files of the plan; those that have to be decided come first."""
        files = self._draft.plan.files if self._draft.plan is not None else ()
        ordered = sorted(files, key=lambda file: file.merge is not Merge.CONFLICT)
        self._show([FileRow(file.path, shown(file.path), file.change.value, file) for file in ordered])

    def show_told(self, told: Sequence[Told]) -> None:
        """Show what the hotfixes changed."""
        paths = ((file.path.encode("utf-8"), file.change.value) for file in told)
        self._show([FileRow(path, shown(path), change) for path, change in paths])

    def look_again(self) -> None:
        """Something was decided."""
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(FileColumn) - 1))

    def _show(self, rows: Sequence[FileRow]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def _meeting(self, row: FileRow) -> str:
        if row.merged is None:
            return ""
        word = tr(MEETINGS[row.merged.merge])
        if row.path in self._draft.unticked:
            return f"{word} · {tr('left out')}"
        if row.merged.merge is not Merge.CONFLICT:
            return word
        made = self._draft.decisions.get(row.path)
        return f"{word} · {tr(SIDES[made.side]) if made is not None else tr('to be decided')}"

    # Qt's names

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own form
        """Give how many files there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own form
        """Give how many columns there are."""
        return 0 if parent.isValid() else len(FileColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a cell."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], index.column()
        text = (row.shown, row.element, tr(row.change), self._meeting(row))[column]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return text
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(row.place if column == FileColumn.FILE else text)
            case Qt.ItemDataRole.CheckStateRole if column == FileColumn.FILE and row.merged is not None:
                return Qt.CheckState.Unchecked if row.path in self._draft.unticked else Qt.CheckState.Checked
            case Qt.ItemDataRole.ForegroundRole if column == FileColumn.MEETING:
                is_open = row.merged is not None and row.merged.merge is Merge.CONFLICT
                is_open = is_open and row.path not in self._draft.decisions and row.path not in self._draft.unticked
                return self._theme.colour(Role.OVERDUE) if is_open else None
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick a file, and with it all files of its element."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self._draft.tick(self.rows[index.row()].path, Qt.CheckState(value) == Qt.CheckState.Checked)
        self.look_again()
        self.ticked.emit()
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let files of a plan be ticked."""
        flags = super().flags(index)
        if index.isValid() and index.column() == FileColumn.FILE and self.rows[index.row()].merged is not None:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a column's title."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(HEADERS[section])
        return None
