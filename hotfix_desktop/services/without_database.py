"""Relocks while the database is away: what was known to be open is closed, and the side journal remembers it.

A disk that is full, a database that somebody holds or that is gone may refuse an unlock, never a relock
(``design.md`` 5, P1). The relocker therefore keeps in memory what each beat read: leases and closing records.
"""

from __future__ import annotations

import base64
import logging
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
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

LONGEST_MODES = 2 * 1024
"""Characters of a closing record that the side journal takes, whose room is limited; a longer one stays in memory."""


@dataclass(frozen=True, slots=True)
class _Known:
    hotfix: Hotfix
    package: StoredPackage
    record: bytes


@dataclass(slots=True)
class WithoutDatabase:
    """What a relocker needs to close what is open without asking the database."""

    _known: dict[int, _Known] = field(default_factory=dict)
    _records: dict[int, bytes] = field(default_factory=dict)
    """The modes of what was closed here, which the database does not know yet."""
    _unwritten: dict[int, JournalRecord] = field(default_factory=dict)
    _written: set[int] = field(default_factory=set)
    _mine: Lock = field(default_factory=Lock)
    """A beat that hangs holds nothing: another thread comes to its rescue."""

    @property
    def is_done(self) -> bool:
        """Whether nothing that is known to be open is left to be closed or noted."""
        return self._known.keys() <= self._written

    def has_noted(self, hotfixes: Iterable[int]) -> bool:
        """Whether all of these are closed and in the side journal."""
        return self._written.issuperset(hotfixes)

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
        for number, known in self._known.items():
            # Closed by somebody: forgotten. Unknown to this database: then it is not the one that was read before.
            if number not in new and bench.store.hotfixes.get(number) is None:
                new[number] = known
        with self._mine:
            self._known = new
            self._written &= new.keys()
            self._unwritten = {number: record for number, record in self._unwritten.items() if number in new}
            self._records = {number: record for number, record in self._records.items() if number in new}

    def hand_over(self, bench: Workbench) -> None:
        """Store how the files were that were closed here, unless their hotfix has ended meanwhile.

        Before anything of it goes through the database again. Raises ``StoreError``.
        """
        with self._mine:
            records = dict(self._records)
        for number, record in records.items():
            with bench.store.transaction():
                hotfix = bench.store.hotfixes.get(number)
                if hotfix is not None and hotfix.state is not HotfixState.CLOSED:
                    bench.store.packages.keep_record(hotfix.package_id, record)
            with self._mine:
                self._records.pop(number, None)

    def close_due(self, bench: Workbench, now: Moment, why: StoreError, early: str = "") -> tuple[str, ...]:
        """Close what is due and was not closed yet, and note it in the side journal; gives the packages' names.

        With ``early``, the reason, everything that is known to be open is closed before its time. Raises nothing:
        what cannot be closed or noted now is tried again at the next beat. May be called from another thread
        while the beat hangs.
        """
        with self._mine:
            return self._close_due(bench, now, why, early)

    def _close_due(self, bench: Workbench, now: Moment, why: StoreError, early: str) -> tuple[str, ...]:
        closed = []
        for number, known in self._known.items():
            is_due = known.hotfix.lease.is_due(now)
            if number in self._written or not (is_due or early):
                continue
            if number not in self._unwritten:
                try:
                    self._unwritten[number] = self._close(bench, known, now, why, "" if is_due else early)
                except WorkspaceError as error:
                    log.warning("%s could not be locked and is tried again: %s", known.hotfix.package_name, error)
                    continue
                closed.append(known.hotfix.package_name)
        for number, record in list(self._unwritten.items()):
            if _note(bench, record):
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

    def _close(self, bench: Workbench, known: _Known, now: Moment, why: StoreError, early: str) -> JournalRecord:
        key, number = known.package.found.key, known.hotfix.number
        bench.workspace.demand_same(key, known.record)
        if bench.workspace.look(key) is not Openness.MISSING:
            record = known.record
            try:
                # What is new since the unlock is not in the record of the last closing.
                record = self._records.setdefault(number, bench.workspace.record(key, known.record))
            except WorkspaceError as error:
                log.info("%s is closed with what was known of it: %s", known.hotfix.package_name, error)
            # Not only when it looks open: whoever began to close it may have got half-way.
            bench.workspace.close(key, record)
        log.warning("%s was locked without the database: %s", known.hotfix.package_name, why)
        late = int(known.hotfix.lease.overdue_by(now).total_seconds())
        modes = _as_text(self._records.get(number, b""))
        return JournalRecord(number, now, why.sentence, bench.workspace.writers(key), late, early, modes)


def _note(bench: Workbench, record: JournalRecord) -> bool:
    """Put a record into the side journal, without the modes where these find no room: the lock is what counts."""
    for shorter in (record, replace(record, modes="")) if record.modes else (record,):
        try:
            bench.store.journal.append(shorter)
        except StoreError as error:
            log.warning("A relock could not be noted yet: %s (%s)", error, error.details)
        else:
            return True
    return False


def _as_text(record: bytes) -> str:
    text = base64.b64encode(zlib.compress(record)).decode() if record else ""
    return text if len(text) <= LONGEST_MODES else ""


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
    if record.modes:
        bench.store.packages.keep_record(package.package_id, zlib.decompress(base64.b64decode(record.modes)))
    how = f"before the end of its time at {at} ({record.early})" if record.early else f"by itself at {at}{late}"
    ended = finish(
        bench,
        package,
        hotfix,
        Ending.RELOCKED,
        AuditType.RELOCKED,
        f"Locked {how}, while nothing could be entered here: {hotfix.reason}",
        by_program=True,
        residue=Residue(record.writers),
        at=record.at,
        entered_late=record.why,
        journal=record.journal_id,
    )
    return hotfix if ended else None
