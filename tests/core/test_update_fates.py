"""What becomes of a fix when an update arrives, by the three contents of a file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.update_fates import fate_of, is_fix
from hotfix_desktop.core.update_plan import FixFate, is_older, version_order

PATH = b"Schemas/Page/Page.js"
BASE = "".join(f"line {n};\n" for n in range(20)).encode()
OURS = BASE.replace(b"line 3;", b"fixed;")


def other(data: bytes) -> bytes:
    return data.replace(b"line 15;", b"more;")


@pytest.mark.parametrize(
    ("theirs", "fate", "on_top"),
    [
        (OURS, FixFate.CONTAINED, OURS),
        (other(OURS), FixFate.CONTAINED, other(OURS)),
        (OURS.replace(b"\n", b"\r\n"), FixFate.CONTAINED, OURS.replace(b"\n", b"\r\n")),
        (BASE, FixFate.LOST, OURS),
        (BASE.replace(b"\n", b"\r\n"), FixFate.LOST, OURS.replace(b"\n", b"\r\n")),
        (other(BASE), FixFate.LOST, other(OURS)),
        (BASE.replace(b"line 3;", b"theirs;"), FixFate.CONFLICTING, OURS),
        (None, FixFate.CONFLICTING, OURS),
    ],
    ids=["same", "and more", "line ends", "unchanged", "unchanged in CRLF", "elsewhere", "same line", "deleted"],
)
def test_a_changed_line(theirs: bytes | None, fate: FixFate, on_top: bytes | None):
    found = fate_of(PATH, BASE, OURS, theirs)
    assert (found.fate, found.ours_on_top) == (fate, on_top)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "fate", "on_top"),
    [
        (None, b"new\n", None, FixFate.LOST, b"new\n"),
        (None, b"new\n", b"new\n", FixFate.CONTAINED, b"new\n"),
        (None, b"new\n", b"another\n", FixFate.CONFLICTING, b"new\n"),
        (b"old\n", None, None, FixFate.CONTAINED, None),
        (b"old\n", None, b"old\n", FixFate.LOST, None),
        (b"old\n", None, b"changed\n", FixFate.CONFLICTING, None),
        (b"\0\1", b"\0\2", b"\0\3", FixFate.CONFLICTING, b"\0\2"),
        (b"\0\1", b"\0\2", b"\0\1", FixFate.LOST, b"\0\2"),
    ],
)
def test_files_that_come_and_go_and_binary_ones(base, ours, theirs, fate, on_top):
    found = fate_of(b"Files/x", base, ours, theirs)
    assert (found.fate, found.ours_on_top) == (fate, on_top)


def descriptor(date: int, version: str = "1.0", text: str = "Sales", caption: str = "Old") -> bytes:
    values = {
        "UId": "a",
        "PackageVersion": version,
        "Name": "UsrA",
        "Type": 1,
        "ModifiedOnUtc": f"/Date({date})/",
        "Maintainer": caption,
        "ProjectPath": "",
        "Description": text,
    }
    return json.dumps({"Descriptor": values}, indent=2).encode()


def test_the_date_of_a_descriptor_is_no_fix_and_no_conflict():
    path, base = b"descriptor.json", descriptor(1)
    assert not is_fix(path, base, descriptor(2))
    ours, theirs = descriptor(2, text="VAT"), descriptor(3, version="1.1")
    found = fate_of(path, base, ours, theirs)
    assert (found.fate, found.ours_on_top) == (FixFate.LOST, descriptor(3, version="1.1", text="VAT"))
    assert fate_of(path, base, ours, descriptor(3, version="1.1", text="VAT")).fate is FixFate.CONTAINED


LATIN = "-- \xe9t\xe9\r\nend;\r\n".encode("latin-1")
UTF8 = "-- \xe9t\xe9\r\nend;\r\n".encode()


@pytest.mark.parametrize(
    ("ours", "theirs", "fate", "on_top"),
    [
        (UTF8, LATIN, FixFate.LOST, UTF8),
        (UTF8, UTF8.replace(b"\r\n", b"\n"), FixFate.CONTAINED, UTF8.replace(b"\r\n", b"\n")),
        (UTF8, LATIN.replace(b"end", b"more"), FixFate.CONFLICTING, UTF8),
        (LATIN.replace(b"\r\n", b"\n"), LATIN, FixFate.LOST, LATIN.replace(b"\r\n", b"\n")),
        (LATIN[:-2] + b"\n", LATIN, FixFate.LOST, LATIN[:-2] + b"\n"),
        (UTF8.replace(b"end", b"fixed"), LATIN.replace(b"end", b"fixed"), FixFate.LOST, UTF8.replace(b"end", b"fixed")),
    ],
    ids=["encoding", "and theirs the line ends", "and theirs a line", "line ends", "one line end", "and a line"],
)
def test_the_form_of_a_text_is_a_fix(ours: bytes, theirs: bytes, fate: FixFate, on_top: bytes):
    path = b"SqlScripts/S/S.sql"
    assert is_fix(path, LATIN, ours)
    found = fate_of(path, LATIN, ours, theirs)
    assert (found.fate, found.ours_on_top) == (fate, on_top)


def test_a_byte_order_mark_of_a_descriptor_is_a_fix():
    base = descriptor(1)
    assert is_fix(b"descriptor.json", base, b"\xef\xbb\xbf" + descriptor(2))
    assert fate_of(b"descriptor.json", base, b"\xef\xbb\xbf" + base, base).fate is FixFate.LOST


lines = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8).map(
    lambda ls: "".join(f"{x}\n" for x in ls).encode()
)


@given(lines, lines, lines)
def test_whatever_is_on_top_is_decided_and_what_is_contained_is_never_changed(base, ours, theirs):
    found = fate_of(PATH, base, ours, theirs)
    if found.fate is FixFate.CONTAINED:
        assert found.ours_on_top == theirs
    if ours == theirs:
        assert found.fate is FixFate.CONTAINED
    elif theirs == base:
        assert (found.fate, found.ours_on_top) == (FixFate.LOST, ours)
    if found.fate is FixFate.CONFLICTING:
        assert found.ours_on_top == ours


@pytest.mark.parametrize(
    ("old", "new", "older"),
    [
        ("1.0.0", "1.0", False),
        ("1.2", "1.10", False),
        ("1.10", "1.2", True),
        ("8.1.0", "7.8.0", True),
        ("", "1.0", False),
        ("1.0", "", False),
        ("1.0-beta", "0.9", False),
        ("²", "1", False),
    ],
)
def test_older_versions(old: str, new: str, older: bool):
    assert is_older(old, new) is older


def test_the_order_of_versions_passes_over_zeros_at_the_end():
    assert version_order("7.8.0") == version_order("7.8") == (7, 8)
    assert version_order("0.0") == (0,)
