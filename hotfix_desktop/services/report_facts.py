"""What a report states about a period, as frozen values; :mod:`hotfix_desktop.services.reporting` gathers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hotfix_desktop.core.audit import Fields
from hotfix_desktop.core.hotfix_story import HotfixStory
from hotfix_desktop.core.timeline import HotfixWindow
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.store.report_rows import Archived, Waiting

# These belong to the store; the floors above take them from here.
__all__ = ["Archived", "Listed", "ReportFacts", "Share", "Sums", "TypeCount", "Waiting"]


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many entries of a type there are, and how many of them tell of a failure or a refusal."""

    type: str
    entries: int
    failed: int
    denied: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one person, or one package, had to do with the hotfixes of the period."""

    name: str
    hotfixes: int
    open_for: timedelta
    overruns: int
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """Entries that are listed, the newest that there is room for, in the order of the log; ``total`` are there."""

    total: int = 0
    lines: tuple[Fields, ...] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """All hotfixes of the period, also those that are not listed.

    Attributes:
        opened: those whose files were opened; the others failed or were cancelled.
        open_for: the sum of their windows; ``longest`` is one window.
        overruns: those that were open past their deadline by more than the grace.
        extended, failed_relocks, with_writers, late_writes: hotfixes, not events.
        to_review, reviewed, objected: hotfixes, as the auditors' last word has it.
    """

    opened: int = 0
    not_opened: int = 0
    still_open: int = 0
    relocked: int = 0
    open_for: timedelta = timedelta(0)
    longest: timedelta = timedelta(0)
    overruns: int = 0
    worst_overrun: timedelta = timedelta(0)
    extended: int = 0
    extension_minutes: int = 0
    failed_relocks: int = 0
    with_writers: int = 0
    late_writes: int = 0
    to_review: int = 0
    reviewed: int = 0
    objected: int = 0

    @property
    def hotfixes(self) -> int:
        """How many hotfixes there are."""
        return self.opened + self.not_opened


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A period of the log, ready to be written down; all times are UTC.

    Attributes:
        log_id: of the log, as hexadecimal digits.
        sentence: which entries are meant, in the words of the filter.
        since, until: the period; ``until`` is not in it any more.
        entries: how many entries the period has, from number ``first`` to ``last``; ``newest`` is the log's last.
        damaged: how many entries could not be read.
        hotfixes: the newest that there is room for, oldest first; ``sums`` has all of them.
        notable: those that somebody should look at, as many as there is room for, of ``notable_total``.
        windows: for the picture, as many as it takes.
        verdict: how the log was found; None when nobody verified it.
        note: the newest checkpoint as it was signed, empty when there is none.
    """

    workspace: str
    location: str
    log_id: str
    made_by: str
    made_at: datetime
    version: str
    sentence: str
    since: datetime
    until: datetime
    entries: int
    first: int
    last: int
    newest: int
    sums: Sums = Sums()
    hotfixes: tuple[HotfixStory, ...] = ()
    notable: tuple[HotfixStory, ...] = ()
    notable_total: int = 0
    windows: tuple[HotfixWindow, ...] = field(default=(), repr=False)
    types: tuple[TypeCount, ...] = ()
    people: tuple[Share, ...] = ()
    packages: tuple[Share, ...] = ()
    packages_total: int = 0
    drift: Listed = Listed()
    denied: Listed = Listed()
    settings: Listed = Listed()
    log_events: Listed = Listed()
    waiting: tuple[Waiting, ...] = ()
    archives: tuple[Archived, ...] = ()
    damaged: int = 0
    verdict: Verdict | None = None
    note: str = ""
