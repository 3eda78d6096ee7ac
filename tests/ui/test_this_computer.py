"""The page of the settings that is the user's own."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QLabel, QLineEdit, QListWidget, QWidget

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.settings import SPECS
from hotfix_desktop.ui.settings_dialog import SettingsDialog
from hotfix_desktop.ui.this_computer import ComputerPage
from hotfix_desktop.ui.window_state import WindowState

Kind = QDialogButtonBox.StandardButton
DEFAULTS = {spec.name: spec.default for spec in SPECS}


class Autostart:
    """One that does what it is told, or cannot."""

    def __init__(self, on: bool = False, broken: str = "", another: bool = False) -> None:
        self.on, self.broken, self.another = on, broken, another

    def is_on(self) -> bool:
        return self.on

    def is_another(self) -> bool:
        return self.another

    def _set(self, on: bool) -> None:
        if self.broken:
            raise Refused(self.broken)
        self.on, self.another = on, False

    def turn_on(self) -> None:
        self._set(True)

    def turn_off(self) -> None:
        self._set(False)


class Blind(Autostart):
    def is_on(self) -> bool:
        raise Refused("The folder cannot be read.")


class Hands:
    def __init__(self, dialog: SettingsDialog, qtbot) -> None:
        self.dialog, self.qtbot = dialog, qtbot
        self.login = dialog.findChild(QCheckBox, "startAtLogin")
        self.tray = dialog.findChild(QCheckBox, "trayIcon")
        self.submitted: list[dict[str, str]] = []
        dialog.submitted.connect(self.submitted.append)

    def button(self, kind: Kind):
        return self.dialog.findChild(QDialogButtonBox).button(kind)

    def click(self, kind: Kind) -> None:
        self.qtbot.mouseClick(self.button(kind), Qt.MouseButton.LeftButton)

    def words(self) -> list[str]:
        return [label.text() for label in self.dialog.findChildren(QLabel)]


@pytest.fixture
def state(tmp_path) -> WindowState:
    return WindowState(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def opened(qtbot, state):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def open_it(autostart=None, why_not: str = "", changed=lambda: None) -> Hands:
        page = ComputerPage(state, autostart, changed)
        dialog = SettingsDialog(DEFAULTS, why_not, window, page)
        dialog.findChild(QListWidget, "settingsPages").setCurrentRow(dialog.pages.index(page))
        dialog.open()
        qtbot.waitUntil(dialog.isActiveWindow)
        return Hands(dialog, qtbot)

    return open_it


def test_it_is_the_last_page(opened):
    pages = opened(Autostart()).dialog.findChild(QListWidget, "settingsPages")
    assert [pages.item(row).text() for row in range(pages.count())] == [
        "Hotfix",
        "Tickets",
        "Organisation",
        "Delivery",
        "Archives",
        "Protection",
        "Audit",
        "This computer",
    ]


@pytest.mark.parametrize("on", [True, False])
def test_the_guard_at_login_is_set_with_ok_and_not_before(opened, on):
    autostart = Autostart(on)
    hands = opened(autostart)
    assert hands.login.isChecked() is on
    hands.login.click()
    assert autostart.on is on
    hands.click(Kind.Ok)
    assert autostart.on is not on
    assert not hands.dialog.isVisible()
    assert hands.submitted == []


@pytest.mark.parametrize(("clicks", "on", "another"), [(0, False, True), (1, True, False), (2, False, False)])
def test_the_guard_of_another_installation_is_shown_and_kept_replaced_or_removed(opened, clicks, on, another):
    autostart = Autostart(another=True)
    hands = opened(autostart)
    assert hands.login.checkState() is Qt.CheckState.PartiallyChecked
    assert any("another installation" in words for words in hands.words())
    assert not hands.button(Kind.Apply).isEnabled()
    for _ in range(clicks):
        hands.login.click()
        assert hands.button(Kind.Apply).isEnabled()
    if clicks:
        hands.click(Kind.Apply)
        assert not any("another installation" in words for words in hands.words())
        assert not hands.login.isTristate()
        assert not hands.button(Kind.Apply).isEnabled()
    else:
        hands.tray.click()
        hands.click(Kind.Ok)
    assert (autostart.on, autostart.another) == (on, another)


def test_cancel_changes_nothing(opened, state):
    autostart = Autostart()
    hands = opened(autostart)
    hands.login.click()
    hands.tray.click()
    hands.click(Kind.Cancel)
    assert not autostart.on
    assert state.tray


def test_the_tray_is_kept_and_followed_at_once(opened, state):
    followed = []
    hands = opened(changed=lambda: followed.append(state.tray))
    assert hands.tray.isChecked()
    assert not hands.button(Kind.Apply).isEnabled()
    hands.tray.click()
    hands.click(Kind.Apply)
    assert followed == [False]
    assert not state.tray
    assert hands.dialog.isVisible()
    assert not hands.button(Kind.Apply).isEnabled(), "it is saved"
    hands.click(Kind.Apply)
    hands.click(Kind.Ok)
    assert followed == [False]


def test_it_works_for_somebody_who_may_only_read(opened):
    autostart = Autostart()
    hands = opened(autostart, why_not="eve may not.")
    assert not hands.button(Kind.Ok).isEnabled()
    assert not hands.dialog.findChild(QCheckBox, "ticketRequired").isEnabled()
    hands.login.click()
    assert hands.button(Kind.Ok).isEnabled()
    hands.click(Kind.Ok)
    assert autostart.on
    assert hands.submitted == []


def test_defaults_are_those_of_the_page(opened):
    hands = opened(Autostart(on=True), why_not="eve may not.")
    hands.tray.click()
    hands.click(Kind.RestoreDefaults)
    assert not hands.login.isChecked()
    assert hands.tray.isChecked()
    hands.dialog.findChild(QListWidget, "settingsPages").setCurrentRow(0)
    assert not hands.button(Kind.RestoreDefaults).isEnabled()


def test_what_cannot_be_set_is_told_and_nothing_else_is_saved(opened, state):
    hands = opened(Autostart(broken="The folder is read-only."))
    hands.dialog.findChild(QWidget, "timeoutMinutes").setValue(45)
    hands.login.click()
    hands.tray.click()
    hands.click(Kind.Ok)
    assert hands.dialog.isVisible()
    assert "The folder is read-only." in hands.words()
    assert hands.submitted == []
    assert state.tray
    hands.login.click()
    hands.click(Kind.Ok)
    assert hands.submitted == [{"PackageHotfixTimeout": "45"}]
    assert not state.tray


def test_where_there_is_no_autostart_it_says_so(opened):
    hands = opened()
    assert not hands.login.isEnabled()
    assert "Not in the demo: its folder goes away with its window, and nothing of it stays open." in hands.words()


def test_an_autostart_that_cannot_be_read_is_told(opened):
    hands = opened(Blind())
    assert not hands.login.isEnabled()
    assert "The folder cannot be read." in hands.words()


def test_the_settings_of_the_workspace_have_the_new_ones(qtbot, opened):
    hands = opened()
    for name in ("extensionReason", "immutable"):
        hands.dialog.findChild(QCheckBox, name).click()
    hands.click(Kind.Ok)
    assert hands.submitted == [{"HotfixExtensionReason": "yes", "HotfixImmutable": "yes"}]
    (hint,) = (words for words in hands.words() if "CAP_LINUX_IMMUTABLE" in words)
    assert "Whoever unlocks such a package, or releases the folder, then needs that right, too." in hint


def test_the_command_of_the_editor_is_kept_and_a_wrong_one_refused_in_place(opened, state):
    hands = opened(Autostart())
    line = hands.dialog.findChild(QLineEdit, "editorCommand")
    assert line.text() == ""
    line.setText('code "half')
    assert hands.button(Kind.Apply).isEnabled()
    hands.click(Kind.Ok)
    assert hands.dialog.isVisible()
    assert "A double quote in the command is not closed." in hands.words()
    assert state.editor == ""
    line.setText("code {folder} ")
    hands.click(Kind.Ok)
    assert not hands.dialog.isVisible()
    assert state.editor == "code {folder}"
    again = opened(Autostart()).dialog.findChild(QLineEdit, "editorCommand")
    assert again.text() == "code {folder}"
