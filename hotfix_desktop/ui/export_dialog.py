"""Export: which entries of the audit log go into which kind of file, where; then how far it is, and what was made."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.core.errors import Cancelled
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.runtime.export_run import ExportRun
from hotfix_desktop.services.exporting import Exported, ExportFormat
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.labels import PathField, SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, GRID, GROUPS, Role
from hotfix_desktop.ui.work_progress import WorkProgress

SUFFIXES = {
    ExportFormat.CSV: ".csv",
    ExportFormat.JSONL: ".jsonl",
    ExportFormat.PDF: ".pdf",
    ExportFormat.BUNDLE: ".zip",
}


class ExportDialog(Dialog):
    """Asks, runs the export, and stays until it is made. Cancelling leaves no half file.

    Signals:
        exported: what was made, an ``Exported``.
    """

    exported = Signal(object)

    def __init__(
        self,
        run: ExportRun,
        kind: ExportFormat,
        query: LogQuery,
        total: int,
        title: str,
        folder: Path,
        now: datetime,
        parent: QWidget | None,
    ) -> None:
        """Offer to export ``query``, the filter that is shown, or all ``total`` entries of the log ``title``."""
        super().__init__(parent, columns=82)
        self.setObjectName("exportDialog")
        self.setWindowTitle(self.tr("Export audit log"))
        self._run, self._query, self._total = run, query, total
        self._made: Exported | None = None
        self._stem = f"audit-{_slug(title)}-{now.astimezone():%Y-%m-%d}"
        self.kind = QComboBox(self)
        self.everything = QRadioButton(self)
        self.filtered = QRadioButton(self)
        self.file = QLineEdit(str(folder / (self._stem + SUFFIXES[kind])), self)
        self._browse = QPushButton(self.tr("&Browse…"), self)
        self._what = ToneLabel("", Role.QUIET)
        self._meant = ToneLabel("", Role.QUIET)
        self._asking = QWidget(self)
        self._replaces = SignLabel("info", Role.QUIET)
        self._result = SignLabel("success", Role.VERIFIED)
        self._remark = SignLabel("warning", Role.OVERDUE)
        self._digest = QLineEdit(self)
        self._digest_field = Field(self.tr("SHA-256"), self._digest)
        self._progress = WorkProgress(self.tr("Exporting"), self)
        self._build(kind)
        run.stepped.connect(self._progress.show_step)
        run.done.connect(self._done)
        run.failed.connect(self._failed)
        self.finished.connect(self._forget_run)
        self.refresh()
        self._export.setFocus()

    @property
    def chosen(self) -> ExportFormat:
        """The kind of file that is chosen."""
        return ExportFormat(self.kind.currentData())

    @property
    def wanted(self) -> LogQuery:
        """Which entries are chosen."""
        if self.chosen is ExportFormat.PDF:
            return LogQuery(since=self._query.since, until=self._query.until)
        return self._query if self.filtered.isChecked() else LogQuery()

    def refresh(self) -> None:
        """Bring everything in line with what is chosen, under way and done."""
        working, made = self._run.is_running, self._made
        asking = not working and made is None
        for widget in (self.kind, self.file, self._browse):
            widget.setEnabled(asking)
        is_report = self.chosen is ExportFormat.PDF
        has_filter = not self._query.is_all
        self._asking.setVisible(made is None)
        for choice in (self.everything, self.filtered):
            choice.setVisible(not is_report)
        self.everything.setEnabled(asking)
        self.filtered.setEnabled(asking and has_filter)
        why = self.tr("No filter is set in the window.")
        self.filtered.setToolTip("" if has_filter else why)
        self.filtered.setAccessibleDescription("" if has_filter else why)
        self._what.setText(self._about())
        self._meant.setText(self._sentence())
        self._meant.setVisible(bool(self._sentence()))
        self._replaces.set_text(self._replacing() if asking else "")
        self._progress.setVisible(working)
        for button in (self._open, self._copy):
            button.setVisible(made is not None)
        self._digest_field.setVisible(made is not None)
        self._export.setVisible(made is None)
        if not working:
            self._cancel.setEnabled(True)
            self._cancel.setText(self.tr("Close") if made is not None else self.tr("Cancel"))
        empty = self.tr("Choose a file.") if not self.file.text().strip() else ""
        self.explain(self._export, "" if made is not None else self.tr("Exporting…") if working else empty)

    def _about(self) -> str:
        return {
            ExportFormat.CSV: self.tr(
                "For spreadsheets. A text that a spreadsheet would take for a formula gets an apostrophe in front."
            ),
            ExportFormat.JSONL: self.tr("For programs: one JSON object a line, with every field and both hashes."),
            ExportFormat.PDF: self.tr("For reading and signing: who opened what, how long and why, over a period."),
            ExportFormat.BUNDLE: self.tr(
                "For auditors: a zip with the entries, signed checkpoints and verify.py, with which anybody can check"
                " it without this program."
            ),
        }[self.chosen]

    def _sentence(self) -> str:
        if self.chosen is ExportFormat.PDF:
            return self.tr("The report is of a period: {period}.").format(period=self.wanted.sentence())
        return self._query.sentence() if not self._query.is_all else ""

    def _replacing(self) -> str:
        text = self.file.text().strip()
        try:
            there = bool(text) and Path(text).expanduser().is_file()
        except (OSError, ValueError, RuntimeError):  # a name too long, a NUL, nobody's home: told when it is written
            there = False
        return self.tr("There is such a file; it will be replaced.") if there else ""

    def _build(self, kind: ExportFormat) -> None:
        for one, word in (
            (ExportFormat.CSV, self.tr("CSV")),
            (ExportFormat.JSONL, self.tr("JSON Lines")),
            (ExportFormat.PDF, self.tr("PDF report")),
            (ExportFormat.BUNDLE, self.tr("Evidence bundle")),
        ):
            self.kind.addItem(word, one.value)
        self.kind.setObjectName("exportFormat")
        self.kind.setCurrentIndex(self.kind.findData(kind.value))
        self.kind.currentIndexChanged.connect(lambda _at: self._changed_kind())
        self.everything.setText(self.tr("&All entries ({count})").format(count=number(self._total)))
        self.everything.setObjectName("exportEverything")
        self.filtered.setText(self.tr("Only the entries of the &filter"))
        self.filtered.setObjectName("exportFiltered")
        group = QButtonGroup(self)
        group.addButton(self.everything)
        group.addButton(self.filtered)
        (self.everything if self._query.is_all else self.filtered).setChecked(True)
        self.file.setObjectName("exportFile")
        self.file.setMaxLength(LINE_LIMIT)
        self.file.textChanged.connect(lambda _text: self._edited())
        self._browse.setObjectName("exportBrowse")
        self._browse.clicked.connect(self._choose_file)
        self._digest.setReadOnly(True)
        self._digest.setObjectName("exportDigest")
        format_row = Field(self.tr("For&mat"), self.kind)
        choice = QVBoxLayout()
        choice.setSpacing(GRID)
        choice.addWidget(self.everything)
        choice.addWidget(self.filtered)
        choice.addWidget(self._meant)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        self.fields = {"file": Field(self.tr("F&ile"), self.file)}
        row.addWidget(self.fields["file"], 1)
        beside = QVBoxLayout()
        beside.addSpacing(self.fields["file"].label.sizeHint().height() + GRID)
        beside.addWidget(self._browse)
        beside.addStretch(1)
        row.addLayout(beside)
        asking = QVBoxLayout(self._asking)
        asking.setContentsMargins(0, 0, 0, 0)
        asking.setSpacing(GROUPS)
        asking.addWidget(format_row)
        asking.addWidget(self._what)
        asking.addLayout(choice)
        asking.addLayout(row)
        shown = (self._asking, self._replaces, self._progress, self._result, self._remark, self._digest_field)
        for widget in shown:
            self.body.addWidget(widget)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._cancel = box.button(QDialogButtonBox.StandardButton.Cancel)
        self._open = box.addButton(self.tr("&Open folder"), QDialogButtonBox.ButtonRole.ActionRole)
        self._open.setObjectName("exportOpen")
        self._open.clicked.connect(self._open_folder)
        self._copy = box.addButton(self.tr("&Copy SHA-256"), QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.setObjectName("exportCopy")
        self._copy.clicked.connect(self._copy_digest)
        self._export = box.addButton(self.tr("&Export"), QDialogButtonBox.ButtonRole.ActionRole)
        self._export.setObjectName("exportButton")
        self._export.clicked.connect(self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._export, explains=True)

    def _changed_kind(self) -> None:
        path = Path(self.file.text())
        if path.suffix in SUFFIXES.values():
            self.file.setText(str(path.with_suffix(SUFFIXES[self.chosen])))
        self.refresh()

    def _edited(self) -> None:
        self.forget_problem()
        self.fields["file"].show_problem("")
        self.refresh()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Export to"), self.file.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIXES[self.chosen][1:])
        dialog.selectFile(self.file.text())
        dialog.fileSelected.connect(self.file.setText)
        dialog.open()

    def _submit(self) -> None:
        text = self.file.text().strip()
        if self._run.is_running or self._made is not None or not text:
            return
        self.forget_problem()
        self._progress.begin()
        self._run.start(self.chosen, self.wanted, Path(text).expanduser())
        self.refresh()
        self._cancel.setFocus()

    @Slot(object)
    def _done(self, made: Exported) -> None:
        self._made = made
        one = made.count == 1
        text = self.tr("1 entry exported") if one else self.tr("{count} entries exported")
        self._result.set_text(text.format(count=number(made.count)))
        if made.broken:
            self._remark.set_text(self.tr("The log is broken, and the bundle says so: {why}").format(why=made.broken))
        elif made.unproven:
            remark = self.tr("Newer than the last checkpoint, so that nothing vouches for them: {count}.")
            self._remark.set_text(remark.format(count=number(made.unproven)))
        place = self.body.indexOf(self._result) + 1
        self.body.insertWidget(place, PathField(str(made.path), self.tr("The file")))
        self._digest.setText(made.sha256)
        self.refresh()
        self._digest.home(False)
        self._open.setFocus()
        self.exported.emit(made)

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self.refresh()
        if not isinstance(error, Cancelled):
            self.show_problem(getattr(error, "field", ""), str(error))
        self.refresh()
        self._export.setFocus()

    def _open_folder(self) -> None:
        if self._made is None:
            return
        folder = str(self._made.path.parent)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            self._remark.set_text(self.tr("This system has no program that shows {folder}.").format(folder=folder))

    def _copy_digest(self) -> None:
        QGuiApplication.clipboard().setText(self._digest.text())
        self._copy.setText(self.tr("Copied"))

    def reject(self) -> None:
        """Stop the work first; the dialog goes with the next try."""
        if not self._run.is_running:
            super().reject()
            return
        self._run.cancel()
        self._cancel.setText(self.tr("Cancelling…"))
        self._cancel.setEnabled(False)

    @Slot()
    def _forget_run(self) -> None:
        self._run.close()


def _slug(title: str) -> str:
    return re.sub(r"[^\w.-]+", "-", title).strip("-.").lower()[:60] or "log"
