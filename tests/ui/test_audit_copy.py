"""Entries as text for the clipboard."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from hotfix_desktop.ui.audit_copy import CopyFormat, copied
from hotfix_desktop.ui.audit_model import Column
from hotfix_desktop.ui.hex_dump import hex_dump
from tests.ui.audit_log import NOW, event_of, line_of

COLUMNS = [Column.RESULT, Column.DATE, Column.DESCRIPTION]


def test_csv_has_the_columns_as_they_stand_and_times_in_utc():
    text = copied([line_of(4), line_of(45)], COLUMNS, CopyFormat.CSV)
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Result", "Event date", "Description"]
    assert rows[1] == ["Success", "2026-11-23T14:02:11.123456Z", event_of(4).description]
    assert [row[0] for row in rows[1:]] == ["Success", "Denied"]


@pytest.mark.parametrize("evil", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_is_never_a_formula(evil):
    text = copied([line_of(4, description=evil)], [Column.DESCRIPTION], CopyFormat.CSV)
    ((cell,),) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert cell == f"'{evil}"


def test_json_has_all_fields():
    (found,) = json.loads(copied([line_of(4)], COLUMNS, CopyFormat.JSON))
    assert found == {
        "number": 4,
        "at": "2026-11-23T14:02:11.123456Z",
        "type": "Package unlocked",
        "result": "Success",
        "owner": "bob",
        "ip_address": "10.0.0.8",
        "package": "UsrPortal",
        "description": event_of(4).description,
        "hotfix": 2,
        "reason": "Orders cannot be saved",
        "ticket": "",
        "detail": '{"minutes": 30}',
        "hash": line_of(4).hash.hex(),
    }


def test_json_of_a_damaged_entry_says_so():
    (found,) = json.loads(copied([replace(line_of(4), body=b"?")], COLUMNS, CopyFormat.JSON))
    assert found["damaged"] is True
    assert "reason" not in found


def test_a_markdown_table_shows_texts_as_they_are():
    line = line_of(4, description="a|b *c*\n<d> \\")
    rows = copied([line], [Column.OWNER, Column.DESCRIPTION], CopyFormat.MARKDOWN).splitlines()
    assert rows == ["| Owner | Description |", "| --- | --- |", "| bob | a\\|b \\*c\\* \\<d\\> \\\\ |"]


def test_times_of_other_zones_are_told_in_utc():
    line = replace(line_of(4), at=(NOW + timedelta(hours=1)).astimezone())
    assert "2026-11-23T15:02:11.123456Z" in copied([line], [Column.DATE], CopyFormat.MARKDOWN)


# Bytes


def test_bytes_are_shown_sixteen_a_line():
    lines = hex_dump(bytes(range(0x1A)) + b"~\x7fA").splitlines()
    assert lines[0] == "000000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  ................"
    assert lines[1] == f"000010  10 11 12 13 14 15 16 17 18 19 7e 7f 41 {' ' * 9} ..........~.A"
    assert hex_dump(b"") == ""


def test_very_many_bytes_are_cut():
    assert hex_dump(bytes(40), 32).splitlines()[-1] == "… and 8 more bytes"
    assert len(hex_dump(bytes(32), 32).splitlines()) == 2
