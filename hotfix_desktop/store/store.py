"""One opened database with all its queries. It belongs to the thread that opened it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import ConnectionLost
from hotfix_desktop.store.administration import Administration
from hotfix_desktop.store.archives import Archives
from hotfix_desktop.store.baselines import Baselines
from hotfix_desktop.store.checkpoints import Checkpoints
from hotfix_desktop.store.connection import open_database
from hotfix_desktop.store.contacts import Contacts
from hotfix_desktop.store.deliveries import Deliveries
from hotfix_desktop.store.errors import translated
from hotfix_desktop.store.exclusive import FOLDER, Exclusive
from hotfix_desktop.store.fixes import Fixes
from hotfix_desktop.store.hotfixes import Hotfixes
from hotfix_desktop.store.journal import Journal
from hotfix_desktop.store.ledger import Ledger
from hotfix_desktop.store.migrations import ARCHIVE_MARK
from hotfix_desktop.store.models import DrainedRow
from hotfix_desktop.store.openings import Openings
from hotfix_desktop.store.packages import Packages
from hotfix_desktop.store.presence import Presence
from hotfix_desktop.store.reviews import Reviews
from hotfix_desktop.store.updates import Updates


class Store:
    """The database of one workspace.

    Attributes:
        path: the database file.
        administration: the workspace's record, settings and roles.
        packages: what was found, and how far closing has come.
        hotfixes: windows from unlock to lock.
        baselines: what closed packages contained, and how they differ.
        openings: what open packages contained before they were opened.
        fixes: the recorded trees of hotfixes.
        ledger: the audit log.
        checkpoints: the signed states of the audit log.
        archives: what of the audit log was moved to files of its own.
        reviews: what auditors said of hotfixes.
        deliveries: where the changes of hotfixes went.
        contacts: to whom the fixes of other maintainers' packages are told.
        updates: updates of packages, and how far each has come.
        journal: relocks that are not in the log yet.
        presence: the guard and the windows.
        exclusive: what only one program may do at a time.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        spare: Callable[[], Path] | None = None,
    ) -> None:
        """Open the database, bringing it to today's form; raises ``StoreError``.

        ``spare`` gives the folder of the side journal for when that of the database cannot be written.
        """
        self.path = path
        self._database = open_database(path, read_only=read_only)
        self._file = _identity(path)
        self.administration = Administration(self._database)
        self.packages = Packages(self._database)
        self.hotfixes = Hotfixes(self._database)
        self.baselines = Baselines(self._database)
        self.openings = Openings(self._database)
        self.fixes = Fixes(self._database)
        self.ledger = Ledger(self._database)
        self.checkpoints = Checkpoints(self._database)
        self.archives = Archives(self._database)
        self.reviews = Reviews(self._database)
        self.deliveries = Deliveries(self._database)
        self.contacts = Contacts(self._database)
        self.updates = Updates(self._database)
        self.journal = Journal(path.parent, spare)
        self.presence = Presence(path.parent)
        self.exclusive = Exclusive(path.parent / FOLDER)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do several things durably and together, or none of them; raises ``StoreError``."""
        with translated(), self._database.atomic():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read several things as they stood together at one moment, and write nothing; raises ``StoreError``."""
        with translated(), self._database.atomic("DEFERRED"):
            yield

    @contextmanager
    def waiting_at_most(self, seconds: float) -> Iterator[None]:
        """Wait no longer than so many seconds for others inside, and as long as before after it."""
        with translated():
            (before,) = self._database.execute_sql("PRAGMA busy_timeout").fetchone()
        self.wait_at_most(min(seconds, before / 1000))
        try:
            yield
        finally:
            self.wait_at_most(before / 1000)

    def wait_at_most(self, seconds: float) -> None:
        """Change how long a statement waits for another program's transaction before it raises ``StoreError``."""
        with translated():
            self._database.execute_sql(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def demand_there(self) -> None:
        """Raise ``ConnectionLost`` when the file that was opened is not at its place any more.

        SQLite goes on writing into a file that was deleted or replaced, where nobody will ever find it.
        """
        if not self.is_there():
            raise ConnectionLost(
                f"The audit database is not there any more: {self.path}.",
                "Put it back, or check that its disk or network share is mounted.",
            )

    def is_there(self) -> bool:
        """Whether the file that was opened is still at its place."""
        return _identity(self.path) == self._file

    def mark_drained(self, journal_id: str, now: Moment) -> bool:
        """Say that a record of the side journal is in the log; False when it was before. Inside its transaction."""
        with translated():
            added = DrainedRow.insert(journal_id=journal_id, at=now.utc).on_conflict_ignore().execute(self._database)
            (changes,) = self._database.execute_sql("SELECT changes()").fetchone()
        return bool(added) and bool(changes)

    @property
    def is_archive(self) -> bool:
        """Whether this is an archive file: a prefix of a log, which is for whoever was given it."""
        with translated():
            (mark,) = self._database.execute_sql("PRAGMA user_version").fetchone()
        return bool(mark == ARCHIVE_MARK)

    def version(self) -> int:
        """Give a number that changes whenever another connection has committed something."""
        with translated():
            (version,) = self._database.execute_sql("PRAGMA data_version").fetchone()
        return int(version)

    def close(self) -> None:
        """Close the connection; the store cannot be used afterwards."""
        self.presence.close()
        if not self._database.is_closed():
            self._database.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
