"""When the audit log is verified: what is new at once, everything once a day, and both whenever somebody wants it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, QSettings, Signal, SignalInstance, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.verdict import Verdict

KEY = "auditWindow/verified"
A_DAY = timedelta(days=1)
"""How long a verification of everything stands, before the next one starts by itself."""


class Running(Protocol):
    """A verification that runs: a job of a lane, or a process of its own."""

    @property
    def stepped(self) -> SignalInstance:
        """Fires with a ``Step``: how many of how many entries are done."""
        ...  # pragma: no cover

    @property
    def done(self) -> SignalInstance:
        """Fires with the :class:`Verdict`."""
        ...  # pragma: no cover

    @property
    def failed(self) -> SignalInstance:
        """Fires with the ``HotfixError`` that stood in the way, ``Cancelled`` among them."""
        ...  # pragma: no cover

    def cancel(self) -> None:
        """Ask it to stop."""
        ...  # pragma: no cover


class AuditVerifying(QObject):
    """Runs one verification at a time.

    Attributes:
        verdict: the last one; None before the first.
        is_full: whether the one that runs looks at everything.

    Signals:
        began: a verification began.
        stepped: how far it has come, a ``Step``.
        judged: the new verdict.
        stopped: it was cancelled; the verdict of before stands.
        failed: the ``HotfixError`` that stood in the way.
    """

    began = Signal()
    stepped = Signal(object)
    judged = Signal(object)
    stopped = Signal()
    failed = Signal(object)

    def __init__(
        self,
        new_entries: Callable[[], Running],
        everything: Callable[[], Running],
        settings: QSettings,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        """Keep how to verify; nothing is begun. ``now`` gives the time in UTC."""
        super().__init__(parent)
        self.verdict: Verdict | None = None
        self.is_full = False
        self._new_entries, self._everything = new_entries, everything
        self._settings, self._now = settings, now
        self._running: Running | None = None
        self._by_itself = False

    @property
    def is_running(self) -> bool:
        """Whether a verification runs."""
        return self._running is not None

    def start(self) -> None:
        """Verify what is new, and then everything if that was not done for a day."""
        self._begin(self._new_entries, full=False, by_itself=True)

    @Slot()
    def verify_new(self) -> None:
        """Verify what came since the last good checkpoint."""
        self._begin(self._new_entries, full=False)

    @Slot()
    def verify_all(self) -> None:
        """Verify every entry; one that looks only at what is new is given up for it."""
        if not self.is_full and (running := self._let_go()) is not None:
            running.cancel()
        self._begin(self._everything, full=True)

    @Slot()
    def cancel(self) -> None:
        """Stop what runs."""
        if self._running is not None:
            self._running.cancel()

    def close(self) -> None:
        """Hear no more of what runs; the session ends it."""
        self._let_go()

    def _begin(self, make: Callable[[], Running], *, full: bool, by_itself: bool = False) -> None:
        if self._running is not None:
            return
        self.is_full, self._by_itself = full, by_itself
        running = self._running = make()
        running.stepped.connect(self._on_step)
        running.done.connect(self._on_verdict)
        running.failed.connect(self._on_failure)
        self.began.emit()

    def _let_go(self) -> Running | None:
        running, self._running = self._running, None
        if running is not None:
            running.stepped.disconnect(self._on_step)
            running.done.disconnect(self._on_verdict)
            running.failed.disconnect(self._on_failure)
        return running

    @Slot(object)
    def _on_step(self, step: object) -> None:
        self.stepped.emit(step)

    @Slot(object)
    def _on_verdict(self, verdict: Verdict) -> None:
        self._running = None
        self.verdict = verdict
        whole_log = self.is_full or verdict.since <= verdict.first
        if whole_log and verdict.is_whole:
            self._settings.setValue(self._key(verdict), self._now().astimezone(UTC).isoformat())
        self.judged.emit(verdict)
        if self._by_itself and verdict.is_whole and not whole_log and self._is_due(verdict):
            self._begin(self._everything, full=True)

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        self._running = None
        if isinstance(error, Cancelled):
            self.stopped.emit()
        else:
            self.failed.emit(error)

    def everything_at(self, verdict: Verdict) -> datetime | None:
        """Give when every entry of this log was last verified, UTC; None where nobody knows."""
        try:
            last = datetime.fromisoformat(str(self._settings.value(self._key(verdict), "")))
        except ValueError:
            return None
        return last if last.tzinfo is not None else None

    def _is_due(self, verdict: Verdict) -> bool:
        last = self.everything_at(verdict)
        return last is None or not timedelta(0) <= self._now() - last < A_DAY

    def _key(self, verdict: Verdict) -> str:
        return f"{KEY}/{verdict.log_id}"
