"""Puts files of an unlocked package back as they were before its hotfix, and says so in the audit log.

Order of steps: find what differs → keep what lies there in the content store → enter what is about to happen → put
the files back one by one, each whole. What stops that half-way has it undone, and that is an entry, too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.changes import Change, ChangeSet, changes_between, shown
from hotfix_desktop.core.errors import HotfixError, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.catalogue import status_of
from hotfix_desktop.services.closing import working_on
from hotfix_desktop.services.workbench import Workbench, unknown_package
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)

_NAMED = 3
"""Paths in the description of an entry."""
_LISTED = 200
"""Paths in its details."""
_Step = tuple[bytes, Fact | None]
"""A path, and what is to lie there; None for nothing."""


def revert(bench: Workbench, package_id: int, paths: Sequence[bytes] | None = None, progress: Progress = NOBODY) -> int:
    """Put some changed files (``Change.path``), or all, back as they were before the hotfix; gives how many changes.

    What is overwritten or removed is kept in the content store first, under the tree that the entry names.

    Raises:
        Denied: the person is no System administrator; that is an entry.
        Refused: the package is not unlocked or its time is over, a path is none that was changed, or somebody
            else is changing the files right now.
        WorkspaceError, StoreError, Cancelled: nothing was changed, or what was changed was put back.
    """
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    bench.demand(Act.REVERT, AuditType.CHANGES_REVERTED, "revert changes", package.found)
    with working_on(bench, package):
        hotfix = _open_hotfix(bench, package_id)
        key, record = package.found.key, bench.store.packages.record(package_id)
        if record is not None:
            bench.workspace.demand_same(key, record)
        before = _before(bench, hotfix)
        now = bench.workspace.survey(key, None, Within(progress))
        chosen = _chosen(changes_between(before, now.knowing(before)), paths)
        kept = bench.contents.record(now, lambda some: bench.workspace.read(key, some, Within(progress)), pinned=True)
        steps = _steps(chosen, before, now)
        _demand_all_kept(bench, package, steps, kept)
        _demand_quiet(bench, package, steps, kept, progress)
        bench.enter_alone(
            bench.event(
                AuditType.CHANGES_REVERTED,
                f"Reverted to before the hotfix: {_named(chosen)}",
                found=package.found,
                hotfix=hotfix,
                count=len(chosen),
                paths=[change.shown for change in chosen[:_LISTED]],
                kept=kept.digest().hex(),
            )
        )
        _take(bench, package, hotfix, steps, kept, progress)
    return len(chosen)


def _open_hotfix(bench: Workbench, package_id: int) -> Hotfix:
    status = status_of(bench, package_id)
    hotfix = status.hotfix
    if not status.is_open or hotfix is None or hotfix.state is not HotfixState.OPEN:
        raise Refused(f"{status.name} is not unlocked, so nothing of it can be reverted.")
    if hotfix.lease.is_due(bench.clock.now()):
        raise Refused(f"The time of {status.name} is over; nothing of it can be reverted any more.")
    return hotfix


def _before(bench: Workbench, hotfix: Hotfix) -> Manifest:
    trees = bench.store.fixes.of(hotfix.number)
    if trees is None:
        raise Refused(
            f"What {hotfix.package_name} contained before this hotfix was not recorded, so nothing can be reverted."
        )
    return bench.contents.tree(trees.before)


def _chosen(changes: ChangeSet, paths: Sequence[bytes] | None) -> list[Change]:
    if paths is None:
        if not changes.count:
            raise Refused("Nothing has changed since the unlock, so there is nothing to revert.")
        return list(changes.changes)
    by_path = {change.path: change for change in changes.changes}
    for path in paths:
        if path not in by_path:
            raise Refused(f"{shown(path)} does not differ from before the hotfix (any more).")
    if not paths:
        raise Refused("No file was chosen to be reverted.")
    return [by_path[path] for path in dict.fromkeys(paths)]


def _steps(changes: Iterable[Change], before: Manifest, now: Manifest) -> list[_Step]:
    """Give what to do, removals first: what they leave may be a folder where a file was, or the other way round."""
    gone: list[bytes] = []
    back: list[_Step] = []
    for change in changes:
        if change.before is None or change.old_path:
            gone.append(change.path)
        if change.before is not None:
            back.append((change.old_path or change.path, change.before))
    folders = {
        folder
        for path in gone
        for folder in _above(path)
        if folder not in before.items or before.items[folder].kind is not Kind.FOLDER
    }
    removed = sorted({*gone, *(folder for folder in folders if folder in now.items)}, reverse=True)
    return [*((path, None) for path in removed), *sorted(back, key=lambda step: step[0])]


def _above(path: bytes) -> Iterator[bytes]:
    while b"/" in path:
        path = path.rpartition(b"/")[0]
        yield path


def _demand_all_kept(bench: Workbench, package: StoredPackage, steps: Sequence[_Step], kept: Manifest) -> None:
    """Refuse when contents to be put back are not there, or contents to be overwritten could not be kept."""
    wanted = {fact.digest: path for path, fact in steps if fact is not None}
    for digest in wanted.keys() - bench.contents.has(wanted.keys()):
        raise StoreError(
            f"{shown(wanted[digest])} cannot be reverted: what it contained before the hotfix is not kept."
        )
    for path, _ in steps:
        fact = kept.items.get(path)
        if fact is not None and fact.digest == UNREADABLE:
            raise WorkspaceError(
                f"{shown(path)} of {package.found.name} cannot be read, so it cannot be kept before it is reverted.",
                "Make it readable, or remove it yourself.",
            )


def _demand_quiet(
    bench: Workbench, package: StoredPackage, steps: Sequence[_Step], kept: Manifest, progress: Progress
) -> None:
    """Refuse when something was changed since it was kept: nothing that is not kept is overwritten."""
    now = bench.workspace.survey(package.found.key, kept, Within(progress))
    for path, _ in steps:
        was, fact = kept.items.get(path), now.items.get(path)
        if (was and (was.kind, was.digest)) != (fact and (fact.kind, fact.digest)):
            raise Refused(
                f"Another program is changing {shown(path)} of {package.found.name} right now.",
                "Close it and try again.",
            )


def _take(
    bench: Workbench,
    package: StoredPackage,
    hotfix: Hotfix,
    steps: Sequence[_Step],
    kept: Manifest,
    progress: Progress,
) -> None:
    """Take the steps; what stops them undoes those that were taken."""
    taken: list[bytes] = []
    try:
        for number, (path, fact) in enumerate(steps):
            progress.step(number, len(steps), shown(path))
            taken.append(path)
            _make(bench, package, path, fact)
    except HotfixError as error:
        undone = _undo(bench, package, taken, kept)
        bench.enter_alone(
            bench.event(
                AuditType.CHANGES_REVERTED,
                f"Not reverted: {error.sentence} {undone}",
                result=AuditResult.FAILURE,
                found=package.found,
                hotfix=hotfix,
                kept=kept.digest().hex(),
            )
        )
        raise


def _undo(bench: Workbench, package: StoredPackage, taken: Sequence[bytes], kept: Manifest) -> str:
    """Put back what lay there before; gives a sentence for the entry."""
    failed = 0
    for path in reversed(taken):
        fact = kept.items.get(path)
        try:
            if fact is None or fact.kind in (Kind.FILE, Kind.LINK):
                _make(bench, package, path, fact)
        except HotfixError as error:
            failed += 1
            log.error("%s of %s could not be put back: %s", path, package.found.name, error)
    if failed:
        return f"{plural(failed, 'file')} could not be put back; their contents are in the content store."
    return "Everything was put back as it was."


def _make(bench: Workbench, package: StoredPackage, path: bytes, fact: Fact | None) -> None:
    key = package.found.key
    if fact is None:
        bench.workspace.remove(key, path)
    else:
        # A recorded tree is of a closed package, whose files have no write bit.
        bench.workspace.put(key, path, bench.contents.chunks(fact.digest), fact.kind, fact.mode | 0o200)


def _named(changes: Sequence[Change]) -> str:
    names = ", ".join(change.shown for change in changes[:_NAMED])
    more = len(changes) - _NAMED
    return f"{names} and {more:,} more" if more > 0 else names
