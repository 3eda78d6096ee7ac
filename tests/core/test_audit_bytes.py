"""The canonical bytes of an entry and its place in the chain (``performance.md`` B3, points 1 and 2)."""

import hashlib
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.audit import (
    BODY_VERSION,
    LOG_ID_BYTES,
    AuditResult,
    AuditType,
    Entry,
    Event,
    chain_hash,
    decode,
    encode,
    fields_of,
    leaf_hash,
)
from hotfix_desktop.core.clock import Moment

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
events = st.builds(
    Event,
    type=st.sampled_from(AuditType),
    result=st.sampled_from(AuditResult),
    owner=texts,
    ip_address=texts,
    description=texts,
    package=texts,
    package_uid=texts,
    reason=texts,
    ticket=texts,
    detail=texts,
    hotfix=st.none() | st.integers(0, 2**63),
)
moments = st.builds(
    Moment,
    utc=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis asks so
    boot_us=st.integers(0, 2**64 - 1),
    boot_id=texts,
)
entries = st.builds(Entry, seq=st.integers(0, 2**64 - 1), moment=moments, event=events)

GOLDEN = "d0e5e629653d05e85446bfd518f638b712a00c6b8eba7eebf62c53ae72f30d75"
"""SHA-256 of the bytes of ENTRY, as the first version wrote them."""

ENTRY = Entry(
    7,
    Moment(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), 1_000_001, "boot-1"),
    Event(
        AuditType.UNLOCKED,
        AuditResult.SUCCESS,
        owner="ann",
        ip_address="10.0.0.1",
        description="Unlocked for hotfix: Größe ≤ 3",
        package="Case",
        package_uid="u-1",
        reason="Größe ≤ 3",
        ticket="RND-1",
        detail='{"minutes":30}',
        hotfix=12,
    ),
)


@given(entries)
def test_every_entry_comes_back_from_its_bytes(entry):
    assert decode(encode(entry)) == entry


@given(entries, entries)
def test_different_entries_have_different_bytes(one, other):
    assert (encode(one) == encode(other)) == (one == other)


def test_the_bytes_are_laid_out_as_the_page_says():
    body = encode(ENTRY)
    version, seq, utc_us, boot_us = struct.unpack_from(">BQQQ", body)
    assert (version, seq, utc_us, boot_us) == (1, 7, 1_767_323_045_000_006, 1_000_001)
    assert body[25:29] == b"\x00\x00\x00\x06"
    assert body[29:35] == b"boot-1"
    assert body.endswith(b"\x00\x00\x00\x0212")


def test_bytes_that_were_written_once_never_change():
    # An entry's hash of today has to be its hash in ten years: whoever changes encode() breaks every log.
    assert hashlib.sha256(encode(ENTRY)).hexdigest() == GOLDEN


def test_bytes_cut_off_anywhere_are_refused():
    body = encode(ENTRY)
    for length in range(len(body)):
        with pytest.raises(ValueError, match=r"too short|ends inside a field"):
            decode(body[:length])


def test_bytes_after_the_last_field_are_refused():
    with pytest.raises(ValueError, match="after its last field"):
        decode(encode(ENTRY) + b"\x00")


@pytest.mark.parametrize("version", [0, BODY_VERSION + 1, 255])
def test_an_unknown_version_is_refused(version):
    with pytest.raises(ValueError, match=f"version {version}"):
        decode(bytes([version]) + encode(ENTRY)[1:])


@given(at=st.integers(0, len(encode(ENTRY)) - 1), bit=st.integers(0, 7))
def test_one_flipped_bit_gives_another_entry_or_a_refusal(at, bit):
    body = bytearray(encode(ENTRY))
    body[at] ^= 1 << bit
    try:
        changed = decode(bytes(body))
    except ValueError:
        return
    assert changed != ENTRY
    assert encode(changed) == bytes(body)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_an_entry_or_a_value_error(body):
    try:
        entry = decode(bytes([BODY_VERSION]) + body)
    except ValueError:
        return
    assert encode(entry) == bytes([BODY_VERSION]) + body


