"""The verbs of the audit log window: one action each, in the menus, the context menu and the buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from hotfix_desktop.services.auditing import AuditLine
from hotfix_desktop.ui.audit_model import HEADINGS, Column
from hotfix_desktop.ui.menu import Menu

NO_ENTRY = "Select an entry first."
NO_FILTER = "No filter is set: every entry is shown."
NO_DAY = "A day cannot be excluded. Choose a period instead."
INCLUDE = "&Include only this value"
INCLUDE_DAY = "&Include only this day"
Shortcut = str | QKeySequence.StandardKey


class AuditActions:
    """Every action of the window; they belong to it and work wherever the focus is."""

    def __init__(self, window: QWidget) -> None:
        """Build the actions."""
        self._window = window
        self._make_file_actions()
        self._make_copy_actions()
        self._make_filter_actions()
        self._make_view_actions()

    def _make_file_actions(self) -> None:
        make = self._make
        self.verify = make("Verify", "&Verify new entries", "Ctrl+Shift+V", "Verify what came since the last time")
        self.verify_all = make("VerifyAll", "Verify &everything", "Ctrl+Alt+V", "Verify every entry of the log again")
        self.go_to_break = make("GoToBreak", "&Go to the first bad entry", "Ctrl+G", "Select the first bad entry")
        self.evidence = make("Evidence", "Save e&vidence…", "", "Save the whole log, as it is, with what proves it")
        self.reviews = make("Reviews", "&To review…", "Ctrl+Shift+O", "Review hotfixes that are closed")
        self.export_csv = make("ExportCsv", "&CSV…", "Ctrl+S", "Save the entries shown as a table")
        self.export_jsonl = make("ExportJsonl", "&JSON Lines…", "Ctrl+Shift+J", "Save the entries shown as JSON")
        self.report = make("Report", "&PDF report…", "Ctrl+Shift+P", "Save a report of a period")
        self.bundle = make(
            "Bundle", "&Evidence bundle…", "Ctrl+Shift+B", "Save the entries shown with what proves them"
        )
        self.archive = make("Archive", "&Archive until…", "Ctrl+Shift+A", "Move old entries to a signed archive file")
        self.print = make("Print", "&Print…", QKeySequence.StandardKey.Print, "Print a report of a period")
        self.close = make("Close", "&Close", "Ctrl+W", "Close this window")
        if self._window.parent() is None:  # it is the whole program, as --audit starts it
            self.close.setShortcuts([QKeySequence("Ctrl+W"), QKeySequence("Ctrl+Q")])

    def _make_copy_actions(self) -> None:
        make = self._make
        self.copy_rows = make(
            "CopyRows", "&Copy rows", QKeySequence.StandardKey.Copy, "Copy the selected rows, tab separated"
        )
        self.copy_csv = make("CopyCsv", "As C&SV", "Ctrl+Alt+S", "Copy the selected rows as CSV")
        self.copy_json = make("CopyJson", "As &JSON", "Ctrl+Alt+J", "Copy the selected rows with all fields as JSON")
        self.copy_markdown = make(
            "CopyMarkdown", "As &Markdown table", "Ctrl+Alt+M", "Copy the selected rows as a table for a wiki"
        )
        self.copy_cell = make("CopyCell", "Copy c&ell", "Ctrl+Shift+C", "Copy the text of this cell")
        self.copy_entry = make("CopyEntry", "Copy &all fields", "Ctrl+Alt+C", "Copy every field of the current entry")

    def _make_filter_actions(self) -> None:
        make = self._make
        self.find = make("Find", "&Find", QKeySequence.StandardKey.Find, "Put the cursor into the search field")
        self.include = make("Include", INCLUDE, "Ctrl+I", "")
        self.exclude = make("Exclude", "E&xclude this value", "Ctrl+Shift+X", "")
        self.show_all = make("ShowAll", "&Show all values", "Ctrl+Shift+I", "")
        self.related = make("Related", "Show &related", "Ctrl+Shift+R", "Show every entry of the same hotfix")
        self.changes = make("OpenChanges", "&Open changes", "Ctrl+D", "Show what the hotfix of this entry changed")
        self.clear = make("ClearFilters", "C&lear filters", "Ctrl+Shift+F", "Show every entry again")
        self.save_filter = make("SaveFilter", "&Save filter…", "Ctrl+Shift+S", "Give these filters a name, for later")

    def _make_view_actions(self) -> None:
        make = self._make
        self.refresh = make("Refresh", "&Refresh", "F5", "Look for new entries")
        self.refresh.setShortcuts([QKeySequence("F5"), QKeySequence("Ctrl+R")])
        self.next_part = make("NextPart", "&Next part", "F6", "Go on to the next part of this window")
        self.previous_part = make("PreviousPart", "Pre&vious part", "Shift+F6", "Go back to the part before")
        self.timeline = make("Timeline", "&Timeline", "Ctrl+Shift+T", "Show or hide the hotfixes as a picture")
        self.timeline.setCheckable(True)
        self.details = make("Details", "&Details", "Alt+Return", "Show or hide the pane below the list")
        self.details.setCheckable(True)
        self.details.setChecked(True)
        self.raw = make("Raw", "Raw &bytes", "Ctrl+Shift+H", "Show the entry as it is stored, byte by byte")
        self.raw.setCheckable(True)
        self.utc = make("Utc", "Times in &UTC", "Ctrl+T", "Show times and count days in UTC instead of local time")
        self.utc.setCheckable(True)
        self.sort = make("Sort", "&Sort by this column", "Ctrl+Shift+D", "Sort by the column of the current cell")
        self.reset_columns = make(
            "ResetColumns", "&Reset columns", "Ctrl+0", "Show every column, in the first order and width"
        )

    def exports(self) -> list[QAction]:
        """Give what takes entries away."""
        return [self.export_csv, self.export_jsonl, self.report, self.bundle, self.archive]

    def fill(self, window: QMainWindow, columns: QMenu, filters: QMenu) -> None:
        """Put the actions into the window's menus; ``filters`` are the saved ones."""
        bar = window.menuBar()
        columns.addSeparator()
        columns.addAction(self.reset_columns)
        file, edit, view = Menu("&File", window), Menu("&Edit", window), Menu("&View", window)
        export, copy_as = Menu("E&xport", window), Menu("Copy &rows as", window)
        for menu in (file, edit, view):
            bar.addMenu(menu)
        for menu in (file, edit, view, export, copy_as):
            menu.setToolTipsVisible(True)
        export.addActions(self.exports())
        copy_as.addActions([self.copy_csv, self.copy_json, self.copy_markdown])
        file.addActions([self.verify, self.verify_all, self.go_to_break, self.evidence])
        file.addSeparator()
        file.addAction(self.reviews)
        file.addSeparator()
        file.addMenu(export)
        file.addAction(self.print)
        file.addSeparator()
        file.addAction(self.close)
        edit.addAction(self.copy_rows)
        edit.addMenu(copy_as)
        edit.addActions([self.copy_cell, self.copy_entry])
        edit.addSeparator()
        edit.addActions([self.find, self.include, self.exclude, self.show_all, self.related, self.changes, self.clear])
        edit.addMenu(filters)
        view.addActions([self.refresh, self.next_part, self.previous_part])
        view.addSeparator()
        view.addActions([self.timeline, self.details, self.raw, self.utc])
        view.addSeparator()
        view.addAction(self.sort)
        view.addMenu(columns)
        window.addActions(columns.actions())

    def context_menu(self, parent: QWidget) -> QMenu:
        """Give the menu of a cell; it deletes itself when it is closed."""
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        menu.addActions([self.include, self.exclude, self.show_all])
        menu.addSeparator()
        menu.addActions([self.copy_cell, self.copy_rows, self.copy_entry])
        menu.addSeparator()
        menu.addActions([self.related, self.changes])
        return menu

    def tell_entry(self, line: AuditLine | None, selected: bool) -> None:
        """Enable what can be done with the current entry (None for none) and the selected ones."""
        nothing = NO_ENTRY if line is None else ""
        for action in (self.copy_rows, self.copy_csv, self.copy_json, self.copy_markdown):
            allow(action, "" if selected else NO_ENTRY)
        for action in (self.copy_cell, self.copy_entry, self.raw):
            allow(action, nothing)
        unrelated = "This entry belongs to no hotfix." if line is not None and line.hotfix is None else ""
        allow(self.related, nothing or unrelated)
        allow(self.changes, nothing or unrelated)

    def tell_cell(self, column: Column, text: str, *, chosen: bool, is_set: bool, narrowed: bool) -> None:
        """Enable what can be filtered by the current cell; ``is_set`` when something is said of its column."""
        nothing = "" if chosen else NO_ENTRY
        name, value = HEADINGS[column], "this value" if text else "empty cells"
        day = column is Column.DATE
        self.include.setText(INCLUDE_DAY if day else f"&Include only {value}")
        self.exclude.setText(f"E&xclude {value}")
        allow(self.include, nothing, f"Show only entries like this one in the column {name}")
        allow(self.exclude, nothing or (NO_DAY if day else ""), f"Hide entries like this one in the column {name}")
        unset = "" if is_set else f"No filter is set for the column {name}."
        allow(self.show_all, nothing or unset, f"Show entries whatever stands in the column {name}")
        for action in (self.clear, self.save_filter):
            allow(action, "" if narrowed else NO_FILTER)

    def _make(self, name: str, text: str, shortcut: Shortcut, tip: str) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(f"actionAudit{name}")
        if shortcut:
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
