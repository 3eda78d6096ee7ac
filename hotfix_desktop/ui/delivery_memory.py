"""What the delivery wizard remembers of each package on this computer: where it went the last time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths

from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.ui.delivery_draft import Draft, Way


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last choices for a package."""

    way: Way
    repository: str
    folder: str


class DeliveryMemory:
    """Keeps them in the window's own settings, by the package's UId."""

    def __init__(self, settings: QSettings) -> None:
        """Use this file."""
        self._settings = settings

    def of(self, found: FoundPackage) -> Remembered:
        """Give what was chosen for a package; for a new one the repository that was chosen last for another."""
        try:
            kept = json.loads(str(self._settings.value(_key(found), "{}")))
            way = Way(str(kept.get("way", Way.REPOSITORY.value)))
        except (ValueError, AttributeError):
            kept, way = {}, Way.REPOSITORY  # the file was edited by hand
        repository = str(kept.get("repository") or self._settings.value("delivery/repository", "") or "")
        folder = str(self._settings.value("delivery/folder", "") or "")
        return Remembered(way, repository, folder or _documents())

    def keep(self, found: FoundPackage, draft: Draft) -> None:
        """Remember what was chosen."""
        kept = {"way": draft.way.value, "repository": draft.repository}
        self._settings.setValue(_key(found), json.dumps(kept))
        if draft.way is Way.REPOSITORY:
            self._settings.setValue("delivery/repository", draft.repository)
        elif draft.folder:
            self._settings.setValue("delivery/folder", draft.folder)


def _key(found: FoundPackage) -> str:
    return f"delivery/packages/{found.uid or found.name}"


def _documents() -> str:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return documents if documents and Path(documents).is_dir() else str(Path.home())
