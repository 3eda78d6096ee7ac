"""What the badge says of a verification: in a few words, and the whole truth for those who ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from hotfix_desktop.core.verdict import NEEDS_ACKNOWLEDGING, AnchorSeen, Verdict
from hotfix_desktop.ui.formats import number, stamp, tr
from hotfix_desktop.ui.theme import Role


class BadgeState(Enum):
    """What is shown; the values are the drawing and the meaning of its colour."""

    VERIFIED = ("verified", Role.VERIFIED)
    DOUBTFUL = ("warning", Role.OPEN)
    VERIFYING = ("verifying", Role.TEXT)
    BROKEN = ("broken", Role.OVERDUE)
    UNSIGNED = ("unsigned", Role.QUIET)


@dataclass(frozen=True, slots=True)
class BadgeWords:
    """What the badge says.

    Attributes:
        text: a few words, one line.
        truth: all of it, for the tooltip and the screen reader; several lines.
    """

    state: BadgeState
    text: str
    truth: str


def nothing_known() -> BadgeWords:
    """Say that nothing was verified yet."""
    return BadgeWords(BadgeState.UNSIGNED, tr("Not verified yet"), tr("The audit log was not verified yet."))


def trouble(sentence: str) -> BadgeWords:
    """Say why it could not be verified."""
    return BadgeWords(BadgeState.DOUBTFUL, tr("Not verified"), sentence)


def verifying(percent: int | None, everything: bool) -> BadgeWords:
    """Say how far it has come; None where that is not known yet."""
    text = tr("Verifying…") if percent is None else tr("Verifying {percent} %").format(percent=percent)
    what = tr("every entry") if everything else tr("the entries after the last good checkpoint")
    return BadgeWords(BadgeState.VERIFYING, text, tr("Verifying {what}.").format(what=what))


def words_of(verdict: Verdict, everything_at: datetime | None = None) -> BadgeWords:
    """Say how the log was found; ``everything_at`` is when every entry was last verified, None where nobody knows."""
    truth = "\n".join(line for line in _truth(verdict, everything_at) if line)
    finding = verdict.finding
    if finding is not None:
        where = (
            tr("Broken at {seq}: {kind}") if finding.seq == finding.until else tr("Broken at {seq} to {until}: {kind}")
        )
        text = where.format(seq=number(finding.seq), until=number(finding.until), kind=finding.kind.value)
        return BadgeWords(BadgeState.BROKEN, text, truth)
    if not verdict.signed_upto:
        return BadgeWords(BadgeState.UNSIGNED, tr("Not signed"), truth)
    text = tr("Verified up to {upto}").format(upto=number(verdict.upto))
    anchored = verdict.anchored
    if anchored is not None and anchored.at is not None:
        text += tr(", anchored at {at}").format(at=stamp(anchored.at))
    else:
        text += tr(", not anchored")
    if verdict.renewed_at:
        text += tr("; keys renewed at {seq}").format(seq=number(verdict.renewed_at))
        return BadgeWords(BadgeState.DOUBTFUL, text, truth)
    return BadgeWords(BadgeState.VERIFIED, text, truth)


def _truth(verdict: Verdict, everything_at: datetime | None) -> list[str]:
    return [
        _found(verdict),
        _read(verdict, everything_at),
        _signed(verdict),
        *(_anchor(seen) for seen in verdict.anchors),
        "" if verdict.anchors else tr("No copy of a checkpoint outside of the database was compared."),
        _renewed(verdict),
    ]


def _found(verdict: Verdict) -> str:
    finding = verdict.finding
    if finding is None:
        return tr("The audit log is whole up to entry {upto}, verified at {at}.").format(
            upto=number(verdict.upto), at=stamp(verdict.at)
        )
    if finding.kind in NEEDS_ACKNOWLEDGING:
        refused = tr("No package can be unlocked until an administrator and an auditor have acknowledged this.")
        return f"{finding.sentence} {refused}"
    return finding.sentence


def _read(verdict: Verdict, everything_at: datetime | None) -> str:
    if verdict.since <= verdict.first:
        if verdict.first > 1:
            return tr("Every entry was read, from {first} on; those before are in archive files.").format(
                first=number(verdict.first)
            )
        return tr("Every entry was read.")
    read = tr("The entries from {since} on were read, after the last good checkpoint.").format(
        since=number(verdict.since)
    )
    if everything_at is None:
        return read + " " + tr("It is not known when every entry was last verified.")
    return read + " " + tr("Every entry was last verified at {at}.").format(at=stamp(everything_at))


def _signed(verdict: Verdict) -> str:
    if not verdict.signed_upto or verdict.signed_at is None:
        return tr("Nothing has signed it: whoever can write to the database could have written all of it anew.")
    kept = tr(", which is kept in {place}").format(place=verdict.key_place) if verdict.key_place else ""
    return tr("Signed up to entry {upto} at {at} with the key {key}{kept}.").format(
        upto=number(verdict.signed_upto), at=stamp(verdict.signed_at), key=verdict.signed_by, kept=kept
    )


def _anchor(seen: AnchorSeen) -> str:
    if seen.problem and not seen.size:
        return tr("No copy could be compared in {name}: {problem}").format(name=seen.name, problem=seen.problem)
    if not seen.size or seen.at is None:
        return tr("There is no copy in {name} yet.").format(name=seen.name)
    line = tr("Copy up to entry {size}, made at {at}, in {name}.").format(
        size=number(seen.size), at=stamp(seen.at), name=seen.name
    )
    return f"{line} {seen.problem}".rstrip()


def _renewed(verdict: Verdict) -> str:
    if not verdict.renewed_at:
        return ""
    return tr(
        "At entry {seq} the signing keys began anew without the one before. That happens when a database is moved"
        " to another computer, and is what a forger would have to do: ask who moved it."
    ).format(seq=number(verdict.renewed_at))
