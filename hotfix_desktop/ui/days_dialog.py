"""The dialog that asks for the first and the last day of a period."""

from __future__ import annotations

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QDateEdit, QDialogButtonBox, QWidget

from hotfix_desktop.ui.dialog import Dialog, Field

EARLIEST = QDate(2000, 1, 1)
LATEST = QDate(9998, 12, 31)


class DaysDialog(Dialog):
    """Asks from which day to which; both are included.

    Signals:
        submitted: the first and the last day, as ``QDate``.
    """

    submitted = Signal(object, object)

    def __init__(self, first: QDate, last: QDate, parent: QWidget | None) -> None:
        """Begin with these days."""
        super().__init__(parent, columns=40)
        self.setObjectName("daysDialog")
        self.setWindowTitle("Choose a period")
        self._first, self._last = _edit(first, "First day"), _edit(last, "Last day")
        self.fields = {"first": Field("&First day", self._first), "last": Field("&Last day", self._last)}
        for field in self.fields.values():
            self.body.addWidget(field)
        box = QDialogButtonBox()
        self._button = box.addButton("&Show", QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._button.setObjectName("daysButton")
        self._button.clicked.connect(self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._button, explains=True)
        self._first.dateChanged.connect(self.refresh)
        self._last.dateChanged.connect(self.refresh)
        self.refresh()
        self._first.setFocus()

    def refresh(self) -> None:
        """Refuse a period that ends before it begins."""
        backwards = self._last.date() < self._first.date()
        self.explain(self._button, "The last day is before the first one." if backwards else "")

    def _submit(self) -> None:
        self.submitted.emit(self._first.date(), self._last.date())
        self.accept()


def _edit(day: QDate, name: str) -> QDateEdit:
    edit = QDateEdit(day)
    edit.setDisplayFormat("yyyy-MM-dd")
    edit.setDateRange(EARLIEST, LATEST)
    edit.setCalendarPopup(True)
    edit.setAccessibleName(name)
    return edit
