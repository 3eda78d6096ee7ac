"""The timeline's widget: mouse, wheel and keys, what it says, and what it looks like."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt, QTimeZone, Signal
from PySide6.QtGui import QAccessible, QColor, QHelpEvent, QImage, QPainter, QPalette, QWheelEvent
from PySide6.QtWidgets import QToolTip

from hotfix_desktop.core.timeline import MarkKind, Timeline
from hotfix_desktop.ui.theme import VISIBLE, Scheme, Theme, contrast
from hotfix_desktop.ui.timeline import TimelineView
from hotfix_desktop.ui.timeline_look import TimelineColours, paint_hatched
from hotfix_desktop.ui.timeline_page import note_of, paint_on
from tests.hotfix_windows import DAY, HOUR, MINUTE, NOW, NOW_US, office, window

UTC_ZONE = QTimeZone.utc()
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


class Clock:
    """Says when now is."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now


class Mute(QObject):
    """A desktop without an opinion on light and dark."""

    colorSchemeChanged = Signal(Qt.ColorScheme)

    def colorScheme(self) -> Qt.ColorScheme:
        return Qt.ColorScheme.Unknown

    def setColorScheme(self, scheme: Qt.ColorScheme) -> None:
        """Cannot."""


@pytest.fixture
def theme(qapp):
    yield Theme(qapp, Scheme.LIGHT, Mute())
    qapp.setPalette(QPalette())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def view(qtbot, theme, clock):
    made = TimelineView(theme, clock)
    qtbot.addWidget(made)
    made.resize(1100, 180)
    made.set_zone(UTC_ZONE)
    made.show()
    qtbot.waitExposed(made)
    return made


WINDOWS = (
    window(1, "Base", NOW_US - 8 * HOUR, 18),
    window(2, "Case", NOW_US - 6 * HOUR, 50, 30, marks=((MarkKind.RELOCK_FAILED, NOW_US - 6 * HOUR + 30 * MINUTE),)),
    window(3, "Case", NOW_US - 3 * HOUR, 20, marks=((MarkKind.EXTENSION, NOW_US - 3 * HOUR + 15 * MINUTE),)),
    window(4, "Case", NOW_US - 10 * MINUTE, still_open=True),
)


@pytest.fixture
def filled(view):
    view.show_windows(WINDOWS)
    return view


def middle(view, hotfix: int) -> QPoint:
    """Where a hotfix's bar is, below its marks."""
    place = view.place_of(hotfix)
    return QPoint(place.center().x(), place.bottom() - 5)


def wheel(view, at: QPoint, turn: int, modifiers=NONE, *, sideways: bool = False) -> bool:
    delta = QPoint(turn, 0) if sideways else QPoint(0, turn)
    where = QPointF(at)
    event = QWheelEvent(
        where, where, QPoint(), delta, Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False
    )
    QCoreApplication.sendEvent(view.viewport(), event)
    return event.isAccepted()


def picture(view) -> QImage:
    return view.viewport().grab().toImage()


def has_colour(image: QImage, colour: QColor, x0: int, x1: int, y0: int, y1: int) -> bool:
    return any(image.pixelColor(x, y) == colour for x in range(x0, x1) for y in range(y0, y1))


# Mouse


@pytest.mark.parametrize("hotfix", [1, 2, 3, 4])
def test_a_click_on_a_bar_chooses_its_hotfix(qtbot, filled, hotfix):
    with qtbot.waitSignal(filled.chosen) as chosen:
        qtbot.mouseClick(filled.viewport(), LEFT, pos=middle(filled, hotfix))
    assert chosen.args == [hotfix, hotfix * 10, hotfix * 10 + 3]
    assert filled.selected is not None
    assert filled.selected.hotfix == hotfix


def test_a_click_on_a_mark_chooses_its_hotfix(qtbot, view):
    late = window(1, "Case", NOW_US - 9 * HOUR, marks=((MarkKind.LATE_WRITE, NOW_US - 5 * HOUR),))
    view.show_windows([late, window(2, "Case", NOW_US - HOUR)])
    place = view.place_of(1)
    at = QPoint(round(place.left() + 4 * HOUR / view.scale.per_px), place.top() + 5)
    with qtbot.assertNotEmitted(view.chosen):
        qtbot.mouseClick(view.viewport(), LEFT, pos=at + QPoint(0, 14))
    with qtbot.waitSignal(view.chosen) as chosen:
        qtbot.mouseClick(view.viewport(), LEFT, pos=at)
    assert chosen.args[0] == 1


