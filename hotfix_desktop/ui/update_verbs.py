"""What happens when a verb of archives is chosen: import, export, the content store, and the editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.roles import Act, why_not
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.catalogue import Catalogue
from hotfix_desktop.ui.editor_command import open_in_editor
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.package_facts import folder_of
from hotfix_desktop.ui.package_verbs import PackageVerbs
from hotfix_desktop.ui.theme import Theme
from hotfix_desktop.ui.window_state import WindowState

if TYPE_CHECKING:
    from hotfix_desktop.runtime.update_jobs import UpdateJobs
    from hotfix_desktop.ui.import_dialog import ImportDialog
    from hotfix_desktop.ui.package_export_dialog import PackageExportDialog

_IMPORTED, _EXPORTED = "archives/imported", "archives/exported"
"""Where the folders are remembered that archives came from and went to."""
UPDATES = "updates"
"""The folder of archives in the sample workspace."""
LEVELS = 4
"""So many folders above the packages it is looked for."""


class UpdateVerbs(QObject):
    """The verbs of archives on one session."""

    def __init__(
        self, session: WorkspaceSession, location: str, verbs: PackageVerbs, window: QWidget, parent: QObject
    ) -> None:
        """Act on this session; errors are told as ``verbs`` does it. ``location`` is empty for a demo."""
        super().__init__(parent)
        self._session, self._verbs, self._window = session, verbs, window
        self._is_demo = not location
        self._made: UpdateJobs | None = None

    @property
    def jobs(self) -> UpdateJobs:
        """What asks for archives in this session."""
        if self._made is None:
            from hotfix_desktop.runtime.update_jobs import UpdateJobs  # not before somebody imports or exports

            self._made = UpdateJobs(self._session)
        return self._made

    def choose_archive(self, show: Callable[[str], object], state: WindowState, catalogue: Catalogue) -> None:
        """Ask for an archive, then show what it would do."""
        dialog = QFileDialog(self._window, tr("Import archive"), self._folder(state, _IMPORTED, _beside(catalogue)))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("Creatio archives (*.gz *.zip)"), tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(show)
        dialog.open()

    def import_archive(self, path: str, theme: Theme, icons: Icons, state: WindowState) -> None:
        """Show what an archive would do, and do it when that is wanted."""
        from hotfix_desktop.ui.import_dialog import ImportDialog

        archive = Path(path)
        self._keep(state, _IMPORTED, archive)
        dialog: ImportDialog = ImportDialog(archive, self.jobs, theme, icons, self._window)
        dialog.open()
        dialog.look()

    def export_archive(self, status: PackageStatus, state: WindowState) -> None:
        """Ask where to, and export a package."""
        from hotfix_desktop.ui.package_export_dialog import PackageExportDialog

        def begin(target: Path) -> object:
            state.keep(_EXPORTED, str(target.parent))
            return self.jobs.export(status.package_id, target)

        folder = _export_folder(state)
        dialog: PackageExportDialog = PackageExportDialog(status, begin, folder, self._window)  # type: ignore[arg-type]
        dialog.open()

    def show_contents(self, catalogue: Catalogue) -> None:
        """Offer to verify and to clean the content store."""
        from hotfix_desktop.ui.contents_dialog import ContentsDialog

        no_verify = why_not(Act.READ_CHANGES, catalogue.user, catalogue.roles)
        no_clean = why_not(Act.CLEAN_CONTENTS, catalogue.user, catalogue.roles)
        jobs = self.jobs
        dialog: ContentsDialog = ContentsDialog(
            jobs.verify_contents, jobs.clean_contents, jobs.size_of_contents, no_verify, no_clean, self._window
        )
        dialog.open()

    def open_in_editor(self, status: PackageStatus, catalogue: Catalogue, state: WindowState) -> None:
        """Start the user's editor on the folder of a package."""
        try:
            open_in_editor(state.editor, folder_of(status, catalogue))
        except HotfixError as error:
            self._verbs.tell(tr("Could not open %1 in the editor").replace("%1", status.name), error)

    def _folder(self, state: WindowState, key: str, otherwise: str) -> str:
        kept = state.settings.value(key)
        return kept if isinstance(kept, str) and kept and not self._is_demo and Path(kept).is_dir() else otherwise

    def _keep(self, state: WindowState, key: str, file: Path) -> None:
        if not self._is_demo:  # its folder goes away with its window
            state.keep(key, str(file.parent))


def _export_folder(state: WindowState) -> Path:
    """Give the folder that archives went to last, else that of documents, else the user's own; one that is there."""
    kept = state.settings.value(_EXPORTED)
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    wanted = [Path(place) for place in (kept, documents) if isinstance(place, str) and place]
    return next((folder for folder in wanted if folder.is_dir()), Path.home())


def _beside(catalogue: Catalogue) -> str:
    """Give the folder where archives may lie: the demo has one, else it is the one beside the packages."""
    above = Path(catalogue.location).parents
    found = next((folder / UPDATES for folder in above[:LEVELS] if (folder / UPDATES).is_dir()), None)
    return str(found or Path(catalogue.location).parent)
