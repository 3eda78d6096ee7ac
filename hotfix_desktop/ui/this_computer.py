"""The settings of this computer and its user, which stand in no database: the guard at login, and the tray."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtWidgets import QCheckBox, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.ui.dialog import Field
from hotfix_desktop.ui.labels import SignLabel
from hotfix_desktop.ui.settings_pages import SettingsPage
from hotfix_desktop.ui.window_state import WindowState


class AutostartLike(Protocol):
    """What starts the guard when the user logs in; each method may raise ``HotfixError``."""

    def is_on(self) -> bool:
        """Whether it is started at login."""

    def turn_on(self) -> None:
        """Start it at login from now on."""

    def turn_off(self) -> None:
        """Start it no more."""


class ComputerPage(SettingsPage):
    """Works for everybody, whatever the workspace allows: it changes nothing there."""

    def __init__(
        self,
        state: WindowState,
        autostart: AutostartLike | None,
        changed: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        """Show what is set; ``changed`` is called after it was saved."""
        super().__init__(parent)
        self._state, self._autostart, self._on_saved = state, autostart, changed
        self.set_title(self.tr("This computer"))
        self._problem = SignLabel()
        why = self.tr(
            "It locks at once what stayed open when the computer was switched off, before anybody opens a window."
        )
        if autostart is None:
            why = self.tr("This cannot be set here.")
        self._login = self._check("startAtLogin", self.tr("Start the &guard at login"), why)
        self._tray = self._check(
            "trayIcon",
            self.tr("Show an &icon and messages in the system tray"),
            self.tr("Where there is a tray. Everything it says stands in the window, too."),
        )
        self.column.addWidget(self._problem)
        self.column.addStretch(1)
        self._was_on = False
        self._read()

    def _check(self, name: str, text: str, hint: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setObjectName(name)
        box.setAccessibleName(text.replace("&", ""))
        box.toggled.connect(self.edited)
        self.column.addWidget(Field("", box, hint=hint))
        return box

    def _read(self) -> None:
        self._tray.setChecked(self._state.tray)
        self._login.setEnabled(self._autostart is not None)
        if self._autostart is None:
            return
        try:
            self._was_on = self._autostart.is_on()
        except HotfixError as error:
            self._login.setEnabled(False)
            self._problem.set_text(str(error))
        self._login.setChecked(self._was_on)

    @property
    def is_changed(self) -> bool:
        """Whether something differs from what is saved."""
        return self._login.isChecked() != self._was_on or self._tray.isChecked() != self._state.tray

    def save(self) -> bool:
        """Save what was changed; False when that failed, which the page then says."""
        self._problem.set_text("")
        wanted = self._login.isChecked()
        if self._autostart is not None and wanted != self._was_on:
            try:
                (self._autostart.turn_on if wanted else self._autostart.turn_off)()
            except HotfixError as error:
                self._problem.set_text(str(error))
                self._login.setFocus()
                return False
            self._was_on = wanted
        if self._tray.isChecked() != self._state.tray:
            self._state.tray = self._tray.isChecked()
            self._on_saved()
        return True

    def restore_defaults(self) -> None:
        """Show what holds out of the box."""
        if self._login.isEnabled():
            self._login.setChecked(False)
        self._tray.setChecked(True)
