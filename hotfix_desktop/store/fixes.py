"""What packages contained before and after their hotfixes, by the digests under which the content store has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import peewee

from hotfix_desktop.core.lifecycle import HotfixState
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.models import HotfixTreeRow

_SELECT = "SELECT hotfix_id, package_id, before, after, changes, remark FROM hotfix_tree"


@dataclass(frozen=True, slots=True)
class FixTrees:
    """The recorded trees of one hotfix.

    Attributes:
        hotfix: the number of the hotfix.
        before: what the package contained when it opened.
        after: what it contained when it was locked; None while that is not recorded.
        changes: how many files and links differ; None while that is not known.
        remark: what is to be known of the record, for people; empty when it is sound.
    """

    hotfix: int
    package_id: int
    before: bytes
    after: bytes | None
    changes: int | None
    remark: str


class Fixes:
    """The recorded trees of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def begin(self, hotfix: int, package_id: int, before: bytes) -> None:
        """Keep what the package contains before it opens."""
        HotfixTreeRow.insert(
            hotfix_id=hotfix, package_id=package_id, before=before, after=None, changes=None, remark=""
        ).execute(self._database)

    @told
    def end(self, hotfix: int, after: bytes, changes: int | None, remark: str = "") -> bool:
        """Keep what it contained when it was locked; False when somebody else did that meanwhile."""
        changed = (
            HotfixTreeRow.update(after=after, changes=changes, remark=remark)
            .where((HotfixTreeRow.hotfix_id == hotfix) & HotfixTreeRow.after.is_null())
            .execute(self._database)
        )
        return bool(changed)

    @told
    def note(self, hotfix: int, remark: str) -> bool:
        """Say why the end is not recorded yet; False when that was said already, or it is recorded."""
        changed = (
            HotfixTreeRow.update(remark=remark)
            .where(
                (HotfixTreeRow.hotfix_id == hotfix) & HotfixTreeRow.after.is_null() & (HotfixTreeRow.remark != remark)
            )
            .execute(self._database)
        )
        return bool(changed)

    @told
    def of(self, hotfix: int) -> FixTrees | None:
        """Give the trees of a hotfix; None where none were recorded: it is from before there were any."""
        row = self._database.execute_sql(f"{_SELECT} WHERE hotfix_id = ?", (hotfix,)).fetchone()
        return _trees(row) if row else None

    @told
    def of_package(self, package_id: int) -> list[FixTrees]:
        """Give the trees of all hotfixes of a package, the oldest first."""
        rows = self._database.execute_sql(f"{_SELECT} WHERE package_id = ? ORDER BY hotfix_id", (package_id,))
        return [_trees(row) for row in rows.fetchall()]

    @told
    def of_many(self, hotfixes: Iterable[int]) -> dict[int, FixTrees]:
        """Give, by hotfix, the trees of those of these that have some."""
        wanted, found = list(hotfixes), {}
        for start in range(0, len(wanted), 500):  # SQLite takes a limited number of parameters
            some = wanted[start : start + 500]
            marks = ", ".join("?" * len(some))
            rows = self._database.execute_sql(f"{_SELECT} WHERE hotfix_id IN ({marks})", some).fetchall()
            found.update({trees.hotfix: trees for trees in map(_trees, rows)})
        return found

    @told
    def pending(self) -> list[FixTrees]:
        """Give the trees of the closed hotfixes whose end is not recorded yet, the oldest first; each beat asks."""
        rows = self._database.execute_sql(
            f"{_SELECT} WHERE after IS NULL AND hotfix_id IN (SELECT id FROM hotfix WHERE state = ?)"
            " ORDER BY hotfix_id",
            (HotfixState.CLOSED.value,),
        ).fetchall()
        return [_trees(row) for row in rows]

    @told
    def without_end(self) -> list[int]:
        """Give the hotfixes whose end is not recorded yet, open ones too, the oldest first; each beat asks."""
        rows = self._database.execute_sql("SELECT hotfix_id FROM hotfix_tree WHERE after IS NULL ORDER BY hotfix_id")
        return [hotfix for (hotfix,) in rows.fetchall()]

    @told
    def live_trees(self) -> set[bytes]:
        """Give every tree that a hotfix or an update of a package refers to: these are never cleaned."""
        rows = self._database.execute_sql(
            "SELECT before FROM hotfix_tree UNION SELECT after FROM hotfix_tree WHERE after IS NOT NULL"
            " UNION SELECT before FROM updated_package UNION SELECT delivered FROM updated_package"
            " UNION SELECT after FROM updated_package"
        ).fetchall()
        return {bytes(digest) for (digest,) in rows}


def _trees(row: tuple) -> FixTrees:  # type: ignore[type-arg]
    hotfix, package_id, before, after, changes, remark = row
    return FixTrees(hotfix, package_id, bytes(before), None if after is None else bytes(after), changes, remark)
