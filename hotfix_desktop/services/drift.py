"""Drift: what was changed in a package while it was not unlocked, found by comparing it with its baseline.

A *baseline* is what a package contained when it was closed. It is compared at unlock, slowly in turn by every
beat, and, after a hotfix, three times with all contents read again: a program that had a file open when the
package was closed may go on writing (``performance.md`` D2), and a file that it has mapped shows no new time
until the system writes it to the disk, at the latest after half a minute.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.collecting import no_collection
from hotfix_desktop.core.errors import Busy, Cancelled, Refused, WorkspaceError
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.core.manifest import Drift, Manifest
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.services.closing import is_gone, working_on
from hotfix_desktop.services.comparing import (
    CHECKS_AFTER_SECONDS,
    DONE,
    NOTHING,
    close_opened,
    compare,
    named,
    note_deleted,
)
from hotfix_desktop.services.untouched import survey_closed
from hotfix_desktop.services.workbench import Workbench, unknown_package
from hotfix_desktop.store.baselines import Baseline
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)


def take_baseline(
    bench: Workbench, package_id: int, progress: Progress = NOBODY, *, checks: int = DONE
) -> Manifest | None:
    """Keep what a package that was just closed contains, and give it; the caller holds it.

    ``checks`` is how many of the later looks need not be. What cannot be read now is left to a later beat.
    """
    package = bench.store.packages.get(package_id)
    if package is None or package.files is not Files.CLOSED:
        return None
    with no_collection():
        try:
            manifest = survey_closed(bench, package, progress)
        except WorkspaceError as error:
            log.info("%s has no baseline yet: %s", package.found.name, error)
            return None
        with bench.store.transaction():
            bench.store.baselines.keep(package_id, manifest, bench.clock.now(), checks)
            bench.store.openings.forget(package_id)
    return manifest


def look(bench: Workbench, package_id: int, progress: Progress = NOBODY, *, thorough: bool = False) -> Drift | None:
    """Compare a closed package with its baseline, enter what is new, and give its drift; the caller holds it.

    With ``thorough`` all contents are read again; else only of what was touched. Files that got write bits back
    lose them. Without a baseline one is taken. Raises ``WorkspaceError`` and ``StoreError``.
    """
    package = bench.store.packages.get(package_id)
    if package is None or package.files is not Files.CLOSED:
        return None
    return _look(bench, package, progress, thorough=thorough)[0]


def look_inside(bench: Workbench, package_id: int, progress: Progress = NOBODY) -> Manifest | None:
    """Do as :func:`look` for a package that is about to open, and give what it contains; None when it is not closed."""
    package = bench.store.packages.get(package_id)
    if package is None or package.files is not Files.CLOSED:
        return None
    with no_collection():
        return _look(bench, package, progress, thorough=False, opens=True)[1]


def accept(bench: Workbench, package_id: int, progress: Progress = NOBODY, token: str = "") -> None:
    """Take what a package contains now as its baseline; one whose folder was deleted has none any more.

    ``token`` is that of the drift that the person saw; without it the one that is known now counts. Raises
    ``Denied``, or ``Refused`` when there is no drift, the package is open, or it has changed once more since.
    """
    package = _get(bench, package_id)
    name = package.found.name
    bench.demand(Act.ACCEPT_DRIFT, AuditType.DRIFT_ACCEPTED, "accept as baseline", package.found)
    with working_on(bench, package):
        package = _get(bench, package_id)
        shown = bench.store.baselines.drift(package_id)
        if shown is None:
            raise Refused(f"Nothing was changed in {name} while it was not unlocked.")
        if package.files is not Files.CLOSED:
            raise Refused(f"{name} is open; what it contains is taken as its baseline when it is locked.")
        # What a hotfix left behind is in the baseline already: then it is the drift from before it that is accepted.
        baseline = bench.store.baselines.get(package_id)
        rightly = {token or shown.drift.token, baseline.digest.hex() if baseline else ""}
        now = _look(bench, package, progress, thorough=True)[1]
        known = bench.store.baselines.drift(package_id)
        if known is None or now.digest().hex() not in rightly or known.drift.opened != shown.drift.opened:
            raise Refused(f"{name} has changed once more meanwhile.", "Look at it again before accepting it.")
        with bench.store.transaction():
            if known.drift.is_folder_gone:
                bench.store.baselines.forget(package_id)
            else:
                bench.store.baselines.keep(package_id, now, bench.clock.now(), DONE)
            bench.store.baselines.forget_drift(package_id)
            bench.enter(
                bench.event(
                    AuditType.DRIFT_ACCEPTED,
                    f"Accepted as baseline: {known.drift.sentence()}",
                    found=package.found,
                    facts=named(known.drift),
                )
            )


def pending_checks(bench: Workbench) -> list[Baseline]:
    """Give the baselines that are still to be compared with all contents after a hotfix."""
    return bench.store.baselines.unchecked(DONE)


def check_is_due(baseline: Baseline, now: Moment) -> bool:
    """Whether the next thorough look at a package is due; after a restart it is at once."""
    if now.boot_id != baseline.taken.boot_id or now.boot_us < baseline.taken.boot_us:
        return True
    return now.boot_us - baseline.taken.boot_us >= CHECKS_AFTER_SECONDS[baseline.checks] * 1_000_000


@dataclass(slots=True)
class DriftWatch:
    """Looks at closed packages a little at each beat, so that all have their turn and no beat takes long."""

    bench: Workbench
    _queue: list[int] = field(default_factory=list)
    _debt: float = 0.0
    pending: int = 0
    """How many packages were still to be read again after the last :meth:`check_due`."""
    rounds: int = 0
    """How often every closed package has had its turn."""

    def go_on(self, allowance: float, progress: Progress = NOBODY) -> tuple[str, ...]:
        """Look at packages in turn for ``allowance`` seconds; gives the names of those with news.

        A package that takes longer is looked at whole, and the time is saved at the next beats. What ``progress``
        cancels is done at a later one.
        """
        news: list[str] = []
        self._debt -= allowance
        while self._debt < 0:
            begun = time.perf_counter()
            if not self._queue:
                if self._debt > -allowance:
                    self.rounds += 1
                    break  # at most one round in a beat
                self._queue = [p.package_id for p in self.bench.store.packages.all() if p.files is Files.CLOSED]
                if not self._queue:
                    break
            news += self._look_at(self._queue.pop(), progress, thorough=False)
            self._debt += time.perf_counter() - begun
        self._debt = max(self._debt, 0.0)
        return tuple(news)

    def check_due(self, progress: Progress = NOBODY) -> tuple[str, ...]:
        """Read all contents of the packages again for which that is due; gives the names of those with news."""
        bench = self.bench
        now = bench.clock.now()
        news: list[str] = []
        waiting = pending_checks(bench)
        due = [baseline for baseline in waiting if check_is_due(baseline, now)]
        for baseline in due:
            news += self._look_at(baseline.package_id, progress, thorough=True)
        self.pending = len(pending_checks(bench)) if due else len(waiting)
        return tuple(news)

    def _look_at(self, package_id: int, progress: Progress, *, thorough: bool) -> list[str]:
        bench = self.bench
        package = bench.store.packages.get(package_id)
        if package is None:
            return []
        before = bench.store.baselines.drift(package_id)
        try:
            with working_on(bench, package, patience=0):
                baseline = bench.store.baselines.get(package_id)
                try:
                    look(bench, package_id, progress, thorough=thorough)
                except WorkspaceError as error:
                    # It counts as looked at: else it would be tried at every beat.
                    log.info("%s could not be compared with its baseline: %s", package.found.name, error)
                if thorough and baseline is not None:
                    bench.store.baselines.checked(package_id, baseline.checks)
        except (Busy, Cancelled):
            return []
        after = bench.store.baselines.drift(package_id)
        changed = (before and before.digest) != (after and after.digest)
        return [package.found.name] if changed else []


def _look(
    bench: Workbench, package: StoredPackage, progress: Progress, *, thorough: bool, opens: bool = False
) -> tuple[Drift | None, Manifest]:
    """Compare a closed package; gives its drift, and what it contains, which is nothing when its folder is gone."""
    key, number = package.found.key, package.package_id
    before = bench.store.baselines.manifest(number)
    if before is None:
        # Whoever ended a hotfix has not come to it: then the later looks, which find who still writes, are due as well.
        is_late = any(trees.after is None for trees in bench.store.fixes.of_package(number))
        checks = 0 if is_late else DONE
        taken = None if package.missing else take_baseline(bench, number, progress, checks=checks)
        known = bench.store.baselines.drift(number)
        return known.drift if known else None, taken or NOTHING
    try:
        now = bench.workspace.survey(key, None if thorough else before, progress).knowing(before)
    except WorkspaceError:
        if not _is_deleted(bench, package):
            raise
        return note_deleted(bench, package), NOTHING
    if writable := now.writable():
        close_opened(bench, package, writable)
        now = bench.workspace.survey(key, now, progress).knowing(before)
    return compare(bench, package, before, now, opens=opens), now


def _is_deleted(bench: Workbench, package: StoredPackage) -> bool:
    known = bench.store.baselines.drift(package.package_id)
    if known is not None and known.drift.is_folder_gone:  # all folders are listed once, and not at every beat
        return bench.workspace.look(package.found.key) is Openness.MISSING
    return is_gone(bench, package.package_id)


def _get(bench: Workbench, package_id: int) -> StoredPackage:
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    return package
