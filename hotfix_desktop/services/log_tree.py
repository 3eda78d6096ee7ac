"""The Merkle tree over the audit log at its end, grown from the last checkpoint on.

An old log that was never sealed may have millions of entries. Reading them takes many seconds, so a beat does it
a little at a time, and nothing is signed until then.
"""

from __future__ import annotations

import time

from hotfix_desktop.core.anchoring import Judgement
from hotfix_desktop.core.audit import leaf_hash
from hotfix_desktop.core.checkpoints import parse_note
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.services.findings import NEWEST_OWN, own_break
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.checkpoints import StoredCheckpoint

AT_ONCE = 4096
"""Entries that may be read while a transaction waits, some 10 ms."""
PART = 1024


class NotSigned(HotfixError):
    """The log cannot be signed now."""


def tree_at_end(bench: Workbench) -> tuple[Frontier, bytes]:
    """Give the tree over all entries and the chain hash of the newest; call it inside a transaction.

    Raises ``NotSigned`` for a log with a gap, or of which more has to be read than fits into a transaction.
    """
    newest, head = bench.store.ledger.end()
    tree = _begun(bench, newest)
    if newest - tree.size > AT_ONCE:
        raise NotSigned(f"The log is being read before it is signed: {tree.size:,} of {newest:,} entries.")
    while tree.size < newest:
        _add(bench, tree)
    return tree, head


def grow(bench: Workbench, seconds: float) -> bool:
    """Read on for so long at most; whether :func:`tree_at_end` is near enough now."""
    newest, _ = bench.store.ledger.end()
    tree = _begun(bench, newest)
    until = time.monotonic() + seconds
    while newest - tree.size > AT_ONCE and time.monotonic() < until:
        _add(bench, tree)
    bench.seals.tree = tree
    return newest - tree.size <= AT_ONCE


def _begun(bench: Workbench, newest: int) -> Frontier:
    """Give the largest tree that is known and is no larger than the log; the caller may grow it."""
    archive = bench.store.archives.last()
    tree = _of_checkpoints(bench, newest)
    known = bench.seals.tree
    if known is not None and (tree.size if tree else 0) < known.size <= newest:
        tree = known.copy()
    if archive is not None and (tree is None or tree.size < archive.last):
        try:
            tree = Frontier.from_bytes(archive.last, archive.frontier)
        except ValueError as error:
            raise NotSigned(f"The record of the archive up to entry {archive.last:,} is damaged.") from error
    return tree if tree is not None else Frontier()


def _of_checkpoints(bench: Workbench, newest: int) -> Frontier | None:
    """Give the tree of the newest checkpoint that is good; None when none of the newest is.

    Raises ``NotSigned`` when one contradicts the log and nobody has settled that: nothing is signed over a break.
    """
    record = bench.store.administration.workspace()
    judged = own_break(bench.store, record.log_id) if record is not None else Judgement()
    if judged.refuses and judged.finding is not None:
        raise NotSigned(judged.finding.sentence, "Verify the audit log; what was found has to be acknowledged.")
    stored = bench.store.checkpoints.within(newest)
    for _ in range(NEWEST_OWN):
        if stored is None:
            break
        tree = _of_checkpoint(stored, bench.store.ledger.hash_of(stored.size))
        if tree is not None:
            return tree
        stored = bench.store.checkpoints.get(stored.number - 1)
    return None


def _of_checkpoint(stored: StoredCheckpoint, head: bytes | None) -> Frontier | None:
    """Give its tree; None when that does not lead to the root that was signed, or the entry is not the one."""
    try:
        tree = Frontier.from_bytes(stored.size, stored.frontier)
        signed = parse_note(stored.note).checkpoint
        is_good = (signed.size, signed.root, signed.head) == (stored.size, tree.root(), head)
    except (ValueError, TypeError, AttributeError):
        return None
    return tree if is_good else None


def _add(bench: Workbench, tree: Frontier) -> None:
    part = bench.store.ledger.bodies(tree.size, PART)
    if not part or part[0][0] != tree.size + 1 or part[-1][0] != tree.size + len(part):
        raise NotSigned(f"Of the entries after {tree.size:,} some are missing.", "Verify the audit log.")
    tree.extend(leaf_hash(body) for _, body in part)
