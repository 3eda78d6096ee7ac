"""Where private keys live: kept durably, for one person only, and really gone when they are destroyed."""

from __future__ import annotations

import base64
import os
import sys
import threading
from pathlib import Path

import pytest

from hotfix_desktop.sealing import keys
from hotfix_desktop.sealing.keys import FilePlace, KeyringPlace, KeyTrouble, choose_places, keyring_place, slot_of

SECRET, OTHER = bytes(range(32)), bytes(range(32, 64))
SLOT = slot_of(b"\x01" * 32, "current")


class Keyring:
    """A back end of ``keyring`` that answers."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self.kept[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


class Hanging(Keyring):
    """A wallet that is locked and waits for its password."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.asked = 0

    def get_password(self, service: str, name: str) -> str | None:
        self.asked += 1
        self.go_on.wait(60)
        return super().get_password(service, name)


class Refusing(Keyring):
    def set_password(self, service: str, name: str, text: str) -> None:
        raise RuntimeError("org.freedesktop.Secret.Error.IsLocked")


@pytest.fixture(params=["file", "keyring"])
def place(request, tmp_path):
    return FilePlace(tmp_path / "keys") if request.param == "file" else KeyringPlace(Keyring())


def test_a_slot_is_kept_replaced_and_destroyed(place):
    assert place.load(SLOT) is None
    place.keep(SLOT, SECRET)
    assert place.load(SLOT) == SECRET
    place.keep(SLOT, OTHER)
    assert place.load(SLOT) == OTHER
    place.destroy(SLOT)
    assert place.load(SLOT) is None
    place.destroy(SLOT)


def test_slots_do_not_meet(place):
    place.keep(slot_of(b"\x01" * 32, "next"), SECRET)
    place.keep(slot_of(b"\x02" * 32, "current"), OTHER)
    assert place.load(SLOT) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_file_is_its_owners_alone_whatever_the_umask_says(tmp_path):
    before = os.umask(0)
    try:
        FilePlace(tmp_path / "keys").keep(SLOT, SECRET)
    finally:
        os.umask(before)
    (path,) = (tmp_path / "keys").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_shared_home_has_files_of_its_group_and_one_place_for_everybody(tmp_path):
    place = FilePlace(tmp_path / "keys", shared=True)
    place.keep(SLOT, SECRET)
    (path,) = (tmp_path / "keys").iterdir()
    assert path.stat().st_mode & 0o777 == 0o660
    assert "group" in place.name
    assert place.where == FilePlace(tmp_path / "mounted elsewhere", shared=True).where
    assert FilePlace(tmp_path / "a").where != FilePlace(tmp_path / "b").where


def test_the_old_bytes_are_overwritten_before_the_file_goes(tmp_path):
    place = FilePlace(tmp_path / "keys")
    place.keep(SLOT, SECRET)
    (path,) = (tmp_path / "keys").iterdir()
    # A second name shows what becomes of the bytes themselves.
    os.link(path, tmp_path / "first")
    place.keep(SLOT, OTHER)
    assert (tmp_path / "first").read_bytes() == bytes(32)
    os.link(path, tmp_path / "second")
    place.destroy(SLOT)
    assert (tmp_path / "second").read_bytes() == bytes(32)


def test_a_file_that_cannot_be_put_in_place_leaves_no_secret_behind(tmp_path, monkeypatch):
    place = FilePlace(tmp_path / "keys")

    def full(*names: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keys.os, "replace", full)
    with pytest.raises(KeyTrouble, match="No space left"):
        place.keep(SLOT, SECRET)
    assert list((tmp_path / "keys").iterdir()) == []


class Died(BaseException):
    """The process was killed here."""


def test_what_a_killed_program_left_of_a_secret_goes_with_the_next_change(tmp_path, monkeypatch):
    place = FilePlace(tmp_path / "keys")
    place.keep(SLOT, SECRET)

    def die(*names: object) -> None:
        raise Died

    with monkeypatch.context() as killed:
        killed.setattr(keys.os, "replace", die)
        killed.setattr(keys, "_overwrite", lambda path: False)  # a killed program cleans nothing up
        killed.setattr(Path, "unlink", lambda path, missing_ok=False: None)
        with pytest.raises(Died):
            place.keep(SLOT, OTHER)
    assert len(list((tmp_path / "keys").iterdir())) == 2
    assert place.load(SLOT) == SECRET
    third = bytes(range(64, 96))
    place.keep(SLOT, third)
    assert [path.read_bytes() for path in (tmp_path / "keys").iterdir()] == [third]


