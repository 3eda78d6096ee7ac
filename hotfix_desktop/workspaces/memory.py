"""A workspace in memory: the twin of the package folder for tests, which can be made to fail at any step.

It keeps the same promises in the same order (files one by one, the package itself closed last and opened
first), so that what a use case does about an interrupted closing can be tried without a disk.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import Element, ElementKind, FoundPackage, Listing, Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import printable
from hotfix_desktop.workspaces.descriptors import DESCRIPTOR
from hotfix_desktop.workspaces.elements import FOLDERS, describe, in_order
from hotfix_desktop.workspaces.port import PackageWorkspace
from hotfix_desktop.workspaces.records import WRITE_BITS, closed

STEP = 200
"""Files between two reports of progress."""
OPEN_FOLDER = 0o755
"""The mode that a package itself begins with."""
_ROOT = ""
"""The path of the package itself in a record."""

Files = dict[str, tuple[int, bytes]]
"""The mode and the bytes of each file by its path in the package, with forward slashes."""


class MemoryWorkspace(PackageWorkspace):
    """Packages that exist only while the program runs.

    Attributes:
        packages: what :meth:`list_packages` reports, in this order.
        files: the files of each package by key; take a package out and it is missing.
        roots: the mode of each package folder itself, by key.
        remarks: the remarks of the listing.
        calls: how often each method of the port was called, by its name.
        before_step: when set, called with the operation, the key and the path before each file is recorded,
            closed, opened or read ('' for the package itself). It may raise a ``WorkspaceError``,
            ``Cancelled``, or, for a crash, any ``BaseException``.
    """

    def __init__(
        self,
        packages: Iterable[FoundPackage] = (),
        files: Mapping[str, Mapping[str, tuple[int, bytes]]] | None = None,
        location: str = "memory:",
        title: str = "Memory",
    ) -> None:
        """Hold these packages; one without ``files`` is an empty folder."""
        self.packages = list(packages)
        given = files or {}
        self.files: dict[str, Files] = {one.key: dict(given.get(one.key, {})) for one in self.packages}
        self.roots = {one.key: OPEN_FOLDER for one in self.packages}
        self.remarks: tuple[str, ...] = ()
        self.calls: Counter[str] = Counter()
        self.before_step: Callable[[str, str, str], None] | None = None
        self._location = location
        self._title = title
        self._failures: dict[str, BaseException] = {}

    def fail_next(self, operation: str, error: BaseException) -> None:
        """Let the next call of one method of the port (``"close"`` …) raise ``error`` at its start."""
        self._failures[operation] = error

    def write(self, key: str, path: str, data: bytes) -> None:
        """Do what a developer's editor does; ``WorkspaceError`` when the package is closed."""
        files = self._files(key)
        mode = files[path][0] if path in files else self.roots[key] & 0o666
        if not mode & WRITE_BITS:
            raise WorkspaceError(f"Cannot write {path}: permission denied.")
        files[path] = (mode, data)

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

    def record(self, key: str, earlier: bytes | None, progress: Progress = NOBODY) -> bytes:
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

    def open(self, key: str, record: bytes, progress: Progress = NOBODY) -> None:
        """Restore the recorded modes, of the package itself first."""
        self._begin("open")
        recorded = _decode(record)
        for path, mode in self._walk("open", key, progress):
            self._set(key, path, recorded.get(path, mode))

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
        paths = [*sorted(files), _ROOT] if operation == "close" else [_ROOT, *sorted(files)]
        for done, path in enumerate(paths):
            if not done % STEP:
                progress.step(done, len(paths), printable(path))
            self._step(operation, key, path)
            if path == _ROOT:
                yield path, self.roots[key]
            elif path in files:
                yield path, files[path][0]

    def _set(self, key: str, path: str, mode: int) -> None:
        """Set the mode of a file or of the package itself."""
        if path == _ROOT:
            self.roots[key] = mode
        else:
            self.files[key][path] = (mode, self.files[key][path][1])

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
