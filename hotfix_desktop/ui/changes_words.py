"""What the window of changes says of a hotfix."""

from __future__ import annotations

from hotfix_desktop.core.changes import ChangeSet
from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.services.changes import HotfixChanges
from hotfix_desktop.ui.formats import tr

NOTHING = "Nothing has changed since the unlock.\nWhat other programs change in the package appears here by itself."
NOTHING_PAST = "Nothing was changed in this hotfix."


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
