"""What the window of changes says of a hotfix."""

from __future__ import annotations

from collections.abc import Sequence

from hotfix_desktop.core.changes import Change, ChangeSet, ElementKey
from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.services.changes import HotfixChanges
from hotfix_desktop.ui.formats import number, tr

NOTHING = "Nothing has changed since the unlock.\nWhat other programs change in the package appears here by itself."
NOTHING_PAST = "Nothing was changed in this hotfix."
LISTED = 20
"""Files of an element that are named."""


def span_words(found: HotfixChanges) -> str:
    """Give "Between 2026-11-23 14:02:11 (before unlock) and now", or the time of the lock."""
    hotfix = found.hotfix
    opened = hotfix.lease.opened.utc.astimezone()
    first = f"{tr('Between')} {opened:%Y-%m-%d %H:%M:%S} ({tr('before unlock')})"
    if found.is_live or hotfix.closed_at is None:
        return f"{first} {tr('and now')}"
    closed = hotfix.closed_at.astimezone()
    same = closed.date() == opened.date()
    return f"{first} {tr('and')} {closed:{'%H:%M:%S' if same else '%Y-%m-%d %H:%M:%S'}} ({tr('after lock')})"


def count_words(changes: ChangeSet) -> str:
    """Give "5 files: 3 modified, 1 added, 1 deleted", or that nothing changed."""
    if not changes.count:
        return tr("Nothing changed")
    return f"{tr('%n file(s)', changes.count)}: {changes.sentence()}"


def reason_words(hotfix: Hotfix) -> str:
    """Give "INC-4821 wrong VAT rounding, by olena"."""
    parts = [part for part in (hotfix.ticket, hotfix.reason) if part]
    return f"{' '.join(parts)}, {tr('by')} {hotfix.opened_by}"


def patch_name(hotfix: Hotfix) -> str:
    """Give the name of a patch file: "UsrInvoices-INC-4821.patch"."""
    end = hotfix.ticket or f"hotfix-{hotfix.number}"
    name = f"{hotfix.package_name}-{end}"
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name) + ".patch"


def element_words(key: ElementKey, files: Sequence[Change]) -> str:
    """Give what is shown of an element: its name, how many files were changed in which way, and which."""
    name = f"{tr(key.kind)} {key.shown}" if key.kind else tr("The package itself")
    changes = ChangeSet(tuple(files), b"", b"")
    rows = [f"{change.shown}  ({tr(change.kind.value).lower()})" for change in files[:LISTED]]
    if len(files) > LISTED:
        rows.append(f"… {number(len(files) - LISTED)} {tr('more')}")
    return "\n".join([f"{name}: {count_words(changes)}", "", *rows, "", tr("Select a file to see how it differs.")])


def place_words(at: int, count: int) -> str:
    """Give "Change 2 of 5"."""
    if not count:
        return tr("No change that says anything")
    return f"{tr('Change')} {number(max(1, at))} {tr('of')} {number(count)}"


def why_no_revert(found: HotfixChanges | None, can_revert: bool, denied: str) -> str:
    """Say why nothing that is shown can be put back; empty when it can. ``denied`` is what the opener says."""
    if not can_revert:
        return tr("The audit log alone is open, which changes nothing: open the workspace to revert changes.")
    if found is None or not found.is_live:
        return tr("Only the changes of an unlocked package can be reverted.")
    return denied
