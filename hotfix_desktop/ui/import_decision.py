"""The question of one package of an archive: what becomes of our undelivered fix. Nothing is chosen at first."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from hotfix_desktop.core.update_plan import PackagePlan, Take
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.import_words import home_of, meaning_of, question_of, staying_of
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, GRID, GROUPS, Role

_TEXTS = {
    Take.OURS: "&Keep our fix on top",
    Take.THEIRS: "&Take the update; our fix stays in the store",
}


class DecisionBox(QWidget):
    """Says what is special about a package, and asks where something has to be decided.

    Signals:
        decided: the :class:`Take` that was chosen.
    """

    decided = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Ask nothing yet."""
        super().__init__(parent)
        self._refused = SignLabel("error", Role.OVERDUE)
        self._question = SignLabel("warning", Role.OVERDUE)
        self._home = SignLabel("success", Role.VERIFIED)
        self._staying = SignLabel("info", Role.TEXT)
        self._drift = SignLabel("info", Role.TEXT)
        self._said = (self._home, self._staying, self._drift)
        self._choices = QWidget(self)
        self._group = QButtonGroup(self)
        self.buttons: dict[Take, QRadioButton] = {}
        self._meanings: dict[Take, ToneLabel] = {}
        rows = QVBoxLayout(self._choices)
        rows.setContentsMargins(GROUPS + BETWEEN, 0, 0, 0)
        rows.setSpacing(GRID)
        for take, text in _TEXTS.items():
            button = QRadioButton(tr(text), self._choices)
            button.setObjectName(f"take{take.value.capitalize()}")
            button.clicked.connect(lambda _checked=False, t=take: self.decided.emit(t))
            self._group.addButton(button)
            meaning = ToneLabel("", Role.QUIET, self._choices)
            meaning.setContentsMargins(GROUPS + BETWEEN, 0, 0, 0)
            rows.addWidget(button)
            rows.addWidget(meaning)
            self.buttons[take], self._meanings[take] = button, meaning
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (self._refused, self._question, self._choices, *self._said):
            column.addWidget(widget)

    def show_package(self, package: PackagePlan | None, take: Take | None) -> None:
        """Show what there is to say and to choose of a package."""
        asks = package is not None and not package.problem and package.needs_decision
        self._refused.set_text(package.problem if package is not None else "")
        self._question.set_text(question_of(package) if asks and package is not None else "")
        self._choices.setVisible(asks)
        self._home.set_text(home_of(package) if package is not None else "")
        self._staying.set_text(staying_of(package) if package is not None else "")
        has_drift = package is not None and package.drift and not package.problem
        drift = tr("It was changed while it was not unlocked. What it holds now is kept in the content store.")
        self._drift.set_text(drift if has_drift else "")
        self._group.setExclusive(False)  # else nothing could be unchosen again
        for one, button in self.buttons.items():
            button.setChecked(asks and one is take)
            text = meaning_of(one, package) if package is not None else ""
            self._meanings[one].setText(text)
            button.setAccessibleDescription(text)
        self._group.setExclusive(True)
        self.setVisible(asks or bool(self._refused.text) or any(label.text for label in self._said))
