"""An opened workspace: its lane for the user's work, its heartbeat, and the signals that say what changed.

Every view listens to these signals and decides for itself what to show again; nobody polls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.reviews import ReviewState, ReviewVerdict
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.runtime.beating import BeatingBench
from hotfix_desktop.runtime.heartbeat import Heartbeat
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.runtime.same_database import SameDatabase
from hotfix_desktop.services import (
    administration,
    archiving,
    auditing,
    catalogue,
    drift,
    hotfixes,
    protection,
    reviewing,
    sealing,
    sessions,
    standing,
    verifying,
)
from hotfix_desktop.services.aftermath import Aftermath, window_name
from hotfix_desktop.services.beat import Beat
from hotfix_desktop.services.log_reading import LogDesk
from hotfix_desktop.services.workbench import Workbench

if TYPE_CHECKING:
    from hotfix_desktop.services.report_facts import ReportFacts


class OwnBench:
    """What the lane of the user's work owns."""

    def __init__(self, bench: Workbench) -> None:
        """Keep the workbench."""
        self.bench = bench

    def close(self) -> None:
        """Close the database connection."""
        self.bench.close()


class WorkspaceSession(QObject):
    """One workspace, as long as a window shows it.

    Signals:
        catalogue_changed: the new :class:`~hotfix_desktop.services.catalogue.Catalogue`.
        beaten: each :class:`~hotfix_desktop.services.relocking.Beat`.
        beat_failed: the ``HotfixError`` of a beat that could not read the database.
        audit_grew: something was entered, as far as this window knows.
        aftermath: the :class:`~hotfix_desktop.services.aftermath.Aftermath` of the last window of this user, once
            after opening, when that one ended unexpectedly and left something open.
        standing_changed: the :class:`~hotfix_desktop.services.standing.Standing` of the audit log, whenever it was
            looked at.
    """

    catalogue_changed = Signal(object)
    beaten = Signal(object)
    beat_failed = Signal(object)
    audit_grew = Signal()
    aftermath = Signal(object)
    standing_changed = Signal(object)

    def __init__(self, build: Callable[[], Workbench], parent: QObject | None = None) -> None:
        """Keep how to build a workbench; each lane builds its own."""
        super().__init__(parent)
        same = SameDatabase(build)
        self._lane: Lane[OwnBench] = Lane(lambda: OwnBench(same()), "work", self, renews=True)
        # For what takes minutes: a lock must not wait for it. Its thread begins with its first work.
        self._aside: Lane[OwnBench] = Lane(lambda: OwnBench(same()), "aside", self, renews=True)
        # For what somebody looks at meanwhile: it waits for neither.
        self._looks: Lane[OwnBench] = Lane(lambda: OwnBench(same()), "looks", self, renews=True)
        self.heartbeat = Heartbeat(lambda: BeatingBench(build, window_name), self)
        self.heartbeat.beaten.connect(self._on_beat)
        self.heartbeat.failed.connect(self.beat_failed)
        self._version: int | None = None
        self._reloading = False
        self._reload_again = False
        self._closed = False
        self._before: Aftermath | None = None

    def start(self) -> None:
        """Begin to beat: from here on the window is a relocker."""
        self.heartbeat.start()

    def secure(self, seconds: float) -> bool:
        """Before a log-out: whether nothing is open, a guard lives, or everything open was locked in this time.

        Blocks, because no event loop turns any more when the system ends a session.
        """
        return bool(self._lane.call(lambda owned: sessions.secured(owned.bench), seconds))

    def close(self) -> None:
        """Stop the heartbeat and the lane; waits for work that runs. No signal comes after this."""
        self._closed = True
        self.heartbeat.stop()
        self._aside.close()
        self._looks.close()
        self._lane.close()

    # What the user looks at

    def open(self) -> Job:
        """Enter that the workspace was opened, and give what is remembered of it."""
        # First of all: before this window's own entry and its first beat.
        self._ask(lambda bench, progress: sessions.before(bench), self._keep_aftermath)
        return self._ask(lambda bench, progress: sessions.opened(bench), self._show_opened)

    def load(self) -> Job:
        """Give the remembered catalogue at once, from the database."""
        return self._ask(lambda bench, progress: catalogue.remembered(bench), self._show)

    def refresh(self) -> Job:
        """Look at the workspace itself and give the new catalogue."""
        return self._ask(catalogue.refresh, self._show)

    def elements(self, package_id: int) -> Job:
        """List what a package holds."""
        return self._ask(lambda bench, progress: catalogue.elements(bench, package_id, progress))

    def recent_reasons(self) -> Job:
        """Give the last reasons, the newest first."""
        return self._ask(lambda bench, progress: bench.store.hotfixes.recent_reasons())

    def setting_texts(self) -> Job:
        """Give every setting as text."""
        return self._ask(lambda bench, progress: administration.setting_texts(bench))

    def members(self) -> Job:
        """Give every user with every role."""
        return self._ask(lambda bench, progress: bench.store.administration.members())

    def open_audit(self) -> Job:
        """Enter that the audit log was opened, and give the ``LogDesk`` to read it with.

        Fails with ``Denied`` for somebody without the role.
        """
        return self._ask(_audit_opened)

    def verify_audit(self) -> Job:
        """Verify what came since the last good checkpoint, and enter that; gives the ``Verdict``."""
        return self._enters(
            lambda bench, progress: verifying.verify_and_enter(bench, everything=False, progress=progress)
        )

    def enter_verdict(self, verdict: Verdict) -> Job:
        """Enter that everything was verified, by another process; gives the verdict with what the anchors say."""
        return self._enters(lambda bench, progress: verifying.enter(bench, verdict, everything=True))

    def enter_printed(self, facts: ReportFacts) -> Job:
        """Enter that a report is about to be printed."""
        from hotfix_desktop.services.reporting import enter_printed  # not before somebody prints

        return self._enters(lambda bench, progress: enter_printed(bench, facts))

    def standing(self) -> Job:
        """Give how the audit log stands beside its anchors."""
        return self._ask(lambda bench, progress: standing.standing(bench), self.standing_changed.emit)

    def signing_facts(self) -> Job:
        """Give what is known of the signing of the audit log."""
        return self._ask(lambda bench, progress: sealing.signing_facts(bench))

    def reviews(self, state: ReviewState, before: int | None = None) -> Job:
        """Give a :class:`~hotfix_desktop.services.reviewing.ReviewPage` of closed hotfixes."""
        return self._ask(lambda bench, progress: reviewing.read_reviews(bench, state, before))

    def reviews_waiting(self) -> Job:
        """Give how many closed hotfixes wait for an auditor."""
        return self._ask(lambda bench, progress: bench.store.reviews.counts().to_review)

    def archive_plan(self, until: date) -> Job:
        """Give the :class:`~hotfix_desktop.core.archiving.ArchivePlan`: what of the log would be moved."""
        return self._aside.run(lambda owned, progress: archiving.plan_archive(owned.bench, until))

    # What the user does

    def review(self, number: int, verdict: ReviewVerdict, remark: str) -> Job:
        """Enter what an auditor says of a closed hotfix."""
        return self._change(lambda bench, progress: reviewing.review(bench, number, verdict, remark))

    def review_together(self, numbers: tuple[int, ...], remark: str) -> Job:
        """Review hotfixes that changed nothing in one step; gives how many."""
        return self._change(lambda bench, progress: reviewing.review_together(bench, numbers, remark))

    def archive(self, until: date, folder: Path) -> Job:
        """Move the old part of the log to a file; gives what was moved. Nothing else waits for it."""
        job = self._aside.run(lambda owned, progress: archiving.archive(owned.bench, until, folder, progress))
        job.ended.connect(partial(self._reload, force=True))
        return job

    def acknowledge_break(self, role: Role, remark: str) -> Job:
        """Take note, in a role, of what is wrong with the audit log; gives how it stands then."""
        job = self._change(lambda bench, progress: standing.acknowledge(bench, role, remark))
        job.done.connect(self.standing_changed)
        return job

    def protect(self) -> Job:
        """Take the folder under protection; the caller has the user's consent."""
        return self._change(lambda bench, progress: protection.protect(bench, progress))

    def release(self) -> Job:
        """Give the folder back with its original modes."""
        return self._change(lambda bench, progress: protection.release(bench, progress))

    def unlock(self, package_id: int, reason: str, ticket: str, minutes: int) -> Job:
        """Unlock a package for a hotfix."""
        return self._change(
            lambda bench, progress: hotfixes.unlock(bench, package_id, reason, ticket, minutes, progress)
        )

    def lock(self, package_id: int) -> Job:
        """Lock a package after its hotfix."""
        return self._change(lambda bench, progress: hotfixes.lock(bench, package_id, progress))

    def lock_all(self) -> Job:
        """Lock every open package."""
        return self._change(lambda bench, progress: hotfixes.lock_all(bench, progress))

    def extend(self, package_id: int, minutes: int | None = None, reason: str = "") -> Job:
        """Give an open package more time."""
        return self._change(lambda bench, progress: hotfixes.extend(bench, package_id, minutes, reason))

    def accept_drift(self, package_id: int, token: str = "") -> Job:
        """Take what a package contains as its baseline, if that is still what the drift of this token shows."""
        return self._change(lambda bench, progress: drift.accept(bench, package_id, progress, token))

    def ensure_guard(self) -> Job:
        """Make sure that a guard lives, before this window leaves open packages to it; fails with ``Refused``."""
        return self._ask(lambda bench, progress: bench.guard.ensure())

    def keep_modifiable(self, package_id: int) -> Job:
        """Mark a package as the user's own."""
        return self._change(lambda bench, progress: protection.keep_modifiable(bench, package_id, progress))

    def protect_package(self, package_id: int) -> Job:
        """Close a package that was left modifiable."""
        return self._change(lambda bench, progress: protection.protect_package(bench, package_id, progress))

    def change_settings(self, wanted: Mapping[str, str]) -> Job:
        """Change settings, all or none."""
        return self._change(lambda bench, progress: administration.change_settings(bench, wanted))

    def assign_role(self, user: str, role: Role) -> Job:
        """Give somebody a role."""
        return self._change(lambda bench, progress: administration.assign_role(bench, user, role))

    def remove_role(self, user: str, role: Role) -> Job:
        """Take a role away from somebody."""
        return self._change(lambda bench, progress: administration.remove_role(bench, user, role))

    # What other classes of jobs are made of

    def ask(self, work: Callable[[Workbench, Progress], Any]) -> Job:
        """Run work that changes nothing, in its turn."""
        return self._ask(work)

    def change(self, work: Callable[[Workbench, Progress], Any]) -> Job:
        """Run work that changes something, in its turn; the new catalogue follows."""
        return self._change(work)

    def aside(self, work: Callable[[Workbench, Progress], Any], *, changes: bool = False) -> Job:
        """Run work that may take long, for which nothing else waits; with ``changes`` the new catalogue follows."""
        job = self._aside.run(lambda owned, progress: work(owned.bench, progress))
        if changes:
            job.ended.connect(partial(self._reload, force=True))
        return job

    def look(self, work: Callable[[Workbench, Progress], Any]) -> Job:
        """Run work that only reads, for a view that is open beside what else is done; in turn with its like."""
        return self._looks.run(lambda owned, progress: work(owned.bench, progress))

    def _ask(self, work: Callable[[Workbench, Progress], Any], show: Callable[[Any], None] | None = None) -> Job:
        job = self._lane.run(lambda owned, progress: work(owned.bench, progress))
        if show is not None:
            job.done.connect(show)
        return job

    def _enters(self, work: Callable[[Workbench, Progress], Any]) -> Job:
        """Run work that changes nothing but the audit log, and may take long: a lock must not wait for it."""
        job = self._aside.run(lambda owned, progress: work(owned.bench, progress))
        job.done.connect(self.audit_grew)
        return job

    def _change(self, work: Callable[[Workbench, Progress], Any]) -> Job:
        """Run work that changes something; the new catalogue follows, also after a failure."""
        job = self._ask(work)
        job.ended.connect(partial(self._reload, force=True))
        return job

    def _reload(self, *, force: bool = False) -> None:
        if self._closed:
            return
        if self._reloading and not force:
            # What is being loaded may be older than what this is about.
            self._reload_again = True
            return
        self._reloading, self._reload_again = True, False
        job = self.load()
        job.failed.connect(self.beat_failed)
        job.ended.connect(self._reloaded)

    @Slot()
    def _reloaded(self) -> None:
        self._reloading = False
        if self._reload_again:
            self._reload()

    @Slot(object)
    def _show(self, new: catalogue.Catalogue) -> None:
        self.catalogue_changed.emit(new)
        self.audit_grew.emit()

    @Slot(object)
    def _keep_aftermath(self, before: Aftermath | None) -> None:
        self._before = before

    @Slot(object)
    def _show_opened(self, new: catalogue.Catalogue) -> None:
        self._show(new)
        before, self._before = self._before, None
        if before is not None:
            self.aftermath.emit(before)

    @Slot(object)
    def _on_beat(self, beat: Beat) -> None:
        # Another window, or the headless relocker, may have changed the database meanwhile.
        if beat.version != self._version or beat.relocked or beat.failed or beat.drifted:
            self._version = beat.version
            self._reload()
        if beat.standing is not None:
            self.standing_changed.emit(beat.standing)
        self.beaten.emit(beat)


def _audit_opened(bench: Workbench, progress: Progress) -> LogDesk:
    auditing.open_log(bench)
    return LogDesk(bench.store.path, bench.person)
