"""Relocks while the database is away: what was known to be open is closed, and the side journal remembers it.

A disk that is full, a database that somebody holds or that is gone may refuse an unlock, never a relock
(``design.md`` 5, P1). The relocker therefore keeps in memory what each beat read: leases and closing records.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending, Hotfix, HotfixState
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.services.ending import Residue, finish
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.journal import JournalRecord
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    hotfix: Hotfix
    package: StoredPackage
    record: bytes


@dataclass(slots=True)
class WithoutDatabase:
    """What a relocker needs to close what is open without asking the database."""

    _known: dict[int, _Known] = field(default_factory=dict)
    _unwritten: dict[int, JournalRecord] = field(default_factory=dict)
    _written: set[int] = field(default_factory=set)
    _mine: Lock = field(default_factory=Lock)
    """A beat that hangs holds nothing: another thread comes to its rescue."""

    @property
    def is_done(self) -> bool:
        """Whether nothing that is known to be open is left to be closed or noted."""
        return self._known.keys() <= self._written

    def remember(self, bench: Workbench, open_now: Sequence[Hotfix]) -> None:
        """Keep the leases of this beat; raises ``StoreError``."""
        new: dict[int, _Known] = {}
        for hotfix in open_now:
            before = self._known.get(hotfix.number)
            if before is not None and before.hotfix == hotfix:
                new[hotfix.number] = before
                continue
            package = bench.store.packages.get(hotfix.package_id)
            record = before.record if before else bench.store.packages.record(hotfix.package_id)
            if package is not None and record is not None:
                new[hotfix.number] = _Known(hotfix, package, record)
        with self._mine:
            self._known = new
            self._written &= new.keys()
            self._unwritten = {number: record for number, record in self._unwritten.items() if number in new}

    def close_due(self, bench: Workbench, now: Moment, why: StoreError) -> tuple[str, ...]:
        """Close what is due and was not closed yet, and note it in the side journal; gives the packages' names.

        Raises nothing: what cannot be closed or noted now is tried again at the next beat. May be called from another
        thread while the beat hangs.
        """
        with self._mine:
            return self._close_due(bench, now, why)

    def _close_due(self, bench: Workbench, now: Moment, why: StoreError) -> tuple[str, ...]:
        closed = []
        for number, known in self._known.items():
            if number in self._written or not known.hotfix.lease.is_due(now):
                continue
            if number not in self._unwritten:
                try:
                    self._unwritten[number] = self._close(bench, known, now, why)
                except WorkspaceError as error:
                    log.warning("%s could not be locked and is tried again: %s", known.hotfix.package_name, error)
                    continue
                closed.append(known.hotfix.package_name)
        for number, record in list(self._unwritten.items()):
            try:
                bench.store.journal.append(record)
            except StoreError as error:
                log.warning("A relock could not be noted yet: %s (%s)", error, error.details)
            else:
                self._written.add(number)
                del self._unwritten[number]
        return tuple(closed)

    def told(self, hotfix: Hotfix, error: StoreError) -> StoreError:
        """Say of a hotfix that could not be ended what became of its files."""
        if hotfix.number not in self._written and hotfix.number not in self._unwritten:
            return error
        return type(error)(
            f"The files are closed, and that is entered as soon as the database can be written. {error.sentence}",
            error.remedy,
            error.details,
        )

    def _close(self, bench: Workbench, known: _Known, now: Moment, why: StoreError) -> JournalRecord:
        key = known.package.found.key
        bench.workspace.demand_same(key, known.record)
        if bench.workspace.look(key) is not Openness.MISSING:
            # Not only when it looks open: whoever began to close it may have got half-way.
            bench.workspace.close(key, known.record)
        log.warning("%s was locked while the database was away: %s", known.hotfix.package_name, why)
        late = int(known.hotfix.lease.overdue_by(now).total_seconds())
        return JournalRecord(known.hotfix.number, now, why.sentence, bench.workspace.writers(key), late)


def drain(bench: Workbench) -> tuple[Hotfix, ...]:
    """Chain what waits in the side journal into the log, each record once; gives the hotfixes that ended.

    Raises ``StoreError`` when the database or the journal cannot be written; the next beat goes on.
    """
    entered: set[str] = set()
    ended = []
    for record in bench.store.journal.pending():
        with bench.store.transaction():
            if bench.store.mark_drained(record.journal_id, bench.clock.now()) and (hotfix := _enter(bench, record)):
                ended.append(hotfix)
        entered.add(record.journal_id)
    bench.store.journal.clear(entered)
    return tuple(ended)


def _enter(bench: Workbench, record: JournalRecord) -> Hotfix | None:
    hotfix = bench.store.hotfixes.get(record.hotfix)
    package = bench.store.packages.get(hotfix.package_id) if hotfix else None
    if hotfix is None or package is None or hotfix.state is HotfixState.CLOSED:
        return None
    try:
        if bench.workspace.look(package.found.key) is Openness.OPEN:
            return None  # somebody opened it again meanwhile: the beat closes it and says so
    except WorkspaceError as error:
        log.info("%s could not be looked at: %s", package.found.name, error)
    at = f"{record.at.utc:%Y-%m-%d %H:%M:%S} UTC"
    late = f", {record.late} seconds late" if record.late >= 5 else ""
    ended = finish(
        bench,
        package,
        hotfix,
        Ending.RELOCKED,
        AuditType.RELOCKED,
        f"Locked by itself at {at}{late}, while nothing could be entered here: {hotfix.reason}",
        by_program=True,
        residue=Residue(record.writers),
        at=record.at,
        entered_late=record.why,
        journal=record.journal_id,
    )
    return hotfix if ended else None
