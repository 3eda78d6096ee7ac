"""A field for whole minutes that refuses nonsense instead of bending it.

Qt's own spin box lets nobody type "abc" and turns 1441 into 144; whoever looks away saves what they never
meant. This one keeps what was typed and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QSpinBox, QWidget

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.settings import MINUTES_MAX, parse_minutes
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.theme import tabular_font

TYPED_LIMIT = 200_000
"""Characters that the field takes at all; far more than the sentence will ever quote."""


class MinutesBox(QSpinBox):
    """Whole minutes from a least to a most.

    ``value()`` is the last number that made sense. Whether the text makes sense now is ``problem()``.

    Signals:
        edited: the text changed, by typing, by the arrows or by ``setValue()``.
    """

    edited = Signal()

    def __init__(self, what: str, least: int = 1, most: int = MINUTES_MAX, parent: QWidget | None = None) -> None:
        """Take the words that begin the sentence of a refusal, and the limits."""
        super().__init__(parent)
        self._what = what
        self._forcing = False
        self.setRange(least, most)
        self.setAccessibleName(what)
        self.setFont(tabular_font(self.font()))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 16)
        line = self.lineEdit()
        line.setMaxLength(TYPED_LIMIT)
        line.setAccessibleName(what)
        line.textChanged.connect(self.edited)
        self.valueChanged.connect(self.edited)

    def typed(self) -> str:
        """Give what stands in the field, as digits where it is a number of the locale."""
        text = self.lineEdit().text().strip()
        value, good = QLocale().toInt(text)
        return str(value) if good else text

    def problem(self) -> str:
        """Give the sentence about what stands in the field; empty when it makes sense."""
        text = self.typed()
        if not text:
            return self.tr("{what} is needed: whole minutes from {least} to {most}.").format(
                what=self._what, least=number(self.minimum()), most=number(self.maximum())
            )
        try:
            parse_minutes(text, "minutes", self._what, self.minimum(), self.maximum())
        except InvalidInput as error:
            return error.sentence
        return ""

    def setValue(self, value: int) -> None:
        """Show a number; one outside the limits is shown and refused, as if it had been typed."""
        if not self.minimum() <= value <= self.maximum():
            self.lineEdit().setText(str(value))
            return
        self._force(lambda: super(MinutesBox, self).setValue(value))
        self.edited.emit()

    def stepBy(self, steps: int) -> None:
        """Step on from the last number that made sense."""
        self._force(lambda: super(MinutesBox, self).stepBy(steps))
        self.edited.emit()

    def _force(self, change: Callable[[], None]) -> None:
        self._forcing = True
        try:
            change()
        finally:
            self._forcing = False

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let anything be typed; :meth:`problem` judges it. Qt would otherwise put back an older number."""
        return QValidator.State.Acceptable, text, position

    def valueFromText(self, text: str) -> int:
        """Give the number of a text that makes sense, else the one before."""
        value, good = QLocale().toInt(text.strip())
        return value if good and self.minimum() <= value <= self.maximum() else self.value()

    def textFromValue(self, value: int) -> str:
        """Give the text of a number; while nonsense stands in the field, that stays when the focus leaves."""
        if not self._forcing and value == self.value() and self.problem():
            return self.lineEdit().text()
        return QLocale().toString(value).replace(QLocale().groupSeparator(), "")
