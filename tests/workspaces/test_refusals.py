"""System errors in words."""

from __future__ import annotations

import errno
import os

import pytest

from hotfix_desktop.workspaces.refusals import owner_name, refusal


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "mounted read-only"),
        (errno.ENOENT, "not there"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.ELOOP, "link"),
        (errno.EMFILE, "too many files"),
        (errno.EIO, "disk"),
    ],
)
def test_each_has_a_sentence_and_a_remedy(code, words):
    told = refusal(OSError(code, os.strerror(code)), "read", "/x/y")
    assert told.sentence.startswith("Cannot read /x/y: ")
    assert words in told.sentence
    assert told.remedy
    assert str(code) in told.details


def test_unknown_error_and_strange_path():
    told = refusal(OSError(errno.EBADMSG, "Bad message"), "read", b"/x/\xff")
    assert told.sentence == "Cannot read /x/\\udcff: bad message."


def test_foreign_file_names_its_owner(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.lstat(tmp_path).st_uid + 1, raising=False)
    told = refusal(PermissionError(errno.EPERM, "x"), "change the mode of", str(tmp_path))
    assert f"belongs to {owner_name(os.lstat(tmp_path).st_uid)}" in told.sentence
    monkeypatch.setattr(os, "geteuid", lambda: os.lstat(tmp_path).st_uid)
    told = refusal(PermissionError(errno.EPERM, "x"), "change the mode of", str(tmp_path))
    assert "immutable" in told.remedy
    told = refusal(PermissionError(errno.EPERM, "x"), "change the mode of", str(tmp_path / "gone"))
    assert "does not permit" in told.sentence


def test_owner_without_a_name():
    assert owner_name(3_999_999_999) == "user 3999999999"
