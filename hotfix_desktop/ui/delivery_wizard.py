"""*Deliver…*: five pages from what was changed to a receipt (``product.md`` 5.5). Only the last one writes anything."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget, QWizard

from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs
from hotfix_desktop.services.undelivered import WaitingPackage
from hotfix_desktop.ui.delivery_draft import Draft, Way
from hotfix_desktop.ui.delivery_end import EndPage
from hotfix_desktop.ui.delivery_memory import DeliveryMemory
from hotfix_desktop.ui.delivery_message import MessagePage
from hotfix_desktop.ui.delivery_page import DeliveryPage
from hotfix_desktop.ui.delivery_review import ReviewPage
from hotfix_desktop.ui.delivery_what import WhatPage
from hotfix_desktop.ui.delivery_where import WherePage
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import Theme
from hotfix_desktop.ui.window_room import room_for_difference, take_wanted

WHAT, WHERE, REVIEW, MESSAGE, END = range(5)
_BUTTON = QWizard.WizardButton


class DeliveryWizard(QWizard):
    """Carries the changes of closed hotfixes of one package to development, or tells its maintainer.

    Attributes:
        draft: what has been chosen so far.
    """

    def __init__(
        self,
        packages: Sequence[WaitingPackage],
        chosen: int,
        jobs: DeliveryJobs,
        memory: DeliveryMemory,
        theme: Theme,
        parent: QWidget | None,
    ) -> None:
        """Offer these packages, and begin with the one of this number."""
        super().__init__(parent)
        self.setObjectName("deliveryWizard")
        self.setWindowTitle(tr("Deliver"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWizardStyle(QWizard.WizardStyle.ClassicStyle)
        self.setOption(QWizard.WizardOption.NoBackButtonOnStartPage)
        self.draft = Draft()
        self.what = WhatPage(packages, chosen, self.draft, jobs)
        self.where = WherePage(self.draft, jobs, memory)
        self.review = ReviewPage(self.draft, jobs, theme)
        self.message = MessagePage(self.draft, jobs)
        self.end = EndPage(self.draft, jobs)
        for number, page in enumerate((self.what, self.where, self.review, self.message, self.end)):
            self.setPage(number, page)
            page.completeChanged.connect(self._explain)
        for button in (_BUTTON.BackButton, _BUTTON.NextButton, _BUTTON.FinishButton, _BUTTON.CancelButton):
            self.button(button).setIcon(QIcon())
        self.end.begun.connect(self._lock)
        self.end.ended.connect(self._release)
        self.end.completeChanged.connect(self._keep_locked)
        self.currentIdChanged.connect(lambda _id: self._name())
        self.currentIdChanged.connect(lambda _id: self._explain())
        self._name()
        take_wanted(self)

    def nextId(self) -> int:
        """Give the page after this one; a hand-over needs no message."""
        here = self.currentId()
        if here == REVIEW and self.draft.way is Way.HAND_OVER:
            return END
        return here + 1 if here < END else -1

    def sizeHint(self) -> QSize:
        """Ask for room for a difference side by side."""
        return room_for_difference(self)

    def _name(self) -> None:
        package = self.draft.package
        self.setWindowTitle(f"{tr('Deliver')} – {package.found.name}" if package is not None else tr("Deliver"))

    def _explain(self) -> None:
        """Let a disabled button say why it is."""
        page = self.currentPage()
        why = page.why_not() if isinstance(page, DeliveryPage) else ""
        for button in (_BUTTON.NextButton, _BUTTON.FinishButton):
            self.button(button).setToolTip(plain_tooltip(why))
            self.button(button).setAccessibleDescription(why)

    def _lock(self) -> None:
        self._keep_locked()

    def _keep_locked(self) -> None:
        """While it is being done, only *Cancel* works, and that not while it is pushed."""
        if not self.end.is_running:
            return
        for button in (_BUTTON.BackButton, _BUTTON.FinishButton):
            self.button(button).setEnabled(False)
        cancel = self.button(_BUTTON.CancelButton)
        cancel.setEnabled(self.end.may_cancel)
        cancel.setToolTip("" if self.end.may_cancel else tr("A push cannot be cancelled any more."))

    def _release(self) -> None:
        cancel = self.button(_BUTTON.CancelButton)
        cancel.setEnabled(True)
        self.button(_BUTTON.BackButton).setEnabled(True)
        cancel.setText(tr("Cancel"))
        self.end.changed()
        if self.end.delivery is not None:
            self.setButtonText(_BUTTON.FinishButton, tr("Close"))
            self.end.setButtonText(_BUTTON.FinishButton, tr("Close"))
            self.button(_BUTTON.BackButton).hide()
            cancel.hide()
            self.button(_BUTTON.FinishButton).setFocus()

    def _forget_jobs(self) -> None:
        for number in self.pageIds():
            page = self.page(number)
            if isinstance(page, DeliveryPage):
                page.forget_job()

    # Qt's names

    def reject(self) -> None:
        """Ask what runs to stop, and stay until it has; or go."""
        if self.end.delivery is not None:
            self.accept()
            return
        if self.end.is_running:
            if self.end.may_cancel and self.end.cancel():
                self.button(_BUTTON.CancelButton).setText(tr("Cancelling…"))
                self.button(_BUTTON.CancelButton).setEnabled(False)
            return
        super().reject()

    def done(self, result: int) -> None:
        """End; nobody wants any answer any more."""
        self._forget_jobs()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter in a field look at what was typed, and not go on at once."""
        if event.matches(QKeySequence.StandardKey.InsertParagraphSeparator) and self.currentId() == WHERE:
            self.where.look()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stay while it is being done."""
        if self.end.is_running:
            event.ignore()
            self.reject()
            return
        super().closeEvent(event)
