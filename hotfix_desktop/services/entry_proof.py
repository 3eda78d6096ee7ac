"""What vouches for one entry of the audit log: the hash before it, and the signed checkpoint that covers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hotfix_desktop.core.audit import fields_of
from hotfix_desktop.core.checkpoints import fingerprint, key_id, parse_note
from hotfix_desktop.core.key_chain import announced_in
from hotfix_desktop.services.auditing import AuditDesk, demand_reader
from hotfix_desktop.store.store import Store


@dataclass(frozen=True, slots=True)
class Covering:
    """The first checkpoint that covers an entry.

    Attributes:
        number: of the checkpoint, counted from 1.
        size: how many entries it covers.
        at: when it was made, UTC; None where it cannot be read.
        signature: of 64 bytes; empty where it cannot be read.
        key: the fingerprint of the key whose signature it bears, or empty.
        problem: why it vouches for nothing, else empty.
        note: the signed note, as it is kept.
    """

    number: int
    size: int
    note: str
    at: datetime | None = None
    signature: bytes = b""
    key: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class EntryProof:
    """What stands around an entry in the chain.

    Attributes:
        previous: the hash of the entry before it, for the first one the log id; None where it is missing.
        covering: the first checkpoint that covers it; None when none does yet.
    """

    seq: int
    previous: bytes | None
    covering: Covering | None


def prove(desk: AuditDesk, seq: int) -> EntryProof:
    """Give what vouches for an entry; raises ``Denied`` and ``StoreError``."""
    demand_reader(desk)
    return EntryProof(seq, _before(desk.store, seq), _covering(desk.store, seq))


def _before(store: Store, seq: int) -> bytes | None:
    if seq == 1:
        record = store.administration.workspace()
        return record.log_id if record else None
    archive = store.archives.last()
    if archive is not None and archive.last == seq - 1:
        return archive.head
    return store.ledger.hash_of(seq - 1)


def _covering(store: Store, seq: int) -> Covering | None:
    from hotfix_desktop.sealing.signing import is_signed  # it loads a library that is seldom needed

    stored = store.checkpoints.covering(seq)
    if stored is None:
        return None
    try:
        note = parse_note(stored.note)
    except ValueError as error:
        return Covering(stored.number, stored.size, stored.note, problem=f"It is damaged: {error}.")
    at, signature = note.checkpoint.at, note.signature.signature
    public = _key_in_force(store, stored.size)
    if public is None:
        problem, key = "The log does not tell with which key it was to be signed.", ""
    elif is_signed(note, public):
        problem, key = "", fingerprint(public)
    elif note.signature.key_id != key_id(note.signature.name, public):
        problem, key = f"It is not signed with the key that was in force, {fingerprint(public)}.", ""
    else:
        problem, key = f"Its signature is wrong: it is not that of the key {fingerprint(public)}.", ""
    if note.checkpoint.size != stored.size:
        problem = f"It says that it covers {note.checkpoint.size:,} entries."
    return Covering(stored.number, stored.size, stored.note, at, signature, key, problem)


def _key_in_force(store: Store, size: int) -> bytes | None:
    """Give the public key that was announced last among the first ``size`` entries."""
    found = store.archives.key_at(size)
    archive = store.archives.last()
    try:
        if found is not None:
            return announced_in(found[0], fields_of(found[1]).detail).public
        return announced_in(0, archive.signed_by).public if archive is not None and archive.last <= size else None
    except ValueError:
        return None
