"""The Merkle tree of RFC 6962, section 2.1, over the leaf hashes of the audit log.

An inner node is SHA-256(0x01 ‖ left ‖ right), a leaf SHA-256(0x00 ‖ body) (see ``core/audit.py``), and the
tree over nothing SHA-256 of nothing. A :class:`Frontier` keeps of a tree of any size only the roots of its
complete subtrees, at most 64, which is all that growing it and telling its root needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree: its size, and the roots of its complete subtrees from the largest (leftmost) on.

    There is one subtree for each 1 in the binary size, of that power of two.
    """

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        """Take up a tree; raises ``ValueError`` when the roots are not those of a tree of this size."""
        if size < 0 or len(roots) != size.bit_count() or any(len(root) != HASH_BYTES for root in roots):
            raise ValueError("the roots do not fit the size of the tree")
        self.size = size
        self._roots = list(roots)

    def append(self, leaf: bytes) -> None:
        """Add the next leaf hash."""
        node = leaf
        size = self.size
        while size & 1:
            node = node_hash(self._roots.pop(), node)
            size >>= 1
        self._roots.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in their order; much faster than one by one where there are many."""
        waiting = list(leaves)
        at = 0
        while at < len(waiting):
            # The largest complete subtree that may follow here, level by level: no Python call for each node.
            room = len(waiting) - at
            width = 1 << (room.bit_length() - 1)
            if self.size:
                width = min(width, self.size & -self.size)
            if width == 1:
                self.append(waiting[at])
                at += 1
                continue
            self._add_subtree(subtree_root(waiting[at : at + width]), width)
            at += width

    def _add_subtree(self, node: bytes, width: int) -> None:
        size = self.size
        step = width
        while size & step:
            node = node_hash(self._roots.pop(), node)
            size ^= step
            step <<= 1
        self._roots.append(node)
        self.size += width

    def root(self) -> bytes:
        """Give the Merkle tree hash."""
        if not self._roots:
            return EMPTY_ROOT
        node = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            node = node_hash(left, node)
        return node

    def copy(self) -> Frontier:
        """Give the same tree, to be grown apart."""
        return Frontier(self.size, self._roots)

    def to_bytes(self) -> bytes:
        """Give the roots one after another; the size says how they stand."""
        return b"".join(self._roots)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """Take up what :meth:`to_bytes` gave; raises ``ValueError`` when it does not fit the size."""
        if len(data) % HASH_BYTES:
            raise ValueError("the roots do not fit the size of the tree")
        return cls(size, [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)])


def subtree_root(nodes: Sequence[bytes]) -> bytes:
    """Give the root over a power of two of nodes."""
    sha256 = hashlib.sha256
    level = list(nodes)
    while len(level) > 1:
        pairs = iter(level)
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Give the Merkle tree hash of leaf hashes."""
    tree = Frontier()
    tree.extend(leaves)
    return tree.root()


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Give the audit path of the leaf at ``index`` (from 0), from its sibling upwards (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError("there is no such leaf")
    return list(_path(index, leaves))


def _path(index: int, leaves: Sequence[bytes]) -> Iterator[bytes]:
    count = len(leaves)
    if count == 1:
        return
    split = 1 << ((count - 1).bit_length() - 1)
    if index < split:
        yield from _path(index, leaves[:split])
        yield root_of(leaves[split:])
    else:
        yield from _path(index - split, leaves[split:])
        yield root_of(leaves[:split])


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Give the root that an audit path leads to (RFC 9162, 2.1.3.2); raises ``ValueError`` where it cannot be one."""
    if not 0 <= index < size:
        raise ValueError("the leaf lies outside of the tree")
    node, last = index, size - 1
    result = leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the path is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(result, sibling)
        node >>= 1
        last >>= 1
    if last:
        raise ValueError("the path is too short")
    return result
