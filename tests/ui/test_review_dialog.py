"""Reviews as an auditor meets them: the list, the facts of a hotfix, and the buttons with what they refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTableView, QWidget

from hotfix_desktop.core.errors import Denied, InvalidInput
from hotfix_desktop.core.lifecycle import Ending, HotfixState
from hotfix_desktop.core.reviews import Changed, Review, ReviewCounts, ReviewItem, ReviewState, ReviewVerdict
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services.reviewing import ReviewPage
from hotfix_desktop.ui.review_dialog import ReviewDialog
from hotfix_desktop.ui.review_model import ReviewColumn, ReviewModel
from hotfix_desktop.ui.review_verbs import ReviewVerbs
from hotfix_desktop.ui.review_words import facts_of
from hotfix_desktop.ui.theme import ROW
from hotfix_desktop.ui.window_room import SHARE
from tests.ui.sample_catalogue import NOW, hotfix

REVIEWED, OBJECTED = ReviewVerdict.REVIEWED, ReviewVerdict.OBJECTED
AUDITOR = frozenset({Role.AUDITOR})


def item(number: int, name: str = "Case", changed: Changed = Changed.UNKNOWN, late_writes=0, review=None, **more):
    fields = {
        "state": HotfixState.CLOSED,
        "closed_at": NOW.utc + timedelta(minutes=20),
        "closed_by": "ann",
        "ending": Ending.LOCKED,
        **more,
    }
    return ReviewItem(hotfix(name, number, **fields), changed, late_writes, review)


def page(*items: ReviewItem, counts=None, more=False, unchanged=(), user="eve", roles=AUDITOR, lone=False):
    return ReviewPage(items, more, counts or ReviewCounts(len(items)), unchanged, user, roles, lone)


THREE = (item(3, "Case"), item(2, "Base", Changed.NOTHING), item(1, "Deal", extended_minutes=15))


class Hands:
    def __init__(self, dialog: ReviewDialog) -> None:
        self.dialog = dialog
        self.table = dialog.findChild(QTableView, "reviewTable")
        self.filter = dialog.findChild(QComboBox, "reviewFilter")
        self.remark = dialog.findChild(QLineEdit, "reviewRemark")
        self.reviewed, self.object, self.together = (
            dialog.findChild(QPushButton, name) for name in ("reviewReviewed", "reviewObject", "reviewTogether")
        )
        self.asked: list[tuple] = []
        self.said: list[tuple] = []
        self.several: list[tuple] = []
        dialog.wanted.connect(lambda *given: self.asked.append(given))
        dialog.submitted.connect(lambda *given: self.said.append(given))
        dialog.together.connect(lambda *given: self.several.append(given))

    def packages(self) -> list[str]:
        model = self.table.model()
        return [model.index(row, ReviewColumn.PACKAGE).data() for row in range(model.rowCount())]

    def words(self) -> list[str]:
        return [label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible() and label.text()]


@pytest.fixture
def opened(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def open_it(shown=None) -> Hands:
        dialog = ReviewDialog(window)
        dialog.open()
        qtbot.waitUntil(dialog.isActiveWindow)
        hands = Hands(dialog)
        if shown is not None:
            dialog.show_page(shown)
        return hands

    return open_it


def test_the_list_and_the_first_hotfix_are_shown(opened):
    hands = opened(page(*THREE, counts=ReviewCounts(3, 1, 12)))
    assert hands.dialog.objectName() == "reviewDialog"
    assert hands.packages() == ["Case", "Base", "Deal"]
    assert [hands.filter.itemText(row) for row in range(3)] == ["To review (3)", "Objected to (1)", "Reviewed (12)"]
    assert hands.dialog.chosen.hotfix.number == 3
    assert "3 · Case" in hands.words()
    assert "wrong VAT" in hands.words()
    hands.table.selectRow(2)
    assert "1 · Deal" in hands.words()
    assert "⚠ extended by 15 minutes" in hands.words()
    assert "3 · Case" not in hands.words()


def test_it_opens_as_large_as_it_wants_where_there_is_room_and_its_facts_stand_together(qtbot, opened):
    dialog = opened(page(*THREE)).dialog
    room = dialog.screen().availableSize() * SHARE
    assert dialog.size() == dialog.sizeHint().boundedTo(room)
    assert dialog.height() > dialog.screen().availableSize().height() * 2 / 3  # where Qt by itself would stop

    def gap() -> int:
        shown = [label for label in dialog.findChildren(QLabel) if label.isVisible()]
        first, second = (label.y() for label in shown if label.text() in ("Hotfix", "Reason"))
        return second - first

    qtbot.waitUntil(lambda: 0 < gap() < ROW)


def test_nothing_waits(opened):
    hands = opened(page())
    assert "Nothing waits for review." in hands.words()
    assert not hands.table.isVisible()
    assert hands.dialog.why_not == "Nothing waits for review."
    assert not any(button.isEnabled() for button in (hands.reviewed, hands.object, hands.together))


def test_reviewed_with_and_without_a_remark(qtbot, opened):
    hands = opened(page(*THREE))
    qtbot.mouseClick(hands.reviewed, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(hands.remark, " seen ")
    qtbot.keyClick(hands.remark, Qt.Key.Key_Return)
    assert hands.said == [(3, REVIEWED, ""), (3, REVIEWED, "seen")]
    assert all(isinstance(verdict, ReviewVerdict) for _, verdict, _ in hands.said)


def test_an_objection_needs_a_remark_and_gets_the_cursor(qtbot, opened):
    hands = opened(page(*THREE))
    qtbot.mouseClick(hands.object, Qt.MouseButton.LeftButton)
    assert hands.said == []
    assert "An objection needs a remark that says why." in hands.words()
    assert hands.remark.hasFocus()
    qtbot.keyClicks(hands.remark, "no ticket")
    assert "An objection needs a remark that says why." not in hands.words()
    qtbot.mouseClick(hands.object, Qt.MouseButton.LeftButton)
    assert hands.said == [(3, OBJECTED, "no ticket")]


def test_who_may_not_is_told_why(qtbot, opened):
    hands = opened(page(*THREE, user="ann", roles=frozenset(Role)))
    why = "ann opened this hotfix of Case; another auditor reviews it."
    assert hands.dialog.why_not == why
    assert not hands.reviewed.isEnabled()
    assert not hands.object.isEnabled()
    assert hands.object.toolTip() == hands.object.accessibleDescription() == why
    hands.dialog.show_page(page(*THREE, user="ann", roles=frozenset(Role), lone=True))
    assert hands.reviewed.isEnabled()
    hands.dialog.show_page(page(*THREE, user="max", roles=frozenset({Role.ADMINISTRATOR})))
    assert "only members of Auditors may" in hands.dialog.why_not
    assert not hands.remark.isEnabled()
    qtbot.keyClick(hands.dialog, Qt.Key.Key_Return)
    assert hands.said == []


def test_an_objection_can_only_be_settled(opened):
    said = Review(OBJECTED, "no ticket", "eve", NOW.utc)
    hands = opened(page(replace(THREE[0], review=said), counts=ReviewCounts(0, 1, 0)))
    assert hands.reviewed.isEnabled()
    assert not hands.object.isEnabled()
    assert any(word.endswith("by you: no ticket") for word in hands.words())


def test_all_that_changed_nothing_are_reviewed_together(qtbot, opened):
    hands = opened(page(*THREE, unchanged=(2, 400, 401)))
    assert hands.together.text().replace("&", "") == "Review all that changed nothing (3)"
    qtbot.keyClicks(hands.remark, "nothing happened")
    qtbot.mouseClick(hands.together, Qt.MouseButton.LeftButton)
    assert hands.several == [((2, 400, 401), "nothing happened")]
    hands.dialog.show_page(page(THREE[0]))
    assert not hands.together.isEnabled()
    assert "Of no waiting hotfix is it known" in hands.together.toolTip()


def test_another_list_is_asked_for_from_its_newest(opened):
    hands = opened(page(*THREE))
    hands.filter.setCurrentIndex(1)
    hands.filter.activated.emit(1)
    assert hands.asked == [(ReviewState.OBJECTED, 0)]
    hands.dialog.show_page(page())
    assert "No objection stands." in hands.words()


def test_the_place_is_kept_when_one_is_done(opened):
    hands = opened(page(*THREE))
    hands.table.selectRow(1)
    hands.remark.setText("seen")
    hands.dialog.done_with()
    assert hands.remark.text() == ""
    assert hands.asked == [(ReviewState.TO_REVIEW, 0)]
    hands.dialog.show_page(page(THREE[0], THREE[2]))
    assert hands.dialog.chosen.hotfix.number == 1


def test_older_ones_are_asked_for_once_and_added_at_the_end():
    model = ReviewModel()
    asked = []
    model.more_wanted.connect(asked.append)
    model.show_items(THREE[:2], "eve", more=True)
    assert model.canFetchMore(QModelIndex())
    for _ in range(3):
        model.fetchMore(QModelIndex())
    assert asked == [2]
    model.show_items(THREE[2:], "eve", more=False, append=True)
    assert [i.hotfix.number for i in model.items] == [3, 2, 1]
    assert not model.canFetchMore(QModelIndex())


def test_cells_and_what_a_screen_reader_hears():
    model = ReviewModel()
    model.show_items([item(1, extended_minutes=15, late_writes=2, ending=Ending.RELOCKED)], "ann", more=False)
    shown = [model.index(0, column).data() for column in ReviewColumn]
    closed = (NOW.utc + timedelta(minutes=20)).astimezone()
    assert shown == [
        f"{closed:%Y-%m-%d %H:%M}",
        "Case",
        "you",
        "20 min",
        "Relocked",
        "Not known",
        "⚠ extended by 15 minutes, changed after the lock",
    ]
    heard = model.index(0, ReviewColumn.CHANGED).data(Qt.ItemDataRole.AccessibleTextRole)
    assert heard == "Changed: Not known"


def test_the_facts_of_what_deserves_a_look():
    late = item(
        7, closed_at=NOW.utc + timedelta(minutes=95), attempts=1, last_error="An editor holds it.", ticket="T-1"
    )
    facts = {caption: text for caption, text, _ in facts_of(late, "eve")}
    assert facts["Ticket"] == "T-1"
    assert facts["To note"] == "⚠ overrun by 1 h 5 min; 1 failed relock"
    assert facts["Failed"] == "An editor holds it."
    assert facts["Closed"].endswith("by ann, locked; open for 1 h 35 min of 30 min")
    assert facts["Changed"].startswith("Not known")


# With a session


class FakeJob(QObject):
    done = Signal(object)
    failed = Signal(object)


class FakeSource:
    """Hands out jobs that a test ends."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.jobs: list[FakeJob] = []

    def _job(self, *given) -> FakeJob:
        self.asked.append(given)
        self.jobs.append(FakeJob())
        return self.jobs[-1]

    def reviews(self, state, before=None):
        return self._job("reviews", state, before)

    def review(self, number, verdict, remark):
        return self._job("review", number, verdict, remark)

    def review_together(self, numbers, remark):
        return self._job("together", numbers, remark)


