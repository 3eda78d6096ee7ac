"""Everything by keyboard, every action in a menu, and a name for everything that takes the focus."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QDesktopServices, QKeySequence, QStatusTipEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from hotfix_desktop.core.roles import Role
from hotfix_desktop.ui.actions import MENUS, VERBS
from tests.ui.real_window import ALT, CTRL, SHIFT, choose, dialogs

PUBLIC = ("actionUnlockForHotfix", "actionLockAfterHotfix", "actionExtendHotfix", "actionAuditLog", "actionSettings")
WHEN_NOTHING_IS_OPEN = {
    "actionOpenWorkspace",
    "actionDemo",
    "actionQuit",
    "actionDetails",
    "actionCycle",
    "actionCompact",
    "actionResetWindow",
    "actionLogFolder",
    "actionHelp",
    "actionShortcuts",
    "actionAbout",
}


@pytest.fixture
def window(desk):
    return desk.protect().opened()


def plain(text: str) -> str:
    return text.replace("&", "")


# Menus


def test_the_menus_are_the_five_of_the_design(window):
    assert [plain(action.text()) for action in window.menuBar().actions()] == list(MENUS)


def test_every_verb_is_in_its_menu_once(window):
    for title in MENUS:
        menu = window.findChild(QMenu, f"menu{title}")
        names = [a.objectName() for a in menu.actions() if a.objectName()]
        assert names == [verb.name for verb in VERBS if verb.menu == title]


def test_every_verb_does_something(window):
    for verb in VERBS:
        action = window.actions_[verb.name]
        assert action.receivers("2triggered(bool)") + action.receivers("2toggled(bool)") > 0, verb.name


def test_the_words_of_creatio(window):
    assert plain(window.actions_["actionUnlockForHotfix"].text()) == "Unlock for hotfix…"
    assert plain(window.actions_["actionLockAfterHotfix"].text()) == "Lock after hotfix"


def test_no_letter_opens_two_things_of_one_menu(window):
    for title in MENUS:
        letters = [
            a.text()[a.text().index("&") + 1].lower()
            for a in window.findChild(QMenu, f"menu{title}").actions()
            if "&" in a.text()
        ]
        assert len(letters) == len(set(letters)), title
    letters = [a.text()[a.text().index("&") + 1].lower() for a in window.menuBar().actions()]
    assert len(letters) == len(set(letters)) == 5


def test_tooltips_are_shown_in_menus(window):
    assert all(window.findChild(QMenu, f"menu{title}").toolTipsVisible() for title in MENUS)


# Shortcuts


def test_no_two_actions_have_one_shortcut(window):
    keys = [key.toString() for verb in VERBS for key in window.actions_[verb.name].shortcuts()]
    assert len(keys) == len(set(keys))
    assert all(keys), "each was understood"


def test_shortcuts_that_a_line_edit_would_swallow_are_not_ours(window):
    keys = {key.toString() for verb in VERBS for key in window.actions_[verb.name].shortcuts()}
    swallowed = {f"Ctrl+{letter}" for letter in "ACEUVXYZ"} | {"Ctrl+Shift+U", "Ctrl+H"}
    assert not keys & swallowed


def test_the_shortcuts_of_the_product_page(window):
    wanted = {
        "actionOpenWorkspace": "Ctrl+O",
        "actionFilter": "Ctrl+F",
        "actionUnlockForHotfix": "Ctrl+Shift+H",
        "actionLockAfterHotfix": "Ctrl+L",
        "actionLockAll": "Ctrl+Shift+L",
        "actionExtendHotfix": "Ctrl+Shift+X",
        "actionAuditLog": "Ctrl+J",
        "actionSettings": "Ctrl+,",
        "actionShortcuts": "Ctrl+/",
        "actionHelp": "F1",
        "actionProperties": "Alt+Return",
        "actionQuit": "Ctrl+Q",
        "actionDetails": "F9",
        "actionCycle": "F6",
        "actionDeliver": "Ctrl+Shift+D",
        "actionMarkDelivered": "Ctrl+Shift+M",
        "actionShowUndelivered": "Ctrl+Shift+N",
        "actionImportArchive": "Ctrl+I",
        "actionExportArchive": "Ctrl+Shift+S",
        "actionOpenInEditor": "Ctrl+Shift+E",
        "actionContentStore": "Ctrl+Shift+K",
    }
    assert {name: window.actions_[name].shortcut().toString() for name in wanted} == wanted
    assert {k.toString() for k in window.actions_["actionRefresh"].shortcuts()} == {"F5", "Ctrl+R"}


@pytest.mark.parametrize(
    ("keys", "dialog"),
    [
        ((Qt.Key.Key_Comma, CTRL), "settingsDialog"),
        ((Qt.Key.Key_Slash, CTRL), "shortcutsDialog"),
        ((Qt.Key.Key_F1,), "helpDialog"),
        ((Qt.Key.Key_H, CTRL, SHIFT), "unlockDialog"),
    ],
)
def test_dialogs_by_shortcut(desk, window, keys, dialog):
    choose(window, "Beta")
    desk.press(window, *keys)
    assert desk.dialog(window, dialog)
    desk.qtbot.keyClick(desk.dialog(window, dialog), Qt.Key.Key_Escape)
    desk.qtbot.waitUntil(lambda: not dialogs(window, dialog))


def test_the_settings_and_the_roles_are_asked_for_once(desk, window):
    for action, name in (("actionSettings", "settingsDialog"), ("actionRoles", "rolesDialog")):
        window.actions_[action].trigger()
        window.actions_[action].trigger()
        desk.dialog(window, name)
        desk.settle(window)
        assert len(dialogs(window, name)) == 1
        dialogs(window, name)[0].reject()


def test_shortcuts_work_while_the_menu_bar_is_hidden(desk, window):
    window.menuBar().hide()
    desk.press(window, Qt.Key.Key_F, CTRL)
    assert window.filter.hasFocus()


def test_quit_by_keyboard(desk, window):
    desk.press(window, Qt.Key.Key_Q, CTRL)
    assert not window.isVisible()


def test_refresh_by_keyboard_sees_what_changed(desk, window):
    (desk.folder / "Draft" / "descriptor.json").write_text((desk.folder / "Custom" / "descriptor.json").read_text())
    before = window.catalogue
    desk.press(window, Qt.Key.Key_F5)
    desk.settle(window)
    assert window.catalogue != before


# Panes


def test_enter_and_properties_go_to_the_details(desk, window):
    desk.press(window, Qt.Key.Key_Return)
    assert window.details.element_table.hasFocus()
    window.tree.setFocus()
    window.actions_["actionDetails"].trigger()
    assert not window.details.isVisible()
    desk.press(window, Qt.Key.Key_Return, ALT)
    assert window.details.isVisible()
    assert window.details.element_table.hasFocus()


def test_f9_hides_the_details_and_shows_them(desk, window):
    for visible in (False, True):
        desk.press(window, Qt.Key.Key_F9)
        assert window.dock.isVisible() is visible
        assert window.actions_["actionDetails"].isChecked() is visible


def test_closing_the_details_by_their_cross_takes_the_tick_away(desk, window):
    window.dock.close()
    assert not window.actions_["actionDetails"].isChecked()
    window.actions_["actionDetails"].trigger()
    assert window.dock.isVisible()


def where(window) -> str:
    focus = window.focusWidget()
    if window.banners.isAncestorOf(focus):
        return "banners"
    return "details" if window.details.isAncestorOf(focus) else focus.objectName()


def test_f6_goes_around_tree_details_and_banners(desk, window):
    desk.unlock("Beta")
    desk.edit("Beta")
    desk.lock("Beta")
    desk.beat(window)
    assert window.banners.isVisible()
    window.tree.setFocus()
    seen = []
    for _ in range(4):
        desk.press(window, Qt.Key.Key_F6)
        seen.append(where(window))
    assert seen == ["details", "banners", "packageTree", "details"]


def test_f6_leaves_out_what_is_not_there(desk, window):
    window.tree.setFocus()
    desk.press(window, Qt.Key.Key_F6)
    desk.press(window, Qt.Key.Key_F6)
    assert where(window) == "packageTree", "there are no banners"
    desk.unlock("Beta")
    desk.edit("Beta")
    desk.lock("Beta")
    desk.beat(window)
    desk.press(window, Qt.Key.Key_F9)
    desk.press(window, Qt.Key.Key_F6)
    assert where(window) == "banners"
    assert not window.dock.isVisible(), "F9 hid them on purpose"
    window.filter.setFocus()
    desk.press(window, Qt.Key.Key_F6)
    assert where(window) == "packageTree"


def test_tab_reaches_everything_and_comes_back(desk, window):
    window.tree.setFocus()
    seen: list[QWidget] = []
    for _ in range(60):
        focus = window.focusWidget()
        if focus in seen:
            break
        seen.append(focus)
        desk.press(window, Qt.Key.Key_Tab)
    names = {w.objectName() for w in seen}
    assert window.focusWidget() is window.tree
    assert {"packageTree", "packageFilter", "elementTable"} <= names


def test_a_banner_is_used_by_keyboard(desk, window):
    desk.unlock("Beta")
    desk.beat(window, minutes=28)
    window.tree.setFocus()
    desk.press(window, Qt.Key.Key_F6)
    desk.press(window, Qt.Key.Key_F6)
    assert window.focusWidget().text() == "Extend 15 min"
    desk.press(window, Qt.Key.Key_Tab)
    assert window.focusWidget().text() == "Lock now"
    desk.press(window, Qt.Key.Key_Space)
    desk.settle(window)
    assert not desk.status("Beta").is_open


# Disabled actions say why


def test_nothing_is_open(desk):
    window = desk.show(desk.window())
    for verb in VERBS:
        action = window.actions_[verb.name]
        assert action.isEnabled() is (verb.name in WHEN_NOTHING_IS_OPEN), verb.name
        if not action.isEnabled():
            assert action.statusTip() == "No workspace is open.", verb.name
            assert action.toolTip().endswith(": No workspace is open."), verb.name


def test_an_enabled_action_says_what_it_does_and_its_keys(window):
    for verb in VERBS:
        action = window.actions_[verb.name]
        if action.isEnabled():
            assert action.statusTip() == verb.does
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            assert action.toolTip() == verb.does + (f" ({keys})" if keys else "")


@pytest.mark.parametrize(
    ("name", "action", "why"),
    [
        ("Beta", "actionLockAfterHotfix", "Beta is not unlocked, so there is nothing to lock."),
        ("Beta", "actionExtendHotfix", "Beta is not unlocked, so there is nothing to extend."),
        ("Émile", "actionUnlockForHotfix", "Émile is already unlocked for a hotfix."),
        ("Émile", "actionKeepModifiable", "Émile is unlocked for a hotfix; lock it first."),
        ("Émile", "actionReleaseFolder", "Lock the unlocked packages first: Émile."),
        (
            "Custom",
            "actionUnlockForHotfix",
            "Custom is modifiable: it was never closed, so there is nothing to unlock.",
        ),
        (
            "Custom",
            "actionKeepModifiable",
            "Custom is Creatio's own package for changes and always stays modifiable.",
        ),
        (
            "Draft",
            "actionUnlockForHotfix",
            "Draft is not synchronised and cannot be unlocked."
            " The folder holds no descriptor.json: the package is not synchronised to this folder yet.",
        ),
        ("Draft", "actionKeepModifiable", "Draft is not synchronised and is left as it is."),
        ("Beta", "actionProtectFolder", "This folder is protected already."),
    ],
)
def test_a_disabled_action_says_why(desk, name, action, why):
    desk.protect().unlock("Émile")
    window = desk.opened()
    choose(window, name)
    found = window.actions_[action]
    assert not found.isEnabled()
    assert found.statusTip() == why
    assert found.toolTip() == f"{plain(found.text()).rstrip('…')}: {why}"


def test_an_unprotected_folder_says_why(desk):
    window = desk.opened()
    desk.click(desk.dialog(window, "protectDialog"), "declineButton")
    choose(window, "Beta")
    why = "This folder is not protected; use File › Protect folder…."
    for name in ("actionUnlockForHotfix", "actionKeepModifiable", "actionAuditLog", "actionRoles", "actionSettings"):
        assert window.actions_[name].statusTip() == why, name
    assert window.actions_["actionReleaseFolder"].statusTip() == "This folder is not protected."
    assert window.actions_["actionProtectFolder"].isEnabled()


def test_lock_all_needs_something_open(window):
    assert window.actions_["actionLockAll"].statusTip() == "No package is unlocked."


def test_the_reason_goes_when_the_hindrance_does(desk, window):
    choose(window, "Beta")
    lock = window.actions_["actionLockAfterHotfix"]
    desk.unlock("Beta")
    desk.beat(window)
    assert lock.isEnabled()
    assert lock.statusTip() == "Closes the selected package now"
    desk.beat(window, minutes=30)
    assert not lock.isEnabled()


def test_the_tip_is_shown_in_the_status_bar(desk, window):
    window.actions_["actionLockAll"].showStatusText(window)
    assert window.statusBar().currentMessage() == "No package is unlocked."


def test_what_is_told_survives_the_tip_of_a_button(desk, window):
    bar = window.statusBar()
    window.line.tell("Beta is locked.")
    QApplication.sendEvent(window, QStatusTipEvent("Locks the package"))
    assert bar.currentMessage() == "Beta is locked.", "the button came under the mouse, which rests"
    QTest.mouseMove(bar, QPoint(9, 9))
    for tip in ("Locks the package", ""):  # the mouse is on a button; the button, or the mouse, goes away
        QApplication.sendEvent(window, QStatusTipEvent(tip))
        assert bar.currentMessage() == (tip or "Beta is locked.")
    window.line._while.timeout.emit()
    assert bar.currentMessage() == ""
    QApplication.sendEvent(window, QStatusTipEvent("Locks the package"))
    QApplication.sendEvent(window, QStatusTipEvent(""))
    assert bar.currentMessage() == "", "it was told long ago"
    window.line.tell("Opening…")
    window.line.tell("")
    assert bar.currentMessage() == ""


@pytest.mark.parametrize("action", ["actionOpenFolder", "actionLogFolder"])
def test_without_a_file_manager_the_path_can_be_copied(desk, window, monkeypatch, action):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url.toLocalFile())))
    choose(window, "Beta")
    window.actions_[action].trigger()
    dialog = desk.dialog(window, "errorDialog")
    folder = {"actionOpenFolder": f"{desk.folder}/Beta", "actionLogFolder": str(desk.home.logs)}[action]
    assert opened == [folder]
    assert folder in [label.text() for label in dialog.findChildren(QLabel)]
    desk.click(dialog, "copyButton")
    assert QApplication.clipboard().text() == folder
    dialog.reject()


# Names for screen readers


def focusable(top: QWidget) -> list[QWidget]:
    """Give what takes the focus by keyboard and is shown."""
    return [w for w in top.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisibleTo(top)]


def spoken(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface else ""


def test_everything_that_takes_the_focus_has_a_name(desk):
    desk.protect().assign("olga", Role.AUDITOR)
    desk.unlock("Beta")
    window = desk.window()
    desk.show(window)
    on_welcome = focusable(window)
    nameless = [w for w in on_welcome if not spoken(w)]
    desk.opened(window=window)
    desk.beat(window, minutes=28)
    choose(window, "Beta")
    found = focusable(window)
    nameless += [w for w in found if not spoken(w)]
    assert not nameless, [(type(w).__name__, w.objectName()) for w in nameless]
    kinds = {type(w) for w in found}
    assert any(issubclass(kind, QAbstractItemView) for kind in kinds)
    assert any(issubclass(kind, QLineEdit) for kind in kinds)
    assert any(issubclass(kind, QPushButton) for kind in kinds)


def test_every_button_has_a_name(desk, window):
    desk.unlock("Beta")
    desk.beat(window, minutes=28)
    choose(window, "Beta")
    internal = ("qt_toolbar_ext_button", "qt_menubar_ext_button", "qt_dockwidget_floatbutton")
    buttons = [
        b
        for b in window.findChildren(QAbstractButton)
        if b.isVisible() and b.objectName() not in internal and not isinstance(b.parent(), QLineEdit)
    ]
    nameless = [(type(b).__name__, b.objectName(), type(b.parent()).__name__) for b in buttons if not spoken(b)]
    assert not nameless
    assert len(buttons) > 8


def test_the_state_is_spoken_not_only_drawn(desk, window):
    desk.unlock("Beta")
    desk.beat(window)
    index = window.model.index_of(window.model.packages[0].package_id)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Beta, Unlocked"
    tree = QAccessible.queryAccessibleInterface(window.tree)
    assert tree.text(QAccessible.Text.Name) == "Packages"


def test_a_banner_speaks(desk, window):
    desk.unlock("Beta")
    desk.beat(window, minutes=28)
    frame = window.banners.findChild(QWidget, "banner")
    assert frame.accessibleName() == "Beta locks in 2:00."
    assert frame.findChild(QLabel, "bannerText").text() == "Beta locks in 2:00."


def test_the_public_names_are_there(window):
    assert window.objectName() == "mainWindow"
    for name in ("packageTree", "elementTable", "packageFilter"):
        assert window.findChild(QWidget, name) is not None, name
    for name in PUBLIC:
        assert window.actions_[name].objectName() == name
        assert window.findChild(type(window.actions_[name]), name) is window.actions_[name]


def test_buttons_of_the_details_are_the_actions(desk, window):
    desk.unlock("Beta")
    desk.beat(window)
    choose(window, "Beta")
    buttons = [b for b in window.details.findChildren(QToolButton) if b.isVisible() and b.defaultAction()]
    assert [b.text() for b in buttons] == ["Lock after hotfix", "Extend…"]
    desk.qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    desk.settle(window)
    assert not desk.status("Beta").is_open
    QApplication.processEvents()
    desk.hears(window, "Beta is locked.")
    buttons = [b for b in window.details.findChildren(QToolButton) if b.isVisible() and b.defaultAction()]
    assert [b.text() for b in buttons] == ["Unlock for hotfix…"]
