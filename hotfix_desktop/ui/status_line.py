"""The status bar: who works where, what locks next, and whether the guard watches; and the window's title."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCursor
from PySide6.QtWidgets import QApplication, QLabel, QStatusBar

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.watch import GuardState
from hotfix_desktop.ui.formats import countdown, number, tr
from hotfix_desktop.ui.labels import ElidedLabel, ToneLabel, plain_tooltip
from hotfix_desktop.ui.theme import Role, tabular_font
from hotfix_desktop.ui.words import overdue_word

if TYPE_CHECKING:
    from hotfix_desktop.core.lifecycle import Hotfix
    from hotfix_desktop.services.beat import Beat
    from hotfix_desktop.services.catalogue import Catalogue

TELL_MS = 8000


class StatusLine:
    """The labels of a status bar, and the sentence that it shows for a while."""

    def __init__(self, bar: QStatusBar) -> None:
        """Add the labels."""
        self._bar = bar
        self._told = ""
        self._mouse = QCursor.pos()
        self._while = QTimer(bar)
        self._while.setSingleShot(True)
        self._while.setInterval(TELL_MS)
        self._while.timeout.connect(self._forget)
        bar.messageChanged.connect(self._on_message)
        # Qt's own message is cut without a sign where the labels begin; this one says that it is, and has the whole.
        self._said = ElidedLabel("", Qt.TextElideMode.ElideRight, parent=bar)
        self._said.setObjectName("statusSentence")
        self._said.setContentsMargins(8, 0, 8, 0)
        self._said.hide()
        bar.addPermanentWidget(self._said, 1)
        self._where = QLabel(bar)
        self._where.setObjectName("statusWhere")
        self._where.setMinimumWidth(1)  # the name of a folder can be longer than the window is wide
        self._reviews = QLabel(bar)
        self._reviews.setObjectName("statusReviews")
        self._reviews.hide()
        self._next = QLabel(bar)
        self._next.setObjectName("statusNextLock")
        self._next.setFont(tabular_font(bar.font()))
        self._beat = ToneLabel("", Role.TEXT, bar)
        self._beat.setObjectName("statusRelocker")
        self._beat.setFont(tabular_font(bar.font()))
        self._beat.setWordWrap(False)
        self._trouble = ""
        for label in (self._where, self._reviews, self._next, self._beat):
            label.setContentsMargins(8, 0, 8, 0)
            bar.addPermanentWidget(label)

    def tell(self, sentence: str) -> None:
        """Show a sentence for a few seconds, or take it back when it is empty."""
        self._told = sentence
        self._mouse = QCursor.pos()
        if sentence:
            self._bar.showMessage(sentence)
            self._while.start()
        else:
            self._while.stop()
            self._bar.clearMessage()

    def show_catalogue(self, catalogue: Catalogue | None, now: Moment) -> None:
        """Show who works where, and what locks next."""
        if catalogue is None:
            for label in (self._where, self._reviews, self._next, self._beat):
                label.setText("")
                label.setToolTip("")
            self._reviews.hide()
            self._trouble = ""
            return
        none = tr("no role") if catalogue.registered else tr("no role yet")
        roles = ", ".join(sorted((r.value for r in catalogue.roles), reverse=True)) or none
        self._where.setText(f"{catalogue.title} · {catalogue.user} ({roles})")
        self._where.setToolTip(catalogue.location)
        self._show_reviews(catalogue)
        first = _first_to_lock(catalogue)
        if first is None:
            self._next.setText(tr("Nothing is unlocked"))
            return
        what = f"{tr('next lock in')} {countdown(first.lease.left(now))}"
        if first.lease.is_due(now):
            what = overdue_word(first.lease, now)
        self._next.setText(f"{len(catalogue.open_packages)} {tr('unlocked')}, {what}")

    def _show_reviews(self, catalogue: Catalogue) -> None:
        """Show how many hotfixes wait for an auditor, to those who may read of them."""
        wait = bool(catalogue.to_review and catalogue.roles)
        self._reviews.setText(f"{number(catalogue.to_review)} {tr('to review')}" if wait else "")
        self._reviews.setToolTip(tr("Closed hotfixes that wait for an auditor: Tools › Reviews…") if wait else "")
        self._reviews.setVisible(wait and not self._bar.currentMessage())

    def show_beat(self, beat: Beat) -> None:
        """Show who locks in time: the guard, the window itself, or, for the moment, the window alone."""
        trouble, why = "", tr("This window asked at this time what is due, as it does every second.")
        who = tr("Checked")
        if beat.guard is GuardState.ALIVE:
            who = tr("Guard")
            why = tr(
                "A process of its own (%1) locks the packages in time, even if this window is closed or killed."
            ).replace("%1", str(beat.guard_pid))
        elif beat.guard is GuardState.FOREIGN:
            who = tr("Guard")
            why = tr(
                "A process of another user (%1) locks the packages in time, even if this window is closed or killed."
            ).replace("%1", str(beat.guard_pid))
        elif beat.guard is GuardState.SILENT:
            trouble = tr("Guard is silent")
            why = tr(
                "The guard (process %1) has not answered for some seconds. This window goes on locking in time;"
                " leave it open until the guard is back."
            ).replace("%1", str(beat.guard_pid))
        elif beat.guard is GuardState.NONE and beat.open_hotfixes:
            trouble = tr("No guard: it is being started again")
            why = tr("The guard has ended. This window goes on locking in time; leave it open until the guard is back.")
        self._show(trouble, f"{who} {beat.moment.utc.astimezone():%H:%M:%S}", why)

    def show_lost(self, since: datetime) -> None:
        """Show that there was no beat since that time, which is in UTC."""
        why = tr(
            "This window asks every second what is due, and has had no answer since then: the database"
            " or a disk does not respond. It goes on trying. Lock now what must not stay open."
        )
        self._show(f"{tr('No beat since')} {since.astimezone():%H:%M:%S}", "", why)

    def _show(self, trouble: str, fine: str, why: str) -> None:
        self._beat.setText(f"⚠ {trouble}" if trouble else f"✓ {fine}")
        self._beat.set_role(Role.OPEN if trouble else Role.TEXT)
        self._beat.setToolTip(plain_tooltip(why))
        self._beat.setAccessibleName(trouble or fine)
        self._beat.setAccessibleDescription(why)
        if trouble and trouble != self._trouble:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._beat, trouble))
        self._trouble = trouble

    def _on_message(self, message: str) -> None:
        self._give_room(message)
        # The tip of a button takes the place of the sentence, and its end, or the button's, would clear it. A button
        # that came under a mouse that rests, because of what was done, has not been asked for its tip; and one that
        # goes away under the mouse never takes its tip back.
        if not self._told or message == self._told:
            return
        rests = QCursor.pos() == self._mouse and QApplication.activePopupWidget() is None
        if not message or rests:
            self._bar.showMessage(self._told)

    def _give_room(self, message: str) -> None:
        """Let a message take the place of what can wait until it is gone."""
        self._said.set_text(message)
        self._said.setVisible(bool(message))
        self._where.setVisible(not message)
        self._reviews.setVisible(bool(self._reviews.text()) and not message)

    def _forget(self) -> None:
        told, self._told = self._told, ""
        if self._bar.currentMessage() == told:
            self._bar.clearMessage()


def window_title(program: str, catalogue: Catalogue | None, now: Moment) -> str:
    """Give what locks first, where, and the program's name."""
    parts = [program] if catalogue is None else [catalogue.title, program]
    first = _first_to_lock(catalogue)
    if first is not None:
        due = first.lease.is_due(now)
        when = overdue_word(first.lease, now) if due else countdown(first.lease.left(now))
        parts.insert(0, f"{first.package_name} {when}" if due else f"{when} {first.package_name}")
    return " — ".join(parts)


def _first_to_lock(catalogue: Catalogue | None) -> Hotfix | None:
    open_now = [p.hotfix for p in catalogue.open_packages if p.hotfix] if catalogue else []
    return min(open_now, key=lambda hotfix: hotfix.lease.deadline, default=None)
