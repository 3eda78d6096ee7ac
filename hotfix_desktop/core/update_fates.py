"""What becomes of a file that a fix changed when an update arrives: three contents decide it.

*Base* is what the fix began with, *ours* is what it made of it, *theirs* is what is delivered; None stands for a file
that is not there. The date of a descriptor (``ModifiedOnUtc``, ``creatio.md`` 8.2) is not a fix: where both sides
moved it, theirs stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotfix_desktop.core.text_forms import folded, same_meaning
from hotfix_desktop.core.text_merge import merge_bytes
from hotfix_desktop.core.update_plan import FixFate

Contents = bytes | None
_DATE = re.compile(rb'("ModifiedOnUtc"\s*:\s*")([^"\r\n]*)(")')


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one file.

    Attributes:
        ours_on_top: what the file contains when ours stays on top of theirs; None when it is not there then.
    """

    fate: FixFate
    ours_on_top: Contents


def is_fix(path: bytes, base: Contents, ours: Contents) -> bool:
    """Whether there is anything that could be lost."""
    return not _same(path, base, ours)


def fate_of(path: bytes, base: Contents, ours: Contents, theirs: Contents) -> Fate:
    """Say what becomes of a fix, and what the file would contain with ours on top."""
    if _same(path, ours, theirs):
        return Fate(FixFate.CONTAINED, theirs)
    if _same(path, base, theirs):
        return Fate(FixFate.LOST, _on_unchanged(base, ours, theirs))
    if ours is None or theirs is None:
        return Fate(FixFate.CONFLICTING, ours)
    if base is None:
        base = b""
    if _folded_merge(path, base, ours, theirs):
        return Fate(FixFate.CONTAINED, theirs)
    merged = merge_bytes(_dated(base, theirs), _dated(ours, theirs), theirs)
    if merged is None or merged.contents is None:
        return Fate(FixFate.CONFLICTING, ours)
    if _same(path, merged.contents, theirs):
        return Fate(FixFate.CONTAINED, theirs)
    return Fate(FixFate.LOST, merged.contents)


def _same(path: bytes, one: Contents, other: Contents) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or same_meaning(path, one, other)


def _on_unchanged(base: Contents, ours: Contents, theirs: Contents) -> Contents:
    """Give ours, in the form that theirs may have given the unchanged text: byte order mark, line ends, date."""
    if base is None or ours is None or theirs is None or base == theirs:
        return ours
    merged = merge_bytes(_dated(base, theirs), _dated(ours, theirs), theirs)
    return ours if merged is None or merged.contents is None else merged.contents


def _folded_merge(path: bytes, base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Whether theirs has all that ours changed, once the noise is taken out of all three."""
    plain = folded(path, theirs)
    merged = merge_bytes(folded(path, base), folded(path, ours), plain)
    return merged is not None and merged.contents == plain


def _dated(data: bytes, like: bytes) -> bytes:
    """Give a file the one date that another has; what has none or several stays as it is."""
    dates = _DATE.findall(like)
    if len(dates) != 1 or len(_DATE.findall(data)) != 1:
        return data
    return _DATE.sub(lambda found: found[1] + dates[0][1] + found[3], data)
