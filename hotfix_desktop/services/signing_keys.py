"""The key that signs the log: found where it is kept, and replaced by its successor each day.

Order of steps (``performance.md`` B3, point 5): keep the successor in the slot *next* → announce it in the log, with
a note that the old key signs over everything before → put it in the place of the old one, whose secret is gone then
→ empty the slot *next*. Whoever finds in *next* the key that was announced last does the last two steps; any other
secret there was never announced, and is written over.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.checkpoints import Checkpoint, fingerprint, parse_note
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import Busy
from hotfix_desktop.sealing.keys import KeyPlace, KeyTrouble, slot_of
from hotfix_desktop.sealing.signing import SigningKey
from hotfix_desktop.services.announcements import Announced, announced_keys
from hotfix_desktop.services.log_tree import NotSigned, tree_at_end
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

LOCK = "signing-key"
PATIENCE_SECONDS = 1.0
"""How long a process waits for another one that is replacing the key."""
ABSENCE = timedelta(days=1)
"""How long a key that somebody else keeps is waited for before a new chain of keys begins."""


def key_in_force(bench: Workbench, now: Moment) -> SigningKey:
    """Give the key that signs now, after announcing a new one where there is none or its day is over.

    Raises ``KeyTrouble``, ``NotSigned``, ``Busy`` and ``StoreError``. Not inside a transaction: a keyring takes long.
    """
    record = bench.store.administration.workspace()
    if record is None:
        raise NotSigned("This folder is not protected, so there is no log to sign.")
    places = bench.seals.key_places()
    key = _key_of_today(bench, places, record.log_id, now)
    if key is not None:
        return key
    with bench.store.exclusive.holding(LOCK, "the signing key of the audit log", PATIENCE_SECONDS):
        key = _key_of_today(bench, places, record.log_id, now)  # another program was perhaps faster
        return key or _replaced(bench, places, record.log_id, now)


def _key_of_today(bench: Workbench, places: Iterable[KeyPlace], log_id: bytes, now: Moment) -> SigningKey | None:
    told = _last(bench)
    if told is None or told.day != _day(now.utc):
        return None
    found = _find(places, slot_of(log_id, "current"), told.public)
    return found[1] if found else None


def _replaced(bench: Workbench, places: Sequence[KeyPlace], log_id: bytes, now: Moment) -> SigningKey:
    """Bring the place in line with the log, and announce a new key when the one in force is not of today."""
    told = _last(bench)
    old = None
    if told is not None:
        old = _find(places, slot_of(log_id, "next"), told.public)
        if old is not None:
            _promote(old[0], log_id, old[1])  # somebody died before the last step
        else:
            old = _find(places, slot_of(log_id, "current"), told.public)
        if old is not None and told.day == _day(now.utc):
            return old[1]
        if old is None:
            _demand_lost(bench, places, told, now.utc)
    place = old[0] if old else places[0]
    key = SigningKey.new()
    place.keep(slot_of(log_id, "next"), key.secret())
    _announce(bench, log_id, told, old[1] if old else None, key, place, now)
    try:
        _promote(place, log_id, key)
    except KeyTrouble as error:
        log.warning("the old signing key is destroyed later: %s", error)  # the next one finds it in its slot
    return key


def _promote(place: KeyPlace, log_id: bytes, key: SigningKey) -> None:
    place.keep(slot_of(log_id, "current"), key.secret())
    place.destroy(slot_of(log_id, "next"))


def _announce(
    bench: Workbench,
    log_id: bytes,
    told: Announced | None,
    old: SigningKey | None,
    key: SigningKey,
    place: KeyPlace,
    now: Moment,
) -> None:
    epoch = told.epoch + 1 if told else 1
    public = base64.b64encode(key.public).decode("ascii")
    with bench.store.transaction():
        if _last(bench) != told:
            raise Busy("Another program has just announced a signing key.", "Try again in a moment.")
        note = ""
        if old is not None:
            tree, head = tree_at_end(bench)
            last_act = Checkpoint(log_id, tree.size, tree.root(), head, now.utc, (("next-key", public),))
            note = old.sign(last_act).note()
        how = "the key before it signed everything until here" if note else "it has no predecessor"
        if told is not None and not note:
            how = "the key before it is not there any more, so a new chain of keys begins"
        bench.store.ledger.append(
            bench.event(
                AuditType.SIGNING_KEY,
                f"Signed with key {epoch} from here on ({fingerprint(key.public)}); {how}",
                by_program=True,
                epoch=epoch,
                day=_day(now.utc),
                public=public,
                note=note,
                where=place.where,
            ),
            now,
        )


def _demand_lost(bench: Workbench, places: Iterable[KeyPlace], told: Announced, now: datetime) -> None:
    """Raise ``NotSigned`` as long as somebody else may have the key: another person, or the same one elsewhere."""
    if told.where in {place.where for place in places}:
        return
    last = bench.store.checkpoints.last()
    try:
        at = parse_note(last.note).checkpoint.at if last else None
    except (ValueError, TypeError, AttributeError):
        at = None
    if at is not None and abs(now - at) < ABSENCE:
        raise NotSigned(
            "The signing key of the audit log is kept by another user or on another computer.",
            "Open the workspace there; after a day a new key is made here.",
        )


def _find(places: Iterable[KeyPlace], slot: str, public: bytes) -> tuple[KeyPlace, SigningKey] | None:
    """Look for the private key of a public one in every place that answers.

    Raises ``KeyTrouble`` when it is nowhere, and a place did not answer.
    """
    trouble: KeyTrouble | None = None
    for place in places:
        try:
            secret = place.load(slot)
        except KeyTrouble as error:
            trouble = error
            continue
        key = _key(secret)
        if key is not None and key.public == public:
            return place, key
    if trouble is not None:
        raise trouble
    return None


def _key(secret: bytes | None) -> SigningKey | None:
    try:
        return None if secret is None else SigningKey(secret)
    except ValueError:
        return None
    except ImportError as error:
        raise KeyTrouble("The library “cryptography” cannot be loaded.", "Install it again.", str(error)) from error


def _last(bench: Workbench) -> Announced | None:
    return next(iter(announced_keys(bench.store)), None)


def _day(at: datetime) -> str:
    return at.date().isoformat()
