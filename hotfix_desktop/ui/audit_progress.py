"""How far the answer to a question has come: numbers in the status bar, *Stop*, *Go on*, and newer entries."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from hotfix_desktop.ui.audit_feed import AuditFeed, FeedState
from hotfix_desktop.ui.audit_pages import NoticeLine
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import AROUND, BETWEEN, Theme

GO_ON = "&Go on"
SHOW_NEWER = "Show &newer"


class AuditProgress(QObject):
    """Tells how far a feed has come.

    Attributes:
        numbers: for the status bar.
        paused: the line that says that a search was stopped.
        newer: the line that says that entries came which the order of the list does not show.
    """

    def __init__(self, feed: AuditFeed, theme: Theme, icons: Icons, parent: QWidget) -> None:
        """Follow this feed."""
        super().__init__(parent)
        self._feed = feed
        self.numbers = QWidget(parent)
        self._count = QLabel("…", self.numbers)
        self._count.setObjectName("auditCount")
        self._stop = QPushButton("Stop", self.numbers)
        self._stop.setAccessibleName("Stop searching")
        self._stop.setToolTip("Stop searching; what was found stays")
        self._stop.setFlat(True)
        row = QHBoxLayout(self.numbers)
        row.setContentsMargins(AROUND - 2, 0, 0, 0)  # in line with the rest; the bar adds 2
        row.setSpacing(BETWEEN)
        row.addWidget(self._count)
        row.addWidget(self._stop)
        self._stop.hide()
        self.paused = NoticeLine("auditPaused", GO_ON, theme, icons, parent)
        self.newer = NoticeLine("auditNewer", SHOW_NEWER, theme, icons, parent)
        self._stop.clicked.connect(feed.stop)
        self.paused.wanted.connect(feed.go_on)
        self.newer.wanted.connect(feed.show_newer)
        for told in (feed.asked, feed.answered, feed.grew, feed.failed):
            told.connect(self.tell)

    @Slot()
    def tell(self) -> None:
        """Say how far the answer has come."""
        feed = self._feed
        searching = feed.state is FeedState.SEARCHING
        self._count.setText(f"Searching… {_share(feed)}{feed.numbers()}" if searching else feed.numbers())
        if self._stop.hasFocus() and not searching:
            self.numbers.window().setFocus()
        self._stop.setVisible(searching)
        self.paused.tell(_pause(feed) if feed.state is FeedState.PAUSED else "")
        self.newer.tell(_newer(feed.newer))


def _share(feed: AuditFeed) -> str:
    share = _percent(feed)
    return "" if share is None else f"{share} %, "


def _percent(feed: AuditFeed) -> int | None:
    return min(99, 100 * feed.examined // feed.total) if feed.total else None


def _pause(feed: AuditFeed) -> str:
    share = _percent(feed)
    far = "" if share is None else f" when {share} % of the log was looked at"
    return f"The search stopped{far}: {feed.matching or 0:,} found so far."


def _newer(number: int) -> str:
    if not number:
        return ""
    return (
        "1 newer entry is not in this list yet."
        if number == 1
        else f"{number:,} newer entries are not in this list yet."
    )
