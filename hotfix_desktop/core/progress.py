"""Progress of slow work, reported to whoever listens, and the way in which that work is cancelled."""

from __future__ import annotations

from hotfix_desktop.core.errors import Cancelled


class Progress:
    """Hears how far slow work has come; this one listens to nobody and never cancels.

    Slow work calls :meth:`step` every few milliseconds of work; a cancel is raised from there, so that
    the work stops at a place where it knows how to undo itself.
    """

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        """Hear that ``done`` of ``total`` (0: nobody knows) are done, at ``what``. Raises ``Cancelled``."""
        self.check()

    def begin(self, what: str) -> None:
        """Hear that a part begins that is not cancelled any more; raises nothing."""

    def check(self) -> None:
        """Raise ``Cancelled`` if the user asked for it."""


class CancellableProgress(Progress):
    """Progress that can be told to cancel, from any thread."""

    def __init__(self) -> None:
        """Start uncancelled."""
        self.cancelled = False

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self.cancelled = True

    def check(self) -> None:
        """Raise ``Cancelled`` once :meth:`cancel` was called."""
        if self.cancelled:
            raise Cancelled


class Within(Progress):
    """The progress of a part, when the whole counts something else: it only passes a cancel on."""

    def __init__(self, whole: Progress) -> None:
        """Keep who hears of the whole."""
        self._whole = whole

    def check(self) -> None:
        """Raise ``Cancelled`` if the whole was cancelled."""
        self._whole.check()


NOBODY = Progress()
"""For callers who do not listen."""
