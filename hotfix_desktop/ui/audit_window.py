"""The window of the audit log (``product.md`` 5.3): filters, the entries, and all fields of one of them.

It shows and asks, and changes nothing: the log is read through an ``AuditSource``, page by page, never on
this thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QByteArray, QLocale, QPoint, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.texts import plural
from hotfix_desktop.runtime.audit_session import AuditSource
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.auditing import FilterValues
from hotfix_desktop.ui.audit_actions import AuditActions
from hotfix_desktop.ui.audit_details import AuditDetails
from hotfix_desktop.ui.audit_feed import AuditFeed
from hotfix_desktop.ui.audit_filters import AuditFilterBar, utc_now
from hotfix_desktop.ui.audit_model import AuditModel, Column
from hotfix_desktop.ui.audit_pages import EmptyPage, TroubleLine
from hotfix_desktop.ui.audit_table import AuditTable
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import AROUND, BETWEEN, Role, Theme

READ_ONLY = "Read-only: nothing can be changed here"
NO_MATCH = "No entries match."
EMPTY_LOG = "The audit log is empty: every unlock, lock and change of a setting will stand here."
SIZE = (1100, 700)
RESULT_ICONS = {
    AuditResult.SUCCESS: ("success", Role.QUIET),
    AuditResult.FAILURE: ("error", Role.OVERDUE),
    AuditResult.DENIED: ("package-blocked", Role.OPEN),
}


class AuditWindow(QMainWindow):
    """Lists the entries, the newest first. Whoever opens it deletes it.

    Signals:
        closed: the user closed it; its state is saved.
    """

    closed = Signal()

    def __init__(
        self,
        source: AuditSource,
        title: str,
        theme: Theme,
        icons: Icons,
        settings: QSettings,
        read_only: bool,
        parent: QWidget | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Build the window and ask for the newest entries; ``now`` says which day today is."""
        super().__init__(parent)
        self._source = source
        self._settings = settings
        self._icons = icons
        self._current: tuple[int, Column] | None = None  # number and column, for when it is listed again
        self._valued = self._known = -1  # entries of the log when its values were asked for, and given
        self._valuing: Job | None = None
        self.setObjectName("auditWindow")
        self.setWindowTitle(f"Audit log – {title}" if title else "Audit log")
        self.setWindowIcon(icons.app_icon())

        self._model = AuditModel(self._result_icon, self)
        self._feed = AuditFeed(source, self._model, self)
        self._actions = AuditActions(self)
        self._filters = AuditFilterBar(icons, now, self)
        self._table = AuditTable(self._model, self)
        self._details = AuditDetails(theme, self._actions.copy_entry, self._actions.related, self)
        self._trouble = TroubleLine(theme, icons, self)
        self._way_out = QPushButton("Clear filters")
        self._no_match = EmptyPage(NO_MATCH, self._way_out)
        self._empty_log = EmptyPage(EMPTY_LOG)
        self._count = QLabel("…", self)
        self._count.setObjectName("auditCount")
        self._lay_out(read_only)
        self._actions.fill(self, self._table.column_menu)
        self._connect()
        theme.changed.connect(self._table.viewport().update)
        self._restore()
        self._tell_actions()
        self._feed.ask(self._filters.wanted())

    def _lay_out(self, read_only: bool) -> None:
        top = QVBoxLayout()
        top.setContentsMargins(AROUND, AROUND, AROUND, BETWEEN)
        top.setSpacing(BETWEEN)
        top.addWidget(self._filters)
        top.addWidget(self._trouble)
        self._stack = QStackedWidget(self)
        for page in (self._table, self._no_match, self._empty_log):
            self._stack.addWidget(page)
        entries = QWidget(self)
        entries.setMinimumHeight(120)
        around = QVBoxLayout(entries)
        around.setContentsMargins(AROUND, 0, AROUND, 0)
        around.addWidget(self._stack)
        self._splitter = QSplitter(Qt.Orientation.Vertical, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(entries)
        self._splitter.addWidget(self._details)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([330, 250])
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._splitter, 1)
        self.setCentralWidget(whole)
        bar = self.statusBar()
        bar.addWidget(self._count)
        self._count.setContentsMargins(AROUND - 2, 0, 0, 0)  # in line with the rest; the bar adds 2
        if read_only:
            note = QLabel(READ_ONLY, self)
            note.setObjectName("auditReadOnly")
            note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            bar.addPermanentWidget(note)
        QWidget.setTabOrder(self._filters.related_end, self._table)
        QWidget.setTabOrder(self._table, self._details.fields)
        self._table.setFocus()

    def _connect(self) -> None:
        actions, feed = self._actions, self._feed
        self._filters.changed.connect(self._ask)
        feed.asked.connect(self._tell_count)
        feed.answered.connect(self._on_answer)
        feed.grew.connect(self._on_growth)
        feed.failed.connect(self._on_failure)
        self._trouble.retry.connect(self._retry)
        self._table.near_end.connect(feed.ask_older)
        self._table.current_changed.connect(self._on_current)
        self._table.customContextMenuRequested.connect(self._show_menu)
        self._way_out.clicked.connect(self._filters.clear)
        actions.close.triggered.connect(self.close)
        actions.copy_rows.triggered.connect(self._copy_rows)
        actions.copy_cell.triggered.connect(self._copy_cell)
        actions.copy_entry.triggered.connect(self._copy_entry)
        actions.find.triggered.connect(self._filters.focus_search)
        actions.include.triggered.connect(self._include)
        actions.show_all.triggered.connect(self._show_all)
        actions.related.triggered.connect(self._show_related)
        actions.clear.triggered.connect(self._filters.clear)
        actions.refresh.triggered.connect(self.reload_keeping_place)
        actions.details.toggled.connect(self._details.setVisible)
        actions.utc.toggled.connect(self._show_utc)
        actions.reset_columns.triggered.connect(self._table.reset_columns)

    @Slot()
    def reload_keeping_place(self) -> None:
        """Add what was entered since, on top; selection and scroll position stay. For when the log grew."""
        self._feed.catch_up(self._filters.standing())

    # Asking and being answered

    @Slot()
    def _ask(self) -> None:
        self._feed.ask(self._filters.wanted())

    def _ask_values(self) -> None:
        total = self._feed.total
        if self._valuing is None and total is not None and total != self._known:
            self._valued = total
            self._valuing = self._source.audit_values()
            self._valuing.done.connect(self._offer)
            self._valuing.ended.connect(self._values_over)

    @Slot(object)
    def _offer(self, values: FilterValues) -> None:
        self._known = self._valued
        self._filters.offer(values)

    @Slot()
    def _values_over(self) -> None:
        self._valuing = None

    @Slot()
    def _on_answer(self) -> None:
        if self._feed.total == 0:
            page: QWidget = self._empty_log
        else:
            page = self._table if self._model.rowCount() else self._no_match
        had_focus = self._stack.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self._stack.setCurrentWidget(page)
        if had_focus:
            page.setFocus()
        if self._current is not None:
            self._table.choose(*self._current)
        self._on_current()
        self._on_growth()

    @Slot()
    def _on_growth(self) -> None:
        self._trouble.hide()
        self._tell_count()
        self._ask_values()

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        self._stack.setCurrentWidget(self._table)
        self._trouble.tell(error)
        self._tell_count()

    @Slot()
    def _retry(self) -> None:
        self._table.setFocus()  # the button is about to go
        self._trouble.hide()
        self._feed.retry()

    @Slot()
    def _tell_count(self) -> None:
        total, matching = self._feed.total, self._feed.matching
        if total is None:
            self._count.setText("…")
            return
        entries = f"{_number(total)} {'entry' if total == 1 else 'entries'}"
        narrowed = self._filters.is_narrowed()
        if matching is None:
            self._count.setText(f"… of {entries}")
        else:
            self._count.setText(f"{_number(matching)} of {entries}" if narrowed or matching != total else entries)

    # What can be done with the chosen entry

    @Slot()
    def _on_current(self) -> None:
        line = self._table.current_line()
        if line is not None:
            self._current = line.seq, self._table.current_column()
        self._details.show_line(line)
        self._tell_actions()

    @Slot()
    def _tell_actions(self) -> None:
        line, column = self._table.current_line(), self._table.current_column()
        self._actions.tell_entry(line, bool(self._table.selected_rows()))
        self._actions.tell_cell(
            column,
            self._table.current_text(),
            chosen=line is not None,
            is_set=self._filters.is_set(column),
            narrowed=self._filters.is_narrowed(),
        )

    def show_package(self, name: str) -> None:
        """Show the entries of one package, or those of all when the name is empty."""
        if name:
            self._filters.include_only(Column.PACKAGE, name)
        else:
            self._filters.show_all(Column.PACKAGE)

    @Slot()
    def _include(self) -> None:
        line, column = self._table.current_line(), self._table.current_column()
        if line is not None:
            value = line.at if column is Column.DATE else self._table.current_text()
            self._filters.include_only(column, value)

    @Slot()
    def _show_all(self) -> None:
        self._filters.show_all(self._table.current_column())

    @Slot()
    def _show_related(self) -> None:
        line = self._table.current_line()
        if line is not None and line.hotfix is not None:
            self._filters.show_hotfix(line.hotfix)

    @Slot()
    def _copy_rows(self) -> None:
        rows = self._table.selected_rows()
        if not rows:
            return
        what = plural(len(rows), "entry", "entries")
        if self._feed.has_more and len(rows) == self._model.rowCount():
            what += ", all that was read so far: scroll to the end to read the rest"
        self._copied(self._table.selected_text(), what)

    @Slot()
    def _copy_cell(self) -> None:
        self._copied(self._table.current_text(), "the cell")

    @Slot()
    def _copy_entry(self) -> None:
        self._copied(self._details.text(), "all fields")

    def _copied(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.statusBar().showMessage(f"Copied {what}.", 5000)

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
        self._model.show_utc(utc)
        self._filters.set_utc(utc)

    def _result_icon(self, result: AuditResult) -> QIcon:
        return self._icons.icon(*RESULT_ICONS[result])

    def _restore(self) -> None:
        self.resize(*SIZE)
        for name, restore in (
            ("geometry", self.restoreGeometry),
            ("splitter", self._splitter.restoreState),
            ("columns", self._table.restore_columns),
        ):
            state = self._settings.value(f"auditWindow/{name}")
            if isinstance(state, QByteArray):
                restore(state)
        self._actions.utc.setChecked(self._settings.value("auditWindow/utc", False, type=bool) is True)
        self._actions.details.setChecked(self._settings.value("auditWindow/details", True, type=bool) is True)

    def _save(self) -> None:
        self._settings.setValue("auditWindow/geometry", self.saveGeometry())
        self._settings.setValue("auditWindow/splitter", self._splitter.saveState())
        self._settings.setValue("auditWindow/columns", self._table.save_columns())
        self._settings.setValue("auditWindow/utc", self._actions.utc.isChecked())
        self._settings.setValue("auditWindow/details", self._actions.details.isChecked())

    # Qt's names

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save how the window looks."""
        self._save()
        super().closeEvent(event)
        self.closed.emit()


def _number(number: int) -> str:
    locale = QLocale()
    locale.setNumberOptions(locale.numberOptions() & ~QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(number)
