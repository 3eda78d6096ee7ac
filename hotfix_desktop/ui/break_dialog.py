"""What was found wrong with the audit log as a whole: what it means, who says so, and who has acknowledged it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hotfix_desktop.core.anchoring import OWN
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.texts import REASON_LIMIT
from hotfix_desktop.core.verdict import AnchorSeen, Break
from hotfix_desktop.services.standing import Standing
from hotfix_desktop.ui import theme
from hotfix_desktop.ui.dialog import Dialog, Field
from hotfix_desktop.ui.formats import number, stamp, tr
from hotfix_desktop.ui.labels import SignLabel, ToneLabel, heading

_HEADINGS = {
    Break.ROLLED_BACK: "The audit log was rolled back",
    Break.TRUNCATED: "The end of the audit log is missing",
    Break.REPLACED: "The audit log was replaced",
    Break.SIGNATURE: "Copies of the checkpoints cannot be trusted",
}
_MEANINGS = {
    Break.ROLLED_BACK: (
        "Entries that were signed before are not in this database any more. Either an older copy of it was put in"
        " its place, from a backup for instance, or somebody has removed them. If you have the right database, close"
        " this program and put it back: then nothing has to be acknowledged."
    ),
    Break.TRUNCATED: (
        "The database holds signatures over entries that it does not hold any more. That happens when somebody"
        " removes entries from the database file, or when the disk has lost what was written last."
    ),
    Break.REPLACED: (
        "Another database stands at the place of the one that was signed, or its signatures were taken out. That"
        " happens when the database was deleted and the folder protected anew. If you have the right database, close"
        " this program and put it back: then nothing has to be acknowledged."
    ),
    Break.SIGNATURE: (
        "Somebody else has written into the place where the copies are kept, or has put other files there. Packages"
        " can be unlocked all the same; check who may write there."
    ),
}
_BUTTONS = {
    Role.ADMINISTRATOR: "Acknowledge as a&dministrator",
    Role.AUDITOR: "Acknowledge as a&uditor",
}


class BreakDialog(Dialog):
    """Explains a finding and takes the words of those who acknowledge it.

    Signals:
        submitted: the :class:`Role` in which it is acknowledged, and the remark.
    """

    submitted = Signal(object, str)

    def __init__(self, standing: Standing, user: str, parent: QWidget | None) -> None:
        """Show what was found."""
        super().__init__(parent, columns=88)
        self.setObjectName("breakDialog")
        self.setWindowTitle(self.tr("Audit log"))
        finding = standing.finding
        assert finding is not None, "there is nothing to show of a log in order"
        self._standing, self._user = standing, user
        self.body.addWidget(heading(tr(_HEADINGS.get(finding.kind, "The audit log is broken"))))
        self.body.addWidget(SignLabel("error", theme.Role.OVERDUE, finding.sentence))
        self.body.addWidget(ToneLabel(tr(_MEANINGS.get(finding.kind, ""))))
        for title, lines in _places(standing):
            self.body.addWidget(_List(title, lines))
        self._said = _List(self.tr("Acknowledged"))
        self._said.setObjectName("breakSaid")
        self.body.addWidget(self._said)
        self._remark = QLineEdit()
        self._remark.setObjectName("breakRemark")
        self._remark.setMaxLength(REASON_LIMIT)
        self.fields["remark"] = Field(
            self.tr("&Remark"),
            self._remark,
            hint=self.tr("What happened, for those who read the log later. Acknowledging repairs nothing."),
        )
        self.body.addWidget(self.fields["remark"])
        self._buttons: dict[Role, QPushButton] = {}
        self._add_break_buttons()
        self.refresh()

    def _add_break_buttons(self) -> None:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for role, text in _BUTTONS.items():
            button = box.addButton(tr(text), QDialogButtonBox.ButtonRole.ActionRole)
            button.setObjectName(f"acknowledge{role.name.title()}")
            button.clicked.connect(lambda _checked=False, role=role: self._submit(role))
            self._buttons[role] = button
        box.rejected.connect(self.reject)
        close = box.button(QDialogButtonBox.StandardButton.Close)
        self.add_buttons(box, close, explains=True)
        close.setFocus()

    @Slot(object)
    def show_standing(self, standing: Standing) -> None:
        """Show who has acknowledged it by now; closes when that is enough."""
        self.set_busy(False)
        if standing.finding is None:
            self.accept()
            return
        self._standing = standing
        self._remark.clear()
        self.refresh()

    def refresh(self) -> None:
        """Show who said what, and which buttons work."""
        standing = self._standing
        self._said.show_lines(_said(standing))
        self._said.setVisible(standing.refuses)
        self.fields["remark"].setVisible(standing.refuses)
        reasons = []
        for role, button in self._buttons.items():
            why_not = self._why_not(role)
            button.setEnabled(not why_not and not self.is_busy)
            button.setAccessibleDescription(why_not)
            button.setToolTip(why_not)
            button.setVisible(standing.refuses)
            reasons += [why_not] if why_not else []
        shown = reasons[0] if len(reasons) == len(self._buttons) else ""
        if standing.refuses and standing.alone:
            shown = self.tr("You are the only member of this workspace, so you say it once in each role.")
        self._note.setText(shown if standing.refuses else "")

    def _why_not(self, role: Role) -> str:
        if role in self._standing.roles:
            return ""
        for one in self._standing.acknowledged:
            if one.role is role:
                return self.tr("{user} has acknowledged it for the {role} already.").format(
                    user=one.user, role=role.value
                )
        if any(one.user == self._user for one in self._standing.acknowledged):
            return self.tr("You have acknowledged it; now somebody else of the {role} has to.").format(role=role.value)
        return self.tr("{user} is no member of {role}.").format(user=self._user, role=role.value)

    def _submit(self, role: Role) -> None:
        if not self._why_not(role) and not self.is_busy:
            self.submitted.emit(role, self._remark.text())


class _List(QWidget):
    """A title, and lines that stand a little to the right."""

    def __init__(self, title: str, lines: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID)
        self._column.addWidget(ToneLabel(title, theme.Role.QUIET))
        self._labels: list[ToneLabel] = []
        self.show_lines(lines)

    def show_lines(self, lines: Sequence[str]) -> None:
        """Show other lines."""
        while len(self._labels) < len(lines):
            label = ToneLabel()
            label.setContentsMargins(theme.GROUPS, 0, 0, 0)
            self._labels.append(label)
            self._column.addWidget(label)
        for at, label in enumerate(self._labels):
            label.setText(lines[at] if at < len(lines) else "")
            label.setVisible(at < len(lines))

    @property
    def lines(self) -> list[str]:
        """What stands there."""
        return [label.text() for label in self._labels if label.text()]


def _places(standing: Standing) -> list[tuple[str, list[str]]]:
    """Give the places by what they say; those of earlier that cannot be asked any more are named, too."""
    seen = {anchor.name: anchor for anchor in standing.anchors}
    against = [_place(name, seen.get(name)) for name in standing.places]
    others = [anchor for anchor in standing.anchors if anchor.name not in standing.places]
    agreeing = [_place(anchor.name, anchor) for anchor in others if anchor.at is not None]
    silent = [_place(anchor.name, anchor) for anchor in others if anchor.at is None]
    return [
        (title, lines)
        for title, lines in (
            (tr("Who says so"), against),
            (tr("Whose copies fit the log"), agreeing),
            (tr("Who says nothing"), silent),
        )
        if lines
    ]


def _place(name: str, seen: AnchorSeen | None) -> str:
    if name == OWN:
        return tr("The signatures in the database itself")
    if seen is None or seen.at is None:
        return f"{name}: {seen.problem or tr('it has no copy')}" if seen is not None else name
    text = tr("{name}: its newest copy is of {time}, over {size} entries")
    return text.format(name=name, time=stamp(seen.at), size=number(seen.size))


def _said(standing: Standing) -> list[str]:
    lines = []
    for role in Role:
        words = tr("not yet")
        for one in standing.acknowledged:
            if one.role is role:
                words = f"{one.user}. “{one.remark}”" if one.remark else one.user
        lines.append(tr("For the {role}: {words}").format(role=role.value, words=words))
    return lines
