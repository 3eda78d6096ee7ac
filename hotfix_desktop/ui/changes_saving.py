"""Saving the changes of a hotfix as a patch: where to, how far it has come, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.runtime.change_jobs import ChangeJobs
from hotfix_desktop.services.changes import HotfixChanges
from hotfix_desktop.ui.changes_words import patch_name
from hotfix_desktop.ui.error_dialog import ErrorDialog
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.progress_dialog import JobDialog


class PatchSaving(QObject):
    """Saves patches for one window."""

    def __init__(self, jobs: ChangeJobs, tell: Callable[[str], None], window: QWidget) -> None:
        """Tell this window what came of it."""
        super().__init__(window)
        self._jobs, self._tell, self._window = jobs, tell, window

    def ask(self, found: HotfixChanges | None) -> None:
        """Ask for a file, then write it."""
        if found is None:
            return
        dialog = QFileDialog(self._window, tr("Save as patch"), str(Path.home() / patch_name(found.hotfix)))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([tr("Patches (*.patch *.diff)"), tr("All files (*)")])
        dialog.setDefaultSuffix("patch")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.save(found, Path(path)))
        dialog.open()

    def save(self, found: HotfixChanges, file: Path) -> None:
        """Write all changes to a file; a failure leaves what was there."""
        job = self._jobs.save_patch(found, file)
        JobDialog(tr("Saving the patch"), job, self._window)
        job.done.connect(lambda saved: self._tell(f"{tr('Saved')} {saved}."))
        job.failed.connect(self._tell_problem)

    def _tell_problem(self, error: HotfixError) -> None:
        if not isinstance(error, Cancelled):
            ErrorDialog(tr("Could not save the patch"), error, self._window).open()
