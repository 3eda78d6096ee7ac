from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.text_forms import CRLF, LF, MIXED, NONE, fold_text, folded, same_meaning, text_of

BOM = b"\xef\xbb\xbf"
SCHEMA = b"Schemas/UsrInvoice/descriptor.json"


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "replace")))
def test_a_text_gives_its_bytes_back(data):
    text = text_of(data)
    if text is None:
        assert b"\0" in data
    else:
        assert text.encoded() == data
        assert "".join(text.lines_with_ends) == text.whole


@given(st.text(max_size=100), st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf_16_with_a_mark_is_a_text(whole, encoding):
    whole = whole.replace("\0", "")
    try:
        data = "\ufeff".encode(encoding) + whole.encode(encoding)
    except UnicodeEncodeError:
        return  # half a surrogate
    text = text_of(data)
    assert text is not None
    assert (text.whole, text.bom, text.encoding, text.encoded()) == (whole, True, encoding, data)


@pytest.mark.parametrize(
    ("data", "lines", "line_end", "final"),
    [
        (b"", [], NONE, False),
        (b"a", ["a"], NONE, False),
        (b"a\n", ["a"], LF, True),
        (b"\n", [""], LF, True),
        (b"a\r\nb", ["a", "b"], CRLF, False),
        (b"a\r\nb\n", ["a", "b"], MIXED, True),
        (b"a\n\n", ["a", ""], LF, True),
        (b"a\x0cb\xc2\x85c\n", ["a\x0cb\x85c"], LF, True),
    ],
)
def test_lines_and_their_ends(data, lines, line_end, final):
    text = text_of(data)
    assert (text.lines, text.line_end, text.final_newline) == (lines, line_end, final)


@pytest.mark.parametrize(
    ("data", "bom", "encoding"),
    [
        (b"plain", False, "utf-8"),
        (BOM + b"{}", True, "utf-8"),
        ("Рахунок".encode(), False, "utf-8"),
        ("Рахунок".encode("cp1251"), False, "latin-1"),
        (BOM + b"\xff", True, "latin-1"),
        ("\ufeffselect".encode("utf-16-le"), True, "utf-16-le"),
    ],
)
def test_forms_of_bytes(data, bom, encoding):
    text = text_of(data)
    assert (text.bom, text.encoding) == (bom, encoding)


@pytest.mark.parametrize("data", [b"MZ\0\1", BOM + b"a\0", b"\xff\xfe\0", b"\xff\xfea\0\0\0"])
def test_what_has_a_zero_is_no_text(data):
    assert text_of(data) is None
    assert folded(b"a.json", data) == data


def descriptor(**inner):
    return json.dumps({"Descriptor": {"UId": "u", "Name": "UsrInvoice", **inner}}, indent=2).encode()


A, B = {"UId": "a", "Name": "Base"}, {"UId": "b", "Name": "Case"}
KEY, SUM = {"ColumnUId": "k", "IsKey": True}, {"ColumnUId": "s", "IsKey": False}

SAME = {
    "byte order mark": (SCHEMA, descriptor(), BOM + descriptor()),
    "line ends": (SCHEMA, descriptor(), descriptor().replace(b"\n", b"\r\n")),
    "line end at the end": (b"Schemas/A/A.cs", b"a\n", b"a"),
    "line ends and mark of a text": (b"Schemas/A/A.cs", BOM + b"a\r\nb\r\n", b"a\nb\n"),
    "encoding": (b"SqlScripts/A/A.sql", "\ufeffselect".encode("utf-16-le"), b"select"),
    "time of change": (
        SCHEMA,
        descriptor(ModifiedOnUtc="/Date(1637077312000)/"),
        descriptor(ModifiedOnUtc="/Date(1)/").replace(b"/", b"\\/"),
    ),
    "time of change where there is no JSON": (
        b"Schemas/A/metadata.json",
        b'= MetaData.Schema\r\n+ "ModifiedOnUtc": "\\/Date(1)\\/"\r\n  A {\r\n',
        b'= MetaData.Schema\r\n+ "ModifiedOnUtc": "\\/Date(22)\\/"\r\n  A {\r\n',
    ),
    "order of dependencies": (b"descriptor.json", descriptor(DependsOn=[A, B]), descriptor(DependsOn=[B, A])),
    "order of columns": (b"Data/D/descriptor.json", descriptor(Columns=[KEY, SUM]), descriptor(Columns=[SUM, KEY])),
    "below branches": (b"branches/7.8/descriptor.json", descriptor(DependsOn=[A, B]), descriptor(DependsOn=[B, A])),
    "of a script": (
        b"SqlScripts/S/descriptor.json",
        b'{"SqlScript": {"DependsOn": [{"UId": "A"}, {"UId": "b"}]}}',
        b'{"SqlScript": {"DependsOn": [{"UId": "b"}, {"UId": "A"}]}}',
    ),
}
DIFFERENT = {
    "a name": (SCHEMA, descriptor(), descriptor().replace(b"UsrInvoice", b"UsrOrder")),
    "a dependency": (b"descriptor.json", descriptor(DependsOn=[A]), descriptor(DependsOn=[A, B])),
    "a dependency twice": (b"descriptor.json", descriptor(DependsOn=[A]), descriptor(DependsOn=[A, A])),
    "a flag of a column": (
        b"Data/D/descriptor.json",
        descriptor(Columns=[KEY, SUM]),
        descriptor(Columns=[SUM, {**KEY, "IsKey": False}]),
    ),
    "the order of other lists": (SCHEMA, descriptor(Steps=[1, 2]), descriptor(Steps=[2, 1])),
    "the order of what is no descriptor": (
        b"Files/data.json",
        b'{"Descriptor": {"DependsOn": [1, 2]}}',
        b'{"Descriptor": {"DependsOn": [2, 1]}}',
    ),
    "a number and its text": (SCHEMA, descriptor(Factor=1.5), descriptor(Factor="1.5")),
    "digits of a number": (
        SCHEMA,
        descriptor(Factor=1.5),
        descriptor(Factor=1.5).replace(b"1.5", b"1.50000000000000000001"),
    ),
    "a time in a program": (b"Schemas/A/A.js", b'"ModifiedOnUtc": "1"', b'"ModifiedOnUtc": "2"'),
    "another time": (SCHEMA, descriptor(CreatedOnUtc="1"), descriptor(CreatedOnUtc="2")),
    "an empty line at the end": (b"a.cs", b"a\n", b"a\n\n"),
    "blanks": (b"a.json", b'{"a": 1}', b'{"a":  1}'),
    "a key that is there twice": (b"descriptor.json", b'{"D": {"a": 1, "a": 2}}', b'{"D": {"a": 2}}'),
    "what is no text": (b"a.dll", b"\0a", b"\0b"),
    "text and no text": (b"a.dll", b"a", b"\0a"),
}


@pytest.mark.parametrize("kind", SAME)
def test_noise_says_nothing(kind):
    path, before, after = SAME[kind]
    assert before != after
    assert same_meaning(path, before, after)
    assert same_meaning(path, after, before)


@pytest.mark.parametrize("kind", DIFFERENT)
def test_everything_else_says_something(kind):
    path, before, after = DIFFERENT[kind]
    assert not same_meaning(path, before, after)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[" * 200_000,
        b'{"Descriptor": ' * 50_000,
        b'{"Descriptor": {"DependsOn": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"Descriptor": {"DependsOn": [1, null, "x", {"UId": 5}, []]}}',
        b'{"Descriptor": {"N": ' + b"9" * 5_000 + b"}}",
        b'{"Descriptor": "\\ud800"}',
        b'{"Descriptor": {"A": NaN, "B": Infinity}}',
        b"= MetaData\n~ x\n",
        b"null",
        b"\xff\xfe",
    ],
)
def test_no_descriptor_makes_it_stumble(data):
    assert isinstance(folded(b"descriptor.json", data), bytes)


@given(st.binary(max_size=300), st.sampled_from([b"descriptor.json", b"a.json", b"a.xml"]))
def test_no_bytes_make_it_stumble(data, path):
    assert same_meaning(path, data, data)
    once = folded(path, data)
    assert folded(path, once) == once


def test_folded_lines_stay_lines():
    text = text_of(b'{\r\n  "ModifiedOnUtc": "\\/Date(5)\\/",\r\n  "A": 1\r\n}')
    assert fold_text(b"Schemas/A/properties.json", text).split("\n") == ["{", '  "ModifiedOnUtc": "",', '  "A": 1', "}"]