def test_a_click_beside_everything_chooses_nothing(qtbot, filled):
    with qtbot.assertNotEmitted(filled.chosen):
        qtbot.mouseClick(filled.viewport(), LEFT, pos=middle(filled, 3) + QPoint(60, 0))
        qtbot.mouseClick(filled.viewport(), LEFT, pos=QPoint(5, 60))
        qtbot.mouseClick(filled.viewport(), Qt.MouseButton.RightButton, pos=middle(filled, 3))


def test_a_click_leaves_the_picture_where_it_is(qtbot, filled):
    wheel(filled, middle(filled, 2), 2400)
    wheel(filled, middle(filled, 2), 600)
    before = filled.scale
    qtbot.mouseClick(filled.viewport(), LEFT, pos=QPoint(600, middle(filled, 2).y()))
    assert filled.scale == before


def test_dragging_pans_and_chooses_nothing(qtbot, filled):
    start = middle(filled, 2)
    wheel(filled, start, 600)
    before = filled.scale
    with qtbot.assertNotEmitted(filled.chosen):
        qtbot.mousePress(filled.viewport(), LEFT, pos=start)
        qtbot.mouseMove(filled.viewport(), start - QPoint(30, 0))
        qtbot.mouseMove(filled.viewport(), start - QPoint(80, 0))
        qtbot.mouseRelease(filled.viewport(), LEFT, pos=start - QPoint(80, 0))
    assert filled.scale.per_px == before.per_px
    assert filled.scale.start_us == pytest.approx(before.start_us + 80 * before.per_px, abs=before.per_px / 10)


def test_the_wheel_zooms_around_the_pointer(filled):
    at = middle(filled, 2)
    before = filled.place_of(2)
    wheel(filled, at, 240)
    assert filled.place_of(2).width() == pytest.approx(before.width() * 1.5625, abs=2)
    assert abs(filled.place_of(2).center().x() - at.x()) <= 2
    wheel(filled, at, -240)
    assert filled.place_of(2) == before


@pytest.mark.parametrize(
    ("modifiers", "sideways"), [(CTRL, False), (Qt.KeyboardModifier.ShiftModifier, False), (NONE, True)]
)
def test_the_wheel_pans_with_a_key_held_or_sideways(filled, modifiers, sideways):
    before = filled.scale
    wheel(filled, QPoint(600, 60), -120, modifiers, sideways=sideways)
    assert filled.scale.per_px == before.per_px
    assert filled.scale.start_us > before.start_us


def test_the_wheel_over_the_names_scrolls_the_lanes(view):
    view.show_windows(office(300, 20, 30))
    before = view.scale
    wheel(view, QPoint(20, 80), -120)
    assert view.verticalScrollBar().value() > 0
    assert view.scale == before


def test_a_double_click_shows_everything_again(qtbot, filled):
    before = filled.scale
    wheel(filled, QPoint(500, 60), 1200)
    qtbot.mouseDClick(filled.viewport(), LEFT, pos=QPoint(500, 60))
    assert filled.scale == before


def test_lanes_that_are_scrolled_to_are_hit_where_they_are(qtbot, view):
    view.show_windows(office(300, 20, 30))
    lane = view.verticalScrollBar().singleStep()
    view.verticalScrollBar().setValue(7 * lane + 5)
    shown = [
        w
        for w in office(300, 20, 30)
        if view.viewport().rect().adjusted(0, 60, 0, -60).contains(middle(view, w.hotfix))
    ]
    assert shown
    found = view.window_at(QPointF(middle(view, shown[-1].hotfix)))
    assert found is not None
    assert found[0].package == shown[-1].package


# Keyboard


def press(qtbot, view, *keys):
    for key in keys:
        qtbot.keyClick(view, key)
    return None if view.selected is None else view.selected.hotfix


