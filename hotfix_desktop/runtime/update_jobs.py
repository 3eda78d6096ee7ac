"""The jobs of archives and of the content store: what an archive would do, doing it, taking a package away, and care.

All of it runs aside: it may take minutes, and a lock must not wait for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, HotfixError, Refused
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.update_plan import PackagePlan, Take, Updated, UpdatePlan
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services import catalogue, exporting_packages, update_applying, updating, upkeep
from hotfix_desktop.services.differences import Difference, difference
from hotfix_desktop.services.updating import UpdateView
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
        self._view: UpdateView | None = None
        self._wanted: object = None  # whose view it is
        self._changing = Lock()  # of these two: plans are made on another thread than this one

    def plan(self, archive: Path) -> Job:
        """Give the :class:`~hotfix_desktop.core.update_plan.UpdatePlan` of an archive; nothing is changed.

        The archive stays open for previews, until the next one or :meth:`forget`.
        """
        wanted = self._wanted = object()

        def work(bench: Workbench, progress: Progress) -> UpdatePlan:
            view = updating.open_view(bench, archive, progress)
            self._keep(view, wanted)
            return view.plan

        return self._session.aside(work)

    def forget(self) -> None:
        """Let go of the archive: nobody wants to see its files any more."""
        with self._changing:
            self._wanted, view, self._view = None, self._view, None
        if view is not None:
            view.close()

    def _keep(self, view: UpdateView, wanted: object) -> None:
        with self._changing:
            if self._wanted is not wanted:
                view.close()
                raise Cancelled
            before, self._view = self._view, view
        if before is not None:
            before.close()

    def preview(self, plan: UpdatePlan, package: PackagePlan, path: bytes) -> Job:
        """Give the :class:`Preview` of a file of the archive for which the plan was made last."""

        def work(bench: Workbench, progress: Progress) -> Preview:
            view = self._view
            if view is None or view.plan is not plan:
                raise Refused("The archive is not open any more.", "Look at it again.")
            return _preview(bench, view, package, path, progress)

        return self._session.look(work)

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

    def size_of_contents(self) -> Job:
        """Say how much the content store holds; gives the ``ContentsSize``."""
        return self._session.look(lambda bench, progress: upkeep.size_of_contents(bench))

    def verify_contents(self) -> Job:
        """Compare everything in the content store; gives the ``ContentsReport``."""
        return self._session.aside(upkeep.verify_contents, changes=True)

    def clean_contents(self) -> Job:
        """Drop what nothing refers to from the content store; gives ``Cleaned``."""
        return self._session.aside(upkeep.clean_contents, changes=True)


def _preview(bench: Workbench, view: UpdateView, package: PackagePlan, path: bytes, progress: Progress) -> Preview:
    base, ours, theirs, on_top = view.preview(bench, package, path, progress)
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
