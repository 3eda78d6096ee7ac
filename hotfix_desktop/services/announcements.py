"""The public keys that the log announces, as its entries name them."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.checkpoints import KEY_BYTES
from hotfix_desktop.store.store import Store


@dataclass(frozen=True, slots=True)
class Announced:
    """A public key as the log announces it.

    Attributes:
        day: the UTC day on which it was made, ISO 8601.
        where: the place of its private key, see ``KeyPlace.where``; empty where that was not kept.
        seq: the number of its entry.
    """

    public: bytes
    epoch: int
    day: str
    where: str
    seq: int


def announced_keys(store: Store, limit: int = 1) -> list[Announced]:
    """Give the keys that were announced last, the newest first. Raises ``StoreError``."""
    entries = store.ledger.recent(AuditType.SIGNING_KEY, limit, AuditResult.SUCCESS)
    found = [key for entry in entries if (key := _announced(entry.event.detail, entry.seq))]
    if len(entries) < limit and (archive := store.archives.last()) is not None:
        found += [key for key in [_announced(archive.signed_by, 0)] if key]
    return found


def _announced(detail: str, seq: int) -> Announced | None:
    try:
        facts = json.loads(detail)
        public = base64.b64decode(facts["public"], validate=True)
        made = Announced(
            public, int(facts["epoch"]), str(facts["day"]), str(facts.get("where", "")), seq or int(facts.get("seq", 0))
        )
    except (ValueError, TypeError, LookupError, AttributeError, binascii.Error):
        return None
    return made if len(public) == KEY_BYTES else None
