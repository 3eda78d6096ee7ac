"""What somebody with the database file, its tools and our source code does to an audit log, and what that is called.

The rules of the right names were written down before any result was looked at:

* Who edits, deletes, puts in, exchanges or copies entries is called by that, whether he leaves the numbers as they
  fall, renumbers the rows, or renumbers what stands in the bodies, too: with the number of the first bad entry.
  Where a body was changed that no column mirrors, the entry before it may be named with it (``neighbourhood.py``).
* Who also recomputes every hash after it is found by the next checkpoint. What he put in, copied or exchanged
  between two checkpoints is called by that. What he deleted or edited, and what he exchanged over more than the
  checkpoints tell apart, is called *missing* (*reordered*) where a later subtree proves that, else *changed*, with
  a range that has the first bad entry; deleted ones also *truncated* where the log then ends before its last
  checkpoint, with the number after its last entry.
* A range never spans more than two checkpoints.

Added after the first results, because the rules had not thought of it: whoever deletes, exchanges or copies the entry
that announces a key, and recomputes, may be called *bad signature* (or *key newer*) at the checkpoints of that key; who
seals anew what he changed may be called *changed* where the last act of a key comes first; and of an older database
that somebody went on working with, any number up to the next that the anchor saw is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hotfix_desktop.core.audit import AuditType, Event, decode
from hotfix_desktop.core.checkpoints import Checkpoint, parse_note
from hotfix_desktop.core.log_rows import BODY, DESCRIPTION, HASH, OWNER, SEQ, TYPE, Row, leaf_of, renumbered
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.core.verification import Kept
from hotfix_desktop.sealing.signing import SigningKey
from tests.faults.sealed_logs import Log, rehashed, row_of, written

FALLS, ROWS, BODIES, HASHES = "numbers as they fall", "rows renumbered", "bodies renumbered", "hashes recomputed"


@dataclass(frozen=True, slots=True)
class Right:
    """Which finding is right.

    Attributes:
        first: the number of the first bad entry, which the finding must have.
        last: where several numbers are right, the last of them; 0 where only the first is.
        width: how many numbers a finding may have.
        ends: the number that the finding must have instead where it is *truncated*; 0 where that is no right name.
    """

    kinds: frozenset[Break]
    first: int
    width: int = 1
    ends: int = 0
    last: int = 0

    def judged(self, finding: Finding | None) -> str:
        """Say what is wrong with a finding; empty for a right one."""
        if finding is None:
            return "nothing was found"
        if self.ends and finding.kind is Break.TRUNCATED:
            return "" if finding.seq == finding.until == self.ends else f"ends at {self.ends}, found {finding}"
        if finding.kind not in self.kinds:
            return f"is {'/'.join(self.kinds)} at {self.first}, found {finding}"
        last = max(self.first, self.last)
        if finding.seq > last or finding.until < self.first or finding.until - finding.seq >= self.width:
            return f"is at {self.first} (width {self.width}), found {finding}"
        return ""


Attack = Callable[[Log, Random], Right]


def right(*kinds: Break, first: int, width: int = 1, ends: int = 0, last: int = 0) -> Right:
    return Right(frozenset(kinds), first, width, ends, last)


def is_suitable(log: Log) -> bool:
    """Whether every attack finds something to attack: some checkpoints, and some of an earlier key."""
    announced = [row[SEQ] for row in log.rows if row[TYPE] == AuditType.SIGNING_KEY.value]
    earlier = [at for at in _in_use(log) if announced and log.kept[at].size < announced[-1]]
    return len(earlier) > 1 and log.newest - log.archived.size > 30


def covered(log: Log, rng: Random) -> int:
    """Choose an entry that a checkpoint covers, and that is not the first: its number."""
    first = log.archived.size + 2
    return rng.randrange(first, log.kept[-1].size)


def interval(log: Log, number: int) -> int:
    """How many entries lie between the checkpoints around one."""
    ends = [log.archived.size, *(kept.size for kept in log.kept), log.newest]
    return min(e for e in ends if e >= number) - max(e for e in ends if e < number)


def put(log: Log, rows: list[Row], since: int, how: str, rng: Random) -> None:
    """Take rows for those of the log from the index ``since`` on, with as much care for the numbers as ``how`` says."""
    before = log.rows[since - 1]
    if how != FALLS:
        rows = [(before[SEQ] + 1 + at, *row[1:]) for at, row in enumerate(rows)]
    if how in (BODIES, HASHES):
        rows = [(*row[:BODY], renumbered(row[BODY], row[SEQ]), row[HASH]) for row in rows]
    log.rows[since:] = rehashed(rows, before[HASH]) if how == HASHES else rows


def edit(log: Log, rng: Random) -> Right:
    number = covered(log, rng)
    at = number - log.rows[0][SEQ]
    row = log.rows[at]
    entry = decode(row[BODY])
    mirrored = rng.random() < 0.5
    field = "description" if mirrored else "reason"
    event = Event(**{**_fields(entry.event), field: f"Nothing happened {rng.random()}"})
    how = rng.choice(("nothing else", "its hash", "its hash and its column", HASHES))
    made = row_of(number, event, entry.moment, log.rows[at - 1][HASH])
    body, hashed, description = made[BODY], made[HASH], made[DESCRIPTION]
    if how == "nothing else":
        log.rows[at] = (*row[:BODY], body, row[HASH])
        return right(Break.CHANGED, first=number, width=1 if mirrored else 2)
    if how == "its hash":
        log.rows[at] = (*row[:BODY], body, hashed)
        return right(Break.CHANGED, first=number, width=1 if mirrored else 2)
    log.rows[at] = (*row[:DESCRIPTION], description, *row[DESCRIPTION + 1 : BODY], body, hashed)
    if how == HASHES:
        log.rows[at + 1 :] = rehashed(log.rows[at + 1 :], hashed)
        return right(Break.CHANGED, first=number, width=interval(log, number))
    return right(Break.CHANGED, first=number, width=2)


def delete(log: Log, rng: Random) -> Right:
    number = covered(log, rng)
    at = number - log.rows[0][SEQ]
    how = rng.choice((FALLS, ROWS, BODIES, HASHES))
    span = interval(log, number)
    announced = log.rows[at][TYPE] == AuditType.SIGNING_KEY.value
    put(log, log.rows[at + 1 :], at, how, rng)
    if how == HASHES and announced:
        # The checkpoints after it are now signed with a key that no entry names.
        return right(Break.MISSING, Break.CHANGED, Break.SIGNATURE, first=number, last=number + span, width=span)
    if how == HASHES:
        ends = log.newest + 1 if log.newest < log.kept[-1].size else 0
        return right(Break.MISSING, Break.CHANGED, first=number, width=span, ends=ends)
    return right(Break.MISSING, first=number)


def insert(log: Log, rng: Random) -> Right:
    number = covered(log, rng)
    at = number - log.rows[0][SEQ]
    how = rng.choice((ROWS, BODIES, HASHES))
    like = decode(log.rows[at - 1][BODY])
    event = Event(**{**_fields(like.event), "description": f"It was bob {rng.random()}", "owner": "bob"})
    made = row_of(number, event, like.moment, log.rows[at - 1][HASH])
    if rng.random() < 0.3:
        made = (*made[:HASH], rng.randbytes(32))
    put(log, [made, *log.rows[at:]], at, how, rng)
    return right(Break.INSERTED, first=number)


def swap(log: Log, rng: Random) -> Right:
    one, other = sorted(rng.sample(range(log.archived.size + 2, log.kept[-1].size + 1), 2))
    if rng.random() < 0.3 and one < log.kept[-1].size - 1:
        other = one + 1
    how = rng.choice((ROWS, BODIES, HASHES))
    base = log.rows[0][SEQ]
    rows = list(log.rows)
    rows[one - base], rows[other - base] = rows[other - base], rows[one - base]
    span = interval(log, one)
    announced = {rows[one - base][TYPE], rows[other - base][TYPE]} & {AuditType.SIGNING_KEY.value}
    put(log, rows[one - base :], one - base, how, rng)
    if how == HASHES and announced:
        # A key is now announced too early or too late for the checkpoints around.
        kinds = (Break.REORDERED, Break.CHANGED, Break.SIGNATURE, Break.KEY)
        return right(*kinds, first=one, last=other + span, width=span)
    if how == HASHES:
        return right(Break.REORDERED, Break.CHANGED, first=one, width=span)
    return right(Break.REORDERED, first=one)


def duplicate(log: Log, rng: Random) -> Right:
    number = covered(log, rng)
    base = log.rows[0][SEQ]
    at = number - base
    source = at - 1 if rng.random() < 0.3 else rng.randrange(1, len(log.rows))
    row = log.rows[source]
    how = rng.choice((ROWS, BODIES, HASHES, "over another"))
    if how == "over another":
        if source == at:
            row = log.rows[at - 1]
        log.rows[at] = (number, *row[1:])
        return right(Break.DUPLICATED, first=number)
    put(log, [row, *log.rows[at:]], at, how, rng)
    if how == HASHES and row[TYPE] == AuditType.SIGNING_KEY.value:
        # A key is now announced too early for the checkpoints of the one before.
        kinds = (Break.DUPLICATED, Break.SIGNATURE)
        return right(*kinds, first=number, last=max(number, source + base), width=interval(log, number))
    # A copy right before its original: the second of two equal ones is the copy.
    return right(Break.DUPLICATED, first=number + (source == at))


def cut_off(log: Log, rng: Random) -> Right:
    """Take the newest entries away, and leave the checkpoints, or take theirs, too."""
    if rng.random() < 0.5:
        number = covered(log, rng)
        del log.rows[number - log.rows[0][SEQ] :]
        return right(Break.TRUNCATED, first=number)
    return cut_off_with_checkpoints(log, rng)


def cut_off_with_checkpoints(log: Log, rng: Random) -> Right:
    number = rng.randrange(log.archived.size + 3, log.kept[-1].size)
    del log.rows[number - log.rows[0][SEQ] :]
    log.kept[:] = [kept for kept in log.kept if kept.size < number]
    if not log.kept:
        return right(Break.REPLACED, first=1, width=log.newest)
    return right(Break.ROLLED_BACK, Break.TRUNCATED, first=number)


def older(log: Log, rng: Random) -> Right:
    """Restore a backup, and perhaps go on working with it."""
    archived = max([log.archived.size, *(row[SEQ] for row in log.rows if row[TYPE] == AuditType.AUDIT_ARCHIVED.value)])
    # One from before the last archiving would have the archived entries still in it.
    backups = [kept for kept in log.kept if archived < kept.size < log.newest]
    if not backups:
        return cut_off_with_checkpoints(log, rng)
    backup = rng.choice(backups)
    number = backup.size + 1
    span = interval(log, number) + 5
    del log.rows[number - log.rows[0][SEQ] :]
    log.kept[:] = [kept for kept in log.kept if kept.number <= backup.number]
    width = 1
    if rng.random() < 0.5:
        width = span
        for _ in range(rng.randrange(1, 5)):
            last = log.rows[-1]
            entry = decode(last[BODY])
            event = Event(**{**_fields(entry.event), "description": f"Business as usual {rng.random()}"})
            log.rows.append(row_of(last[SEQ] + 1, event, entry.moment, last[HASH]))
    # What came after the backup differs; the anchor saw the log only now and then.
    return right(Break.ROLLED_BACK, first=number, width=width, last=log.newest + 1)


def unsealed(log: Log, rng: Random) -> Right:
    """Put another database in its place, or the same one without its checkpoints."""
    if rng.random() < 0.5:
        log.kept.clear()
        return right(Break.REPLACED, first=1, width=log.newest)
    other = written(rng, 20)
    log.log_id, log.rows, log.kept = other.log_id, other.rows, []
    log.archived, log.head_before, log.key_before = Frontier(), b"", None
    return right(Break.REPLACED, first=1)


def newly_sealed(log: Log, rng: Random) -> Right:
    other = written(rng, rng.randrange(20, 60))
    log.log_id, log.rows, log.kept = other.log_id, other.rows, other.kept
    log.archived, log.head_before, log.key_before = Frontier(), b"", None
    return right(Break.REPLACED, first=1)


def wrong_key(log: Log, rng: Random) -> Right:
    """Sign a checkpoint with a key that the log does not know, perhaps after changing an entry and all hashes."""
    own = SigningKey(rng.randbytes(32))
    if rng.random() < 0.5:
        at = rng.choice(_in_use(log))
        log.kept[at] = _signed_again(log.kept[at], own)
        return right(Break.SIGNATURE, first=log.kept[at].size)
    return _sealed_anew(log, rng, own, Break.SIGNATURE)


def newer_key(log: Log, rng: Random) -> Right:
    """Sign a checkpoint of an earlier day with the key of today, perhaps after changing an entry and all hashes."""
    announced = max(row[SEQ] for row in log.rows if row[TYPE] == AuditType.SIGNING_KEY.value)
    earlier = [at for at in _in_use(log) if log.kept[at].size < announced]
    if rng.random() < 0.5:
        at = rng.choice(earlier)
        log.kept[at] = _signed_again(log.kept[at], log.keys[-1])
        return right(Break.KEY, first=log.kept[at].size)
    return _sealed_anew(log, rng, log.keys[-1], Break.KEY, announced)


def _sealed_anew(log: Log, rng: Random, key: SigningKey, kind: Break, before: int = 0) -> Right:
    """Change an entry, recompute the hashes, and sign every later checkpoint with a key that one has."""
    last = max(kept.size for kept in log.kept if not before or kept.size < before)
    last_at = last - log.rows[0][SEQ]
    at = rng.choice([i for i in range(1, last_at + 1) if log.rows[i][TYPE] != AuditType.SIGNING_KEY.value])
    number = log.rows[at][SEQ]
    entry = decode(log.rows[at][BODY])
    event = Event(**{**_fields(entry.event), "reason": f"Nothing {rng.random()}"})
    made = row_of(number, event, entry.moment, log.rows[at - 1][HASH])
    log.rows[at:] = rehashed([made, *log.rows[at + 1 :]], log.rows[at - 1][HASH])
    tree = log.archived.copy()
    taken = 0
    for place in _in_use(log):
        kept = log.kept[place]
        tree.extend(leaf_of(row[BODY]) for row in log.rows[taken : kept.size - log.archived.size])
        taken = max(taken, kept.size - log.archived.size)
        if kept.size < number:
            continue
        old = parse_note(kept.note).checkpoint
        head = log.rows[taken - 1][HASH]
        note = key.sign(Checkpoint(old.log_id, old.size, tree.root(), head, old.at))
        log.kept[place] = Kept(kept.number, kept.size, note.note(), tree.to_bytes())
    bad = min(kept.size for kept in log.kept if kept.size >= number)
    # The last act of a key is a checkpoint that nobody can sign anew: where it comes first, it says "changed".
    return right(kind, Break.CHANGED, first=number, last=bad, width=interval(log, number))


def _in_use(log: Log) -> list[int]:
    """Give the places of the checkpoints that are about entries of this database."""
    return [at for at, kept in enumerate(log.kept) if kept.size > log.archived.size]


def column(log: Log, rng: Random) -> Right:
    number = covered(log, rng)
    at = number - log.rows[0][SEQ]
    row = list(log.rows[at])
    which = rng.randrange(1, BODY)
    if which == OWNER:
        row[which] = "nobody"
    elif isinstance(row[which], str):
        row[which] = row[which] + rng.choice((" ", "\0", "x", "ö")) if rng.random() < 0.9 else None
    else:
        row[which] = None if row[which] is not None and rng.random() < 0.2 else (row[which] or 0) + 1
    log.rows[at] = tuple(row)
    return right(Break.COLUMN, first=number)


def _signed_again(kept: Kept, key: SigningKey) -> Kept:
    note = key.sign(parse_note(kept.note).checkpoint)
    return Kept(kept.number, kept.size, note.note(), kept.frontier)


def _fields(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in Event.__slots__}


ATTACKS: dict[str, Attack] = {
    "field edited and hashed anew": edit,
    "deleted": delete,
    "inserted": insert,
    "exchanged": swap,
    "duplicated": duplicate,
    "cut off": cut_off,
    "older database": older,
    "unsealed database": unsealed,
    "newly sealed database": newly_sealed,
    "wrong key": wrong_key,
    "key newer than its epoch": newer_key,
    "column differs": column,
}
