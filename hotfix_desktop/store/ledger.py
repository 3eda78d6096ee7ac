"""The audit log's only way in, and what a writer asks of it. Nothing here changes or deletes an entry.

It uses the raw connection: peewee's share was measured to matter here (``performance.md`` B2). Lists read the
log through :mod:`hotfix_desktop.store.log_reader` and :mod:`hotfix_desktop.store.log_scan`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import peewee

from hotfix_desktop.core.audit import (
    LOG_ID_BYTES,
    AuditResult,
    AuditType,
    Entry,
    Event,
    chain_hash,
    decode,
    encode,
    leaf_hash,
)
from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.texts import printable
from hotfix_desktop.store.errors import told


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry as a list shows it; ``body`` and ``hash`` are the stored bytes."""

    seq: int
    at: datetime
    type: str
    result: str
    ip_address: str
    owner: str
    description: str
    package: str
    hotfix: int | None
    body: bytes
    hash: bytes

    def entry(self) -> Entry:
        """Decode the canonical bytes; raises ``ValueError`` when they are damaged."""
        return decode(self.body)


class Ledger:
    """The audit log of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def append(self, event: Event, now: Moment) -> int:
        """Enter an event and give its number. Call it inside the transaction of what it records.

        Text that cannot be stored (a damaged file name) is entered with escapes.
        """
        if not self._database.in_transaction():
            raise RuntimeError("an audit entry belongs into the transaction of what it records")
        event = _storable(event)
        execute = self._database.connection().execute
        head = execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        if head is None:
            (previous,) = self._database.execute_sql("SELECT log_id FROM workspace WHERE id = 1").fetchone()
            seq = 1
        else:
            seq, previous = head[0] + 1, head[1]
        body = encode(Entry(seq, now, event))
        execute(
            "INSERT INTO audit (seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                to_microseconds(now.utc),
                event.type.value,
                event.result.value,
                event.ip_address,
                event.owner,
                event.description,
                event.package,
                event.hotfix,
                body,
                chain_hash(bytes(previous), leaf_hash(body)),
            ),
        )
        return seq

    @told
    def newest(self) -> int:
        """Give the number of the newest entry, which is how many there are; 0 for an empty log."""
        (seq,) = self._database.execute_sql("SELECT max(seq) FROM audit").fetchone()
        return seq or 0

    @told
    def last(self, kind: AuditType | None = None) -> Entry | None:
        """Give the newest entry, of one type if given; None for an empty log or a damaged entry."""
        if kind is None:
            row = self._database.execute_sql("SELECT body FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        else:
            row = self._database.execute_sql(
                "SELECT body FROM audit WHERE type = ? ORDER BY seq DESC LIMIT 1", (kind.value,)
            ).fetchone()
        try:
            return decode(bytes(row[0])) if row else None
        except ValueError:
            return None

    @told
    def last_of_hotfix(self, kind: AuditType, hotfix: int) -> Entry | None:
        """Give the newest entry of a type about a hotfix; None where there is none, or it is damaged."""
        row = self._database.execute_sql(
            "SELECT body FROM audit INDEXED BY audit_hotfix WHERE hotfix = ? AND type = ? ORDER BY seq DESC LIMIT 1",
            (hotfix, kind.value),
        ).fetchone()
        try:
            return decode(bytes(row[0])) if row else None
        except ValueError:
            return None

    @told
    def end(self) -> tuple[int, bytes]:
        """Give the number and the chain hash of the newest entry; 0 and the log id for an empty log."""
        row = self._database.execute_sql(
            "SELECT seq, hash FROM audit UNION ALL SELECT last, head FROM archive ORDER BY 1 DESC LIMIT 1"
        ).fetchone()
        if row is None:
            row = (0, *self._database.execute_sql("SELECT log_id FROM workspace WHERE id = 1").fetchone())
        return int(row[0]), bytes(row[1])

    @told
    def bodies(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Give the numbers and the canonical bytes of the next entries after one, in their order."""
        rows = self._database.execute_sql(
            "SELECT seq, body FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        ).fetchall()
        return [(seq, bytes(body)) for seq, body in rows]

    @told
    def hash_of(self, seq: int) -> bytes | None:
        """Give the chain hash of an entry; None when it is not in this database."""
        row = self._database.execute_sql("SELECT hash FROM audit WHERE seq = ?", (seq,)).fetchone()
        return bytes(row[0]) if row else None

    @told
    def recent(self, kind: AuditType, limit: int, result: AuditResult | None = None) -> list[Entry]:
        """Give the newest entries of a type, and of a result if given, the newest first; without damaged ones."""
        # The + keeps SQLite off the index of results, where nearly all entries are the same.
        where, values = ("", ()) if result is None else (" AND +result = ?", (result.value,))
        rows = self._database.execute_sql(
            f"SELECT body FROM audit WHERE type = ?{where} ORDER BY seq DESC LIMIT ?", (kind.value, *values, limit)
        ).fetchall()
        found = []
        for (body,) in rows:
            try:
                found.append(decode(bytes(body)))
            except ValueError:
                continue  # the verification names it
        return found


def new_log_id() -> bytes:
    """Give a fresh random log id, the entry before the first."""
    return secrets.token_bytes(LOG_ID_BYTES)


def _storable(event: Event) -> Event:
    return Event(
        type=AuditType(event.type),
        result=AuditResult(event.result),
        owner=printable(event.owner),
        ip_address=printable(event.ip_address),
        description=printable(event.description),
        package=printable(event.package),
        package_uid=printable(event.package_uid),
        reason=printable(event.reason),
        ticket=printable(event.ticket),
        detail=printable(event.detail),
        hotfix=event.hotfix,
    )
