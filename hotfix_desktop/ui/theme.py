"""The look (``product.md`` 4.2): colours by meaning, light and dark, fonts, and the grid.

A meaning is never told by colour alone; the colours here are for those who see them. They are the ones
of the product page wherever these are readable on the background at hand, and are pushed towards black
or white where a desktop's own palette, or a selected row, would take them below 4.5 : 1.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

GRID = 4
AROUND = 12
BETWEEN = 8
GROUPS = 16
ROW = 28
ROW_COMPACT = 22
ICON_ROW = 16
ICON_TOOLBAR = 20

READABLE = 4.5
VISIBLE = 3.0
TITLE_SCALE = 1.25


class Scheme(StrEnum):
    """What the user chose in the settings."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Role(StrEnum):
    """What a colour means."""

    TEXT = "text"
    QUIET = "quiet"
    OPEN = "open"
    OVERDUE = "overdue"
    VERIFIED = "verified"
    UNDELIVERED = "undelivered"


LIGHT_COLOURS = {
    Role.OPEN: "#B45309",
    Role.OVERDUE: "#B91C1C",
    Role.VERIFIED: "#15803D",
    Role.UNDELIVERED: "#1D4ED8",
}
DARK_COLOURS = {
    Role.OPEN: "#FBBF24",
    Role.OVERDUE: "#F87171",
    Role.VERIFIED: "#4ADE80",
    Role.UNDELIVERED: "#93C5FD",
}

# Fusion's own light window (#efefef) leaves amber and green below 4.5 : 1, hence the lighter one. The
# highlights are as light as white text allows, so that dark icons in a highlighted menu row keep 3 : 1.
LIGHT_PALETTE = {
    QPalette.ColorRole.Window: "#F5F5F6",
    QPalette.ColorRole.WindowText: "#1B1F24",
    QPalette.ColorRole.Base: "#FFFFFF",
    QPalette.ColorRole.AlternateBase: "#F7F8F9",
    QPalette.ColorRole.Text: "#1B1F24",
    QPalette.ColorRole.PlaceholderText: "#5C6570",
    QPalette.ColorRole.Button: "#F0F1F2",
    QPalette.ColorRole.ButtonText: "#1B1F24",
    QPalette.ColorRole.BrightText: "#FFFFFF",
    QPalette.ColorRole.ToolTipBase: "#FFFFFF",
    QPalette.ColorRole.ToolTipText: "#1B1F24",
    QPalette.ColorRole.Highlight: "#2563EB",
    QPalette.ColorRole.HighlightedText: "#FFFFFF",
    QPalette.ColorRole.Accent: "#2563EB",
    QPalette.ColorRole.Link: "#1D4ED8",
    QPalette.ColorRole.LinkVisited: "#6D28D9",
    QPalette.ColorRole.Light: "#FFFFFF",
    QPalette.ColorRole.Midlight: "#E6E8EB",
    QPalette.ColorRole.Mid: "#C3C7CD",
    QPalette.ColorRole.Dark: "#9AA1AB",
    QPalette.ColorRole.Shadow: "#6B7280",
}
DARK_PALETTE = {
    QPalette.ColorRole.Window: "#292B2F",
    QPalette.ColorRole.WindowText: "#E8EAED",
    QPalette.ColorRole.Base: "#161719",
    QPalette.ColorRole.AlternateBase: "#1C1D20",
    QPalette.ColorRole.Text: "#E8EAED",
    QPalette.ColorRole.PlaceholderText: "#A0A7B1",
    QPalette.ColorRole.Button: "#34373C",
    QPalette.ColorRole.ButtonText: "#E8EAED",
    QPalette.ColorRole.BrightText: "#FFFFFF",
    QPalette.ColorRole.ToolTipBase: "#34373C",
    QPalette.ColorRole.ToolTipText: "#E8EAED",
    QPalette.ColorRole.Highlight: "#3871D6",
    QPalette.ColorRole.HighlightedText: "#FFFFFF",
    QPalette.ColorRole.Accent: "#5B93F0",
    QPalette.ColorRole.Link: "#93C5FD",
    QPalette.ColorRole.LinkVisited: "#C4B5FD",
    QPalette.ColorRole.Light: "#4A4E55",
    QPalette.ColorRole.Midlight: "#3A3D43",
    QPalette.ColorRole.Mid: "#1F2124",
    QPalette.ColorRole.Dark: "#141517",
    QPalette.ColorRole.Shadow: "#0B0C0D",
}
LIGHT_DISABLED = "#7F8791"
DARK_DISABLED = "#7D848E"
BOXES = ("QCheckBox", "QRadioButton")
"""What Fusion outlines with a darker shade of the window: not to be seen where the window is dark itself."""
OUTLINE = 150
"""Per cent by which Fusion darkens the window for the outline of a radio button; a check box is a little lighter."""
_TEXT_ROLES = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)


