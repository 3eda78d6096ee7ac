"""What every use case works with, and how it checks a role and writes an entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hotfix_desktop.changes.contents import Contents
from hotfix_desktop.core.audit import AuditResult, AuditType, Event
from hotfix_desktop.core.clock import Clock, Moment
from hotfix_desktop.core.errors import Denied, Refused
from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.roles import Act, Person, demand
from hotfix_desktop.core.watch import GuardState
from hotfix_desktop.sealing.seals import Seals
from hotfix_desktop.store.store import Store
from hotfix_desktop.workspaces.port import Archives, NoArchives, PackageWorkspace

PROGRAM = "Hotfix Desktop"
"""The owner of entries about what the program does by itself."""


class Guard(Protocol):
    """Whoever makes sure that a relocker lives before a package opens, and as long as one is open."""

    def ensure(self) -> None:
        """Return when a relocker lives; raise ``Refused`` when none can be had."""
        ...  # pragma: no cover

    def look(self, now: Moment) -> tuple[GuardState, int]:
        """Say what is known of it, and its process (0 for none). Raises nothing."""
        ...  # pragma: no cover

    def revive(self) -> None:
        """Start it again without waiting for it. Raises nothing: the next beat looks again."""
        ...  # pragma: no cover


class OwnHeartbeat:
    """The guard of a process that beats itself: the window, and the relocker."""

    def ensure(self) -> None:
        """Do nothing: the caller's own heartbeat is the relocker."""

    def look(self, now: Moment) -> tuple[GuardState, int]:
        """Say that there is none but the caller."""
        return GuardState.OWN, 0

    def revive(self) -> None:
        """Do nothing: whoever calls this lives."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything a use case needs, built once for each thread by the composition root."""

    store: Store
    workspace: PackageWorkspace
    clock: Clock
    person: Person
    guard: Guard
    seals: Seals = field(default_factory=Seals)
    contents: Contents = field(default_factory=Contents)
    archives: Archives = field(default_factory=NoArchives)

    def close(self) -> None:
        """Close the connections; the bench cannot be used afterwards."""
        self.contents.close()
        self.store.close()

    def event(
        self,
        kind: AuditType,
        description: str,
        *,
        result: AuditResult = AuditResult.SUCCESS,
        found: FoundPackage | None = None,
        hotfix: Hotfix | None = None,
        by_program: bool = False,
        facts: Mapping[str, object] | None = None,
        **detail: object,
    ) -> Event:
        """Make an entry's event; it is not entered yet. ``facts`` and ``detail`` together are its detail.

        The ticket of the hotfix ends the description, where the log is searched for words.
        """
        detail.update(facts or {})
        package = found.name if found else hotfix.package_name if hotfix else ""
        if hotfix is not None and hotfix.ticket and hotfix.ticket not in description:
            description = f"{description} [{hotfix.ticket}]"
        return Event(
            type=kind,
            result=result,
            owner=PROGRAM if by_program else self.person.user,
            ip_address=self.person.ip_address,
            description=description,
            package=package,
            package_uid=found.uid if found else "",
            reason=hotfix.reason if hotfix else "",
            ticket=hotfix.ticket if hotfix else "",
            detail=json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else "",
            hotfix=hotfix.number if hotfix else None,
        )

    def enter(self, event: Event) -> int:
        """Append an entry; call it inside the transaction of what it records."""
        return self.store.ledger.append(event, self.clock.now())

    def enter_alone(self, event: Event) -> int:
        """Append an entry in a transaction of its own."""
        with self.store.transaction():
            return self.enter(event)

    def demand(self, act: Act, kind: AuditType, attempt: str, found: FoundPackage | None = None) -> None:
        """Raise ``Denied``, after entering the refused attempt, unless the person's role allows the act.

        ``kind`` is the type that the entry of a successful act would have; ``attempt`` completes
        the sentence "Refused: …". Where nobody protected the folder yet there are neither roles nor a
        log, so that is a plain ``Refused``.
        """
        if self.store.administration.workspace() is None:
            raise not_protected()
        try:
            demand(act, self.person.user, self.store.administration.roles_of(self.person.user))
        except Denied as denied:
            self.enter_alone(
                self.event(
                    kind,
                    f"Refused: {attempt}. {denied.sentence}",
                    result=AuditResult.DENIED,
                    found=found,
                )
            )
            raise


def not_protected() -> Refused:
    """Give the refusal for a folder that is not in this program's care."""
    return Refused(
        "This folder is not protected, so there is nothing to unlock.", "Protect it first: File › Protect folder…"
    )


def unknown_package(name: str) -> Refused:
    """Give the refusal for a package that is not there."""
    shown = name if len(name) <= 100 else name[:99] + "…"
    return Refused(f"There is no package “{shown}” in this workspace.")
