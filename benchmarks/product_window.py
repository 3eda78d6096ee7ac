"""The real program with a watch on its main window, as a process of its own.

``python -m benchmarks.product_window paint --home DIR WORKSPACE``: everything runs as by
``python -m hotfix_desktop --home DIR WORKSPACE``, but for the watch that the scenario sets.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.import_watch import ImportWatch
from benchmarks.marks import mark, scenario_of

if TYPE_CHECKING:
    from hotfix_desktop.ui.main_window import MainWindow


def paint(window: MainWindow) -> None:
    """End with the first paint."""
    from benchmarks.paint_watch import PaintWatch

    mark("built")
    PaintWatch(window, lambda: _end("painted"))


def rows(window: MainWindow) -> None:
    """End when the packages are painted."""
    from benchmarks.paint_watch import PaintWatch

    mark("built")
    PaintWatch(window, lambda: mark("painted"))
    PaintWatch(window.tree.viewport(), lambda: _end("rows"), lambda: window.model.matching > 0)


def loaded(window: MainWindow) -> None:
    """End when the workspace has been looked at and is shown."""
    window.loaded.connect(lambda: _end("loaded"))


def idle(window: MainWindow, seconds: str) -> None:
    """Let the window stand, once it has loaded."""
    from PySide6.QtCore import QTimer

    def begin() -> None:
        cpu, began = time.process_time(), time.perf_counter()

        def end() -> None:
            _end("cpu", 100 * (time.process_time() - cpu) / (time.perf_counter() - began))

        QTimer.singleShot(int(float(seconds) * 1000), end)

    # What loading leaves behind (elements, icons) is not idling.
    window.loaded.connect(lambda: QTimer.singleShot(1500, begin))


def keystrokes(window: MainWindow, rounds: str, *texts: str) -> None:
    """Type into the filter, once everything is loaded."""
    from benchmarks.bare_window import timed

    def work() -> None:
        window.workspace.session.heartbeat.timer.stop()
        _end("samples", timed(window.filter.setText, texts, int(rounds)))

    _when_settled(window, work)


def beats(window: MainWindow, count: str) -> None:
    """Deliver beats to the window, a second apart by their clock, and for comparison only paint its tree."""
    from dataclasses import replace
    from datetime import timedelta

    from PySide6.QtWidgets import QApplication

    from hotfix_desktop.services.beat import Beat

    def work() -> None:
        session, now = window.workspace.session, window.doors.clock.now()
        session.heartbeat.timer.stop()
        samples, paints = [], []
        for number in range(1, int(count) + 1):
            QApplication.processEvents()
            moment = replace(now, utc=now.utc + timedelta(seconds=number), boot_us=now.boot_us + number * 1_000_000)
            began = time.perf_counter()
            session.beaten.emit(Beat(moment, 0))
            QApplication.processEvents()
            between = time.perf_counter()
            window.tree.viewport().repaint()
            samples.append((between - began) * 1000)
            paints.append((time.perf_counter() - between) * 1000)
        mark("paints", paints)
        _end("samples", samples)

    _when_settled(window, work)


def _when_settled(window: MainWindow, work: Callable[[], None]) -> None:
    from PySide6.QtCore import QTimer

    window.loaded.connect(lambda: QTimer.singleShot(1000, work))


def _end(name: str, value: Any = None) -> None:
    from PySide6.QtWidgets import QApplication

    mark(name, value)
    # Not window.close(): nobody is there to answer what becomes of open packages.
    QApplication.exit(0)


SCENARIOS: dict[str, Callable[..., None]] = {f.__name__: f for f in (paint, rows, loaded, idle, keystrokes, beats)}


def main() -> int:
    from hotfix_desktop.__main__ import main as program

    scenario, options = scenario_of(sys.argv[1])
    sys.meta_path.insert(0, ImportWatch(lambda window: SCENARIOS[scenario](window, *options)))
    return program(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
