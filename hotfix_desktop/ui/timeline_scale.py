"""Time and pixels: where a moment stands, how far one can zoom and pan, and which moments get a tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from PySide6.QtCore import QDate, QDateTime, QLocale, QTime, QTimeZone

from hotfix_desktop.core.timeline import LATEST_US

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
CLOSEST = SECOND / 20
"""Microseconds of a pixel when nothing can be zoomed in any more: a second is 20 pixels wide."""
WIDEST = LATEST_US / 1000
ROOM = 0.03
"""The share of the width that is left free on both sides when everything is fitted in."""


class Unit(StrEnum):
    """What the ticks count."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_LENGTHS = {
    Unit.SECOND: SECOND,
    Unit.MINUTE: MINUTE,
    Unit.HOUR: HOUR,
    Unit.DAY: DAY,
    Unit.WEEK: 7 * DAY,
    Unit.MONTH: 30 * DAY,
    Unit.YEAR: 365 * DAY,
}
_SAMPLES = {
    Unit.SECOND: "00:00:00",
    Unit.MINUTE: "00:00",
    Unit.HOUR: "00:00",
    Unit.DAY: "00",
    Unit.WEEK: "00",
    Unit.MONTH: "Mmm",
    Unit.YEAR: "0000",
}
APART = 18.0
"""Pixels from a label to the next tick at least."""
_STEPS = (
    *((Unit.SECOND, n) for n in (1, 5, 15, 30)),
    *((Unit.MINUTE, n) for n in (1, 5, 15, 30)),
    *((Unit.HOUR, n) for n in (1, 3, 6, 12)),
    *((Unit.DAY, n) for n in (1, 2)),
    (Unit.WEEK, 1),
    *((Unit.MONTH, n) for n in (1, 3)),
    *((Unit.YEAR, n) for n in (1, 2, 5, 10, 50, 100, 500)),
)


class Tick(NamedTuple):
    """A moment with a label; ``x`` is in pixels from the left edge of the scale."""

    x: float
    label: str


class Band(NamedTuple):
    """A day, a month or a year above the ticks; it reaches from ``x0`` to ``x1``, cut off at the edges."""

    x0: float
    x1: float
    label: str
    short: str


@dataclass(frozen=True, slots=True)
class TimeScale:
    """The shown stretch of time.

    Attributes:
        start_us: the moment at the left edge, UTC, microseconds.
        per_px: microseconds of one pixel.
        width: pixels.
    """

    start_us: float
    per_px: float
    width: int

    @classmethod
    def fitting(cls, first_us: float, last_us: float, width: int) -> TimeScale:
        """Give the scale that shows a stretch with some room on both sides."""
        width = max(1, width)
        length = max(last_us - first_us, MINUTE)
        per_px = min(WIDEST, max(CLOSEST, length / (width * (1 - 2 * ROOM))))
        middle = (first_us + last_us) / 2
        return cls(middle - per_px * width / 2, per_px, width)

    @property
    def end_us(self) -> float:
        """The moment at the right edge."""
        return self.start_us + self.per_px * self.width

    def x(self, at_us: float) -> float:
        """Give where a moment stands, pixels from the left edge."""
        return (at_us - self.start_us) / self.per_px

    def at(self, x: float) -> float:
        """Give the moment at a place."""
        return self.start_us + x * self.per_px

    def zoomed(self, factor: float, x: float, whole: TimeScale) -> TimeScale:
        """Give the scale that shows ``factor`` times as much; the moment at ``x`` stays where it is.

        ``whole`` is the scale that shows everything: nothing beyond twice of it is shown.
        """
        per_px = max(CLOSEST, min(self.per_px * factor, max(whole.per_px * 2, CLOSEST), WIDEST))
        return replace(self, start_us=self.at(x) - x * per_px, per_px=per_px)._kept_near(whole)

    def panned(self, pixels: float, whole: TimeScale) -> TimeScale:
        """Give the scale moved so far into the future; something of ``whole`` always stays in sight."""
        return replace(self, start_us=self.start_us + pixels * self.per_px)._kept_near(whole)

    def showing(self, first_us: float, last_us: float, whole: TimeScale) -> TimeScale:
        """Give the scale moved as little as shows a stretch, or its beginning where it is too long."""
        margin = self.per_px * self.width * ROOM
        start = self.start_us
        if last_us + margin > self.end_us:
            start = last_us + margin - self.per_px * self.width
        if first_us - margin < start:
            start = first_us - margin
        return replace(self, start_us=start)._kept_near(whole)

    def resized(self, width: int) -> TimeScale:
        """Give the scale for another width; what is on the left stays there."""
        return replace(self, width=max(1, width))

    def _kept_near(self, whole: TimeScale) -> TimeScale:
        half = self.per_px * self.width / 2
        return replace(self, start_us=min(max(self.start_us, whole.start_us - half), whole.end_us - half))


