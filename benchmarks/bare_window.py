"""The peers with a window, each a process of its own: a bare PySide6 window, and what Qt itself filters.

``python -m benchmarks.bare_window paint``, see :mod:`benchmarks.programs`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QMainWindow

from benchmarks.marks import mark, scenario_of
from benchmarks.paint_watch import PaintWatch

SIZE = (1100, 700)


def paint(window: QMainWindow) -> None:
    """End with the first paint."""

    def end() -> None:
        mark("painted")
        QApplication.exit(0)

    PaintWatch(window, end)


def furnished(window: QMainWindow) -> None:
    """End with the first paint of a window with menus, a toolbar, panes and text, and no program behind them."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QAction, QKeySequence, QStandardItemModel
    from PySide6.QtWidgets import QDockWidget, QHeaderView, QLabel, QLineEdit, QStackedWidget, QTableView, QTreeView

    bar = window.addToolBar("Toolbar")
    for title in ("File", "Package", "View", "Tools", "Help"):
        menu = window.menuBar().addMenu(title)
        for number in range(5):
            action = QAction(f"{title} {number}", window)
            action.setShortcuts([QKeySequence(f"Ctrl+{number}")])
            menu.addAction(action)
        bar.addAction(action)
    bar.addWidget(QLineEdit())
    window.statusBar().addPermanentWidget(QLabel("Nothing is unlocked"))
    pages, tree = QStackedWidget(), QTreeView()
    tree.setModel(QStandardItemModel(0, 8, tree))
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    pages.addWidget(QLabel("Welcome"))
    pages.addWidget(tree)
    window.setCentralWidget(pages)
    dock, table = QDockWidget("Details", window), QTableView()
    table.setModel(QStandardItemModel(0, 4, table))
    dock.setWidget(table)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    dock.hide()
    paint(window)


def idle(window: QMainWindow, seconds: str) -> None:
    """Do nothing but wake every second, as a program with a clock must."""
    from PySide6.QtCore import Qt, QTimer

    def end() -> None:
        mark("cpu", 100 * (time.process_time() - cpu) / (time.perf_counter() - began))
        QApplication.exit(0)

    timer = QTimer(window)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: window.setWindowTitle(f"{time.time():.0f}"))
    timer.start(1000)
    cpu, began = time.process_time(), time.perf_counter()
    QTimer.singleShot(int(float(seconds) * 1000), end)


def keystrokes(window: QMainWindow, count: str, rounds: str, *texts: str) -> None:
    """Filter as most Qt programs do: QSortFilterProxyModel, all of it C++."""
    from PySide6.QtCore import QSortFilterProxyModel
    from PySide6.QtGui import QStandardItem, QStandardItemModel
    from PySide6.QtWidgets import QTreeView

    model = QStandardItemModel(0, 5, window)
    for number in range(int(count)):
        model.appendRow([QStandardItem(text) for text in (f"UsrPackage{number:05}", "Blocked", "", "", "")])
    proxy = QSortFilterProxyModel(window)
    proxy.setSourceModel(model)
    tree = QTreeView(window)
    tree.setUniformRowHeights(True)
    tree.setModel(proxy)
    window.setCentralWidget(tree)
    PaintWatch(tree.viewport(), lambda: finish(timed(proxy.setFilterFixedString, texts, int(rounds))))


def timed(type_text: Callable[[str], None], texts: tuple[str, ...], rounds: int) -> list[float]:
    """Give the milliseconds from each text to the end of all the painting that it caused."""
    samples = []
    for _ in range(rounds):
        for text in texts:
            QApplication.processEvents()
            began = time.perf_counter()
            type_text(text)
            QApplication.processEvents()
            samples.append((time.perf_counter() - began) * 1000)
    return samples


def finish(samples: list[float]) -> None:
    """Hand the samples over, and end."""
    mark("samples", samples)
    QApplication.exit(0)


SCENARIOS: dict[str, Callable[..., None]] = {f.__name__: f for f in (paint, furnished, idle, keystrokes)}


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
