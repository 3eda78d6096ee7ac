"""What a verification of the audit log found: words that the badge, the command line and the reports share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Break(StrEnum):
    """How a log is broken; the values are the words on the screen and of ``audit verify``."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    DUPLICATED = "duplicated"
    TRUNCATED = "truncated"
    ROLLED_BACK = "rolled back"
    REPLACED = "replaced"
    COLUMN = "column differs"
    SIGNATURE = "bad signature"
    KEY = "key newer than its epoch"


NEEDS_ACKNOWLEDGING = frozenset({Break.TRUNCATED, Break.ROLLED_BACK, Break.REPLACED})
"""Breaks that refuse new unlocks until an administrator and an auditor have acknowledged them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first bad place of a log.

    Attributes:
        seq: the number of the first bad entry, or the first number that may be bad.
        until: the last number that may be the first bad one; equal to ``seq`` where that is known exactly.
        sentence: what is wrong, for people.
    """

    kind: Break
    seq: int
    until: int
    sentence: str


@dataclass(frozen=True, slots=True)
class AnchorSeen:
    """A place outside of the database where copies of checkpoints are kept, as it was met.

    Attributes:
        name: for people, a file's path or "system journal".
        size: how many entries the newest copy there covers; 0 when there is none.
        at: when that copy was made, UTC.
        problem: why the place could not be read, or what is wrong with the copies that were, else empty.
    """

    name: str
    size: int = 0
    at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a log was found.

    Attributes:
        log_id: of the log, as hexadecimal digits.
        first: its first entry that is still in the database; those before it are in archive files.
        since: the first entry that was read again; after a last good checkpoint unless everything was verified.
        upto: the newest entry that was looked at.
        finding: the first bad place; None for a whole log.
        signed_upto: how many entries the newest good checkpoint covers; 0: not signed.
        signed_at: when that was signed, UTC.
        signed_by: the fingerprint of the key that signed it, or empty.
        key_place: where the private key is kept, for people ("the keyring of this computer", "a file that only
            its owner may read"), empty where that is not known.
        renewed_at: the entry at which the chain of keys began anew without its predecessor, which happens when a
            database is moved to another computer, and is what a forger would have to do; 0: it never did.
        anchors: the outside places.
        at: when this was found, UTC.
    """

    log_id: str
    first: int
    since: int
    upto: int
    at: datetime
    finding: Finding | None = None
    signed_upto: int = 0
    signed_at: datetime | None = None
    signed_by: str = ""
    key_place: str = ""
    renewed_at: int = 0
    anchors: tuple[AnchorSeen, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return self.finding is None

    @property
    def anchored(self) -> AnchorSeen | None:
        """The reachable outside place with the newest copy; None when there is none."""
        seen = [anchor for anchor in self.anchors if anchor.size and anchor.at is not None]
        return max(seen, key=lambda anchor: anchor.size) if seen else None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON can hold it; times in ISO 8601, UTC."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Verdict:
        """Read what :meth:`as_json` gave; raises ``ValueError`` for anything else."""
        try:
            finding = found["finding"]
            return cls(
                **{
                    **found,
                    "at": datetime.fromisoformat(found["at"]),
                    "signed_at": _time(found["signed_at"]),
                    "finding": Finding(**{**finding, "kind": Break(finding["kind"])}) if finding else None,
                    "anchors": tuple(AnchorSeen(**{**seen, "at": _time(seen["at"])}) for seen in found["anchors"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"the verdict cannot be read: {error}") from None

    def to_text(self) -> str:
        """Give it as one line of JSON."""
        return json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
