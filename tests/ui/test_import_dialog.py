"""The import dialog while work is under way, on jobs that end when the test says so; and its words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from hotfix_desktop.core.changes import Change, ChangeKind, ChangeSet, element_of
from hotfix_desktop.core.errors import Cancelled, Refused
from hotfix_desktop.core.update_plan import FixFate, FixFile, PackagePlan, Take, Updated, UpdatePlan
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.runtime.update_jobs import ImportResult
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.import_dialog import ImportDialog
from hotfix_desktop.ui.import_files import rows_of
from hotfix_desktop.ui.import_words import became_of, entries_sentence, meaning_of, question_of, verb_of
from hotfix_desktop.ui.theme import Scheme, Theme


class FakeJob(QObject):
    stepped, done, failed = Signal(object), Signal(object), Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cancels = 0

    def cancel(self) -> None:
        self.cancels += 1


class FakeJobs:
    """Keeps what was asked for."""

    def __init__(self) -> None:
        self.forgotten = False
        self.plans: list[FakeJob] = []
        self.updates: list[tuple] = []
        self.previews: list[tuple[bytes, FakeJob]] = []

    def plan(self, archive: Path) -> FakeJob:
        self.plans.append(FakeJob())
        return self.plans[-1]

    def preview(self, plan: UpdatePlan, package: PackagePlan, path: bytes) -> FakeJob:
        self.previews.append((path, FakeJob()))
        return self.previews[-1][1]

    def forget(self) -> None:
        self.forgotten = True

    def compute(self, work) -> FakeJob:
        return FakeJob()

    def update(self, plan: UpdatePlan, takes: dict[str, Take], *, older: bool, modifiable: bool) -> FakeJob:
        job = FakeJob()
        self.updates.append((takes, older, modifiable, job))
        return job


def change(path: bytes, kind: ChangeKind = ChangeKind.MODIFIED, old: bytes = b"") -> Change:
    return Change(path, kind, element_of(path), None, None, old)


def package(name: str = "Zeta", *changes: Change, **more) -> PackagePlan:
    fields = {"package_id": 1, "old_version": "1.0", "new_version": "1.1", "is_older": False, "is_same": False, **more}
    return PackagePlan(name, f"uid-{name}", changes=ChangeSet(changes, b"", b""), **fields)


def plan(*packages: PackagePlan, problem: str = "") -> UpdatePlan:
    return UpdatePlan(Path("release.zip"), b"\0" * 32, packages, problem)


FIXED = package(
    "Zeta",
    change(b"Schemas/A/A.js"),
    change(b"Schemas/B/B.js"),
    fixes=(
        FixFile(b"Schemas/A/A.js", FixFate.CONFLICTING, (4,)),
        FixFile(b"Schemas/B/B.js", FixFate.LOST, (4, 7)),
        FixFile(b"Schemas/C/C.js", FixFate.CONTAINED, (4,)),
    ),
)


class Hands:
    def __init__(self, dialog: ImportDialog, jobs: FakeJobs) -> None:
        self.dialog, self.jobs = dialog, jobs
        self.button = dialog.findChild(QPushButton, "importButton")
        self.bar = dialog.findChild(QProgressBar)

    @property
    def cancel(self) -> QPushButton:
        words = ("Cancel", "Cancelling…", "Close")
        return next(b for b in self.dialog.findChildren(QPushButton) if b.text().replace("&", "") in words)


@pytest.fixture
def hands(qtbot, qapp) -> Iterator[Hands]:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    theme, jobs = Theme(qapp, Scheme.LIGHT), FakeJobs()
    dialog = ImportDialog(Path("release.zip"), jobs, theme, Icons(theme), window)  # type: ignore[arg-type]
    dialog.open()
    dialog.look()
    yield Hands(dialog, jobs)
    qapp.setPalette(QPalette())
    window.close()  # and it is kept until here


def test_while_an_archive_is_looked_at_cancel_leaves_at_once(hands):
    assert (hands.bar.isVisible(), hands.dialog.why_not) == (True, "Looking at the archive…")
    assert not hands.button.isEnabled()
    hands.cancel.click()
    assert (hands.dialog.isVisible(), hands.jobs.plans[0].cancels, hands.jobs.forgotten) == (False, 1, True)
    hands.jobs.plans[0].done.emit(plan(FIXED))  # nobody waits for it any more
    assert hands.dialog.plan is None


def test_while_it_is_updated_nothing_can_be_changed_and_cancel_waits(qtbot, hands):
    hands.jobs.plans[0].done.emit(plan(FIXED))
    hands.dialog.decision.buttons[Take.OURS].click()
    hands.button.click()
    takes, older, modifiable, job = hands.jobs.updates[0]
    assert (takes, older, modifiable) == ({"Zeta": Take.OURS}, False, False)
    job.stepped.emit(Step(1, 4, "Zeta"))
    assert (hands.bar.isVisible(), hands.bar.value()) == (True, 250)
    assert not hands.dialog.packages.isEnabled()
    hands.button.click()
    assert len(hands.jobs.updates) == 1
    qtbot.keyClick(hands.dialog, Qt.Key.Key_Escape)
    assert (job.cancels, hands.cancel.text(), hands.cancel.isEnabled()) == (1, "Cancelling…", False)
    hands.dialog.close()
    assert hands.dialog.isVisible(), "nobody would learn how it ended"
    job.failed.emit(Cancelled())
    assert hands.dialog.problem == "Cancelled; everything is as it was."
    assert (hands.button.isEnabled(), hands.cancel.isEnabled()) == (True, True)
    assert hands.dialog.takes == {"Zeta": Take.OURS}


def test_what_failed_is_told_and_can_be_tried_or_looked_at_again(hands):
    hands.jobs.plans[0].done.emit(plan(package("Zeta", change(b"a"))))
    hands.button.click()
    hands.jobs.updates[0][-1].failed.emit(Refused("The disk is full.", "Free some space."))
    assert hands.dialog.problem == "The disk is full. Free some space."
    again = hands.dialog.findChild(QPushButton, "importAgain")
    assert again.isVisible()
    hands.button.click()
    assert (hands.dialog.problem, again.isVisible()) == ("", False)
    hands.jobs.updates[1][-1].done.emit(ImportResult(Updated(3, updated=("Zeta",)), (), (12,)))
    assert (hands.button.isVisible(), again.isVisible(), hands.cancel.text()) == (False, False, "Close")
    hands.cancel.click()
    assert not hands.dialog.isVisible()


def test_only_the_file_that_is_chosen_last_is_shown(hands):
    hands.jobs.plans[0].done.emit(plan(FIXED))
    hands.dialog.files.selectRow(1)
    (first, one), (second, other) = hands.jobs.previews
    assert (first, second) == (b"Schemas/B/B.js", b"Schemas/A/A.js")
    assert one.cancels == 1
    one.failed.emit(Refused("an answer that nobody wants any more"))
    other.failed.emit(Refused("It has changed meanwhile."))
    assert hands.dialog.preview._stack.currentWidget()._message.text() == "It has changed meanwhile."


def test_a_decision_belongs_to_its_package_and_is_kept_while_one_looks_at_another(hands):
    other = package("Yota", change(b"a"), fixes=(FixFile(b"a", FixFate.LOST, (9,)),))
    hands.jobs.plans[0].done.emit(plan(FIXED, other))
    decision = hands.dialog.decision
    decision.buttons[Take.THEIRS].click()
    hands.dialog.packages.choose("Yota")
    assert not any(button.isChecked() for button in decision.buttons.values())
    assert hands.dialog.why_not == "Decide what becomes of our fix in Yota."
    hands.dialog.packages.choose("Zeta")
    assert decision.buttons[Take.THEIRS].isChecked()
    assert hands.dialog.takes == {"Zeta": Take.THEIRS}


def test_a_problem_of_the_whole_archive_forbids_it(hands):
    hands.jobs.plans[0].done.emit(plan(package("Zeta", change(b"a")), problem="There is no room."))
    assert hands.dialog._trouble.text == "There is no room."
    assert (hands.button.isEnabled(), hands.dialog.why_not) == (False, "Nothing of this archive can be used here.")


def test_what_would_be_lost_stands_first_and_nothing_twice():
    moved = change(b"Files/new.txt", ChangeKind.RENAMED, b"Files/old.txt")
    fixes = (*FIXED.fixes, FixFile(b"Files/old.txt", FixFate.LOST, (4,)))
    shown = package("Zeta", *FIXED.changes.changes, moved, change(b"z"), fixes=fixes)
    assert [(row.path, row.word, row.fix.fate if row.fix else None) for row in rows_of(shown)] == [
        (b"Files/old.txt", "Renamed", FixFate.LOST),
        (b"Schemas/B/B.js", "Modified", FixFate.LOST),
        (b"Schemas/A/A.js", "Modified", FixFate.CONFLICTING),
        (b"Schemas/C/C.js", "Same", FixFate.CONTAINED),
        (b"Files/new.txt", "Renamed", None),
        (b"z", "Modified", None),
    ]


def test_a_name_with_a_line_break_is_shown_whole_on_one_line(hands):
    moved = change(b"Files/new\nname.txt", ChangeKind.RENAMED, b"Files/old\nname.txt")
    fix = FixFile(b"Files/a\rfix.txt", FixFate.LOST, (4,))
    hands.jobs.plans[0].done.emit(plan(package("Zeta", moved, fixes=(fix,))))
    model = hands.dialog.files.files
    assert [model.index(row, 0).data() for row in range(2)] == ["Files/a\\rfix.txt", "Files/new\\nname.txt"]
    assert "was Files/old\\nname.txt" in model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert fix.shown == "Files/a\\rfix.txt"


def test_the_words_of_a_decision():
    assert question_of(FIXED) == (
        "1 file that hotfixes 4, 7 changed would be overwritten: the update lacks the fix."
        " In 1 file the update changes the same lines as our fix."
    )
    assert "1 file in conflict stays as ours whole" in meaning_of(Take.OURS, FIXED)
    assert meaning_of(Take.THEIRS, FIXED).startswith(
        "The package becomes Blocked, and its files become what is delivered."
    )
    assert "has not come home" in meaning_of(Take.THEIRS, FIXED)
    own = package("Zeta", change(b"a"), fixes=FIXED.fixes, is_modifiable=True)
    assert all("Blocked" not in meaning_of(take, own) and "Locked" not in meaning_of(take, own) for take in Take)


@pytest.mark.parametrize(
    ("packages", "verb"),
    [
        ([package("A"), package("B")], "&Update 2 packages"),
        ([package("A", package_id=None)], "&Install 1 package"),
        ([package("A", package_id=None), package("B"), package("C", is_same=True)], "&Update 1 package, install 1"),
        ([package("A", is_same=True)], "&Enter as delivered"),
    ],
)
def test_the_button_says_what_happens(packages, verb):
    assert verb_of(plan(*packages)) == verb


def test_the_words_of_what_was_done():
    done = Updated(1, installed=("N",), updated=("U", "K", "O"), unchanged=("S",), kept=("K",), overwritten=("O",))
    assert [became_of(name, done) for name in "NUKOS"] == [
        "Installed, closed",
        "Updated",
        "Updated, our fix on top",
        "Updated, our fix is in the store",
        "Unchanged",
    ]
    assert entries_sentence((3, 4, 5)) == "Recorded in audit entries 3–5."
    assert entries_sentence((3, 9)) == "Recorded in audit entries 3, 9."
    assert (entries_sentence((3,)), entries_sentence(())) == ("Recorded in audit entry 3.", "")


def test_a_hotfix_that_stays_without_anything_to_decide_is_told(hands):
    contained = (FixFile(b"a", FixFate.CONTAINED, (4,)),)
    hands.jobs.plans[0].done.emit(
        plan(
            package("Zeta", change(b"a"), fixes=contained),
            package("Yota", change(b"a"), fixes=contained, inside=(7,)),
            package("Xi", change(b"a"), inside=(8, 9)),
        )
    )
    said = {}
    for name in ("Zeta", "Yota", "Xi"):
        hands.dialog.packages.choose(name)
        box = hands.dialog.decision
        said[name] = (box.isVisible(), [label.text for label in box._said])
    assert said == {
        "Zeta": (
            True,
            ["This update contains our fix: the package becomes Blocked, and the fix is delivered as usual.", "", ""],
        ),
        "Yota": (
            True,
            [
                "What this update contains of our fixes is delivered as usual with it.",
                "Hotfix 7 has not come home, and the package stays Locked:"
                " the archive does not show that its changes come home.",
                "",
            ],
        ),
        "Xi": (
            True,
            [
                "",
                "Hotfixes 8, 9 have not come home, and the package stays Locked:"
                " the archive does not show that their changes come home.",
                "",
            ],
        ),
    }
    assert hands.button.isEnabled()
