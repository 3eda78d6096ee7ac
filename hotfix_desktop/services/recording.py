"""What a package contains before and after a hotfix is kept in the content store, and what differs is entered.

Before: durably, before the first file opens; without it nothing opens. After: once the end of the hotfix is recorded,
and never in its way. What cannot be recorded then is tried again by the beats, as long as the package is closed; at
the latest the next unlock does it, with what the package contains then.

These trees are pinned: a database that was restored from an older backup does not name them, and a cleaning would drop
the only copies of what was changed since. It costs next to nothing, because no tree that a hotfix refers to is ever
cleaned; besides these only one stays that a failed unlock has recorded, which is what the package contained anyhow.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.changes import Change, ChangeSet, changes_between
from hotfix_desktop.core.errors import Busy, Cancelled, HotfixError, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Files, Hotfix, backoff_seconds
from hotfix_desktop.core.manifest import UNREADABLE, Manifest
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.closing import working_on
from hotfix_desktop.services.workbench import Workbench, unknown_package
from hotfix_desktop.store.fixes import FixTrees
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)

NAMED_IN_ENTRY = 50
FRESH_US = 2_000_000
"""A baseline that was taken so short a time ago is not compared with the package again."""
LATE = timedelta(minutes=1)
"""What is recorded so long after a lock may hold later changes, and says so."""
PATIENCE_SECONDS = 0.5
"""For so long a beat waits for another program's recording: the next package may be due."""


def record_before(
    bench: Workbench, hotfix: Hotfix, progress: Progress = NOBODY, before: Manifest | None = None
) -> None:
    """Record what a package contains that is about to open; the caller holds it.

    ``before`` is what a look at it has just found. An earlier hotfix whose end could not be recorded until now ends
    with the same. Raises ``StoreError``, ``WorkspaceError`` or ``Cancelled``: then nothing may be opened.
    """
    package = bench.store.packages.get(hotfix.package_id)
    if package is None:
        raise unknown_package(hotfix.package_key)
    found = bench.workspace.survey(package.found.key, None, progress) if before is None else before
    recorded = _record(bench, package, found, progress)
    tree = recorded.digest()
    earlier = [
        (trees, *_differences(bench, trees, recorded, tree))
        for trees in bench.store.fixes.of_package(package.package_id)
        if trees.after is None and trees.hotfix != hotfix.number
    ]
    with bench.store.transaction():
        for trees, changes, remark in earlier:
            late = "It was recorded only when the package was unlocked the next time"
            _end(bench, package, trees, tree, changes, _joined(late, remark))
        bench.store.fixes.begin(hotfix.number, package.package_id, tree)


def record_after(bench: Workbench, package: StoredPackage, hotfix: Hotfix, progress: Progress = NOBODY) -> bool:
    """Record what a package contained when its hotfix ended; the caller holds it. False when that has to wait.

    Raises nothing for what the world does: that is entered once, and a beat tries again.
    """
    try:
        return _record_after(bench, package, hotfix, progress)
    except Cancelled:
        return False
    except HotfixError as error:
        log.info("what %s contains could not be recorded yet: %s", package.found.name, error)
        _tell_once(bench, package, hotfix, error)
        return False


def record_pending(bench: Workbench, progress: Progress = NOBODY) -> tuple[str, ...]:
    """Record the ends of all hotfixes for which that could not be done yet; gives the names of their packages.

    Raises ``StoreError`` when the database cannot be read. What another program works on is passed over.
    """
    done = []
    for trees in bench.store.fixes.pending():
        package = bench.store.packages.get(trees.package_id)
        hotfix = bench.store.hotfixes.get(trees.hotfix)
        if package is None or hotfix is None or package.missing or package.files is not Files.CLOSED:
            continue
        try:
            with working_on(bench, package, patience=0):
                if record_after(bench, package, hotfix, progress):
                    done.append(package.found.name)
        except Busy:
            continue
    return tuple(done)


@dataclass(slots=True)
class Pending:
    """Records what is pending at the beats, more and more seldom while it fails."""

    _attempts: int = 0
    _next_boot_us: int = 0

    def go_on(self, bench: Workbench, progress: Progress = NOBODY) -> tuple[str, ...]:
        """Try what is pending when its time has come; gives the names of the packages. Raises ``StoreError``."""
        if not bench.store.fixes.pending():
            self._attempts = self._next_boot_us = 0
            return ()
        now = bench.clock.now().boot_us
        if self._attempts and now < self._next_boot_us:
            return ()
        try:
            with bench.contents.waiting_at_most(PATIENCE_SECONDS):
                done = record_pending(bench, progress)
        except StoreError as error:
            log.info("changes could not be recorded yet: %s", error)
            done = ()
        if done:
            self._attempts = self._next_boot_us = 0
        else:
            self._attempts += 1
            self._next_boot_us = now + backoff_seconds(self._attempts) * 1_000_000
        return done


def _record(bench: Workbench, package: StoredPackage, found: Manifest, progress: Progress) -> Manifest:
    read = partial(bench.workspace.read, package.found.key, progress=progress)
    return bench.contents.record(found, read, progress, pinned=True)


