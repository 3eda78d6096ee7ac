"""Pages of a report: nothing torn, nothing cut off, nothing outside of the margins, titles on every page."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale, QRect
from PySide6.QtGui import QColor, QImage, QPageLayout, QPageSize, QPainter, QTextLayout

from hotfix_desktop.ui import report_pages
from hotfix_desktop.ui.report_pages import ReportPages, paper_of
from hotfix_desktop.ui.report_parts import Column, Heading, Line, Paragraph, Report, Row, Sign, Statement, Table, Text
from hotfix_desktop.ui.report_picture import timeline_pictures, whole_report
from hotfix_desktop.ui.report_strip import Strip, paginate
from hotfix_desktop.ui.report_strips import strips
from hotfix_desktop.ui.report_table import LINES_TOGETHER
from hotfix_desktop.ui.report_type import Block, font, pt
from tests.ui.report_samples import hotfix, some, verdict

pytestmark = pytest.mark.usefixtures("qapp")

A4 = QLocale("uk_UA")
WIDTH, HEIGHT = pt(490), pt(700)


def strip(height: float, **more: object) -> Strip:
    return Strip(height, lambda painter, y: None, **more)  # type: ignore[arg-type]


def heights(pages: list[list[tuple[float, Strip]]]) -> list[list[float]]:
    return [[item.height for _, item in page] for page in pages]


def laid_out(given, locale: QLocale = A4) -> ReportPages:
    pages = ReportPages(given, paper_of(locale))
    for _ in pages.steps():
        pass
    return pages


def drawn(pages: ReportPages, page: int) -> QImage:
    """Paint a page with room around it, a pixel for a point."""
    image = QImage(600, 900, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.translate(40, 40)
    pages.paint(painter, page, 72)
    painter.end()
    return image


def ink(image: QImage) -> QRect:
    """Give the smallest rectangle that has everything that is not white."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    raw, wide = bytes(grey.constBits()), grey.bytesPerLine()
    ys = [y for y in range(grey.height()) if min(raw[y * wide : y * wide + grey.width()]) < 200]
    xs = [x for x in range(grey.width()) if min(raw[x::wide]) < 200]
    return QRect(xs[0], ys[0], xs[-1] - xs[0], ys[-1] - ys[0])


def test_strips_fill_a_page_to_its_end_and_no_further():
    assert heights(list(paginate([strip(40), strip(60), strip(1)], 100))) == [[40, 60], [1]]
    assert heights(list(paginate([], 100))) == [[]]


def test_room_above_is_left_out_at_the_top_of_a_page():
    pages = list(paginate([strip(40, before=10), strip(40, before=10), strip(40, before=10)], 100))
    assert [[y for y, _ in page] for page in pages] == [[0, 50], [0]]


def test_what_belongs_together_moves_together():
    pages = list(paginate([strip(70), strip(10, keep=True), strip(25)], 100))
    assert heights(pages) == [[70], [10, 25]]


def test_what_is_taller_than_a_page_goes_on_over_it():
    pages = list(paginate([strip(60, keep=True), strip(60, keep=True), strip(60)], 100))
    assert heights(pages) == [[60], [60], [60]]


def test_titles_are_repeated_where_a_row_begins_a_page():
    titles = strip(10, keep=True)
    rows = [strip(30, head=titles) for _ in range(5)]
    pages = list(paginate([titles, *rows], 100))
    assert heights(pages) == [[10, 30, 30, 30], [10, 30, 30]]
    assert [[y for y, _ in page] for page in pages] == [[0, 10, 40, 70], [0, 10, 40]]


def table(rows: int, below: str = "") -> Table:
    line: Line = (Text(below),)
    columns = (Column("No.", 10, right=True), Column("What", 90))
    return Table(columns, tuple(Row((Text(str(n)), Text("x")), (line,) if below else ()) for n in range(rows)))


def test_a_heading_never_stands_alone_at_the_end_of_a_page():
    for filled in range(0, 700, 7):
        parts = [*strips(Heading("H"), WIDTH), *strips(table(3, "why"), WIDTH)]
        pages = list(paginate([strip(pt(filled)), *parts], HEIGHT))
        place = next(at for at, page in enumerate(pages) if parts[0] in [item for _, item in page])
        assert {parts[0], parts[1], parts[2], parts[3]} <= {item for _, item in pages[place]}


def test_a_row_stays_whole_and_a_very_long_text_goes_on():
    made = list(strips(table(1, "word " * 500), WIDTH))
    long = made[2:]
    assert len(long) > 1
    assert sum(item.height for item in long) == pytest.approx(
        Block((Text("word " * 500),), 8.5, WIDTH * 0.9).height, abs=pt(4)
    )
    assert max(item.height for item in long) <= LINES_TOGETHER * pt(8.5 * 1.32) + pt(4)
    short = list(strips(table(1, "why"), WIDTH))
    assert [item.keep for item in short] == [True, True, False]


def test_a_row_is_as_high_as_its_highest_cell():
    long = "UsrPackageWithoutAnyBlank" * 10
    columns = (Column("Package", 30), Column("What", 70))
    _, row = strips(Table(columns, (Row((Text(long), Text("x"))),)), WIDTH)
    assert row.height >= Block((Text(long),), 8.5, WIDTH * 0.3 - pt(10)).height


