"""Where the changes of a hotfix went, and which of them went nowhere yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from hotfix_desktop.core.texts import plural

_NAMED, _TOLD = 20, 3
"""Files that are named among those left out: in the facts, and in the sentence."""


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

    def without(self, left: Sequence[str], files: int, waiting: Sequence[int]) -> Receipt:
        """Give the receipt of a part: of so many ``files`` these were left out, for which these hotfixes wait."""
        if not left:
            return self
        facts = {
            **self.facts,
            "left_out": f"{len(left)}: {_some(left, _NAMED)}",
            "waiting": ", ".join(str(number) for number in waiting),
        }
        part = f"{files - len(left):,} of {plural(files, 'file')}; left out: {_some(left, _TOLD)}"
        return replace(self, sentence=f"{self.sentence}, {part}", facts=facts)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of one hotfix; kept, unless files were left out and the hotfix waits for the rest.

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


def _some(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
