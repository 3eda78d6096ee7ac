"""The settings of this computer and its user, which stand in no database: the guard at login, the tray, the editor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.ui.dialog import LINE_LIMIT, Field
from hotfix_desktop.ui.editor_command import arguments_of
from hotfix_desktop.ui.labels import SignLabel
from hotfix_desktop.ui.settings_pages import SettingsPage
from hotfix_desktop.ui.theme import Role
from hotfix_desktop.ui.window_state import WindowState


class AutostartLike(Protocol):
    """What starts the guard when the user logs in; each method may raise ``HotfixError``."""

    def is_on(self) -> bool:
        """Whether it is started at login."""

    def is_another(self) -> bool:
        """Whether another home's guard, or another installation's, is started in its place."""

    def turn_on(self) -> None:
        """Start it at login from now on."""

    def turn_off(self) -> None:
        """Start it no more, nor another in its place."""


State = Qt.CheckState
ANOTHER = State.PartiallyChecked
"""Something is started at login, but not this program's guard for this home."""


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
            why = self.tr("Not in the demo: its folder goes away with its window, and nothing of it stays open.")
        self._login = self._check("startAtLogin", self.tr("Start the &guard at login"), why)
        self._login.checkStateChanged.connect(self.edited)
        self._another = SignLabel("info", Role.TEXT)
        self.column.addWidget(self._another)
        self._tray = self._check(
            "trayIcon",
            self.tr("Show an &icon and messages in the system tray"),
            self.tr("Where there is a tray. Everything it says stands in the window, too."),
        )
        self._tray.toggled.connect(self.edited)
        self._editor = QLineEdit(self)
        self._editor.setObjectName("editorCommand")
        self._editor.setMaxLength(LINE_LIMIT)
        self._editor.setPlaceholderText(self.tr("what this desktop opens folders with"))
        self._editor_field = Field(
            self.tr("&Command of Open in editor"),
            self._editor,
            hint=self.tr(
                "For instance: code {folder}. The folder of the package stands for {folder}. It is started as it"
                " is, without a shell; a part with spaces stands in double quotes."
            ),
        )
        self._editor.textChanged.connect(self.edited)
        self.column.addWidget(self._editor_field)
        self.column.addWidget(self._problem)
        self.column.addStretch(1)
        self._was = State.Unchecked
        self._read()

    def _check(self, name: str, text: str, hint: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setObjectName(name)
        box.setAccessibleName(text.replace("&", ""))
        self.column.addWidget(Field("", box, hint=hint))
        return box

    def _read(self) -> None:
        self._tray.setChecked(self._state.tray)
        self._editor.setText(self._state.editor)
        self._login.setEnabled(self._autostart is not None)
        if self._autostart is None:
            return
        try:
            self._was = State.Checked if self._autostart.is_on() else State.Unchecked
            if self._autostart.is_another():
                self._was = ANOTHER
        except HotfixError as error:
            self._login.setEnabled(False)
            self._problem.set_text(str(error))
        self._show_login()

    def _show_login(self) -> None:
        self._login.setTristate(self._was is ANOTHER)
        self._login.setCheckState(self._was)
        what = self.tr(
            "At login the guard of another installation, or of another home, is started. With a check mark this one"
            " takes its place; without, none is started. Half checked, it stays."
        )
        self._another.set_text(what if self._was is ANOTHER else "")

    @property
    def is_changed(self) -> bool:
        """Whether something differs from what is saved."""
        return (
            self._login.checkState() is not self._was
            or self._tray.isChecked() != self._state.tray
            or self._editor.text().strip() != self._state.editor
        )

    def save(self) -> bool:
        """Save what was changed; False when that failed, which the page then says."""
        self._problem.set_text("")
        self._editor_field.show_problem("")
        command = self._editor.text().strip()
        try:
            arguments_of(command, "")
        except HotfixError as error:
            self._editor_field.show_problem(error.sentence)
            self._editor.setFocus()
            return False
        wanted = self._login.checkState()
        if self._autostart is not None and wanted is not self._was:
            try:
                (self._autostart.turn_on if wanted is State.Checked else self._autostart.turn_off)()
            except HotfixError as error:
                self._problem.set_text(str(error))
                self._login.setFocus()
                return False
            self._was = wanted
            self._show_login()
        if self._tray.isChecked() != self._state.tray:
            self._state.tray = self._tray.isChecked()
            self._on_saved()
        self._state.editor = command
        return True

    def restore_defaults(self) -> None:
        """Show what holds out of the box."""
        if self._login.isEnabled():
            self._login.setChecked(False)
        self._tray.setChecked(True)
        self._editor.clear()
