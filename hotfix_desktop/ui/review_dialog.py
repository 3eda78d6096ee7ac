"""Reviews: the closed hotfixes, what is known of the chosen one, and an auditor's word on it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QTableView,
    QWidget,
)

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.reviews import ReviewItem, ReviewState, ReviewVerdict, checked_remark, why_not_review
from hotfix_desktop.services.reviewing import ReviewPage
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.labels import ToneLabel
from hotfix_desktop.ui.review_model import ReviewColumn, ReviewModel
from hotfix_desktop.ui.review_words import facts_of
from hotfix_desktop.ui.theme import BETWEEN, GRID, ROW, Role
from hotfix_desktop.ui.window_room import take_wanted

NOTHING = {
    ReviewState.TO_REVIEW: "Nothing waits for review.",
    ReviewState.OBJECTED: "No objection stands.",
    ReviewState.REVIEWED: "No hotfix is reviewed yet.",
}
WIDE = 150
"""Letters that the dialog is wide where there is room: every column is seen whole."""
LETTERS = {
    ReviewColumn.CLOSED: 17,
    ReviewColumn.PACKAGE: 20,
    ReviewColumn.OPENED_BY: 14,
    ReviewColumn.DURATION: 12,
    ReviewColumn.ENDED: 14,
    ReviewColumn.CHANGED: 13,
}


class ReviewDialog(Dialog):
    """Lists closed hotfixes and takes an auditor's word.

    The owner answers ``wanted`` with ``show_page()``, and the others with a new page or ``show_problem()``.

    Signals:
        wanted: a :class:`ReviewState`, and the number below which hotfixes are wanted, 0 for the newest.
        submitted: the number of a hotfix, the :class:`ReviewVerdict`, and the remark.
        together: the numbers of hotfixes that changed nothing, and the remark.
    """

    wanted = Signal(object, int)
    submitted = Signal(int, object, str)
    together = Signal(object, str)

    def __init__(self, parent: QWidget | None) -> None:
        """Start without anything to show; the owner is asked for the first page by :meth:`ask`."""
        super().__init__(parent, columns=96, grows=True)
        self.setObjectName("reviewDialog")
        self.setWindowTitle(self.tr("Reviews"))
        self._page: ReviewPage | None = None
        self._row = 0
        self.filter = QComboBox(self)
        self.model = ReviewModel(self)
        self.table = QTableView(self)
        self.remark = QLineEdit(self)
        self._nothing = ToneLabel("", Role.QUIET, self)
        self._stack = QStackedWidget(self)
        self._facts = QWidget(self)
        self._build_top()
        self._build_list()
        self._build_details()
        self._build_buttons()
        self.table.setFocus()
        take_wanted(self)

    @property
    def state(self) -> ReviewState:
        """The list that is chosen."""
        return ReviewState(self.filter.currentData())  # Qt keeps the text of an enumeration only

    @property
    def chosen(self) -> ReviewItem | None:
        """The hotfix that is chosen; None while there is none."""
        row = self.table.currentIndex().row()
        return self.model.items[row] if 0 <= row < len(self.model.items) else None

    def ask(self) -> None:
        """Ask the owner for the newest of the chosen list."""
        self.wanted.emit(self.state, 0)

    def show_page(self, page: ReviewPage, *, append: bool = False) -> None:
        """Show what the owner read; the place in the list is kept."""
        self.set_busy(False)
        self._page = page
        if not append:
            self._row = max(0, self.table.currentIndex().row())
        self.model.show_items(page.items, page.user, more=page.more, append=append)
        for index, (state, count) in enumerate(
            zip(ReviewState, (page.counts.to_review, page.counts.objected, page.counts.reviewed), strict=True)
        ):
            self.filter.setItemText(index, f"{tr(state.value)} ({number(count)})")
        self._nothing.setText(tr(NOTHING[self.state]))
        self._stack.setCurrentIndex(0 if self.model.items else 1)
        self.fields["remark"].show_problem("")
        if not append and self.model.items:
            self.table.selectRow(min(self._row, len(self.model.items) - 1))
        self.refresh()

    def done_with(self) -> None:
        """Take the remark away after the owner has entered it, and ask for what is left."""
        self.remark.clear()
        self.fields["remark"].show_problem("")
        self.ask()

    def refresh(self) -> None:
        """Show the chosen hotfix, and what may be said of it, or why not."""
        item = self.chosen
        self._show_facts(item)
        why_not = self._why_not(item, ReviewVerdict.REVIEWED)
        why_not_object = self._why_not(item, ReviewVerdict.OBJECTED)
        self._object.setEnabled(not why_not_object and not self.is_busy)
        self._object.setToolTip(why_not_object)
        self._object.setAccessibleDescription(why_not_object)
        several = self._page.unchanged if self._page else ()
        self._together.setText(self.tr("Review all that &changed nothing ({count})").format(count=number(len(several))))
        self._together.setEnabled(bool(several) and not self.is_busy)
        self._together.setToolTip(
            "" if several else self.tr("Of no waiting hotfix is it known that it changed nothing.")
        )
        self._together.setAccessibleDescription(self._together.toolTip())
        self.remark.setEnabled(not (why_not and why_not_object) or bool(several))
        self.explain(self._reviewed, why_not)

    def _why_not(self, item: ReviewItem | None, verdict: ReviewVerdict) -> str:
        page = self._page
        if page is None:
            return self.tr("Looking…")
        if item is None:
            return tr(NOTHING[self.state])
        return why_not_review(item.hotfix, item.review, verdict, page.user, page.roles, page.lone)

    def _build_top(self) -> None:
        self.filter.setObjectName("reviewFilter")
        self.filter.setAccessibleName(self.tr("Which hotfixes"))
        self.filter.view().setAccessibleName(self.tr("Which hotfixes"))
        for state in ReviewState:
            self.filter.addItem(tr(state.value), state.value)
        self.filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.filter.activated.connect(self._choose_list)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        label = QLabel(self.tr("&Show"), self)
        label.setBuddy(self.filter)
        row.addWidget(label)
        row.addWidget(self.filter)
        row.addStretch(1)
        self.body.addLayout(row)

    def _build_list(self) -> None:
        table = self.table
        table.setObjectName("reviewTable")
        table.setAccessibleName(self.tr("Hotfixes"))
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.setMinimumHeight(ROW * 5)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        letter = self.fontMetrics().averageCharWidth()
        for column, letters in LETTERS.items():
            header.resizeSection(column, letters * letter + 2 * BETWEEN)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(ReviewColumn.NOTE, QHeaderView.ResizeMode.Stretch)
        table.selectionModel().currentRowChanged.connect(self._choose)
        self.model.more_wanted.connect(lambda before: self.wanted.emit(self.state, before))
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setObjectName("reviewNothing")
        self._stack.addWidget(table)
        self._stack.addWidget(self._nothing)
        self.body.addWidget(self._stack, 2)

    def _build_details(self) -> None:
        self._grid = QGridLayout(self._facts)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(BETWEEN)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnStretch(1, 1)
        area = QScrollArea(self)
        area.setObjectName("reviewFacts")
        area.setAccessibleName(self.tr("The chosen hotfix"))
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self._facts)
        area.setMinimumHeight(ROW * 4)
        self.body.addWidget(area, 1)
        self.remark.setObjectName("reviewRemark")
        self.remark.setMaxLength(LINE_LIMIT)
        self.remark.setPlaceholderText(self.tr("Goes into the audit log; an objection needs one"))
        self.remark.textChanged.connect(lambda _text: self._edited())
        self.fields["remark"] = Field(self.tr("Re&mark"), self.remark)
        self.body.addWidget(self.fields["remark"])

    def _build_buttons(self) -> None:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._together = box.addButton("", QDialogButtonBox.ButtonRole.ResetRole)
        self._together.setObjectName("reviewTogether")
        self._together.clicked.connect(self._submit_together)
        self._object = box.addButton(self.tr("&Object…"), QDialogButtonBox.ButtonRole.ActionRole)
        self._object.setObjectName("reviewObject")
        self._object.clicked.connect(lambda: self._submit(ReviewVerdict.OBJECTED))
        self._reviewed: QPushButton = box.addButton(self.tr("&Reviewed"), QDialogButtonBox.ButtonRole.ActionRole)
        self._reviewed.setObjectName("reviewReviewed")
        self._reviewed.clicked.connect(lambda: self._submit(ReviewVerdict.REVIEWED))
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._reviewed, explains=True)
        self.refresh()

    def _choose_list(self) -> None:
        self.table.setCurrentIndex(QModelIndex())
        self.ask()

    def _choose(self) -> None:
        self.forget_problem()
        self.fields["remark"].show_problem("")
        self.refresh()

    def _edited(self) -> None:
        self.forget_problem()
        self.fields["remark"].show_problem("")

    def _checked(self, verdict: ReviewVerdict) -> str | None:
        try:
            return checked_remark(self.remark.text(), verdict)
        except InvalidInput as error:
            self.show_problem(error.field, error.sentence)
            return None

    def _submit(self, verdict: ReviewVerdict) -> None:
        item = self.chosen
        remark = self._checked(verdict)
        if item is None or remark is None or self.is_busy or self._why_not(item, verdict):
            return
        self.submitted.emit(item.hotfix.number, verdict, remark)

    def _submit_together(self) -> None:
        remark = self._checked(ReviewVerdict.REVIEWED)
        if self._page is None or remark is None or self.is_busy or not self._page.unchanged:
            return
        self.together.emit(self._page.unchanged, remark)

    def _show_facts(self, item: ReviewItem | None) -> None:
        while (cell := self._grid.takeAt(0)) is not None:
            widget = cell.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        facts = facts_of(item, self._page.user if self._page else "") if item is not None else []
        for row, (caption, value, role) in enumerate(facts):
            name = ToneLabel(caption, Role.QUIET, self._facts)
            name.setWordWrap(False)
            said = ToneLabel(value, role, self._facts)
            said.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            said.setAccessibleName(f"{caption}: {value}")
            self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(said, row, 1)
            for label in (name, said):
                label.show()  # at once, not with the next turn of the event loop: nothing flickers
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)  # another hotfix may have had fewer facts
        self._grid.setRowStretch(len(facts), 1)

    def sizeHint(self) -> QSize:
        """Ask for room for some twenty hotfixes and their facts."""
        return QSize(self.fontMetrics().averageCharWidth() * WIDE, ROW * 30)