def test_a_folder_that_is_none_is_told_in_a_sentence(tmp_path):
    (tmp_path / "keys").write_text("in the way")
    place = FilePlace(tmp_path / "keys")
    for act in (lambda: place.load(SLOT), lambda: place.keep(SLOT, SECRET), lambda: place.destroy(SLOT)):
        with pytest.raises(KeyTrouble, match="The signing key of the audit log cannot be"):
            act()


def test_a_keyring_holds_text_under_the_name_of_the_program():
    backend = Keyring()
    KeyringPlace(backend).keep(SLOT, SECRET)
    assert backend.kept == {("hotfix-desktop", SLOT): base64.b64encode(SECRET).decode()}


def test_somebody_elses_text_is_no_secret():
    backend = Keyring()
    backend.kept["hotfix-desktop", SLOT] = "not base64!"
    assert KeyringPlace(backend).load(SLOT) is None


def test_a_keyring_counts_only_when_it_is_real_and_answers():
    import keyring.backends.fail
    import keyring.backends.null

    good = Keyring()
    assert keyring_place(good) is not None
    assert good.kept == {}
    weak = Keyring()
    weak.priority = 0
    assert keyring_place(weak) is None
    assert keyring_place(keyring.backends.fail.Keyring()) is None
    assert keyring_place(keyring.backends.null.Keyring()) is None
    assert keyring_place(Refusing()) is None


def test_a_wallet_that_asks_for_its_password_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(keys, "KEYRING_SECONDS", 0.05)
    backend = Hanging()
    place = KeyringPlace(backend)
    try:
        with pytest.raises(KeyTrouble, match="no answer from the keyring"):
            place.load(SLOT)
        with pytest.raises(KeyTrouble, match="no answer from the keyring"):
            place.load(SLOT)
        assert backend.asked == 1, "a second question while the first one hangs"
        assert keyring_place(backend) is None
    finally:
        backend.go_on.set()


def test_what_a_keyring_raises_is_told_in_a_sentence_without_the_secret():
    with pytest.raises(KeyTrouble) as caught:
        KeyringPlace(Refusing()).keep(SLOT, SECRET)
    assert "refused" in caught.value.sentence
    assert "IsLocked" in caught.value.details
    assert base64.b64encode(SECRET).decode() not in str(caught.value) + caught.value.details


def test_the_keyring_comes_first_where_there_is_one_and_never_in_a_shared_home(tmp_path, monkeypatch):
    ring = KeyringPlace(Keyring())
    monkeypatch.setattr(keys, "working_keyring", lambda: ring)
    assert [p.name for p in choose_places(tmp_path)] == [
        "the keyring of this computer",
        "a file that only its owner may read",
    ]
    assert len(choose_places(tmp_path, shared=True)) == 1
    assert len(choose_places(tmp_path, may_use_keyring=False)) == 1
    monkeypatch.setattr(keys, "working_keyring", lambda: None)
    assert isinstance(choose_places(tmp_path)[0], FilePlace)


def test_a_machine_without_a_keyring_has_none(home: Path):
    keys.working_keyring.cache_clear()
    try:
        assert keys.working_keyring() is None
    finally:
        keys.working_keyring.cache_clear()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_key_that_others_may_read_is_mended_when_it_is_used(tmp_path, expected_log):
    place = FilePlace(tmp_path / "keys")
    place.keep("slot", b"secret")
    (file,) = (tmp_path / "keys").iterdir()
    file.chmod(0o644)
    (tmp_path / "keys").chmod(0o755)
    assert place.load("slot") == b"secret"
    assert (file.stat().st_mode & 0o777, (tmp_path / "keys").stat().st_mode & 0o777) == (0o600, 0o700)
    assert len(expected_log.messages) == 2
    assert place.load("slot") == b"secret"
    assert len(expected_log.messages) == 2
