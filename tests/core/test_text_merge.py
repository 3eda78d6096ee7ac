from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.text_diff import line_hunks
from hotfix_desktop.core.text_merge import PieceKind, merge_bytes, merge_texts

LINES = st.lists(st.sampled_from("abcdefg{}"), max_size=20)


@st.composite
def change(draw, base):
    """What somebody made of a text with one to three edits."""
    made = list(base)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(made)))
        count = draw(st.integers(0, 3))
        made[at : at + count] = draw(st.lists(st.sampled_from("abcxyzw{}"), max_size=3))
    return made


@st.composite
def three(draw):
    """A text and what two people made of it."""
    base = draw(LINES | st.lists(st.integers(0, 99).map(str), max_size=30, unique=True))
    return base, draw(change(base)), draw(change(base))


@given(three())
def test_the_pieces_are_all_of_each_text(texts):
    merged = merge_texts(*texts)
    for side, text in zip(("base", "ours", "theirs"), texts, strict=True):
        ranges = [getattr(piece, side) for piece in merged.pieces]
        assert [line for start, end in ranges for line in text[start:end]] == text
        assert all(a[1] == b[0] for a, b in pairwise(ranges))


@given(three())
def test_each_piece_is_what_it_says(texts):
    base, ours, theirs = texts
    for piece in merge_texts(*texts).pieces:
        was, mine, other = base[slice(*piece.base)], ours[slice(*piece.ours)], theirs[slice(*piece.theirs)]
        match piece.kind:
            case PieceKind.SAME:
                assert was == mine == other
            case PieceKind.OURS:
                assert was == other
            case PieceKind.THEIRS:
                assert was == mine
            case PieceKind.BOTH:
                assert mine == other
            case PieceKind.CONFLICT:
                assert mine != other
                assert not (mine and other) or (mine[0] != other[0] and mine[-1] != other[-1])


@given(three())
def test_who_alone_changed_a_text_wins(texts):
    base, ours, _ = texts
    assert merge_texts(base, ours, base).lines() == ours
    assert merge_texts(base, base, ours).lines() == ours
    assert merge_texts(base, ours, ours).lines() == ours


@given(three())
def test_it_does_not_matter_who_is_who(texts):
    base, ours, theirs = texts
    one, other = merge_texts(base, ours, theirs), merge_texts(base, theirs, ours)
    assert one.conflicts == other.conflicts
    if not one.conflicts:
        assert one.lines() == other.lines()


@given(three())
def test_a_clean_merge_has_the_changes_of_both(texts):
    base, ours, theirs = texts
    merged = merge_texts(base, ours, theirs)
    assume(not merged.conflicts)
    # To the lines of a piece that one side changed belongs exactly what that side made of them.
    made = []
    for piece in merged.pieces:
        made += theirs[slice(*piece.theirs)] if piece.kind is PieceKind.THEIRS else ours[slice(*piece.ours)]
    assert merged.lines() == made
    for hunks, side, kind in (
        (line_hunks(base, ours), "ours", PieceKind.OURS),
        (line_hunks(base, theirs), "theirs", PieceKind.THEIRS),
    ):
        for hunk in hunks:
            assert any(
                piece.kind in (kind, PieceKind.BOTH)
                and getattr(piece, side)[0] <= hunk.after_start
                and hunk.after_end <= getattr(piece, side)[1]
                for piece in merged.pieces
            )


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("abcde", "aXcde", "abcdY", "aXcdY"),
        ("abcde", "Xabcde", "abcdeY", "XabcdeY"),
        ("abcde", "cde", "abcdeY", "cdeY"),
        ("abc", "aXc", "aXc", "aXc"),
        ("", "X", "X", "X"),
        ("abcde", "aXcde", "aYcde", None),
        ("abcde", "aXcde", "abYde", None),  # they touch: nobody knows whether they fit
        ("abc", "aXbc", "aYbc", None),
        ("abc", "ac", "aBc", None),
        ("", "X", "Y", None),
    ],
)
def test_what_merges_and_what_does_not(base, ours, theirs, result):
    merged = merge_texts(base, ours, theirs)
    assert ("".join(merged.lines()) if not merged.conflicts else None) == result
    if result is None:
        with pytest.raises(ValueError, match="conflicts"):
            merged.lines()


