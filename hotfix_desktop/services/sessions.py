"""What a window does first and last with a workspace."""

from __future__ import annotations

import sys

from hotfix_desktop.core.watch import GuardState
from hotfix_desktop.services import catalogue, protection
from hotfix_desktop.services.aftermath import Aftermath, look_back
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import Workbench


def before(bench: Workbench) -> Aftermath | None:
    """Give what the last window of this user left behind; ask before :func:`opened`. Raises ``StoreError``."""
    return look_back(bench) if bench.store.administration.workspace() else None


def opened(bench: Workbench) -> catalogue.Catalogue:
    """Enter that the workspace was opened, and give what is remembered of it. Raises ``StoreError``."""
    protection.opened(bench)
    return catalogue.remembered(bench)


def secured(bench: Workbench) -> bool:
    """Whether nothing is open, or a guard lives, or everything open was locked now. Raises ``StoreError``."""
    if not bench.store.hotfixes.not_closed():
        return True
    # Windows ends the guard together with the session.
    if sys.platform != "win32" and bench.guard.look(bench.clock.now())[0] is GuardState.ALIVE:
        return True
    Relocker(bench).close_all("the session ended and no guard lived")
    return not bench.store.hotfixes.not_closed()
