"""One opened database with all its queries. It belongs to the thread that opened it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotfix_desktop.store.administration import Administration
from hotfix_desktop.store.connection import open_database
from hotfix_desktop.store.errors import translated
from hotfix_desktop.store.exclusive import Exclusive
from hotfix_desktop.store.hotfixes import Hotfixes
from hotfix_desktop.store.ledger import Ledger
from hotfix_desktop.store.packages import Packages


class Store:
    """The database of one workspace.

    Attributes:
        path: the database file.
        administration: the workspace's record, settings and roles.
        packages: what was found, and how far closing has come.
        hotfixes: windows from unlock to lock.
        ledger: the audit log.
        exclusive: what only one program may do at a time.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the database, bringing it to today's form; raises ``StoreError``."""
        self.path = path
        self._database = open_database(path, read_only=read_only)
        self.administration = Administration(self._database)
        self.packages = Packages(self._database)
        self.hotfixes = Hotfixes(self._database)
        self.ledger = Ledger(self._database)
        self.exclusive = Exclusive(path.parent / "working")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do several things durably and together, or none of them; raises ``StoreError``."""
        with translated(), self._database.atomic():
            yield

    def version(self) -> int:
        """Give a number that changes whenever another connection has committed something."""
        with translated():
            (version,) = self._database.execute_sql("PRAGMA data_version").fetchone()
        return int(version)

    def close(self) -> None:
        """Close the connection; the store cannot be used afterwards."""
        if not self._database.is_closed():
            self._database.close()
