"""The timeline in a window of its own, zoomed and dragged by real events; each sample is one frame.

``python -m benchmarks.timeline_window "frames|20000|40|9"``, see :mod:`benchmarks.programs`.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.marks import mark, scenario_of
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.timeline import HotfixWindow, Mark, MarkKind, Timeline
from hotfix_desktop.ui.theme import Theme, style_arguments
from hotfix_desktop.ui.timeline import TimelineView
from hotfix_desktop.ui.timeline_layout import TimelineLayout

SIZE = (1100, 700)
NOW = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)
DAYS = 1800
NOTCHES = 45
MINUTE = 60_000_000


def made(count: int, lanes: int) -> tuple[HotfixWindow, ...]:
    """Make the windows of five years: one in twelve overran, one in five has a mark."""
    chance, now = random.Random(7), to_microseconds(NOW)
    step = DAYS * 24 * 60 * MINUTE // count
    return tuple(
        _one(number, f"UsrPackage{number % lanes:03}", now - step * (count - number), chance) for number in range(count)
    )


def _one(number: int, package: str, opened: int, chance: random.Random) -> HotfixWindow:
    fate, minutes = chance.random(), chance.randint(3, 40)
    marks: tuple[Mark, ...] = ()
    if fate < 0.2:
        kind = list(MarkKind)[int(fate * 20)]
        marks = (Mark(kind, opened + minutes * MINUTE, number * 5 + 2),)
    return HotfixWindow(
        hotfix=number + 1,
        package=package,
        opened_by="ikoval",
        reason="VAT is rounded wrongly on invoices",
        ticket="",
        opened_us=opened,
        deadline_us=opened + (5 if 0.15 < fate < 0.23 else 45) * MINUTE,
        closed_us=opened + minutes * MINUTE,
        ending="locked",
        overdue_us=None,
        first_seq=number * 5,
        last_seq=number * 5 + 4,
        marks=marks,
    )


class PaintWatch(QObject):
    """Counts the paints of a widget, so that no frame is timed that was none."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.paints = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.paints += event.type() is QEvent.Type.Paint
        return False


def frames(view: TimelineView, rounds: str) -> None:
    """Zoom in to the seconds and out again, drag at several depths, scroll; give the milliseconds of each frame."""
    watch = PaintWatch(view.viewport())
    for name, events in (("zoom", _zoom(view)), ("drag", _drag(view)), ("scroll", _scroll(view))):
        found = list(events)
        samples, worked = [], []
        for _ in range(int(rounds)):
            for target, event in found:
                began, begun = time.perf_counter(), time.thread_time()
                QCoreApplication.sendEvent(target, event)
                view.viewport().repaint()
                samples.append((time.perf_counter() - began) * 1000)
                worked.append((time.thread_time() - begun) * 1000)
            view.fit()
        if watch.paints < len(samples):
            raise RuntimeError(f"{len(samples)} frames were wanted, {watch.paints} were painted")
        watch.paints = 0
        mark(name, samples)
        mark(f"{name}-worked", worked)


def _zoom(view: TimelineView) -> Iterator[tuple[QWidget, QEvent]]:
    for turn in (120, -120):
        for _ in range(NOTCHES):
            yield view.viewport(), _wheel(QPointF(700, 300), turn)


def _drag(view: TimelineView) -> Iterator[tuple[QWidget, QEvent]]:
    button = Qt.MouseButton.LeftButton
    for _ in range(5):
        for _ in range(5):
            yield view.viewport(), _wheel(QPointF(700, 300), 120)
        yield view.viewport(), _mouse(QEvent.Type.MouseButtonPress, QPointF(900, 300), button)
        for step in range(20):
            yield view.viewport(), _mouse(QEvent.Type.MouseMove, QPointF(890 - 13 * step, 300), button)
        yield view.viewport(), _mouse(QEvent.Type.MouseButtonRelease, QPointF(500, 300), button)


def _scroll(view: TimelineView) -> Iterator[tuple[QWidget, QEvent]]:
    for turn in (-120, 120):
        for _ in range(10):
            yield view.viewport(), _wheel(QPointF(40, 300), turn)


def _wheel(at: QPointF, turn: int) -> QWheelEvent:
    none = Qt.KeyboardModifier.NoModifier
    return QWheelEvent(
        at, at, QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
    )


def _mouse(kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> QMouseEvent:
    return QMouseEvent(kind, at, at, button, button, Qt.KeyboardModifier.NoModifier)


def main() -> int:
    _, (count, lanes, rounds) = scenario_of(sys.argv[1])
    app = QApplication([sys.argv[0], *style_arguments()])
    view = TimelineView(Theme(app), lambda: NOW)
    timeline = Timeline(made(int(count), int(lanes)))
    began = time.perf_counter()
    layout = TimelineLayout.of(timeline.windows, to_microseconds(NOW))
    mark("layout", [(time.perf_counter() - began) * 1000])
    view.resize(*SIZE)
    view.show()
    app.processEvents()  # until it is exposed nothing is painted
    began = time.perf_counter()
    view.show_timeline(timeline, layout)
    view.viewport().repaint()
    mark("shown", [(time.perf_counter() - began) * 1000])
    frames(view, rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
