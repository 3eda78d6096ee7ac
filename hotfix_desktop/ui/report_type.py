"""The type of a report on paper: units, fonts, colours on white, and blocks of text that know their lines.

Everything is laid out in units of 1/600 inch, whatever it is painted on afterwards, so that the PDF, the printer
and a picture break their lines at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.ui.report_parts import Text, Tone

DPI = 600
INK, QUIET, RULE, FILL = QColor("#111827"), QColor("#4B5563"), QColor("#C4C9D1"), QColor("#F3F4F6")
ALARM, GOOD = QColor("#9B1C1C"), QColor("#166534")
COLOURS = {Tone.PLAIN: INK, Tone.STRONG: INK, Tone.QUIET: QUIET, Tone.ALARM: ALARM}
LEADING = 1.32
"""Height of a line, of the size of its letters."""
_FAMILIES = ("Arial", "Liberation Sans", "Helvetica Neue", "Segoe UI", "Noto Sans", "DejaVu Sans")
_FIXED = ("Liberation Mono", "Consolas", "Menlo", "DejaVu Sans Mono", "Noto Sans Mono", "Courier New")


def pt(points: float) -> float:
    """Give points in the units of the layout."""
    return points * DPI / 72


@lru_cache(maxsize=64)
def font(size: float, *, bold: bool = False, fixed: bool = False) -> QFont:
    """Give a font of so many points; raises ``WorkspaceError`` on a computer without any."""
    made = QFont([family for family in (_FIXED if fixed else _FAMILIES) if family in _installed()] or _any_family())
    if fixed:
        made.setStyleHint(QFont.StyleHint.Monospace)
    made.setPixelSize(round(pt(size)))
    made.setBold(bold)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setFeature(QFont.Tag("liga"), 0)  # else nobody finds "Hotfix" in the PDF, and hashes cannot be copied
    return made


@lru_cache(maxsize=1)
def _installed() -> frozenset[str]:
    return frozenset(QFontDatabase.families())


def _any_family() -> list[str]:
    families = QFontDatabase.families()
    if not families:
        raise WorkspaceError(
            "This computer has no fonts, so no report can be written.",
            "Install some, fonts-liberation or fonts-dejavu-core on Debian, or export the log as CSV.",
        )
    return families[:1]


class Block:
    """Text of some tones in a width, broken into lines.

    Attributes:
        height: of all lines together.
        leading: of one line.
    """

    def __init__(
        self,
        line: Sequence[Text],
        size: float,
        width: float,
        *,
        right: bool = False,
        bold: bool = False,
        fixed: bool = False,
    ) -> None:
        """Break the text; ``size`` in points, ``width`` in the units of the layout."""
        self.leading = pt(size * LEADING)
        text = "".join(piece.text for piece in line)
        self._layout = QTextLayout(text, font(size, bold=bold, fixed=fixed))
        option = QTextOption(Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setUseDesignMetrics(True)
        self._layout.setTextOption(option)
        self._layout.setFormats(list(_formats(line)))
        self._layout.setCacheEnabled(True)
        self._layout.beginLayout()
        count = 0
        while (made := self._layout.createLine()).isValid():
            made.setLineWidth(max(width, pt(size)))
            # Fallback fonts are taller; lines keep their distance all the same.
            made.setPosition(QPointF(0, count * self.leading + (self.leading - made.height()) / 2))
            count += 1
        self._layout.endLayout()
        self.lines = max(1, count)
        self.height = self.lines * self.leading

    def paint(self, painter: QPainter, x: float, y: float, first: int = 0, last: int | None = None) -> None:
        """Paint the lines from ``first`` to before ``last``, the first of them at this place."""
        end = self._layout.lineCount() if last is None else min(last, self._layout.lineCount())
        for at in range(first, end):
            line: QTextLine = self._layout.lineAt(at)
            line.draw(painter, QPointF(x, y - first * self.leading))

    @property
    def natural_width(self) -> float:
        """How wide the widest line is."""
        return self._layout.maximumWidth() if self.lines == 1 else self._layout.boundingRect().width()


def _formats(line: Sequence[Text]) -> Iterator[QTextLayout.FormatRange]:
    start = 0
    for piece in line:
        # The database of characters counts in UTF-16, as Qt does.
        size = len(piece.text.encode("utf-16-le", "surrogatepass")) // 2
        look = QTextCharFormat()
        look.setForeground(COLOURS[piece.tone])
        if piece.tone in (Tone.STRONG, Tone.ALARM):
            look.setFontWeight(QFont.Weight.Bold)
        made = QTextLayout.FormatRange()
        made.start, made.length, made.format = start, size, look
        yield made
        start += size