def ticks(scale: TimeScale, zone: QTimeZone, advance: Callable[[str], float]) -> tuple[list[Tick], list[Band]]:
    """Give the ticks and the bands above them; ``advance`` tells how wide a label is, pixels."""
    unit, count = _step(scale.per_px, advance)
    room = advance(_SAMPLES[unit]) + APART
    first, last = max(0.0, scale.start_us), min(scale.end_us, float(LATEST_US))
    if first >= last:
        return [], []
    found: list[Tick] = []
    before = -room
    for at_us, label in _moments(unit, count, first, last, zone):
        x = scale.x(at_us)
        # Where the clocks change hours are skipped, or come twice.
        if x - before >= room * 0.75 and x <= scale.width:
            found.append(Tick(x, label))
            before = x
    return found, list(_bands(unit, scale, first, last, zone))


def _step(per_px: float, advance: Callable[[str], float]) -> tuple[Unit, int]:
    for unit, count in _STEPS:
        if _LENGTHS[unit] * count >= per_px * (advance(_SAMPLES[unit]) + APART):
            return unit, count
    return Unit.YEAR, 1000


def _moments(unit: Unit, count: int, first: float, last: float, zone: QTimeZone) -> Iterator[tuple[int, str]]:
    if unit in (Unit.SECOND, Unit.MINUTE):
        yield from _even(_LENGTHS[unit] * count, first, last, zone, "HH:mm:ss" if unit is Unit.SECOND else "HH:mm")
        return
    day = _local(first, zone).date()
    if unit is Unit.HOUR:
        while (midnight := _us(day.startOfDay(zone))) <= last:
            yield midnight, "00:00"
            for hour in range(count, 24, count):
                yield _us(QDateTime(day, QTime(hour, 0), zone)), f"{hour:02}:00"
            day = day.addDays(1)
        return
    day = _first_day(unit, count, day)
    locale = QLocale()
    while (at_us := _us(day.startOfDay(zone))) <= last:
        if unit is Unit.MONTH:
            yield at_us, locale.standaloneMonthName(day.month(), QLocale.FormatType.ShortFormat)
        else:
            yield at_us, str(day.year() if unit is Unit.YEAR else day.day())
        day = _next_day(unit, count, day)


def _even(step: int, first: float, last: float, zone: QTimeZone, form: str) -> Iterator[tuple[int, str]]:
    # No zone's offset changes by less than half an hour, so the steps stay even across a change.
    offset = _local(first, zone).offsetFromUtc() * SECOND
    at_us = int((first + offset) // step) * step - offset
    while at_us <= last:
        yield at_us, _local(at_us, zone).toString(form)
        at_us += step


def _first_day(unit: Unit, count: int, day: QDate) -> QDate:
    if unit is Unit.DAY:
        return day.addDays(-((day.day() - 1) % count))
    if unit is Unit.WEEK:
        return day.addDays(1 - day.dayOfWeek())
    if unit is Unit.MONTH:
        return QDate(day.year(), (day.month() - 1) // count * count + 1, 1)
    return QDate(max(1, day.year() // count * count), 1, 1)


def _next_day(unit: Unit, count: int, day: QDate) -> QDate:
    if unit is Unit.DAY:  # counted anew in each month: 1, 3, 5 … 29, and no 31 right before the next 1
        following = day.addDays(count)
        is_last = following.month() != day.month() or following.day() + count > 32
        return QDate(day.year(), day.month(), 1).addMonths(1) if is_last and count > 1 else following
    if unit is Unit.WEEK:
        return day.addDays(7)
    return day.addMonths(count) if unit is Unit.MONTH else day.addYears(count)


def _bands(unit: Unit, scale: TimeScale, first: float, last: float, zone: QTimeZone) -> Iterator[Band]:
    day = _local(first, zone).date()
    locale = QLocale()
    if unit is Unit.YEAR:
        return
    by_day = unit in (Unit.SECOND, Unit.MINUTE, Unit.HOUR)
    by_month = unit in (Unit.DAY, Unit.WEEK)
    if not by_day:
        day = QDate(day.year(), day.month() if by_month else 1, 1)
    while (begin := _us(day.startOfDay(zone))) < last:
        if by_day:
            following, name = day.addDays(1), locale.standaloneDayName(day.dayOfWeek(), QLocale.FormatType.ShortFormat)
            label, short = f"{name} {day.toString('yyyy-MM-dd')}", day.toString("MM-dd")
        elif by_month:
            following = day.addMonths(1)
            label = f"{locale.standaloneMonthName(day.month())} {day.year()}"
            short = locale.standaloneMonthName(day.month(), QLocale.FormatType.ShortFormat)
        else:
            following, label, short = day.addYears(1), str(day.year()), str(day.year())
        x0, x1 = scale.x(begin), scale.x(_us(following.startOfDay(zone)))
        if x1 > 0:
            yield Band(max(0.0, x0), min(float(scale.width), x1), label, short)
        day = following


def _local(at_us: float, zone: QTimeZone) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(int(at_us // 1000), zone)


def _us(moment: QDateTime) -> int:
    return moment.toMSecsSinceEpoch() * 1000
