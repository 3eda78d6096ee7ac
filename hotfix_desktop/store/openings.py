"""What open packages contained before they were opened, and what tells which files nobody has touched since."""

from __future__ import annotations

import peewee

from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.models import OpeningRow


class Openings:
    """The openings of one database. Whoever finds none reads all contents."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def keep(self, package_id: int, manifest: bytes, proof: bytes) -> None:
        """Keep the bytes of a manifest, and what the workspace gave when it opened the package."""
        OpeningRow.insert(package_id=package_id, proof=proof, manifest=manifest).on_conflict_replace().execute(
            self._database
        )

    @told
    def proof(self, package_id: int) -> bytes:
        """Give what the workspace gave when it opened the package; empty where nothing is kept."""
        row = self._database.execute_sql("SELECT proof FROM opening WHERE package_id = ?", (package_id,)).fetchone()
        return bytes(row[0]) if row else b""

    @told
    def manifest(self, package_id: int) -> Manifest | None:
        """Give what the package contained; None where nothing is kept, or its bytes are damaged."""
        row = self._database.execute_sql("SELECT manifest FROM opening WHERE package_id = ?", (package_id,)).fetchone()
        try:
            return Manifest.decode(bytes(row[0])) if row else None
        except ValueError:
            return None

    @told
    def forget(self, package_id: int) -> None:
        """Drop what is kept of a package: it opens anew, or is closed."""
        OpeningRow.delete().where(OpeningRow.package_id == package_id).execute(self._database)
