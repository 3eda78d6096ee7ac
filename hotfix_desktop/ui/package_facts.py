"""What the details say about a package beside its state: rows of a caption and a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.deliveries import Undelivered
from hotfix_desktop.core.lifecycle import Hotfix, PackageState, PackageStatus
from hotfix_desktop.ui.formats import day_and_time, for_age, number, stamp, tr
from hotfix_desktop.ui.words import person_word

if TYPE_CHECKING:
    from hotfix_desktop.services.catalogue import Catalogue

FOLDER = "Folder"


def folder_of(status: PackageStatus, catalogue: Catalogue) -> str:
    """Give the whole path of a package."""
    key = status.found.key
    return catalogue.location if key == "." else f"{catalogue.location}/{key}"


def fact_rows(status: PackageStatus, catalogue: Catalogue, now: Moment) -> list[tuple[str, str]]:
    """Give what is known of a package; what is not known has no row."""
    found, hotfix = status.found, status.hotfix
    rows = []
    if found.problem:
        rows.append((tr("Problem"), found.problem))
    if hotfix is not None:
        rows.append((tr("Reason"), hotfix.reason))
        if hotfix.ticket:
            rows.append((tr("Ticket"), hotfix.ticket))
        caption = tr("Since") if status.is_open else tr("Unlocked")
        who = person_word(hotfix.opened_by, catalogue.user)
        rows.append((caption, f"{_span(status, hotfix, now)} {tr('by')} {who}"))
        if status.state is PackageState.OVERDUE and hotfix.last_error:
            rows.append((tr("Why overdue"), hotfix.last_error))
    if status.is_open and status.changes is not None:
        changed = tr("%n file(s)", status.changes) if status.changes else tr("nothing changed yet")
        rows.append((tr("Changes"), changed))
    if status.waiting is not None:
        rows.append((tr("Undelivered"), _waiting(status.waiting, catalogue, now)))
    if status.delivered is not None:
        receipt = f"{status.delivered.receipt.sentence} ({tr('audit entry')} {number(status.delivered.entry)})"
        rows.append((tr("Delivered"), receipt))
    if found.maintainer:
        own = found.maintainer.casefold() == catalogue.settings.maintainer.casefold()
        rows.append((tr("Maintainer"), found.maintainer + (f" ({tr('self-developed')})" if own else "")))
    if found.depends_on:
        names = [dependency.name for dependency in found.depends_on]
        text = ", ".join(names[:6]) + (f" … ({len(names)})" if len(names) > 6 else "")
        rows.append((tr("Depends on"), text))
    if found.modified:
        rows.append((tr("Modified"), stamp(found.modified)))
    rows.append((tr(FOLDER), folder_of(status, catalogue)))
    if found.linked_to:
        rows.append((tr("Linked to"), found.linked_to))
    return rows


def _waiting(waiting: Undelivered, catalogue: Catalogue, now: Moment) -> str:
    """Give "2 hotfixes, 5 files, for 3 days, by Olena"."""
    hotfixes = tr("%n hotfix", len(waiting.hotfixes)) + ("" if len(waiting.hotfixes) == 1 else "es")
    files = f", {tr('%n file(s)', waiting.changes)}" if waiting.changes is not None else ""
    who = person_word(waiting.owner, catalogue.user)
    return f"{hotfixes}{files}, {for_age(waiting.since, now.utc)}, {tr('by')} {who}"


def _span(status: PackageStatus, hotfix: Hotfix, now: Moment) -> str:
    opened = hotfix.lease.opened.utc
    since = day_and_time(opened, now.utc)
    if status.is_open or hotfix.closed_at is None:
        return since
    return f"{since}–{day_and_time(hotfix.closed_at, opened)}"
