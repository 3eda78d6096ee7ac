"""Content store…: verified and cleaned, with what came of it; on the window and with jobs of the test."""

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QWidget

from hotfix_desktop.changes.cleaning import Cleaned
from hotfix_desktop.changes.verifying import ContentsReport
from hotfix_desktop.core.content_care import ContentsSize
from hotfix_desktop.core.errors import Cancelled, StoreError
from hotfix_desktop.core.roles import Role
from hotfix_desktop.ui.contents_dialog import ContentsDialog
from tests.ui.delivery_world import Story
from tests.ui.real_window import PATIENCE


class FakeJob(QObject):
    stepped, done, failed = Signal(object), Signal(object), Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cancels = 0

    def cancel(self) -> None:
        self.cancels += 1


def words(dialog: QWidget) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


looks: list[FakeJob] = []
"""The jobs that ask how large the store is."""


def size_of(dialog: QWidget) -> str:
    return dialog.findChild(QLabel, "contentsSize").text()


@pytest.fixture
def made(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    jobs: list[FakeJob] = []
    looks.clear()

    def begin(into: list[FakeJob] = jobs) -> FakeJob:
        into.append(FakeJob())
        return into[-1]

    dialog = ContentsDialog(begin, begin, lambda: begin(looks), "", "", window)  # type: ignore[arg-type]
    dialog.open()
    yield dialog, jobs
    window.close()  # and it is kept until here


def test_a_sound_store_and_one_with_damages(made):
    dialog, jobs = made
    verify = dialog.findChild(QPushButton, "contentsVerify")
    verify.click()
    assert not verify.isEnabled()
    jobs[0].done.emit(ContentsReport(3, 1200, 2_500_000))
    assert "1,200 contents in 3 recorded trees, 2.5 MB: all sound." in words(dialog)
    verify.click()
    assert "all sound" not in words(dialog)
    jobs[1].done.emit(ContentsReport(3, 1200, 2_500_000, ("The contents of a.js are damaged.",), 7))
    assert "7 damaged or missing." in words(dialog)
    damages = dialog.findChild(QPlainTextEdit)
    assert damages.toPlainText() == "The contents of a.js are damaged.\nand 6 more"
    assert damages.isVisible()


def test_it_says_how_much_there_is_and_again_after_the_work(made):
    dialog, jobs = made
    assert size_of(dialog) == "Looking how large it is…"
    looks[0].done.emit(ContentsSize(3, 1200, 2_500_000, 900_000, 2))
    assert size_of(dialog) == (
        "1,200 contents in 3 recorded trees: 2.5 MB, 0.9 MB on disk; nothing refers to 2 of them."
    )
    dialog.findChild(QPushButton, "contentsClean").click()
    jobs[0].done.emit(Cleaned(2, 1, 10, 300_000))
    looks[1].done.emit(ContentsSize(1, 1199, 2_400_000, 600_000, 0))
    looks[0].done.emit(ContentsSize(3, 1200, 2_500_000, 900_000, 2))
    assert "0.6 MB on disk; hotfixes and updates refer to all of them." in size_of(dialog)
    dialog.findChild(QPushButton, "contentsVerify").click()
    jobs[1].done.emit(ContentsReport())
    looks[2].failed.emit(StoreError("The content store is damaged."))
    assert size_of(dialog) == "The content store is damaged."


def test_a_size_that_comes_too_late_is_heard_by_nobody(made):
    dialog, _jobs = made
    dialog.reject()
    looks[0].done.emit(ContentsSize(3))
    assert size_of(dialog) == "Looking how large it is…"


def test_what_was_cleaned_and_that_there_was_nothing(made):
    dialog, jobs = made
    clean = dialog.findChild(QPushButton, "contentsClean")
    clean.click()
    jobs[0].done.emit(Cleaned(2, 1, 10, 3_000_000))
    assert "Dropped 2 recorded trees and 1 content; 3.0 MB were freed." in words(dialog)
    clean.click()
    jobs[1].done.emit(Cleaned())
    assert "There is nothing that could be dropped" in words(dialog)


def test_cancel_waits_for_the_end_and_failures_are_told(qtbot, made):
    dialog, jobs = made
    dialog.findChild(QPushButton, "contentsVerify").click()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert (jobs[0].cancels, dialog.isVisible()) == (1, True)
    jobs[0].failed.emit(Cancelled())
    assert dialog.problem == "Cancelled."
    dialog.findChild(QPushButton, "contentsClean").click()
    assert dialog.problem == ""
    jobs[1].failed.emit(StoreError("The content store is damaged."))
    assert dialog.problem == "The content store is damaged."
    dialog.reject()
    assert not dialog.isVisible()


def test_the_store_of_a_workspace_is_verified_and_cleaned_with_entries(desk):
    story = Story(desk)
    desk.protect()
    story.fix()
    window = desk.opened()
    window.actions_["actionContentStore"].trigger()
    dialog = desk.dialog(window, "contentsDialog")
    desk.qtbot.waitUntil(lambda: "2 recorded trees" in size_of(dialog), timeout=PATIENCE)
    for button in ("contentsVerify", "contentsClean"):
        desk.click(dialog, button)
        desk.qtbot.waitUntil(lambda: dialog._job is None, timeout=PATIENCE)
    assert dialog.problem == ""
    assert len(desk.entries("Content store verified", "Content store cleaned")) == 2
    bench = desk.bench()
    trees = bench.store.fixes.live_trees()
    assert trees
    assert all(bench.contents.has_tree(tree) for tree in trees), "nothing of a hotfix is ever dropped"
    bench.contents.close()


def test_an_auditor_verifies_and_is_told_why_not_to_clean(desk):
    desk.protect()
    desk.assign("eve", Role.AUDITOR)
    window = desk.opened("eve")
    window.actions_["actionContentStore"].trigger()
    dialog = desk.dialog(window, "contentsDialog")
    clean = dialog.findChild(QPushButton, "contentsClean")
    assert not clean.isEnabled()
    assert "eve may not clean the content store" in clean.toolTip()
    assert "eve may not clean the content store" in words(dialog)
    assert dialog.findChild(QPushButton, "contentsVerify").isEnabled()
