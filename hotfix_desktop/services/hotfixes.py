"""Unlock for hotfix, lock after hotfix, extend: the verbs of the program.

Order of steps (``design.md`` 5): *unlock* = guard alive, and room for the entry of a relock → look for drift →
record (state, lease and intent entry in one durable transaction) → keep what the package contains → open the files →
record that they are open. *lock* = close the files → name the programs that still write → record → keep what the
package contains now, and what the hotfix changed.
Both end with a seal of the log, which may fail without them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import Cancelled, HotfixError, InvalidInput, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import (
    Ending,
    Files,
    Hotfix,
    UnlockRequest,
    extension_minutes,
    unlock_request,
    why_not_lock,
    why_not_unlock,
)
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import REASON_LIMIT, clean_line, plural
from hotfix_desktop.services.catalogue import status_of
from hotfix_desktop.services.closing import begin_opening, close_files, is_gone, open_files, working_on
from hotfix_desktop.services.drift import look_inside
from hotfix_desktop.services.ending import Residue, finish, keep_baseline, look_for_residue
from hotfix_desktop.services.protection import demand_protected
from hotfix_desktop.services.recording import record_before, record_pending
from hotfix_desktop.services.revert_ends import settle_revert
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.standing import demand_in_order
from hotfix_desktop.services.untouched import keep_before, pack_before
from hotfix_desktop.services.update_recovery import recover
from hotfix_desktop.services.workbench import Workbench, unknown_package
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)


def unlock(
    bench: Workbench,
    package_id: int,
    reason: str,
    ticket: str = "",
    minutes: str | int | None = None,
    progress: Progress = NOBODY,
) -> Hotfix:
    """Unlock a package for a hotfix: its files are open when this returns.

    Raises:
        InvalidInput: for a reason, ticket or number of minutes that the rules refuse.
        Denied: when the person is no System administrator; that is an entry.
        Refused: when the package is unknown, open, modifiable, not synchronised or gone, or the audit log was
            rolled back, cut off or replaced and nobody has acknowledged that.
        WorkspaceError, StoreError, Cancelled: the package was closed again, or never opened.
    """
    package = _known(bench, package_id)
    bench.demand(Act.UNLOCK, AuditType.UNLOCK_REQUESTED, "unlock for hotfix", package.found)
    demand_protected(bench)
    request = unlock_request(reason, ticket, minutes, bench.store.administration.settings())
    demand_in_order(bench)
    recover(bench)
    with working_on(bench, package):
        bench.guard.ensure()
        bench.store.journal.prepare()
        before = _look_for_drift(bench, package, Within(progress))
        packed = pack_before(bench, package_id, before)
        hotfix = _record_intent(bench, package_id, request)
        try:
            bench.guard.ensure()  # one that was about to end for want of work has perhaps not seen the intent
            record_before(bench, hotfix, Within(progress), before)
            opened = open_files(bench, package, progress)
            keep_before(bench, hotfix, before, packed, opened)
            _record_open(bench, package, hotfix)
        except (Refused, WorkspaceError, StoreError, Cancelled) as error:
            closed = _close_again(bench, package, hotfix, error)
            raise _told(package, error, closed) from error
    seal(bench)
    unlocked = bench.store.hotfixes.get(hotfix.number)
    assert unlocked is not None
    return unlocked


def lock(bench: Workbench, package_id: int, progress: Progress = NOBODY) -> Hotfix:
    """Lock a package after its hotfix: its files are read-only when this returns.

    Raises ``Refused`` when it is not open, ``Denied``, ``Busy``, and ``WorkspaceError`` or ``StoreError``
    when it could not be closed; the relocker then goes on trying from the next beat on.
    A cancel raises ``Cancelled`` and leaves what is closed closed; the relocker finishes it.
    """
    number = _locked(bench, package_id, progress)
    _record_changes(bench, progress)
    seal(bench)
    closed = bench.store.hotfixes.get(number)
    assert closed is not None
    return closed


def _locked(bench: Workbench, package_id: int, progress: Progress) -> int:
    """Lock without a seal; gives the number of the hotfix."""
    package = _known(bench, package_id)
    bench.demand(Act.LOCK, AuditType.LOCKED, "lock after hotfix", package.found)
    with working_on(bench, package):
        status = status_of(bench, package_id)
        sentence = why_not_lock(status)
        if sentence or status.hotfix is None:
            raise Refused(sentence)
        hotfix = status.hotfix
        gone = False
        try:
            gone = is_gone(bench, package_id)
            if not gone:
                settle_revert(bench, package, hotfix)
                close_files(bench, package_id, progress, must=True)
        except WorkspaceError as error:
            bench.enter_alone(
                bench.event(
                    AuditType.LOCK_FAILED,
                    error.sentence,
                    result=AuditResult.FAILURE,
                    found=package.found,
                    hotfix=hotfix,
                )
            )
            raise
        except StoreError as error:
            raise _closed_unrecorded(bench, package, error) from error
        found = Residue() if gone else look_for_residue(bench, package)
        try:
            finish(
                bench,
                package,
                hotfix,
                Ending.LOCKED,
                AuditType.LOCKED,
                f"Locked after hotfix: {hotfix.reason}"
                + ("; its folder is not there any more, so nothing was left to close" if gone else ""),
                residue=found,
            )
        except StoreError as error:
            raise _closed_unrecorded(bench, package, error) from error
        if not gone:
            keep_baseline(bench, package, found)
    return hotfix.number


@dataclass(frozen=True, slots=True)
class LockedAll:
    """What *Lock all* achieved."""

    locked: tuple[str, ...]
    failed: tuple[tuple[str, HotfixError], ...]


def lock_all(bench: Workbench, progress: Progress = NOBODY) -> LockedAll:
    """Lock every open package; one that cannot be locked does not keep the others open."""
    locked: list[str] = []
    failed: list[tuple[str, HotfixError]] = []
    open_now = bench.store.hotfixes.not_closed()
    try:
        for number, hotfix in enumerate(open_now):
            progress.step(number, len(open_now), hotfix.package_name)
            try:
                _locked(bench, hotfix.package_id, progress)
            except Cancelled:
                raise
            except HotfixError as error:
                failed.append((hotfix.package_name, error))
            else:
                locked.append(hotfix.package_name)
    finally:
        if locked:
            _record_changes(bench, NOBODY)
            seal(bench)  # once, after all are closed
    return LockedAll(tuple(locked), tuple(failed))


def extend(bench: Workbench, package_id: int, minutes: str | int | None = None, reason: str = "") -> Hotfix:
    """Give an open package more time: the step of the settings, or so many minutes, within the limit.

    ``reason`` says why; the settings may demand one. Raises ``Refused`` when it is not open, due, or at the
    limit, ``InvalidInput`` for nonsense and for a reason that is needed and missing, ``Denied``.
    """
    package = _known(bench, package_id)
    bench.demand(Act.EXTEND, AuditType.EXTENDED, "extend hotfix", package.found)
    settings = bench.store.administration.settings()
    why = clean_line(reason, "reason", "A reason", REASON_LIMIT)
    if settings.extension_reason and not why:
        raise InvalidInput("reason", "A reason is needed to extend a hotfix here.")
    with bench.store.transaction():
        status = status_of(bench, package_id)
        hotfix = status.hotfix
        if not status.is_open or hotfix is None:
            raise Refused(f"{status.name} is not unlocked, so there is nothing to extend.")
        added = extension_minutes(hotfix, minutes, settings, bench.clock.now())
        lease = hotfix.lease.extended(added)
        if not bench.store.hotfixes.extend(hotfix, lease, added):
            raise Refused(f"{status.name} was changed by another window just now; look again before extending.")
        bench.enter(
            bench.event(
                AuditType.EXTENDED,
                f"Extended by {plural(added, 'minute')}: {why or hotfix.reason}",
                found=package.found,
                hotfix=hotfix,
                minutes=added,
                facts={"extension_reason": why} if why else {},
                deadline=lease.deadline.isoformat(),
                deadline_before=hotfix.lease.deadline.isoformat(),
            )
        )
    longer = bench.store.hotfixes.get(hotfix.number)
    assert longer is not None
    return longer


def _look_for_drift(bench: Workbench, package: StoredPackage, progress: Progress) -> Manifest | None:
    """Enter what was changed behind the program's back, before the hotfix could be blamed for it.

    Gives what the package contains, where that can be said.
    """
    try:
        return look_inside(bench, package.package_id, progress)
    except WorkspaceError as error:
        log.info("%s could not be compared with its baseline: %s", package.found.name, error)
        return None


def _record_changes(bench: Workbench, progress: Progress) -> None:
    """After everything is locked, record what was changed; what fails does the next beat of a relocker."""
    try:
        record_pending(bench, Within(progress))
    except StoreError as error:
        log.info("what was changed could not be recorded yet: %s", error)


def _known(bench: Workbench, package_id: int) -> StoredPackage:
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    return package


def _record_intent(bench: Workbench, package_id: int, request: UnlockRequest) -> Hotfix:
    with bench.store.transaction():
        # Looked at again inside the transaction: another window may have been faster.
        demand_protected(bench)
        status = status_of(bench, package_id)
        sentence = why_not_unlock(status)
        if sentence:
            raise Refused(sentence)
        now = bench.clock.now()
        hotfix = bench.store.hotfixes.begin(package_id, status.found, request, bench.person.user, now)
        contents = _contents(bench, package_id)
        begin_opening(bench, package_id)
        bench.enter(
            bench.event(
                AuditType.UNLOCK_REQUESTED,
                f"Unlock for {plural(request.minutes, 'minute')} requested: {request.reason}",
                found=status.found,
                hotfix=hotfix,
                minutes=request.minutes,
                facts=contents,
                deadline=hotfix.lease.deadline.isoformat(),
            )
        )
    return hotfix


def _contents(bench: Workbench, package_id: int) -> dict[str, object]:
    """Give the digest of what a package contains before it opens, for its reviewer; nothing where that is not sure."""
    baseline = bench.store.baselines.get(package_id)
    drift = bench.store.baselines.drift(package_id)
    return {"contents": baseline.digest.hex()} if baseline is not None and drift is None else {}


def _record_open(bench: Workbench, package: StoredPackage, hotfix: Hotfix) -> None:
    with bench.store.transaction():
        if not bench.store.hotfixes.mark_open(hotfix.number):
            raise WorkspaceError(f"{package.found.name} was locked by another program while it was being opened.")
        bench.store.packages.set_files(package.package_id, Files.OPEN)
        bench.enter(
            bench.event(
                AuditType.UNLOCKED,
                f"Unlocked for hotfix: {hotfix.reason}",
                found=package.found,
                hotfix=hotfix,
                deadline=hotfix.lease.deadline.isoformat(),
            )
        )


def _close_again(bench: Workbench, package: StoredPackage, hotfix: Hotfix, error: HotfixError) -> bool:
    """Undo a half-done unlock; False when its files cannot be closed now, and the relocker goes on trying."""
    ending = Ending.CANCELLED if isinstance(error, Cancelled) else Ending.FAILED
    why = "the unlock was cancelled" if ending is Ending.CANCELLED else f"the unlock failed: {error.sentence}"
    steps: tuple[Callable[[], object], ...] = (
        lambda: close_files(bench, package.package_id, must=True),
        lambda: finish(bench, package, hotfix, ending, AuditType.LOCKED, f"Closed again, {why}", by_program=True),
        lambda: keep_baseline(bench, package, Residue()),
    )
    for step in steps:
        try:
            step()
        except (WorkspaceError, StoreError) as second:
            # The hotfix stays *opening* in the database with nobody working on it, which the next beat of any
            # relocker closes. The first error is the one to tell, the second goes along.
            error.details = f"{error.details}\nClosing it again failed, too: {second}".strip()
            return _is_closed(bench, package)
    return True


def _closed_unrecorded(bench: Workbench, package: StoredPackage, error: StoreError) -> StoreError:
    """Say of a lock that failed in the database what became of the files."""
    if not _is_closed(bench, package):
        return error
    return StoreError(
        f"The files of {package.found.name} are closed, but that could not be recorded yet; the guard does it.",
        error.remedy,
        f"{error.sentence}\n{error.details}".strip(),
    )


def _is_closed(bench: Workbench, package: StoredPackage) -> bool:
    try:
        return bench.workspace.look(package.found.key) is Openness.CLOSED
    except WorkspaceError:
        return False


def _told(package: StoredPackage, error: HotfixError, closed: bool) -> HotfixError:
    name = package.found.name
    kind = StoreError if isinstance(error, StoreError) else WorkspaceError
    if not closed:
        sentence = f"{name} was not unlocked, but could not be closed again yet; that is tried until it works."
        return kind(f"{sentence} {error.sentence}", error.remedy, error.details)
    if isinstance(error, Cancelled):
        return Cancelled(f"Cancelled: {name} stays closed.")
    return kind(f"{name} was not unlocked and stays closed. {error.sentence}", error.remedy, error.details)
