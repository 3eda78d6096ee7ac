"""What a package contains at one moment, and how two moments differ: the rules of drift.

A manifest names every file, folder and link of a package with what the file system says of it and, for a
file, the SHA-256 of its contents. The *stamp* of a file tells cheaply that nobody touched it since: nobody
can set a change time back (``performance.md`` E), so an equal stamp means equal contents, and only what was
touched has to be read again. It is the seed of the recorded trees of ``design.md`` 6.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

UNREADABLE = b"\xff" * 32
"""Stands for the contents of a file that could not be read; no SHA-256 that anybody will meet."""
MOST_NAMED = 1000
"""Paths of each kind that a difference names; more are only counted."""

_VERSION = b"HFM1"
_FACT = struct.Struct(">cHQqqQH")


class Kind(StrEnum):
    """What an item is; the values stand in the manifest's bytes."""

    FILE = "f"
    FOLDER = "d"
    LINK = "l"
    OTHER = "o"


@dataclass(frozen=True, slots=True)
class Fact:
    """One item of a package.

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

    def digest(self) -> bytes:
        """Give one SHA-256 of all paths, kinds and contents; modes and times do not count."""
        whole = hashlib.sha256()
        for path, fact in sorted(self.items.items()):
            whole.update(struct.pack(">I", len(path)) + path + fact.kind.value.encode() + fact.digest)
        return whole.digest()

    def writable(self) -> tuple[bytes, ...]:
        """Give the files and folders that have a write bit, sorted."""
        return tuple(sorted(p for p, f in self.items.items() if f.mode & 0o222 and f.kind in (Kind.FILE, Kind.FOLDER)))

    def encode(self) -> bytes:
        """Give compact bytes that :meth:`decode` reads."""
        parts = []
        for path, fact in sorted(self.items.items()):
            head = _FACT.pack(fact.kind.value.encode(), fact.mode, fact.size, *fact.stamp, len(path))
            parts.append(head + path + bytes([len(fact.digest)]) + fact.digest)
        return _VERSION + zlib.compress(b"".join(parts), 1)

    @classmethod
    def decode(cls, data: bytes) -> Manifest:
        """Give the manifest of these bytes; ``ValueError`` for bytes that :meth:`encode` did not make."""
        if not data.startswith(_VERSION):
            raise ValueError("these are not the bytes of a manifest")
        try:
            body = zlib.decompress(data[len(_VERSION) :])
            items: dict[bytes, Fact] = {}
            at = 0
            while at < len(body):
                kind, mode, size, modified, changed, inode, length = _FACT.unpack_from(body, at)
                at += _FACT.size
                path = body[at : at + length]
                at += length
                digest = body[at + 1 : at + 1 + body[at]]
                at += 1 + body[at]
                items[path] = Fact(Kind(kind.decode()), mode, size, (modified, changed, inode), digest)
            if at > len(body):
                raise IndexError("the last item is cut off")
        except (zlib.error, struct.error, IndexError, UnicodeDecodeError) as error:
            raise ValueError(f"the bytes of a manifest are damaged: {error}") from None
        return cls(items)


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs between two manifests in paths and contents, each sorted.

    A file whose contents are the same is no difference, whatever its times and mode say.
    """

    added: tuple[bytes, ...] = ()
    changed: tuple[bytes, ...] = ()
    deleted: tuple[bytes, ...] = ()

    @property
    def count(self) -> int:
        """How many items differ."""
        return len(self.added) + len(self.changed) + len(self.deleted)


def differences(before: Manifest, now: Manifest) -> Differences:
    """Say what was added, changed and deleted between two moments."""
    added = sorted(now.items.keys() - before.items.keys())
    deleted = sorted(before.items.keys() - now.items.keys())
    changed = sorted(
        path
        for path, fact in now.items.items()
        if (was := before.items.get(path)) is not None and (was.kind, was.digest) != (fact.kind, fact.digest)
    )
    return Differences(tuple(added), tuple(changed), tuple(deleted))


@dataclass(frozen=True, slots=True)
class Drift:
    """A change found in a package while it was not unlocked, as it is kept and shown.

    Attributes:
        found_us: when it was found, microseconds since 1970 UTC.
        after_relock: whether it was found right after a lock: a program wrote through an open handle.
        added, changed, deleted: paths for people, the first ``MOST_NAMED`` of each.
        count: how many items differ in all.
        opened: files and folders that had write bits and lost them again, the first ``MOST_NAMED``; whether
            their contents differ, too, the others say.
    """

    found_us: int
    after_relock: bool = False
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    count: int = 0
    opened: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Give "2 changed, 1 added"."""
        kinds = (
            ("changed", self.changed),
            ("added", self.added),
            ("deleted", self.deleted),
            ("found writable", self.opened),
        )
        return ", ".join(f"{_many(len(paths))} {word}" for word, paths in kinds if paths)


def _many(number: int) -> str:
    return f"{number:,} or more" if number >= MOST_NAMED else f"{number:,}"


def shown_paths(paths: Iterable[bytes]) -> tuple[str, ...]:
    """Give paths for people: what is no UTF-8 is escaped, and no more than ``MOST_NAMED``."""
    return tuple(path.decode("utf-8", "backslashreplace") for path, _ in zip(paths, range(MOST_NAMED), strict=False))
