"""Puts files of an unlocked package back as they were before its hotfix, and says so in the audit log.

Order of steps: find what differs → keep what lies there in the content store → enter what is about to happen → put
the files back one by one, each whole → enter that it is done. Right before each file the package must still be
unlocked, and the file must still be what was kept. What stops it half-way has it undone, and that is an entry, too;
after a kill there is the first entry alone, which names what was kept, until ``revert_ends`` enters how far it came.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hotfix_desktop.core.audit import AuditResult, AuditType, Event
from hotfix_desktop.core.changes import Change, ChangeSet, changes_between, shown
from hotfix_desktop.core.errors import HotfixError, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Files, Hotfix, HotfixState
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.catalogue import status_of
from hotfix_desktop.services.closing import working_on
from hotfix_desktop.services.digests import digests_of
from hotfix_desktop.services.revert_ends import BEGUN, DONE, STEP, UNDONE, settle_revert
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

    What is overwritten or removed is kept in the content store first, under the tree that the entries name.

    Raises:
        Denied: the person is no System administrator; that is an entry.
        Refused: the package is not unlocked (any more) or its time is over, a path is none that was changed, or
            somebody else is changing the files right now. What was changed until then was undone.
        WorkspaceError, StoreError, Cancelled: nothing was changed, or what was changed was undone. What could not be
            undone, as the package was locked meanwhile, is in the sentence of a WorkspaceError.
    """
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    bench.demand(Act.REVERT, AuditType.CHANGES_REVERTED, "revert changes", package.found)
    with working_on(bench, package):
        hotfix = _open_hotfix(bench, package_id)
        settle_revert(bench, package, hotfix, progress)
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
        what = f"{plural(len(chosen), 'file')} as before the hotfix: {_named([change.shown for change in chosen])}"
        facts = {
            "count": len(chosen),
            "paths": [change.shown for change in chosen[:_LISTED]],
            "kept": kept.digest().hex(),
        }

        def told(words: str, step: str) -> Event:
            said = {**facts, STEP: step}
            return bench.event(AuditType.CHANGES_REVERTED, words, found=package.found, hotfix=hotfix, facts=said)

        bench.enter_alone(told(f"Began to put back {what}", BEGUN))
        _take(bench, package, hotfix, steps, kept, told(f"Put back {what}", DONE), progress)
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
    done: Event,
    progress: Progress,
) -> None:
    """Take the steps and enter that; what stops them undoes those that were taken."""
    taken: dict[bytes, Fact | None] = {}
    try:
        for number, (path, fact) in enumerate(steps):
            progress.step(number, len(steps), shown(path))
            _demand_unlocked(bench, hotfix)
            was = kept.items.get(path) if path not in taken else None  # a folder made room for a file
            taken[path] = fact
            _make(bench, package, hotfix, path, fact, was)
        bench.enter_alone(done)
    except HotfixError as error:
        left = _undo(bench, package, hotfix, taken, kept)
        entry = bench.event(
            AuditType.CHANGES_REVERTED,
            f"Not reverted: {error.sentence} {left.told()}",
            result=AuditResult.FAILURE,
            found=package.found,
            hotfix=hotfix,
            kept=kept.digest().hex(),
            facts={**left.facts(), STEP: UNDONE},
        )
        try:
            bench.enter_alone(entry)
        except StoreError as unheard:
            log.error("%s: %s could not be entered: %s", package.found.name, entry.description, unheard)
        if left.is_nothing:
            raise
        raise WorkspaceError(f"{error.sentence} {left.told()}", error.remedy) from error


def _demand_unlocked(bench: Workbench, hotfix: Hotfix) -> None:
    """Refuse when the package was locked meanwhile, or is to be: the relocker waits for nobody for long."""
    if _is_locked(bench, hotfix):
        raise _locked_meanwhile(hotfix)
    now = bench.store.hotfixes.get(hotfix.number)
    if now is not None and now.lease.is_due(bench.clock.now()):
        raise Refused(f"The time of {hotfix.package_name} is over.")


def _locked_meanwhile(hotfix: Hotfix) -> Refused:
    return Refused(f"{hotfix.package_name} was locked meanwhile.")


