"""What Qt itself shows: a table over ``QStandardItemModel``, all of it C++, and a bare window's memory.

``python -m benchmarks.bare_table frames|250``, see :mod:`benchmarks.programs`.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView

from benchmarks.marks import mark, scenario_of

SIZE = (1100, 700)
ROWS = 6_000
TEXTS = ("2026-11-23 14:02:11", "Package unlocked", "UsrInvoicePage", "i.koval", "10.0.4.24", "Success")
SAID = "Unlocked for hotfix: VAT is rounded wrongly on invoices"


def frames(window: QMainWindow, count: str) -> None:
    """Jump, page and turn the wheel in six thousand rows."""
    model = QStandardItemModel(0, 7, window)
    for number in range(ROWS):
        model.appendRow([QStandardItem(text) for text in (*TEXTS, f"{SAID} {number}")])
    table = QTableView(window)
    table.setModel(model)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(28)
    table.horizontalHeader().setStretchLastSection(True)
    window.setCentralWidget(table)

    def work() -> None:
        for name, (whole, own) in scrolled(table, int(count), lambda: True).items():
            mark(name, whole)
            mark(f"{name}-own", own)
        QApplication.exit(0)

    QTimer.singleShot(500, work)


def memory(window: QMainWindow) -> None:
    """Stand there, and say what that takes."""

    def work() -> None:
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        mark("memory", pages * resource.getpagesize() / 1e6)
        QApplication.exit(0)

    QTimer.singleShot(500, work)


def scrolled(table: QTableView, count: int, is_read: Callable[[], bool]) -> dict[str, tuple[list[float], list[float]]]:
    """Give the milliseconds of each frame of three ways to scroll, and how long this thread worked on it.

    A frame is a turn of the event loop with all that it paints; turns until everything is there count, too.
    """
    chance = random.Random(1)
    bar = table.verticalScrollBar()

    def wheel() -> None:
        middle = QPointF(table.viewport().rect().center())
        event = QWheelEvent(
            middle,
            QPointF(table.viewport().mapToGlobal(middle.toPoint())),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QCoreApplication.sendEvent(table.viewport(), event)

    ways: dict[str, Callable[[], None]] = {
        "jump": lambda: bar.setValue(chance.randrange(bar.maximum())),
        "paging": lambda: bar.setValue(bar.value() + bar.pageStep()),
        "wheel": wheel,
    }
    found = {}
    for name, way in ways.items():
        bar.setValue(bar.maximum() // 3 if name != "jump" else 0)
        _settle(is_read)
        whole: list[float] = []
        own: list[float] = []
        for _ in range(count):
            turn(way, whole, own)
            end = time.perf_counter() + 1
            while not is_read() and time.perf_counter() < end:
                turn(None, whole, own)
            bar.setValue(0) if bar.value() >= bar.maximum() else None
        found[name] = whole, own
    return found


def turn(way: Callable[[], None] | None, whole: list[float], own: list[float]) -> None:
    """Do something and turn the event loop once; keep how long that took, unless there was nothing to do."""
    began, worked = time.perf_counter(), time.thread_time()
    if way is not None:
        way()
    QCoreApplication.processEvents()
    took = (time.perf_counter() - began) * 1000
    if way is not None or took > 1:
        whole.append(took)
        own.append((time.thread_time() - worked) * 1000)


def _settle(is_read: Callable[[], bool]) -> None:
    end = time.perf_counter() + 2
    while time.perf_counter() < end and not is_read():
        QCoreApplication.processEvents()


SCENARIOS: dict[str, Callable[..., None]] = {f.__name__: f for f in (frames, memory)}


def main() -> int:
    scenario, options = scenario_of(sys.argv[1])
    application = QApplication(["bare"])
    window = QMainWindow()
    window.resize(*SIZE)
    SCENARIOS[scenario](window, *options)
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
