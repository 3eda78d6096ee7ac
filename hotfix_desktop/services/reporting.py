"""Gathering what a report states about a period: counted by the database, and hotfix by hotfix in one pass.

Whatever the size of the log, no more is kept in memory than the report has room for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hotfix_desktop import __version__
from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.hotfix_story import HotfixStory, stories
from hotfix_desktop.core.lifecycle import Ending
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import plural
from hotfix_desktop.core.timeline import HotfixWindow
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.exporting import demand_export
from hotfix_desktop.services.report_facts import Listed, ReportFacts, Share, Sums, TypeCount
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.report_rows import ReportRows, Span

MOST_HOTFIXES = 2000
"""Hotfixes that are listed one by one: some eighty pages, more than anybody reads on paper."""
MOST_LINES = 200
"""Rows of every other list."""
MOST_WINDOWS = 20_000
"""Windows of the picture, which stays smooth with so many (issue 4, point 4)."""
STEP = 100
"""Hotfixes between two words about the progress."""
DRIFT = (AuditType.CHANGED_AFTER_RELOCK, AuditType.DRIFT_FOUND, AuditType.DRIFT_GONE, AuditType.DRIFT_ACCEPTED)
CHANGES = (
    AuditType.SETTING_CHANGED,
    AuditType.ROLE_ASSIGNED,
    AuditType.ROLE_REMOVED,
    AuditType.FOLDER_PROTECTED,
    AuditType.FOLDER_RELEASED,
    AuditType.PACKAGE_PROTECTED,
    AuditType.PACKAGE_MODIFIABLE,
)
LOG_EVENTS = (
    AuditType.AUDIT_BROKEN,
    AuditType.BREAK_ACKNOWLEDGED,
    AuditType.AUDIT_ARCHIVED,
    AuditType.CLOCK_CHANGED,
    AuditType.GUARD_RESTARTED,
)


def gather(
    desk: Workbench | AuditDesk,
    wanted: LogQuery,
    verdict: Verdict | None = None,
    progress: Progress = NOBODY,
    most: int = MOST_HOTFIXES,
) -> ReportFacts:
    """Gather the facts of a period; of the question only ``since`` and ``until`` count.

    A report has no other filter: what it does not mention would look as if it had not happened. Raises
    ``Denied``, which a workbench enters, ``StoreError`` and ``Cancelled``.
    """
    demand_export(desk)
    now = desk.clock.now().utc
    record = desk.store.administration.workspace()
    rows = ReportRows(desk.store.path, progress)
    try:
        progress.step(0, 0, "Counting the entries")
        span = rows.span(wanted.since, wanted.until)
        until = wanted.until or now
        types = _types(rows, span)
        facts = ReportFacts(
            workspace=record.title if record else desk.store.path.name,
            location=record.location if record else str(desk.store.path),
            log_id=record.log_id.hex() if record else "",
            made_by=desk.person.user,
            made_at=now,
            version=__version__,
            sentence=LogQuery(since=wanted.since, until=wanted.until).sentence(),
            since=wanted.since or min(rows.earliest() or until, until),
            until=until,
            entries=span.count,
            first=span.first,
            last=span.last,
            newest=rows.newest(),
            types=types,
            drift=_listed(rows, DRIFT, span, types),
            denied=Listed(sum(count.denied for count in types), tuple(rows.newest_denied(span, MOST_LINES))),
            settings=_listed(rows, CHANGES, span, types),
            log_events=_listed(rows, LOG_EVENTS, span, types),
            waiting=tuple(rows.waiting()),
            archives=tuple(rows.archives()),
            verdict=verdict,
            note=rows.note(),
        )
        tally = _told(rows, span, wanted, now, most, progress)
        facts = tally.into(facts)
        entered = dict(rows.counts("owner", span))
        people = [replace(share, entries=entered.pop(share.name, 0)) for share in facts.people]
        people += [Share(name, 0, timedelta(0), 0, entries) for name, entries in entered.items()]
        return replace(facts, people=_most(people), damaged=rows.damaged)
    finally:
        rows.close()


@dataclass(slots=True)
class _Tally:
    """Adds up hotfixes one by one, and keeps of them what the report has room for."""

    now: datetime
    most: int
    sums: Sums = field(default_factory=Sums)
    listed: deque[HotfixStory] = field(default_factory=deque)
    notable: deque[HotfixStory] = field(default_factory=deque)
    notable_total: int = 0
    windows: deque[HotfixWindow] = field(default_factory=lambda: deque(maxlen=MOST_WINDOWS))
    people: dict[str, Share] = field(default_factory=dict)
    packages: dict[str, Share] = field(default_factory=dict)

    def add(self, told: HotfixStory) -> None:
        self.listed.append(told)
        if len(self.listed) > self.most:
            self.listed.popleft()
        if is_notable(told, self.now):
            self.notable_total += 1
            self.notable.append(told)
            if len(self.notable) > MOST_LINES:
                self.notable.popleft()
        self.windows.append(told.window)
        late, lasted = told.overrun(self.now), told.open_for(self.now)
        self._add_up(told, late, lasted)
        for shares, name in ((self.people, told.window.opened_by), (self.packages, told.window.package)):
            share = shares.get(name) or Share(name, 0, timedelta(0), 0)
            shares[name] = replace(
                share,
                hotfixes=share.hotfixes + 1,
                open_for=share.open_for + lasted,
                overruns=share.overruns + bool(late),
            )

    def _add_up(self, told: HotfixStory, late: timedelta, lasted: timedelta) -> None:
        sums, opinion = self.sums, told.opinion
        self.sums = Sums(
            opened=sums.opened + told.was_open,
            not_opened=sums.not_opened + (not told.was_open),
            still_open=sums.still_open + (told.was_open and told.window.closed_us is None),
            relocked=sums.relocked + (told.window.ending == Ending.RELOCKED.value),
            open_for=sums.open_for + lasted,
            longest=max(sums.longest, lasted),
            overruns=sums.overruns + bool(late),
            worst_overrun=max(sums.worst_overrun, late),
            extended=sums.extended + bool(told.extensions),
            extension_minutes=sums.extension_minutes + sum(told.extensions),
            failed_relocks=sums.failed_relocks + bool(told.failures),
            with_writers=sums.with_writers + bool(told.writers),
            late_writes=sums.late_writes + bool(told.late_writes),
            to_review=sums.to_review + told.to_review,
            reviewed=sums.reviewed + (opinion is not None and not opinion.objected),
            objected=sums.objected + (opinion is not None and opinion.objected),
        )

    def into(self, facts: ReportFacts) -> ReportFacts:
        return replace(
            facts,
            sums=self.sums,
            hotfixes=tuple(self.listed),
            notable=tuple(self.notable),
            notable_total=self.notable_total,
            windows=tuple(self.windows),
            people=tuple(self.people.values()),
            packages=_most(self.packages.values())[:MOST_LINES],
            packages_total=len(self.packages),
        )


def is_notable(told: HotfixStory, now: datetime) -> bool:
    """Whether somebody should look at a hotfix: something went otherwise than it should."""
    unlock_failed = told.window.ending in (Ending.FAILED.value, Ending.INTERRUPTED.value)
    objected = told.opinion is not None and told.opinion.objected
    return bool(told.overrun(now) or told.failures or told.writers or told.late_writes or unlock_failed or objected)


def _told(rows: ReportRows, span: Span, wanted: LogQuery, now: datetime, most: int, progress: Progress) -> _Tally:
    tally = _Tally(now, most)
    low, high = rows.hotfixes(span)
    since = None if wanted.since is None else to_microseconds(wanted.since)
    until = None if wanted.until is None else to_microseconds(wanted.until)
    for told in stories(rows.entries_of(low, high)):
        if told.window.hotfix % STEP == 0:
            progress.step(told.window.hotfix - low, high - low + 1, "Reading the hotfixes")
        if told.window.touches(since, until, to_microseconds(now)):
            tally.add(told)
    return tally


def _types(rows: ReportRows, span: Span) -> tuple[TypeCount, ...]:
    if not span.count:
        return ()
    others = rows.not_done(span)
    failed, denied = AuditResult.FAILURE.value, AuditResult.DENIED.value
    return tuple(
        TypeCount(kind, count, others.get((kind, failed), 0), others.get((kind, denied), 0))
        for kind, count in rows.counts("type", span)
    )


def _listed(rows: ReportRows, wanted: tuple[AuditType, ...], span: Span, types: tuple[TypeCount, ...]) -> Listed:
    names = {kind.value for kind in wanted}
    total = sum(count.entries for count in types if count.type in names)
    return Listed(total, tuple(rows.newest_of(wanted, span, MOST_LINES))) if total else Listed()


def _most(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: (-share.hotfixes, -share.entries, share.name.casefold(), share.name)))


def enter_printed(bench: Workbench, facts: ReportFacts) -> None:
    """Enter that somebody is about to print a report, which takes the log away as a file does.

    Raises ``Denied``, which is entered, and ``StoreError``.
    """
    demand_export(bench)
    what = f"{plural(facts.entries, 'entry', 'entries')} of the audit log"
    bench.enter_alone(
        bench.event(
            AuditType.AUDIT_EXPORTED,
            f"{bench.person.user} had a report of {what} made ready to print: {facts.sentence}",
            format="print",
            filter=facts.sentence,
            count=facts.entries,
        )
    )
