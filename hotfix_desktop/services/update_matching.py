"""Which package of the workspace a package of an archive is: the one of its UId, or else of its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.catalogue import kept_by_name
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage
from hotfix_desktop.workspaces.port import ArchivedPackage


@dataclass(frozen=True, slots=True)
class Match:
    """A package of an archive and its place in the workspace.

    Attributes:
        package: what it updates; None for a new one.
        key: its folder, or the one that a new package gets; empty where there is a problem.
        problem: why it cannot be put there, in one sentence; empty when it can.
    """

    archived: ArchivedPackage
    package: StoredPackage | None
    key: str
    problem: str = ""


def match_all(bench: Workbench, archived: Sequence[ArchivedPackage], progress: Progress = NOBODY) -> list[Match]:
    """Look at the workspace, remember what is there, and find the place of each. Raises ``WorkspaceError``."""
    listing = bench.workspace.list_packages(progress)
    bench.store.packages.remember(listing.packages, kept_by_name(listing.packages))
    there = [package for package in bench.store.packages.all() if not package.missing]
    open_now = {hotfix.package_id for hotfix in bench.store.hotfixes.not_closed()}
    matches = [_match(bench, one, there, open_now) for one in archived]
    taken: dict[str, str] = {}
    for at, one in enumerate(matches):
        other = taken.setdefault(one.key.casefold(), one.archived.found.name)
        if one.key and other != one.archived.found.name:
            problem = f"The archive holds {other} and {one.archived.found.name} for the same folder {one.key}."
            matches[at] = Match(one.archived, one.package, one.key, problem)
    return matches


def _match(bench: Workbench, archived: ArchivedPackage, there: list[StoredPackage], open_now: set[int]) -> Match:
    found = archived.found
    same_uid = [package for package in there if found.uid and package.found.uid == found.uid]
    same_name = [package for package in there if package.found.name.casefold() == found.name.casefold()]
    if len(same_uid) > 1:
        folders = ", ".join(sorted(package.found.key for package in same_uid))
        return Match(archived, None, "", f"Several packages here have the UId of {found.name}: {folders}.")
    if same_uid:
        package = same_uid[0]
        other = next((p for p in same_name if p.package_id != package.package_id), None)
        if other is not None:
            problem = f"Another package here is called {found.name} already, in the folder {other.found.key}."
            return Match(archived, package, package.found.key, problem)
        return Match(archived, package, package.found.key, _why_not(package, package.package_id in open_now))
    if same_name:
        package = same_name[0]
        if package.found.synchronised and not package.found.problem and found.uid and package.found.uid:
            problem = f"There is another package {found.name} here, with the UId {package.found.uid}; the archive's has"
            return Match(archived, package, package.found.key, f"{problem} {found.uid}, so it is not the same package.")
        return Match(archived, package, package.found.key, _why_not(package, package.package_id in open_now))
    try:
        return Match(archived, None, bench.workspace.new_key(found.key or found.name))
    except WorkspaceError as error:
        return Match(archived, None, "", str(error))


def _why_not(package: StoredPackage, is_open: bool) -> str:
    """Say why a package cannot be updated now; empty when it can."""
    found: FoundPackage = package.found
    if is_open:
        return f"{found.name} is unlocked for a hotfix. Lock it first."
    if found.problem:
        return f"{found.name} is not synchronised and cannot be updated. {found.problem}"
    if not found.synchronised:
        return f"{found.name} is not synchronised: its folder holds files but no descriptor.json."
    if package.files not in (Files.OPEN, Files.CLOSED):
        return f"{found.name} is being opened or closed just now. Try again in a moment."
    return ""
