"""The parts of a window, in the order in which F6 goes through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a window.

    Attributes:
        whole: a widget that holds all of it.
        focus: gives what takes the keyboard when somebody comes.
    """

    whole: QWidget
    focus: Callable[[], QWidget]


class Parts(QObject):
    """Goes from part to part; those that are hidden are passed over."""

    def __init__(self, parts: list[Part], parent: QWidget) -> None:
        """Go through these, from the first to the last and on to the first."""
        super().__init__(parent)
        self._window, self._parts = parent, parts

    def next(self) -> None:
        """Give the keyboard to the part after the one that has it."""
        self._go(1)

    def previous(self) -> None:
        """Give the keyboard to the part before the one that has it."""
        self._go(-1)

    def _go(self, step: int) -> None:
        shown = [part for part in self._parts if part.whole.isVisible() and part.focus().isEnabled()]
        if not shown:
            return
        focus: QWidget | None = self._window.focusWidget()
        here = [at for at, part in enumerate(shown) if focus and _holds(part.whole, focus)]
        at = here[0] + step if here else 0 if step > 0 else -1
        shown[at % len(shown)].focus().setFocus(Qt.FocusReason.TabFocusReason)


def _holds(whole: QWidget, focus: QWidget) -> bool:
    return focus is whole or whole.isAncestorOf(focus)
