"""The pages of the settings: fields of one subject each, read and written as texts by public name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.settings import SPEC_BY_NAME, Settings, check_ticket, normal_text
from hotfix_desktop.ui.dialog import LINE_LIMIT, Field
from hotfix_desktop.ui.labels import SignLabel, ToneLabel, heading
from hotfix_desktop.ui.minutes_box import MinutesBox
from hotfix_desktop.ui.theme import GROUPS, Role

Editor = MinutesBox | QLineEdit | QCheckBox


class SettingsPage(QWidget):
    """A page: its title and its fields.

    Attributes:
        title: the word in the list.
        fields: the fields by the public name of their setting.

    Signals:
        edited: something on the page changed.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make a page without a title or a field."""
        super().__init__(parent)
        self.title = ""
        self.fields: dict[str, Field] = {}
        self._editors: dict[str, Editor] = {}
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GROUPS)

    def set_title(self, title: str) -> None:
        """Put a title at the top."""
        self.title = title
        self.column.insertWidget(0, heading(title, self))

    def add(self, name: str, caption: str, editor: Editor, beside: Sequence[QWidget] = (), hint: str = "") -> None:
        """Add the field of a setting."""
        if isinstance(editor, MinutesBox):
            editor.edited.connect(self.edited)
        elif isinstance(editor, QCheckBox):
            editor.toggled.connect(self.edited)
        else:
            editor.setMaxLength(LINE_LIMIT)
            editor.textChanged.connect(self.edited)
        field = Field(caption, editor, beside, hint)
        editor.setToolTip(name)
        self._editors[name], self.fields[name] = editor, field
        self.column.addWidget(field)

    def texts(self) -> dict[str, str]:
        """Give what stands in the fields, sense or nonsense."""
        return {name: _read(editor) for name, editor in self._editors.items()}

    def set_texts(self, texts: Mapping[str, str]) -> None:
        """Show these values."""
        for name, editor in self._editors.items():
            if name in texts:
                _write(editor, texts[name])

    def restore_defaults(self) -> None:
        """Show the values that the settings have out of the box."""
        self.set_texts({name: SPEC_BY_NAME[name].default for name in self._editors})

    def problems(self) -> dict[str, str]:
        """Give the sentence of each setting whose text is nonsense."""
        found = {}
        for name, editor in self._editors.items():
            sentence = editor.problem() if isinstance(editor, MinutesBox) else ""
            try:
                normal_text(SPEC_BY_NAME[name], _read(editor))
            except InvalidInput as error:
                sentence = sentence or error.sentence
            if sentence:
                found[name] = sentence
        return found

    def show_problems(self) -> dict[str, str]:
        """Show each sentence under its field; gives them."""
        found = self.problems()
        for name, field in self.fields.items():
            field.show_problem(found.get(name, ""))
        return found

    def set_read_only(self) -> None:
        """Let everything be read and nothing be changed."""
        for editor in self._editors.values():
            if isinstance(editor, QCheckBox):
                editor.setEnabled(False)
            else:
                editor.setReadOnly(True)
            if isinstance(editor, MinutesBox):
                editor.setButtonSymbols(MinutesBox.ButtonSymbols.NoButtons)


class HotfixPage(SettingsPage):
    """How long a package stays open, when the user is warned, and how much may be added."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page."""
        super().__init__(parent)
        self.set_title(self.tr("Hotfix"))
        timeout = MinutesBox(self.tr("The duration of package hotfix status"))
        timeout.setObjectName("timeoutMinutes")
        timeout.setAccessibleName(self.tr("Duration of package hotfix status, in minutes"))
        self.add(
            "PackageHotfixTimeout",
            self.tr("&Duration of package hotfix status"),
            timeout,
            [_quiet(self.tr("minutes")), _quiet("PackageHotfixTimeout")],
            self.tr("Applies to later unlocks; packages that are open now keep their deadline."),
        )
        warnings = QLineEdit()
        warnings.setObjectName("hotfixWarnings")
        warnings.setAccessibleName(self.tr("Warn before the end, in minutes"))
        warnings.setFixedWidth(timeout.minimumWidth())
        self.add(
            "HotfixWarnings",
            self.tr("&Warn before the end"),
            warnings,
            [_quiet(self.tr("minutes"))],
            self.tr("One or more numbers, for instance 5, 1. Empty: no warning."),
        )
        step = MinutesBox(self.tr("An extension"))
        step.setObjectName("extensionStep")
        step.setAccessibleName(self.tr("An extension adds, in minutes"))
        self.add("HotfixExtensionStep", self.tr("An &extension adds"), step, [_quiet(self.tr("minutes"))])
        limit = MinutesBox(self.tr("The limit of all extensions"), least=0)
        limit.setObjectName("extensionLimit")
        limit.setAccessibleName(self.tr("All extensions of a hotfix together, in minutes"))
        self.add(
            "HotfixExtensionLimit",
            self.tr("All extensions of a hotfix &together"),
            limit,
            [_quiet(self.tr("minutes"))],
            self.tr("0: a hotfix cannot be extended."),
        )
        reason = QCheckBox(self.tr("An extension &needs a reason of its own"))
        reason.setObjectName("extensionReason")
        reason.setAccessibleName(self.tr("An extension needs a reason of its own"))
        self.add("HotfixExtensionReason", "", reason)
        self.column.addStretch(1)


