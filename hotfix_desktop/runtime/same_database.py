"""Opens the database of a workspace again and again, and makes sure that it is the same one each time.

A home that goes away with its disk may come back empty, or be made anew by another program at the same place.
Who took that for the workspace would forget what is open, and its log.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from hotfix_desktop.core.errors import ConnectionLost
from hotfix_desktop.services.workbench import Workbench


class SameDatabase:
    """A way to build a workbench that remembers which log the first one had."""

    def __init__(self, build: Callable[[], Workbench]) -> None:
        """Keep how to build it; the first time it may make the database."""
        self._build = build
        self._path: Path | None = None
        self._log_id: bytes | None = None

    def __call__(self) -> Workbench:
        """Build the workbench; raises ``ConnectionLost`` when its database is away or another one."""
        if self._path is not None and not _holds_something(self._path):
            raise ConnectionLost(
                f"The audit database is not there any more: {self._path}.",
                "Put it back, or check that its disk or network share is mounted.",
            )
        bench = self._build()
        try:
            self.learn(bench)
        except BaseException:
            bench.close()
            raise
        self._path = bench.store.path
        return bench

    def learn(self, bench: Workbench) -> None:
        """Remember the log of this bench, or raise ``ConnectionLost`` when it is not the one that is known."""
        record = bench.store.administration.workspace()
        log_id = record.log_id if record else None
        if self._log_id is not None and log_id != self._log_id:
            raise ConnectionLost(
                f"Another audit database stands at the place of the one that was open: {bench.store.path}.",
                "Put the right one back; nothing is unlocked until then.",
            )
        self._log_id = log_id


def _holds_something(path: Path) -> bool:
    try:
        return os.stat(path).st_size > 0
    except OSError:
        return False
