"""What this program is, in which versions of what, and under which licences."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialogButtonBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.icons import APP_ICON, icons_folder, rendered
from hotfix_desktop.ui.labels import ToneLabel, heading
from hotfix_desktop.ui.report_view import copy
from hotfix_desktop.ui.theme import BETWEEN, GRID, GROUPS, Role

ICON = 48


class AboutDialog(Dialog):
    """Shows the versions, to be copied into a report, and the licences."""

    def __init__(self, facts: Mapping[str, str], parent: QWidget | None) -> None:
        """Show these facts: a name ("Python") and its value each."""
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle(self.tr("About Hotfix Desktop"))
        self._facts = dict(facts)
        self.body.addLayout(self._top())
        self.body.addLayout(self._table())
        self.body.addWidget(
            ToneLabel(
                self.tr(
                    "Free software under the MIT licence. It stands on Qt and PySide6 by The Qt Company, used under "
                    "the GNU LGPL version 3; their libraries can be replaced by your own."
                ),
                Role.QUIET,
            )
        )
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copying = box.addButton(self.tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        copying.setObjectName("copyButton")
        copying.clicked.connect(lambda: copy(self.report()))
        box.rejected.connect(self.reject)
        close = box.button(QDialogButtonBox.StandardButton.Close)
        self.add_buttons(box, close)
        close.setFocus()

    def _top(self) -> QHBoxLayout:
        picture = QLabel()
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(rendered(icons_folder() / f"{APP_ICON}.svg", round(ICON * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        picture.setPixmap(pixmap)
        words = QVBoxLayout()
        words.setSpacing(GRID)
        words.addWidget(heading("Hotfix Desktop"))
        words.addWidget(ToneLabel(self.tr("Unlock a package for a hotfix, and never forget to lock it again.")))
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(GROUPS)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GROUPS)
        grid.setVerticalSpacing(BETWEEN // 2)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(self._facts.items()):
            caption = ToneLabel(name, Role.QUIET)
            caption.setWordWrap(False)
            shown = ToneLabel(value)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            shown.setAccessibleName(f"{name}: {value}")
            grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(shown, row, 1)
        return grid

    def report(self) -> str:
        """Give the facts as text, as *Copy* does."""
        return "\n".join(f"{name}: {value}" for name, value in self._facts.items())
