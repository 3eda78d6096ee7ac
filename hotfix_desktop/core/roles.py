"""Who may do what in a local workspace (``design.md`` 4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from hotfix_desktop.core.errors import Denied


class Role(StrEnum):
    """A role; the values are the words on the screen and in the audit log."""

    ADMINISTRATOR = "System administrators"
    AUDITOR = "Auditors"


class Act(StrEnum):
    """Something that needs a role; the values end the sentence "… may not …"."""

    UNLOCK = "unlock packages"
    LOCK = "lock packages"
    EXTEND = "extend hotfixes"
    CHANGE_SETTINGS = "change settings"
    ASSIGN_ROLES = "assign roles"
    PROTECT = "change what is protected"
    RELEASE = "release the folder"
    ACCEPT_DRIFT = "accept a drift"
    READ_AUDIT = "read the audit log"
    EXPORT_AUDIT = "export the audit log"
    ARCHIVE_AUDIT = "archive the audit log"
    REVIEW = "review hotfixes"
    ACKNOWLEDGE_BREAK = "acknowledge a break of the audit log"
    READ_CHANGES = "read the changes of hotfixes"
    REVERT = "revert changes"
    DELIVER = "deliver hotfixes"
    UPDATE = "update packages"
    EXPORT_PACKAGE = "export packages"
    CLEAN_CONTENTS = "clean the content store"


ALLOWED: dict[Act, frozenset[Role]] = {
    Act.UNLOCK: frozenset({Role.ADMINISTRATOR}),
    Act.LOCK: frozenset({Role.ADMINISTRATOR}),
    Act.EXTEND: frozenset({Role.ADMINISTRATOR}),
    Act.CHANGE_SETTINGS: frozenset({Role.ADMINISTRATOR}),
    Act.ASSIGN_ROLES: frozenset({Role.ADMINISTRATOR}),
    Act.PROTECT: frozenset({Role.ADMINISTRATOR}),
    Act.RELEASE: frozenset({Role.ADMINISTRATOR}),
    Act.ACCEPT_DRIFT: frozenset({Role.ADMINISTRATOR}),
    Act.READ_AUDIT: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    Act.EXPORT_AUDIT: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    Act.ARCHIVE_AUDIT: frozenset({Role.ADMINISTRATOR}),
    Act.REVIEW: frozenset({Role.AUDITOR}),
    Act.ACKNOWLEDGE_BREAK: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    Act.READ_CHANGES: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    Act.REVERT: frozenset({Role.ADMINISTRATOR}),
    Act.DELIVER: frozenset({Role.ADMINISTRATOR}),
    Act.UPDATE: frozenset({Role.ADMINISTRATOR}),
    Act.EXPORT_PACKAGE: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    Act.CLEAN_CONTENTS: frozenset({Role.ADMINISTRATOR}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits at this machine: the operating system's user, and the address that entries carry."""

    user: str
    ip_address: str


def may(act: Act, roles: Collection[Role]) -> bool:
    """Whether somebody with these roles may do this."""
    return not ALLOWED[act].isdisjoint(roles)


def why_not(act: Act, user: str, roles: Collection[Role]) -> str:
    """Why somebody may not do this, in one sentence; empty when they may."""
    if may(act, roles):
        return ""
    needed = " or ".join(sorted((role.value for role in ALLOWED[act]), reverse=True))
    return f"{user} may not {act.value}: only members of {needed} may."


def demand(act: Act, user: str, roles: Collection[Role]) -> None:
    """Raise ``Denied`` unless somebody with these roles may do this."""
    sentence = why_not(act, user, roles)
    if sentence:
        raise Denied(sentence, f"Ask one of the {Role.ADMINISTRATOR.value} to do it or to give you the role.")
