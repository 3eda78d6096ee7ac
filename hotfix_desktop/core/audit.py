"""Entries of the audit log: their words, their canonical bytes and their chain.

The bytes of an entry are stored as they were hashed, so that no later version has to guess how an old
one wrote them (``performance.md`` B3, points 1 and 2)::

    body  = version (1 byte) · seq · UTC microseconds · boot-time microseconds (3 × unsigned 64 bit)
            · 12 text fields, each a 32-bit length and UTF-8; all numbers big-endian
    leaf  = SHA-256(0x00 ‖ body)              the leaf hash of RFC 6962, 2.1
    hash  = SHA-256(0x02 ‖ previous ‖ leaf)   the chain; 0x02 stands apart from RFC 6962's 0x00 and 0x01

The entry before the first is a random log id of 32 bytes, which the first entry names in its detail.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from enum import StrEnum

from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds

BODY_VERSION = 1
LOG_ID_BYTES = 32
TEXT_FIELDS = 12
_HEAD = struct.Struct(">BQQQ")
_LENGTH = struct.Struct(">I")


class AuditType(StrEnum):
    """What happened; the values stand in the column *Type*."""

    WORKSPACE_CREATED = "Workspace created"
    WORKSPACE_OPENED = "Workspace opened"
    FOLDER_PROTECTED = "Folder protected"
    FOLDER_RELEASED = "Folder released"
    PACKAGE_PROTECTED = "Package protected"
    MODIFIABLE_REQUESTED = "Modifiable requested"
    PACKAGE_MODIFIABLE = "Package made modifiable"
    UNLOCK_REQUESTED = "Unlock requested"
    UNLOCKED = "Package unlocked"
    LOCKED = "Package locked"
    RELOCKED = "Package relocked"
    RELOCK_FAILED = "Relock failed"
    LOCK_FAILED = "Lock failed"
    EXTENDED = "Hotfix extended"
    SETTING_CHANGED = "Setting changed"
    ROLE_ASSIGNED = "Role assigned"
    ROLE_REMOVED = "Role removed"
    AUDIT_OPENED = "Audit log opened"
    RECONCILED = "Package closed again"
    WORKSPACE_CLOSED = "Workspace closed"
    GUARD_RESTARTED = "Guard restarted"
    CLOCK_CHANGED = "Clock changed"
    CHANGED_AFTER_RELOCK = "Changed after relock"
    DRIFT_FOUND = "Drift found"
    DRIFT_GONE = "Drift gone"
    DRIFT_ACCEPTED = "Drift accepted"
    SIGNING_KEY = "Signing key changed"
    AUDIT_VERIFIED = "Audit log verified"
    AUDIT_BROKEN = "Audit log broken"
    BREAK_ACKNOWLEDGED = "Break acknowledged"
    AUDIT_EXPORTED = "Audit log exported"
    AUDIT_ARCHIVED = "Audit log archived"
    HOTFIX_REVIEWED = "Hotfix reviewed"
    HOTFIX_OBJECTED = "Hotfix objected to"
    CHANGES_RECORDED = "Changes recorded"
    CHANGES_REVERTED = "Changes reverted"
    DELIVERED = "Hotfix delivered"
    MARKED_DELIVERED = "Marked as delivered"
    PACKAGE_UPDATED = "Package updated"
    PACKAGE_INSTALLED = "Package installed"
    UPDATE_DECIDED = "Update decided"
    UPDATE_UNDONE = "Update undone"
    ARCHIVE_EXPORTED = "Package exported"
    CONTENTS_VERIFIED = "Content store verified"
    CONTENTS_CLEANED = "Content store cleaned"


class AuditResult(StrEnum):
    """How it ended; the values stand in the column *Result*."""

    SUCCESS = "Success"
    FAILURE = "Failure"
    DENIED = "Denied"


@dataclass(frozen=True, slots=True)
class Event:
    """Something to be entered; the ledger gives it a number, a time and its place in the chain.

    Attributes:
        type: what happened.
        result: how it ended.
        owner: who did it, the program's own name for what it does by itself.
        description: one sentence for the reader.
        package: the package's name, or empty.
        detail: further facts as JSON text (old and new value, minutes, deadline …), or empty.
        hotfix: the number of the hotfix that the entry belongs to, or None.
    """

    type: AuditType
    result: AuditResult
    owner: str
    ip_address: str
    description: str
    package: str = ""
    package_uid: str = ""
    reason: str = ""
    ticket: str = ""
    detail: str = ""
    hotfix: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands in the log: the event, its number and both clocks."""

    seq: int
    moment: Moment
    event: Event


