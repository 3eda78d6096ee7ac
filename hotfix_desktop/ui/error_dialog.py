"""What the world did, told to the user: the sentence, the remedy, and the details for whoever wants them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.report_view import ReportView, copy
from hotfix_desktop.ui.theme import ICON_TOOLBAR, Role


class ErrorDialog(Dialog):
    """Says what failed, why, and what to do now.

    Signals:
        retry: the user wants it tried again; the dialog closes.
    """

    retry = Signal()

    def __init__(self, title: str, error: HotfixError, parent: QWidget | None, retry: bool = False) -> None:
        """Show the error; ``title`` is what failed, and ``retry`` offers to try again."""
        super().__init__(parent, columns=72, grows=True)
        self.setObjectName("errorDialog")
        self.setWindowTitle(title)
        self._title, self._error = title, error
        self._folded = 0
        sentence = SignLabel("error", Role.OVERDUE, error.sentence, pixels=ICON_TOOLBAR)
        self.body.addWidget(sentence)
        if error.remedy:
            remedy = ToneLabel(error.remedy)
            remedy.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.body.addWidget(remedy)
        self._details = ReportView(error.details, self.tr("Details"), self)
        self._details.setMinimumHeight(self.fontMetrics().height() * 8)
        self._details.hide()
        self.body.addWidget(self._details, 1)
        self.body.addStretch(0)  # keeps the sentences together while the details are hidden
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._show = self._button(box, self.tr("Show details"), "showDetails")
        self._show.setCheckable(True)
        self._show.setVisible(bool(error.details))
        self._show.toggled.connect(self._show_details)
        self._button(box, self.tr("Copy"), "copyButton").clicked.connect(lambda: copy(self.report()))
        default = box.button(QDialogButtonBox.StandardButton.Close)
        if retry:
            default = box.addButton(self.tr("Retry"), QDialogButtonBox.ButtonRole.AcceptRole)
            default.setObjectName("retryButton")
        box.accepted.connect(self._retry)
        box.rejected.connect(self.reject)
        self.add_buttons(box, default)
        default.setFocus()

    def _button(self, box: QDialogButtonBox, text: str, name: str) -> QPushButton:
        button = box.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setObjectName(name)
        return button

    def _retry(self) -> None:
        self.accept()
        self.retry.emit()

    def _show_details(self, shown: bool) -> None:
        if shown:
            self._folded = self.height()
        self._details.setVisible(shown)
        self._show.setText(self.tr("Hide details") if shown else self.tr("Show details"))
        self.settle()
        self.resize(self.width(), self._folded)

    def report(self) -> str:
        """Give everything as text, as *Copy* does."""
        parts = (self._title, str(self._error), self._error.details)
        return "\n\n".join(part for part in parts if part)


class FolderDialog(ErrorDialog):
    """Shows where a folder is when no file manager can be started; *Copy* takes its path alone."""

    def __init__(self, folder: str, parent: QWidget | None) -> None:
        """Show the whole path."""
        super().__init__("Open folder", HotfixError("No file manager could be started. The folder is", folder), parent)
        self._folder = folder

    def report(self) -> str:
        """Give the path."""
        return self._folder
