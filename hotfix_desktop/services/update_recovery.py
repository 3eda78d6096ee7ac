"""Finishing an update that was decided, and undoing one that was not: by its maker, or whoever comes after a kill.

The caller of everything but :func:`recover` holds the lock ``workspace``; ``finish`` needs those of the packages, too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.deliveries import DeliveryKind, Receipt
from hotfix_desktop.core.errors import Busy, HotfixError, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Files, Kept
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.packages import FoundPackage, Openness
from hotfix_desktop.services.catalogue import kept_by_name
from hotfix_desktop.services.closing import freeze_closed
from hotfix_desktop.services.comparing import DONE
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.undelivered import enter_delivery
from hotfix_desktop.services.update_late import keep_latest, late_writes
from hotfix_desktop.services.update_steps import Step, decode, encode, without_records
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage
from hotfix_desktop.store.updates import StoredUpdate, UpdateState

log = logging.getLogger(__name__)

LOCK, LOCKED = "workspace", "this workspace"


def recover(bench: Workbench) -> tuple[str, ...]:
    """Finish or undo what a kill has left of updates; gives the names of the packages. Cheap when there is nothing.

    What somebody is at just now is left to him. Raises ``WorkspaceError`` and ``StoreError``; call it again then.
    """
    if not bench.store.updates.pending():
        return ()
    try:
        with bench.store.exclusive.holding(LOCK, LOCKED):
            names = recover_held(bench)
    except Busy as error:
        log.info("an update is left to another program: %s", error)
        return ()
    if names:
        seal(bench)
    return names


def recover_held(bench: Workbench) -> tuple[str, ...]:
    """Do the same as :func:`recover`, for one who holds the workspace; raises ``Busy``, too."""
    names: list[str] = []
    for update in bench.store.updates.pending():
        steps = decode(update.plan)
        names += [step.name for step in steps]
        if update.state is UpdateState.STAGED:
            undo(bench, update.number, steps, f"The program that made the update {update.archive} ended half-way")
            continue
        with holding_packages(bench, steps):
            replaced = None
            if update.state is UpdateState.SWAPPING:
                replaced = finish(bench, update, steps, by_program=True)
            tidy(bench, update.number, steps, replaced)
    return tuple(names)


def is_settled(bench: Workbench) -> bool:
    """Recover, and say whether every package is whole: then what it contains may be compared. Raises ``StoreError``."""
    if not bench.store.updates.pending():
        return True
    try:
        for name in recover(bench):
            log.info("an interrupted update of %s was brought to an end", name)
    except StoreError:
        raise
    except HotfixError as error:
        log.info("an interrupted update could not be brought to an end yet: %s (%s)", error, error.details)
    return not any(update.state is UpdateState.SWAPPING for update in bench.store.updates.pending())


@contextmanager
def holding_packages(bench: Workbench, steps: Sequence[Step], patience: float = 0.0) -> Iterator[None]:
    """Hold all packages of an update, in the order of their numbers; raises ``Busy``."""
    with ExitStack() as held:
        for number, name in sorted((s.package_id, s.name) for s in steps if s.package_id is not None):
            held.enter_context(bench.store.exclusive.holding(f"package-{number}", name, patience))
        yield


def undo(bench: Workbench, number: int, steps: Sequence[Step], why: str, *, by_program: bool = True) -> None:
    """Remove what was staged, and say so: nothing else was touched."""
    for step in steps:
        if step.swap is not None:
            bench.workspace.tidy(step.swap)
    with bench.store.transaction():
        if bench.store.updates.set_state(number, UpdateState.STAGED, UpdateState.UNDONE):
            _enter_undone(bench, number, steps, why, by_program=by_program)


def finish(
    bench: Workbench,
    update: StoredUpdate,
    steps: Sequence[Step],
    known: Mapping[str, Manifest] | None = None,
    *,
    by_program: bool = False,
) -> Mapping[str, Manifest]:
    """Put everything in its place and record it; what cannot be put there has all of it put back.

    ``known`` is what the new folders contain, by key, where it was read just now. Gives what the old ones contain.
    Raises ``WorkspaceError`` after everything is back, and ``StoreError``; the update then waits for :func:`recover`.
    """
    try:
        for step in steps:
            if step.swap is not None:
                _thaw(bench, step)
                bench.workspace.swap(step.swap)
    except WorkspaceError as error:
        _take_back(bench, update, steps, error, by_program=by_program)
        raise WorkspaceError(f"Nothing was updated. {error.sentence}", error.remedy, error.details) from error
    late = {step.key: late_writes(bench, step) for step in steps}
    replaced = {key: now for key, (_, now) in late.items()}
    contents = {step.key: _contents(bench, step, known or {}) for step in steps if step.is_closed}
    listing = bench.workspace.list_packages()
    new = {step.key: Kept.NO for step in steps if step.package_id is None}
    with bench.store.transaction():
        if not bench.store.updates.set_state(
            update.number, UpdateState.SWAPPING, UpdateState.TIDYING, encode(without_records(steps))
        ):
            return replaced
        bench.store.packages.remember(listing.packages, {**kept_by_name(listing.packages), **new})
        by_key = {package.found.key: package for package in bench.store.packages.all()}
        for step in steps:
            package = by_key.get(step.key)
            if package is not None:  # else its folder was taken away just now: a look for drift will tell
                _record(bench, update, step, package, contents.get(step.key), late[step.key][0], by_program)
    for step in steps:
        package = by_key.get(step.key)
        if package is not None and step.is_closed and step.swap is not None:
            freeze_closed(bench, package.package_id)
    return replaced


def tidy(
    bench: Workbench, number: int, steps: Sequence[Step], replaced: Mapping[str, Manifest] | None = None
) -> tuple[str, ...]:
    """Remove what was there before; gives the paths that programs have written to meanwhile, which are kept.

    ``replaced`` is what :func:`finish` saw there. Raises ``WorkspaceError``, ``StoreError``; call it again then.
    """
    late: list[str] = []
    for step in steps:
        if step.swap is not None:
            late += keep_latest(bench, number, step, None if replaced is None else replaced.get(step.key))
            bench.workspace.tidy(step.swap)
    bench.store.updates.set_state(number, UpdateState.TIDYING, UpdateState.DONE)
    return tuple(late)


def _thaw(bench: Workbench, step: Step) -> None:
    """Take the immutable flag from a package, or it cannot be moved."""
    package = bench.store.packages.get(step.package_id) if step.package_id is not None else None
    if package is not None and package.frozen and bench.workspace.look(step.key) is not Openness.MISSING:
        bench.workspace.thaw(step.key)


def _take_back(
    bench: Workbench, update: StoredUpdate, steps: Sequence[Step], error: WorkspaceError, *, by_program: bool
) -> None:
    for step in reversed(steps):
        if step.swap is not None:
            bench.workspace.swap_back(step.swap)
    with bench.store.transaction():
        if bench.store.updates.set_state(update.number, UpdateState.SWAPPING, UpdateState.UNDONE):
            _enter_undone(bench, update.number, steps, error.sentence.rstrip("."), by_program=by_program)
    for step in steps:
        if step.swap is not None:
            try:
                bench.workspace.tidy(step.swap)
            except WorkspaceError as second:
                log.warning("what was made for an update could not be removed: %s", second)


def _contents(bench: Workbench, step: Step, known: Mapping[str, Manifest]) -> Manifest:
    """Give what the package contains now; what differs from what was decided is found as drift by a later look."""
    now = bench.workspace.survey(step.key, known.get(step.key))
    return now if now.digest() == step.after else bench.contents.tree(step.after)


def _record(
    bench: Workbench,
    update: StoredUpdate,
    step: Step,
    package: StoredPackage,
    contents: Manifest | None,
    before: bytes,
    by_program: bool,
) -> None:
    store, number = bench.store, package.package_id
    if step.swap is not None:
        store.packages.set_frozen(number, False)
    if step.is_closed:
        if step.swap is not None:
            store.packages.keep_record(number, step.swap.record)
        store.packages.set_files(number, Files.CLOSED)
        store.packages.set_kept(number, Kept.NO)
        if contents is not None:
            store.baselines.keep(number, contents, bench.clock.now(), DONE)
        store.baselines.forget_drift(number)
    store.packages.set_locked(number, step.stays_locked)
    store.updates.keep_package(update.number, number, before, step.delivered, step.after, step.decision)
    sentence = step.sentence
    if before != step.before:
        sentence += "; what a program wrote to it meanwhile is kept in the content store"
    if by_program:
        sentence += f"; begun by {update.begun_by}, and finished after an interruption"
    kind = AuditType.PACKAGE_INSTALLED if step.package_id is None else AuditType.PACKAGE_UPDATED
    facts = {**step.facts, "before": before.hex(), "update": update.number}
    bench.enter(bench.event(kind, sentence, found=package.found, by_program=by_program, facts=facts))
    if step.home:
        receipt = Receipt(
            DeliveryKind.AS_USUAL,
            f"Delivered as usual: {update.archive} contains its changes",
            {"archive": update.archive, "sha256": update.sha256.hex(), "update": str(update.number)},
        )
        enter_delivery(bench, step.home, receipt, package.found, by_program=by_program)


def _enter_undone(bench: Workbench, number: int, steps: Sequence[Step], why: str, *, by_program: bool) -> None:
    for step in steps:
        bench.enter(
            bench.event(
                AuditType.UPDATE_UNDONE,
                f"Not updated, and everything is as it was: {why}",
                result=AuditResult.FAILURE,
                found=_found(bench, step),
                by_program=by_program,
                update=number,
                name=step.name,
            )
        )


def _found(bench: Workbench, step: Step) -> FoundPackage | None:
    package = bench.store.packages.get(step.package_id) if step.package_id is not None else None
    return package.found if package else None
