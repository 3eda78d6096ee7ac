"""Page 2 of the delivery wizard: where it goes. Our own package into a repository, another one's to its support."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.core.delivery_plan import RepositoryFacts
from hotfix_desktop.core.letters import is_mail_address, portal_of
from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs
from hotfix_desktop.ui.delivery_draft import Draft, Way
from hotfix_desktop.ui.delivery_memory import DeliveryMemory
from hotfix_desktop.ui.delivery_page import DeliveryPage
from hotfix_desktop.ui.dialog import LINE_LIMIT, Field
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, GROUPS, Role

PAUSE_MS = 400
"""After the last key before the repository is looked at."""


class WherePage(DeliveryPage):
    """Chooses repository and branch, a contact, or a folder."""

    def __init__(self, draft: Draft, jobs: DeliveryJobs, memory: DeliveryMemory) -> None:
        """Make the page; what was chosen for a package the last time is offered again."""
        super().__init__(tr("Where does it go?"), " ", draft, jobs)
        self._memory = memory
        self._facts: RepositoryFacts | None = None
        self._looked_at = ""
        self._shown_for: tuple[object, ...] = ()
        self._proposed = ""
        self.by_git = QRadioButton(tr("Into a development &repository, as a commit on a branch of its own"), self)
        self.by_git.setObjectName("deliveryByGit")
        self.by_hand = QRadioButton(tr("There is no &git here: a patch and an archive to carry over by hand"), self)
        self.by_hand.setObjectName("deliveryByHand")
        self._ways = QButtonGroup(self)
        self._ways.addButton(self.by_git)
        self._ways.addButton(self.by_hand)
        self.repository = QLineEdit(self)
        self.repository.setObjectName("deliveryRepository")
        self.onto = QComboBox(self)
        self.onto.setObjectName("deliveryOnto")
        self.branch = QLineEdit(self)
        self.branch.setObjectName("deliveryBranch")
        self.contact = QLineEdit(self)
        self.contact.setObjectName("deliveryContact")
        self.folder = QLineEdit(self)
        self.folder.setObjectName("deliveryFolder")
        self._own = QWidget(self)
        self._git = QWidget(self._own)
        self._other = QWidget(self)
        self._whose = SignLabel("info", Role.TEXT, " ")
        self._found = SignLabel("success", Role.VERIFIED)
        self._remarks = SignLabel("warning", Role.OPEN)
        self._missing = ToneLabel("", Role.QUIET)
        self._missing.setObjectName("deliveryMissing")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(lambda: self.look(typed=True))
        self._build()

    @property
    def said(self) -> str:
        """What was found out about the repository, for people."""
        return " ".join(text for text in (self._found.text, self._remarks.text) if text)

    def initializePage(self) -> None:
        """Show what fits the package, and what was chosen for it the last time."""
        package = self.draft.package
        if package is None:
            return
        own = package.is_own
        name = package.found.name
        self.setSubTitle(
            tr("%1 is self-developed: the same change goes to development, and home with its next delivery.")
            if own
            else tr("Only the maintainer can deliver %1.")
        )
        self.setSubTitle(self.subTitle().replace("%1", name))
        self._own.setVisible(own)
        self._other.setVisible(not own)
        if self._shown_for[:1] != (package.package_id,):
            remembered = self._memory.of(package.found)
            self.repository.setText(remembered.repository)
            self.branch.clear()
            self.folder.setText(remembered.folder)
            self.by_hand.setChecked(own and remembered.way is Way.HAND_OVER)
            self.by_git.setChecked(own and remembered.way is not Way.HAND_OVER)
            self.contact.setText(self.draft.contact)
            self._looked_at = self._proposed = ""
        elif self._shown_for[1:] != (self.draft.hotfixes,):
            self._looked_at = ""  # other hotfixes go to another branch
        self._shown_for = package.package_id, self.draft.hotfixes
        self._whose.set_text(
            tr("%1 belongs to %2. Its changes cannot be committed here: tell their support, with a letter.")
            .replace("%1", name)
            .replace("%2", package.found.maintainer)
        )
        self._choose()

    def validatePage(self) -> bool:
        """Keep what was chosen."""
        draft = self.draft
        draft.repository, draft.onto = self.repository.text().strip(), self.onto.currentText()
        draft.branch, draft.folder = self.branch.text().strip(), self.folder.text().strip()
        draft.contact = self.contact.text().strip()
        if draft.package is not None:
            self._memory.keep(draft.package.found, draft)
        return True

    def why_not(self) -> str:
        """Say what is missing."""
        if self.draft.way is Way.REPOSITORY:
            if not self.repository.text().strip():
                if self.is_waiting:
                    return tr("Looking for a repository beside the workspace…")
                return tr("Choose the folder of a development repository.")
            if self.is_waiting:
                return tr("Looking at the repository…")
            if self._facts is None:
                refused = bool(self.problem.text)
                return tr("This folder cannot take the delivery.") if refused else tr("Looking at the repository…")
            return "" if self.onto.currentText() else tr("Choose the branch that it starts from.")
        if self.draft.way is Way.LETTER:
            contact = self.contact.text().strip()
            if not contact:
                return tr("Say to whom the letter goes.")
            if not (is_mail_address(contact) or portal_of(contact)):
                return tr("This is neither an e-mail address nor the address (https://…) of a support portal.")
        folder = self.folder.text().strip()
        return "" if folder and Path(folder).is_absolute() else tr("Choose a folder for the files.")

    def changed(self) -> None:
        """Look again at whether one can go on; what a repository lacks stands below its field."""
        super().changed()
        sentence = self._why.text() if self.draft.way is Way.REPOSITORY else ""
        self._missing.setText(sentence)
        self._missing.setVisible(bool(sentence))
        self._why.setVisible(bool(self._why.text()) and not sentence)

    def forget_job(self) -> None:
        """Stop what is under way or about to begin; a repository that nobody looked at to the end is not known."""
        self._pause.stop()
        if self.is_waiting:
            self._looked_at = ""
        super().forget_job()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin in the first field that has to be filled."""
        super().showEvent(event)
        first = {Way.REPOSITORY: self.repository, Way.LETTER: self.contact, Way.HAND_OVER: self.folder}
        first[self.draft.way].setFocus()

    def _build(self) -> None:
        browse = QPushButton(tr("Br&owse…"), self)
        browse.setObjectName("browseRepository")
        browse.setAccessibleName(tr("Browse for the repository"))
        browse.clicked.connect(lambda: self._browse(self.repository, tr("Development repository"), "repository"))
        browse.setAutoDefault(False)
        git = QVBoxLayout(self._git)
        git.setContentsMargins(GROUPS, 0, 0, 0)
        git.addWidget(Field(tr("Re&pository"), _beside(self.repository, browse, tr("Repository"))))
        git.addWidget(self._missing)
        git.addWidget(self._found)
        git.addWidget(Field(tr("&Starts from branch"), self.onto))
        git.addWidget(
            Field(tr("Ne&w branch"), self.branch, hint=tr("Empty: the name shown, made from ticket and package."))
        )
        git.addWidget(self._remarks)
        own = QVBoxLayout(self._own)
        own.setContentsMargins(0, 0, 0, 0)
        own.addWidget(self.by_git)
        own.addWidget(self._git)
        own.addWidget(self.by_hand)
        other = QVBoxLayout(self._other)
        other.setContentsMargins(0, 0, 0, 0)
        other.addWidget(self._whose)
        self.contact.setPlaceholderText("support@example.com")
        other.addWidget(
            Field(
                tr("&To"),
                self.contact,
                hint=tr("An e-mail address, or the address of a support portal. It is remembered for this maintainer."),
            )
        )
        put = QPushButton(tr("Bro&wse…"), self)
        put.setAccessibleName(tr("Browse for the folder"))
        put.clicked.connect(lambda: self._browse(self.folder, tr("Folder for the files"), "folder"))
        put.setAutoDefault(False)
        self._put = Field(
            tr("&Folder for the files"),
            _beside(self.folder, put, tr("Folder for the files")),
            hint=tr("Nothing is written before the last page."),
        )
        self.add(self._own, self._other, self._put)
        self.body.addStretch(1)
        self.repository.textChanged.connect(lambda _text: self._wait_for_the_rest())
        for line in (self.repository, self.branch, self.contact, self.folder):
            line.setMaxLength(LINE_LIMIT)
            line.textChanged.connect(lambda _text: self.changed())
        self.repository.editingFinished.connect(self.look)
        self.onto.currentIndexChanged.connect(lambda _index: self.changed())
        self._ways.buttonToggled.connect(lambda _button, on: self._choose() if on else None)

    def _choose(self) -> None:
        package = self.draft.package
        if package is not None and package.is_own:
            self.draft.way = Way.HAND_OVER if self.by_hand.isChecked() else Way.REPOSITORY
        else:
            self.draft.way = Way.LETTER
        self._git.setVisible(self.draft.way is Way.REPOSITORY)
        self._put.setVisible(self.draft.way is not Way.REPOSITORY)
        self.look()
        self.changed()

    def _browse(self, line: QLineEdit, title: str, name: str) -> None:
        package = self.draft.package
        last = str(getattr(self._memory.of(package.found), name)) if package is not None else ""
        dialog = QFileDialog(self, title, _first_folder(line.text().strip(), last))
        dialog.setObjectName("deliveryBrowse")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(line.setText)
        dialog.fileSelected.connect(lambda _path: self.look())
        dialog.open()

    def _forget_facts(self) -> None:
        self.forget_job()
        self._facts, self._looked_at = None, ""
        self._found.set_text("")
        self._remarks.set_text("")
        self.problem.set_text("")
        self.onto.clear()
        self.branch.setPlaceholderText("")

    def _wait_for_the_rest(self) -> None:
        """Look at what is being typed when no key came for a moment."""
        self._forget_facts()
        if self.repository.text().strip():
            self._pause.start()

    def _propose(self, found: tuple[Path, ...]) -> None:
        """Offer the one repository beside the workspace that has the package, or name them all."""
        if len(found) == 1:
            self._proposed = str(found[0])
            self.repository.setText(self._proposed)
            self.look()
        elif found:
            names = ", ".join(folder.name for folder in found)
            self._remarks.set_text(tr("Several repositories beside the workspace have it: %1.").replace("%1", names))

    def look(self, *, typed: bool = False) -> None:
        """Look at the repository that was typed, if nobody has yet; for an empty field, whether one lies beside.

        ``typed``: somebody may be typing still, so nothing moves on the page before there is an answer.
        """
        folder, package = self.repository.text().strip(), self.draft.package
        if self.draft.way is not Way.REPOSITORY or package is None:
            return
        if not folder and not self._proposed:
            self._proposed = " "  # once
            self.watch(self.jobs.beside(package.package_id), self._propose)
        if not folder or folder == self._looked_at:
            return
        self._forget_facts()
        self._looked_at = folder
        job = self.jobs.look(Path(folder), package.package_id, self.draft.hotfixes)
        self.watch(job, self._show_facts, shown=not typed)

    def _show_facts(self, facts: RepositoryFacts) -> None:
        self._facts = facts
        self.onto.blockSignals(True)
        self.onto.addItems(list(facts.branches))
        wanted = self.draft.onto if self.draft.onto in facts.branches else facts.current
        self.onto.setCurrentIndex(self.onto.findText(wanted) if wanted else -1)
        self.onto.blockSignals(False)
        name = self.draft.package.found.name if self.draft.package is not None else ""
        said = []
        if self._proposed == self.repository.text().strip():
            said.append(
                tr("Found beside the workspace; choose another one if %1 is developed elsewhere.").replace("%1", name)
            )
        if facts.package_place is not None:
            said.append(tr("%1 lies in %2.").replace("%1", name).replace("%2", facts.package_place or "."))
        if facts.is_clio:
            said.append(tr("It is a workspace of clio."))
        said.append(tr("Commits are made as %1.").replace("%1", facts.author))
        self._found.set_text(" ".join(said))
        self._remarks.set_text(" ".join(facts.remarks))
        self.branch.setPlaceholderText(facts.branch)


def _first_folder(typed: str, last: str) -> str:
    """Give the folder in which choosing begins: what is typed, or what is above it, or what was used last."""
    candidates = (typed, os.path.dirname(typed), last)
    return next((folder for folder in candidates if os.path.isabs(folder) and os.path.isdir(folder)), "")


def _beside(line: QLineEdit, button: QPushButton, name: str) -> QWidget:
    """Stand a button beside a line that takes all the width."""
    both = QWidget()
    line.setAccessibleName(name)
    both.setFocusProxy(line)
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(BETWEEN)
    row.addWidget(line, 1)
    row.addWidget(button)
    return both
