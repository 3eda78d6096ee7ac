"""*Open in editor*: the user's own program on the folder of an unlocked package. No shell reads the command."""

from __future__ import annotations

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from hotfix_desktop.core.errors import InvalidInput, Refused

FOLDER = "{folder}"
"""Stands for the package's folder in the command; without it the folder is the last argument."""


def arguments_of(command: str, folder: str) -> list[str]:
    """Give program and arguments; parts with spaces stand in double quotes, as Qt's ``splitCommand`` reads them.

    Empty when there is no command. Raises ``InvalidInput`` with the field ``editor`` when a quote is not closed, or
    when no program is named.
    """
    if not command.strip():
        return []
    if command.count('"') % 2:
        raise InvalidInput("editor", "A double quote in the command is not closed.")
    parts = QProcess.splitCommand(command)
    if not parts or not parts[0].strip() or FOLDER in parts[0]:
        raise InvalidInput("editor", "The command has to begin with a program.")
    # Only after it was split: a folder with spaces or quotes in its name stays one argument.
    filled = [part.replace(FOLDER, folder) for part in parts]
    return filled if FOLDER in command else [*filled, folder]


def open_in_editor(command: str, folder: str) -> None:
    """Start the editor on a folder; without a command the desktop opens the folder in its own way.

    Raises ``Refused`` when nothing could be started, ``InvalidInput`` for a command that makes no sense.
    """
    arguments = arguments_of(command, folder)
    if not arguments:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            raise Refused(
                f"This system has no program that opens {folder}.", "Name an editor in Settings › This computer."
            )
        return
    started, _ = QProcess.startDetached(arguments[0], arguments[1:], folder)
    if not started:
        raise Refused(f"“{arguments[0]}” could not be started.", "Check the command in Settings › This computer.")
