"""The proof of an evidence bundle: for all entries that are not in it together the fewest hashes that lead to the root.

One path of hashes for each entry would repeat most of them: here a subtree without any entry of the bundle is one
hash, and what the entries themselves give is not written at all. Which hashes these are follows from the numbers of
the entries, so that only the hashes stand there, level by level from the leaves on, and in each level in order.
The last entry of each checkpoint that is in the bundle counts as one of it, which proves, too, that the log was only
added to between checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotfix_desktop.core.merkle import Frontier, node_hash

BLOCK = 256
"""Leaves that are taken together where none or all of them are marked."""
_LEVEL = BLOCK.bit_length() - 1


class Marks:
    """A set of places, one bit each."""

    def __init__(self, size: int) -> None:
        """Hold places below this one."""
        self._bits = bytearray((size + 7) // 8 + BLOCK // 8)

    def add(self, place: int) -> None:
        """Add a place."""
        self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, place: int) -> bool:
        """Whether it is there."""
        return bool(self._bits[place >> 3] >> (place & 7) & 1)

    def of_block(self, place: int) -> int:
        """Give the bits of the 256 places from this one on, which is a multiple of 8."""
        return int.from_bytes(self._bits[place >> 3 : (place + BLOCK) >> 3], "little")


_ALL = (1 << BLOCK) - 1
_Node = tuple[bytes, bool]


class Prover:
    """Grows the tree over a log and gathers the hashes of what is not marked.

    Attributes:
        size: how many leaves it has.
        leaves: the hashes of the leaves that were asked for.
    """

    def __init__(self, beginning: Frontier, marks: Marks, wanted: Sequence[int] = ()) -> None:
        """Start after an archived prefix; ``wanted`` are the places of leaves whose hash has to be written."""
        self.size = beginning.size
        self.leaves: dict[int, bytes] = dict.fromkeys(sorted(wanted), b"")
        self._marks = marks
        self._proof: list[bytearray] = [bytearray() for _ in range(65)]
        data = beginning.to_bytes()
        levels = [level for level in range(64, -1, -1) if self.size >> level & 1]
        # Subtrees from the largest on: level, hash, and whether anything in it is marked.
        self._roots: list[tuple[int, _Node]] = [
            (level, (data[at * 32 : at * 32 + 32], False)) for at, level in enumerate(levels)
        ]

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add the next leaf hashes."""
        at = 0
        for place in self.leaves:
            if self.size <= place < self.size + len(leaves):
                self.leaves[place] = leaves[place - self.size]
        while at < len(leaves):
            if self.size % BLOCK or len(leaves) - at < BLOCK:
                self._add(0, (leaves[at], self.size in self._marks), 1)
                at += 1
            else:
                self._add_block(leaves[at : at + BLOCK])
                at += BLOCK

    def root(self) -> bytes:
        """Give the root; nothing can be added afterwards."""
        node = self._roots.pop()[1]
        while self._roots:
            level, left = self._roots.pop()
            node = self._joined(level, left, node)
        return node[0]

    def hashes(self) -> list[bytes]:
        """Give the hashes of the proof: leaves that were wanted, then level by level; call :meth:`root` before."""
        found = list(self.leaves.values())
        for level in self._proof:
            found += [bytes(level[at : at + 32]) for at in range(0, len(level), 32)]
        return found

    def _add_block(self, leaves: Sequence[bytes]) -> None:
        bits = self._marks.of_block(self.size)
        level: list[_Node]
        if bits == 0 or bits == _ALL:
            tree = Frontier()
            tree.extend(leaves)
            self._add(_LEVEL, (tree.root(), bits != 0), BLOCK)
            return
        level = [(leaf, bool(bits >> at & 1)) for at, leaf in enumerate(leaves)]
        for height in range(_LEVEL):
            pairs = iter(level)
            level = [self._joined(height, left, right) for left, right in zip(pairs, pairs, strict=True)]
        self._add(_LEVEL, level[0], BLOCK)

    def _add(self, level: int, node: _Node, width: int) -> None:
        while self._roots and self._roots[-1][0] == level:
            node = self._joined(level, self._roots.pop()[1], node)
            level += 1
        self._roots.append((level, node))
        self.size += width

    def _joined(self, level: int, left: _Node, right: _Node) -> _Node:
        if left[1] != right[1]:
            self._proof[level] += left[0] if right[1] else right[0]
        return node_hash(left[0], right[0]), left[1] or right[1]
