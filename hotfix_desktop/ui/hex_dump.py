"""Bytes as people read them: their place, sixteen in hexadecimal, and the letters among them."""

from __future__ import annotations

WIDTH = 16
LIMIT = 16_384
"""Bytes that are shown: an entry has some hundreds."""


def hex_dump(data: bytes, limit: int = LIMIT) -> str:
    """Give one line for sixteen bytes; what is no letter of ASCII is a dot."""
    lines = []
    for start in range(0, min(len(data), limit), WIDTH):
        row = data[start : start + WIDTH]
        digits = " ".join(f"{byte:02x}" for byte in row)
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{start:06x}  {digits:<{3 * WIDTH - 1}}  {letters}")
    if len(data) > limit:
        lines.append(f"… and {len(data) - limit:,} more bytes")
    return "\n".join(lines)
