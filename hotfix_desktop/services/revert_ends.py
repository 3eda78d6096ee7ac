"""The end of a revert that its program did not bring to an end: how far it came is entered, what it left is removed.

A killed revert has lost nothing (``reverting``), but nobody said how it ended. Whoever beats next, or locks the
package, or reverts again, finds that its first entry is still the last one and that nobody holds the package.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.changes import Change, changes_between
from hotfix_desktop.core.errors import Busy, HotfixError, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Files, Hotfix
from hotfix_desktop.core.manifest import Kind, Manifest
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.closing import working_on
from hotfix_desktop.services.digests import digests_of
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)

STEP = "step"
"""The fact of an entry that says how far a revert is."""
BEGUN, DONE, UNDONE, HALF_WAY = "begun", "done", "undone", "half-way"


def settle_reverts(bench: Workbench, progress: Progress = NOBODY) -> None:
    """Settle the reverts of every hotfix whose end is not recorded yet; one that runs just now is left alone."""
    for number in bench.store.fixes.without_end():
        if _begun(bench, number) is None:
            continue
        hotfix = bench.store.hotfixes.get(number)
        package = bench.store.packages.get(hotfix.package_id) if hotfix is not None else None
        if hotfix is None or package is None:
            continue
        try:
            with working_on(bench, package, patience=0):
                settle_revert(bench, package, hotfix, progress)
        except Busy:
            continue  # it is at it


def settle_revert(bench: Workbench, package: StoredPackage, hotfix: Hotfix, progress: Progress = NOBODY) -> None:
    """Say how far a revert came that nobody ended, and remove what it left; the caller holds the package.

    Costs one query as a rule. Raises nothing: what does not succeed now is done at another look.
    """
    try:
        facts = _begun(bench, hotfix.number)
        if facts is not None:
            _settle(bench, package, hotfix, facts, progress)
    except HotfixError as error:
        log.warning("how far a revert of %s came could not be found out: %s", package.found.name, error)


def unfinished_revert(bench: Workbench, hotfix: int) -> str:
    """Give the sentence about the last revert of a hotfix when that stopped half-way; else empty. Raises StoreError."""
    entry = bench.store.ledger.last_of_hotfix(AuditType.CHANGES_REVERTED, hotfix)
    if entry is None or _facts(entry.event.detail).get(STEP) != HALF_WAY:
        return ""
    return f"{_sentence(_facts(entry.event.detail))}."


def _begun(bench: Workbench, hotfix: int) -> dict[str, Any] | None:
    """Give the facts of a revert that has begun and not ended."""
    entry = bench.store.ledger.last_of_hotfix(AuditType.CHANGES_REVERTED, hotfix)
    facts = _facts(entry.event.detail) if entry is not None else {}
    return facts if facts.get(STEP) == BEGUN else None


def _facts(detail: str) -> dict[str, Any]:
    found = json.loads(detail or "{}")
    return found if isinstance(found, dict) else {}


def _settle(
    bench: Workbench, package: StoredPackage, hotfix: Hotfix, facts: dict[str, Any], progress: Progress
) -> None:
    told: dict[str, Any] = {**facts, STEP: HALF_WAY}
    try:
        trees = bench.store.fixes.of(hotfix.number)
        if trees is not None:
            before, kept = bench.contents.tree(trees.before), bench.contents.tree(bytes.fromhex(str(facts["kept"])))
            changes = changes_between(before, kept).changes
            now = bench.store.packages.get(package.package_id) or package
            _clear(bench, now, changes, before, kept)
            told["done"] = min(_count_back(bench, now, changes, progress), int(facts["count"]))
    except (StoreError, WorkspaceError, KeyError, ValueError) as error:
        log.info("how far a revert of %s came is not known: %s", package.found.name, error)
    is_done = told.get("done") == told.get("count")
    if is_done:
        told[STEP] = DONE
    bench.enter_alone(
        bench.event(
            AuditType.CHANGES_REVERTED,
            f"Put back {_files(facts)} as before the hotfix; the program that did it could not say so"
            if is_done
            else _sentence(told),
            result=AuditResult.SUCCESS if is_done else AuditResult.FAILURE,
            found=package.found,
            hotfix=hotfix,
            by_program=True,
            facts=told,
        )
    )


def _sentence(facts: dict[str, Any]) -> str:
    text = f"The revert of {_files(facts)} did not come to its end"
    if "done" in facts:
        text += f": {facts['done']:,} of {facts['count']:,} are as before the hotfix"
    return f"{text}; revert again while the package is unlocked to finish it"


def _files(facts: dict[str, Any]) -> str:
    return plural(int(facts.get("count", 0)), "file")


def _count_back(bench: Workbench, package: StoredPackage, changes: Iterable[Change], progress: Progress) -> int:
    """Count the changes that are not there any more: nothing was put back when the first entry was made."""
    changes = list(changes)
    places = {path for change in changes for path in (change.path, change.old_path) if path}
    now = digests_of(bench, package, sorted(places), Within(progress))

    def is_back(change: Change) -> bool:
        place = change.old_path or change.path
        if now.get(place) != (change.before.digest if change.before is not None else None):
            return False
        return not change.old_path or change.path not in now

    return sum(map(is_back, changes))


def _clear(
    bench: Workbench, package: StoredPackage, changes: Iterable[Change], before: Manifest, kept: Manifest
) -> None:
    """Remove the file that was being made, and folders that were made for one or lost their last one."""
    places = {_folder(change.old_path or change.path) for change in changes if change.before is not None}
    folders = {
        path
        for one, other in ((before, kept), (kept, before))
        for path, fact in one.items.items()
        if fact.kind is Kind.FOLDER and path not in other.items
    }
    # What the hotfix left empty itself is no left-over.
    full = {above for path in kept.items for above in _above(path)}
    emptied = {path for path in folders if path in before.items or path in full}
    is_open = package.files is Files.OPEN  # else its folders are as they were recorded
    bench.workspace.clear_after_put(package.found.key, places, emptied if is_open else ())


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _above(path: bytes) -> Iterable[bytes]:
    while path := _folder(path):
        yield path
