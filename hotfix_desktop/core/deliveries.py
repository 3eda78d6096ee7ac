"""Where the changes of a hotfix went, and which of them went nowhere yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DeliveryKind(StrEnum):
    """How changes left this workspace; the values are kept in the database."""

    COMMIT = "commit"
    """As a commit in a development repository."""
    LETTER = "letter"
    """As a letter to the support of another maintainer."""
    HAND_OVER = "hand-over"
    """As a patch and an archive, for where there is no git."""
    BY_HAND = "by-hand"
    """Somebody says so, and why."""
    AS_USUAL = "as-usual"
    """An update arrived that contains them."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What proves a delivery; it stands on the hotfix and in the audit log.

    Attributes:
        sentence: for people: "Commit 1a2b3c4 on hotfix/INC-4821-UsrInvoices in billing".
        facts: what a program wants to know: repository, branch, commit; or letter, sha256, address; or reason.
    """

    kind: DeliveryKind
    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of one hotfix as it is kept.

    Attributes:
        hotfix: the number of the hotfix.
        entry: the number of its audit entry.
    """

    hotfix: int
    receipt: Receipt
    by: str
    at: datetime
    entry: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What of a package has not been delivered.

    Attributes:
        hotfixes: the numbers of the hotfixes that wait, the oldest first.
        changes: how many files they changed; None while that is not known of one of them.
        since: when the oldest of them was closed, UTC.
        owner: who opened the oldest of them.
    """

    hotfixes: tuple[int, ...]
    changes: int | None
    since: datetime
    owner: str