@pytest.fixture
def verbs(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    source = FakeSource()
    made = ReviewVerbs(source, window)
    dialog = made.show(window)
    assert made.show(window) is dialog
    qtbot.waitUntil(dialog.isActiveWindow)
    yield source, Hands(dialog)
    window.close()


def test_a_review_is_entered_and_the_list_read_again(qtbot, verbs):
    source, hands = verbs
    assert source.asked == [("reviews", ReviewState.TO_REVIEW, None)]
    source.jobs[0].done.emit(page(*THREE))
    qtbot.mouseClick(hands.reviewed, Qt.MouseButton.LeftButton)
    assert source.asked[1:] == [("review", 3, REVIEWED, "")]
    assert hands.dialog.is_busy
    qtbot.mouseClick(hands.reviewed, Qt.MouseButton.LeftButton)
    assert len(source.asked) == 2
    source.jobs[1].done.emit(None)
    assert source.asked[2:] == [("reviews", ReviewState.TO_REVIEW, None)]
    source.jobs[2].done.emit(page(*THREE[1:]))
    assert not hands.dialog.is_busy
    assert hands.packages() == ["Base", "Deal"]


@pytest.mark.parametrize("error", [Denied("You may not."), InvalidInput("remark", "You may not.")])
def test_a_refusal_stays_in_the_dialog(qtbot, verbs, error):
    source, hands = verbs
    source.jobs[0].done.emit(page(*THREE))
    hands.remark.setText("because")
    qtbot.mouseClick(hands.object, Qt.MouseButton.LeftButton)
    source.jobs[1].failed.emit(error)
    assert not hands.dialog.is_busy
    assert "You may not." in hands.words()
    assert hands.remark.text() == "because"


def test_only_the_last_answer_counts(verbs):
    source, hands = verbs
    hands.filter.setCurrentIndex(2)
    hands.filter.activated.emit(2)
    source.jobs[1].done.emit(page(THREE[2]))
    source.jobs[0].done.emit(page(*THREE))
    assert hands.packages() == ["Deal"]
