"""What hotfixes of one package did to each file, in order, as their recorded trees say.

Hotfixes that follow each other without a gap (the tree after one is the tree before the next) are one step; between
others something else changed the package, an update for instance, and each is a step of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from hotfix_desktop.core.changes import ChangeKind, changes_between, prefix_of, shown
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.workbench import Workbench

_DESCRIPTOR = b"descriptor.json"
_NAMED = 3
_UNREAD = "could not be read when it was recorded, so nobody knows what changed in it"


@dataclass(frozen=True, slots=True)
class Moment:
    """A file at one moment: its path, and what the tree says of it (None: it was not there)."""

    path: bytes
    fact: Fact | None


@dataclass(frozen=True, slots=True)
class FileStory:
    """What became of one file: before and after each step that touched it."""

    steps: tuple[tuple[Moment, Moment], ...]

    @property
    def origin(self) -> bytes:
        """Its path before the first step."""
        return self.steps[0][0].path

    @property
    def path(self) -> bytes:
        """Its path after the last step."""
        return self.steps[-1][1].path

    @property
    def change(self) -> ChangeKind:
        """What happened to it, all in all."""
        if self.steps[0][0].fact is None:
            return ChangeKind.ADDED
        if self.steps[-1][1].fact is None:
            return ChangeKind.DELETED
        return ChangeKind.MODIFIED if self.origin == self.path else ChangeKind.RENAMED


@dataclass(frozen=True, slots=True)
class Delivered:
    """What is to be delivered.

    Attributes:
        hotfixes: the oldest first.
        found: the package as it is known last.
        prefix: ``branches/<version>/`` where the package has its descriptor there (``creatio.md`` 8.6), else empty.
        stories: by the path of each file after it all, sorted.
        left: the paths of what they changed, or may have changed, and what cannot be delivered.
        after: what the package contained after the last of them.
        is_executable: whether the package's own descriptor may be executed, so that this right says nothing there.
        remarks: what is left out and why, in sentences.
    """

    hotfixes: tuple[Hotfix, ...]
    found: FoundPackage
    prefix: bytes
    stories: tuple[FileStory, ...]
    left: tuple[bytes, ...]
    after: Manifest
    is_executable: bool
    remarks: tuple[str, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the hotfixes."""
        return tuple(hotfix.number for hotfix in self.hotfixes)

    @property
    def count(self) -> int:
        """How many files there are, with those that cannot be delivered."""
        return len(self.stories) + len(self.left)

    @property
    def left_shown(self) -> tuple[str, ...]:
        """The paths of what cannot be delivered, for people."""
        return tuple(map(shown, self.left))


def what_to_deliver(bench: Workbench, numbers: Sequence[int]) -> Delivered:
    """Read the recorded trees of closed hotfixes of one package.

    Raises:
        Refused: a hotfix is unknown, open, of another package, or without trees; or together they changed nothing.
        StoreError: a tree is damaged.
    """
    hotfixes = closed_hotfixes(bench, numbers)
    stored = bench.store.packages.get(hotfixes[0].package_id)
    if stored is None or not stored.found.uid:
        raise Refused(f"The UId of {hotfixes[0].package_name} is not known, so nobody can find it in a repository.")
    remarks: list[str] = []
    steps = list(_steps(bench, hotfixes, remarks))
    after = steps[-1][1]
    prefix = prefix_of(after) or prefix_of(steps[0][0])
    descriptor = after.items.get(prefix + _DESCRIPTOR)
    executable = descriptor is not None and bool(descriptor.mode & 0o111)
    stories = []
    left: dict[str, list[bytes]] = {}
    unread = {path for before, after in steps for path in unread_between(before, after)}
    for story in _stories(steps):
        why = _UNREAD if story.path in unread or story.origin in unread else _why_left_out(story, prefix)
        unread -= {story.path, story.origin}
        if why:
            left.setdefault(why, []).append(story.path)
        else:
            stories.append(story)
    if unread:
        left[_UNREAD] = sorted([*left.get(_UNREAD, ()), *unread])
    remarks += [not_delivered(why, paths) for why, paths in left.items()]
    if not stories:
        names = ", ".join(str(hotfix.number) for hotfix in hotfixes)
        what = "Hotfix" if len(hotfixes) == 1 else "Hotfixes"
        raise Refused(
            f"{what} {names} of {hotfixes[0].package_name} changed nothing that could be delivered.",
            " ".join(remarks),
        )
    paths = tuple(sorted(path for some in left.values() for path in some))
    return Delivered(tuple(hotfixes), stored.found, prefix, tuple(stories), paths, after, executable, tuple(remarks))


def unread_between(before: Manifest, after: Manifest) -> list[bytes]:
    """Give the files of both trees whose contents were read only once, or never and with another size.

    ``changes_between`` takes them for unchanged; nobody knows that.
    """
    found = []
    for path, now in after.items.items():
        was = before.items.get(path)
        if was is None or Kind.FILE not in (was.kind, now.kind) or UNREADABLE not in (was.digest, now.digest):
            continue
        if was.digest != now.digest or was.size != now.size:
            found.append(path)
    return found


