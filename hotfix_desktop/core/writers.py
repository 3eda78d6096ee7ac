"""Programs that still hold a file of a package open for writing (``performance.md`` D2).

Taking the write bits away does not stop a program that opened a file before: it goes on writing through its
open handle. So they are named, to the user and in the entry of the lock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

MOST_NAMED = 5
"""Writers that one sentence names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A program that can still write to a file.

    Attributes:
        pid: its process id.
        program: its name, as the system lists it.
        path: the file, below its package, with forward slashes, for people.
        mapped: it has the file in its memory, perhaps without an open handle.
    """

    pid: int
    program: str
    path: str
    mapped: bool = False


def writers_phrase(writers: Sequence[Writer]) -> str:
    """Give "gedit (process 4711) in Schemas/A.js, python3 (process 812) in Files/x"; empty for none."""
    parts = [f"{w.program} (process {w.pid}) in {w.path}" for w in writers[:MOST_NAMED]]
    if len(writers) > MOST_NAMED:
        parts.append(f"and {len(writers) - MOST_NAMED:,} more")
    return ", ".join(parts)


def to_json(writers: Sequence[Writer]) -> str:
    """Give them as text for the database; empty for none."""
    return json.dumps([asdict(w) for w in writers], ensure_ascii=False) if writers else ""


def from_json(text: str) -> tuple[Writer, ...]:
    """Give the writers of such a text."""
    return tuple(Writer(**each) for each in json.loads(text)) if text else ()
