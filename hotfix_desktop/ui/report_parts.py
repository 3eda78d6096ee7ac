"""What a report consists of, before it is laid out: plain values, all text unformatted.

Nothing in here is markup, so nothing that anybody typed as a reason can become any.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter


class Tone(Enum):
    """How loud a text is; told apart without colour, too."""

    PLAIN = auto()
    STRONG = auto()
    QUIET = auto()
    ALARM = auto()


class Sign(Enum):
    """The shape beside a statement."""

    GOOD = auto()
    BAD = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Title:
    """The head of the first page."""

    title: str
    subtitle: str


@dataclass(frozen=True, slots=True)
class Heading:
    """Begins a section; stays with what follows it."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences; ``keep`` says that they stay with what follows."""

    line: Line
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, each with a dot."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values beside each other."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that is seen at once; ``alarm`` says that somebody should look at it."""

    value: str
    label: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Tiles:
    """Figures side by side."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated loudest: a sign, a sentence, and what it rests on."""

    sign: Sign
    headline: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text as a machine wrote it, in letters of one width."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``share`` of the width in hundredths."""

    title: str
    share: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: cells, and lines below them over the whole width."""

    cells: tuple[Text, ...]
    below: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows; the titles of the columns are repeated on each page."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Something that paints itself: given a painter and its rectangle in points, from the top left of the picture."""

    height: float
    paint: Callable[[QPainter, QRectF], None]
    description: str


Part = Title | Heading | Paragraph | Bullets | Facts | Tiles | Statement | Verbatim | Table | Picture


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready to be laid out.

    Attributes:
        name: the title of the document.
        header: what stands at the top of every page but the first, left and right.
        footer: what stands at the bottom of every page, beside the page's number.
    """

    name: str
    header: tuple[str, str]
    footer: str
    parts: tuple[Part, ...]


def visible(text: str) -> str:
    """Give a text in which nothing is hidden: what controls or turns around the writing is written out."""
    if text.isprintable():  # nearly all are, and a report has thousands
        return text
    return "".join(_shown(c) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else c for c in text)


def _shown(character: str) -> str:
    # Joiners belong to the writing of some languages; a soft hyphen only hides.
    return character if character in "\u200c\u200d" else f"⟨U+{ord(character):04X}⟩"


def plain(part: Part) -> str:
    """Give the text of a part without its looks, line by line."""
    match part:
        case Title():
            return f"{part.title}\n{part.subtitle}"
        case Heading():
            return part.text
        case Paragraph():
            return _joined(part.line)
        case Bullets():
            return "\n".join(_joined(line) for line in part.lines)
        case Facts():
            return "\n".join(f"{name}: {value}" for name, value in part.pairs)
        case Tiles():
            return "\n".join(f"{tile.label}: {tile.value}" for tile in part.tiles)
        case Statement():
            return "\n".join((part.headline, *part.lines))
        case Verbatim():
            return "\n".join(part.lines)
        case Table():
            lines = [" | ".join(column.title for column in part.columns)]
            for row in part.rows:
                lines.append(" | ".join(cell.text for cell in row.cells))
                lines += [_joined(line) for line in row.below]
            return "\n".join(lines)
        case Picture():
            return part.description


def _joined(line: Line) -> str:
    return "".join(piece.text for piece in line)
