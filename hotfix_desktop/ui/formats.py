"""Times, numbers and countdowns as people read them: the only place where UTC becomes local time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import QCollator, QCoreApplication, QLocale, Qt


def clock_time(moment: datetime) -> str:
    """Give "14:32" in local time."""
    return f"{moment.astimezone():%H:%M}"


def day_and_time(moment: datetime, now: datetime) -> str:
    """Give "14:32", with the date in front when it is another day than ``now``'s."""
    local, today = moment.astimezone(), now.astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def stamp(moment: datetime) -> str:
    """Give "2026-11-23 14:32" in local time."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def day(moment: datetime) -> str:
    """Give "2026-11-23" in local time."""
    return f"{moment.astimezone():%Y-%m-%d}"


def countdown(left: timedelta) -> str:
    """Give "12:41", or "1:02:41" from an hour on; seconds are rounded up, so that 0:00 means over."""
    seconds = max(0, -(-left // timedelta(seconds=1)))
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def age(since: datetime, now: datetime) -> str:
    """Give "3 days", "2 h" or "5 min"."""
    passed = max(timedelta(0), now - since)
    if passed >= timedelta(days=1):
        return tr("%n day(s)", passed.days)
    if passed >= timedelta(hours=1):
        return tr("%n h", passed // timedelta(hours=1))
    if passed >= timedelta(minutes=1):
        return tr("%n min", passed // timedelta(minutes=1))
    return tr("just now")


def for_age(since: datetime, now: datetime) -> str:
    """Give "for 3 days", "for 5 min" or "for less than a minute"."""
    passed = age(since, now) if now - since >= timedelta(minutes=1) else tr("less than a minute")
    return f"{tr('for')} {passed}"


def number(value: int) -> str:
    """Give "1,284" as the locale writes it."""
    return QLocale().toString(value)


def collation() -> Callable[[str], Any]:
    """Give the sort key of a name as the locale sorts, whatever its case; 2 stands before 10."""
    locale = QLocale()
    if locale.language() == QLocale.Language.C:
        locale = QLocale(QLocale.Language.English)  # the C locale sorts Z before a
    collator = QCollator(locale)
    collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    collator.setNumericMode(True)
    return collator.sortKey


def tr(text: str, count: int | None = None) -> str:
    """Translate a text of the program; ``%n day(s)`` becomes "1 day" or "3 days"."""
    if count is None:
        return QCoreApplication.translate("hotfix", text)
    translated = QCoreApplication.translate("hotfix", text, "", count)
    # Without a translation file for English Qt leaves "(s)" in place.
    return translated.replace("(s)", "" if count == 1 else "s")
