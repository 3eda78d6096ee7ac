"""The dialog that asks how much more time an open hotfix gets, and why where the settings want to know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.lifecycle import Hotfix, why_not_extend_hotfix
from hotfix_desktop.core.settings import MINUTES_MAX, Settings
from hotfix_desktop.core.texts import REASON_LIMIT, clean_line, plural
from hotfix_desktop.ui.dialog import LINE_LIMIT, Dialog, Field
from hotfix_desktop.ui.formats import day_and_time, tr
from hotfix_desktop.ui.labels import ToneLabel, heading
from hotfix_desktop.ui.minutes_box import MinutesBox


class ExtendDialog(Dialog):
    """Asks for the minutes that are added to the deadline.

    Signals:
        submitted: the minutes, and the cleaned reason, which is empty where none is asked for.
    """

    submitted = Signal(int, str)

    def __init__(self, hotfix: Hotfix, settings: Settings, now: Callable[[], datetime], parent: QWidget | None) -> None:
        """Ask about this hotfix; ``now`` gives the time in UTC."""
        super().__init__(parent)
        self.setObjectName("extendDialog")
        self.setWindowTitle(self.tr("Extend"))
        self._hotfix, self._settings, self._now = hotfix, settings, now
        room = min(settings.extension_limit - hotfix.extended_minutes, MINUTES_MAX)
        self._minutes = MinutesBox(self.tr("An extension"), 1, max(room, 1))
        self._minutes.setObjectName("extendMinutes")
        self._minutes.setAccessibleName(self.tr("More minutes"))
        self._minutes.setValue(max(1, min(settings.extension_step, room)))
        self._until = ToneLabel()
        self._until.setWordWrap(False)
        self.fields = {
            "minutes": Field(self.tr("&More minutes"), self._minutes, [self._until], self._rule(room)),
        }
        self._minutes.setAccessibleDescription(self._rule(room))
        self._reason = self._make_reason()
        self._touched = False
        self.body.addWidget(heading(hotfix.package_name))
        if settings.extension_reason:
            self.fields["reason"] = Field(self.tr("&Reason"), self._reason)
            self.body.addWidget(self.fields["reason"])
        self.body.addWidget(self.fields["minutes"])
        box = QDialogButtonBox()
        self._button = box.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._button.setObjectName("extendButton")
        self._button.clicked.connect(self._submit)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._button, explains=True)
        self._minutes.edited.connect(self._changed)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tell_time)
        self._timer.start()
        self.refresh()
        if settings.extension_reason:
            self._reason.setFocus()
        else:
            self._minutes.setFocus()
            self._minutes.selectAll()

    def _make_reason(self) -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName("extendReason")
        line.setAccessibleName(self.tr("Reason"))
        line.setMaxLength(LINE_LIMIT)
        line.setPlaceholderText(self.tr("Why more time is needed"))
        line.textChanged.connect(self._reason_changed)
        line.setVisible(self._settings.extension_reason)
        return line

    def _examined(self) -> tuple[str, str]:
        """Give the cleaned reason, and what is wrong with it."""
        if not self._settings.extension_reason:
            return "", ""
        try:
            reason = clean_line(self._reason.text(), "reason", self.tr("A reason"), REASON_LIMIT)
        except InvalidInput as error:
            return "", error.sentence
        return reason, "" if reason else self.tr("A reason is needed to extend a hotfix here.")

    def _reason_changed(self) -> None:
        self._touched = True
        self._changed()

    def _rule(self, room: int) -> str:
        limit = plural(self._settings.extension_limit, "minute")
        used = self._hotfix.extended_minutes
        if not used:
            return self.tr("The settings allow {limit} in all.").format(limit=limit)
        return self.tr("The settings allow {limit} in all: {used} added already, {room} left.").format(
            limit=limit, used=used, room=max(room, 0)
        )

    def _why_not(self) -> str:
        # Only the wall clock is known here; the service asks both clocks again.
        opened = self._hotfix.lease.opened
        moment = Moment(self._now(), opened.boot_us, opened.boot_id)
        return why_not_extend_hotfix(self._hotfix, self._settings, moment)

    def _changed(self) -> None:
        self.forget_problem()
        self.refresh()

    def _tell_time(self) -> None:
        why_not, wrong, now = self._why_not(), self._minutes.problem(), self._now()
        before = self._hotfix.lease.deadline
        if why_not or wrong:
            self._until.setText("")
        else:
            after = before + timedelta(minutes=self._minutes.value())
            text = self.tr("locks at {later} instead of {sooner}")
            self._until.setText(text.format(later=day_and_time(after, now), sooner=day_and_time(before, now)))
        _reason, lacking = self._examined()
        if self._touched and lacking:
            lacking = self.tr("Correct the reason first.")  # the sentence stands under the field
        self.explain(self._button, why_not or (self.tr("Correct the minutes first.") if wrong else lacking))
        self._minutes.setReadOnly(bool(why_not))
        self._reason.setReadOnly(bool(why_not))

    def _submit(self) -> None:
        reason, lacking = self._examined()
        if not self._minutes.problem() and not lacking and not self._why_not() and not self.is_busy:
            self.submitted.emit(self._minutes.value(), reason)

    def refresh(self) -> None:
        """Show what is wrong where it is wrong, and what the button will do."""
        wrong = self._minutes.problem()
        self.fields["minutes"].show_problem(wrong)
        if "reason" in self.fields:
            self.fields["reason"].show_problem(self._examined()[1] if self._touched else "")
        if wrong:
            self._button.setText(self.tr("Extend"))
        elif self.is_busy:
            self._button.setText(self.tr("Extending…"))
        else:
            self._button.setText(tr("Extend by %n minute(s)", self._minutes.value()))
        self._tell_time()
