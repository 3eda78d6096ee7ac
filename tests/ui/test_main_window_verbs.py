"""Unlock, lock, extend, relock and their reminders, by keys and clicks in a real window on real files."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QProgressBar, QPushButton, QSpinBox, QToolButton

from hotfix_desktop.core.lifecycle import Kept, PackageState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import administration
from hotfix_desktop.ui import reminders
from hotfix_desktop.ui.package_model import Column
from tests.ui.real_window import CTRL, PATIENCE, SHIFT, Desk, cell, choose, dialogs, modes, rows, writable


def later(desk: Desk, minutes: float) -> str:
    """Give the time of day in so many minutes."""
    return f"{(desk.clock.wall + timedelta(minutes=minutes)).astimezone():%H:%M}"


def word(window, name: str) -> str:
    return cell(window, name, Column.STATE)


@pytest.fixture
def window(desk):
    """A window on the protected folder."""
    return desk.protect().opened()


@pytest.fixture
def unlocked(desk):
    """A window on the protected folder in which Émile is unlocked for half an hour, and chosen."""
    desk.protect().unlock("Émile")
    window = desk.opened()
    choose(window, "Émile")
    return window


# Unlock


def test_unlock_by_keyboard(desk, window):
    choose(window, "Émile")
    desk.press(window, Qt.Key.Key_H, CTRL, SHIFT)
    dialog = desk.dialog(window, "unlockDialog")
    assert writable(desk.folder / "Émile") == []
    button = dialog.findChild(QPushButton, "unlockButton")
    assert not button.isEnabled()
    reason = dialog.focusWidget()
    desk.qtbot.keyClicks(reason, "wrong VAT")
    desk.qtbot.keyClicks(dialog.findChild(QLineEdit, "unlockTicket"), "INC-1")
    assert button.text() == "Unlock for 30 minutes"
    assert f"locks at {later(desk, 30)}" in [label.text() for label in dialog.findChildren(QLabel)]
    desk.qtbot.keyClick(reason, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: window.model.packages[0].name == "Émile", timeout=PATIENCE)
    desk.settle(window)
    assert rows(window)[:3] == ["All packages (7, 1 unlocked)", "Émile", "alpha"]
    assert window.tree.chosen.name == "Émile", "it is chosen still, where it stands now"
    assert [cell(window, "Émile", c) for c in (Column.STATE, Column.LEFT, Column.BY)] == ["Unlocked", "30:00", "you"]
    assert modes(desk.folder / "Émile") == desk.original_of("Émile")
    assert writable(desk.folder / "Beta") == []
    assert window.windowTitle() == "30:00 Émile — production — Hotfix Desktop"
    assert window.findChild(QLabel, "statusNextLock").text() == "1 unlocked, next lock in 30:00"
    said = f"Émile is unlocked until {later(desk, 30)}, then it locks by itself."
    desk.hears(window, said)
    assert not dialogs(window, "unlockDialog")
    assert desk.entries()[-2:] == ["Unlock requested Success", "Package unlocked Success"]
    hotfix = desk.status("Émile").hotfix
    assert (hotfix.reason, hotfix.ticket, hotfix.opened_by) == ("wrong VAT", "INC-1", "ann")


def test_the_icon_changes_with_the_state(desk, window):
    before = pixels(window, "Beta")
    desk.unlock("Beta")
    desk.beat(window)
    unlocked = pixels(window, "Beta")
    desk.lock("Beta")
    desk.beat(window)
    assert len({before, unlocked, pixels(window, "Beta")}) == 3


def pixels(window, name: str) -> bytes:
    image = cell(window, name, Column.PACKAGE, Qt.ItemDataRole.DecorationRole).pixmap(16).toImage()
    return bytes(image.constBits())


def test_cancelling_the_dialog_changes_nothing(desk, window):
    before = desk.entries()
    choose(window, "Beta")
    desk.press(window, Qt.Key.Key_H, CTRL, SHIFT)
    dialog = desk.dialog(window, "unlockDialog")
    desk.qtbot.keyClicks(dialog.focusWidget(), "because")
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    desk.settle(window)
    assert word(window, "Beta") == "Blocked"
    assert writable(desk.folder / "Beta") == []
    assert desk.entries() == before


def test_pressing_the_keys_twice_asks_once(desk, window):
    window.actions_["actionUnlockForHotfix"].trigger()
    window.actions_["actionUnlockForHotfix"].trigger()
    desk.dialog(window, "unlockDialog")
    desk.settle(window)
    assert len(dialogs(window, "unlockDialog")) == 1
    dialogs(window, "unlockDialog")[0].reject()
    window.actions_["actionUnlockForHotfix"].trigger()
    assert desk.dialog(window, "unlockDialog"), "and once more when it is pressed again"


def test_the_settings_and_earlier_reasons_are_in_the_dialog(desk):
    desk.protect().unlock("Zeta")
    desk.lock("Zeta")
    administration.change_settings(desk.benches[0], {"PackageHotfixTimeout": "45"})
    window = desk.opened()
    choose(window, "Beta")
    window.actions_["actionUnlockForHotfix"].trigger()
    dialog = desk.dialog(window, "unlockDialog")
    assert dialog.findChild(QSpinBox, "unlockMinutes").value() == 45
    reasons = dialog.findChild(QComboBox, "unlockReason")
    assert [reasons.itemText(i) for i in range(reasons.count())] == ["Zeta is broken"]


def test_an_unlock_that_fails_half_way_is_told_and_closed_again(desk, window):
    choose(window, "Beta")
    window.actions_["actionUnlockForHotfix"].trigger()
    dialog = desk.dialog(window, "unlockDialog")
    desk.block("Beta")
    desk.qtbot.keyClicks(dialog.focusWidget(), "because")
    desk.click(dialog, "unlockButton")
    error = desk.dialog(window, "errorDialog")
    assert "Beta was not unlocked" in error.report()
    assert not dialogs(window, "unlockDialog")
    desk.beat(window)
    assert [
        s for s in window.banners.sentences if s.startswith("Beta could not be locked: The folder of Beta is another")
    ]
    desk.unblock("Beta")
    desk.beat(window, seconds=40)
    assert not desk.status("Beta").is_open
    assert writable(desk.folder / "Beta") == []
    assert not [s for s in window.banners.sentences if "could not be locked" in s]


def test_a_refusal_of_the_service_is_shown_in_the_dialog(desk, window):
    choose(window, "Beta")
    window.actions_["actionUnlockForHotfix"].trigger()
    dialog = desk.dialog(window, "unlockDialog")
    # Somebody demands a ticket while the dialog is open.
    administration.change_settings(desk.benches[0], {"HotfixTicketRequired": "yes"})
    desk.qtbot.keyClicks(dialog.focusWidget(), "because")
    desk.click(dialog, "unlockButton")
    problem = "A ticket number is needed to unlock a package here."
    desk.qtbot.waitUntil(lambda: dialog.fields["ticket"].problem.text == problem, timeout=PATIENCE)
    assert dialog.isVisible()
    desk.settle(window)
    assert writable(desk.folder / "Beta") == []


# The most recent on top


def test_the_most_recently_unlocked_stands_on_top(desk, window):
    for name in ("Zeta", "alpha", "Émile"):
        desk.unlock(name)
        desk.beat(window, minutes=1)
    assert rows(window)[0] == "All packages (7, 3 unlocked)"
    assert rows(window)[1:] == ["Émile", "alpha", "Zeta", "Beta", "Custom", "Delta", "Draft"]
    assert window.windowTitle().startswith("27:00 Zeta — "), "the one that locks first"
    assert window.findChild(QLabel, "statusNextLock").text() == "3 unlocked, next lock in 27:00"


# The countdown


def test_the_countdown_runs(desk, unlocked):
    desk.beat(unlocked, seconds=1)
    assert cell(unlocked, "Émile", Column.LEFT) == "29:59"
    assert unlocked.windowTitle() == "29:59 Émile — production — Hotfix Desktop"
    state = unlocked.findChild(QLabel, "detailsState")
    assert state.text() == f"Unlocked for hotfix · 29:59 left · locks at {later(desk, 30)}"
    bar = unlocked.findChild(QProgressBar, "countdownBar")
    assert bar.isVisible()
    assert (bar.value(), bar.maximum()) == (359, 360)
    desk.beat(unlocked, minutes=14, seconds=59)
    assert bar.value() * 2 == bar.maximum()
    moment = desk.clock.wall.astimezone()
    assert unlocked.findChild(QLabel, "statusRelocker").text() == f"✓ Checked {moment:%H:%M:%S}"


def test_the_clock_of_the_details_is_not_of_other_packages(desk, unlocked):
    choose(unlocked, "Beta")
    desk.beat(unlocked, seconds=1)
    assert unlocked.findChild(QLabel, "detailsState").text() == "Blocked · closed for changes"
    assert not unlocked.findChild(QProgressBar, "countdownBar").isVisible()


# Warnings


@pytest.fixture
def alerts(monkeypatch):
    """How often the window asked for attention in the taskbar."""
    heard = []
    monkeypatch.setattr(reminders, "QApplication", SimpleNamespace(alert=lambda *_: heard.append(1)))
    return heard


def test_the_warnings_come_at_five_minutes_and_at_one(desk, unlocked, alerts):
    desk.beat(unlocked, minutes=24, seconds=59)
    assert unlocked.banners.sentences == []
    assert cell(unlocked, "Émile", Column.LEFT) == "5:01"
    desk.beat(unlocked, seconds=1)
    assert unlocked.banners.sentences == ["Émile locks in 5:00."]
    assert cell(unlocked, "Émile", Column.LEFT) == "⚠ 5:00"
    assert len(alerts) == 1
    desk.beat(unlocked, minutes=3, seconds=59)
    assert unlocked.banners.sentences == ["Émile locks in 1:01."]
    assert len(alerts) == 1
    assert not cell(unlocked, "Émile", Column.LEFT, Qt.ItemDataRole.FontRole).bold()
    desk.beat(unlocked, seconds=1)
    assert unlocked.banners.sentences == ["Émile locks in 1:00."]
    assert len(alerts) == 2
    assert cell(unlocked, "Émile", Column.LEFT, Qt.ItemDataRole.FontRole).bold()
    texts = [b.text() for b in unlocked.banners.findChildren(QPushButton) if b.isVisible()]
    assert texts == ["Extend 15 min", "Lock now"]


def test_extending_in_the_warning(desk, unlocked):
    desk.beat(unlocked, minutes=26)
    desk.click(unlocked.banners, "Extend 15 min")
    desk.qtbot.waitUntil(lambda: not unlocked.banners.sentences, timeout=PATIENCE)
    desk.settle(unlocked)
    assert cell(unlocked, "Émile", Column.LEFT) == "19:00"
    desk.hears(unlocked, f"Émile now locks at {later(desk, 19)}.")
    desk.beat(unlocked, minutes=15)
    assert unlocked.banners.sentences == ["Émile locks in 4:00."], "it warns again"


def test_locking_in_the_warning(desk, unlocked):
    desk.edit("Émile")
    desk.beat(unlocked, minutes=26)
    desk.click(unlocked.banners, "Lock now")
    desk.qtbot.waitUntil(lambda: word(unlocked, "Émile").startswith("Locked"), timeout=PATIENCE)
    desk.settle(unlocked)
    assert writable(desk.folder / "Émile") == []
    assert unlocked.banners.sentences == ["1 hotfix is not delivered to development: Émile (just now)."]


def test_no_extension_is_offered_at_the_limit(desk, unlocked):
    administration.change_settings(desk.benches[0], {"HotfixExtensionLimit": "20"})
    desk.beat(unlocked, minutes=26)
    desk.click(unlocked.banners, "Extend 15 min")
    desk.settle(unlocked)
    desk.beat(unlocked, minutes=15)
    desk.click(unlocked.banners, "Extend 5 min")
    desk.settle(unlocked)
    desk.beat(unlocked, minutes=6)
    assert unlocked.banners.sentences == ["Émile locks in 3:00."]
    assert [b.text() for b in unlocked.banners.findChildren(QPushButton) if b.isVisible()] == ["Lock now"]


def test_the_focus_stays_on_a_button_of_a_banner_while_the_clocks_run(desk):
    desk.protect()
    for name in ("Beta", "Zeta", "alpha"):
        desk.unlock(name)
    window = desk.opened()
    desk.beat(window, minutes=26)
    assert sorted(window.banners.sentences) == [f"{name} locks in 4:00." for name in ("Beta", "Zeta", "alpha")]
    assert window.findChild(QToolButton, "bannerMore").text() == "and 1 more"
    window.banners.focus_first()
    focus = window.focusWidget()
    assert focus.text() == "Extend 15 min"
    desk.beat(window, seconds=1)
    assert window.focusWidget() is focus
    assert "3:59" in window.findChild(QToolButton, "bannerMore").toolTip()


# Lock


def test_lock_by_keyboard(desk, unlocked):
    desk.edit("Émile")
    desk.press(unlocked, Qt.Key.Key_L, CTRL)
    desk.qtbot.waitUntil(lambda: word(unlocked, "Émile") == "Locked · undelivered", timeout=PATIENCE)
    desk.settle(unlocked)
    assert writable(desk.folder / "Émile") == []
    assert rows(unlocked) == ["All packages (7)", "alpha", "Beta", "Custom", "Delta", "Draft", "Émile", "Zeta"]
    desk.hears(unlocked, "Émile is locked.")
    assert unlocked.windowTitle() == "production — Hotfix Desktop"
    assert unlocked.findChild(QLabel, "statusNextLock").text() == "Nothing is unlocked"
    assert desk.entries()[-2:] == ["Package locked Success", "Changes recorded Success"]
    assert not unlocked.findChildren(QPushButton, "agreeButton"), "locking never asks"


def test_lock_all(desk, unlocked):
    desk.unlock("Beta")
    desk.beat(unlocked)
    desk.press(unlocked, Qt.Key.Key_L, CTRL, SHIFT)
    desk.qtbot.waitUntil(lambda: rows(unlocked)[0] == "All packages (7)", timeout=PATIENCE)
    desk.settle(unlocked)
    assert writable(desk.folder / "Émile") == writable(desk.folder / "Beta") == []
    desk.hears(unlocked, "2 packages locked.")
    assert not unlocked.actions_["actionLockAll"].isEnabled()


def test_lock_all_goes_on_after_one_that_fails(desk, unlocked):
    desk.unlock("Beta")
    desk.beat(unlocked)
    desk.block("Émile")
    unlocked.actions_["actionLockAll"].trigger()
    assert "Could not lock Émile" in desk.dialog(unlocked, "errorDialog").report()
    desk.settle(unlocked)
    assert desk.status("Beta").state is PackageState.LOCKED
    assert desk.status("Émile").is_open


def test_a_lock_that_fails_can_be_tried_again(desk, unlocked):
    desk.block("Émile")
    unlocked.actions_["actionLockAfterHotfix"].trigger()
    error = desk.dialog(unlocked, "errorDialog")
    desk.unblock("Émile")
    desk.click(error, "retryButton")
    desk.qtbot.waitUntil(lambda: word(unlocked, "Émile").startswith("Locked"), timeout=PATIENCE)
    assert writable(desk.folder / "Émile") == []


# Relock


def test_it_locks_by_itself_at_the_deadline(desk, unlocked):
    desk.edit("Émile")
    desk.beat(unlocked, minutes=29, seconds=59)
    assert word(unlocked, "Émile") == "Unlocked"
    assert writable(desk.folder / "Émile")
    desk.beat(unlocked, seconds=1)
    assert word(unlocked, "Émile") == "Locked · undelivered"
    assert writable(desk.folder / "Émile") == []
    assert rows(unlocked)[0] == "All packages (7)"
    assert unlocked.banners.sentences == [
        "1 hotfix is not delivered to development: Émile (just now).",
        f"Émile was locked automatically at {later(desk, 0)}. 1 change is not delivered.",
    ]
    assert unlocked.windowTitle() == "production — Hotfix Desktop"
    assert desk.entries()[-2:] == ["Package relocked Success", "Changes recorded Success"]


def test_turning_the_wall_clock_back_does_not_help(desk, unlocked):
    desk.beat(unlocked, minutes=20)
    desk.clock.set_wall(hours=-2)
    desk.beat(unlocked)
    assert cell(unlocked, "Émile", Column.LEFT) == "10:00"
    desk.beat(unlocked, minutes=10)
    assert word(unlocked, "Émile").startswith("Locked")


def test_sleeping_through_the_deadline_locks_at_once(desk, unlocked):
    desk.beat(unlocked, hours=9)
    assert word(unlocked, "Émile").startswith("Locked")


def test_a_package_left_open_is_locked_when_the_window_starts(desk):
    desk.protect().unlock("Émile")
    desk.clock.reboot(minutes=1)
    window = desk.opened()
    desk.qtbot.waitUntil(lambda: word(window, "Émile").startswith("Locked"), timeout=PATIENCE)
    assert writable(desk.folder / "Émile") == []


# Extend


def test_extend_by_keyboard(desk, unlocked):
    desk.press(unlocked, Qt.Key.Key_X, CTRL, SHIFT)
    dialog = desk.dialog(unlocked, "extendDialog")
    box = dialog.focusWidget()
    box.selectAll()
    desk.qtbot.keyClicks(box, "7")
    assert dialog.findChild(QPushButton, "extendButton").text() == "Extend by 7 minutes"
    desk.qtbot.keyClick(box, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: cell(unlocked, "Émile", Column.LEFT) == "37:00", timeout=PATIENCE)
    desk.settle(unlocked)
    assert not dialogs(unlocked, "extendDialog")
    desk.hears(unlocked, f"Émile now locks at {later(desk, 37)}.")
    desk.beat(unlocked, minutes=36)
    assert word(unlocked, "Émile") == "Unlocked"
    desk.beat(unlocked, minutes=1)
    assert word(unlocked, "Émile").startswith("Locked")


def test_a_double_click_extends_once(desk, unlocked):
    unlocked.actions_["actionExtendHotfix"].trigger()
    button = desk.dialog(unlocked, "extendDialog").findChild(QPushButton, "extendButton")
    button.click()
    button.click()
    desk.settle(unlocked)
    assert desk.status("Émile").hotfix.extended_minutes == 15


# Keep modifiable


def test_keep_modifiable_is_a_switch(desk, window):
    choose(window, "Beta")
    action = window.actions_["actionKeepModifiable"]
    assert not action.isChecked()
    action.trigger()
    desk.qtbot.waitUntil(lambda: word(window, "Beta") == "Modifiable", timeout=PATIENCE)
    desk.settle(window)
    assert action.isChecked()
    assert modes(desk.folder / "Beta") == desk.original_of("Beta")
    assert desk.status("Beta").kept is Kept.MARKED
    assert window.actions_["actionUnlockForHotfix"].statusTip().startswith("Beta is modifiable")
    action.trigger()
    desk.qtbot.waitUntil(lambda: word(window, "Beta") == "Blocked", timeout=PATIENCE)
    desk.settle(window)
    assert not action.isChecked()
    assert writable(desk.folder / "Beta") == []


def test_a_switch_that_fails_does_not_stay_switched(desk, window):
    choose(window, "Beta")
    (desk.folder / "Beta").rename(desk.folder.parent / "away")
    window.actions_["actionKeepModifiable"].trigger()
    desk.dialog(window, "errorDialog")
    desk.beat(window)
    assert not window.actions_["actionKeepModifiable"].isChecked()


# Other verbs of the package


def test_copy_name(desk, window):
    choose(window, "Émile")
    window.actions_["actionCopyName"].trigger()
    assert QGuiApplication.clipboard().text() == "Émile"


def test_the_audit_log_of_a_package(desk, unlocked):
    unlocked.actions_["actionPackageAudit"].trigger()
    desk.qtbot.waitUntil(lambda: unlocked.audit is not None and unlocked.audit.isVisible(), timeout=PATIENCE)
    first = unlocked.audit
    unlocked.actions_["actionAuditLog"].trigger()
    desk.settle(unlocked)
    assert unlocked.audit is first, "one window is enough"
    unlocked.abandon()
    assert unlocked.audit is None


# Roles


def test_an_auditor_reads_and_changes_nothing(desk):
    desk.protect().assign("olga", Role.AUDITOR)
    desk.unlock("Émile")
    window = desk.opened("olga")
    choose(window, "Émile")
    assert cell(window, "Émile", Column.BY) == "ann"
    for name in ("actionLockAfterHotfix", "actionExtendHotfix", "actionLockAll", "actionReleaseFolder"):
        action = window.actions_[name]
        assert not action.isEnabled(), name
        assert "olga may not" in action.statusTip(), name
        assert "only members of System administrators may" in action.toolTip(), name
    assert window.actions_["actionAuditLog"].isEnabled()
    desk.press(window, Qt.Key.Key_L, CTRL)
    desk.settle(window)
    assert desk.status("Émile").state is PackageState.UNLOCKED
    choose(window, "Beta")
    assert "olga may not unlock packages" in window.actions_["actionUnlockForHotfix"].toolTip()


def test_an_outsider_may_only_look(desk):
    window = desk.protect().opened("eve")
    choose(window, "Beta")
    assert "(no role)" in " ".join(label.text() for label in window.statusBar().findChildren(QLabel))
    for name in ("actionAuditLog", "actionPackageAudit", "actionUnlockForHotfix", "actionKeepModifiable"):
        assert not window.actions_[name].isEnabled(), name
        assert "eve may not" in window.actions_[name].statusTip(), name
    assert window.actions_["actionCopyName"].isEnabled()
    assert not dialogs(window, "protectDialog")


def test_a_role_that_is_given_meanwhile_counts_at_once(desk):
    window = desk.protect().opened("eve")
    choose(window, "Beta")
    assert not window.actions_["actionUnlockForHotfix"].isEnabled()
    desk.assign("eve", Role.ADMINISTRATOR)
    desk.beat(window)
    assert window.actions_["actionUnlockForHotfix"].isEnabled()


def test_a_role_that_is_taken_meanwhile_is_refused_by_the_service(desk):
    desk.protect().assign("bob", Role.ADMINISTRATOR)
    window = desk.opened("bob")
    choose(window, "Beta")
    window.actions_["actionUnlockForHotfix"].trigger()
    dialog = desk.dialog(window, "unlockDialog")
    administration.remove_role(desk.benches[0], "bob", Role.ADMINISTRATOR)
    desk.qtbot.keyClicks(dialog.focusWidget(), "because")
    desk.click(dialog, "unlockButton")
    assert "bob may not unlock packages" in desk.dialog(window, "errorDialog").report()
    desk.settle(window)
    assert writable(desk.folder / "Beta") == []
    assert desk.entries()[-1] == "Unlock requested Denied"
    assert not window.actions_["actionUnlockForHotfix"].isEnabled()
