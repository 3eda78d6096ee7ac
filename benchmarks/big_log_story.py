"""What happens in the office whose log :mod:`benchmarks.big_log` makes: hotfixes, and everyday life around them."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from hotfix_desktop.core.audit import AuditResult, AuditType

BLOCK = 250
"""Entries from one hotfix to the next: 20,000 of them in five million entries."""
PROGRAM = "Hotfix Desktop"
OWNERS = ("ann", "bob", "i.koval", "m.garcia", "t.nguyen", "Zoë")
AREAS = ("Invoice", "Portal", "Case", "Order", "Lead", "Contact", "Price", "Campaign", "Import", "Dashboard")
PARTS = ("Page", "Core", "Rules", "Mobile", "Api", "Report", "Mail", "Sync", "Base", "Client")
PACKAGES = tuple(f"{prefix}{area}{part}" for prefix in ("Usr", "Crt") for area in AREAS for part in PARTS)
REASONS = (
    "VAT is rounded wrongly on invoices",
    "Portal users cannot log in after the update",
    "Nightly import stops at empty phone numbers",
    "Price list shows last year's prices",
    "Case queue does not refresh",
    "E-mail templates lose their attachments",
    "Dashboard times out for regional managers",
    "Duplicate search misses company suffixes",
    "Größe der Anhänge wird falsch geprüft",
    "Дашборд не відкривається",
)
SUCCESS, FAILURE, DENIED = (result.value for result in AuditResult)
Happening = tuple[int, str, str, str, str, str, str, str, str, str, str, str, int | None]
"""Microseconds late, boot, type, result, owner, address, package, its identifier, description, reason, ticket,
detail, number of the hotfix."""
BACK_US = -2 * 3_600_000_000
BACK_EVERY = 400
"""One block of so many happened while the clock was set back by so much."""


@dataclass(frozen=True, slots=True)
class Window:
    """A hotfix; ``opened`` and ``closed`` are places of its first and last entry, counted from 0.

    Attributes:
        late: what its clock was off, microseconds.
    """

    number: int
    package: str
    reason: str
    ticket: str
    opened_by: str
    closed_by: str
    opened: int
    closed: int
    minutes: int
    extended: int
    ending: str
    attempts: int
    late: int


def uid_of(package: str) -> str:
    """Give a package's identifier."""
    return hashlib.md5(package.encode(), usedforsecurity=False).hexdigest() if package else ""


UIDS = {package: uid_of(package) for package in ("", *PACKAGES)}


def happenings(
    entries: int, log_id: bytes, chance: random.Random, windows: list[Window], block: int = BLOCK
) -> Iterator[Happening]:
    """Tell the story; each hotfix is added to ``windows`` as it comes. A block has at least 20 entries."""
    for start in range(0, entries, block):
        number = start // block + 1
        late = BACK_US if number % BACK_EVERY == 0 else 0
        boot = f"boot-{start // 25_000}"
        told = dict(_hotfix(number, start, block, chance, windows)) if start + block <= entries else {}
        picks = chance.choices(_ROUTINE, _WEIGHTS, k=block)
        digits = chance.getrandbits(64)
        for place in range(min(block, entries - start)):
            found = told.get(place) or picks[place](start + place, digits >> (place % 48))
            kind, result, owner, package, said, reason, ticket, detail, hotfix = found
            if start + place == 0:
                kind, owner, package, result = AuditType.WORKSPACE_CREATED.value, "ann", "", SUCCESS
                said, detail = "ann created the workspace Production", json.dumps({"log_id": log_id.hex()})
            address = f"10.0.4.{17 + len(owner)}"
            yield late, boot, kind, result, owner, address, package, UIDS[package], said, reason, ticket, detail, hotfix


_Told = tuple[str, str, str, str, str, str, str, str, int | None]


