"""Which entries of the audit log are meant, in which order: what filter bars, saved filters and exports share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class LogColumn(StrEnum):
    """A column that can be filtered and sorted by; the values are its names in the database."""

    AT = "at"
    TYPE = "type"
    PACKAGE = "package"
    OWNER = "owner"
    IP_ADDRESS = "ip_address"
    RESULT = "result"
    DESCRIPTION = "description"


LOG_WORDS: Mapping[LogColumn, str] = {
    LogColumn.AT: "Event date",
    LogColumn.TYPE: "Type",
    LogColumn.PACKAGE: "Package",
    LogColumn.OWNER: "Owner",
    LogColumn.IP_ADDRESS: "IP address",
    LogColumn.RESULT: "Result",
    LogColumn.DESCRIPTION: "Description",
}
"""The columns as people read them (``design.md`` 2)."""

Values = tuple[tuple[LogColumn, str], ...]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A question to the log; an empty one means every entry, the newest first.

    Attributes:
        text: words that all stand somewhere in the searched columns, as typed.
        only: values of columns; an entry must have one of those that are named for each column.
        without: values that an entry must not have.
        since, until: the period, UTC; ``until`` is not in it any more.
        hotfix: the number of the hotfix that the entries belong to.
        sort: the column that they are sorted by; the event date means the order of the log itself,
            which stays true where a clock was set back.
    """

    text: str = ""
    only: Values = ()
    without: Values = ()
    since: datetime | None = None
    until: datetime | None = None
    hotfix: int | None = None
    sort: LogColumn = LogColumn.AT
    descending: bool = True

    @property
    def is_all(self) -> bool:
        """Whether every entry is meant, in whatever order."""
        return replace(self, sort=LogColumn.AT, descending=True) == LogQuery()

    def including(self, column: LogColumn, value: str) -> LogQuery:
        """Give the question for only this value of a column, in place of what the column was narrowed to."""
        kept = tuple(pair for pair in self.only if pair[0] is not column)
        without = tuple(pair for pair in self.without if pair != (column, value))
        return replace(self, only=(*kept, (column, value)), without=without)

    def excluding(self, column: LogColumn, value: str) -> LogQuery:
        """Give the question without this value of a column."""
        if (column, value) in self.without:
            return self
        only = tuple(pair for pair in self.only if pair != (column, value))
        return replace(self, only=only, without=(*self.without, (column, value)))

    def without_filter(self, column: LogColumn) -> LogQuery:
        """Give the question without what was said of a column."""
        return replace(
            self,
            only=tuple(pair for pair in self.only if pair[0] is not column),
            without=tuple(pair for pair in self.without if pair[0] is not column),
        )

    def sentence(self) -> str:
        """Say which entries are meant, for manifests, reports and the log itself."""
        parts = []
        if self.since is not None:
            parts.append(f"from {_iso(self.since)}")
        if self.until is not None:
            parts.append(f"before {_iso(self.until)}")
        for column in LogColumn:
            values = [value for named, value in self.only if named is column]
            if values:
                parts.append(f"{LOG_WORDS[column]} is {' or '.join(_quoted(v) for v in values)}")
            parts += [f"{LOG_WORDS[column]} is not {_quoted(v)}" for named, v in self.without if named is column]
        if self.hotfix is not None:
            parts.append(f"of hotfix {self.hotfix}")
        if self.text.strip():
            parts.append("with the words " + _quoted(" ".join(self.text.split())))
        return ", ".join(parts) or "every entry"

    def as_json(self) -> str:
        """Give the question as JSON, for saved filters and manifests."""
        found: dict[str, Any] = {
            "text": self.text,
            "only": [[column.value, value] for column, value in self.only],
            "without": [[column.value, value] for column, value in self.without],
            "since": _iso(self.since) if self.since else None,
            "until": _iso(self.until) if self.until else None,
            "hotfix": self.hotfix,
            "sort": self.sort.value,
            "descending": self.descending,
        }
        return json.dumps(found, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> LogQuery:
        """Read what :meth:`as_json` gave; raises ``ValueError`` for anything else."""
        try:
            found = json.loads(text)
            return cls(
                text=str(found["text"]),
                only=tuple((LogColumn(column), str(value)) for column, value in found["only"]),
                without=tuple((LogColumn(column), str(value)) for column, value in found["without"]),
                since=datetime.fromisoformat(found["since"]) if found["since"] else None,
                until=datetime.fromisoformat(found["until"]) if found["until"] else None,
                hotfix=int(found["hotfix"]) if found["hotfix"] is not None else None,
                sort=LogColumn(found["sort"]),
                descending=bool(found["descending"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the filter cannot be read: {error}") from None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _quoted(value: str) -> str:
    return f"“{value}”" if value else "empty"
