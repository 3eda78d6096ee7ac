"""Merges two changed forms of one text, by lines, as ``diff3`` and git do; and what to do about its bytes.

*Ours* is the hotfix (or what production has), *theirs* is development (or what an update brings).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from hotfix_desktop.core.text_diff import Hunk, common_ends, line_hunks
from hotfix_desktop.core.text_forms import CRLF, LF, NONE, Text, text_of

_ENDS = {CRLF: "\r\n", LF: "\n"}
OURS_MARK, BASE_MARK, MIDDLE_MARK, THEIRS_MARK = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


class PieceKind(StrEnum):
    """Who changed a piece of a text."""

    SAME = "same"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    """Both, to the same."""
    CONFLICT = "conflict"
    """Both, to something else each; also where two changes touch, with no line between them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a merge, as ranges of lines (from, to) in each of the three texts."""

    kind: PieceKind
    base: tuple[int, int]
    ours: tuple[int, int]
    theirs: tuple[int, int]


@dataclass(frozen=True, slots=True)
class MergedText:
    """A merge of three texts by lines.

    Attributes:
        pieces: in order; together they are all of each text.
    """

    pieces: tuple[Piece, ...]
    base: Sequence[str]
    ours: Sequence[str]
    theirs: Sequence[str]

    @property
    def conflicts(self) -> int:
        """How many pieces somebody has to decide."""
        return sum(1 for piece in self.pieces if piece.kind is PieceKind.CONFLICT)

    def lines(self) -> list[str]:
        """Give the merged lines; ``ValueError`` when there are conflicts."""
        if self.conflicts:
            raise ValueError("a text with conflicts has no merged lines")
        return self._lines("", "", "", "")

    def marked(
        self, ours: str = "hotfix", theirs: str = "development", base: str = "before", end: str = ""
    ) -> list[str]:
        """Give the merged lines with git's marks (style *diff3*) around each conflict.

        ``end`` ends each line of marks, where the lines of the texts have their ends.
        """
        return self._lines(ours, theirs, base, end)

    def _lines(self, ours: str, theirs: str, base: str, end: str) -> list[str]:
        merged: list[str] = []
        for piece in self.pieces:
            if piece.kind is PieceKind.CONFLICT:
                merged.append(f"{OURS_MARK} {ours}{end}")
                merged += self.ours[slice(*piece.ours)]
                merged.append(f"{BASE_MARK} {base}{end}")
                merged += self.base[slice(*piece.base)]
                merged.append(f"{MIDDLE_MARK}{end}")
                merged += self.theirs[slice(*piece.theirs)]
                merged.append(f"{THEIRS_MARK} {theirs}{end}")
            elif piece.kind in (PieceKind.OURS, PieceKind.BOTH):
                merged += self.ours[slice(*piece.ours)]
            else:
                merged += self.theirs[slice(*piece.theirs)]
        return merged


def merge_texts(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> MergedText:
    """Merge the lines of two texts that were made from ``base``.

    What only one side changed is taken from it. Two changes that overlap or touch are a conflict unless they come
    to the same; lines with which both sides of it begin or end alike are taken out of it.
    """
    pieces: list[Piece] = []
    at = mine = other = 0
    for group in _groups(line_hunks(base, ours), line_hunks(base, theirs)):
        if same := group.start - at:
            pieces.append(Piece(PieceKind.SAME, (at, group.start), (mine, mine + same), (other, other + same)))
        mine, other = mine + same, other + same
        size = group.end - group.start
        mine_end, other_end = mine + size + group.growth(group.ours), other + size + group.growth(group.theirs)
        whole = Piece(PieceKind.CONFLICT, (group.start, group.end), (mine, mine_end), (other, other_end))
        pieces += _decided(whole, group, ours, theirs)
        at, mine, other = group.end, mine_end, other_end
    if at < len(base):
        pieces.append(Piece(PieceKind.SAME, (at, len(base)), (mine, len(ours)), (other, len(theirs))))
    return MergedText(tuple(pieces), base, ours, theirs)


@dataclass(frozen=True, slots=True)
class MergedBytes:
    """A merge of three files.

    Attributes:
        contents: the merged bytes; None when there are conflicts.
        marked: the same with git's marks around each conflict.
        conflicts: how many there are.
        text: the merge by lines, for those who show it; its lines have no ends.
    """

    contents: bytes | None
    marked: bytes
    conflicts: int
    text: MergedText


def merge_bytes(base: bytes, ours: bytes, theirs: bytes) -> MergedBytes | None:
    """Merge two files that were made from ``base``; None where one of them is no text.

    Lines are compared without their ends. Byte order mark, line ends and the end of the last line are merged like
    everything else: whoever changed them wins; where both changed the line ends to something else each, theirs
    stay, because the result goes there.
    """
    if ours in (base, theirs):
        return _one_sided(base, ours, theirs, theirs)
    if theirs == base:
        return _one_sided(base, ours, theirs, ours)
    was, mine, other = text_of(base), text_of(ours), text_of(theirs)
    if was is None or mine is None or other is None:
        return None
    merged = merge_texts(was.lines, mine.lines, other.lines)
    ending = _Ending.merged(was, mine, other)
    ended = MergedText(merged.pieces, ending.of(was), ending.of(mine), ending.of(other))
    bom, encoding = _three_way((was.bom, was.encoding), (mine.bom, mine.encoding), (other.bom, other.encoding))
    if merged.conflicts:
        whole = "".join(ended.marked(end=ending.usual))
    else:
        whole = "".join(_with_same_ends(ended))
        if not _three_way(was.final_newline, mine.final_newline, other.final_newline):
            whole = whole.removesuffix("\n").removesuffix("\r")
    try:
        marked = Text(whole, bom, encoding).encoded()
    except UnicodeEncodeError:
        return None
    return MergedBytes(None if merged.conflicts else marked, marked, merged.conflicts, merged)


def _one_sided(base: bytes, ours: bytes, theirs: bytes, winner: bytes) -> MergedBytes:
    """Give the merge of files of which only one was changed, or both to the same: its bytes, whatever they are."""
    lines = [[] if (text := text_of(data)) is None else text.lines for data in (base, ours, theirs)]
    return MergedBytes(winner, winner, 0, merge_texts(*lines))


_Form = TypeVar("_Form")


def _three_way(base: _Form, ours: _Form, theirs: _Form) -> _Form:
    return ours if theirs == base else theirs


@dataclass(frozen=True, slots=True)
class _Ending:
    """How the merged lines end.

    Attributes:
        every: the end of each line; empty where the merged text is of mixed line ends, and each line keeps its own.
        usual: the end of a line that has none of its own.
    """

    every: str
    usual: str

    @classmethod
    def merged(cls, base: Text, ours: Text, theirs: Text) -> _Ending:
        # A text of one line says nothing of line ends.
        known = next((text.line_end for text in (theirs, ours, base) if text.line_end != NONE), LF)
        end = _three_way(base.line_end or known, ours.line_end or known, theirs.line_end or known)
        windows = any("\r\n" in text.whole for text in (theirs, ours))
        return cls(_ENDS.get(end, ""), _ENDS.get(end, "\r\n" if windows else "\n"))

    def of(self, text: Text) -> list[str]:
        """Give the lines of a text with the ends that they get."""
        if self.every:
            return [line + self.every for line in text.lines]
        lines = text.lines_with_ends
        if lines and not lines[-1].endswith("\n"):
            lines = [*lines[:-1], lines[-1] + self.usual]
        return lines


def _with_same_ends(merged: MergedText) -> list[str]:
    """Give the merged lines; of a line that nobody changed, whoever changed its end wins."""
    lines: list[str] = []
    for piece in merged.pieces:
        if piece.kind is PieceKind.SAME:
            base, ours, theirs = piece.base, piece.ours, piece.theirs
            lines += map(
                _three_way, merged.base[slice(*base)], merged.ours[slice(*ours)], merged.theirs[slice(*theirs)]
            )
        elif piece.kind is PieceKind.THEIRS:
            lines += merged.theirs[slice(*piece.theirs)]
        else:
            lines += merged.ours[slice(*piece.ours)]
    return lines


@dataclass(slots=True)
class _Group:
    """Changes of both sides that touch each other, as a range of lines of the base."""

    start: int
    end: int
    ours: list[Hunk]
    theirs: list[Hunk]

    def growth(self, hunks: list[Hunk]) -> int:
        """Say by how many lines one side made the range longer."""
        return sum(hunk.after_count - hunk.before_count for hunk in hunks)


def _groups(ours: list[Hunk], theirs: list[Hunk]) -> list[_Group]:
    """Put the changes of both sides together that overlap or touch."""
    groups: list[_Group] = []
    sides = sorted(
        [(hunk.before_start, hunk.before_end, 0, hunk) for hunk in ours]
        + [(hunk.before_start, hunk.before_end, 1, hunk) for hunk in theirs],
        key=lambda one: one[:3],
    )
    for start, end, side, hunk in sides:
        last = groups[-1] if groups else None
        if last is None or start > last.end:
            last = _Group(start, end, [], [])
            groups.append(last)
        last.end = max(last.end, end)
        (last.theirs if side else last.ours).append(hunk)
    return groups


def _decided(piece: Piece, group: _Group, ours: Sequence[str], theirs: Sequence[str]) -> list[Piece]:
    """Say who changed a stretch; a conflict loses the lines with which both sides begin or end alike."""
    if not group.theirs:
        return [replace(piece, kind=PieceKind.OURS)]
    if not group.ours:
        return [replace(piece, kind=PieceKind.THEIRS)]
    mine, other = ours[slice(*piece.ours)], theirs[slice(*piece.theirs)]
    if mine == other:
        return [replace(piece, kind=PieceKind.BOTH)]
    head, tail = common_ends(mine, other)
    (a, b), (i, j), (k, m) = piece.base, piece.ours, piece.theirs
    pieces = [
        Piece(PieceKind.BOTH, (a, a), (i, i + head), (k, k + head)),
        Piece(PieceKind.CONFLICT, (a, b), (i + head, j - tail), (k + head, m - tail)),
        Piece(PieceKind.BOTH, (b, b), (j - tail, j), (m - tail, m)),
    ]
    return [one for one in pieces if one.kind is PieceKind.CONFLICT or one.ours[0] < one.ours[1]]
