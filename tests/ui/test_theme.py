"""The look: every colour is readable where it may stand, in our palettes and in the desktop's."""

from itertools import product

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QRadioButton, QTableWidget, QTableWidgetItem, QWidget

from hotfix_desktop.ui import theme as look
from hotfix_desktop.ui.theme import Role, Scheme, Theme, contrast, readable
from hotfix_desktop.ui.tick_delegate import TickDelegate

MEANINGS = (Role.OPEN, Role.OVERDUE, Role.VERIFIED, Role.UNDELIVERED)
SURFACES = (QPalette.ColorRole.Window, QPalette.ColorRole.Base, QPalette.ColorRole.AlternateBase)
PALETTES = {"light": look.light_palette, "dark": look.dark_palette}
PRODUCT = {"light": look.LIGHT_COLOURS, "dark": look.DARK_COLOURS}


class Desktop(QObject):
    """Style hints of a desktop that answers, as Windows, macOS and the gtk3 platform theme do."""

    colorSchemeChanged = Signal(Qt.ColorScheme)

    def __init__(self, system: Qt.ColorScheme) -> None:
        super().__init__()
        self.system = system
        self.override = Qt.ColorScheme.Unknown

    def colorScheme(self) -> Qt.ColorScheme:
        return self.system if self.override is Qt.ColorScheme.Unknown else self.override

    def setColorScheme(self, scheme: Qt.ColorScheme) -> None:
        before = self.colorScheme()
        self.override = scheme
        if self.colorScheme() is not before:
            self.colorSchemeChanged.emit(self.colorScheme())


@pytest.fixture
def mute(qapp: QApplication):
    """A desktop without an opinion; the application gets its own palette back afterwards."""
    yield Desktop(Qt.ColorScheme.Unknown)
    qapp.setPalette(QPalette())


@pytest.fixture(params=["light", "dark"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def theme(qapp: QApplication, mute: Desktop, name: str) -> Theme:
    # A desktop that does not know its scheme ignores a call to set it.
    mute.setColorScheme = lambda scheme: None
    return Theme(qapp, Scheme(name), mute)


def test_contrast_is_that_of_wcag():
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)
    assert contrast(QColor("white"), QColor("#B45309")) == pytest.approx(5.02, abs=0.01)


@pytest.mark.parametrize(("role", "surface"), list(product(MEANINGS, SURFACES)))
def test_the_colours_of_the_product_page_are_readable_as_they_are(name, role, surface):
    background = PALETTES[name]().color(surface)
    assert contrast(QColor(PRODUCT[name][role]), background) >= 4.5


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        (QPalette.ColorRole.WindowText, QPalette.ColorRole.Window),
        (QPalette.ColorRole.Text, QPalette.ColorRole.Base),
        (QPalette.ColorRole.Text, QPalette.ColorRole.AlternateBase),
        (QPalette.ColorRole.ButtonText, QPalette.ColorRole.Button),
        (QPalette.ColorRole.ToolTipText, QPalette.ColorRole.ToolTipBase),
        (QPalette.ColorRole.HighlightedText, QPalette.ColorRole.Highlight),
        (QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.Base),
        (QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.Window),
        (QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.AlternateBase),
        (QPalette.ColorRole.Link, QPalette.ColorRole.Base),
        (QPalette.ColorRole.LinkVisited, QPalette.ColorRole.Base),
    ],
)
def test_the_texts_of_our_palettes_are_readable(name, text, surface):
    palette = PALETTES[name]()
    assert contrast(palette.color(text), palette.color(surface)) >= 4.5


def test_disabled_text_and_the_selection_are_visible(name):
    # WCAG asks nothing of disabled controls; we ask 3 : 1, the figure for shapes.
    palette = PALETTES[name]()
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    for surface in (*SURFACES, QPalette.ColorRole.Button):
        assert contrast(disabled, palette.color(surface)) >= 3.0
    for surface in (QPalette.ColorRole.Window, QPalette.ColorRole.Base):
        assert contrast(palette.color(QPalette.ColorRole.Highlight), palette.color(surface)) >= 3.0
        assert contrast(palette.color(QPalette.ColorRole.Accent), palette.color(surface)) >= 3.0
    icon_in_menu = palette.color(QPalette.ColorRole.WindowText)
    assert contrast(icon_in_menu, palette.color(QPalette.ColorRole.Highlight)) >= 3.0


@pytest.mark.parametrize(("role", "surface"), list(product(Role, (*SURFACES, QPalette.ColorRole.Highlight))))
def test_every_meaning_is_readable_on_every_surface(theme, role, surface):
    assert contrast(theme.colour(role, surface), theme.background(surface)) >= 4.5


@pytest.mark.parametrize("role", MEANINGS)
def test_a_banner_is_readable(theme, role):
    tint = theme.tint(role)
    assert contrast(theme.background(QPalette.ColorRole.WindowText), tint) >= 4.5
    assert contrast(theme.colour_on(role, tint), tint) >= 4.5
    assert tint != theme.background(QPalette.ColorRole.Base)


def test_the_product_colours_are_used_where_they_can_be(theme, name):
    for role in MEANINGS:
        assert theme.colour(role) == QColor(PRODUCT[name][role])


@pytest.mark.parametrize("grey", ["#ececec", "#efefef", "#808080", "#323232", "#000000"])
def test_a_desktops_own_window_is_coped_with(qapp, mute, grey):
    theme = Theme(qapp, Scheme.SYSTEM, Desktop(Qt.ColorScheme.Light))
    palette = QPalette(QColor(grey))
    qapp.setPalette(palette)
    for role in Role:
        assert contrast(theme.colour(role), QColor(grey)) >= 4.5
    assert contrast(theme.disabled(), QColor(grey)) >= 3.0


