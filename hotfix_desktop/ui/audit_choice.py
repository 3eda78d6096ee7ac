"""A box that narrows a list to some of its values, or to none in particular."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QComboBox, QWidget

from hotfix_desktop.ui.tick_delegate import TickDelegate

ANY = "Any"
POPUP_LIMIT = 420
"""Pixels that the list may be wide; a name can have 250 characters."""
TICK = 24
"""Pixels at the left of a row of the list that belong to its tick."""
HOW = "Click a value for only that one; tick several with a click on their boxes, or with the space bar"


class ValueBox(QComboBox):
    """*Any*, and the values, sorted; whatever is chosen stays when new values arrive.

    Signals:
        chosen: other values are chosen.
    """

    chosen = Signal()

    def __init__(self, name: str, several: str, parent: QWidget | None = None) -> None:
        """Offer *Any* only; ``name`` is what a screen reader says, ``several`` the word for more than one."""
        super().__init__(parent)
        self._several = several
        self._values: tuple[str, ...] = ()
        self.setAccessibleName(name)
        self.setToolTip(HOW)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(20)
        self.setItemDelegate(TickDelegate(self))
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.view().viewport().installEventFilter(self)
        self.view().installEventFilter(self)
        self.addItem(ANY, "")
        self.currentIndexChanged.connect(self._on_current)

    def values(self) -> tuple[str, ...]:
        """Give the chosen values, sorted; none for *Any*."""
        return self._values

    def choose(self, values: Iterable[str]) -> None:
        """Choose these values and no others, offering them first if need be; none chooses *Any*."""
        wanted = tuple(sorted(set(values), key=str.casefold))
        self.offer(wanted)
        self._show(wanted)

    def toggle(self, value: str) -> None:
        """Add a value to the chosen ones, or take it away."""
        self.choose(set(self._values) ^ {value})

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
            self.setItemData(at + 1, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
        wide = self.view().sizeHintForColumn(0) + self.view().verticalScrollBar().sizeHint().width()
        self.view().setMinimumWidth(min(wide, POPUP_LIMIT))

    # How it gets there

    @Slot(int)
    def _on_current(self, row: int) -> None:
        if row >= 0:
            value = str(self.itemData(row) or "")
            self._show((value,) if value else ())

    def _show(self, values: tuple[str, ...]) -> None:
        before, self._values = self._values, values
        if len(values) > 1:
            # No row is the current one, so that clicking one of them is a change.
            self.setPlaceholderText(f"{len(values)} {self._several}")
            self.setCurrentIndex(-1)
        else:
            self.setCurrentIndex(self._find(values[0]) if values else 0)
        self.setToolTip(", ".join(values) if len(values) > 1 else HOW)
        self.setAccessibleDescription(", ".join(values))
        for value in {*before, *values}:
            state = Qt.CheckState.Checked if value in values else Qt.CheckState.Unchecked
            self.setItemData(self._find(value), state, Qt.ItemDataRole.CheckStateRole)
        if values != before:
            self.chosen.emit()

    def _find(self, value: str) -> int:
        exactly = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive
        return self.findData(value, Qt.ItemDataRole.UserRole, exactly)

    def _toggle_row(self, row: int) -> bool:
        value = str(self.itemData(row) or "") if row >= 0 else ""
        if value:
            self.toggle(value)
        return bool(value)

    # Qt's names

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let a click on a tick, and the space bar, tick a value without closing the list."""
        view = self.view()
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonRelease:
            index = view.indexAt(event.position().toPoint())
            if index.isValid() and event.position().x() < TICK and self._toggle_row(index.row()):
                return True
        pressed = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress
        if pressed and event.key() == Qt.Key.Key_Space and self._toggle_row(view.currentIndex().row()):  # type: ignore[attr-defined]
            return True
        return super().eventFilter(watched, event)
