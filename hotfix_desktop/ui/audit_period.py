"""The periods that the audit log can be narrowed to: days of the shown time zone, as moments in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QDate, QDateTime, Qt, QTimeZone

from hotfix_desktop.core.clock import from_microseconds, to_microseconds


class Period(StrEnum):
    """A period that ends now or at a midnight; the values are the words on the screen."""

    ALL = "All time"
    TODAY = "Today"
    YESTERDAY = "Yesterday"
    WEEK = "Last 7 days"
    MONTH = "Last 30 days"
    YEAR = "This year"
    LAST_YEAR = "Last year"


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included."""

    first: QDate
    last: QDate


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another, which is not in it any more; None where it has no end."""

    since: datetime | None
    until: datetime | None


AnyPeriod = Period | Days | Span
Bounds = tuple[datetime | None, datetime | None]


def bounds(period: AnyPeriod, today: QDate, zone: QTimeZone) -> Bounds:
    """Give the first moment of a period and the first one after it, in UTC; None where it has no end.

    Periods that include today have no end, so that an entry of a clock that runs ahead is not hidden.
    """
    if isinstance(period, Span):
        return period.since, period.until
    if isinstance(period, Days):
        return _midnight(period.first, zone), _midnight(period.last.addDays(1), zone)
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


def title(period: AnyPeriod, zone: QTimeZone) -> str:
    """Give the words for a period; a span whose ends are midnights is named by its days."""
    if isinstance(period, Period):
        return period.value
    if isinstance(period, Days):
        first, last = _iso(period.first), _iso(period.last)
        return first if first == last else f"{first} – {last}"
    since, until = period.since, period.until
    if since is not None and until is not None and _is_midnight(since, zone) and _is_midnight(until, zone):
        return title(Days(day_of(since, zone), day_of(until - timedelta(microseconds=1), zone)), zone)
    return f"{_stamp(since, zone)} – {_stamp(until, zone)}".strip()


def day_of(at: datetime, zone: QTimeZone) -> QDate:
    """Give the day of a moment in a zone."""
    return _local(at, zone).date()


def _midnight(day: QDate, zone: QTimeZone) -> datetime:
    # Not every day begins at 00:00: in some zones the clocks change at midnight.
    return from_microseconds(day.startOfDay(zone).toMSecsSinceEpoch() * 1000)


def _is_midnight(at: datetime, zone: QTimeZone) -> bool:
    return at == _midnight(day_of(at, zone), zone)


def _local(at: datetime, zone: QTimeZone) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(to_microseconds(at) // 1000, zone)


def _iso(day: QDate) -> str:
    return day.toString(Qt.DateFormat.ISODate)


def _stamp(at: datetime | None, zone: QTimeZone) -> str:
    return "" if at is None else _local(at, zone).toString("yyyy-MM-dd HH:mm")
