"""The three-way merge of one file, on objects as the repository keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hotfix_desktop.core.delivery_plan import Merge
from hotfix_desktop.core.text_forms import text_of
from hotfix_desktop.core.text_merge import MergedBytes, merge_bytes
from hotfix_desktop.repositories.places import FILE, PROGRAM, Entry

TEXT_LIMIT = 64 << 20
"""Bytes of a file from which on it is not merged as a text."""
_TIME = re.compile(rb'("ModifiedOnUtc"\s*:\s*"\\?/Date\()(-?[0-9]{1,15})(\)\\?/")')


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step of one file.

    Attributes:
        entry: what development would have; None: nothing. Of a merged text only ``contents`` is there yet.
        contents: the merged bytes, not an object yet.
    """

    merge: Merge
    entry: Entry | None
    contents: bytes | None = None


def merge_entries(
    base: Entry | None, ours: Entry | None, theirs: Entry | None, read: Callable[[str], bytes]
) -> Outcome:
    """Merge what a hotfix did (``base`` to ``ours``) into what development has; ``read`` gives an object's contents.

    The mode of a file that is there already stays as development has it.
    """
    if _same(ours, theirs):
        return Outcome(Merge.SAME, theirs)
    if _same(base, theirs):
        mode = theirs.mode if ours and theirs and _is_file(ours) and _is_file(theirs) else None
        return Outcome(Merge.TAKEN, Entry(mode, ours.oid) if ours and mode else ours)
    if _same(base, ours):  # nothing but what the repository's rules take out
        return Outcome(Merge.SAME, theirs)
    if base and ours and theirs and all(map(_is_file, (base, ours, theirs))):
        merged = merge_contents(read(base.oid), read(ours.oid), read(theirs.oid))
        if merged is not None and merged.contents is not None:
            return Outcome(Merge.MERGED, Entry(theirs.mode, ""), merged.contents)
    return Outcome(Merge.CONFLICT, theirs)


def merge_contents(base: bytes, ours: bytes, theirs: bytes) -> MergedBytes | None:
    """Merge three texts; None where one of them is none.

    Where both sides set another time of change (``creatio.md`` 8.2) the later one is taken: it says nothing.
    """
    if max(len(base), len(ours), len(theirs)) > TEXT_LIMIT:
        return None
    return merge_bytes(*_one_time(base, ours, theirs))


def is_text(contents: bytes) -> bool:
    """Whether a file can be merged and edited as a text."""
    return len(contents) <= TEXT_LIMIT and text_of(contents) is not None


def _one_time(*texts: bytes) -> tuple[bytes, bytes, bytes]:
    found = [_TIME.findall(text) for text in texts]
    base, ours, theirs = texts
    if any(len(times) != 1 for times in found) or len({times[0][1] for times in found}) < 3:
        return base, ours, theirs
    latest = max(int(times[0][1]) for times in found[1:])

    def settled(text: bytes) -> bytes:
        return _TIME.sub(lambda match: match[1] + b"%d" % latest + match[3], text)

    return settled(base), settled(ours), settled(theirs)


def _same(one: Entry | None, other: Entry | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.oid == other.oid and _is_file(one) == _is_file(other)


def _is_file(entry: Entry) -> bool:
    return entry.mode in (FILE, PROGRAM)
