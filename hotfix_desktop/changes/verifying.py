"""Reads everything in a content store and compares it with its digests."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib

from hotfix_desktop.changes import trees
from hotfix_desktop.changes.packs import ZLIB
from hotfix_desktop.core.content_care import MOST_NAMED, ContentsReport
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.manifest import UNREADABLE, Kind
from hotfix_desktop.core.progress import Progress


class _Damages:
    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.count = 0

    def add(self, sentence: str) -> None:
        self.count += 1
        if self.count <= MOST_NAMED:
            self.sentences.append(sentence)


def verify(connection: sqlite3.Connection, progress: Progress) -> ContentsReport:
    """Look at every pack, every content and every tree; ``Cancelled`` from ``progress``."""
    damages = _Damages()
    connection.execute("BEGIN")  # one moment, whatever is recorded meanwhile
    try:
        for (sentence,) in connection.execute("PRAGMA quick_check(20)"):
            if sentence != "ok":
                damages.add(f"SQLite: {sentence}.")
        bad, contents, size = _verify_contents(connection, progress)
        count = _verify_trees(connection, bad, damages, progress)
    finally:
        connection.execute("ROLLBACK")
    return ContentsReport(count, contents, size, tuple(damages.sentences), damages.count)


def _verify_contents(connection: sqlite3.Connection, progress: Progress) -> tuple[set[bytes], int, int]:
    """Give the damaged contents, how many there are in all, and their bytes."""
    (total,) = connection.execute("SELECT count(*) FROM content").fetchone()
    bad: set[bytes] = set()
    count = size = 0
    number, data = 0, b""
    for digest, length, pack, start in connection.execute(
        "SELECT digest, size, pack, start FROM content ORDER BY pack, start"
    ):
        if not count % 100:
            progress.step(count, total, "contents")
        count += 1
        if not all(isinstance(number, int) for number in (length, pack, start)):  # a damaged row may hold anything
            bad.add(digest)
            continue
        size += length
        whole, left = hashlib.sha256(), length
        while left > 0:
            progress.check()
            if number != pack:
                number, data = pack, _unpack(connection, pack)
            part = data[start : start + left]
            if not part:
                break
            whole.update(part)
            left, pack, start = left - len(part), pack + 1, 0
        if left or whole.digest() != digest:
            bad.add(digest)
    return bad, count, size


def _unpack(connection: sqlite3.Connection, pack: int) -> bytes:
    """Give what a pack holds; nothing when it is damaged or missing."""
    row = connection.execute("SELECT form, size, data FROM pack WHERE id = ?", (pack,)).fetchone()
    if row is None:
        return b""
    form, size, data = row
    if not isinstance(data, bytes) or not isinstance(size, int):
        return b""
    try:
        return zlib.decompressobj().decompress(data, size) if form == ZLIB else data
    except zlib.error:
        return b""


def _verify_trees(connection: sqlite3.Connection, bad: set[bytes], damages: _Damages, progress: Progress) -> int:
    named: set[bytes] = set()
    count = 0
    there = {digest for (digest,) in connection.execute("SELECT digest FROM content")}
    for tree, data in connection.execute("SELECT digest, data FROM tree ORDER BY recorded, digest"):
        progress.check()
        count += 1
        try:
            manifest = trees.decode(tree, data)
        except StoreError as error:
            damages.add(error.sentence)
            continue
        for path, fact in manifest.items.items():
            digest = fact.digest
            if fact.kind not in (Kind.FILE, Kind.LINK) or digest == UNREADABLE or digest in named:
                continue
            if digest in bad or digest not in there:
                named.add(digest)
                state = "damaged" if digest in there else "missing"
                shown = path.decode("utf-8", "backslashreplace")
                damages.add(f"The contents of {shown} are {state} (tree {tree.hex()[:12]}).")
    for digest in sorted(bad - named):
        damages.add(f"The contents {digest.hex()[:12]}, which no tree names, are damaged.")
    return count
