"""Drops what nothing needs any more from a content store."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from hotfix_desktop.changes import trees
from hotfix_desktop.changes.connection import NOW
from hotfix_desktop.core.content_care import Cleaned, ContentsSize
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.progress import Progress

GRACE_SECONDS = 3600
"""A tree that was just recorded is perhaps not named in the database yet."""


def measure(connection: sqlite3.Connection, live: Collection[bytes]) -> ContentsSize:
    """Count what there is, from indexes alone: no content is read."""
    rows = connection.execute(f"SELECT digest, pinned OR recorded > {NOW} - ? FROM tree", (GRACE_SECONDS,)).fetchall()
    needed = set(live)
    contents, size = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM content").fetchone()
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    loose = sum(not keeps and digest not in needed for digest, keeps in rows)
    return ContentsSize(len(rows), contents, size, page * pages, loose)


def clean(
    connection: sqlite3.Connection, live: Collection[bytes], progress: Progress, known_until: float | None
) -> Cleaned:
    """Drop what is not needed, inside a transaction of the caller's.

    Raises ``StoreError`` when a tree that stays is damaged: nobody knows then what it needs; and when one that would
    go was recorded after ``known_until``: whoever says what is live is older than the store.
    """
    needed = set(live)
    rows = connection.execute(
        f"SELECT digest, pinned OR recorded > {NOW} - ?, recorded FROM tree", (GRACE_SECONDS,)
    ).fetchall()
    stay = [digest for digest, keeps, _ in rows if keeps or digest in needed]
    dead = [digest for digest, keeps, _ in rows if not keeps and digest not in needed]
    if known_until is not None and any(
        recorded > known_until for digest, keeps, recorded in rows if not keeps and digest not in needed
    ):
        raise StoreError(
            "The content store was not cleaned: it holds recorded trees that are newer than every hotfix and update in"
            " the database.",
            "Perhaps the database alone was restored from a backup; then these are the only copies. Keep the content"
            " store as it is.",
        )
    used: set[bytes] = set()
    for done, tree in enumerate(stay):
        progress.step(done, len(stay), "trees")
        (data,) = connection.execute("SELECT data FROM tree WHERE digest = ?", (tree,)).fetchone()
        used.update(fact.digest for fact in trees.decode(tree, data).items.values())
    connection.executemany("DELETE FROM tree WHERE digest = ?", [(digest,) for digest in dead])
    loose, size = [], 0
    for digest, length in connection.execute("SELECT digest, size FROM content").fetchall():
        if digest not in used:
            loose.append((digest,))
            size += length
    progress.check()
    connection.executemany("DELETE FROM content WHERE digest = ?", loose)
    _drop_packs(connection)
    progress.check()
    return Cleaned(len(dead), len(loose), size)


def _drop_packs(connection: sqlite3.Connection) -> None:
    """Drop the packs of which no content is left; a large content has all packs up to the next one's first."""
    used: set[int] = set()
    for pack, start, size in connection.execute("SELECT pack, start, size FROM content"):
        used.add(pack)
        left = size
        row = connection.execute("SELECT size FROM pack WHERE id = ?", (pack,)).fetchone()
        while row is not None and (left := left - (row[0] - start)) > 0:
            pack, start = pack + 1, 0
            used.add(pack)
            row = connection.execute("SELECT size FROM pack WHERE id = ?", (pack,)).fetchone()
    gone = [(pack,) for (pack,) in connection.execute("SELECT id FROM pack") if pack not in used]
    connection.executemany("DELETE FROM pack WHERE id = ?", gone)


def give_back(connection: sqlite3.Connection) -> int:
    """Give the free pages of the file back to the disk; gives how many bytes that were."""
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    (before,) = connection.execute("PRAGMA page_count").fetchone()
    connection.executescript("PRAGMA incremental_vacuum")  # execute() would end after the first page
    (after,) = connection.execute("PRAGMA page_count").fetchone()
    return int((before - after) * page)
