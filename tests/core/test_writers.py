"""Programs that can still write: named in a sentence, and kept as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.writers import MOST_NAMED, Writer, from_json, to_json, writers_phrase

WRITERS = st.builds(Writer, pid=st.integers(0, 2**32), program=st.text(), path=st.text(), mapped=st.booleans())


def many(number: int) -> list[Writer]:
    return [Writer(n, "p", f"f{n}") for n in range(number)]


def test_the_phrase_names_each_program_with_its_process_and_its_file():
    writers = [Writer(4711, "gedit", "Schemas/A.js"), Writer(812, "python3", "Files/x", mapped=True)]
    assert writers_phrase(writers) == "gedit (process 4711) in Schemas/A.js, python3 (process 812) in Files/x"


def test_the_phrase_of_nobody_is_empty():
    assert writers_phrase([]) == ""


@pytest.mark.parametrize(
    ("number", "end"),
    [(MOST_NAMED, "in f4"), (MOST_NAMED + 1, "in f4, and 1 more"), (MOST_NAMED + 1234, "in f4, and 1,234 more")],
)
def test_the_phrase_names_five_and_counts_the_rest(number, end):
    phrase = writers_phrase(many(number))
    assert phrase.endswith(end)
    assert phrase.count("process") == MOST_NAMED


@given(st.lists(WRITERS, max_size=8))
def test_writers_come_back_from_their_text_as_they_were(writers):
    assert from_json(to_json(writers)) == tuple(writers)


def test_nobody_is_an_empty_text():
    assert to_json([]) == ""
    assert to_json(()) == ""
    assert from_json("") == ()


def test_the_text_can_be_read_by_people():
    assert "Größe 😀" in to_json([Writer(1, "gedit", "Größe 😀")])
