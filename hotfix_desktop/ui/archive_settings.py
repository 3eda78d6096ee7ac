"""The page of the settings about archives that are imported."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.labels import ToneLabel
from hotfix_desktop.ui.settings_pages import SettingsPage
from hotfix_desktop.ui.theme import Role


class ArchiveSettingsPage(SettingsPage):
    """How large the contents of an archive may be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page."""
        super().__init__(parent)
        self.set_title(tr("Archives"))
        limit = QLineEdit()
        limit.setObjectName("archiveMegabytes")
        limit.setAccessibleName(tr("An archive may unpack to, in megabytes"))
        limit.setFixedWidth(limit.fontMetrics().averageCharWidth() * 16)
        unit = ToneLabel(tr("megabytes"), Role.QUIET)
        unit.setWordWrap(False)
        self.add(
            "ArchiveMegabytes",
            tr("An archive &may unpack to"),
            limit,
            [unit],
            tr(
                "From 1 to 1,048,576. File › Import archive… refuses an archive that holds more, before it fills the"
                " disk."
            ),
        )
        self.column.addStretch(1)
