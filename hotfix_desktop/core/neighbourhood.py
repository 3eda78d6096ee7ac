"""What happened where a chain breaks: told from the rows around it.

At the first row that does not follow the one before, the original entries are looked for, each by the hash that
it must have after the one before it. Because a hash binds a body *with* its number, an entry is found again where
it stands with another number: it was moved when its place is elsewhere, something was put in front of it when all
that follows moved with it, and what is not found anywhere is missing or was changed. The number inside a body is
tried as it stands and as it must have been, so that it does not matter whether somebody renumbered the rows.

One thing cannot be told: where a body does not have its hash, either it was changed, or the entry before it and
that one's hash were. Then both numbers are given, unless a checkpoint ends between them or the columns of one of
them say which it is. Who recomputes a run of hashes and stops is told at the place where he stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hotfix_desktop.core.audit import chain_hash
from hotfix_desktop.core.log_rows import (
    BODY,
    HASH,
    SEQ,
    Around,
    Row,
    copies,
    fits_columns,
    follows,
    leaf_of,
    number_in,
    renumbered,
    same_but_number,
)
from hotfix_desktop.core.merkle import HASH_BYTES
from hotfix_desktop.core.verdict import Break, Finding

AHEAD = 256
"""Rows that are looked at on either side."""
NEAR = 8
"""How many entries in a row may have been put in or taken out for it to be told by their hashes."""


@dataclass(slots=True)
class Spot:
    """Where a chain breaks.

    Attributes:
        number: the number that the next entry must have.
        head: the hash that it must follow.
        good: how many entries are proven by a checkpoint, or by where the log begins.
        around: the rows.
        heads: the sizes of the signed checkpoints, by their chain hash.
    """

    number: int
    head: bytes
    good: int
    around: Around
    heads: Mapping[bytes, int]
    rows: Sequence[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = self.around.rows(self.number - AHEAD, self.number + AHEAD)

    def at(self, number: int) -> Row | None:
        """Give the row with a number."""
        return next((row for row in self.rows if row[SEQ] == number), None)

    def after(self, number: int) -> Row | None:
        """Give the first row after a number."""
        return next((row for row in self.rows if row[SEQ] > number), None)

    def original(self, number: int, head: bytes, expected: int) -> Row | None:
        """Find entry ``number`` by the hash before it, first at the place ``expected``."""
        first = self.at(expected)
        if first is not None and _is_original(first, number, head):
            return first
        return next((row for row in self.rows if _is_original(row, number, head)), None)

    def elsewhere(self, number: int, but: int) -> list[Row]:
        """Give rows that say that they are entry ``number``, without the row ``but``."""
        return [row for row in self.around.holding(number) if row[SEQ] != but]


def told(row: Row, spot: Spot) -> Finding:
    """Say what happened at ``row``, the first that is not the entry ``spot.number``."""
    if not isinstance(row[SEQ], int) or row[SEQ] < spot.number:
        return _stray(row, spot)
    number = spot.number
    original = spot.original(number, spot.head, number)
    if original is not None and original[SEQ] == number == row[SEQ]:
        return _changed(number, number, f"The number inside entry {number} was changed.")
    if row[SEQ] > number:
        found = original or next(iter(spot.elsewhere(number, -1)), None)
        if found is not None:
            return _moved(number, found[SEQ])
        return _missing(number, row[SEQ] - number)
    if original is not None:
        return _foreign(row, spot, number, original)
    for first in range(number - 1, max(spot.good, number - 1 - NEAR), -1):
        before, foreign = spot.at(first - 1), spot.at(first)
        if before is not None and foreign is not None and _is_original(row, first, before[HASH]):
            if same_but_number(foreign[BODY], row[BODY]):
                return Finding(Break.DUPLICATED, number, number, f"Entry {number} is a copy of entry {first}.")
            return _foreign(foreign, spot, first, row)
    return _displaced(row, spot) or _altered(row, spot)


def _stray(row: Row, spot: Spot) -> Finding:
    """A row before the beginning."""
    number = number_in(row[BODY])
    others = spot.elsewhere(number, row[SEQ]) if number > 0 else []
    if number >= spot.number and not others:
        return _moved(number, row[SEQ])
    kind = Break.DUPLICATED if any(same_but_number(row[BODY], other[BODY]) for other in others) else Break.INSERTED
    return Finding(kind, row[SEQ], row[SEQ], f"An entry stands before the first one, with the number {row[SEQ]}.")


def _foreign(row: Row, spot: Spot, number: int, original: Row) -> Finding:
    """The original entry of this number stands elsewhere, and ``row`` in its place."""
    copied = copies(row, spot.rows)
    inside = number_in(row[BODY])
    if inside != number:
        copied += [other for other in spot.elsewhere(inside, row[SEQ]) if same_but_number(row[BODY], other[BODY])]
    if copied:
        return Finding(
            Break.DUPLICATED, number, number, f"Entry {number} is a copy of another one, at number {copied[0][SEQ]}."
        )
    if _is_one_of_the_log(row, spot, number, original):
        return _moved(number, original[SEQ])
    return Finding(Break.INSERTED, number, number, f"Entry {number} was put in between.")


def _is_one_of_the_log(row: Row, spot: Spot, number: int, original: Row) -> bool:
    """Whether a row is an original entry that came from elsewhere: the walk along the chain passes it."""
    inside = number_in(row[BODY])
    if inside > number and not spot.elsewhere(inside, row[SEQ]):
        return True
    found: Row | None = original
    for wanted in range(number + 1, number + 2 * AHEAD):
        assert found is not None
        found = spot.original(wanted, found[HASH], found[SEQ] + 1)
        if found is None or found[SEQ] == row[SEQ]:
            return found is not None
    return False


def _displaced(row: Row, spot: Spot) -> Finding | None:
    """The original entry of this number is not near; ``row`` may be another one."""
    number, inside = spot.number, number_in(row[BODY])
    if inside < 0:
        return None
    sealed_as = spot.heads.get(row[HASH], number) if isinstance(row[HASH], bytes) else number
    if inside != number:
        if any(same_but_number(row[BODY], other[BODY]) for other in spot.elsewhere(inside, row[SEQ])):
            return Finding(Break.DUPLICATED, number, number, f"Entry {number} is a copy of entry {inside}.")
        elsewhere = spot.elsewhere(number, row[SEQ])
        if elsewhere:
            return _moved(number, elsewhere[0][SEQ])
    elif copies(row, spot.rows):
        return Finding(Break.DUPLICATED, number, number, f"Entry {number} is a copy of another one.")
    following = spot.after(number)
    if inside > number and (following is None or number_in(following[BODY]) == inside + 1):
        return _missing(number, inside - number)
    if sealed_as > number:
        return _missing(number, sealed_as - number)
    if following is not None:
        for gone in range(1, NEAR + 1):
            if _is_original(following, number + 1 + gone, row[HASH]):
                return _missing(number, gone)
    # Far from here, or from there to here, with its number rewritten: its hash still has its successor.
    for other in spot.rows:
        if other[SEQ] != number + 1 and _is_original(other, other[SEQ], row[HASH]):
            return _moved(number, other[SEQ] - 1)
    return None


def _altered(row: Row, spot: Spot) -> Finding:
    """The entry is here, but is not what it was."""
    number = spot.number
    computed = _hash_of(row, spot.head)
    following = spot.after(number)
    if computed and (
        (following is not None and following[SEQ] == number + 1 and _is_original(following, number + 1, computed))
        or spot.heads.get(computed) == number
    ):
        return _changed(number, number, f"The stored hash of entry {number} was changed.")
    sentence = f"Entry {number} was changed: its bytes do not have the hash that is stored with them."
    if spot.good >= number - 1 or number_in(row[BODY]) != number or not fits_columns(row):
        return _changed(number, number, sentence)
    sentence = f"Entry {number} or entry {number - 1} was changed: the bytes do not have the hash that is stored."
    return _changed(number - 1, number, sentence)


def _is_original(row: Row, number: int, head: object) -> bool:
    if not isinstance(head, bytes) or not isinstance(row[BODY], bytes):
        return False
    body = row[BODY] if number_in(row[BODY]) == number else renumbered(row[BODY], number)
    return bool(body) and follows(head, body, row[HASH])


def _hash_of(row: Row, head: bytes) -> bytes:
    leaf = leaf_of(row[BODY])
    if not leaf or len(head) != HASH_BYTES:
        return b""
    return chain_hash(head, leaf)


def _changed(first: int, last: int, sentence: str) -> Finding:
    return Finding(Break.CHANGED, first, last, sentence)


def _missing(number: int, count: int) -> Finding:
    what = f"Entry {number} is" if count == 1 else f"Entries {number} to {number + count - 1} are"
    return Finding(Break.MISSING, number, number, f"{what} missing.")


def _moved(number: int, place: int) -> Finding:
    return Finding(Break.REORDERED, number, number, f"The order was changed: entry {number} stands at number {place}.")
