"""F13: somebody tampers with the audit log. Everything is found, rightly named, and nothing is found where nobody did.

Bits are flipped in memory, each verified from the checkpoint before it to the one after it with the product's own
verifier, because half a million files would take a day; a share of the attacks goes through real database files.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from random import Random

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.log_rows import AT, BODY, HASH, HOTFIX, SEQ, TYPE, Row
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.core.verification import Verifier
from tests.faults.attacks import ATTACKS, Right, cut_off_with_checkpoints, is_suitable, right
from tests.faults.fault import Outcome, Scale
from tests.faults.log_files import attacked_files
from tests.faults.sealed_logs import Log, Lookup, written
from tests.faults.tally import Trial, outcome

FLIPPED = 200
"""Entries of which every bit is flipped, in the full run."""


def run(scale: Scale) -> Outcome:
    """F13: every bit, every attack, clean logs, and the control without an anchor."""
    attacks, clean, flipped, files = (1000, 1000, FLIPPED, 200) if scale.full else (40, 40, 4, 12)
    rng = Random(f"{scale.seed} F13")
    trials: list[Trial] = []
    flips = 0
    log = written(rng, FLIPPED)
    chosen = range(1, FLIPPED + 1) if scale.full else rng.sample(range(2, FLIPPED), flipped)
    for number in chosen:
        bad = list(_flipped(log, number))
        flips += sum(bits for bits, _ in bad)
        trials.append(Trial([text for _, texts in bad for text in texts], entries=1))
    made = (written(rng, 150, archives=n % 3 == 2) for n in count())
    logs = list(islice(filter(is_suitable, made), 12))
    for name in ATTACKS:
        trials += [_attacked(scale, name, logs[n % len(logs)], n) for n in range(attacks)]
    trials += [_clean(scale, n) for n in range(clean)]
    trials += attacked_files(scale, files)
    control = [_naked(scale, logs[n % len(logs)], n) for n in range(attacks)]
    return outcome(
        "F13",
        "tampered audit logs: bits, entries, checkpoints, keys, databases",
        trials,
        f"{flips:,} bits, {len(ATTACKS)} x {attacks:,} attacks, {clean:,} clean logs, {files} of them as files",
        control="chain and checkpoints without an anchor miss a cut-off end",
        control_trials=len(control),
        control_broken=sum(control),
        control_least=1.0,
    )


def _attacked(scale: Scale, name: str, log: Log, number: int) -> Trial:
    rng = Random(f"{scale.seed} F13 {name} {number}")
    tampered = log.copy()
    expected = ATTACKS[name](tampered, rng)
    wrong = expected.judged(tampered.found())
    return Trial([f"{name} {number}: {wrong}"] if wrong else [], entries=1)


def _clean(scale: Scale, number: int) -> Trial:
    """A log with clock jumps, crashes, keys of many days, and archives between."""
    log = written(Random(f"{scale.seed} F13 clean {number}"), 60 + number % 140, archives=True)
    found = log.found()
    return Trial([f"clean log {number}: {found}"] if found else [], entries=1)


def _naked(scale: Scale, log: Log, number: int) -> bool:
    """The control: whether the log alone misses an end that was cut off with its checkpoints."""
    tampered = log.copy()
    cut_off_with_checkpoints(tampered, Random(f"{scale.seed} F13 control {number}"))
    return tampered.verified() is None


def _flipped(log: Log, number: int) -> Iterator[tuple[int, list[str]]]:
    """Flip every stored bit of an entry; gives how many of each value, and what was wrong."""
    piece = _Piece(log, number)
    for column in range(len(piece.row)):
        bits, wrong = 0, []
        for value in _values(column, piece.row):
            text = _right(column, number).judged(piece.found(column, value))
            bits += 1
            if text:
                wrong.append(f"bit {bits - 1} of column {column} of entry {number}: {text}")
        yield bits, wrong[:3]


class _Piece:
    """The part of a log from the checkpoint before an entry to the one after it."""

    def __init__(self, log: Log, number: int) -> None:
        self.log = log
        self.at = number - log.rows[0][SEQ]
        self.row = log.rows[self.at]
        before = max((kept for kept in log.kept if kept.size < number), key=lambda kept: kept.size, default=None)
        self.tree = Frontier.from_bytes(before.size, before.frontier) if before else Frontier()
        self.head = log.rows[self.tree.size - 1][HASH] if self.tree.size else log.log_id
        self.until = min((kept.size for kept in log.kept if kept.size >= number), default=log.newest)
        self.kept = [kept for kept in log.kept if self.tree.size < kept.size <= self.until]
        self.keys = log.key_chain()

    def found(self, column: int, value: object) -> Finding | None:
        """Verify it with another value, as an incremental verification does; as a whole where rows change places."""
        row = (*self.row[:column], value, *self.row[column + 1 :])
        rows = [*self.log.rows[: self.at], row, *self.log.rows[self.at + 1 :]]
        if column == SEQ or (column < BODY and self.row[TYPE] == AuditType.SIGNING_KEY.value):
            tampered = self.log.copy()
            tampered.rows = sorted(rows, key=lambda one: one[SEQ])
            return tampered.verified()
        verifier = Verifier(self.log.log_id, self.head, self.tree, Lookup(rows), self.keys, self.kept)
        verifier.feed(rows[self.tree.size : self.until + 1])
        return verifier.end()


def _values(column: int, row: Row) -> Iterator[object]:
    """Give what a column holds after each of its bits was flipped."""
    value = row[column]
    if value is None:
        return
    if column in (SEQ, AT, HOTFIX):
        for bit in range(64):
            flipped = value ^ (1 << bit)
            yield flipped - (1 << 64) if flipped >= 1 << 63 else flipped
        return
    data = value if column in (BODY, HASH) else value.encode()
    for bit in range(8 * len(data)):
        flipped_data = bytearray(data)
        flipped_data[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped_data) if column in (BODY, HASH) else flipped_data.decode("utf-8", "surrogateescape")


def _right(column: int, number: int) -> Right:
    if column == SEQ:
        return right(Break.REORDERED, first=number)
    if column in (BODY, HASH):
        return right(Break.CHANGED, first=number, width=2)
    return right(Break.COLUMN, first=number)
