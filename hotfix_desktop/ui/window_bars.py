"""Menu bar, toolbar and filter field of the main window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMenu, QSizePolicy, QToolBar, QWidget

from hotfix_desktop.ui.actions import MENUS, ActionCollection
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.menu import Menu
from hotfix_desktop.ui.package_groups import Grouping
from hotfix_desktop.ui.package_model import PackageModel
from hotfix_desktop.ui.package_tree import PackageTree
from hotfix_desktop.ui.theme import ICON_TOOLBAR, Scheme, Theme
from hotfix_desktop.ui.window_state import WindowState

TOOLBAR = (
    "actionUnlockForHotfix",
    "actionLockAfterHotfix",
    "actionExtendHotfix",
    "",
    "actionShowChanges",
    "actionDeliver",
    "actionAuditLog",
    "actionRefresh",
)
# Lines in the menus stand before these.
SEPARATED = frozenset(
    {
        "actionProtectFolder",
        "actionImportArchive",
        "actionCloseWorkspace",
        "actionShowChanges",
        "actionShowDrift",
        "actionKeepModifiable",
        "actionPackageAudit",
        "actionDetails",
        "actionSettings",
        "actionLogFolder",
        "actionAbout",
    }
)
CONTEXT = (
    "actionUnlockForHotfix",
    "actionLockAfterHotfix",
    "actionExtendHotfix",
    "",
    "actionShowChanges",
    "actionDeliver",
    "actionMarkDelivered",
    "",
    "actionShowDrift",
    "actionAcceptBaseline",
    "",
    "actionKeepModifiable",
    "actionOpenFolder",
    "actionOpenInEditor",
    "actionExportArchive",
    "",
    "actionPackageAudit",
    "actionCopyName",
    "actionProperties",
)


class FilterField(QLineEdit):
    """Filters the tree as one types.

    Signals:
        searched: the text.
        left: Esc or an arrow key in an empty field: the tree wants the focus.
        first_wanted: the text was set by a banner: the first package that matches is to be chosen.
    """

    searched = Signal(str)
    left = Signal()
    first_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setObjectName("packageFilter")
        self.setAccessibleName(tr("Filter packages"))
        self.setPlaceholderText(tr("Filter packages (Ctrl+F)"))
        self.setClearButtonEnabled(True)
        self.setMaxLength(250)
        self.setMinimumWidth(200)
        self.setMaximumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textChanged.connect(self.searched)

    def show_only(self, text: str) -> None:
        """Filter by this text, and have the first package that matches chosen."""
        self.setText(text)
        self.first_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear on Esc, then leave; go to the tree on Down or Enter."""
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
            return
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
            return
        super().keyPressEvent(event)


class Toolbar(QToolBar):
    """Gives its labels up where there is no room for them; otherwise the filter at its end would not be shown."""

    def __init__(self, parent: QWidget) -> None:
        """Start with labels."""
        super().__init__(tr("Toolbar"), parent)
        self.setObjectName("mainToolbar")
        self.setIconSize(QSize(ICON_TOOLBAR, ICON_TOOLBAR))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setMovable(False)
        self._labelled = 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show labels where they fit."""
        labels = self.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        if labels:
            self._labelled = self.sizeHint().width()
        if labels is not (fits := self.width() >= self._labelled):
            style = Qt.ToolButtonStyle
            self.setToolButtonStyle(style.ToolButtonTextBesideIcon if fits else style.ToolButtonIconOnly)
        super().resizeEvent(event)


def build_toolbar(window: QMainWindow, actions: ActionCollection, field: FilterField) -> QToolBar:
    """Build the one toolbar: few, labelled buttons, and the filter at its end."""
    bar = Toolbar(window)
    for name in TOOLBAR:
        if name:
            bar.addAction(actions[name])
        else:
            bar.addSeparator()
    space = QWidget(bar)
    space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(space)
    bar.addWidget(field)
    window.addToolBar(bar)
    return bar


def build_menus(
    window: QMainWindow, actions: ActionCollection, tree: PackageTree, theme: Theme, state: WindowState
) -> None:
    """Build the menu bar: every action stands in it."""
    for title in MENUS:
        menu = Menu(f"&{tr(title)}", window)
        window.menuBar().addMenu(menu)
        menu.setObjectName(f"menu{title}")
        menu.setToolTipsVisible(True)
        for action in actions.of_menu(title):
            if action.objectName() in SEPARATED:
                menu.addSeparator()
            menu.addAction(action)
        if title == "View":
            menu.addSeparator()
            model = tree.model()
            assert isinstance(model, PackageModel)
            menu.addMenu(_grouping_menu(window, model, state))
            _live_columns(menu, tree, window)
            menu.addMenu(_appearance_menu(window, theme, state))


def context_menu(window: QWidget, actions: ActionCollection) -> QMenu:
    """Build the menu of a package; it deletes itself when it is closed."""
    menu = Menu(window)
    menu.setObjectName("packageMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for name in CONTEXT:
        if name:
            menu.addAction(actions[name])
        else:
            menu.addSeparator()
    return menu


def _grouping_menu(window: QWidget, model: PackageModel, state: WindowState) -> QMenu:
    menu = Menu(tr("&Group by"), window)
    model.set_grouping(state.grouping)
    group = QActionGroup(menu)
    for grouping, text in (
        (Grouping.NONE, tr("&Nothing")),
        (Grouping.STATE, tr("&State")),
        (Grouping.MAINTAINER, tr("&Maintainer")),
    ):
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(grouping is state.grouping)
        action.triggered.connect(lambda _checked, g=grouping: _choose_grouping(model, state, g))
        group.addAction(action)
    return menu


def _choose_grouping(model: PackageModel, state: WindowState, grouping: Grouping) -> None:
    state.grouping = grouping
    model.set_grouping(grouping)


def _live_columns(menu: QMenu, tree: PackageTree, window: QWidget) -> None:
    """Add a Columns menu that is built each time it is opened, because the header's own menu changes it, too."""
    holder = Menu(tr("&Columns"), window)

    @Slot()
    def rebuild() -> None:
        holder.clear()
        fresh = tree.column_menu(holder)
        holder.addActions(fresh.actions())

    holder.aboutToShow.connect(rebuild)
    menu.addMenu(holder)


def _appearance_menu(window: QWidget, theme: Theme, state: WindowState) -> QMenu:
    menu = Menu(tr("&Appearance"), window)
    group = QActionGroup(menu)
    for scheme, text in (
        (Scheme.SYSTEM, tr("&System")),
        (Scheme.LIGHT, tr("&Light")),
        (Scheme.DARK, tr("&Dark")),
    ):
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(scheme is theme.scheme)
        action.triggered.connect(lambda _checked, s=scheme: _choose_scheme(theme, state, s))
        group.addAction(action)
    return menu


def _choose_scheme(theme: Theme, state: WindowState, scheme: Scheme) -> None:
    state.scheme = scheme
    theme.apply(scheme)
