"""*Export archive…*: where a package goes as a file that a Creatio accepts; then how far it is, and what was made."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.texts import plural
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.exporting_packages import ExportedPackage
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.labels import PathField, SignLabel, ToneLabel, heading
from hotfix_desktop.ui.theme import BETWEEN, GRID, GROUPS, Role
from hotfix_desktop.ui.work_progress import WorkProgress

FORMS = {".gz": "Package (.gz)", ".zip": "Bundle of one package (.zip)"}
NAMED = 8
"""What was left out is named so often; of more it says how many."""


class PackageExportDialog(Dialog):
    """Asks, exports, and stays until it is made. Cancelling leaves no half file."""

    def __init__(
        self, status: PackageStatus, export: Callable[[Path], Job], folder: Path, parent: QWidget | None
    ) -> None:
        """Offer to export this package to a file in a folder; ``export`` begins the job."""
        super().__init__(parent, columns=82)
        self.setObjectName("packageExportDialog")
        self.setWindowTitle(tr("Export archive"))
        self._status, self._begin_export = status, export
        self._job: Job | None = None
        self._made: ExportedPackage | None = None
        self.form_box = QComboBox(self)
        self.form_box.setObjectName("packageExportForm")
        for suffix, word in FORMS.items():
            self.form_box.addItem(tr(word), suffix)
        self.file = QLineEdit(str(folder / f"{_stem(status)}.gz"), self)
        self.file.setObjectName("packageExportFile")
        self.file.setMaxLength(LINE_LIMIT)
        self._browse = QPushButton(tr("&Browse…"), self)
        self._browse.setObjectName("packageExportBrowse")
        self._asking = QWidget(self)
        self._open_now = SignLabel("info", Role.TEXT)
        self._replaces = SignLabel("info", Role.QUIET)
        self._result = SignLabel("success", Role.VERIFIED)
        self._left_out = SignLabel("info", Role.TEXT)
        self._digest = QLineEdit(self)
        self._digest.setReadOnly(True)
        self._digest.setObjectName("packageExportDigest")
        self._digest_field = Field(tr("SHA-256"), self._digest)
        self._progress = WorkProgress(tr("Exporting"), self)
        self._build()
        self.refresh()
        self._export.setFocus()

    @property
    def suffix(self) -> str:
        """The ending of the chosen form."""
        return str(self.form_box.currentData())

    def refresh(self) -> None:
        """Bring everything in line with what is under way and done."""
        working, made = self._job is not None, self._made
        self._asking.setVisible(made is None)
        self._asking.setEnabled(not working)
        self._progress.setVisible(working)
        self._replaces.set_text(self._replacing() if made is None and not working else "")
        self._digest_field.setVisible(made is not None)
        for button in (self._open, self._copy):
            button.setVisible(made is not None)
        self._export.setVisible(made is None)
        if not working:
            self._cancel.setEnabled(True)
            self._cancel.setText(tr("Close") if made is not None else tr("Cancel"))
        self.explain(self._export, "" if made is not None else tr("Exporting…") if working else self._why_not())

    def _replacing(self) -> str:
        text = self.file.text().strip()
        try:
            there = bool(text) and Path(text).expanduser().is_file()
        except (OSError, ValueError, RuntimeError):  # a name too long, a NUL, nobody's home: told when it is written
            there = False
        return tr("There is such a file; it will be replaced.") if there else ""

    def _why_not(self) -> str:
        text = self.file.text().strip()
        if not text:
            return tr("Choose a file.")
        return "" if text.lower().endswith(self.suffix) else tr("The name of the file does not fit its form.")

    def _build(self) -> None:
        status = self._status
        self.body.addWidget(heading(f"{status.name} {status.found.version}".strip()))
        asking = QVBoxLayout(self._asking)
        asking.setContentsMargins(0, 0, 0, 0)
        asking.setSpacing(GROUPS)
        what = tr("What the package contains now is exported, as a file that a Creatio can install.")
        asking.addWidget(ToneLabel(what, Role.QUIET))
        opened = tr("The package is unlocked: what is exported may be unfinished.") if status.is_open else ""
        self._open_now.set_text(opened)
        asking.addWidget(self._open_now)
        asking.addWidget(Field(tr("F&orm"), self.form_box))
        self.fields = {"file": Field(tr("F&ile"), self.file)}
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        row.addWidget(self.fields["file"], 1)
        beside = QVBoxLayout()
        beside.addSpacing(self.fields["file"].label.sizeHint().height() + GRID)
        beside.addWidget(self._browse)
        beside.addStretch(1)
        row.addLayout(beside)
        asking.addLayout(row)
        self._place = QVBoxLayout()
        self.body.addWidget(self._asking)
        self.body.addWidget(self._replaces)
        self.body.addWidget(self._progress)
        self.body.addWidget(self._result)
        self.body.addLayout(self._place)
        self.body.addWidget(self._left_out)
        self.body.addWidget(self._digest_field)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._cancel = box.button(QDialogButtonBox.StandardButton.Cancel)
        self._open = self._button(box, tr("&Open folder"), "packageExportOpen", self._open_folder)
        self._copy = self._button(box, tr("&Copy SHA-256"), "packageExportCopy", self._copy_digest)
        self._export = self._button(box, tr("&Export"), "packageExportButton", self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._export, explains=True)
        self._browse.clicked.connect(self._choose_file)
        self.form_box.currentIndexChanged.connect(lambda _at: self._turn())
        self.file.textChanged.connect(lambda _text: self._edited())

    def _button(self, box: QDialogButtonBox, text: str, name: str, act: Callable[[], None]) -> QPushButton:
        button = box.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setObjectName(name)
        button.clicked.connect(lambda _checked=False: act())
        return button

    def _turn(self) -> None:
        text = self.file.text().strip()
        for suffix in FORMS:
            if text.lower().endswith(suffix):
                self.file.setText(text[: -len(suffix)] + self.suffix)
                break
        self.refresh()

    def _edited(self) -> None:
        self.forget_problem()
        self.fields["file"].show_problem("")
        self.refresh()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, tr("Export to"), self.file.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(self.suffix[1:])
        dialog.selectFile(self.file.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.file.setText)
        dialog.open()

    def _submit(self) -> None:
        if self._job is not None or self._made is not None or self._why_not():
            return
        self.forget_problem()
        self._progress.begin()
        job = self._begin_export(Path(self.file.text().strip()).expanduser().absolute())
        self._job = job
        job.stepped.connect(self._progress.show_step)
        job.done.connect(lambda made: self._show_made(job, made))
        job.failed.connect(lambda error: self._failed(job, error))
        self.refresh()
        self._cancel.setFocus()

    def _show_made(self, job: Job, made: ExportedPackage) -> None:
        if self._job is not job:
            return
        self._job, self._made = None, made
        self._result.set_text(f"{plural(made.files, 'file')} {tr('exported. It is an entry of the audit log.')}")
        self._place.addWidget(PathField(str(made.path), tr("The file")))
        if made.left_out:
            more = f" {tr('and')} {len(made.left_out) - NAMED:,} {tr('more')}" if len(made.left_out) > NAMED else ""
            names = ", ".join(made.left_out[:NAMED])
            self._left_out.set_text(f"{tr('Left out, because no archive can hold it:')} {names}{more}")
        self._digest.setText(made.sha256)
        self.refresh()
        self._digest.home(False)
        self._open.setFocus()

    def _failed(self, job: Job, error: HotfixError) -> None:
        if self._job is not job:
            return
        self._job = None
        if not isinstance(error, Cancelled):
            self.show_problem(getattr(error, "field", ""), str(error))
        self.refresh()
        self._export.setFocus()

    def _open_folder(self) -> None:
        if self._made is None:
            return
        folder = str(self._made.path.parent)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            self._left_out.set_text(f"{tr('This system has no program that shows')} {folder}.")

    def _copy_digest(self) -> None:
        QGuiApplication.clipboard().setText(self._digest.text())
        self._copy.setText(tr("Copied"))

    def reject(self) -> None:
        """Stop the work first; the dialog goes with the next try."""
        if self._job is None:
            super().reject()
            return
        self._job.cancel()
        self._cancel.setText(tr("Cancelling…"))
        self._cancel.setEnabled(False)


def _stem(status: PackageStatus) -> str:
    parts = [re.sub(r"[^\w.-]+", "_", part).strip("._") for part in (status.name, status.found.version)]
    return "_".join(part for part in parts if part)[:120] or "package"
