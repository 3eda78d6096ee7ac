"""Updates of packages: how far each has come, what it did, and which fixes have not come home with one yet.

Each begins as *staged*: its new folders are being made, and nothing else was touched. With *swapping* it is decided:
from there on it is finished, whatever happens. *Tidying* says that everything is in its place, and what was there
before still lies beside it. *Done* and *undone* are the ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import peewee

from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.deliveries import DeliveryKind
from hotfix_desktop.core.lifecycle import Ending, HotfixState
from hotfix_desktop.store.errors import told

OVERWRITTEN = (
    "EXISTS (SELECT 1 FROM updated_package u JOIN package_update w ON w.id = u.update_id WHERE u.package_id = p.id"
    " AND u.decision = 'theirs' AND w.state NOT IN ('staged', 'undone'))"
)
"""Whether theirs was taken against ours in a package ``p``, part of a query: it is *Blocked* then with a fix left."""


class UpdateState(StrEnum):
    """How far an update has come; the values are kept in the database."""

    STAGED = "staged"
    SWAPPING = "swapping"
    TIDYING = "tidying"
    DONE = "done"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update as it is kept.

    Attributes:
        archive: the name of the file.
        plan: what ``services/update_applying.py`` needs to finish it, as JSON values.
    """

    number: int
    state: UpdateState
    archive: str
    sha256: bytes
    begun_by: str
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastUpdate:
    """What an earlier update did to a package.

    Attributes:
        before, delivered, after: digests of the recorded trees.
        decision: ``ours``, ``theirs``, or empty where nothing had to be decided.
        hotfixes: those whose fixes it did not contain.
    """

    update: int
    before: bytes
    delivered: bytes
    after: bytes
    decision: str
    hotfixes: frozenset[int]


@dataclass(frozen=True, slots=True)
class NotHome:
    """A closed hotfix whose changes have not come back with an update.

    Attributes:
        before, after: digests of its recorded trees; None where they were not recorded (yet).
    """

    hotfix: int
    before: bytes | None
    after: bytes | None


class Updates:
    """The updates of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def begin(self, archive: str, sha256: bytes, by: str, now: Moment, plan: Mapping[str, Any]) -> int:
        """Keep an update before its first folder is made; gives its number."""
        self._database.execute_sql(
            "INSERT INTO package_update (state, archive, sha256, begun_by, begun_at, plan) VALUES (?, ?, ?, ?, ?, ?)",
            (UpdateState.STAGED.value, archive, sha256, by, to_microseconds(now.utc), _text(plan)),
        )
        (number,) = self._database.execute_sql("SELECT last_insert_rowid()").fetchone()
        return int(number)

    @told
    def set_state(
        self, number: int, seen: UpdateState, state: UpdateState, plan: Mapping[str, Any] | None = None
    ) -> bool:
        """Say how far it has come; False when it was not ``seen`` any more."""
        sql, values = "UPDATE package_update SET state = ?", [state.value]
        if plan is not None:
            sql, values = sql + ", plan = ?", [*values, _text(plan)]
        self._database.execute_sql(f"{sql} WHERE id = ? AND state = ?", [*values, number, seen.value])
        (changes,) = self._database.execute_sql("SELECT changes()").fetchone()
        return bool(changes)

    @told
    def pending(self) -> list[StoredUpdate]:
        """Give the updates that are not at their end, the oldest first; each beat asks."""
        rows = self._database.execute_sql(
            "SELECT id, state, archive, sha256, begun_by, plan FROM package_update"
            " WHERE state <> 'done' AND state <> 'undone' ORDER BY id"
        ).fetchall()
        return [_update(row) for row in rows]

    @told
    def is_swapping(self, key: str) -> bool:
        """Whether an update that is decided and not finished concerns the package of this key."""
        rows = self._database.execute_sql(
            "SELECT plan FROM package_update WHERE state <> 'done' AND state <> 'undone' AND state = 'swapping'"
        ).fetchall()
        return any(part["key"] == key for (plan,) in rows for part in json.loads(plan)["packages"])

    @told
    def keep_package(
        self, number: int, package_id: int, before: bytes, delivered: bytes, after: bytes, decision: str
    ) -> None:
        """Keep what an update did to a package, by the digests of the recorded trees."""
        self._database.execute_sql(
            "INSERT OR REPLACE INTO updated_package (update_id, package_id, before, delivered, after, decision)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, package_id, before, delivered, after, decision),
        )

    @told
    def of_package(self, package_id: int) -> list[PastUpdate]:
        """Give what earlier updates did to a package, the oldest first."""
        rows = self._database.execute_sql(
            "SELECT p.update_id, p.before, p.delivered, p.after, p.decision, u.plan FROM updated_package p"
            " JOIN package_update u ON u.id = p.update_id"
            " WHERE p.package_id = ? AND u.state NOT IN ('staged', 'undone') ORDER BY p.update_id",
            (package_id,),
        ).fetchall()
        return [
            PastUpdate(number, bytes(before), bytes(delivered), bytes(after), decision, _left(plan, package_id))
            for number, before, delivered, after, decision, plan in rows
        ]

    @told
    def not_home(self, package_id: int) -> list[NotHome]:
        """Give the closed hotfixes of a package that changed something which came back with no update yet.

        A commit or a letter does not bring a fix back; only an update does, or somebody's word. Of a hotfix from
        before trees were recorded nobody knows what it changed: the last one stands for all while it is *Locked*,
        and after an update that overwrote it.
        """
        ended = f"h.state = '{HotfixState.CLOSED.value}' AND h.ending NOT IN (?, ?)"
        home = "NOT EXISTS (SELECT 1 FROM delivery d WHERE d.hotfix_id = h.id AND d.kind IN (?, ?))"
        rows = self._database.execute_sql(
            "SELECT h.id, t.before, t.after FROM hotfix h JOIN hotfix_tree t ON t.hotfix_id = h.id"
            f" WHERE h.package_id = ? AND (t.changes IS NULL OR t.changes > 0) AND {ended} AND {home}"
            " UNION ALL SELECT h.id, NULL, NULL FROM package p JOIN hotfix h ON h.id = (SELECT max(x.id) FROM hotfix x"
            " WHERE x.package_id = p.id AND NOT EXISTS (SELECT 1 FROM hotfix_tree t WHERE t.hotfix_id = x.id)"
            f" AND x.ending NOT IN (?, ?)) WHERE p.id = ? AND (p.locked OR {OVERWRITTEN}) AND {ended} AND {home}"
            " ORDER BY 1",
            (package_id, *_NEVER_OPEN, *_HOME, *_NEVER_OPEN, package_id, *_NEVER_OPEN, *_HOME),
        ).fetchall()
        return [NotHome(number, _bytes(before), _bytes(after)) for number, before, after in rows]


_NEVER_OPEN = (Ending.FAILED.value, Ending.CANCELLED.value)
_HOME = (DeliveryKind.AS_USUAL.value, DeliveryKind.BY_HAND.value)


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)


def _left(plan: str, package_id: int) -> frozenset[int]:
    for part in json.loads(plan)["packages"]:
        if part["package_id"] == package_id:
            return frozenset(part["left"])
    return frozenset()


def _text(plan: Mapping[str, Any]) -> str:
    # ASCII: a path that is no UTF-8 has halves of surrogate pairs in it.
    return json.dumps(plan, sort_keys=True)


def _update(row: Any) -> StoredUpdate:
    number, state, archive, sha256, by, plan = row
    return StoredUpdate(number, UpdateState(state), archive, bytes(sha256), by, json.loads(plan))
