"""What an update of packages from an archive would do, and above all: what of undelivered hotfixes it would lose.

The rule of ``design.md`` P5: an update that would overwrite undelivered changes stops and shows them, until somebody
decides for each package whether ours stay on top or theirs are taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hotfix_desktop.core.changes import ChangeSet, shown


class FixFate(StrEnum):
    """What becomes of one file that undelivered hotfixes changed; the values are the words on the screen."""

    CONTAINED = "contained"
    """The archive has the fix: the same contents, the same in meaning, or all the lines that it changed."""
    CONFLICTING = "conflicting"
    """The archive and the fix both changed the same lines."""
    LOST = "would be lost"
    """The archive does not have the fix, though both go together."""


class Take(StrEnum):
    """What is done about undelivered fixes that an archive does not have."""

    OURS = "ours"
    """They stay, on top of what is delivered; where both changed the same lines the whole file stays ours."""
    THEIRS = "theirs"
    """What is delivered is taken as it is; the fixes stay in the content store, and undelivered."""


@dataclass(frozen=True, slots=True)
class FixFile:
    """One file that undelivered hotfixes changed.

    Attributes:
        path: below the package, forward slashes.
        hotfixes: their numbers, the oldest first.
    """

    path: bytes
    fate: FixFate
    hotfixes: tuple[int, ...]

    @property
    def shown(self) -> str:
        """The path for people, in one line: what is no UTF-8, or cannot be printed, is escaped."""
        return shown(self.path)


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """What an update would do to one package.

    Attributes:
        name, uid: as the archive says.
        package_id: the database's number of the package; None for a new one.
        key: its folder in the workspace, or the one that a new package gets.
        old_version, new_version: ``PackageVersion``; empty where none is given.
        is_older: whether the archive brings an older version than is installed.
        is_same: whether it brings exactly what is there.
        is_modifiable: whether the package is a developer's own, which is never closed.
        changes: from what it contains now to what is delivered; for a new package everything is added.
        fixes: what undelivered hotfixes changed in it, by path.
        inside: the hotfixes in it that do not come home with the archive: without a :class:`Take` they stay in it.
        problem: why it cannot be updated, in one sentence; empty when it can.
        drift: whether it was changed while it was not unlocked, and nobody accepted that.
        now, base, delivered: ``Manifest.digest`` of what it contains, of what its undelivered fixes began with
            (empty without any) and of what the archive brings.
    """

    name: str
    uid: str
    package_id: int | None
    old_version: str
    new_version: str
    is_older: bool
    is_same: bool
    changes: ChangeSet
    fixes: tuple[FixFile, ...] = ()
    inside: tuple[int, ...] = ()
    problem: str = ""
    drift: bool = False
    is_modifiable: bool = False
    key: str = ""
    now: bytes = b""
    base: bytes = b""
    delivered: bytes = b""

    @property
    def is_new(self) -> bool:
        """Whether the package is not in the workspace yet."""
        return self.package_id is None

    @property
    def needs_decision(self) -> bool:
        """Whether the update would overwrite a fix, so that somebody must choose a :class:`Take`."""
        return any(fix.fate is not FixFate.CONTAINED for fix in self.fixes)

    def of_fate(self, fate: FixFate) -> tuple[FixFile, ...]:
        """Give the files of one fate."""
        return tuple(fix for fix in self.fixes if fix.fate is fate)


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """What an archive would do to the workspace; nothing is changed by making it.

    Attributes:
        archive: the file.
        sha256: of that file, 32 bytes.
        packages: in the order of the archive.
        problem: why nothing of it can be done, in one sentence; empty when it can.
    """

    archive: Path
    sha256: bytes
    packages: tuple[PackagePlan, ...]
    problem: str = ""

    @property
    def needs_decision(self) -> bool:
        """Whether somebody must choose a :class:`Take` for at least one package."""
        return any(package.needs_decision for package in self.packages)

    @property
    def is_older(self) -> bool:
        """Whether at least one package would get an older version than it has."""
        return any(package.is_older for package in self.packages)

    @property
    def is_modifiable(self) -> bool:
        """Whether at least one package is a developer's own, which would be overwritten."""
        return any(package.is_modifiable for package in self.packages)

    @property
    def is_same(self) -> bool:
        """Whether everything that it brings is there already."""
        return bool(self.packages) and all(package.is_same for package in self.packages)


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did.

    Attributes:
        number: of the update in the workspace.
        installed, updated, unchanged: the names of the packages.
        delivered: the hotfixes whose fixes came home with it.
        kept: the names of the packages in which ours was kept on top.
        overwritten: the names of the packages in which theirs was taken against ours.
        remarks: what is worth knowing besides, one sentence each.
    """

    number: int
    installed: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    delivered: tuple[int, ...] = ()
    kept: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def version_order(text: str) -> tuple[int, ...] | None:
    """Give what versions are ordered by: "7.8.0" → (7, 8); None for what is no version of numbers and dots."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}){0,9}", text.strip(), re.ASCII):
        return None
    parts = [int(part) for part in text.strip().split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def is_older(old: str, new: str) -> bool:
    """Whether ``new`` is an older version than ``old``; nobody knows of what is no version of numbers and dots."""
    was, now = version_order(old), version_order(new)
    return was is not None and now is not None and now < was


def undecided(plan: UpdatePlan, takes: Mapping[str, Take]) -> tuple[PackagePlan, ...]:
    """Give the packages for which somebody still has to choose; ``takes`` is by the packages' names."""
    return tuple(p for p in plan.packages if p.needs_decision and p.name not in takes)
