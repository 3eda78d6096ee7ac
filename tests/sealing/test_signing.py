"""Signatures: the vector of RFC 8032, and that a note bears exactly that of its key."""

from datetime import UTC, datetime

import pytest

from hotfix_desktop.core.checkpoints import Checkpoint, Signature, SignedNote, key_id, parse_note
from hotfix_desktop.sealing.signing import SigningKey, is_signed

AT = datetime(2026, 11, 23, tzinfo=UTC)
CHECKPOINT = Checkpoint(bytes(32), 7, bytes([1]) * 32, bytes([2]) * 32, AT)
# RFC 8032, 7.1, TEST 1
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def test_the_public_key_is_that_of_rfc_8032():
    key = SigningKey(SECRET)
    assert key.public == PUBLIC
    assert key.secret() == SECRET


def test_a_signature_is_good_for_its_key_alone_and_for_its_text_alone():
    key, other = SigningKey.new(), SigningKey.new()
    note = key.sign(CHECKPOINT)
    assert is_signed(note, key.public)
    assert not is_signed(note, other.public)
    assert not is_signed(SignedNote(note.checkpoint, note.text.replace("\n7\n", "\n8\n"), note.signature), key.public)


def test_it_survives_its_text():
    key = SigningKey.new()
    assert is_signed(parse_note(key.sign(CHECKPOINT).note()), key.public)


def test_every_bit_of_a_signature_and_of_its_key_id_counts():
    key = SigningKey(SECRET)
    note = key.sign(CHECKPOINT)
    whole = note.signature.key_id + note.signature.signature
    for bit in range(8 * len(whole)):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        tampered = Signature(note.signature.name, bytes(data[:4]), bytes(data[4:]))
        assert not is_signed(SignedNote(note.checkpoint, note.text, tampered), key.public)


def test_a_signature_of_another_name_is_not_that_of_the_log():
    key = SigningKey(SECRET)
    note = key.sign(CHECKPOINT)
    renamed = Signature("hotfix-desktop/x", note.signature.key_id, note.signature.signature)
    assert not is_signed(SignedNote(note.checkpoint, note.text, renamed), key.public)


def test_new_keys_differ():
    assert SigningKey.new().secret() != SigningKey.new().secret()


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_secret_of_another_length_is_refused(secret):
    with pytest.raises(ValueError):
        SigningKey(secret)


@pytest.mark.parametrize("public", [b"", bytes(31), b"\xff" * 32])
def test_what_is_no_key_has_signed_nothing(public):
    note = SigningKey(SECRET).sign(CHECKPOINT)
    named = Signature(note.signature.name, key_id(note.signature.name, public), note.signature.signature)
    assert not is_signed(SignedNote(note.checkpoint, note.text, named), public)
