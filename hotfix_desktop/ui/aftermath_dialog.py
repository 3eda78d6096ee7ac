"""The dialog that lists what became of each package after a crash."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialogButtonBox, QWidget

from hotfix_desktop.ui.aftermath import beginning, lines
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import Role

if TYPE_CHECKING:
    from hotfix_desktop.services.aftermath import Aftermath


class AftermathDialog(Dialog):
    """Lists what became of each package that was open when the program ended."""

    def __init__(self, aftermath: Aftermath, now: datetime, parent: QWidget | None) -> None:
        """Show it; ``now`` is the time in UTC."""
        super().__init__(parent, columns=72, grows=True)
        self.setObjectName("aftermathDialog")
        self.setWindowTitle(self.tr("After the program ended unexpectedly"))
        self.body.addWidget(SignLabel("info", Role.TEXT, beginning(aftermath, now)))
        for number, line in enumerate(lines(aftermath, now)):
            still = number >= len(aftermath.relocked)
            self.body.addWidget(SignLabel("unlock" if still else "lock", Role.OPEN if still else Role.TEXT, f"{line}."))
        self.body.addWidget(
            ToneLabel(self.tr("What was changed before is not delivered: carry it to development."), Role.QUIET)
        )
        self.body.addStretch(1)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        close = box.button(QDialogButtonBox.StandardButton.Close)
        self.add_buttons(box, close)
        close.setFocus()
