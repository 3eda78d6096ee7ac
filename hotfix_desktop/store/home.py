"""The home: the folder with one database for each workspace, and the logs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hotfix_desktop.core.errors import StoreError

DATABASE = "hotfix-desktop.sqlite3"


@dataclass(frozen=True, slots=True)
class KnownWorkspace:
    """A workspace that has a database in this home."""

    title: str
    location: str
    database: Path


class Home:
    """Where databases and logs live instead of the places that belong to users' packages."""

    def __init__(self, folder: Path) -> None:
        """Use this folder; it is made when something is first written."""
        self.folder = folder

    @property
    def logs(self) -> Path:
        """The folder of the log files."""
        return self.folder / "logs"

    def database_for(self, location: str, title: str) -> Path:
        """Give the path of a workspace's database, whether it is there yet or not."""
        import hashlib
        import re

        # The readable part is for people who look into the folder; the digest tells workspaces apart.
        slug = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "workspace"
        digest = hashlib.sha256(os.fsencode(location)).hexdigest()[:10]
        return self.folder / "workspaces" / f"{slug}-{digest}" / DATABASE

    def databases(self) -> list[Path]:
        """Give the path of every database here, readable or not; raises ``StoreError``."""
        folder = self.folder / "workspaces"
        try:
            return [path for path in sorted(folder / name / DATABASE for name in os.listdir(folder)) if path.is_file()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be read: {error.strerror}.", "", str(error)) from error

    def known(self) -> list[KnownWorkspace]:
        """Give every workspace that has a readable database here, by title."""
        found = []
        for path in self.databases():
            row = _title_and_location(path)
            if row is not None:
                found.append(KnownWorkspace(row[0], row[1], path))
        return sorted(found, key=lambda w: w.title.casefold())


def _title_and_location(path: Path) -> tuple[str, str] | None:
    import sqlite3

    # A damaged database in the list must not hide the sound ones; opening it by its path says what is wrong.
    try:
        connection = sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True, timeout=1.0)
        try:
            row = connection.execute("SELECT title, location FROM workspace").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return None
    return (row[0], row[1]) if row else None
