"""Opening a folder, protecting and releasing it, and leaving it, in a real window on real files."""

import threading
import warnings
from datetime import timedelta

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QListWidget, QMessageBox, QWidget
from shiboken6 import isValid

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services.workbench import OwnHeartbeat
from hotfix_desktop.ui.package_model import Column
from hotfix_desktop.ui.welcome import Recent
from tests.ui.real_window import ORDER, PATIENCE, Desk, cell, choose, dialogs, modes, rows, writable, write_package

PROTECTED = ("Beta", "Zeta", "alpha", "Émile", "Delta")
STATES = ["Blocked", "Blocked", "Modifiable", "Blocked", "Not synchronised", "Blocked", "Blocked"]
UNPROTECTED = "This folder is not protected: everybody can change its packages at any time."


@pytest.fixture
def other(tmp_path):
    """Another folder with two packages."""
    for name in ("Uno", "Due"):
        write_package(tmp_path / "other", name)
    return tmp_path / "other"


def agree(desk, window):
    desk.click(desk.dialog(window, "protectDialog"), "agreeButton")
    desk.qtbot.waitUntil(lambda: window.here.known.protected, timeout=PATIENCE)
    desk.settle(window)


# Protecting and releasing


def test_the_first_opening_asks_before_any_file_changes(desk):
    window = desk.opened()
    dialog = desk.dialog(window, "protectDialog")
    assert modes(desk.folder) == desk.original
    assert not desk.entries(), "nobody agreed yet, so there is no log"
    assert "5 packages will be closed" in " ".join(label.text() for label in dialog.findChildren(QLabel))
    agree(desk, window)
    for name in PROTECTED:
        assert writable(desk.folder / name) == []
    assert modes(desk.folder / "Beta")["Files/run.sh"] == 0o555
    for name in ("Custom", "Draft"):
        assert modes(desk.folder / name) == desk.original_of(name)
    assert rows(window) == ["All packages (7)", *ORDER]
    assert [cell(window, name, Column.STATE) for name in ORDER] == STATES
    assert window.banners.sentences == []
    assert "ann (System administrators)" in " ".join(label.text() for label in window.findChildren(QLabel))
    assert desk.entries() == ["Workspace created Success", "Folder protected Success", "Signing key changed Success"]


def test_declining_changes_nothing_and_the_banner_offers_it_again(desk):
    window = desk.opened()
    desk.click(desk.dialog(window, "protectDialog"), "declineButton")
    desk.settle(window)
    assert modes(desk.folder) == desk.original
    assert not desk.entries()
    assert window.banners.sentences == [UNPROTECTED]
    assert rows(window) == ["All packages (7)", *ORDER]
    window.actions_["actionRefresh"].trigger()
    desk.settle(window)
    assert not dialogs(window, "protectDialog"), "it was asked once"
    desk.click(window.banners, "Protect folder…")
    agree(desk, window)
    assert all(not writable(desk.folder / name) for name in PROTECTED)
    assert window.banners.sentences == []


def test_escape_declines(desk):
    window = desk.opened()
    desk.qtbot.keyClick(desk.dialog(window, "protectDialog"), Qt.Key.Key_Escape)
    desk.settle(window)
    assert modes(desk.folder) == desk.original


def test_releasing_restores_every_mode(desk):
    window = desk.protect().opened()
    assert modes(desk.folder) != desk.original
    window.actions_["actionReleaseFolder"].trigger()
    dialog = desk.dialog(window, "releaseDialog")
    desk.click(dialog, "declineButton")
    desk.settle(window)
    assert desk.status("Beta").state is PackageState.BLOCKED
    window.actions_["actionReleaseFolder"].trigger()
    desk.click(desk.dialog(window, "releaseDialog"), "agreeButton")
    desk.qtbot.waitUntil(lambda: not window.here.known.protected, timeout=PATIENCE)
    desk.settle(window)
    assert modes(desk.folder) == desk.original
    assert window.banners.sentences == [UNPROTECTED]
    desk.hears(window, "5 packages released.")