def test_readable_leaves_a_good_colour_alone_and_moves_a_bad_one_no_further_than_needed():
    assert readable(QColor("#B91C1C"), QColor("white")) == QColor("#B91C1C")
    moved = readable(QColor("#FBBF24"), QColor("white"))
    assert 4.5 <= contrast(moved, QColor("white")) < 6.5


def test_the_scheme_is_ours_where_the_desktop_has_none(qapp, mute):
    mute.setColorScheme = lambda scheme: None
    theme = Theme(qapp, Scheme.SYSTEM, mute)
    assert not theme.is_dark()
    heard = []
    theme.changed.connect(lambda: heard.append(theme.is_dark()))
    theme.apply(Scheme.DARK)
    theme.apply(Scheme.LIGHT)
    assert heard == [True, False]
    assert theme.scheme is Scheme.LIGHT


def test_offscreen_the_real_hints_give_dark_too(qapp, mute):
    theme = Theme(qapp, Scheme.DARK)
    assert theme.is_dark()
    theme.apply(Scheme.SYSTEM)
    assert not theme.is_dark() or qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark


def test_a_desktop_with_a_scheme_keeps_its_own_palette_and_is_followed(qapp, mute):
    theirs = qapp.palette().color(QPalette.ColorRole.Window)
    desktop = Desktop(Qt.ColorScheme.Unknown)
    theme = Theme(qapp, Scheme.SYSTEM, desktop)
    assert theme.background() == QColor(look.LIGHT_PALETTE[QPalette.ColorRole.Window])
    heard = []
    theme.changed.connect(lambda: heard.append(True))
    theme.apply(Scheme.DARK)
    assert desktop.override is Qt.ColorScheme.Dark
    assert theme.background() == theirs
    assert heard == [True]
    desktop.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert heard == [True, True]


def edge_of(widget: QWidget) -> float:
    """Draw what has a box at the left of its middle, and give the contrast of the box's edge to what is around it."""
    image = widget.parentWidget().grab().toImage()
    middle = widget.geometry().center().y()
    around = image.pixelColor(widget.x(), widget.y() + 1)
    return max(contrast(image.pixelColor(widget.x() + x, middle), around) for x in range(8))


def is_all(boxes, theme: Theme) -> bool:
    """Say whether the palette of the application has come to all: Qt brings it with an event."""
    text = (QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText)
    return all(widget.palette().color(*text) == theme.palette().color(*text) for widget in boxes)


@pytest.fixture
def panel(qtbot) -> QWidget:
    """An unticked box, an unticked button, and a table of one unticked cell."""
    parent = QWidget()
    qtbot.addWidget(parent)
    check, radio, table = QCheckBox("check", parent), QRadioButton("radio", parent), QTableWidget(1, 1, parent)
    cell = QTableWidgetItem("cell")
    cell.setCheckState(Qt.CheckState.Unchecked)
    table.setItem(0, 0, cell)
    table.setItemDelegate(TickDelegate(table))
    table.horizontalHeader().hide()
    table.verticalHeader().hide()
    table.setFrameShape(QTableWidget.Shape.NoFrame)
    table.setShowGrid(False)
    for at, widget in enumerate((check, radio, table)):
        widget.setGeometry(0, 40 * at, 100, table.rowHeight(0))
    parent.resize(100, 120)
    parent.show()
    return parent


def test_what_is_not_ticked_is_seen_in_the_dark_and_nothing_of_it_stays_in_the_light(qapp, qtbot, mute, panel):
    boxes = panel.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    mute.setColorScheme = lambda scheme: None
    theme = Theme(qapp, Scheme.LIGHT, mute)
    qtbot.waitUntil(lambda: is_all(boxes, theme))
    light = [edge_of(box) for box in boxes]
    for enabled in (True, False):
        panel.setEnabled(enabled)
        theme.apply(Scheme.DARK)
        qtbot.waitUntil(lambda: is_all(boxes, theme) and min(map(edge_of, boxes)) >= 3.0)
        theme.apply(Scheme.LIGHT)
        for kind in look.BOXES:
            assert QApplication.palette(kind) == qapp.palette()
    panel.setEnabled(True)
    qtbot.waitUntil(lambda: [edge_of(box) for box in boxes] == light)


def test_boxes_are_seen_on_a_desktops_own_dark_and_follow_it_into_the_light(qapp, qtbot, mute, panel):
    boxes = panel.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    desktop = Desktop(Qt.ColorScheme.Dark)
    theme = Theme(qapp, Scheme.SYSTEM, desktop)
    qapp.setPalette(QPalette(QColor("#323232")))
    qtbot.waitUntil(lambda: is_all(boxes, theme) and min(map(edge_of, boxes)) >= 3.0)
    qapp.setPalette(QPalette(QColor("#efefef")))
    assert not theme.is_dark()
    assert all(QApplication.palette(kind) == qapp.palette() for kind in look.BOXES)


def test_fonts(qapp):
    base = QFont("Sans", 10)
    title = look.title_font(base)
    assert title.pointSizeF() == pytest.approx(12.5)
    assert title.weight() == QFont.Weight.DemiBold
    in_pixels = QFont("Sans")
    in_pixels.setPixelSize(16)
    assert look.title_font(in_pixels).pixelSize() == 20
    assert look.tabular_font(base).featureValue(QFont.Tag("tnum")) == 1
    assert not base.featureTags()


def test_the_grid():
    assert all(step % look.GRID == 0 for step in (look.AROUND, look.BETWEEN, look.GROUPS, look.ROW))
    assert (look.ROW, look.ROW_COMPACT, look.ICON_ROW, look.ICON_TOOLBAR) == (28, 22, 16, 20)
