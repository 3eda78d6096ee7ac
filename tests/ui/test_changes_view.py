"""The window of changes on a real package folder: what is shown, how one moves, and what is put back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QPushButton

from hotfix_desktop.core.roles import Role
from hotfix_desktop.services.differences import difference
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.reverting import revert
from hotfix_desktop.ui.changes_list import WORD
from hotfix_desktop.ui.changes_view import ChangesView
from hotfix_desktop.ui.diff_layout import RowKind
from hotfix_desktop.ui.labels import PathField
from hotfix_desktop.ui.main_window import MainWindow
from hotfix_desktop.ui.revert_dialog import RevertDialog
from hotfix_desktop.ui.theme import READABLE, Scheme, contrast
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
    assert view.head.done.text.startswith(
        "1 file is as it was before the unlock. What was there is kept in the content"
    )


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


def test_a_package_that_is_unlocked_again_can_be_reverted_in_the_same_window(desk, opened):
    desk.lock("Beta")
    view = changes(desk, opened)
    assert "unlocked" in view.actions_.revert_all.toolTip()
    desk.unlock("Beta")
    (desk.folder / "Beta" / "Files" / "Later.cs").write_text("class Later {}\n")
    view.actions_.refresh.trigger()
    desk.qtbot.waitUntil(view.actions_.revert_all.isEnabled, timeout=PATIENCE)


def test_what_a_hotfix_of_the_log_cannot_do_is_told(desk, opened):
    jobs = opened.here.change_verbs.views(opened.theme, opened.icons, opened.state.settings, opened)
    view = jobs.show_hotfix(desk.status("Beta").hotfix.number)
    desk.qtbot.waitUntil(lambda: view.pane.difference is not None, timeout=PATIENCE)
    assert view.found.is_live
    assert "Ctrl+D" in view.actions_.revert_all.toolTip()


def test_a_chosen_element_is_shown_and_not_the_file_before(desk, opened):
    schema = desk.folder / "Beta" / "Schemas" / "UsrBetaPage"
    (schema / "UsrBetaPage.js").write_text("define(1);")
    (schema / "metadata.json").write_text("{}")
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    index = view.list.indexAt(view.list.visualRect(view.list.model().index(0, 0)).center())
    view.list.setCurrentIndex(index)
    assert view.list.current is None
    assert view.pane.difference is None
    words = view.pane.findChild(QLabel, "diffMessage").text()
    assert words.splitlines()[0] == "Schema UsrBetaPage: 2 files: 1 modified, 1 added"
    assert "Schemas/UsrBetaPage/metadata.json  (added)" in words
    assert view.actions_.revert_file.text() == "&Revert this element…"
    (desk.folder / "Beta" / "Files" / "More.cs").write_text("class More {}\n")
    view.actions_.refresh.trigger()
    desk.qtbot.waitUntil(lambda: view.found.changes.count == 6, timeout=PATIENCE)
    assert view.list.chosen_element[0].name == "UsrBetaPage", "another look does not choose something else"


def test_the_path_of_what_is_shown_stands_above_it(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    path = view.pane.findChild(PathField)
    assert path.path == "Files/Tax.cs"
    assert "Files/Tax.cs" in path.toolTip()
    choose(desk, view, "New.js")
    assert path.path == "Files/New.js"


def test_a_renamed_file_says_so_and_any_other_does_not(desk, opened):
    files = desk.folder / "Beta" / "Files"
    (files / "Tax.cs").write_text(CODE)
    (files / "Tax.cs").rename(files / "Taxes.cs")
    view = changes(desk, opened)
    choose(desk, view, "Taxes.cs")
    assert view.pane.findChild(PathField).path == "Files/Tax.cs → Files/Taxes.cs"
    assert view.pane._note.text == "The contents are the same: only the path differs."
    view.pane.show_difference(difference(b"Files/Tax.cs", b"same", b"same"))
    assert view.pane._note.text == "The contents are the same."


def test_a_name_with_a_line_break_is_shown_whole_on_one_line(desk, opened):
    (desk.folder / "Beta" / "Files" / "with\nbreak.txt").write_text("1")
    schema = desk.folder / "Beta" / "Schemas" / "Usr\nPage"
    schema.mkdir()
    (schema / "new\tone.js").write_text("1")
    view = changes(desk, opened)
    model = view.list.model()
    tops = {model.index(row, 0).data(): model.index(row, 0) for row in range(model.rowCount())}
    assert "with\\nbreak.txt" in tops
    assert model.index(0, 0, tops["Usr\\nPage"]).data() == "new\\tone.js"
    assert "Usr\\nPage" in tops["Usr\\nPage"].data(Qt.ItemDataRole.ToolTipRole)
    view.list.setCurrentIndex(tops["Usr\\nPage"])
    assert view.pane.findChild(QLabel, "diffMessage").text().startswith("Schema Usr\\nPage: 1 file")
    choose(desk, view, "with\\nbreak.txt")
    assert view.pane.findChild(PathField).path == "Files/with\\nbreak.txt"


def test_a_row_has_a_menu_with_what_can_be_done(desk, opened):
    view = changes(desk, opened)
    choose(desk, view, "Tax.cs")
    view.list.customContextMenuRequested.emit(view.list.visualRect(view.list.currentIndex()).center())
    menu = view.findChild(QMenu, "changesMenu")
    assert menu.isVisible()
    offered = [action for action in menu.actions() if not action.isSeparator()]
    assert [action.text() for action in offered][:2] == ["&Revert this file…", "Revert &everything…"]
    assert all(action.isEnabled() for action in offered)
    menu.close()


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_every_word_of_the_list_is_readable_after_the_colours_changed(desk, opened, scheme):
    (desk.folder / "Beta" / "Schemas" / "UsrBetaPage" / "metadata.json").write_text("{}")
    view = changes(desk, opened)
    desk.theme.apply(Scheme.DARK if scheme is Scheme.LIGHT else Scheme.LIGHT)
    desk.theme.apply(scheme)
    base = desk.theme.background(QPalette.ColorRole.Base)
    index, seen = view.list.model().index(0, 0), 0
    while index.isValid():
        brush = index.siblingAtColumn(WORD).data(Qt.ItemDataRole.ForegroundRole)
        assert contrast(brush.color(), base) >= READABLE
        index, seen = view.list.indexBelow(index), seen + 1
    assert seen == 5
    desk.theme.apply(Scheme.SYSTEM)


def test_a_revert_that_was_killed_is_told(desk, opened, monkeypatch):
    def die(*given, **more):
        raise SystemExit

    number, bench = desk.status("Beta").package_id, desk.bench()
    with monkeypatch.context() as gone:
        gone.setattr(type(bench.workspace), "remove", die)
        with pytest.raises(SystemExit):
            revert(bench, number)
    Relocker(bench).beat()
    view = changes(desk, opened)
    assert view.head.remark.text.startswith("The revert of 3 files did not come to its end: 0 of 3 are")


@pytest.mark.parametrize(("count", "words"), [(1, "It becomes what it was"), (2, "They become what they were")])
def test_the_question_is_grammatical(desk, opened, count, words):
    view = changes(desk, opened)
    dialog = RevertDialog("Beta", view.found.changes.changes[:count], view)
    assert any(label.text().startswith(words) for label in dialog.findChildren(QLabel))
    assert dialog.findChild(QPushButton, "revertButton").text() == ("Revert 1 file" if count == 1 else "Revert 2 files")
    dialog.close()


def test_an_auditor_sees_the_changes_and_can_put_nothing_back(desk, opened):
    desk.assign("eve", Role.AUDITOR)
    window = desk.opened("eve")
    window.tree.choose(desk.status("Beta").package_id)
    view = changes(desk, window)
    assert view.found.changes.count == 3
    for action in (view.actions_.revert_all, view.actions_.revert_file):
        assert not action.isEnabled()
        assert "System administrator" in action.toolTip()


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
