"""The filter bar of the audit log: search, period, type, package, owner, result, and chips for what else is filtered.

All of it together is one :class:`~hotfix_desktop.core.log_query.LogQuery`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.texts import printable
from hotfix_desktop.services.auditing import FilterValues
from hotfix_desktop.ui.audit_actions import NO_FILTER
from hotfix_desktop.ui.audit_chips import Chips
from hotfix_desktop.ui.audit_choice import ValueBox
from hotfix_desktop.ui.audit_period import AnyPeriod, Period, Span
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.period_box import PeriodBox
from hotfix_desktop.ui.theme import BETWEEN, GROUPS

DEBOUNCE_MS = 150
SEARCH_LIMIT = 200
"""Characters of a search: each word becomes six comparisons in SQL."""


def utc_now() -> datetime:
    """Give the time; tests give their own."""
    return datetime.now(UTC)


class AuditFilterBar(QWidget):
    """What the list is narrowed to.

    Signals:
        changed: another question has to be asked; :meth:`wanted` gives it.
    """

    changed = Signal()

    def __init__(self, icons: Icons, now: Callable[[], datetime] = utc_now, parent: QWidget | None = None) -> None:
        """Build the bar with every filter open; ``now`` says which day today is."""
        super().__init__(parent)
        self._rest = LogQuery()  # what the chips show: nothing of it has a box
        self._sort = LogColumn.AT, True
        self._settling = False
        self.search = QLineEdit(self)
        self.search.setObjectName("auditSearch")
        self.search.setAccessibleName("Search the audit log")
        self.search.setPlaceholderText("Words in any column")
        self.search.setToolTip("Shows the entries that have all of these words, in any column (Ctrl+F)")
        self.search.setMaxLength(SEARCH_LIMIT)
        self.search.setClearButtonEnabled(True)
        self.timer = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self.period = PeriodBox(now, self)
        self.boxes = {
            LogColumn.TYPE: ValueBox("Type", "types", self),
            LogColumn.PACKAGE: ValueBox("Package", "packages", self),
            LogColumn.OWNER: ValueBox("Owner", "owners", self),
            LogColumn.RESULT: ValueBox("Result", "results", self),
        }
        self.clear_button = QPushButton("&Clear filters", self)
        self.clear_button.setAccessibleName("Clear filters")
        icons.dress(self.clear_button, "close")
        self.chips = Chips(self)
        self._lay_out()

        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._settle)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.search)
        escape.setContext(Qt.ShortcutContext.WidgetShortcut)
        escape.activated.connect(self.search.clear)
        self.timer.timeout.connect(self._settle)
        self.period.chosen.connect(self._settle)
        for box in self.boxes.values():
            box.chosen.connect(self._settle)
        self.clear_button.clicked.connect(self.clear)
        self.chips.changed.connect(self.take)
        self._asked = self.wanted()
        self._tell_state()

    def _lay_out(self) -> None:
        self.first, second = QHBoxLayout(), QHBoxLayout()
        for row in (self.first, second):
            row.setSpacing(BETWEEN)
        self.first.addWidget(self._label("&Search", self.search))
        self.first.addWidget(self.search, 1)
        self.first.addWidget(self.clear_button)
        second.addWidget(self._label("Per&iod", self.period))
        second.addWidget(self.period, 1)
        titles = ("&Type", "Pac&kage", "&Owner", "&Result")
        for title, box in zip(titles, self.boxes.values(), strict=True):
            second.addSpacing(GROUPS - BETWEEN)
            second.addWidget(self._label(title, box))
            second.addWidget(box, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(BETWEEN)
        rows.addLayout(self.first)
        rows.addLayout(second)
        rows.addWidget(self.chips)
        order = [self.search, self.clear_button, self.period, *self.boxes.values(), self.chips]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _label(self, title: str, buddy: QWidget) -> QLabel:
        label = QLabel(title, self)
        label.setBuddy(buddy)
        return label

    def add_buttons(self, *buttons: QWidget) -> None:
        """Stand more buttons beside *Clear filters*, after it in the order of the tab key."""
        before: QWidget = self.clear_button
        for button in buttons:
            self.first.addWidget(button)
            QWidget.setTabOrder(before, button)
            before = button
        QWidget.setTabOrder(before, self.period)

    # What is asked

    def wanted(self) -> LogQuery:
        """Give the question that the bar asks now."""
        since, until = self.period.bounds()
        boxed = tuple((column, value) for column, box in self.boxes.items() for value in box.values())
        return LogQuery(
            text=" ".join(printable(self.search.text()).split()),
            only=(*boxed, *self._rest.only),
            without=self._rest.without,
            since=since,
            until=until,
            hotfix=self._rest.hotfix,
            sort=self._sort[0],
            descending=self._sort[1],
        )

    def standing(self) -> LogQuery:
        """Give the question that was asked last, with the bounds that its period has today."""
        self._asked = replace(self.wanted(), text=self._asked.text)
        return self._asked

    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return not self.wanted().is_all

    def take(self, query: LogQuery, period: AnyPeriod | None = None) -> None:
        """Set every filter as a question says; ``period`` is what its bounds are called, if that is known."""
        with self._one_question():
            self.search.setText(query.text[:SEARCH_LIMIT])
            if period is not None:
                self.period.choose(period)
            elif (query.since, query.until) != self.period.bounds():
                open_ended = query.since is None and query.until is None
                self.period.choose(Period.ALL if open_ended else Span(query.since, query.until))
            for column, box in self.boxes.items():
                box.choose(value for named, value in query.only if named is column and value)
            # An empty value has no place in a box: it stands on a chip.
            only = tuple(pair for pair in query.only if pair[0] not in self.boxes or not pair[1])
            self._rest = LogQuery(only=only, without=query.without, hotfix=query.hotfix)
            self._sort = query.sort, query.descending

    def offer(self, values: FilterValues) -> None:
        """Offer the values that the log holds."""
        offered = {
            LogColumn.TYPE: values.types,
            LogColumn.PACKAGE: values.packages,
            LogColumn.OWNER: values.owners,
            LogColumn.RESULT: values.results,
        }
        with QSignalBlocker(self):
            for column, texts in offered.items():
                self.boxes[column].offer(texts)

    def set_utc(self, utc: bool) -> None:
        """Take days as those of UTC, or as local ones."""
        self.period.set_utc(utc)

    def is_set(self, column: LogColumn) -> bool:
        """Whether anything is said of a column."""
        if column is LogColumn.AT:
            return self.period.period is not Period.ALL
        wanted = self.wanted()
        return wanted.without_filter(column) != wanted

    def include_only(self, column: LogColumn, value: str | datetime) -> None:
        """Show only entries that have this value; of a time its day."""
        if isinstance(value, datetime):
            self.period.choose(self.period.day(value))
        else:
            self._take_here(self.wanted().including(column, value))

    def exclude(self, column: LogColumn, value: str) -> None:
        """Show no entries that have this value."""
        self._take_here(self.wanted().excluding(column, value))

    def show_all(self, column: LogColumn) -> None:
        """Take back what was said of a column."""
        if column is LogColumn.AT:
            self.period.choose(Period.ALL)
        else:
            self._take_here(self.wanted().without_filter(column))

    def show_hotfix(self, number: int) -> None:
        """Show only what belongs to one hotfix, whatever the other filters were."""
        self.take(replace(self._everything(), hotfix=number), Period.ALL)

    @Slot()
    def clear(self) -> None:
        """Open every filter."""
        self.take(self._everything(), Period.ALL)

    def sort_by(self, column: LogColumn, descending: bool) -> None:
        """Ask for another order."""
        self._sort = column, descending
        self._settle()

    @Slot()
    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # How it gets there

    def _everything(self) -> LogQuery:
        return LogQuery(sort=self._sort[0], descending=self._sort[1])

    def _take_here(self, query: LogQuery) -> None:
        self.take(query, self.period.period)

    @contextmanager
    def _one_question(self) -> Iterator[None]:
        """Several filters change, and one question is asked."""
        self._settling = True
        try:
            yield
        finally:
            self._settling = False
        self._settle()

    @Slot(str)
    def _typed(self, text: str) -> None:
        if text:
            self.timer.start()
        else:
            self._settle()

    @Slot()
    def _settle(self) -> None:
        """Ask now, if the question is another one."""
        if self._settling:
            return
        self.timer.stop()
        wanted = self.wanted()
        self._tell_state()
        if wanted != self._asked:
            self._asked = wanted
            self.changed.emit()

    def _tell_state(self) -> None:
        narrowed = self.is_narrowed()
        if not narrowed and (self.clear_button.hasFocus() or self.chips.has_focus()):
            self.search.setFocus()  # a button that goes would drop the focus
        self.clear_button.setEnabled(narrowed)
        self.clear_button.setToolTip("Show every entry again (Ctrl+Shift+F)" if narrowed else NO_FILTER)
        self.clear_button.setStatusTip(self.clear_button.toolTip())
        self.chips.show_query(self.wanted())
