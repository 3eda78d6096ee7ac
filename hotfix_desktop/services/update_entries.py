"""The words of updates: of their entries, and of what is told afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hotfix_desktop.core.audit import AuditType, Event
from hotfix_desktop.core.texts import plural
from hotfix_desktop.core.update_plan import FixFate, Take
from hotfix_desktop.services.update_parts import Part
from hotfix_desktop.services.update_steps import Step
from hotfix_desktop.services.updating import words_of
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.port import Archive

NAMED = 50
"""Paths that an entry names of each fate."""


def sentence_of(part: Part, take: Take | None, archive: str) -> str:
    """Give the description of the entry that a package was updated or installed."""
    plan = part.plan
    version = f" {plan.new_version}" if plan.new_version else ""
    if plan.is_new:
        return f"Installed{version} from {archive}, closed: {plural(plan.changes.count, 'file')}"
    if plan.is_same:
        return f"Contains{version} exactly as {archive} brings it"
    text = f"Updated{_versions(plan.old_version, plan.new_version)} from {archive}: {plan.changes.sentence()}"
    if take is Take.OURS:
        text += "; our changes that have not come home stay on top"
    elif take is Take.THEIRS:
        text += "; our changes that had not come home were overwritten, and stay in the content store"
    if plan.drift:
        text += "; what was changed while it was not unlocked is kept in the content store"
    return text


def facts_of(part: Part, take: Take | None, archive: Archive) -> dict[str, object]:
    """Give what a program wants to know of it."""
    plan = part.plan
    facts: dict[str, object] = {
        "archive": archive.path.name,
        "sha256": archive.sha256.hex(),
        "delivered": plan.delivered.hex(),
        "old_version": plan.old_version,
        "new_version": plan.new_version,
        "files": plan.changes.count,
        "paths": [change.shown for change in plan.changes.changes[:NAMED]],
    }
    if take is not None:
        facts["take"] = take.value
    if plan.drift:
        facts["drift"] = True
    return facts


def decided(bench: Workbench, part: Part, take: Take) -> Event:
    """Give the entry of a decision about fixes that an update would have overwritten."""
    plan = part.plan
    what = "ours stay on top" if take is Take.OURS else "theirs are taken, ours stay in the content store"
    fates = {fate.value: [fix.shown for fix in plan.of_fate(fate)[:NAMED]] for fate in FixFate if plan.of_fate(fate)}
    hotfixes = sorted({number for fix in plan.fixes for number in fix.hotfixes})
    return bench.event(
        AuditType.UPDATE_DECIDED,
        f"Decided about changes that have not come home, {words_of(plan)}: {what}",
        found=part.package.found if part.package else None,
        take=take.value,
        hotfixes=hotfixes,
        facts=fates,
    )


def left_words(step: Step) -> Iterator[str]:
    """Say what becomes of the fixes that have not come home with an update."""
    inside = step.inside if step.stays_locked else ()
    stored = [number for number in step.left if number not in inside]
    if inside:
        its = "its" if len(inside) == 1 else "their"
        on_top, unseen = (
            f"{its} changes are on top of the update",
            f"the archive does not show that {its} changes came home",
        )
        locked = f", and {step.name} stays Locked" if step.is_closed else ""
        yield f"{_staying(inside, step.name)}{locked}: {on_top if step.decision else unseen}."
    if stored:
        its = "its" if len(stored) == 1 else "their"
        blocked = f", though {step.name} is Blocked" if step.is_closed and not inside else ""
        kept = f"{its} changes are kept in the content store, and can still be delivered"
        yield f"{_staying(stored, step.name)}{blocked}: {kept}."


def _staying(hotfixes: Sequence[int], name: str) -> str:
    if len(hotfixes) == 1:
        return f"Hotfix {hotfixes[0]} of {name} has not come home"
    return f"Hotfixes {', '.join(map(str, hotfixes))} of {name} have not come home"


def _versions(old: str, new: str) -> str:
    if not new or old == new:
        return f" {new}".rstrip()
    return f" to {new}" if not old else f" from {old} to {new}"
