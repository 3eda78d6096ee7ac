"""The welcome page: what to do first when no workspace is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QFileInfo, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop import __version__
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import BETWEEN, GROUPS, Role, Theme, title_font

ARCHIVES = (".gz", ".zip")
FOLDER_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Recent:
    """A workspace that was opened before."""

    title: str
    location: str


class WelcomePage(QWidget):
    """Three big buttons, the recent workspaces, and a place to drop a folder.

    Signals:
        demo_wanted: *Try the demo workspace*.
        folder_wanted: *Open a package folder…*.
        audit_wanted: *I am an auditor*.
        location_wanted: the path of a recent or dropped folder.
    """

    demo_wanted = Signal()
    folder_wanted = Signal()
    audit_wanted = Signal()
    location_wanted = Signal(str)

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        """Build the page."""
        super().__init__(parent)
        self.setObjectName("welcomePage")
        self.setAcceptDrops(True)
        self._theme = theme
        self._icons = icons
        page = QVBoxLayout(self)
        page.setContentsMargins(48, 40, 48, 24)
        page.setSpacing(BETWEEN)
        title = QLabel("Hotfix Desktop", self)
        font = title_font(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.4)
        title.setFont(font)
        page.addWidget(title)
        page.addWidget(QLabel(tr("Unlock a package for a hotfix, and never forget to lock it again."), self))
        page.addSpacing(GROUPS)
        columns = QHBoxLayout()
        columns.setSpacing(40)
        columns.addLayout(self._buttons(), 1)
        columns.addLayout(self._recents(), 1)
        page.addLayout(columns)
        page.addStretch(1)
        foot = QLabel(
            tr("Drop a package folder anywhere on this page to open it.")
            + "\n"
            + tr("Version %1. This program sends nothing anywhere.").replace("%1", __version__),
            self,
        )
        foot.setForegroundRole(foot.palette().ColorRole.PlaceholderText)
        page.addWidget(foot)

    def show_recents(self, recents: Sequence[Recent]) -> None:
        """List the workspaces that were opened before, the newest first."""
        self._list.clear()
        for recent in recents:
            item = QListWidgetItem(self._icons.icon("folder"), f"{recent.title}\n{recent.location}")
            item.setData(FOLDER_ROLE, recent.location)
            item.setToolTip(recent.location)
            self._list.addItem(item)
        self._list.setVisible(bool(recents))
        self._none.setVisible(not recents)

    def _buttons(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(BETWEEN)
        column.addWidget(self._big("demo", tr("&Try the demo workspace"), "welcomeDemo", self.demo_wanted))
        column.addWidget(self._big("folder", tr("&Open a package folder…"), "welcomeOpen", self.folder_wanted))
        column.addWidget(
            self._big("audit", tr("I am an &auditor: open an audit log…"), "welcomeAudit", self.audit_wanted)
        )
        column.addStretch(1)
        return column

    def _big(self, icon: str, text: str, name: str, signal: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        self._icons.dress(button, icon, Role.TEXT)
        button.setIconSize(QSize(20, 20))
        button.setMinimumHeight(44)
        button.setStyleSheet("text-align: left; padding: 8px 12px;")
        button.clicked.connect(lambda _checked=False: signal.emit())  # type: ignore[attr-defined]
        return button

    def _recents(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(BETWEEN)
        label = QLabel(tr("&Recent workspaces"), self)
        label.setFont(title_font(self.font()))
        column.addWidget(label)
        self._none = QLabel(tr("The workspaces that you open will be listed here."), self)
        self._none.setForegroundRole(self._none.palette().ColorRole.PlaceholderText)
        column.addWidget(self._none)
        self._list = QListWidget(self)
        self._list.setObjectName("recentList")
        self._list.setAccessibleName(tr("Recent workspaces"))
        self._list.setIconSize(QSize(20, 20))
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemActivated.connect(self._open_item)
        self._list.itemClicked.connect(self._open_item)
        self._list.hide()
        label.setBuddy(self._list)
        column.addWidget(self._list, 1)
        column.addStretch(0)
        return column

    def _open_item(self, item: QListWidgetItem) -> None:
        self.location_wanted.emit(str(item.data(FOLDER_ROLE)))

    # Qt's names

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a folder; what looks like an archive is left to the window."""
        dropped = dropped_folder(event)
        if dropped is not None and not is_archive(dropped):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the folder that was dropped."""
        folder = dropped_folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self.location_wanted.emit(folder)


def is_archive(path: str) -> bool:
    """Whether a path is a file that looks like an archive of packages."""
    return path.casefold().endswith(ARCHIVES) and QFileInfo(path).isFile()


def dropped_folder(event: QDropEvent) -> str | None:
    """Give the local path of what is dragged, or None when it is not one local file or folder."""
    urls = event.mimeData().urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        return urls[0].toLocalFile()
    return None