def style_arguments() -> list[str]:
    """Give the arguments with which the application is to be made: Fusion, where there is no native style.

    ``QApplication.setStyle`` does the same and costs 4 ms, because PySide6 then has to load ``QStyle``.
    """
    return ["-style", "Fusion"] if sys.platform.startswith("linux") else []


class StyleHints(Protocol):
    """What :class:`Theme` asks of ``QStyleHints``."""

    @property
    def colorSchemeChanged(self) -> SignalInstance:
        """Fires when the desktop changes between light and dark."""

    def colorScheme(self) -> Qt.ColorScheme:
        """Give the scheme of the desktop, or the one that was set."""

    def setColorScheme(self, scheme: Qt.ColorScheme) -> None:
        """Override the desktop's scheme; Unknown follows it again."""


class Theme(QObject):
    """Light or dark, as the desktop or the user says, and the colours that go with it."""

    changed = Signal()

    def __init__(
        self,
        app: QApplication,
        scheme: Scheme = Scheme.SYSTEM,
        hints: StyleHints | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Give the application its style and palette; ``hints`` stands in for the desktop in tests."""
        super().__init__(parent)
        self._app = app
        self._hints: StyleHints = hints or app.styleHints()
        self._scheme = scheme
        self._own = False
        self._applying = False
        self._colours: dict[tuple[Role, QPalette.ColorRole], QColor] = {}
        self._hints.colorSchemeChanged.connect(self._settle)
        app.paletteChanged.connect(self._tell)
        self.apply(scheme)

    @property
    def scheme(self) -> Scheme:
        """What the user chose."""
        return self._scheme

    def apply(self, scheme: Scheme) -> None:
        """Change to light, to dark, or to what the desktop says."""
        self._scheme = scheme
        wanted = {Scheme.LIGHT: Qt.ColorScheme.Light, Scheme.DARK: Qt.ColorScheme.Dark}
        self._applying = True
        try:
            self._hints.setColorScheme(wanted.get(scheme, Qt.ColorScheme.Unknown))
        finally:
            self._applying = False
        self._settle()

    def is_dark(self) -> bool:
        """Whether light text stands on a dark window."""
        return luminance(self.background()) < 0.2

    def palette(self) -> QPalette:
        """Give the application's palette."""
        return self._app.palette()

    def background(self, role: QPalette.ColorRole = QPalette.ColorRole.Window) -> QColor:
        """Give the colour of a surface: Window, Base, AlternateBase, Highlight …"""
        return self.palette().color(role)

    def colour(self, role: Role, on: QPalette.ColorRole = QPalette.ColorRole.Window) -> QColor:
        """Give the colour of a meaning, readable (4.5 : 1) as text on that surface."""
        known = self._colours.get((role, on))  # a tree full of unlocked packages asks in each of its cells
        if known is None:
            if role is Role.TEXT and on is QPalette.ColorRole.Highlight:
                known = readable(self.background(QPalette.ColorRole.HighlightedText), self.background(on))
            else:
                known = self.colour_on(role, self.background(on))
            self._colours[role, on] = known
        return QColor(known)

    def colour_on(self, role: Role, background: QColor) -> QColor:
        """Give the colour of a meaning, readable (4.5 : 1) as text on a background of one's own."""
        palette = self.palette()
        if role is Role.TEXT:
            wanted = palette.color(QPalette.ColorRole.WindowText)
        elif role is Role.QUIET:
            wanted = flattened(palette.color(QPalette.ColorRole.PlaceholderText), background)
        else:
            wanted = QColor((DARK_COLOURS if self.is_dark() else LIGHT_COLOURS)[role])
        return readable(wanted, background)

    def disabled(self) -> QColor:
        """Give the colour of what cannot be used now, for shapes (3 : 1)."""
        wanted = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        return readable(flattened(wanted, self.background()), self.background(), VISIBLE)

    def tint(self, role: Role) -> QColor:
        """Give a faint background in the colour of a meaning, for banners and lines of a difference."""
        surfaces = (self.background(), self.background(QPalette.ColorRole.Base))
        # The same share of a light colour is less visible on a dark surface than the other way round.
        return mixed(max(surfaces, key=luminance), self.colour(role), 0.18 if self.is_dark() else 0.12)

    def _settle(self) -> None:
        """Set our palette where the desktop has no opinion, take it back where it has one, and tell."""
        if self._applying:
            return
        self._applying = True
        try:
            if self._hints.colorScheme() is Qt.ColorScheme.Unknown:
                # Measured: on X11 without a platform theme and offscreen setColorScheme() does nothing.
                self._app.setPalette(dark_palette() if self._scheme is Scheme.DARK else light_palette())
                self._own = True
            elif self._own:
                self._app.setPalette(QPalette())
                self._own = False
        finally:
            self._applying = False
        self._tell()

    def _tell(self) -> None:
        self._colours.clear()
        if not self._applying:
            self._outline_boxes()
            self.changed.emit()

    def _outline_boxes(self) -> None:
        """Let Fusion darken a lighter colour than a dark window's; Qt takes it back with the next palette for all."""
        if not style_arguments() or not self.is_dark():
            return
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, readable(self.background(), self.background()).lighter(OUTLINE))
        for kind in BOXES:
            self._app.setPalette(palette, kind)  # type: ignore[arg-type]  # its stub asks for bytes, it takes str only


