"""Lines as cells of one width, as a terminal has them: only what is on the screen of a long line is ever measured.

A tab goes to the next stop, a wide sign takes two cells, what combines with the letter before takes none. Signs
that cannot be seen, or that turn the direction of what follows, are shown: an auditor sees what a machine reads.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

TAB = 4
LONGEST = 4000
"""Letters of a line that are measured one by one; in a longer line each counts as one cell."""
HIDDEN = "¤"
"""Stands for a sign that nobody could see."""
_ENDS = {"\r": "←", "\n": "↓"}
_UNSEEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Cells:
    """A line as cells.

    Attributes:
        text: the line.
        width: how many cells it has.
        starts: the cell of each letter, and one more for the end; None where each letter is one cell.
    """

    text: str
    width: int
    starts: array[int] | None = None

    def cell(self, letter: int) -> int:
        """Give where a letter stands; past the end the end."""
        letter = min(letter, len(self.text))
        return letter if self.starts is None else self.starts[letter]

    def letter(self, cell: int) -> int:
        """Give the letter at a cell; past the end the end."""
        if cell <= 0:
            return 0
        if self.starts is None:
            return min(cell, len(self.text))
        return min(bisect_right(self.starts, cell) - 1, len(self.text))

    def shown(self, first: int, last: int) -> str:
        """Give the letters of a stretch as they are drawn, one sign or more for each; tabs become blanks."""
        part = self.text[first:last]
        if part.isascii() and part.isprintable():
            return part
        if self.starts is not None and "\t" in part:
            part = "".join(
                " " * (self.starts[at + 1] - self.starts[at]) if letter == "\t" else letter
                for at, letter in enumerate(part, first)
            )
        elif "\t" in part:
            part = part.replace("\t", "\u2192")
        return _UNSEEN.sub(_seen, part)


def has_unseen(text: str) -> bool:
    """Say whether a text holds a sign that nobody could see, line ends and tabs aside."""
    return not text.isascii() and re.search("[\u200b-\u200f\u2028-\u202e\u2060-\u2069]", text) is not None


@lru_cache(maxsize=2048)
def cells(text: str) -> Cells:
    """Measure a line."""
    if len(text) > LONGEST or (text.isascii() and text.isprintable()):
        return Cells(text, len(text))
    starts = array("i", [0])
    at = 0
    for letter in text:
        at += _width(letter, at)
        starts.append(at)
    return Cells(text, at, starts)


def _width(letter: str, at: int) -> int:
    if letter == "\t":
        return TAB - at % TAB
    if " " <= letter < "\u0300":
        return 1
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _seen(found: re.Match[str]) -> str:
    return _ENDS.get(found[0], HIDDEN)
