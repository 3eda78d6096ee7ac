"""Words of an import: what would happen to a package, what becomes of our fixes, and what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hotfix_desktop.core.texts import plural
from hotfix_desktop.core.update_plan import FixFate, PackagePlan, Take, Updated, UpdatePlan, undecided
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.theme import Role

NAMED = 3
"""Packages that a sentence names; of more it says how many."""
FATE_SIGNS = {
    FixFate.LOST: ("warning", Role.OVERDUE),
    FixFate.CONFLICTING: ("broken", Role.OPEN),
    FixFate.CONTAINED: ("success", Role.VERIFIED),
}
_FATES = (FixFate.LOST, FixFate.CONFLICTING, FixFate.CONTAINED)
_NOT_SHOWN = "the archive does not show that its changes come home"
_DECIDED = {Take.OURS: "Our fix stays on top", Take.THEIRS: "The update is taken"}


def kind_of(package: PackagePlan) -> tuple[str, str, Role]:
    """Give the word for what would happen to a package, and its sign."""
    if package.problem:
        return tr("Refused"), "error", Role.OVERDUE
    if package.is_new:
        return tr("New"), "add", Role.VERIFIED
    if package.is_same:
        return tr("Same"), "success", Role.QUIET
    if package.is_older:
        return tr("Older"), "warning", Role.OPEN
    return tr("Update"), "refresh", Role.UNDELIVERED


def versions_of(package: PackagePlan) -> str:
    """Give "1.4.2 → 1.5.0", or the one version that there is."""
    old, new = package.old_version, package.new_version
    if package.is_new or old == new:
        return new or "–"
    return f"{old or '–'} → {new or '–'}"


def changes_of(package: PackagePlan) -> str:
    """Give "3 modified, 1 added", or how many files a new package has."""
    if package.problem:
        return "–"
    if package.is_new:
        return plural(package.changes.count, "file")
    return package.changes.sentence()


def fates_of(package: PackagePlan) -> str:
    """Give "2 would be lost, 1 contained"; a dash without any fix."""
    parts = [f"{number(len(files))} {tr(fate.value)}" for fate in _FATES if (files := package.of_fate(fate))]
    return ", ".join(parts) or "–"


def decision_of(package: PackagePlan, takes: Mapping[str, Take]) -> str:
    """Say how a package is decided, or that it is not yet; empty where nothing has to be."""
    if package.problem or not package.needs_decision:
        return ""
    take = takes.get(package.name)
    return tr(_DECIDED[take]) if take is not None else tr("Not decided yet")


def question_of(package: PackagePlan) -> str:
    """Say what an update would do to our fixes in a package; for one that needs a decision."""
    lost, conflicting = package.of_fate(FixFate.LOST), package.of_fate(FixFate.CONFLICTING)
    numbers = sorted({number for fix in (*lost, *conflicting) for number in fix.hotfixes})
    who = f"{tr('hotfix') if len(numbers) == 1 else tr('hotfixes')} {', '.join(number(n) for n in numbers)}"
    parts = []
    if lost:
        parts.append(f"{plural(len(lost), 'file')} that {who} changed would be overwritten: the update lacks the fix.")
    if conflicting:
        same = plural(len(conflicting), "file")
        parts.append(
            f"In {same} the update changes the same lines as {who}."
            if not lost
            else f"In {same} the update changes the same lines as our fix."
        )
    return " ".join(parts)


def meaning_of(take: Take, package: PackagePlan) -> str:
    """Say what follows from a choice."""
    if take is Take.THEIRS:
        text = "Its files become" if package.is_modifiable else "The package becomes Blocked, and its files become"
        kept = tr("Our fix has not come home: its changes are kept, and can still be delivered.")
        return f"{tr(text)} {tr('what is delivered.')} {kept}"
    state = "" if package.is_modifiable else f" {tr('The package stays Locked.')}"
    text = tr("The update comes in, and our changes are made again in it.") + state
    conflicting = len(package.of_fate(FixFate.CONFLICTING))
    if conflicting:
        text += f" {plural(conflicting, 'file')} in conflict {'stays' if conflicting == 1 else 'stay'} as ours whole."
    return text


def home_of(package: PackagePlan) -> str:
    """Say that our fixes come home with an update; empty where none do, or something has to be decided."""
    if package.problem or package.needs_decision or not package.of_fate(FixFate.CONTAINED):
        return ""  # where something has to be decided the list says which are contained
    if package.is_modifiable:
        return tr("This update contains our fix, which is delivered as usual with it.")
    if package.inside:
        return tr("What this update contains of our fixes is delivered as usual with it.")
    return tr("This update contains our fix: the package becomes Blocked, and the fix is delivered as usual.")


def staying_of(package: PackagePlan) -> str:
    """Say that hotfixes have not come home of which the archive shows nothing, though it overwrites nothing of them."""
    if package.problem or package.needs_decision or not package.inside:
        return ""
    numbers, several = ", ".join(number(n) for n in package.inside), len(package.inside) > 1
    who = f"{tr('Hotfixes') if several else tr('Hotfix')} {numbers} {tr('have') if several else tr('has')}"
    locked = "" if package.is_modifiable else f"{tr(', and the package stays Locked')}"
    why = tr("the archive does not show that their changes come home" if several else _NOT_SHOWN)
    return f"{who} {tr('not come home')}{locked}: {why}."


def verb_of(plan: UpdatePlan) -> str:
    """Give what the button says: "Update 2 packages, install 1"."""
    new = sum(1 for p in plan.packages if p.is_new)
    old = sum(1 for p in plan.packages if not p.is_new and not p.is_same)
    if plan.is_same:
        return tr("&Enter as delivered")
    if old and new:
        return f"{tr('&Update')} {plural(old, 'package')}, {tr('install')} {number(new)}"
    return f"{tr('&Update')} {plural(old, 'package')}" if old else f"{tr('&Install')} {plural(new, 'package')}"


def why_not_update(plan: UpdatePlan, takes: Mapping[str, Take], *, older: bool, modifiable: bool) -> str:
    """Say why an update cannot begin yet; empty when it can."""
    refused = sum(1 for p in plan.packages if p.problem)
    if refused:
        return f"{plural(refused, 'package')} cannot be updated, so nothing of the archive is."
    if plan.problem:
        return tr("Nothing of this archive can be used here.")
    if not plan.packages:
        return tr("There is no package in this archive.")
    left = undecided(plan, takes)
    if left:
        return f"{tr('Decide what becomes of our fix in')} {named(p.name for p in left)}."
    if plan.is_older and not older:
        return tr("Confirm that an older version is wanted.")
    if plan.is_modifiable and not modifiable:
        return tr("Confirm that what is modifiable here is overwritten.")
    return ""


def done_sentence(done: Updated) -> str:
    """Say what an update did."""
    parts = [
        f"{plural(len(names), 'package')} {tr(word)}"
        for names, word in ((done.updated, "updated"), (done.installed, "installed"), (done.unchanged, "unchanged"))
        if names
    ]
    if done.delivered:
        parts.append(f"{plural(len(done.delivered), 'hotfix', 'hotfixes')} {tr('delivered as usual')}")
    return (", ".join(parts) or tr("Nothing had to be done")) + "."


def became_of(name: str, done: Updated) -> str:
    """Say in a few words what was done to one package."""
    if name in done.kept:
        return tr("Updated, our fix on top")
    if name in done.overwritten:
        return tr("Updated, our fix is in the store")
    if name in done.installed:
        return tr("Installed, closed")
    return tr("Updated") if name in done.updated else tr("Unchanged")


def entries_sentence(entries: Sequence[int]) -> str:
    """Say which audit entries there are: "Recorded in audit entries 12 and 13."; empty without any."""
    if not entries:
        return ""
    word = tr("entry") if len(entries) == 1 else tr("entries")
    if len(entries) > 1 and entries[-1] - entries[0] == len(entries) - 1:
        shown = f"{number(entries[0])}–{number(entries[-1])}"
    else:
        shown = ", ".join([number(entry) for entry in entries[:8]] + (["…"] if len(entries) > 8 else []))
    return f"{tr('Recorded in audit')} {word} {shown}."


def named(names: Iterable[str]) -> str:
    """Give "A, B, C and 4 more"."""
    every = list(names)
    more = f" {tr('and')} {number(len(every) - NAMED)} {tr('more')}" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more
