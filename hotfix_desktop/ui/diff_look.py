"""The colours of a difference, light and dark: what came, what went, which words, and the syntax.

A sign in the gutter says each of it, too; the colours are for those who see them. Every text has 4.5 : 1 on what it
stands on.
"""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPalette

from hotfix_desktop.ui.theme import Role, Theme, mixed, readable


class Ink(Enum):
    """What a piece of text is."""

    PLAIN = auto()
    KEYWORD = auto()
    NAME = auto()
    STRING = auto()
    NUMBER = auto()
    COMMENT = auto()


class Ground(Enum):
    """What a piece of text stands on."""

    BASE = auto()
    REMOVED = auto()
    ADDED = auto()
    REMOVED_WORD = auto()
    ADDED_WORD = auto()
    FOUND = auto()
    CHOSEN = auto()


_LIGHT = {Ink.KEYWORD: "#7C3AED", Ink.NAME: "#1D4ED8", Ink.STRING: "#0F766E", Ink.NUMBER: "#9A3412"}
_DARK = {Ink.KEYWORD: "#C4B5FD", Ink.NAME: "#93C5FD", Ink.STRING: "#5EEAD4", Ink.NUMBER: "#FDBA74"}


class DiffLook:
    """The colours of one theme; made anew when it changes."""

    def __init__(self, theme: Theme) -> None:
        """Take the colours."""
        dark = theme.is_dark()
        base = theme.background(QPalette.ColorRole.Base)
        red, green = theme.colour(Role.OVERDUE), theme.colour(Role.VERIFIED)
        faint, strong = (0.17, 0.40) if dark else (0.10, 0.30)
        amber = theme.colour(Role.OPEN)
        self.grounds = {
            Ground.BASE: base,
            Ground.REMOVED: mixed(base, red, faint),
            Ground.ADDED: mixed(base, green, faint),
            Ground.REMOVED_WORD: mixed(base, red, strong),
            Ground.ADDED_WORD: mixed(base, green, strong),
            Ground.FOUND: mixed(base, amber, 0.45),
            Ground.CHOSEN: theme.background(QPalette.ColorRole.Highlight),
        }
        self._wanted = {
            Ink.PLAIN: theme.background(QPalette.ColorRole.Text),
            Ink.COMMENT: theme.background(QPalette.ColorRole.PlaceholderText),
            **{ink: QColor(name) for ink, name in (_DARK if dark else _LIGHT).items()},
        }
        self._inks: dict[tuple[Ink, Ground], QColor] = {}
        self.red, self.green, self.amber = red, green, amber
        text = theme.background(QPalette.ColorRole.Text)
        self.gutter = theme.background(QPalette.ColorRole.Window)
        self.gutter_removed = mixed(self.gutter, red, faint)
        self.gutter_added = mixed(self.gutter, green, faint)
        self._numbers: dict[int, QColor] = {}
        self._signs = (readable(red, self.gutter_removed), readable(green, self.gutter_added))
        self.line = mixed(base, text, 0.15)
        self.fold = theme.background(QPalette.ColorRole.AlternateBase)
        self.fold_text = readable(theme.background(QPalette.ColorRole.PlaceholderText), self.fold)
        self.current = theme.background(QPalette.ColorRole.Highlight)
        self.nothing = mixed(base, text, 0.04)
        self.hatch = mixed(base, text, 0.13)

    def ground(self, ground: Ground) -> QColor:
        """Give a background."""
        return self.grounds[ground]

    def ink(self, ink: Ink, ground: Ground) -> QColor:
        """Give a colour of text that is readable there."""
        known = self._inks.get((ink, ground))
        if known is None:
            wanted = self._wanted[Ink.PLAIN] if ground is Ground.CHOSEN else self._wanted[ink]
            known = self._inks[ink, ground] = readable(wanted, self.grounds[ground])
        return known

    def number(self, background: QColor) -> QColor:
        """Give the colour of a line's number."""
        known = self._numbers.get(background.rgb())  # asked for in each row of each frame
        if known is None:
            known = self._numbers[background.rgb()] = readable(self._wanted[Ink.COMMENT], background)
        return known

    def sign(self, *, added: bool) -> QColor:
        """Give the colour of + or − in its gutter."""
        return self._signs[added]

    def hatched(self) -> QBrush:
        """Give the brush of a place where there is no line."""
        return QBrush(self.hatch, Qt.BrushStyle.BDiagPattern)
