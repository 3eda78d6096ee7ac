"""What the status bar says of the guard: by word, shape and colour, and to a screen reader."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QStatusBar

from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.watch import GuardState
from hotfix_desktop.services.beat import Beat
from hotfix_desktop.ui import status_line
from hotfix_desktop.ui.status_line import StatusLine
from tests.ui.sample_catalogue import NOW, catalogue, hotfix, unlocked

AT = f"{NOW.utc.astimezone():%H:%M:%S}"
OPEN = (hotfix(),)


@pytest.fixture
def bar(qtbot):
    made = QStatusBar()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def line(bar):
    return StatusLine(bar)


@pytest.fixture
def label(bar, line):
    return bar.findChild(QLabel, "statusRelocker")


def beat(guard: GuardState, *open_now, pid: int = 4711) -> Beat:
    return Beat(NOW, 1, open_now, guard=guard, guard_pid=pid)


@pytest.mark.parametrize(
    ("guard", "open_now", "said", "why"),
    [
        (GuardState.ALIVE, OPEN, f"✓ Guard {AT}", "even if this window is closed or killed"),
        (GuardState.OWN, (), f"✓ Checked {AT}", "This window"),
        (GuardState.OWN, OPEN, f"✓ Checked {AT}", "This window"),
        (GuardState.NONE, (), f"✓ Checked {AT}", "This window"),
        (GuardState.SILENT, OPEN, "⚠ Guard is silent", "process 4711"),
        (GuardState.SILENT, (), "⚠ Guard is silent", "process 4711"),
        (GuardState.NONE, OPEN, "⚠ No guard: it is being started again", "leave it open"),
    ],
)
def test_what_it_says(line, label, guard, open_now, said, why):
    line.show_beat(beat(guard, *open_now))
    assert label.text() == said
    assert why in label.toolTip()
    assert why in label.accessibleDescription()
    assert label.accessibleName() == said[2:], "the sign is for the eyes"


def test_the_guard_is_named_by_its_process(line, label):
    line.show_beat(beat(GuardState.ALIVE, *OPEN, pid=815))
    assert "815" in label.toolTip()


def test_trouble_has_a_colour_that_goes_with_it(line, label):
    inks = []
    for guard in (GuardState.ALIVE, GuardState.SILENT, GuardState.ALIVE):
        line.show_beat(beat(guard, *OPEN))
        inks.append(label.palette().windowText().color().name())
    assert inks[0] != inks[1]
    assert inks[0] == inks[2]


def test_trouble_is_announced_once_each_time_it_comes(line, monkeypatch):
    heard = []

    class Ears:
        AnnouncementPoliteness = QAccessible.AnnouncementPoliteness

        @staticmethod
        def updateAccessibility(event):
            heard.append(event.message())

    monkeypatch.setattr(status_line, "QAccessible", Ears)
    states = (GuardState.ALIVE, GuardState.SILENT, GuardState.SILENT, GuardState.NONE, GuardState.ALIVE)
    for guard in (*states, GuardState.SILENT):
        line.show_beat(beat(guard, *OPEN))
    assert heard == ["Guard is silent", "No guard: it is being started again", "Guard is silent"]


def test_a_beat_that_stays_away_is_no_longer_a_good_one(line, label, monkeypatch):
    heard = []

    class Ears:
        AnnouncementPoliteness = QAccessible.AnnouncementPoliteness

        @staticmethod
        def updateAccessibility(event):
            heard.append(event.message())

    monkeypatch.setattr(status_line, "QAccessible", Ears)
    line.show_beat(beat(GuardState.ALIVE, *OPEN))
    ink = label.palette().windowText().color().name()
    for _ in range(3):
        line.show_lost(NOW.utc)
    assert label.text() == f"⚠ No beat since {AT}"
    assert label.accessibleName() == f"No beat since {AT}"
    assert "does not respond" in label.toolTip()
    assert "does not respond" in label.accessibleDescription()
    assert label.palette().windowText().color().name() != ink
    line.show_beat(beat(GuardState.ALIVE, *OPEN))
    assert label.text() == f"✓ Guard {AT}"
    assert heard == [f"No beat since {AT}"]


def test_a_long_sentence_takes_the_place_of_what_can_wait_and_its_tooltip_has_all_of_it(qtbot, bar, line, label):
    shown = replace(catalogue(unlocked(1, "Case")), to_review=3, roles=frozenset({Role.AUDITOR}))
    where, reviews, said = (bar.findChild(QLabel, f"status{name}") for name in ("Where", "Reviews", "Sentence"))
    line.show_catalogue(shown, NOW)
    line.show_beat(beat(GuardState.ALIVE, *OPEN))
    bar.resize(500, bar.height())
    sentence = "Carries the changes to development, or tells the maintainer. " * 3
    line.tell(sentence)
    line.show_catalogue(shown, NOW)
    assert (where.isVisible(), reviews.isVisible(), label.isVisible(), said.text()) == (False, False, True, sentence)
    qtbot.waitUntil(lambda: bar.width() / 8 < said.width() < label.x())
    assert sentence in said.toolTip()
    line.tell("Copied.")
    assert (said.text(), said.toolTip()) == ("Copied.", "")
    line.tell("")
    assert (where.isVisible(), reviews.isVisible(), said.isVisible()) == (True, True, False)


def test_nothing_is_left_when_the_workspace_is_left(line, label):
    line.show_catalogue(catalogue(unlocked(1, "Case")), NOW)
    line.show_beat(beat(GuardState.SILENT, *OPEN))
    line.show_catalogue(None, NOW)
    assert label.text() == label.toolTip() == ""
