"""The questions before a folder is taken under protection, and before it is given back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QVBoxLayout, QWidget

from hotfix_desktop.services.protection import CONSENT
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.labels import ElidedLabel, ToneLabel, heading, plain_tooltip
from hotfix_desktop.ui.theme import GRID, Role

NAMED = 8
"""How many packages are named before the rest is counted; the tooltip names all."""


class _FolderDialog(Dialog):
    """A question about a folder, with the safe answer as the default."""

    def __init__(self, title: str, location: str, parent: QWidget | None) -> None:
        super().__init__(parent, columns=76)
        top = QVBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(heading(title))
        top.addWidget(ElidedLabel(location, Qt.TextElideMode.ElideMiddle, Role.QUIET))
        self.body.addLayout(top)

    def say(self, text: str, role: Role = Role.TEXT) -> ToneLabel:
        """Add a paragraph."""
        label = ToneLabel(text, role)
        self.body.addWidget(label)
        return label

    def say_names(self, text: str, names: Sequence[str]) -> None:
        """Add a paragraph whose ``{names}`` become the first few names and the number of the others."""
        label = self.say(text.format(names=some(names)))
        if len(names) > NAMED:
            label.setToolTip(plain_tooltip(", ".join(names)))

    def ask(self, yes: str, no: str, why_not: str = "") -> None:
        """Add the two answers; "no" is the default, and the only one when ``why_not`` says so."""
        box = QDialogButtonBox()
        agree = box.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        agree.setObjectName("agreeButton")
        decline = box.addButton(no, QDialogButtonBox.ButtonRole.RejectRole)
        decline.setObjectName("declineButton")
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.add_buttons(box, decline, explains=bool(why_not))
        self.explain(agree, why_not)
        decline.setFocus()


class ProtectDialog(_FolderDialog):
    """Asks whether a package folder may be protected; ``accepted`` is the user's consent."""

    def __init__(
        self,
        title: str,
        location: str,
        closable: int,
        kept: Sequence[str],
        skipped: Sequence[str],
        parent: QWidget | None,
    ) -> None:
        """Say how many packages will be closed, which stay modifiable, and which are not synchronised."""
        super().__init__(title, location, parent)
        self.setObjectName("protectDialog")
        self.setWindowTitle(self.tr("Protect folder"))
        self.say(CONSENT)
        if closable:
            self.say(tr("%n package(s) will be closed.", closable))
        else:
            self.say(self.tr("There is no package here that would be closed now."))
        if kept:
            self.say_names(self.tr("These stay modifiable: {names}."), kept)
        if skipped:
            self.say_names(self.tr("These are not synchronised and stay as they are: {names}."), skipped)
        self.ask(self.tr("Protect folder"), self.tr("Not now"))


class ReleaseDialog(_FolderDialog):
    """Asks whether a package folder may be given back; ``accepted`` is the user's consent."""

    def __init__(
        self,
        title: str,
        location: str,
        parent: QWidget | None,
        closed: int = 0,
        unlocked: Sequence[str] = (),
    ) -> None:
        """Say what releasing means, to how many packages; those in ``unlocked`` have to be locked first."""
        super().__init__(title, location, parent)
        self.setObjectName("releaseDialog")
        self.setWindowTitle(self.tr("Release folder"))
        self.say(
            self.tr(
                "Releasing this folder gives every file and folder its original rights back. From then on nothing "
                "keeps its packages closed, and changes to them are no longer recorded."
            )
        )
        if closed:
            self.say(tr("%n package(s) will be opened for good.", closed))
        self.say(self.tr("The audit log is kept, and the folder can be protected again."), Role.QUIET)
        why_not = ""
        if unlocked:
            why_not = self.tr("Lock these packages first: {names}.").format(names=some(unlocked))
        self.ask(self.tr("Release folder"), self.tr("Keep protected"), why_not)


def some(names: Sequence[str]) -> str:
    """Give "A, B, C" or "A, B, C and 12 more"."""
    shown = ", ".join(names[:NAMED])
    rest = len(names) - NAMED
    return f"{shown} {tr('and {n} more').format(n=number(rest))}" if rest > 0 else shown
