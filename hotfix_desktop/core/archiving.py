"""Which part of the audit log may be moved to an archive file, and what has to stay.

Only a prefix can be moved, and only up to a signed checkpoint: the key that was in force there no longer exists, so
that nothing else could be signed for it. What is not settled stays in the database, and all that follows it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple

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


class Span(NamedTuple):
    """A hotfix with the numbers of its first and its last entry in the database."""

    hotfix: int
    first: int
    last: int


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
        refused: why nothing may be moved now whatever the day, in a sentence; else empty.
        left_over: files of earlier tries whose entries are all in the log still; the next try removes them.
    """

    until: date
    first: int
    last: int
    newest: int
    stays: tuple[Stay, ...] = ()
    since: datetime | None = None
    upto: datetime | None = None
    checkpoint: int = 0
    refused: str = ""
    left_over: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many entries are moved."""
        return self.last - self.first + 1 if self.last else 0

    def why_not(self) -> str:
        """Why nothing can be moved, in one or two sentences; empty when something can."""
        if self.refused:
            return self.refused
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

    def left_over_sentence(self) -> str:
        """Name what earlier tries left behind; empty where there is nothing."""
        if not self.left_over:
            return ""
        return (
            f"Left over from a try that did not come to its end, and removed by the next: {', '.join(self.left_over)}."
        )


@dataclass(frozen=True, slots=True)
class ArchiveSeen:
    """A file to which a part of the log was moved, as it was met.

    Attributes:
        first, last: the numbers of its entries.
        is_there: whether it could be read.
        is_same: whether it has the SHA-256 that the log keeps of it.
        problem: why it could not be read, else empty.
        is_as_entered: whether the record of it says what the log's own entry says; False also where that is missing.
    """

    first: int
    last: int
    path: str
    is_there: bool
    is_same: bool
    problem: str = ""
    is_as_entered: bool = True

    @property
    def is_broken(self) -> bool:
        """Whether somebody changed the file, or the record of it; a file that is away for now is no break."""
        return not self.is_as_entered or (self.is_there and not self.is_same)

    def sentence(self) -> str:
        """Say how it was met."""
        if not self.is_as_entered:
            return (
                f"The record of the archive of entries {self.first:,} to {self.last:,} is not what the log says of it:"
                f" it names {self.path}."
            )
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


def entries_of_name(name: str, log_id: bytes) -> tuple[int, int] | None:
    """Give the numbers in the name of an archive of this log; None for any other name."""
    match = re.fullmatch(rf"audit-[a-z0-9-]+-{log_id.hex()[:8]}-(\d{{10,}})-(\d{{10,}}){re.escape(SUFFIX)}", name)
    return (int(match[1]), int(match[2])) if match else None


def before_gaps(limit: int, spans: Iterable[Span], end_at: Callable[[int], int]) -> tuple[int, Span | None]:
    """Give the last entry that may be moved without parting a hotfix, and the one that would be parted first.

    Half a hotfix would be shown as one that was never locked, or that was opened when it was locked.

    Args:
        limit: the last entry that may be moved otherwise.
        spans: hotfixes, the one that ends last first.
        end_at: gives the end of an archive for a limit, which is no later; 0 when there is none.
    """
    end, parted = end_at(limit), None
    for span in spans:
        if span.last <= end or not end:
            break  # and so do all that follow
        if span.first <= end:
            end, parted = end_at(span.first - 1), span
    return end, parted


def records_digest(records: Iterable[Mapping[str, object]]) -> str:
    """Give the SHA-256 of records of archives, hexadecimal: an entry seals with it those before its own."""
    return hashlib.sha256(json.dumps(list(records), sort_keys=True).encode("ascii")).hexdigest()


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
