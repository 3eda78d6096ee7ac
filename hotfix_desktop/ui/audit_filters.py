"""The filter bar of the audit log: search, period, type, package, owner, result, one hotfix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from PySide6.QtCore import QDate, QDateTime, QSignalBlocker, Qt, QTimer, QTimeZone, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.texts import printable
from hotfix_desktop.services.auditing import AuditFilter, FilterValues
from hotfix_desktop.ui.audit_actions import NO_FILTER
from hotfix_desktop.ui.audit_choice import ValueBox
from hotfix_desktop.ui.audit_model import Column
from hotfix_desktop.ui.audit_period import Period, bounds
from hotfix_desktop.ui.icons import Icons
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
        self._now = now
        self._zone = QTimeZone(QTimeZone.Initialization.LocalTime)
        self._hotfix: int | None = None
        self._periods: list[Period | QDate] = list(Period)

        self.search = QLineEdit(self)
        self.search.setObjectName("auditSearch")
        self.search.setAccessibleName("Search the audit log")
        self.search.setPlaceholderText("Words in any column")
        self.search.setToolTip("Shows the entries that have all of these words, in any column (Ctrl+F)")
        self.search.setMaxLength(SEARCH_LIMIT)
        self.search.setClearButtonEnabled(True)
        self.timer = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)

        self.period = QComboBox(self)
        self.period.setAccessibleName("Period")
        self.period.addItems([period.value for period in Period])
        self.boxes = {
            Column.TYPE: ValueBox("Type", self),
            Column.PACKAGE: ValueBox("Package", self),
            Column.OWNER: ValueBox("Owner", self),
            Column.RESULT: ValueBox("Result", self),
        }
        self.clear_button = QPushButton("&Clear filters", self)
        self.clear_button.setAccessibleName("Clear filters")
        self.related = QLabel(self)
        self.related.setTextFormat(Qt.TextFormat.PlainText)
        self.related_end = QPushButton("Show all hotfixes", self)
        self.related_end.setAccessibleName("Show all hotfixes")
        icons.dress(self.clear_button, "close")
        self._lay_out()

        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._settle)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.search)
        escape.setContext(Qt.ShortcutContext.WidgetShortcut)
        escape.activated.connect(self.search.clear)
        self.timer.timeout.connect(self._settle)
        self.period.currentIndexChanged.connect(self._settle)
        for box in self.boxes.values():
            box.currentIndexChanged.connect(self._settle)
        self.clear_button.clicked.connect(self.clear)
        self.related_end.clicked.connect(self._end_related)
        self._asked = self.wanted()
        self._tell_state()

    def _lay_out(self) -> None:
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (first, second, third):
            row.setSpacing(BETWEEN)
        first.addWidget(self._label("&Search", self.search))
        first.addWidget(self.search, 1)
        first.addWidget(self.clear_button)
        second.addWidget(self._label("&Period", self.period))
        second.addWidget(self.period)
        titles = ("&Type", "Pac&kage", "&Owner", "&Result")
        for title, box in zip(titles, self.boxes.values(), strict=True):
            second.addSpacing(GROUPS - BETWEEN)
            second.addWidget(self._label(title, box))
            second.addWidget(box, 1)
        self._related_row = QWidget(self)
        third.addWidget(self.related)
        third.addWidget(self.related_end)
        third.addStretch(1)
        third.setContentsMargins(0, 0, 0, 0)
        self._related_row.setLayout(third)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(BETWEEN)
        rows.addLayout(first)
        rows.addLayout(second)
        rows.addWidget(self._related_row)
        order = [self.search, self.clear_button, self.period, *self.boxes.values(), self.related_end]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _label(self, title: str, buddy: QWidget) -> QLabel:
        label = QLabel(title, self)
        label.setBuddy(buddy)
        return label

    # What is asked

    def wanted(self) -> AuditFilter:
        """Give the question that the bar asks now."""
        since, until = bounds(self._periods[self.period.currentIndex()], self._today(), self._zone)
        return AuditFilter(
            text=printable(self.search.text()).strip(),
            type=self.boxes[Column.TYPE].value(),
            package=self.boxes[Column.PACKAGE].value(),
            owner=self.boxes[Column.OWNER].value(),
            result=self.boxes[Column.RESULT].value(),
            since=since,
            until=until,
            hotfix=self._hotfix,
        )

    def standing(self) -> AuditFilter:
        """Give the question that was asked last, with the bounds that its period has today."""
        self._asked = replace(self.wanted(), text=self._asked.text)
        return self._asked

    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return self.wanted() != AuditFilter()

    def offer(self, values: FilterValues) -> None:
        """Offer the values that the log holds."""
        offered = {
            Column.TYPE: values.types,
            Column.PACKAGE: values.packages,
            Column.OWNER: values.owners,
            Column.RESULT: values.results,
        }
        with QSignalBlocker(self):
            for column, texts in offered.items():
                self.boxes[column].offer(texts)

    def set_utc(self, utc: bool) -> None:
        """Take days as those of UTC, or as local ones."""
        self._zone = QTimeZone(QTimeZone.Initialization.UTC if utc else QTimeZone.Initialization.LocalTime)
        self._settle()

    def is_set(self, column: Column) -> bool:
        """Whether the filter of a column is set."""
        if column is Column.DATE:
            return self._periods[self.period.currentIndex()] is not Period.ALL
        return bool(self.boxes[column].value()) if column in self.boxes else bool(self.search.text())

    def include_only(self, column: Column, value: str | datetime) -> None:
        """Show only entries that have this value; of a time its day, and elsewhere what the search finds."""
        with QSignalBlocker(self):  # several filters change, and one question is asked
            if isinstance(value, datetime):
                self._choose_day(self._day(value))
            elif column in self.boxes:
                self.boxes[column].choose(value)
            else:
                self.search.setText(value[:SEARCH_LIMIT])
        self._settle()

    def show_all(self, column: Column) -> None:
        """Open the filter of a column again."""
        with QSignalBlocker(self):  # several filters change, and one question is asked
            if column is Column.DATE:
                self.period.setCurrentIndex(0)
            elif column in self.boxes:
                self.boxes[column].choose("")
            else:
                self.search.clear()
        self._settle()

    def show_hotfix(self, number: int | None) -> None:
        """Show only what belongs to one hotfix, whatever the other filters were; None ends that."""
        with QSignalBlocker(self):  # several filters change, and one question is asked
            if number is not None:
                self._open_all()
            self._hotfix = number
        self._settle()

    @Slot()
    def clear(self) -> None:
        """Open every filter."""
        with QSignalBlocker(self):  # several filters change, and one question is asked
            self._open_all()
        self._settle()

    @Slot()
    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # How it gets there

    def _open_all(self) -> None:
        self.search.clear()
        self.period.setCurrentIndex(0)
        for box in self.boxes.values():
            box.choose("")
        self._hotfix = None

    @Slot(str)
    def _typed(self, text: str) -> None:
        if text:
            self.timer.start()
        else:
            self._settle()

    @Slot()
    def _end_related(self) -> None:
        self.show_hotfix(None)

    @Slot()
    def _settle(self) -> None:
        """Ask now, if the question is another one."""
        if self.signalsBlocked():
            return
        self.timer.stop()
        wanted = self.wanted()
        self._tell_state()
        if wanted != self._asked:
            self._asked = wanted
            self.changed.emit()

    def _tell_state(self) -> None:
        narrowed = self.is_narrowed()
        if not narrowed and self.clear_button.hasFocus():
            self.search.setFocus()  # a button that goes grey would drop the focus
        self.clear_button.setEnabled(narrowed)
        self.clear_button.setToolTip("Show every entry again (Ctrl+Shift+F)" if narrowed else NO_FILTER)
        self.clear_button.setStatusTip(self.clear_button.toolTip())
        self._related_row.setVisible(self._hotfix is not None)
        self.related.setText(f"Only the entries of hotfix {self._hotfix}" if self._hotfix is not None else "")

    def _choose_day(self, day: QDate) -> None:
        if day not in self._periods:
            self._periods.append(day)
            self.period.addItem(day.toString(Qt.DateFormat.ISODate))
        self.period.setCurrentIndex(self._periods.index(day))

    def _today(self) -> QDate:
        return self._day(self._now())

    def _day(self, at: datetime) -> QDate:
        return QDateTime.fromMSecsSinceEpoch(to_microseconds(at) // 1000, self._zone).date()
