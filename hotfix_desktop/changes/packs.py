"""Puts contents into packs: small ones together, large ones in pieces, compressed where it pays.

One core reads and hashes while others compress. What waits in memory is a few packs, however large the package.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

PACK_BYTES = 256 * 1024
"""From so many bytes on a pack of small contents is full, and a content is a large one."""
PIECE_BYTES = 1 << 20
"""Bytes of a piece of a large content."""
WORKERS = 2
WAITING = 6
"""Packs that may wait to be compressed and written."""
SAMPLE_BYTES = 8 * 1024
PAYS = 0.8
"""Compressing pays when a sample shrinks below this part of its size."""
RAW, ZLIB = 0, 1

Place = tuple[bytes, int, int, int]
"""Digest and size of a content, its first pack, and where in it the content begins."""


def squeezed(data: bytes) -> tuple[int, int, bytes]:
    """Give the form of a pack, its size before, and its bytes."""
    middle = max(0, (len(data) - SAMPLE_BYTES) // 2)
    sample = data[middle : middle + SAMPLE_BYTES]
    if sample and len(zlib.compress(sample, 1)) < PAYS * len(sample):
        return ZLIB, len(data), zlib.compress(data, 1)
    return RAW, len(data), data


class Packer:
    """Adds contents to the packs of a store, inside a transaction of its caller's.

    Attributes:
        places: where the contents lie that were added; the caller enters them at the end.
        bytes: how much was added, before compression.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Go on after the last pack."""
        self.places: dict[bytes, Place] = {}
        self.bytes = 0
        self._connection = connection
        (last,) = connection.execute("SELECT COALESCE(max(id), 0) FROM pack").fetchone()
        self._next = int(last) + 1
        self._small: list[bytes] = []
        self._filled = 0
        self._waiting: deque[tuple[int, Future[tuple[int, int, bytes]]]] = deque()
        self._workers = ThreadPoolExecutor(WORKERS, "packs")

    def add(self, chunks: Iterable[bytes]) -> tuple[bytes, int]:
        """Add one content; gives its digest and size. Whatever ``chunks`` raises leaves nothing of it behind."""
        whole = hashlib.sha256()
        parts: list[bytes] = []
        total = 0
        stream = iter(chunks)
        for chunk in stream:
            whole.update(chunk)
            parts.append(chunk)
            total += len(chunk)
            if total >= PACK_BYTES:
                return self._add_large(whole, parts, total, stream)
        digest = whole.digest()
        if digest not in self.places:
            if self._filled + total > PACK_BYTES:
                self._flush()
            self.places[digest] = (digest, total, self._next, self._filled)
            self._small += parts
            self._filled += total
            self.bytes += total
        return digest, total

    def finish(self) -> None:
        """Write what waits; call it before the places are entered."""
        if self._filled or self._small:
            self._flush()
        while self._waiting:
            self._write_one()

    def close(self) -> None:
        """Let go of the workers, also after an error; waits for what they are at."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _flush(self) -> None:
        if self._filled:
            self._put(b"".join(self._small))
        self._small, self._filled = [], 0

    def _put(self, data: bytes) -> None:
        self._waiting.append((self._next, self._workers.submit(squeezed, data)))
        self._next += 1
        while len(self._waiting) > WAITING:
            self._write_one()

    def _write_one(self) -> None:
        number, work = self._waiting.popleft()
        self._connection.execute(
            "INSERT INTO pack (id, form, size, data) VALUES (?, ?, ?, ?)", (number, *work.result())
        )

    def _add_large(
        self, whole: hashlib._Hash, parts: list[bytes], total: int, stream: Iterable[bytes]
    ) -> tuple[bytes, int]:
        """Go on with a content that is larger than a pack: pieces of its own, one after another."""
        self._flush()
        first = self._next
        buffer = bytearray(b"".join(parts))
        parts.clear()
        try:
            self._put_pieces(buffer, PIECE_BYTES)
            for chunk in stream:
                whole.update(chunk)
                total += len(chunk)
                buffer += chunk
                self._put_pieces(buffer, PIECE_BYTES)
            self._put_pieces(buffer, 1)
        except BaseException:
            self._take_back(first)
            raise
        digest = whole.digest()
        if digest in self.places:
            self._take_back(first)
        else:
            self.places[digest] = (digest, total, first, 0)
            self.bytes += total
        return digest, total

    def _put_pieces(self, buffer: bytearray, least: int) -> None:
        while len(buffer) >= least:
            self._put(bytes(buffer[:PIECE_BYTES]))
            del buffer[:PIECE_BYTES]

    def _take_back(self, first: int) -> None:
        """Drop the packs from ``first`` on, which are nobody's."""
        while self._waiting and self._waiting[-1][0] >= first:
            self._waiting.pop()[1].cancel()
        self._connection.execute("DELETE FROM pack WHERE id >= ?", (first,))
        self._next = first