def _is_locked(bench: Workbench, hotfix: Hotfix) -> bool:
    now, package = bench.store.hotfixes.get(hotfix.number), bench.store.packages.get(hotfix.package_id)
    is_open = now is not None and now.state is HotfixState.OPEN and package is not None and package.files is Files.OPEN
    return not is_open


@dataclass(slots=True)
class _Left:
    """What an undoing left, as paths: reverted for the package is locked, as others wrote it, or not to be undone."""

    locked: list[bytes] = field(default_factory=list)
    theirs: list[bytes] = field(default_factory=list)
    failed: list[bytes] = field(default_factory=list)

    @property
    def is_nothing(self) -> bool:
        return not (self.locked or self.failed)

    def told(self) -> str:
        """Say it for people."""
        words = []
        if self.locked:
            words.append(f"Put back before that, and left so: {self._named(self.locked)}.")
        if self.failed:
            words.append(
                f"Could not be undone, but what was there is in the content store: {self._named(self.failed)}."
            )
        if self.theirs:
            words.append(f"Left as another program wrote it: {self._named(self.theirs)}.")
        return " ".join(["Everything else is as it was." if words else "Everything was undone.", *words])

    def facts(self) -> dict[str, object]:
        """Give the paths for the details of an entry."""
        lists = {"reverted": self.locked, "changed_meanwhile": self.theirs, "not_undone": self.failed}
        return {name: [shown(path) for path in paths[:_LISTED]] for name, paths in lists.items() if paths}

    @staticmethod
    def _named(paths: Sequence[bytes]) -> str:
        return _named([shown(path) for path in paths])


def _undo(
    bench: Workbench, package: StoredPackage, hotfix: Hotfix, taken: dict[bytes, Fact | None], kept: Manifest
) -> _Left:
    """Give the files what they held; not in a package that is locked now, nor where somebody wrote since."""
    left = _Left()
    for path, fact in reversed(taken.items()):
        was = kept.items.get(path)
        try:
            now = _digest_at(bench, package, path)
            if now == _digest_of(was):
                continue
            if now != _digest_of(fact):
                left.theirs.append(path)
            elif _is_shut(bench, package, hotfix):
                left.locked.append(path)
            else:
                _make(bench, package, hotfix, path, was if _digest_of(was) is not None else None, fact)
        except HotfixError as error:
            left.failed.append(path)
            log.error("%s of %s could not be undone: %s", path, package.found.name, error)
    return left


def _is_shut(bench: Workbench, package: StoredPackage, hotfix: Hotfix) -> bool:
    try:
        return _is_locked(bench, hotfix)
    except StoreError:
        return bench.workspace.look(package.found.key) is not Openness.OPEN  # a relocker closes without a database, too


def _make(
    bench: Workbench, package: StoredPackage, hotfix: Hotfix, path: bytes, fact: Fact | None, was: Fact | None
) -> None:
    """Write or remove a file, where ``was`` still lies; Refused when something else does, which nobody keeps."""
    key = package.found.key

    def demand_unchanged() -> None:
        if _digest_at(bench, package, path) != _digest_of(was):
            raise Refused(
                f"Another program has just changed {shown(path)} of {package.found.name}.", "Close it and try again."
            )

    def chunks(digest: bytes) -> Iterator[bytes]:
        yield from bench.contents.chunks(digest)
        # As late as can be: only to take its place is left to do.
        if _is_shut(bench, package, hotfix):
            raise _locked_meanwhile(hotfix)
        demand_unchanged()

    if fact is None:
        demand_unchanged()
        bench.workspace.remove(key, path)
    else:
        # A recorded tree is of a closed package, whose files have no write bit.
        bench.workspace.put(key, path, chunks(fact.digest), fact.kind, fact.mode | 0o200)


def _digest_at(bench: Workbench, package: StoredPackage, path: bytes) -> bytes | None:
    """Give the digest of a file, or of a link's target, that lies there now; None when neither does."""
    return digests_of(bench, package, [path]).get(path)


def _digest_of(fact: Fact | None) -> bytes | None:
    return fact.digest if fact is not None and fact.kind in (Kind.FILE, Kind.LINK) else None


def _named(paths: Sequence[str]) -> str:
    names, more = ", ".join(paths[:_NAMED]), len(paths) - _NAMED
    return f"{names} and {more:,} more" if more > 0 else names
