"""The timeline in the audit log window: it follows the filters, and reads nothing while it is hidden."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, QTimeZone, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.timeline import Timeline
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.timeline_source import TimelineSource
from hotfix_desktop.ui.theme import AROUND, BETWEEN, Theme
from hotfix_desktop.ui.timeline import TimelineView
from hotfix_desktop.ui.timeline_layout import TimelineLayout

READING = "Reading the hotfixes…"


class AuditTimeline(QWidget):
    """Shows the hotfixes of the question that the list answers.

    Signals:
        chosen: the number of the hotfix that was clicked.
    """

    chosen = Signal(int)

    def __init__(
        self, source: TimelineSource, theme: Theme, now: Callable[[], datetime], parent: QWidget | None = None
    ) -> None:
        """Show nothing yet."""
        super().__init__(parent)
        self._source, self._now = source, now
        self._wanted = LogQuery()
        self._shown: LogQuery | None = None
        self._timeline = Timeline()
        self._job: Job | None = None
        self.view = TimelineView(theme, now, self)
        self.view.chosen.connect(self._on_chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(AROUND, 0, AROUND, BETWEEN)
        column.addWidget(self.view)

    def ask(self, query: LogQuery) -> None:
        """Show the hotfixes of a question, now or when the timeline is shown; one hotfix alone is only selected."""
        if query.hotfix is not None and self._shown is not None:
            self.view.select(query.hotfix)  # among the others: alone it would be no picture of anything
            return
        self._wanted = query
        if self.isVisible():
            self._read()

    def catch_up(self) -> None:
        """Add what was entered since."""
        if self.isVisible() and self._shown is not None and self._job is None:
            self._run(self._source.news(self._shown, self._timeline, self._lay_out), self._shown)

    def focus_part(self) -> QWidget:
        """Give what takes the keyboard."""
        return self.view

    @Slot(bool)
    def show_or_hide(self, shown: bool) -> None:
        """Show the timeline, or hide it."""
        self.setVisible(shown)
        if shown:
            self._read()

    @Slot(bool)
    def show_utc(self, utc: bool) -> None:
        """Tell times in UTC, or in local time."""
        zone = QTimeZone.Initialization.UTC if utc else QTimeZone.Initialization.LocalTime
        self.view.set_zone(QTimeZone(zone))

    def _read(self) -> None:
        if self._wanted == self._shown:
            return
        if self._shown is None:
            self.view.show_sentence(READING)
        self._run(self._source.read(self._wanted, self._lay_out), self._wanted)

    def _run(self, job: Job, query: LogQuery) -> None:
        self._job, self._shown = job, query
        job.done.connect(self._on_timeline)
        job.failed.connect(self._on_failure)
        job.ended.connect(self._on_end, Qt.ConnectionType.DirectConnection)

    @Slot(object)
    def _on_timeline(self, found: tuple[Timeline, TimelineLayout]) -> None:
        if self.sender() is not self._job or self._shown is None:
            return
        self._timeline, layout = found
        self.view.show_timeline(self._timeline, layout, (self._shown.since, self._shown.until))

    def _lay_out(self, timeline: Timeline) -> TimelineLayout:
        # On the thread of the source, which knows no widget: it takes longer than a frame.
        return TimelineLayout.of(timeline.windows, to_microseconds(self._now()))

    @Slot(object)
    def _on_failure(self, error: HotfixError) -> None:
        if self.sender() is self._job and not isinstance(error, Cancelled):
            self._shown = None
            self.view.show_sentence(str(error))

    @Slot()
    def _on_end(self) -> None:
        if self.sender() is self._job:
            self._job = None

    @Slot(int, int, int)
    def _on_chosen(self, hotfix: int, _first: int, _last: int) -> None:
        self.chosen.emit(hotfix)
