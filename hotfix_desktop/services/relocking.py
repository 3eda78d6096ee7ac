"""The relocker: asks the rule what is due now, closes it, and never gives up.

The window's heartbeat, the headless relocker and ``--once`` all call :meth:`Relocker.beat`; each may
run at the same time as the others, because the step that ends a hotfix is a guarded UPDATE.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import Busy, HotfixError
from hotfix_desktop.core.lease import due
from hotfix_desktop.core.lifecycle import Ending, Files, Hotfix, HotfixState, Kept, backoff_seconds
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.closing import close_files, is_gone, working_on
from hotfix_desktop.services.hotfixes import finish
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=2)
"""How long past its deadline a package is left to the program that is working on it."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What one beat saw and did.

    Attributes:
        moment: both clocks at the beat.
        version: changes whenever another connection has written to the database.
        open_hotfixes: the hotfixes that are still open after it.
        relocked: the hotfixes that this beat ended.
        failed: the hotfixes that are due and could not be ended, with the reason.
    """

    moment: Moment
    version: int
    open_hotfixes: tuple[Hotfix, ...] = ()
    relocked: tuple[Hotfix, ...] = ()
    failed: tuple[tuple[Hotfix, HotfixError], ...] = ()


@dataclass(slots=True)
class _Retry:
    attempts: int
    at_boot_us: int


@dataclass(slots=True)
class Relocker:
    """Beats for one workspace; keeps only when a failed relock is tried again.

    That is counted on the boot-time clock, because a wall clock that is set back must not put it off.
    """

    bench: Workbench
    _retries: dict[int, _Retry] = field(default_factory=dict)
    _to_look_at: list[StoredPackage] = field(default_factory=list)

    def beat(self) -> Beat:
        """Close what is due now. Raises ``StoreError`` when the database cannot be read."""
        bench = self.bench
        now = bench.clock.now()
        version = bench.store.version()
        hotfixes = bench.store.hotfixes.not_closed()
        if not hotfixes:
            self._retries.clear()
            return Beat(now, version)
        now_due = {h.number for h in due(now, hotfixes)}
        not_open = bench.store.packages.not_open(h.package_id for h in hotfixes)
        relocked: list[Hotfix] = []
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
            except HotfixError as error:
                failed.append((hotfix, error))
                remaining.append(bench.store.hotfixes.get(hotfix.number) or hotfix)
        return Beat(now, version, tuple(remaining), tuple(relocked), tuple(failed))

    def reconcile(self) -> tuple[str, ...]:
        """On start: finish towards closed whatever a crash left half done; gives the packages' names."""
        bench = self.bench
        busy_with = {hotfix.package_id for hotfix in bench.store.hotfixes.not_closed()}
        repaired = []
        for package in bench.store.packages.half_done():
            if package.package_id in busy_with:
                continue  # the beat ends that hotfix, and with it its files
            try:
                self._close_left_over(package)
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

    def look_at_closed(self, limit: int) -> tuple[str, ...]:
        """Look at the next ``limit`` packages that should be closed, and close those that are not; gives their names.

        The database may be right and the disk not: after a power cut, or when somebody gave himself the rights.
        """
        bench = self.bench
        if not self._to_look_at:
            self._to_look_at = [p for p in bench.store.packages.all() if p.files is Files.CLOSED]
        some, self._to_look_at = self._to_look_at[:limit], self._to_look_at[limit:]
        closed = []
        for package in some:
            try:
                if bench.workspace.look(package.found.key) is Openness.OPEN and self._close_opened(package):
                    closed.append(package.found.name)
            except HotfixError as error:
                log.info("%s is open and could not be closed yet: %s", package.found.name, error)
        return tuple(closed)

    def _close_opened(self, package: StoredPackage) -> bool:
        bench = self.bench
        with working_on(bench, package, patience=0):
            stored = bench.store.packages.get(package.package_id)
            if stored is None or stored.files is not Files.CLOSED:
                return False  # it was opened rightly since the list was made
            close_files(bench, package.package_id)
            with bench.store.transaction():
                bench.store.packages.set_files(package.package_id, Files.CLOSED)
                bench.enter(
                    bench.event(
                        AuditType.RECONCILED,
                        "Its files were found writable though it is not unlocked, and were closed",
                        found=package.found,
                        by_program=True,
                    )
                )
        return True

    def _close_left_over(self, package: StoredPackage) -> None:
        bench = self.bench
        with working_on(bench, package, patience=0):
            now_stored = bench.store.packages.get(package.package_id)
            if now_stored is None or now_stored.files in (Files.OPEN, Files.CLOSED):
                return  # whoever was at it has finished meanwhile
            close_files(bench, package.package_id)
            with bench.store.transaction():
                bench.store.packages.set_files(package.package_id, Files.CLOSED)
                if package.kept is not Kept.NO:  # else it is called modifiable, and nobody could ever open it
                    bench.store.packages.set_kept(package.package_id, Kept.NO)
                bench.enter(
                    bench.event(
                        AuditType.RECONCILED,
                        "A closing that was interrupted was finished",
                        found=package.found,
                        by_program=True,
                    )
                )

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

    def _relock(self, hotfix: Hotfix, now: Moment) -> bool:
        bench = self.bench
        package = bench.store.packages.get(hotfix.package_id)
        if package is None:
            raise RuntimeError(f"hotfix {hotfix.number} belongs to no package")
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
        except Busy:
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

    def _close(self, package: StoredPackage, hotfix: Hotfix, now: Moment) -> bool:
        bench = self.bench
        gone = is_gone(bench, package.package_id)
        if not gone:
            close_files(bench, package.package_id, must=True)
        if hotfix.lease.is_due(now):
            ending, text = Ending.RELOCKED, "Locked by itself at the end of its time"
            if gone:
                text += "; its folder is not there any more, so nothing was left to close"
            late = int(hotfix.lease.overdue_by(now).total_seconds())
            if late >= 5:
                text += f", {plural(late, 'second')} late"
        else:
            ending, text = Ending.INTERRUPTED, "Closed again: the program that worked on it ended half-way"
        self._retries.pop(hotfix.number, None)
        return finish(bench, package, hotfix, ending, AuditType.RELOCKED, f"{text}: {hotfix.reason}", by_program=True)

    def _remember_failure(self, hotfix: Hotfix, package: StoredPackage, now: Moment, error: HotfixError) -> None:
        earlier = self._retries.get(hotfix.number)
        attempts = earlier.attempts + 1 if earlier else 1
        wait = backoff_seconds(attempts)
        self._retries[hotfix.number] = _Retry(attempts, now.boot_us + wait * 1_000_000)
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