def test_a_new_package_is_shown_and_protected_by_the_banner(desk):
    window = desk.protect().opened()
    write_package(desk.folder, "Fresh")
    window.actions_["actionRefresh"].trigger()
    desk.settle(window)
    assert cell(window, "Fresh", Column.STATE) == "Modifiable · new"
    assert writable(desk.folder / "Fresh")
    assert window.banners.sentences == ["1 package is new and not protected: Fresh."]
    desk.click(window.banners, "Protect")
    desk.qtbot.waitUntil(lambda: cell(window, "Fresh", Column.STATE) == "Blocked", timeout=PATIENCE)
    desk.settle(window)
    assert writable(desk.folder / "Fresh") == []
    assert window.banners.sentences == []


def test_one_package_alone_is_a_workspace(desk):
    window = desk.show(desk.window())
    with desk.qtbot.waitSignal(window.loaded):
        window.open_location(str(desk.folder / "Beta"))
    desk.settle(window)
    assert rows(window) == ["All packages (1)", "Beta"]


# Opening, and opening something else


def test_opening_shows_the_packages_and_chooses_the_first(desk):
    window = desk.protect().opened()
    assert not window.welcome.isVisible()
    assert window.tree.isVisible()
    assert window.tree.hasFocus()
    assert window.tree.chosen.name == "alpha"
    assert window.details.isVisible()
    assert window.filter.isEnabled()
    assert window.windowTitle() == "production — Hotfix Desktop"
    assert window.state.recents == [Recent("production", str(desk.folder))]


def test_opening_another_folder_leaves_nothing_of_the_first(desk, other):
    window = desk.protect().opened()
    window.tree.choose(2)  # which is the number of Uno in the other one
    assert window.tree.chosen is not None
    window.filter.setText("a")
    with desk.qtbot.waitSignal(window.loaded):
        window.open_location(str(other))
    desk.settle(window)
    assert rows(window) == ["All packages (2)", "Due", "Uno"]
    assert window.filter.text() == ""
    assert window.tree.chosen.name == "Due", "not the one with the number of what was chosen before"
    assert window.details.findChild(QLabel, "detailsName").text() == "Due"
    assert [r.title for r in window.state.recents] == ["other", "production"]
    assert window.banners.sentences == [UNPROTECTED]


def test_opening_a_second_folder_while_the_first_is_read(desk, other):
    window = desk.show(desk.protect().window())
    window.open_location(str(desk.folder))
    with desk.qtbot.waitSignal(window.loaded):
        window.open_location(str(other))
    desk.settle(window)
    assert rows(window) == ["All packages (2)", "Due", "Uno"]
    assert not dialogs(window, "errorDialog")


def test_leaving_while_the_folder_is_read(desk):
    window = desk.show(desk.protect().window())
    window.open_location(str(desk.folder))
    session = window.here.session
    with desk.qtbot.waitSignal(session.destroyed):
        window.leave_workspace()
    assert window.welcome.isVisible()
    assert not dialogs(window, "errorDialog")
    assert window.windowTitle() == "Hotfix Desktop"
    assert not session_is_beating(window)


def session_is_beating(window: QWidget) -> bool:
    return bool(window.findChild(QLabel, "statusRelocker").text())


