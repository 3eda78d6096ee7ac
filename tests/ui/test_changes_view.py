"""The window of changes on a real package folder: what is shown, how one moves, and what is put back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from hotfix_desktop.core.roles import Role
from hotfix_desktop.ui.changes_view import ChangesView
from hotfix_desktop.ui.diff_layout import RowKind
from hotfix_desktop.ui.main_window import MainWindow
from hotfix_desktop.ui.revert_dialog import RevertDialog
from tests.ui.real_window import PATIENCE, Desk

CODE = "class Tax\n{\n" + "".join(f"\tint Field{n};\n" for n in range(30)) + "\tint Rate = 20;\n}\n"


@pytest.fixture
def opened(desk: Desk) -> MainWindow:
    """Beta unlocked, with a source file that was changed, one that was added and one that is gone."""
    package = desk.folder / "Beta"
    files = package / "Files"
    files.mkdir(parents=True, exist_ok=True)
    (files / "Tax.cs").write_text(CODE)
    (files / "Old.sql").write_text("select 1\n")
    desk.protect()
    desk.unlock("Beta", ticket="INC-4821")
    (files / "Tax.cs").write_text(CODE.replace("Rate = 20", "Rate = 21").replace("Field2;", "Field_2;"))
    (files / "New.js").write_text("return 1;\n")
    (files / "Old.sql").unlink()
    window = desk.opened()
    window.tree.choose(desk.status("Beta").package_id)
    return window


def changes(desk: Desk, window: MainWindow) -> ChangesView:
    window.actions_["actionShowChanges"].trigger()
    view = window.findChild(ChangesView, "changesView")
    desk.qtbot.waitUntil(lambda: view.found is not None and view.pane.difference is not None, timeout=PATIENCE)
    return view


def choose(desk: Desk, view: ChangesView, name: str) -> None:
    """Choose the file of this name."""
    for _ in range(view.found.changes.count):
        if view.list.current is not None and view.list.current.shown.endswith(name):
            break
        if not view.list.step(True):
            while view.list.step(False):
                pass
    wanted = view.list.current
    assert wanted is not None
    assert wanted.shown.endswith(name)
    desk.qtbot.waitUntil(
        lambda: view.pane.difference is not None and view.pane.difference.path == wanted.path, timeout=PATIENCE
    )


def test_ctrl_d_shows_what_is_open_now(desk, opened):
    view = changes(desk, opened)
    kinds = {change.shown: change.kind.value for change in view.found.changes.changes}
    assert kinds == {"Files/New.js": "Added", "Files/Old.sql": "Deleted", "Files/Tax.cs": "Modified"}
    assert view.found.is_live
    assert "Beta" in view.windowTitle()


def test_f8_goes_from_change_to_change_and_on_to_the_next_file(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    diff = view.pane.view
    assert diff.changes == (1, 2)
    view.actions_.next.trigger()
    assert diff.changes == (2, 2)
    assert diff.layout_.row(diff.current).kind is RowKind.CHANGED
    view.actions_.previous.trigger()
    assert diff.changes == (1, 2)
    view.actions_.previous.trigger()
    assert view.list.current.shown == "Files/Old.sql", "there is no change above, so the file before"


def test_the_keyboard_opens_a_fold_and_chooses_lines(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    diff = view.pane.view
    folded = diff.layout_.rows
    fold = next(row for row in range(folded) if diff.layout_.row(row).kind is RowKind.FOLD)
    QTest.keyClick(diff, Qt.Key.Key_Home)
    for _ in range(fold):
        QTest.keyClick(diff, Qt.Key.Key_Down)
    QTest.keyClick(diff, Qt.Key.Key_Return)
    assert diff.layout_.rows > folded
    QTest.keyClick(diff, Qt.Key.Key_Home)
    QTest.keyClick(diff, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    view.actions_.copy.trigger()
    assert QGuiApplication.clipboard().text() == "class Tax\n{"


def test_without_a_choice_the_current_change_is_copied(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    view.actions_.copy.trigger()
    assert QGuiApplication.clipboard().text() == "-\tint Field2;\n+\tint Field_2;"


def test_one_column_and_back_stays_at_the_line(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    view.actions_.next.trigger()
    diff = view.pane.view
    line = diff.layout_.row(diff.current).after
    view.actions_.unified.setChecked(True)
    assert diff.layout_.row(diff.current).after == line
    assert diff.layout_.row(diff.current).kind is RowKind.ADDED
    view.actions_.unified.setChecked(False)
    assert diff.layout_.row(diff.current).after == line


def test_a_search_goes_to_the_place_and_opens_the_fold_over_it(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    view._search.setText("Field15")
    diff = view.pane.view
    desk.qtbot.waitUntil(lambda: view.statusBar().currentMessage() == "1 of 1", timeout=PATIENCE)
    assert diff.lines.after[diff.layout_.row(diff.current).after] == "\tint Field15;"


def test_the_window_looks_again_by_itself_and_the_tree_counts(desk, opened):
    view = changes(desk, opened)
    (desk.folder / "Beta" / "Files" / "More.cs").write_text("class More {}\n")
    view._timer.timeout.emit()
    desk.qtbot.waitUntil(lambda: view.found.changes.count == 4, timeout=PATIENCE)
    numbers = opened.here.change_verbs
    numbers._next = 0.0
    numbers.count(opened.here.known.packages)
    desk.qtbot.waitUntil(lambda: opened.here.known.open_packages[0].changes == 4, timeout=PATIENCE)


def test_what_is_saved_is_a_patch_of_every_file(desk, opened, tmp_path: Path):
    view = changes(desk, opened)
    view.save_patch(tmp_path / "fix.patch")
    desk.qtbot.waitUntil(lambda: (tmp_path / "fix.patch").exists(), timeout=PATIENCE)
    text = (tmp_path / "fix.patch").read_text()
    assert text.count("diff --git ") == 3
    assert "-\tint Rate = 20;" in text
    assert "+\tint Rate = 21;" in text


def test_a_file_is_put_back_and_the_rest_stays(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    view.actions_.revert_file.trigger()
    dialog = view.findChild(RevertDialog, "revertDialog")
    desk.click(dialog, "revertButton")
    desk.qtbot.waitUntil(lambda: view.found.changes.count == 2, timeout=PATIENCE)
    assert (desk.folder / "Beta" / "Files" / "Tax.cs").read_text() == CODE
    assert (desk.folder / "Beta" / "Files" / "New.js").exists()
    assert desk.entries("Changes reverted") == ["Changes reverted Success"] * 2  # that it began, and that it is done


def test_nothing_is_put_back_before_somebody_says_so(desk, opened):
    view = changes(desk, opened)
    view.actions_.revert_all.trigger()
    dialog = view.findChild(RevertDialog, "revertDialog")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not (desk.folder / "Beta" / "Files" / "Old.sql").exists()
    assert desk.entries("Changes reverted") == []


def test_after_the_lock_the_recorded_changes_are_shown_and_nothing_can_be_put_back(desk, opened):
    view = changes(desk, opened)
    desk.lock("Beta")
    view._timer.timeout.emit()
    desk.qtbot.waitUntil(lambda: view.found is not None and not view.found.is_live, timeout=PATIENCE)
    assert view.found.changes.count == 3
    assert not view.actions_.revert_all.isEnabled()
    assert "unlocked" in view.actions_.revert_all.toolTip()


def test_an_auditor_sees_the_changes_and_can_put_nothing_back(desk, opened):
    desk.assign("eve", Role.AUDITOR)
    window = desk.opened("eve")
    window.tree.choose(desk.status("Beta").package_id)
    view = changes(desk, window)
    assert view.found.changes.count == 3
    assert not view.actions_.revert_all.isEnabled()


def test_somebody_without_a_role_is_told_why(desk, opened):
    window = desk.opened("mallory")
    window.tree.choose(desk.status("Beta").package_id)
    action = window.actions_["actionShowChanges"]
    assert not action.isEnabled()
    assert "Auditor" in action.toolTip()


def test_every_control_has_a_name_for_who_cannot_see(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    for control in (view.list, view._filter, view._search, view.pane.view):
        assert control.accessibleName()
    assert "Field_2" in view.pane.view.accessibleDescription()
