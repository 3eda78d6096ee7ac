"""Verifies an audit log row by row: the chain, the numbers, the columns, and every checkpoint.

The rows come in order, in chunks, from whoever reads them. What is checked, and what a break is called:

* **Chain and numbers** (a gap, a hash that does not follow, a body with another number): ``neighbourhood.py``
  looks at the rows around and tells *changed*, *missing*, *inserted*, *reordered* and *duplicated* apart.
* **Columns**: the eight searchable ones must be those of the body, else *column differs*. Where the next entry or
  the next checkpoint does not fit either, it was the body that was changed together with its hash, and the columns
  tell which entry that was: *changed*.
* **Checkpoints**: a note must be readable, of this log, and signed with the key in force (*bad signature*, *key newer
  than its epoch*); its chain hash and its Merkle root must be those of the entries as they stand. Where every hash
  fits and a checkpoint does not, the hashes were recomputed: ``suspects.py`` tells what happened as well as it can
  be told, and else gives the range from the last good checkpoint + 1 to that checkpoint. A checkpoint that covers
  more entries than there are means *truncated*.
* The first entry names the **log id**; it must be the one that the database has.

*Rolled back* and *replaced* do not show inside a log; they come from its anchors (``anchoring.py``), see
:func:`earlier`. Once something was found the rest is not looked at: what follows a break proves nothing.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hotfix_desktop.core import neighbourhood, suspects
from hotfix_desktop.core.audit import BODY_VERSION, LOG_ID_BYTES, fields_of
from hotfix_desktop.core.checkpoints import SignedNote, parse_note
from hotfix_desktop.core.columns import Columns
from hotfix_desktop.core.key_chain import KeyChain
from hotfix_desktop.core.log_rows import BODY, HASH, SEQ, Around, Row, number_in
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.verdict import Break, Finding

_BEGIN = struct.Struct(">BQ").pack


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint as the database keeps it; see ``store/checkpoints.py``. The last act of a key has number 0."""

    number: int
    size: int
    note: str
    frontier: bytes


def earlier(inside: Finding | None, outside: Finding | None) -> Finding | None:
    """Give what to tell of a finding in the log and one of its anchors.

    An anchor that saw another log names the truth before anything else, because then nothing in this one is what
    it should be. Otherwise the log itself knows better: its entries were looked at one by one, an older database is
    whole in itself, and every change makes the log differ from its anchors as well. Only what lies before everything
    that the log shows is told from outside.
    """
    if inside is None or outside is None:
        return inside or outside
    if outside.kind is Break.REPLACED:
        return outside
    return outside if outside.until < inside.seq else inside


def chained(head: bytes, bodies: Sequence[bytes], hashes: Sequence[bytes]) -> list[bytes] | None:
    """Give the leaf hashes of entries that all have the hash that is stored with them, after ``head``; else None.

    This is the hot loop. Each entry is tied to the *stored* hash before it, so that nothing waits for the
    hash before; when all are equal that is the same as computing one after the other.
    """
    sha256 = hashlib.sha256
    leaves = [sha256(b"\x00" + body).digest() for body in bodies]
    # A copy of a hash that has taken in the first byte is a tenth faster than one of all 65 bytes together.
    begun = sha256(b"\x02").copy
    tied = []
    for before, leaf in zip((head, *hashes[: len(hashes) - 1]), leaves, strict=True):
        digest = begun()
        digest.update(before + leaf)
        tied.append(digest.digest())
    return leaves if tied == list(hashes) else None


