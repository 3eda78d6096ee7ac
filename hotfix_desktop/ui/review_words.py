"""What an auditor is told of a closed hotfix."""

from __future__ import annotations

from hotfix_desktop.core.reviews import Changed, ReviewItem, ReviewVerdict, span
from hotfix_desktop.core.writers import writers_phrase
from hotfix_desktop.ui.formats import stamp, tr
from hotfix_desktop.ui.review_model import ENDINGS
from hotfix_desktop.ui.theme import Role
from hotfix_desktop.ui.words import person_word

CHANGED = {
    Changed.NOTHING: "Nothing: the package was never open, or contains what it did before",
    Changed.SOMETHING: "The package contains something else than before",
    Changed.UNKNOWN: "Not known: what it contained before or right after is not recorded",
}


def facts_of(item: ReviewItem, user: str) -> list[tuple[str, str, Role]]:
    """Give caption, text and colour of each fact; ``user`` is called "you"."""
    hotfix = item.hotfix
    opened = hotfix.lease.opened.utc
    facts = [
        (tr("Hotfix"), f"{hotfix.number} · {hotfix.package_name}", Role.TEXT),
        (tr("Reason"), hotfix.reason, Role.TEXT),
        (tr("Ticket"), hotfix.ticket or tr("none"), Role.TEXT if hotfix.ticket else Role.QUIET),
        (tr("Opened"), f"{stamp(opened)} {tr('by')} {person_word(hotfix.opened_by, user)}", Role.TEXT),
        (tr("Closed"), _closed(item, user), Role.TEXT),
        (tr("Changed"), tr(CHANGED[item.changed]), Role.TEXT),
    ]
    if item.flags():
        facts.append((tr("To note"), "⚠ " + "; ".join(item.flags()), Role.OPEN))
    if hotfix.last_error:
        facts.append((tr("Failed"), hotfix.last_error, Role.TEXT))
    if hotfix.writers:
        facts.append((tr("Writers"), writers_phrase(hotfix.writers), Role.TEXT))
    if item.review is not None:
        said = tr("Reviewed") if item.review.verdict is ReviewVerdict.REVIEWED else tr("Objected to")
        what = f"{stamp(item.review.at)} {tr('by')} {person_word(item.review.by, user)}"
        remark = f": {item.review.remark}" if item.review.remark else ""
        facts.append((said, what + remark, Role.TEXT))
    return facts


def _closed(item: ReviewItem, user: str) -> str:
    hotfix = item.hotfix
    if hotfix.closed_at is None or hotfix.ending is None:
        return ""
    how = tr(ENDINGS[hotfix.ending]).lower()
    who = person_word(hotfix.closed_by, user)
    granted = span(hotfix.lease.granted)
    return f"{stamp(hotfix.closed_at)} {tr('by')} {who}, {how}; {tr('open for')} {span(item.duration)} of {granted}"
