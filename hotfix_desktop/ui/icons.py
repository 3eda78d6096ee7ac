"""The icons: our SVG drawings, tinted with the palette's colours (``product.md`` 4.2).

A drawing is rendered once per size as a mask and tinted from there. The pixmaps of an icon are made when it
is first asked for, and only for the pixel ratios of the screens at hand, so that the first window pays for
what it shows. A sharper screen that is plugged in later is served at the next :meth:`Icons.recolour`, which
its arrival causes.
"""

from __future__ import annotations

import weakref
from functools import partial
from math import ceil
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QIcon,
    QImage,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.ui.theme import Role, Theme

SIZES = (16, 20, 24, 32, 48)
MOST_RATIO = 3
APP_ICON = "hotfix-desktop"
_PACKAGE = Path(__file__).resolve().parent.parent

STATE_ICONS: dict[PackageState, tuple[str, Role]] = {
    PackageState.BLOCKED: ("package-blocked", Role.QUIET),
    PackageState.UNLOCKED: ("package-unlocked", Role.OPEN),
    PackageState.LOCKED: ("package-locked", Role.TEXT),
    PackageState.MODIFIABLE: ("package-modifiable", Role.QUIET),
    PackageState.NOT_SYNCHRONISED: ("package-missing", Role.QUIET),
    PackageState.OVERDUE: ("overdue", Role.OVERDUE),
}


class ColourSource(Protocol):
    """Where the icons get their colours; :class:`~hotfix_desktop.ui.theme.Theme` is one."""

    def colour(self, role: Role, on: QPalette.ColorRole = QPalette.ColorRole.Window) -> QColor:
        """Give the colour of a meaning on a surface."""

    def disabled(self) -> QColor:
        """Give the colour of what cannot be used now."""


class Dressable(Protocol):
    """Anything that carries an icon: an action, a button, a window."""

    def setIcon(self, icon: QIcon) -> None:
        """Show this icon."""


def pixel_sizes() -> list[int]:
    """Give the sizes in device pixels of an icon: all of ``SIZES``, for every screen there is."""
    ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    ratios = range(1, min(ceil(ratio), MOST_RATIO) + 1)
    return sorted({size * ratio for size in SIZES for ratio in ratios})


def icons_folder() -> Path:
    """Find the drawings: inside an installed package, or beside it in a checkout."""
    for folder in (_PACKAGE / "resources" / "icons", _PACKAGE.parent / "resources" / "icons"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"The icons are not installed; they were looked for beside {_PACKAGE}.")


