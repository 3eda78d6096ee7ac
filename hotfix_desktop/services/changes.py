"""What a hotfix changed: while its package is open, and of any past one, for ever.

The difference of two recorded trees (``design.md`` 6): what the package contained before the first file opened, and
what it contained when it was closed. While it is open the second one is what lies in the workspace now.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotfix_desktop.core.changes import Change, ChangeSet, changes_between
from hotfix_desktop.core.errors import Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending, Hotfix, HotfixState
from hotfix_desktop.core.manifest import UNREADABLE, Manifest
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act, demand
from hotfix_desktop.services.revert_ends import unfinished_revert
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.fixes import FixTrees

_NEVER_OPEN = (Ending.FAILED, Ending.CANCELLED)


@dataclass(frozen=True, slots=True)
class HotfixChanges:
    """What a hotfix changed.

    Attributes:
        hotfix: the hotfix.
        changes: what differs between its two trees.
        is_live: whether the package is open, so that the next look may find something else.
        remark: what else is to be said of its trees, in sentences; empty as a rule.
    """

    hotfix: Hotfix
    changes: ChangeSet
    is_live: bool
    remark: str = ""


def hotfix_of(bench: Workbench, package_id: int) -> Hotfix | None:
    """Give the open hotfix of a package, or the last closed one whose trees were recorded; None where there is none.

    One that never opened, because its unlock failed, counts only where there is no other.
    """
    for hotfix in bench.store.hotfixes.not_closed():
        if hotfix.package_id == package_id:
            return hotfix
    last = None
    for trees in reversed(bench.store.fixes.of_package(package_id)):
        found = bench.store.hotfixes.get(trees.hotfix)
        if found is not None and found.ending not in _NEVER_OPEN:
            return found
        last = last or found
    return last


def changes_of(bench: Workbench, hotfix: int, progress: Progress = NOBODY) -> HotfixChanges:
    """Say what a hotfix changed; of an open one by reading what lies in the package now.

    Raises:
        Denied: the person may not read the changes of hotfixes.
        Refused: there is no such hotfix, or what the package contained before it was never recorded.
        StoreError: a recorded tree is damaged or not there.
        WorkspaceError, Cancelled: while the open package is read.
    """
    found, trees = _known(bench, hotfix)
    before = bench.contents.tree(trees.before)
    if found.state is not HotfixState.CLOSED:
        now = bench.workspace.survey(found.package_key, None, progress).knowing(before)
        return HotfixChanges(found, changes_between(before, now), True, _remark(bench, trees))
    if trees.after is None:
        waits = f"What {found.package_name} contained at the end of this hotfix is not recorded yet."
        return HotfixChanges(
            found, ChangeSet((), trees.before, trees.before), False, f"{waits} {_remark(bench, trees)}".rstrip()
        )
    changes = changes_between(before, bench.contents.tree(trees.after))
    return HotfixChanges(found, changes, False, _remark(bench, trees))


def contents_of(
    bench: Workbench, hotfix: int, change: Change, progress: Progress = NOBODY
) -> tuple[bytes | None, bytes | None]:
    """Give what a file contained before and after (of a link its target); None where it was not there.

    Of an open hotfix the second is what lies in the package at this moment, which may be newer than ``change``.

    Raises:
        Denied, Refused: as :func:`changes_of` does.
        StoreError: contents are damaged, or were never readable, so that nobody has them.
        WorkspaceError: the file cannot be read any more.
    """
    found, _ = _known(bench, hotfix)
    before = after = None
    if change.before is not None:
        before = _kept(bench, change, change.before.digest)
    if change.after is not None:
        is_open = found.state is not HotfixState.CLOSED
        after = _lying(bench, found, change, progress) if is_open else _kept(bench, change, change.after.digest)
    return before, after


class LiveChanges:
    """Looks again and again at what open packages have changed, for a stat walk each time.

    It remembers what it saw of each open package, so that only what was touched since is read again; for that it
    belongs to one thread.
    """

    def __init__(self, bench: Workbench) -> None:
        """Look with this bench."""
        self._bench = bench
        self._seen: dict[int, _Seen] = {}

    def count(self, package_id: int, progress: Progress = NOBODY) -> int | None:
        """Say how many files of an open package differ from before its hotfix; whoever sees the tree may know.

        None when it is not open, or what it contained before is not known. Raises ``StoreError``, ``WorkspaceError``,
        ``Cancelled``.
        """
        found = self._look(package_id, progress)
        return found.changes.count if found is not None else None

    def changes(self, package_id: int, progress: Progress = NOBODY) -> HotfixChanges | None:
        """Give what :func:`changes_of` gives for the open hotfix of a package; None when it has none, or no trees.

        Raises ``Denied``, ``StoreError``, ``WorkspaceError``, ``Cancelled``.
        """
        _demand_reader(self._bench)
        return self._look(package_id, progress)

    def _look(self, package_id: int, progress: Progress) -> HotfixChanges | None:
        hotfix = next((h for h in self._bench.store.hotfixes.not_closed() if h.package_id == package_id), None)
        trees = self._bench.store.fixes.of(hotfix.number) if hotfix is not None else None
        if hotfix is None or trees is None:
            self._seen.pop(package_id, None)
            return None
        seen = self._seen.get(package_id)
        if seen is None or seen.before_digest != trees.before:
            seen = _Seen(trees.before, self._bench.contents.tree(trees.before))
        now = self._bench.workspace.survey(hotfix.package_key, seen.now, progress)
        if seen.changes is None or seen.now != now:  # a survey gives the very same facts of what nobody touched
            seen.changes = changes_between(seen.before, now.knowing(seen.before))
        seen.now = now
        self._seen[package_id] = seen
        return HotfixChanges(hotfix, seen.changes, True, _remark(self._bench, trees))


@dataclass(slots=True)
class _Seen:
    """What was seen of an open package: before its hotfix, and at the last look."""

    before_digest: bytes
    before: Manifest
    now: Manifest | None = None
    changes: ChangeSet | None = None


def _remark(bench: Workbench, trees: FixTrees) -> str:
    return f"{trees.remark} {unfinished_revert(bench, trees.hotfix)}".strip()


def _demand_reader(bench: Workbench) -> None:
    demand(Act.READ_CHANGES, bench.person.user, bench.store.administration.roles_of(bench.person.user))


def _known(bench: Workbench, number: int) -> tuple[Hotfix, FixTrees]:
    _demand_reader(bench)
    hotfix = bench.store.hotfixes.get(number)
    if hotfix is None:
        raise Refused(f"There is no hotfix number {number} in this workspace.")
    trees = bench.store.fixes.of(number)
    if trees is None:
        raise Refused(
            f"What {hotfix.package_name} contained before this hotfix was not recorded, so its changes are not known."
        )
    return hotfix, trees


def _kept(bench: Workbench, change: Change, digest: bytes) -> bytes:
    if digest == UNREADABLE:
        raise StoreError(f"{change.shown} could not be read when it was to be recorded, so its contents are not kept.")
    return bench.contents.read(digest)


def _lying(bench: Workbench, hotfix: Hotfix, change: Change, progress: Progress) -> bytes:
    for _, chunks in bench.workspace.read(hotfix.package_key, [change.path], progress):
        return b"".join(chunks)
    raise WorkspaceError(
        f"{change.shown} cannot be read: it is gone, or may not be read.", "Look again at what was changed."
    )
