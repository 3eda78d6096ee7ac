"""Settings and roles: reading them, changing them, and the entry of each change."""

from __future__ import annotations

from collections.abc import Mapping

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.core.roles import Act, Role
from hotfix_desktop.core.settings import SPECS, Settings, normal_text, spec_of
from hotfix_desktop.core.texts import NAME_LIMIT, clean_line
from hotfix_desktop.sealing.anchors import check_folder
from hotfix_desktop.services.workbench import Workbench

ANCHOR_FOLDER, ANCHOR_JOURNAL = "AuditAnchorFolder", "AuditAnchorJournal"


def setting_texts(bench: Workbench) -> dict[str, str]:
    """Give every setting by its public name, as text, defaults included."""
    stored = bench.store.administration.setting_texts()
    return {spec.name: stored.get(spec.name, spec.default) for spec in SPECS}


def change_settings(bench: Workbench, wanted: Mapping[str, str]) -> Settings:
    """Change settings, all or none; each one that differs is an entry with old → new.

    Later unlocks only are affected: a lease that runs keeps its deadline. Raises ``InvalidInput`` whose
    ``field`` is the setting's name, and ``Denied``.
    """
    bench.demand(Act.CHANGE_SETTINGS, AuditType.SETTING_CHANGED, f"change {', '.join(wanted) or 'settings'}")
    checked = {spec_of(name).name: normal_text(spec_of(name), text) for name, text in wanted.items()}
    folder = checked.get(ANCHOR_FOLDER, "")
    if folder and folder != setting_texts(bench)[ANCHOR_FOLDER]:
        check_folder(folder, ANCHOR_FOLDER)
    with bench.store.transaction():
        before = setting_texts(bench)
        for name, text in checked.items():
            if before[name] == text:
                continue
            bench.store.administration.set_setting(name, text)
            bench.enter(
                bench.event(
                    AuditType.SETTING_CHANGED,
                    f"{name}: {before[name] or '(empty)'} → {text or '(empty)'}",
                    setting=name,
                    old=before[name],
                    new=text,
                )
            )
        changed = bench.store.administration.settings()
        is_about_anchors = any(
            before[name] != checked.get(name, before[name]) for name in (ANCHOR_FOLDER, ANCHOR_JOURNAL)
        )
    if is_about_anchors:
        # They are remembered outside of the database as well, so that nobody forgets them behind the program's back.
        bench.seals.choose(changed.anchor_folder, changed.anchor_journal, bench.store.ledger.newest())
    return changed


def assign_role(bench: Workbench, user: str, role: Role) -> None:
    """Give somebody a role; raises ``Denied``, ``InvalidInput``, or ``Refused`` when they have it."""
    bench.demand(Act.ASSIGN_ROLES, AuditType.ROLE_ASSIGNED, f"assign {role.value}")
    name = clean_line(user, "user", "A user name", NAME_LIMIT)
    if not name:
        raise InvalidInput("user", "A user name is needed.")
    with bench.store.transaction():
        if not bench.store.administration.assign(name, role):
            raise Refused(f"{name} is a member of {role.value} already.")
        bench.enter(
            bench.event(AuditType.ROLE_ASSIGNED, f"{name} is now a member of {role.value}", user=name, role=role.value)
        )


def remove_role(bench: Workbench, user: str, role: Role) -> None:
    """Take a role away; refused for the last System administrator, who could never be replaced."""
    bench.demand(Act.ASSIGN_ROLES, AuditType.ROLE_REMOVED, f"remove {role.value}")
    with bench.store.transaction():
        members = bench.store.administration.members()
        administrators = [name for name, held in members if held is Role.ADMINISTRATOR]
        if role is Role.ADMINISTRATOR and administrators == [user]:
            raise Refused(f"{user} is the last System administrator, and somebody has to be one.")
        if not bench.store.administration.remove(user, role):
            raise Refused(f"{user} is no member of {role.value}.")
        bench.enter(
            bench.event(
                AuditType.ROLE_REMOVED, f"{user} is no member of {role.value} any more", user=user, role=role.value
            )
        )
