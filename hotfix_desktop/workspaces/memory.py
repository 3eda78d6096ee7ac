"""A workspace in memory: the twin of the package folder for tests, which can be made to fail at any step.

It keeps the same promises in the same order (files one by one, the package itself closed last and opened
first), so that what a use case does about an interrupted closing can be tried without a disk.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from hotfix_desktop.core.errors import HotfixError, WorkspaceError
from hotfix_desktop.core.manifest import Fact, Kind, Manifest
from hotfix_desktop.core.packages import Element, ElementKind, FoundPackage, Listing, Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import printable
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.workspaces.descriptors import DESCRIPTOR
from hotfix_desktop.workspaces.elements import FOLDERS, describe, in_order
from hotfix_desktop.workspaces.memory_swaps import MemorySwaps
from hotfix_desktop.workspaces.records import WRITE_BITS, closed

STEP = 200
"""Files between two reports of progress."""
PIECE = 1 << 20
"""Bytes of a file that are given at once."""
OPEN_FOLDER = 0o755
"""The mode that a package itself begins with."""
_ROOT = ""
"""The path of the package itself in a record."""

Files = dict[str, tuple[int, bytes]]
"""The mode and the bytes of each file by its path in the package, with forward slashes."""


class MemoryWorkspace(MemorySwaps):
    """Packages that exist only while the program runs.

    Attributes:
        packages: what :meth:`list_packages` reports, in this order.
        files: the files of each package by key; take a package out and it is missing.
        roots: the mode of each package folder itself, by key.
        remarks: the remarks of the listing.
        writers_of: what :meth:`writers` reports, by key.
        may_freeze: whether freezing is allowed here.
        frozen: the packages that are frozen, or that a crash left half-frozen, by key.
        calls: how often each method of the port was called, by its name.
        before_step: when set, called with the operation, the key and the path before each file is recorded,
            closed, opened, read, surveyed, frozen or thawed ('' for the package itself). It may raise a
            ``WorkspaceError``, ``Cancelled``, or, for a crash, any ``BaseException``.
    """

    def __init__(
        self,
        packages: Iterable[FoundPackage] = (),
        files: Mapping[str, Mapping[str, tuple[int, bytes]]] | None = None,
        location: str = "memory:",
        title: str = "Memory",
    ) -> None:
        """Hold these packages; one without ``files`` is an empty folder."""
        super().__init__()
        self.packages = list(packages)
        given = files or {}
        self.files: dict[str, Files] = {one.key: dict(given.get(one.key, {})) for one in self.packages}
        self.roots = {one.key: OPEN_FOLDER for one in self.packages}
        self.remarks: tuple[str, ...] = ()
        self.writers_of: dict[str, tuple[Writer, ...]] = {}
        self.may_freeze = False
        self.frozen: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.before_step: Callable[[str, str, str], None] | None = None
        self._location = location
        self._title = title
        self._failures: dict[str, BaseException] = {}
        self._clock = itertools.count(1)
        self._stamps: dict[tuple[str, str], tuple[tuple[int, bytes], int]] = {}

    def fail_next(self, operation: str, error: BaseException) -> None:
        """Let the next call of one method of the port (``"close"`` …) raise ``error`` at its start."""
        self._failures[operation] = error

    def write(self, key: str, path: str, data: bytes) -> None:
        """Do what a developer's editor does; ``WorkspaceError`` when the package is closed."""
        files = self._files(key)
        mode = files[path][0] if path in files else self.roots[key] & 0o666
        if not mode & WRITE_BITS or key in self.frozen:
            raise WorkspaceError(f"Cannot write {path}: permission denied.")
        self._put(key, path, mode, data)

    def scribble(self, key: str, path: str, data: bytes) -> None:
        """Do what a program does that opened the file before the package was closed.

        ``WorkspaceError`` when it is frozen.
        """
        if key in self.frozen:
            raise WorkspaceError(f"Cannot write {path}: the system does not permit it.")
        self._put(key, path, self._files(key)[path][0], data)

    @property
    def location(self) -> str:
        """What it was called when it was made."""
        return self._location

    @property
    def title(self) -> str:
        """The title that it was given."""
        return self._title

    def list_packages(self, progress: Progress = NOBODY) -> Listing:
        """Give the packages whose files are there."""
        self._begin("list_packages")
        progress.step(0, len(self.packages))
        return Listing(tuple(one for one in self.packages if one.key in self.files), self.remarks)

    def elements(self, key: str, progress: Progress = NOBODY) -> list[Element]:
        """Tell the elements from the paths of the files, as the folder does."""
        self._begin("elements")
        progress.step(0)
        files = self._files(key)
        found: dict[str, Element] = {}
        for path in files:
            folder, _, below = path.partition("/")
            kind = FOLDERS.get(folder)
            if kind is ElementKind.FILE:
                found[path] = Element(kind, printable(below), printable(path))
            elif kind is not None and "/" in below:
                name = below.partition("/")[0]
                descriptor = files.get(f"{folder}/{name}/{DESCRIPTOR}")
                found[f"{folder}/{name}"] = describe(
                    kind,
                    printable(name),
                    printable(f"{folder}/{name}"),
                    descriptor[1] if descriptor else None,
                )
        return in_order(list(found.values()))

    def contents(self, key: str, progress: Progress = NOBODY) -> Iterator[tuple[bytes, bytes]]:
        """Yield the files by path."""
        self._begin("contents")
        for done, (path, (_, data)) in enumerate(sorted(self._files(key).items())):
            self._step("contents", key, path)
            progress.step(done, 0, path)
            yield os.fsencode(path), data

    def record(self, key: str, earlier: bytes | None, progress: Progress = NOBODY, opened: bytes = b"") -> bytes:
        """Note the modes; see the port."""
        self._begin("record")
        before = _decode(earlier) if earlier is not None else {}
        now: dict[str, int] = {}
        for path, mode in self._walk("record", key, progress):
            was = before.get(path, mode)
            now[path] = was if mode == closed(was) else mode
        return json.dumps(now).encode()

    def close(self, key: str, record: bytes, progress: Progress = NOBODY) -> None:
        """Take the write bits away, from the package itself last."""
        self._begin("close")
        recorded = _decode(record)
        for path, mode in self._walk("close", key, progress):
            self._set(key, path, closed(recorded.get(path, mode)))

    def open(self, key: str, record: bytes, progress: Progress = NOBODY) -> bytes:
        """Restore the recorded modes, of the package itself first."""
        self._begin("open")
        recorded = _decode(record)
        for path, mode in self._walk("open", key, progress):
            self._set(key, path, recorded.get(path, mode))
        return b""

    def survey(self, key: str, earlier: Manifest | None = None, progress: Progress = NOBODY) -> Manifest:
        """Give the files, and the folders that their paths name, which have the mode of the package itself."""
        self._begin("survey")
        known = earlier.items if earlier else {}
        items: dict[bytes, Fact] = {}
        for path, mode in self._walk("survey", key, progress):
            parts = path.split("/")[:-1]
            for depth in range(len(parts) + 1):
                folder = os.fsencode("/".join(parts[:depth]))
                items.setdefault(folder, Fact(Kind.FOLDER, self.roots[key], 0, (0, 0, 0), b""))
            if path == _ROOT:
                continue
            data, stamp = self._files(key)[path][1], self._stamp(key, path)
            was = known.get(os.fsencode(path))
            same = was is not None and (was.size, was.stamp) == (len(data), stamp)
            digest = was.digest if was and same else hashlib.sha256(data).digest()
            items[os.fsencode(path)] = Fact(Kind.FILE, mode, len(data), stamp, digest)
        return Manifest(items)

    def read(
        self, key: str, paths: Sequence[bytes], progress: Progress = NOBODY
    ) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Yield those of these files that are there."""
        self._begin("read")
        for path in paths:
            progress.check()
            name = os.fsdecode(path)
            self._step("read", key, name)
            if name in (files := self._files(key)):
                data = files[name][1]
                yield path, iter([data[at : at + PIECE] for at in range(0, len(data), PIECE)])

    def put(self, key: str, path: bytes, contents: Iterable[bytes], kind: Kind = Kind.FILE, mode: int = 0o644) -> None:
        """Write a file; there are no links here."""
        self._begin("put")
        data, name = b"".join(contents), os.fsdecode(path)
        self._step("put", key, name)
        self._put(key, name, self._files(key).get(name, (mode, b""))[0], data)

    def remove(self, key: str, path: bytes) -> None:
        """Remove a file; a folder is there as long as a file in it."""
        self._begin("remove")
        self._step("remove", key, os.fsdecode(path))
        self._files(key).pop(os.fsdecode(path), None)

    def writers(self, key: str) -> tuple[Writer, ...]:
        """Give what a test has put into ``writers_of``."""
        self._begin("writers")
        self._files(key)
        return self.writers_of.get(key, ())

    def freeze(self, key: str, progress: Progress = NOBODY) -> bool:
        """Forbid every change where ``may_freeze`` says so; what stops it half-way is undone, but for a crash."""
        self._begin("freeze")
        self._files(key)
        if not self.may_freeze:
            return False
        was_frozen = key in self.frozen
        try:
            for _ in self._walk("freeze", key, progress):
                self.frozen.add(key)
        except HotfixError:
            if not was_frozen:
                self.frozen.discard(key)
            raise
        return True

    def thaw(self, key: str, progress: Progress = NOBODY) -> None:
        """Allow changes again, once all is done."""
        self._begin("thaw")
        for _ in self._walk("thaw", key, progress):
            pass
        self.frozen.discard(key)

    def look(self, key: str) -> Openness:
        """Look at the package itself and at the files that lie directly in it, as the folder does."""
        self._begin("look")
        if key not in self.files:
            return Openness.MISSING
        sample = [self.roots[key], *(mode for path, (mode, _) in self.files[key].items() if "/" not in path)]
        return Openness.OPEN if any(mode & WRITE_BITS for mode in sample) else Openness.CLOSED

    def _walk(self, operation: str, key: str, progress: Progress) -> Iterator[tuple[str, int]]:
        """Go through the package itself (last when closing, else first) and its files, as the folder does."""
        files = self._files(key)
        paths = [*sorted(files), _ROOT] if operation in ("close", "freeze") else [_ROOT, *sorted(files)]
        for done, path in enumerate(paths):
            if not done % STEP:
                progress.step(done, len(paths), printable(path))
            self._step(operation, key, path)
            if path == _ROOT:
                yield path, self.roots[key]
            elif path in files:
                yield path, files[path][0]

    def _set(self, key: str, path: str, mode: int) -> None:
        """Set the mode of a file or of the package itself; a frozen one may keep the mode that it has."""
        now = self.roots[key] if path == _ROOT else self.files[key][path][0]
        if key in self.frozen:
            if mode != now:
                raise WorkspaceError(f"Cannot change the mode of {path or key}: the system does not permit it.")
        elif path == _ROOT:
            self.roots[key] = mode
        else:
            self._put(key, path, mode, self.files[key][path][1])

    def _put(self, key: str, path: str, mode: int, data: bytes) -> None:
        """Change a file, which moves its stamp even when nothing is new."""
        self._files(key)[path] = (mode, data)
        self._stamps.pop((key, path), None)

    def _stamp(self, key: str, path: str) -> tuple[int, int, int]:
        """Give a file's stamp; one that a test changed in ``files`` itself gets a new one too."""
        file = self.files[key][path]
        was, ticks = self._stamps.get((key, path), (None, 0))
        if was != file:
            ticks = next(self._clock)
            self._stamps[key, path] = (file, ticks)
        return ticks, ticks, 1

    def _begin(self, operation: str) -> None:
        """Count a call, and let it fail if a test asked for that."""
        self.calls[operation] += 1
        if error := self._failures.pop(operation, None):
            raise error

    def _step(self, operation: str, key: str, path: str) -> None:
        """Let a test interfere."""
        if self.before_step is not None:
            self.before_step(operation, key, path)

    def _files(self, key: str) -> Files:
        """Give a package's files, or say that it is gone."""
        try:
            return self.files[key]
        except KeyError:
            raise WorkspaceError(f"The folder of {printable(key)} is not there.") from None


def _decode(record: bytes) -> dict[str, int]:
    """Read a record of this workspace."""
    try:
        return {str(path): int(mode) for path, mode in json.loads(record).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise WorkspaceError("The record of the package's original file modes is damaged.") from error
