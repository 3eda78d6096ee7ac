"""The window of the audit log (``product.md`` 5.3): is it whole, what happened, when, and all that is known of it.

It shows and asks, and changes nothing by itself: the log is read through an ``AuditSession``, never on this
thread. Each concern is a part of its own; here they are put together.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QPoint, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QPalette
from PySide6.QtWidgets import QLabel, QMainWindow, QSplitter, QVBoxLayout, QWidget

from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.runtime.audit_session import AuditSession
from hotfix_desktop.ui.audit_actions import AuditActions
from hotfix_desktop.ui.audit_clipboard import AuditClipboard
from hotfix_desktop.ui.audit_details import AuditDetails
from hotfix_desktop.ui.audit_exports import AuditExports
from hotfix_desktop.ui.audit_filters import AuditFilterBar, utc_now
from hotfix_desktop.ui.audit_list import AuditList
from hotfix_desktop.ui.audit_memory import AuditMemory
from hotfix_desktop.ui.audit_model import LOG_COLUMN, Column
from hotfix_desktop.ui.audit_timeline import AuditTimeline
from hotfix_desktop.ui.audit_top import AuditTop
from hotfix_desktop.ui.filter_menu import FilterMenu
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.parts import Part, Parts
from hotfix_desktop.ui.proof_reading import ProofReading
from hotfix_desktop.ui.saved_filters import SavedFilters
from hotfix_desktop.ui.theme import AROUND, BETWEEN, Theme
from hotfix_desktop.ui.window_room import take_size

READ_ONLY = "Read-only: nothing can be changed here"
SIZE = (1100, 700)
COPIED_MS = 5000


class AuditWindow(QMainWindow):
    """Lists the entries, the newest first. Whoever opens it deletes it, and then closes its session.

    Signals:
        closed: the user closed it; its state is saved.
        archive_wanted: the user wants old entries moved to a file.
        changes_wanted: the number of a hotfix, whose changes the user wants to see.
    """

    closed = Signal()
    archive_wanted = Signal()
    changes_wanted = Signal(int)

    def __init__(
        self,
        session: AuditSession,
        title: str,
        theme: Theme,
        icons: Icons,
        settings: QSettings,
        parent: QWidget | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Build the window and ask for the newest entries; ``now`` says which day today is."""
        super().__init__(parent)
        self._session = session
        self.setObjectName("auditWindow")
        self.setWindowTitle(f"Audit log — {title}" if title else "Audit log")
        self.setWindowIcon(icons.app_icon())
        actions = self._actions = AuditActions(self)
        self._top = AuditTop(session, actions, theme, icons, settings, now, self)
        self._filters = AuditFilterBar(icons, now, self)
        self._timeline = AuditTimeline(session.timeline, theme, now, self)
        self._list = AuditList(session.log, theme, icons, self)
        self._table = self._list.table
        self._details = AuditDetails(theme, actions.raw, actions.related, actions.changes, actions.copy_entry, self)
        self._proofs = ProofReading(session.proof, self)
        saved = FilterMenu(SavedFilters(settings), self._filters, actions.save_filter, self)
        self._filters.add_buttons(saved.save_button, saved.button)
        self._clipboard = AuditClipboard(actions, self._table, self._details, self._tell, self)
        self._exports = AuditExports(session, actions, title, self._shown, self._top.verdict, now, self)
        self._lay_out()
        self._memory = AuditMemory(
            settings,
            geometry=self,
            splitter=self._splitter,
            columns=self._table,
            flags={"utc": actions.utc, "details": actions.details, "timeline": actions.timeline},
        )
        self._parts = self._make_parts()
        actions.fill(self, self._table.column_menu, saved)
        self._connect()
        take_size(self, SIZE)
        actions.timeline.setChecked(True)  # until somebody hides it
        self._memory.restore()
        self._tell_actions()
        self._list.ask(self._filters.wanted())
        self._top.start()

    def _lay_out(self) -> None:
        top = QVBoxLayout()
        top.setContentsMargins(AROUND, BETWEEN, AROUND, BETWEEN)
        top.setSpacing(BETWEEN)
        top.addWidget(self._top)
        top.addWidget(self._filters)
        self._splitter = QSplitter(Qt.Orientation.Vertical, self)
        self._splitter.setChildrenCollapsible(False)
        for part in (self._timeline, self._list, self._details):
            self._splitter.addWidget(part)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([150, 330, 200])
        self._timeline.hide()
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._splitter, 1)
        self.setCentralWidget(whole)
        bar = self.statusBar()
        bar.addWidget(self._list.progress.numbers)
        if self._session.is_read_only:
            note = QLabel(READ_ONLY, self)
            note.setObjectName("auditReadOnly")
            note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            bar.addPermanentWidget(note)
        self._table.setFocus()

    def _make_parts(self) -> Parts:
        return Parts(
            [
                Part(self._top, self._top.focus_part),
                Part(self._filters, lambda: self._filters.search),
                Part(self._timeline, self._timeline.focus_part),
                Part(self._list, self._list.focus_part),
                Part(self._details, self._details.focus_part),
            ],
            self,
        )

    def _connect(self) -> None:
        actions, entries, filters = self._actions, self._list, self._filters
        filters.changed.connect(self._ask)
        entries.clear_wanted.connect(filters.clear)
        entries.values_came.connect(filters.offer)
        entries.current_changed.connect(self._on_current)
        self._table.sort_changed.connect(filters.sort_by)
        self._table.activated.connect(self._show_details)
        self._table.customContextMenuRequested.connect(self._show_menu)
        self._proofs.came.connect(self._details.show_proof)
        self._timeline.chosen.connect(filters.show_hotfix)
        self._top.go_to_wanted.connect(self.go_to)
        self._top.log_changed.connect(self.reload_keeping_place)
        self._top.archive_wanted.connect(self.archive_wanted)
        actions.close.triggered.connect(self.close)
        actions.find.triggered.connect(filters.focus_search)
        actions.include.triggered.connect(self._include)
        actions.exclude.triggered.connect(self._exclude)
        actions.show_all.triggered.connect(self._show_all)
        actions.related.triggered.connect(self._show_related)
        actions.changes.triggered.connect(self._open_changes)
        actions.clear.triggered.connect(filters.clear)
        actions.refresh.triggered.connect(self.reload_keeping_place)
        actions.next_part.triggered.connect(self._parts.next)
        actions.previous_part.triggered.connect(self._parts.previous)
        actions.details.toggled.connect(self._details.setVisible)
        actions.timeline.toggled.connect(self._timeline.show_or_hide)
        actions.utc.toggled.connect(self._show_utc)
        actions.sort.triggered.connect(self._sort)
        actions.reset_columns.triggered.connect(self._table.reset_columns)

    @Slot()
    def reload_keeping_place(self) -> None:
        """Add what was entered since, on top; selection and scroll position stay. For when the log grew."""
        self._list.catch_up(self._filters.standing())
        self._timeline.catch_up()
        self._proofs.renew()

    @Slot(int)
    def go_to(self, seq: int) -> None:
        """Select an entry; filters are cleared, because it may not fit them."""
        self._filters.clear()
        self._list.go_to(seq)
        self._table.setFocus()

    def show_package(self, name: str) -> None:
        """Show the entries of one package, or those of all when the name is empty."""
        column = LOG_COLUMN[Column.PACKAGE]
        if name:
            self._filters.include_only(column, name)
        else:
            self._filters.show_all(column)

    def _shown(self) -> tuple[LogQuery, int]:
        return self._filters.wanted(), self._list.feed.total or 0

    @Slot()
    def _ask(self) -> None:
        query = self._filters.wanted()
        self._list.ask(query)
        self._timeline.ask(query)

    # What can be done with the chosen entry

    @Slot()
    def _on_current(self) -> None:
        line = self._table.current_line()
        self._details.show_line(line)
        if line is not None:
            self._proofs.read(line.seq)
        self._tell_actions()

    @Slot()
    def _tell_actions(self) -> None:
        line, column = self._table.current_line(), self._table.current_column()
        self._actions.tell_entry(line, self._table.selected_count() > 0)
        self._actions.tell_cell(
            column,
            self._table.current_text(),
            chosen=line is not None,
            is_set=self._filters.is_set(LOG_COLUMN[column]),
            narrowed=self._filters.is_narrowed(),
        )

    @Slot()
    def _include(self) -> None:
        line, column = self._table.current_line(), self._table.current_column()
        if line is not None:
            value = line.at if column is Column.DATE else self._table.current_text()
            self._filters.include_only(LOG_COLUMN[column], value)

    @Slot()
    def _exclude(self) -> None:
        self._filters.exclude(LOG_COLUMN[self._table.current_column()], self._table.current_text())

    @Slot()
    def _show_all(self) -> None:
        self._filters.show_all(LOG_COLUMN[self._table.current_column()])

    @Slot()
    def _show_related(self) -> None:
        line = self._table.current_line()
        if line is not None and line.hotfix is not None:
            self._filters.show_hotfix(line.hotfix)

    @Slot()
    def _open_changes(self) -> None:
        line = self._table.current_line()
        if line is not None and line.hotfix is not None:
            self.changes_wanted.emit(line.hotfix)

    @Slot()
    def _sort(self) -> None:
        self._table.sort_by(self._table.current_column())

    @Slot()
    def _show_details(self) -> None:
        self._actions.details.setChecked(True)
        self._details.focus_part().setFocus(Qt.FocusReason.TabFocusReason)

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        current = self._table.currentIndex()
        if not current.isValid():
            return
        # From the keyboard the menu comes without a place: it belongs to the current cell.
        if self._table.indexAt(at) != current:
            at = self._table.visualRect(current).center()
        self._actions.context_menu(self._table).popup(self._table.viewport().mapToGlobal(at))

    # Look

    @Slot(bool)
    def _show_utc(self, utc: bool) -> None:
        self._list.model.show_utc(utc)
        self._filters.set_utc(utc)
        self._timeline.show_utc(utc)

    def _tell(self, sentence: str) -> None:
        self.statusBar().showMessage(sentence, COPIED_MS)

    # Qt's names

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save how the window looks."""
        self._memory.save()
        self._top.close_down()
        super().closeEvent(event)
        self.closed.emit()
