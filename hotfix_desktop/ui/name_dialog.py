"""The dialog that asks what a filter is to be called."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from hotfix_desktop.core.texts import printable
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.labels import ToneLabel
from hotfix_desktop.ui.theme import Role


class NameDialog(Dialog):
    """Asks for a name.

    Signals:
        submitted: the name.
    """

    submitted = Signal(str)

    def __init__(
        self, title: str, verb: str, name: str, what: str, why_not: Callable[[str], str], parent: QWidget | None
    ) -> None:
        """Begin with ``name``; ``what`` says what is named, ``why_not`` refuses a name with a sentence."""
        super().__init__(parent, columns=56)
        self.setObjectName("nameDialog")
        self.setWindowTitle(title)
        self._why_not = why_not
        self._line = QLineEdit(name, self)
        self._line.setObjectName("filterName")
        self._line.setMaxLength(LINE_LIMIT)
        self.body.addWidget(ToneLabel(what, Role.QUIET, self))
        self.fields = {"name": Field("&Name", self._line)}
        self.body.addWidget(self.fields["name"])
        box = QDialogButtonBox()
        self._button = box.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._button.setObjectName("nameButton")
        self._button.clicked.connect(self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._button, explains=True)
        self._line.textChanged.connect(self.refresh)
        self.refresh()
        self._line.setFocus()
        self._line.selectAll()

    def refresh(self) -> None:
        """Say why the name cannot be taken."""
        self.explain(self._button, self._why_not(self._name()))

    def _name(self) -> str:
        return " ".join(printable(self._line.text()).split())

    def _submit(self) -> None:
        self.submitted.emit(self._name())
        self.accept()