class Icons:
    """Makes, keeps and recolours the icons. It lives on the thread of the windows."""

    def __init__(self, colours: ColourSource, folder: Path | None = None) -> None:
        """Take the colours from ``colours`` and the drawings from ``folder``."""
        self._colours = colours
        self._folder = folder or icons_folder()
        self._drawings: dict[str, QSvgRenderer] = {}
        self._masks: dict[tuple[str, int], QImage] = {}
        self._icons: dict[tuple[str, Role, bool, bool], QIcon] = {}
        self._dressed: dict[int, tuple[weakref.ref[Dressable], str, Role]] = {}
        if isinstance(colours, Theme):
            # Here, before any part of a window asks for the theme: parts are to get the new icons.
            colours.changed.connect(self.recolour)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.screenAdded.connect(self.recolour)

    def icon(self, name: str, role: Role = Role.TEXT) -> QIcon:
        """Give a drawing in the colour of a meaning; ``name`` is the file's name without its ending."""
        return self._made(name, role)

    def state_icon(self, state: PackageState, undelivered: bool = False, drifted: bool = False) -> QIcon:
        """Give the icon of a package's state, with a dot when a hotfix is not delivered, and a wedge for drift."""
        name, role = STATE_ICONS[state]
        return self._made(name, role, dotted=undelivered, wedged=drifted)

    def app_icon(self) -> QIcon:
        """Give the program's own icon, which keeps its colours."""
        icon = QIcon()
        for pixels in (*pixel_sizes(), 128, 256):
            icon.addPixmap(QPixmap.fromImage(self._mask(APP_ICON, pixels)))
        return icon

    def dress(self, target: Dressable, name: str, role: Role = Role.TEXT) -> None:
        """Set an icon, and set it again whenever the colours change."""
        key = id(target)
        self._dressed[key] = (weakref.ref(target, partial(self._forget, key)), name, role)
        target.setIcon(self.icon(name, role))

    def recolour(self, _screen: object = None) -> None:
        """Forget the tinted icons, and give new ones to what was dressed; connect it to ``Theme.changed``."""
        self._icons.clear()
        for key, (reference, name, role) in list(self._dressed.items()):
            target = reference()
            if target is None or not isValid(target):
                self._forget(key)
            else:
                target.setIcon(self.icon(name, role))

    def _forget(self, key: int, _reference: object = None) -> None:
        self._dressed.pop(key, None)

    def _made(self, name: str, role: Role, dotted: bool = False, wedged: bool = False) -> QIcon:
        key = (name, role, dotted, wedged)
        if key not in self._icons:
            self._icons[key] = self._drawn(*key)
        return self._icons[key]

    def _drawn(self, name: str, role: Role, dotted: bool, wedged: bool) -> QIcon:
        selected = self._colours.colour(Role.TEXT, QPalette.ColorRole.Highlight)
        disabled = self._colours.disabled()
        dot, wedge = self._colours.colour(Role.UNDELIVERED), self._colours.colour(Role.OPEN)
        modes = (
            (QIcon.Mode.Normal, self._colours.colour(role), dot, wedge),
            (QIcon.Mode.Disabled, disabled, disabled, disabled),
            (QIcon.Mode.Selected, selected, selected, selected),
        )
        icon = QIcon()
        for pixels in pixel_sizes():
            mask = self._mask(name, pixels)
            for mode, colour, dot_colour, wedge_colour in modes:
                image = tinted(mask, colour)
                if dotted:
                    _add_mark(image, dot_colour, _dot(pixels))
                if wedged:
                    _add_mark(image, wedge_colour, _wedge(pixels))
                icon.addPixmap(QPixmap.fromImage(image), mode)
        return icon

    def _mask(self, name: str, pixels: int) -> QImage:
        key = (name, pixels)
        if key not in self._masks:
            if name not in self._drawings:
                self._drawings[name] = drawing(self._folder / f"{name}.svg")
            self._masks[key] = painted(self._drawings[name], pixels)
        return self._masks[key]


def _dot(pixels: int) -> QPainterPath:
    """Give a dot in the lower left corner, where no drawing says anything."""
    radius = pixels * 0.21
    path = QPainterPath()
    path.addEllipse(QPointF(radius, pixels - radius), radius, radius)
    return path


def _wedge(pixels: int) -> QPainterPath:
    """Give a triangle on its base in the upper left corner, which the dot leaves free."""
    path = QPainterPath()
    corners = QPolygonF([QPointF(0.25, 0), QPointF(0.5, 0.44), QPointF(0, 0.44)])
    path.addPolygon(QTransform.fromScale(pixels, pixels).map(corners))
    path.closeSubpath()
    return path


def _add_mark(image: QImage, colour: QColor, shape: QPainterPath) -> None:
    """Put a mark over the drawing, with a gap around it."""
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
    painter.setBrush(QColor("black"))
    painter.setPen(QPen(QColor("black"), image.width() / 7))
    painter.drawPath(shape)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.fillPath(shape, colour)
    painter.end()


def rendered(path: Path, pixels: int) -> QImage:
    """Draw an SVG file into a square image; a missing or broken file is a bug and raises."""
    return painted(drawing(path), pixels)


def drawing(path: Path) -> QSvgRenderer:
    """Read an SVG file; a missing or broken one is a bug and raises."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no icon {path}.")
    renderer = QSvgRenderer(str(path))
    if not renderer.isValid():
        raise ValueError(f"The icon {path} is not an SVG drawing.")
    return renderer


def painted(renderer: QSvgRenderer, pixels: int) -> QImage:
    """Draw into a square image."""
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return image


def tinted(mask: QImage, colour: QColor) -> QImage:
    """Give the shape of the mask in one colour."""
    image = mask.copy()
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(image.rect(), colour)
    painter.end()
    return image
