"""The hotfixes of a log as windows in time, for those who may read the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hotfix_desktop.core.clock import Clock, to_microseconds
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act, Person, demand
from hotfix_desktop.core.timeline import HotfixWindow, Timeline, windows_of
from hotfix_desktop.services.log_reading import LogDesk, checked_query
from hotfix_desktop.store.timeline_reader import TimelineReader

MOST_WINDOWS = 20_000
"""How many hotfixes one timeline shows, the newest: more would be a second's wait and a picture of nothing."""


@dataclass(frozen=True, slots=True)
class TimelineDesk:
    """What reading the hotfixes of a log needs; it belongs to the thread that opened it."""

    reader: TimelineReader
    clock: Clock
    person: Person

    def close(self) -> None:
        """Close the connection."""
        self.reader.close()


def open_timeline(desk: LogDesk, clock: Clock) -> TimelineDesk:
    """Open a log, read-only; raises ``StoreError``."""
    return TimelineDesk(TimelineReader(desk.database), clock, desk.person)


def read_timeline(
    desk: TimelineDesk, query: LogQuery, progress: Progress = NOBODY, *, most: int = MOST_WINDOWS
) -> Timeline:
    """Give the newest windows that have an entry which the question means; of a period, all that touch it.

    Raises ``Denied``, ``StoreError``, ``Cancelled``, and ``InvalidInput`` for a text that nobody can search for.
    """
    _demand(desk)
    query = checked_query(query)
    newest = desk.reader.log.bounds().last  # first: what is entered meanwhile is then read once more as news
    numbers = desk.reader.numbers(query, most + 1, progress)
    windows = _windows(desk, numbers[:most], progress)
    return Timeline(_touching(windows, query, desk), newest, len(numbers) > most)


def read_news(desk: TimelineDesk, query: LogQuery, known: Timeline, progress: Progress = NOBODY) -> Timeline:
    """Give the timeline with what was entered since it was read; much cheaper than to read it again.

    A question for anything but a period is asked again, because an entry may have made an old hotfix fit it.
    Raises ``Denied``, ``StoreError`` and ``Cancelled``.
    """
    _demand(desk)
    newest = desk.reader.log.bounds().last
    if newest == known.newest:
        return known
    numbers = desk.reader.numbers_since(known.newest, MOST_WINDOWS, progress)
    plain = LogQuery(since=query.since, until=query.until, sort=query.sort, descending=query.descending)
    if plain != query or newest < known.newest or len(numbers) >= MOST_WINDOWS:
        return read_timeline(desk, query, progress)
    news = _touching(_windows(desk, numbers, progress), query, desk)
    return known.with_news(Timeline(news, newest))


def _demand(desk: TimelineDesk) -> None:
    demand(Act.READ_AUDIT, desk.person.user, desk.reader.log.roles_of(desk.person.user))


def _windows(desk: TimelineDesk, numbers: Iterable[int], progress: Progress) -> tuple[HotfixWindow, ...]:
    windows: list[HotfixWindow] = []
    for chunk in desk.reader.entries(list(numbers), progress):
        windows += windows_of(chunk)
    windows.sort(key=lambda window: (window.opened_us, window.hotfix))
    return tuple(windows)


def _touching(windows: tuple[HotfixWindow, ...], query: LogQuery, desk: TimelineDesk) -> tuple[HotfixWindow, ...]:
    if query.since is None and query.until is None:
        return windows
    since, until, now = _us(query.since), _us(query.until), to_microseconds(desk.clock.now().utc)
    return tuple(window for window in windows if window.touches(since, until, now))


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else to_microseconds(moment)
