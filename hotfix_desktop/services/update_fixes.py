"""Which fixes an update would meet: what undelivered hotfixes made of a package, and what becomes of each file.

The base of *our changes* is what the package contained before its oldest hotfix that has not come home; when ours was
kept on top of an update since, it is what that update delivered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hotfix_desktop.core.changes import changes_between
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.update_fates import Contents, Fate, fate_of, is_fix
from hotfix_desktop.core.update_plan import FixFate, FixFile, Take
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.updates import NotHome

MERGE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file that is merged; of a larger one only the digests are compared."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the contents of a package come from.

    Attributes:
        delivered: gives a file of what the archive brings, by its path below the package.
    """

    bench: Workbench
    key: str
    delivered: Callable[[bytes], bytes]

    def kept(self, fact: Fact) -> bytes:
        """Give a recorded content. Raises ``StoreError``."""
        return self.bench.contents.read(fact.digest)

    def ours(self, path: bytes, fact: Fact) -> bytes:
        """Give a file of the package: what is recorded of it, or what lies there. Raises ``WorkspaceError``, too."""
        if self.bench.contents.has([fact.digest]):
            return self.kept(fact)
        for _, pieces in self.bench.workspace.read(self.key, [path]):
            return b"".join(pieces)
        raise WorkspaceError(f"{path.decode('utf-8', 'backslashreplace')} in {self.key} cannot be read.")


@dataclass(frozen=True, slots=True)
class Fixes:
    """The fixes of one package, beside what is delivered.

    Attributes:
        base: what they began with; None when there are none, or nobody knows.
        files: what becomes of each file.
        home: the hotfixes whose every change is contained.
        left: those that have not come home with this update.
    """

    base: Manifest | None = None
    files: tuple[FixFile, ...] = ()
    home: tuple[int, ...] = ()
    left: tuple[int, ...] = ()


@dataclass(slots=True)
class _Fated:
    """What is found out file by file."""

    fates: dict[bytes, FixFate] = field(default_factory=dict)
    hotfixes: dict[bytes, list[int]] = field(default_factory=dict)


def fixes_of(sources: Sources, package_id: int, now: Manifest, delivered: Manifest) -> Fixes:
    """Say what becomes of the fixes in a package. Raises ``StoreError`` and ``WorkspaceError``."""
    bench = sources.bench
    waiting = bench.store.updates.not_home(package_id)
    if not waiting:
        return Fixes()
    past = bench.store.updates.of_package(package_id)
    overwritten = {number for update in past if update.decision == Take.THEIRS for number in update.hotfixes}
    live = [one for one in waiting if one.hotfix not in overwritten]
    gone = [one for one in waiting if one.hotfix in overwritten]
    home = [one.hotfix for one in gone if _is_contained(sources, one, delivered)]
    left = [one.hotfix for one in gone if one.hotfix not in home]
    base, found = None, _Fated()
    if live:
        numbers = {one.hotfix for one in live}
        kept = [update.delivered for update in past if update.decision == Take.OURS and update.hotfixes & numbers]
        digest = kept[-1] if kept else live[0].before
        if digest is None or not bench.contents.has_tree(digest):
            found = _unknown(sources, live, now, delivered)
        else:
            base = bench.contents.tree(digest)
            found = _known(sources, live, base, now, delivered)
        lost = {
            number
            for path, fate in found.fates.items()
            if fate is not FixFate.CONTAINED
            for number in found.hotfixes[path]
        }
        home += [one.hotfix for one in live if one.hotfix not in lost]
        left += [one.hotfix for one in live if one.hotfix in lost]
    files = tuple(FixFile(path, found.fates[path], tuple(found.hotfixes[path])) for path in sorted(found.fates))
    return Fixes(base, files, tuple(sorted(home)), tuple(sorted(left)))


