"""The first row of the audit log window: whether the log is whole, and what can be done with all of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.runtime.audit_session import AuditSession
from hotfix_desktop.services.catalogue import Catalogue
from hotfix_desktop.ui.audit_actions import AuditActions, allow
from hotfix_desktop.ui.audit_verifying import AuditVerifying
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import BETWEEN, Theme
from hotfix_desktop.ui.verification_badge import VerificationBadge

if TYPE_CHECKING:
    from hotfix_desktop.ui.review_verbs import ReviewVerbs

ONLY_READ = "Nothing can be changed in a log that is only read. Open the workspace itself."
NOT_BROKEN = "The log was not found to be broken."
NOTHING_WAITS = "Nothing waits for review."


class AuditTop(QWidget):
    """The badge and its buttons.

    Signals:
        go_to_wanted: the number of the first bad entry, to select it.
        log_changed: something was entered from here.
        archive_wanted: old entries are to be moved to a file.
    """

    go_to_wanted = Signal(int)
    log_changed = Signal()
    archive_wanted = Signal()

    def __init__(
        self,
        session: AuditSession,
        actions: AuditActions,
        theme: Theme,
        icons: Icons,
        settings: QSettings,
        now: Callable[[], datetime],
        parent: QWidget,
    ) -> None:
        """Build the row; :meth:`start` begins to verify."""
        super().__init__(parent)
        self._session, self._actions = session, actions
        self._reviews: ReviewVerbs | None = None
        self.badge = VerificationBadge(theme, icons, self)
        self.verifying = AuditVerifying(session.verify_new, session.verify_all, settings, now, self)
        self._lay_out()
        self._connect()
        self._tell_actions()

    def _lay_out(self) -> None:
        actions = self._actions
        self.badge.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.verify_button = self._menu_button("Verify a&gain", [actions.verify, actions.verify_all])
        self.review_button = QPushButton("To revie&w", self)
        self.review_button.setAccessibleName("To review")
        self.review_button.clicked.connect(actions.reviews.trigger)
        self.review_button.setVisible(not self._session.is_read_only)
        self.export_button = self._menu_button("E&xport", actions.exports())
        self.print_button = QPushButton("Pri&nt…", self)
        self.print_button.setAccessibleName("Print")
        self.print_button.clicked.connect(actions.print.trigger)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(BETWEEN)
        row.addWidget(self.badge, 1)
        for button in (self.verify_button, self.review_button, self.export_button, self.print_button):
            row.addWidget(button)

    def _menu_button(self, text: str, actions: list[QAction]) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text.replace("&", ""))
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        menu.addActions(actions)
        button.setMenu(menu)
        return button

    def _connect(self) -> None:
        actions, verifying, badge = self._actions, self.verifying, self.badge
        actions.verify.triggered.connect(verifying.verify_new)
        actions.verify_all.triggered.connect(verifying.verify_all)
        actions.go_to_break.triggered.connect(self._go_to_break)
        actions.reviews.triggered.connect(self._show_reviews)
        actions.archive.triggered.connect(self.archive_wanted)
        verifying.began.connect(self._on_begin)
        verifying.stepped.connect(badge.show_progress)
        verifying.judged.connect(self._on_verdict)
        verifying.stopped.connect(self._on_stop)
        verifying.failed.connect(self._on_failure)
        badge.cancel_wanted.connect(verifying.cancel)
        badge.go_to_wanted.connect(self._go_to_break)
        badge.evidence_wanted.connect(actions.evidence.trigger)
        work = self._session.work
        if work is not None:
            work.catalogue_changed.connect(self._on_catalogue)

    def start(self) -> None:
        """Verify what is new, and count what waits for review."""
        self.verifying.start()
        if self._session.work is not None:
            self._session.work.reviews_waiting().done.connect(self._tell_waiting)

    def verdict(self) -> Verdict | None:
        """Give how the log was found the last time."""
        return self.verifying.verdict

    def focus_part(self) -> QWidget:
        """Give what takes the keyboard."""
        return self.verify_button

    def close_down(self) -> None:
        """Stop what runs."""
        self.verifying.close()

    # Verifying

    @Slot()
    def _on_begin(self) -> None:
        self.badge.show_begin(full=self.verifying.is_full)
        self._tell_actions()

    @Slot(object)
    def _on_verdict(self, verdict: Verdict) -> None:
        self.badge.set_everything_at(self.verifying.everything_at(verdict))
        self.badge.show_verdict(verdict)
        self._tell_actions()
        if not self._session.is_read_only:
            self.log_changed.emit()

    @Slot()
    def _on_stop(self) -> None:
        self.badge.show_verdict(self.verifying.verdict)
        self._tell_actions()

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        self.badge.show_trouble(str(error))
        self._tell_actions()

    @Slot()
    def _go_to_break(self) -> None:
        verdict = self.verifying.verdict
        if verdict is not None and verdict.finding is not None:
            self.go_to_wanted.emit(verdict.finding.seq)

    # What can be done

    @Slot()
    def _show_reviews(self) -> None:
        from hotfix_desktop.ui.review_verbs import ReviewVerbs  # not before somebody wants them

        if self._session.work is not None:
            self._reviews = self._reviews or ReviewVerbs(self._session.work, self)
            self._reviews.show(self.window())

    @Slot(object)
    def _on_catalogue(self, catalogue: Catalogue) -> None:
        self._tell_waiting(catalogue.to_review)

    @Slot(object)
    def _tell_waiting(self, waiting: int) -> None:
        text = f"To revie&w ({number(waiting)})" if waiting else "To revie&w"
        self.review_button.setText(text)
        self.review_button.setAccessibleName(text.replace("&", ""))

    def _tell_actions(self) -> None:
        actions, verdict = self._actions, self.verifying.verdict
        only_read = ONLY_READ if self._session.is_read_only else ""
        allow(actions.reviews, only_read)
        allow(actions.archive, only_read)
        running = "The log is being verified." if self.verifying.is_running else ""
        allow(actions.verify, running)
        allow(actions.verify_all, running if self.verifying.is_full else "")
        broken = verdict is not None and verdict.finding is not None
        allow(actions.go_to_break, "" if broken else NOT_BROKEN)
