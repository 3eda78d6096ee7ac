"""How a package in memory is replaced by a new one: the twin of ``placing`` for tests, with the same steps."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Kind, Manifest
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.descriptors import DESCRIPTOR, Unsound, parse_package
from hotfix_desktop.workspaces.port import PackageWorkspace, Reader, Swap
from hotfix_desktop.workspaces.records import closed as closed_mode

FILE_MODE = 0o644
Files = dict[str, tuple[int, bytes]]


class MemorySwaps(PackageWorkspace):
    """The part of a workspace in memory that replaces packages.

    Attributes:
        beside: what lies beside the packages, by the label of the swap and ``new`` or ``old``.
    """

    files: dict[str, Files]
    roots: dict[str, int]
    packages: list[FoundPackage]
    _begin: Callable[[str], None]
    _step: Callable[[str, str, str], None]

    def __init__(self) -> None:
        """Begin with nothing beside the packages."""
        self.beside: dict[tuple[str, str], tuple[Files, int]] = {}

    def new_key(self, name: str) -> str:
        """Give the name itself."""
        if name in self.files:
            raise WorkspaceError(f"There is a folder {name} already.")
        return name

    def prepare_swap(self, key: str, label: str, record: bytes | None, *, is_new: bool) -> Swap:
        """Say where it goes."""
        self._begin("prepare_swap")
        return Swap(key, key, label, is_new)

    def stage(
        self,
        swap: Swap,
        tree: Manifest,
        read: Reader,
        record: bytes | None,
        progress: Progress = NOBODY,
        *,
        closed: bool,
    ) -> Swap:
        """Make the files one by one."""
        self._begin("stage")
        old = self.files.get(swap.key, {})
        known = json.loads(record) if record else {path: mode for path, (mode, _) in old.items()}
        modes: dict[str, int] = {}
        root = known.get("", self.roots.get(swap.key, 0o755) | 0o200)
        files: Files = {}
        self.beside[swap.label, "new"] = (files, closed_mode(root) if closed else root)
        for path, pieces in read(sorted(p for p, fact in tree.items.items() if fact.kind is Kind.FILE)):
            name = os.fsdecode(path)
            self._step("stage", swap.key, name)
            progress.step(len(files), 0, name)
            modes[name] = known.get(name, FILE_MODE)
            files[name] = (closed_mode(modes[name]) if closed else modes[name], b"".join(pieces))
        taken = json.dumps({**modes, "": root}).encode() if closed else b""
        return replace(swap, identity=(1, id(files)), record=taken)

    def survey_staged(self, swap: Swap, progress: Progress = NOBODY) -> Manifest:
        """Look at the new files."""
        return self._survey_of(swap, "new")

    def swap(self, swap: Swap) -> None:
        """Move the old ones away, then the new ones in."""
        self._begin("swap")
        if (swap.label, "new") not in self.beside:
            return
        if not swap.is_new and (swap.label, "old") not in self.beside:
            self._step("swap", swap.key, "old")
            self.beside[swap.label, "old"] = (self.files.pop(swap.key), self.roots[swap.key])
        self._step("swap", swap.key, "new")
        self.files[swap.key], self.roots[swap.key] = self.beside.pop((swap.label, "new"))
        self._describe(swap.key)

    def swap_back(self, swap: Swap) -> None:
        """Move them back."""
        self._begin("swap_back")
        if (swap.label, "new") not in self.beside and swap.key in self.files:
            self.beside[swap.label, "new"] = (self.files.pop(swap.key), self.roots[swap.key])
        if (swap.label, "old") in self.beside:
            self.files[swap.key], self.roots[swap.key] = self.beside.pop((swap.label, "old"))
            self._describe(swap.key)

    def survey_replaced(self, swap: Swap, earlier: Manifest, progress: Progress = NOBODY) -> Manifest | None:
        """Look at the old files."""
        return self._survey_of(swap, "old") if (swap.label, "old") in self.beside else None

    def read_replaced(self, swap: Swap, paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Yield those of the old files that are there."""
        files = self.beside[swap.label, "old"][0]
        for path in paths:
            if os.fsdecode(path) in files:
                yield path, iter([files[os.fsdecode(path)][1]])

    def tidy(self, swap: Swap) -> None:
        """Forget what lies beside the package."""
        self._begin("tidy")
        self.beside.pop((swap.label, "new"), None)
        self.beside.pop((swap.label, "old"), None)

    def _survey_of(self, swap: Swap, side: str) -> Manifest:
        """Survey files beside a package as if they were its own."""
        key = f"{swap.key} {side}"
        self.files[key], self.roots[key] = self.beside[swap.label, side]
        try:
            return self.survey(key)
        finally:
            del self.files[key], self.roots[key]

    def _describe(self, key: str) -> None:
        """List the package as its new descriptor says."""
        try:
            found = parse_package(self.files[key][DESCRIPTOR][1], key)
        except (KeyError, Unsound):
            found = next((one for one in self.packages if one.key == key), FoundPackage(key, key))
        self.packages[:] = [one for one in self.packages if one.key != key] + [found]