def _hotfix(
    number: int, start: int, block: int, chance: random.Random, windows: list[Window]
) -> Iterator[tuple[int, _Told]]:
    package, owner = chance.choice(PACKAGES), chance.choice(OWNERS)
    reason = chance.choice(REASONS)
    ticket = f"INC-{4000 + number}" if chance.random() < 0.7 else ""
    fate = chance.random()
    extended, relocked, failed = fate < 0.15, 0.1 < fate < 0.3, 0.25 < fate < 0.3
    opened = 2 + chance.randrange(block // 10)
    granted = block // 4  # half an hour where a block has 250 entries
    minutes = max(1, granted * 31_557_600 // 60_000_000)
    due = opened + granted * (1 + extended)
    closed = due + (4 if failed else 0) if relocked else opened + 3 + chance.randrange(max(1, due - opened - 4))

    def told(
        kind: AuditType, said: str, by: str = owner, result: str = SUCCESS, **detail: object
    ) -> tuple[str, str, str, str, str, str, str, str, int | None]:
        facts = json.dumps(detail, sort_keys=True) if detail else ""
        return kind.value, result, by, package, said, reason, ticket, facts, number

    yield (
        opened,
        told(AuditType.UNLOCK_REQUESTED, f"Unlock for {minutes} minutes requested: {reason}", minutes=minutes),
    )
    yield opened + 1, told(AuditType.UNLOCKED, f"Unlocked for hotfix: {reason}")
    if extended:
        said = f"Extended by {minutes} minutes: {reason}"
        yield opened + 2, told(AuditType.EXTENDED, said, minutes=minutes)
    if failed:
        said = "Could not be locked and is tried again: descriptor.json belongs to another user."
        yield due, told(AuditType.RELOCK_FAILED, said, PROGRAM, FAILURE)
    if relocked:
        said = f"Locked by itself at the end of its time{', 126 seconds late' if failed else ''}: {reason}"
        yield closed, told(AuditType.RELOCKED, said, PROGRAM, ending="relocked", overdue_seconds=126 * failed)
    else:
        yield closed, told(AuditType.LOCKED, f"Locked after hotfix: {reason}", ending="locked", overdue_seconds=0)
    if 0.28 < fate < 0.35:
        said = f"Changed after it was locked: 1 file changed: Schemas/{package}/{package}.cs"
        yield closed + 1, told(AuditType.CHANGED_AFTER_RELOCK, said, PROGRAM, FAILURE)
    if 0.5 < fate < 0.55:
        yield closed + 1, told(AuditType.HOTFIX_REVIEWED, f"Reviewed the hotfix of {owner}", "cleo")
    windows.append(
        Window(
            number,
            package,
            reason,
            ticket,
            owner,
            PROGRAM if relocked else owner,
            start + opened,
            start + closed,
            minutes * (1 + extended),
            minutes * extended,
            "relocked" if relocked else "locked",
            int(failed),
            BACK_US if number % BACK_EVERY == 0 else 0,
        )
    )


def _everyday(kind: AuditType, said: str, by: str, package: str, result: str = SUCCESS, detail: str = "") -> _Told:
    return kind.value, result, by, package, said, "", "", detail, None


def _opened(seq: int, digits: int) -> _Told:
    owner = OWNERS[digits % 6]
    return _everyday(AuditType.WORKSPACE_OPENED, f"{owner} opened the workspace Production", owner, "")


def _closed(seq: int, digits: int) -> _Told:
    owner = OWNERS[digits % 6]
    return _everyday(AuditType.WORKSPACE_CLOSED, f"{owner} closed the workspace Production", owner, "")


def _read(seq: int, digits: int) -> _Told:
    return _everyday(AuditType.AUDIT_OPENED, "cleo opened the audit log", "cleo", "")


def _refused(seq: int, digits: int) -> _Told:
    owner, package = OWNERS[digits % 6], PACKAGES[digits % 200]
    said = f"Refused: unlock {package}. {owner} may not unlock packages: only members of System administrators may."
    return _everyday(AuditType.UNLOCK_REQUESTED, said, owner, package, DENIED)


def _found(seq: int, digits: int) -> _Told:
    package = PACKAGES[digits % 200]
    said = f"Changed while it was closed: {1 + digits % 7} files changed: Schemas/{package}/metadata{seq % 997}.json"
    return _everyday(AuditType.DRIFT_FOUND, said, PROGRAM, package, FAILURE, f'{{"files": {1 + digits % 7}}}')


def _gone(seq: int, digits: int) -> _Told:
    package = PACKAGES[digits % 200]
    return _everyday(AuditType.DRIFT_GONE, "As it was when it was closed: nothing differs any more", PROGRAM, package)


def _tidied(seq: int, digits: int) -> _Told:
    package = PACKAGES[digits % 200]
    said = f"Closed again: Files/cs/{package}_{seq % 9973}.cs could be written by everybody"
    return _everyday(AuditType.RECONCILED, said, PROGRAM, package)


def _set(seq: int, digits: int) -> _Told:
    said = f"PackageHotfixTimeout changed from {20 + digits % 20} to {21 + digits % 20}"
    return _everyday(AuditType.SETTING_CHANGED, said, OWNERS[digits % 2], "", detail=f'{{"old": "{20 + digits % 20}"}}')


def _restarted(seq: int, digits: int) -> _Told:
    return _everyday(AuditType.GUARD_RESTARTED, f"The guard was started again after {seq % 3571} seconds", PROGRAM, "")


_ROUTINE = (_opened, _closed, _read, _refused, _found, _gone, _tidied, _set, _restarted)
_WEIGHTS = (20, 20, 8, 2, 14, 14, 20, 1, 1)
