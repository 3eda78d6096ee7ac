"""What stands above the changes of a hotfix: which it is, why and when it was, and what is to be known of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hotfix_desktop.services.changes import HotfixChanges
from hotfix_desktop.ui.changes_words import count_words, reason_words, span_words
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.labels import ElidedLabel, SignLabel, heading
from hotfix_desktop.ui.theme import AROUND, BETWEEN, GRID, Role


class ChangesHead(QWidget):
    """The lines above."""

    def __init__(self, parent: QWidget) -> None:
        """Say nothing yet."""
        super().__init__(parent)
        self._title = heading("", self)
        self._reason = ElidedLabel("", Qt.TextElideMode.ElideRight, Role.QUIET, self)
        self._span = ElidedLabel("", Qt.TextElideMode.ElideRight, Role.QUIET, self)
        self.remark = SignLabel("warning", Role.OPEN, "", self)
        self.done = SignLabel("info", Role.VERIFIED, "", self)
        self.remark.setObjectName("changesRemark")
        self.done.setObjectName("changesDone")
        column = QVBoxLayout(self)
        column.setContentsMargins(AROUND, BETWEEN, AROUND, BETWEEN)
        column.setSpacing(GRID)
        for widget in (self._title, self._reason, self._span, self.remark, self.done):
            column.addWidget(widget)

    def show_hotfix(self, found: HotfixChanges) -> None:
        """Show another one, or another look at it."""
        self._title.set_text(f"{found.hotfix.package_name}  ·  {count_words(found.changes)}")
        self._reason.set_text(reason_words(found.hotfix))
        self._span.set_text(span_words(found))
        self.remark.set_text(found.remark)

    def show_nothing(self) -> None:
        """There is none, or it cannot be read."""
        self._title.set_text(tr("Changes"))

    def tell_reverted(self, files: int) -> None:
        """Say what was put back, until somebody closes the window or reverts more."""
        what = tr("%n file(s)", files)
        kept = tr(
            "What was there is kept in the content store; the entry “Changes reverted” in the audit log names it."
        )
        words = tr("is as it was before the unlock.") if files == 1 else tr("are as they were before the unlock.")
        self.done.set_text(f"{what} {words} {kept}")
