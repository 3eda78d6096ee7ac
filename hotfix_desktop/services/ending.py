"""The end of a hotfix, after its files were closed: who still writes, the record, and the new baseline.

Programs that opened a file before the lock can still write to it (``performance.md`` D2), so they are named in
the entry, and what the package contains is kept, for the later looks to compare with.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending, Files, Hotfix
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import plural
from hotfix_desktop.core.writers import Writer, writers_phrase
from hotfix_desktop.services.drift import take_baseline
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Residue:
    """What was found right after closing.

    Attributes:
        writers: the programs that can still write to a file.
        manifest: what the package contains, read before the end was recorded because of them; else None.
    """

    writers: tuple[Writer, ...] = ()
    manifest: Manifest | None = None


def look_for_residue(bench: Workbench, package: StoredPackage) -> Residue:
    """Look for programs that still write to a package that was just closed; the caller holds it.

    Where there are some its contents are read at once: whatever they write from now on is then found.
    """
    stored = bench.store.packages.get(package.package_id) or package  # it may have been renamed meanwhile
    try:
        writers = bench.workspace.writers(stored.found.key)
        return Residue(writers, bench.workspace.survey(stored.found.key) if writers else None)
    except WorkspaceError as error:
        log.info("%s could not be looked at after it was closed: %s", package.found.name, error)
        return Residue()


def keep_baseline(bench: Workbench, package: StoredPackage, found: Residue, progress: Progress = NOBODY) -> None:
    """After the end of a hotfix was recorded, keep what the package contains, unless that was done with it.

    What does not succeed now is done by a beat. Raises ``Cancelled``.
    """
    if found.manifest is not None:
        return
    try:
        take_baseline(bench, package.package_id, progress, checks=0)
    except StoreError as error:
        log.info("%s has no baseline yet: %s", package.found.name, error)


def relock_words(hotfix: Hotfix, now: Moment, *, gone: bool, early: str) -> tuple[Ending, str]:
    """Give how a hotfix ends that the program closes now, and the sentence of its entry.

    ``gone``: there was no folder to close; ``early``: why it is locked before its time, empty when it is not.
    """
    if not hotfix.lease.is_due(now):
        if early:
            return Ending.RELOCKED, f"Locked before the end of its time: {early}"
        return Ending.INTERRUPTED, f"Closed again: the program that worked on it ended half-way: {hotfix.reason}"
    text = "Locked by itself at the end of its time"
    if gone:
        text += "; its folder is not there any more, so nothing was left to close"
    late = int(hotfix.lease.overdue_by(now).total_seconds())
    if late >= 5:
        text += f", {plural(late, 'second')} late"
    return Ending.RELOCKED, f"{text}: {hotfix.reason}"


def finish(
    bench: Workbench,
    package: StoredPackage,
    hotfix: Hotfix,
    ending: Ending,
    kind: AuditType,
    description: str,
    *,
    by_program: bool = False,
    residue: Residue | None = None,
    at: Moment | None = None,
    **detail: object,
) -> bool:
    """Record that a hotfix ended, once its files are closed; True for the one caller that ended it.

    A hotfix that never opened leaves the package as it was; any other leaves it *Locked* until delivery.
    ``at`` is when its files were closed, if that was not just now.
    """
    now = at or bench.clock.now()
    found = residue or Residue()
    by = bench.event(kind, "", by_program=by_program).owner
    if found.writers:
        description += f". Still open for writing: {writers_phrase(found.writers)}"
        detail["writers"] = [asdict(writer) for writer in found.writers]
    with bench.store.transaction():
        if not bench.store.hotfixes.close(hotfix.number, now.utc, by, ending, found.writers):
            # Somebody else has ended it; the files are closed all the same, unless they are open for the next one.
            if package.package_id not in {h.package_id for h in bench.store.hotfixes.not_closed()}:
                bench.store.packages.set_files(package.package_id, Files.CLOSED)
            return False
        bench.store.packages.set_files(package.package_id, Files.CLOSED)
        if ending not in (Ending.FAILED, Ending.CANCELLED):
            bench.store.packages.set_locked(package.package_id, True)
        if found.manifest is not None:
            bench.store.baselines.keep(package.package_id, found.manifest, now, 0)
            bench.store.openings.forget(package.package_id)
        bench.enter(
            bench.event(
                kind,
                description,
                found=package.found,
                hotfix=hotfix,
                by_program=by_program,
                ending=ending.value,
                overdue_seconds=int(hotfix.lease.overdue_by(now).total_seconds()),
                facts=detail,
            )
        )
    return True
