"""Page 5 of the delivery wizard: what is about to be done, how far it is, and the receipt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from hotfix_desktop.core.deliveries import Delivery, DeliveryKind
from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.letters import mailto, portal_of
from hotfix_desktop.core.texts import plural
from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs
from hotfix_desktop.runtime.lane import Job, Step
from hotfix_desktop.ui.delivery_draft import Draft, Way
from hotfix_desktop.ui.delivery_page import DeliveryPage
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.labels import SignLabel, ToneLabel, plain_tooltip
from hotfix_desktop.ui.theme import BETWEEN, GRID, GROUPS, Role

VERBS = {Way.REPOSITORY: "&Deliver", Way.LETTER: "&Write letter", Way.HAND_OVER: "&Hand over"}

_SHOWN = {
    "commit": "Commit",
    "sha256": "SHA-256 of the archive",
    "file": "Archive",
    "patch": "Patch",
    "patch_sha256": "SHA-256 of the patch",
    "archive": "Archive",
    "archive_sha256": "SHA-256 of the archive",
    "left_out": "Left out",
    "theirs": "Development's version kept",
}
_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class EndPage(DeliveryPage):
    """Does it.

    Signals:
        begun: it is being done; nothing can be changed any more.
        ended: it was done, or it failed and everything is as it was.
    """

    begun = Signal()
    ended = Signal()

    def __init__(self, draft: Draft, jobs: DeliveryJobs) -> None:
        """Make the page."""
        super().__init__(tr("Deliver"), " ", draft, jobs)
        self.delivery: Delivery | None = None
        self.may_cancel = True
        self._running: Job | None = None
        self._facts = QWidget(self)
        self._grid = QGridLayout(self._facts)
        self._grid.setContentsMargins(0, 0, 0, GROUPS)
        self._grid.setHorizontalSpacing(GROUPS)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnStretch(1, 1)
        self._receipt = SignLabel("success", Role.VERIFIED)
        self._remark = SignLabel("warning", Role.OPEN)
        self._next = ToneLabel("", Role.TEXT, self)
        self.open_folder = self._button(tr("Open &folder"), "openFolder", self._open_folder)
        self.copy = self._button(tr("&Copy"), "copyReceipt", self._copy)
        self.copy_letter = self._button(tr("Copy &letter"), "copyLetter", self._copy_letter)
        self.mail = self._button(tr("Open &mail"), "openMail", self._open_mail)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        for button in (self.open_folder, self.copy, self.copy_letter, self.mail):
            row.addWidget(button)
        row.addStretch(1)
        self.add(self._facts, self._receipt, self._remark, self._next)
        self.body.addLayout(row)
        self.body.addStretch(1)

    @property
    def said(self) -> str:
        """What is left to do, or went wrong, after it was done."""
        return self._remark.text

    @property
    def is_running(self) -> bool:
        """Whether it is being done."""
        return self._running is not None

    def initializePage(self) -> None:
        """Say what is about to be done."""
        draft = self.draft
        self.setButtonText(self.wizard().WizardButton.FinishButton, tr(VERBS[draft.way]))
        self.setTitle(tr(VERBS[draft.way]).replace("&", ""))
        self.setSubTitle(tr("Nothing has been written yet."))
        self.problem.set_text("")
        for label in (self._receipt, self._remark):
            label.set_text("")
        self._next.setText("")
        for button in (self.open_folder, self.copy, self.copy_letter, self.mail):
            button.hide()
        self._show_facts()
        self.changed()

    def validatePage(self) -> bool:
        """Do it, and let the wizard end only when it is done."""
        if self.delivery is not None:
            return True
        if not self.is_running:
            self._begin()
        return False

    def cancel(self) -> bool:
        """Ask what runs to stop; False when nothing runs."""
        if self._running is None:
            return False
        self._running.cancel()
        return True

    def _button(self, text: str, name: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: act())
        return button

    def _begin(self) -> None:
        draft = self.draft
        if draft.way is Way.REPOSITORY:
            assert draft.plan is not None
            ticked = [file.path for file in draft.ticked]
            decisions = {path: made for path, made in draft.decisions.items() if path in set(ticked)}
            job = self.jobs.deliver(draft.plan, decisions, draft.message, ticked, push=draft.push)
        elif draft.way is Way.LETTER:
            assert draft.letter is not None
            job = self.jobs.send(draft.hotfixes, draft.letter, Path(draft.folder))
        else:
            job = self.jobs.hand_over(draft.hotfixes, Path(draft.folder))
        self._running, self.may_cancel = job, True
        self.setSubTitle(tr("Working…"))
        self.begun.emit()
        job.stepped.connect(self._look_at_step)
        job.ended.connect(self._stop)
        self.watch(job, self._done)

    def _look_at_step(self, step: Step) -> None:
        if self.may_cancel and not step.may_cancel:
            self.may_cancel = False
            self.begun.emit()

    def _stop(self) -> None:
        self._running = None
        self.ended.emit()

    def _done(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self._running = None
        receipt = delivery.receipt
        waiting = receipt.facts.get("waiting", "")
        whole = tr("Delivered") if receipt.kind is DeliveryKind.COMMIT else tr("Done")
        self.setTitle(tr("Delivered in part") if waiting else whole)
        self.setSubTitle(tr("Recorded in audit entry %1.").replace("%1", number(delivery.entry)))
        self._receipt.set_text(f"{receipt.sentence}.")
        error = receipt.facts.get("push_error", "")
        said = [f"{tr('The branch could not be pushed:')} {error}"] if error else []
        if waiting:
            said.append(
                tr(
                    "Hotfix %1 stays undelivered until a later delivery takes the rest,"
                    " or somebody marks it as delivered."
                ).replace("%1", waiting)
            )
        self._remark.set_text(" ".join(said))
        self._next.setText(self._what_next())
        self.open_folder.show()
        self.copy.show()
        letter = self.draft.letter if receipt.kind is DeliveryKind.LETTER else None
        self.copy_letter.setVisible(letter is not None)
        self.mail.setVisible(letter is not None)
        if letter is not None and not letter.is_mail:
            self.mail.setText(tr("Open &portal"))
        self._show_facts()
        self.ended.emit()

    def _what_next(self) -> str:
        if self.draft.way is Way.REPOSITORY:
            return tr(
                "Merge the branch in development. When the next update brings the fix home,"
                " the package is blocked again."
            )
        if self.draft.way is Way.LETTER:
            return tr(
                "Send the letter now: its draft and the archive that belongs to it are in the folder. "
                "This program sends nothing by itself."
            )
        return tr("Give patch and archive to whoever keeps the development of this package.")

    def fail(self, error: HotfixError) -> None:
        """Say what went wrong, and that everything is as it was."""
        self._running = None
        self.draft.planned_for = ()  # the repository may have changed: who goes back sees it as it is
        where = tr("The repository is as it was.") if self.draft.way is Way.REPOSITORY else tr("Nothing was written.")
        self.setSubTitle(where)
        said = tr("Cancelled.") if isinstance(error, Cancelled) else str(error)
        self.problem.set_text(f"{said} {where}")
        self.ended.emit()

    def _show_facts(self) -> None:
        while (cell := self._grid.takeAt(0)) is not None:
            widget = cell.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, (caption, text) in enumerate(self.facts()):
            name = ToneLabel(caption, Role.QUIET, self._facts)
            name.setWordWrap(False)
            value = ToneLabel(text, Role.TEXT, self._facts)
            value.setToolTip(plain_tooltip(text))
            value.setAccessibleName(f"{caption}: {text}")
            value.setTextInteractionFlags(value.textInteractionFlags() | _SELECTABLE)
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(value, row, 1)
            name.show()
            value.show()

    def facts(self) -> list[tuple[str, str]]:
        """Give what is done, or was done, as rows of a caption and a text."""
        draft = self.draft
        package = draft.package.found if draft.package is not None else None
        rows = [(tr("Package"), f"{package.name} {package.version}".strip())] if package is not None else []
        rows.append((tr("Hotfixes"), ", ".join(str(number) for number in draft.hotfixes)))
        facts = self.delivery.receipt.facts if self.delivery is not None else {}
        if draft.way is Way.REPOSITORY and draft.plan is not None:
            plan = draft.plan
            ticked = {file.path for file in draft.ticked}
            rows += [
                (tr("Repository"), str(plan.repository)),
                (tr("Branch"), facts.get("branch") or f"{plan.branch}, {tr('from')} {plan.onto}"),
                (
                    tr("Files"),
                    self._files(len(plan.files) - len(plan.missing(ticked)), len(plan.files) + len(plan.left)),
                ),
                (tr("Author"), plan.author),
            ]
            if not facts:
                rows.append((tr("Push"), f"{tr('to')} {plan.remote}" if draft.push else tr("no")))
        elif draft.way is Way.LETTER and draft.letter is not None:
            rows += [
                (tr("Letter"), draft.letter.id),
                (tr("To"), draft.letter.to),
                (tr("Subject"), draft.letter.subject),
            ]
            rows.append((tr("Folder"), draft.folder))
        else:
            rows.append((tr("Folder"), draft.folder))
        if draft.way is not Way.REPOSITORY and draft.told is not None:
            files, left = len(draft.told.files), len(draft.told.left)
            rows.append((tr("Files"), self._files(files, files + left)))
        for key, caption in _SHOWN.items():
            if facts.get(key):
                rows.append((tr(caption), facts[key]))
        return rows

    def _files(self, going: int, whole: int) -> str:
        if going == whole:
            return plural(whole, "file")
        if self.delivery is not None:
            return f"{going:,} {tr('of')} {plural(whole, 'file')}"
        return (
            tr("%1 of %2; the hotfix stays undelivered")
            .replace("%1", f"{going:,}")
            .replace("%2", plural(whole, "file"))
        )

    def _open_folder(self) -> None:
        draft = self.draft
        folder = str(draft.plan.repository) if draft.way is Way.REPOSITORY and draft.plan else draft.folder
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            from hotfix_desktop.ui.error_dialog import FolderDialog

            FolderDialog(folder, self.window()).open()

    def _copy(self) -> None:
        assert self.delivery is not None
        lines = [f"{self.delivery.receipt.sentence} ({tr('audit entry')} {self.delivery.entry})"]
        lines += [f"{caption}: {text}" for caption, text in self.facts()]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _copy_letter(self) -> None:
        if self.draft.letter is not None:
            QGuiApplication.clipboard().setText(self.draft.letter.text)

    def _open_mail(self) -> None:
        letter = self.draft.letter
        if letter is None:
            return
        address = mailto(letter) or portal_of(letter.to)
        if not QDesktopServices.openUrl(QUrl(address, QUrl.ParsingMode.StrictMode)):
            self._remark.set_text(tr("No mail program could be started; open the draft in the folder."))