def light_palette() -> QPalette:
    """Build our own light palette for Fusion."""
    return _palette(LIGHT_PALETTE, LIGHT_DISABLED)


def dark_palette() -> QPalette:
    """Build our own dark palette for Fusion."""
    return _palette(DARK_PALETTE, DARK_DISABLED)


def _palette(colours: dict[QPalette.ColorRole, str], disabled: str) -> QPalette:
    palette = QPalette()
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in _TEXT_ROLES:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(disabled))
    # A disabled selected row must not look like an active one.
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(disabled))
    return palette


def title_font(base: QFont) -> QFont:
    """Give the font of a title: 1.25 times as big, semibold."""
    font = QFont(base)
    if base.pointSizeF() > 0:
        font.setPointSizeF(base.pointSizeF() * TITLE_SCALE)
    else:
        font.setPixelSize(round(base.pixelSize() * TITLE_SCALE))
    font.setWeight(QFont.Weight.DemiBold)
    return font


def tabular_font(base: QFont) -> QFont:
    """Give the same font with digits of one width, for numbers that change."""
    font = QFont(base)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def luminance(colour: QColor) -> float:
    """Give the relative luminance of an opaque colour, 0 to 1 (WCAG 2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    red, green, blue = colour.redF(), colour.greenF(), colour.blueF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: QColor, other: QColor) -> float:
    """Give the contrast of two opaque colours, 1 to 21 (WCAG 2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(colour: QColor, background: QColor, least: float = READABLE) -> QColor:
    """Give the colour itself, or the nearest mix with black or white that reaches the contrast."""
    if contrast(colour, background) >= least:
        return colour
    black, white = QColor("black"), QColor("white")
    end = black if contrast(black, background) > contrast(white, background) else white
    for step in range(1, 20):
        candidate = mixed(colour, end, step / 20)
        if contrast(candidate, background) >= least:
            return candidate
    return end


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Mix a share of the other colour into one; the result is opaque."""
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(a + (b - a) * share) for a, b in pairs))


def flattened(colour: QColor, background: QColor) -> QColor:
    """Give what a translucent colour looks like on a background."""
    return mixed(background, colour, colour.alphaF())
