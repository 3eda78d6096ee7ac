"""Filters that the user gave a name, kept in the window's own settings.

A period like "Last 30 days" is kept by its name and means other days tomorrow; any other as its two moments.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace

from PySide6.QtCore import QSettings

from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.ui.audit_period import Period

log = logging.getLogger(__name__)

KEY = "auditWindow/filters"
NAME_LIMIT = 60
MOST = 100
"""Filters that are kept: a menu has to hold them."""


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A question to the log under a name.

    Attributes:
        query: without a period when ``period`` names one.
        period: a period that moves on with the days; None when the query says which moments are meant.
    """

    name: str
    query: LogQuery
    period: Period | None = None


class SavedFilters:
    """The filters of one user, in the order of their names."""

    def __init__(self, settings: QSettings) -> None:
        """Read what is kept; a damaged filter is dropped, and the log says so."""
        self._settings = settings
        self._kept: dict[str, SavedFilter] = {}
        for found in _read(settings.value(KEY, "")):
            self._kept[found.name] = found

    def all(self) -> list[SavedFilter]:
        """Give all of them."""
        return sorted(self._kept.values(), key=lambda kept: (kept.name.casefold(), kept.name))

    def get(self, name: str) -> SavedFilter | None:
        """Give one; None when there is none of that name."""
        return self._kept.get(name)

    def keep(self, wanted: SavedFilter) -> None:
        """Keep a filter, in place of one that had its name."""
        query = wanted.query if wanted.period is None else replace(wanted.query, since=None, until=None)
        self._kept[wanted.name] = replace(wanted, query=query)
        self._write()

    def rename(self, name: str, wanted: str) -> None:
        """Give a filter another name; one that has that name already is replaced."""
        found = self._kept.pop(name, None)
        if found is not None:
            self.keep(replace(found, name=wanted))

    def delete(self, name: str) -> None:
        """Forget a filter."""
        if self._kept.pop(name, None) is not None:
            self._write()

    def why_not(self, name: str) -> str:
        """Give why a filter cannot be called so; empty when it can."""
        if not name.strip():
            return "A name is needed."
        if len(name.strip()) > NAME_LIMIT:
            return f"A name has at most {NAME_LIMIT} characters."
        if name.strip() not in self._kept and len(self._kept) >= MOST:
            return f"There are {MOST} saved filters already. Delete one first."
        return ""

    def _write(self) -> None:
        found = [
            {
                "name": kept.name,
                "query": kept.query.as_json(),
                "period": None if kept.period is None else kept.period.value,
            }
            for kept in self.all()
        ]
        self._settings.setValue(KEY, json.dumps(found, ensure_ascii=False))


def _read(text: object) -> list[SavedFilter]:
    if not text:
        return []
    try:
        found = json.loads(str(text))
        if not isinstance(found, list):
            raise ValueError("they are no list")
    except ValueError as error:
        log.warning("the saved filters cannot be read and are dropped: %s", error)
        return []
    kept = []
    for one in found[:MOST]:
        try:
            kept.append(_one(one))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            log.warning("a saved filter is damaged and is dropped: %s", error)
    return kept


def _one(found: dict[str, str | None]) -> SavedFilter:
    name = str(found["name"]).strip()
    if not name or len(name) > NAME_LIMIT:
        raise ValueError("it has no name")
    period = found["period"]
    return SavedFilter(name, LogQuery.from_json(str(found["query"])), None if period is None else Period(period))
