"""The relock promise as the user of a real window sees it: drift, writers, reasons for more time, and crashes."""

import os
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QLabel, QLineEdit, QListWidget, QMenu, QPushButton, QWidget

from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.watch import GuardState
from hotfix_desktop.services import administration
from hotfix_desktop.services.aftermath import Aftermath, window_name
from hotfix_desktop.ui.package_model import Column
from hotfix_desktop.ui.window_bars import context_menu
from tests.services.world import entries
from tests.ui.real_window import PATIENCE, cell, choose, dialogs, rows
from tests.ui.test_this_computer import Autostart

SCRIPT = "Files/run.sh"


def change(desk, name: str) -> None:
    """Change a file of a closed package behind the program's back, and add one."""
    folder = desk.folder / name / "Files"
    for path in (folder, folder / "run.sh"):
        os.chmod(path, 0o755)
    (folder / "run.sh").write_text("#!/bin/sh\necho changed")
    (folder / "new.cs").write_text("class New {}")


@pytest.fixture
def window(desk):
    """A window on the protected folder; each closed package has a baseline."""
    return desk.protect().opened()


@pytest.fixture
def drifted(desk, window):
    """The same, after the window has found that Beta was changed."""
    change(desk, "Beta")
    for _ in range(20):
        desk.beat(window, seconds=1)
        if cell(window, "Beta", Column.STATE) == "Blocked · drift":
            return window
    raise AssertionError("the drift was not found, or not shown")


def test_drift_is_found_and_shown_everywhere(desk, drifted):
    assert "Changed behind the program's back: Beta (2 files)." in drifted.banners.sentences
    choose(drifted, "Beta")
    note = drifted.details.findChild(QWidget, "driftNote")
    assert note.isVisible()
    assert any("1 changed, 1 added" in label.text() for label in note.findChildren(QLabel))
    drifted.filter.setText("drift")
    assert rows(drifted)[1:] == ["Beta"]


def test_the_banner_leads_to_the_package(desk, drifted):
    choose(drifted, "Zeta")
    desk.click(drifted.banners, "Show")
    assert drifted.filter.text() == "drift"
    assert drifted.tree.chosen.name == "Beta"


@pytest.mark.parametrize("action", ["actionShowDrift", "actionAcceptBaseline"])
def test_drift_is_shown_before_it_is_accepted(desk, drifted, action):
    choose(drifted, "Beta")
    drifted.actions_[action].trigger()
    dialog = desk.dialog(drifted, "driftDialog")
    assert dialog.list.text().splitlines() == [
        f"~ Changed\t{SCRIPT}",
        "+ Added\tFiles/new.cs",
        "! Found writable\tFiles",
        "! Found writable\tFiles/new.cs",
        f"! Found writable\t{SCRIPT}",
    ]
    desk.click(dialog, "acceptButton")
    desk.qtbot.waitUntil(lambda: not dialogs(drifted, "driftDialog"), timeout=PATIENCE)
    desk.settle(drifted)
    assert cell(drifted, "Beta", Column.STATE) == "Blocked"
    assert not [s for s in drifted.banners.sentences if "behind" in s]
    desk.hears(drifted, "What Beta holds now is its baseline.")
    assert desk.entries("Drift accepted") == ["Drift accepted Success"]


def test_what_changed_once_more_is_not_accepted(desk, drifted):
    choose(drifted, "Beta")
    drifted.actions_["actionShowDrift"].trigger()
    dialog = desk.dialog(drifted, "driftDialog")
    (desk.folder / "Beta" / "Files" / "new.cs").write_text("class Newer {}")
    desk.click(dialog, "acceptButton")
    assert "Could not accept Beta" in desk.dialog(drifted, "errorDialog").report()
    desk.settle(drifted)
    assert not dialogs(drifted, "driftDialog"), "what it shows is old"
    assert cell(drifted, "Beta", Column.STATE) == "Blocked · drift"


def test_what_was_found_while_the_dialog_was_open_is_not_accepted(desk, drifted):
    choose(drifted, "Beta")
    drifted.actions_["actionShowDrift"].trigger()
    dialog = desk.dialog(drifted, "driftDialog")
    shown = drifted.tree.chosen.drift
    (desk.folder / "Beta" / "Files" / "new.cs").write_text("class Newer {}")
    for _ in range(40):
        desk.beat(drifted, seconds=1)
        if drifted.tree.chosen.drift != shown:
            break
    assert drifted.tree.chosen.drift.token not in ("", shown.token)
    desk.click(dialog, "acceptButton")
    assert "Could not accept Beta" in desk.dialog(drifted, "errorDialog").report()
    desk.settle(drifted)
    assert not dialogs(drifted, "driftDialog"), "what it shows is old"
    assert cell(drifted, "Beta", Column.STATE) == "Blocked · drift"
    assert desk.entries("Drift accepted") == []


