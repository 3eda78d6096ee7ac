"""The whole story in one window: open, unlock, repair with another program, look, lock, deliver, update, *Blocked*."""

from __future__ import annotations

import subprocess
import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWizard

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.ui.changes_view import ChangesView
from hotfix_desktop.ui.delivery_wizard import END, REVIEW
from hotfix_desktop.ui.package_model import Column
from tests.ui.delivery_world import FIXED, Story, git
from tests.ui.import_world import choose_archive, files_of, pack, rest, result_rows
from tests.ui.real_window import CTRL, PATIENCE, SHIFT, cell, choose, writable

REPAIR = """
import pathlib, sys
page = pathlib.Path(sys.argv[1])
text = page.read_bytes().decode()
for old, new in (("line 5;", "line 5 = fixed;"), ("line 40;", "line 40 by the hotfix;")):
    text = text.replace(old, new)
page.write_bytes(text.encode())
"""


def turn_to(desk, window):
    """Give the window the keyboard, and choose the package."""
    desk.settle(window)
    desk.show(window)
    window.tree.setFocus()
    choose(window, "Zeta")


def test_a_fix_is_made_seen_delivered_and_comes_home(desk):
    story = Story(desk).develop()
    page = desk.folder / "Zeta" / story.page

    # Open the folder, and agree to its protection.
    window = desk.opened()
    desk.click(desk.dialog(window, "protectDialog"), "agreeButton")
    desk.qtbot.waitUntil(lambda: window.here.known.protected, timeout=PATIENCE)
    desk.settle(window)
    assert writable(desk.folder / "Zeta") == []

    # Unlock for a hotfix.
    turn_to(desk, window)
    desk.press(window, Qt.Key.Key_H, CTRL, SHIFT)
    dialog = desk.dialog(window, "unlockDialog")
    desk.qtbot.keyClicks(dialog.focusWidget(), "wrong VAT rounding")
    desk.qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: cell(window, "Zeta", Column.STATE) == "Unlocked", timeout=PATIENCE)

    # Repair it with another program, and see what changed.
    subprocess.run([sys.executable, "-c", REPAIR, str(page)], check=True, timeout=60)
    turn_to(desk, window)
    desk.press(window, Qt.Key.Key_D, CTRL)
    desk.qtbot.waitUntil(lambda: window.findChild(ChangesView, "changesView") is not None, timeout=PATIENCE)
    view = window.findChild(ChangesView, "changesView")
    desk.qtbot.waitUntil(lambda: view.found is not None and view.pane.difference is not None, timeout=PATIENCE)
    assert [change.shown for change in view.found.changes.changes] == [story.page]
    shown = view.pane.difference.meaning
    assert set(shown.after) - set(shown.before) == {"line 5 = fixed;", "line 40 by the hotfix;"}
    view.close()

    # Lock: undelivered, until it is a commit in development.
    turn_to(desk, window)
    desk.clock.go(minutes=12)
    desk.press(window, Qt.Key.Key_L, CTRL)
    desk.qtbot.waitUntil(lambda: cell(window, "Zeta", Column.STATE) == "Locked · undelivered", timeout=PATIENCE)
    assert any("not delivered" in sentence for sentence in window.banners.sentences)
    wizard = story.wizard(window)
    story.next(wizard)
    wizard.where.repository.setText(str(story.repository))
    wizard.where.look()
    story.next(wizard)
    assert wizard.currentId() == REVIEW
    while wizard.currentId() != END:
        story.next(wizard)
    story.next(wizard)
    desk.qtbot.waitUntil(lambda: not wizard.end.is_running and not wizard.end.is_waiting, timeout=PATIENCE)
    branch = wizard.end.delivery.receipt.facts["branch"]
    both = FIXED.replace("line 20;", "line 20 of development;")
    assert git(story.repository, "show", f"{branch}:packages/Zeta/{story.page}") == both.rstrip("\n")
    desk.qtbot.mouseClick(wizard.button(QWizard.WizardButton.FinishButton), Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: cell(window, "Zeta", Column.STATE) == "Locked", timeout=PATIENCE)

    # Development releases it; the update brings it back, and the package is as every other one.
    git(story.repository, "merge", "--ff-only", branch)
    release = pack(desk.folder.parent / "Zeta_1.3.0.zip", {"Zeta": files_of(story.repository / "packages" / "Zeta")})
    dialog = choose_archive(desk, window, release)
    assert dialog.findChild(QPushButton, "importButton").text().replace("&", "") == "Update 1 package"
    desk.click(dialog, "importButton")
    rest(desk, dialog)
    assert [row[2] for row in result_rows(dialog)] == ["Blocked"]
    dialog.reject()
    desk.qtbot.waitUntil(lambda: cell(window, "Zeta", Column.STATE) == "Blocked", timeout=PATIENCE)
    status = desk.status("Zeta")
    assert (status.state, status.undelivered, status.found.version) == (PackageState.BLOCKED, False, "1.3.0")
    assert page.read_text("utf-8") == both
    assert writable(desk.folder / "Zeta") == []
    told = ("Package unlocked", "Changes recorded", "Package locked", "Hotfix delivered", "Package updated")
    assert desk.entries(*told) == [
        "Package unlocked Success",
        "Package locked Success",
        "Changes recorded Success",
        "Hotfix delivered Success",
        "Package updated Success",
        "Hotfix delivered Success",  # as usual
    ]
