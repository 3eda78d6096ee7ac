"""Entries as they lie in the database, and what a verification may ask about them.

Whatever stands in a stored row may have been put there by somebody else: the functions here take any bytes,
and values that are no bytes at all, without raising.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from hotfix_desktop.core.audit import fields_of

Row = tuple[Any, ...]
"""seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash: in this order."""
SEQ, AT, TYPE, RESULT, IP_ADDRESS, OWNER, DESCRIPTION, PACKAGE, HOTFIX, BODY, HASH = range(11)
_NUMBER = slice(1, 9)


class Around(Protocol):
    """How a verification looks at rows out of turn, once it has met something bad."""

    def rows(self, first: int, last: int) -> Sequence[Row]:
        """Give the rows from number ``first`` to ``last``, in order of their number."""
        ...  # pragma: no cover

    def holding(self, number: int) -> Sequence[Row]:
        """Give some rows, wherever they stand, whose body says that it is this number. Linear in the log."""
        ...  # pragma: no cover


def number_in(body: object) -> int:
    """Give the number that a body says it has; -1 where it says none."""
    if not isinstance(body, bytes) or len(body) < 25:
        return -1
    return int.from_bytes(body[_NUMBER], "big")


def renumbered(body: object, number: int) -> bytes:
    """Give a body as it would be with another number; empty for what is no body, or no number."""
    if number_in(body) < 0 or not 0 < number < 1 << 63:
        return b""
    assert isinstance(body, bytes)
    return body[:1] + number.to_bytes(8, "big") + body[9:]


def leaf_of(body: object) -> bytes:
    """Give the leaf hash of a body; empty for what is no body."""
    return hashlib.sha256(b"\x00" + body).digest() if isinstance(body, bytes) else b""


def follows(previous: bytes, body: bytes, stored: object) -> bool:
    """Whether a stored hash is that of this body after an entry with that hash."""
    leaf = hashlib.sha256(b"\x00" + body).digest()
    return hashlib.sha256(b"\x02" + previous + leaf).digest() == stored


def fits_columns(row: Row) -> bool:
    """Whether the searchable columns and the number are those of the body; False for a body that cannot be read."""
    try:
        fields = fields_of(row[BODY])
    except (ValueError, TypeError):
        return False
    hotfix = "" if row[HOTFIX] is None else str(row[HOTFIX])
    return (
        (fields.seq, fields.utc_us) == (row[SEQ], row[AT])
        and (fields.type, fields.result, fields.ip_address) == (row[TYPE], row[RESULT], row[IP_ADDRESS])
        and (fields.owner, fields.description, fields.package) == (row[OWNER], row[DESCRIPTION], row[PACKAGE])
        and fields.hotfix == hotfix
    )


def same_but_number(one: object, other: object) -> bool:
    """Whether two bodies differ at most in their number."""
    return number_in(one) >= 0 and renumbered(one, 1) == renumbered(other, 1)


def copies(row: Row, rows: Iterable[Row]) -> list[Row]:
    """Give the other rows whose body is that of ``row``, but for its number."""
    plain = renumbered(row[BODY], 1)
    return [other for other in rows if other[SEQ] != row[SEQ] and plain and renumbered(other[BODY], 1) == plain]
