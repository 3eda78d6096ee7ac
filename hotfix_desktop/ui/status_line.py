"""The status bar: who works where, what locks next, and whether the relocker beats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QStatusBar

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.ui.formats import countdown, tr
from hotfix_desktop.ui.theme import tabular_font

if TYPE_CHECKING:
    from hotfix_desktop.services.catalogue import Catalogue
    from hotfix_desktop.services.relocking import Beat

TELL_MS = 8000


class StatusLine:
    """The labels of a status bar."""

    def __init__(self, bar: QStatusBar) -> None:
        """Add the labels."""
        self._bar = bar
        self._where = QLabel(bar)
        self._where.setMinimumWidth(1)  # the name of a folder can be longer than the window is wide
        self._next = QLabel(bar)
        self._next.setObjectName("statusNextLock")
        self._next.setFont(tabular_font(bar.font()))
        self._beat = QLabel(bar)
        self._beat.setObjectName("statusRelocker")
        self._beat.setFont(tabular_font(bar.font()))
        for label in (self._where, self._next, self._beat):
            label.setContentsMargins(8, 0, 8, 0)
            bar.addPermanentWidget(label)

    def tell(self, sentence: str) -> None:
        """Show a sentence for a few seconds, or take it back when it is empty."""
        if sentence:
            self._bar.showMessage(sentence, TELL_MS)
        else:
            self._bar.clearMessage()

    def show_catalogue(self, catalogue: Catalogue | None, now: Moment) -> None:
        """Show who works where, and what locks next."""
        if catalogue is None:
            for label in (self._where, self._next, self._beat):
                label.clear()
            return
        none = tr("no role") if catalogue.registered else tr("no role yet")
        roles = ", ".join(sorted((r.value for r in catalogue.roles), reverse=True)) or none
        self._where.setText(f"{catalogue.title} · {catalogue.user} ({roles})")
        self._where.setToolTip(catalogue.location)
        leases = [p.hotfix.lease for p in catalogue.open_packages if p.hotfix]
        if leases:
            left = min(lease.left(now) for lease in leases)
            self._next.setText(f"{len(leases)} {tr('unlocked')}, {tr('next lock in')} {countdown(left)}")
        else:
            self._next.setText(tr("Nothing is unlocked"))

    def show_beat(self, beat: Beat) -> None:
        """Show that the relocker lives."""
        self._beat.setText(f"✓ {tr('Relocker')} {beat.moment.utc.astimezone():%H:%M:%S}")
        self._beat.setToolTip(tr("The relocker asked at this time what is due. It does so every second."))
