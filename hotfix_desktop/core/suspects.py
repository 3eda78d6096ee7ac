"""What happened where every hash fits, and a signed checkpoint does not: somebody recomputed the chain.

What is known is the signed Merkle root over the original entries, and where its complete subtrees lie. That is
asked whether the entries as they stand lead to it again

* without one of them: it was put in, or is a copy;
* in the order of their clocks: somebody exchanged them;
* with other numbers, in a complete subtree further on: so many entries are missing, or were put in, before it.

A match proves what happened, for nobody finds other entries with the same root. Where nothing matches, entries
were changed, and the range in which that began is the part between the last subtree that fits and the first that
does not; at most the range between two checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotfix_desktop.core.audit import fields_of
from hotfix_desktop.core.log_rows import BODY, SEQ, Around, Row, copies, leaf_of, renumbered
from hotfix_desktop.core.merkle import HASH_BYTES, Frontier, subtree_root
from hotfix_desktop.core.verdict import Break, Finding

MOST = 1024
"""Entries between two checkpoints up to which every single one is tried."""
SHIFTS = (1, 2, 3, 4, -1, -2, -3, -4)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a good signature says of the original entries.

    Attributes:
        tree: the Merkle tree over them, from the working copy beside the note; None when that does not lead to
            the signed root.
    """

    size: int
    root: bytes
    tree: Frontier | None


def sealed(size: int, root: bytes, working_copy: bytes) -> Sealed:
    """Give what a checkpoint says, with its working copy where that is good."""
    try:
        tree = Frontier.from_bytes(size, working_copy)
    except ValueError:
        return Sealed(size, root, None)
    return Sealed(size, root, tree if tree.root() == root else None)


def told(good: Frontier, broken: Sealed, later: Sequence[Sealed], around: Around, last: int) -> Finding:
    """Say what happened between the last good checkpoint and one that does not fit.

    ``good`` is the tree of the last good one, ``last`` the number of the newest entry.
    """
    first, until = _narrowed(good, broken, around)
    upto = f"The entries up to {good.size}" if good.size else "No entry"
    proven = f" {upto} {'are' if good.size else 'is'} proven by a checkpoint before."
    if broken.size - good.size <= MOST:
        found = _told_exactly(good, broken, later, around, last, first)
        if found is not None:
            return found
    shift = _shift([broken, *later], first, around)
    if shift:
        kind, what = (Break.MISSING, "missing from") if shift > 0 else (Break.INSERTED, "put in between")
        count = f"{abs(shift)} {'entry was' if abs(shift) == 1 else 'entries were'}"
        count = count.replace("was", "is").replace("were", "are") if shift > 0 else count
        sentence = f"{count} {what} entries {first} to {until}, and the hashes were recomputed.{proven}"
        return Finding(kind, first, until, sentence)
    if last < broken.size:
        sentence = f"The end of the log is missing: {broken.size} entries were signed, and there are {last}.{proven}"
        return Finding(Break.TRUNCATED, last + 1, last + 1, sentence)
    where = f"Entry {first} was" if first == until else f"An entry from {first} to {until} was"
    return Finding(Break.CHANGED, first, until, f"{where} changed, and the hashes after it were recomputed.{proven}")


