"""The settings: pages on the left, fields on the right; only what was changed is handed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.settings import SPEC_BY_NAME, SPECS, normal_text
from hotfix_desktop.ui.archive_settings import ArchiveSettingsPage
from hotfix_desktop.ui.audit_settings_page import AuditPage
from hotfix_desktop.ui.delivery_settings import DeliverySettingsPage
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.labels import SignLabel
from hotfix_desktop.ui.settings_pages import HotfixPage, OrganisationPage, ProtectionPage, SettingsPage, TicketsPage
from hotfix_desktop.ui.theme import GROUPS, ROW, Role

if TYPE_CHECKING:
    from hotfix_desktop.ui.this_computer import ComputerPage


class SettingsDialog(Dialog):
    """Edits a copy of the settings.

    The owner answers ``submitted`` with ``show_problem()``, or with ``saved()`` (``accept()`` does the same): it
    closes the dialog after *OK*, and after *Apply* takes the new values as the saved ones and stays.

    Attributes:
        audit: the page of the audit log, which also shows what the owner knows of the signing key.

    Signals:
        submitted: a dict of public name → text of the settings that were changed.
    """

    submitted = Signal(dict)

    def __init__(
        self, texts: Mapping[str, str], why_not: str, parent: QWidget | None, computer: ComputerPage | None = None
    ) -> None:
        """Show the settings; with a sentence in ``why_not`` they can only be read.

        ``computer`` is a page that is the user's own: it can be changed all the same.
        """
        super().__init__(parent, columns=100, grows=True)
        self.setObjectName("settingsDialog")
        self.setWindowTitle(self.tr("Settings"))
        self._saved = {spec.name: _normal(spec.name, texts.get(spec.name, spec.default)) for spec in SPECS}
        self._why_not = why_not
        self._closing = False
        self._handed_over: dict[str, str] = {}
        self.audit = AuditPage()
        carrying = [DeliverySettingsPage(), ArchiveSettingsPage()]
        own = [HotfixPage(), TicketsPage(), OrganisationPage(), *carrying, ProtectionPage()]
        self.pages: list[SettingsPage] = [*own, self.audit]
        self._computer = computer
        if computer is not None:
            self.pages.append(computer)
        self._list = QListWidget()
        self._stack = QStackedWidget()
        self._build()
        self._add_settings_buttons()
        for page in self.pages:
            self.fields.update(page.fields)
            page.set_texts(self._saved)
            if why_not:
                page.set_read_only()
            page.edited.connect(self._changed)
        self.refresh()
        self.fields["PackageHotfixTimeout"].editor.setFocus()

    def _build(self) -> None:
        self.body.addWidget(SignLabel("info", Role.TEXT, self._why_not))
        self._list.setObjectName("settingsPages")
        self._list.setAccessibleName(self.tr("Pages"))
        for page in self.pages:
            item = QListWidgetItem(page.title, self._list)
            item.setSizeHint(QSize(0, ROW))
            self._stack.addWidget(page)
        self._list.setFixedWidth(self.fontMetrics().averageCharWidth() * 22)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setCurrentRow(0)
        self._list.currentRowChanged.connect(self._turn)
        row = QHBoxLayout()
        row.setSpacing(GROUPS)
        row.addWidget(self._list)
        row.addWidget(self._stack, 1)
        self.body.addLayout(row, 1)

    def _add_settings_buttons(self) -> None:
        kind = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(kind.Ok | kind.Cancel | kind.Apply | kind.RestoreDefaults)
        self._ok, self._apply, self._defaults = (
            box.button(kind.Ok),
            box.button(kind.Apply),
            box.button(kind.RestoreDefaults),
        )
        self._defaults.setText(self.tr("Restore defaults"))
        self._ok.clicked.connect(lambda: self._submit(closing=True))
        self._apply.clicked.connect(lambda: self._submit(closing=False))
        self._defaults.clicked.connect(self._restore_page)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._ok, explains=True)

    def changes(self) -> dict[str, str]:
        """Give the settings whose values differ from the saved ones; nonsense differs too."""
        texts = {name: text for page in self.pages for name, text in page.texts().items()}
        return {n: _normal(n, text) for n, text in texts.items() if _normal(n, text) != self._saved[n]}

    def show_problem(self, field: str, sentence: str) -> None:
        """Show the sentence on the page of its field."""
        for row, page in enumerate(self.pages):
            if field in page.fields:
                self._list.setCurrentRow(row)
        super().show_problem(field, sentence)

    def saved(self, texts: Mapping[str, str]) -> None:
        """Take these texts as saved: close after *OK*, stay after *Apply*."""
        self.set_busy(False)
        self._saved.update(texts)
        if self._closing:
            super().accept()
        else:
            self.refresh()

    def accept(self) -> None:
        """Take what was handed over last as saved."""
        self.saved(self._handed_over)

    def _changed(self) -> None:
        self.forget_problem()
        self.refresh()

    def _restore_page(self) -> None:
        self.pages[self._stack.currentIndex()].restore_defaults()

    def _submit(self, closing: bool) -> None:
        if self.is_busy or any(page.problems() for page in self.pages):
            return
        self._closing = closing
        if self._computer is not None and not self._computer.save():
            self._list.setCurrentRow(self.pages.index(self._computer))
            return
        changes = self.changes()
        if changes:
            self._handed_over = changes
            self.submitted.emit(changes)
        elif closing:
            super().accept()
        else:
            self.refresh()

    def _turn(self, row: int) -> None:
        self._stack.setCurrentIndex(row)
        self.refresh()

    def refresh(self) -> None:
        """Show what is wrong where it is wrong, and which buttons work."""
        wrong = ""
        for row, page in enumerate(self.pages):
            found = page.show_problems()
            self._mark(self._list.item(row), page, bool(found))
            if found and not wrong:
                caption = SPEC_BY_NAME[next(iter(found))].caption
                wrong = self.tr("Correct “{caption}” on the page {page} first.").format(
                    caption=caption, page=page.title
                )
        # The sentence on top says already why nobody may change anything.
        own = self._computer is not None and self._computer.is_changed
        why_not = "" if own else self._why_not
        unchanged = "" if wrong or own or self.changes() or why_not else self.tr("Nothing is changed.")
        self.explain(self._ok, wrong)
        self._note.setText(wrong or unchanged)
        self._enable(self._apply, not wrong and not unchanged, why_not or wrong or unchanged)
        own_page = self.pages[self._stack.currentIndex()] is self._computer
        self._enable(self._defaults, True, "" if own_page else self._why_not)
        if why_not:
            self._enable(self._ok, False, why_not)

    def _enable(self, button: QPushButton, enabled: bool, why_not: str) -> None:
        allowed = not self._why_not or why_not != self._why_not
        button.setEnabled(enabled and allowed and not self.is_busy)
        button.setAccessibleDescription(why_not)

    def _mark(self, item: QListWidgetItem, page: SettingsPage, wrong: bool) -> None:
        item.setText(f"⚠ {page.title}" if wrong else page.title)
        text = self.tr("{page}, something has to be corrected").format(page=page.title) if wrong else page.title
        item.setData(Qt.ItemDataRole.AccessibleTextRole, text)


def _normal(name: str, text: str) -> str:
    """Give the stored form of a text, or nonsense as it is."""
    try:
        return normal_text(SPEC_BY_NAME[name], text)
    except InvalidInput:
        return text
