"""Page 4 of the delivery wizard: the commit message, or the letter."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QPushButton

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.letters import Letter, checked_letter
from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs
from hotfix_desktop.ui.delivery_draft import Draft, Way
from hotfix_desktop.ui.delivery_page import DeliveryPage
from hotfix_desktop.ui.dialog import LINE_LIMIT, Field
from hotfix_desktop.ui.formats import tr


class MessagePage(DeliveryPage):
    """Edits what goes with the change."""

    def __init__(self, draft: Draft, jobs: DeliveryJobs) -> None:
        """Make the page."""
        super().__init__(tr("Message"), " ", draft, jobs)
        self.to = QLineEdit(self)
        self.to.setObjectName("letterTo")
        self.to.setReadOnly(True)
        self.subject = QLineEdit(self)
        self.subject.setObjectName("letterSubject")
        self.subject.setMaxLength(LINE_LIMIT)
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("deliveryMessage")
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.push = QCheckBox(self)
        self.push.setObjectName("deliveryPush")
        self.copy = QPushButton(tr("&Copy letter"), self)
        self.copy.setObjectName("letterCopy")
        self.copy.setAutoDefault(False)
        self._to = Field(tr("To"), self.to)
        self._subject = Field(tr("&Subject"), self.subject)
        self._text = Field(tr("Me&ssage"), self.text)
        self.add(self._to, self._subject, self._text, self.push)
        self.body.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.setStretch(2, 1)
        self.text.textChanged.connect(self.changed)
        self.subject.textChanged.connect(lambda _text: self.changed())
        self.copy.clicked.connect(lambda _checked=False: self._copy())

    def initializePage(self) -> None:
        """Propose a text, unless somebody has edited one for the same hotfixes."""
        draft = self.draft
        git = draft.way is Way.REPOSITORY
        for widget in (self._to, self._subject, self.copy):
            widget.setVisible(not git)
        self.push.setVisible(git)
        if not git:
            self.setTitle(tr("Letter"))
            self.setSubTitle(tr("This is what the support reads; change what you like."))
            self._text.label.setText(tr("&Letter"))
            self.text.setAccessibleName(tr("Letter"))
            if draft.letter is not None:
                self.to.setText(draft.contact)
                self.subject.setText(draft.letter.subject)
                self.text.setPlainText(draft.letter.body)
            self.changed()
            return
        self.setTitle(tr("Message"))
        self.setSubTitle(tr("This is what the commit says."))
        self._text.label.setText(tr("&Message"))
        self.text.setAccessibleName(tr("Commit message"))
        remote = draft.plan.remote if draft.plan is not None else ""
        text = tr("&Push the branch to %1") if remote else tr("&Push the branch (this repository has no remote)")
        self.push.setText(text.replace("%1", remote))
        self.push.setEnabled(bool(remote))
        self.push.setChecked(draft.push and bool(remote))
        why = "" if remote else tr("This repository has no remote.")
        self.push.setToolTip(why)
        self.push.setAccessibleDescription(why)
        if draft.plan is not None and draft.wants_message:
            self.watch(self.jobs.message(draft.plan, [file.path for file in draft.ticked]), self._propose)
        else:
            self.text.setPlainText(draft.message)
        self.changed()

    def _propose(self, message: str) -> None:
        self.text.setPlainText(message)
        self.draft.message_for = self.draft.hotfixes, self.draft.left_out
        self.draft.proposed = self.text.toPlainText()  # the field changes some blanks

    def cleanupPage(self) -> None:
        """Go back; what was written stays."""
        super().cleanupPage()
        self._keep()

    def validatePage(self) -> bool:
        """Keep what was written."""
        self._keep()
        return True

    def why_not(self) -> str:
        """Say what is missing."""
        if self.is_waiting:
            return tr("Writing the message…")
        if self.draft.way is Way.REPOSITORY:
            return "" if self.text.toPlainText().strip() else tr("A commit needs a message.")
        if self.draft.letter is None:
            return tr("Go back and choose a hotfix.")
        try:
            checked_letter(self._letter())
        except InvalidInput as error:
            return error.sentence
        return ""

    def _letter(self) -> Letter:
        assert self.draft.letter is not None
        return replace(
            self.draft.letter, to=self.draft.contact, subject=self.subject.text(), body=self.text.toPlainText()
        )

    def _keep(self) -> None:
        draft = self.draft
        if draft.way is Way.REPOSITORY:
            draft.message, draft.push = self.text.toPlainText(), self.push.isChecked()
        elif draft.letter is not None:
            draft.letter = self._letter()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._letter().text)
