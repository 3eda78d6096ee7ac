"""Archive until…: a verified prefix of the audit log moves to a signed file, and the chain goes on from there.

Order of steps: plan → copy the entries into a file beside its place → verify that file from its first entry to its
last, with the checkpoint that ends it → give it its name, durable and read-only → in one transaction of the database:
entry, record of the archive, entries out. A crash before the end of the transaction leaves the log as it was, and
perhaps a whole file, which the next try takes up again.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hotfix_desktop.core.archiving import (
    ArchivePlan,
    ArchiveSeen,
    Stay,
    beginning_of,
    checked_until,
    file_name,
    key_facts,
    limit_of,
)
from hotfix_desktop.core.audit import AuditType, fields_of
from hotfix_desktop.core.checkpoints import parse_note
from hotfix_desktop.core.errors import Refused, StoreError
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.verifying import summary, verify
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.archive_file import discard, publish, sha256_of, write_part
from hotfix_desktop.store.archives import Archive
from hotfix_desktop.store.store import Store

log = logging.getLogger(__name__)


class Verifying(Progress):
    """The progress of the second half of the work, which has a name of its own."""

    def __init__(self, whole: Progress) -> None:
        """Keep who hears of the whole."""
        self._whole = whole

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        """Say that the copy is being verified."""
        self._whole.step(done, total, "verifying the copy")

    def check(self) -> None:
        """Raise ``Cancelled`` if the whole was cancelled."""
        self._whole.check()


@dataclass(frozen=True, slots=True)
class Archived:
    """What was moved, and where to.

    Attributes:
        count: how many entries.
        stays: why entries before the chosen day stayed, in a sentence; empty when none did.
        entry: the number of the entry that says so.
    """

    archive: Archive
    count: int
    stays: str
    entry: int


def plan_archive(bench: Workbench, until: date) -> ArchivePlan:
    """Say what would be moved, and what stays; linear in the log, so never on the window's thread.

    Raises ``InvalidInput`` for a day that is still to come.
    """
    day = checked_until(until, bench.clock.now().utc.date())
    archives = bench.store.archives
    first, newest = archives.bounds()
    since = archives.first_since(beginning_of(day))
    last_of_day = since - 1 if since else newest
    if not first or last_of_day < first:
        return ArchivePlan(day, first, 0, newest)
    stays = tuple(stay for stay in _stays(bench) if stay.seq <= last_of_day)
    ends = archives.last_checkpoint(first, min(last_of_day, limit_of(newest, stays)))
    if ends is None:
        stays = stays or (Stay(first, "they are covered by no signed checkpoint that ends among them"),)
        return ArchivePlan(day, first, 0, newest, stays)
    period = archives.period(first, ends.size)
    upto = period[1] if period else None
    return ArchivePlan(day, first, ends.size, newest, stays, period[0] if period else None, upto, ends.number)


def archive(bench: Workbench, until: date, folder: Path, progress: Progress = NOBODY) -> Archived:
    """Move what was entered before a day to a file in a folder; it can be cancelled until the last transaction.

    Raises ``Denied``, which is an entry; ``InvalidInput``; ``Refused`` when there is nothing to move, the folder
    cannot be used, or the entries are not whole; ``StoreError`` and ``Cancelled``, after which the log is as it was.
    """
    bench.demand(Act.ARCHIVE_AUDIT, AuditType.AUDIT_ARCHIVED, f"archive the audit log until {until.isoformat()}")
    planned = plan_archive(bench, until)
    if planned.why_not():
        raise Refused(planned.why_not())
    made = _write(bench, planned, _target(bench, planned, folder), progress)
    entry = _move(bench, planned, made)
    seal(bench)
    try:
        bench.store.archives.write_back()
    except StoreError as error:
        log.info("the write-ahead log stays long for now: %s", error)
    return Archived(made, planned.count, planned.stays_sentence(), entry)


def archives_seen(store: Store, progress: Progress = NOBODY) -> list[ArchiveSeen]:
    """Look whether the files to which the log was moved are there, and have the SHA-256 that it keeps of them.

    Reads them whole, about a gigabyte a second. What is in them is verified with ``verify`` on each file. Raises
    ``StoreError`` when the log itself cannot be read, and ``Cancelled``.
    """
    seen = []
    for made in store.archives.all():
        problem, digest = "", b""
        try:
            digest = sha256_of(Path(made.path), progress)
        except StoreError as error:
            problem = error.sentence
        seen.append(ArchiveSeen(made.first, made.last, made.path, not problem, digest == made.sha256, problem))
    return seen


def archives_of(path: Path, progress: Progress = NOBODY) -> list[ArchiveSeen]:
    """Do the same for a database or an archive file, which is opened read-only; raises as :func:`archives_seen`."""
    store = Store(path, read_only=True)
    try:
        return archives_seen(store, progress)
    finally:
        store.close()


def _stays(bench: Workbench) -> list[Stay]:
    """Find what is not settled, the earliest entry first."""
    found = []
    unsettled = bench.store.reviews.unsettled()
    seq, number = bench.store.archives.first_of_hotfixes(unsettled)
    if seq:
        hotfix = bench.store.hotfixes.get(number)
        name = hotfix.package_name if hotfix else ""
        is_open = number in {h.number for h in bench.store.hotfixes.not_closed()}
        what = "is open" if is_open else "is not reviewed yet"
        others = f" ({plural(len(unsettled) - 1, 'more is', 'more are')} not settled)" if len(unsettled) > 1 else ""
        found.append(Stay(seq, f"hotfix {number} of {name} {what}{others}"))
    locked = [package.package_id for package in bench.store.packages.all() if package.locked]
    undelivered = {h.number: h.package_name for h in bench.store.hotfixes.last_closed(locked).values()}
    seq, number = bench.store.archives.first_of_hotfixes(undelivered)
    if seq:
        found.append(Stay(seq, f"hotfix {number} of {undelivered[number]} is not delivered"))
    return sorted(found, key=lambda stay: stay.seq)


def _target(bench: Workbench, planned: ArchivePlan, folder: Path) -> Path:
    record = bench.store.administration.workspace()
    assert record is not None  # the role was checked in its log
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}.", "Choose one that is there.")
    return folder.resolve() / file_name(record.title, record.log_id, planned.first, planned.last)


def _write(bench: Workbench, planned: ArchivePlan, target: Path, progress: Progress) -> Archive:
    """Have a verified file at ``target``, and give the record of it."""
    if os.path.lexists(target):
        # From a try that did not come to its end: what counts is what it holds, not who made it.
        made = _examined(bench, planned, target, target, progress)
    else:
        part = write_part(bench.store.path, target, planned.first, planned.last, progress)
        try:
            made = _examined(bench, planned, part, target, progress)
            progress.check()
            publish(part, target)
        except BaseException:
            discard(part)
            raise
    progress.check()
    return made


def _examined(bench: Workbench, planned: ArchivePlan, file: Path, target: Path, progress: Progress) -> Archive:
    """Verify a file whole, and that it holds exactly what is to be moved."""
    stored = bench.store.checkpoints.get(planned.checkpoint)
    record = bench.store.administration.workspace()
    assert stored is not None
    assert record is not None
    copy = Store(file, read_only=True)
    try:
        theirs = copy.administration.workspace()
        if not copy.is_archive or theirs is None or theirs.log_id != record.log_id:
            raise _another(target)
        if copy.archives.bounds() != (planned.first, planned.last) or copy.archives.all() != bench.store.archives.all():
            raise _another(target)
        _demand_whole(file, planned.last, bench, progress)
        head = copy.archives.head_at(planned.last)
    finally:
        copy.close()
    # The hash of the last entry stands for all before it: what was verified there is what the database has.
    if head is None or head != bench.store.archives.head_at(planned.last):
        raise _another(target)
    _demand_roots(stored.note, stored.frontier, planned.last, head)
    before = bench.store.archives.last()
    key = bench.store.archives.key_at(planned.last)
    signed_by = before.signed_by if before else ""
    if key is not None:
        signed_by = key_facts(fields_of(key[1]).detail, key[0])
    digest = sha256_of(file, Within(progress))
    at = bench.clock.now().utc
    return Archive(planned.first, planned.last, head, stored.frontier, signed_by, str(target), digest, at)


def _demand_whole(file: Path, last: int, bench: Workbench, progress: Progress) -> None:
    """Verify every entry of a file, its columns, and the signatures up to its end."""
    verdict = verify(file, bench.clock.now().utc, everything=True, progress=Verifying(progress))
    if verdict.finding is not None:
        raise Refused(
            f"The audit log is {summary(verdict)}, so nothing was archived. {verdict.finding.sentence}",
            "Verify the audit log, and keep the database as evidence.",
        )
    if verdict.signed_upto != last:
        raise Refused(f"Entry {last:,} has no signed checkpoint, so nothing was archived.", "Verify the audit log.")


def _demand_roots(note: str, frontier: bytes, size: int, head: bytes) -> None:
    """Make sure that the Merkle tree can go on: its roots are not signed, but they lead to the one that is."""
    try:
        checkpoint = parse_note(note).checkpoint
        fits = Frontier.from_bytes(size, frontier).root() == checkpoint.root and checkpoint.head == head
    except ValueError:
        fits = False
    if not fits:
        raise Refused(
            f"The checkpoint at entry {size:,} does not fit the log, so nothing was archived.",
            "Verify the audit log, and keep the database as evidence.",
        )


def _another(target: Path) -> Refused:
    return Refused(
        f"{target} is there already and holds something else, so nothing was archived.", "Choose another folder."
    )


def _move(bench: Workbench, planned: ArchivePlan, made: Archive) -> int:
    """Enter it, keep its record, and take its entries out of the database: all, or nothing."""
    with bench.store.transaction():
        # A hotfix may have been found, or somebody else may have archived, since the plan.
        again = plan_archive(bench, planned.until)
        if again.first != planned.first or again.last < planned.last:
            raise Refused("The audit log has changed meanwhile, so nothing was archived.", "Try again.")
        entry = bench.enter(
            bench.event(
                AuditType.AUDIT_ARCHIVED,
                f"Entries {made.first:,} to {made.last:,} (before {planned.until.isoformat()}) moved to {made.path}",
                first=made.first,
                last=made.last,
                until=planned.until.isoformat(),
                head=made.head.hex(),
                sha256=made.sha256.hex(),
                path=made.path,
                signed_by=made.signed_by,
            )
        )
        bench.store.archives.move(made)
    return entry