class Verifier:
    """Verifies one log, or the rest of one after a good checkpoint.

    Attributes:
        finding: the first break; None as long as there is none.
        upto: the newest entry that was looked at.
        sealed: the newest good checkpoint; None where none was met.
        keys: the signing keys that the log has announced.
    """

    def __init__(
        self,
        log_id: bytes,
        head: bytes,
        tree: Frontier,
        around: Around,
        keys: KeyChain,
        checkpoints: Iterable[Kept] = (),
    ) -> None:
        """Begin after the entries that ``tree`` covers, the last of which has the chain hash ``head``.

        ``checkpoints`` are all that the database has; those about earlier entries are passed over.
        """
        self.finding: Finding | None = None
        self.upto = tree.size
        self.sealed: SignedNote | None = None
        self._log_id = log_id
        self._start = tree.size
        self._head = head
        self._tree = tree.copy()
        self._good = tree.copy()
        self._around = around
        self.keys = keys
        self._columns: Columns | None = Columns()
        self._differs = 0
        notes = [Kept(0, note.checkpoint.size, note.note(), b"") for note in keys.notes]
        waiting = [kept for kept in (*checkpoints, *notes) if kept.size >= tree.size]
        self._gap = _gap_in(waiting)
        self._waiting = sorted(waiting, key=lambda kept: (kept.size, kept.number), reverse=True)

    def feed(self, rows: Sequence[Row]) -> bool:
        """Take the next rows; False when something was found and no more are needed."""
        if self.finding is None and rows:
            self._take(rows)
        return self.finding is None

    def end(self) -> Finding | None:
        """Say that there are no more rows; gives what was found."""
        if self.finding is None:
            self._check_checkpoints((), ())
        if self.finding is None and self._waiting:
            self.finding = self._column() if self._differs else self._ended()
        if self.finding is None and self._differs:
            self.finding = self._column()
        if self.finding is None:
            self.finding = self._gap
        return self.finding

    def _take(self, rows: Sequence[Row]) -> None:
        if self.upto == 0 and rows[0][SEQ] == 1:
            self.finding = _other_log(rows[0], self._log_id)
            if self.finding is not None:
                return
        differs = self._columns.first_difference(rows) if self._columns is not None else -1
        leaves = self._quickly(rows, is_numbered=differs < 0 and self._columns is not None)
        good = len(rows)
        if leaves is None:
            leaves = self._slowly(rows)
            good = len(leaves)
        if 0 <= differs < good:
            self._differs = rows[differs][SEQ]
            self._columns = None  # the first is enough
        self._check_checkpoints([row[HASH] for row in rows[:good]], leaves)
        if self.finding is None and good < len(rows):
            self.finding = self._broken(rows[good])

    def _quickly(self, rows: Sequence[Row], *, is_numbered: bool) -> list[bytes] | None:
        """Give the leaf hashes when all is as it must be; None when it is not.

        ``is_numbered`` says that each body is known to have the number of its row.
        """
        bodies = [row[BODY] for row in rows]
        first = self.upto + 1
        try:
            if [row[SEQ] for row in rows] != list(range(first, first + len(rows))):
                return None
            begin, version = _BEGIN, BODY_VERSION
            if not is_numbered and [body[:9] for body in bodies] != [
                begin(version, seq) for seq in range(first, first + len(rows))
            ]:
                return None
            return chained(self._head, bodies, [row[HASH] for row in rows])
        except (TypeError, struct.error):
            return None

    def _slowly(self, rows: Sequence[Row]) -> list[bytes]:
        """Give the leaf hashes up to the first row that is not as it must be."""
        leaves: list[bytes] = []
        head, number = self._head, self.upto
        for row in rows:
            number += 1
            body, stored = row[BODY], row[HASH]
            if row[SEQ] != number or number_in(body) != number or body[0] != BODY_VERSION:
                break
            leaf = hashlib.sha256(b"\x00" + body).digest()
            if hashlib.sha256(b"\x02" + head + leaf).digest() != stored:
                break
            leaves.append(leaf)
            head = stored
        return leaves

    def _check_checkpoints(self, hashes: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        """Take good entries into the tree, and check each checkpoint on the way; may find something."""
        begin, done = self.upto, 0
        waiting = self._waiting
        while waiting and waiting[-1].size <= begin + len(leaves):
            kept = waiting[-1]
            upto = kept.size - begin
            self._tree.extend(leaves[done:upto])
            if upto:
                self._head = hashes[upto - 1]
            self.upto = begin + upto
            done = upto
            note = self._read(kept)
            differs = 0 < self._differs <= kept.size
            if note is None:
                self.finding = self._column() if differs else self._told_better(kept)
                return
            if (note.checkpoint.head, note.checkpoint.root) != (self._head, self._tree.root()):
                self.finding = self._rewritten() if differs else self._suspected(kept, note)
                return
            if differs:
                self.finding = self._column()
                return
            if kept.number and kept.frontier != self._tree.to_bytes():
                sentence = f"The working copy beside the checkpoint of {kept.size} entries is not what was signed."
                self.finding = Finding(Break.COLUMN, kept.size, kept.size, sentence)
                return
            self._good = self._tree.copy()
            if kept.number:
                self.sealed = note
            waiting.pop()
        self._tree.extend(leaves[done:])
        if len(leaves):
            self._head = hashes[-1]
        self.upto = begin + len(leaves)

    def _read(self, kept: Kept) -> SignedNote | None:
        """Read a checkpoint whose signature is good; None after a finding."""
        size = kept.size
        try:
            note = parse_note(kept.note)
        except (ValueError, TypeError, AttributeError):
            self.finding = Finding(
                Break.SIGNATURE, size, size, f"The checkpoint of {size} entries cannot be read any more."
            )
            return None
        self.finding = self.keys.fault(note)
        if self.finding is None and note.checkpoint.size != size:
            sentence = f"A checkpoint of {note.checkpoint.size} entries is kept as one of {size}."
            self.finding = Finding(Break.COLUMN, size, size, sentence)
        return note if self.finding is None else None

    def _ended(self) -> Finding:
        """The next checkpoint covers more entries than there are."""
        kept = self._waiting[-1]
        note = self._read(kept)
        if note is not None:
            return self._suspected(kept, note)
        assert self.finding is not None
        if self.finding.kind is not Break.SIGNATURE or not self._is_of_this_log(kept):
            return self.finding
        # The entry that announced its key is perhaps among those that are missing.
        sentence = f"The end of the log is missing: {kept.size} entries were signed, and there are {self.upto}."
        return Finding(Break.TRUNCATED, self.upto + 1, self.upto + 1, sentence)

    def _told_better(self, kept: Kept) -> Finding | None:
        """A checkpoint came before the announcement of its key: perhaps because an entry was put in before that."""
        finding = self.finding
        if finding is None or finding.kind is not Break.KEY:
            return finding
        note = parse_note(kept.note)
        if (note.checkpoint.head, note.checkpoint.root) == (self._head, self._tree.root()):
            return finding  # whoever has a later key has signed what he made
        found = self._suspected(kept, note)
        return found if found.kind in (Break.INSERTED, Break.DUPLICATED, Break.REORDERED) else finding

    def _is_of_this_log(self, kept: Kept) -> bool:
        try:
            return parse_note(kept.note).checkpoint.log_id == self._log_id
        except (ValueError, TypeError, AttributeError):
            return False

    def _suspected(self, kept: Kept, note: SignedNote) -> Finding:
        following = self._around.rows(kept.size + 1, kept.size + 1)
        if following and _follows(note.checkpoint.head, following[0]):
            sentence = f"Entry {kept.size} was changed, and its hash was computed anew."
            return Finding(Break.CHANGED, kept.size, kept.size, sentence)
        later = []
        for other in reversed(self._waiting[-9:-1]):
            try:
                read = parse_note(other.note)
            except (ValueError, TypeError, AttributeError):
                continue
            if self.keys.fault(read) is None:
                later.append(suspects.sealed(other.size, read.checkpoint.root, other.frontier))
        last = self._newest()
        broken = suspects.sealed(kept.size, note.checkpoint.root, kept.frontier)
        return suspects.told(self._good, broken, later, self._around, last)

    def _newest(self) -> int:
        rows = self._around.rows(self.upto, self.upto + 4 * suspects.MOST)
        return int(rows[-1][SEQ]) if rows else self.upto

    def _broken(self, row: Row) -> Finding:
        if 0 < self._differs == self.upto:
            return self._rewritten()
        if self._differs:
            return self._column()
        heads = {}
        for kept in self._waiting[-neighbourhood.AHEAD :]:
            try:
                note = parse_note(kept.note)
            except (ValueError, TypeError, AttributeError):
                continue
            heads[note.checkpoint.head] = kept.size
        good = self._good.size
        spot = neighbourhood.Spot(self.upto + 1, self._head, good, self._around, heads)
        return neighbourhood.told(row, spot)

    def _column(self) -> Finding:
        sentence = f"What is shown and searched of entry {self._differs} is not what its bytes say."
        return Finding(Break.COLUMN, self._differs, self._differs, sentence)

    def _rewritten(self) -> Finding:
        sentence = f"Entry {self._differs} was changed, and its hash was computed anew."
        return Finding(Break.CHANGED, self._differs, self._differs, sentence)


def _other_log(first: Row, log_id: bytes) -> Finding | None:
    """Compare the log id that the first entry names, where it can be read, with the database's."""
    try:
        named = bytes.fromhex(json.loads(fields_of(first[BODY]).detail)["log_id"])
    except (ValueError, TypeError, KeyError):
        return None  # damage shows in the chain, and a log that somebody else began may name none
    # A changed name breaks the hash of the entry, too: that is told where it belongs.
    if len(named) != LOG_ID_BYTES or named == log_id or not _follows(named, first):
        return None
    return Finding(Break.CHANGED, 1, 1, "The id of the log in the database is not the one that its first entry names.")


def _follows(head: bytes, row: Row) -> bool:
    try:
        return chained(head, [row[BODY]], [row[HASH]]) is not None
    except TypeError:
        return False


def _gap_in(kept: Sequence[Kept]) -> Finding | None:
    """Find a checkpoint that was taken out from between others."""
    numbered = sorted((one for one in kept if one.number), key=lambda one: one.number)
    for one, other in pairwise(numbered):
        if other.number != one.number + 1:
            sentence = f"A checkpoint was taken out before that of {other.size} entries."
            return Finding(Break.SIGNATURE, other.size, other.size, sentence)
    return None
