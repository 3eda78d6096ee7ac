"""What a package contains at one moment, and how two moments differ: the rules of drift.

A manifest names every file, folder and link of a package with what the file system says of it and, for a
file, the SHA-256 of its contents. The *stamp* of a file tells cheaply that nobody touched it since: nobody
can set a change time back (``performance.md`` E), so an equal stamp means equal contents, and only what was
touched has to be read again. It is the seed of the recorded trees of ``design.md`` 6.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import repeat
from typing import NamedTuple

from hotfix_desktop.core import fact_columns
from hotfix_desktop.core.collecting import no_collection

UNREADABLE = b"\xff" * 32
"""Stands for the contents of a file that could not be read; no SHA-256 that anybody will meet."""
MOST_NAMED = 200
"""Paths of each kind that a drift names; more are only counted. Every look at the list of packages reads them all."""
WHOLE_FOLDER = "."
"""Stands among the deleted paths when the folder of the package itself is gone."""


class Kind(StrEnum):
    """What an item is; the values stand in the manifest's bytes."""

    FILE = "f"
    FOLDER = "d"
    LINK = "l"
    OTHER = "o"


_LETTERS = {kind: kind.value.encode() for kind in Kind}
_KINDS = {kind.value: kind for kind in Kind}


class Fact(NamedTuple):
    """One item of a package; a tuple, because there are a hundred thousand of them in a large one.

    Attributes:
        kind: file, folder, link, or another thing (pipe, socket, device).
        mode: its permission bits.
        size: bytes, of a file; else 0.
        stamp: modification time and change time in nanoseconds, and the inode; zeros where nothing is proved.
        digest: SHA-256 of a file's contents or of a link's target, 32 bytes; empty for the rest.
    """

    kind: Kind
    mode: int
    size: int
    stamp: tuple[int, int, int]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package contains: each item by its path below the package, as bytes with forward slashes."""

    items: Mapping[bytes, Fact]
    _digest: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)
    """The digest once it was asked for: of a large package it takes a while."""
    listings: dict[str, object] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What a survey notes here for the next one: it is faster with that, and finds the same without."""

    def digest(self) -> bytes:
        """Give one SHA-256 of all paths, kinds and contents; modes and times do not count."""
        if not self._digest:
            whole, items, length = hashlib.sha256(), self.items, struct.Struct(">I").pack
            for path in sorted(items):
                fact = items[path]
                whole.update(length(len(path)) + path + _LETTERS[fact.kind] + fact.digest)
            self._digest.append(whole.digest())
        return self._digest[0]

    def writable(self) -> tuple[bytes, ...]:
        """Give the files and folders that have a write bit, sorted."""
        open_ones = [(path, fact) for path, fact in self.items.items() if fact.mode & 0o222]
        return tuple(sorted(path for path, fact in open_ones if fact.kind in (Kind.FILE, Kind.FOLDER)))

    def knowing(self, before: Manifest) -> Manifest:
        """Give this with what ``before`` knew of files that cannot be read now: nobody knows that they changed."""
        unread = [path for path, fact in self.items.items() if fact.digest == UNREADABLE]
        known = {
            path: was._replace(mode=self.items[path].mode)  # with its stamp: it is read again when it differs
            for path in unread
            if (was := before.items.get(path)) is not None and was.kind is self.items[path].kind
        }
        return Manifest({**self.items, **known}) if known else self

    def encode(self, *, stamped: bool = True) -> bytes:
        """Give compact bytes that :meth:`decode` reads; without ``stamped`` all stamps are zeros there."""
        if not self.items:
            return fact_columns.pack(((), "", (), (), (), (), (), ()))
        with no_collection():
            paths = sorted(self.items)
            kinds, modes, sizes, stamps, digests = zip(*map(self.items.__getitem__, paths), strict=True)
            times = zip(*stamps, strict=True) if stamped else repeat((0,) * len(paths), 3)
            return fact_columns.pack((paths, "".join(kinds), modes, sizes, *times, digests))

    @classmethod
    def decode(cls, data: bytes, digest: bytes = b"") -> Manifest:
        """Give the manifest of these bytes; ``ValueError`` for bytes that :meth:`encode` did not make.

        ``digest`` is that of the manifest where it is known: it is not counted again.
        """
        with no_collection():
            paths, letters, modes, sizes, modified, changed, inodes, digests = fact_columns.unpack(data)
            if not _KINDS.keys() >= set(letters):
                raise ValueError("the bytes of a manifest are damaged: an item is of no known kind")
            kinds = map(_KINDS.__getitem__, letters)
            stamps = zip(modified, changed, inodes, strict=True)
            # As ``Fact._make`` does it, without a call of Python's for each.
            facts = map(tuple.__new__, repeat(Fact), zip(kinds, modes, sizes, stamps, digests, strict=True))
            manifest = cls(dict(zip(paths, facts, strict=True)))
        if digest:
            manifest._digest.append(digest)
        return manifest


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs between two manifests in paths and contents, each sorted.

    A file whose contents are the same is no difference, whatever its times and mode say. Nor is one that could not
    be read at one of the two moments: what it contained then is unknown.
    """

    added: tuple[bytes, ...] = ()
    changed: tuple[bytes, ...] = ()
    deleted: tuple[bytes, ...] = ()

    @property
    def count(self) -> int:
        """How many items differ."""
        return len(self.added) + len(self.changed) + len(self.deleted)

    def shape(self) -> str:
        """Give a digest of which paths were added, changed and deleted, whatever they contain."""
        whole = hashlib.sha256()
        for kind, paths in ((b"+", self.added), (b"~", self.changed), (b"-", self.deleted)):
            for path in paths:
                whole.update(kind + struct.pack(">I", len(path)) + path)
        return whole.hexdigest()


def differences(before: Manifest, now: Manifest) -> Differences:
    """Say what was added, changed and deleted between two moments."""
    if before.items == now.items:  # the same facts, when nobody touched anything
        return Differences()
    added = sorted(now.items.keys() - before.items.keys())
    deleted = sorted(before.items.keys() - now.items.keys())
    changed = sorted(
        path for path, fact in now.items.items() if (was := before.items.get(path)) is not None and _differ(was, fact)
    )
    return Differences(tuple(added), tuple(changed), tuple(deleted))


def _differ(was: Fact, fact: Fact) -> bool:
    if was is fact:
        return False
    if was.kind is not fact.kind:
        return True
    return was.digest != fact.digest and UNREADABLE not in (was.digest, fact.digest)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items of each kind a drift has, for there may be more than it names."""

    added: int = 0
    changed: int = 0
    deleted: int = 0
    opened: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """A change found in a package while it was not unlocked, as it is kept and shown.

    Attributes:
        found_us: when it was found, microseconds since 1970 UTC.
        after_relock: whether it was found right after a lock: a program wrote through an open handle.
        added, changed, deleted: paths for people, the first ``MOST_NAMED`` of each; a deleted ``WHOLE_FOLDER`` says
            that the folder of the package itself is gone.
        count: how many items differ in all.
        opened: files and folders that had write bits and lost them again, the first ``MOST_NAMED``; whether
            their contents differ, too, the others say.
        counts: how many there are of each kind, where that is more than are named.
        token: stands for the contents that were found; who accepts the drift gives it back, so that nothing is
            accepted that came later.
    """

    found_us: int
    after_relock: bool = False
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    count: int = 0
    opened: tuple[str, ...] = ()
    counts: Counts = Counts()
    token: str = ""

    @property
    def is_folder_gone(self) -> bool:
        """Whether the folder of the package itself was deleted."""
        return WHOLE_FOLDER in self.deleted

    def sentence(self) -> str:
        """Give "2 changed, 1 added", or "its folder was deleted"."""
        deleted = _many(self.deleted, self.counts.deleted) - self.is_folder_gone
        kinds = (
            ("changed", _many(self.changed, self.counts.changed)),
            ("added", _many(self.added, self.counts.added)),
            ("deleted", deleted),
            ("found writable", _many(self.opened, self.counts.opened)),
        )
        parts = ["its folder was deleted"] if self.is_folder_gone else []
        return ", ".join(parts + [f"{number:,} {word}" for word, number in kinds if number])

    def over(self, earlier: Drift) -> Drift:
        """Give this drift together with an earlier one that nobody accepted: what was found last counts of a path."""
        newest = {*self.added, *self.changed, *self.deleted}

        def both(new: tuple[str, ...], old: tuple[str, ...]) -> tuple[str, ...]:
            return (new + tuple(path for path in old if path not in newest))[:MOST_NAMED]

        added, changed = both(self.added, earlier.added), both(self.changed, earlier.changed)
        deleted = both(self.deleted, earlier.deleted)
        counts = Counts(
            _at_least(added, self.counts.added, earlier.counts.added),
            _at_least(changed, self.counts.changed, earlier.counts.changed),
            _at_least(deleted, self.counts.deleted, earlier.counts.deleted),
            max(_many(self.opened, self.counts.opened), _many(earlier.opened, earlier.counts.opened)),
        )
        return replace(
            self,
            after_relock=self.after_relock and earlier.after_relock,
            added=added,
            changed=changed,
            deleted=deleted,
            count=counts.added + counts.changed + counts.deleted,
            opened=self.opened or earlier.opened,
            counts=counts,
        )

    def without_folder(self) -> Drift:
        """Give what is left of it when the folder of the package is there again."""
        if not self.is_folder_gone:
            return self
        return replace(
            self,
            deleted=tuple(path for path in self.deleted if path != WHOLE_FOLDER),
            count=self.count - 1,
            counts=replace(self.counts, deleted=max(0, self.counts.deleted - 1)),
        )


def _many(paths: tuple[str, ...], counted: int) -> int:
    return max(len(paths), counted)


def _at_least(named: tuple[str, ...], new: int, old: int) -> int:
    """Of more than can be named nobody knows how many are in both."""
    return max(len(named), new, old if old > MOST_NAMED else 0)


def shown_paths(paths: Iterable[bytes]) -> tuple[str, ...]:
    """Give paths for people: what is no UTF-8 is escaped, and no more than ``MOST_NAMED``."""
    return tuple(path.decode("utf-8", "backslashreplace") for path, _ in zip(paths, range(MOST_NAMED), strict=False))