def encode(entry: Entry) -> bytes:
    """Give the canonical bytes of an entry."""
    event = entry.event
    texts = (
        entry.moment.boot_id,
        event.owner,
        event.ip_address,
        event.type.value,
        event.result.value,
        event.package,
        event.package_uid,
        event.description,
        event.reason,
        event.ticket,
        event.detail,
        "" if event.hotfix is None else str(event.hotfix),
    )
    parts = [_HEAD.pack(BODY_VERSION, entry.seq, to_microseconds(entry.moment.utc), entry.moment.boot_us)]
    for text in texts:
        data = text.encode("utf-8")
        parts.append(_LENGTH.pack(len(data)))
        parts.append(data)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of canonical bytes as they stand there: also of an entry that a later version wrote.

    Attributes:
        utc_us, boot_us: both clocks, microseconds.
        hotfix: the number as text, or empty.
    """

    seq: int
    utc_us: int
    boot_us: int
    boot_id: str
    owner: str
    ip_address: str
    type: str
    result: str
    package: str
    package_uid: str
    description: str
    reason: str
    ticket: str
    detail: str
    hotfix: str


def fields_of(body: bytes) -> Fields:
    """Take canonical bytes apart; raises ``ValueError`` for bytes that are not of the form of :func:`encode`.

    Unlike :func:`decode` it lets through a type or a result that this version does not know.
    """
    try:
        version, seq, utc_us, boot_us = _HEAD.unpack_from(body)
    except struct.error as error:
        raise ValueError(f"the entry is too short: {error}") from None
    if version != BODY_VERSION:
        raise ValueError(f"the entry has version {version}; this program knows {BODY_VERSION}")
    texts: list[str] = []
    at = _HEAD.size
    for _ in range(TEXT_FIELDS):
        if at + _LENGTH.size > len(body):
            raise ValueError("the entry ends inside a field")
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        if at + length > len(body):
            raise ValueError("the entry ends inside a field")
        texts.append(body[at : at + length].decode("utf-8"))
        at += length
    if at != len(body):
        raise ValueError("the entry has bytes after its last field")
    return Fields(seq, utc_us, boot_us, *texts)


def decode(body: bytes) -> Entry:
    """Give the entry of canonical bytes; raises ``ValueError`` for bytes that :func:`encode` cannot have made."""
    fields = fields_of(body)
    event = Event(
        type=AuditType(fields.type),
        result=AuditResult(fields.result),
        owner=fields.owner,
        ip_address=fields.ip_address,
        description=fields.description,
        package=fields.package,
        package_uid=fields.package_uid,
        reason=fields.reason,
        ticket=fields.ticket,
        detail=fields.detail,
        hotfix=_number(fields.hotfix) if fields.hotfix else None,
    )
    try:
        utc = from_microseconds(fields.utc_us)
    except OverflowError:
        raise ValueError("the entry has a time that no calendar holds") from None
    return Entry(fields.seq, Moment(utc, fields.boot_us, fields.boot_id), event)


def _number(text: str) -> int:
    number = int(text)
    if str(number) != text:  # int() reads "+7", " 7" and "٧" as well
        raise ValueError(f"the entry has the number of its hotfix as {text!r}")
    return number


def leaf_hash(body: bytes) -> bytes:
    """Give the leaf hash of an entry's canonical bytes (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + body).digest()


def chain_hash(previous: bytes, leaf: bytes) -> bytes:
    """Give the hash that ties an entry to the one before it."""
    return hashlib.sha256(b"\x02" + previous + leaf).digest()
