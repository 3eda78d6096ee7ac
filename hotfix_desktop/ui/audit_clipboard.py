"""Copying entries of the audit log: rows in several formats, a cell, all fields."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from hotfix_desktop.core.texts import plural
from hotfix_desktop.ui.audit_actions import AuditActions
from hotfix_desktop.ui.audit_copy import CopyFormat, copied
from hotfix_desktop.ui.audit_details import AuditDetails
from hotfix_desktop.ui.audit_table import AuditTable


class AuditClipboard(QObject):
    """Does what the copying actions say."""

    def __init__(
        self,
        actions: AuditActions,
        table: AuditTable,
        details: AuditDetails,
        tell: Callable[[str], None],
        parent: QObject,
    ) -> None:
        """Copy from the table and the details; ``tell`` hears what was copied."""
        super().__init__(parent)
        self._table, self._details, self._tell = table, details, tell
        actions.copy_rows.triggered.connect(self._copy_rows)
        actions.copy_csv.triggered.connect(self._copy_csv)
        actions.copy_json.triggered.connect(self._copy_json)
        actions.copy_markdown.triggered.connect(self._copy_markdown)
        actions.copy_cell.triggered.connect(self._copy_cell)
        actions.copy_entry.triggered.connect(self._copy_entry)

    @Slot()
    def _copy_rows(self) -> None:
        self._put_rows(self._table.selected_text(), "")

    @Slot()
    def _copy_csv(self) -> None:
        self._copy_as(CopyFormat.CSV)

    @Slot()
    def _copy_json(self) -> None:
        self._copy_as(CopyFormat.JSON)

    @Slot()
    def _copy_markdown(self) -> None:
        self._copy_as(CopyFormat.MARKDOWN)

    def _copy_as(self, how: CopyFormat) -> None:
        lines, _ = self._table.selected_lines()
        self._put_rows(copied(lines, self._table.shown_columns(), how), f" as {how.value}")

    def _put_rows(self, text: str, how: str) -> None:
        lines, selected = self._table.selected_lines()
        if not lines:
            return
        what = plural(len(lines), "entry", "entries")
        if len(lines) < selected:
            what += f" of the {selected:,} that are selected, those that were read: use Export for all of them"
        QGuiApplication.clipboard().setText(text)
        self._tell(f"Copied {what}{how}.")

    @Slot()
    def _copy_cell(self) -> None:
        self._put(self._table.current_text(), "the cell")

    @Slot()
    def _copy_entry(self) -> None:
        self._put(self._details.text(), "all fields")

    def _put(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._tell(f"Copied {what}.")
