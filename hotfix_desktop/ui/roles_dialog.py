"""Who is what: users of the operating system and their roles in this workspace."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.texts import NAME_LIMIT, clean_line
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, GRID, ROW
from hotfix_desktop.ui.theme import Role as Tone

MEMBER = Qt.ItemDataRole.UserRole


class RolesDialog(Dialog):
    """Lists the members of both roles, adds and removes them.

    The owner answers a signal with ``set_members()`` or ``show_problem()``.

    Signals:
        assign: the user and the :class:`Role` that they get.
        remove: the user and the :class:`Role` that they lose.
    """

    assign = Signal(str, object)
    remove = Signal(str, object)

    def __init__(self, members: Sequence[tuple[str, Role]], user: str, why_not: str, parent: QWidget | None) -> None:
        """Show the members to ``user``; with a sentence in ``why_not`` they can only be read."""
        super().__init__(parent, columns=80, grows=True)
        self.setObjectName("rolesDialog")
        self.setWindowTitle(self.tr("Users and roles"))
        self._user, self._why_not = user, why_not
        self._members: list[tuple[str, Role]] = []
        self._table = self._make_table()
        self._remove = QPushButton(self.tr("&Remove"))
        self._name = QLineEdit()
        self._role = QComboBox()
        self._add = QPushButton(self.tr("&Add"))
        self._remove_note = ToneLabel("", Tone.QUIET)
        self._add_note = ToneLabel("", Tone.QUIET)
        self._build()
        self.set_members(members)
        (self._table if why_not else self._name).setFocus()

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setObjectName("rolesTable")
        table.setAccessibleName(self.tr("Members"))
        table.setHeaderLabels([self.tr("User"), self.tr("Role")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setMinimumHeight(ROW * 6)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.header().setSectionsMovable(False)
        table.currentItemChanged.connect(lambda *_items: self.refresh())
        return table

    def _build(self) -> None:
        self.body.addWidget(SignLabel("info", Tone.TEXT, self._why_not))
        texts = (
            self.tr("System administrators unlock, lock, extend and deliver packages, and change settings and roles."),
            self.tr("Auditors read everything and export it, and change nothing."),
            self.tr("Users are those of the operating system, by the name they log in with."),
        )
        words = QVBoxLayout()
        words.setSpacing(GRID)
        for text, tone in zip(texts, (Tone.TEXT, Tone.TEXT, Tone.QUIET), strict=True):
            words.addWidget(ToneLabel(text, tone))
        self.body.addLayout(words)
        self._remove.setObjectName("roleRemove")
        self._remove.clicked.connect(self._ask_remove)
        listing = QVBoxLayout()
        listing.setSpacing(BETWEEN)
        listing.addWidget(self._table, 1)
        under = QHBoxLayout()
        under.setSpacing(BETWEEN)
        under.addWidget(self._remove_note, 1)
        under.addWidget(self._remove, 0, Qt.AlignmentFlag.AlignTop)
        listing.addLayout(under)
        self.body.addLayout(listing, 1)
        self._build_adding()
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._add)

    def _build_adding(self) -> None:
        self._name.setObjectName("roleUser")
        self._name.setMaxLength(LINE_LIMIT)
        self._name.textChanged.connect(lambda _text: self._edited())
        self._role.setObjectName("roleChoice")
        self._role.setAccessibleName(self.tr("Role"))
        self._role.view().setAccessibleName(self.tr("Roles"))
        for role in Role:
            self._role.addItem(role.value, role.value)
        self._role.setCurrentIndex(self._role.findData(Role.AUDITOR.value))
        self._role.currentIndexChanged.connect(lambda _row: self._edited())
        self._add.setObjectName("roleAdd")
        self._add.clicked.connect(self._ask_assign)
        self.fields = {"user": Field(self.tr("&User name"), self._name)}
        role_field = Field(self.tr("R&ole"), self._role)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        row.addWidget(self.fields["user"], 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(role_field, 0, Qt.AlignmentFlag.AlignTop)
        button = QVBoxLayout()
        button.addSpacing(role_field.label.sizeHint().height() + GRID)
        button.addWidget(self._add)
        button.addStretch(1)
        row.addLayout(button)
        block = QVBoxLayout()
        block.setSpacing(GRID)
        block.addLayout(row)
        block.addWidget(self._add_note)
        self.body.addLayout(block)
        for widget in (self._name, self._role):
            widget.setEnabled(not self._why_not)

    def set_members(self, members: Sequence[tuple[str, Role]]) -> None:
        """Show these members, after a change for instance; the row that was current stays so."""
        self.set_busy(False)
        self.forget_problem()
        current = self._current()
        if (self._name.text().strip(), self._chosen()) in members:
            self._name.clear()
        self._members = sorted(members, key=lambda m: (list(Role).index(m[1]), m[0].casefold()))
        self._table.clear()
        items = []
        for user, role in self._members:
            shown = self.tr("{user} (you)").format(user=user) if user == self._user else user
            item = QTreeWidgetItem(self._table, [shown, role.value])
            item.setData(0, MEMBER, (user, role.value))
            item.setSizeHint(0, QSize(0, ROW))
            items.append(item)
        if items:
            self._table.setCurrentItem(items[self._members.index(current) if current in self._members else 0])
        self.refresh()

    def show_problem(self, field: str, sentence: str | None = None) -> None:
        """Show why the owner could not do it; a sentence alone is no field's."""
        super().show_problem("" if sentence is None else field, field if sentence is None else sentence)

    def _current(self) -> tuple[str, Role] | None:
        item = self._table.currentItem()
        if item is None:
            return None
        user, role = item.data(0, MEMBER)
        return user, Role(role)

    def _chosen(self) -> Role:
        return Role(self._role.currentData())  # Qt keeps the text of an enumeration only

    def _edited(self) -> None:
        self.forget_problem()
        self.refresh()

    def _ask_assign(self) -> None:
        if not self._wrong_name() and not self.is_busy:
            name = clean_line(self._name.text(), "user", "", NAME_LIMIT)
            self.assign.emit(name, self._chosen())

    def _ask_remove(self) -> None:
        current = self._current()
        if current is not None and not self.is_busy:
            self.remove.emit(*current)

    def _wrong_name(self) -> str:
        try:
            name = clean_line(self._name.text(), "user", self.tr("A user name"), NAME_LIMIT)
        except InvalidInput as error:
            return error.sentence
        role = self._chosen()
        if not name:
            return self.tr("A user name is needed.")
        if (name, role) in self._members:
            return self.tr("{user} is a member of {role} already.").format(user=name, role=role.value)
        return ""

    def _why_not_remove(self, current: tuple[str, Role] | None) -> str:
        if current is None:
            return self.tr("Select a member to remove.")
        administrators = [user for user, role in self._members if role is Role.ADMINISTRATOR]
        if current[1] is Role.ADMINISTRATOR and administrators == [current[0]]:
            sentence = self.tr("{user} is the last System administrator, and somebody has to be one.")
            return sentence.format(user=current[0])
        return ""

    def refresh(self) -> None:
        """Show what can be added and removed, and why not."""
        current = self._current()
        why_not = self._why_not_remove(current)
        self._remove.setEnabled(not why_not and not self._why_not)
        self._remove.setAccessibleDescription(self._why_not or why_not)
        if not why_not and current == (self._user, Role.ADMINISTRATOR):
            why_not = self.tr("This is you: without it you can change no settings and no roles any more.")
        self._remove_note.setText("" if self._why_not else why_not)
        wrong = self._wrong_name()
        typed = bool(self._name.text())
        self.fields["user"].show_problem(wrong if typed else "")
        self._add.setEnabled(not wrong and not self._why_not)
        self._add.setAccessibleDescription(self._why_not or wrong)
        self._add_note.setText("" if typed or self._why_not else wrong)
        self._add_note.setVisible(bool(self._add_note.text()))
