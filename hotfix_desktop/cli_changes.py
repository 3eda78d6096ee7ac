"""``changes``: what the open or last hotfix of a package changed, for scripts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from hotfix_desktop.core.changes import Change, ElementKey
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.manifest import UNREADABLE, Fact
from hotfix_desktop.core.texts import printable
from hotfix_desktop.services import catalogue
from hotfix_desktop.services.changes import HotfixChanges, changes_of, hotfix_of
from hotfix_desktop.services.patching import patch_of
from hotfix_desktop.services.workbench import Workbench


def changes(bench: Workbench, parsed: argparse.Namespace) -> int:
    """Print the changes; gives the exit code. Raises ``HotfixError``."""
    package = catalogue.find(bench, parsed.package)
    hotfix = hotfix_of(bench, package.package_id)
    if hotfix is None:
        raise Refused(f"{package.name} has had no hotfix whose changes were recorded.")
    found = changes_of(bench, hotfix.number)
    if parsed.patch:
        for part in patch_of(bench, found):
            sys.stdout.buffer.write(part)
        return 0
    if parsed.json:
        sys.stdout.write(json.dumps(_as_json(package, found), ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(printable(line) + "\n" for line in _lines(found))
    return 0


def _lines(found: HotfixChanges) -> Iterator[str]:
    hotfix = found.hotfix
    opened = f"{hotfix.lease.opened.utc.astimezone():%Y-%m-%d %H:%M}"
    until = "now" if hotfix.closed_at is None else f"{hotfix.closed_at.astimezone():%Y-%m-%d %H:%M}"
    yield f"{hotfix.package_name}, hotfix of {hotfix.opened_by} from {opened} to {until}: {found.changes.sentence()}"
    if found.remark:
        yield found.remark
    for key, group in found.changes.by_element().items():
        yield _element(key)
        for change in group:
            old = f" (was {change.old_shown})" if change.old_path else ""
            yield f"  {change.kind.value:<8}  {change.shown}{old}"


def _element(key: ElementKey) -> str:
    return f"{key.kind} {key.shown}" if key.kind else "The package itself"


def _as_json(package: PackageStatus, found: HotfixChanges) -> dict[str, object]:
    hotfix = found.hotfix
    return {
        "package": package.name,
        "uid": package.found.uid or None,
        "hotfix": hotfix.number,
        "reason": hotfix.reason,
        "ticket": hotfix.ticket or None,
        "by": hotfix.opened_by,
        "opened": _iso(hotfix.lease.opened.utc),
        "closed": _iso(hotfix.closed_at),
        "live": found.is_live,
        "remark": found.remark or None,
        "before": found.changes.before.hex(),
        "after": found.changes.after.hex(),
        "changes": [_change(change) for change in found.changes.changes],
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "path": change.path.decode("utf-8", "backslashreplace"),
        "old_path": change.old_path.decode("utf-8", "backslashreplace") or None,
        "kind": change.kind.value.lower(),
        "element_kind": str(change.element.kind) or None,
        "element": change.element.name or None,
        "before": _fact(change.before),
        "after": _fact(change.after),
    }


def _fact(fact: Fact | None) -> dict[str, object] | None:
    if fact is None:
        return None
    return {"size": fact.size, "sha256": None if fact.digest == UNREADABLE else fact.digest.hex()}


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
