"""Hotfixes: begin, open, extend, close. Each step that ends something is a guarded UPDATE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import peewee

from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.lifecycle import Ending, Hotfix, HotfixState, UnlockRequest
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.writers import Writer, from_json, to_json
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.models import HotfixRow

RECENT_REASONS = 10
_SELECT = (
    "SELECT id, package_id, package_key, package_name, reason, ticket, opened_by, opened_at, boot_us, boot_id,"
    " deadline, granted_us, extended_minutes, state, closed_at, closed_by, ending, attempts, last_error, next_try,"
    " writers FROM hotfix"
)


class Hotfixes:
    """The hotfixes of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def begin(self, package_id: int, found: FoundPackage, request: UnlockRequest, user: str, now: Moment) -> Hotfix:
        """Record a hotfix that is about to open; its lease starts now.

        Raises ``peewee.IntegrityError`` when the package is open already: ask first, in this transaction.
        """
        lease = Lease.starting(now, request.minutes)
        number = HotfixRow.insert(
            package_id=package_id,
            package_key=found.key,
            package_name=found.name,
            reason=request.reason,
            ticket=request.ticket,
            opened_by=user,
            opened_at=now.utc,
            boot_us=now.boot_us,
            boot_id=now.boot_id,
            deadline=lease.deadline,
            granted_us=lease.granted // timedelta(microseconds=1),
            state=HotfixState.OPENING.value,
        ).execute(self._database)
        hotfix = self.get(number)
        assert hotfix is not None
        return hotfix

    @told
    def get(self, number: int) -> Hotfix | None:
        """Give one hotfix, or None."""
        row = self._database.execute_sql(f"{_SELECT} WHERE id = ?", (number,)).fetchone()
        return _hotfix(row) if row else None

    @told
    def not_closed(self) -> list[Hotfix]:
        """Give every hotfix that is opening or open; raw rows, because each beat asks."""
        rows = self._database.execute_sql(f"{_SELECT} WHERE state <> ?", (HotfixState.CLOSED.value,)).fetchall()
        return [_hotfix(row) for row in rows]

    @told
    def last_closed(self, package_ids: Iterable[int]) -> dict[int, Hotfix]:
        """Give, by package, the newest closed hotfix of each of these packages."""
        wanted = list(package_ids)
        found: dict[int, Hotfix] = {}
        for start in range(0, len(wanted), 500):  # SQLite takes a limited number of parameters
            some = wanted[start : start + 500]
            rows = self._database.execute_sql(
                f"{_SELECT} WHERE id IN (SELECT max(id) FROM hotfix WHERE state = ?"
                f" AND package_id IN ({', '.join('?' * len(some))}) GROUP BY package_id)",
                (HotfixState.CLOSED.value, *some),
            ).fetchall()
            found.update((hotfix.package_id, hotfix) for hotfix in map(_hotfix, rows))
        return found

    @told
    def closed_since(self, since: datetime) -> list[Hotfix]:
        """Give the hotfixes that ended after this moment, in the order in which they did."""
        rows = self._database.execute_sql(
            f"{_SELECT} WHERE closed_at > ? ORDER BY closed_at", (to_microseconds(since),)
        ).fetchall()
        return [_hotfix(row) for row in rows]

    @told
    def mark_open(self, number: int) -> bool:
        """Say that the files are open; False when somebody closed the hotfix meanwhile."""
        return self._guarded(number, HotfixState.OPENING, state=HotfixState.OPEN.value)

    @told
    def close(self, number: int, at: datetime, by: str, ending: Ending, writers: Sequence[Writer] = ()) -> bool:
        """Say that the hotfix ended; only one caller ever gets True, and that one writes the entry.

        ``writers`` are the programs that still had a file of the package open for writing.
        """
        changed = (
            HotfixRow.update(
                state=HotfixState.CLOSED.value,
                closed_at=at,
                closed_by=by,
                ending=ending.value,
                next_try=None,
                writers=to_json(writers),
            )
            .where((HotfixRow.id == number) & (HotfixRow.state != HotfixState.CLOSED.value))
            .execute(self._database)
        )
        return bool(changed)

    @told
    def extend(self, hotfix: Hotfix, lease: Lease, minutes: int) -> bool:
        """Keep a longer lease; False when the hotfix was closed or extended by somebody else meanwhile."""
        changed = (
            HotfixRow.update(
                deadline=lease.deadline,
                granted_us=lease.granted // timedelta(microseconds=1),
                extended_minutes=HotfixRow.extended_minutes + minutes,
            )
            .where(
                (HotfixRow.id == hotfix.number)
                & (HotfixRow.state == HotfixState.OPEN.value)
                & (HotfixRow.extended_minutes == hotfix.extended_minutes)
            )
            .execute(self._database)
        )
        return bool(changed)

    @told
    def relock_failed(self, number: int, sentence: str, next_try: datetime) -> bool:
        """Count a failed relock; True when it failed for another reason than the last time."""
        row = HotfixRow.select().where(HotfixRow.id == number).bind(self._database).first()
        HotfixRow.update(attempts=HotfixRow.attempts + 1, last_error=sentence, next_try=next_try).where(
            (HotfixRow.id == number) & (HotfixRow.state != HotfixState.CLOSED.value)
        ).execute(self._database)
        return row is not None and row.last_error != sentence

    @told
    def recent_reasons(self, count: int = RECENT_REASONS) -> list[str]:
        """Give the last different reasons, the newest first."""
        newest = peewee.fn.MAX(HotfixRow.id)
        rows = (
            HotfixRow.select(HotfixRow.reason)
            .group_by(HotfixRow.reason)
            .order_by(newest.desc())
            .limit(count)
            .bind(self._database)
        )
        return [row.reason for row in rows]

    def _guarded(self, number: int, seen: HotfixState, **changes: object) -> bool:
        changed = (
            HotfixRow.update(**changes)
            .where((HotfixRow.id == number) & (HotfixRow.state == seen.value))
            .execute(self._database)
        )
        return bool(changed)


def _hotfix(row: tuple) -> Hotfix:  # type: ignore[type-arg]
    (number, package_id, key, name, reason, ticket, opened_by, opened_at, boot_us, boot_id) = row[:10]
    (deadline, granted_us, extended, state, closed_at, closed_by, ending, attempts, last_error, next_try) = row[10:20]
    opened = Moment(from_microseconds(opened_at), boot_us, boot_id)
    return Hotfix(
        number=number,
        package_id=package_id,
        package_key=key,
        package_name=name,
        reason=reason,
        ticket=ticket,
        opened_by=opened_by,
        lease=Lease(opened, from_microseconds(deadline), timedelta(microseconds=granted_us)),
        state=HotfixState(state),
        extended_minutes=extended,
        closed_at=None if closed_at is None else from_microseconds(closed_at),
        closed_by=closed_by,
        ending=Ending(ending) if ending else None,
        attempts=attempts,
        last_error=last_error,
        next_try=None if next_try is None else from_microseconds(next_try),
        writers=from_json(row[20]),
    )
