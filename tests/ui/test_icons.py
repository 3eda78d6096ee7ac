"""The icons: honest drawings, told apart at 16 pixels in black and white, tinted from the palette."""

import gc
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.ui import icons as drawing
from hotfix_desktop.ui.icons import APP_ICON, STATE_ICONS, Icons, icons_folder, rendered
from hotfix_desktop.ui.theme import Role, Scheme, Theme, dark_palette, light_palette

FILES = sorted(icons_folder().glob("*.svg"))
DRAWINGS = [path for path in FILES if path.stem != APP_ICON]
NEEDED = {
    "package-unlocked",
    "package-locked",
    "package-blocked",
    "package-modifiable",
    "package-missing",
    "overdue",
    "unlock",
    "lock",
    "extend",
    "changes",
    "deliver",
    "refresh",
    "audit",
    "settings",
    "folder",
    "add",
    "users",
    "info",
    "warning",
    "error",
    "success",
    "close",
    "dot",
    "search",
    "demo",
    "help",
    "hotfix-desktop",
    "verified",
    "verifying",
    "broken",
    "unsigned",
}
STATE_SHAPES = sorted({name for name, _ in STATE_ICONS.values()})
PADLOCKS = ("package-unlocked", "package-locked", "package-blocked")
# Of the pixels that either icon paints; by itself a shackle that opens by two pixels would be about 0.1.
DIFFERENT = 0.35


REDS = {role: QColor(index * 40 + 10, 0, 0) for index, role in enumerate(Role)}


class Colours:
    """Colours that nobody could mistake."""

    def colour(self, role: Role, on: QPalette.ColorRole = QPalette.ColorRole.Window) -> QColor:
        return QColor("#FFFFFE") if on is QPalette.ColorRole.Highlight else REDS[role]

    def disabled(self) -> QColor:
        return QColor("#00FF00")


@pytest.fixture
def icons(qapp: QApplication) -> Icons:
    return Icons(Colours())


@pytest.fixture
def own_palette(qapp: QApplication):
    yield
    qapp.setPalette(QPalette())


def black_and_white(image: QImage) -> set[tuple[int, int]]:
    """The black pixels of an icon on white paper."""
    paper = QImage(image.size(), QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    painter = QPainter(paper)
    painter.drawImage(0, 0, image)
    painter.end()
    width, height = paper.width(), paper.height()
    return {(x, y) for x in range(width) for y in range(height) if paper.pixelColor(x, y).lightness() < 128}


def difference(one: set[tuple[int, int]], other: set[tuple[int, int]]) -> float:
    return len(one ^ other) / len(one | other)


def image_of(icon: QIcon, size: int = 16, mode: QIcon.Mode = QIcon.Mode.Normal) -> QImage:
    return icon.pixmap(QSize(size, size), 1.0, mode).toImage()


def colours_of(image: QImage) -> set[str]:
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {colour.name() for colour in pixels if colour.alpha() == 255}


def test_all_icons_are_there():
    assert {path.stem for path in FILES} == NEEDED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_drawing_is_plain(path):
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    grid = "64" if path.stem == APP_ICON else "24"
    assert root.get("viewBox") == f"0 0 {grid} {grid}"
    assert root.get("width") == root.get("height") == grid
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "path", "circle", "rect"}
    for element in root.iter():
        for attribute, value in element.attrib.items():
            assert "href" not in attribute
            assert not attribute.startswith("on")
            assert "url(" not in value


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_a_drawing_has_one_stroke_and_one_colour(path):
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    every = list(root.iter())
    assert {e.get("stroke-width") for e in every} - {None} == {"2"}
    assert {e.get("stroke-linecap") for e in every} - {None} == {"round"}
    assert {e.get("stroke-linejoin") for e in every} - {None} == {"round"}
    assert {e.get("fill") for e in every} | {e.get("stroke") for e in every} <= {None, "none", "#000000"}


def test_the_program_icon_has_two_colours():
    root = ET.fromstring((icons_folder() / f"{APP_ICON}.svg").read_text(encoding="utf-8"))
    colours = {e.get(attribute) for e in root.iter() for attribute in ("fill", "stroke")} - {None, "none"}
    assert len(colours) == 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("pixels", [16, 20, 32, 96])
def test_a_drawing_stays_inside_its_square(qapp, path, pixels):
    image = rendered(path, pixels)
    assert image.size() == QSize(pixels, pixels)
    painted = {(x, y) for x in range(pixels) for y in range(pixels) if image.pixelColor(x, y).alpha() > 60}
    assert painted
    xs, ys = {x for x, _ in painted}, {y for _, y in painted}
    assert max(max(xs) - min(xs), max(ys) - min(ys)) >= pixels * 0.55
    if path.stem != APP_ICON and pixels == 96:
        assert min(xs) >= 2
        assert min(ys) >= 2
        assert max(xs) <= 93
        assert max(ys) <= 93


@pytest.mark.parametrize(("one", "other"), list(combinations(STATE_SHAPES, 2)))
def test_states_are_told_apart_at_16_pixels_in_black_and_white(qapp, one, other):
    shapes = [black_and_white(rendered(icons_folder() / f"{name}.svg", 16)) for name in (one, other)]
    assert difference(*shapes) >= DIFFERENT