def test_arrow_keys_go_from_hotfix_to_hotfix(qtbot, filled):
    key = Qt.Key
    assert press(qtbot, filled, key.Key_Left) == 4  # the newest of the uppermost lane
    assert press(qtbot, filled, key.Key_Left) == 3
    assert press(qtbot, filled, key.Key_Home) == 2
    assert press(qtbot, filled, key.Key_Left) == 2
    assert press(qtbot, filled, key.Key_End) == 4
    assert press(qtbot, filled, key.Key_Down) == 1
    assert press(qtbot, filled, key.Key_Up) == 2  # the nearest in time
    assert press(qtbot, filled, key.Key_Right) == 3


def test_enter_chooses_what_is_selected(qtbot, filled):
    with qtbot.assertNotEmitted(filled.chosen):
        press(qtbot, filled, Qt.Key.Key_Return)
    filled.select(2)
    with qtbot.waitSignal(filled.chosen) as chosen:
        press(qtbot, filled, Qt.Key.Key_Return)
    assert chosen.args == [2, 20, 23]


def test_plus_and_minus_zoom_around_the_selected_hotfix_and_0_shows_everything(qtbot, filled):
    whole = filled.scale
    filled.select(2)
    left = filled.place_of(2).left()
    press(qtbot, filled, Qt.Key.Key_Plus, Qt.Key.Key_Plus)
    assert filled.scale.per_px == pytest.approx(whole.per_px / 1.5625)
    assert abs(filled.place_of(2).left() - left) <= 1
    press(qtbot, filled, Qt.Key.Key_Minus)
    assert filled.scale.per_px == pytest.approx(whole.per_px / 1.25)
    press(qtbot, filled, Qt.Key.Key_0)
    assert filled.scale == whole


def test_a_hotfix_that_is_selected_is_brought_into_sight(view):
    windows = office(300, 20, 30)
    view.show_windows(windows)
    wheel(view, QPoint(1000, 60), 3600)
    for each in (windows[0], windows[150], windows[-1]):
        assert view.select(each.hotfix)
        place = view.place_of(each.hotfix)
        assert view.viewport().rect().contains(QPoint(place.left() + 1, place.center().y()))
    assert not view.select(10**6)
    assert view.selected is None


def test_other_keys_are_left_to_others(qtbot, filled):
    filled.select(2)
    for key, modifiers in ((Qt.Key.Key_F, NONE), (Qt.Key.Key_Left, CTRL), (Qt.Key.Key_F5, NONE)):
        before = filled.scale
        qtbot.keyClick(filled, key, modifiers)
        assert (filled.scale, filled.selected.hotfix) == (before, 2)


# What it says


def test_an_empty_period_says_so(view, theme):
    view.show_windows([])
    assert view.accessibleDescription() == "No hotfixes in this period."
    words = colours(theme).quiet
    assert has_colour(picture(view), words, 400, 700, 80, 100)
    assert view.window_at(QPointF(500, 90)) is None
    assert not wheel(view, QPoint(500, 90), 120)


def test_a_sentence_stands_in_for_what_is_being_read(filled):
    filled.show_sentence("Reading the hotfixes…")
    assert filled.accessibleDescription() == "Reading the hotfixes…"
    assert filled.selected is None


def test_the_selected_hotfix_is_spoken(filled, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: said.append(event.message()))
    monkeypatch.setattr(TimelineView, "hasFocus", lambda self: True)
    filled.select(2)
    assert filled.accessibleName() == "Timeline of hotfixes"
    assert filled.accessibleDescription() == (
        "Hotfix 2 of Case, opened by ikoval at 2026-11-23 08:02:11: VAT is rounded wrongly on invoices (INC-4821)."
        " Locked at 2026-11-23 08:52:11, after 50 min. It overran its time by 20 min."
        " Locking failed at 2026-11-23 08:32:11."
    )
    assert said == [filled.accessibleDescription()]
    filled.select(4)
    assert "It is open and has to be locked at 2026-11-23 14:22:11." in filled.accessibleDescription()
    filled.select(None)
    assert filled.accessibleDescription().startswith("4 hotfixes · 2 packages.")


