"""The fields of many entries, fast: as ``core/audit.fields_of`` gives them, but as a list, in half of the time."""

from __future__ import annotations

import struct
from typing import Any

from hotfix_desktop.core.audit import BODY_VERSION
from hotfix_desktop.core.clock import from_microseconds

_HEAD = struct.Struct(">BQQQ")
_length_at = struct.Struct(">I").unpack_from


def entry_fields(body: bytes) -> list[Any]:
    """Give number, both clocks and the twelve texts of canonical bytes; raises ``ValueError`` for other bytes."""
    try:
        version, *found = _HEAD.unpack_from(body)
        at = _HEAD.size
        for _ in range(12):
            end = at + 4 + _length_at(body, at)[0]
            found.append(str(body[at + 4 : end], "utf-8"))
            at = end
    except (struct.error, TypeError):
        raise ValueError("the entry ends inside a field") from None
    if at != len(body) or version != BODY_VERSION:
        raise ValueError("the entry is not of the form of this version")
    return found


def iso(utc_us: int) -> str:
    """Give microseconds since 1970 in ISO 8601, UTC; raises ``OverflowError`` where no calendar has them."""
    return from_microseconds(utc_us).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
