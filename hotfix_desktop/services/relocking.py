"""The relocker: asks the rule what is due now, closes it, and never gives up.

The window's heartbeat, the headless relocker and ``--once`` all call :meth:`Relocker.beat`; each may
run at the same time as the others, because the step that ends a hotfix is a guarded UPDATE.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import Busy, Cancelled, HotfixError, StoreError
from hotfix_desktop.core.lease import Lease, due
from hotfix_desktop.core.lifecycle import Files, Hotfix, HotfixState, backoff_seconds
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.beat import Beat
from hotfix_desktop.services.closing import close_files, is_gone, working_on
from hotfix_desktop.services.ending import Residue, finish, keep_baseline, look_for_residue, relock_words
from hotfix_desktop.services.reconciling import close_left_over, close_opened
from hotfix_desktop.services.recording import Pending
from hotfix_desktop.services.revert_ends import settle_reverts
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.until_due import UntilDue
from hotfix_desktop.services.without_database import WithoutDatabase, drain
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=2)
"""How long past its deadline a package is left to the program that is working on it."""


@dataclass(slots=True)
class _Retry:
    attempts: int
    at_boot_us: int


@dataclass(slots=True)
class Relocker:
    """Beats for one workspace; keeps when a failed relock is tried again, and the leases for when the database is away.

    Retries are counted on the boot-time clock, because a wall clock that is set back must not put them off.
    """

    bench: Workbench
    _retries: dict[int, _Retry] = field(default_factory=dict)
    _to_look_at: list[StoredPackage] = field(default_factory=list)
    _offline: WithoutDatabase = field(default_factory=WithoutDatabase)
    _without_baseline: list[StoredPackage] = field(default_factory=list)
    _recording: Pending = field(default_factory=Pending)

    def beat(self) -> Beat:
        """Close what is due now.

        Raises ``StoreError`` when the database cannot be read; what was known to be open is closed all the same
        when it is due, and the side journal keeps the entry.
        """
        now = self.bench.clock.now()
        try:
            self.bench.store.demand_there()
            beat = self._beat(now)
            if beat.relocked:
                seal(self.bench)  # after everything that is due is closed
            return beat
        except StoreError as error:
            self.rescue(error)
            raise
        except Exception:
            # A bug, which crashes loudly; but not one that keeps a package open.
            self.rescue(StoreError("The relocker has failed.", "", "See the log."))
            raise

    def watch(self) -> Beat:
        """Say what is open and close nothing: the beat of somebody who may not. Raises ``StoreError``."""
        bench = self.bench
        bench.store.demand_there()
        return Beat(bench.clock.now(), bench.store.version(), tuple(bench.store.hotfixes.not_closed()))

    def rescue(self, why: StoreError, early: str = "") -> tuple[str, ...]:
        """Close what is known to be open and due without asking the database; gives the packages' names.

        With ``early``, the reason, also what is not due yet. Raises nothing. Another thread may call it while a
        beat hangs.
        """
        return self._offline.close_due(self.bench, self.bench.clock.now(), why, early)

    @property
    def is_done(self) -> bool:
        """Whether nothing is known to be open and not yet closed."""
        return self._offline.is_done

    def has_noted(self, hotfixes: Iterable[int]) -> bool:
        """Whether all of these were closed without the database, and the side journal has them."""
        return self._offline.has_noted(hotfixes)

    def close_all(self, why: str) -> tuple[str, ...]:
        """Close everything that is open, before its time: nobody will be there to do it then; gives the names.

        ``why`` ends the entries' sentence "Locked before the end of its time: …".
        """
        try:
            return self._closed_all(why)
        except StoreError as error:
            return self.rescue(error, why)

    def _closed_all(self, why: str) -> tuple[str, ...]:
        bench = self.bench
        now = bench.clock.now()
        hotfixes = bench.store.hotfixes.not_closed()
        self._offline.remember(bench, hotfixes)
        closed = []
        for hotfix in hotfixes:
            package = self._package_of(hotfix)
            try:
                try:
                    with working_on(bench, package, patience=PATIENCE.total_seconds()):
                        ended = self._close_early(package, hotfix, now, why)
                except Busy:
                    ended = self._close_early(package, hotfix, now, why)  # safe beside another program, see _relock
            except StoreError:
                raise
            except HotfixError as error:
                log.warning("%s could not be locked at the end: %s", hotfix.package_name, error)
                continue
            closed += [hotfix.package_name] if ended else []
        self._keep_baselines()
        if closed:
            seal(bench)
        return tuple(closed)

    def _close_early(self, package: StoredPackage, hotfix: Hotfix, now: Moment, why: str) -> bool:
        fresh = self.bench.store.hotfixes.get(hotfix.number)
        if fresh is None or fresh.state is HotfixState.CLOSED:
            return False
        return self._close(package, fresh, now, early=why)

    def _beat(self, now: Moment) -> Beat:
        bench = self.bench
        version = bench.store.version()
        relocked = self._drained()
        hotfixes = bench.store.hotfixes.not_closed()
        self._offline.remember(bench, hotfixes)
        if not hotfixes:
            self._retries.clear()
            self._keep_baselines()
            return Beat(now, version, relocked=tuple(relocked))
        now_due = {h.number for h in due(now, hotfixes)}
        not_open = bench.store.packages.not_open(h.package_id for h in hotfixes)
        failed: list[tuple[Hotfix, HotfixError]] = []
        remaining: list[Hotfix] = []
        for hotfix in hotfixes:
            if hotfix.number not in now_due and not self._seems_interrupted(hotfix, not_open):
                remaining.append(hotfix)
                continue
            retry = self._retries.get(hotfix.number)
            if retry is not None and now.boot_us < retry.at_boot_us:
                remaining.append(hotfix)
                continue
            try:
                if self._relock(hotfix, now):
                    relocked.append(hotfix)
                elif (still := bench.store.hotfixes.get(hotfix.number)) and still.state is not HotfixState.CLOSED:
                    remaining.append(still)
            except StoreError as error:
                # Not another word with this database now: each would wait, and the next package is due, too.
                self._wait(hotfix, now)
                self._offline.close_due(bench, now, error)
                failed += [
                    (h, self._offline.told(h, error)) for h in hotfixes if h.number in now_due and h not in relocked
                ]
                remaining += [h for h in hotfixes if h not in relocked and h not in remaining]
                break
            except Busy:
                remaining.append(hotfix)  # the window, or the guard, is at it just now
            except HotfixError as error:
                failed.append((hotfix, error))
                remaining.append(bench.store.hotfixes.get(hotfix.number) or hotfix)
        self._keep_baselines([h.lease for h in remaining])
        return Beat(now, version, tuple(remaining), tuple(relocked), tuple(failed))

    def _drained(self) -> list[Hotfix]:
        """Chain in what waits in the side journal; a journal that cannot be written keeps nothing open."""
        bench = self.bench
        try:
            self._offline.hand_over(bench)
            return [] if bench.store.journal.is_empty() else list(drain(bench))
        except StoreError as error:
            log.info("the side journal has to wait: %s", error)
            return []

    def reconcile(self) -> tuple[str, ...]:
        """On start: finish towards closed whatever a crash left half done; gives the packages' names."""
        bench = self.bench
        busy_with = {hotfix.package_id for hotfix in bench.store.hotfixes.not_closed()}
        repaired = []
        for package in bench.store.packages.half_done():
            if package.package_id in busy_with:
                continue  # the beat ends that hotfix, and with it its files
            try:
                close_left_over(bench, package)
            except Busy:
                continue  # not left over: somebody is at it
            except HotfixError as error:
                bench.enter_alone(
                    bench.event(
                        AuditType.RECONCILED,
                        f"A closing that was interrupted could not be finished: {error.sentence}",
                        result=AuditResult.FAILURE,
                        found=package.found,
                        by_program=True,
                    )
                )
                continue
            repaired.append(package.found.name)
        return tuple(repaired)

    def look_at_closed(self, limit: int, progress: Progress = NOBODY) -> tuple[str, ...]:
        """Look at the next ``limit`` packages that should be closed, and close those that are not; gives their names.

        The database may be right and the disk not: after a power cut, or when somebody gave himself the rights. What
        ``progress`` cancels is done at another beat.
        """
        bench = self.bench
        if not self._to_look_at:
            self._to_look_at = [p for p in bench.store.packages.all() if p.files is Files.CLOSED]
        some, self._to_look_at = self._to_look_at[:limit], self._to_look_at[limit:]
        closed = []
        for package in some:
            try:
                if bench.workspace.look(package.found.key) is Openness.OPEN and close_opened(bench, package, progress):
                    closed.append(package.found.name)
            except HotfixError as error:
                log.info("%s is open and could not be closed yet: %s", package.found.name, error)
        return tuple(closed)

    def _seems_interrupted(self, hotfix: Hotfix, not_open: Collection[int]) -> bool:
        """Whether a hotfix seems to have been opened or closed by a program that is gone.

        It may only seem so: that program may have finished just now, so it is looked at again under the lock.
        """
        half_done = hotfix.state is HotfixState.OPENING or hotfix.package_id in not_open
        return half_done and self.bench.store.exclusive.is_free(f"package-{hotfix.package_id}")

    def _is_half_done(self, hotfix: Hotfix) -> bool:
        if hotfix.state is HotfixState.OPENING:
            return True
        package = self.bench.store.packages.get(hotfix.package_id)
        return package is not None and package.files is not Files.OPEN

    def _package_of(self, hotfix: Hotfix) -> StoredPackage:
        package = self.bench.store.packages.get(hotfix.package_id)
        if package is None:
            raise RuntimeError(f"hotfix {hotfix.number} belongs to no package")
        return package

    def _relock(self, hotfix: Hotfix, now: Moment) -> bool:
        bench = self.bench
        package = self._package_of(hotfix)
        try:
            try:
                with working_on(bench, package, patience=0):
                    return self._close_if_still_needed(package, hotfix.number, now)
            except Busy:
                if hotfix.lease.overdue_by(now) < PATIENCE:
                    raise
                # The other program may hang. Closing beside it is safe: what it opens after this it finds
                # closed in the database, and closes again; what it opened until then is closed below.
                ended = self._close_if_still_needed(package, hotfix.number, now)
                if ended and bench.workspace.look(package.found.key) is Openness.OPEN:
                    close_files(bench, package.package_id, must=True)
                    bench.store.packages.set_files(package.package_id, Files.CLOSED)
                return ended
        except (Busy, StoreError):
            raise
        except HotfixError as error:
            self._remember_failure(hotfix, package, now, error)
            raise

    def _close_if_still_needed(self, package: StoredPackage, number: int, now: Moment) -> bool:
        """Close unless somebody has locked, extended or finished opening it since the beat began."""
        hotfix = self.bench.store.hotfixes.get(number)
        if hotfix is None or hotfix.state is HotfixState.CLOSED:
            return False
        if not hotfix.lease.is_due(now) and not self._is_half_done(hotfix):
            return False
        return self._close(package, hotfix, now)

    def _close(self, package: StoredPackage, hotfix: Hotfix, now: Moment, early: str = "") -> bool:
        bench = self.bench
        self._offline.hand_over(bench)
        gone = is_gone(bench, package.package_id)
        if not gone:
            close_files(bench, package.package_id, must=True)
        ending, text = relock_words(hotfix, now, gone=gone, early=early)
        self._retries.pop(hotfix.number, None)
        found = Residue() if gone else look_for_residue(bench, package)
        ended = finish(bench, package, hotfix, ending, AuditType.RELOCKED, text, by_program=True, residue=found)
        if ended and not gone and found.manifest is None:
            self._without_baseline.append(package)
        return ended

    def _keep_baselines(self, leases: Iterable[Lease] = ()) -> None:
        """Keep what was just closed contains, and was changed: after all that is due is closed, for it takes time."""
        progress = UntilDue(self.bench.clock, leases)
        left = []
        for package in self._without_baseline:
            try:
                with working_on(self.bench, package, patience=0):
                    keep_baseline(self.bench, package, Residue(), progress)
            except (Busy, StoreError, Cancelled) as error:
                log.info("%s has no baseline yet: %s", package.found.name, error)
                left.append(package)
        self._without_baseline = left
        settle_reverts(self.bench, progress)
        self._recording.go_on(self.bench, progress)

    def _wait(self, hotfix: Hotfix, now: Moment) -> int:
        """Put the next try of a failed relock off; gives for how many seconds."""
        earlier = self._retries.get(hotfix.number)
        attempts = earlier.attempts + 1 if earlier else 1
        wait = backoff_seconds(attempts)
        self._retries[hotfix.number] = _Retry(attempts, now.boot_us + wait * 1_000_000)
        return wait

    def _remember_failure(self, hotfix: Hotfix, package: StoredPackage, now: Moment, error: HotfixError) -> None:
        wait = self._wait(hotfix, now)
        bench = self.bench
        with bench.store.transaction():
            new_kind = bench.store.hotfixes.relock_failed(
                hotfix.number, error.sentence, now.utc + timedelta(seconds=wait)
            )
            if new_kind:  # one entry for each kind of failure, not for each try
                bench.enter(
                    bench.event(
                        AuditType.RELOCK_FAILED,
                        f"Could not be locked and is tried again: {error.sentence}",
                        result=AuditResult.FAILURE,
                        found=package.found,
                        hotfix=hotfix,
                        by_program=True,
                    )
                )