def _known(sources: Sources, live: list[NotHome], base: Manifest, now: Manifest, delivered: Manifest) -> _Fated:
    found = _Fated()
    for one in live:
        for path in _paths(sources.bench, one, now):
            found.hotfixes.setdefault(path, []).append(one.hotfix)
    for path in list(found.hotfixes):
        fate = fate_in(sources, path, base, now, delivered)
        if fate is None:
            del found.hotfixes[path]
        else:
            found.fates[path] = fate.fate
    return found


def _unknown(sources: Sources, live: list[NotHome], now: Manifest, delivered: Manifest) -> _Fated:
    """Of fixes without a base, every file that the update would change may be one."""
    found = _Fated()
    for change in changes_between(now, delivered).changes:
        for path in filter(None, (change.path, change.old_path)):
            fate = fate_in(sources, path, Manifest({}), now, delivered)
            if fate is not None and fate.fate is not FixFate.CONTAINED:
                found.fates[path] = FixFate.CONFLICTING
                found.hotfixes[path] = [one.hotfix for one in live]
    return found


def _paths(bench: Workbench, one: NotHome, now: Manifest) -> set[bytes]:
    """Give which files a hotfix touched; of one whose end is not recorded yet everything that changed since."""
    if one.before is None or not bench.contents.has_tree(one.before):
        return set()
    before = bench.contents.tree(one.before)
    after = bench.contents.tree(one.after) if one.after and bench.contents.has_tree(one.after) else now
    changes = changes_between(before, after).changes
    return {path for change in changes for path in (change.path, change.old_path) if path}


def _is_contained(sources: Sources, one: NotHome, delivered: Manifest) -> bool:
    """Whether a fix that an earlier update overwrote is in what is delivered now."""
    bench = sources.bench
    if not one.before or not one.after:
        return False
    if not bench.contents.has_tree(one.before) or not bench.contents.has_tree(one.after):
        return False
    before, after = bench.contents.tree(one.before), bench.contents.tree(one.after)
    fates = (fate_in(sources, path, before, after, delivered) for path in _paths(bench, one, after))
    return all(fate is None or fate.fate is FixFate.CONTAINED for fate in fates)


def fate_in(sources: Sources, path: bytes, base: Manifest, now: Manifest, delivered: Manifest) -> Fate | None:
    """Say what becomes of one file; None when nothing of a fix is in it.

    ``Fate.ours_on_top`` of a file whose contents were not compared is None: ours stays as it is then.
    """
    before, ours, theirs = (_thing(tree, path) for tree in (base, now, delivered))
    if _equal(before, ours):
        return None
    if _equal(ours, theirs):
        return Fate(FixFate.CONTAINED, None)
    if not all(_is_comparable(fact) for fact in (before, ours, theirs)):
        return Fate(FixFate.LOST if _equal(before, theirs) else FixFate.CONFLICTING, None)
    was, mine, other = contents_in(sources, path, base, now, delivered)
    return fate_of(path, was, mine, other) if is_fix(path, was, mine) else None


def contents_in(
    sources: Sources, path: bytes, base: Manifest | None, now: Manifest, delivered: Manifest
) -> tuple[Contents, Contents, Contents]:
    """Give a file as the fix began with it, ours and theirs; None where it is not there."""
    before, ours, theirs = (None if tree is None else _thing(tree, path) for tree in (base, now, delivered))
    was = None if before is None or before.digest == UNREADABLE else sources.kept(before)
    mine = None if ours is None else sources.ours(path, ours)
    if theirs is None:
        return was, mine, None
    return was, mine, mine if _equal(ours, theirs) else sources.delivered(path)


def _thing(tree: Manifest, path: bytes) -> Fact | None:
    fact = tree.items.get(path)
    return fact if fact is not None and fact.kind in (Kind.FILE, Kind.LINK) else None


def _equal(one: Fact | None, other: Fact | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.kind is other.kind and one.digest == other.digest and one.digest != UNREADABLE


def _is_comparable(fact: Fact | None) -> bool:
    if fact is None:
        return True
    return fact.kind is Kind.FILE and fact.digest != UNREADABLE and fact.size <= MERGE_LIMIT
