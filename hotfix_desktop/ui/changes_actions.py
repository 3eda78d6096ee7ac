"""The verbs of the window of changes: menus and toolbar share them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMenu, QSizePolicy, QToolBar, QWidget

from hotfix_desktop.ui.audit_actions import allow
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.menu import Menu
from hotfix_desktop.ui.theme import ICON_TOOLBAR

Shortcut = str | QKeySequence.StandardKey


class ChangesActions:
    """Every action of the window."""

    def __init__(self, window: QMainWindow, icons: Icons) -> None:
        """Build the actions."""
        self._window = window
        make = self._make
        self.save = make("SavePatch", "&Save as patch…", "Ctrl+S", "Save all changes as a patch that git can apply")
        self.close = make("Close", "&Close", "Ctrl+W", "Close this window")
        self.copy = make("Copy", "&Copy", QKeySequence.StandardKey.Copy, "Copy what is chosen, or the current change")
        self.choose_all = make("SelectAll", "Select &all", QKeySequence.StandardKey.SelectAll, "Choose the whole text")
        self.copy_path = make("CopyPath", "Copy &path", "Ctrl+Shift+C", "Copy the path of the file")
        self.find = make("Find", "&Find", QKeySequence.StandardKey.Find, "Look for words in this file")
        self.filter = make("Filter", "Fi&lter files", "Ctrl+Shift+F", "Put the cursor into the filter of the list")
        self.revert_file = make("RevertFile", "&Revert this file…", "", "")
        self.revert_all = make("RevertAll", "Revert &everything…", "", "")
        self.next = make("NextChange", "&Next change", "F8", "Go to the next change, also in the next file")
        self.previous = make("PreviousChange", "&Previous change", "Shift+F8", "Go to the change before")
        self.next_file = make("NextFile", "Next f&ile", "Ctrl+F8", "Go to the next file")
        self.previous_file = make("PreviousFile", "Previous fi&le", "Ctrl+Shift+F8", "Go to the file before")
        self.unified = make("Unified", "&Unified", "Ctrl+Shift+Y", "One column instead of two", checkable=True)
        self.fold = make(
            "Fold", "&Fold what is the same", "Ctrl+Shift+M", "Hide lines that did not change", checkable=True
        )
        self.exact = make(
            "Exact",
            "&Byte by byte",
            "Ctrl+B",
            "Show what says nothing, too: byte order marks, line ends, ModifiedOnUtc, the order of a descriptor",
            checkable=True,
        )
        self.refresh = make("Refresh", "&Refresh", "F5", "Look at the changes again")
        self.refresh.setShortcuts([QKeySequence("F5"), QKeySequence("Ctrl+R")])
        self.next_part = make("NextPart", "Ne&xt part", "F6", "Go on to the next part of this window")
        self.fold.setChecked(True)
        for action, name in ((self.save, "deliver"), (self.refresh, "refresh")):
            icons.dress(action, name)

    def fill(self, field: QLineEdit) -> None:
        """Put the actions into menus and toolbar; ``field`` stands at the toolbar's end."""
        bar = self._window.menuBar()
        menus = (
            (tr("&File"), (self.save, None, self.revert_file, self.revert_all, None, self.close)),
            (tr("&Edit"), (self.copy, self.copy_path, self.choose_all, None, self.find, self.filter)),
            (tr("&View"), (self.unified, self.fold, self.exact, None, self.refresh, self.next_part)),
            (tr("&Go"), (self.next, self.previous, None, self.next_file, self.previous_file)),
        )
        for title, actions in menus:
            menu = Menu(title, self._window)
            menu.setToolTipsVisible(True)
            for action in actions:
                if action is None:
                    menu.addSeparator()
                else:
                    menu.addAction(action)
            bar.addMenu(menu)
        tools = QToolBar(tr("Toolbar"), self._window)
        tools.setObjectName("changesToolbar")
        tools.setIconSize(QSize(ICON_TOOLBAR, ICON_TOOLBAR))
        tools.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        tools.setMovable(False)
        shown = (self.previous, self.next, None, self.unified, self.fold, self.exact, None, self.revert_file, self.save)
        for action in shown:
            if action is None:
                tools.addSeparator()
            else:
                tools.addAction(action)
        self.fold.setIconText(tr("Fold"))
        self.revert_file.setIconText(tr("Revert…"))
        self.previous.setIconText(tr("Previous"))
        self.next.setIconText(tr("Next"))
        self.save.setIconText(tr("Save as patch…"))
        space = QWidget(tools)
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        tools.addWidget(space)
        tools.addWidget(field)
        self._window.addToolBar(tools)

    def list_menu(self) -> QMenu:
        """Give the menu of a row of the list."""
        menu = Menu(self._window)
        menu.setObjectName("changesMenu")
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self.revert_file, self.revert_all])
        menu.addSeparator()
        menu.addActions([self.copy_path, self.save])
        return menu

    def allow_revert(self, why_not: str, not_chosen: str, *, element: bool) -> None:
        """Enable what puts back, or say why not; ``element`` says whether one is chosen instead of a file."""
        self.revert_file.setText(tr("&Revert this element…" if element else "&Revert this file…"))
        self.revert_file.setIconText(tr("Revert…"))
        what = "Put the files of this element back" if element else "Put this file back"
        allow(self.revert_file, why_not or not_chosen, f"{tr(what)} {tr('as before the unlock')}")
        allow(self.revert_all, why_not, tr("Put all files back as they were before the unlock"))

    def _make(self, name: str, text: str, shortcut: Shortcut, tip: str, *, checkable: bool = False) -> QAction:
        action = QAction(tr(text), self._window)
        action.setObjectName(f"actionChanges{name}")
        if shortcut:
            action.setShortcut(shortcut)
        action.setCheckable(checkable)
        action.setProperty("does", tr(tip))
        self._window.addAction(action)
        allow(action)
        return action
