"""The real viewer of an audit log with a watch on its window, as a process of its own.

``python -m benchmarks.audit_program page --audit FILE``: everything runs as by ``python -m hotfix_desktop --audit
FILE``, but for the watch that the scenario sets.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.import_watch import ImportWatch
from benchmarks.marks import mark, scenario_of

if TYPE_CHECKING:
    from hotfix_desktop.core.log_query import LogQuery
    from hotfix_desktop.ui.audit_feed import AuditFeed
    from hotfix_desktop.ui.audit_table import AuditTable
    from hotfix_desktop.ui.audit_window import AuditWindow

PATIENCE = 120.0


def page(window: AuditWindow) -> None:
    """End when the first page is painted; for an empty log, when its window is."""
    from benchmarks.paint_watch import PaintWatch

    _, feed = _parts(window)

    def answered() -> None:
        feed.answered.disconnect(answered)
        PaintWatch(window, lambda: _end("painted"))
        window.update()

    feed.answered.connect(answered)


def frames(window: AuditWindow, count: str) -> None:
    """Jump, page and turn the wheel; each turn of the event loop is a frame, those that bring the lines too."""
    from benchmarks.bare_table import scrolled

    def work() -> None:
        table, _ = _parts(window)
        for name, (whole, own) in scrolled(table, int(count), lambda: _is_read(table)).items():
            mark(name, whole)
            mark(f"{name}-own", own)
        _end("memory", resident())

    _when_answered(window, work)


def memory(window: AuditWindow) -> None:
    """Let the window stand, and say what it takes."""
    from PySide6.QtCore import QTimer

    _when_answered(window, lambda: QTimer.singleShot(500, lambda: _end("memory", resident())))


def answers(window: AuditWindow, rounds: str, word: str) -> None:
    """Ask by each indexed column, by period, and for a word; time the first painted page, the end, and the stop."""
    from benchmarks.big_log import END
    from hotfix_desktop.core.log_query import LogColumn, LogQuery

    owner, package = ("only", LogColumn.OWNER, "ann"), ("only", LogColumn.PACKAGE, "UsrInvoicePage")
    asked = {
        "type": LogQuery(only=((LogColumn.TYPE, "Relock failed"),)),
        "package": LogQuery(only=(package[1:],)),
        "owner": LogQuery(only=(owner[1:],)),
        "result": LogQuery(only=((LogColumn.RESULT, "Denied"),)),
        "month": LogQuery(since=END.replace(month=10)),
        "old-month": LogQuery(
            since=END.replace(year=END.year - 3, month=1), until=END.replace(year=END.year - 3, month=2)
        ),
        "sorted": LogQuery(sort=LogColumn.PACKAGE, descending=False),
        "word": LogQuery(text=word),
    }

    def work() -> None:
        table, feed = _parts(window)
        for name, query in asked.items():
            first, whole = zip(*(_answer(table, feed, query, name == "word") for _ in range(int(rounds))), strict=True)
            mark(f"{name}-first", first)
            mark(f"{name}-whole", whole)
        _end("stop", [_stop(table, feed) for _ in range(int(rounds))])

    _when_answered(window, work)


def _answer(table: AuditTable, feed: AuditFeed, query: LogQuery, to_the_end: bool) -> tuple[float, float]:
    from hotfix_desktop.core.log_query import LogQuery
    from hotfix_desktop.ui.audit_feed import FeedState

    _ask(feed, LogQuery())
    began = time.perf_counter()
    feed.ask(query)
    _until(lambda: feed.state is not FeedState.ASKED and (table.model().rowCount() > 0 or _is_over(feed)))
    table.viewport().repaint()
    first = time.perf_counter()
    if to_the_end:
        _until(lambda: _is_over(feed))
    return (first - began) * 1000, (time.perf_counter() - began) * 1000


def _stop(table: AuditTable, feed: AuditFeed) -> float:
    from hotfix_desktop.core.log_query import LogQuery
    from hotfix_desktop.ui.audit_feed import FeedState

    feed.ask(LogQuery(text="this stands nowhere"))
    _until(lambda: feed.state is FeedState.SEARCHING or _is_over(feed))
    began = time.perf_counter()
    feed.stop()
    _until(lambda: feed.state is not FeedState.SEARCHING)
    return (time.perf_counter() - began) * 1000


def _ask(feed: AuditFeed, query: LogQuery) -> None:
    feed.ask(query)
    _until(lambda: _is_over(feed))


def _is_over(feed: AuditFeed) -> bool:
    from hotfix_desktop.ui.audit_feed import FeedState

    return feed.state in (FeedState.COMPLETE, FeedState.PAUSED, FeedState.FAILED)


def _is_read(table: AuditTable) -> bool:
    from hotfix_desktop.ui.audit_model import LINE_ROLE

    rows = (table.rowAt(1), table.rowAt(table.viewport().height() - 2))
    return all(row < 0 or table.model().index(row, 0).data(LINE_ROLE) is not None for row in rows)


def _until(done: Callable[[], bool]) -> None:
    from PySide6.QtCore import QCoreApplication, QEventLoop

    end = time.perf_counter() + PATIENCE
    while not done():
        if time.perf_counter() > end:
            raise TimeoutError("the viewer did not get there")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)


def _parts(window: AuditWindow) -> tuple[AuditTable, AuditFeed]:
    from hotfix_desktop.ui.audit_feed import AuditFeed
    from hotfix_desktop.ui.audit_table import AuditTable

    return window.findChild(AuditTable), window.findChild(AuditFeed)


def _when_answered(window: AuditWindow, work: Callable[[], None]) -> None:
    from PySide6.QtCore import QTimer

    _, feed = _parts(window)

    def begin() -> None:
        feed.answered.disconnect(begin)
        QTimer.singleShot(500, work)  # what else a window does when it opens is over then

    feed.answered.connect(begin)


def resident() -> float:
    """Give the resident memory of this process, in MB of 1,000,000 bytes."""
    import resource

    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _end(name: str, value: Any = None) -> None:
    from PySide6.QtWidgets import QApplication

    mark(name, value)
    QApplication.exit(0)


SCENARIOS: dict[str, Callable[..., None]] = {f.__name__: f for f in (page, frames, memory, answers)}


def main() -> int:
    from hotfix_desktop.__main__ import main as program

    scenario, options = scenario_of(sys.argv[1])
    watch = ImportWatch(lambda window: SCENARIOS[scenario](window, *options), builder="audit_alone")
    sys.meta_path.insert(0, watch)
    return program(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
