"""What the details of an entry say, and the moments that a period means."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PySide6.QtCore import QDate, QTimeZone

from hotfix_desktop.core.audit import AuditType, Entry, chain_hash, encode, leaf_hash
from hotfix_desktop.services.entry_proof import Covering, EntryProof
from hotfix_desktop.ui.audit_facts import facts_of, local_time, uptime
from hotfix_desktop.ui.audit_period import Days, Period, Span, bounds, title
from hotfix_desktop.ui.entry_detail import readable_detail
from tests.ui.audit_log import NOW, event_of, line_of, moment

UTC_ZONE = QTimeZone(QTimeZone.Initialization.UTC)
KYIV = QTimeZone(b"Europe/Kyiv")
COVERING = Covering(7, 1024, "note", NOW, bytes(64), "7F3A 0001 0002 0003")


def told(line, proof=None):
    return {fact.name: fact.text for fact in facts_of(line, proof).fields}


# Facts


def test_all_fields_are_told():
    line = line_of(4)
    fields = told(line)
    assert fields["Number"] == "4"
    assert fields["Event date (UTC)"] == "2026-11-23 14:02:11.123456"
    assert datetime.fromisoformat(fields["Event date"]) == NOW
    assert fields["Since system start"] == "1 d 02:03:04.000000"
    assert fields["System start id"] == "4c1d-boot"
    assert fields["Reason"] == "Orders cannot be saved"
    assert fields["Detail"] == "Minutes: 30"
    assert fields["Package UId"] == "0ab1" * 8
    assert fields["Hotfix"] == "2"
    assert fields["Hash"] == line.hash.hex()
    assert fields["Leaf hash"] == leaf_hash(line.body).hex()
    assert (fields["Previous hash"], fields["Checkpoint"]) == ("…", "…")
    assert facts_of(line).trouble == ""


def test_the_clipboard_gets_the_fields_that_say_something():
    text = facts_of(line_of(45)).text()
    assert "Type: Setting changed" in text.splitlines()
    assert "Ticket" not in text


def test_a_change_of_a_setting_says_before_and_after():
    detail = json.dumps({"setting": "PackageHotfixTimeout", "old": "30", "new": ""})
    fields = told(line_of(4, type=AuditType.SETTING_CHANGED, detail=detail))
    assert (fields["Before"], fields["After"]) == ("30", "(empty)")
    assert fields["Detail"] == "Setting: PackageHotfixTimeout"
    only = told(line_of(4, detail='{"old": 1, "new": 2}'))
    assert (only["Before"], only["After"], only["Detail"]) == ("1", "2", "")


def test_what_vouches_for_the_entry_is_told():
    fields = told(line_of(4), EntryProof(4, bytes(32), COVERING))
    assert fields["Previous hash"] == "00" * 32
    assert fields["Checkpoint"] == "Number 7, of the first 1,024 entries, made 2026-11-23 14:02:11.123456 UTC"
    assert fields["Signed by key"] == "7F3A 0001 0002 0003"
    assert base64.b64decode(fields["Signature"]) == bytes(64)


def test_what_vouches_for_nothing_is_told():
    assert told(line_of(4), EntryProof(4, bytes(32), None))["Checkpoint"] == "No checkpoint covers this entry yet."
    bad = replace(COVERING, key="", problem="Its signature is wrong.")
    fields = told(line_of(4), EntryProof(4, None, bad))
    assert fields["Checkpoint"].endswith("UTC. ✗ Its signature is wrong.")
    assert "Signed by key" not in fields
    assert fields["Previous hash"] == ""


def test_an_entry_that_does_not_follow_from_the_one_before_is_told():
    line = line_of(4)
    assert facts_of(line, EntryProof(4, bytes(32), None)).trouble == ""
    assert facts_of(line, EntryProof(4, None, None)).trouble == ""
    assert "does not follow" in facts_of(line, EntryProof(4, b"\x01" * 32, None)).trouble
    assert chain_hash(bytes(32), leaf_hash(line.body)) == line.hash


@pytest.mark.parametrize(
    "body",
    [b"", b"\x07" + bytes(30), encode(Entry(1, moment(NOW), event_of(1)))[:-3], b"\x01" + b"\xff" * 24],
)
def test_damaged_bytes_are_told_and_the_list_is_shown(body):
    facts = facts_of(replace(line_of(4), body=body))
    assert "damaged" in facts.trouble
    assert {"Number", "Description", "Hash", "Leaf hash"} <= {fact.name for fact in facts.fields}
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
    flat = json.dumps({"old": "30", "deadline_before": 45, "log_id": None, "paths": ["a", "b"], "pushed": True})
    assert readable_detail(flat) == "Before: 30\nDeadline before: 45\nLog id: –\nPaths: a, b\nPushed: yes"
    assert [readable_detail(text) for text in ("", "no json", "[1]")] == ["", "no json", "[1]"]
    deep = '{"a":' * 500 + "1" + "}" * 500
    assert readable_detail(deep)


def test_the_parts_of_a_receipt_are_lines_of_their_own():
    receipt = {"branch": "hotfix/INC-4821-UsrInvoices", "sha256": "1a2b", "left_out": []}
    detail = json.dumps({"kind": "commit", "receipt": receipt})
    assert readable_detail(detail).splitlines() == [
        "Kind: commit",
        "Receipt:",
        "    Branch: hotfix/INC-4821-UsrInvoices",
        "    SHA-256: 1a2b",
        "    Left out: –",
    ]


def test_long_lists_and_lists_of_parts_stand_one_below_another():
    changes = [f"Modified: Schemas/Usr{n}/Usr{n}.js" for n in range(3)]
    assert readable_detail(json.dumps({"changes": changes})).splitlines() == [
        "Changes:",
        *(f"    • {change}" for change in changes),
    ]
    assert readable_detail(json.dumps({"paths": ["a, b", "c"]})) == "Paths:\n    • a, b\n    • c"
    parts = readable_detail(json.dumps({"fixes": [{"path": "a", "fate": "lost"}, {"path": "b"}]}))
    assert parts.splitlines() == ["Fixes:", "    • Path: a", "      Fate: lost", "    • Path: b"]


def test_no_value_passes_for_a_fact_of_its_own():
    assert readable_detail(json.dumps({"remark": "x\nEnding: locked"})) == "Remark: x\n    Ending: locked"


def test_uptime():
    assert uptime(0) == "00:00:00.000000"
    assert uptime(86_400_000_000 * 3 + 1) == "3 d 00:00:00.000001"


def test_a_time_that_no_calendar_of_here_holds():
    assert local_time(datetime.min.replace(tzinfo=timezone(timedelta(hours=23)))) == ""


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
        (Days(QDate(2026, 10, 25), QDate(2026, 10, 25)), (utc(2026, 10, 24, 21), utc(2026, 10, 25, 22))),  # 25 hours
        (Days(QDate(2026, 11, 1), QDate(2026, 11, 2)), (utc(2026, 10, 31, 22), utc(2026, 11, 2, 22))),
        (Span(NOW, None), (NOW, None)),
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
    since, until = bounds(Days(QDate(2024, 3, 31), QDate(2024, 3, 31)), TODAY, beirut)
    assert (since, until) == (utc(2024, 3, 30, 22), utc(2024, 3, 31, 21))


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period.MONTH, "Last 30 days"),
        (Days(TODAY, TODAY), "2026-11-23"),
        (Days(TODAY.addDays(-2), TODAY), "2026-11-21 – 2026-11-23"),
        (Span(utc(2026, 11, 1), utc(2026, 11, 3)), "2026-11-01 – 2026-11-02"),
        (Span(utc(2026, 11, 1, 3), utc(2026, 11, 3)), "2026-11-01 03:00 – 2026-11-03 00:00"),
        (Span(None, utc(2026, 11, 3)), "– 2026-11-03 00:00"),
    ],
)
def test_every_period_has_words(period, expected):
    assert title(period, UTC_ZONE) == expected
