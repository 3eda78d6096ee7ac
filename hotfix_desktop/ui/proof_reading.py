"""Reads what vouches for the chosen entry, without running behind somebody who holds an arrow key down."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.runtime.lane import Job


class ProofReading(QObject):
    """One question at a time; of those that come meanwhile only the last is asked.

    Signals:
        came: the :class:`~hotfix_desktop.services.entry_proof.EntryProof` that was read.
        failed: the ``HotfixError`` that stood in the way.
    """

    came = Signal(object)
    failed = Signal(object)

    def __init__(self, ask: Callable[[int], Job], parent: QObject | None = None) -> None:
        """Read with ``ask``, which takes the number of an entry."""
        super().__init__(parent)
        self._ask = ask
        self._wanted = 0
        self._asked = 0
        self._job: Job | None = None

    def read(self, seq: int) -> None:
        """Read the proof of an entry, the one that was read last once more only with :meth:`renew`."""
        self._wanted = seq
        if self._job is None and seq != self._asked:
            self._begin()

    def renew(self) -> None:
        """Read again: a checkpoint may cover the entry by now."""
        self._asked = 0
        if self._wanted:
            self.read(self._wanted)

    def _begin(self) -> None:
        self._asked = self._wanted
        self._job = self._ask(self._wanted)
        self._job.done.connect(self.came)
        self._job.failed.connect(self._on_failure)
        self._job.ended.connect(self._on_end)

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        if not isinstance(error, Cancelled):
            self.failed.emit(error)

    @Slot()
    def _on_end(self) -> None:
        self._job = None
        if self._wanted != self._asked:
            self._begin()
