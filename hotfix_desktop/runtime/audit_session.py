"""What one audit log window works with: the log's entries, its hotfixes, and what vouches for an entry.

All of it is read through connections of its own that cannot write, in the main window as well as in the
viewer that stands alone (``--audit``): a search through millions of entries makes nobody wait. What is to be
entered in the log (a verification, an export, a review) goes through the session of the opened workspace,
which the viewer that stands alone does not have. What hashes millions of entries is a process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from hotfix_desktop.core.clock import Clock
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.runtime.audit_runs import EnteredRun
from hotfix_desktop.runtime.export_run import ExportRun
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.runtime.log_source import LogSource
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.runtime.timeline_source import TimelineSource
from hotfix_desktop.runtime.verification_run import VerificationRun
from hotfix_desktop.services.auditing import AuditDesk, open_desk
from hotfix_desktop.services.entry_proof import prove
from hotfix_desktop.services.log_reading import LogDesk
from hotfix_desktop.services.timeline import open_timeline

if TYPE_CHECKING:
    from hotfix_desktop.runtime.change_jobs import PastChanges


class OwnDesk:
    """What the lane of the proofs owns."""

    def __init__(self, desk: AuditDesk) -> None:
        """Keep the desk."""
        self.desk = desk

    def close(self) -> None:
        """Close the database connection."""
        self.desk.store.close()


class AuditSession(QObject):
    """One audit log, as long as a window shows it. Nothing is opened before it is asked for.

    Attributes:
        desk: which log is meant, and who reads it.
        work: the session of the opened workspace; None for a viewer that stands alone, which enters nothing.
        log: where the entries come from.
        timeline: where the hotfixes come from.
        exports: takes entries away.
    """

    def __init__(
        self,
        desk: LogDesk,
        clock: Clock,
        program: Sequence[str],
        work: WorkspaceSession | None = None,
        location: str = "",
        parent: QObject | None = None,
    ) -> None:
        """Keep what to read.

        ``program`` is the command that starts this program with its home; ``location`` is that of the opened
        workspace, for processes that enter what they do.
        """
        super().__init__(parent)
        self.desk = desk
        self.work = work
        self.log = LogSource(desk, self)
        self.timeline = TimelineSource(lambda: open_timeline(desk, clock), self)
        self.exports = ExportRun([*program, "audit", "export", location or str(desk.database)], self)
        self._clock = clock
        self._past: PastChanges | None = None
        self._check = VerificationRun([*program, "audit", "verify", str(desk.database)], self)
        self._proofs: Lane[OwnDesk] = Lane(
            lambda: OwnDesk(open_desk(desk.database, clock, desk.person)), "proof", self, renews=True
        )

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be entered from here."""
        return self.work is None

    @property
    def past(self) -> PastChanges:
        """What hotfixes changed, read-only; for a viewer that stands alone."""
        if self._past is None:
            from hotfix_desktop.runtime.change_jobs import PastChanges  # not before somebody looks
            from hotfix_desktop.services.past_changes import open_past

            desk, clock = self.desk, self._clock
            self._past = PastChanges(lambda: open_past(desk.database, clock, desk.person), self)
        return self._past

    def check(self) -> Job:
        """Fail with ``Denied`` unless the person may read the log."""
        return self.log.check()

    def proof(self, seq: int) -> Job:
        """Give the :class:`~hotfix_desktop.services.entry_proof.EntryProof` of an entry."""
        return self._proofs.run(lambda owned, progress: prove(owned.desk, seq))

    def verify_new(self) -> Job | EnteredRun:
        """Verify what came since the last good checkpoint, and enter that where that can be done."""
        return self._run(everything=False) if self.work is None else self.work.verify_audit()

    def verify_all(self) -> EnteredRun:
        """Verify every entry, and enter that where that can be done."""
        return self._run(everything=True)

    def report(self, query: LogQuery, verdict: Verdict | None) -> Job:
        """Give the :class:`~hotfix_desktop.services.report_facts.ReportFacts` of the period of a question."""
        from hotfix_desktop.services.reporting import gather  # not before somebody prints

        return self._proofs.run(lambda owned, progress: gather(owned.desk, query, verdict, progress))

    def close(self) -> None:
        """Close every connection and end the threads and processes; waits for work that runs, which is cancelled."""
        self._check.close()
        self.exports.close()
        self.log.close()
        self.timeline.close()
        if self._past is not None:
            self._past.close()
        self._proofs.close()

    def _run(self, *, everything: bool) -> EnteredRun:
        return EnteredRun(self._check, everything, self.work.enter_verdict if self.work is not None else None)
