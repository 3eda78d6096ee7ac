"""The audit model: entries in, cells out; and the facts and periods around it."""

import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QDate, QModelIndex, QPersistentModelIndex, Qt, QTimeZone
from PySide6.QtGui import QIcon, QPixmap

from hotfix_desktop.core.audit import AuditResult, Entry, chain_hash, encode, leaf_hash
from hotfix_desktop.services.auditing import AuditLine
from hotfix_desktop.ui.audit_facts import facts_of, readable_detail, uptime
from hotfix_desktop.ui.audit_model import HEADINGS, LINE_ROLE, SORT_ROLE, AuditModel, Column, one_line, tip
from hotfix_desktop.ui.audit_period import Period, bounds
from tests.ui.audit_log import NOW, event_of, moment

UTC_ZONE = QTimeZone(QTimeZone.Initialization.UTC)
KYIV = QTimeZone(b"Europe/Kyiv")


def line_of(seq, at=NOW, **other):
    event = event_of(seq, **other)
    body = encode(Entry(seq, moment(at), event))
    return AuditLine(
        seq,
        at,
        event.type.value,
        event.result.value,
        event.ip_address,
        event.owner,
        event.description,
        event.package,
        event.hotfix,
        body,
        chain_hash(bytes(32), leaf_hash(body)),
    )


def lines(first, last):
    """Entries by number, the newest first."""
    return [line_of(seq) for seq in range(first, last - 1, -1)]


@pytest.fixture
def icon(qapp):
    pixmap = QPixmap(16, 16)
    pixmap.fill(Qt.GlobalColor.black)
    return QIcon(pixmap)


@pytest.fixture
def asked():
    return []


@pytest.fixture
def model(qapp, icon, asked):
    def icon_of(result):
        asked.append(result)
        return icon

    return AuditModel(icon_of)


