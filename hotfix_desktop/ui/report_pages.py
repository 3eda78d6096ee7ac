"""A report on pages: laid out step by step, and painted page by page on whatever takes a painter."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QLocale, QMarginsF, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QPageLayout, QPageSize, QPainter, QPen

from hotfix_desktop.ui import report_type as look
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.report_parts import Report, Table, Text, Tone
from hotfix_desktop.ui.report_strip import Page, Strip, paginate
from hotfix_desktop.ui.report_strips import strips
from hotfix_desktop.ui.report_type import DPI, Block, font, pt

MARGINS = QMarginsF(18, 13, 18, 12)
"""Millimetres at the left, top, right and bottom."""
SMALL = 7.5
HEAD, FOOT = 26.0, 24.0
"""Points for the lines at the top and at the bottom of every page."""
_LETTER = {
    QLocale.Country.UnitedStates,
    QLocale.Country.Canada,
    QLocale.Country.Mexico,
    QLocale.Country.Philippines,
    QLocale.Country.Colombia,
    QLocale.Country.Chile,
    QLocale.Country.Venezuela,
    QLocale.Country.PuertoRico,
}


def paper_of(locale: QLocale) -> QPageLayout:
    """Give the paper that is usual where somebody lives: Letter in some countries of America, else A4."""
    wanted = QPageSize.PageSizeId.Letter if locale.territory() in _LETTER else QPageSize.PageSizeId.A4
    return QPageLayout(QPageSize(wanted), QPageLayout.Orientation.Portrait, MARGINS, QPageLayout.Unit.Millimeter)


class ReportPages:
    """The pages of a report; :meth:`steps` has to be run through before anything is painted."""

    def __init__(self, report: Report, paper: QPageLayout) -> None:
        """Take the width and height between the margins of this paper."""
        self.report = report
        room = paper.paintRect(QPageLayout.Unit.Point)
        self._width, self._height = pt(room.width()), pt(room.height())
        self._pages: list[Page] = []

    def __len__(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Lay the pages out; gives how many of how many steps are done, each some milliseconds of work."""
        total = sum(len(part.rows) if isinstance(part, Table) else 1 for part in self.report.parts)
        made: list[Strip] = []
        done = 0
        for part in self.report.parts:
            rows = len(part.rows) if isinstance(part, Table) else 1
            for at, strip in enumerate(strips(part, self._width)):
                made.append(strip)
                if at % 20 == 19:
                    yield min(done + at, total), total
            done += rows
            yield done, total
        self._pages = list(paginate(made, self._height - pt(HEAD + FOOT)))
        yield total, total

    def paint(self, painter: QPainter, page: int, dpi: float) -> None:
        """Paint a page, counted from 0, with the painter's origin at the left and top margin.

        ``dpi`` is how many of the painter's units are an inch.
        """
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(dpi / DPI, dpi / DPI)
        self._paint_head(painter, page)
        painter.translate(0, pt(HEAD))
        for y, strip in self._pages[page]:
            strip.paint(painter, y)
        painter.translate(0, -pt(HEAD))
        self._paint_foot(painter, page)
        painter.restore()

    def _paint_head(self, painter: QPainter, page: int) -> None:
        if page == 0:
            return
        left, right = self.report.header
        self._paint_line(painter, 0, left, right)
        painter.setPen(QPen(look.RULE, pt(0.5)))
        painter.drawLine(QPointF(0, pt(13)), QPointF(self._width, pt(13)))

    def _paint_foot(self, painter: QPainter, page: int) -> None:
        y = self._height - pt(12)
        painter.setPen(QPen(look.RULE, pt(0.5)))
        painter.drawLine(QPointF(0, y - pt(4)), QPointF(self._width, y - pt(4)))
        self._paint_line(painter, y, self.report.footer, f"{number(page + 1)} of {number(len(self._pages))}")

    def _paint_line(self, painter: QPainter, y: float, left: str, right: str) -> None:
        for text, share, x, is_right in ((left, 0.63, 0.0, False), (right, 0.35, 0.65, True)):
            room = self._width * share
            elided = QFontMetricsF(font(SMALL)).elidedText(text, Qt.TextElideMode.ElideRight, room)
            Block((Text(elided, Tone.QUIET),), SMALL, room, right=is_right).paint(painter, self._width * x, y)