def waiting_on(bench: Workbench, hotfixes: Sequence[Hotfix], left: Collection[bytes]) -> tuple[int, ...]:
    """Give the numbers of the hotfixes that touched any of these files, named as they are after the last of them.

    Raises ``StoreError``.
    """
    if not left or len(hotfixes) == 1:
        return tuple(hotfix.number for hotfix in hotfixes if left)
    paths, waiting = set(left), []
    for hotfix in reversed(hotfixes):
        trees = bench.store.fixes.of(hotfix.number)
        if trees is None or trees.after is None:
            continue
        before, after = bench.contents.tree(trees.before), bench.contents.tree(trees.after)
        changes = [change for change in changes_between(before, after).changes if change.path in paths]
        if changes or not paths.isdisjoint(unread_between(before, after)):
            waiting.append(hotfix.number)
        paths.update(change.old_path for change in changes if change.old_path)
    return tuple(sorted(waiting)) or tuple(hotfix.number for hotfix in hotfixes)


def package_of(bench: Workbench, numbers: Sequence[int]) -> FoundPackage | None:
    """Give the package of the first of these hotfixes as it is known last, without asking anything else of them."""
    for number in sorted(numbers):
        hotfix = bench.store.hotfixes.get(number)
        stored = bench.store.packages.get(hotfix.package_id) if hotfix is not None else None
        return stored.found if stored is not None else None
    return None


def closed_hotfixes(bench: Workbench, numbers: Sequence[int]) -> list[Hotfix]:
    """Give closed hotfixes of one package, the oldest first; raises ``Refused`` for others."""
    if not numbers:
        raise Refused("No hotfix is chosen, so there is nothing to deliver.")
    found = []
    for number in sorted(set(numbers)):
        hotfix = bench.store.hotfixes.get(number)
        if hotfix is None:
            raise Refused(f"There is no hotfix {number} in this workspace.")
        if hotfix.state is not HotfixState.CLOSED:
            raise Refused(
                f"Hotfix {number} of {hotfix.package_name} is still open; it is delivered when it is closed.",
                "Lock the package first.",
            )
        found.append(hotfix)
    names = sorted({hotfix.package_name for hotfix in found})
    if len({hotfix.package_id for hotfix in found}) > 1:
        raise Refused(f"These are hotfixes of several packages: {', '.join(names)}.", "Deliver each package by itself.")
    return found


def _steps(bench: Workbench, hotfixes: list[Hotfix], remarks: list[str]) -> Iterator[tuple[Manifest, Manifest]]:
    """Give the trees before and after each step."""
    spans: list[tuple[bytes, bytes]] = []
    for hotfix in hotfixes:
        trees = bench.store.fixes.of(hotfix.number)
        if trees is None:
            raise Refused(
                f"What hotfix {hotfix.number} of {hotfix.package_name} changed was never recorded.",
                "It is from an earlier version of this program: carry it over by hand and mark it as delivered.",
            )
        if trees.after is None:
            raise Refused(
                f"What {hotfix.package_name} contained after hotfix {hotfix.number} is not recorded yet.",
                "Try again in a moment; if it stays so, look at the remark of its changes.",
            )
        if trees.remark:
            remarks.append(trees.remark)
        if spans and spans[-1][1] == trees.before:
            spans[-1] = (spans[-1][0], trees.after)
        else:
            spans.append((trees.before, trees.after))
    for before, after in spans:
        yield bench.contents.tree(before), bench.contents.tree(after)


def _stories(steps: list[tuple[Manifest, Manifest]]) -> list[FileStory]:
    told: dict[bytes, list[tuple[Moment, Moment]]] = {}
    for before, after in steps:
        moved: dict[bytes, list[tuple[Moment, Moment]]] = {}
        for change in changes_between(before, after).changes:
            old = change.old_path or change.path
            was = Moment(old if change.before is not None else change.path, change.before)
            # Deleted and made again: that is one file whose earlier self is gone.
            moved[change.path] = [*told.pop(old, []), (was, Moment(change.path, change.after))]
        told.update(moved)
    stories = [FileStory(tuple(told[path])) for path in sorted(told)]
    return [story for story in stories if story.steps[0][0].fact is not None or story.steps[-1][1].fact is not None]


def _why_left_out(story: FileStory, prefix: bytes) -> str:
    facts = [moment.fact for step in story.steps for moment in step]
    if any(fact is not None and fact.digest == UNREADABLE for fact in facts):
        return _UNREAD
    if any(part.lower() in (b".git", b"git~1") for path in (story.path, story.origin) for part in path.split(b"/")):
        return "is in a folder .git, which no repository takes"
    if not (story.path.startswith(prefix) and story.origin.startswith(prefix)):
        return "lies outside of the package's version"
    return ""


def not_delivered(why: str, paths: Sequence[bytes]) -> str:
    """Give the remark that names files which are left out; ``why`` completes "which …"."""
    names = ", ".join(map(shown, paths[:_NAMED]))
    more = f" and {plural(len(paths) - _NAMED, 'more file')}" if len(paths) > _NAMED else ""
    return f"Not delivered: {names}{more}, which {why}."
