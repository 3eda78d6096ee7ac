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
2. Repair it with any editor (**Ctrl+Shift+E**, or the folder with **Ctrl+Shift+O**). The time that is left stands
   in the tree, in the details and in the title. **Ctrl+D** shows what you have changed.
3. Press **Ctrl+L** (*Lock after hotfix*). If you forget, the package locks **by itself** at its deadline.
4. Press **Ctrl+Shift+D** (*Deliver…*) to carry the repair back to development. Until then it is *undelivered*, and
   an update could overwrite it.
5. **Ctrl+J** shows the audit log: who did what, when and why.

## What a hotfix changed

**Ctrl+D** (*Changes*) shows it file by file, while the package is unlocked and for ever after; past hotfixes open from
the audit log, too. **F8** and **Shift+F8** go from change to change, **Ctrl+F** searches, **Ctrl+S** saves a patch.
*Byte by byte* also shows what says nothing: line ends, byte order marks, times of change.

*Revert…* (menu *File* there, or the menu of a row) puts a file, an element or everything back as it was before the
unlock, while the package is unlocked. What was there is kept, and the audit log names it. A revert that was cut off
says how far it came; revert again to finish it.

## Getting it home

* **Ctrl+Shift+D** (*Deliver…*): your own package goes to development as a commit on a branch of its own, or as a patch
  and an archive where there is no git; of another maintainer's package a letter is made for their support.
* *Package › Mark as delivered…*: it went there in another way; give a reason.
* **Ctrl+I** (*Import archive…*, or drop the file on the window): the update as usual. It shows what changes, and stops
  where an undelivered fix would be lost, until you decide.
* **Ctrl+Shift+S** (*Export archive…*): the package as a file that a Creatio can install.
* *Tools › Content store…*: verifies everything that is kept of hotfixes and updates, and drops what nothing needs.

## Words

| word | meaning |
| --- | --- |
| Blocked | installed, closed for changes |
| Unlocked | open for a hotfix until its deadline |
| Locked | closed after a hotfix, not delivered as usual yet |
| Overdue | past its deadline and not locked yet; it is tried again for ever |
| Modifiable | never closed: Creatio's *Custom*, or marked as your own |
| Not synchronised | files without a `descriptor.json` |
| Undelivered | a hotfix changed something that has not gone to development yet |
| Drift | somebody changed a package that was not unlocked; *Package › Show drift…* lists what differs |
| Guard | a process of its own that locks in time, even if this window is killed; see the status bar |

*System administrators* unlock, lock, extend, revert, deliver, import and change settings. *Auditors* read everything,
changes of every hotfix included, and change nothing.
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