def test_times_are_told_in_the_zone_that_is_set(filled):
    filled.select(3)
    assert "at 2026-11-23 11:02:11:" in filled.accessibleDescription()
    filled.set_zone(QTimeZone(b"Europe/Berlin"))
    assert "at 2026-11-23 12:02:11:" in filled.accessibleDescription()


def test_a_tooltip_tells_what_lies_there_and_how_many(view):
    view.show_windows([*WINDOWS, window(9, "Case", NOW_US - 400 * DAY)])
    at = middle(view, 3)
    QCoreApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at)))
    assert "of Case, opened by ikoval" in QToolTip.text()
    assert "3 hotfixes lie here: zoom in to tell them apart." in QToolTip.text()
    QToolTip.hideText()


@pytest.mark.parametrize(
    ("timeline", "note"),
    [
        (Timeline(WINDOWS[:1]), "1 hotfix · 1 package"),
        (Timeline(WINDOWS), "4 hotfixes · 2 packages"),
        (Timeline(WINDOWS * 500, is_part=True), "only the newest 2,000 hotfixes"),
    ],
)
def test_the_note_counts(qapp, timeline, note):
    assert note_of(timeline) == note


# What it shows when something changes


def test_new_windows_keep_what_was_zoomed_to_and_selected(filled):
    wheel(filled, QPoint(600, 60), 600)
    filled.select(2)
    before = filled.scale
    filled.show_windows((*WINDOWS[:3], window(5, "New", NOW_US - 5 * MINUTE, 3)))
    assert (filled.scale.per_px, filled.selected.hotfix) == (before.per_px, 2)
    filled.show_windows(WINDOWS[2:], (NOW - timedelta(days=2), None))
    assert filled.selected is None
    assert filled.scale.end_us - filled.scale.start_us > 2 * DAY


def test_what_was_fitted_stays_fitted(filled):
    filled.show_windows((*WINDOWS, window(5, "New", NOW_US - 9 * DAY, 3)))
    assert filled.place_of(5).left() > 0
    filled.resize(700, 300)
    assert 0 < filled.place_of(5).left() < filled.place_of(4).right() < 700


def test_an_open_hotfix_grows_with_the_clock(qtbot, filled, clock):
    before = filled.place_of(4).width()
    clock.now = NOW + timedelta(hours=4)
    filled._grows.timeout.emit()
    assert filled.place_of(4).width() > before
    filled.select(4)
    assert "It was due at" in filled.accessibleDescription()
    assert filled._grows.isActive()
    filled.show_windows(WINDOWS[:3])
    assert not filled._grows.isActive()


# Colours and shapes


def colours(theme: Theme) -> TimelineColours:
    return TimelineColours.of_theme(theme)


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_every_bar_and_mark_can_be_seen_on_every_lane(theme, scheme):
    theme.apply(scheme)
    look = colours(theme)
    for surface in (look.base, look.stripe):
        for colour in (look.bar, look.open, look.overrun, look.now, look.selected, *look.marks.values()):
            assert contrast(colour, surface) >= VISIBLE
        assert contrast(look.text, surface) >= 4.5
    assert contrast(look.bar_text, look.bar) >= VISIBLE
    assert contrast(look.open_text, look.open) >= VISIBLE
    assert contrast(look.quiet, look.head) >= 4.5


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_bars_overruns_and_what_is_open_have_their_colours(filled, theme, scheme):
    theme.apply(scheme)
    look, image = colours(theme), picture(filled)
    done, late, still = filled.place_of(1), filled.place_of(2), filled.place_of(4)
    assert image.pixelColor(middle(filled, 1)) == look.bar
    assert image.pixelColor(QPoint(late.left() + 3, late.bottom() - 5)) == look.bar
    half = late.left() + late.width() * 7 // 10
    assert has_colour(image, look.overrun, half, late.right() - 1, late.bottom() - 8, late.bottom() - 3)
    assert has_colour(image, look.overrun_tint, half, late.right() - 1, late.bottom() - 8, late.bottom() - 3)
    assert has_colour(image, look.open, still.left(), still.right() + 1, still.bottom() - 8, still.bottom() - 3)
    assert not has_colour(image, look.overrun, done.left(), done.right(), done.top(), done.bottom())


