"""To whom the fixes of a maintainer's packages are told."""

from __future__ import annotations

import peewee

from hotfix_desktop.store.errors import told
from hotfix_desktop.store.models import ContactRow


class Contacts:
    """The contacts of one database, by maintainer; the maintainer's name counts in any case."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def get(self, maintainer: str) -> str:
        """Give the address of a maintainer's support; empty when nobody has told it yet."""
        rows = ContactRow.select().where(ContactRow.maintainer == maintainer.casefold())
        row = rows.bind(self._database).first()
        return "" if row is None else str(row.address)

    @told
    def keep(self, maintainer: str, address: str) -> None:
        """Remember the address of a maintainer's support; an empty one is forgotten."""
        key = maintainer.casefold()
        if address:
            ContactRow.insert(maintainer=key, address=address).on_conflict_replace().execute(self._database)
        else:
            ContactRow.delete().where(ContactRow.maintainer == key).execute(self._database)
