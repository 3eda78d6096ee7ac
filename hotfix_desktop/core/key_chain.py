"""The signing keys that a log has announced, and whether a checkpoint bears the signature that it must bear.

A key is in force for the checkpoints that cover its announcement, up to the next announcement. The note in an
announcement is the last act of the key before: a checkpoint of everything before it, which names the new key.
Where that is missing, the chain of keys began anew (``Verdict.renewed_at``).
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hotfix_desktop.core.audit import AuditResult, AuditType, fields_of
from hotfix_desktop.core.checkpoints import KEY_BYTES, SignedNote, key_id, parse_note
from hotfix_desktop.core.verdict import Break, Finding

NEXT_KEY = "next-key"
IsSigned = Callable[[SignedNote, bytes], bool]
"""Whether a note bears the signature of a public key; ``sealing.signing.is_signed``."""
ALWAYS = 400
"""So many of the newest last acts are verified even where they were before: more than a year of keys, 40 ms."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A key as an entry has announced it.

    Attributes:
        seq: the number of that entry.
        public: the key's 32 bytes.
        note: the last checkpoint of the key before, or empty.
    """

    seq: int
    epoch: int
    day: str
    public: bytes
    note: str = ""


def announced_in(seq: int, detail: str) -> Announced:
    """Read the detail of an announcing entry; raises ``ValueError``."""
    try:
        found = json.loads(detail)
        public = base64.b64decode(found["public"], validate=True)
        key = Announced(int(found.get("seq", seq)), int(found["epoch"]), str(found["day"]), public)
        note = str(found.get("note", ""))
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error) as error:
        raise ValueError(f"the announcement of a key cannot be read: {error}") from None
    if len(public) != KEY_BYTES:
        raise ValueError("the announced key has the wrong length")
    return Announced(key.seq, key.epoch, key.day, public, note)


class KeyChain:
    """The keys of one log, in the order of their announcements."""

    def __init__(self, log_id: bytes, is_signed: IsSigned, before: Announced | None = None) -> None:
        """Start for a log; ``before`` is the key in force where its entries begin, if a prefix was archived."""
        self._log_id = log_id
        self._is_signed = is_signed
        self._keys: list[Announced] = [before] if before else []
        self._starts: list[int] = [before.seq] if before else []
        self._known = {key.public for key in self._keys}
        self.renewed_at = 0
        self.notes: list[SignedNote] = []
        """The last acts of keys, which are checkpoints, too."""

    def add(self, key: Announced, *, trusted: bool = False) -> None:
        """Take the next announcement; one that was looked at before need not be ``trusted`` again, which is faster."""
        if key.public in self._known:
            return  # a key comes into force once; to announce it again brings no old one back
        self._known.add(key.public)
        if self._keys:
            note = None if trusted else self._last_act(key)
            if note is not None:
                self.notes.append(note)
            elif not trusted or not key.note:
                self.renewed_at = key.seq
        self._keys.append(key)
        self._starts.append(key.seq)

    def read(self, entries: Iterable[tuple[int, bytes]], *, trusted_upto: int = 0) -> None:
        """Take the announcing entries (numbers and bodies); what cannot be read announces nothing.

        The numbers are taken from the bodies, which the chain protects wherever they stand, and so is what kind of
        entry it is: one that tells that no key could be had announces none. Up to ``trusted_upto`` they were looked
        at before; the newest are looked at all the same, the key in force among them.
        """
        keys = []
        for _, body in entries:
            try:
                fields = fields_of(body)
                if (fields.type, fields.result) != (AuditType.SIGNING_KEY.value, AuditResult.SUCCESS.value):
                    continue
                key = announced_in(fields.seq, fields.detail)
            except (ValueError, TypeError):
                continue
            keys.append(Announced(fields.seq, key.epoch, key.day, key.public, key.note))
        keys.sort(key=lambda key: key.seq)
        for at, key in enumerate(keys):
            self.add(key, trusted=key.seq <= trusted_upto and at < len(keys) - ALWAYS)

    def in_force(self, size: int) -> Announced | None:
        """Give the key that signs checkpoints of this size."""
        at = bisect_right(self._starts, size)
        return self._keys[at - 1] if at else None

    def fault(self, note: SignedNote) -> Finding | None:
        """Say what is wrong with the signature of a checkpoint; None for a good one."""
        size = note.checkpoint.size
        key = self.in_force(size)
        if note.checkpoint.log_id != self._log_id:
            return Finding(Break.SIGNATURE, size, size, f"The checkpoint of {size} entries belongs to another log.")
        if key is not None and self._is_signed(note, key.public):
            return None
        for later in self._keys[bisect_right(self._starts, size) :]:
            named = key_id(note.signature.name, later.public) == note.signature.key_id
            if named and self._is_signed(note, later.public):
                sentence = (
                    f"The checkpoint of {size} entries is signed with a key that entry {later.seq} announced later."
                )
                return Finding(Break.KEY, size, size, sentence)
        what = "does not bear the signature of the key in force" if key else "is signed with a key that no entry names"
        return Finding(Break.SIGNATURE, size, size, f"The checkpoint of {size} entries {what}.")

    def _last_act(self, key: Announced) -> SignedNote | None:
        try:
            note = parse_note(key.note)
        except ValueError:
            return None
        good = (
            note.checkpoint.log_id == self._log_id
            and note.checkpoint.size == key.seq - 1
            and (NEXT_KEY, base64.b64encode(key.public).decode("ascii")) in note.checkpoint.more
            and self._is_signed(note, self._keys[-1].public)
        )
        return note if good else None
