"""F1: the first minute, and what the words mean."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.theme import AROUND, BETWEEN

TEXT = """
# Hotfix Desktop

In production a Creatio package is closed. When users cannot work until a fix arrives, a System administrator
unlocks **one package for a hotfix**, repairs it, and locks it again.

## The first minute

1. Choose a package and press **Ctrl+Shift+H** (*Unlock for hotfix…*). Give a reason. The package moves to the
   top and its files become writable.
2. Repair it with any editor. The time that is left stands in the tree, in the details and in the title.
3. Press **Ctrl+L** (*Lock after hotfix*). If you forget, the package locks **by itself** at its deadline.
4. Carry the repair back to development, or the next update overwrites it: the package stays *undelivered*.
5. **Ctrl+J** shows the audit log: who did what, when and why.

## Words

| word | meaning |
| --- | --- |
| Blocked | installed, closed for changes |
| Unlocked | open for a hotfix until its deadline |
| Locked | closed after a hotfix, not delivered as usual yet |
| Overdue | past its deadline and not locked yet; it is tried again for ever |
| Modifiable | never closed: Creatio's *Custom*, or marked as your own |
| Not synchronised | files without a `descriptor.json` |
| Drift | somebody changed a package that was not unlocked; *Package › Show drift…* lists what differs |
| Guard | a process of its own that locks in time, even if this window is killed; see the status bar |

*System administrators* unlock, lock, extend and change settings. *Auditors* read everything and change nothing.
"""


class HelpDialog(QDialog):
    """The help page."""

    def __init__(self, parent: QWidget) -> None:
        """Build the page."""
        super().__init__(parent)
        self.setObjectName("helpDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Help"))
        column = QVBoxLayout(self)
        column.setContentsMargins(AROUND, AROUND, AROUND, AROUND)
        column.setSpacing(BETWEEN)
        page = QTextBrowser(self)
        page.setAccessibleName(tr("Help"))
        page.setMarkdown(TEXT)
        column.addWidget(page)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(640, 620)
