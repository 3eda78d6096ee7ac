"""What a delivery changes in a repository, with what somebody decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hotfix_desktop.core.delivery_plan import Decision, Side
from hotfix_desktop.repositories.places import FILE, LINK, Entry
from hotfix_desktop.repositories.scratch import Scratch
from hotfix_desktop.services.delivery_merging import Merged, result_of


def decided(
    scratch: Scratch, wanted: Sequence[Merged], decisions: Mapping[bytes, Decision]
) -> dict[bytes, Entry | None]:
    """Give what changes in the repository: removals of renamed files first, so that a place may be taken again."""
    changes: dict[bytes, Entry | None] = {}
    removed: dict[bytes, Entry | None] = {}
    for one in wanted:
        decision = decisions.get(one.file.path)
        if decision is None:
            result = result_of(one)
        elif decision.side is Side.THEIRS:
            continue
        elif decision.side is Side.OURS:
            result = {one.place: _kept_mode(one, one.ours)}
        else:
            oid = scratch.put(_as_theirs(scratch, one, decision.text or b""))
            result = {one.place: _kept_mode(one, Entry(FILE, oid))}
        if one.old_place is not None:
            removed[one.old_place] = None
        changes.update(result)
    return {**{place: None for place in removed if place not in changes or changes[place] is None}, **changes}


def _kept_mode(one: Merged, entry: Entry | None) -> Entry | None:
    """Give an entry with the mode that development has, where both are files."""
    if entry is None or one.theirs is None or LINK in (entry.mode, one.theirs.mode):
        return entry
    return Entry(one.theirs.mode, entry.oid)


def _as_theirs(scratch: Scratch, one: Merged, text: bytes) -> bytes:
    """Give an edited text with the line ends that the repository keeps: editors make their own."""
    known = next((entry for entry in (one.theirs, one.ours) if entry is not None and entry.mode != LINK), None)
    if known is None or b"\r\n" not in text:
        return text
    return text if b"\r\n" in scratch.read(known.oid) else text.replace(b"\r\n", b"\n")
