"""Compares what a database keeps beside its log with the log: who changes an index or a list changes what is found.

The entries prove nothing about these: an index that does not hold an entry hides it from every search, filter and
export, and the lists of hotfixes and reviews are read from tables of their own. They are compared once the entries
themselves are known to be whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hotfix_desktop.core.audit import AuditType, Fields, fields_of
from hotfix_desktop.core.lifecycle import HotfixState
from hotfix_desktop.core.reviews import ReviewVerdict
from hotfix_desktop.core.texts import printable
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.store.beside_reader import BesideReader

SLACK_US = 60_000_000
"""The end of a hotfix is taken a moment before its entry is made; another clock was never set in between."""
_VERDICTS = {
    AuditType.HOTFIX_REVIEWED.value: ReviewVerdict.REVIEWED.value,
    AuditType.HOTFIX_OBJECTED.value: ReviewVerdict.OBJECTED.value,
}


@dataclass(slots=True)
class _Told:
    """What the entries say of a hotfix; None where none does, each with its details."""

    began: Fields | None = None
    ended: tuple[Fields, dict[str, object]] | None = None
    reviewed: tuple[Fields, dict[str, object]] | None = None


def odd_beside(
    reader: BesideReader, last_archived: int, newest: int, *, is_archive: bool, hear: Callable[[int], None]
) -> Finding | None:
    """Give what first differs from the log, whose entries begin after ``last_archived``; None when nothing does.

    ``hear`` hears how many entries were looked for in the indexes, and may raise. Raises ``StoreError``.
    """
    first = last_archived + 1
    odd = reader.odd_schema()
    if odd:
        sentence = f"The database is not as this program makes it: {', '.join(odd[:3])}{', …' if odd[3:] else '.'}"
        return Finding(Break.COLUMN, first, first, sentence)
    missing = reader.odd_index(hear)
    if missing is not None:
        place, index, words = missing
        what = f"The index “{index}” does" if index else "The indexes do"
        seq = last_archived + place if place else first
        return Finding(
            Break.COLUMN, seq, seq, f"{what} not hold every entry as it is, so that searches miss some ({words})."
        )
    if is_archive:
        return None  # it has the tables and nothing in them
    for number, sentence in _differences(reader, is_complete=not last_archived):
        seq = reader.last_of_hotfix(number) or newest
        return Finding(Break.COLUMN, seq, seq, sentence)
    return None


def _differences(reader: BesideReader, *, is_complete: bool) -> Iterator[tuple[int, str]]:
    """Give each hotfix that is not kept as the log tells of it, and a sentence; the lists of hotfixes and reviews."""
    told = _told(reader)
    known = set()
    for number, opened_by, reason, ticket, state, closed_at, closed_by, ending in reader.hotfixes():
        known.add(number)
        said = told.get(number, _Told())
        if said.began is None:
            if is_complete:
                yield number, f"Hotfix {number} is in the list of hotfixes, and no entry tells that it was unlocked."
        elif (printable(str(opened_by)), printable(str(reason)), printable(str(ticket))) != (
            said.began.owner,
            said.began.reason,
            said.began.ticket,
        ):
            yield number, f"By whom and why hotfix {number} was unlocked is not kept as the log tells it."
        is_closed = state == HotfixState.CLOSED.value
        if is_closed != (said.ended is not None) and (is_complete or said.began is not None):
            how = "locked, and no entry tells that" if is_closed else "open, and an entry tells that it was locked"
            yield number, f"Hotfix {number} is kept as {how}."
        if is_closed and said.ended is not None and not _ends_alike(said.ended, closed_at, closed_by, ending):
            yield number, f"When, by whom or how hotfix {number} ended is not kept as the log tells it."
    # A log alone, as it is taken out of a database for a look, has neither packages nor hotfixes.
    is_log_alone = not known and not reader.has_packages()
    for number, said in told.items():
        if said.began is not None and number not in known and not is_log_alone:
            yield number, f"The log tells of hotfix {number}, which is not in the list of hotfixes."
    yield from _odd_reviews(reader, told, is_complete=is_complete)


def _odd_reviews(reader: BesideReader, told: dict[int, _Told], *, is_complete: bool) -> Iterator[tuple[int, str]]:
    kept = {number: (verdict, printable(str(remark)), by) for number, verdict, remark, by, _ in reader.reviews()}
    for number, found in kept.items():
        said = told.get(number, _Told())
        if said.reviewed is None:
            # A review comes after the unlock: where that is here, it would be, too.
            if is_complete or said.began is not None:
                yield number, f"A review of hotfix {number} is kept, and no entry tells of it."
            continue
        fields, detail = said.reviewed
        if found != (_VERDICTS[fields.type], detail.get("remark", found[1]), fields.owner):
            yield number, f"The review of hotfix {number} is not kept as the log tells it."
    for number, said in told.items():
        if said.reviewed is not None and "remark" in said.reviewed[1] and number not in kept:
            yield number, f"The log tells of a review of hotfix {number}, which is not kept any more."


def _ends_alike(told: tuple[Fields, dict[str, object]], closed_at: object, closed_by: object, ending: object) -> bool:
    fields, detail = told
    if (fields.owner, detail["ending"]) != (closed_by, ending) or not isinstance(closed_at, int):
        return False
    return "journal" in detail or abs(closed_at - fields.utc_us) <= SLACK_US


def _told(reader: BesideReader) -> dict[int, _Told]:
    told: dict[int, _Told] = {}
    for number, body in reader.told_of_hotfixes():
        try:
            fields = fields_of(body)
        except (ValueError, TypeError):
            continue
        said = told.setdefault(number, _Told())
        if fields.type == AuditType.UNLOCK_REQUESTED.value:
            said.began = said.began or fields
            continue
        detail = _detail(fields.detail)
        if fields.type in _VERDICTS:
            said.reviewed = (fields, detail)
        elif "ending" in detail:
            said.ended = (fields, detail)
    return told


def _detail(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
