"""A box that narrows a list to one of its values, or to none."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget

ANY = "Any"
POPUP_LIMIT = 420
"""Pixels that the list may be wide; a name can have 250 characters."""


class ValueBox(QComboBox):
    """*Any*, and the values, sorted; whatever is chosen stays when new values arrive."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Offer *Any* only; ``name`` is what a screen reader says."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(20)
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.addItem(ANY, "")

    def value(self) -> str:
        """Give the chosen value; empty for *Any*."""
        return str(self.currentData() or "")

    def choose(self, value: str) -> None:
        """Choose a value, offering it first if need be; empty chooses *Any*."""
        self.offer([value] if value else [])
        self.setCurrentIndex(self._find(value))

    def offer(self, values: Iterable[str]) -> None:
        """Offer these values, too. What the log once held it holds for ever, so none goes away."""
        keys = [str(self.itemData(row)).casefold() for row in range(1, self.count())]
        for value in values:
            if not value or self._find(value) >= 0:
                continue
            at = bisect_left(keys, value.casefold())
            keys.insert(at, value.casefold())
            self.insertItem(at + 1, value, value)
            self.setItemData(at + 1, value, Qt.ItemDataRole.AccessibleTextRole)
        wide = self.view().sizeHintForColumn(0) + self.view().verticalScrollBar().sizeHint().width()
        self.view().setMinimumWidth(min(wide, POPUP_LIMIT))

    def _find(self, value: str) -> int:
        exactly = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive
        return self.findData(value, Qt.ItemDataRole.UserRole, exactly)
