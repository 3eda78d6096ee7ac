"""What can go wrong in the world, each told in one clear sentence.

Only these errors are shown to the user as a message. Everything else is a bug and crashes loudly
into the log and the error dialog. A foreign error (``OSError``, a database error, an HTTP error) is
translated into one of these once, where it enters the program.
"""

from __future__ import annotations


class HotfixError(Exception):
    """Something of the world stood in the way.

    Attributes:
        sentence: what failed and why, in one sentence for the user.
        remedy: what to do now; empty where there is nothing to do.
        details: technical text for "Show details"; never holds a secret.
    """

    def __init__(self, sentence: str, remedy: str = "", details: str = "") -> None:
        """Keep the sentence, the remedy and the details."""
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        """Give the sentence and the remedy, as the command line prints them."""
        return f"{self.sentence} {self.remedy}".strip()


class Refused(HotfixError):
    """A rule says no, and nothing was changed."""


class InvalidInput(Refused):
    """A field holds nonsense; ``field`` names it so that a dialog can show the sentence in place."""

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the name of the field beside the sentence."""
        super().__init__(sentence)
        self.field = field


class Denied(Refused):
    """The role of the person does not allow this; the attempt is an audit entry."""


class WorkspaceError(HotfixError):
    """The package folder or the server did not do what was asked."""


class Busy(WorkspaceError):
    """Another program is working on the same package right now; trying again later helps."""


class StoreError(HotfixError):
    """The database cannot be read or written: locked, corrupt, read-only, newer, or the disk is full."""


class ConnectionLost(StoreError):
    """The open connection itself may be at fault, for ever: whoever owns it opens the database anew."""


class Cancelled(HotfixError):
    """The user cancelled; what had been begun was undone."""

    def __init__(self, sentence: str = "Cancelled.") -> None:
        """Say what was cancelled."""
        super().__init__(sentence)
