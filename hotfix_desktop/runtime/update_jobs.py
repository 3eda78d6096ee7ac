"""The jobs of archives and of the content store: what an archive would do, doing it, taking a package away, and care.

All of it runs aside: it may take minutes, and a lock must not wait for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.update_plan import PackagePlan, Take, Updated, UpdatePlan
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services import catalogue, exporting_packages, update_applying, updating, upkeep
from hotfix_desktop.services.differences import Difference, difference
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

_KINDS = (AuditType.PACKAGE_UPDATED, AuditType.PACKAGE_INSTALLED)
_LOOKED_AT = 64
"""Entries of a kind that are looked through, besides one for each package, for those of an update."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One file of a package before it is updated.

    Attributes:
        update: from what is there now to what is delivered.
        fix: what our undelivered hotfixes changed in it, up to now; None where they changed nothing.
        on_top: from what is there now to the delivered with ours on top; None where there is nothing of ours.
    """

    update: Difference
    fix: Difference | None = None
    on_top: Difference | None = None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an update did, and what became of the packages.

    Attributes:
        packages: as they are in the database now; those that cannot be found are left out.
        entries: the numbers of the audit entries that say so.
    """

    updated: Updated
    packages: tuple[PackageStatus, ...] = ()
    entries: tuple[int, ...] = ()


class UpdateJobs:
    """The jobs of one session; a job fails with a ``HotfixError``."""

    def __init__(self, session: WorkspaceSession) -> None:
        """Run them in this session."""
        self._session = session

    def plan(self, archive: Path) -> Job:
        """Give the :class:`~hotfix_desktop.core.update_plan.UpdatePlan` of an archive; nothing is changed."""
        return self._session.aside(lambda bench, progress: updating.plan_update(bench, archive, progress))

    def preview(self, plan: UpdatePlan, package: PackagePlan, path: bytes) -> Job:
        """Give the :class:`Preview` of a file."""
        return self._session.look(lambda bench, progress: _preview(bench, plan, package, path, progress))

    def compute(self, work: Callable[[Progress], Any]) -> Job:
        """Run what a view takes long for."""
        return self._session.look(lambda bench, progress: work(progress))

    def update(self, plan: UpdatePlan, takes: Mapping[str, Take], *, older: bool, modifiable: bool) -> Job:
        """Do what a plan says; gives the :class:`ImportResult`."""

        def work(bench: Workbench, progress: Progress) -> ImportResult:
            updated = update_applying.update(bench, plan, takes, older=older, modifiable=modifiable, progress=progress)
            return _result(bench, plan, updated)

        return self._session.aside(work, changes=True)

    def export(self, package_id: int, target: Path) -> Job:
        """Write a package to a file; gives the ``ExportedPackage``."""
        return self._session.aside(
            lambda bench, progress: exporting_packages.export_package(bench, package_id, target, progress), changes=True
        )

    def verify_contents(self) -> Job:
        """Compare everything in the content store; gives the ``ContentsReport``."""
        return self._session.aside(upkeep.verify_contents, changes=True)

    def clean_contents(self) -> Job:
        """Drop what nothing refers to from the content store; gives ``Cleaned``."""
        return self._session.aside(upkeep.clean_contents, changes=True)


def _preview(bench: Workbench, plan: UpdatePlan, package: PackagePlan, path: bytes, progress: Progress) -> Preview:
    base, ours, theirs, on_top = updating.preview(bench, plan, package, path)
    progress.check()
    update = difference(path, ours, theirs)
    if all(fix.path != path for fix in package.fixes):
        return Preview(update)
    return Preview(update, difference(path, base, ours), difference(path, ours, on_top))


def _result(bench: Workbench, plan: UpdatePlan, updated: Updated) -> ImportResult:
    try:
        known = catalogue.remembered(bench).packages
        by_uid = {status.found.uid.casefold(): status for status in known if status.found.uid}
        packages = tuple(by_uid[p.uid.casefold()] for p in plan.packages if p.uid.casefold() in by_uid)
        return ImportResult(updated, packages, _entries(bench, updated.number, len(plan.packages)))
    except HotfixError as error:
        # The update is done all the same, and must not be told as one that failed.
        log.warning("what became of an update could not be read: %s", error)
        return ImportResult(updated)


def _entries(bench: Workbench, update: int, packages: int) -> tuple[int, ...]:
    entries = [one for kind in _KINDS for one in bench.store.ledger.recent(kind, packages + _LOOKED_AT)]
    return tuple(sorted(one.seq for one in entries if _update_of(one.event.detail) == update))


def _update_of(detail: str) -> object:
    return json.loads(detail).get("update") if detail else None
