"""What is dropped onto the main window: a folder is opened, an archive is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QDropEvent

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.texts import plural
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.permissions import reasons_against
from hotfix_desktop.ui.welcome import dropped_folder, is_archive

if TYPE_CHECKING:
    from hotfix_desktop.ui.main_window import MainWindow


def take_dropped(window: MainWindow, event: QDropEvent) -> None:
    """Open the folder that was dropped, or show what the archive would do; says why where that is not possible."""
    urls = event.mimeData().urls()
    if not urls:
        return
    event.acceptProposedAction()
    path = dropped_folder(event)
    if path is None:
        said = (
            Refused(f"{plural(len(urls), 'thing')} were dropped at once.", "Drop one folder, or one archive.")
            if len(urls) > 1
            else Refused(
                "What was dropped is not on this machine.", "Save it to a folder, and drop the file from there."
            )
        )
        _refuse(window, tr("Cannot take what was dropped"), said)
    elif is_archive(path):
        import_archive(window, path)
    else:
        window.open_location(path)


def import_archive(window: MainWindow, path: str) -> None:
    """Show what an archive would do to the open workspace."""
    against = reasons_against(window.catalogue, window.tree.chosen, window.doors.clock.now())["actionImportArchive"]
    if against:
        _refuse(window, tr("Cannot import the archive"), Refused(against))
        return
    window.here.update_verbs.import_archive(path, window.theme, window.icons, window.state)


def _refuse(window: MainWindow, title: str, why: Refused) -> None:
    from hotfix_desktop.ui.error_dialog import ErrorDialog

    ErrorDialog(title, why, window).open()
