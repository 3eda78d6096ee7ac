"""Reading the audit log: pages, values to filter by, and the entry that says it was opened."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from hotfix_desktop.core.audit import AuditResult, AuditType, Event
from hotfix_desktop.core.clock import Clock
from hotfix_desktop.core.errors import Denied, StoreError
from hotfix_desktop.core.roles import Act, Person
from hotfix_desktop.core.roles import demand as demand_role
from hotfix_desktop.core.texts import NAME_LIMIT, clean_line
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.ledger import AuditFilter, AuditLine
from hotfix_desktop.store.store import Store

log = logging.getLogger(__name__)

# AuditFilter and AuditLine belong to the store; the floors above take them from here.
__all__ = [
    "AuditDesk",
    "AuditFilter",
    "AuditLine",
    "AuditPage",
    "FilterValues",
    "demand_reader",
    "enter_refused_reader",
    "filter_values",
    "open_log",
    "read_page",
]


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """What reading the log needs; no workspace, because a log outlives it."""

    store: Store
    clock: Clock
    person: Person


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the log, the newest entry first.

    Attributes:
        total: how many entries the log has.
        matching: how many fit the filter; only known on the first page (else None).
        more: whether older entries fit, too.
    """

    lines: tuple[AuditLine, ...]
    total: int
    matching: int | None
    more: bool


@dataclass(frozen=True, slots=True)
class FilterValues:
    """What the filter boxes offer."""

    types: tuple[str, ...]
    packages: tuple[str, ...]
    owners: tuple[str, ...]
    results: tuple[str, ...]


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


def read_page(desk: AuditDesk, wanted: AuditFilter, before: int | None = None, limit: int = 200) -> AuditPage:
    """Give the entries that fit, the newest first, below number ``before`` if given.

    Raises ``Denied``, and ``InvalidInput`` for a text to search that is too long or cannot be stored anyway.
    """
    demand_reader(desk)  # at each page: a role can be taken away while the window is open
    wanted = replace(wanted, text=clean_line(wanted.text, "text", "A search", NAME_LIMIT))
    lines = desk.store.ledger.page(wanted, before, limit + 1)
    matching = desk.store.ledger.count(wanted) if before is None else None
    return AuditPage(tuple(lines[:limit]), desk.store.ledger.newest(), matching, len(lines) > limit)


def filter_values(desk: AuditDesk) -> FilterValues:
    """Give the different types, packages, owners and results of the log; raises ``Denied``."""
    demand_reader(desk)
    ledger = desk.store.ledger
    return FilterValues(
        tuple(ledger.values("type")),
        tuple(ledger.values("package")),
        tuple(ledger.values("owner")),
        tuple(ledger.values("result")),
    )
