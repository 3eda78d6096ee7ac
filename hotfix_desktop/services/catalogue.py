"""What the program shows of a workspace: every package with its state, merged from workspace and database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.deliveries import Undelivered
from hotfix_desktop.core.lifecycle import Files, Hotfix, HotfixState, Kept, PackageState, PackageStatus, standing_state
from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.core.packages import Element, FoundPackage
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.workbench import Workbench, unknown_package
from hotfix_desktop.store.administration import Protection
from hotfix_desktop.store.packages import StoredPackage

CUSTOM = "Custom"
"""Creatio's own package for changes made in place; it is never closed (``design.md`` 3)."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One consistent picture of a workspace.

    Attributes:
        packages: every package that is there, or open, or was deleted while it was closed, in no particular order.
        registered: whether anybody ever protected it here, so that there are roles and a log.
        protected: whether the files are in this program's care.
        roles: the roles of ``user``, who looks at it.
        remarks: what was odd about the workspace as a whole, in sentences.
        to_review: how many closed hotfixes wait for an auditor.
        open_packages: those of ``packages`` that are open; the window asks for them each second.
        waits: whether any of ``packages`` has a hotfix that is not delivered.
    """

    title: str
    location: str
    packages: tuple[PackageStatus, ...]
    registered: bool
    protected: bool
    settings: Settings
    user: str
    roles: frozenset[Role]
    remarks: tuple[str, ...] = ()
    to_review: int = 0
    open_packages: tuple[PackageStatus, ...] = field(init=False, compare=False, repr=False)
    waits: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Pick the open packages out of what may be ten thousand."""
        object.__setattr__(self, "open_packages", tuple(p for p in self.packages if p.is_open))
        object.__setattr__(self, "waits", any(p.waiting is not None for p in self.packages))


def remembered(bench: Workbench, remarks: tuple[str, ...] = ()) -> Catalogue:
    """Give the picture from the database alone: fast, and as old as the last look."""
    stored = bench.store.packages.all()
    record = bench.store.administration.workspace()
    return Catalogue(
        title=record.title if record else bench.workspace.title,
        location=bench.workspace.location,
        packages=tuple(_statuses(bench, stored)),
        registered=record is not None,
        protected=record is not None and record.protection is Protection.PROTECTED,
        settings=bench.store.administration.settings(),
        user=bench.person.user,
        roles=bench.store.administration.roles_of(bench.person.user),
        remarks=remarks,
        to_review=bench.store.reviews.counts().to_review,
    )


def refresh(bench: Workbench, progress: Progress = NOBODY) -> Catalogue:
    """Look at the workspace itself, remember what is there, and give the new picture."""
    listing = bench.workspace.list_packages(progress)
    bench.store.packages.remember(listing.packages, kept_by_name(listing.packages))
    return remembered(bench, listing.remarks)


def kept_by_name(packages: Iterable[FoundPackage]) -> dict[str, Kept]:
    """Say which new packages are never closed: Creatio's ``Custom``."""
    return {p.key: Kept.CUSTOM for p in packages if p.name.casefold() == CUSTOM.casefold()}


def elements(bench: Workbench, package_id: int, progress: Progress = NOBODY) -> list[Element]:
    """List what a package holds; raises ``WorkspaceError``."""
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    return bench.workspace.elements(package.found.key, progress)


def status_of(bench: Workbench, package_id: int) -> PackageStatus:
    """Give one package as it is in the database now; raises ``Refused`` for an unknown one."""
    stored = bench.store.packages.get(package_id)
    if stored is None:
        raise unknown_package(str(package_id))
    return next(iter(_statuses(bench, [stored], keep_missing=True)))


def find(bench: Workbench, name: str) -> PackageStatus:
    """Give the package of this name, in any case, or of this UId; raises ``Refused`` for an unknown one."""
    wanted = name.strip().casefold()
    if not wanted:  # else it would find a package without a UId
        raise unknown_package(name)
    matches = [p for p in remembered(bench).packages if wanted in (p.name.casefold(), p.found.uid.casefold())]
    exact = [p for p in matches if p.name == name] or matches
    if not exact:
        raise unknown_package(name)
    return exact[0]


def _statuses(bench: Workbench, stored: list[StoredPackage], *, keep_missing: bool = False) -> Iterable[PackageStatus]:
    now = bench.clock.now()
    open_now = {hotfix.package_id: hotfix for hotfix in bench.store.hotfixes.not_closed()}
    record = bench.store.administration.workspace()
    protected = record is not None and record.protection is Protection.PROTECTED
    waiting = undelivered(bench, {p.package_id for p in stored} if keep_missing else None)
    locked = [package.package_id for package in stored if package.locked or package.package_id in waiting]
    last = _Last(bench, locked)
    drifts = bench.store.baselines.drifts([p.package_id for p in stored] if keep_missing else None)
    for package in stored:
        hotfix = open_now.get(package.package_id)
        deleted = drifts.get(package.package_id) if protected else None  # it is shown until somebody accepts that
        if package.missing and hotfix is None and deleted is None and not keep_missing:
            continue
        if not protected and package.files is Files.OPEN and package.kept in (Kept.NO, Kept.NEW):
            package = replace(package, kept=Kept.UNPROTECTED)
        here = waiting.get(package.package_id)
        yield last.on(_status(package, hotfix, here, drifts.get(package.package_id), now))


class _Last:
    """What is known of the last hotfix of each package that was closed and not delivered as usual since."""

    def __init__(self, bench: Workbench, package_ids: list[int]) -> None:
        self._hotfixes = bench.store.hotfixes.last_closed(package_ids) if package_ids else {}
        numbers = [hotfix.number for hotfix in self._hotfixes.values()]
        self._changes = bench.store.deliveries.changes_of(numbers)
        self._delivered = bench.store.deliveries.newest(numbers)

    def on(self, status: PackageStatus) -> PackageStatus:
        """Complete a status that has no open hotfix."""
        last = self._hotfixes.get(status.package_id)
        if last is None or status.hotfix is not None:
            return status
        changes = self._changes.get(last.number) if status.waiting is None else status.changes
        return replace(status, hotfix=last, changes=changes, delivered=self._delivered.get(last.number))


def _status(
    package: StoredPackage, hotfix: Hotfix | None, waiting: Undelivered | None, drift: Drift | None, now: Moment
) -> PackageStatus:
    if hotfix is not None:
        state = PackageState.OVERDUE if is_overdue(hotfix, now) else PackageState.UNLOCKED
    else:
        state = standing_state(package.found, package.kept, package.locked)
    return PackageStatus(
        package_id=package.package_id,
        found=package.found,
        state=state,
        kept=package.kept,
        hotfix=hotfix,
        missing=package.missing,
        changes=waiting.changes if waiting is not None and hotfix is None else None,
        undelivered=waiting is not None,
        drift=drift,
        waiting=waiting,
    )


def is_overdue(hotfix: Hotfix, now: Moment) -> bool:
    """Whether an open hotfix is past its deadline."""
    return hotfix.state is not HotfixState.CLOSED and hotfix.lease.is_due(now)
