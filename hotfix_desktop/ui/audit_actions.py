"""The verbs of the audit log window: one action each, in the menus, the context menu and the buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from hotfix_desktop.services.auditing import AuditLine
from hotfix_desktop.ui.audit_model import HEADINGS, Column

NO_ENTRY = "Select an entry first."
NO_FILTER = "No filter is set: every entry is shown."
INCLUDE = "&Include only this value"
INCLUDE_WORDS = {
    Column.DATE: "&Include only this day",
    Column.IP_ADDRESS: "&Search for this value",
    Column.DESCRIPTION: "&Search for this value",
}
Shortcut = str | QKeySequence.StandardKey


class AuditActions:
    """Every action of the window; they belong to it and work wherever the focus is."""

    def __init__(self, window: QWidget) -> None:
        """Build the actions."""
        self._window = window
        self.close = self._make("Close", "&Close", "Ctrl+W", "Close this window")
        if window.parent() is None:  # it is the whole program, as --audit starts it
            self.close.setShortcuts([QKeySequence("Ctrl+W"), QKeySequence("Ctrl+Q")])
        self.copy_rows = self._make(
            "CopyRows", "&Copy rows", QKeySequence.StandardKey.Copy, "Copy the selected rows, tab separated"
        )
        self.copy_cell = self._make("CopyCell", "Copy c&ell", "Ctrl+Shift+C", "Copy the text of this cell")
        self.copy_entry = self._make(
            "CopyEntry", "Copy &all fields", "Ctrl+Alt+C", "Copy every field of the current entry"
        )
        self.find = self._make("Find", "&Find", QKeySequence.StandardKey.Find, "Put the cursor into the search field")
        self.include = self._make("Include", "&Include only this value", "Ctrl+I", "")
        self.show_all = self._make("ShowAll", "&Show all values", "Ctrl+Shift+I", "")
        self.related = self._make("Related", "Show &related", "Ctrl+Shift+R", "Show every entry of the same hotfix")
        self.clear = self._make("ClearFilters", "C&lear filters", "Ctrl+Shift+F", "Show every entry again")
        self.refresh = self._make("Refresh", "&Refresh", "F5", "Look for new entries")
        self.refresh.setShortcuts([QKeySequence("F5"), QKeySequence("Ctrl+R")])
        self.details = self._make("Details", "&Details", "Alt+Return", "Show or hide the pane below the list")
        self.details.setCheckable(True)
        self.details.setChecked(True)
        self.utc = self._make(
            "Utc", "Times in &UTC", "Ctrl+T", "Show times and count days in UTC instead of local time"
        )
        self.utc.setCheckable(True)
        self.reset_columns = self._make(
            "ResetColumns", "&Reset columns", "Ctrl+0", "Show every column, in the first order and width"
        )

    def fill(self, window: QMainWindow, columns: QMenu) -> None:
        """Put the actions into the window's menus."""
        bar = window.menuBar()
        columns.addSeparator()
        columns.addAction(self.reset_columns)
        file, edit, view = bar.addMenu("&File"), bar.addMenu("&Edit"), bar.addMenu("&View")
        for menu in (file, edit, view):
            menu.setToolTipsVisible(True)
        file.addAction(self.close)
        edit.addActions([self.copy_rows, self.copy_cell, self.copy_entry])
        edit.addSeparator()
        edit.addActions([self.find, self.include, self.show_all, self.related, self.clear])
        view.addActions([self.refresh])
        view.addSeparator()
        view.addActions([self.details, self.utc])
        view.addMenu(columns)
        window.addActions(columns.actions())

    def context_menu(self, parent: QWidget) -> QMenu:
        """Give the menu of a cell; it deletes itself when it is closed."""
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        menu.addActions([self.include, self.show_all])
        menu.addSeparator()
        menu.addActions([self.copy_cell, self.copy_rows, self.copy_entry])
        menu.addSeparator()
        menu.addAction(self.related)
        return menu

    def tell_entry(self, line: AuditLine | None, selected: bool) -> None:
        """Enable what can be done with the current entry (None for none) and the selected ones."""
        nothing = NO_ENTRY if line is None else ""
        allow(self.copy_rows, "" if selected else NO_ENTRY)
        allow(self.copy_cell, nothing)
        allow(self.copy_entry, nothing)
        unrelated = "This entry belongs to no hotfix." if line is not None and line.hotfix is None else ""
        allow(self.related, nothing or unrelated)

    def tell_cell(self, column: Column, text: str, *, chosen: bool, is_set: bool, narrowed: bool) -> None:
        """Enable what can be filtered by the current cell; ``is_set`` when its column's filter is."""
        nothing = "" if chosen else NO_ENTRY
        name = HEADINGS[column]
        self.include.setText(INCLUDE_WORDS.get(column, INCLUDE))
        empty = "" if text else f"The column {name} is empty here."
        allow(self.include, nothing or empty, f"Show only entries like this one in the column {name}")
        unset = "" if is_set else f"No filter is set for the column {name}."
        allow(self.show_all, nothing or unset, f"Show entries whatever stands in the column {name}")
        allow(self.clear, "" if narrowed else NO_FILTER)

    def _make(self, name: str, text: str, shortcut: Shortcut, tip: str) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(f"actionAudit{name}")
        action.setShortcut(shortcut)
        action.setProperty("does", tip)
        allow(action)
        return action


def allow(action: QAction, why_not: str = "", does: str = "") -> None:
    """Enable an action, or disable it and say why in its tooltip and in the status bar."""
    if does:
        action.setProperty("does", does)
    says = why_not or str(action.property("does"))
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setEnabled(not why_not)
    action.setStatusTip(says)
    action.setToolTip(says if why_not or not shortcut else f"{says} ({shortcut})")
