"""What a window remembers from one start to the next: geometry, panes, columns, recents. Never business settings."""

from __future__ import annotations

import json

from PySide6.QtCore import QByteArray, QSettings

from hotfix_desktop.ui.package_groups import Grouping
from hotfix_desktop.ui.theme import Scheme
from hotfix_desktop.ui.welcome import Recent

RECENTS = 8


class WindowState:
    """The window's own settings, in an INI file of the user's."""

    def __init__(self, settings: QSettings) -> None:
        """Use this file."""
        self._settings = settings

    @property
    def settings(self) -> QSettings:
        """The file, for parts that remember more than a value."""
        return self._settings

    def bytes(self, key: str) -> QByteArray:
        """Give a remembered state, empty when there is none."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, key: str, value: QByteArray | bool | str) -> None:
        """Remember a state."""
        self._settings.setValue(key, value)

    def flag(self, key: str, default: bool) -> bool:
        """Give a remembered yes or no; an INI file keeps it as text."""
        value = self._settings.value(key, default)
        return value if isinstance(value, bool) else str(value).lower() == "true"

    @property
    def scheme(self) -> Scheme:
        """System, light or dark."""
        try:
            return Scheme(str(self._settings.value("appearance/scheme", Scheme.SYSTEM.value)))
        except ValueError:
            return Scheme.SYSTEM  # the file was edited by hand

    @scheme.setter
    def scheme(self, scheme: Scheme) -> None:
        self._settings.setValue("appearance/scheme", scheme.value)

    @property
    def width(self) -> int:
        """How wide the details are; 0 where nobody remembers."""
        value = str(self._settings.value("window/width", ""))
        return int(value) if value.isdecimal() and int(value) < 10_000 else 0

    @width.setter
    def width(self, width: int) -> None:
        self._settings.setValue("window/width", width)

    @property
    def tray(self) -> bool:
        """Whether there is an icon in the system tray, where there is a tray."""
        return self.flag("tray/show", True)

    @tray.setter
    def tray(self, shown: bool) -> None:
        self._settings.setValue("tray/show", shown)

    @property
    def editor(self) -> str:
        """The command of *Open in editor*; empty for what the desktop opens folders with."""
        return str(self._settings.value("editor/command", ""))

    @editor.setter
    def editor(self, command: str) -> None:
        self._settings.setValue("editor/command", command)

    @property
    def grouping(self) -> Grouping:
        """How the tree is cut."""
        try:
            return Grouping(str(self._settings.value("window/grouping", Grouping.NONE.value)))
        except ValueError:
            return Grouping.NONE  # the file was edited by hand

    @grouping.setter
    def grouping(self, grouping: Grouping) -> None:
        self._settings.setValue("window/grouping", grouping.value)

    @property
    def recents(self) -> list[Recent]:
        """The workspaces that were opened before, the newest first."""
        try:
            pairs = json.loads(str(self._settings.value("recents", "[]")))
            return [Recent(str(title), str(location)) for title, location in pairs][:RECENTS]
        except (ValueError, TypeError):
            return []  # the file was edited by hand

    def add_recent(self, recent: Recent) -> None:
        """Put a workspace on top of the recents."""
        kept = [recent, *(r for r in self.recents if r.location != recent.location)][:RECENTS]
        self._settings.setValue("recents", json.dumps([[r.title, r.location] for r in kept]))

    def forget_recent(self, location: str) -> None:
        """Take a workspace out of the recents, because it is not there any more."""
        kept = [r for r in self.recents if r.location != location]
        self._settings.setValue("recents", json.dumps([[r.title, r.location] for r in kept]))
