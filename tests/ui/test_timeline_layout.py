"""Where things stand: time and pixels, ticks, lanes, levels of detail, and what a place means."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtCore import QTimeZone

from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.timeline import MarkKind
from hotfix_desktop.ui.timeline_layout import BAD, LEAST, MARK, NEAR, Lane, LaneOrder, Stretches, TimelineLayout
from hotfix_desktop.ui.timeline_scale import CLOSEST, TimeScale, ticks
from tests.hotfix_windows import DAY, HOUR, MINUTE, NOW_US, office, window

UTC_ZONE = QTimeZone.utc()
BERLIN = QTimeZone(b"Europe/Berlin")
WHOLE = TimeScale.fitting(NOW_US - 30 * DAY, NOW_US, 800)


def advance(text: str) -> float:
    return 7.0 * len(text)


def us(*parts: int) -> int:
    return to_microseconds(datetime(*parts, tzinfo=UTC))


# Time and pixels


def test_everything_is_fitted_in_with_room_beside():
    assert 0 < WHOLE.x(NOW_US - 30 * DAY) < 40
    assert 760 < WHOLE.x(NOW_US) < 800


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
@pytest.mark.parametrize("x", [0.0, 130.0, 800.0])
def test_zooming_leaves_what_is_under_the_pointer_in_its_place(factor, x):
    start = WHOLE.zoomed(0.2, 400, WHOLE)
    zoomed = start.zoomed(factor, x, WHOLE)
    assert zoomed.per_px == pytest.approx(start.per_px * factor)
    assert zoomed.at(x) == pytest.approx(start.at(x), abs=start.per_px / 100)


def test_zooming_has_an_end_in_both_directions():
    near = far = WHOLE
    for _ in range(200):
        near, far = near.zoomed(0.8, 300, WHOLE), far.zoomed(1.25, 300, WHOLE)
    assert near.per_px == CLOSEST
    assert far.per_px == pytest.approx(WHOLE.per_px * 2)


@pytest.mark.parametrize("pixels", [-(10.0**9), -3000.0, 3000.0, 10.0**9])
def test_one_cannot_pan_to_where_nothing_is(pixels):
    moved = WHOLE.panned(pixels, WHOLE)
    assert moved.start_us < NOW_US
    assert moved.end_us > NOW_US - 30 * DAY


def test_a_stretch_is_brought_into_sight_with_the_smallest_move():
    near = WHOLE.zoomed(0.01, 0, WHOLE)
    shown = near.showing(NOW_US - HOUR, NOW_US, WHOLE)
    assert near.per_px == shown.per_px
    assert 0 < shown.x(NOW_US - HOUR) < shown.x(NOW_US) < 800
    assert shown.showing(NOW_US - HOUR, NOW_US, WHOLE) == shown


# Ticks


@pytest.mark.parametrize("length", [MINUTE, HOUR, 5 * HOUR, DAY, 9 * DAY, 60 * DAY, 400 * DAY, 9000 * DAY])
@pytest.mark.parametrize("zone", [UTC_ZONE, BERLIN, QTimeZone(b"Australia/Lord_Howe"), QTimeZone(b"Asia/Kathmandu")])
def test_labels_never_touch_and_never_lack(length, zone):
    scale = TimeScale.fitting(NOW_US - length, NOW_US, 800)
    found, bands = ticks(scale, zone, advance)
    assert 3 <= len(found) <= 40
    for one, following in itertools.pairwise(found):
        assert one.x + advance(one.label) + 4 <= following.x
    for one, following in itertools.pairwise(bands):
        assert one.x1 == pytest.approx(following.x0)


def test_ticks_of_hours_stand_on_the_hours_of_the_zone_on_both_sides_of_a_change():
    scale = TimeScale.fitting(us(2026, 10, 24, 12), us(2026, 10, 26, 12), 1400)  # Berlin leaves summer time on the 25th
    found, bands = ticks(scale, BERLIN, advance)
    at = {round(scale.at(tick.x) / HOUR - us(2026, 10, 24) / HOUR, 3): tick.label for tick in found}
    assert at[22] == "00:00"  # the 25th in summer time
    assert at[35] == "12:00"  # in winter time
    assert at[47] == "00:00"  # the 26th, an hour later
    assert [band.label for band in bands] == ["Sat 2026-10-24", "Sun 2026-10-25", "Mon 2026-10-26"]


def test_local_and_utc_label_the_same_moment_differently():
    scale = TimeScale.fitting(us(2026, 7, 1, 0), us(2026, 7, 1, 12), 900)
    in_utc = {tick.label: scale.at(tick.x) for tick in ticks(scale, UTC_ZONE, advance)[0]}
    in_berlin = {tick.label: scale.at(tick.x) for tick in ticks(scale, BERLIN, advance)[0]}
    assert in_utc["06:00"] - in_berlin["06:00"] == pytest.approx(2 * HOUR, abs=1000)


def test_an_hour_that_is_skipped_has_no_label():
    scale = TimeScale.fitting(us(2026, 3, 28, 23), us(2026, 3, 29, 5), 500)  # Berlin goes from 2 to 3 on the 29th
    labels = [tick.label for tick in ticks(scale, BERLIN, advance)[0]]
    assert "00:00" in labels
    assert len([label for label in labels if label in ("02:00", "03:00")]) == 1
    assert len(labels) == len(set(labels))


def test_half_hours_are_those_of_the_zone():
    scale = TimeScale.fitting(us(2026, 7, 1, 0), us(2026, 7, 1, 4), 500)
    labels = [tick.label for tick in ticks(scale, QTimeZone(b"Asia/Kathmandu"), advance)[0]]
    assert labels
    assert {label[-3:] for label in labels} == {":00", ":30"}


def test_every_second_day_begins_anew_with_each_month():
    scale = TimeScale.fitting(us(2026, 1, 20), us(2026, 3, 8), 1100)
    labels = [tick.label for tick in ticks(scale, UTC_ZONE, advance)[0]]
    assert labels[labels.index("29") : labels.index("29") + 3] == ["29", "1", "3"]
    assert labels[labels.index("27", labels.index("1")) :][:3] == ["27", "1", "3"]


def test_months_and_years_are_named():
    scale = TimeScale.fitting(us(2025, 11, 1), us(2026, 11, 1), 900)
    found, bands = ticks(scale, UTC_ZONE, advance)
    assert [tick.label for tick in found if tick.x > 0][:4] == ["Nov", "Dec", "Jan", "Feb"]
    assert [band.label for band in bands] == ["2025", "2026"]


@given(st.floats(0, 2.5e17), st.floats(CLOSEST, 2.5e14), st.integers(1, 4000))
def test_no_stretch_of_time_is_too_strange_for_ticks(start, per_px, width):
    found, _ = ticks(TimeScale(start, per_px, width), UTC_ZONE, advance)
    assert len(found) <= width / 20 + 2


# Lanes


def test_each_package_has_a_lane_and_the_latest_stands_on_top():
    windows = [window(1, "b", NOW_US - 3 * HOUR), window(2, "A", NOW_US - 2 * HOUR), window(3, "b", NOW_US - HOUR)]
    assert [lane.package for lane in TimelineLayout.of(windows, NOW_US).lanes] == ["b", "A"]
    by_name = TimelineLayout.of(windows, NOW_US, LaneOrder.NAME)
    assert [lane.package for lane in by_name.lanes] == ["A", "b"]
    assert by_name.places == {2: (0, 0), 1: (1, 0), 3: (1, 1)}


def test_an_open_window_grows_and_begins_to_overrun():
    layout = TimelineLayout.of([window(1, opened=NOW_US, still_open=True, granted=30)], NOW_US)
    later = layout.until(NOW_US + HOUR)
    assert layout.is_open
    assert layout.lanes[0].bars.ends == [NOW_US]
    assert later.lanes[0].bars.ends == [NOW_US + HOUR]
    assert (later.lanes[0].overruns.starts, layout.lanes[0].overruns.starts) == ([NOW_US + 30 * MINUTE], [])
    assert later.lanes[0].overruns.ends == [NOW_US + HOUR]


def test_what_is_closed_does_not_grow():
    layout = TimelineLayout.of([window(1)], NOW_US)
    assert not layout.is_open
    assert layout.until(NOW_US + HOUR).lanes[0].bars.ends == layout.lanes[0].bars.ends


def test_keys_lead_to_the_neighbours():
    windows = [
        *(window(n, "A", NOW_US - (10 - n) * HOUR) for n in (1, 2, 3)),
        *(window(n, "B", NOW_US - (18 - n) * HOUR) for n in (11, 12)),
    ]
    layout = TimelineLayout.of(windows, NOW_US, LaneOrder.NAME)

    def number(found):
        return found.hotfix

    assert number(layout.beside(2, 1)) == 3
    assert number(layout.beside(3, 1)) == 3
    assert number(layout.beside(2, -(10**9))) == 1
    assert number(layout.above(2, 1)) == 11  # opened 8 hours ago; 11 and 12 were 7 and 6 hours ago
    assert number(layout.above(12, -1)) == 3
    assert number(layout.above(1, -1)) == 1
    assert layout.beside(99, 1) is None
    assert layout.above(99, 1) is None


# Levels of detail


def zooms(count: int) -> list[TimeScale]:
    whole = TimeScale.fitting(NOW_US - 365 * DAY, NOW_US, 700)
    scales = [whole]
    for step in range(count):
        scales.append(scales[-1].zoomed(0.6, 200 + 13 * step, whole))
    return scales


@pytest.mark.parametrize("scale", zooms(14))
def test_every_window_and_every_overrun_in_sight_is_painted(scale):
    lane = TimelineLayout.of(office(3000, 1, 365), NOW_US).lanes[0]
    for stretches in (lane.bars, lane.overruns):
        spans = stretches.spans(scale)
        painted = {n for span in spans for n in range(span.first, span.last)}
        wanted = {
            n
            for n, (start, end) in enumerate(zip(stretches.starts, stretches.ends, strict=True))
            if end >= scale.start_us and start <= scale.end_us
        }
        assert wanted <= painted
        for span in spans:
            assert span.x1 - span.x0 >= LEAST - 0.001
            assert span.x0 <= scale.x(stretches.starts[span.first]) + 0.001
            assert span.x1 >= scale.x(max(stretches.ends[span.first : span.last])) - 0.001
        for one, following in itertools.pairwise(spans):
            assert one.last == following.first
            assert one.x0 < following.x0


def test_the_painting_costs_pixels_and_not_windows():
    lane = TimelineLayout.of(office(20_000, 1, 365), NOW_US).lanes[0]
    scale = TimeScale.fitting(NOW_US - 365 * DAY, NOW_US, 700)
    assert len(lane.windows) > 15_000
    assert len(lane.bars.spans(scale)) <= 700 / LEAST
    assert len(lane.mark_cells(scale)) <= 3 * (700 / MARK + 2)


def test_bars_that_can_be_told_apart_are_not_merged():
    windows = [window(n, opened=NOW_US - HOUR + n * 10 * MINUTE, minutes=9.9) for n in range(5)]
    lane = Lane.of("A", windows, NOW_US)
    scale = TimeScale.fitting(NOW_US - HOUR, NOW_US, 600)
    assert [(span.first, span.last) for span in lane.bars.spans(scale)] == [(n, n + 1) for n in range(5)]


def test_a_wide_bar_right_behind_small_ones_stands_alone():
    windows = [
        window(1, opened=NOW_US - HOUR, minutes=0.1),
        window(2, opened=NOW_US - HOUR + 12_000_000, minutes=0.1),
        window(3, opened=NOW_US - HOUR + 20_000_000, minutes=30),
    ]
    lane = Lane.of("A", windows, NOW_US)
    scale = TimeScale.fitting(NOW_US - HOUR, NOW_US, 600)
    assert [(span.first, span.last) for span in lane.bars.spans(scale)] == [(0, 2), (2, 3)]


anything = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**8)), min_size=1, max_size=60)


@example([(0, 3001)], 3001, 1000.0)  # it begins before the left edge
@given(anything, st.integers(0, 10**9), st.floats(1000, 10**7))
def test_whatever_overlaps_is_painted_whole(stretches, start, per_px):
    found = Stretches.of((begin, begin + length, n) for n, (begin, length) in enumerate(stretches))
    scale = TimeScale(start, per_px, 500)
    spans = found.spans(scale)
    painted = {n for span in spans for n in range(span.first, span.last)}
    for n, (begin, end) in enumerate(zip(found.starts, found.ends, strict=True)):
        assert n in painted or end < scale.start_us or begin > scale.end_us
    for span in spans:
        for n in range(span.first, span.last):
            assert span.x0 - 0.001 <= scale.x(found.starts[n]) <= scale.x(found.ends[n]) <= span.x1 + 0.001


def test_marks_never_lie_upon_another_of_their_kind_and_bad_ones_are_never_hidden():
    windows = [
        window(n, opened=NOW_US - 200 * HOUR + n * HOUR, marks=((kind, NOW_US - 200 * HOUR + n * HOUR + 3),))
        for n, kind in enumerate(list(MarkKind) * 40)
    ]
    lane = Lane.of("A", windows, NOW_US)
    scale = TimeScale.fitting(NOW_US - 210 * HOUR, NOW_US, 500)
    cells = lane.mark_cells(scale)
    for kind in MarkKind:
        mine = [cell for other, cell in cells if other is kind]
        for one, following in itertools.pairwise(mine):
            assert one.x1 <= following.x0 + 0.001
        if kind in BAD:
            assert sum(cell.last - cell.first for cell in mine) == 40


# What a place means


@pytest.mark.parametrize("scale", zooms(14))
def test_what_is_painted_is_what_is_hit(scale):
    lane = TimelineLayout.of(office(900, 1, 365), NOW_US).lanes[0]
    for stretches, is_mark in ((lane.overruns, False), (lane.bars, False)):
        for span in stretches.spans(scale):
            x = (max(span.x0, 0) + min(span.x1, scale.width)) / 2
            found = lane.window_at(x, scale, is_mark=is_mark)
            assert found is not None
            if stretches is lane.overruns:
                assert found[0].overrun_us(NOW_US)
            if span.last - span.first == 1 and stretches is lane.overruns:
                assert found[0] is lane.windows[lane.overruns.owners[span.first]]
    for kind, cell in lane.mark_cells(scale)[-1:]:
        found = lane.window_at((cell.x0 + cell.x1) / 2, scale)
        assert found is not None
        assert kind in {mark.kind for mark in found[0].marks}


@given(st.integers(0, 13), st.floats(0, 700))
def test_what_is_hit_is_painted_there(zoom, x):
    lane, scale = LANE, ZOOMS[zoom]
    found = lane.window_at(x, scale, is_mark=False)
    spans = [s for s in lane.bars.spans(scale) if s.x0 - NEAR - 0.001 <= x <= s.x1 + NEAR + 0.001]
    if found is None:
        assert not [s for s in spans if s.x0 - NEAR + 0.001 <= x <= s.x1 + NEAR - 0.001]
    else:
        places = {n for span in spans for n in range(span.first, span.last)}
        assert lane.windows.index(found[0]) in {lane.bars.owners[n] for n in places}
        assert found[1] >= 1


LANE = TimelineLayout.of(office(900, 1, 365), NOW_US).lanes[0]
ZOOMS = zooms(14)


def test_a_crowd_is_counted():
    windows = [window(n, opened=NOW_US - HOUR + n * MINUTE, minutes=0.5) for n in range(10)]
    lane = Lane.of("A", windows, NOW_US)
    scale = TimeScale.fitting(NOW_US - 300 * DAY, NOW_US, 700)
    found = lane.window_at(scale.x(NOW_US - HOUR) + 1, scale)
    assert found is not None
    assert found[1] == 10
    near = TimeScale.fitting(NOW_US - HOUR, NOW_US, 1000)
    found = lane.window_at(near.x(NOW_US - HOUR + 3 * MINUTE) + 1, near)
    assert found is not None
    assert (found[0].hotfix, found[1]) == (3, 1)


def test_windows_that_overlap_after_a_clock_was_set_back_are_still_painted_and_hit():
    windows = [window(1, opened=NOW_US - 5 * HOUR, minutes=240), window(2, opened=NOW_US - 4 * HOUR, minutes=10)]
    lane = Lane.of("A", windows, NOW_US)
    scale = TimeScale.fitting(NOW_US - 5 * HOUR, NOW_US, 600)
    assert len(lane.bars.spans(scale)) == 2
    late = lane.window_at(scale.x(NOW_US - 2 * HOUR), scale)
    assert late is not None
    assert late[0].hotfix == 1
