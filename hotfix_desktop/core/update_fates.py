"""What becomes of a file that a fix changed when an update arrives: three contents decide it.

*Base* is what the fix began with, *ours* is what it made of it, *theirs* is what is delivered; None stands for a file
that is not there. The date of a descriptor (``ModifiedOnUtc``, ``creatio.md`` 8.2) and the order in it are not a fix:
where both sides moved the date, theirs stays. Encoding, byte order mark and line ends are one when ours changed them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotfix_desktop.core.text_forms import MIXED, folded, same_meaning, text_of
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
    if base is None or ours is None:
        return base is not ours
    if base == ours:
        return False
    if not path.lower().endswith(b".json") or not same_meaning(path, base, ours):
        return True
    form = _form(ours)
    return _dated(base, ours) != ours and (_form(base) != form or MIXED in form)


def fate_of(path: bytes, base: Contents, ours: Contents, theirs: Contents) -> Fate:
    """Say what becomes of a fix, and what the file would contain with ours on top."""
    found = _fate_of_text(path, base, ours, theirs)
    on_top = found.ours_on_top
    if base is None or ours is None or theirs is None or on_top is None or _has_form(path, base, ours, on_top):
        return found
    if _same(path, ours, theirs):
        return Fate(FixFate.LOST, _dated(ours, theirs))
    return Fate(FixFate.LOST if _same(path, base, theirs) else FixFate.CONFLICTING, ours)


def _has_form(path: bytes, base: bytes, ours: bytes, other: bytes) -> bool:
    """Whether a file has all that ours changed in the form of the text: byte order mark, encoding, line ends."""
    was, mine, form = _form(base), _form(ours), _form(other)
    if was == mine:  # else which of mixed line ends are which is all that a fix can have changed
        return not is_fix(path, base, ours) or not _same(path, base, ours) or not is_fix(path, ours, other)
    return all(old == new or new == there for old, new, there in zip(was, mine, form, strict=True))


def _form(data: bytes) -> tuple[object, ...]:
    text = text_of(data)
    return (None,) * 4 if text is None else (text.bom, text.encoding, text.line_end, text.final_newline)


def _fate_of_text(path: bytes, base: Contents, ours: Contents, theirs: Contents) -> Fate:
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