def test_leaving_while_a_package_is_locked(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    choose(window, "Beta")
    window.actions_["actionLockAfterHotfix"].trigger()
    session = window.here.session
    with desk.qtbot.waitSignal(session.destroyed):
        window.abandon()
    assert window.welcome.isVisible()
    assert not session_is_beating(window)
    assert rows(window) == []


def test_going_back_to_the_welcome_page(desk):
    window = desk.protect().opened()
    window.filter.setText("zeta")
    window.actions_["actionCloseWorkspace"].trigger()
    assert window.welcome.isVisible()
    assert not window.details.isVisible()
    assert not window.filter.isEnabled()
    assert window.filter.text() == ""
    assert window.windowTitle() == "Hotfix Desktop"
    assert window.findChild(QLabel, "statusNextLock").text() == ""
    assert window.actions_["actionUnlockForHotfix"].statusTip() == "No workspace is open."
    window.tree.setFocus()
    desk.opened(window=window)
    assert window.tree.isVisible()


# Recents, drag and drop, the demo


def test_a_recent_workspace_opens_by_click_by_double_click_and_by_enter(desk):
    window = desk.protect().opened()
    recents = window.findChild(QListWidget, "recentList")
    for how in ("click", "double click", "enter"):
        window.leave_workspace()
        at = recents.visualItemRect(recents.item(0)).center()
        with desk.qtbot.waitSignal(window.loaded):
            if how == "enter":
                recents.setFocus()
                recents.setCurrentRow(0)
                desk.qtbot.keyClick(recents, Qt.Key.Key_Return)
            else:
                desk.qtbot.mouseClick(recents.viewport(), Qt.MouseButton.LeftButton, pos=at)
                if how == "double click":
                    desk.qtbot.mouseDClick(recents.viewport(), Qt.MouseButton.LeftButton, pos=at)
        desk.settle(window)
        assert rows(window) == ["All packages (7)", *ORDER], how
        assert window.tree.isVisible()


def test_a_recent_workspace_that_is_gone_is_forgotten(desk, other):
    window = desk.show(desk.window())
    window.state.add_recent(Recent("away", str(other.parent / "away")))
    window.leave_workspace()
    window.open_location(str(other.parent / "away"))
    dialog = desk.dialog(window, "errorDialog")
    assert "away" in dialog.report()
    assert window.welcome.isVisible()
    assert window.state.recents == []


def drop(target: QWidget, *urls: QUrl) -> tuple[bool, bool]:
    """Drag something over a widget and drop it; gives whether it was welcome, and taken."""
    data = QMimeData()
    data.setUrls(list(urls))
    nothing = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Qt 6.12's only way to make one by hand
        entering = QDragEnterEvent(QPoint(20, 20), *nothing)
        dropping = QDropEvent(QPoint(20, 20), *nothing)
    entering.ignore()
    target.dragEnterEvent(entering)
    dropping.ignore()
    target.dropEvent(dropping)
    return entering.isAccepted(), dropping.isAccepted()


@pytest.mark.parametrize("where", ["window", "welcome"])
def test_a_folder_that_is_dropped_is_opened(desk, where):
    window = desk.show(desk.protect().window())
    target = window if where == "window" else window.welcome
    with desk.qtbot.waitSignal(window.loaded):
        assert drop(target, QUrl.fromLocalFile(str(desk.folder))) == (True, True)
    desk.settle(window)
    assert rows(window) == ["All packages (7)", *ORDER]


def test_what_is_no_folder_is_not_taken(desk):
    window = desk.show(desk.window())
    one = QUrl.fromLocalFile(str(desk.folder))
    for urls in ([], [QUrl("https://example.com/Pkg")], [one, one]):
        assert drop(window.welcome, *urls) == (False, False), "the page leaves it to the window"
    assert drop(window) == (False, False)
    for urls, sentence in (
        ([QUrl("https://example.com/Pkg")], "What was dropped is not on this machine. Save it to a folder"),
        ([one, one], "2 things were dropped at once. Drop one folder, or one archive."),
    ):
        assert drop(window, *urls) == (True, True)
        dialog = desk.dialog(window, "errorDialog")
        assert sentence in dialog.report()
        dialog.reject()
        dialog.deleteLater()
    assert window.workspace is None


def test_a_file_that_is_dropped_is_refused_with_a_sentence(desk):
    window = desk.show(desk.window())
    drop(window, QUrl.fromLocalFile(str(desk.folder / "Beta" / "Files" / "run.sh")))
    assert "run.sh" in desk.dialog(window, "errorDialog").report()
    assert window.welcome.isVisible()


# Leaving with open packages


def question(window) -> QMessageBox:
    box = window.findChild(QMessageBox, "leaveDialog")
    assert box is not None
    assert box.isVisible()
    return box


def later(desk: Desk, minutes: int) -> str:
    """Give the time of day in so many minutes."""
    return f"{(desk.clock.wall + timedelta(minutes=minutes)).astimezone():%H:%M}"


def answer(desk: Desk, window, beginning: str) -> None:
    box = question(window)
    button = next(b for b in box.buttons() if b.text().replace("&", "").startswith(beginning))
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_leaving_asks_about_open_packages_and_locking_is_the_default(desk):
    desk.protect().unlock("Beta")
    desk.assign("bob", Role.ADMINISTRATOR)
    desk.unlock("Zeta", user="bob", minutes=90)
    window = desk.opened()
    window.close()
    box = question(window)
    assert box.text() == "2 packages are unlocked: Beta, Zeta (by bob)."
    assert box.defaultButton().text() == "Lock 2 packages and quit"
    texts = {b.text().replace("&", "") for b in box.buttons()}
    assert texts == {"Lock 2 packages and quit", f"Quit, they lock by themselves by {later(desk, 90)}", "Cancel"}
    desk.qtbot.keyClick(box, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert writable(desk.folder / "Beta") == writable(desk.folder / "Zeta") == []
    assert desk.status("Zeta").state is PackageState.LOCKED
    assert desk.entries("Package locked") == ["Package locked Success"] * 2


def test_leaving_them_open(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    window.close()
    answer(desk, window, f"Quit, it locks by itself at {later(desk, 30)}")
    desk.qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert desk.status("Beta").state is PackageState.UNLOCKED
    assert writable(desk.folder / "Beta")


def test_the_question_says_leave_where_only_the_workspace_is_left(desk):
    desk.protect().unlock("Beta")
    desk.unlock("Zeta")
    window = desk.opened()
    window.actions_["actionCloseWorkspace"].trigger()
    assert {b.text().replace("&", "") for b in question(window).buttons()} == {
        "Lock 2 packages and leave",
        f"Leave, they lock by themselves at {later(desk, 30)}",
        "Cancel",
    }
    answer(desk, window, "Leave, they lock")
    desk.qtbot.waitUntil(window.welcome.isVisible, timeout=PATIENCE)
    assert window.isVisible()


def test_the_question_gives_no_time_for_what_is_overdue(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    desk.block("Beta")
    desk.beat(window, minutes=31)
    window.close()
    assert "Quit, it locks by itself" in {b.text().replace("&", "") for b in question(window).buttons()}
    answer(desk, window, "Cancel")
    desk.unblock("Beta")


@pytest.mark.parametrize("how", ["click", "escape"])
def test_staying(desk, how):
    desk.protect().unlock("Beta")
    window = desk.opened()
    window.close()
    if how == "click":
        answer(desk, window, "Cancel")
    else:
        desk.qtbot.keyClick(question(window), Qt.Key.Key_Escape)
    assert window.isVisible()
    assert window.tree.isVisible()
    assert desk.status("Beta").state is PackageState.UNLOCKED
    desk.beat(window, minutes=30)
    assert desk.status("Beta").state is PackageState.LOCKED, "it still beats"


def test_opening_another_folder_asks_too(desk, other):
    desk.protect().unlock("Beta")
    window = desk.opened()
    window.open_location(str(other))
    with desk.qtbot.waitSignal(window.loaded, timeout=PATIENCE):
        answer(desk, window, "Lock 1 package and leave")
    desk.settle(window)
    assert rows(window)[1:] == ["Due", "Uno"]
    assert desk.status("Beta").state is PackageState.LOCKED


def test_one_that_cannot_be_locked_keeps_the_window(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    desk.block("Beta")
    window.close()
    answer(desk, window, "Lock 1 package")
    assert "Could not lock Beta" in desk.dialog(window, "errorDialog").report()
    assert window.isVisible()
    assert window.workspace is not None


def test_nothing_is_asked_when_nothing_is_open(desk):
    window = desk.protect().opened()
    window.close()
    assert not window.isVisible()
    assert window.workspace is None


def test_somebody_who_may_not_lock_is_not_asked_to(desk):
    desk.protect().unlock("Beta")
    window = desk.opened("eve")
    window.close()
    desk.qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert desk.status("Beta").state is PackageState.UNLOCKED
    assert not [entry for entry in desk.entries() if "Denied" in entry]


@pytest.fixture
def no_guard(desk, monkeypatch) -> list[str]:
    """Beta is open, and no guard can be had any more; gives who asked for one."""
    desk.protect().unlock("Beta")
    asked: list[str] = []

    def ensure(self):
        asked.append("guard")
        raise Refused("No guard could be started.", "Look into the log.")

    monkeypatch.setattr(OwnHeartbeat, "ensure", ensure)
    return asked


def test_nothing_is_left_open_without_a_guard(desk, no_guard):
    window = desk.opened()
    window.close()
    first = question(window)
    answer(desk, window, "Quit, it locks by itself")
    desk.qtbot.waitUntil(
        lambda: not isValid(first) and window.findChild(QMessageBox, "leaveDialog") is not None, timeout=PATIENCE
    )
    box = question(window)
    assert no_guard == ["guard"]
    assert "No guard could be started. Look into the log." in box.informativeText()
    assert {b.text().replace("&", "") for b in box.buttons()} == {"Lock 1 package and quit", "Cancel"}
    assert window.isVisible()
    desk.qtbot.keyClick(box, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert writable(desk.folder / "Beta") == []


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_guard_that_takes_its_time_is_waited_for(desk, monkeypatch, cancelled):
    desk.protect().unlock("Beta")
    window = desk.opened()
    lives = threading.Event()
    monkeypatch.setattr(OwnHeartbeat, "ensure", lambda self: lives.wait(PATIENCE / 1000))
    window.actions_["actionCloseWorkspace"].trigger()
    answer(desk, window, "Leave, it locks by itself")
    dialog = desk.dialog(window, "jobDialog")
    assert dialog.windowTitle() == "Looking for the guard"
    assert window.workspace is not None
    if cancelled:
        desk.click(dialog, "cancelButton")
    lives.set()
    desk.qtbot.waitUntil(lambda: not dialogs(window, "jobDialog"), timeout=PATIENCE)
    assert window.welcome.isVisible() is not cancelled
    assert (window.workspace is None) is not cancelled
    assert desk.status("Beta").state is PackageState.UNLOCKED


@pytest.mark.parametrize("wish", ["Cancel", "Quit anyway"])
def test_who_may_not_lock_leaves_without_a_guard_only_knowingly(desk, no_guard, wish):
    window = desk.opened("eve")
    window.close()
    desk.qtbot.waitUntil(lambda: window.findChild(QMessageBox, "leaveDialog") is not None, timeout=PATIENCE)
    box = question(window)
    assert "No guard could be started." in box.informativeText()
    assert {b.text().replace("&", "") for b in box.buttons()} == {"Quit anyway", "Cancel"}
    assert box.defaultButton().text().replace("&", "") == "Cancel"
    answer(desk, window, wish)
    desk.qtbot.waitUntil(lambda: window.isVisible() is (wish == "Cancel"), timeout=PATIENCE)
    assert (window.workspace is not None) is (wish == "Cancel")


def test_a_demo_does_not_ask(desk):
    desk.protect().unlock("Beta")
    window = desk.show(desk.window())
    with desk.qtbot.waitSignal(window.loaded):
        desk.click(window, "welcomeDemo")
    desk.settle(window)
    assert window.state.recents == [], "the folder of a demo goes away with its window"
    window.close()
    assert not window.isVisible()
