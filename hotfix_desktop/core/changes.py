"""What changed between two recorded trees of a package: by file and by element (``creatio.md`` 8.1).

A folder is no change by itself: only what lies in it is carried home.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.packages import ElementKind


class ChangeKind(StrEnum):
    """What happened to a file; the values are the words on the screen."""

    ADDED = "Added"
    MODIFIED = "Modified"
    DELETED = "Deleted"
    RENAMED = "Renamed"


@dataclass(frozen=True, slots=True, order=True)
class ElementKey:
    """Names an element of a package; the files beside all elements belong to one without a name.

    Attributes:
        kind: its kind's word, "" for the package itself (``descriptor.json`` and what else lies at its top).
        name: its folder's name; for a file its path below ``Files``.
    """

    kind: ElementKind | str
    name: str

    @property
    def shown(self) -> str:
        """The name for people, in one line, as in the path of a file that :func:`shown` gives."""
        return in_one_line(self.name)


@dataclass(frozen=True, slots=True)
class Change:
    """One file or link that differs.

    Attributes:
        path: below the package, forward slashes, as the file system spells it; of a deleted file where it was.
        before: as it was; None for an added one.
        after: as it is; None for a deleted one.
        old_path: where a renamed file was; else empty.
    """

    path: bytes
    kind: ChangeKind
    element: ElementKey
    before: Fact | None
    after: Fact | None
    old_path: bytes = b""

    @property
    def shown(self) -> str:
        """The path for people, in one line: what is no UTF-8, or cannot be printed, is escaped."""
        return shown(self.path)

    @property
    def old_shown(self) -> str:
        """Where a renamed file was, for people; else empty."""
        return shown(self.old_path)

    @property
    def is_unreadable(self) -> bool:
        """Whether its contents could not be read at one of the two moments, so that they are not kept."""
        return any(fact is not None and fact.digest == UNREADABLE for fact in (self.before, self.after))


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All changes between two trees, sorted by path; ``before`` and ``after`` are ``Manifest.digest`` of them."""

    changes: tuple[Change, ...]
    before: bytes
    after: bytes

    @property
    def count(self) -> int:
        """How many files and links differ; a renamed one counts once."""
        return len(self.changes)

    def by_element(self) -> dict[ElementKey, tuple[Change, ...]]:
        """Give the changes of each element, elements sorted by kind and name."""
        found: dict[ElementKey, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.element, []).append(change)
        return {key: tuple(found[key]) for key in sorted(found, key=_element_order)}

    def sentence(self) -> str:
        """Give "3 modified, 1 added", or "nothing changed"."""
        parts = []
        for kind in (ChangeKind.MODIFIED, ChangeKind.ADDED, ChangeKind.DELETED, ChangeKind.RENAMED):
            number = sum(1 for change in self.changes if change.kind is kind)
            if number:
                parts.append(f"{number:,} {kind.value.lower()}")
        return ", ".join(parts) or "nothing changed"


def shown(path: bytes) -> str:
    """Give a path for people, in one line: what is no UTF-8, or cannot be printed, is escaped."""
    return in_one_line(path.decode("utf-8", "backslashreplace"))


def in_one_line(name: str) -> str:
    """Give the name of a file or folder for people, in one line: what cannot be printed is escaped."""
    return name if name.isprintable() else "".join(map(_escaped, name))


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


_FOLDERS = {
    "Schemas": ElementKind.SCHEMA,
    "Data": ElementKind.DATA,
    "Resources": ElementKind.RESOURCE,
    "SqlScripts": ElementKind.SQL_SCRIPT,
    "Assemblies": ElementKind.ASSEMBLY,
    "Files": ElementKind.FILE,
}
_DESCRIPTOR = b"descriptor.json"
_NEAR = 64
"""Of more files with the same contents only so many, next in order, are looked at for the one that was renamed."""
_THINGS = (Kind.FILE, Kind.LINK)
_ORDER = {"": -1, **{kind.value: at for at, kind in enumerate(ElementKind)}}


