"""How the window of changes looked, from one time to the next."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter

from hotfix_desktop.ui.changes_actions import ChangesActions


class ChangesMemory:
    """Saves and restores size, panes and what is switched on; what is damaged there is ignored."""

    def __init__(self, settings: QSettings, window: QMainWindow, splitter: QSplitter, actions: ChangesActions) -> None:
        """Remember this window in these settings."""
        self._settings = settings
        self._states = {
            "geometry": (window.saveGeometry, window.restoreGeometry),
            "panes": (splitter.saveState, splitter.restoreState),
        }
        self._flags = {"unified": actions.unified, "fold": actions.fold, "exact": actions.exact}

    def restore(self) -> None:
        """Bring it back; what was never saved stays as it is."""
        for name, (_, restore) in self._states.items():
            state = self._settings.value(f"changesView/{name}")
            if isinstance(state, QByteArray):
                restore(state)
        for name, action in self._flags.items():
            kept = str(self._settings.value(f"changesView/{name}", "")).lower()  # an INI file keeps a yes as text
            if kept in ("true", "false"):
                action.setChecked(kept == "true")

    def save(self) -> None:
        """Keep it."""
        for name, (save, _) in self._states.items():
            self._settings.setValue(f"changesView/{name}", save())
        for name, action in self._flags.items():
            self._settings.setValue(f"changesView/{name}", action.isChecked())
