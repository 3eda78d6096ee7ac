"""The syntax colours that are known so far: asked for by what is painted, found on a lane, painted when they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from hotfix_desktop.core.progress import Progress
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.ui.diff_syntax import Span, colours, lexer_of, pieces

PAUSE_MS = 40
"""After the last time that something new came into sight."""
MOST_WANTED = 4
"""Pieces that are asked for at once; those of an earlier screen are given up."""
Compute = Callable[[Callable[[Progress], Any]], Job]
"""Runs a piece of work on a lane."""


class DiffColours(QObject):
    """The colours of two texts.

    Signals:
        came: more is known; what is shown is to be painted again.
    """

    came = Signal()

    def __init__(self, compute: Compute, parent: QObject) -> None:
        """Know nothing yet."""
        super().__init__(parent)
        self._compute = compute
        self._lexer = ""
        self._texts: tuple[Sequence[str], Sequence[str]] = ((), ())
        self._pieces = (1, 1)
        self._known: dict[tuple[bool, int], list[tuple[Span, ...]] | None] = {}
        self._round = 0
        self._wanted: deque[tuple[bool, int]] = deque(maxlen=MOST_WANTED)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask_wanted)

    def begin(self, path: bytes, before: Sequence[str], after: Sequence[str]) -> None:
        """Begin with other texts; the file's name says what they are."""
        self._round += 1
        self._known.clear()
        self._wanted.clear()
        self._lexer = lexer_of(path)
        self._texts = (before, after)
        self._pieces = (pieces(before), pieces(after)) if self._lexer else (1, 1)

    def of(self, line: int, *, after: bool) -> tuple[Span, ...]:
        """Give the spans of a line; nothing while they are not known, but then they are asked for."""
        if not self._lexer:
            return ()
        size = self._pieces[after]
        key = (after, line // size)
        if key not in self._known and key not in self._wanted:
            self._wanted.append(key)
            self._pause.start()  # again: while somebody scrolls, the lane would take the time from the painting
        found = self._known.get(key)
        at = line % size
        return found[at] if found is not None and at < len(found) else ()

    def _ask_wanted(self) -> None:
        wanted = list(self._wanted)
        self._wanted.clear()
        for key in wanted:
            self._known[key] = None
            self._ask(key)

    def _ask(self, key: tuple[bool, int]) -> None:
        size = self._pieces[key[0]]
        lexer, lines, first = self._lexer, self._texts[key[0]], key[1] * size
        job = self._compute(lambda progress: colours(lexer, lines, first, size))
        job.done.connect(partial(self._keep, self._round, key))

    def _keep(self, asked: int, key: tuple[bool, int], found: list[tuple[Span, ...]]) -> None:
        if asked == self._round:
            self._known[key] = found
            self.came.emit()
