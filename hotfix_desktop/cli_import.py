"""``hotfix-desktop import``: an archive comes in as usual, and no undelivered fix is overwritten unseen."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.core.update_plan import FixFate, PackagePlan, Take, Updated, UpdatePlan
from hotfix_desktop.services.update_applying import update
from hotfix_desktop.services.updating import plan_update
from hotfix_desktop.services.workbench import Workbench

NAMED = 20
"""Files with fixes that are named for each package; the rest is counted."""


def fill(parser: argparse.ArgumentParser) -> None:
    """Say what can be given after WORKSPACE."""
    parser.add_argument("archive", metavar="ARCHIVE", help="a .gz of Creatio, or a .zip of them")
    parser.add_argument(
        "--take",
        choices=[take.value for take in Take],
        help="where undelivered fixes would be overwritten: keep ours on top, or take theirs",
    )
    parser.add_argument("--older", action="store_true", help="take a version that is older than the installed one")
    parser.add_argument("--yes", action="store_true", help="overwrite packages that are modifiable here")


def import_archive(bench: Workbench, parsed: argparse.Namespace) -> int:
    """Show what the archive would do, and do it unless something stands against it."""
    plan = plan_update(bench, Path(parsed.archive).absolute())
    _show(plan)
    takes = {p.name: Take(parsed.take) for p in plan.packages if p.needs_decision} if parsed.take else {}
    done = update(bench, plan, takes, older=parsed.older, modifiable=parsed.yes)
    _say(_told(done))
    for remark in done.remarks:
        _say(remark)
    return 0


def _show(plan: UpdatePlan) -> None:
    for package in plan.packages:
        _say(f"{package.name}: {_what(package)}")
        for fix in package.fixes[:NAMED]:
            hotfixes = ", ".join(str(number) for number in fix.hotfixes)
            _say(f"  fix {fix.fate.value}: {fix.shown} (hotfix {hotfixes})")
        if len(package.fixes) > NAMED:
            _say(f"  and {plural(len(package.fixes) - NAMED, 'more file')} with fixes")
        if package.drift:
            _say("  it was changed while it was not unlocked; that is kept in the content store")


def _what(package: PackagePlan) -> str:
    version = package.new_version or "without a version"
    if package.problem:
        return package.problem
    if package.is_new:
        return f"new, {version}, {plural(package.changes.count, 'file')}"
    if package.is_same:
        return f"{version} is there already"
    old = f"{package.old_version} → " if package.old_version != package.new_version else ""
    contained = len(package.of_fate(FixFate.CONTAINED))
    fixed = f"; {plural(contained, 'file')} with fixes came home" if contained else ""
    return f"{old}{version}, {package.changes.sentence()}{fixed}"


def _told(done: Updated) -> str:
    parts = [
        f"{plural(len(names), 'package')} {word}"
        for names, word in ((done.updated, "updated"), (done.installed, "installed"), (done.unchanged, "unchanged"))
        if names
    ]
    if done.delivered:
        parts.append(f"{plural(len(done.delivered), 'hotfix', 'hotfixes')} delivered as usual")
    return (", ".join(parts) or "Nothing to do") + "."


def _say(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(printable(text) + "\n")
