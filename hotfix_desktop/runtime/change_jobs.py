"""What a view of changes asks for: one class, on the lane of an opened workspace or on one of its own.

Signals bring every answer back; nothing here touches a database on the caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from hotfix_desktop.core.changes import Change
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.runtime.session import OwnBench, WorkspaceSession
from hotfix_desktop.services import changes as use_case
from hotfix_desktop.services.changes import HotfixChanges, LiveChanges
from hotfix_desktop.services.landing import Landing
from hotfix_desktop.services.workbench import Workbench

if TYPE_CHECKING:
    from hotfix_desktop.services.differences import Difference

Work = Callable[[Workbench, Progress], Any]


class ChangeJobs(QObject):
    """Looks at changes, and puts files back where that can be done.

    Attributes:
        can_revert: whether anything can be changed from here.
    """

    def __init__(
        self, look: Callable[[Work], Job], change: Callable[[Work], Job] | None = None, parent: QObject | None = None
    ) -> None:
        """Use these lanes: one for what only reads, and one for what changes something, if anything may."""
        super().__init__(parent)
        self._look, self._change = look, change
        self.can_revert = change is not None
        self._live = _Live()

    def of_package(self, package_id: int) -> Job:
        """Give the :class:`HotfixChanges` of the open hotfix of a package, or of the last one; None without any."""
        return self._look(partial(_of_package, package_id))

    def of_hotfix(self, hotfix: int) -> Job:
        """Give the :class:`HotfixChanges` of a hotfix."""
        return self._look(lambda bench, progress: use_case.changes_of(bench, hotfix, progress))

    def live(self, package_id: int) -> Job:
        """Give the :class:`HotfixChanges` of the open hotfix of a package, for a stat walk; None when it is closed."""
        return self._look(lambda bench, progress: self._live.of(bench).changes(package_id, progress))

    def counts(self, packages: Sequence[int]) -> Job:
        """Give, by package, how many files of open packages differ; those of which that is not known are left out."""
        return self._look(partial(self._live.counts, packages))

    def difference(self, hotfix: int, change: Change) -> Job:
        """Give the :class:`Difference` of one file."""
        return self._look(lambda bench, progress: _difference(bench, hotfix, change, progress))

    def line_counts(self, hotfix: int, changes: Sequence[Change]) -> Job:
        """Give, by path, how many lines were added and removed."""
        from hotfix_desktop.services.line_counts import line_counts

        return self._look(lambda bench, progress: line_counts(bench, hotfix, changes, progress))

    def save_patch(self, found: HotfixChanges, file: Path) -> Job:
        """Write changes to a file as a patch; a failure leaves what was there. Gives the file."""
        return self._look(lambda bench, progress: _save(bench, found, file, progress))

    def revert(self, package_id: int, paths: Sequence[bytes] | None) -> Job:
        """Put files of an unlocked package back as they were before its hotfix, or all; gives how many changes."""
        assert self._change is not None, "nothing can be changed from here"
        return self._change(lambda bench, progress: _revert(bench, package_id, paths, progress))

    def compute(self, work: Callable[[Progress], Any]) -> Job:
        """Run something that needs no database, in turn with the rest."""
        return self._look(lambda bench, progress: work(progress))


def jobs_of(session: WorkspaceSession) -> ChangeJobs:
    """Give the jobs of an opened workspace."""
    return ChangeJobs(session.look, session.change, session)


class PastChanges(QObject):
    """The jobs of a viewer that stands alone: read-only, and on a lane of its own that begins with its first work.

    Attributes:
        jobs: what can be asked for.
    """

    def __init__(self, build: Callable[[], Workbench], parent: QObject | None = None) -> None:
        """Keep how to open what is read; nothing is opened before it is asked for."""
        super().__init__(parent)
        self._lane: Lane[OwnBench] = Lane(lambda: OwnBench(build()), "past changes", self, renews=True)
        self.jobs = ChangeJobs(self._run, None, self)

    def close(self) -> None:
        """Close the files and end the thread."""
        self._lane.close()

    def _run(self, work: Work) -> Job:
        return self._lane.run(lambda owned, progress: work(owned.bench, progress))


class _Live:
    """Remembers what was seen of open packages; it belongs to the lane that it is asked on."""

    def __init__(self) -> None:
        self._bench: Workbench | None = None
        self._live: LiveChanges | None = None

    def of(self, bench: Workbench) -> LiveChanges:
        if self._live is None or self._bench is not bench:  # the lane may have opened its database anew
            self._bench, self._live = bench, LiveChanges(bench)
        return self._live

    def counts(self, packages: Sequence[int], bench: Workbench, progress: Progress) -> dict[int, int]:
        found = ((package, self._count(package, bench, progress)) for package in packages)
        return {package: count for package, count in found if count is not None}

    def _count(self, package: int, bench: Workbench, progress: Progress) -> int | None:
        try:
            return self.of(bench).count(package, progress)
        except HotfixError:
            progress.check()
            return None  # nobody asked: whoever opens the view is told why


def _of_package(package_id: int, bench: Workbench, progress: Progress) -> HotfixChanges | None:
    hotfix = use_case.hotfix_of(bench, package_id)
    return use_case.changes_of(bench, hotfix.number, progress) if hotfix is not None else None


def _difference(bench: Workbench, hotfix: int, change: Change, progress: Progress) -> Difference:
    from hotfix_desktop.services.differences import difference, unread_difference  # not for the numbers alone

    if (unread := unread_difference(change)) is not None:
        return unread
    before, after = use_case.contents_of(bench, hotfix, change, progress)
    return difference(change.path, before, after, change.old_path)


def _save(bench: Workbench, found: HotfixChanges, file: Path, progress: Progress) -> Path:
    from hotfix_desktop.services.patching import patch_of

    with Landing(file) as landing:
        for part in patch_of(bench, found, progress=progress):
            landing.write(part)
        landing.finish()
        landing.land()
    return file


def _revert(bench: Workbench, package_id: int, paths: Sequence[bytes] | None, progress: Progress) -> int:
    from hotfix_desktop.services.reverting import revert

    return revert(bench, package_id, paths, progress)
