"""How the audit log window looked, from one time to the next."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSplitter, QWidget

from hotfix_desktop.ui.audit_table import AuditTable


class AuditMemory:
    """Saves and restores it in the window's own settings; what is damaged there is ignored."""

    def __init__(
        self,
        settings: QSettings,
        *,
        geometry: QWidget,
        splitter: QSplitter,
        columns: AuditTable,
        flags: Mapping[str, QAction],
    ) -> None:
        """Remember the size of a window, its splitter, the columns of its table and what is switched on."""
        self._settings = settings
        self._flags = flags
        self._saves = {
            "geometry": (geometry.saveGeometry, geometry.restoreGeometry),
            "panes": (splitter.saveState, splitter.restoreState),
            "columns": (columns.save_columns, columns.restore_columns),
        }

    def restore(self) -> None:
        """Bring it back; what was never saved stays as it is."""
        for name, (_, restore) in self._saves.items():
            state = self._settings.value(f"auditWindow/{name}")
            if isinstance(state, QByteArray):
                restore(state)
        for name, action in self._flags.items():
            # An INI file keeps a yes as text, and one that was edited by hand keeps anything.
            kept = str(self._settings.value(f"auditWindow/{name}", "")).lower()
            if kept in ("true", "false"):
                action.setChecked(kept == "true")

    def save(self) -> None:
        """Keep it."""
        for name, (save, _) in self._saves.items():
            self._settings.setValue(f"auditWindow/{name}", save())
        for name, action in self._flags.items():
            self._settings.setValue(f"auditWindow/{name}", action.isChecked())