def test_an_auditor_looks_and_accepts_nothing(desk):
    desk.protect()
    desk.assign("eve", Role.AUDITOR)
    window = desk.opened("eve")
    change(desk, "Beta")
    for _ in range(20):
        desk.beat(window, seconds=1)
    choose(window, "Beta")
    assert window.actions_["actionShowDrift"].isEnabled()
    assert not window.actions_["actionAcceptBaseline"].isEnabled()
    window.actions_["actionShowDrift"].trigger()
    dialog = desk.dialog(window, "driftDialog")
    assert not dialog.findChild(QPushButton, "acceptButton").isEnabled()
    assert "may not" in dialog.why_not


def test_the_verbs_stand_in_both_menus(window):
    names = {"actionShowDrift", "actionAcceptBaseline"}
    menu = window.findChild(QMenu, "menuPackage")
    assert names <= {a.objectName() for a in menu.actions()}
    popup = context_menu(window, window.actions_)
    assert names <= {a.objectName() for a in popup.actions()}
    popup.deleteLater()
    choose(window, "Beta")
    action = window.findChild(QAction, "actionShowDrift")
    assert action.statusTip() == "Beta has no drift: nothing was changed while it was closed."


# Before the end


@pytest.fixture
def asking(desk):
    """A window in which Beta locks soon, and an extension needs a reason."""
    desk.protect().unlock("Beta")
    administration.change_settings(desk.bench(), {"HotfixExtensionReason": "yes"})
    window = desk.opened()
    desk.beat(window, minutes=26)
    return window


def test_more_time_in_the_warning_asks_for_a_reason(desk, asking):
    desk.click(asking.banners, "Extend 15 min…")
    dialog = desk.dialog(asking, "extendDialog")
    assert desk.status("Beta").hotfix.extended_minutes == 0
    reason = dialog.findChild(QLineEdit, "extendReason")
    desk.qtbot.keyClicks(reason, "the build is slow")
    desk.qtbot.keyClick(reason, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: not dialogs(asking, "extendDialog"), timeout=PATIENCE)
    assert desk.status("Beta").hotfix.extended_minutes == 15
    said = [line.description for line in entries(desk.bench()) if line.type == "Hotfix extended"]
    assert said == ["Extended by 15 minutes: the build is slow"]


# The guard and the settings of this computer


def test_the_guard_is_shown_as_the_beat_tells_it(desk, window):
    label = window.findChild(QLabel, "statusRelocker")
    desk.beat(window)
    assert label.text().startswith("✓ Checked")
    session = window.here.session
    beats = []
    session.beaten.connect(beats.append)
    desk.beat(window)
    session.beaten.emit(replace(beats[-1], guard=GuardState.ALIVE, guard_pid=4711))
    assert label.text().startswith("✓ Guard ")
    assert "4711" in label.toolTip()


def test_the_guard_is_started_at_login_by_whoever_wants_it(desk):
    desk.autostart = Autostart()
    desk.protect()
    desk.assign("eve", Role.AUDITOR)
    window = desk.opened("eve")
    window.actions_["actionSettings"].trigger()
    dialog = desk.dialog(window, "settingsDialog")
    pages = dialog.findChild(QListWidget, "settingsPages")
    pages.setCurrentRow(pages.count() - 1)
    dialog.findChild(QCheckBox, "startAtLogin").click()
    ok = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    desk.qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
    assert desk.autostart.on


# After a crash


def test_a_crash_is_told_at_the_next_start(desk):
    desk.protect().unlock("Beta")
    desk.unlock("Zeta", minutes=60)
    bench, before = desk.bench(), desk.clock.now()
    bench.store.presence.beat(window_name(bench), before, before)  # its last one
    desk.clock.go(minutes=31)
    window = desk.opened()
    told = [s for s in window.banners.sentences if "unexpectedly" in s]
    assert len(told) == 1
    assert "Zeta is still open until" in told[0]


def test_what_the_session_tells_is_shown_and_can_be_dismissed(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    hotfix = window.catalogue.open_packages[0].hotfix
    window.here.session.aftermath.emit(Aftermath(desk.clock.wall, (), (hotfix,)))
    assert any("Beta is still open until" in sentence for sentence in window.banners.sentences)
    window.banners.dismiss("aftermath")
    desk.beat(window, seconds=1)
    assert not any("unexpectedly" in sentence for sentence in window.banners.sentences)
