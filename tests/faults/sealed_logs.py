"""Audit logs in memory, sealed as the product seals them: with keys that change each day, crashes and clock jumps."""

from __future__ import annotations

import base64
import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

from hotfix_desktop.core.anchoring import OWN, Copy, LogFacts, compare, copies_in, judge
from hotfix_desktop.core.audit import AuditResult, AuditType, Entry, Event, chain_hash, encode, leaf_hash
from hotfix_desktop.core.checkpoints import Checkpoint, SignedNote
from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.key_chain import NEXT_KEY, Announced, KeyChain
from hotfix_desktop.core.log_rows import BODY, HASH, SEQ, TYPE, Row, number_in
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.verdict import Finding
from hotfix_desktop.core.verification import Kept, Verifier, earlier
from hotfix_desktop.sealing.signing import SigningKey
from hotfix_desktop.sealing.signing import is_signed as plainly_signed

START = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
PACKAGES = ("CrtBase", "UsrInvoices", "UsrPortal", "Größe", "")
PEOPLE = ("ann", "bob", "Hotfix Desktop")
TYPES = (AuditType.UNLOCKED, AuditType.LOCKED, AuditType.EXTENDED, AuditType.RELOCKED, AuditType.AUDIT_OPENED)
CHUNK = 256

is_signed = lru_cache(maxsize=100_000)(plainly_signed)
"""Trials meet the same notes again and again; a signature is good or not whoever asks."""


@dataclass(slots=True)
class Log:
    """A log as a database holds it, and the copies of its checkpoints outside.

    Attributes:
        archived: the tree over the entries that were archived, and the hash of the last of them.
        key_before: the key in force there.
        anchor: every note that was ever made, one after the other.
        keys: the private keys, the oldest first; whoever sits at the machine has only the last.
    """

    log_id: bytes
    rows: list[Row] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    archived: Frontier = field(default_factory=Frontier)
    head_before: bytes = b""
    key_before: Announced | None = None
    anchor: str = ""
    keys: list[SigningKey] = field(default_factory=list)

    def copy(self) -> Log:
        """Give one that can be tampered with."""
        return replace(self, rows=list(self.rows), kept=list(self.kept))

    @property
    def newest(self) -> int:
        return self.rows[-1][SEQ] if self.rows else self.archived.size

    def row_at(self, number: int) -> Row | None:
        at = bisect_left(self.rows, number, key=_number)
        return self.rows[at] if at < len(self.rows) and self.rows[at][SEQ] == number else None

    def key_chain(self) -> KeyChain:
        """Give the keys that it announces."""
        keys = KeyChain(self.log_id, is_signed, self.key_before)
        keys.read((row[SEQ], row[BODY]) for row in self.rows if row[TYPE] == AuditType.SIGNING_KEY.value)
        return keys

    def verified(self) -> Finding | None:
        """Verify it whole."""
        head = self.head_before or self.log_id
        verifier = Verifier(self.log_id, head, self.archived, Lookup(self.rows), self.key_chain(), self.kept)
        for at in range(0, len(self.rows), CHUNK):
            if not verifier.feed(self.rows[at : at + CHUNK]):
                break
        return verifier.end()

    def compared(self) -> Finding | None:
        """Compare it with its anchor."""
        facts = LogFacts(self.log_id, self.archived.size + 1, self.newest, self._hash_of, bool(self.kept))
        own = [copy for kept in self.kept if kept.size > self.newest for copy in copies_in(kept.note.encode())[0]]
        found = {"the anchor": compare(_copies(self.anchor), facts, _genuine), OWN: compare(own, facts, _genuine)}
        return judge(found, facts, ()).finding

    def found(self) -> Finding | None:
        """Do both, as the product does."""
        return earlier(self.verified(), self.compared())

    def _hash_of(self, number: int) -> bytes | None:
        row = self.row_at(number)
        return row[HASH] if row else None


def _number(row: Row) -> int:
    return int(row[SEQ])


@lru_cache(maxsize=64)
def _copies(text: str) -> tuple[Copy, ...]:
    return tuple(copies_in(text.encode())[0])


def _genuine(copy: Copy) -> bool:
    return copy.signed() is not None


@dataclass(frozen=True, slots=True)
class Lookup:
    """The rows out of turn."""

    all: Sequence[Row]

    def rows(self, first: int, last: int) -> Sequence[Row]:
        begin = bisect_left(self.all, first, key=_number)
        return self.all[begin : bisect_left(self.all, last + 1, key=_number)]

    def holding(self, number: int) -> Sequence[Row]:
        return [row for row in self.all if number_in(row[BODY]) == number][:4]


