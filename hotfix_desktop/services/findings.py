"""What the log says against itself: its own checkpoints, the findings that were entered, and what people said of them.

Reads only; call it inside of ``Store.reading`` or a transaction, so that all of it is of one moment.
"""

from __future__ import annotations

import json

from hotfix_desktop.core.anchoring import OWN, Acknowledgement, Compared, Copy, Judgement, LogFacts, compare, copies_in
from hotfix_desktop.core.anchoring import judge as judge_places
from hotfix_desktop.core.audit import AuditResult, AuditType, Entry
from hotfix_desktop.core.checkpoints import key_id
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.sealing.signing import is_signed
from hotfix_desktop.services.announcements import announced_keys
from hotfix_desktop.store.checkpoints import StoredCheckpoint
from hotfix_desktop.store.store import Store

LATEST = 1000
"""How many of the newest acknowledgements and findings are looked at."""
KEYS = 100_000
"""How many of the newest keys are known when a copy contradicts: all of them."""
NEWEST_OWN = 8
"""How many of the log's own newest checkpoints are compared each time, one seek each."""


class Genuine:
    """Whether the signature of a copy is that of the key that it names; a key that the log never knew may be right."""

    def __init__(self, store: Store) -> None:
        """Read the keys when the first copy is asked for."""
        self._store = store
        self._keys: list[bytes] | None = None

    def __call__(self, copy: Copy) -> bool:
        """Say it of a copy."""
        note = copy.signed()
        named = self._named(copy)
        return note is not None and (not named or any(is_signed(note, key) for key in named))

    def is_stranger(self, copy: Copy) -> bool:
        """Whether it names a key that this log never announced."""
        return not self._named(copy)

    def _named(self, copy: Copy) -> list[bytes]:
        note = copy.signed()
        if note is None:
            return []
        if self._keys is None:
            self._keys = [key.public for key in announced_keys(self._store, KEYS)]
        return [key for key in self._keys if key_id(note.signature.name, key) == note.signature.key_id]


def facts_of(store: Store, log_id: bytes) -> LogFacts:
    """Give what copies are compared with. Raises ``StoreError``."""
    # Not the smallest number that is there: what is gone without an archive of it is missing.
    archive = store.archives.last()
    newest, _ = store.ledger.end()
    first = archive.last + 1 if archive else 1
    return LogFacts(log_id, first, newest, store.ledger.hash_of, store.checkpoints.last() is not None)


def own_compared(store: Store, facts: LogFacts, is_genuine: Genuine) -> Compared:
    """Compare the log with its own checkpoints: those ahead of it, and the newest ones. Raises ``StoreError``."""
    stored = {one.number: one for one in store.checkpoints.beyond(facts.newest)}
    last = store.checkpoints.last()
    if last is not None:
        for number in range(last.number, last.number - NEWEST_OWN, -1):
            one = store.checkpoints.get(number)
            if one is not None:
                stored[number] = one
    copies = [copy for number in sorted(stored) for copy in _copies(stored[number])]
    return compare(copies, facts, is_genuine)


def own_break(store: Store, log_id: bytes) -> Judgement:
    """Judge the log by its own checkpoints alone, and by what was said of them. Raises ``StoreError``."""
    facts = facts_of(store, log_id)
    compared = own_compared(store, facts, Genuine(store))
    return judge_places({OWN: compared}, facts, acknowledgements(store)) if compared.against else Judgement()


def _copies(stored: StoredCheckpoint) -> list[Copy]:
    try:
        return copies_in(stored.note.encode())[0]
    except (ValueError, TypeError, AttributeError):
        return []  # the verification names it


def acknowledgements(store: Store) -> list[Acknowledgement]:
    """Give what people said of findings, the oldest first; what was archived of it, too. Raises ``StoreError``."""
    said = [
        made
        for entry in reversed(store.ledger.recent(AuditType.BREAK_ACKNOWLEDGED, LATEST, AuditResult.SUCCESS))
        if (made := _acknowledgement(entry))
    ]
    for entry in store.ledger.recent(AuditType.AUDIT_ARCHIVED, LATEST, AuditResult.SUCCESS):
        said = [*_archived(entry), *said]
    return said


def findings(store: Store) -> list[Judgement]:
    """Give the findings that were entered, the newest first. Raises ``StoreError``."""
    entries = store.ledger.recent(AuditType.AUDIT_BROKEN, LATEST)
    return [made for entry in entries if (made := _finding(entry))]


def _acknowledgement(entry: Entry) -> Acknowledgement | None:
    try:
        facts = json.loads(entry.event.detail)
        settled = frozenset(map(str, facts["notes"]))
        role, alone, remark = Role(facts["role"]), facts["alone"] is True, str(facts["remark"])
    except (ValueError, TypeError, LookupError):
        return None
    return Acknowledgement(entry.event.owner, role, alone, settled, entry.seq, remark)


def _archived(entry: Entry) -> tuple[Acknowledgement, ...]:
    """Give what was settled by entries that were moved to an archive: it was said in both roles."""
    try:
        settled = frozenset(map(str, json.loads(entry.event.detail)["settled"]))
    except (ValueError, TypeError, LookupError):
        return ()
    if not settled:
        return ()
    user = entry.event.owner
    return tuple(Acknowledgement(user, role, True, settled, entry.seq) for role in (Role.ADMINISTRATOR, Role.AUDITOR))


def _finding(entry: Entry) -> Judgement | None:
    """Give the finding of an entry that ``services/standing.py`` made; None for any other."""
    try:
        facts = json.loads(entry.event.detail)
        finding = Finding(Break(facts["finding"]), int(facts["seq"]), int(facts["until"]), entry.event.description)
        return Judgement(finding, tuple(map(str, facts["places"])), frozenset(map(str, facts["notes"])))
    except (ValueError, TypeError, LookupError):
        return None