def test_marks_are_gits_and_leave_out_what_both_sides_share():
    merged = merge_texts(list("abc"), list("aPXQc"), list("aPYQc"))
    assert merged.marked() == [
        "a", "P", "<<<<<<< hotfix", "X", "||||||| before", "b", "=======", "Y", ">>>>>>> development", "Q", "c",
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="git is asked what it makes of the same texts")
@settings(max_examples=25, deadline=None)
@given(texts=three())
def test_what_is_clean_here_is_what_git_makes_of_it(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("merge")
    merged = merge_texts(*texts)
    assume(not merged.conflicts)
    for name, lines in zip(("base", "ours", "theirs"), texts, strict=True):
        (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    answer = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=folder, capture_output=True, check=False
    )
    # Where lines occur more than once, the two may take other ones for the same; git's conflict is then no error.
    if answer.returncode == 0:
        assert sorted(answer.stdout.decode().splitlines()) == sorted(merged.lines())


# bytes

BASE = b"\xef\xbb\xbfone\r\ntwo\r\nthree\r\nfour\r\nfive"


def bare(data):
    """Without mark and with LF, as git keeps it."""
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")


def test_the_form_of_development_stays():
    ours = BASE.replace(b"two", b"TWO")
    theirs = bare(BASE).replace(b"five", b"FIVE")
    merged = merge_bytes(BASE, ours, theirs)
    assert merged.contents == b"one\nTWO\nthree\nfour\nFIVE"
    assert merge_bytes(BASE, theirs, ours).contents == merged.contents


def test_who_changed_the_form_wins():
    ours = bare(BASE).replace(b"two", b"TWO") + b"\n"
    theirs = BASE.replace(b"five", b"FIVE")
    assert merge_bytes(BASE, ours, theirs).contents == b"one\nTWO\nthree\nfour\nFIVE\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_marks_have_the_line_ends_of_the_text(end):
    texts = [end.join([b"a", middle, b"c"]) for middle in (b"b", b"X", b"Y")]
    merged = merge_bytes(*texts)
    assert merged.contents is None
    assert merged.conflicts == 1
    assert merged.marked.replace(end, b"|").count(b"\n") == 0
    assert merged.marked.split(end)[1] == b"<<<<<<< hotfix"


def test_mixed_line_ends_stay_where_they_are():
    base = b"one\r\ntwo\nthree\r\nfour\nfive\n"
    ours = base.replace(b"one", b"ONE")
    theirs = base.replace(b"five\n", b"FIVE\r\n").replace(b"two\n", b"two\r\n")
    assert merge_bytes(base, ours, theirs).contents == b"ONE\r\ntwo\r\nthree\r\nfour\nFIVE\r\n"


def test_line_ends_that_both_changed_are_theirs():
    base, ours, theirs = b"one\r\ntwo\nthree\n", b"ONE\r\ntwo\r\nthree\r\n", b"one\ntwo\nTHREE\n"
    assert merge_bytes(base, ours, theirs).contents == b"ONE\ntwo\nTHREE\n"


@pytest.mark.parametrize("binary", [0, 1, 2])
def test_what_is_no_text_is_not_merged(binary):
    texts = [b"one\ntwo", b"ONE\ntwo", b"one\nTWO\nthree"]
    texts[binary] += b"\0"
    assert merge_bytes(*texts) is None


def test_an_encoding_that_cannot_hold_the_merge_is_not_merged():
    base = b"eins\nzwei\ndrei\n"
    ours = b"\xe9ins\nzwei\ndrei\n"  # saved in another encoding
    theirs = "eins\nzwei\nтри\n".encode()
    assert merge_bytes(base, ours, theirs) is None


def test_one_side_alone_wins_whatever_it_is():
    assert merge_bytes(b"\0a", b"\0b", b"\0a").contents == b"\0b"
    assert merge_bytes(b"\0a", b"\0a", b"\0b").contents == b"\0b"
    assert merge_bytes(b"\0a", b"\0b", b"\0b").contents == b"\0b"


FILES = st.tuples(st.lists(st.sampled_from("abcdxyz"), max_size=8), st.booleans(), st.booleans(), st.booleans()).map(
    lambda t: (
        (b"\xef\xbb\xbf" if t[1] else b"")
        + ("\r\n" if t[2] else "\n").join([*t[0], *[""] * (t[3] and bool(t[0]))]).encode()
    )
)


@given(FILES, FILES, FILES)
def test_bytes_merge_like_their_lines(base, ours, theirs):
    merged = merge_bytes(base, ours, theirs)
    assert (merged.contents is None) == bool(merged.conflicts)
    assert merge_bytes(base, ours, base).contents == ours
    assert merge_bytes(base, base, theirs).contents == theirs
    if merged.contents is not None and ours not in (base, theirs) and theirs != base:
        assert bare(merged.contents).decode().split("\n")[: len(merged.text.lines())] == merged.text.lines()
        assert bare(merge_bytes(base, theirs, ours).contents) == bare(merged.contents)
