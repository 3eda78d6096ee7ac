"""What was changed in a package behind the program's back: the list, and the button that takes it for right."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.labels import SignLabel, ToneLabel, heading, plain_tooltip
from hotfix_desktop.ui.report_view import copy
from hotfix_desktop.ui.theme import ROW, Role
from hotfix_desktop.ui.words import drift_sentence


class DriftList(QTreeWidget):
    """The paths of a drift, each with a sign and a word for what became of it; they can be copied."""

    def __init__(self, drift: Drift, parent: QWidget | None = None) -> None:
        """List what was changed, then what was added and deleted, then what had write bits."""
        super().__init__(parent)
        self.setObjectName("driftList")
        self.setAccessibleName(self.tr("What differs"))
        self.setHeaderLabels([self.tr("Kind"), self.tr("File or folder")])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QTreeWidget.EditTrigger.NoEditTriggers)
        self.setMinimumHeight(ROW * 8)
        kinds = (
            (f"~ {self.tr('Changed')}", drift.changed),
            (f"+ {self.tr('Added')}", drift.added),
            (f"− {self.tr('Deleted')}", drift.deleted),
            (f"! {self.tr('Found writable')}", drift.opened),
        )
        for word, paths in kinds:
            for path in paths:
                item = QTreeWidgetItem(self, [word, path])
                item.setSizeHint(1, QSize(0, ROW))  # the other column is as wide as its words
                item.setToolTip(1, plain_tooltip(path))
        self.header().setSectionsMovable(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.header().setStretchLastSection(True)

    def text(self) -> str:
        """Give the selected lines, or all of them when none is selected."""
        rows = [item for item in map(self.topLevelItem, range(self.topLevelItemCount())) if item is not None]
        chosen = [item for item in rows if item.isSelected()] or rows
        return "\n".join(f"{item.text(0)}\t{item.text(1)}" for item in chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            copy(self.text())
            return
        super().keyPressEvent(event)


class DriftDialog(Dialog):
    """Shows a drift. It is the confirmation, too: *Accept as baseline* asks nothing more.

    Signals:
        submitted: what the package holds now is to be its baseline.
    """

    submitted = Signal()

    def __init__(self, package_name: str, drift: Drift, why_not: str, now: datetime, parent: QWidget | None) -> None:
        """Show what was found; ``why_not`` says why it cannot be accepted, ``now`` is the time in UTC."""
        super().__init__(parent, columns=84, grows=True)
        self.setObjectName("driftDialog")
        self.setWindowTitle(self.tr("Drift"))
        self._why_not = why_not
        self.list = DriftList(drift, self)
        self.body.addWidget(heading(package_name))
        self.body.addWidget(SignLabel("warning", Role.OPEN, drift_sentence(drift, now)))
        named = self.list.topLevelItemCount()
        if named:
            self.body.addWidget(self.list, 1)
        else:
            self.list.hide()
        unnamed = drift.count - len(drift.changed) - len(drift.added) - len(drift.deleted)
        if named and unnamed > 0:
            more = ToneLabel(self.tr("and {count} more").format(count=number(unnamed)), Role.QUIET)
            more.setObjectName("driftMore")
            self.body.addWidget(more)
        self.body.addWidget(
            ToneLabel(
                self.tr(
                    "Accept it if it was right: then what the package holds now is what it is compared with."
                    " The audit log keeps both the drift and who accepted it."
                ),
                Role.QUIET,
            )
        )
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._copy = box.addButton(self.tr("&Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.setObjectName("copyButton")
        self._copy.setEnabled(bool(named))
        self._copy.clicked.connect(lambda: copy(self.list.text()))
        self._accept = box.addButton(self.tr("&Accept as baseline"), QDialogButtonBox.ButtonRole.ActionRole)
        self._accept.setObjectName("acceptButton")
        self._accept.clicked.connect(self._submit)
        box.rejected.connect(self.reject)
        close = box.button(QDialogButtonBox.StandardButton.Close)
        self.add_buttons(box, close, explains=True)
        self.refresh()
        close.setFocus()

    def _submit(self) -> None:
        if not self._why_not and not self.is_busy:
            self.submitted.emit()

    def refresh(self) -> None:
        """Say why it cannot be accepted, if so."""
        self.explain(self._accept, self._why_not)
