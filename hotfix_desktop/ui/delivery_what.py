"""Page 1 of the delivery wizard: which hotfixes of which package, and what they changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QListWidget, QTableWidget, QTableWidgetItem

from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs
from hotfix_desktop.services.letters import LetterDraft
from hotfix_desktop.services.undelivered import WaitingPackage
from hotfix_desktop.ui.delivery_draft import Draft, Way
from hotfix_desktop.ui.delivery_files import element_words
from hotfix_desktop.ui.delivery_page import DeliveryPage
from hotfix_desktop.ui.dialog import Field
from hotfix_desktop.ui.formats import number, stamp, tr
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import ROW
from hotfix_desktop.ui.tick_delegate import TickDelegate

HEADERS = ("Hotfix", "Locked", "By", "Reason", "Files")
MOST = 1000
"""Changed elements that are listed one by one."""


class WhatPage(DeliveryPage):
    """Ticks the hotfixes that are to be delivered."""

    def __init__(self, packages: Sequence[WaitingPackage], chosen: int, draft: Draft, jobs: DeliveryJobs) -> None:
        """Offer these packages, and begin with the one of this number, all of its hotfixes ticked."""
        super().__init__(
            tr("What is to be delivered?"),
            tr("These hotfixes changed something that was not carried to development yet."),
            draft,
            jobs,
        )
        self._packages = list(packages)
        self.package = QComboBox(self)
        self.package.setObjectName("deliveryPackage")
        for package in packages:
            owner = tr("self-developed") if package.is_own else package.found.maintainer
            self.package.addItem(f"{package.found.name} {package.found.version} ({owner})".replace("  ", " "))
        self.table = QTableWidget(0, len(HEADERS), self)
        self.table.setObjectName("deliveryHotfixes")
        self.table.setAccessibleName(tr("Hotfixes that are not delivered"))
        self._build_table()
        self.elements = QListWidget(self)
        self.elements.setObjectName("deliveryElements")
        self.elements.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._field = Field(tr("What they changed"), self.elements)
        self.add(Field(tr("&Package"), self.package), self.table, self._field)
        self.body.setStretch(1, 2)
        self.body.setStretch(2, 3)
        numbers = [package.package_id for package in packages]
        self.package.setCurrentIndex(max(0, numbers.index(chosen) if chosen in numbers else 0))
        self.package.currentIndexChanged.connect(lambda _index: self._show_package())
        self.table.itemChanged.connect(lambda _item: self._ticked())
        self._show_package()

    def why_not(self) -> str:
        """Say what is missing."""
        if self.is_waiting:
            return tr("Looking at what was changed…")
        if not self.draft.hotfixes:
            return tr("Tick at least one hotfix.")
        return "" if self.draft.told is not None and self.draft.told.hotfixes == self.draft.hotfixes else " "

    def _build_table(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels([tr(text) for text in HEADERS])
        table.setItemDelegateForColumn(0, TickDelegate(table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        letter = self.fontMetrics().averageCharWidth()
        for column, letters in enumerate((10, 22, 14, 40, 11)):
            header.resizeSection(column, letters * letter)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        table.setMinimumHeight(ROW * 4)

    def _show_package(self) -> None:
        index = self.package.currentIndex()
        package = self._packages[index] if 0 <= index < len(self._packages) else None
        self.draft.package = package
        if package is not None:
            if not package.is_own:
                self.draft.way = Way.LETTER
            elif self.draft.way is Way.LETTER:
                self.draft.way = Way.REPOSITORY
        self.draft.contact, self.draft.letter = "", None
        self.draft.decisions.clear()
        self.draft.unticked.clear()
        hotfixes = package.hotfixes if package is not None else ()
        self.table.blockSignals(True)
        self.table.setRowCount(len(hotfixes))
        for row, hotfix in enumerate(reversed(hotfixes)):
            self._show_row(row, hotfix, package.changes.get(hotfix.number) if package is not None else None)
        self.table.blockSignals(False)
        if hotfixes:
            self.table.setCurrentCell(0, 0)
        self._ticked()

    def _show_row(self, row: int, hotfix: Hotfix, changes: int | None) -> None:
        closed = stamp(hotfix.closed_at) if hotfix.closed_at else ""
        reason = f"{hotfix.ticket}  {hotfix.reason}" if hotfix.ticket else hotfix.reason
        files = tr("not known") if changes is None else number(changes)
        for column, text in enumerate((str(hotfix.number), closed, hotfix.opened_by, reason, files)):
            item = QTableWidgetItem(text)
            item.setToolTip(plain_tooltip(text))
            if column == 0:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked)
                item.setData(Qt.ItemDataRole.UserRole, hotfix.number)
            self.table.setItem(row, column, item)

    def _ticked(self) -> None:
        first = [item for row in range(self.table.rowCount()) if (item := self.table.item(row, 0)) is not None]
        ticked = [item.data(Qt.ItemDataRole.UserRole) for item in first if item.checkState() == Qt.CheckState.Checked]
        self.draft.hotfixes = tuple(sorted(ticked))
        self.elements.clear()
        self._field.label.setText(tr("What they changed"))
        if self.draft.hotfixes:
            self.watch(self.jobs.draft(self.draft.hotfixes), self._show_changes)
        else:
            self.forget_job()
            self.problem.set_text("")
            self.changed()

    def _show_changes(self, told: LetterDraft) -> None:
        self.draft.take_told(told)
        elements: dict[str, list[str]] = {}
        for file in told.files:
            elements.setdefault(element_words(file.path.encode()), []).append(file.change.value.lower())
        for name, words in list(elements.items())[:MOST]:
            counted = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
            self.elements.addItem(f"{name}: {counted}")
        for remark in told.remarks:
            self.elements.addItem(remark)
        self._field.label.setText(f"{tr('What they changed')} ({tr('%n file(s)', len(told.files))})")
