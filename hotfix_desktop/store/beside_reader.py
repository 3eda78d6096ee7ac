"""Reads what a database keeps beside its log and could lie about it: schema, indexes, hotfixes, reviews.

Whatever is searched and listed comes through these. A verification of every entry compares them with the entries.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.migrations import STEPS

STEPS_OF_AN_ENTRY = 41
"""Steps of SQLite's machine for each entry that it looks for in the six indexes; measured at 1 and 5 million."""
_STEPS = 200_000
"""Steps between two looks at the progress: about 15 ms."""
_TABLES = ("audit", "checkpoint", "workspace", "archive", "review")
_SCHEMA = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    f" AND (type IN ('trigger', 'view') OR tbl_name IN ({', '.join('?' * len(_TABLES))}))"
)
_TOLD = (
    AuditType.UNLOCK_REQUESTED,
    AuditType.LOCKED,
    AuditType.RELOCKED,
    AuditType.HOTFIX_REVIEWED,
    AuditType.HOTFIX_OBJECTED,
)
_MISSING = re.compile(r"row (\d+) missing from index (\S+)")
_INDEX = re.compile(r"(?:index|in index) (\w+)")


class BesideReader:
    """What stands beside one log, through the connection and in the transaction of whoever reads the log."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use this connection."""
        self._connection = connection

    @told
    def odd_schema(self) -> list[str]:
        """Give what is not as the migrations made it, each in a few words: tables, indexes, triggers and views."""
        expected = _expected()
        found = _schema(self._connection)
        odd = [f"the {kind} “{name}” is not there" for kind, name in sorted(expected.keys() - found.keys())]
        odd += [f"the {kind} “{name}” does not belong there" for kind, name in sorted(found.keys() - expected.keys())]
        both = sorted(expected.keys() & found.keys())
        return odd + [
            f"the {kind} “{name}” was changed" for kind, name in both if found[kind, name] != expected[kind, name]
        ]

    @told
    def odd_index(self, hear: Callable[[int], None]) -> tuple[int, str, str] | None:
        """Look for every entry and checkpoint in every index; None where all are there, and nothing else.

        Else gives the place of the first entry that is missing, counted from 1 (0: not known), the index (empty: not
        known), and SQLite's words. ``hear`` hears every few milliseconds at how many entries it is, and may raise.
        """
        with self._heard(hear):
            for table in ("audit", "checkpoint"):
                # Before SQLite 3.33, which knows no name here, all tables are looked through, which is as good.
                rows = self._connection.execute(f"PRAGMA integrity_check('{table}')").fetchall()
                said = [str(row[0]) for row in rows if row[0] != "ok"]
                if said:
                    missing = _MISSING.search("\n".join(said))
                    index = _INDEX.search(said[0])
                    if missing is not None:
                        return (int(missing[1]) if table == "audit" else 0, missing[2], said[0])
                    return (0, index[1] if index else "", said[0])
        return None

    @told
    def hotfixes(self) -> list[tuple[int, str, str, str, str, int | None, str, str | None]]:
        """Give number, opener, reason, ticket, state, closing time (microseconds UTC), closer and ending of each."""
        return self._connection.execute(
            "SELECT id, opened_by, reason, ticket, state, closed_at, closed_by, ending"
            " FROM hotfix NOT INDEXED ORDER BY id"
        ).fetchall()

    @told
    def has_packages(self) -> bool:
        """Whether any package is known."""
        return bool(self._connection.execute("SELECT EXISTS (SELECT 1 FROM package)").fetchone()[0])

    @told
    def reviews(self) -> list[tuple[int, str, str, str, int]]:
        """Give hotfix, verdict, remark, reviewer and time (microseconds UTC) of each review."""
        return self._connection.execute(
            "SELECT hotfix_id, verdict, remark, reviewed_by, reviewed_at FROM review NOT INDEXED ORDER BY hotfix_id"
        ).fetchall()

    @told
    def told_of_hotfixes(self) -> list[tuple[int, bytes]]:
        """Give hotfixes and bodies of the entries that say how each began, ended and was reviewed, in their order."""
        return self._connection.execute(
            f"SELECT hotfix, body FROM audit WHERE type IN ({', '.join('?' * len(_TOLD))}) AND result = ?"
            " AND hotfix IS NOT NULL ORDER BY seq",
            (*(kind.value for kind in _TOLD), AuditResult.SUCCESS.value),
        ).fetchall()

    @told
    def last_of_hotfix(self, number: int) -> int:
        """Give the number of the newest entry of a hotfix; 0 when there is none."""
        return int(
            self._connection.execute("SELECT coalesce(max(seq), 0) FROM audit WHERE hotfix = ?", (number,)).fetchone()[
                0
            ]
        )

    @contextmanager
    def _heard(self, hear: Callable[[int], None]) -> Iterator[None]:
        raised: list[BaseException] = []
        done = 0

        def step() -> int:
            nonlocal done
            done += _STEPS
            try:
                hear(done // STEPS_OF_AN_ENTRY)
            except BaseException as error:
                raised.append(error)
                return 1
            return 0

        self._connection.set_progress_handler(step, _STEPS)
        try:
            yield
        except sqlite3.OperationalError:
            if raised:
                raise raised[0] from None
            raise
        finally:
            self._connection.set_progress_handler(None, 0)


def _schema(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (str(kind), str(name)): (str(table), " ".join(str(sql).split()))
        for kind, name, table, sql in connection.execute(_SCHEMA, _TABLES)
    }


@cache
def _expected() -> dict[tuple[str, str], tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as made:
        for step in STEPS:
            for statement in step.statements:
                made.execute(statement)
        return _schema(made)
