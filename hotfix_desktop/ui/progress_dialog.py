"""The dialog of slow work: what is being done, how far it has come, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from hotfix_desktop.runtime.lane import Job, Step
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.labels import heading
from hotfix_desktop.ui.work_progress import WorkProgress

PATIENCE_MS = 400
"""Work that is over sooner is not worth a window that flashes up."""


class JobDialog(Dialog):
    """Shows a job by itself once it has taken 400 ms, and goes when the job has ended.

    *Cancel*, Esc and the window's own button ask the job to stop; the dialog stays until it has.
    """

    def __init__(self, title: str, job: Job, parent: QWidget | None) -> None:
        """Watch this job; ``title`` says what it does ("Protecting Pkg"). Nobody has to open the dialog."""
        super().__init__(parent)
        self.setObjectName("jobDialog")
        self.setWindowTitle(title)
        self._job: Job | None = job
        self._progress = WorkProgress(title)
        self.body.addWidget(heading(title))
        self.body.addWidget(self._progress)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._cancel = box.button(QDialogButtonBox.StandardButton.Cancel)
        self._cancel.setObjectName("cancelButton")
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._cancel)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._appear)
        job.stepped.connect(self._show_step, Qt.ConnectionType.AutoConnection)
        job.ended.connect(self._end)
        if job.is_over:
            self._end()
        else:
            self._timer.start(PATIENCE_MS)

    def _appear(self) -> None:
        if self._job is not None:
            self.open()

    @Slot(object)
    def _show_step(self, step: Step) -> None:
        if self._job is not None:
            self._progress.show_step(step)

    @Slot()
    def _end(self) -> None:
        self._job = None
        self._timer.stop()
        self.done(Dialog.DialogCode.Accepted)
        self.deleteLater()  # a dialog that was never shown is not closed, and so not deleted

    def reject(self) -> None:
        """Ask the job to stop; the dialog goes when it has."""
        if self._job is None:
            super().reject()
            return
        self._job.cancel()
        self._cancel.setText(self.tr("Cancelling…"))
        self._cancel.setEnabled(False)
