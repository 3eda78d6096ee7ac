"""The badge of the audit log: verified, verifying, broken or not signed, by word, shape and colour."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from hotfix_desktop.core.verdict import Finding, Verdict
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.labels import ElidedLabel, plain_tooltip
from hotfix_desktop.ui.theme import BETWEEN, GRID, ICON_TOOLBAR, Role, Theme
from hotfix_desktop.ui.verification_words import (
    BadgeState,
    BadgeWords,
    nothing_known,
    trouble,
    verifying,
    words_of,
)


class VerificationBadge(QFrame):
    """Says how the log stands, and offers what can be done about it.

    It takes the focus, so that a screen reader finds the whole truth behind its few words.

    Signals:
        cancel_wanted: the verification that runs is to end.
        go_to_wanted: the number of the first bad entry, to show it.
        evidence_wanted: what was found is to be saved.
    """

    cancel_wanted = Signal()
    go_to_wanted = Signal(int)
    evidence_wanted = Signal()

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        """Say that nothing is known yet."""
        super().__init__(parent)
        self.setObjectName("verificationBadge")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._icons = icons
        self._finding: Finding | None = None
        self._full = False
        self._everything_at: datetime | None = None
        self.words = nothing_known()
        self._sign = QLabel(self)
        self._text = ElidedLabel("", Qt.TextElideMode.ElideRight, parent=self)
        self.cancel_button = self._button(tr("Cancel"), self.cancel_wanted.emit)
        self.go_to_button = self._button(tr("Go &to"), self._go_to)
        self.evidence_button = self._button(tr("&Save evidence…"), self.evidence_wanted.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID, GRID, GRID)
        row.setSpacing(BETWEEN)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        for button in (self.cancel_button, self.go_to_button, self.evidence_button):
            row.addWidget(button)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        # The work below must not jump when a button comes or goes.
        self._text.setMinimumHeight(self.cancel_button.sizeHint().height())
        theme.changed.connect(self._paint)
        self._show(self.words)

    @property
    def text(self) -> str:
        """The few words that are shown."""
        return self.words.text

    def set_everything_at(self, at: datetime | None) -> None:
        """Say with the next verdict when every entry was last verified, UTC; None where nobody knows."""
        self._everything_at = at

    def show_begin(self, *, full: bool) -> None:
        """Show that a verification begins; ``full`` for one of every entry."""
        self._full = full
        self._show(verifying(None, full))

    @Slot(object)
    def show_progress(self, step: Step) -> None:
        """Show how far it has come."""
        percent = min(100, 100 * step.done // step.total) if step.total > 0 else None
        self._show(verifying(percent, self._full))

    @Slot(object)
    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show how the log was found; None before the first verification."""
        if verdict is not None and verdict.since <= verdict.first and verdict.is_whole:
            self._everything_at = verdict.at
        self._finding = verdict.finding if verdict is not None else None
        self._show(nothing_known() if verdict is None else words_of(verdict, self._everything_at))

    def show_trouble(self, sentence: str) -> None:
        """Show why it could not be verified."""
        self._show(trouble(sentence))

    def _button(self, text: str, action: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text.replace("&", ""))
        button.setAutoDefault(True)
        button.clicked.connect(lambda _checked=False: action())  # type: ignore[operator]
        return button

    def _go_to(self) -> None:
        if self._finding is not None:
            self.go_to_wanted.emit(self._finding.seq)

    def _show(self, words: BadgeWords) -> None:
        before, self.words = self.words, words
        had_focus = any(button.hasFocus() for button in self.findChildren(QPushButton))
        self._text.set_text(words.text)
        self.setToolTip(plain_tooltip(words.truth))
        self.setAccessibleName(words.text)
        self.setAccessibleDescription(words.truth)
        is_broken = words.state is BadgeState.BROKEN
        self.cancel_button.setVisible(words.state is BadgeState.VERIFYING)
        self.go_to_button.setVisible(is_broken)
        self.evidence_button.setVisible(is_broken)
        if had_focus and not any(button.hasFocus() for button in self.findChildren(QPushButton)):
            self.setFocus(Qt.FocusReason.OtherFocusReason)  # its button went away under the user's hands
        self._paint()
        if words.state is not before.state:
            self._announce()

    @Slot()
    def _paint(self) -> None:
        name, role = self.words.state.value
        self._sign.setPixmap(self._icons.icon(name, role).pixmap(QSize(ICON_TOOLBAR, ICON_TOOLBAR)))
        self._text.set_role(Role.TEXT if role is Role.QUIET else role)

    def _announce(self) -> None:
        event = QAccessibleAnnouncementEvent(self, self.words.text)
        if self.words.state is BadgeState.BROKEN:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
