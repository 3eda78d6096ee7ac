"""A verification in a process of its own, ``audit verify … --progress``; it only reads, and a cancel kills it."""

from __future__ import annotations

from typing import Any

from hotfix_desktop.core.errors import HotfixError, StoreError
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.runtime.own_process import OwnProcess


class VerificationRun(OwnProcess):
    """Runs one verification at a time, told ``audit verify FILE``.

    Signals:
        stepped: how far it has come, a ``Step`` of a hundred.
        done: the ``Verdict``.
        failed: a ``HotfixError``: ``Cancelled`` at once after :meth:`cancel`, and what is told when the process
            crashed or could not be started. Nothing comes after it.
    """

    def start(self, everything: bool) -> None:
        """Start; does nothing while one is running."""
        if not self.is_running:
            self._launch(["--progress", *(["--full"] if everything else [])])

    def _understand(self, said: dict[str, Any]) -> object:
        if "percent" in said:
            self.stepped.emit(Step(int(said["percent"]), 100, ""))
        return Verdict.from_json(said["verdict"]) if "verdict" in said else None

    def _no_answer(self, details: str) -> HotfixError:
        sentence = "The verification of the audit log did not come to its end."
        return StoreError(sentence, "Try again; what was verified before still counts.", details)
