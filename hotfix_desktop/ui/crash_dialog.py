"""What we did wrong, told to the user: it is a bug, what still works, and the report to pass on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.labels import ElidedLabel, SignLabel, ToneLabel
from hotfix_desktop.ui.report_view import ReportView, copy
from hotfix_desktop.ui.theme import ICON_TOOLBAR, Role

_WITHOUT_PARENT: dict[int, QWidget] = {}


class CrashDialog(Dialog):
    """Shows the report of a bug. Nothing is sent anywhere."""

    def __init__(self, kind: str, report_text: str, log_file: Path | None, parent: QWidget | None) -> None:
        """Show the report; ``kind`` is the name of the error, ``log_file`` where it was written as well."""
        super().__init__(parent, columns=92, grows=True)
        self.setObjectName("crashDialog")
        if parent is None:
            # No window is active when the program crashes in the background; Python would drop the dialog.
            number = id(self)
            _WITHOUT_PARENT[number] = self
            self.destroyed.connect(lambda: _WITHOUT_PARENT.pop(number, None))
        self.setWindowTitle(self.tr("A bug in Hotfix Desktop"))
        self._log_file = log_file
        said = self.tr("Hotfix Desktop has a bug, and what you just did may not have worked ({kind}).")
        self.body.addWidget(SignLabel("error", Role.OVERDUE, said.format(kind=kind), pixels=ICON_TOOLBAR))
        self.body.addWidget(
            ToneLabel(
                self.tr(
                    "Packages that are unlocked keep being locked at their deadline. You can go on, or start again."
                )
            )
        )
        view = ReportView(report_text, self.tr("Report"), self)
        view.setMinimumHeight(self.fontMetrics().height() * 12)
        self.body.addWidget(view, 1)
        self.body.addWidget(
            ToneLabel(self.tr("Nothing is sent anywhere. Copy the report to pass it on yourself."), Role.QUIET)
        )
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copying = box.addButton(self.tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        copying.setObjectName("copyButton")
        copying.clicked.connect(lambda: copy(report_text))
        if log_file is not None:
            self.body.addWidget(ElidedLabel(str(log_file), Qt.TextElideMode.ElideMiddle, Role.QUIET))
            folder = box.addButton(self.tr("Open log folder"), QDialogButtonBox.ButtonRole.ActionRole)
            folder.setObjectName("openLogFolder")
            folder.clicked.connect(self._open_folder)
        box.rejected.connect(self.reject)
        close = box.button(QDialogButtonBox.StandardButton.Close)
        self.add_buttons(box, close)
        close.setFocus()

    def _open_folder(self) -> None:
        if self._log_file is None:
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_file.parent))):
            self.show_problem("", self.tr("The folder could not be opened: {path}").format(path=self._log_file.parent))
