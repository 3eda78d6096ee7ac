"""The periods that the audit log can be narrowed to: days of the shown time zone, as moments in UTC."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from PySide6.QtCore import QDate, QTimeZone

from hotfix_desktop.core.clock import from_microseconds


class Period(StrEnum):
    """A period that ends now or at a midnight; the values are the words on the screen."""

    ALL = "All time"
    TODAY = "Today"
    YESTERDAY = "Yesterday"
    WEEK = "Last 7 days"
    MONTH = "Last 30 days"
    YEAR = "This year"
    LAST_YEAR = "Last year"


Bounds = tuple[datetime | None, datetime | None]


def bounds(period: Period | QDate, today: QDate, zone: QTimeZone) -> Bounds:
    """Give the first moment of a period and the first one after it, in UTC; None where it has no end.

    A ``QDate`` stands for that one day. Periods that include today have no end, so that an entry
    of a clock that runs ahead is not hidden.
    """
    if isinstance(period, QDate):
        return _midnight(period, zone), _midnight(period.addDays(1), zone)
    if period is Period.ALL:
        return None, None
    if period is Period.YESTERDAY:
        return _midnight(today.addDays(-1), zone), _midnight(today, zone)
    new_year = QDate(today.year(), 1, 1)
    if period is Period.LAST_YEAR:
        return _midnight(new_year.addYears(-1), zone), _midnight(new_year, zone)
    first = {
        Period.TODAY: today,
        Period.WEEK: today.addDays(-6),
        Period.MONTH: today.addDays(-29),
        Period.YEAR: new_year,
    }[period]
    return _midnight(first, zone), None


def _midnight(day: QDate, zone: QTimeZone) -> datetime:
    # Not every day begins at 00:00: in some zones the clocks change at midnight.
    return from_microseconds(day.startOfDay(zone).toMSecsSinceEpoch() * 1000)
