"""The timeline's own lane: a question takes up to a second, and the entries must not wait for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.timeline import Timeline
from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.services.timeline import TimelineDesk, read_news, read_timeline

Prepare = Callable[[Timeline], object]


class TimelineSource(QObject):
    """Reads the hotfixes of one log; a new question cancels the one before, which then tells nobody.

    Jobs are done with a :class:`~hotfix_desktop.core.timeline.Timeline`; with ``prepare`` with that and what it made
    of it on the lane: to lay out twenty thousand windows takes longer than a frame.
    """

    def __init__(self, build: Callable[[], TimelineDesk], parent: QObject | None = None) -> None:
        """Keep how to open the log; the lane does it with the first question."""
        super().__init__(parent)
        self._lane: Lane[TimelineDesk] = Lane(build, "timeline", self, renews=True)
        self._job: Job | None = None

    def read(self, query: LogQuery, prepare: Prepare | None = None) -> Job:
        """Give the timeline of a question."""
        return self._asked(lambda desk, progress: read_timeline(desk, query, progress), prepare)

    def news(self, query: LogQuery, known: Timeline, prepare: Prepare | None = None) -> Job:
        """Give the timeline with what was entered since."""
        return self._asked(lambda desk, progress: read_news(desk, query, known, progress), prepare)

    def close(self) -> None:
        """Close the database and end the lane's thread; waits for work that runs, which is cancelled."""
        self._lane.close()

    def _asked(self, read: Callable[[TimelineDesk, Progress], Timeline], prepare: Prepare | None) -> Job:
        if self._job is not None and not self._job.is_over:
            self._job.forsake()
        self._job = self._lane.run(lambda desk, progress: _prepared(read(desk, progress), prepare))
        return self._job


def _prepared(timeline: Timeline, prepare: Prepare | None) -> object:
    return timeline if prepare is None else (timeline, prepare(timeline))