def test_marks_are_told_apart_by_their_shapes(qtbot, view, theme):
    at = NOW_US - HOUR
    shapes = set()
    for kind in MarkKind:
        view.show_windows([window(1, opened=at - HOUR, minutes=120, granted=200, marks=((kind, at),))])
        place = view.place_of(1)
        ink = view.viewport().grab(place.adjusted(place.width() // 2 - 8, 2, -place.width() // 2 + 8, -12)).toImage()
        base = ink.pixelColor(0, 0)
        shapes.add(tuple(ink.pixelColor(x, y) == base for x in range(ink.width()) for y in range(ink.height())))
    assert len(shapes) == len(MarkKind)


def test_the_selected_bar_is_outlined(filled, theme):
    place = filled.place_of(1)
    above = (place.left(), place.right(), place.bottom() - 18, place.bottom() - 13)
    assert not has_colour(picture(filled), colours(theme).selected, *above)
    filled.select(1)
    assert has_colour(picture(filled), colours(theme).selected, *above)


def test_an_overrun_among_hundreds_is_seen_from_afar(view, theme):
    many = [window(n, opened=NOW_US - 1000 * HOUR + n * HOUR, minutes=9) for n in range(999)]
    many[500] = window(500, opened=NOW_US - 500 * HOUR, minutes=31, granted=30)
    view.show_windows(many)
    place = view.place_of(500)
    red = colours(theme).overrun
    assert has_colour(picture(view), red, place.left(), place.left() + 4, place.bottom() - 14, place.bottom() - 2)


def test_the_reason_stands_in_a_wide_bar(view, theme):
    view.show_windows([window(1, minutes=59, granted=60, reason="")])
    blank = picture(view)
    view.show_windows([window(1, minutes=59, granted=60)])
    assert picture(view) != blank


# On paper


def paper(timeline: Timeline, size: QSize, first_lane: int = 0) -> tuple[QImage, int]:
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    font = painter.font()
    font.setPixelSize(11)
    area = QRectF(0, 0, size.width(), size.height())
    following = paint_on(painter, area, timeline, (None, None), UTC_ZONE, NOW, font, first_lane=first_lane)
    painter.end()
    return image, following


def test_paper_is_white_even_in_dark_mode(qapp, theme):
    timeline = Timeline(office(200, 5, 60))
    light, _ = paper(timeline, QSize(700, 250))
    theme.apply(Scheme.DARK)
    dark, lanes = paper(timeline, QSize(700, 250))
    assert dark == light
    assert light.pixelColor(2, 2) == QColor("white")
    assert lanes == 5


def test_lanes_that_find_no_room_go_on_on_the_next_page(qapp):
    timeline = Timeline(office(400, 30, 60))
    following, pages = 0, 0
    while following < 30:
        image, after = paper(timeline, QSize(700, 300), following)
        assert after > following
        assert any(image.pixelColor(10, y) != QColor("white") for y in range(200))
        following, pages = after, pages + 1
    assert (following, pages) == (30, 3)


def test_the_hatching_of_paper_has_lines_that_eyes_can_tell_apart(qapp):
    """What a brush gives is as fine as the printer's pixels: a grey."""
    dots_per_mm = 48
    image = QImage(40 * dots_per_mm, 6 * dots_per_mm, QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(dots_per_mm * 1000)
    image.setDotsPerMeterY(dots_per_mm * 1000)
    image.fill(Qt.GlobalColor.white)
    look = TimelineColours.on_paper()
    painter = QPainter(image)
    painter.scale(10, 10)  # a unit of the page, as in a report
    paint_hatched(painter, [QRectF(0, 0, 30 * dots_per_mm / 10, 5 * dots_per_mm / 10)], look, on_paper=True)
    painter.end()
    middle = [image.pixelColor(x, round(2.5 * dots_per_mm)) == look.overrun for x in range(image.width())]
    lines = [x for x in range(1, len(middle)) if middle[x] and not middle[x - 1]]
    gaps = [(after - before) / dots_per_mm for before, after in pairwise(lines[1:-1])]
    assert 22 <= len(gaps) <= 25
    assert all(1.1 < gap < 1.3 for gap in gaps)