def test_long_words_are_broken_and_stay_in_their_column():
    block = Block((Text("UsrPackageWithoutAnyBlank" * 10),), 8.5, pt(80))
    assert block.lines > 5
    assert block.natural_width <= pt(80)


def test_every_letter_has_a_shape_of_its_own():
    layout = QTextLayout("Hotfix office 00ff1", font(9))
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    assert sum(len(run.glyphIndexes()) for run in layout.glyphRuns()) == len("Hotfix office 00ff1")


def test_what_does_not_fit_at_the_top_of_a_page_ends_with_a_sign(monkeypatch):
    said = []

    class Told(Block):
        def __init__(self, line, *args, **more):
            said.extend(piece.text for piece in line)
            super().__init__(line, *args, **more)

    pages = laid_out(whole_report(some(80, workspace="W" * 200)))
    monkeypatch.setattr(report_pages, "Block", Told)
    drawn(pages, 1)
    assert [text for text in said if text.endswith("W…")]


@pytest.mark.parametrize("text", ["Більше відсотків: ПДВ неправильний", "数据包" * 40, "x" * 400])
def test_every_line_of_any_writing_lies_inside_of_its_block(text):
    block = Block((Text(text),), 9, pt(200))
    image = QImage(260, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.translate(20, 20)
    painter.scale(1 / pt(1), 1 / pt(1))
    block.paint(painter, 0, 0)
    painter.end()
    found = ink(image)
    assert found.left() >= 19
    assert found.right() <= 221
    assert found.top() >= 19
    assert found.bottom() <= 21 + block.height / pt(1)


def test_nothing_is_painted_outside_of_the_margins():
    told = tuple(
        hotfix(n, package="Usr" + "LongName" * 12, writers=("w" * 200,), failures=("f " * 300,)) for n in range(1, 30)
    )
    note = "\n".join(["hotfix-desktop/" + "ab" * 32, "40", "x" * 200])
    pages = laid_out(
        whole_report(some(29, hotfixes=told, notable=told, notable_total=29, note=note, verdict=verdict()))
    )
    assert len(pages) > 5
    room = paper_of(A4).paintRect(QPageLayout.Unit.Point)
    for page in (0, 1, len(pages) - 1):
        found = ink(drawn(pages, page))
        assert found.left() >= 39
        assert found.right() <= 41 + room.width()
        assert found.top() >= 39
        assert found.bottom() <= 41 + room.height()


def test_every_page_is_numbered(monkeypatch):
    said = []

    class Told(Block):
        def __init__(self, line, *args, **more):
            said.extend(piece.text for piece in line)
            super().__init__(line, *args, **more)

    pages = laid_out(whole_report(some(80)))
    monkeypatch.setattr(report_pages, "Block", Told)
    for page in range(len(pages)):
        drawn(pages, page)
    count = len(pages)
    assert count > 2
    assert [text for text in said if " of " in text] == [f"{n} of {count}" for n in range(1, count + 1)]
    assert said.count("Log not verified") == count - 1
    assert said.count("Made 2026-11-23 14:02 UTC by eve · Hotfix Desktop 1.2.3") == count


def test_it_is_laid_out_in_small_steps():
    report = Report("n", ("", ""), "", (Paragraph((Text("x"),)), table(500)))
    steps = list(ReportPages(report, paper_of(A4)).steps())
    assert len(steps) > 20
    assert steps[-1] == (501, 501)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


@pytest.mark.parametrize(
    ("locale", "size"),
    [
        ("uk_UA", QPageSize.PageSizeId.A4),
        ("de_DE", QPageSize.PageSizeId.A4),
        ("en_US", QPageSize.PageSizeId.Letter),
        ("fr_CA", QPageSize.PageSizeId.Letter),
    ],
)
def test_the_paper_is_that_of_the_country(locale, size):
    assert paper_of(QLocale(locale)).pageSize().id() is size


def test_a_statement_is_framed_by_its_sign():
    looks = {
        sign: drawn(laid_out(Report("n", ("", ""), "", (Statement(sign, "S", ()),))), 0).copy(40, 66, 40, 40)
        for sign in Sign
    }
    greys = [image.convertToFormat(QImage.Format.Format_Grayscale8) for image in looks.values()]
    assert greys[0] != greys[1] != greys[2] != greys[0]


def test_the_timeline_finds_room_on_a_page_and_names_no_more_than_it_can():
    told = tuple(hotfix(n, package=f"Package{n:03}") for n in range(1, 200))
    given = some(hotfixes=told, windows=tuple(each.window for each in told))
    assert timeline_pictures(some(hotfixes=(), windows=())) == ()
    one = timeline_pictures(some(2))
    assert len(one) == 1
    assert one[0].description == "Timeline of 2 hotfixes of 1 package, 2026-10-01 00:00 to 2026-11-01 00:00 UTC"
    from hotfix_desktop.services.report_facts import Share

    shares = tuple(Share(each.window.package, 1, each.open_for(given.made_at), 0) for each in told)
    pictures = timeline_pictures(some(hotfixes=told, windows=given.windows, packages=shares))
    assert len(pictures) == 3
    room = paper_of(QLocale("en_US")).paintRect(QPageLayout.Unit.Point).height()
    assert max(picture.height for picture in pictures) < room - 100