def with_field(index: int, text: bytes) -> bytes:
    """ENTRY's bytes with one of its twelve texts replaced."""
    body = encode(ENTRY)
    at, parts = 25, []
    for number in range(12):
        (length,) = struct.unpack_from(">I", body, at)
        value = body[at + 4 : at + 4 + length]
        value = text if number == index else value
        parts.append(struct.pack(">I", len(value)) + value)
        at += 4 + length
    return body[:25] + b"".join(parts)


@pytest.mark.parametrize("text", [b"+12", b" 12", b"1_2", "١٢".encode(), b"012", b"twelve", b"9" * 5000])
def test_a_hotfix_number_that_encode_never_writes_is_refused(text):
    with pytest.raises(ValueError, match=r"number|digits|literal"):
        decode(with_field(11, text))


@pytest.mark.parametrize("field", [3, 4])
def test_an_unknown_type_or_result_is_refused(field):
    with pytest.raises(ValueError, match="not a valid"):
        decode(with_field(field, b"Nonsense"))


def test_text_that_is_no_utf8_is_refused():
    with pytest.raises(ValueError, match="decode"):
        decode(with_field(1, b"\xff\xfe"))


def test_a_time_beyond_the_calendar_is_refused():
    body = bytearray(encode(ENTRY))
    body[9:17] = b"\xff" * 8
    with pytest.raises(ValueError, match="time"):
        decode(bytes(body))


@given(entries)
def test_the_fields_are_those_of_the_entry(entry):
    fields, event = fields_of(encode(entry)), entry.event
    assert (fields.seq, fields.boot_us, fields.boot_id) == (entry.seq, entry.moment.boot_us, entry.moment.boot_id)
    assert (fields.type, fields.result, fields.owner) == (event.type.value, event.result.value, event.owner)
    assert (fields.ip_address, fields.package, fields.package_uid) == (
        event.ip_address,
        event.package,
        event.package_uid,
    )
    assert (fields.description, fields.reason, fields.ticket, fields.detail) == (
        event.description,
        event.reason,
        event.ticket,
        event.detail,
    )
    assert fields.hotfix == ("" if event.hotfix is None else str(event.hotfix))


def test_the_fields_of_a_later_version_are_read_all_the_same():
    body = encode(ENTRY).replace(b"Package unlocked", b"Package borrowed")
    assert fields_of(body).type == "Package borrowed"
    with pytest.raises(ValueError, match="Package borrowed"):
        decode(body)


@given(entries, st.data())
def test_damaged_bytes_are_refused_in_no_other_way_or_read_as_something_else(entry, data):
    body = bytearray(encode(entry))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    body += data.draw(st.binary(max_size=2))
    try:
        fields = fields_of(bytes(body))
    except ValueError:
        return
    assert fields != fields_of(encode(entry))


@given(st.binary(max_size=200))
def test_any_bytes_at_all_raise_nothing_but_a_value_error(data):
    for bytes_of_a_kind in (data, bytes([BODY_VERSION]) + data):
        try:
            fields_of(bytes_of_a_kind)
        except ValueError:
            continue
        assert len(bytes_of_a_kind) >= 25 + 12 * 4


def test_the_leaf_hash_is_that_of_rfc_6962():
    # The leaf hashes of RFC 6962's test vectors, as Certificate Transparency's own tests have them.
    empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"").hex() == empty
    assert leaf_hash(b"\x00").hex() == "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"


def test_the_chain_is_told_apart_from_leaves_and_ties_both_sides():
    previous, leaf = bytes(LOG_ID_BYTES), leaf_hash(b"entry")
    assert chain_hash(previous, leaf) == hashlib.sha256(b"\x02" + previous + leaf).digest()
    assert chain_hash(previous, leaf) != chain_hash(leaf, previous)
    assert chain_hash(previous, leaf) != leaf_hash(previous + leaf)


def test_the_words_of_types_and_results_stay_what_old_logs_hold():
    assert {t.value for t in AuditType} >= {
        "Unlock requested",
        "Package unlocked",
        "Package locked",
        "Package relocked",
        "Hotfix extended",
        "Setting changed",
        "Role assigned",
    }
    assert [r.value for r in AuditResult] == ["Success", "Failure", "Denied"]
