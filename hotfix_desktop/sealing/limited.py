"""Calls into what may hang: a keyring that asks for its password, a network share that is away.

Each runs on a thread of its own and is waited for only so long. A thread that hangs cannot be ended, so there is
at most one for each such thing: while it hangs, nothing else is asked of it, and every call is refused at once.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from typing import TypeVar

from hotfix_desktop.core.errors import HotfixError

T = TypeVar("T")


class NotAnswering(HotfixError):
    """It did not answer in time, or still does not."""


class Limited:
    """One thing outside of the program that may hang."""

    def __init__(self, name: str) -> None:
        """Keep what people call it, in the middle of a sentence."""
        self._name = name
        self._asking = Lock()
        self._is_overdue = False

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """Do it and give what it gave, or raise what it raised.

        Raises ``NotAnswering`` after so many seconds; the work goes on then, and may still succeed.
        """
        # Overdue only as long as its thread has the lock: that thread ends at the same moment as the waiting, perhaps.
        if (self._is_overdue and self._asking.locked()) or not self._asking.acquire(timeout=seconds):
            raise self._silent()
        self._is_overdue = False
        results: list[T] = []
        errors: list[BaseException] = []

        def call() -> None:
            try:
                results.append(work())
            except BaseException as error:  # handed to whoever asked
                errors.append(error)
            finally:
                self._asking.release()

        thread = Thread(target=call, name=f"asking {self._name}", daemon=True)
        thread.start()
        thread.join(seconds)
        if errors:
            raise errors[0]
        if not results:
            self._is_overdue = True
            raise self._silent()
        return results[0]

    def _silent(self) -> NotAnswering:
        return NotAnswering(f"There was no answer from {self._name} in time.")
