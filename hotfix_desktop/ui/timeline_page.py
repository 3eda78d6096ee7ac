"""The timeline on paper, and what is said and shown of a timeline as a whole."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QRectF, QTimeZone
from PySide6.QtGui import QFont, QPainter

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.timeline import Timeline
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.timeline_layout import LaneOrder, TimelineLayout
from hotfix_desktop.ui.timeline_look import TimelineColours
from hotfix_desktop.ui.timeline_paint import Picture, TimelinePainter
from hotfix_desktop.ui.timeline_scale import TimeScale

Period = tuple[datetime | None, datetime | None]
"""From when to when, UTC; the second moment is not in it any more, and None where it has no end."""


def note_of(timeline: Timeline) -> str:
    """Give "1,284 hotfixes · 12 packages", and whether these are all."""
    count, packages = len(timeline.windows), len({window.package for window in timeline.windows})
    hotfixes = tr("1 hotfix") if count == 1 else tr("{count} hotfixes").format(count=number(count))
    if timeline.is_part:
        return tr("only the newest {hotfixes}").format(hotfixes=hotfixes)
    return f"{hotfixes} · " + (tr("1 package") if packages == 1 else f"{number(packages)} {tr('packages')}")


def paint_on(
    painter: QPainter,
    area: QRectF,
    timeline: Timeline,
    period: Period,
    zone: QTimeZone,
    now: datetime,
    font: QFont,
    *,
    first_lane: int = 0,
) -> int:
    """Paint a timeline on white paper, as many lanes as find room, and give the number of the first that did not.

    One unit of the painter is meant to be 1/96 inch, as on a screen, and ``font`` to have its size in pixels.
    Lanes stand in the order of the names. Call it again with ``first_lane`` on the next page.
    """
    layout = TimelineLayout.of(timeline.windows, to_microseconds(now), LaneOrder.NAME)
    kit = TimelinePainter(TimelineColours.on_paper(), font, stamped=False)
    here = layout.lanes[first_lane : first_lane + max(1, kit.lanes_in(area.height()))]
    shown = TimelineLayout(here)
    used = QRectF(area.left(), area.top(), area.width(), kit.head + kit.foot + kit.lane * len(here))
    width = int(area.width() - kit.names_width(shown, area.width()))
    scale = TimeScale.fitting(*stretch(layout, period, now), width)
    kit.paint(painter, used, Picture(shown, scale, zone, to_microseconds(now), note=note_of(timeline)))
    return first_lane + len(here)


def stretch(layout: TimelineLayout, period: Period, now: datetime) -> tuple[float, float]:
    """Give from when to when a timeline is shown, UTC, microseconds.

    That is the period, up to now where it has no end; without a period it is what there is to see.
    """
    now_us = float(to_microseconds(now))
    since, until = (None if moment is None else float(to_microseconds(moment)) for moment in period)
    extent = layout.extent() or (now_us, now_us)
    first = extent[0] if since is None else since
    if until is not None:
        last = min(until, max(now_us, extent[1]))
    else:
        last = extent[1] if since is None else max(now_us, extent[1])
    return first, max(first, last)
