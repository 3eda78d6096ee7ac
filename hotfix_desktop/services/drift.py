"""Drift: what was changed in a package while it was not unlocked, found by comparing it with its baseline.

A *baseline* is what a package contained when it was closed. It is compared at unlock, slowly in turn by every
beat, and, after a hotfix, three times with all contents read again: a program that had a file open when the
package was closed may go on writing (``performance.md`` D2), and a file that it has mapped shows no new time
until the system writes it to the disk, at the latest after half a minute.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.errors import Busy, Cancelled, Refused, WorkspaceError
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.core.manifest import Differences, Drift, Manifest, differences, shown_paths
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.services.closing import close_files, working_on
from hotfix_desktop.services.workbench import Workbench, unknown_package
from hotfix_desktop.store.baselines import Baseline, KnownDrift
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)

CHECKS_AFTER_SECONDS = (5, 30, 120)
"""When all contents are read again after a hotfix: the grace of P1, one write-back of the system, and later."""
DONE = len(CHECKS_AFTER_SECONDS)
NAMED_IN_ENTRY = 50


def take_baseline(bench: Workbench, package_id: int, progress: Progress = NOBODY, *, checks: int = DONE) -> None:
    """Keep what a package that was just closed contains; the caller holds it.

    ``checks`` is how many of the later looks need not be. What cannot be read now is left to a later beat.
    """
    package = bench.store.packages.get(package_id)
    if package is None or package.files is not Files.CLOSED:
        return
    try:
        manifest = bench.workspace.survey(package.found.key, None, progress)
    except WorkspaceError as error:
        log.info("%s has no baseline yet: %s", package.found.name, error)
        return
    with bench.store.transaction():
        bench.store.baselines.keep(package_id, manifest, bench.clock.now(), checks)


def look(bench: Workbench, package_id: int, progress: Progress = NOBODY, *, thorough: bool = False) -> Drift | None:
    """Compare a closed package with its baseline, enter what is new, and give its drift; the caller holds it.

    With ``thorough`` all contents are read again; else only of what was touched. Files that got write bits back
    lose them. Without a baseline one is taken. Raises ``WorkspaceError`` and ``StoreError``.
    """
    package = bench.store.packages.get(package_id)
    if package is None or package.files is not Files.CLOSED or package.missing:
        return None
    before = bench.store.baselines.manifest(package_id)
    if before is None:
        take_baseline(bench, package_id, progress)
        known = bench.store.baselines.drift(package_id)
        return known.drift if known else None
    now = bench.workspace.survey(package.found.key, None if thorough else before, progress)
    if writable := now.writable():
        close_opened(bench, package, writable)
        now = bench.workspace.survey(package.found.key, now, progress)
    return _compare(bench, package, before, now)


def accept(bench: Workbench, package_id: int, progress: Progress = NOBODY) -> None:
    """Take what a package contains now as its baseline.

    Raises ``Denied``, or ``Refused`` when there is no drift, the package is open, or it has changed once more
    since the drift that was shown.
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
        look(bench, package_id, progress, thorough=True)
        known = bench.store.baselines.drift(package_id)
        if known is None or known.digest != shown.digest:
            raise Refused(f"{name} has changed once more meanwhile.", "Look at it again before accepting it.")
        manifest = bench.workspace.survey(package.found.key, None, progress)
        with bench.store.transaction():
            bench.store.baselines.keep(package_id, manifest, bench.clock.now(), DONE)
            bench.store.baselines.forget_drift(package_id)
            bench.enter(
                bench.event(
                    AuditType.DRIFT_ACCEPTED,
                    f"Accepted as baseline: {known.drift.sentence()}",
                    found=package.found,
                    facts=_named(known.drift),
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
        if package is None or package.missing:
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


def _compare(bench: Workbench, package: StoredPackage, before: Manifest, now: Manifest) -> Drift | None:
    store = bench.store.baselines
    number = package.package_id
    found = differences(before, now)
    known = store.drift(number)
    if not found.count:
        if any(now.items[path].stamp != fact.stamp for path, fact in before.items.items()):
            store.renew_stamps(number, now)
        if known is None or known.against != before.digest():
            return known.drift if known else None
        with bench.store.transaction():
            if store.forget_drift(number):
                bench.enter(
                    bench.event(
                        AuditType.DRIFT_GONE,
                        "Contains again what it did when it was closed",
                        found=package.found,
                        by_program=True,
                    )
                )
        return None
    digest = now.digest()
    if known is not None and known.digest == digest:
        return known.drift
    drift = _drift(bench, number, found)
    if known is not None:
        drift = replace(drift, opened=known.drift.opened)
    with bench.store.transaction():
        store.keep_drift(number, KnownDrift(drift, digest, b"" if drift.opened else before.digest()))
        kind = AuditType.CHANGED_AFTER_RELOCK if drift.after_relock else AuditType.DRIFT_FOUND
        how = "by a program that still had it open" if drift.after_relock else "while it was not unlocked"
        bench.enter(
            bench.event(
                kind,
                f"Changed {how}: {drift.sentence()} ({_first_paths(drift)})",
                result=AuditResult.FAILURE,
                found=package.found,
                hotfix=bench.store.hotfixes.last_closed([number]).get(number) if drift.after_relock else None,
                by_program=True,
                facts=_named(drift),
            )
        )
    return drift


def _drift(bench: Workbench, package_id: int, found: Differences) -> Drift:
    baseline = bench.store.baselines.get(package_id)
    added, changed, deleted = map(shown_paths, (found.added, found.changed, found.deleted))
    late = baseline is not None and baseline.checks < DONE
    if not late:  # a program that was named at the lock may write a day later
        last = bench.store.hotfixes.last_closed([package_id]).get(package_id)
        named: Collection[str] = {w.path for w in last.writers} if last else ()
        late = bool(changed) and not added and not deleted and all(path in named for path in changed)
    return Drift(to_microseconds(bench.clock.now().utc), late, added, changed, deleted, found.count)


def close_opened(bench: Workbench, package: StoredPackage, writable: Sequence[bytes]) -> None:
    """Close a package that was found writable though it is not unlocked, and enter and show that; the caller holds it.

    ``writable`` are the files and folders with write bits, as far as they are known.
    """
    close_files(bench, package.package_id)
    store, number = bench.store.baselines, package.package_id
    opened = shown_paths(writable) or (".",)
    known = store.drift(number)
    if known is None:
        baseline = store.get(number)
        # Not against anything: that its contents are as they were does not undo that it was open.
        known = KnownDrift(Drift(to_microseconds(bench.clock.now().utc)), baseline.digest if baseline else b"", b"")
    with bench.store.transaction():
        bench.store.packages.set_files(number, Files.CLOSED)
        store.keep_drift(number, replace(known, drift=replace(known.drift, opened=opened), against=b""))
        bench.enter(
            bench.event(
                AuditType.RECONCILED,
                "Its files were found writable though it is not unlocked, and were closed",
                found=package.found,
                by_program=True,
                opened=opened[:NAMED_IN_ENTRY],
                items=len(writable),
            )
        )


def _named(drift: Drift) -> dict[str, object]:
    return {
        "added": drift.added[:NAMED_IN_ENTRY],
        "changed": drift.changed[:NAMED_IN_ENTRY],
        "deleted": drift.deleted[:NAMED_IN_ENTRY],
        "opened": drift.opened[:NAMED_IN_ENTRY],
        "items": drift.count,
    }


def _first_paths(drift: Drift) -> str:
    paths = [*drift.changed, *drift.added, *drift.deleted]  # those that were only opened have an entry
    return ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")


def _get(bench: Workbench, package_id: int) -> StoredPackage:
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    return package
