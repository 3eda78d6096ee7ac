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
    before_gaps,
    beginning_of,
    checked_until,
    file_name,
    key_facts,
    limit_of,
    records_digest,
)
from hotfix_desktop.core.audit import AuditType, fields_of
from hotfix_desktop.core.checkpoints import parse_note
from hotfix_desktop.core.errors import Refused, StoreError
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.roles import Act
from hotfix_desktop.services.archive_left_overs import left_overs, remove
from hotfix_desktop.services.archive_records import as_entered, facts_of_record
from hotfix_desktop.services.archive_stays import parted_stay, settled_until
from hotfix_desktop.services.archive_stays import stays as all_stays
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.standing import standing
from hotfix_desktop.services.verifying import summary, verify
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.archive_file import discard, identity, publish, sha256_of, write_part
from hotfix_desktop.store.archives import Archive
from hotfix_desktop.store.store import Store

log = logging.getLogger(__name__)

REMEDY = "Look at what was found: an administrator and an auditor have to acknowledge it before anything is archived."
Known = tuple[int, int, int, int]
"""What a file is known by, see ``store/archive_file.py``."""


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
        removed: the files of earlier tries that were removed.
    """

    archive: Archive
    count: int
    stays: str
    entry: int
    removed: tuple[str, ...] = ()


def plan_archive(bench: Workbench, until: date, folder: Path | None = None) -> ArchivePlan:
    """Say what would be moved, and what stays; linear in the log, so never on the window's thread.

    Left-over files are looked for in ``folder``, and where earlier archives were put. Raises ``InvalidInput`` for a
    day that is still to come.
    """
    day = checked_until(until, bench.clock.now().utc.date())
    archives = bench.store.archives
    first, newest = archives.bounds()
    since = archives.first_since(beginning_of(day))
    last_of_day = since - 1 if since else newest
    if not first or last_of_day < first:
        return ArchivePlan(day, first, 0, newest)
    now = standing(bench)
    if now.refuses and now.finding is not None:
        sentence = f"{now.finding.sentence} Nothing can be archived until that is acknowledged."
        return ArchivePlan(day, first, 0, newest, refused=sentence)
    stays = [stay for stay in all_stays(bench) if stay.seq <= last_of_day]

    def end_at(limit: int) -> int:
        found = archives.last_checkpoint(first, limit)
        return found.size if found else 0

    limit = min(last_of_day, limit_of(newest, stays))
    end, parted = before_gaps(limit, archives.spans_before(limit), end_at)
    if parted is not None:
        stays = sorted([*stays, parted_stay(bench, parted)], key=lambda stay: stay.seq)
    ends = archives.last_checkpoint(first, end)
    if ends is None:
        stays = stays or [Stay(first, "they are covered by no signed checkpoint that ends among them")]
        return ArchivePlan(day, first, 0, newest, tuple(stays))
    period = archives.period(first, ends.size)
    upto = period[1] if period else None
    last = archives.last()
    folders = [*([Path(last.path).parent] if last else []), *([folder] if folder else [])]
    return ArchivePlan(
        day,
        first,
        ends.size,
        newest,
        tuple(stays),
        period[0] if period else None,
        upto,
        ends.number,
        left_over=tuple(map(str, left_overs(bench, folders))),
    )


def archive(bench: Workbench, until: date, folder: Path, progress: Progress = NOBODY) -> Archived:
    """Move what was entered before a day to a file in a folder; it can be cancelled until the last transaction.

    Raises ``Denied``, which is an entry; ``InvalidInput``; ``Refused`` when there is nothing to move, the folder
    cannot be used, or the entries are not whole; ``StoreError`` and ``Cancelled``, after which the log is as it was.
    """
    bench.demand(Act.ARCHIVE_AUDIT, AuditType.AUDIT_ARCHIVED, f"archive the audit log until {until.isoformat()}")
    planned = plan_archive(bench, until, folder)
    if planned.why_not():
        raise Refused(planned.why_not(), REMEDY if planned.refused else "")
    target = _target(bench, planned, folder)
    removed = remove(bench, map(Path, planned.left_over), target, progress)
    made, known = _write(bench, planned, target, progress)
    entry = _move(bench, planned, made, known)
    seal(bench)
    try:
        bench.store.archives.write_back()
    except StoreError as error:
        log.info("the write-ahead log stays long for now: %s", error)
    return Archived(made, planned.count, planned.stays_sentence(), entry, removed)


def archives_seen(store: Store, progress: Progress = NOBODY) -> list[ArchiveSeen]:
    """Look whether the files to which the log was moved are there, and have the SHA-256 that it keeps of them.

    Reads them whole, about a gigabyte a second. What is in them is verified with ``verify`` on each file. Raises
    ``StoreError`` when the log itself cannot be read, and ``Cancelled``.
    """
    seen = []
    records = store.archives.all()
    trusted = as_entered(store, records)
    for made in records:
        problem, digest = "", b""
        try:
            digest = sha256_of(Path(made.path), progress)
        except StoreError as error:
            problem = error.sentence
        seen.append(
            ArchiveSeen(made.first, made.last, made.path, not problem, digest == made.sha256, problem, made in trusted)
        )
    return seen


def archives_of(path: Path, progress: Progress = NOBODY) -> list[ArchiveSeen]:
    """Do the same for a database or an archive file, which is opened read-only; raises as :func:`archives_seen`."""
    store = Store(path, read_only=True)
    try:
        return archives_seen(store, progress)
    finally:
        store.close()


def _target(bench: Workbench, planned: ArchivePlan, folder: Path) -> Path:
    record = bench.store.administration.workspace()
    assert record is not None  # the role was checked in its log
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}.", "Choose one that is there.")
    return folder.resolve() / file_name(record.title, record.log_id, planned.first, planned.last)


def _write(bench: Workbench, planned: ArchivePlan, target: Path, progress: Progress) -> tuple[Archive, Known]:
    """Have a verified file at ``target``, and give the record of it and what it is known by."""
    if os.path.lexists(target):
        # From a try that did not come to its end: what counts is what it holds, not who made it.
        known = identity(target)
        made = _examined(bench, planned, target, target, progress)
    else:
        part = write_part(bench.store.path, target, planned.first, planned.last, progress)
        try:
            made = _examined(bench, planned, part, target, progress)
            progress.check()
            publish(part, target)
            known = identity(target)
        except BaseException:
            discard(part)
            raise
    progress.check()
    return made, known


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


def _demand_still(bench: Workbench, planned: ArchivePlan, made: Archive, known: Known) -> None:
    """Raise ``Refused`` when the plan does not hold any more; short, for the database is locked meanwhile."""
    archives = bench.store.archives
    first, newest = archives.bounds()
    # A hotfix may have been found, or somebody else may have archived or cleared up, since the plan.
    if (
        first != planned.first
        or limit_of(newest, all_stays(bench)) < planned.last
        or archives.goes_over(planned.last, planned.newest)
        or identity(Path(made.path)) != known
    ):
        raise Refused("The audit log has changed meanwhile, so nothing was archived.", "Try again.")


def _move(bench: Workbench, planned: ArchivePlan, made: Archive, known: Known) -> int:
    """Enter it, keep its record, and take its entries out of the database: all, or nothing."""
    with bench.store.transaction():
        _demand_still(bench, planned, made, known)
        entry = bench.enter(
            bench.event(
                AuditType.AUDIT_ARCHIVED,
                f"Entries {made.first:,} to {made.last:,} (before {planned.until.isoformat()}) moved to {made.path}",
                facts=facts_of_record(made),
                until=planned.until.isoformat(),
                earlier=records_digest(map(facts_of_record, bench.store.archives.all())),
                settled=settled_until(bench, made.last),
            )
        )
        bench.store.archives.move(made)
    return entry
