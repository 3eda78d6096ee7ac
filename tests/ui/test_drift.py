"""Drift as the user sees it: in the tree, in the details, in the banner and in the dialog."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTreeWidget, QWidget

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.ui.details import DetailsPane
from hotfix_desktop.ui.drift_dialog import DriftDialog
from hotfix_desktop.ui.drift_reminders import drift_banner
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.package_model import Column, PackageModel
from hotfix_desktop.ui.permissions import reasons_against
from hotfix_desktop.ui.theme import Scheme, Theme
from hotfix_desktop.ui.words import drift_sentence, state_sentence, state_word
from tests.ui.sample_catalogue import NOW, after, catalogue, drift, hotfix, locked, package

AT = f"{NOW.utc.astimezone():%H:%M}"
FOUND = f"Changed while it was not unlocked, found at {AT}: 2 changed, 1 added."


def shifted(status, **more):
    """Give the same package with drift."""
    return replace(status, drift=drift(**more))


# Words


def test_the_state_says_drift():
    assert state_word(package(1, "Base")) == "Blocked"
    assert state_word(package(1, "Base", drift=drift())) == "Blocked · drift"
    assert state_word(shifted(locked(1, "Deal", hours=1))) == "Locked · undelivered · drift"


def test_the_sentence_says_what_was_found_and_when():
    assert drift_sentence(drift(), NOW.utc) == FOUND
    after_lock = drift(after_relock=True, changed=("A.js",), added=(), deleted=("B.js",))
    assert drift_sentence(after_lock, NOW.utc) == (
        f"Changed after the lock by a program that still had a file open, found at {AT}: 1 changed, 1 deleted."
    )
    assert drift_sentence(drift(changed=(), added=()), NOW.utc).endswith(f"found at {AT}.")
    tomorrow = after(days=1).utc
    assert f"found at {NOW.utc.astimezone():%Y-%m-%d} {AT}" in drift_sentence(drift(), tomorrow)


def test_the_tooltip_says_it_after_the_state():
    tip = state_sentence(package(1, "Base", drift=drift()), NOW, "ann")
    assert tip == f"Base is installed and closed for changes. {FOUND}"


# The tree


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, Scheme.LIGHT)
    yield made
    made.apply(Scheme.SYSTEM)


def test_the_filter_finds_drift(theme):
    model = PackageModel(theme, Icons(theme))
    model.show_catalogue(catalogue(package(1, "Base", drift=drift()), package(2, "Case")), NOW)
    model.set_filter("drift")
    assert model.matching == 1
    row = model.index(0, 0, model.index(0, 0))
    assert row.data() == "Base"
    assert row.siblingAtColumn(Column.STATE).data() == "Blocked · drift"
    assert row.data(Qt.ItemDataRole.AccessibleTextRole) == "Base, Blocked · drift"
    assert FOUND in row.data(Qt.ItemDataRole.ToolTipRole)


def test_the_row_has_a_mark_and_an_ink_of_its_own(theme):
    model = PackageModel(theme, Icons(theme))
    model.show_catalogue(catalogue(package(1, "Base", drift=drift()), package(2, "Case")), NOW)
    group = model.index(0, 0)
    drifted, plain = (model.index(row, 0, group) for row in (0, 1))
    images = [row.data(Qt.ItemDataRole.DecorationRole).pixmap(16).toImage() for row in (drifted, plain)]
    assert images[0] != images[1]
    inks = [row.siblingAtColumn(Column.STATE).data(Qt.ItemDataRole.ForegroundRole) for row in (drifted, plain)]
    assert inks[0] is not None
    assert inks[1] is None


# Who may do what


def test_why_nothing_can_be_shown_or_accepted():
    still, moved = package(1, "Base"), package(2, "Case", drift=drift())
    opened = package(3, "Deal", PackageState.UNLOCKED, hotfix=hotfix("Deal", 3), drift=drift())
    shown = catalogue(still, moved, opened)

    def why(status, name, **more):
        return reasons_against(catalogue(*shown.packages, **more), status, NOW)[name]

    nothing = "Base has no drift: nothing was changed while it was closed."
    assert why(still, "actionShowDrift") == why(still, "actionAcceptBaseline") == nothing
    assert why(moved, "actionShowDrift") == why(moved, "actionAcceptBaseline") == ""
    assert why(opened, "actionShowDrift") == ""
    assert why(opened, "actionAcceptBaseline") == "Deal is unlocked for a hotfix; lock it first."
    auditor = frozenset({Role.AUDITOR})
    assert why(moved, "actionShowDrift", roles=auditor) == ""
    assert "only members of System administrators" in why(moved, "actionAcceptBaseline", roles=auditor)
    assert "not protected" in why(moved, "actionAcceptBaseline", protected=False)


# The details


@pytest.fixture
def verbs(qapp):
    made = [QAction("&Show drift…"), QAction("Accept as &baseline…")]
    for action, name in zip(made, ("actionShowDrift", "actionAcceptBaseline"), strict=True):
        action.setObjectName(name)
    return made


@pytest.fixture
def pane(qtbot, theme, verbs):
    made = DetailsPane(theme, Icons(theme), [], [("Show…", verbs[0]), ("Accept as baseline…", verbs[1])])
    qtbot.addWidget(made)
    made.resize(464, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def note(pane) -> QWidget:
    return pane.findChild(QWidget, "driftNote")


def test_the_details_tell_of_drift_and_offer_what_can_be_done(pane, verbs, qtbot):
    status = package(1, "Base", drift=drift())
    pane.show_package(status, catalogue(status), NOW)
    assert note(pane).isVisible()
    assert FOUND in [label.text() for label in note(pane).findChildren(QLabel)]
    done = []
    for action in verbs:
        action.triggered.connect(lambda _checked=False, a=action: done.append(a.objectName()))
    buttons = note(pane).findChildren(QPushButton)
    assert [b.text() for b in buttons] == ["Show…", "Accept as baseline…"]
    for button in buttons:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == ["actionShowDrift", "actionAcceptBaseline"]
    verbs[1].setEnabled(False)
    verbs[1].setStatusTip("You may not.")
    assert not buttons[1].isEnabled()
    assert buttons[1].accessibleDescription() == "You may not."


def test_without_drift_there_is_no_note(pane):
    first, second = package(1, "Base", drift=drift()), package(2, "Case")
    shown = catalogue(first, second)
    pane.show_package(first, shown, NOW)
    pane.show_package(second, shown, NOW)
    assert not note(pane).isVisible()
    pane.show_package(None, shown, NOW)
    assert not note(pane).isVisible()


# The banner


def test_the_banner_names_what_drifted_the_news_first():
    shown = []
    packages = [
        package(1, "CrtBase", drift=drift(changed=("a", "b"), added=())),
        package(2, "Still"),
        package(3, "UsrX", drift=drift(changed=(), added=("c",), found_us=drift().found_us + 1)),
    ]
    banner = drift_banner(packages, shown.append)
    assert banner.sentence == "Changed behind the program's back: UsrX (1 file), CrtBase (2 files)."
    assert banner.dismissible
    (text, action), *more = banner.buttons
    action()
    assert (text, shown, more) == ("Show", ["drift"], [])
    many = [package(n, f"P{n}", drift=drift(count=0, changed=(), added=())) for n in range(1, 6)]
    assert drift_banner(many, shown.append).sentence.endswith(": P1, P2, P3, and 2 more.")
    assert drift_banner([package(1, "Base")], shown.append) is None


def test_the_banner_is_about_something_else_once_something_else_is_found():
    def about(*packages):
        return drift_banner(packages, print).subject

    first = package(1, "Base", drift=drift())
    assert about(first) == about(replace(first, undelivered=True))
    assert about(first) != about(replace(first, drift=drift(found_us=5)))
    assert about(first) != about(first, package(2, "Case", drift=drift()))


# The dialog


@pytest.fixture
def opened(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def open_it(found=None, why_not: str = "") -> DriftDialog:
        dialog = DriftDialog("UsrX", found or drift(deleted=("Files/gone.cs",)), why_not, NOW.utc, window)
        dialog.open()
        qtbot.waitUntil(dialog.isActiveWindow)
        return dialog

    return open_it


def lines(dialog) -> list[tuple[str, str]]:
    tree = dialog.findChild(QTreeWidget, "driftList")
    rows = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return [(row.text(0), row.text(1)) for row in rows]


def test_the_dialog_lists_each_path_with_a_sign_and_a_word(opened):
    dialog = opened()
    assert dialog.objectName() == "driftDialog"
    assert lines(dialog) == [
        ("~ Changed", "Schemas/A.js"),
        ("~ Changed", "Schemas/B.js"),
        ("+ Added", "Files/new.cs"),
        ("− Deleted", "Files/gone.cs"),
    ]
    assert dialog.list.textElideMode() is Qt.TextElideMode.ElideMiddle
    assert any("2 changed, 1 added, 1 deleted" in label.text() for label in dialog.findChildren(QLabel))
    assert dialog.findChild(QLabel, "driftMore") is None


def test_what_is_not_named_is_counted(opened):
    dialog = opened(drift(count=1_203))
    assert dialog.findChild(QLabel, "driftMore").text() == "and 1,200 more"


def test_the_default_is_to_close_and_accepting_asks_nothing_more(qtbot, opened):
    dialog = opened()
    heard = []
    dialog.submitted.connect(lambda: heard.append("accept"))
    accept = dialog.findChild(QPushButton, "acceptButton")
    assert not accept.isDefault()
    assert accept.text().replace("&", "") == "Accept as baseline"
    dialog.list.setFocus()  # the button with the focus would be pressed
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert heard == []
    dialog = opened()
    dialog.submitted.connect(lambda: heard.append("accept"))
    qtbot.mouseClick(dialog.findChild(QPushButton, "acceptButton"), Qt.MouseButton.LeftButton)
    assert heard == ["accept"]
    assert dialog.isVisible(), "it waits for its owner"


def test_who_may_not_accept_is_told_why(opened):
    dialog = opened(why_not="ann may not.")
    assert not dialog.findChild(QPushButton, "acceptButton").isEnabled()
    assert dialog.why_not == "ann may not."


def test_all_lines_are_copied_by_the_button_and_the_selected_ones_by_ctrl_c(qtbot, opened):
    dialog = opened()
    qtbot.mouseClick(dialog.findChild(QPushButton, "copyButton"), Qt.MouseButton.LeftButton)
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text().splitlines() == [f"{word}\t{path}" for word, path in lines(dialog)]
    dialog.list.topLevelItem(2).setSelected(True)
    dialog.list.setFocus()
    qtbot.keyClick(dialog.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "+ Added\tFiles/new.cs"


def test_a_hundred_thousand_letters_do_not_make_it_wider_than_the_screen(opened):
    dialog = opened(drift(changed=("x" * 100_000,)))
    assert dialog.width() <= QApplication.primaryScreen().availableGeometry().width()


def test_what_was_only_opened_is_said_so(opened):
    found = drift(changed=(), added=(), opened=("Files/run.sh",), count=0)
    assert drift_sentence(found, NOW.utc) == f"Opened while it was not unlocked, found at {AT}: 1 found writable."
    assert drift_banner([package(1, "Base", drift=found)], print).sentence.endswith(": Base (opened).")
    dialog = opened(found)
    assert lines(dialog) == [("! Found writable", "Files/run.sh")]
    assert dialog.findChild(QLabel, "driftMore") is None


def test_what_was_opened_is_not_counted_among_the_changes(opened):
    dialog = opened(drift(opened=("Files", "Files/run.sh"), count=5))
    assert dialog.findChild(QLabel, "driftMore").text() == "and 2 more"
