"""What only one program may do at a time: change the files of one package.

A lock on a file beside the database, which the operating system frees when the program that holds it
dies; so a lock that is free while a hotfix is still *opening* tells that its program crashed. The teams'
PostgreSQL will have advisory locks for the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from hotfix_desktop.core.errors import Busy, StoreError
from hotfix_desktop.store.sharing import file_mode, make_folder

FOLDER = "working"
"""Where the locks of a workspace lie, beside its database."""
PROBING_SECONDS = 0.2


class Exclusive:
    """Locks by name, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; it is made when first needed."""
        self._folder = folder

    @contextmanager
    def holding(self, name: str, what: str, patience: float = 0.0) -> Iterator[None]:
        """Hold the lock ``name``; ``patience`` is how many seconds to wait for it.

        Raises:
            Busy: when another program holds it; ``what`` says what it is working on.
            StoreError: when the lock file cannot be made.
        """
        lock = self._lock(name)
        try:
            # Who has the patience to wait for minutes, a service, is not to be seen among the busy programs.
            lock.acquire(timeout=patience, poll_interval=1.0 if patience > 60 else 0.05)
        except filelock.Timeout as error:
            raise Busy(f"Another program is working on {what} right now.", "Try again in a moment.") from error
        except OSError as error:
            raise self._cannot(error) from error
        try:
            yield
        finally:
            lock.release()

    def is_free(self, name: str) -> bool:
        """Whether nobody holds the lock at this moment.

        To ask means to take the lock for a moment; so an answer of "no" is asked again for a while, in which
        another program that only asks has let go of it.
        """
        lock = self._lock(name)
        try:
            lock.acquire(timeout=PROBING_SECONDS, poll_interval=PROBING_SECONDS / 10)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise self._cannot(error) from error
        lock.release()
        return True

    def is_held(self, name: str) -> bool:
        """Whether somebody holds the lock, asked once and at once: perhaps by one who only asks himself."""
        lock = self._lock(name)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            return True
        except OSError as error:
            raise self._cannot(error) from error
        lock.release()
        return False

    def _lock(self, name: str) -> filelock.BaseFileLock:
        try:
            make_folder(self._folder)
            mode = file_mode(self._folder)
        except OSError as error:
            raise self._cannot(error) from error
        return filelock.FileLock(self._folder / f"{name}.lock", mode=mode, thread_local=False)

    def _cannot(self, error: OSError) -> StoreError:
        return StoreError(f"{self._folder} cannot be written: {error.strerror or error}.", "", str(error))
