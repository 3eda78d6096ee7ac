"""Archive until…: what would be moved is said before, how far it has come meanwhile, and where it is afterwards."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QObject, Qt, Signal
from PySide6.QtWidgets import QDateEdit, QLabel, QLineEdit, QProgressBar, QPushButton, QWidget

from hotfix_desktop.core.archiving import ArchivePlan, Stay
from hotfix_desktop.core.errors import Cancelled, InvalidInput
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.services.archiving import Archived
from hotfix_desktop.store.archives import Archive
from hotfix_desktop.ui.archive_dialog import ArchiveDialog

TODAY = date(2026, 11, 23)
NEW_YEAR = date(2026, 1, 1)
AT = datetime(2025, 3, 1, tzinfo=UTC)
PLAN = ArchivePlan(NEW_YEAR, 1, 4811, 9000, (), AT, datetime(2025, 12, 31, tzinfo=UTC), 7)
MADE = Archived(Archive(1, 4811, b"h", b"f", "", "/archives/a.sqlite3", b"s", AT), 4811, "", 9001)


class FakeJob(QObject):
    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cancels = 0

    def cancel(self) -> None:
        self.cancels += 1


class Hands:
    def __init__(self, dialog: ArchiveDialog) -> None:
        self.dialog = dialog
        self.day = dialog.findChild(QDateEdit, "archiveUntil")
        self.folder = dialog.findChild(QLineEdit, "archiveFolder")
        self.bar = dialog.findChild(QProgressBar)
        self.archive, self.open = (dialog.findChild(QPushButton, n) for n in ("archiveButton", "archiveOpen"))
        self.cancel = next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == "Cancel")
        self.asked: list[date] = []
        self.wanted: list[tuple] = []
        self.opened: list[str] = []
        dialog.planned.connect(self.asked.append)
        dialog.submitted.connect(lambda *given: self.wanted.append(given))
        dialog.open_wanted.connect(self.opened.append)

    def words(self) -> str:
        return "\n".join(label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible())


@pytest.fixture
def hands(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    dialog = ArchiveDialog(TODAY, "", window)
    dialog.open()
    qtbot.waitUntil(dialog.isActiveWindow)
    made = Hands(dialog)
    dialog.ask()
    yield made
    window.close()


def test_it_asks_what_would_be_moved_and_says_so(qtbot, hands):
    assert hands.asked == [NEW_YEAR]
    assert hands.dialog.why_not == "Looking at the log…"
    hands.dialog.show_plan(PLAN)
    assert "4,811 entries (1 to 4,811, 2025-03-01 – 2025-12-31) will be verified and moved" in hands.words()
    assert hands.dialog.why_not == "Choose a folder for the archive."
    assert not hands.archive.isEnabled()
    qtbot.keyClicks(hands.folder, "/archives")
    assert hands.dialog.why_not == ""
    qtbot.mouseClick(hands.archive, Qt.MouseButton.LeftButton)
    assert hands.wanted == [(NEW_YEAR, Path("/archives"))]


def test_another_day_is_another_question_and_an_old_answer_is_none(hands):
    hands.day.setDate(QDate(2026, 6, 1))
    assert hands.asked == [NEW_YEAR, date(2026, 6, 1)]
    hands.dialog.show_plan(PLAN)
    assert hands.dialog.why_not == "Looking at the log…"
    assert "will be verified" not in hands.words()


def test_a_day_that_is_still_to_come_cannot_be_chosen(hands):
    hands.day.setDate(QDate(2027, 1, 1))
    assert hands.dialog.until == TODAY


def test_nothing_to_archive_and_what_stays_are_told(hands):
    hands.folder.setText("/archives")
    hands.dialog.show_plan(ArchivePlan(NEW_YEAR, 1, 0, 9000))
    assert hands.dialog.why_not == "There is nothing to archive: no entry of this database is older than 2026-01-01."
    assert not hands.archive.isEnabled()
    stay = Stay(812, "hotfix 4 of Case is not reviewed yet")
    hands.dialog.show_plan(ArchivePlan(NEW_YEAR, 1, 768, 9000, (stay,), AT, AT, 3))
    assert "Entries from 812 on stay: hotfix 4 of Case is not reviewed yet." in hands.words()
    assert hands.archive.isEnabled()
    hands.dialog.show_no_plan("The audit database cannot be read.")
    assert hands.dialog.why_not == "The audit database cannot be read."


@pytest.fixture
def job(hands):
    hands.folder.setText("/archives")
    hands.dialog.show_plan(PLAN)
    made = FakeJob()
    hands.dialog.watch(made)
    return made


def test_it_shows_how_far_it_has_come(hands, job):
    assert not hands.archive.isEnabled()
    assert not hands.day.isEnabled()
    assert hands.bar.isVisible()
    job.stepped.emit(Step(2500, 5_000_000_000, "verifying the copy"))
    assert (hands.bar.value(), hands.bar.maximum()) == (0, 1000)
    job.stepped.emit(Step(2_500_000_000, 5_000_000_000, "verifying the copy"))
    assert hands.bar.value() == 500
    assert "verifying the copy" in hands.words()


def test_cancel_stops_the_work_first(qtbot, hands, job):
    qtbot.mouseClick(hands.cancel, Qt.MouseButton.LeftButton)
    assert job.cancels == 1
    assert hands.dialog.isVisible()
    assert hands.cancel.text() == "Cancelling…"
    job.failed.emit(Cancelled())
    assert hands.cancel.isEnabled()
    assert hands.archive.isEnabled()
    assert not hands.bar.isVisible()
    qtbot.mouseClick(hands.cancel, Qt.MouseButton.LeftButton)
    assert not hands.dialog.isVisible()


def test_a_cancel_that_came_too_late_can_be_closed(qtbot, hands, job):
    qtbot.mouseClick(hands.cancel, Qt.MouseButton.LeftButton)
    job.done.emit(MADE)
    assert "were moved" in hands.words()
    qtbot.mouseClick(hands.cancel, Qt.MouseButton.LeftButton)
    assert not hands.dialog.isVisible()


def test_a_refusal_stands_where_it_belongs(hands, job):
    job.failed.emit(InvalidInput("until", "That day is still to come."))
    assert hands.dialog.fields["until"].problem.text == "That day is still to come."


def test_what_was_made_can_be_opened(qtbot, hands, job):
    job.done.emit(MADE)
    assert "4,811 entries (1 to 4,811) were moved." in hands.words()
    assert not hands.archive.isVisible()
    assert hands.cancel.text() == "Close"
    qtbot.mouseClick(hands.open, Qt.MouseButton.LeftButton)
    assert hands.opened == ["/archives/a.sqlite3"]
