"""The entries that fit the filters: the table, or the page that stands in its place, and the lines above it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.core.errors import Denied, HotfixError
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.log_source import LogSource
from hotfix_desktop.services.log_reading import FilterValues
from hotfix_desktop.ui.audit_feed import AuditFeed, FeedState
from hotfix_desktop.ui.audit_model import AuditModel, Column
from hotfix_desktop.ui.audit_pages import EmptyPage, TroubleLine
from hotfix_desktop.ui.audit_progress import AuditProgress
from hotfix_desktop.ui.audit_table import AuditTable
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import AROUND, BETWEEN, Role, Theme

NO_MATCH = "No entries match."
EMPTY_LOG = "The audit log is empty: every unlock, lock and change of a setting will stand here."
RESULT_ICONS = {
    AuditResult.SUCCESS: ("success", Role.QUIET),
    AuditResult.FAILURE: ("error", Role.OVERDUE),
    AuditResult.DENIED: ("package-blocked", Role.OPEN),
}


class AuditList(QWidget):
    """Asks the questions of the filters, and shows the answers.

    Signals:
        clear_wanted: every filter is to be opened.
        values_came: the :class:`FilterValues` that the log holds.
        current_changed: another entry or cell is the current one, or its line arrived.
    """

    clear_wanted = Signal()
    values_came = Signal(object)
    current_changed = Signal()

    def __init__(self, source: LogSource, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        """Show nothing yet; :meth:`ask` begins."""
        super().__init__(parent)
        self._source, self._icons = source, icons
        self._current: tuple[int, Column] | None = None  # number and column, for when it is listed again
        self._valued = self._known = -1  # entries of the log when its values were asked for, and given
        self._valuing: Job | None = None
        self.model = AuditModel(self._result_icon, self)
        self.feed = AuditFeed(source, self.model, self)
        self.table = AuditTable(self.model, self)
        self.trouble = TroubleLine(theme, icons, self)
        self.progress = AuditProgress(self.feed, theme, icons, self)
        self._way_out = QPushButton("Clear filters")
        self._no_match = EmptyPage(NO_MATCH, self._way_out)
        self._empty_log = EmptyPage(EMPTY_LOG)
        self._lay_out()
        feed = self.feed
        feed.answered.connect(self._on_answer)
        feed.grew.connect(self._on_growth)
        feed.failed.connect(self._on_failure)
        feed.placed.connect(self._on_placed)
        self.trouble.retry.connect(self._retry)
        self._way_out.clicked.connect(self.clear_wanted)
        self.table.current_changed.connect(self._on_current)
        theme.changed.connect(self.table.viewport().update)

    def _lay_out(self) -> None:
        self._stack = QStackedWidget(self)
        for page in (self.table, self._no_match, self._empty_log):
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(AROUND, 0, AROUND, 0)
        column.setSpacing(BETWEEN)
        for line in (self.trouble, self.progress.paused, self.progress.newer):
            column.addWidget(line)
        column.addWidget(self._stack, 1)
        self.setMinimumHeight(120)

    def ask(self, query: LogQuery) -> None:
        """Ask a question, in place of the one before."""
        self.table.show_sort(query.sort, query.descending)
        self.feed.ask(query)

    def catch_up(self, query: LogQuery) -> None:
        """Add what was entered since; a period may have moved on meanwhile, which is another question."""
        if query == self.feed.query:
            self.feed.catch_up()
        else:
            self.ask(query)

    def go_to(self, seq: int) -> None:
        """Make an entry the current one, once it is known where in the list it stands."""
        self._current = seq, Column.TYPE
        self.feed.find(seq)

    def focus_part(self) -> QWidget:
        """Give what takes the keyboard."""
        page = self._stack.currentWidget()
        return page if page is not None else self.table

    # Being answered

    @Slot()
    def _on_answer(self) -> None:
        if self.feed.total == 0:
            page: QWidget = self._empty_log
        else:
            page = self.table if self.model.rowCount() or self._is_searching() else self._no_match
        self._show(page)
        if self._current is not None:
            self.feed.find(self._current[0])
        self._on_current()
        self._on_growth()

    @Slot()
    def _on_growth(self) -> None:
        self.trouble.hide()
        if self.model.rowCount():
            self._show(self.table)
        elif self.feed.total and not self._is_searching():
            self._show(self._no_match)
        self._ask_values()

    def _is_searching(self) -> bool:
        return self.feed.state in (FeedState.ASKED, FeedState.SEARCHING)

    def _show(self, page: QWidget) -> None:
        if page is self._stack.currentWidget():
            return
        focus: QWidget | None = self.focusWidget()
        had_focus = bool(focus and self._stack.isAncestorOf(focus))
        self._stack.setCurrentWidget(page)
        if had_focus:
            page.setFocus()

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        self._show(self.table)
        self.trouble.tell(error)
        self.trouble.button.setVisible(not isinstance(error, Denied))

    @Slot()
    def _retry(self) -> None:
        self.table.setFocus()  # the button is about to go
        self.trouble.hide()
        self.feed.retry()

    @Slot(int)
    def _on_placed(self, row: int) -> None:
        if row >= 0 and self._current is not None:
            self.table.choose_row(row, self._current[1])

    @Slot()
    def _on_current(self) -> None:
        line = self.table.current_line()
        if line is not None:
            self._current = line.seq, self.table.current_column()
        self.current_changed.emit()

    # What the boxes offer

    def _ask_values(self) -> None:
        total = self.feed.total
        if self._valuing is None and total is not None and total != self._known:
            self._valued = total
            self._valuing = self._source.values()
            self._valuing.done.connect(self._offer)
            self._valuing.ended.connect(self._values_over)

    @Slot(object)
    def _offer(self, values: FilterValues) -> None:
        self._known = self._valued
        self.values_came.emit(values)

    @Slot()
    def _values_over(self) -> None:
        self._valuing = None

    def _result_icon(self, result: AuditResult) -> QIcon:
        return self._icons.icon(*RESULT_ICONS[result])
