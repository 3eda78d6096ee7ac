"""The page of the settings about deliveries."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.settings_pages import SettingsPage


class DeliverySettingsPage(SettingsPage):
    """How the branches of deliveries are called."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page."""
        super().__init__(parent)
        self.set_title(tr("Delivery"))
        branch = QLineEdit()
        branch.setObjectName("deliveryBranchPattern")
        self.add(
            "DeliveryBranch",
            tr("&Branch of a delivery"),
            branch,
            hint=tr(
                "{ticket} and {package} are filled in; without a ticket it is the number of the hotfix. "
                "The commit is made on this branch, which grows from the one that you choose."
            ),
        )
        self.column.addStretch(1)
