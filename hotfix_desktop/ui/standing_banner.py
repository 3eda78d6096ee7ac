"""The banner about an audit log that is not the one that its anchors saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hotfix_desktop.core.roles import Role
from hotfix_desktop.ui.banners import Banner, Weight
from hotfix_desktop.ui.formats import tr

if TYPE_CHECKING:
    from hotfix_desktop.services.standing import Standing

STANDING = "standing"
"""The key of the banner."""


def standing_banner(standing: Standing, show: Callable[[], None]) -> Banner | None:
    """Give the banner; None for a log in order. It stays until the finding is acknowledged."""
    if standing.finding is None:
        return None
    sentence = standing.finding.sentence
    if standing.refuses:
        said = {one.role for one in standing.acknowledged}
        if not said:
            until = tr("No package can be unlocked until an administrator and an auditor have acknowledged it.")
        elif Role.AUDITOR in said:
            until = tr("No package can be unlocked until an administrator has acknowledged it, too.")
        else:
            until = tr("No package can be unlocked until an auditor has acknowledged it, too.")
        sentence = f"{sentence} {until}"
    return Banner(STANDING, Weight.ERROR, sentence, ((tr("Show…"), show),), dismissible=not standing.refuses)
