"""*Mark as delivered…*: somebody's word in place of a receipt, for what went to development in another way."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QListWidget, QListWidgetItem, QWidget

from hotfix_desktop.services.undelivered import WaitingPackage
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.formats import stamp, tr
from hotfix_desktop.ui.labels import ToneLabel, heading, plain_tooltip
from hotfix_desktop.ui.theme import ROW, Role


class MarkDialog(Dialog):
    """Asks which hotfixes, and why.

    Signals:
        submitted: the numbers of the hotfixes, and the reason.
    """

    submitted = Signal(object, str)

    def __init__(self, package: WaitingPackage, parent: QWidget | None) -> None:
        """Offer the hotfixes of a package that wait; all are ticked."""
        super().__init__(parent, columns=84)
        self.setObjectName("markDialog")
        self.setWindowTitle(tr("Mark as delivered"))
        self.list = QListWidget(self)
        self.list.setObjectName("markHotfixes")
        self.list.setFixedHeight(ROW * min(6, max(2, len(package.hotfixes))) + 4)
        for hotfix in reversed(package.hotfixes):
            when = f", {stamp(hotfix.closed_at)}" if hotfix.closed_at else ""
            ticket = f"{hotfix.ticket} " if hotfix.ticket else ""
            text = f"{hotfix.number}{when}, {hotfix.opened_by}: {ticket}{hotfix.reason}"
            item = QListWidgetItem(text, self.list)
            item.setToolTip(plain_tooltip(text))
            item.setData(Qt.ItemDataRole.UserRole, hotfix.number)
            item.setCheckState(Qt.CheckState.Checked)
        self.reason = QLineEdit(self)
        self.reason.setObjectName("markReason")
        self.reason.setMaxLength(LINE_LIMIT)
        self.reason.setPlaceholderText(tr("For instance: is in release 1.5, commit 1a2b3c4"))
        self.fields["reason"] = Field(
            tr("&Why, or where it went"), self.reason, hint=tr("It stands in the audit log in place of a receipt.")
        )
        self.body.addWidget(heading(tr("Mark %1 as delivered").replace("%1", package.found.name), self))
        self.body.addWidget(
            ToneLabel(
                tr("From then on nobody is reminded of it, and the next update may overwrite it without a word."),
                Role.TEXT,
                self,
            )
        )
        self.body.addWidget(Field(tr("&Hotfixes"), self.list))
        self.body.addWidget(self.fields["reason"])
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._mark = box.addButton(tr("&Mark as delivered"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._mark.setObjectName("markButton")
        box.accepted.connect(self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._mark, explains=True)
        self.list.itemChanged.connect(lambda _item: self.refresh())
        self.reason.textChanged.connect(lambda _text: self._edited())
        self.refresh()
        self.reason.setFocus()

    @property
    def hotfixes(self) -> tuple[int, ...]:
        """The numbers that are ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return tuple(sorted(i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() == Qt.CheckState.Checked))

    def refresh(self) -> None:
        """Say why it cannot be marked."""
        if not self.hotfixes:
            self.explain(self._mark, tr("Tick at least one hotfix."))
        elif not self.reason.text().strip():
            self.explain(self._mark, tr("A reason is needed."))
        else:
            self.explain(self._mark, "")

    def _edited(self) -> None:
        self.fields["reason"].show_problem("")
        self.refresh()

    def _submit(self) -> None:
        if not self.is_busy:
            self.submitted.emit(self.hotfixes, self.reason.text())