class TicketsPage(SettingsPage):
    """Whether a ticket number is needed, what it looks like, and a place to try one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page."""
        super().__init__(parent)
        self.set_title(self.tr("Tickets"))
        required = QCheckBox(self.tr("A ticket is &needed to unlock a package"))
        required.setObjectName("ticketRequired")
        required.setAccessibleName(self.tr("A ticket is needed to unlock a package"))
        self.add("HotfixTicketRequired", "", required)
        self._pattern = QLineEdit()
        self._pattern.setObjectName("ticketPattern")
        self._pattern.setPlaceholderText(self.tr("any ticket number"))
        self.add(
            "HotfixTicketPattern",
            self.tr("&Pattern of ticket numbers"),
            self._pattern,
            hint=self.tr("A regular expression for the whole number. Example: INC-[0-9]+"),
        )
        self._trial = QLineEdit()
        self._trial.setObjectName("ticketTrial")
        self._trial.setMaxLength(LINE_LIMIT)
        self._trial.setAccessibleName(self.tr("Try a ticket number"))
        self._trial.setPlaceholderText(self.tr("is not saved"))
        self._answer = SignLabel("success", Role.VERIFIED)
        self.column.addWidget(Field(self.tr("&Try a ticket number"), self._trial))
        self.column.addWidget(self._answer)
        self.column.addStretch(1)
        self._trial.textChanged.connect(self._judge)
        self._pattern.textChanged.connect(self._judge)

    def _judge(self) -> None:
        """Say whether the number on trial would be accepted."""
        if not self._trial.text().strip() or "HotfixTicketPattern" in self.problems():
            self._answer.set_text("")
            return
        pattern = normal_text(SPEC_BY_NAME["HotfixTicketPattern"], self._pattern.text())
        try:
            ticket = check_ticket(self._trial.text(), Settings(ticket_pattern=pattern))
        except InvalidInput as error:
            self._answer.set_sign("warning", Role.OPEN)
            self._answer.set_text(error.sentence)
        else:
            self._answer.set_sign("success", Role.VERIFIED)
            self._answer.set_text(self.tr("{ticket} is accepted.").format(ticket=ticket))


class ProtectionPage(SettingsPage):
    """How closed files are protected beyond their rights."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page."""
        super().__init__(parent)
        self.set_title(self.tr("Protection"))
        immutable = QCheckBox(self.tr("Closed files get the &immutable flag"))
        immutable.setObjectName("immutable")
        immutable.setAccessibleName(self.tr("Closed files get the immutable flag"))
        self.add(
            "HotfixImmutable",
            "",
            immutable,
            hint=self.tr(
                "Then even a program that still has a file open cannot write to it any more. Linux only, and only"
                " where the guard has the right CAP_LINUX_IMMUTABLE, as root has; elsewhere this changes nothing."
                " Whoever unlocks such a package, or releases the folder, then needs that right, too."
            ),
        )
        self.column.addStretch(1)


class OrganisationPage(SettingsPage):
    """Who we are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page."""
        super().__init__(parent)
        self.set_title(self.tr("Organisation"))
        maintainer = QLineEdit()
        maintainer.setObjectName("maintainer")
        self.add(
            "Maintainer",
            self.tr("&Maintainer"),
            maintainer,
            hint=self.tr(
                "Packages of this maintainer are self-developed: you carry their hotfixes to development "
                "yourselves. Others go to the maintainer's support."
            ),
        )
        self.column.addStretch(1)


def _quiet(text: str) -> ToneLabel:
    label = ToneLabel(text, Role.QUIET)
    label.setWordWrap(False)
    return label


def _read(editor: Editor) -> str:
    if isinstance(editor, MinutesBox):
        return editor.typed()
    if isinstance(editor, QCheckBox):
        return "yes" if editor.isChecked() else "no"
    return editor.text()


def _write(editor: Editor, text: str) -> None:
    if isinstance(editor, MinutesBox):
        if text.isascii() and text.isdigit() and len(text) < 9:
            editor.setValue(int(text))
        else:
            editor.lineEdit().setText(text)
    elif isinstance(editor, QCheckBox):
        editor.setChecked(text == "yes")
    else:
        editor.setText(text)
