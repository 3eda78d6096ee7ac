"""The audit log's only ways in and out: append, page, count. Nothing here changes or deletes an entry.

Appending and paging use the raw connection: peewee's share was measured to matter there
(``performance.md`` B2).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds
from hotfix_desktop.core.texts import printable
from hotfix_desktop.store.errors import told

PAGE = 200
"""Entries of one page, as ``product.md`` 5.3 has it."""


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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to show; an empty field lets everything through.

    Attributes:
        text: words that stand somewhere in type, owner, description, package or address, as typed.
        since, until: the period, UTC; ``until`` is not in it any more.
    """

    text: str = ""
    type: str = ""
    package: str = ""
    owner: str = ""
    result: str = ""
    since: datetime | None = None
    until: datetime | None = None
    hotfix: int | None = None

    def where(self) -> tuple[str, list[object]]:
        """Give the condition in SQL (without WHERE; "1" for everything) and its parameters."""
        parts: list[str] = []
        values: list[object] = []
        for column in ("type", "package", "owner", "result"):
            wanted = getattr(self, column)
            if wanted:
                parts.append(f"{column} = ?")
                values.append(wanted)
        if self.since is not None:
            parts.append("at >= ?")
            values.append(to_microseconds(self.since))
        if self.until is not None:
            parts.append("at < ?")
            values.append(to_microseconds(self.until))
        if self.hotfix is not None:
            parts.append("hotfix = ?")
            values.append(self.hotfix)
        for word in self.text.split():
            pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            columns = ("description", "package", "owner", "type", "ip_address", "result")
            parts.append("(" + " OR ".join(f"{c} LIKE ? ESCAPE '\\'" for c in columns) + ")")
            values.extend([pattern] * len(columns))
        return " AND ".join(parts) or "1", values


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
        head = self._database.execute_sql("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        if head is None:
            (previous,) = self._database.execute_sql("SELECT log_id FROM workspace WHERE id = 1").fetchone()
            seq = 1
        else:
            seq, previous = head[0] + 1, head[1]
        body = encode(Entry(seq, now, event))
        self._database.execute_sql(
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
    def page(self, wanted: AuditFilter, before: int | None = None, limit: int = PAGE) -> list[AuditLine]:
        """Give the newest entries that fit, below number ``before`` if given, the newest first."""
        where, values = wanted.where()
        if before is not None:
            where += " AND seq < ?"
            values.append(before)
        rows = self._database.execute_sql(
            "SELECT seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash"
            f" FROM audit WHERE {where} ORDER BY seq DESC LIMIT ?",
            (*values, limit),
        ).fetchall()
        return [_line(row) for row in rows]

    @told
    def newest(self) -> int:
        """Give the number of the newest entry, which is how many there are; 0 for an empty log."""
        (seq,) = self._database.execute_sql("SELECT max(seq) FROM audit").fetchone()
        return seq or 0

    @told
    def count(self, wanted: AuditFilter) -> int:
        """Give how many entries fit; linear in the log, so never on the window's thread."""
        where, values = wanted.where()
        (number,) = self._database.execute_sql(f"SELECT count(*) FROM audit WHERE {where}", values).fetchone()
        return int(number)

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
    def values(self, column: str) -> list[str]:
        """Give the different values of ``type``, ``package``, ``owner`` or ``result``, sorted."""
        if column not in ("type", "package", "owner", "result"):
            raise ValueError(column)
        # One index seek for each value instead of a scan of the whole index.
        sql = (
            f"WITH RECURSIVE v(x) AS (SELECT min({column}) FROM audit UNION ALL"
            f" SELECT (SELECT min({column}) FROM audit WHERE {column} > v.x) FROM v WHERE v.x IS NOT NULL)"
            " SELECT x FROM v WHERE x IS NOT NULL AND x <> ''"
        )
        return [value for (value,) in self._database.execute_sql(sql).fetchall()]


def new_log_id() -> bytes:
    """Give a fresh random log id, the entry before the first."""
    return secrets.token_bytes(LOG_ID_BYTES)


def _line(row: Sequence[Any]) -> AuditLine:
    seq, at, kind, result, ip_address, owner, description, package, hotfix, body, digest = row
    return AuditLine(
        seq, from_microseconds(at), kind, result, ip_address, owner, description, package, hotfix, body, digest
    )


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
