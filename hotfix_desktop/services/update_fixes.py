"""Which fixes an update would meet: what undelivered hotfixes made of a package, and what becomes of each file.

The base of *our changes* is what the package contained before its oldest hotfix that has not come home; when ours was
kept on top of an update since, it is what that update delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hotfix_desktop.core.changes import changes_between
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.update_fates import Contents, Fate, fate_of, is_fix
from hotfix_desktop.core.update_plan import FixFate, FixFile, Take
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.updates import NotHome, PastUpdate

MERGE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file that is merged; of a larger one only the digests are compared."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the contents of a package come from.

    Attributes:
        delivered: gives a file of what the archive brings, by its path below the package.
        is_brought: whether an archive brings, or removes, what lies at a path.
    """

    bench: Workbench
    key: str
    delivered: Callable[[bytes], bytes]
    is_brought: Callable[[bytes], bool]

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
        home: the hotfixes whose every change is contained; never one of which nobody knows what it changed.
        left: those that have not come home with this update.
        inside: those of them whose changes are in the package; the others were overwritten by an earlier update.
    """

    base: Manifest | None = None
    files: tuple[FixFile, ...] = ()
    home: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    inside: tuple[int, ...] = ()


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
    base, found, inside = None, _Fated(), []
    if live:
        numbers = {one.hotfix for one in live}
        kept = [update for update in past if update.decision == Take.OURS and update.hotfixes & numbers]
        digest = kept[-1].delivered if kept else live[0].before
        unknown = {one.hotfix for one in live if not _is_known(bench, one)}
        touched = {one.hotfix: set() if one.hotfix in unknown else _paths(sources, one, now) for one in live}
        if unknown or digest is None or not bench.contents.has_tree(digest):
            found = _unknown(sources, live, now, delivered)
        else:
            base = bench.contents.tree(digest)
            found = _known(sources, live, touched, kept, base, now, delivered)
        lost = {
            number
            for path, fate in found.fates.items()
            if fate is not FixFate.CONTAINED
            for number in found.hotfixes[path]
        }
        for one in live:  # without a base each must be contained by itself; of no paths nothing was looked at
            if not touched[one.hotfix] or (base is None and not _is_contained(sources, one, delivered)):
                lost.add(one.hotfix)
        home += [one.hotfix for one in live if one.hotfix not in lost]
        inside = [one.hotfix for one in live if one.hotfix in lost]
        left += inside
    files = tuple(FixFile(path, found.fates[path], tuple(found.hotfixes[path])) for path in sorted(found.fates))
    return Fixes(base, files, tuple(sorted(home)), tuple(sorted(left)), tuple(sorted(inside)))


def _known(
    sources: Sources,
    live: list[NotHome],
    touched: Mapping[int, set[bytes]],
    kept: Sequence[PastUpdate],
    base: Manifest,
    now: Manifest,
    delivered: Manifest,
) -> _Fated:
    found, chains = _Fated(), _Chains(sources.bench, now, kept)
    by_number = {one.hotfix: one for one in live}
    for one in live:
        for path in touched[one.hotfix]:
            found.hotfixes.setdefault(path, []).append(one.hotfix)
    for path, numbers in list(found.hotfixes.items()):
        fate = fate_in(sources, path, base, now, delivered)
        first, last = by_number[numbers[0]], by_number[numbers[-1]]
        if not chains.is_whole(path, last):
            made = fate_in(sources, path, chains.tree(first.before), chains.tree(last.after), delivered)
            if made is not None and made.fate is not FixFate.CONTAINED:
                fate = made
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


@dataclass(slots=True)
class _Chains:
    """Whether what lies in a package is what its hotfixes made, and what updates made of that with ours on top."""

    bench: Workbench
    now: Manifest
    kept: Sequence[PastUpdate]
    trees: dict[bytes, Manifest] = field(default_factory=dict)

    def tree(self, digest: bytes | None) -> Manifest:
        """Give a recorded tree; without a digest, what is there now. Raises ``StoreError``."""
        if digest is None:
            return self.now
        if digest not in self.trees:
            self.trees[digest] = self.bench.contents.tree(digest)
        return self.trees[digest]

    def is_whole(self, path: bytes, last: NotHome) -> bool:
        """Whether nothing else changed a file since the last hotfix that touched it."""
        seen = self.now
        for update in reversed(self.kept):
            if last.hotfix not in update.hotfixes:
                continue
            if not all(self.bench.contents.has_tree(digest) for digest in (update.before, update.after)):
                return False
            if not _equal(_thing(self.tree(update.after), path), _thing(seen, path)):
                return False
            seen = self.tree(update.before)
        return _equal(_thing(self.tree(last.after), path), _thing(seen, path))


def _is_known(bench: Workbench, one: NotHome) -> bool:
    """Whether the trees of a hotfix are there; the end of one may not be recorded yet."""
    if one.before is None or not bench.contents.has_tree(one.before):
        return False
    return one.after is None or bench.contents.has_tree(one.after)


def _paths(sources: Sources, one: NotHome, now: Manifest) -> set[bytes]:
    """Give which files a known hotfix touched that an archive brings; without a recorded end all that changed since."""
    contents = sources.bench.contents
    before = contents.tree(one.before) if one.before else now
    after = contents.tree(one.after) if one.after else now
    changes = changes_between(before, after).changes
    paths = {path for change in changes for path in (change.path, change.old_path) if path}
    return {path for path in paths if sources.is_brought(path)}


def _is_contained(sources: Sources, one: NotHome, delivered: Manifest) -> bool:
    """Whether a fix that an earlier update overwrote is in what is delivered now."""
    bench = sources.bench
    if not one.before or not one.after or not _is_known(bench, one):
        return False
    before, after = bench.contents.tree(one.before), bench.contents.tree(one.after)
    paths = _paths(sources, one, after)
    fates = (fate_in(sources, path, before, after, delivered) for path in paths)
    return bool(paths) and all(fate is None or fate.fate is FixFate.CONTAINED for fate in fates)


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