def test_the_three_padlocks_are_of_one_size(qapp):
    heights = []
    for name in PADLOCKS:
        ys = [y for _, y in black_and_white(rendered(icons_folder() / f"{name}.svg", 96))]
        heights.append(max(ys) - min(ys))
    assert max(heights) - min(heights) <= 96 * 0.1


def test_every_state_has_an_icon(icons):
    for state in PackageState:
        assert not icons.state_icon(state).isNull()
        assert colours_of(image_of(icons.state_icon(state), 48)) == {REDS[STATE_ICONS[state][1]].name()}


@pytest.mark.parametrize("state", list(PackageState))
def test_the_undelivered_dot_is_a_shape_and_a_colour(icons, state):
    plain, dotted = (
        image_of(icons.state_icon(state), 16),
        image_of(icons.state_icon(state, undelivered=True), 16),
    )
    changed = black_and_white(plain) ^ black_and_white(dotted)
    assert len(changed) >= 3
    assert all(x < 9 and y >= 7 for x, y in changed)
    assert dotted.pixelColor(3, 12).name() == REDS[Role.UNDELIVERED].name()


@pytest.mark.parametrize("size", drawing.SIZES)
def test_an_icon_is_drawn_at_its_size_in_each_mode(icons, size):
    icon = icons.icon("lock", Role.OPEN)
    assert QSize(size, size) in icon.availableSizes()
    assert colours_of(image_of(icon, size)) <= {REDS[Role.OPEN].name()}
    assert colours_of(image_of(icon, size, QIcon.Mode.Disabled)) <= {"#00ff00"}
    assert colours_of(image_of(icon, size, QIcon.Mode.Selected)) <= {"#fffffe"}


def test_sharp_screens_get_sharp_icons(icons, monkeypatch):
    class Screen:
        def devicePixelRatio(self) -> float:
            return 2.5

    monkeypatch.setattr(drawing.QGuiApplication, "screens", lambda: [Screen()])
    assert {16, 32, 48, 96, 144} <= set(drawing.pixel_sizes())
    pixmap = icons.icon("lock").pixmap(QSize(20, 20), 3.0)
    assert pixmap.size() == QSize(60, 60)
    assert pixmap.devicePixelRatio() == 3.0


def test_icons_are_kept_until_recoloured(icons):
    first = icons.icon("lock")
    assert icons.icon("lock").cacheKey() == first.cacheKey()
    icons.recolour()
    assert icons.icon("lock").cacheKey() != first.cacheKey()


def test_what_is_dressed_follows_the_theme(qapp, own_palette):
    theme = Theme(qapp, Scheme.LIGHT)
    icons = Icons(theme)
    action = QAction("Lock after hotfix")
    icons.dress(action, "lock")
    light = colours_of(image_of(action.icon(), 48))
    theme.apply(Scheme.DARK)
    dark = colours_of(image_of(action.icon(), 48))
    assert light == {light_palette().color(QPalette.ColorRole.WindowText).name()}
    assert dark == {dark_palette().color(QPalette.ColorRole.WindowText).name()}


def test_what_was_dressed_and_is_gone_is_forgotten(icons):
    action = QAction("Lock after hotfix")
    icons.dress(action, "lock")
    del action
    gc.collect()
    icons.recolour()
    assert not icons._dressed


def test_the_program_icon_keeps_its_colours(icons):
    assert QSize(256, 256) in icons.app_icon().availableSizes()
    assert "#1e4e79" in colours_of(image_of(icons.app_icon(), 48))


def test_an_unknown_icon_is_a_bug(icons):
    with pytest.raises(FileNotFoundError, match="no-such-thing"):
        icons.icon("no-such-thing")


def test_the_drawings_are_found_in_a_checkout_and_in_a_wheel(tmp_path, monkeypatch):
    assert icons_folder() == Path(__file__).resolve().parents[2] / "resources" / "icons"
    package = tmp_path / "site-packages" / "hotfix_desktop"
    monkeypatch.setattr(drawing, "_PACKAGE", package)
    with pytest.raises(FileNotFoundError):
        icons_folder()
    (package / "resources" / "icons").mkdir(parents=True)
    assert icons_folder() == package / "resources" / "icons"


def test_drift_has_a_mark_beside_that_of_undelivered(icons):
    for state in PackageState:
        plain, dotted, wedged, both = (
            black_and_white(image_of(icons.state_icon(state, *marks), 16))
            for marks in ((False, False), (True, False), (False, True), (True, True))
        )
        assert len({frozenset(shape) for shape in (plain, dotted, wedged, both)}) == 4, state
        assert {(x, y) for x, y in wedged ^ plain if x > 10 or y > 9} == set(), "it stands in the upper left corner"


def test_the_mark_of_drift_has_the_colour_of_a_warning(icons):
    state = PackageState.LOCKED
    found = colours_of(image_of(icons.state_icon(state, drifted=True), 48))
    assert found == {REDS[STATE_ICONS[state][1]].name(), REDS[Role.OPEN].name()}
