"""Updating packages as usual: what an archive would do to the workspace, before anything is done (``design.md`` P5)."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Lock

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.update_fates import Contents, fate_of
from hotfix_desktop.core.update_plan import FixFate, PackagePlan, UpdatePlan
from hotfix_desktop.services.protection import is_protected
from hotfix_desktop.services.update_fixes import contents_in
from hotfix_desktop.services.update_parts import Part, parts_of
from hotfix_desktop.services.update_recovery import recover
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.port import Archive

MEGABYTE = 1 << 20


def plan_update(bench: Workbench, archive: Path, progress: Progress = NOBODY) -> UpdatePlan:
    """Say what an archive would do to the workspace; nothing is changed.

    Raises:
        Denied: when the person is no System administrator; that is an entry.
        Refused: the workspace is not protected; ``BadArchive`` for an archive that cannot be used.
        WorkspaceError, StoreError, Cancelled: it cannot be seen.
    """
    with closing(open_view(bench, archive, progress)) as view:
        return view.plan


class UpdateView:
    """An archive that was looked at, kept open for whoever looks at its files: it is read and unpacked only once.

    Attributes:
        plan: what the archive would do.
    """

    def __init__(self, opened: Archive, parts: list[Part]) -> None:
        """Keep the unpacked archive until :meth:`close`."""
        self._opened, self._is_closed = opened, False
        self._lock = Lock()
        self.plan = as_plan(opened, parts)
        self._parts = {part.plan.name: part for part in parts}

    def preview(
        self, bench: Workbench, package: PackagePlan, path: bytes, progress: Progress = NOBODY
    ) -> tuple[Contents, Contents, Contents, Contents]:
        """Give a file as it was before the fix, ours, theirs, and as ``Take.OURS`` leaves it; None: it is not there.

        It may be asked with another workbench than that of the plan. Raises ``Denied`` when the person is no System
        administrator (any more), which is an entry; ``Refused`` when the view is closed; ``WorkspaceError`` and
        ``StoreError`` when the contents cannot be had; ``Cancelled``.
        """
        bench.demand(Act.UPDATE, AuditType.PACKAGE_UPDATED, f"look at the files of {self.plan.archive.name}")
        part = self._parts[package.name]
        sources = replace(part.sources, bench=bench)
        try:
            with self._lock:
                if self._is_closed:
                    raise Refused("The archive is not open any more.", "Look at it again.")
                base, ours, theirs = contents_in(sources, path, part.fixes.base, part.now, part.delivered)
        finally:
            self._let_go()
        progress.check()
        return base, ours, theirs, fate_of(path, base, ours, theirs).ours_on_top

    def close(self) -> None:
        """Throw the unpacked archive away; who reads in it just now does that at his end, and nobody waits for him."""
        self._is_closed = True
        self._let_go()

    def _let_go(self) -> None:
        if self._is_closed and self._lock.acquire(blocking=False):
            try:
                self._opened.close()
            finally:
                self._lock.release()

    def __del__(self) -> None:
        """Close it behind an owner who forgot to."""
        if not self._is_closed:
            self.close()


def open_view(bench: Workbench, archive: Path, progress: Progress = NOBODY) -> UpdateView:
    """Look at an archive as :func:`plan_update` does, and keep it open. Raises the same."""
    demand_update(bench, archive)
    recover(bench)
    opened = open_archive(bench, archive, progress)
    try:
        return UpdateView(opened, parts_of(bench, opened, progress))
    except BaseException:
        opened.close()
        raise


def demand_update(bench: Workbench, archive: Path) -> None:
    """Raise ``Denied`` or ``Refused`` unless this person may update packages here."""
    bench.demand(Act.UPDATE, AuditType.PACKAGE_UPDATED, f"update packages from {archive.name}")
    if not is_protected(bench):
        raise Refused("This folder is not protected, so it cannot be updated here.", "Protect it first.")


def open_archive(bench: Workbench, archive: Path, progress: Progress) -> Archive:
    """Read an archive within the limit of the settings. Raises ``BadArchive``, ``WorkspaceError``, ``Cancelled``."""
    limit = bench.store.administration.settings().archive_megabytes * MEGABYTE
    return bench.archives.open(archive, limit, progress)


def as_plan(opened: Archive, parts: list[Part]) -> UpdatePlan:
    """Give what people are told of an update."""
    problem = next((part.plan.problem for part in parts if part.plan.problem), "")
    return UpdatePlan(opened.path, opened.sha256, tuple(part.plan for part in parts), problem)


def is_as_seen(now: PackagePlan, seen: PackagePlan) -> bool:
    """Whether an update would do what somebody saw in a plan."""
    fixes = [(fix.path, fix.fate) for fix in seen.fixes]
    return (
        (now.package_id, now.key, now.now, now.delivered, now.base, now.is_modifiable, now.is_older)
        == (seen.package_id, seen.key, seen.now, seen.delivered, seen.base, seen.is_modifiable, seen.is_older)
        and [(fix.path, fix.fate) for fix in now.fixes] == fixes
        and now.inside == seen.inside
        and bool(now.problem) == bool(seen.problem)
    )


def words_of(package: PackagePlan) -> str:
    """Give "2 files with fixes would be lost, 1 conflicting", for people; empty without any that need a decision."""
    lost, conflicting = len(package.of_fate(FixFate.LOST)), len(package.of_fate(FixFate.CONFLICTING))
    parts = [f"{lost:,} would be lost"] if lost else []
    return ", ".join(parts + ([f"{conflicting:,} conflicting"] if conflicting else []))
