"""The badge: what it says in each state, by word, shape and colour, and what its buttons ask for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QPushButton

from hotfix_desktop.core.verdict import AnchorSeen, Break, Finding, Verdict
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.ui import verification_badge
from hotfix_desktop.ui.formats import stamp
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Scheme, Theme
from hotfix_desktop.ui.verification_badge import VerificationBadge
from hotfix_desktop.ui.verification_words import BadgeState, nothing_known, verifying, words_of

AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
EARLIER = datetime(2026, 11, 20, 9, tzinfo=UTC)
COPY = AnchorSeen("/state/anchors/pkg.notes", 90, EARLIER)
WHOLE = Verdict("ab", 1, 1, 99, AT, None, 95, AT, "AB12 CD34 EF56 7890", "the keyring", 0, (COPY,))
BROKEN = replace(WHOLE, finding=Finding(Break.CHANGED, 41, 41, "Entry 41 was changed."))


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, Scheme.LIGHT)
    yield made
    made.apply(Scheme.SYSTEM)


@pytest.fixture
def badge(qtbot, theme):
    made = VerificationBadge(theme, Icons(theme))
    qtbot.addWidget(made)
    made.resize(500, made.sizeHint().height())
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def buttons(badge: VerificationBadge) -> list[str]:
    return [button.accessibleName() for button in badge.findChildren(QPushButton) if button.isVisible()]


# Words


@pytest.mark.parametrize(
    ("verdict", "state", "text"),
    [
        (WHOLE, BadgeState.VERIFIED, f"Verified up to 99, anchored at {stamp(EARLIER)}"),
        (replace(WHOLE, anchors=()), BadgeState.VERIFIED, "Verified up to 99, not anchored"),
        (replace(WHOLE, signed_upto=0, signed_at=None), BadgeState.UNSIGNED, "Not signed"),
        (BROKEN, BadgeState.BROKEN, "Broken at 41: changed"),
        (
            replace(WHOLE, finding=Finding(Break.MISSING, 41, 50, "Gone.")),
            BadgeState.BROKEN,
            "Broken at 41 to 50: missing",
        ),
        (
            replace(WHOLE, renewed_at=7),
            BadgeState.DOUBTFUL,
            f"Verified up to 99, anchored at {stamp(EARLIER)}; keys renewed at 7",
        ),
        (replace(BROKEN, signed_upto=0, renewed_at=7), BadgeState.BROKEN, "Broken at 41: changed"),
    ],
)
def test_the_few_words(verdict, state, text):
    words = words_of(verdict)
    assert (words.state, words.text) == (state, text)


@pytest.mark.parametrize(
    ("verdict", "everything_at", "said"),
    [
        (WHOLE, None, "Every entry was read."),
        (replace(WHOLE, first=20, since=20), None, "from 20 on; those before are in archive files"),
        (replace(WHOLE, since=96), EARLIER, "The entries from 96 on were read, after the last good checkpoint. Every"),
        (replace(WHOLE, since=96), EARLIER, f"Every entry was last verified at {stamp(EARLIER)}."),
        (replace(WHOLE, since=96), None, "It is not known when every entry was last verified."),
        (WHOLE, None, f"up to entry 95 at {stamp(AT)} with the key AB12 CD34 EF56 7890, which is kept in the keyring."),
        (replace(WHOLE, key_place=""), None, "with the key AB12 CD34 EF56 7890."),
        (replace(WHOLE, signed_upto=0), None, "could have written all of it anew"),
        (WHOLE, None, f"Copy up to entry 90, made at {stamp(EARLIER)}, in /state/anchors/pkg.notes."),
        (replace(WHOLE, anchors=()), None, "No copy of a checkpoint outside of the database was compared."),
        (replace(WHOLE, anchors=(AnchorSeen("share", problem="It is away."),)), None, "in share: It is away."),
        (replace(WHOLE, anchors=(AnchorSeen("share"),)), None, "There is no copy in share yet."),
        (replace(WHOLE, renewed_at=7), None, "At entry 7 the signing keys began anew"),
        (BROKEN, None, "Entry 41 was changed."),
        (
            replace(WHOLE, finding=Finding(Break.ROLLED_BACK, 9, 9, "It was rolled back.")),
            None,
            "It was rolled back. No package can be unlocked until",
        ),
    ],
)
def test_the_whole_truth(verdict, everything_at, said):
    assert said in words_of(verdict, everything_at).truth


def test_how_far_it_has_come():
    assert verifying(40, True).text == "Verifying 40 %"
    assert verifying(None, True).text == "Verifying…"
    assert "every entry" in verifying(1, True).truth
    assert "last good checkpoint" in verifying(1, False).truth
    assert nothing_known().text == "Not verified yet"


def test_each_state_has_a_shape_of_its_own():
    drawings = [state.value[0] for state in BadgeState]
    assert len(set(drawings)) == len(drawings)


# The widget


def test_it_shows_words_and_tells_them_to_a_screen_reader(badge):
    badge.show_verdict(WHOLE)
    assert badge.accessibleName() == badge.text == words_of(WHOLE).text
    assert badge.accessibleDescription() == words_of(WHOLE).truth
    assert "AB12 CD34 EF56 7890" in badge.toolTip()


@pytest.mark.parametrize(
    ("show", "shown"),
    [
        (lambda badge: badge.show_verdict(None), []),
        (lambda badge: badge.show_verdict(WHOLE), []),
        (lambda badge: badge.show_begin(full=True), ["Cancel"]),
        (lambda badge: badge.show_verdict(BROKEN), ["Go to", "Save evidence…"]),
        (lambda badge: badge.show_trouble("It is locked."), []),
    ],
)
def test_it_offers_what_can_be_done(badge, show, shown):
    show(badge)
    assert buttons(badge) == shown


def test_its_buttons_ask(badge, qtbot):
    badge.show_verdict(BROKEN)
    with qtbot.waitSignal(badge.go_to_wanted) as caught:
        qtbot.mouseClick(badge.go_to_button, Qt.MouseButton.LeftButton)
    assert caught.args == [41]
    with qtbot.waitSignal(badge.evidence_wanted):
        qtbot.mouseClick(badge.evidence_button, Qt.MouseButton.LeftButton)
    badge.show_begin(full=True)
    with qtbot.waitSignal(badge.cancel_wanted):
        qtbot.keyClick(badge.cancel_button, Qt.Key.Key_Return)


def test_progress_is_percent_and_never_more_than_all(badge):
    badge.show_begin(full=True)
    badge.show_progress(Step(2, 5, ""))
    assert badge.text == "Verifying 40 %"
    badge.show_progress(Step(9, 5, ""))
    assert badge.text == "Verifying 100 %"
    badge.show_progress(Step(9, 0, ""))
    assert badge.text == "Verifying…"


def test_it_is_reached_and_worked_by_keyboard(badge, qtbot):
    badge.show_verdict(BROKEN)
    badge.setFocus()
    assert badge.hasFocus()
    qtbot.keyClick(badge, Qt.Key.Key_Tab)
    assert badge.go_to_button.hasFocus()
    with qtbot.waitSignal(badge.go_to_wanted):
        qtbot.keyClick(badge.go_to_button, Qt.Key.Key_Space)


def test_the_focus_does_not_vanish_with_its_button(badge):
    badge.show_begin(full=True)
    badge.cancel_button.setFocus()
    badge.show_verdict(WHOLE)
    assert badge.hasFocus()


def test_it_does_not_jump_when_buttons_come_and_go(badge):
    heights = set()
    for verdict in (WHOLE, BROKEN):
        badge.show_verdict(verdict)
        heights.add(badge.sizeHint().height())
    badge.show_begin(full=True)
    heights.add(badge.sizeHint().height())
    assert len(heights) == 1


def test_a_verification_of_everything_is_remembered(badge):
    badge.show_verdict(WHOLE)
    badge.show_verdict(replace(WHOLE, since=96))
    assert f"Every entry was last verified at {stamp(AT)}." in badge.accessibleDescription()
    badge.set_everything_at(EARLIER)
    badge.show_verdict(replace(WHOLE, since=96))
    assert f"last verified at {stamp(EARLIER)}" in badge.accessibleDescription()


def test_a_new_state_is_announced_once_and_a_break_at_once(badge, monkeypatch):
    heard = []

    class Ears:
        AnnouncementPoliteness = QAccessible.AnnouncementPoliteness

        @staticmethod
        def updateAccessibility(event):
            heard.append((event.message(), event.politeness()))

    monkeypatch.setattr(verification_badge, "QAccessible", Ears)
    badge.show_begin(full=True)
    badge.show_progress(Step(1, 5, ""))
    badge.show_verdict(BROKEN)
    badge.show_verdict(BROKEN)
    assert [message for message, _ in heard] == ["Verifying…", "Broken at 41: changed"]
    assert heard[1][1] is QAccessible.AnnouncementPoliteness.Assertive


def test_its_drawing_follows_the_theme(badge, theme):
    badge.show_verdict(WHOLE)
    light = badge._sign.pixmap().toImage()
    theme.apply(Scheme.DARK)
    assert badge._sign.pixmap().toImage() != light
