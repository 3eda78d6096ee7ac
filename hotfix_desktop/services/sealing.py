"""Sealing: a signed checkpoint of the log, kept in the database and copied to every anchor.

It comes after what it follows, in a transaction of its own, and raises nothing: a log that cannot be signed now is
signed later, and neither an unlock nor a lock waits for that, nor longer than a second for other programs and slow
anchors. Why it could not be is remembered, logged, and entered once. The first key is made at the first seal, which
follows the protecting of a folder, and in a database of an earlier version the first beat: one way for both.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.checkpoints import Checkpoint, SignedNote, encoded_key, fingerprint, origin_of, parse_note
from hotfix_desktop.core.clock import Moment, from_microseconds, to_microseconds
from hotfix_desktop.core.errors import Busy, HotfixError, StoreError
from hotfix_desktop.services.announcements import announced_keys
from hotfix_desktop.services.log_tree import NotSigned, grow, tree_at_end
from hotfix_desktop.services.signing_keys import key_in_force
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.checkpoints import StoredCheckpoint

log = logging.getLogger(__name__)

EVERY_ENTRIES = 256
EVERY = timedelta(minutes=15)
GROW_SECONDS = 0.05
"""What a beat spends on reading an old log that was never sealed."""
BUSY_SECONDS = 0.5
"""How long a seal waits for another program's transaction; a lock that came before is recorded by then."""
ANCHOR_SECONDS = 0.5
"""How long a seal waits for all anchors together; what takes longer goes on without it."""
RETRY = timedelta(minutes=1)
"""How long after a failure it is not tried again: a keyring may ask its user each time."""


def seal(bench: Workbench, now: Moment | None = None) -> SignedNote | None:
    """Sign the log as it is now; None where that is not possible, or not wanted. Raises nothing of the world."""
    at = now or bench.clock.now()
    return _guarded(bench, at, lambda: _tried(bench, at, lambda last: True))


def seal_if_due(bench: Workbench, now: Moment | None = None) -> SignedNote | None:
    """Seal when 256 entries came since the last checkpoint, or 15 minutes passed on either clock.

    Cheap when nothing is due: each beat may ask. Raises nothing of the world.
    """
    at = now or bench.clock.now()
    return _guarded(bench, at, lambda: _tried_if_due(bench, at))


def _guarded(bench: Workbench, now: Moment, work: Callable[[], SignedNote | None]) -> SignedNote | None:
    """Do it; whatever it raises, also for a bug or nonsense in the database, stops no lock, and is heard of."""
    try:
        return work()
    except Exception as error:
        log.exception("the audit log could not be signed")
        bench.seals.trouble = f"The audit log could not be signed: {type(error).__name__}: {error}"
        bench.seals.retry_us = now.boot_us + RETRY // timedelta(microseconds=1)
        return None


def _tried_if_due(bench: Workbench, at: Moment) -> SignedNote | None:
    try:
        if not bench.seals.is_on or bench.store.administration.workspace() is None:
            return None
        if not _is_due(bench, at, bench.store.checkpoints.last()):
            return None
        if not grow(bench, GROW_SECONDS):
            return None  # the next beat reads on
    except (StoreError, NotSigned) as error:
        _remember(bench, error, at)
        return None
    return _tried(bench, at, lambda last: _is_due(bench, at, last))


@dataclass(frozen=True, slots=True)
class SigningFacts:
    """What the settings and the badge say of the signing.

    Attributes:
        place: where the private key is kept, for people; empty where nothing is signed, or somebody else has it.
        fingerprint: of the public key in force; empty before the first.
        public: it as C2SP verifiers take it; empty before the first.
        trouble: why the log could not be signed the last time.
        signed_upto: how many entries the newest checkpoint covers.
    """

    place: str = ""
    fingerprint: str = ""
    public: str = ""
    trouble: str = ""
    signed_upto: int = 0


def signing_facts(bench: Workbench) -> SigningFacts:
    """Give what is known of the signing. Raises ``StoreError``."""
    record = bench.store.administration.workspace()
    last = bench.store.checkpoints.last()
    keys = announced_keys(bench.store) if record is not None else []
    places = {place.where: place.name for place in bench.seals.key_places()}
    if record is None or not keys:
        first = next(iter(places.values()), "")
        return SigningFacts(first, trouble=bench.seals.trouble)
    return SigningFacts(
        places.get(keys[0].where, ""),
        fingerprint(keys[0].public),
        encoded_key(origin_of(record.log_id), keys[0].public),
        bench.seals.trouble,
        last.size if last else 0,
    )


