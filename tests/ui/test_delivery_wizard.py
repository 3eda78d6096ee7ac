"""The delivery wizard over a real window, a real package folder and a real git repository."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QPushButton, QWizard

from hotfix_desktop.core.delivery_plan import Side
from hotfix_desktop.ui.delivery_draft import Way
from hotfix_desktop.ui.delivery_wizard import END, MESSAGE, REVIEW, WHAT, WHERE
from hotfix_desktop.ui.labels import ElidedLabel
from hotfix_desktop.ui.package_model import Column
from hotfix_desktop.ui.window_room import SHARE
from tests.ui.delivery_world import CLASHING, FIXED, PLAIN, Story, git
from tests.ui.real_window import PATIENCE, cell, choose

NEXT, BACK, FINISH, CANCEL = (
    QWizard.WizardButton.NextButton,
    QWizard.WizardButton.BackButton,
    QWizard.WizardButton.FinishButton,
    QWizard.WizardButton.CancelButton,
)


class Shows(QObject):
    """Counts how often a widget comes up."""

    def __init__(self, seen, parent):
        super().__init__(parent)
        self._seen = seen

    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Show:
            self._seen.append(watched.objectName())
        return False


@pytest.fixture
def story(desk):
    return Story(desk)


def to_review(story, wizard):
    story.next(wizard)
    assert wizard.currentId() == WHERE
    wizard.where.repository.setText(str(story.repository))
    wizard.where.look()
    story.next(wizard)
    assert wizard.currentId() == REVIEW
    story.desk.qtbot.waitUntil(lambda: not wizard.review.is_waiting, timeout=PATIENCE)


def to_the_end(story, wizard):
    while wizard.currentId() != END:
        story.next(wizard)


def finished(story, wizard):
    story.next(wizard)
    story.desk.qtbot.waitUntil(lambda: not wizard.end.is_running and not wizard.end.is_waiting, timeout=PATIENCE)


def begun(desk, story):
    """Protect, repair, and open the wizard."""
    desk.protect()
    number = story.fix()
    window = desk.opened()
    return number, window, story.wizard(window)


def test_a_fix_goes_home_as_a_commit_and_nothing_is_written_before_the_last_page(desk, story):
    story.develop()
    number, window, wizard = begun(desk, story)
    tree, objects = git(story.repository, "status", "--porcelain"), git(story.repository, "count-objects")
    assert wizard.currentId() == WHAT
    to_review(story, wizard)
    assert wizard.draft.plan.conflicts == ()
    to_the_end(story, wizard)
    assert story.branches() == ["main"]
    assert git(story.repository, "count-objects") == objects
    assert desk.entries("Hotfix delivered") == []
    finished(story, wizard)
    branch = "hotfix/INC-4821-Zeta"
    assert story.branches() == [branch, "main"]
    assert git(story.repository, "show", f"{branch}:packages/Zeta/{story.page}") == FIXED.replace(
        "line 20;", "line 20 of development;"
    ).rstrip("\n")
    assert git(story.repository, "log", "-1", "--format=%s", branch) == "INC-4821: wrong VAT rounding"
    assert git(story.repository, "status", "--porcelain") == tree
    delivery = wizard.end.delivery
    assert delivery.receipt.facts["commit"] == git(story.repository, "rev-parse", branch)
    assert (delivery.hotfix, desk.entries("Hotfix delivered")) == (number, ["Hotfix delivered Success"])
    assert f"audit entry {delivery.entry}" in wizard.end.subTitle()
    assert wizard.button(FINISH).text() == "Close"
    assert not wizard.button(BACK).isVisible()
    story.next(wizard)
    desk.settle(window)
    desk.qtbot.waitUntil(lambda: cell(window, "Zeta", Column.STATE) == "Locked", timeout=PATIENCE)
    assert window.banners.sentences == []
    assert not window.actions_["actionDeliver"].isEnabled()


def test_a_conflict_must_be_decided_and_back_keeps_the_decision(desk, story):
    story.develop(CLASHING)
    _number, _window, wizard = begun(desk, story)
    to_review(story, wizard)
    assert not wizard.button(NEXT).isEnabled()
    assert wizard.size() == wizard.sizeHint().boundedTo(wizard.screen().availableSize() * SHARE)
    assert wizard.review.why_not() == "1 file is in conflict and must be decided."
    story.decide(wizard, "decideOurs")
    assert wizard.button(NEXT).isEnabled()
    story.back(wizard)
    assert wizard.currentId() == WHERE
    story.back(wizard)
    assert wizard.currentId() == WHAT
    story.next(wizard)
    story.next(wizard)
    assert [made.side for made in wizard.draft.decisions.values()] == [Side.OURS]
    to_the_end(story, wizard)
    finished(story, wizard)
    assert git(story.repository, "show", f"hotfix/INC-4821-Zeta:packages/Zeta/{story.page}") == FIXED.rstrip("\n")


def test_a_merged_text_is_edited_in_place_and_marks_must_go(desk, story):
    story.develop(CLASHING)
    _number, _window, wizard = begun(desk, story)
    to_review(story, wizard)
    story.decide(wizard, "decideMerged")
    editor = wizard.review.editor
    assert "<<<<<<<" in editor.edit.toPlainText()
    assert not editor.take.isEnabled()
    assert "marks" in editor.take.toolTip()
    whole = FIXED.replace("line 40 by the hotfix;", "line 40 by both;")
    editor.edit.setPlainText(whole)
    desk.qtbot.mouseClick(editor.take, Qt.MouseButton.LeftButton)
    to_the_end(story, wizard)
    finished(story, wizard)
    assert git(story.repository, "show", f"hotfix/INC-4821-Zeta:packages/Zeta/{story.page}") == whole.rstrip("\n")


def test_escape_leaves_the_editor_and_never_the_delivery_with_a_text_in_it(desk, story):
    story.develop(CLASHING)
    _number, _window, wizard = begun(desk, story)
    to_review(story, wizard)
    story.decide(wizard, "decideMerged")
    editor = wizard.review.editor
    desk.qtbot.waitUntil(editor.isVisible, timeout=PATIENCE)
    desk.qtbot.keyClick(editor.edit, Qt.Key.Key_Escape)
    assert wizard.isVisible()
    assert not editor.isVisible()
    story.decide(wizard, "decideMerged")
    desk.qtbot.keyClicks(editor.edit, "my work")
    desk.qtbot.keyClick(editor.edit, Qt.Key.Key_Escape)
    assert wizard.isVisible()
    assert "my work" in editor.edit.toPlainText()


def test_no_two_choices_of_a_page_share_a_letter(desk, story):
    story.develop()
    _number, _window, wizard = begun(desk, story)
    story.next(wizard)
    buttons = [b.text() for b in wizard.findChildren(QAbstractButton) if b.isVisible()]
    keys = [text[text.index("&") + 1].lower() for text in buttons if "&" in text]
    assert len(keys) > 3
    assert [key for key in keys if keys.count(key) > 1] == []


def test_what_is_no_repository_is_said_and_another_can_be_chosen(desk, story):
    story.develop()
    _number, _window, wizard = begun(desk, story)
    story.next(wizard)
    wizard.where.repository.setText(str(desk.folder.parent))
    wizard.where.look()
    desk.qtbot.waitUntil(lambda: bool(wizard.where.problem.text), timeout=PATIENCE)
    assert not wizard.button(NEXT).isEnabled()
    wizard.where.repository.setText(str(story.repository))
    wizard.where.look()
    story.next(wizard)
    assert wizard.currentId() == REVIEW


def test_the_first_field_has_the_focus_and_its_letter_leads_to_it(desk, story):
    _number, _window, wizard = begun(desk, story)
    story.next(wizard)
    assert wizard.focusWidget() is wizard.where.repository
    buddies = {label.text(): label.buddy() for label in wizard.where.findChildren(QLabel) if label.buddy() is not None}
    assert buddies["Re&pository"] is wizard.where.repository
    assert buddies["&Folder for the files"] is wizard.where.folder
    assert wizard.where.folder.accessibleDescription() == "Nothing is written before the last page."


def test_what_is_missing_is_said_below_the_field_and_on_the_button(desk, story):
    _number, _window, wizard = begun(desk, story)
    story.next(wizard)
    said = "Choose the folder of a development repository."
    missing = wizard.where.findChild(QLabel, "deliveryMissing")
    desk.qtbot.waitUntil(lambda: missing.text() == said, timeout=PATIENCE)
    assert missing.isVisible()
    assert wizard.button(NEXT).accessibleDescription() == said
    assert said in wizard.button(NEXT).toolTip()
    wizard.where.by_hand.setChecked(True)
    assert not missing.isVisible()
    assert wizard.button(NEXT).toolTip() == wizard.button(NEXT).accessibleDescription() == ""


def test_a_typed_repository_is_looked_at_without_leaving_the_field(desk, story):
    story.develop()
    _number, _window, wizard = begun(desk, story)
    where = wizard.where
    story.next(wizard)
    desk.qtbot.waitUntil(where.isComplete, timeout=PATIENCE)
    shown = []
    where.progress.installEventFilter(Shows(shown, where))
    where.repository.selectAll()
    desk.qtbot.keyClicks(where.repository, str(story.repository.parent))
    assert where.why_not() == "Looking at the repository…"
    assert where.problem.text == ""
    desk.qtbot.waitUntil(lambda: bool(where.problem.text), timeout=PATIENCE)
    desk.qtbot.keyClicks(where.repository, "/billing")
    assert where.problem.text == ""
    desk.qtbot.waitUntil(where.isComplete, timeout=PATIENCE)
    assert wizard.focusWidget() is where.repository
    assert shown == [], "a bar that comes and goes while somebody types"


def test_a_look_that_was_given_up_is_taken_up_again(desk, story):
    story.develop()
    _number, _window, wizard = begun(desk, story)
    story.next(wizard)
    wizard.where.repository.setText(str(story.repository))
    wizard.where.look()
    assert wizard.where.is_waiting
    story.back(wizard)
    assert not wizard.where.is_waiting
    story.next(wizard)
    desk.qtbot.waitUntil(wizard.where.isComplete, timeout=PATIENCE)


def test_choosing_begins_at_what_is_typed_or_was_used_last(desk, story):
    story.develop()
    _number, window, wizard = begun(desk, story)
    to_review(story, wizard)
    wizard.reject()
    wizard = story.wizard(window)
    story.next(wizard)
    here, above = str(story.repository), str(story.repository.parent)
    for typed, begins in (("", here), (f"{above}/gone", above), (f"{here}/packages", f"{here}/packages"), ("x", here)):
        wizard.where.repository.setText(typed)
        desk.click(wizard.where, "browseRepository")
        dialog = wizard.where.findChild(QFileDialog, "deliveryBrowse")
        assert dialog.directory().absolutePath() == begins, typed
        dialog.reject()
        dialog.setObjectName("")


def test_the_repository_is_remembered_for_the_package(desk, story):
    story.develop()
    _number, window, wizard = begun(desk, story)
    to_review(story, wizard)
    wizard.reject()
    desk.qtbot.waitUntil(lambda: desk.settings.contains("delivery/repository"), timeout=PATIENCE)
    again = story.wizard(window)
    story.next(again)
    assert again.where.repository.text() == str(story.repository)
    desk.qtbot.waitUntil(again.where.isComplete, timeout=PATIENCE)


def test_a_failure_leaves_everything_and_back_looks_again(desk, story):
    story.develop()
    _number, _window, wizard = begun(desk, story)
    to_review(story, wizard)
    to_the_end(story, wizard)
    git(story.repository, "branch", "hotfix/INC-4821-Zeta")
    finished(story, wizard)
    assert wizard.end.delivery is None
    assert wizard.end.problem.text.endswith("The repository is as it was.")
    assert git(story.repository, "rev-parse", "hotfix/INC-4821-Zeta") == git(story.repository, "rev-parse", "main")
    assert wizard.button(BACK).isEnabled()
    story.back(wizard)
    story.back(wizard)
    assert wizard.currentId() == REVIEW
    story.back(wizard)
    story.next(wizard)
    desk.qtbot.waitUntil(lambda: not wizard.review.is_waiting, timeout=PATIENCE)
    to_the_end(story, wizard)
    finished(story, wizard)
    assert wizard.end.delivery is not None


def test_a_repository_beside_the_workspace_is_proposed_and_that_is_said(desk, story):
    story.develop()
    _number, _window, wizard = begun(desk, story)
    assert wizard.windowTitle() == "Deliver – Zeta"
    story.next(wizard)
    assert wizard.currentId() == WHERE
    desk.qtbot.waitUntil(lambda: wizard.where.branch.placeholderText() != "", timeout=PATIENCE)
    assert wizard.where.repository.text() == str(story.repository)
    assert wizard.where.branch.placeholderText() == "hotfix/INC-4821-Zeta"
    assert "Found beside the workspace; choose another one if Zeta is developed elsewhere." in wizard.where.said
    wizard.where.repository.clear()
    assert wizard.where.why_not() == "Choose the folder of a development repository."
    assert wizard.where.branch.placeholderText() == ""


def test_several_repositories_beside_the_workspace_are_named_and_none_is_taken(desk, story):
    story.develop()
    git(story.repository.parent, "clone", "-q", str(story.repository), str(story.repository.parent / "clone"))
    _number, _window, wizard = begun(desk, story)
    story.next(wizard)
    desk.qtbot.waitUntil(lambda: "billing, clone" in wizard.where.said, timeout=PATIENCE)
    assert wizard.where.repository.text() == ""


def test_a_push_is_shown_and_is_not_cancelled(desk, story):
    story.develop()
    other = desk.folder.parent / "other.git"
    git(desk.folder.parent, "init", "-q", "--bare", str(other))
    git(story.repository, "remote", "add", "origin", str(other))
    go, hook = desk.folder.parent / "go", story.repository / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nwhile [ ! -e '{go}' ]; do sleep 0.05; done\n", "utf-8")
    hook.chmod(0o755)
    _number, _window, wizard = begun(desk, story)
    to_review(story, wizard)
    story.next(wizard)
    desk.qtbot.waitUntil(wizard.message.push.isEnabled, timeout=PATIENCE)
    wizard.message.push.setChecked(True)
    to_the_end(story, wizard)
    story.next(wizard)
    cancel = wizard.button(CANCEL)
    desk.qtbot.waitUntil(lambda: not cancel.isEnabled(), timeout=PATIENCE)
    assert wizard.end.progress.findChild(ElidedLabel).text() == "Pushing to origin…"
    assert cancel.toolTip() == "A push cannot be cancelled any more."
    wizard.reject()
    assert wizard.isVisible()
    go.touch()
    desk.qtbot.waitUntil(lambda: wizard.end.delivery is not None, timeout=PATIENCE)
    assert wizard.end.delivery.receipt.facts["pushed"] == "yes"


def test_what_is_not_ticked_leaves_the_hotfix_undelivered_and_the_next_delivery_takes_it(desk, story):
    story.develop()
    (desk.folder / "Zeta" / "Files").chmod(0o755)
    desk.protect()
    number = story.fix(more={"Files/new.txt": "new"})
    window = desk.opened()
    wizard = story.wizard(window)
    to_review(story, wizard)
    row = next(at for at, row in enumerate(wizard.review.model.rows) if row.shown.endswith("new.txt"))
    cell_ = wizard.review.model.index(row, 0)
    wizard.review.model.setData(cell_, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    story.next(wizard)
    desk.qtbot.waitUntil(
        lambda: "a part of a hotfix, 1 of 2 files," in wizard.message.text.toPlainText(), timeout=PATIENCE
    )
    to_the_end(story, wizard)
    assert ("Files", "1 of 2 files; the hotfix stays undelivered") in wizard.end.facts()
    finished(story, wizard)
    assert wizard.end.title() == "Delivered in part"
    assert wizard.end.said.endswith(
        f"Hotfix {number} stays undelivered until a later delivery takes the rest, or somebody marks it as delivered."
    )
    story.next(wizard)
    desk.settle(window)
    assert cell(window, "Zeta", Column.STATE) == "Locked · undelivered"
    again = story.wizard(window)
    to_review(story, again)
    to_the_end(story, again)
    finished(story, again)
    assert again.end.title() == "Delivered"
    assert again.end.said == ""
    story.next(again)
    desk.qtbot.waitUntil(lambda: cell(window, "Zeta", Column.STATE) == "Locked", timeout=PATIENCE)


def test_the_proposed_message_follows_what_is_ticked_until_somebody_edits_it(desk, story):
    story.develop()
    (desk.folder / "Zeta" / "Files").chmod(0o755)
    desk.protect()
    story.fix(more={"Files/new.txt": "new"})
    wizard = story.wizard(desk.opened())
    text = wizard.message.text

    def tick(state):
        row = next(at for at, row in enumerate(wizard.review.model.rows) if row.shown.endswith("new.txt"))
        wizard.review.model.setData(wizard.review.model.index(row, 0), state, Qt.ItemDataRole.CheckStateRole)

    def message_says(words):
        story.next(wizard)
        assert wizard.currentId() == MESSAGE
        desk.qtbot.waitUntil(lambda: not wizard.message.is_waiting, timeout=PATIENCE)
        assert words in text.toPlainText()

    to_review(story, wizard)
    tick(Qt.CheckState.Unchecked)
    message_says("Not in this commit:\n* packages/Zeta/Files/new.txt")
    story.back(wizard)
    tick(Qt.CheckState.Checked)
    message_says("Carries a hotfix of Zeta")
    text.setPlainText("My own words")
    story.back(wizard)
    tick(Qt.CheckState.Unchecked)
    message_says("My own words")


def test_without_git_patch_and_archive_are_handed_over(desk, story):
    number, _window, wizard = begun(desk, story)
    target = desk.folder.parent / "carry"
    target.mkdir()
    story.next(wizard)
    wizard.where.by_hand.setChecked(True)
    wizard.where.folder.setText(str(target))
    story.next(wizard)
    assert wizard.draft.way is Way.HAND_OVER
    story.next(wizard)
    assert wizard.currentId() == END, "a patch needs no message"
    assert list(target.iterdir()) == []
    finished(story, wizard)
    assert sorted(path.suffix for path in target.iterdir()) == [".gz", ".patch"]
    assert wizard.end.delivery.hotfix == number


@pytest.mark.parametrize("by_git", [True, False])
def test_a_name_with_a_line_break_is_shown_whole_on_one_line(desk, story, by_git):
    story.develop()
    desk.protect()
    story.fix(PLAIN, more={"Files/with\nbreak.txt": "new\n"})
    wizard = story.wizard(desk.opened())
    shown, element = "Files/with\\nbreak.txt", "File with\\nbreak.txt"
    desk.qtbot.waitUntil(lambda: wizard.what.elements.count() == 1, timeout=PATIENCE)
    assert wizard.what.elements.item(0).text() == f"{element}: 1 added"
    if by_git:
        to_review(story, wizard)
    else:
        story.next(wizard)
        wizard.where.by_hand.setChecked(True)
        story.next(wizard)
    model = wizard.review.model
    desk.qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=PATIENCE)
    assert [model.index(0, column).data() for column in range(2)] == [shown, element]
    assert shown in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    wizard.review.table.selectRow(0)
    desk.qtbot.waitUntil(wizard.review.diff.isVisible, timeout=PATIENCE)


def test_another_maintainers_support_gets_a_letter(desk):
    story = Story(desk, "Delta")
    _number, _window, wizard = begun(desk, story)
    story.next(wizard)
    assert not wizard.where.by_git.isVisible()
    assert not wizard.button(NEXT).isEnabled()
    wizard.where.contact.setText("nonsense")
    assert "neither an e-mail address" in wizard.where.why_not()
    wizard.where.contact.setText("support@creatio.example")
    target = desk.folder.parent / "letters"
    target.mkdir()
    wizard.where.folder.setText(str(target))
    story.next(wizard)
    story.next(wizard)
    assert wizard.currentId() == MESSAGE
    desk.click(wizard.message, "letterCopy")
    assert "Dear support team of Creatio" in QGuiApplication.clipboard().text()
    wizard.message.subject.setText("VAT is wrong")
    story.next(wizard)
    assert list(target.iterdir()) == []
    finished(story, wizard)
    facts = wizard.end.delivery.receipt.facts
    assert (facts["address"], facts["subject"]) == ("support@creatio.example", "VAT is wrong")
    assert sorted(path.name for path in target.iterdir()) == [f"{facts['letter']}.eml", f"{facts['letter']}.zip"]
    assert wizard.end.mail.isVisible()
    assert wizard.end.copy_letter.isVisible()


def test_nothing_ticked_is_nothing_to_deliver(desk, story):
    _number, _window, wizard = begun(desk, story)
    desk.qtbot.waitUntil(wizard.what.isComplete, timeout=PATIENCE)
    wizard.what.table.item(0, 0).setCheckState(Qt.CheckState.Unchecked)
    assert not wizard.button(NEXT).isEnabled()
    assert wizard.what.why_not() == "Tick at least one hotfix."


def test_every_control_has_a_name_and_every_disabled_button_a_reason(desk, story):
    story.develop()
    _number, _window, wizard = begun(desk, story)
    to_review(story, wizard)
    desk.qtbot.waitUntil(lambda: wizard.review.buttons[Side.OURS].toolTip() != "", timeout=PATIENCE)
    for button in wizard.review.buttons.values():
        assert not button.isEnabled()
        assert button.toolTip() == button.accessibleDescription() != ""
    for page in map(wizard.page, wizard.pageIds()):
        for button in page.findChildren(QPushButton):
            assert button.text() or button.accessibleName()


def test_marking_takes_a_reason_and_ends_the_waiting(desk, story):
    desk.protect()
    story.fix()
    window = desk.opened()
    choose(window, "Zeta")
    window.actions_["actionMarkDelivered"].trigger()
    dialog = desk.dialog(window, "markDialog")
    button = dialog.findChild(QPushButton, "markButton")
    assert not button.isEnabled()
    assert dialog.why_not == "A reason is needed."
    desk.qtbot.keyClicks(dialog.reason, "in release 1.5")
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: cell(window, "Zeta", Column.STATE) == "Locked", timeout=PATIENCE)
    assert desk.entries("Marked as delivered") == ["Marked as delivered Success"]
    assert not window.actions_["actionMarkDelivered"].isEnabled()


def test_the_banner_delivers_the_package_that_waits_longest(desk, story):
    desk.protect()
    story.fix()
    window = desk.opened()
    assert cell(window, "Zeta", Column.STATE) == "Locked · undelivered"
    assert cell(window, "Zeta", Column.CHANGES) == "1"
    button = next(b for b in window.banners.findChildren(QPushButton) if b.text() == "Deliver…")
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wizard = desk.dialog(window, "deliveryWizard")
    assert wizard.draft.package.found.name == "Zeta"


def test_an_auditor_looks_and_delivers_nothing(desk, story):
    from hotfix_desktop.core.roles import Role

    desk.protect()
    desk.assign("eve", Role.AUDITOR)
    story.fix()
    window = desk.opened("eve")
    choose(window, "Zeta")
    for name in ("actionDeliver", "actionMarkDelivered"):
        assert not window.actions_[name].isEnabled()
        assert "may not deliver hotfixes" in window.actions_[name].toolTip()
    assert "Deliver…" not in [b.text() for b in window.banners.findChildren(QPushButton)]


def test_the_view_shows_only_what_is_undelivered(desk, story):
    desk.protect()
    window = desk.opened()
    assert not window.actions_["actionShowUndelivered"].isEnabled()
    story.fix()
    desk.beat(window)
    window.actions_["actionShowUndelivered"].trigger()
    desk.qtbot.waitUntil(lambda: window.model.matching == 1, timeout=PATIENCE)
