"""Whether the searchable columns of many rows are those of their bodies: all eight, and the number.

A body is not taken apart for it, which would cost five times as much: it is walked through with the bytes that
the columns would have, and those of an owner, an address, a type, a result and a package are kept, because they
come again and again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from hotfix_desktop.core.audit import BODY_VERSION
from hotfix_desktop.core.log_rows import Row, fits_columns

_BEGIN = struct.Struct(">BQQ").pack
_LENGTH = struct.Struct(">I")
_MOST = 50_000
"""Kept combinations; a log with more of them than this has most of its entries apart anyway."""


class Columns:
    """Compares chunk after chunk, and keeps what comes again."""

    def __init__(self) -> None:
        """Start with nothing kept."""
        self._known: dict[tuple[str, ...], bytes] = {}
        self._hotfixes: dict[int | None, bytes] = {None: field("")}

    def first_difference(self, rows: Sequence[Row]) -> int:
        """Give the index of the first row whose columns are not those of its body; -1 for none."""
        at = 0
        while at < len(rows):
            try:
                at = self._walk(rows, at)
            except (TypeError, ValueError, AttributeError, IndexError, struct.error):
                return next((i for i in range(at, len(rows)) if not fits_columns(rows[i])), -1)
            if at < 0:
                return -1
            # The walk is quick and strict; the last word has the reader of bodies.
            if not fits_columns(rows[at]):
                return at
            at += 1
        return -1

    def _walk(self, rows: Sequence[Row], start: int) -> int:
        begin, pack, unpack = _BEGIN, _LENGTH.pack, _LENGTH.unpack_from
        known, hotfixes = self._known, self._hotfixes
        if len(known) > _MOST:
            known.clear()
        if len(hotfixes) > _MOST:
            hotfixes.clear()
        version = BODY_VERSION
        for index in range(start, len(rows)):
            seq, when, kind, result, address, owner, description, package, hotfix, body, _ = rows[index]
            if body[:17] != begin(version, seq, when):
                return index
            key = (owner, address, kind, result, package)
            expected = known.get(key)
            if expected is None or not body.startswith(expected, 25):
                # Another boot, or another UId of the package, neither of which is in a column.
                expected = _beginning(body, key)
                if not expected:
                    return index
                known[key] = expected
            at = 25 + len(expected)
            text = description.encode()
            text = pack(len(text)) + text
            if not body.startswith(text, at):
                return index
            at += len(text)
            at += 4 + unpack(body, at)[0]  # the reason
            at += 4 + unpack(body, at)[0]  # the ticket
            at += 4 + unpack(body, at)[0]  # the detail
            end = hotfixes.get(hotfix)
            if end is None:
                end = hotfixes[hotfix] = field(str(hotfix))
            if body[at:] != end:
                return index
        return -1


def _beginning(body: bytes, key: tuple[str, ...]) -> bytes:
    """Give the fields of a body from the boot to the package's UId; empty where those of the key are others."""
    at = 29 + _LENGTH.unpack_from(body, 25)[0]
    expected = b"".join(map(field, key))
    if not body.startswith(expected, at):
        return b""
    at += len(expected)
    at += 4 + _LENGTH.unpack_from(body, at)[0]
    return body[25:at] if at <= len(body) else b""


def field(text: str) -> bytes:
    """Give a text as it stands in a body."""
    data = text.encode()
    return _LENGTH.pack(len(data)) + data
