"""PySide6 must not eat the references of None and True (``product.md`` 1)."""

import sys
from itertools import chain, repeat

import pytest
from PySide6.QtCore import QObject, Signal

from hotfix_desktop.runtime.qt_pair import CALLS, bad_pair_sentence

NOISE = 200
"""By how much pytest and other threads may move the counts meanwhile."""


class Bell(QObject):
    rung = Signal()


def falling(lost: int):
    """A counter in which None has lost so many references at the second look."""
    counts = chain([10_000], repeat(10_000 - lost))
    return lambda _object: next(counts)


def test_twenty_thousand_void_calls_keep_none_alive():
    bell = Bell()
    before = sys.getrefcount(None)
    for _ in range(20_000):
        bell.setObjectName("bell")
    after = sys.getrefcount(None)
    if sys.version_info >= (3, 12):
        assert after == before  # immortal
    assert after > before - NOISE


def test_two_thousand_emits_keep_true_alive():
    bell = Bell()
    heard = []
    bell.rung.connect(lambda: heard.append(1))
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(2_000):
        bell.rung.emit()
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert len(heard) == 2_000
    if sys.version_info >= (3, 12):
        assert after == before  # immortal
    assert all(now > then - NOISE for then, now in zip(before, after, strict=True))


def test_this_pair_is_good():
    assert bad_pair_sentence() == ""


@pytest.mark.parametrize("lost", [CALLS, CALLS - 10, 3 * CALLS])
def test_a_bad_pair_is_told_in_one_sentence_with_what_to_install(lost):
    sentence = bad_pair_sentence(falling(lost))
    assert "PySide6-Essentials>=6.11.3,<6.12" in sentence
    assert "Python 3.12 or newer" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("lost", [0, 5, -20])
def test_a_few_references_of_other_threads_do_not_matter(lost):
    assert bad_pair_sentence(falling(lost)) == ""