def element_of(path: bytes, prefix: bytes = b"") -> ElementKey:
    """Say to which element a file belongs; ``prefix`` is ``branches/<version>/`` where the package has that."""
    below = path.removeprefix(prefix).decode("utf-8", "backslashreplace")
    top, _, rest = below.partition("/")
    kind = _FOLDERS.get(top)
    if kind is None or not rest:
        return ElementKey("", "")
    if kind is ElementKind.FILE:
        return ElementKey(kind, rest)
    name, slash, _ = rest.partition("/")
    return ElementKey(kind, name) if slash else ElementKey("", "")


def prefix_of(tree: Manifest) -> bytes:
    """Give where a package's content lies in its folder: nothing, or ``branches/<version>/`` (``creatio.md`` 8.6)."""
    if _DESCRIPTOR in tree.items:
        return b""
    versions = {path.split(b"/", 2)[1] for path in tree.items if path.startswith(b"branches/")}
    prefix = b"branches/" + (versions.pop() if len(versions) == 1 else b"") + b"/"
    return prefix if prefix + _DESCRIPTOR in tree.items else b""


def changes_between(before: Manifest, after: Manifest) -> ChangeSet:
    """Say what differs in files and links; a file whose contents were unreadable at one moment counts as the same.

    A deleted and an added file of the same contents are one renamed file; of several, those with the most alike
    paths are taken together.
    """
    was, now = before.items, after.items
    changed: list[tuple[bytes, Fact, Fact]] = []
    added: dict[bytes, Fact] = {}
    for path, fact in now.items():
        if fact.kind not in _THINGS:
            continue
        old = was.get(path)
        if old is None or old.kind not in _THINGS:
            added[path] = fact
        elif _differ(old, fact):
            changed.append((path, old, fact))
    deleted = {
        path: fact
        for path, fact in was.items()
        if fact.kind in _THINGS and ((new := now.get(path)) is None or new.kind not in _THINGS)
    }
    at, gone_from = prefix_of(after), prefix_of(before)
    changes = [Change(path, ChangeKind.MODIFIED, element_of(path, at), old, fact) for path, old, fact in changed]
    for where, path in _renamed(deleted, added):
        element = element_of(path, at)
        changes.append(Change(path, ChangeKind.RENAMED, element, deleted.pop(where), added.pop(path), where))
    changes += [Change(path, ChangeKind.ADDED, element_of(path, at), None, fact) for path, fact in added.items()]
    changes += [
        Change(path, ChangeKind.DELETED, element_of(path, gone_from), fact, None) for path, fact in deleted.items()
    ]
    changes.sort(key=lambda change: change.path)
    return ChangeSet(tuple(changes), before.digest(), after.digest())


def _differ(was: Fact, now: Fact) -> bool:
    if was.digest == now.digest and was.kind is now.kind:
        return False
    return was.kind is not now.kind or UNREADABLE not in (was.digest, now.digest)


def _renamed(deleted: dict[bytes, Fact], added: dict[bytes, Fact]) -> Iterable[tuple[bytes, bytes]]:
    """Pair deleted with added files of the same contents; empty files are never taken for renamed ones."""
    waiting: dict[tuple[Kind, bytes], list[bytes]] = {}
    for path, fact in deleted.items():
        if (fact.size or fact.kind is Kind.LINK) and fact.digest != UNREADABLE:
            waiting.setdefault((fact.kind, fact.digest), []).append(path)
    pairs = []
    for path, fact in reversed(added.items()):
        candidates = waiting.get((fact.kind, fact.digest))
        if candidates:
            alike = [
                (_alike(old, path), at) for at, old in enumerate(candidates[-_NEAR:], -min(_NEAR, len(candidates)))
            ]
            pairs.append((candidates.pop(max(alike)[1]), path))
    return pairs


def _alike(one: bytes, other: bytes) -> int:
    """How many parts two paths share, counted from their ends."""
    number = 0
    for a, b in zip(reversed(one.split(b"/")), reversed(other.split(b"/")), strict=False):
        if a != b:
            break
        number += 1
    return number


def _element_order(key: ElementKey) -> tuple[int, str]:
    kind = key.kind.value if isinstance(key.kind, ElementKind) else key.kind
    return _ORDER[kind], key.name.casefold()
