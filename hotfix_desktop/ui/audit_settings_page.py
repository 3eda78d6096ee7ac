"""The settings of the audit log: where copies of its checkpoints go, and with which key they are signed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.services.sealing import SigningFacts
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.report_view import copy
from hotfix_desktop.ui.settings_pages import SettingsPage
from hotfix_desktop.ui.theme import BETWEEN, GRID, Role


class AuditPage(SettingsPage):
    """Who wants to change the log unseen has to change every copy of its checkpoints, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page; :meth:`show_signing` fills in what is known of the key."""
        super().__init__(parent)
        self.set_title(self.tr("Audit"))
        self._public = ""
        self._folder = QLineEdit()
        self._folder.setObjectName("anchorFolder")
        self._folder.setPlaceholderText(self.tr("no further folder"))
        self._browse = QPushButton(self.tr("&Browse…"))
        self._browse.setObjectName("browseAnchorFolder")
        self._browse.setAccessibleName(self.tr("Choose the folder for copies of the checkpoints"))
        self._browse.setAutoDefault(False)
        self._browse.clicked.connect(self._choose)
        self.add(
            "AuditAnchorFolder",
            self.tr("Copies of the &checkpoints go to this folder, too"),
            self._folder,
            hint=self.tr(
                "Best on another computer, in a folder where files can be added and not deleted. One file for each"
                " workspace. A log that was rolled back, cut off or replaced does not fit its copies any more."
            ),
        )
        self._beside(self._browse)
        journal = QCheckBox(self.tr("… and to the system &journal of this computer"))
        journal.setObjectName("anchorJournal")
        journal.setAccessibleName(self.tr("Copies of the checkpoints go to the system journal"))
        self.add("AuditAnchorJournal", "", journal)
        self._add_key()
        self.column.addStretch(1)

    def _beside(self, button: QPushButton) -> None:
        """Stand a button beside the line of the folder, which stays as wide as it can."""
        field = self.fields["AuditAnchorFolder"]
        layout = field.layout()
        assert isinstance(layout, QVBoxLayout)
        for at in range(layout.count()):
            item = layout.itemAt(at)
            row = item.layout() if item is not None else None
            if isinstance(row, QHBoxLayout):
                row.addWidget(button)

    def _add_key(self) -> None:
        block = QWidget(self)
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        heading = QLabel(self.tr("Signing key"))
        heading.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(heading)
        self._key = ToneLabel(self.tr("Looking…"))
        self._key.setObjectName("signingKey")
        self._copy = QPushButton(self.tr("Copy &public key"))
        self._copy.setObjectName("copyPublicKey")
        self._copy.setAutoDefault(False)
        self._copy.setEnabled(False)
        self._copy.clicked.connect(lambda: copy(self._public))
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        row.addWidget(self._key, 1)
        row.addWidget(self._copy)
        column.addLayout(row)
        self._trouble = SignLabel("warning", Role.OPEN, "")
        column.addWidget(self._trouble)
        column.addWidget(
            ToneLabel(
                self.tr(
                    "A new key is made each day, and the old one is destroyed: nobody can sign for yesterday."
                    " Give the public key to whoever checks the log without this program."
                ),
                Role.QUIET,
            )
        )
        self.column.addWidget(block)

    @Slot(object)
    def show_signing(self, facts: SigningFacts) -> None:
        """Show the key in force and where its private part is kept."""
        self._public = facts.public
        if facts.public:
            kept = self.tr("{fingerprint}, kept in {place}")
            if not facts.place:
                kept = self.tr("{fingerprint}, kept by another user or on another computer")
            text = kept.format(fingerprint=facts.fingerprint, place=facts.place)
        elif facts.place:
            text = self.tr("None yet; the first one will be kept in {place}").format(place=facts.place)
        else:
            text = self.tr("This log is not signed.")
        self._key.setText(text)
        self._trouble.set_text(self.tr("Not signed now. {why}").format(why=facts.trouble) if facts.trouble else "")
        self._copy.setEnabled(bool(facts.public))
        self._copy.setAccessibleDescription("" if facts.public else self.tr("There is no key yet."))
        self._copy.setToolTip("" if facts.public else self.tr("There is no key yet."))

    def set_read_only(self) -> None:
        """Let everything be read, and the key be copied."""
        super().set_read_only()
        self._browse.setEnabled(False)

    @Slot()
    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder for copies of the checkpoints"), self._folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._folder.setText)
        dialog.open()
