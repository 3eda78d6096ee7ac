"""All that stands in the log of a small database, for tests that look at what was entered."""

from __future__ import annotations

from hotfix_desktop.store.ledger import AuditLine
from hotfix_desktop.store.log_reader import COLUMNS, line_of
from hotfix_desktop.store.store import Store


def lines_of(store: Store, **wanted: object) -> list[AuditLine]:
    """Give the entries with these fields, the oldest first; over the connection of the store itself."""
    rows = store._database.execute_sql(f"SELECT {COLUMNS} FROM audit ORDER BY seq").fetchall()
    lines = [line_of(row) for row in rows]
    return [line for line in lines if all(getattr(line, name) == value for name, value in wanted.items())]
