"""The details pane: the chosen package in full, its countdown, and the table of its elements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMainWindow,
    QProgressBar,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import PackageState, PackageStatus
from hotfix_desktop.core.packages import Element
from hotfix_desktop.ui.drift_note import DriftNote
from hotfix_desktop.ui.element_model import SORT_ROLE, ElementColumn, ElementModel
from hotfix_desktop.ui.element_table import ElementTable
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.labels import PathField, heading, plain_tooltip
from hotfix_desktop.ui.package_facts import FOLDER, fact_rows
from hotfix_desktop.ui.package_model import ALARM
from hotfix_desktop.ui.theme import AROUND, BETWEEN, GRID, ICON_TOOLBAR, ROW, Role, Theme, tabular_font, title_font
from hotfix_desktop.ui.words import header_sentence

if TYPE_CHECKING:
    from hotfix_desktop.runtime.lane import Job
    from hotfix_desktop.services.catalogue import Catalogue

DETAILS_WIDTH = 464
SHARE = 0.4
"""At first they take no more of a window than this: the names of the packages need the rest …"""
REST = 540
"""… and at least this …"""
LEAST_WIDTH = 280
"""… as long as the details can be read."""
VALUE_WIDTH = 160
BAR_STEP = timedelta(seconds=5)
"""The bar moves every five seconds; the text every second."""


class DetailsPane(QWidget):
    """One package, or the sentence that says to choose one."""

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        actions: Sequence[QAction],
        on_drift: Sequence[tuple[str, QAction]] = (),
        parent: QWidget | None = None,
    ) -> None:
        """Build the pane; ``actions`` become the buttons under the name, shown while they are enabled."""
        super().__init__(parent)
        self.setObjectName("detailsPane")
        self._theme = theme
        self._icons = icons
        self._status: PackageStatus | None = None
        self._catalogue: Catalogue | None = None
        self._now: Moment | None = None
        self._drift = DriftNote(on_drift, self)
        self._pages = QStackedWidget(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)
        self._pages.addWidget(self._empty_page())
        self._pages.addWidget(self._package_page(actions))
        theme.changed.connect(self._show)

    @property
    def status(self) -> PackageStatus | None:
        """The package that is shown."""
        return self._status

    def show_package(self, status: PackageStatus | None, catalogue: Catalogue | None, now: Moment) -> None:
        """Show a package, or nothing; its elements come separately."""
        if status is self._status and catalogue is self._catalogue:
            self.set_now(now)  # the tree was filtered
            return
        other = status is None or self._status is None or status.package_id != self._status.package_id
        self._status, self._catalogue, self._now = status, catalogue, now
        if other:
            self._elements.show_elements([])
            self._elements_title.setText(tr("Elements"))
            self._elements_note.setText(tr("Reading the elements…") if status else "")
            self._elements_note.setVisible(True)
        self._show()

    def show_elements(self, elements: Sequence[Element]) -> None:
        """Show what the package holds."""
        self._elements.show_elements(elements)
        self._elements_title.setText(tr("Elements") + f" ({number(len(elements))})")
        self._elements_note.setText(tr("This package holds no elements."))
        self._elements_note.setVisible(not elements)

    def load_elements(self, job: Job) -> None:
        """Show what a job finds in the package that is shown now, if it still is when the job is done."""
        asked = self._status.package_id if self._status is not None else None

        def still_asked() -> bool:
            return self._status is not None and self._status.package_id == asked

        job.done.connect(lambda elements: self.show_elements(elements) if still_asked() else None)
        job.failed.connect(lambda error: self.show_elements_problem(error) if still_asked() else None)

    def show_elements_problem(self, error: HotfixError) -> None:
        """Say why the elements cannot be listed."""
        self._elements.show_elements([])
        self._elements_title.setText(tr("Elements"))
        self._elements_note.setText(str(error))
        self._elements_note.setVisible(True)

    def set_now(self, now: Moment) -> None:
        """Let the countdown run."""
        self._now = now
        if self._status is not None and self._status.is_open:
            self._show_state()

    def _empty_page(self) -> QWidget:
        page = QLabel(tr("Select a package.\nUnlocked packages stay at the top."), self)
        page.setObjectName("detailsEmpty")
        page.setAlignment(Qt.AlignmentFlag.AlignCenter)
        page.setForegroundRole(page.palette().ColorRole.PlaceholderText)
        return page

    def _package_page(self, actions: Sequence[QAction]) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(AROUND, AROUND, AROUND, AROUND)
        column.setSpacing(BETWEEN)
        column.addLayout(self._header())
        column.addLayout(self._state_line())
        self._bar = QProgressBar(page)
        self._bar.setObjectName("countdownBar")
        self._bar.setAccessibleName(tr("Time left"))
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(BETWEEN)
        column.addWidget(self._bar)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(BETWEEN)
        for action in actions:
            button = QToolButton(page)
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setVisible(action.isEnabled())
            action.enabledChanged.connect(button.setVisible)
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        column.addLayout(self._buttons)
        column.addWidget(self._drift)
        self._facts = QGridLayout()
        self._facts.setContentsMargins(0, GRID, 0, GRID)
        self._facts.setHorizontalSpacing(AROUND)
        self._facts.setVerticalSpacing(GRID)
        self._facts.setColumnStretch(1, 1)
        column.addLayout(self._facts)
        self._add_elements(page, column)
        return page

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        self._icon = QLabel(self)
        self._name = heading("", self)
        self._name.setObjectName("detailsName")
        self._name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._version = QLabel(self)
        self._version.setForegroundRole(self._version.palette().ColorRole.PlaceholderText)
        row.addWidget(self._icon)
        row.addWidget(self._name)
        row.addWidget(self._version)
        row.addStretch(1)
        return row

    def _state_line(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._state = QLabel(self)
        self._state.setObjectName("detailsState")
        self._state.setFont(tabular_font(self.font()))
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        self._state.setWordWrap(True)
        row.addWidget(self._state, 1)
        return row

    def _add_elements(self, page: QWidget, column: QVBoxLayout) -> None:
        self._elements_title = QLabel(tr("Elements"), page)
        self._elements_title.setFont(title_font(self.font()))
        column.addWidget(self._elements_title)
        self._elements_note = QLabel(page)
        self._elements_note.setObjectName("elementsNote")
        self._elements_note.setWordWrap(True)
        self._elements_note.setMinimumWidth(1)
        self._elements_note.setForegroundRole(self._elements_note.palette().ColorRole.PlaceholderText)
        column.addWidget(self._elements_note)
        self._elements = ElementModel(self)
        proxy = QSortFilterProxyModel(self)
        proxy.setSourceModel(self._elements)
        proxy.setSortRole(SORT_ROLE)
        table = ElementTable(page)
        table.setObjectName("elementTable")
        table.setAccessibleName(tr("Elements of the package"))
        table.setModel(proxy)
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setCornerButtonEnabled(False)
        table.verticalHeader().hide()
        # Fixed, not ResizeToContents: that one measures every row there is.
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(ElementColumn.NAME, QHeaderView.ResizeMode.Stretch)
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._elements_title.setBuddy(table)
        self.element_table = table
        column.addWidget(table, 1)

    def sizeHint(self) -> QSize:
        """Ask for room for the four columns of the element table."""
        return QSize(DETAILS_WIDTH, 600)

    def _show(self) -> None:
        status = self._status
        self._pages.setCurrentIndex(0 if status is None else 1)
        if status is None or self._now is None:
            return
        self._name.set_text(status.name)
        self._version.setText(status.found.version)
        icon = self._icons.state_icon(status.state, status.undelivered, status.drift is not None)
        self._icon.setPixmap(icon.pixmap(QSize(ICON_TOOLBAR, ICON_TOOLBAR)))
        self._show_state()
        self._drift.show_drift(status.drift, self._now)
        self._show_facts(status)

    def _show_state(self) -> None:
        status, now = self._status, self._now
        if status is None or now is None:
            return
        self._state.setText(header_sentence(status, now))
        hotfix = status.hotfix
        open_now = status.is_open and hotfix is not None
        ink = Role.TEXT
        if status.state is PackageState.OVERDUE:
            ink = Role.OVERDUE
        elif open_now and hotfix is not None:
            ink = Role.OVERDUE if hotfix.lease.left(now) <= ALARM else Role.OPEN
        elif status.undelivered:
            ink = Role.UNDELIVERED
        palette = self._state.palette()
        palette.setColor(self._state.foregroundRole(), self._theme.colour(ink))
        self._state.setPalette(palette)
        self._bar.setVisible(open_now)
        if open_now and hotfix is not None:
            self._bar.setRange(0, max(1, hotfix.lease.granted // BAR_STEP))
            self._bar.setValue(hotfix.lease.left(now) // BAR_STEP)

    def _show_facts(self, status: PackageStatus) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if self._catalogue is None or self._now is None:
            return
        top = Qt.AlignmentFlag.AlignTop
        for row, (caption, text) in enumerate(fact_rows(status, self._catalogue, self._now)):
            name = QLabel(caption, self)
            name.setForegroundRole(name.palette().ColorRole.PlaceholderText)
            self._facts.addWidget(name, row, 0, top | Qt.AlignmentFlag.AlignLeft)
            if caption == tr(FOLDER):
                self._facts.addWidget(PathField(text, caption, self), row, 1, top)
                continue
            value = QLabel(text, self)
            value.setTextFormat(Qt.TextFormat.PlainText)
            # Before it may wrap: a policy that is set later does not let the height follow the width.
            value.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            value.setWordWrap(True)
            value.setMinimumWidth(VALUE_WIDTH)  # a long word would ask for all its width, and 1 for a line a letter
            value.setAlignment(top | Qt.AlignmentFlag.AlignLeft)
            value.setToolTip(plain_tooltip(text) if len(text) > 45 else "")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addWidget(value, row, 1, top)


class DetailsDock(QDockWidget):
    """The dock of the pane; Qt sizes docks that are shown only, so it takes its width when it is shown first.

    Attributes:
        first_width: the width to take; 0 for one that fits the window.
        is_sized: whether it has taken it.
    """

    def __init__(self, title: str, window: QMainWindow) -> None:
        """Start with a width that fits the window."""
        super().__init__(title, window)
        self._window = window
        self.first_width = 0
        self.is_sized = False

    def take_width(self, width: int = 0) -> None:
        """Become so wide; 0: as wide as fits the window."""
        whole = self._window.width()
        fitting = min(DETAILS_WIDTH, int(SHARE * whole), max(LEAST_WIDTH, whole - REST))
        self._window.resizeDocks([self], [width or fitting], Qt.Orientation.Horizontal)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the first width, once."""
        super().showEvent(event)
        if not self.is_sized:
            self.is_sized = True
            self.take_width(self.first_width)


def details_dock(window: QMainWindow, pane: DetailsPane) -> DetailsDock:
    """Stand the pane into a dock at the right of the window."""
    dock = DetailsDock(tr("Details"), window)
    dock.setObjectName("detailsDock")
    dock.setWidget(pane)
    dock.setAllowedAreas(
        Qt.DockWidgetArea.LeftDockWidgetArea
        | Qt.DockWidgetArea.RightDockWidgetArea
        | Qt.DockWidgetArea.BottomDockWidgetArea
    )
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    return dock
