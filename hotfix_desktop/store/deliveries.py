"""Where the changes of hotfixes went, and which hotfixes still wait. A delivery is never changed and never deleted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds
from hotfix_desktop.core.deliveries import Delivery, DeliveryKind, Receipt
from hotfix_desktop.core.lifecycle import Ending, HotfixState
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.updates import OVERWRITTEN

_NEVER_OPEN = f"('{Ending.FAILED.value}', '{Ending.CANCELLED.value}')"
_CLOSED = f"h.state = '{HotfixState.CLOSED.value}' AND h.ending NOT IN {_NEVER_OPEN}"
_NOT_DELIVERED = "NOT EXISTS (SELECT 1 FROM delivery d WHERE d.hotfix_id = h.id)"
WAITING_SQL = (
    "SELECT h.id AS hotfix_id, h.package_id AS package_id, t.changes AS changes, h.closed_at AS closed_at,"
    " h.opened_by AS opened_by FROM hotfix_tree t JOIN hotfix h ON h.id = t.hotfix_id"
    f" WHERE (t.changes IS NULL OR t.changes > 0) AND {_CLOSED} AND {_NOT_DELIVERED}"
    # Of hotfixes from before there were trees nobody knows what they changed: the last one of a locked package stands
    # for all of them, also after an update that overwrote it.
    " UNION ALL SELECT h.id, h.package_id, NULL, h.closed_at, h.opened_by FROM package p JOIN hotfix h ON h.id ="
    f" (SELECT max(h.id) FROM hotfix h WHERE h.package_id = p.id AND {_CLOSED}"
    " AND NOT EXISTS (SELECT 1 FROM hotfix_tree t WHERE t.hotfix_id = h.id))"
    f" WHERE (p.locked OR {OVERWRITTEN}) AND {_NOT_DELIVERED}"
)
"""The closed hotfixes that changed something, or may have, and were not delivered; a table for another query, too."""


@dataclass(frozen=True, slots=True)
class WaitingFix:
    """A closed hotfix that changed something which went nowhere yet.

    Attributes:
        changes: how many files it changed; None while that is not known.
        closed_at: UTC.
    """

    hotfix: int
    package_id: int
    changes: int | None
    closed_at: datetime
    opened_by: str


class Deliveries:
    """The deliveries of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def keep(self, hotfix: int, receipt: Receipt, by: str, now: Moment, entry: int) -> Delivery:
        """Keep where a hotfix went; call it inside the transaction that enters it.

        A hotfix may be delivered more than once: each receipt stands.
        """
        if not self._database.in_transaction():
            raise RuntimeError("a delivery belongs into the transaction that enters it")
        kept = json.dumps({"sentence": receipt.sentence, "facts": dict(receipt.facts)}, ensure_ascii=False)
        self._database.execute_sql(
            "INSERT INTO delivery (hotfix_id, kind, receipt, delivered_by, delivered_at, entry)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (hotfix, receipt.kind.value, kept, by, to_microseconds(now.utc), entry),
        )
        return Delivery(hotfix, receipt, by, now.utc, entry)

    @told
    def of(self, hotfix: int) -> tuple[Delivery, ...]:
        """Give every delivery of a hotfix, the oldest first."""
        return tuple(self._of([hotfix]))

    @told
    def newest(self, hotfixes: Iterable[int]) -> dict[int, Delivery]:
        """Give the newest delivery of each of these hotfixes; those without one are absent."""
        return {delivery.hotfix: delivery for delivery in self._of(list(hotfixes))}

    @told
    def newest_of_packages(self, package_ids: Iterable[int]) -> dict[int, Delivery]:
        """Give, by package, the newest delivery of any of its hotfixes."""
        found: dict[int, Delivery] = {}
        for some in _some(list(package_ids)):
            rows = self._database.execute_sql(
                "SELECT h.package_id, d.hotfix_id, d.kind, d.receipt, d.delivered_by, d.delivered_at, d.entry"
                " FROM delivery d JOIN hotfix h ON h.id = d.hotfix_id"
                f" WHERE h.package_id IN ({', '.join('?' * len(some))}) ORDER BY d.id",
                some,
            ).fetchall()
            found.update((row[0], _delivery(row[1:])) for row in rows)
        return found

    @told
    def waiting(self, package_ids: Collection[int] | None = None) -> list[WaitingFix]:
        """Give the closed hotfixes that wait, or those of some packages, the oldest first."""
        rows = self._database.execute_sql(
            f"SELECT hotfix_id, package_id, changes, closed_at, opened_by FROM ({WAITING_SQL})"
            " ORDER BY closed_at, hotfix_id"
        ).fetchall()
        return [
            WaitingFix(number, package_id, changes, from_microseconds(closed_at), opened_by)
            for number, package_id, changes, closed_at, opened_by in rows
            if package_ids is None or package_id in package_ids
        ]

    @told
    def changes_of(self, hotfixes: Iterable[int]) -> dict[int, int | None]:
        """Give how many files each hotfix changed, as it was recorded; one without a record is absent."""
        found: dict[int, int | None] = {}
        for some in _some(list(hotfixes)):
            rows = self._database.execute_sql(
                f"SELECT hotfix_id, changes FROM hotfix_tree WHERE hotfix_id IN ({', '.join('?' * len(some))})", some
            )
            found.update(rows.fetchall())
        return found

    def _of(self, hotfixes: list[int]) -> list[Delivery]:
        found: list[Delivery] = []
        for some in _some(hotfixes):
            rows = self._database.execute_sql(
                "SELECT hotfix_id, kind, receipt, delivered_by, delivered_at, entry FROM delivery"
                f" WHERE hotfix_id IN ({', '.join('?' * len(some))}) ORDER BY id",
                some,
            ).fetchall()
            found += [_delivery(row) for row in rows]
        return found


def _some(numbers: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(numbers), 500):  # SQLite takes a limited number of parameters
        yield numbers[start : start + 500]


def _delivery(row: Any) -> Delivery:
    hotfix, kind, text, by, at, entry = row
    kept = json.loads(text)
    return Delivery(
        hotfix, Receipt(DeliveryKind(kind), kept["sentence"], kept["facts"]), by, from_microseconds(at), entry
    )
