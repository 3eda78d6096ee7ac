"""The dialog that asks why, for which ticket and how long a package is unlocked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLineEdit, QWidget

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.lifecycle import UnlockRequest, unlock_request
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.formats import day_and_time, tr
from hotfix_desktop.ui.labels import ToneLabel, heading
from hotfix_desktop.ui.minutes_box import MinutesBox

RECENT = 10
"""How many earlier reasons are offered."""
FIELDS = ("reason", "ticket", "minutes")


def examined(
    reason: str, ticket: str, minutes: str, settings: Settings
) -> tuple[UnlockRequest | None, Mapping[str, str]]:
    """Check all three fields; gives the request, or None and the sentence of each field that is wrong."""
    problems: dict[str, str] = {}
    for _ in FIELDS:
        try:
            request = unlock_request(reason, ticket, minutes, settings)
        except InvalidInput as error:
            problems[error.field] = error.sentence
        else:
            return (None if problems else request), problems
        # The rule stops at the first problem: mend it in thought, and ask about the others.
        if "reason" in problems:
            reason = "-"
        if "ticket" in problems:
            ticket, settings = "", replace(settings, ticket_required=False)
        if "minutes" in problems:
            minutes = "1"
    return None, problems


class UnlockDialog(Dialog):
    """Asks for the reason, the ticket and the minutes of a hotfix.

    Signals:
        submitted: the cleaned reason, the cleaned ticket (may be empty), the minutes.
    """

    submitted = Signal(str, str, int)

    def __init__(
        self,
        package_name: str,
        settings: Settings,
        recent_reasons: Sequence[str],
        now: Callable[[], datetime],
        parent: QWidget | None,
    ) -> None:
        """Ask about this package; ``now`` gives the time in UTC."""
        super().__init__(parent)
        self.setObjectName("unlockDialog")
        self.setWindowTitle(self.tr("Unlock for hotfix"))
        self._package, self._settings, self._now = package_name, settings, now
        self._touched: set[str] = set()
        self._reason = self._make_reason(recent_reasons)
        self._ticket = self._make_ticket()
        self._minutes = MinutesBox(self.tr("The duration of a hotfix"))
        self._minutes.setObjectName("unlockMinutes")
        self._minutes.setAccessibleName(self.tr("Duration in minutes"))
        self._minutes.setValue(settings.package_hotfix_timeout)
        self._until = ToneLabel()
        self._until.setWordWrap(False)
        self._meaning = ToneLabel()
        self._build()
        self._minutes.edited.connect(self._minutes_changed)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tell_time)
        self._timer.start()
        self.refresh()
        self._reason.setFocus()

    def _make_reason(self, recent: Sequence[str]) -> QComboBox:
        combo = QComboBox()
        combo.setObjectName("unlockReason")
        line = QLineEdit()
        combo.setEditable(True)
        combo.setLineEdit(line)
        combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        # Completing inline would submit an earlier reason to whoever types its beginning and presses Enter.
        combo.setCompleter(None)  # type: ignore[arg-type]
        combo.addItems(list(dict.fromkeys(text for text in recent if text))[:RECENT])
        combo.setCurrentIndex(-1)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(20)
        combo.view().setTextElideMode(Qt.TextElideMode.ElideRight)
        combo.view().setAccessibleName(self.tr("Recent reasons"))
        line.setMaxLength(LINE_LIMIT)
        line.setAccessibleName(self.tr("Reason"))
        line.setPlaceholderText(self.tr("What is broken, and for whom"))
        line.textChanged.connect(lambda _text: self._changed("reason"))
        return combo

    def _make_ticket(self) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName("unlockTicket")
        line.setMaxLength(LINE_LIMIT)
        if self._settings.ticket_pattern:
            line.setPlaceholderText(self.tr("like {pattern}").format(pattern=self._settings.ticket_pattern))
        line.textChanged.connect(lambda _text: self._changed("ticket"))
        return line

    def _build(self) -> None:
        required = self._settings.ticket_required
        self.fields = {
            "reason": Field(self.tr("&Reason"), self._reason),
            "ticket": Field(self.tr("&Ticket (required)") if required else self.tr("&Ticket (optional)"), self._ticket),
            "minutes": Field(self.tr("&Duration in minutes"), self._minutes, [self._until]),
        }
        self.body.addWidget(heading(self._package))
        for name in FIELDS:
            self.body.addWidget(self.fields[name])
        self.body.addWidget(self._meaning)
        box = QDialogButtonBox()
        self._button = box.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._button.setObjectName("unlockButton")
        self._button.clicked.connect(self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._button, explains=True)

    def _examined(self) -> tuple[UnlockRequest | None, Mapping[str, str]]:
        texts = self._reason.currentText(), self._ticket.text(), self._minutes.typed()
        request, problems = examined(*texts, self._settings)
        own = self._minutes.problem()
        return request, {**problems, "minutes": own} if own else problems

    def _changed(self, field: str) -> None:
        self._touched.add(field)
        self.forget_problem()
        self.refresh()

    def _minutes_changed(self) -> None:
        self._changed("minutes")
        self._tell_time()

    def _tell_time(self) -> None:
        if self._minutes.problem():
            self._until.setText("")
            sentence = self.tr("Files of {name} become writable for as long as you say.")
            self._meaning.setText(sentence.format(name=self._package))
            return
        now = self._now()
        until = day_and_time(now + timedelta(minutes=self._minutes.value()), now)
        self._until.setText(self.tr("locks at {time}").format(time=until))
        self._minutes.setAccessibleDescription(self._until.text())
        sentence = self.tr(
            "Files of {name} become writable until {time}, then it locks by itself. "
            "The reason is written to the audit log."
        )
        self._meaning.setText(sentence.format(name=self._package, time=until))

    def _submit(self) -> None:
        request, _ = self._examined()
        if request is not None and not self.is_busy:
            self.submitted.emit(request.reason, request.ticket, request.minutes)

    def refresh(self) -> None:
        """Show what is wrong where it is wrong, and what the button will do."""
        _, problems = self._examined()
        shown = [name for name in FIELDS if name in problems and name in self._touched]
        for name in FIELDS:
            self.fields[name].show_problem(problems[name] if name in shown else "")
        if "minutes" in problems:
            self._button.setText(self.tr("Unlock"))
        elif self.is_busy:
            self._button.setText(self.tr("Unlocking…"))
        else:
            self._button.setText(tr("Unlock for %n minute(s)", self._minutes.value()))
        self.explain(self._button, self._why_disabled(problems, shown))
        self._tell_time()

    def _why_disabled(self, problems: Mapping[str, str], shown: Sequence[str]) -> str:
        for name in FIELDS:
            if name in problems and name not in shown:
                return problems[name]
        captions = {
            "reason": self.tr("Correct the reason first."),
            "ticket": self.tr("Correct the ticket first."),
            "minutes": self.tr("Correct the duration first."),
        }
        return next((captions[name] for name in FIELDS if name in problems), "")