def _told_exactly(
    good: Frontier, broken: Sealed, later: Sequence[Sealed], around: Around, last: int, first: int
) -> Finding | None:
    rows = list(around.rows(good.size + 1, broken.size + 1))
    odd = _without_one(good, broken, rows, first)
    if odd is not None and copies(odd, around.rows(1, last) if last < 4 * MOST else rows):
        return _recomputed(Break.DUPLICATED, odd[SEQ], f"Entry {odd[SEQ]} is a copy of another one")
    place = _by_clock(good, broken, list(around.rows(good.size + 1, min(last, broken.size + MOST // 2))))
    # An entry that came from behind the checkpoint looks as if it were put in; but then nothing behind it moved.
    if place and (odd is None or _shift(later, broken.size + 1, around) >= 0):
        return _recomputed(Break.REORDERED, place, f"The order was changed from entry {place} on")
    if odd is not None:
        return _recomputed(Break.INSERTED, odd[SEQ], f"Entry {odd[SEQ]} was put in between")
    return None


def _recomputed(kind: Break, number: int, what: str) -> Finding:
    return Finding(kind, number, number, f"{what}, and the hashes after it were recomputed.")


def _narrowed(good: Frontier, broken: Sealed, around: Around) -> tuple[int, int]:
    """Give the numbers between which the first bad entry lies."""
    first = good.size + 1
    if broken.tree is None or broken.size - good.size > MOST:
        return first, broken.size
    wanted = broken.tree.to_bytes()
    tree = good.copy()
    for count, (start, width) in enumerate(_subtrees(broken.size), 1):
        end = start + width
        if end <= tree.size:
            continue
        rows = around.rows(tree.size + 1, end)
        if len(rows) != end - tree.size:
            return first, broken.size
        tree.extend(leaf_of(row[BODY]) for row in rows)
        if tree.to_bytes() != wanted[: count * HASH_BYTES]:
            return first, end
        first = end + 1
    return min(first, broken.size), broken.size


def _subtrees(size: int) -> Iterator[tuple[int, int]]:
    """Give the complete subtrees of a tree: the number of leaves before each, and how many it has."""
    start = 0
    for bit in range(size.bit_length() - 1, -1, -1):
        width = 1 << bit
        if size & width:
            yield start, width
            start += width


def _without_one(good: Frontier, broken: Sealed, rows: Sequence[Row], first: int) -> Row | None:
    """Find the entry without which the others lead to the root."""
    count = broken.size - good.size
    if len(rows) != count + 1:
        return None
    shifted = [leaf_of(renumbered(row[BODY], row[SEQ] - 1)) for row in rows]
    if not all(shifted):
        return None
    tree = good.copy()
    found = None
    for at, row in enumerate(rows[:count]):
        if row[SEQ] >= first:
            tried = tree.copy()
            tried.extend(shifted[at + 1 :])
            if tried.root() == broken.root:
                found = row  # of copies that follow one another the last one
        tree.append(leaf_of(row[BODY]))
    return found


def _by_clock(good: Frontier, broken: Sealed, rows: Sequence[Row]) -> int:
    """Give the number of the first entry that is out of order; 0 when the clocks do not lead to the root."""
    count = broken.size - good.size
    if len(rows) < count:
        return 0
    try:
        read = [(fields_of(row[BODY]), row) for row in rows]
    except (ValueError, TypeError):
        return 0
    places: dict[str, list[int]] = {}
    for at, (fields, _) in enumerate(read):
        places.setdefault(fields.boot_id, []).append(at)
    # A boot stands where most of its entries do: one that was moved away does not take it along.
    boots = {boot: sorted(found)[len(found) // 2] for boot, found in places.items()}
    for key in (
        lambda pair: (boots[pair[0].boot_id], pair[0].boot_us),
        lambda pair: (pair[0].utc_us,),
    ):
        ordered = [row for _, row in sorted(read, key=key)]
        tree = good.copy()
        tree.extend(leaf_of(renumbered(row[BODY], good.size + 1 + at)) for at, row in enumerate(ordered[:count]))
        if tree.root() == broken.root:
            pairs = zip(rows, ordered, strict=True)
            return next((one[SEQ] for one, other in pairs if one[SEQ] != other[SEQ]), 0)
    return 0


def _shift(later: Sequence[Sealed], first: int, around: Around) -> int:
    """Give by how much the numbers of later entries differ from the original ones; 0 when that cannot be told."""
    for one in later:
        if one.tree is None:
            continue
        roots = one.tree.to_bytes()
        for at, (start, width) in enumerate(_subtrees(one.size)):
            if start + 1 < first or width > MOST:
                continue
            wanted = roots[at * HASH_BYTES : (at + 1) * HASH_BYTES]
            for shift in SHIFTS:
                rows = around.rows(start + 1 - shift, start + width - shift)
                if len(rows) != width:
                    continue
                leaves = [leaf_of(renumbered(row[BODY], row[SEQ] + shift)) for row in rows]
                if all(leaves) and subtree_root(leaves) == wanted:
                    return shift
    return 0
