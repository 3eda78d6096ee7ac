"""What the details say about a package beside its state: rows of a caption and a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lifecycle import Hotfix, PackageState, PackageStatus
from hotfix_desktop.ui.formats import day_and_time, stamp, tr
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
    if hotfix is not None and (status.is_open or status.undelivered):
        rows.append((tr("Reason"), hotfix.reason))
        if hotfix.ticket:
            rows.append((tr("Ticket"), hotfix.ticket))
        caption = tr("Since") if status.is_open else tr("Unlocked")
        who = person_word(hotfix.opened_by, catalogue.user)
        rows.append((caption, f"{_span(status, hotfix, now)} {tr('by')} {who}"))
        if status.state is PackageState.OVERDUE and hotfix.last_error:
            rows.append((tr("Why overdue"), hotfix.last_error))
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


def _span(status: PackageStatus, hotfix: Hotfix, now: Moment) -> str:
    opened = hotfix.lease.opened.utc
    since = day_and_time(opened, now.utc)
    if status.is_open or hotfix.closed_at is None:
        return since
    return f"{since}–{day_and_time(hotfix.closed_at, opened)}"
