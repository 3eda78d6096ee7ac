"""The question before files are put back as they were before the unlock: which, and what becomes of what is there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from hotfix_desktop.core.changes import Change, ChangeKind
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.labels import SignLabel, ToneLabel, heading
from hotfix_desktop.ui.report_view import ReportView
from hotfix_desktop.ui.theme import Role

LISTED = 500
_BECOMES = "It becomes what it was before the unlock. What is there now is kept in the content store."
_BECOME = "They become what they were before the unlock. What is there now is kept in the content store."
_AGAIN = "If you may want it again, cancel and save the changes as a patch first (Ctrl+S)."
_WORDS = {
    ChangeKind.ADDED: "Remove",
    ChangeKind.MODIFIED: "Put back",
    ChangeKind.DELETED: "Bring back",
    ChangeKind.RENAMED: "Rename back",
}


class RevertDialog(Dialog):
    """Lists what would be put back.

    Signals:
        submitted: do it.
    """

    submitted = Signal()

    def __init__(self, package: str, changes: Sequence[Change], parent: QWidget | None) -> None:
        """Ask for these changes of a package."""
        super().__init__(parent, columns=76, grows=True)
        self.setObjectName("revertDialog")
        self.setWindowTitle(tr("Revert"))
        count = len(changes)
        files = tr("%n file(s)", count).replace(str(count), number(count), 1)
        self.body.addWidget(heading(f"{tr('Revert')} {files} {tr('of')} {package}"))
        self.body.addWidget(ToneLabel(tr(_BECOMES if count == 1 else _BECOME)))
        self.body.addWidget(ToneLabel(tr(_AGAIN), Role.QUIET))
        width = max(len(tr(word)) for word in _WORDS.values()) + 2
        rows = [f"{tr(_WORDS[change.kind]):<{width}}{_place(change)}" for change in changes[:LISTED]]
        if count > LISTED:
            rows.append(f"… {number(count - LISTED)} {tr('more')}")
        files_view = ReportView("\n".join(rows), tr("Files that are reverted"), self)
        files_view.setMinimumHeight(self.fontMetrics().height() * 6)
        self.body.addWidget(files_view, 1)
        self._problem = SignLabel("error", Role.OVERDUE, "", self)
        self.body.addWidget(self._problem)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        button = box.addButton(f"{tr('Revert')} {files}", QDialogButtonBox.ButtonRole.AcceptRole)
        button.setObjectName("revertButton")
        box.accepted.connect(self.submitted)
        box.rejected.connect(self.reject)
        cancel = box.button(QDialogButtonBox.StandardButton.Cancel)
        self.add_buttons(box, cancel)
        cancel.setFocus()


def _place(change: Change) -> str:
    return f"{change.shown} → {change.old_shown}" if change.old_path else change.shown
