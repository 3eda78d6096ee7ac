"""A log of millions of entries for the tests of the list: made in seconds by SQLite alone.

It has the schema and what is shown; the bodies say nothing and nothing is chained (``benchmarks/big_log.py`` makes
logs that are whole, at a hundred thousand entries a second).
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.roles import Role
from hotfix_desktop.store.store import Store

START = datetime(2021, 11, 23, tzinfo=UTC)
STEP = 30_000_000
"""Microseconds between two entries."""
RARE = 1_000_003
"""One entry in so many is a relock that failed."""
_ENTRIES = """
WITH RECURSIVE number(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < ?)
INSERT INTO audit (seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash)
SELECT n, ? + n * ?,
       CASE n % ? WHEN 7 THEN 'Relock failed' ELSE 'Package unlocked' END,
       'Success', '10.0.0.7', 'ann', 'Entry ' || n, 'UsrInvoices', NULL, x'', x''
FROM number
"""


def make_long_log(path: Path, entries: int) -> Path:
    """Make a log of so many entries; cleo is its auditor. Of the indexes it only has the one of the types."""
    store = Store(path)
    store.administration.create_workspace("/packages", "Production", "ann", Moment(START, 0, "boot"))
    store.administration.assign("cleo", Role.AUDITOR)
    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -100000", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {statement}")
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'audit' AND sql IS NOT NULL AND type <> 'table'"
    ).fetchall()
    for kind, name, _ in found:
        connection.execute(f"DROP {kind} {name}")
    connection.execute("BEGIN")
    connection.execute(_ENTRIES, (entries, to_microseconds(START), STEP, RARE))
    for kind, name, sql in found:
        if kind == "trigger" or name == "audit_type_seq":
            connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return path
