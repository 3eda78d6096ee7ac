"""The filters that have no box of their own, as chips that a click takes away: excluded values, one hotfix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from hotfix_desktop.core.log_query import LOG_WORDS, LogColumn, LogQuery
from hotfix_desktop.ui.cell_text import one_line
from hotfix_desktop.ui.flow import FlowLayout
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import GRID

VALUE_LIMIT = 48
"""Characters of a value on a chip; the tooltip has all of them."""
BOXED = frozenset({LogColumn.TYPE, LogColumn.PACKAGE, LogColumn.OWNER, LogColumn.RESULT})
"""Columns that the filter bar has a box for."""


class Chip(QPushButton):
    """One filter; clicking it, or pressing Delete on it, takes it away."""

    def __init__(self, sentence: str, parent: QWidget) -> None:
        """Say what is filtered; ``sentence`` is the whole text."""
        super().__init__(f"{one_line(sentence, VALUE_LIMIT).replace('&', '&&')}  ×", parent)
        self.setAccessibleName(f"Remove the filter {one_line(sentence)}")
        self.setToolTip(plain_tooltip(f"{one_line(sentence)}\nClick to remove this filter"))
        self.setAutoDefault(False)


class Chips(QWidget):
    """What a question excludes, and what it includes that no box can show.

    Signals:
        changed: the :class:`LogQuery` without a chip that was taken away.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show nothing, and take no room."""
        super().__init__(parent)
        self._query = LogQuery()
        self._chips: list[Chip] = []
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setSpacing(GRID)
        self.hide()

    def show_query(self, query: LogQuery) -> None:
        """Show the chips of a question; the same chips again stay, with the focus."""
        before, self._query = chips_of(self._query), query
        found = chips_of(query)
        if found == before and len(self._chips) == len(found):
            return
        had_focus = self.has_focus()
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for sentence, _ in found:
            chip = Chip(sentence, self)
            chip.clicked.connect(self._remove)
            self._flow.addWidget(chip)
            chip.show()
            self._chips.append(chip)
        self.setVisible(bool(found))
        if had_focus and self._chips:
            self._chips[-1].setFocus(Qt.FocusReason.OtherFocusReason)
        self.updateGeometry()

    def has_focus(self) -> bool:
        """Whether a chip has the keyboard."""
        return any(chip.hasFocus() for chip in self._chips)

    @Slot()
    def _remove(self) -> None:
        chip = self.sender()
        if chip in self._chips:
            self.changed.emit(chips_of(self._query)[self._chips.index(chip)][1])


def chips_of(query: LogQuery) -> Sequence[tuple[str, LogQuery]]:
    """Give what each chip says, and the question without it."""
    found: list[tuple[str, LogQuery]] = []
    if query.hotfix is not None:
        found.append((f"Hotfix {query.hotfix}", replace(query, hotfix=None)))
    for pair in query.only:
        if pair[0] not in BOXED or not pair[1]:
            rest = tuple(other for other in query.only if other != pair)
            found.append((f"{LOG_WORDS[pair[0]]} {pair[1] or 'empty'}", replace(query, only=rest)))
    for pair in query.without:
        rest = tuple(other for other in query.without if other != pair)
        name = f"{LOG_WORDS[pair[0]]} " if pair[0] not in BOXED or not pair[1] else ""
        found.append((f"not {name}{pair[1] or 'empty'}", replace(query, without=rest)))
    return found
