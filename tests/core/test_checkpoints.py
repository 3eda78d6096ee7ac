"""The text of checkpoints: C2SP's forms, a round trip, and no other writing of the same."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.checkpoints import (
    Checkpoint,
    encoded_key,
    fingerprint,
    key_id,
    parse_note,
    parse_text,
    signed,
)

AT = datetime(2026, 11, 23, 14, 2, 11, 5, tzinfo=UTC)
HASHES = [bytes([n]) * 32 for n in range(4)]
CHECKPOINT = Checkpoint(HASHES[0], 7, HASHES[1], HASHES[2], AT, (("next-key", "AAAA"),))
NOTE = signed(CHECKPOINT, HASHES[3], bytes(range(64)))

hashes = st.binary(min_size=32, max_size=32)
checkpoints = st.builds(
    Checkpoint,
    log_id=hashes,
    size=st.integers(0, 2**63 - 1).filter(lambda size: size < 10**19),
    root=hashes,
    head=hashes,
    at=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis asks so
    more=st.lists(
        st.tuples(
            st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
            st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20),
        ),
        max_size=3,
    ).map(tuple),
)


def test_the_text_is_laid_out_as_the_page_says():
    assert CHECKPOINT.text() == (
        f"hotfix-desktop/{'00' * 32}\n7\n{base64.b64encode(HASHES[1]).decode()}\n"
        f"chain {base64.b64encode(HASHES[2]).decode()}\ntime 2026-11-23T14:02:11.000005Z\nnext-key AAAA\n"
    )


def test_a_note_is_the_text_an_empty_line_and_the_signature():
    text, _, line = NOTE.note().rpartition("\n\n")
    assert text + "\n" == CHECKPOINT.text()
    word = base64.b64encode(key_id(CHECKPOINT.origin, HASHES[3]) + bytes(range(64))).decode()
    assert line == f"— {CHECKPOINT.origin} {word}\n"


def test_key_ids_are_those_of_c2sp():
    # The verifier key of the example in Go's golang.org/x/mod/sumdb/note, which C2SP's signed-note took over.
    name, digits, data = ["PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
    public = base64.b64decode(data)[1:]
    assert key_id(name, public).hex() == digits
    assert encoded_key(name, public) == f"{name}+{digits}+{data}"


def test_a_fingerprint_is_what_people_can_compare():
    digits = hashlib.sha256(HASHES[3]).hexdigest().upper()
    assert fingerprint(HASHES[3]) == f"{digits[:4]} {digits[4:8]} {digits[8:12]} {digits[12:16]}"


@given(checkpoints, hashes, st.binary(min_size=64, max_size=64))
def test_every_note_comes_back(checkpoint, public, signature):
    made = signed(checkpoint, public, signature)
    assert parse_note(made.note()) == made
    assert parse_text(checkpoint.text()) == checkpoint


def test_another_time_zone_is_written_as_utc():
    moved = Checkpoint(*HASHES[:1], 7, *HASHES[1:3], AT.astimezone(timezone(timedelta(hours=5))), CHECKPOINT.more)
    assert moved.text() == CHECKPOINT.text()


def test_every_edit_of_one_byte_is_refused_or_changes_what_is_signed_or_the_signature():
    data = NOTE.note().encode()
    read = 0
    for at in range(len(data)):
        for byte in {data[at] ^ (1 << bit) for bit in range(8)} | {10, 32, 48, 61, 65}:
            if byte == data[at]:
                continue
            try:
                found = parse_note((data[:at] + bytes([byte]) + data[at + 1 :]).decode())
            except ValueError:
                continue
            read += 1
            assert (found.text, found.signature) != (NOTE.text, NOTE.signature)
            assert found.note().encode() != data
    assert read > 100, "the edits were all refused for some reason that hides the rest"


@pytest.mark.parametrize(
    "edit",
    [
        lambda note: "",
        lambda note: note[:-1],
        lambda note: note + "\n",
        lambda note: note + note.rpartition("\n\n")[2],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("hotfix-desktop/", "another-log/"),
        lambda note: note.replace("\n7\n", "\n07\n"),
        lambda note: note.replace("\n7\n", "\n-7\n"),
        lambda note: note.replace("\n7\n", "\n٧\n"),
        lambda note: note.replace("chain ", "chain  "),
        lambda note: note.replace("chain ", "link "),
        lambda note: note.replace("time ", "clock "),
        lambda note: note.replace("11.000005Z", "11.000005+00:00"),
        lambda note: note.replace("11.000005Z", "11.000005"),
        lambda note: note.replace("next-key AAAA", "Next-Key AAAA"),
        lambda note: note.replace("next-key AAAA", "next-key"),
        lambda note: note.replace("00" * 32, "00" * 31),
        lambda note: note.replace("00" * 32, "0G" * 32),
        lambda note: note.replace(base64.b64encode(HASHES[1]).decode(), "AAAA"),
        lambda note: note.replace(base64.b64encode(HASHES[1]).decode(), "not base64!"),
        lambda note: note.replace(f"— hotfix-desktop/{'00' * 32}", f"— hotfix-desktop/{'11' * 32}"),
    ],
)
def test_what_this_program_does_not_write_is_refused(edit):
    note = NOTE.note()
    edited = edit(note)
    assert edited != note
    with pytest.raises(ValueError):
        parse_note(edited)
