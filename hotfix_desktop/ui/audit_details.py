"""The pane below the audit log: every field of the chosen entry."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QTextBrowser, QVBoxLayout, QWidget

from hotfix_desktop.services.auditing import AuditLine
from hotfix_desktop.services.entry_proof import EntryProof
from hotfix_desktop.ui.audit_facts import Fact, Facts, facts_of
from hotfix_desktop.ui.hex_dump import hex_dump
from hotfix_desktop.ui.report_view import ReportView
from hotfix_desktop.ui.theme import AROUND, BETWEEN, GRID, Role, Theme, tabular_font, title_font

NOTHING = "Select an entry to see all its fields."
ACROSS = 3
"""Short fields that stand beside each other."""
SHOWN_LIMIT = 20_000
"""Characters of a field in the pane; the clipboard gets all of them."""


class AuditDetails(QWidget):
    """Title, fields, and the buttons of an entry."""

    def __init__(
        self,
        theme: Theme,
        raw: QAction,
        related: QAction,
        changes: QAction,
        copy: QAction,
        parent: QWidget | None = None,
    ) -> None:
        """Show nothing yet; the buttons follow the actions."""
        super().__init__(parent)
        self._theme = theme
        self._line: AuditLine | None = None
        self._proof: EntryProof | None = None
        self._facts: Facts | None = None
        self.title = QLabel("Details", self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setFont(title_font(self.font()))
        self.fields = QTextBrowser(self)
        self.fields.setObjectName("auditDetails")
        self.fields.setAccessibleName("All fields of the selected entry")
        self.fields.setOpenLinks(False)
        self.fields.setTabChangesFocus(True)
        self.fields.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # its text wraps
        self.fields.setFont(tabular_font(self.font()))
        self.fields.document().setDocumentMargin(GRID)
        self.fields.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.raw = ReportView("", "Raw bytes of the selected entry", self)
        self.raw.setObjectName("auditRaw")
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.fields)
        self._pages.addWidget(self.raw)
        self.raw_button = ActionButton("Raw &bytes", raw, self)
        self.related_button = ActionButton("Show re&lated", related, self)
        self.changes_button = ActionButton("Open c&hanges", changes, self)
        self.copy_button = ActionButton("Cop&y", copy, self)
        raw.toggled.connect(self._show_raw)
        self._lay_out()
        theme.changed.connect(self._draw)
        self._draw()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(BETWEEN)
        head.addWidget(self.title, 1)
        for button in (self.raw_button, self.related_button, self.changes_button, self.copy_button):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(AROUND, BETWEEN, AROUND, BETWEEN)
        column.setSpacing(BETWEEN)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        QWidget.setTabOrder(self.fields, self.raw)
        QWidget.setTabOrder(self.raw, self.raw_button)
        QWidget.setTabOrder(self.raw_button, self.related_button)
        QWidget.setTabOrder(self.related_button, self.changes_button)
        QWidget.setTabOrder(self.changes_button, self.copy_button)

    def focus_part(self) -> QWidget:
        """Give what takes the keyboard of this pane."""
        return self.raw if self._pages.currentWidget() is self.raw else self.fields

    def text(self) -> str:
        """Give all fields as lines; empty when no entry is chosen."""
        return self._facts.text() if self._facts is not None else ""

    def show_line(self, line: AuditLine | None) -> None:
        """Show an entry, or none; the same one again leaves the reader's place alone."""
        if line == self._line:
            return
        self._line, self._proof = line, None
        self._facts = None if line is None else facts_of(line)
        self.title.setText("Details" if line is None else f"Entry {line.seq:,}")
        self.raw.setPlainText("" if line is None else hex_dump(line.body))
        self._draw()

    def show_proof(self, proof: EntryProof) -> None:
        """Add what vouches for the entry, if it is still the one that is shown; the reader's place stays."""
        if self._line is None or proof.seq != self._line.seq or proof == self._proof:
            return
        self._proof = proof
        self._facts = facts_of(self._line, proof)
        at = self.fields.verticalScrollBar().value()
        self._draw()
        self.fields.verticalScrollBar().setValue(at)

    @Slot(bool)
    def _show_raw(self, shown: bool) -> None:
        had_focus = self.focus_part().hasFocus()
        self._pages.setCurrentWidget(self.raw if shown else self.fields)
        if had_focus:
            self.focus_part().setFocus()

    @Slot()
    def _draw(self) -> None:
        if self._facts is None:
            quiet = self._theme.colour(Role.QUIET, QPalette.ColorRole.Base).name()
            self.fields.setHtml(f'<p style="color: {quiet}">{NOTHING}</p>')
        else:
            self.fields.setHtml(self._table(self._facts))

    def _table(self, facts: Facts) -> str:
        rows = []
        if facts.trouble:
            colour = self._theme.colour(Role.OVERDUE, QPalette.ColorRole.Base).name()
            trouble = html.escape(facts.trouble)
            rows.append(f'<tr><td colspan="{2 * ACROSS}" style="color: {colour}"><b>✗ {trouble}</b></td></tr>')
        across: list[str] = []
        for fact in facts.fields:
            if fact.wide:
                rows += [_row(across)] if across else []
                across = []
                if fact.text:
                    rows.append(_row([self._cells(fact)]))
            else:
                across.append(self._cells(fact))
                if len(across) == ACROSS:
                    rows.append(_row(across))
                    across = []
        rows += [_row(across)] if across else []
        return f'<table width="100%" cellpadding="1">{"".join(rows)}</table>'

    def _cells(self, fact: Fact) -> str:
        quiet = self._theme.colour(Role.QUIET, QPalette.ColorRole.Base).name()
        text = fact.text if len(fact.text) <= SHOWN_LIMIT else fact.text[:SHOWN_LIMIT] + "…"
        value = html.escape(text) or "–"
        span = f' colspan="{2 * ACROSS - 1}"' if fact.wide else ""
        name_style = f"color: {quiet}; white-space: nowrap; padding-right: {BETWEEN}px"
        return (
            f'<td width="1%" style="{name_style}">{fact.name}</td>'
            f'<td{span} style="white-space: pre-wrap; padding-right: {AROUND}px">{value}</td>'
        )


class ActionButton(QPushButton):
    """A push button that does an action, and is enabled with it, for the same reason."""

    def __init__(self, text: str, action: QAction, parent: QWidget) -> None:
        """Follow the action; ``text`` has a mnemonic of its own."""
        super().__init__(text, parent)
        self._action = action
        self.setAccessibleName(text.replace("&", ""))
        self.setCheckable(action.isCheckable())
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setChecked(self._action.isChecked())
        self.setToolTip(self._action.toolTip())
        self.setStatusTip(self._action.statusTip())


def _row(cells: list[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"
