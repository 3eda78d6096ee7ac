"""Words and sentences for states."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hotfix_desktop.core.lifecycle import Kept, PackageState
from hotfix_desktop.ui.words import STATE_WORDS, header_sentence, overdue_word, person_word, state_sentence, state_word
from tests.ui.sample_catalogue import EVERY_STATE, NOW, after, hotfix, locked, package, unlocked


def clock(**passed: float) -> str:
    return f"{after(**passed).utc.astimezone():%H:%M}"


SENTENCES = {
    "Base": "Base is installed and closed for changes.",
    "Case": f"Case is unlocked for a hotfix by you: 30:00 left, locks at {clock(minutes=30)}.",
    "Deal": f"Deal was locked after a hotfix at {clock(hours=-2)}; not delivered to development for 2 h.",
    "Custom": "Custom is Creatio's own package for changes and stays modifiable.",
    "Mine": "Mine is marked as your own and stays modifiable.",
    "Fresh": "Fresh is new in this folder and not protected yet.",
    "Draft": "Draft holds files but no descriptor.json: it is not synchronised.",
    "Old": f"Old should have been locked at {clock(minutes=-8)}. It is held by an editor.",
}
HEADERS = {
    "Base": "Blocked · closed for changes",
    "Case": f"Unlocked for hotfix · 30:00 left · locks at {clock(minutes=30)}",
    "Deal": f"Locked after hotfix at {clock(hours=-2)} · undelivered",
    "Custom": "Modifiable",
    "Mine": "Modifiable",
    "Fresh": "Modifiable · new",
    "Draft": "Not synchronised",
    "Old": f"Overdue · should have been locked at {clock(minutes=-8)}",
}


@pytest.mark.parametrize("status", EVERY_STATE, ids=lambda status: status.name)
def test_a_sentence_for_every_state(qapp, status):
    assert state_sentence(status, NOW, "ann") == SENTENCES[status.name]
    assert header_sentence(status, NOW) == HEADERS[status.name]


def test_every_state_has_its_own_word(qapp):
    assert len(set(STATE_WORDS.values())) == len(PackageState) == len(STATE_WORDS)


def test_another_day_is_said(qapp):
    tomorrow = unlocked(1, "Case", minutes=1440)
    until = after(minutes=1440).utc.astimezone()
    assert state_sentence(tomorrow, NOW, "ann").endswith(f"locks at {until:%Y-%m-%d %H:%M}.")
    closed = after(days=-3).utc.astimezone()
    assert f"at {closed:%Y-%m-%d %H:%M};" in state_sentence(locked(1, "Case", days=3), NOW, "ann")


def test_others_are_named(qapp):
    assert person_word("ann", "ann") == "you"
    assert person_word("bob", "ann") == "bob"
    assert " by bob: " in state_sentence(unlocked(1, "Case", by="bob"), NOW, "ann")


def test_overdue_says_when_it_is_tried_again(qapp):
    again = hotfix("Case", 1, next_try=NOW.utc + timedelta(minutes=1))
    sentence = header_sentence(package(1, "Case", PackageState.OVERDUE, hotfix=again), NOW)
    assert sentence.endswith(f"· next try at {clock(minutes=1)}:00")
    sentence = header_sentence(package(1, "Case", PackageState.OVERDUE, hotfix=again), after(minutes=1))
    assert sentence.endswith("· trying now"), "that time is over"


def test_overdue_says_by_how_much(qapp):
    lease = hotfix("Case", 1).lease
    assert overdue_word(lease, after(minutes=30, seconds=32)) == "overdue by 0:32"
    restarted = replace(after(minutes=1), boot_id="another boot")
    assert overdue_word(lease, restarted) == "overdue", "nobody knows by how much"


def test_a_problem_is_told_as_it_is(qapp):
    bad = package(1, "Bad", PackageState.NOT_SYNCHRONISED, problem="Two packages have this UId.")
    assert state_sentence(bad, NOW, "ann") == "Two packages have this UId."


def test_locked_without_its_hotfix(qapp):
    bare = package(1, "Case", PackageState.LOCKED, undelivered=True)
    assert state_sentence(bare, NOW, "ann") == "Case is locked after a hotfix and not delivered to development."
    assert header_sentence(bare, NOW) == state_word(bare) == "Locked · undelivered"


def test_modifiable_without_a_reason(qapp):
    bare = package(1, "Case", PackageState.MODIFIABLE, kept=Kept.NO)
    assert state_sentence(bare, NOW, "ann") == "Case is modifiable."
