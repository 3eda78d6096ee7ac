"""A report with its pictures: the timeline of its windows on white paper, and the place for a signature."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPointF, QRectF, QTimeZone
from PySide6.QtGui import QFont, QPainter, QPen

from hotfix_desktop.core.timeline import Timeline
from hotfix_desktop.services.report_facts import ReportFacts
from hotfix_desktop.ui import report_type as look
from hotfix_desktop.ui.formats import collation
from hotfix_desktop.ui.report_parts import Picture, Report
from hotfix_desktop.ui.report_text import report_of
from hotfix_desktop.ui.report_type import font
from hotfix_desktop.ui.report_words import at, many
from hotfix_desktop.ui.timeline_look import TimelineColours
from hotfix_desktop.ui.timeline_page import paint_on
from hotfix_desktop.ui.timeline_paint import TimelinePainter

SCALE = 0.62
"""Points of the paper for a unit of the timeline, whose sizes are those of a screen; small, but readable."""
LETTERS = 13
HIGHEST = 600.0
"""Points of one picture, which finds room on a page of any paper together with its heading."""
MOST_PICTURES = 3


def whole_report(facts: ReportFacts) -> Report:
    """Write a report with its pictures."""
    return report_of(facts, timeline_pictures(facts), signing_picture())


def timeline_pictures(facts: ReportFacts) -> tuple[Picture, ...]:
    """Give the timeline in pictures of no more than a page; of very many packages those with the most hotfixes."""
    if not facts.windows:
        return ()
    measured = TimelinePainter(TimelineColours.on_paper(), _sized(LETTERS), stamped=False)
    room = measured.lanes_in(HIGHEST / SCALE - 1)
    names = sorted((share.name for share in facts.packages[: room * MOST_PICTURES]), key=collation())
    pictures = []
    for first in range(0, len(names), room):
        here = frozenset(names[first : first + room])
        timeline = Timeline(tuple(window for window in facts.windows if window.package in here))
        height = measured.head + measured.foot + measured.lane * len(here) + 1
        said = f"Timeline of {many(len(timeline.windows), 'hotfix', 'hotfixes')} of {many(len(here), 'package')}, "
        said += f"{at(facts.since)} to {at(facts.until)} UTC"
        pictures.append(Picture(height * SCALE, partial(_paint, facts, timeline, height), said))
    return tuple(pictures)


def _paint(facts: ReportFacts, timeline: Timeline, height: float, painter: QPainter, area: QRectF) -> None:
    painter.scale(SCALE, SCALE)
    whole = QRectF(0, 0, area.width() / SCALE, height)
    paint_on(painter, whole, timeline, (facts.since, facts.until), QTimeZone.utc(), facts.made_at, _sized(LETTERS))


def signing_picture() -> Picture:
    """Give the place where whoever hands the report in signs it."""
    return Picture(62, _paint_signing, "Name, date, signature")


def _paint_signing(painter: QPainter, area: QRectF) -> None:
    painter.setPen(QPen(look.QUIET, 0.5))
    painter.setFont(_sized(8))
    gap = 18.0
    each = (area.width() - 2 * gap) / 3
    for place, word in enumerate(("Name", "Date", "Signature")):
        left = place * (each + gap)
        painter.drawLine(QPointF(left, 46), QPointF(left + each, 46))
        painter.drawText(QPointF(left, 57), word)


def _sized(units: int) -> QFont:
    made = QFont(font(9))
    made.setPixelSize(units)
    return made
