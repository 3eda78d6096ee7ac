"""Which part of the audit log may be moved to an archive file, and what has to stay.

Only a prefix can be moved, and only up to a signed checkpoint: the key that was in force there no longer exists, so
that nothing else could be signed for it. What is not settled stays in the database, and all that follows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from hotfix_desktop.core.errors import InvalidInput

SUFFIX = ".sqlite3"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that has to stay in the database.

    Attributes:
        seq: the number of its first entry; it and all after it stay.
        why: a clause that ends "entries from 812 on stay: …".
    """

    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    """What would be moved.

    Attributes:
        until: the day before which everything was entered that is moved, UTC.
        first, last: the numbers of the entries that are moved; ``last`` 0 when nothing can be.
        since, upto: when these two were entered, UTC.
        newest: the number of the newest entry, which stays.
        stays: what keeps entries of that time from being moved, the earliest first.
        checkpoint: the number of the signed checkpoint that ends the archive; 0 when nothing can be moved.
    """

    until: date
    first: int
    last: int
    newest: int
    stays: tuple[Stay, ...] = ()
    since: datetime | None = None
    upto: datetime | None = None
    checkpoint: int = 0

    @property
    def count(self) -> int:
        """How many entries are moved."""
        return self.last - self.first + 1 if self.last else 0

    def why_not(self) -> str:
        """Why nothing can be moved, in one or two sentences; empty when something can."""
        if self.count:
            return ""
        day = self.until.isoformat()
        if not self.stays:
            return f"There is nothing to archive: no entry of this database is older than {day}."
        return f"There is nothing to archive before {day}. {self.stays_sentence()}"

    def stays_sentence(self) -> str:
        """Say what keeps entries before ``until`` in the database; empty when nothing does."""
        if not self.stays:
            return ""
        first = self.stays[0]
        return f"Entries from {first.seq:,} on stay: {first.why}."


@dataclass(frozen=True, slots=True)
class ArchiveSeen:
    """A file to which a part of the log was moved, as it was met.

    Attributes:
        first, last: the numbers of its entries.
        is_there: whether it could be read.
        is_same: whether it has the SHA-256 that the log keeps of it.
        problem: why it could not be read, else empty.
    """

    first: int
    last: int
    path: str
    is_there: bool
    is_same: bool
    problem: str = ""

    def sentence(self) -> str:
        """Say how it was met."""
        what = f"Entries {self.first:,} to {self.last:,} are in {self.path}"
        if not self.is_there:
            return f"Entries {self.first:,} to {self.last:,} could not be compared. {self.problem}"
        if not self.is_same:
            return f"{what}, which is not the file any more that was archived."
        return f"{what}, which is as it was archived."


def parse_until(text: str, today: date) -> date:
    """Read the day before which entries are moved; ``today`` is the day in UTC.

    Raises ``InvalidInput`` with the field "until" for what is no day, and for one that is still to come.
    """
    wanted = text.strip()
    try:
        day = date.fromisoformat(wanted) if _DAY.fullmatch(wanted) else None
    except ValueError:
        day = None
    if day is None:
        shown = wanted if len(wanted) <= 40 else wanted[:39] + "…"
        raise InvalidInput("until", f"“{shown}” is no day; write it as 2026-01-31.")
    return checked_until(day, today)


def checked_until(day: date, today: date) -> date:
    """Give the day; raises ``InvalidInput`` with the field "until" for one that is still to come."""
    if day > today:
        raise InvalidInput("until", f"{day.isoformat()} is still to come; choose today or an earlier day.")
    return day


def beginning_of(day: date) -> datetime:
    """Give the moment at which a day begins, UTC."""
    return datetime.combine(day, time(), UTC)


def limit_of(newest: int, stays: Iterable[Stay]) -> int:
    """Give the number of the last entry that may be moved; the newest never is."""
    return min([newest, *(stay.seq for stay in stays)]) - 1


def file_name(title: str, log_id: bytes, first: int, last: int) -> str:
    """Give the name of an archive: the same for the same entries, so that one left over by a crash is found again."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "workspace"
    return f"audit-{slug}-{log_id.hex()[:8]}-{first:010d}-{last:010d}{SUFFIX}"


def key_facts(detail: str, seq: int) -> str:
    """Give what the record of an archive keeps of a key, from the detail of its announcing entry; empty where damaged.

    The note of the predecessor is left out: it is verified where the entry is.
    """
    try:
        found = json.loads(detail)
        kept = {name: found[name] for name in ("epoch", "day", "public")} | {"where": found.get("where", "")}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return json.dumps({**kept, "seq": seq}, ensure_ascii=False, sort_keys=True)
