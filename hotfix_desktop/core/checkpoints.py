"""Checkpoints of the audit log: what is signed, and its one text form.

The text is a C2SP checkpoint (https://c2sp.org/tlog-checkpoint) inside a C2SP signed note
(https://c2sp.org/signed-note)::

    hotfix-desktop/<log id, 64 hexadecimal digits>
    <number of entries>
    <Merkle root, base64>
    chain <hash of the newest entry, base64>
    time <UTC, ISO 8601 with microseconds and Z>
    <further lines, "word value">
    <an empty line>
    — <origin> <base64 of the 4-byte key id and the Ed25519 signature>

What is signed are the lines up to and with the line end before the empty line. The chain hash stands beside
the Merkle root so that a copy of a checkpoint can be compared with a log by looking up one entry.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from hotfix_desktop.core.merkle import HASH_BYTES

ORIGIN = "hotfix-desktop/"
ED25519 = b"\x01"
"""The algorithm byte of Ed25519 in a key id and an encoded key (C2SP signed-note)."""
KEY_BYTES = 32
SIGNATURE_BYTES = 64
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_WORD = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log as it stood at a moment.

    Attributes:
        log_id: the 32 bytes that stand before the first entry.
        size: how many entries, which is the number of the newest one.
        root: the Merkle tree hash over all of them.
        head: the chain hash of the newest; the log id for an empty log.
        at: when that was, UTC.
        more: further facts, each a word and a value without a line end.
    """

    log_id: bytes
    size: int
    root: bytes
    head: bytes
    at: datetime
    more: tuple[tuple[str, str], ...] = ()

    @property
    def origin(self) -> str:
        """The name of the log, which is the name of its keys, too."""
        return origin_of(self.log_id)

    def text(self) -> str:
        """Give what is signed."""
        at = self.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        lines = [self.origin, str(self.size), _b64(self.root), f"chain {_b64(self.head)}", f"time {at}"]
        lines += [f"{word} {value}" for word, value in self.more]
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A checkpoint with its signature.

    Attributes:
        text: what was signed, as it stood there.
    """

    checkpoint: Checkpoint
    text: str
    signature: Signature

    def note(self) -> str:
        """Give the whole note."""
        line = _b64(self.signature.key_id + self.signature.signature)
        return f"{self.text}\n— {self.signature.name} {line}\n"


def origin_of(log_id: bytes) -> str:
    """Give the name of a log."""
    return ORIGIN + log_id.hex()


def key_id(name: str, public: bytes) -> bytes:
    """Give the 4 bytes that stand for an Ed25519 key of this name (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def fingerprint(public: bytes) -> str:
    """Give a public key as people compare it: the first 16 hexadecimal digits of its SHA-256, in fours."""
    digits = hashlib.sha256(public).hexdigest()[:16].upper()
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def encoded_key(name: str, public: bytes) -> str:
    """Give a public key as C2SP verifiers take it: ``name+key id+key``."""
    return f"{name}+{key_id(name, public).hex()}+{_b64(ED25519 + public)}"


def signed(checkpoint: Checkpoint, public: bytes, signature: bytes) -> SignedNote:
    """Put a signature under a checkpoint."""
    return SignedNote(
        checkpoint, checkpoint.text(), Signature(checkpoint.origin, key_id(checkpoint.origin, public), signature)
    )


def parse_note(note: str) -> SignedNote:
    """Read a signed note; raises ``ValueError`` for anything that :meth:`SignedNote.note` cannot have made."""
    text, gap, rest = note.partition("\n\n")
    text += "\n"
    if not gap or not rest.startswith("— ") or not rest.endswith("\n") or "\n" in rest[:-1]:
        raise ValueError("the checkpoint is not a note with one signature")
    name, _, line = rest[2:-1].partition(" ")
    raw = _unb64(line, "signature")
    if len(raw) != 4 + SIGNATURE_BYTES:
        raise ValueError("the signature of the checkpoint has the wrong length")
    made = SignedNote(parse_text(text), text, Signature(name, raw[:4], raw[4:]))
    if made.note() != note or made.checkpoint.text() != text or name != made.checkpoint.origin:
        raise ValueError("the checkpoint is not written as this program writes it")
    return made


def parse_text(text: str) -> Checkpoint:
    """Read what a note signs; raises ``ValueError``."""
    lines = text.split("\n")
    if len(lines) < 6 or lines[-1]:
        raise ValueError("the checkpoint is too short")
    origin, size, root, chain, time, *more = lines[:-1]
    if not origin.startswith(ORIGIN) or not _SIZE.fullmatch(size):
        raise ValueError("the checkpoint does not begin with a log and its size")
    if not chain.startswith("chain ") or not time.startswith("time "):
        raise ValueError("the checkpoint lacks its chain hash or its time")
    at = datetime.fromisoformat(time[5:])
    if at.tzinfo is None:
        raise ValueError("the time of the checkpoint is not in UTC")
    facts = []
    for line in more:
        word, space, value = line.partition(" ")
        if not space or not _WORD.fullmatch(word):
            raise ValueError("the checkpoint has a line that is no fact")
        facts.append((word, value))
    found = Checkpoint(
        bytes.fromhex(origin[len(ORIGIN) :]),
        int(size),
        _unb64(root, "Merkle root"),
        _unb64(chain[6:], "chain hash"),
        at,
        tuple(facts),
    )
    if any(len(part) != HASH_BYTES for part in (found.log_id, found.root, found.head)):
        raise ValueError("the checkpoint has a hash of the wrong length")
    return found


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"the {what} of the checkpoint is no base64") from None
