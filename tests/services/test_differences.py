"""How one file differs, ready to be shown: hunks, pairs, noise, byte by byte."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.changes import Change, ChangeKind, element_of
from hotfix_desktop.core.manifest import Fact, Kind
from hotfix_desktop.core.text_diff import Hunk
from hotfix_desktop.services.differences import LARGEST, Form, difference, paired, unread_difference

BOM = b"\xef\xbb\xbf"
DESCRIPTOR = '{\r\n  "Descriptor": {\r\n    "ModifiedOnUtc": "\\/Date(%d)\\/",\r\n    "Name": "%s"\r\n  }\r\n}'


def test_a_new_time_of_change_and_another_form_are_noise_and_nothing_is_lost():
    before = BOM + (DESCRIPTOR % (1000, "UsrTax")).encode()
    after = (DESCRIPTOR % (2000, "UsrTax")).replace("\r\n", "\n").encode()
    found = difference(b"Schemas/UsrTax/descriptor.json", before, after)
    assert found.same_meaning
    assert found.meaning.noise == {0}
    assert found.meaning.counts == (0, 0)
    assert found.noise == ("byte order mark", "line ends", "time of change (ModifiedOnUtc)")
    assert found.exact.noise == frozenset()
    assert found.exact.hunks == (Hunk(0, 5, 0, 5),), "every line but the last, which has no end"


def test_what_counts_beside_noise_is_no_noise():
    before, after = (DESCRIPTOR % (1000, "UsrTax")).encode(), (DESCRIPTOR % (2000, "UsrVat")).encode()
    found = difference(b"Schemas/UsrTax/descriptor.json", before, after)
    assert not found.same_meaning
    assert found.meaning.noise == frozenset(), "one hunk holds both lines"
    apart = "{\n\n\n" + '"ModifiedOnUtc": "1",\n\n\n\n"Name": "a"\n}'
    other = "{\n\n\n" + '"ModifiedOnUtc": "2",\n\n\n\n"Name": "b"\n}'
    found = difference(b"metadata.json", apart.encode(), other.encode())
    assert (found.meaning.noise, found.meaning.counts, found.same_meaning) == ({0}, (1, 1), False)


def test_another_order_of_dependencies_is_noise_in_a_descriptor_only():
    a, b = '{"UId": "1", "Name": "A"}', '{"UId": "2", "Name": "B"}'
    text = '{"Descriptor": {"DependsOn": [\n%s,\n%s\n]}}'
    before, after = (text % (a, b)).encode(), (text % (b, a)).encode()
    assert difference(b"descriptor.json", before, after).same_meaning
    assert not difference(b"metadata.json", before, after).same_meaning


def test_the_end_of_the_last_line_shows_byte_by_byte_only():
    found = difference(b"a.cs", b"one\ntwo", b"one\ntwo\n")
    assert found.meaning.hunks == ()
    assert found.exact.hunks == (Hunk(1, 1, 1, 1),)
    assert found.exact.after[1] == "two\n"


def test_a_file_that_came_or_went_has_one_side():
    found = difference(b"a.js", None, b"one\ntwo\n")
    assert (found.before, found.meaning.counts) == (None, (2, 0))
    assert difference(b"a.js", b"one\n", None).meaning.counts == (0, 1)


def test_pictures_keep_their_bytes_and_other_bytes_only_size_and_hash():
    picture = difference(b"Files/LOGO.PNG", b"\x89PNG", b"\x89PNG2")
    assert (picture.form, picture.after.picture) == (Form.PICTURE, b"\x89PNG2")
    binary = difference(b"a.dll", b"MZ\0", b"MZ\0\0")
    assert (binary.form, binary.before.size, binary.before.picture) == (Form.BINARY, 3, b"")
    assert binary.after.sha256 == hashlib.sha256(b"MZ\0\0").hexdigest()
    assert binary.meaning is None


def test_the_most_alike_lines_stand_beside_each_other():
    before = ["var tax = amount * rate / 100;"]
    after = ["if (rate == 0)", "{", "return 0;", "}", "var tax = amount * rate / 100m;"]
    assert paired(Hunk(0, 1, 0, 5), before, after) == ((None, 0), (None, 1), (None, 2), (None, 3), (0, 4))


LINES = st.lists(st.sampled_from(["a b", "a c", "b", "x y z", ""]), max_size=6)


@given(LINES, LINES)
def test_each_line_of_a_hunk_stands_in_one_row_and_in_order(before, after):
    rows = paired(Hunk(0, len(before), 0, len(after)), before, after)
    assert [row[0] for row in rows if row[0] is not None] == list(range(len(before)))
    assert [row[1] for row in rows if row[1] is not None] == list(range(len(after)))
    assert (None, None) not in rows


@given(st.lists(st.sampled_from("abc\n\r"), max_size=30), st.lists(st.sampled_from("abc\n\r"), max_size=30))
def test_byte_by_byte_lines_are_the_whole_text_where_forms_differ(before, after):
    was, now = "".join(before).encode(), "".join(after).encode()
    found = difference(b"a.txt", was, now)
    if was != now:
        assert found.exact.hunks, "byte by byte nothing is hidden"


def changed(size: int, more: int = 0) -> Change:
    was, now = (Fact(Kind.FILE, 0o644, size + add, (0, 0, 0), bytes([add % 251]) * 32) for add in (0, more))
    return Change(b"Files/big.bin", ChangeKind.MODIFIED, element_of(b"Files/big.bin"), was, now)


def test_a_file_that_is_too_large_is_told_by_size_and_hash_and_not_read():
    assert unread_difference(changed(LARGEST)) is None
    found = unread_difference(changed(LARGEST, more=7))
    assert found is not None
    assert (found.form, found.before.size, found.after.size) == (Form.BINARY, LARGEST, LARGEST + 7)
    assert (found.before.sha256, found.after.sha256) == ("00" * 32, "07" * 32)


def test_a_large_file_that_is_new_has_no_version_before():
    change = replace(changed(LARGEST + 1), before=None, kind=ChangeKind.ADDED)
    found = unread_difference(change)
    assert found is not None
    assert found.before is None
    assert found.after.size == LARGEST + 1
