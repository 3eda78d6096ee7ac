"""What a package contains, and how two moments differ: nothing is lost, and only paths, kinds and contents count."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.manifest import (
    MOST_NAMED,
    UNREADABLE,
    WHOLE_FOLDER,
    Counts,
    Differences,
    Drift,
    Fact,
    Kind,
    Manifest,
    differences,
    shown_paths,
)

HERE, THERE = b"\x01" * 32, b"\x02" * 32
NUMBERS = st.integers(0, 2**64 - 1)
FACTS = st.builds(
    Fact,
    kind=st.sampled_from(Kind),
    mode=st.integers(0, 0o7777),
    size=NUMBERS,
    stamp=st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), NUMBERS),
    digest=st.sampled_from([b"", UNREADABLE]) | st.binary(min_size=32, max_size=32),
)
# A path may hold any byte: a newline, half a letter, a zero from a damaged archive.
PATHS = st.binary(max_size=40) | st.sampled_from([b"", b"\n", b"a\nb", b"\xff\xfe", b"\x00", "Größe/😀.js".encode()])
MANIFESTS = st.builds(Manifest, st.dictionaries(PATHS, FACTS, max_size=8))


def file(digest: bytes = HERE, mode: int = 0o444, size: int = 1, stamp: tuple[int, int, int] = (1, 2, 3)) -> Fact:
    return Fact(Kind.FILE, mode, size, stamp, digest)


FOLDER = Fact(Kind.FOLDER, 0o555, 0, (0, 0, 0), b"")


def earlier_body(manifest: Manifest) -> bytes:
    """Write a manifest as versions before the columns did, before compression."""
    parts = []
    for path, fact in sorted(manifest.items.items()):
        parts.append(struct.pack(">cHQqqQH", fact.kind.encode(), fact.mode, fact.size, *fact.stamp, len(path)) + path)
        parts.append(bytes([len(fact.digest)]) + fact.digest)
    return b"".join(parts)


def taken_apart(data: bytes) -> tuple[int, bytes, bytes]:
    check, length = struct.unpack_from("<II", data, 4)
    return check, zlib.decompress(data[12 : 12 + length]), data[12 + length :]


def put_together(body: bytes, digests: bytes) -> bytes:
    squeezed = zlib.compress(body)
    rest = struct.pack("<I", len(squeezed)) + squeezed + digests
    return b"HFM2" + struct.pack("<I", zlib.crc32(rest)) + rest


# The bytes


@given(MANIFESTS)
def test_a_manifest_comes_back_from_its_bytes_as_it_was(manifest):
    assert Manifest.decode(manifest.encode()) == manifest


def test_a_manifest_of_nothing_comes_back_as_nothing():
    assert Manifest.decode(Manifest({}).encode()).items == {}


def test_the_longest_path_of_a_file_system_comes_back():
    manifest = Manifest({b"d/" * 2048: FOLDER, b"\n" * 4096: file()})
    assert Manifest.decode(manifest.encode()) == manifest


@given(MANIFESTS)
def test_the_same_items_give_the_same_bytes_whatever_their_order(manifest):
    backwards = Manifest(dict(reversed(list(manifest.items.items()))))
    assert backwards.encode() == manifest.encode()
    assert backwards.digest() == manifest.digest()


@given(MANIFESTS, st.data())
def test_bytes_with_a_flipped_bit_are_refused_or_mean_the_same(manifest, data):
    damaged = bytearray(manifest.encode())
    at = data.draw(st.integers(0, len(damaged) * 8 - 1))
    damaged[at // 8] ^= 1 << at % 8
    try:
        found = Manifest.decode(bytes(damaged))
    except ValueError:
        return
    assert found == manifest


@given(MANIFESTS, st.data())
def test_bytes_that_end_too_early_are_refused(manifest, data):
    whole = manifest.encode()
    with pytest.raises(ValueError, match="manifest"):
        Manifest.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data):
    for damaged in (data, b"HFM1" + data, b"HFM2" + data):
        with pytest.raises(ValueError, match="manifest"):
            Manifest.decode(damaged)


@given(MANIFESTS)
def test_a_manifest_in_the_bytes_of_an_earlier_version_is_read(manifest):
    assert Manifest.decode(b"HFM1" + zlib.compress(earlier_body(manifest))) == manifest


def test_an_earlier_body_that_was_cut_within_an_item_is_refused_though_its_check_sum_is_right():
    # The end of the first item is a place where nothing tells the cut; every other one does.
    one = earlier_body(Manifest({b"a": file()}))
    both = earlier_body(Manifest({b"a": file(), b"b/c": file(THERE)}))
    assert both.startswith(one)
    for length in set(range(1, len(both))) - {len(one)}:
        with pytest.raises(ValueError, match="damaged"):
            Manifest.decode(b"HFM1" + zlib.compress(both[:length]))


def test_a_body_that_was_cut_is_refused_though_its_check_sums_are_right():
    _, body, digests = taken_apart(Manifest({b"a": file(), b"b/c": file(THERE)}).encode())
    for length in range(len(body)):
        with pytest.raises(ValueError, match="damaged"):
            Manifest.decode(put_together(body[:length], digests))
    for others in (digests[:-1], digests + b"x", b""):
        with pytest.raises(ValueError, match="damaged"):
            Manifest.decode(put_together(body, others))


def test_a_kind_that_nobody_knows_is_refused():
    body = earlier_body(Manifest({b"a": FOLDER}))
    _, columns, digests = taken_apart(Manifest({b"a": FOLDER}).encode())
    for kind in (b"x", b"\xff"):
        newer = put_together(columns.replace(b"d", kind, 1), digests)
        for damaged in (b"HFM1" + zlib.compress(kind + body[1:]), newer):
            with pytest.raises(ValueError, match="damaged"):
                Manifest.decode(damaged)


# The digest


def test_the_digest_does_not_see_modes_sizes_and_times():
    before = Manifest({b"a": file(), b"d": FOLDER})
    touched = file(mode=0o666, size=99, stamp=(7, 8, 9))
    assert Manifest({b"a": touched, b"d": FOLDER._replace(mode=0o777)}).digest() == before.digest()


def test_the_digest_sees_every_path_kind_and_content():
    manifests = [
        Manifest({}),
        Manifest({b"a": file()}),
        Manifest({b"b": file()}),
        Manifest({b"a": file(THERE)}),
        Manifest({b"a": Fact(Kind.LINK, 0, 0, (0, 0, 0), HERE)}),
        Manifest({b"a": FOLDER}),
        Manifest({b"a": Fact(Kind.OTHER, 0, 0, (0, 0, 0), b"")}),
        Manifest({b"a": file(UNREADABLE)}),
        Manifest({b"a": file(), b"b": file()}),
        # Paths that run into one another when they are written one after the other.
        Manifest({b"a": FOLDER, b"d": FOLDER}),
        Manifest({b"ad": FOLDER}),
        Manifest({b"add": FOLDER}),
        Manifest({b"": FOLDER}),
    ]
    digests = [manifest.digest() for manifest in manifests]
    assert len(set(digests)) == len(manifests)
    assert {len(digest) for digest in digests} == {32}


@given(MANIFESTS, MANIFESTS)
def test_equal_digests_and_no_differences_are_the_same_thing_where_all_can_be_read(one, other):
    if one.digest() == other.digest():
        assert differences(one, other).count == 0
    elif all(fact.digest != UNREADABLE for manifest in (one, other) for fact in manifest.items.values()):
        assert differences(one, other).count > 0


# What can be written to


def test_writable_are_files_and_folders_with_any_write_bit():
    manifest = Manifest(
        {
            b"z": file(mode=0o644),
            b"others": file(mode=0o446),
            b"group": FOLDER._replace(mode=0o575),
            b"closed": file(mode=0o555),
            b"closed folder": FOLDER,
            b"link": Fact(Kind.LINK, 0o777, 0, (0, 0, 0), HERE),
            b"pipe": Fact(Kind.OTHER, 0o666, 0, (0, 0, 0), b""),
        }
    )
    assert manifest.writable() == (b"group", b"others", b"z")


# Differences


def test_differences_name_what_was_added_changed_and_deleted_sorted():
    before = Manifest({b"same": file(), b"2": file(), b"1": file(), b"gone": file(), b"away": FOLDER})
    now = Manifest({b"same": file(), b"2": file(THERE), b"1": FOLDER, b"new": file(), b"b": FOLDER})
    found = differences(before, now)
    assert found == Differences((b"b", b"new"), (b"1", b"2"), (b"away", b"gone"))
    assert found.count == 6


def test_new_times_and_modes_are_no_difference():
    touched = Manifest({b"a": file(mode=0o666, stamp=(9, 9, 9))})
    assert differences(Manifest({b"a": file()}), touched) == Differences()
    assert Differences().count == 0


@given(MANIFESTS, MANIFESTS)
def test_what_was_added_one_way_was_deleted_the_other_way(one, other):
    there, back = differences(one, other), differences(other, one)
    assert (there.added, there.changed, there.deleted) == (back.deleted, back.changed, back.added)


def test_what_could_not_be_read_at_one_moment_is_no_difference_while_it_is_the_same_kind_of_thing():
    readable, unreadable = Manifest({b"a": file()}), Manifest({b"a": file(UNREADABLE)})
    assert differences(readable, unreadable) == differences(unreadable, readable) == Differences()
    link = Manifest({b"a": Fact(Kind.LINK, 0, 0, (0, 0, 0), HERE)})
    assert differences(unreadable, link).changed == (b"a",)


def test_what_cannot_be_read_now_is_as_it_was_known_with_the_mode_of_now():
    before = Manifest({b"a": file(size=7), b"b": file(UNREADABLE), b"c": FOLDER})
    now = Manifest({b"a": file(UNREADABLE, mode=0, stamp=(9, 9, 9)), b"b": file(THERE), b"c": file(UNREADABLE)})
    known = now.knowing(before)
    assert known.items[b"a"] == file(size=7, mode=0)  # with the stamp of then: it is read again
    assert (known.items[b"b"], known.items[b"c"]) == (now.items[b"b"], now.items[b"c"])
    assert before.knowing(Manifest({})) == before


@given(MANIFESTS, MANIFESTS)
def test_the_same_paths_have_the_same_shape_whatever_they_contain(one, other):
    found = differences(one, other)
    assert found.shape() == replace(found).shape()
    back = differences(other, one)
    assert (found.shape() == back.shape()) == ((found.added, found.deleted) == (back.added, back.deleted))


def test_shapes_tell_kinds_and_paths_apart():
    shapes = [
        Differences(),
        Differences(added=(b"a",)),
        Differences(changed=(b"a",)),
        Differences(deleted=(b"a",)),
        Differences(deleted=(b"a", b"b")),
        Differences(deleted=(b"ab",)),
        Differences(deleted=(b"a-b",)),
    ]
    assert len({found.shape() for found in shapes}) == len(shapes)


# For people


def test_paths_for_people_are_escaped_where_they_are_no_utf_8():
    assert shown_paths([b"Schemas/A.js", "Größe".encode(), b"a\xffb"]) == ("Schemas/A.js", "Größe", "a\\xffb")
    assert shown_paths([]) == ()


@pytest.mark.parametrize("number", [MOST_NAMED - 1, MOST_NAMED, MOST_NAMED + 1])
def test_no_more_than_so_many_paths_are_named(number):
    shown = shown_paths(str(n).encode() for n in range(number))
    assert shown == tuple(str(n) for n in range(min(number, MOST_NAMED)))


def test_a_drift_tells_what_happened_in_a_few_words():
    assert Drift(0, added=("x",), changed=("a", "b"), count=3).sentence() == "2 changed, 1 added"
    assert Drift(0, added=("x",), changed=("y",), deleted=("z",), count=3).sentence() == "1 changed, 1 added, 1 deleted"
    assert Drift(0, deleted=("a", "b"), count=2).sentence() == "2 deleted"
    assert Drift(0).sentence() == ""


def test_a_drift_of_more_than_is_named_tells_how_many_there_are():
    many = tuple(map(str, range(MOST_NAMED)))
    drift = Drift(0, changed=("x",), deleted=many, count=5001, counts=Counts(changed=1, deleted=5000))
    assert drift.sentence() == "1 changed, 5,000 deleted"


def test_a_folder_that_is_gone_is_told_in_words_and_can_be_taken_out_again():
    drift = Drift(0, changed=("x",), deleted=(WHOLE_FOLDER, "y"), count=3, counts=Counts(0, 1, 2))
    assert drift.is_folder_gone
    assert drift.sentence() == "its folder was deleted, 1 changed, 1 deleted"
    left = drift.without_folder()
    assert (left.is_folder_gone, left.count, left.sentence()) == (False, 2, "1 changed, 1 deleted")
    assert left.without_folder() == left


def test_a_drift_over_an_earlier_one_holds_both_and_each_path_once():
    earlier = Drift(1, False, ("a", "g"), ("b", "c"), ("d",), 5, ("o",), Counts(2, 2, 1, 1))
    latest = Drift(2, True, ("d",), ("b", "e"), ("a", "g"), 5, counts=Counts(1, 2, 2))
    both = latest.over(earlier)
    assert (both.added, both.changed, both.deleted, both.opened) == (("d",), ("b", "e", "c"), ("a", "g"), ("o",))
    assert (both.found_us, both.after_relock, both.count) == (2, False, 6)
    assert both.sentence() == "3 changed, 1 added, 2 deleted, 1 found writable"


def test_a_drift_over_one_with_more_than_are_named_has_at_least_as_many():
    many = tuple(f"{n:03}" for n in range(MOST_NAMED))
    earlier = Drift(1, False, (), many, (), 5000, counts=Counts(changed=5000))
    both = Drift(2, False, (), ("new",), (), 1).over(earlier)
    assert (len(both.changed), both.changed[0], both.count) == (MOST_NAMED, "new", 5000)
    assert Drift(3, False, (), ("new",), (), 1).over(both).count == 5000  # it does not grow by being merged again