@pytest.fixture
def in_kyiv(monkeypatch):
    """Local time is two hours before UTC in winter; Qt and Python both look at TZ."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of this system cannot be set for one test")
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4")
    time.tzset()
    yield
    if before is None:
        monkeypatch.delenv("TZ")
    else:
        monkeypatch.setenv("TZ", before)
    time.tzset()


def cell(model, row, column, role=Qt.ItemDataRole.DisplayRole):
    return model.index(row, column).data(role)


def test_qt_finds_no_fault(model, qtmodeltester):
    model.set_page(lines(60, 41))
    qtmodeltester.check(model)
    model.append_page(lines(40, 21))
    model.prepend_page(lines(62, 61))
    model.show_utc(True)
    model.set_page(lines(20, 1))
    model.set_page(())


def test_the_columns_are_those_of_the_product_page(model):
    headings = [model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) for column in Column]
    expected = ["Event date", "Type", "Package", "Owner", "IP address", "Result", "Description"]
    assert headings == expected == list(HEADINGS.values())


def test_a_cell_has_nothing_below_it(model):
    model.set_page(lines(3, 1))
    assert (model.rowCount(), model.columnCount()) == (3, 7)
    for parent in (model.index(0, 0), QPersistentModelIndex(model.index(1, 1))):
        assert (model.rowCount(parent), model.columnCount(parent)) == (0, 0)
    assert model.data(QModelIndex()) is None


def test_what_the_cells_show(model):
    model.set_page([line_of(4)])
    texts = [cell(model, 0, column) for column in Column]
    assert texts[1:6] == ["Package unlocked", "UsrPortal", "bob", "10.0.0.8", "Success"]
    assert texts[6].startswith("UsrPortal is unlocked for a hotfix")


def test_times_are_local_or_utc(model, in_kyiv):
    model.set_page([line_of(1)])
    assert cell(model, 0, Column.DATE) == "2026-11-23 16:02:11"
    changes = []
    model.dataChanged.connect(lambda first, last: changes.append((first.row(), last.column())))
    model.show_utc(True)
    assert cell(model, 0, Column.DATE) == "2026-11-23 14:02:11"
    heading = model.headerData(Column.DATE, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole)
    assert heading == "Event date (UTC)"
    assert changes == [(0, Column.DATE)]


def test_a_result_is_a_word_and_an_icon(model, icon, asked):
    model.set_page([line_of(45)])
    assert cell(model, 0, Column.RESULT) == "Denied"
    assert cell(model, 0, Column.RESULT, Qt.ItemDataRole.DecorationRole).cacheKey() == icon.cacheKey()
    assert asked == [AuditResult.DENIED]
    assert cell(model, 0, Column.TYPE, Qt.ItemDataRole.DecorationRole) is None


def test_a_result_of_a_later_version_has_no_icon(model):
    model.set_page([replace(line_of(1), result="Postponed")])
    assert cell(model, 0, Column.RESULT) == "Postponed"
    assert cell(model, 0, Column.RESULT, Qt.ItemDataRole.DecorationRole) is None


def test_roles_give_the_entry_and_raw_values(model):
    line = line_of(7)
    model.set_page([line])
    assert all(cell(model, 0, column, LINE_ROLE) is line for column in Column)
    assert cell(model, 0, Column.DATE, SORT_ROLE) == int(NOW.timestamp() * 1_000_000)
    assert cell(model, 0, Column.OWNER, SORT_ROLE) == line.owner


def test_pages_are_added_above_and_below(model):
    model.set_page(lines(20, 11))
    model.append_page(lines(10, 1))
    model.prepend_page(lines(22, 21))
    model.append_page(())
    assert [model.line(row).seq for row in range(22)] == list(range(22, 0, -1))
    assert (model.newest, model.oldest) == (22, 1)
    assert [model.row_of(seq) for seq in (22, 15, 1, 23, 0)] == [0, 7, 21, -1, -1]


def test_numbers_with_gaps_are_found(model):
    model.set_page([line_of(seq) for seq in (90, 50, 7)])
    assert [model.row_of(seq) for seq in (90, 50, 7, 60, 8, 1)] == [0, 1, 2, -1, -1, -1]
    model.set_page(())
    assert (model.row_of(1), model.newest, model.oldest) == (-1, 0, 0)


def test_a_cell_is_one_line_and_a_tooltip_shows_the_whole(model):
    text = "first\nsecond\tthird <b>" + "x" * 3000
    model.set_page([line_of(1, description=text)])
    shown = cell(model, 0, Column.DESCRIPTION)
    assert shown.startswith("first second third <b>xx")
    assert len(shown) == 500
    assert model.text(0, Column.DESCRIPTION) == text
    whole = cell(model, 0, Column.DESCRIPTION, Qt.ItemDataRole.ToolTipRole)
    assert "first\nsecond" in whole
    assert "&lt;b&gt;" in whole
    assert len(whole) < 2200


@pytest.mark.parametrize("text", ["a\r\nb", "a\u2028b", "a\x0bb", "a\tb"])
def test_every_kind_of_line_end_becomes_a_blank(text):
    assert one_line(text) == "a b"


def test_a_tooltip_is_never_taken_for_html():
    assert "<img" not in tip('<img src="file:///etc/passwd">')
    assert tip("") == ""


# Facts


def test_all_fields_are_told():
    line = line_of(4)
    fields = {fact.name: fact.text for fact in facts_of(line).fields}
    assert fields["Number"] == "4"
    assert fields["Event date (UTC)"] == "2026-11-23 14:02:11.123456"
    assert datetime.fromisoformat(fields["Event date"]) == NOW
    assert fields["Since system start"] == "1 d 02:03:04.000000"
    assert fields["System start id"] == "4c1d-boot"
    assert fields["Reason"] == "Orders cannot be saved"
    assert fields["Detail"] == "minutes: 30"
    assert fields["Package UId"] == "0ab1" * 8
    assert fields["Hotfix"] == "2"
    assert fields["Hash"] == line.hash.hex()
    assert facts_of(line).trouble == ""


def test_the_clipboard_gets_the_fields_that_say_something():
    text = facts_of(line_of(45)).text()
    assert "Type: Setting changed" in text.splitlines()
    assert "Ticket" not in text


@pytest.mark.parametrize(
    "body",
    [b"", b"\x07" + bytes(30), encode(Entry(1, moment(NOW), event_of(1)))[:-3], b"\x01" + b"\xff" * 24],
)
def test_damaged_bytes_are_told_and_the_list_is_shown(body):
    facts = facts_of(replace(line_of(4), body=body))
    assert "damaged" in facts.trouble
    assert {"Number", "Description", "Hash"} <= {fact.name for fact in facts.fields}
    assert facts.trouble in facts.text()


@pytest.mark.parametrize(
    "forged",
    [
        {"owner": "eve"},
        {"description": "nothing happened"},
        {"result": "Success", "type": "Audit log opened"},
        {"at": NOW - timedelta(days=1)},
        {"hotfix": 99},
        {"seq": 5},
    ],
)
def test_a_list_that_differs_from_what_was_entered_is_told(forged):
    facts = facts_of(replace(line_of(4), **forged))
    assert "somebody has changed the database" in facts.trouble
    assert "Owner: bob" in facts.text()


def test_details_are_readable():
    nested = json.dumps({"old": "30", "new": 45, "paths": ["a", "b"]})
    assert readable_detail(nested) == 'old: 30\nnew: 45\npaths: ["a", "b"]'
    assert [readable_detail(text) for text in ("", "no json", "[1]")] == ["", "no json", "[1]"]


def test_uptime():
    assert uptime(0) == "00:00:00.000000"
    assert uptime(86_400_000_000 * 3 + 1) == "3 d 00:00:00.000001"


# Periods

TODAY = QDate(2026, 11, 23)


def utc(*when):
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period.ALL, (None, None)),
        (Period.TODAY, (utc(2026, 11, 22, 22), None)),
        (Period.YESTERDAY, (utc(2026, 11, 21, 22), utc(2026, 11, 22, 22))),
        (Period.WEEK, (utc(2026, 11, 16, 22), None)),
        (Period.MONTH, (utc(2026, 10, 24, 21), None)),  # summer time ended meanwhile
        (Period.YEAR, (utc(2025, 12, 31, 22), None)),
        (Period.LAST_YEAR, (utc(2024, 12, 31, 22), utc(2025, 12, 31, 22))),
        (QDate(2026, 10, 25), (utc(2026, 10, 24, 21), utc(2026, 10, 25, 22))),  # a day of 25 hours
    ],
)
def test_local_days_become_moments_in_utc(period, expected):
    if not KYIV.isValid():
        pytest.skip("this system has no time zones")
    assert bounds(period, TODAY, KYIV) == expected


def test_days_of_utc():
    assert bounds(Period.TODAY, TODAY, UTC_ZONE) == (utc(2026, 11, 23), None)


def test_a_day_that_begins_at_one_o_clock():
    beirut = QTimeZone(b"Asia/Beirut")
    if not beirut.isValid():
        pytest.skip("this system has no time zones")
    since, until = bounds(QDate(2024, 3, 31), TODAY, beirut)
    assert (since, until) == (utc(2024, 3, 30, 22), utc(2024, 3, 31, 21))
