"""What auditors said of closed hotfixes, and which still wait: paged, because there may be thousands."""

from __future__ import annotations

import json
from collections.abc import Sequence

import peewee

from hotfix_desktop.core.audit import AuditType, fields_of
from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds
from hotfix_desktop.core.lifecycle import HotfixState
from hotfix_desktop.core.reviews import NEVER_OPEN, Review, ReviewCounts, ReviewState, ReviewVerdict
from hotfix_desktop.store.errors import told

PAGE = 200
_WAITS = {
    ReviewState.TO_REVIEW: "r.hotfix_id IS NULL",
    ReviewState.OBJECTED: f"r.verdict = '{ReviewVerdict.OBJECTED.value}'",
    ReviewState.REVIEWED: f"r.verdict = '{ReviewVerdict.REVIEWED.value}'",
}
_CLOSED = f"FROM hotfix h LEFT JOIN review r ON r.hotfix_id = h.id WHERE h.state = '{HotfixState.CLOSED.value}' AND"


class Reviews:
    """The reviews of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def get(self, hotfix: int) -> Review | None:
        """Give what was said of a hotfix last; None while it waits."""
        row = self._database.execute_sql(
            "SELECT verdict, remark, reviewed_by, reviewed_at FROM review WHERE hotfix_id = ?", (hotfix,)
        ).fetchone()
        return Review(ReviewVerdict(row[0]), row[1], row[2], from_microseconds(row[3])) if row else None

    @told
    def keep(self, hotfix: int, verdict: ReviewVerdict, remark: str, by: str, now: Moment) -> Review:
        """Keep a verdict in place of the one before; call it inside the transaction that enters it."""
        if not self._database.in_transaction():
            raise RuntimeError("a review belongs into the transaction that enters it")
        self._database.execute_sql(
            "INSERT INTO review (hotfix_id, verdict, remark, reviewed_by, reviewed_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (hotfix_id) DO UPDATE SET verdict = excluded.verdict, remark = excluded.remark,"
            " reviewed_by = excluded.reviewed_by, reviewed_at = excluded.reviewed_at",
            (hotfix, verdict.value, remark, by, to_microseconds(now.utc)),
        )
        return Review(verdict, remark, by, now.utc)

    @told
    def numbers(self, state: ReviewState, before: int | None = None, limit: int = PAGE) -> list[int]:
        """Give the newest closed hotfixes of a list, below number ``before`` if given, the newest first."""
        rows = self._database.execute_sql(
            f"SELECT h.id {_CLOSED} {_WAITS[state]} AND h.id < ? ORDER BY h.id DESC LIMIT ?",
            (2**62 if before is None else before, limit),
        )
        return [number for (number,) in rows]

    @told
    def counts(self) -> ReviewCounts:
        """Give how many closed hotfixes stand in each list."""
        closed, objected, reviewed = self._database.execute_sql(
            "SELECT (SELECT count(*) FROM hotfix WHERE state = ?),"
            " (SELECT count(*) FROM review WHERE verdict = ?), (SELECT count(*) FROM review WHERE verdict = ?)",
            (HotfixState.CLOSED.value, ReviewVerdict.OBJECTED.value, ReviewVerdict.REVIEWED.value),
        ).fetchone()
        return ReviewCounts(closed - objected - reviewed, objected, reviewed)

    @told
    def perhaps_unchanged(self) -> list[int]:
        """Give the waiting hotfixes of which it may be known that they changed nothing, the oldest first.

        Those of which it was recorded, those that were never open, and the last one of each package, whose contents
        are still known.
        """
        endings = ", ".join(f"'{ending.value}'" for ending in sorted(NEVER_OPEN))
        rows = self._database.execute_sql(
            f"SELECT h.id {_CLOSED} {_WAITS[ReviewState.TO_REVIEW]} AND (h.ending IN ({endings})"
            " OR h.id IN (SELECT hotfix_id FROM hotfix_tree WHERE changes = 0)"
            f" OR h.id IN (SELECT max(id) FROM hotfix WHERE state = '{HotfixState.CLOSED.value}' GROUP BY package_id))"
            " ORDER BY h.id"
        )
        return [number for (number,) in rows]

    @told
    def unsettled(self) -> list[int]:
        """Give every hotfix that is open, waits for its review, or was objected to."""
        rows = self._database.execute_sql(
            "SELECT h.id FROM hotfix h LEFT JOIN review r ON r.hotfix_id = h.id"
            f" WHERE r.hotfix_id IS NULL OR r.verdict <> '{ReviewVerdict.REVIEWED.value}' ORDER BY h.id"
        )
        return [number for (number,) in rows]

    @told
    def late_writes(self, numbers: Sequence[int]) -> dict[int, int]:
        """Give, by hotfix, how many entries say that something was written after its lock; those without are absent."""
        found: dict[int, int] = {}
        for start in range(0, len(numbers), 500):  # SQLite takes a limited number of parameters
            some = numbers[start : start + 500]
            rows = self._database.execute_sql(
                f"SELECT hotfix, count(*) FROM audit WHERE hotfix IN ({', '.join('?' * len(some))})"
                " AND type = ? GROUP BY hotfix",
                (*some, AuditType.CHANGED_AFTER_RELOCK.value),
            )
            found.update(rows.fetchall())
        return found

    @told
    def contents_before(self, hotfix: int) -> str:
        """Give the digest of what a package contained when it was unlocked, hexadecimal; empty where nobody knows."""
        row = self._database.execute_sql(
            "SELECT body FROM audit INDEXED BY audit_hotfix WHERE hotfix = ? AND type = ? ORDER BY seq LIMIT 1",
            (hotfix, AuditType.UNLOCK_REQUESTED.value),
        ).fetchone()
        try:
            detail = json.loads(fields_of(bytes(row[0])).detail or "{}") if row else {}
        except ValueError:
            return ""  # a damaged entry says nothing; that it is damaged is told by the verification
        return str(detail.get("contents", "")) if isinstance(detail, dict) else ""