def _record_after(bench: Workbench, package: StoredPackage, hotfix: Hotfix, progress: Progress) -> bool:
    number = package.package_id
    trees = bench.store.fixes.of(hotfix.number)
    if trees is None or trees.after is not None:
        return True
    stored, baseline = bench.store.packages.get(number), bench.store.baselines.get(number)
    if stored is None or stored.files is not Files.CLOSED or baseline is None:
        return False
    now, remark = bench.clock.now(), ""
    if hotfix.closed_at is not None and baseline.taken.utc - hotfix.closed_at > LATE:
        remark = f"It was recorded at {now.utc:%Y-%m-%d %H:%M} UTC, some time after the lock"
    passed = now.boot_us - baseline.taken.boot_us
    is_fresh = now.boot_id == baseline.taken.boot_id and 0 <= passed < FRESH_US
    if is_fresh and baseline.digest == trees.before and bench.contents.has_tree(trees.before):
        return _end_unchanged(bench, package, trees, remark)
    known = bench.store.baselines.manifest(number)
    if known is None:
        return False
    found = known
    if not is_fresh:
        found = bench.workspace.survey(stored.found.key, known, progress).knowing(known)
        if found.digest() != baseline.digest:
            remark = _joined(remark, "It was changed meanwhile, while it was not unlocked")
    recorded = _record(bench, stored, found, progress)
    if recorded is not found and _contents_differ(found, recorded):
        remark = _joined(remark, "It was changed while it was recorded")
    tree = recorded.digest()
    changes, doubt = _differences(bench, trees, recorded, tree)
    with bench.store.transaction():
        _end(bench, stored, trees, tree, changes, _joined(remark, doubt))
    return True


def _end_unchanged(bench: Workbench, package: StoredPackage, trees: FixTrees, remark: str) -> bool:
    with bench.store.transaction():
        _end(bench, package, trees, trees.before, ChangeSet((), trees.before, trees.before), remark)
    return True


def _contents_differ(found: Manifest, recorded: Manifest) -> bool:
    return any(fact.digest not in (found.items[path].digest, UNREADABLE) for path, fact in recorded.items.items())


def _differences(bench: Workbench, trees: FixTrees, recorded: Manifest, tree: bytes) -> tuple[ChangeSet | None, str]:
    """Say what a hotfix changed, and what is to be known of that; None when its beginning cannot be read."""
    if tree == trees.before:
        return ChangeSet((), tree, tree), _unread(recorded, recorded)
    try:
        before = bench.contents.tree(trees.before)
    except StoreError as error:
        return None, error.sentence.rstrip(".")
    return changes_between(before, recorded), _unread(before, recorded)


def _unread(before: Manifest, after: Manifest) -> str:
    """Say how many files could not be read, before or after."""
    number = sum(
        1
        for path in before.items.keys() | after.items.keys()
        if any((fact := tree.items.get(path)) is not None and fact.digest == UNREADABLE for tree in (before, after))
    )
    return f"{plural(number, 'file')} could not be read, so nobody knows whether they changed" if number else ""


def _end(
    bench: Workbench, package: StoredPackage, trees: FixTrees, after: bytes, changes: ChangeSet | None, remark: str
) -> None:
    """Keep and enter the end of a hotfix, inside a transaction of the caller's."""
    count = None if changes is None else changes.count
    if not bench.store.fixes.end(trees.hotfix, after, count, remark) or (count == 0 and not remark):
        return
    text = "What was changed is not known" if changes is None else f"Changed in the hotfix: {changes.sentence()}"
    named = () if changes is None else changes.changes[:NAMED_IN_ENTRY]
    if named:
        first = ", ".join(change.shown for change in named[:3]) + (" …" if len(named) > 3 else "")
        text += f" ({first})"
    bench.enter(
        bench.event(
            AuditType.CHANGES_RECORDED,
            f"{text}. {remark}" if remark else text,
            result=AuditResult.FAILURE if changes is None else AuditResult.SUCCESS,
            found=package.found,
            hotfix=bench.store.hotfixes.get(trees.hotfix),
            by_program=True,
            before=trees.before.hex(),
            after=after.hex(),
            items=count,
            changes=[_named(change) for change in named],
        )
    )


def _named(change: Change) -> str:
    old = change.old_shown
    return f"{change.kind.value}: {old} → {change.shown}" if old else f"{change.kind.value}: {change.shown}"


def _tell_once(bench: Workbench, package: StoredPackage, hotfix: Hotfix, error: HotfixError) -> None:
    """Enter why a hotfix has no recorded end yet, once for each reason."""
    try:
        with bench.store.transaction():
            if bench.store.fixes.note(hotfix.number, error.sentence):
                bench.enter(
                    bench.event(
                        AuditType.CHANGES_RECORDED,
                        f"What was changed could not be recorded yet, and is tried again: {error.sentence}",
                        result=AuditResult.FAILURE,
                        found=package.found,
                        hotfix=hotfix,
                        by_program=True,
                    )
                )
    except (StoreError, WorkspaceError) as second:
        log.info("nor could that be entered: %s", second)


def _joined(*remarks: str) -> str:
    return "; ".join(remark for remark in remarks if remark)