def key_place(bench: Workbench) -> str:
    """Give where the private key in force is kept, for people; empty where that is not here. Raises ``StoreError``."""
    return signing_facts(bench).place


def _tried(bench: Workbench, now: Moment, is_wanted: Callable[[StoredCheckpoint | None], bool]) -> SignedNote | None:
    if not bench.seals.is_on or 0 < bench.seals.retry_us - now.boot_us <= RETRY // timedelta(microseconds=1):
        return None
    try:
        if bench.store.administration.workspace() is None:
            return None
        with bench.store.waiting_at_most(BUSY_SECONDS):
            note = _sealed(bench, now, is_wanted)
        if note is not None:
            copy_to_anchors(bench, note.note())
    except HotfixError as error:
        _remember(bench, error, now)
        return None
    return note


def _sealed(bench: Workbench, now: Moment, is_wanted: Callable[[StoredCheckpoint | None], bool]) -> SignedNote | None:
    key = key_in_force(bench, now)
    with bench.store.transaction():
        record = bench.store.administration.workspace()
        if record is None or not is_wanted(bench.store.checkpoints.last()):
            return None  # another program was faster
        if [told.public for told in announced_keys(bench.store)] != [key.public]:
            raise Busy("Another program has just announced a signing key.", "Try again in a moment.")
        tree, head = tree_at_end(bench)
        note = key.sign(Checkpoint(record.log_id, tree.size, tree.root(), head, now.utc))
        number = bench.store.checkpoints.add(tree.size, note.note(), tree.to_bytes())
    seals = bench.seals
    seals.tree, seals.trouble, seals.retry_us, seals.is_behind = None, "", 0, False
    seals.seen = (number, to_microseconds(now.utc), now.boot_us)
    return note


def copy_to_anchors(bench: Workbench, note: str) -> None:
    """Add a note to every anchor that can be reached; what it missed before is in this one, too.

    One that is slow is written on a thread of its own and not waited for any more after half a second in all. Raises
    ``StoreError`` only.
    """
    settings = bench.store.administration.settings()
    newest = bench.store.ledger.newest()
    until = time.monotonic() + ANCHOR_SECONDS
    for anchor in bench.seals.anchors(settings.anchor_folder, settings.anchor_journal, newest):
        try:
            anchor.write(note, max(0.0, until - time.monotonic()))
        except HotfixError as error:
            log.info("%s did not get a checkpoint: %s", anchor.name, error)


def _is_due(bench: Workbench, now: Moment, last: StoredCheckpoint | None) -> bool:
    newest, _ = bench.store.ledger.end()
    if last is None or bench.seals.is_behind:
        return newest > 0
    if newest - last.size >= EVERY_ENTRIES:
        return True
    seals = bench.seals
    if seals.seen[0] != last.number:
        try:
            at = to_microseconds(parse_note(last.note).checkpoint.at)
        except (ValueError, TypeError, AttributeError):
            return True
        seals.seen = (last.number, at, now.boot_us)
    _, made, boot_us = seals.seen
    waited = max(abs(now.utc - from_microseconds(made)), timedelta(microseconds=now.boot_us - boot_us))
    return waited >= EVERY


def _remember(bench: Workbench, error: HotfixError, now: Moment) -> None:
    """Keep why the log is not signed, and enter it once for each kind."""
    if isinstance(error, Busy) or (isinstance(error, StoreError) and "locked" in error.details):
        bench.seals.is_behind = True  # the next beat does it
        log.info("the audit log is signed a little later: %s", error)
        return
    seals = bench.seals
    seals.retry_us = now.boot_us + RETRY // timedelta(microseconds=1)
    if seals.trouble == error.sentence:
        return
    seals.trouble = error.sentence
    log.warning("the audit log could not be signed: %s (%s)", error, error.details)
    if isinstance(error, StoreError):
        return  # nothing can be entered either
    try:
        with bench.store.waiting_at_most(BUSY_SECONDS), bench.store.transaction():
            before = bench.store.ledger.last(AuditType.SIGNING_KEY)
            text = f"The audit log is not signed: {error.sentence}"
            if before is None or (before.event.result, before.event.description) != (AuditResult.FAILURE, text):
                bench.enter(bench.event(AuditType.SIGNING_KEY, text, result=AuditResult.FAILURE, by_program=True))
    except StoreError as second:
        log.info("that could not be entered: %s", second)
