"""Who may read the audit log, and the entries that say it was opened or that somebody was refused.

How it is read stands in :mod:`hotfix_desktop.services.log_reading`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from hotfix_desktop.core.audit import AuditResult, AuditType, Event
from hotfix_desktop.core.clock import Clock
from hotfix_desktop.core.errors import Denied, StoreError
from hotfix_desktop.core.roles import Act, Person
from hotfix_desktop.core.roles import demand as demand_role
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.ledger import AuditLine
from hotfix_desktop.store.store import Store

log = logging.getLogger(__name__)

# AuditLine belongs to the store; the floors above take it from here.
__all__ = [
    "AuditDesk",
    "AuditLine",
    "FilterValues",
    "demand_reader",
    "enter_refused_reader",
    "open_desk",
    "open_log",
]


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """What reading the log needs; no workspace, because a log outlives it."""

    store: Store
    clock: Clock
    person: Person


@dataclass(frozen=True, slots=True)
class FilterValues:
    """What the filter boxes offer."""

    types: tuple[str, ...]
    packages: tuple[str, ...]
    owners: tuple[str, ...]
    results: tuple[str, ...]


def open_desk(database: Path, clock: Clock, person: Person) -> AuditDesk:
    """Open the log of a database, read-only; raises ``StoreError``."""
    return AuditDesk(Store(database, read_only=True), clock, person)


def open_log(bench: Workbench) -> None:
    """Check that the person may read the log, and enter that it was opened; raises ``Denied``."""
    bench.demand(Act.READ_AUDIT, AuditType.AUDIT_OPENED, "open the audit log")
    bench.enter_alone(bench.event(AuditType.AUDIT_OPENED, f"{bench.person.user} opened the audit log"))


def demand_reader(desk: AuditDesk) -> None:
    """Raise ``Denied`` unless the person may read the log; for a database that is opened read-only."""
    demand_role(Act.READ_AUDIT, desk.person.user, desk.store.administration.roles_of(desk.person.user))


def enter_refused_reader(database: Path, person: Person, clock: Clock, denied: Denied) -> None:
    """Enter that somebody without the role wanted to read the log; the refusal stands where it cannot be entered."""
    try:
        store = Store(database)
        try:
            with store.transaction():
                store.ledger.append(
                    Event(
                        AuditType.AUDIT_OPENED,
                        AuditResult.DENIED,
                        person.user,
                        person.ip_address,
                        f"Refused: open the audit log. {denied.sentence}",
                    ),
                    clock.now(),
                )
        finally:
            store.close()
    except StoreError as error:
        log.info("a refused reader could not be entered: %s", error)