class Writer:
    """Writes a log as the product does."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.log = Log(rng.randbytes(32))
        self.tree = Frontier()
        self.wall, self.boot_us, self.boot = START, 10**9, 1
        self.head = self.log.log_id
        self.enter(AuditType.WORKSPACE_CREATED, detail=json.dumps({"log_id": self.log.log_id.hex()}))

    def enter(self, kind: AuditType, detail: str = "") -> None:
        """Enter something; time passes."""
        rng = self.rng
        step = rng.randrange(1, 600_000_000)
        self.wall += timedelta(microseconds=step)
        self.boot_us += step
        number = self.tree.size + 1
        event = Event(
            kind,
            rng.choice(tuple(AuditResult)) if kind is AuditType.AUDIT_OPENED else AuditResult.SUCCESS,
            rng.choice(PEOPLE),
            f"10.0.0.{rng.randrange(3)}",
            f"{kind.value} “{rng.randrange(1000)}”",
            package=rng.choice(PACKAGES),
            package_uid=f"uid-{rng.randrange(5)}",
            reason=f"Reason {rng.randrange(10**6)}" if rng.random() < 0.7 else "",
            ticket=f"INC-{rng.randrange(10**4)}" if rng.random() < 0.4 else "",
            detail=detail or json.dumps({"minutes": rng.randrange(600)}),
            hotfix=rng.randrange(1, 999) if rng.random() < 0.8 else None,
        )
        moment = Moment(self.wall, self.boot_us, f"boot {self.boot}")
        row = row_of(number, event, moment, self.head)
        self.head = row[HASH]
        self.tree.append(leaf_hash(row[BODY]))
        self.log.rows.append(row)

    def seal(self) -> None:
        """Make a checkpoint, after a new key where there is none of this day."""
        day = self.wall.date().isoformat()
        log = self.log
        if not log.keys or self._day != day:
            key = SigningKey(self.rng.randbytes(32))
            public = base64.b64encode(key.public).decode("ascii")
            note = self._signed(log.keys[-1], ((NEXT_KEY, public),)).note() if log.keys else ""
            self._day = day
            epoch = len(log.keys) + 1
            facts = {"epoch": epoch, "day": day, "public": public, "note": note}
            log.keys.append(key)
            self.enter(AuditType.SIGNING_KEY, json.dumps(facts))
        note = self._signed(log.keys[-1]).note()
        log.kept.append(Kept(len(log.kept) + 1, self.tree.size, note, self.tree.to_bytes()))
        log.anchor += "\n" + note

    _day = ""

    def _signed(self, key: SigningKey, more: tuple[tuple[str, str], ...] = ()) -> SignedNote:
        return key.sign(Checkpoint(self.log.log_id, self.tree.size, self.tree.root(), self.head, self.wall, more))

    def reboot(self) -> None:
        """Die and come back."""
        self.boot += 1
        self.boot_us = self.rng.randrange(10**7)
        self.wall += timedelta(minutes=self.rng.randrange(60))

    def jump(self) -> None:
        """Turn the wall clock."""
        self.wall += timedelta(hours=self.rng.randrange(-30, 30))

    def archive(self) -> None:
        """Move everything up to a checkpoint away, as an archiving does."""
        log = self.log
        ends = self.rng.choice(log.kept)
        first = log.archived.size + 1
        if ends.size < first or ends.size >= self.tree.size:
            return
        keys = log.key_chain()
        row = log.row_at(ends.size)
        assert row is not None
        log.archived = Frontier.from_bytes(ends.size, ends.frontier)
        log.head_before = row[HASH]
        log.key_before = keys.in_force(ends.size)
        log.rows = [row for row in log.rows if row[SEQ] > ends.size]
        self.enter(AuditType.AUDIT_ARCHIVED, json.dumps({"last": ends.size, "head": row[HASH].hex()}))


def written(rng: Random, entries: int, *, archives: bool = False) -> Log:
    """Write a log of so many entries."""
    writer = Writer(rng)
    writer.seal()
    while writer.tree.size < entries:
        writer.enter(rng.choice(TYPES))
        chance = rng.random()
        if chance < 0.15:
            writer.seal()
        elif chance < 0.17:
            writer.reboot()
        elif chance < 0.19:
            writer.jump()
        elif chance < 0.2 and archives:
            writer.archive()
    writer.seal()
    return writer.log


def row_of(number: int, event: Event, moment: Moment, head: bytes) -> Row:
    """Give the row that an entry makes."""
    body = encode(Entry(number, moment, event))
    return (
        number,
        to_microseconds(moment.utc),
        event.type.value,
        event.result.value,
        event.ip_address,
        event.owner,
        event.description,
        event.package,
        event.hotfix,
        body,
        chain_hash(head, leaf_hash(body)),
    )


def rehashed(rows: Iterable[Row], head: bytes) -> list[Row]:
    """Give rows with hashes that fit."""
    done = []
    for row in rows:
        head = chain_hash(head, leaf_hash(row[BODY]))
        done.append((*row[:HASH], head))
    return done
