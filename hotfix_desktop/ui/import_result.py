"""What an import did: each package with its version and its state now, the remarks, and the audit entries."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from hotfix_desktop.runtime.update_jobs import ImportResult
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.import_words import became_of, done_sentence, entries_sentence
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, ROW, Role
from hotfix_desktop.ui.words import state_word

HEADERS = ("Package", "Version", "State now", "What was done")
STATE = 2
SHOWN = 12


class ImportResultPage(QWidget):
    """Shows an :class:`ImportResult`."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self._icons = icons
        self._done = SignLabel("success", Role.VERIFIED)
        self._remarks = SignLabel("info", Role.TEXT)
        self._entries = ToneLabel("", Role.QUIET)
        self.list = QTreeWidget(self)
        self.list.setObjectName("importResult")
        self.list.setAccessibleName(tr("What became of the packages"))
        self.list.setHeaderLabels([tr(title) for title in HEADERS])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setEditTriggers(QTreeWidget.EditTrigger.NoEditTriggers)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(BETWEEN)
        column.addWidget(self._done)
        column.addWidget(self.list, 1)
        column.addWidget(self._remarks)
        column.addWidget(self._entries)

    def show_result(self, result: ImportResult) -> None:
        """Show what was done."""
        self._done.set_text(done_sentence(result.updated))
        self._remarks.set_text("\n".join(result.updated.remarks))
        self._entries.setText(entries_sentence(result.entries))
        self.list.clear()
        for status in result.packages:
            done = became_of(status.name, result.updated)
            item = QTreeWidgetItem([status.name, status.found.version or "–", state_word(status), done])
            drifted = status.drift is not None
            item.setIcon(STATE, self._icons.state_icon(status.state, undelivered=status.undelivered, drifted=drifted))
            item.setSizeHint(0, QSize(0, ROW))
            words = ", ".join(item.text(column) for column in range(len(HEADERS)))
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, words)
            self.list.addTopLevelItem(item)
        for column in range(1, len(HEADERS)):
            self.list.resizeColumnToContents(column)
        self.list.setVisible(bool(result.packages))
