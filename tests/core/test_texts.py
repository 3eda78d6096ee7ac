"""Text that people type, cleaned and measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.texts import WIDTH, clean_line, one_line, plural, printable, wrapped


def clean(text: str, limit: int = 50) -> str:
    return clean_line(text, "field", "It", limit)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two   words ", "two words"),
        ("a\r\nb\tc", "a b c"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("a\u2028b\u2029c", "a b c"),
        ("\u00a0Größe\u3000≤ 3 ", "Größe ≤ 3"),
        ("👩‍🔧 fixed", "👩‍🔧 fixed"),
        ("", ""),
    ],
)
def test_a_line_keeps_its_words_and_loses_blanks_and_controls(typed, kept):
    assert clean(typed) == kept


def test_a_line_is_measured_as_it_was_typed():
    assert clean("x" * 50) == "x" * 50
    with pytest.raises(InvalidInput, match=r"^It can have at most 50 characters; this one has 51\.$") as caught:
        clean("x" * 50 + " ")
    assert caught.value.field == "field"


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=50))
def test_a_cleaned_line_is_one_line_that_cleaning_leaves_alone(text):
    line = clean(text)
    assert line.splitlines() == [line] * bool(line)
    assert clean(line) == line
    assert line == line.strip()


@given(half=st.characters(categories=("Cs",)), before=st.text(max_size=3))
def test_half_a_pair_is_refused(half, before):
    with pytest.raises(InvalidInput, match="half of a pair"):
        clean(before + half)


@given(st.text(max_size=30))
def test_any_text_can_be_made_printable(text):
    assert printable(text).encode("utf-8").decode("utf-8") == printable(text)


def test_what_is_printable_already_stays_and_damage_is_spelled_out():
    assert printable("Größe") == "Größe"
    assert printable("a\udcffb") == "a\\udcffb"


def test_counts_are_told_in_words():
    assert plural(1, "package") == "1 package"
    assert plural(0, "package") == "0 packages"
    assert plural(12_345, "entry", "entries") == "12,345 entries"


@given(st.text(max_size=50))
def test_any_text_in_one_line_is_one_line_and_can_be_written(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()


def test_a_line_end_in_a_path_is_shown_and_other_letters_stay():
    assert one_line("Files/a\nHotfix-Desktop: x") == "Files/a\\nHotfix-Desktop: x"
    assert one_line('Größe’s \\ "x"') == 'Größe’s \\ "x"'


@given(st.lists(st.text("ab-/", min_size=1, max_size=100), max_size=20))
def test_wrapped_prose_keeps_its_words_whole_and_is_narrow_where_they_allow_it(words):
    lines = wrapped(" ".join(words), "  ")
    assert " ".join(lines).split() == words
    assert all(len(line) <= WIDTH or len(line.split()) == 1 for line in lines)
