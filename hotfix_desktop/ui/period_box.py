"""The box that narrows the audit log to a period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QDate, QTimeZone, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from hotfix_desktop.ui.audit_period import AnyPeriod, Bounds, Days, Period, bounds, day_of, title
from hotfix_desktop.ui.days_dialog import DaysDialog

CHOOSE = "Choose days…"


class PeriodBox(QComboBox):
    """The named periods, those that were chosen by hand, and *Choose days…*.

    Signals:
        chosen: another period is chosen, or the same one means other moments.
    """

    chosen = Signal()

    def __init__(self, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        """Choose all time; ``now`` says which day today is."""
        super().__init__(parent)
        self._now = now
        self._zone = _zone(False)
        self._periods: list[AnyPeriod] = list(Period)
        self._period: AnyPeriod = Period.ALL
        self.setAccessibleName("Period")
        self.setToolTip("Show only entries of this period")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(max(len(period.value) for period in Period))
        self.addItems([*(period.value for period in Period), CHOOSE])
        self.currentIndexChanged.connect(self._on_current)

    @property
    def period(self) -> AnyPeriod:
        """The chosen period."""
        return self._period

    def bounds(self) -> Bounds:
        """Give its first moment and the first one after it, in UTC, as of today."""
        return bounds(self._period, day_of(self._now(), self._zone), self._zone)

    def day(self, at: datetime) -> Days:
        """Give the day of a moment, in the shown zone."""
        day = day_of(at, self._zone)
        return Days(day, day)

    def choose(self, period: AnyPeriod) -> None:
        """Choose a period, offering it first if need be."""
        if period not in self._periods:
            self._periods.append(period)
            self.insertItem(len(self._periods) - 1, title(period, self._zone))
        self.setCurrentIndex(self._periods.index(period))

    def set_utc(self, utc: bool) -> None:
        """Take days as those of UTC, or as local ones."""
        self._zone = _zone(utc)
        for row, period in enumerate(self._periods):
            self.setItemText(row, title(period, self._zone))
        self.chosen.emit()

    @Slot(int)
    def _on_current(self, row: int) -> None:
        if row == len(self._periods):
            self.setCurrentIndex(self._periods.index(self._period))  # until days are chosen
            self._ask()
        elif 0 <= row < len(self._periods) and self._periods[row] != self._period:
            self._period = self._periods[row]
            self.chosen.emit()

    def _ask(self) -> None:
        today = day_of(self._now(), self._zone)
        first, last = (self._period.first, self._period.last) if isinstance(self._period, Days) else (today, today)
        dialog = DaysDialog(first, last, self.window())
        dialog.submitted.connect(self._take)
        dialog.open()

    @Slot(object, object)
    def _take(self, first: QDate, last: QDate) -> None:
        self.choose(Days(first, last))


def _zone(utc: bool) -> QTimeZone:
    return QTimeZone(QTimeZone.Initialization.UTC if utc else QTimeZone.Initialization.LocalTime)
