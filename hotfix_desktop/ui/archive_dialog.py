"""Archive until…: from which day on the audit log stays, where the rest goes, and what that is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from PySide6.QtCore import QDate, Signal, Slot
from PySide6.QtWidgets import (
    QDateEdit,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.core.archiving import ArchivePlan
from hotfix_desktop.runtime.lane import Job, Step
from hotfix_desktop.services.archiving import Archived
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.labels import PathField, SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, GRID, Role
from hotfix_desktop.ui.work_progress import WorkProgress

EARLIEST = QDate(2000, 1, 1)


class ArchiveDialog(Dialog):
    """Asks, shows what would be moved, and stays until it is.

    The owner answers ``planned`` with ``show_plan()``, and ``submitted`` with ``watch()``.

    Signals:
        planned: the day, a ``date``: what would be moved?
        submitted: the day, and the folder as a ``Path``.
        open_wanted: the path of the archive that was made.
    """

    planned = Signal(object)
    submitted = Signal(object, object)
    open_wanted = Signal(str)

    def __init__(self, today: date, folder: str, parent: QWidget | None) -> None:
        """Begin with the first day of this year; ``today`` is in UTC, ``folder`` is where archives went before."""
        super().__init__(parent, columns=76)
        self.setObjectName("archiveDialog")
        self.setWindowTitle(self.tr("Archive audit log"))
        self._plan: ArchivePlan | None = None
        self._job: Job | None = None
        self._made: Archived | None = None
        self._wrong = ""
        self.day = QDateEdit(QDate(today.year, 1, 1), self)
        self.day.setDateRange(EARLIEST, QDate(today.year, today.month, today.day))
        self.folder = QLineEdit(folder, self)
        self._browse = QPushButton(self.tr("&Browse…"), self)
        self._what = SignLabel("info", Role.TEXT)
        self._stays = SignLabel("info", Role.QUIET)
        self._progress = WorkProgress(self.tr("Archiving"), self)
        self._build()
        self.refresh()
        self.day.setFocus()

    @property
    def until(self) -> date:
        """The day that is chosen."""
        day = self.day.date()
        return date(day.year(), day.month(), day.day())

    def ask(self) -> None:
        """Ask the owner what would be moved."""
        self._plan, self._wrong = None, ""
        self.planned.emit(self.until)
        self.refresh()

    def show_plan(self, plan: ArchivePlan) -> None:
        """Show what would be moved, if that is still the day that is chosen."""
        if plan.until == self.until:
            self._plan = plan
            self.refresh()

    def show_no_plan(self, sentence: str) -> None:
        """Show why nobody can say what would be moved."""
        self._wrong = sentence
        self.refresh()

    def watch(self, job: Job) -> None:
        """Show how far the work has come; *Cancel* then stops it."""
        self._job = job
        self.forget_problem()
        job.stepped.connect(self._show_step)
        job.done.connect(self._done)
        job.failed.connect(self._failed)
        self._progress.begin()
        self.refresh()

    def refresh(self) -> None:
        """Bring everything in line with what is chosen, planned and done."""
        working, made = self._job is not None, self._made
        for widget in (self.day, self.folder, self._browse):
            widget.setEnabled(not working and made is None)
        self._progress.setVisible(working)
        self._what.set_text(self._said())
        plan = self._plan if self._plan and self._plan.count else None
        said = (plan.stays_sentence(), plan.left_over_sentence() if self._made is None else "") if plan else ()
        self._stays.set_text(" ".join(filter(None, said)))
        self._open.setVisible(made is not None)
        self._archive.setVisible(made is None)
        leave = self.tr("Close") if made is not None else self.tr("Cancel")
        self._cancel.setText(leave)
        self.explain(self._archive, "" if made is not None else self.tr("Archiving…") if working else self._why_not())

    def _said(self) -> str:
        if self._made is not None:
            made = self._made.archive
            text = self.tr(
                "{count} entries ({first} to {last}) were moved. Keep the file: it is the only place with them."
            )
            return text.format(count=number(self._made.count), first=number(made.first), last=number(made.last))
        plan = self._plan
        if plan is None or plan.why_not():
            return ""
        period = ""
        if plan.since is not None and plan.upto is not None:
            period = f", {plan.since:%Y-%m-%d} – {plan.upto:%Y-%m-%d}"
        text = self.tr("{count} entries ({first} to {last}{period}) will be verified and moved to a signed file.")
        return text.format(count=number(plan.count), first=number(plan.first), last=number(plan.last), period=period)

    def _why_not(self) -> str:
        if self._wrong:
            return self._wrong
        if self._plan is None:
            return self.tr("Looking at the log…")
        if self._plan.why_not():
            return self._plan.why_not()
        if not self.folder.text().strip():
            return self.tr("Choose a folder for the archive.")
        return ""

    def _build(self) -> None:
        self.body.addWidget(
            ToneLabel(
                self.tr(
                    "Nothing is deleted: old entries move to a file that the audit log window opens, and that the"
                    " verification checks. The log goes on from there, as fast as on its first day."
                )
            )
        )
        self.day.setObjectName("archiveUntil")
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setCalendarPopup(True)
        self.day.dateChanged.connect(lambda _day: self.ask())
        self.folder.setObjectName("archiveFolder")
        self.folder.setMaxLength(LINE_LIMIT)
        self.folder.textChanged.connect(lambda _text: self._edited())
        self._browse.setObjectName("archiveBrowse")
        self._browse.clicked.connect(self._choose_folder)
        self.fields = {
            "until": Field(self.tr("Entries &before"), self.day, hint=self.tr("The day begins at 00:00 UTC.")),
            "folder": Field(self.tr("&Folder for the archive"), self.folder),
        }
        self.body.addWidget(self.fields["until"])
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        row.addWidget(self.fields["folder"], 1)
        beside = QVBoxLayout()
        beside.addSpacing(self.fields["folder"].label.sizeHint().height() + GRID)
        beside.addWidget(self._browse)
        beside.addStretch(1)
        row.addLayout(beside)
        self.body.addLayout(row)
        for widget in (self._what, self._stays, self._progress):
            self.body.addWidget(widget)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._cancel = box.button(QDialogButtonBox.StandardButton.Cancel)
        self._open = box.addButton(self.tr("&Open archive"), QDialogButtonBox.ButtonRole.ActionRole)
        self._open.setObjectName("archiveOpen")
        self._open.clicked.connect(self._open_archive)
        self._archive = box.addButton(self.tr("&Archive"), QDialogButtonBox.ButtonRole.ActionRole)
        self._archive.setObjectName("archiveButton")
        self._archive.clicked.connect(self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._archive, explains=True)

    def _edited(self) -> None:
        self.forget_problem()
        self.fields["folder"].show_problem("")
        self.refresh()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder for the archive"), self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()

    def _submit(self) -> None:
        if self._job is None and self._made is None and not self._why_not():
            self.submitted.emit(self.until, Path(self.folder.text().strip()).expanduser())

    def _open_archive(self) -> None:
        if self._made is not None:
            self.open_wanted.emit(self._made.archive.path)
            self.accept()

    @Slot(object)
    def _show_step(self, step: Step) -> None:
        if self._job is not None:
            self._progress.show_step(step)

    @Slot(object)
    def _done(self, made: Archived) -> None:
        self._job, self._made = None, made
        self._cancel.setEnabled(True)  # a cancel may have come too late
        self.body.insertWidget(self.body.indexOf(self._what) + 1, PathField(made.archive.path, self.tr("The archive")))
        self.refresh()
        self._what.set_sign("success", Role.VERIFIED)
        self._open.setFocus()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        self._cancel.setEnabled(True)
        self.show_problem(getattr(error, "field", ""), str(error))
        self.refresh()

    def reject(self) -> None:
        """Stop the work first; the dialog goes with the next try."""
        if self._job is None:
            super().reject()
            return
        self._job.cancel()
        self._cancel.setText(self.tr("Cancelling…"))
        self._cancel.setEnabled(False)
